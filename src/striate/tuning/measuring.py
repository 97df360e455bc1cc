"""Times and checks every algorithm of one convolution, operation by operation, on numbers of our own."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from striate.algorithms import ALGORITHMS, Choice, Choices, Geometry, Operation
from striate.algorithms.algorithm import Shape, channels_last
from striate.algorithms.catalogue import fitting
from striate.algorithms.in_network import DTYPES, Number, compute
from striate.machine import rounds_fp32

TOLERANCES: dict[Number, float] = {"bf16": 1e-2, "fp32": 1e-4}
"""Largest difference from fp32 on the same numbers, in relative norm. Rounding alone gives 2e-3 and 1e-6."""
TF32_TOLERANCE = 2e-3
"""The same in fp32 on a GPU that takes ten bits of each factor. Rounding alone gives 3e-4."""
WORTH_IT = 1.05
"""How many times as fast as the plain call an algorithm must be: less is noise."""
OVERHEAD = 5e-5
"""Seconds that an algorithm must gain: so long does it take to call one in place of PyTorch's own."""
HOPELESS_COLD, HOPELESS = 3.0, 1.6
"""So many times as slow as the best in its first run, or in its second, an algorithm gets no further one."""
ROUNDS = 3


def tolerance(number_format: Number, device: torch.device) -> float:
    """Largest difference from fp32, in relative norm, that is rounding and no error."""
    return TF32_TOLERANCE if number_format == "fp32" and rounds_fp32(device) else TOLERANCES[number_format]


@dataclass(frozen=True)
class Trial:
    """One algorithm of one operation."""

    choice: Choice
    seconds: float
    """The quickest of a few runs; of a single one where that was hopeless or wrong."""
    error: float
    """Distance from the plain fp32 result in relative norm; infinite where it failed."""

    tolerance: float

    @property
    def right(self) -> bool:
        """Whether it may be used. False for a result that is not a number, too."""
        return self.error <= self.tolerance


def _worth_it(seconds: float, plain: float) -> bool:
    return seconds * WORTH_IT < plain and seconds + OVERHEAD < plain


@dataclass(frozen=True)
class Measured:
    """All algorithms of the operations of one convolution; the plain call comes first in each list."""

    trials: dict[Operation, tuple[Trial, ...]] = field(default_factory=dict)

    def best(self, operation: Operation) -> Trial:
        """The fastest right one; plain where nothing is clearly faster."""
        plain, *others = self.trials[operation]
        right = [trial for trial in others if trial.right]
        if plain.right:
            right = [trial for trial in right if _worth_it(trial.seconds, plain.seconds)] or [plain]
        return min(right, key=lambda trial: trial.seconds, default=plain)

    @property
    def choices(self) -> Choices:
        """What `using_algorithms` takes; what was not measured is not needed, and plain."""
        output = self.best(Operation.OUTPUT).choice
        unasked = Choice("plain", output.number_format)
        gradients = (Operation.INPUT_GRADIENT, Operation.WEIGHT_GRADIENT)
        return Choices(
            output,
            *(self.best(gradient).choice if gradient in self.trials else unasked for gradient in gradients),
        )


def measure(
    geometry: Geometry,
    shape: Shape,
    number_format: Number,
    device: torch.device,
    operations: Iterable[Operation] = tuple(Operation),
) -> Measured:
    """Tries every fitting algorithm on random numbers of an input's shape (N, C, …), in a number format."""
    random = torch.Generator(device).manual_seed(0)

    def numbers(size: Shape) -> Tensor:
        exact = torch.randn(size, generator=random, device=device)
        return channels_last(exact.to(DTYPES[number_format]))

    x, w = numbers(shape), numbers(geometry.weight_shape)
    d = numbers((shape[0], geometry.filters, *geometry.output_size(shape[2:])))
    trials = {}
    for operation in operations:
        operands = (x, w) if operation is Operation.OUTPUT else (d, x, w)
        trials[operation] = _trials(operation, geometry, operands, number_format)
    return Measured(trials)


def _trials(
    operation: Operation, geometry: Geometry, operands: tuple[Tensor, ...], number_format: Number
) -> tuple[Trial, ...]:
    exact = tuple(tensor.float().contiguous() for tensor in operands)
    start = time.perf_counter()
    truth = compute(Choice("plain", "fp32"), operation, geometry, *exact)
    reference = time.perf_counter() - start
    run = _Run(operation, geometry, operands, truth, tolerance(number_format, truth.device))
    tried: list[Trial] = []
    for name in fitting(geometry, operation):
        if not ALGORITHMS[name].affords(geometry, tuple(operands[-2].shape)):
            continue
        tried.append(run.first(Choice(name, number_format), _best(tried)))
    if not tried[0].right:
        for name in fitting(geometry, operation, last_resorts=True):
            tried.append(run.first(Choice(name, number_format), _best(tried)))
    if number_format != "fp32" and _best(tried) > reference:
        tried.append(run.first(Choice("plain", "fp32"), _best(tried)))
    return _rounds(tried, run)


def _best(trials: list[Trial]) -> float:
    return min((trial.seconds for trial in trials if trial.right), default=float("inf"))


@dataclass(frozen=True)
class _Run:
    """One operation on fixed numbers, to be computed in one algorithm or another."""

    operation: Operation
    geometry: Geometry
    operands: tuple[Tensor, ...]
    truth: Tensor
    tolerance: float

    def first(self, choice: Choice, best: float) -> Trial:
        """Runs it to check it, and again to time it, unless it is hopeless against the best so far."""
        start = time.perf_counter()
        try:
            result = compute(choice, self.operation, self.geometry, *self.operands)
        except RuntimeError:  # a kernel that does not take such shapes
            return Trial(choice, float("inf"), float("inf"), self.tolerance)
        error = float((result.float() - self.truth).norm() / self.truth.norm().clamp(min=1e-30))
        seconds = time.perf_counter() - start
        if seconds < HOPELESS_COLD * best:
            seconds = self.seconds(choice)
        return Trial(choice, seconds, error, self.tolerance)

    def seconds(self, choice: Choice) -> float:
        """Of one run."""
        device = self.operands[0].device
        start = time.perf_counter()
        compute(choice, self.operation, self.geometry, *self.operands)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start


def _rounds(trials: list[Trial], run: _Run) -> tuple[Trial, ...]:
    """More runs, in turn, of those that may win after their first one."""
    limit = HOPELESS * _best(trials)
    hopeful = [i for i, trial in enumerate(trials) if trial.right and trial.seconds < limit]
    for _ in range(ROUNDS if len(hopeful) > 1 else 0):
        for i in hopeful:
            trials[i] = replace(trials[i], seconds=min(trials[i].seconds, run.seconds(trials[i].choice)))
    return tuple(trials)
