"""What can be asked, opened: a run, an exported file, a network with published weights; or as a module."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from striate.checked import checked
from striate.data.images.transform import AsTransform
from striate.errors import ArgumentError
from striate.evaluating.exported import is_exported, open_exported
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.run_model import Trained, algorithms_of, framing_in, open_run, with_transform
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation, to_device
from striate.machine import pick_device
from striate.published.network import FRAME_RATE, PublishedNetwork, is_published, published_network


def open_trained(
    run: str | Path,
    device: str = "auto",
    algorithms: str | None = None,
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
        algorithms: as for `open_run`, but for a file, which has its own; None where nobody asked, and none
            but PyTorch's own are looked for.
        weights: of a network named; by default the first that are published of it.
        classes: a file with the names of its classes.
        offline: nothing is fetched.
        transform: of pictures, in place of what the run or file has.

    Raises:
        RunError: it cannot be used.
        WeightsError: weights that are damaged or cannot be had.
        MissingExtraError: a file, and ONNX Runtime is not installed.
        ArgumentError: another device than the processor, or algorithms, for a file; weights or classes of
            what has its own.
    """
    is_folder = Path(run).is_dir()
    if not is_folder and is_published(run):
        trained = _open_published(str(run), device, algorithms or "plain", weights, classes, offline)
        return _through(trained, transform)
    if weights is not None or classes is not None:
        asked = "weights" if weights is not None else "classes"
        raise ArgumentError(
            f"{run} has {asked} of its own; --{asked} goes with the name of a network, as mobilenet_v2"
        )
    if is_folder or not is_exported(run):
        return open_run(run, device, algorithms or "plain", transform)
    if device not in ("auto", "cpu"):
        raise ArgumentError(f"an exported file runs on the processor; got {device!r}: leave the device out")
    if algorithms == "plain":
        raise ArgumentError(
            "an exported file is run by ONNX Runtime, which has no plain algorithms: leave --algorithms out"
        )
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


@dataclass(frozen=True)
class DividedBy:
    """A forward hook that divides a network's scores by a temperature."""

    temperature: float

    def __call__(self, network: nn.Module, inputs: object, scores: Tensor) -> Tensor:
        return scores / self.temperature


@checked
def load(run: str | Path, *, calibrated: bool = True) -> nn.Module:
    """The network of a run, with its best weights, in evaluation mode on the CPU.

    It takes normalised inputs, which its `preprocess` makes of files and of pixels from 0 to 255; the names
    of its classes are its `classes`.

    Args:
        run: the folder of a run.
        calibrated: its scores are divided by the run's temperature, so that their softmax is what `predict`
            says. False leaves them as they were in training. The weights are the same.

    Returns:
        The network.

    Raises:
        RunError: no run, half-written, of a newer version, or damaged.
        WeightsError: the weights are damaged.
    """
    trained = open_run(run, "cpu", "plain")
    network = trained.network
    if calibrated and trained.temperature != 1:
        network.register_forward_hook(DividedBy(trained.temperature))
    network.preprocess = trained.preprocess  # type: ignore[assignment]  # attributes of a module are open
    network.classes = trained.classes  # type: ignore[assignment]
    return network


def preprocess_of(network: nn.Module) -> tuple[Preprocess | None, tuple[str, ...]]:
    """What `load` has given to a network: how its inputs are made, and its classes."""
    preprocess: object = getattr(network, "preprocess", None)
    classes: object = getattr(network, "classes", ())
    names = tuple(map(str, classes)) if isinstance(classes, tuple | list) else ()
    return (preprocess if isinstance(preprocess, Preprocess) else None), names
