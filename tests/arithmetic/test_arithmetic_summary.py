"""Receptive fields in numbers: the published ones, and those of single units."""

import pytest
import torch
from torch import nn

from seen_witness import Made, traced_field
from striate.arithmetic.receptive.summary import followed, grid, summarise
from striate.arithmetic.receptive.unit_field import UnitField, of_unit
from striate.errors import ArgumentError


def conv(kernel: int, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    return nn.Conv2d(1, 1, kernel, stride, padding)


ALEXNET = [conv(11, 4, 2), nn.MaxPool2d(3, 2), conv(5, 1, 2), nn.MaxPool2d(3, 2)]
ALEXNET += [conv(3, 1, 1) for _ in range(3)] + [nn.MaxPool2d(3, 2)]
VGG16 = [
    layer
    for convolutions in (2, 2, 3, 3, 3)
    for layer in [*(conv(3, 1, 1) for _ in range(convolutions)), nn.MaxPool2d(2)]
]


@pytest.mark.parametrize(
    ("layers", "size", "jump"),
    [
        (ALEXNET[:1], 11, 4), (ALEXNET[:2], 19, 8), (ALEXNET[:3], 51, 8), (ALEXNET[:5], 99, 16),
        (ALEXNET[:6], 131, 16), (ALEXNET[:7], 163, 16), (ALEXNET, 195, 32),
        (VGG16[:1], 3, 1), (VGG16[:3], 6, 2), (VGG16[:6], 16, 4), (VGG16[:10], 44, 8), (VGG16[:14], 100, 16),
        (VGG16[:15], 132, 16), (VGG16, 212, 32),
    ],
)  # fmt: skip
def test_published_fields(layers: list[nn.Module], size: int, jump: int) -> None:
    field = summarise(traced_field(nn.Sequential(*layers).double(), (1, 1, 224, 224)), ("H", "W"))
    assert (field.size, field.jump, field.status) == ((size, size), (jump, jump), "exact")
    assert field.even == field.open_known == (True, True)
    assert field.clipped_size[0] <= min(size, 224)
    assert field.center == tuple(start + (size - 1) / 2 for start in field.start if start is not None)


def test_clips_have_time_first_and_numbers_as_json() -> None:
    network = nn.Conv3d(2, 3, (3, 5, 5), (1, 2, 2), (1, 2, 2)).double()
    field = summarise(traced_field(network, (1, 2, 8, 12, 12)), ("T", "H", "W"))
    assert field.to_json() == {
        "axes": ["T", "H", "W"],
        "size": [3, 5, 5],
        "jump": [1, 2, 2],
        "start": [-1, -2, -2],
        "center": [0.0, 0.0, 0.0],
        "clipped_size": [3, 5, 5],
        "clipped_start": [0, 0, 0],
        "same_for_all_units": [True, True, True],
        "unclipped": [True, True, True],
        "status": "exact",
    }


def test_a_global_pool_sees_all_and_has_no_jump() -> None:
    field = traced_field(nn.AdaptiveAvgPool2d(1), (1, 3, 7, 9))
    summary = summarise(field, ("H", "W"))
    assert (summary.size, summary.jump) == ((7, 9), (None, None))
    assert grid(field) == []
    assert followed(field, 0) is None


def test_a_bound_says_because_of_what() -> None:
    field = summarise(traced_field(Made(lambda s, x: x.sort(2)[0]), (1, 1, 4, 4)), ("H", "W"))
    assert field.to_json()["because"] == "aten.sort"


def test_channels_that_see_differently_are_told_in_groups() -> None:
    def shift(s: nn.Module, x: torch.Tensor) -> torch.Tensor:
        ahead = torch.cat([x[:, :1, 1:], torch.zeros_like(x[:, :1, :1])], 2)
        behind = torch.cat([torch.zeros_like(x[:, :1, :1]), x[:, 1:2, :-1]], 2)
        return torch.cat([ahead, behind, x[:, 2:]], 1)

    groups = summarise(traced_field(Made(shift), (1, 8, 6, 1, 1)), ("T", "H", "W")).channels
    assert [(group.first, group.last, group.start[0]) for group in groups] == [
        (0, 0, 4),
        (1, 1, 2),
        (2, 7, 3),
    ]
    assert groups[0].to_json() == {"channels": [0, 0], "size": [1, 1, 1], "start": [4, 0, 0]}


def test_one_unit_is_asked_for_by_its_position() -> None:
    field = traced_field(conv(3, 2, 1).double(), (1, 1, 9, 7))
    corner = of_unit(field, ("H", "W"), (0, 0))
    assert corner == UnitField((0, 0), ("H", "W"), ((0, 1), (0, 1)), ((-1, 1), (-1, 1)), "exact")
    assert of_unit(field, ("H", "W")).unit == (2, 2)  # the middle one
    assert corner.to_json() == {
        "unit": [0, 0],
        "axes": ["H", "W"],
        "clipped": [[0, 1], [0, 1]],
        "unclipped": [[-1, 1], [-1, 1]],
        "status": "exact",
    }


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ((5, 0), "unit 5×0 is not in a layer of 5×4 units: give 2 numbers from 0"),
        ((0, -1), "unit 0×-1 is not in a layer of 5×4 units: give 2 numbers from 0"),
        ((1,), "unit 1 is not in a layer of 5×4 units: give 2 numbers from 0"),
        ((), "unit () is not in a layer of 5×4 units: give 2 numbers from 0"),
    ],
)
def test_units_that_are_not_there(unit: tuple[int, ...], said: str) -> None:
    field = traced_field(conv(3, 2, 1).double(), (1, 1, 9, 7))
    with pytest.raises(ArgumentError) as problem:
        of_unit(field, ("H", "W"), unit)
    assert str(problem.value) == said


def test_positions_of_a_map_that_all_see_alike_can_be_asked_for() -> None:
    averaged = traced_field(Made(lambda s, x: x.mean((2, 3), keepdim=True).expand(1, 2, 4, 5)), (1, 2, 4, 5))
    assert grid(averaged) == []
    assert of_unit(averaged, ("H", "W"), (3, 2)).clipped == ((0, 3), (0, 4))
    assert of_unit(averaged, ("H", "W"), (0, 1, 3, 2)).clipped == ((0, 3), (0, 4))
    with pytest.raises(ArgumentError):
        of_unit(averaged, ("H", "W"), (4, 0))
