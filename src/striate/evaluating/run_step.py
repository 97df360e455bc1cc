"""The step of a run, or of an exported file."""

from striate.errors import ArgumentError
from striate.evaluating.exported import ExportedNetwork
from striate.evaluating.run_model import Trained
from striate.models import through_time
from striate.stepping import Step, step_of
from striate.stepping.readout import WINDOWED, Readout


def step_of_run(
    trained: Trained,
    readout: Readout | None = None,
    window: int | None = None,
    *,
    lookahead: bool = False,
    portable: bool = False,
) -> Step:
    """A run as a function of the next frame.

    Args:
        trained: the run, or the file.
        readout: as for `step_of`, "window" by default; a file has its own.
        window: frames of the readout, by default as for `step_of`; a file has its own.
        lookahead: as for `step_of`.
        portable: as for `step_of`.

    Raises:
        ArgumentError: a run that cannot be streamed, or a readout that is not the file's.
        NetworkError: as for `step_of`.
    """
    if trained.flow:
        raise ArgumentError(
            f"{trained.run} takes optical flow, which points to the next frame: it cannot be streamed"
        )
    network = trained.network
    if isinstance(network, ExportedNetwork):
        return _of_file(trained, network, readout, window)
    if trained.sampling is None:
        network = through_time(network, "2d", classes=len(trained.classes))
    return step_of(
        network,
        size=trained.size,
        readout=readout or "window",
        window=window,
        clip=None if trained.sampling is None else trained.sampling.frames,
        lookahead=lookahead,
        portable=portable,
    )


def _of_file(trained: Trained, network: ExportedNetwork, readout: Readout | None, window: int | None) -> Step:
    step = network.step
    if step is None:
        raise ArgumentError(
            f"{trained.run} takes whole {network.content.kind}, not the next frame: write a file for streams "
            "with `striate export --streaming`"
        )
    own = f"readout {step.readout}"
    if step.readout in WINDOWED:
        own += f" and window {step.window}"
    for name, asked, known in (("readout", readout, step.readout), ("window", window, step.window)):
        has = name == "readout" or step.readout in WINDOWED
        if asked is not None and not (has and asked == known):
            raise ArgumentError(
                f"{trained.run} was exported with {own}; got {name} {asked}: leave it out, or export again"
            )
    return step
