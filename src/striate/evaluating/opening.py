"""What can be asked, opened for use: a run, an exported file, a network with published weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data.images.transform import AsTransform
from striate.errors import ArgumentError
from striate.evaluating.exported import is_exported, open_exported
from striate.evaluating.run_model import Trained, algorithms_of, framing_in, open_run, with_transform
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation, to_device
from striate.machine import pick_device
from striate.published.network import FRAME_RATE, PublishedNetwork, is_published, published_network


def open_trained(
    run: str | Path,
    device: str = "auto",
    algorithms: str = "auto",
    *,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
    transform: AsTransform | None = None,
) -> Trained:
    """Opens a run, a file that `export` has written, or a network with published weights.

    Args:
        run: the folder, the file, or the name of the network.
        device: as for `open_run`; a file runs on the processor.
        algorithms: as for `open_run`; a file has its own.
        weights: of a network named; by default the first that are published of it.
        classes: a file with the names of its classes.
        offline: nothing is fetched.
        transform: of pictures, in place of what the run or file has.

    Raises:
        RunError: it cannot be used.
        WeightsError: weights that are damaged or cannot be had.
        MissingExtraError: a file, and ONNX Runtime is not installed.
        ArgumentError: another device than the processor for a file; weights or classes of what has its own.
    """
    if is_published(run):
        trained = _open_published(str(run), device, algorithms, weights, classes, offline)
        return _through(trained, transform)
    if weights is not None or classes is not None:
        asked = "weights" if weights is not None else "classes"
        raise ArgumentError(
            f"{run} has {asked} of its own; --{asked} goes with the name of a network, as mobilenet_v2"
        )
    if not is_exported(run):
        return open_run(run, device, algorithms, transform)
    if device not in ("auto", "cpu"):
        raise ArgumentError(f"an exported file runs on the processor; got {device!r}: leave the device out")
    return open_exported(Path(run), transform)


def _through(trained: Trained, transform: AsTransform | None) -> Trained:
    """With a transform of pictures."""
    options = with_transform(trained.data_options, transform)
    return replace(trained, data_options=options, framing=framing_in(options))


def _open_published(
    name: str,
    device: str,
    algorithms: str,
    weights: str | Path | None,
    classes: str | Path | None,
    offline: bool,
) -> Trained:
    names = None if classes is None else Path(classes)
    found = published_network(name, weights, classes=names, offline=offline)
    network = to_device(found.network, pick_device(device))
    side = found.weights.size
    return Trained(
        run=Path(name),
        network=network,
        classes=found.classes,
        channels=len(found.pixels.mean),
        size=(side, side),
        normalise=Normalisation(found.pixels.mean, found.pixels.std),
        temperature=1.0,
        source=found.weights.data,
        data_options=_data_options(found),
        sampling=found.sampling,
        flow=None,
        algorithms=NO_ALGORITHMS if algorithms == "plain" else algorithms_of(network),
        framing=found.framing,
        notes=(f"weights {found.file}", *found.notes),
    )


def _data_options(found: PublishedNetwork) -> dict[str, Any]:
    """How data are opened for such a network."""
    if found.sampling is None:
        return {"fit": found.framing.fit, "share": found.framing.share}
    return {"frames": found.sampling.frames, "rate": FRAME_RATE}
