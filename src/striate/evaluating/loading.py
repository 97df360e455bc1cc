"""A trained network as a module of one's own program, with how its inputs are made."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from striate.checked import checked
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.run_model import open_run


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
