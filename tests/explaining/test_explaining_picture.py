"""Grids of numbers as pictures."""

import numpy as np
import pytest

from striate.explaining.picture import (
    BAR,
    GAP,
    LINE,
    Drawn,
    Picture,
    as_bytes,
    colours_of,
    draw,
    ramp,
    stretched,
)


def test_a_tile_is_stretched_from_dark_to_bright() -> None:
    assert stretched(np.array([[1.0, 3.0]])).tolist() == [[0, 1]]
    assert stretched(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]
    assert as_bytes(np.array([-3.0, 127.6, 300.0])).tolist() == [0, 128, 255]


def test_signed_tiles_share_one_scale_with_white_at_zero() -> None:
    picture = Picture("filters", (np.array([[0.0, 2.0]]), np.array([[-1.0, 0.0]])), ("0", "1"), signed=True)
    first, second = colours_of(picture, 0), colours_of(picture, 1)
    assert first[0, 0].tolist() == [255, 255, 255]
    assert first[0, 1].tolist() == [178, 24, 43]
    assert second[0, 0].tolist() == [144, 178, 214]  # half way to blue: its size is half of the largest


def test_a_heat_map_keeps_the_input_in_grey_below() -> None:
    behind = np.array([[[0.0, 200.0]]] * 3)
    picture = Picture("grad_cam", (np.array([[0.0, 1.0]]),), ("",), over_input=True, behind=(behind,))
    cold, hot = colours_of(picture, 0)[0]
    assert cold.tolist() == [0, 0, 1]
    assert hot[0] > 200
    assert ramp(np.array(0.0)).tolist() == [0, 0, 4]


@pytest.mark.parametrize("count", [1, 3, 70])
def test_all_tiles_are_drawn_in_rows_that_are_no_wider_than_a_page(count: int) -> None:
    tiles = tuple(np.eye(5) for _ in range(count))
    picture = Picture("maps", tiles, tuple(map(str, range(count))))
    image = draw(picture)
    assert image.width <= 930
    assert image.height > 72
    assert len(Drawn(picture).tiles()) == count
    assert Drawn(picture).address().startswith("data:image/png;base64,")


def test_a_mark_is_a_green_rectangle() -> None:
    picture = Picture("largest", (np.zeros((20, 20)),), ("",), marks=((5, 5, 9, 9),))
    image = draw(picture)
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert (0, 200, 83) in colours


def test_the_scale_stands_below() -> None:
    """A bar with blue, white and red for a scale that all share; two numbers below a tile with its own."""
    tile = np.array([[0.5, -2.0], [1.0, 0.0]])
    bare = draw(Picture("maps", (np.zeros((3, 2, 2)),), ("",)))
    shared = np.asarray(draw(Picture("filters", (tile,), ("",), signed=True)))
    bar = shared[bare.height + 4, GAP : GAP + BAR]
    assert bar[[0, BAR - 1]].tolist() == [[33, 102, 172], [178, 24, 43]]
    assert bar[BAR // 2].min() > 250
    own = draw(Picture("maps", (tile,), ("",)))
    assert own.height == bare.height + LINE
