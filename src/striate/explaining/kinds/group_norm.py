"""Group and instance normalisation: each sample by itself, μ and v of a group of its channels."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from striate.derivation import GroupNorm as GroupNormByHand
from striate.explaining.kinds.batch_norm import BatchNorm
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.kinds.normalisation import (
    ChannelNormalisation,
    as_gradient,
    through_statistics,
)
from striate.explaining.texts import by_language
from striate.tracing.layer_record import LayerRecord


@dataclass(frozen=True, eq=False)
class GroupNorm(ChannelNormalisation):
    """With the statistics of a group of channels of one sample, in training and in evaluation alike."""

    key = "group_norm"
    layers = (nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
    texts = by_language(
        en={
            "name": "group normalisation",
            "text": "A group normalisation brings each group of a sample's channels to mean 0 and variance "
            "1, then scales each channel by γ and shifts it by β. Where every channel is a group, it is "
            "called instance normalisation.",
            "of_batch": "The mean μ and the variance v are those of this group in this sample.",
        },
        vi={
            "name": "chuẩn hóa theo nhóm",
            "text": "Chuẩn hóa theo nhóm đưa mỗi nhóm kênh của một mẫu về trung bình 0 và phương sai 1, rồi "
            "nhân từng kênh với γ và cộng β. Khi mỗi kênh là một nhóm, nó được gọi là chuẩn hóa theo mẫu.",
            "of_batch": "Trung bình μ và phương sai v là của nhóm này trong mẫu này.",
        },
    )

    @classmethod
    def of(cls, record: LayerRecord) -> Kind:
        """An instance normalisation in evaluation that gathered statistics is a batch normalisation there."""
        gathered = "running_mean" in record.parameters and not record.training
        return (BatchNorm if gathered else GroupNorm)(record)

    @property
    def refusal(self) -> str | None:
        """An input without a batch, whose first axis is the channels."""
        batched = isinstance(self.layer, nn.GroupNorm) or self.x.ndim > 2
        return None if batched else f"a {type(self.layer).__name__} of an input without a batch"

    @property
    def operation(self) -> GroupNormByHand:
        return GroupNormByHand(int(vars(self.layer).get("num_groups", self.x.shape[1])), self.epsilon)

    def group(self, index: Index) -> Any:
        wide = self.x.shape[1] // self.operation.groups
        first = index[1] // wide * wide
        return (index[0], slice(first, first + wide))

    def input_gradient(self) -> InputGradient:
        """γ/√(v + ε)·δ, less two means over the group."""
        value = self.back(self.upstream, self.arguments)
        _, (_, weight, _, rows) = self.operation.forward(self.x, **self.arguments)
        gamma = 1.0 if weight is None else weight.reshape(-1, *(1,) * (self.x.ndim - 2))
        normal = rows.normal.reshape(-1, rows.normal.shape[-1])
        g = (self.upstream * gamma).reshape(normal.shape)
        size = through_statistics(g, normal, rows.scale.reshape(-1, 1), self.x.reshape(normal.shape))
        return as_gradient(value, size, normal.shape[1])
