"""Group and instance normalisation: each sample by itself, y = γ·(x − μ)/√(v + ε) + β."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from striate.derivation import GroupNorm as GroupNormByHand
from striate.explaining.kinds.batch_norm import Normalised
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.texts import by_language


@dataclass(frozen=True, eq=False)
class GroupNorm(Kind):
    """With the statistics of a group of channels of one sample, in training and in evaluation alike."""

    key = "group_norm"
    layers = (nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
    parameters = ("weight", "bias")
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

    @property
    def refusal(self) -> str | None:
        """Statistics that were gathered in training."""
        gathers = vars(self.layer).get("track_running_stats", False)
        return "an instance normalisation that gathers statistics" if gathers else None

    @property
    def operation(self) -> GroupNormByHand:
        return GroupNormByHand(int(vars(self.layer).get("num_groups", self.x.shape[1])), self.layer.eps)

    def detail(self, index: Index) -> Normalised:
        channel, x = index[1], self.x
        y, (_, weight, _, rows) = self.operation.forward(x, **self.arguments)
        group = index[0] * self.operation.groups + channel * self.operation.groups // x.shape[1]
        bias = self.arguments.get("bias")
        return Normalised(
            value=float(y[index]),
            input=float(x[index]),
            mean=float(rows.mean[group]),
            variance=float(rows.variance[group]),
            epsilon=self.operation.epsilon,
            weight=1.0 if weight is None else float(weight[channel]),
            bias=0.0 if bias is None else float(bias[channel]),
            of_batch=rows.normal.shape[-1],
        )

    def input_gradient(self) -> InputGradient:
        """γ/√(v + ε)·δ, less two means over the group."""
        value = self.back(self.upstream, self.arguments)
        _, (_, weight, _, rows) = self.operation.forward(self.x, **self.arguments)
        gamma = 1.0 if weight is None else weight.reshape(-1, *(1,) * (self.x.ndim - 2))
        size = np.abs(self.upstream * gamma).reshape(rows.normal.shape)
        normal = np.abs(rows.normal)
        means = [array.mean(axis=-1, keepdims=True) for array in (size, size * normal)]
        whole = (size + means[0] + normal * means[1]) * rows.scale[:, None]
        return InputGradient(value, whole.reshape(value.shape), rows.normal.shape[-1])
