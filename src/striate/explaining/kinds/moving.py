"""Layers that only move numbers: shapes, pixels, channels and frames in another order, and padding."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from striate import derivation as by_hand
from striate.derivation.moving import OUTSIDE
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import EXACT, NOWHERE, Fed, Index, Kind
from striate.explaining.texts import Texts, named
from striate.models.slowfast import TwoRates as TwoRatesLayer
from striate.models.slowfast import spread
from striate.numbers import by, number
from striate.pages import Block, Paragraph
from striate.pages.maths import Maths
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Moved(ToJson):
    """A number that only changed its place; `source` is None where it came from no input."""

    value: float
    source: tuple[int, ...] | None
    input_shape: tuple[int, ...]
    summed = EXACT

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """Where it came from."""
        value = number(self.value, 6)
        if self.source is None:
            yield Paragraph(say("common.outside", value=value))
        else:
            yield Paragraph(say("common.moved", source=by(self.source, ","), value=value))


class Rearrangement(Kind):
    """Every output is one input; each kind below names its operation."""

    plain_slopes = True

    @property
    @abstractmethod
    def operation(self) -> by_hand.Moving:
        """The rearrangement."""

    def detail(self, index: Index) -> Moved:
        shape, operation = self.x.shape, self.operation
        flat = int(operation.sources(shape)[index])
        if flat == OUTSIDE:
            return Moved(operation.fill, None, shape)
        source = tuple(int(one) for one in np.unravel_index(flat, shape))
        return Moved(float(self.x[source]), source, shape)

    def reads(self, index: Index) -> Array:
        flat = int(self.operation.sources(self.x.shape)[index])
        return np.array([NOWHERE if flat == OUTSIDE else flat])

    def fed(self, index: Index) -> Fed:
        """1 for every copy."""
        flat = np.ravel_multi_index(index, self.x.shape)
        places = np.argwhere(self.operation.sources(self.x.shape) == flat)
        return Fed(places, np.ones(len(places)))


class Flatten(Rearrangement):
    """Some axes become one, or one becomes several."""

    key, layers = "flatten", (nn.Flatten, nn.Unflatten)
    texts = named(
        en=("flatten", "Flattening writes all maps one after another into one row of numbers."),
        vi=("làm phẳng", "Làm phẳng xếp mọi bản đồ nối tiếp nhau thành một hàng số."),
    )

    @property
    def operation(self) -> by_hand.Moving:
        return by_hand.Reshape(tuple(self.record.output.shape))


class Shuffle(Rearrangement):
    """Pixels that become channels, channels that become pixels, channels in another order."""

    key, layers = "shuffle", (nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle)
    texts = named(
        en=(
            "shuffle",
            "A shuffle puts channels where pixels were, pixels where channels were, or channels in another "
            "order.",
        ),
        vi=(
            "xáo trộn",
            "Phép xáo trộn đưa kênh vào chỗ điểm ảnh, điểm ảnh vào chỗ kênh, hoặc đổi thứ tự các kênh.",
        ),
    )

    @property
    def operation(self) -> by_hand.Moving:
        if isinstance(self.layer, nn.ChannelShuffle):
            return by_hand.ChannelShuffle(int(self.layer.groups))
        if isinstance(self.layer, nn.PixelShuffle):
            return by_hand.PixelShuffle(int(self.layer.upscale_factor))
        return by_hand.PixelUnshuffle(int(self.layer.downscale_factor))


class Padding(Rearrangement):
    """Cells around the input: zeros, a constant, or numbers of it."""

    key = "padding"
    layers = (
        nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d, nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d,
        nn.ReflectionPad1d, nn.ReflectionPad2d, nn.ReflectionPad3d, nn.ReplicationPad1d, nn.ReplicationPad2d,
        nn.ReplicationPad3d, nn.CircularPad1d, nn.CircularPad2d, nn.CircularPad3d,
    )  # fmt: skip
    texts = named(
        en=("padding", "A padding adds cells around the input: a constant, or numbers of the input itself."),
        vi=("đệm", "Phép đệm thêm các ô quanh đầu vào: một hằng số, hoặc chính các số của đầu vào."),
    )

    @property
    def operation(self) -> by_hand.Moving:
        flat = tuple(int(cells) for cells in self.layer.padding)  # the last axis first, as torch counts
        pads = tuple(zip(flat[0::2], flat[1::2], strict=True))[::-1]
        name = type(self.layer).__name__
        modes = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}
        mode = next((mode for start, mode in modes.items() if name.startswith(start)), "constant")
        fill = torch.tensor(getattr(self.layer, "value", 0.0), dtype=self.record.output.dtype)
        return by_hand.Pad(pads, mode, float(fill))


class TwoRates(Rearrangement):
    """The frames of a clip that the slow pathway sees."""

    key, layers = "two_rates", (TwoRatesLayer,)
    texts = named(
        en=(
            "two rates",
            "A SlowFast network sees a clip at two rates: some of its frames, spread over it, go to the "
            "slow pathway, all of them to the fast one. This is what the slow one gets.",
        ),
        vi=(
            "hai nhịp khung hình",
            "Mạng SlowFast xem đoạn video theo hai nhịp: một số khung hình trải đều đi vào nhánh chậm, mọi "
            "khung hình đi vào nhánh nhanh. Đây là những gì nhánh chậm nhận được.",
        ),
    )

    @property
    def operation(self) -> by_hand.Moving:
        frames = int(self.record.input.shape[2])
        chosen = range(0, frames, self.layer.alpha) if self.layer.every else spread(frames, self.layer.alpha)
        return by_hand.Frames(tuple(chosen))


REARRANGEMENTS: tuple[type[Rearrangement], ...] = (Flatten, Shuffle, Padding, TwoRates)
