"""The walk along a recording: the order of its operations is their meaning."""

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, field_of, traced_field
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.receptive_field import RULES, fields_and_moments
from striate.tracing import trace

LAYERS = {
    "3×3": lambda: nn.Conv2d(2, 2, 3, padding=1),
    "3×3, stride 2": lambda: nn.Conv2d(2, 2, 3, 2, 1),
    "dilated": lambda: nn.Conv2d(2, 2, 3, padding=2, dilation=2),
    "depthwise": lambda: nn.Conv2d(2, 2, (1, 3), padding=(0, 1), groups=2),
    "pool": lambda: nn.AvgPool2d(2, ceil_mode=True),
    "norm": lambda: nn.BatchNorm2d(2),
    "upsampling": lambda: nn.Upsample(scale_factor=2),
    "transposed": lambda: nn.ConvTranspose2d(2, 2, 2, 2),
    "tanh": lambda: nn.Tanh(),
    "adaptive": lambda: nn.AdaptiveAvgPool2d(3),
}


class Residual(nn.Module):
    """A branch added to what came in, at whatever size it has."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        y = self.branch(x)
        return y + F.adaptive_avg_pool2d(x, tuple(y.shape[2:]))


@drawn
@given(st.lists(st.tuples(st.sampled_from(sorted(LAYERS)), st.booleans()), min_size=1, max_size=5))
def test_networks_drawn_by_chance(layers: list[tuple[str, bool]]) -> None:
    torch.manual_seed(0)
    made = [Residual(LAYERS[name]()) if residual else LAYERS[name]() for name, residual in layers]
    assert_seen(nn.Sequential(*made), (1, 2, 8, 7))


def test_each_operation_has_the_field_that_it_had_when_it_ran() -> None:
    """Later writes do not change what was read before."""

    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = x.clone()
        early = y + 0
        y.copy_(x.mean(2, keepdim=True).expand_as(x))
        return early + 0 * 1

    assert_seen(Made(run), (1, 1, 4, 3))


def test_constants_and_parameters_see_nothing() -> None:
    recording = trace(Made(lambda s, x: torch.ones(1, 1, 4, 4) + 1 + x), [torch.rand(1, 1, 4, 4)])
    fields = fields_and_moments(recording, ())[0]
    *constants, last = [field[0] for field in fields]
    assert constants == [None] * len(constants)
    assert last is not None


def test_what_left_for_python_may_be_anywhere_from_there_on() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        before = s.c(x)
        scale = float(x[0, 0, 0, 0])
        return before * scale

    network = Made(run, c=nn.Conv2d(1, 1, 3)).double()
    recording = trace(network, [torch.rand(1, 1, 6, 6, dtype=torch.float64)])
    convolution = next(i for i, op in enumerate(recording.operations) if op.kind == "convolution")
    before = fields_and_moments(recording, ())[0][convolution][0]
    assert before is not None
    assert before.status is Status.EXACT
    after = field_of(recording)
    assert (after.status, after.reason) == (Status.BOUND, "values read by Python")
    assert after.axes[0].seen[0].max() == 0  # all see the corner that was read


def test_statistics_beside_a_result_are_bounds_only_if_they_are_used() -> None:
    pooled = traced_field(Made(lambda s, x: F.max_pool2d(x, 2, return_indices=True)[1] * 1.0), (1, 1, 4, 4))
    assert pooled.shape == (1, 1, 2, 2)
    assert pooled.axes[0].seen[0].reshape(-1).tolist() == [0, 2]


def test_every_rule_says_why_it_exists() -> None:
    assert all(rule.__doc__ for kind, rule in RULES.items() if kind != "copy")
