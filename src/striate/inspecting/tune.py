"""The verb `tune`: a network, or what names one, → the fastest right algorithms of its convolutions here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from torch import nn

from striate.checked import checked
from striate.errors import ArgumentError
from striate.inspecting.inputs import one_shape
from striate.inspecting.loading import load_network
from striate.machine import keep_memory, pick_device, threads
from striate.tuning import Tuning
from striate.tuning import tune as tune_module


@checked
def tune(
    network: str | Path | nn.Module,
    input: str | Sequence[int] | None = None,
    *,
    batch: int = 8,
    number_format: Literal["auto", "fp32", "bf16"] = "auto",
    device: str = "auto",
    num_threads: int | None = None,
    again: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Tuning:
    """Measures the equal algorithms of every convolution of a network, and names the fastest right one.

    What is found is kept for this machine: trainings of 50 steps or more and long evaluations use it.

    Args:
        network: a name of the catalogue, a run folder, or package.module:function; in Python also a module.
        input: one input without the batch, "3x224x224" for an image, "3x8x112x112" for a clip of 8 frames.
            By default the network's own.
        batch: inputs in one step.
        number_format: "auto" is bf16 where the processor has it.
        device: as for `train`.
        num_threads: as for `train`.
        again: measure anew what is known already.
        progress: is called with the number of convolutions done and that of all.

    Returns:
        The choices, and what they gain.

    Raises:
        ArgumentError: a name, shape or number that cannot be.
        NetworkError: the network does not take this input.
    """
    chosen = pick_device(device)
    shape = one_shape(input)
    loaded = load_network(network, shape=shape)
    shape = shape or loaded.shape
    if shape is None:
        raise ArgumentError(f"what does {loaded.label} take? say it, for example with --input 3x224x224")
    if batch < 1:
        raise ArgumentError(f"a batch is one or more inputs; got {batch}")
    keep_memory()  # as training does
    with threads(num_threads):
        return tune_module(
            loaded.network,
            (batch, *shape),
            number_format=number_format,
            device=chosen,
            again=again,
            progress=progress,
        )
