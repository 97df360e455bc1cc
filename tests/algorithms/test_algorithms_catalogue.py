"""Every algorithm against PyTorch's plain call in float64, on random geometries and shapes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.algorithms import ALGORITHMS, Algorithm, Geometry, Operation
from striate.algorithms.algorithm import Shift

KINDS = ("any", "three frames", "flat in time", "flat in space", "1×1", "kernel = stride")
GROUPINGS = ("one", "two", "depthwise")


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    axes = draw(st.sampled_from((2, 3)))
    kind, grouping = draw(st.sampled_from(KINDS)), draw(st.sampled_from(GROUPINGS))
    kernel, stride, padding, dilation = (
        [draw(st.sampled_from(values)) for _ in range(axes)]
        for values in ((1, 2, 3), (1, 1, 2), (0, 1, 2), (1, 1, 2))
    )
    if kind == "three frames":
        kernel[0], stride[0], dilation[0] = 3, 1, 1
    if kind == "flat in time" and axes == 3:
        kernel[0], stride[0], padding[0] = 1, 1, 0
    if kind == "flat in space" and axes == 3:
        kernel[1:], stride[1:], padding[1:] = [1, 1], [1, 1], [0, 0]
    if kind == "1×1":
        kernel, padding = [1] * axes, [0] * axes
    if kind == "kernel = stride":
        stride, padding, dilation = list(kernel), [0] * axes, [1] * axes
    channels = draw(st.sampled_from((2, 4)))
    filters = channels if grouping == "depthwise" else draw(st.sampled_from((2, 6)))
    groups = {"one": 1, "two": 2, "depthwise": channels}[grouping]
    return Geometry(channels, filters, *map(tuple, (kernel, stride, padding, dilation)), groups)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Geometry, tuple[torch.Tensor, ...]]:
    """A geometry, and d, x and w for it."""
    g = draw(geometries())
    least = [max(1, reach + 1 - 2 * p) for reach, p in zip(g.reach, g.padding, strict=True)]
    size = tuple(draw(st.integers(low, low + 5)) for low in least)
    random = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    shapes = ((2, g.filters, *g.output_size(size)), (2, g.channels, *size), g.weight_shape)
    return g, tuple(torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes)


def result(
    algorithm: Algorithm, operation: Operation, g: Geometry, tensors: tuple[torch.Tensor, ...]
) -> torch.Tensor:
    d, x, w = tensors
    if operation is Operation.OUTPUT:
        return algorithm.output(x, w, g)
    if operation is Operation.INPUT_GRADIENT:
        return algorithm.input_gradient(d, x, w, g)
    return algorithm.weight_gradient(d, x, w, g)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_algorithm_equals_the_plain_call(problem: tuple[Geometry, tuple[torch.Tensor, ...]]) -> None:
    g, tensors = problem
    before = [tensor.clone() for tensor in tensors]
    for operation in Operation:
        truth = result(ALGORITHMS["plain"], operation, g, tensors)
        for algorithm in ALGORITHMS.values():
            if algorithm.fits(g) and operation in algorithm.offers:
                torch.testing.assert_close(
                    result(algorithm, operation, g, tensors),
                    truth,
                    rtol=1e-9,
                    atol=1e-9,
                    msg=f"{algorithm.name}, {operation}",
                )
    for tensor, same in zip(tensors, before, strict=True):
        assert torch.equal(tensor, same)


EXAMPLES = {
    "2D over frames": Geometry(4, 6, (1, 3, 3), (1, 2, 2), (0, 1, 1), (1, 1, 1)),
    "2D over time and pixels": Geometry(4, 6, (3, 1, 1), (2, 1, 1), (1, 0, 0), (1, 1, 1)),
    "matrix product": Geometry(4, 6, (1, 1), (1, 1), (0, 0), (1, 1)),
    "product of patches": Geometry(4, 6, (3, 3), (2, 2), (1, 1), (1, 1)),
    "shifted products": Geometry(4, 6, (3, 1, 1), (1, 1, 1), (1, 0, 0), (1, 1, 1)),
    "depthwise frames": Geometry(4, 4, (3, 3, 3), (1, 2, 2), (1, 1, 1), (1, 1, 1), 4),
    "depthwise frames, flipped kernel": Geometry(4, 4, (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 4),
    "flipped kernel": Geometry(4, 6, (3, 3), (1, 1), (1, 1), (1, 1)),
    "spread, flipped kernel": Geometry(4, 4, (3, 3), (2, 2), (1, 1), (1, 1), 4),
    "padded": Geometry(4, 6, (3, 3), (2, 2), (1, 1), (1, 1)),
    "plain": Geometry(4, 6, (3, 3), (2, 2), (1, 1), (1, 1)),
    "Winograd over time": Geometry(4, 6, (3, 3, 3), (1, 2, 2), (1, 1, 1), (1, 1, 2)),
    "Winograd over time, flipped kernel": Geometry(4, 6, (3, 3, 3), (1, 1, 1), (0, 1, 1), (1, 1, 1)),
    "shift folded into products": Geometry(8, 6, (1, 1), (1, 1), (0, 0), (1, 1), shift=Shift(3, 1, 1)),
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_where_a_algorithm_fits(name: str) -> None:
    assert ALGORITHMS[name].fits(EXAMPLES[name])
    dense = Geometry(4, 6, (3, 3, 3), (2, 2, 2), (1, 1, 1), (2, 1, 1))  # takes no short cut
    assert ALGORITHMS[name].fits(dense) == (name in ("plain", "padded"))


def test_refolding_copies_nothing_with_channels_last() -> None:
    clip = torch.randn(2, 4, 3, 5, 6).contiguous(memory_format=torch.channels_last_3d)
    for name in ("2D over frames", "2D over time and pixels"):
        algorithm = ALGORITHMS[name]
        folded = algorithm.fold(clip)  # type: ignore[attr-defined]
        assert folded.data_ptr() == clip.data_ptr()
        assert folded.is_contiguous(memory_format=torch.channels_last)
        back = algorithm.unfold(folded, clip)  # type: ignore[attr-defined]
        assert torch.equal(back, clip)
        assert back.data_ptr() == clip.data_ptr()
