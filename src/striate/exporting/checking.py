"""A file beside PyTorch, on real inputs: how far apart, how often right, how fast."""

from dataclasses import dataclass

import numpy as np
import torch

from striate.errors import NetworkError
from striate.exporting.answers import Answers, Batches, accuracy, one_input, seconds_each
from striate.exporting.real_inputs import FRAMES, INPUTS, RealData, RealInputs
from striate.numbers import counted, percent
from striate.plain_values import ToJson

APART = 1e-4
"""What probabilities may differ by in fp32."""
LOST = 0.01
"""The accuracy that int8 may cost: a point."""
SCORED, SCORED_FRAMES = 1000, 512
"""Single inputs, and frames of each stream, that the accuracy is taken of."""
BATCH = 16


@dataclass(frozen=True)
class Check(ToJson):
    """What was compared, and what came of it."""

    data: str
    split: str
    inputs: int
    """Images, clips, or clips one behind the other in streams."""
    streams: int | None
    frames: int | None
    """Of each stream."""
    greatest_difference: float
    """Of a probability."""
    same_answers: float
    """Share of inputs, or frames, whose most probable class is the same."""
    accuracy_pytorch: float
    accuracy_file: float

    @property
    def what(self) -> str:
        """What was compared, in words."""
        if self.streams is None:
            return f"{self.inputs:,} inputs of {self.data}, {self.split}"
        frames = f"{counted(self.streams, 'stream')} of {self.frames:,} frames"
        return f"{frames} of {self.data}, {self.split}"


@dataclass(frozen=True)
class Times(ToJson):
    """Seconds from pixels to probabilities, of one input or of one frame more; medians, taken here."""

    threads: int
    pytorch: float
    file: float
    fp32_file: float | None = None
    """Of a file in int8: the same in fp32."""


def check(own: Answers, file: Answers, data: RealData, int8: bool) -> Check:
    """Compares a file with PyTorch.

    Args:
        own: what PyTorch says.
        file: what the file says.
        data: the real inputs.
        int8: whether it is the accuracy that counts.

    Raises:
        NetworkError: they are too far apart.
    """
    batches = _batches(own, data.check, int8)
    wanted, labels = own.of(batches)
    found, _ = file.of(batches)
    late = 0 if own.step is None else own.step.late
    result = Check(
        data=data.name,
        split=data.split,
        inputs=labels.size,
        streams=None if own.step is None else len(labels),
        frames=None if own.step is None else wanted.shape[1],
        greatest_difference=max(_apart(wanted, found), _alone(own, file, batches)),
        same_answers=float((wanted.argmax(axis=-1) == found.argmax(axis=-1)).mean()),
        accuracy_pytorch=accuracy(wanted, labels, late),
        accuracy_file=accuracy(found, labels, late),
    )
    _refuse(result, int8)
    return result


def _batches(own: Answers, inputs: RealInputs, int8: bool) -> Batches:
    if own.step is None:
        return list(inputs.batches(SCORED if int8 else INPUTS, BATCH))
    return list(inputs.streams(SCORED_FRAMES if int8 else FRAMES, own.step.late))


def _alone(own: Answers, file: Answers, batches: Batches) -> float:
    """The same for a single input or stream: nothing may depend on how many there are."""
    pixels, labels = batches[0]
    rows = [answers.of([(pixels[:1], labels[:1])])[0] for answers in (own, file)]
    return _apart(*rows)


def _apart(wanted: np.ndarray, found: np.ndarray) -> float:
    """Infinite where one of them says nothing."""
    told = ~np.isnan(wanted)
    if not np.array_equal(told, ~np.isnan(found)):
        return float("inf")
    return float(np.abs(wanted - found)[told].max(initial=0.0))


def _refuse(result: Check, int8: bool) -> None:
    if not int8 and not result.greatest_difference <= APART:
        raise NetworkError(
            f"ONNX Runtime's probabilities differ from PyTorch's by up to {result.greatest_difference:.2g} "
            f"on {result.what}, and {APART:g} is allowed: no file was written"
        )
    lost = result.accuracy_pytorch - result.accuracy_file
    if int8 and lost > LOST + 1e-9:
        raise NetworkError(
            f"in int8 the accuracy falls from {percent(result.accuracy_pytorch)} to "
            f"{percent(result.accuracy_file)} on {result.what}, and a point is allowed: no file was written; "
            "export in fp32, or calibrate with more data"
        )


def times(own: Answers, file: Answers, data: RealData, fp32: Answers | None) -> Times:
    """How long one input takes, or one frame more.

    Args:
        own: PyTorch.
        file: the file.
        data: the real inputs.
        fp32: the file in fp32, where the other is in int8.
    """
    pixels, _ = next(iter(_batches(own, data.check, False)))
    one = pixels[:1] if own.step is None else pixels[:1, :, :1]
    taken = [seconds_each(one_input(who, one)) for who in (own, file, fp32) if who is not None]
    return Times(torch.get_num_threads(), *taken)
