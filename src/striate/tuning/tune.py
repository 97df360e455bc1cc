"""The best algorithm of every convolution of a network on this machine: measured, or known from before."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from striate.algorithms.algorithm import Geometry, Operation
from striate.algorithms.in_network import DTYPES, Key, Number, Table
from striate.checked import checked
from striate.errors import ArgumentError
from striate.machine import cudnn_benchmark, has_native_bf16
from striate.pages import Shown
from striate.tuning.calls import Call, calls_of
from striate.tuning.measuring import Measured, Trial, measure
from striate.tuning.store import Store

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Row:
    """One convolution of the network."""

    call: Call
    measured: Measured

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is computed in training."""
        return tuple(self.measured.trials)

    def seconds(self, *, plain: bool = False) -> float:
        """Of all operations, as chosen or by the plain call. One that cannot be used counts as chosen."""
        return sum(self._trial(operation, plain).seconds for operation in self.operations)

    def _trial(self, operation: Operation, plain: bool) -> Trial:
        first = self.measured.trials[operation][0]
        return first if plain and math.isfinite(first.seconds) else self.measured.best(operation)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.call.name,
            "input": list(self.call.shape),
            "weight": list(self.call.geometry.weight_shape),
            "operations": {operation.value: self._operation(operation) for operation in self.operations},
        }

    def _operation(self, operation: Operation) -> dict[str, Any]:
        best = self.measured.best(operation)
        return {
            "algorithm": best.choice.algorithm,
            "number_format": best.choice.number_format,
            "milliseconds": 1e3 * best.seconds,
            "error": best.error,
            "tried": [_trial(trial) for trial in self.measured.trials[operation]],
        }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "algorithm": trial.choice.algorithm,
        "number_format": trial.choice.number_format,
        "milliseconds": 1e3 * trial.seconds if math.isfinite(trial.seconds) else None,
        "error": trial.error if math.isfinite(trial.error) else None,
        "right": trial.right,
    }


@dataclass(frozen=True)
class Tuning(Shown):
    """The algorithms chosen for a network, and what they gain."""

    rows_in = "layers"

    number_format: Number
    rows: tuple[Row, ...]

    @property
    def table(self) -> Table:
        """What `using_algorithms` takes."""
        return {(row.call.geometry, row.call.shape): row.measured.choices for row in self.rows}

    def seconds(self, *, plain: bool = False) -> float:
        """Of all convolutions of one step, forward and backward."""
        return sum(row.seconds(plain=plain) for row in self.rows)

    @property
    def wrong(self) -> tuple[tuple[Row, Operation, Trial], ...]:
        """Results of plain calls that were rejected."""
        return tuple(
            (row, operation, trials[0])
            for row in self.rows
            for operation, trials in row.measured.trials.items()
            if not trials[0].right
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "number_format": self.number_format,
            "milliseconds": 1e3 * self.seconds(),
            "milliseconds_plain": 1e3 * self.seconds(plain=True),
            "wrong": len(self.wrong),
            "layers": [row.to_json() for row in self.rows],
        }


@checked
def tune(
    network: nn.Module,
    shape: tuple[int, ...],
    *,
    number_format: str = "auto",
    device: torch.device | None = None,
    store: Store | None = None,
    gradients: bool = True,
    again: bool = False,
    progress: Progress | None = None,
) -> Tuning:
    """Measures the algorithms of every distinct convolution of a network, or takes what was measured before.

    Args:
        network: any module.
        shape: of a batch that it takes, (N, C, H, W) or (N, C, T, H, W).
        number_format: "fp32", "bf16", or "auto", which is bf16 where the processor has it.
        device: by default the processor.
        store: where measurements are kept; by default the cache of this machine, number of threads and
            version.
        gradients: those of training too, not only outputs.
        again: measure anew what is known already.
        progress: is called with the convolutions measured so far and all of them.

    Raises:
        NetworkError: inputs that the network does not take.
        ArgumentError: an unknown number format.
    """
    device = device or torch.device("cpu")
    chosen = _number_format(number_format, device)
    memory = Store(device) if store is None else store
    calls = calls_of(network, shape)
    asked = {_question(call): _operations(call, gradients) for call in calls}
    known = {} if again else _known(memory, asked, chosen)
    if len(known) < len(asked):
        with memory.held():
            known = {} if again else _known(memory, asked, chosen)
            try:
                for done, (question, operations) in enumerate(asked.items(), start=1):
                    if question not in known:
                        with cudnn_benchmark(device):
                            known[question] = measure(*question, chosen, device, operations)
                        memory.put(*question, chosen, known[question])
                    if progress is not None:
                        progress(done, len(asked))
            finally:
                memory.save()
    return Tuning(chosen, tuple(Row(call, known[_question(call)]) for call in calls))


Asked = Mapping[Key, tuple[Operation, ...]]
"""What is to be known of each distinct convolution."""


def _known(store: Store, asked: Asked, number_format: Number) -> dict[Key, Measured]:
    """Of these, what was measured before."""
    found = {question: store.get(*question, number_format) for question in asked}
    return {
        question: measured
        for question, measured in found.items()
        if measured is not None and set(asked[question]) <= set(measured.trials)
    }


def _question(call: Call) -> Key:
    return call.geometry, call.shape


def _operations(call: Call, gradients: bool) -> tuple[Operation, ...]:
    """The first layer's input has no gradient."""
    if not gradients:
        return (Operation.OUTPUT,)
    return (Operation.OUTPUT, Operation.WEIGHT_GRADIENT) if call.first else tuple(Operation)


def _number_format(asked: str, device: torch.device) -> Number:
    if asked == "auto":
        return "bf16" if has_native_bf16(device) else "fp32"
    for known in DTYPES:
        if asked == known:
            return known
    raise ArgumentError(f"number_format must be auto, fp32 or bf16; got {asked!r}")


def known_algorithms(
    network: nn.Module,
    *,
    number_format: Number = "fp32",
    device: torch.device | None = None,
    store: Store | None = None,
) -> Table:
    """What training or `tune` found for convolutions like those of a network, on inputs of any shape.

    Nothing is measured or run here. Batches that differ in size alone are all in the table, the largest last:
    for computing without gradients `using_algorithms` takes that one.

    Args:
        network: any module.
        number_format: "fp32" or "bf16".
        device: by default the processor.
        store: where measurements are kept; by default the cache of this machine, number of threads and
            version.
    """
    memory = Store(device or torch.device("cpu")) if store is None else store
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Conv3d)]
    own = {geometry.unshifted() for layer in layers if (geometry := Geometry.of(layer))}
    known = [key for key in memory.keys(number_format) if key[0].unshifted() in own]
    measured = {key: memory.get(*key, number_format) for key in known}
    return {key: found.choices for key, found in measured.items() if found is not None}
