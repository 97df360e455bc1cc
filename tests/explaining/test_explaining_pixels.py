"""The pixel before the first layer, from 0 to 255, and the number that the network is given for it."""

from pathlib import Path

import numpy as np
import pytest
from explaining_networks import numbers

from striate.explaining.explain import explain
from striate.explaining.pixels import Pixels
from striate.explaining.texts import Texts
from striate.models import NetworkSpec, save_weights
from striate.pages import Formula, Grid
from striate.runs import MODEL, write_record
from striate.training.recipe import Recipe

MEAN, STD = (120.0, 90.5, 10.25), (64.0, 50.0, 12.5)
HEIGHT, WIDTH, FRAMES = 9, 7, 4


def run_on_colours(folder: Path, frames: int | None = None) -> Path:
    """A run on pictures of three colours, or on clips of them, that was never trained."""
    more = {} if frames is None else {"time": "3d", "frames": frames}
    options = {"widths": (2,), "hidden": ()}
    spec = NetworkSpec("plain", classes=2, channels=3, size=(HEIGHT, WIDTH), options=options, **more)
    data = {
        "source": "nowhere",
        "classes": ["a", "b"],
        "channels": 3,
        "size": [HEIGHT, WIDTH],
        "options": {},
        "normalisation": {"mean": MEAN, "std": STD},
        **({} if frames is None else {"frames": frames, "stride": 1}),
    }
    record = {"status": "finished", "network": spec.to_json(), "data": data, "recipe": Recipe().to_json()}
    folder.mkdir()
    save_weights(spec.build(), folder / MODEL)
    write_record(folder, {**record, "classes": data["classes"], "results": {}})
    return folder


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, 3, *shape), dtype=np.uint8)


def expect_window(found: Pixels | None, pixels: np.ndarray, window: tuple[slice, slice]) -> None:
    """Every number of the window is that of the pixel; pixels: (3, H, W)."""
    assert found is not None
    cut = pixels[(slice(None), *window)].astype(float)
    assert np.array_equal(found.pixels, cut)
    for channel in range(3):
        assert np.allclose(found.numbers[channel], (cut[channel] - MEAN[channel]) / STD[channel])


def test_the_pixels_that_a_number_sees(tmp_path: Path) -> None:
    run, pixels = run_on_colours(tmp_path / "run"), drawn(HEIGHT, WIDTH)
    found = explain(run, pixels, layer="conv1", filter=0, at=(4, 3)).pixels
    expect_window(found, pixels[0], (slice(3, 6), slice(2, 5)))
    assert found is not None
    assert found.place == (4, 3)
    assert found.check.numbers == 27
    corner = explain(run, pixels, layer="conv1", filter=0, at=(0, 6)).pixels
    expect_window(corner, pixels[0], (slice(0, 2), slice(5, 7)))


def test_without_a_layer_the_middle_of_the_picture(tmp_path: Path) -> None:
    found = explain(run_on_colours(tmp_path / "run"), drawn(HEIGHT, WIDTH)).pixels
    expect_window(found, drawn(HEIGHT, WIDTH)[0], (slice(2, 7), slice(1, 6)))


def test_the_frame_of_a_clip(tmp_path: Path) -> None:
    run, clips = run_on_colours(tmp_path / "run", FRAMES), drawn(FRAMES, HEIGHT, WIDTH)
    found = explain(run, clips, layer="backbone.conv1", filter=0, at=(2, 4, 3)).pixels
    assert found is not None
    assert found.place == (2, 4, 3)
    expect_window(found, clips[0, :, 2], (slice(3, 6), slice(2, 5)))
    picture = explain(run, clips).picture
    assert np.array_equal(picture, clips[0, :, FRAMES // 2])


def test_it_is_written_out_channel_by_channel(tmp_path: Path) -> None:
    pixels = drawn(HEIGHT, WIDTH)
    found = explain(run_on_colours(tmp_path / "run"), pixels, layer="conv1", filter=0, at=(4, 3))
    assert found.pixels is not None
    _, formula, grid, *lines = found.pixels.blocks(Texts("en"))
    assert isinstance(formula, Formula)
    assert isinstance(grid, Grid)
    assert formula.maths.text == "x = (p − μ)/σ"
    assert (
        grid.caption == "Pixels (rows 3–5, columns 2–4) and what they become; the marked one is written out"
    )
    assert [grid.colour(matrix, 1, 1) for matrix in (0, 1)] == ["c", "c"]
    red, green, blue = (int(value) for value in pixels[0, :, 4, 3])
    told = [line.maths.text for line in lines if isinstance(line, Formula)]
    assert [line.rpartition(" = ")[0] for line in told] == [
        f"x[0,0,4,3] = ({red} − 120)/64",
        f"x[0,1,4,3] = ({green} − 90.5)/50",
        f"x[0,2,4,3] = ({blue} − 10.25)/12.5",
    ]
    shown = [float(line.rpartition(" = ")[2].replace("−", "-")) for line in told]
    assert shown == pytest.approx([(red - 120) / 64, (green - 90.5) / 50, (blue - 10.25) / 12.5], rel=1e-3)
    assert "x = (p − μ)/σ" in [check.what for check in found.checks()]
    assert found.to_json()["pixels"]["pixels"] == found.pixels.pixels.tolist()


def test_numbers_are_no_pixels(tmp_path: Path) -> None:
    assert explain(run_on_colours(tmp_path / "run"), numbers(1, 3, HEIGHT, WIDTH)).pixels is None
