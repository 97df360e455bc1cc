"""Who counts right? MACs and parameters worked out by hand, against what each tool says.

    python benchmarks/inspect_counts.py

Every case is a small network whose MACs follow from its geometry by one line of arithmetic, which stands
beside it. A peer is asked for what it means by its number: fvcore counts MACs under the name flops;
torchinfo counts "mult-adds", in which it counts biases and norms too, so its numbers are compared for
being off by more than these (`total` within the elements of the outputs); torchlens counts FLOPs, two per
MAC, and is compared within the same allowance. "error" is a tool that fails on the network.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from striate.inspecting import inspect


class Made(nn.Module):
    """A network whose forward is a function of its parts."""

    def __init__(self, forward: Callable[..., Tensor], **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        """The function."""
        return self.run(self, x)


@dataclass(frozen=True)
class Case:
    """A network, its whole input, its axes, and the truth. `loose` operations are allowed beside the MACs."""

    network: nn.Module
    shape: tuple[int, ...]
    macs: int
    parameters: int
    axes: str | None = None
    loose: int = 0


def tied() -> nn.Module:
    """Two layers with one weight."""
    network = nn.Sequential(nn.Linear(8, 8, bias=False), nn.ReLU(), nn.Linear(8, 8, bias=False))
    network[2].weight = network[0].weight
    return network


def folded(s: nn.Module, x: Tensor) -> Tensor:
    """Time folded into the batch for a 2D convolution."""
    return s.c(x.transpose(1, 2).flatten(0, 1)).view(x.shape[0], x.shape[2], 4, 8, 8)  # type: ignore[operator, no-any-return]


def p(*shape: int) -> nn.Parameter:
    """A parameter."""
    return nn.Parameter(torch.rand(*shape))


C8 = (1, 3, 8, 8)
MHA = nn.MultiheadAttention(16, 2, batch_first=True)
CASES = {
    "functional conv, bare parameter": Case(
        Made(lambda s, x: F.conv2d(x, s.w, padding=1), w=p(4, 3, 3, 3)), C8, 108 * 64, 108
    ),
    "a module called three times": Case(
        Made(lambda s, x: s.c(s.c(s.c(x))), c=nn.Conv2d(3, 3, 3, padding=1)), C8, 3 * 81 * 64, 84
    ),
    "tied weights": Case(tied(), (1, 8), 128, 64),
    "grouped": Case(nn.Conv2d(8, 12, 3, groups=4), (1, 8, 6, 6), 216 * 16, 228),
    "depthwise": Case(nn.Conv2d(8, 8, 3, groups=8, bias=False), (1, 8, 6, 6), 72 * 16, 72),
    "transposed 2D": Case(nn.ConvTranspose2d(6, 4, 3, 2), (1, 6, 5, 5), 216 * 25, 220),
    "transposed 3D": Case(nn.ConvTranspose3d(2, 4, 2, 2), (1, 2, 3, 4, 5), 64 * 60, 68),
    "dilated": Case(nn.Conv2d(3, 4, 3, dilation=2), (1, 3, 9, 9), 108 * 25, 112),
    "padding same": Case(nn.Conv2d(3, 4, 4, padding="same"), C8, 192 * 64, 196),
    "1D": Case(nn.Conv1d(3, 4, 5, 2), (1, 3, 21), 60 * 9, 64),
    "batch of 8": Case(nn.Conv2d(3, 4, 3, padding=1), (8, 3, 8, 8), 8 * 108 * 64, 112),
    "x @ W": Case(Made(lambda s, x: x @ s.w, w=p(6, 5)), (1, 6), 30, 30),
    "time folded into the batch": Case(
        Made(folded, c=nn.Conv2d(3, 4, 3, padding=1)), (1, 3, 5, 8, 8), 5 * 108 * 64, 112
    ),
    "an unused layer": Case(
        Made(lambda s, x: s.a(x), a=nn.Conv2d(3, 4, 3), b=nn.Conv2d(3, 4, 5)), C8, 108 * 36, 416
    ),
    "attention, training": Case(
        Made(lambda s, x: s.m(x, x, x)[0], m=MHA.train()), (2, 5, 16), 10240 + 1600, 1088, "NTC",
    ),
    "attention, evaluation": Case(
        Made(lambda s, x: s.m(x, x, x)[0], m=nn.MultiheadAttention(16, 2, batch_first=True).eval()),
        (2, 5, 16), 10240 + 1600, 1088, "NTC",
    ),
    "scaled dot-product attention": Case(
        Made(lambda s, x: F.scaled_dot_product_attention(x, x, x)),
        (1, 2, 5, 8), 2 * 25 * 16, 0, "NHTC", 2 * 25 * 6,
    ),
    "einsum": Case(
        Made(lambda s, x: torch.einsum("nti,oi->nto", x, s.w), w=p(5, 6)), (1, 7, 6), 210, 30, "NTC",
    ),
    "batch norm in training mode": Case(
        nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)).train(),
        (2, 3, 8, 8), 2 * 108 * 36, 116,
    ),
    **{
        f"{cell.__name__} of two{', both ways' * both}": Case(
            cell(6, 5, 2, batch_first=True, bidirectional=both), (3, 7, 6),
            21 * (1 + both) * gates * 5 * (11 + 5 * (2 if both else 1) + 5),
            sum(w.numel() for w in cell(6, 5, 2, bidirectional=both).parameters()), "NTC",
        )
        for cell, gates in ((nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1))
        for both in (False, True)
    },
}  # fmt: skip

Counted = tuple[float, float | None]


def ours(case: Case) -> Counted:
    """Our counts."""
    totals = inspect(case.network, torch.empty(case.shape), layout=case.axes).totals
    return totals.macs.value, totals.parameters.value


def with_fvcore(case: Case) -> Counted:
    """fvcore's."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    counter = FlopCountAnalysis(case.network, torch.rand(case.shape))
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return counter.total(), parameter_count(case.network)[""]


def with_torchinfo(case: Case) -> Counted:
    """torchinfo's."""
    from torchinfo import summary

    mode = "train" if case.network.training else "eval"
    found = summary(case.network, input_data=torch.rand(case.shape), verbose=0, mode=mode)
    return found.total_mult_adds, found.total_params


def with_torchlens(case: Case) -> Counted:
    """torchlens's, FLOPs halved."""
    import torchlens

    found = torchlens.trace(case.network, torch.rand(case.shape))
    return float(found.total_flops_forward) / 2, found.num_params


TOOLS = {"striate": ours, "fvcore": with_fvcore, "torchinfo": with_torchinfo, "torchlens": with_torchlens}


def verdict(name: str, case: Case) -> str:
    """Right or wrong, and how."""
    try:
        macs, parameters = TOOLS[name](case)
    except Exception as error:
        return f"error: {type(error).__name__}"
    allowed = 0 if name == "striate" else outputs_of(case) + case.loose
    wrong = []
    if not 0 <= macs - case.macs <= allowed:
        wrong.append(f"MACs {macs:,.0f}")
    if parameters is not None and parameters != case.parameters:
        wrong.append(f"parameters {parameters:,.0f}")
    return ", ".join(wrong) or "right"


def outputs_of(case: Case) -> int:
    """What biases, norms and activations may come to: three operations per element of every layer's
    output.
    """
    rows = inspect(case.network, torch.empty(case.shape), layout=case.axes).layers
    elements = sum(max(row.activation_bytes // 4, 64) for row in rows)
    return 3 * elements + sum(row.flops.value - 2 * row.macs.value for row in rows)


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    tools = [name for name in TOOLS if name == "striate" or find_spec(name)]
    score = dict.fromkeys(tools, 0)
    print(
        f"{'network':34} {'MACs by hand':>13} {'parameters':>10}  "
        + "  ".join(f"{name:30}" for name in tools)
    )
    for label, case in CASES.items():
        said = {name: verdict(name, case) for name in tools}
        for name, word in said.items():
            score[name] += word == "right"
        line = "  ".join(f"{said[name]:30}" for name in tools)
        print(f"{label:34} {case.macs:13,} {case.parameters:10,}  {line}")
    print(f"\nright of {len(CASES)}: " + ", ".join(f"{name} {count}" for name, count in score.items()))


if __name__ == "__main__":
    main()
