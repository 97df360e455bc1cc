"""What PyTorch and what a file say of the same inputs: one after the other, or frame by frame."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from striate.evaluating.exported_content import FRAME, PIXELS
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import Trained, probabilities_of
from striate.stepping import State, Step

Batches = Sequence[tuple[Tensor, np.ndarray]]
"""Pixels and labels."""


class Answers:
    """A run or a file, as a function from pixels to probabilities; of a step, with the state between."""

    def __init__(self, trained: Trained, step: Step | None = None) -> None:
        self.trained, self.step = trained, step
        self._state: State = {}

    def begin(self, streams: int) -> None:
        """Forgets what it has seen."""
        self._state = {} if self.step is None else self.step.initial(streams)

    def __call__(self, pixels: Tensor) -> np.ndarray:
        """uint8 (N, C, …) → (N, K); frames (N, C, k, H, W) of a step → (N, k, K)."""
        if self.step is None:
            return probabilities_of(self.trained, pixels.numpy())
        frames = self.trained.normalise(pixels.to(self.step.device))
        scores, self._state = self.step(frames, self._state)
        N, k, K = scores.shape
        rows = scores.double().cpu().numpy().reshape(N * k, K)
        if not self.step.late:
            return probabilities(rows, self.trained.temperature).reshape(N, k, K)
        told = ~np.isnan(rows).all(axis=1)  # before the first answer of a step with a lookahead there is none
        rows[told] = probabilities(rows[told], self.trained.temperature)
        return rows.reshape(N, k, K)

    def of(self, batches: Batches) -> tuple[np.ndarray, np.ndarray]:
        """Answers and labels of all batches.

        Args:
            batches: of single inputs, or one clip of every stream after the other.

        Returns:
            (N, K) and (N,); of a step every answer (S, frames, K) and the labels of the clips (S, clips).
        """
        if self.step is None:
            rows, labels = zip(*((self(pixels), labels) for pixels, labels in batches), strict=True)
            return np.concatenate(rows), np.concatenate(labels)
        rows, labels = zip(*self._along(batches), strict=True)
        return np.concatenate(rows, axis=1), np.stack(labels, axis=1)

    def feeds(self, batches: Iterable[tuple[Tensor, np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
        """What a file is given for these batches, by its own names: pixels, and a step's states.

        Args:
            batches: as for `of`.
        """
        if self.step is None:
            yield from ({PIXELS: pixels.numpy()} for pixels, _ in batches)
            return
        for number, (pixels, _) in enumerate(batches):
            if not number:
                self.begin(len(pixels))
            for t in range(pixels.shape[2]):
                state = {name: tensor.numpy() for name, tensor in self._state.items()}
                yield {FRAME: np.ascontiguousarray(pixels[:, :, t].numpy()), **state}
                self(pixels[:, :, t : t + 1])

    def _along(self, batches: Batches) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        for number, (pixels, labels) in enumerate(batches):
            if not number:
                self.begin(len(pixels))
            each = [self(pixels[:, :, t : t + 1]) for t in range(pixels.shape[2])]
            yield np.concatenate(each, axis=1), labels


def accuracy(rows: np.ndarray, labels: np.ndarray, late: int = 0) -> float:
    """Share of right answers, of single inputs, or at the end of each clip of streams.

    Args:
        rows: of `Answers.of`.
        labels: of `Answers.of`.
        late: how many frames later an answer comes than its frame.
    """
    if rows.ndim == 2:
        return float((rows.argmax(axis=1) == labels).mean())
    frames = rows.shape[1] // labels.shape[1]
    at = np.arange(1, labels.shape[1] + 1) * frames - 1 + late
    told = at[at < rows.shape[1]]
    return float((rows[:, told].argmax(axis=2) == labels[:, : len(told)]).mean())


def seconds_each(run: Callable[[], object], times: int = 15, most: float = 3.0) -> float:
    """The median of so many runs, fewer where they take long, after two that do not count."""
    taken: list[float] = []
    begun = perf_counter()
    for number in range(times + 2):
        started = perf_counter()
        run()
        taken += [perf_counter() - started] if number > 1 else []
        if taken and perf_counter() - begun > most:
            break
    return median(taken)


def one_input(answers: Answers, pixels: Tensor) -> Callable[[], object]:
    """One input, or one frame more, worked on.

    Args:
        answers: whose.
        pixels: uint8 (1, C, …); of a step a frame (1, C, 1, H, W).
    """
    answers.begin(1)

    def run() -> object:
        with torch.inference_mode():
            return answers(pixels)

    return run
