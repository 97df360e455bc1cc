"""Scores drawn into frames: bars as long as they are probable, and a file that can be played at any time."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from striate.errors import DataError
from striate.streaming.drawing import BAR, DrawnVideo, draw_shares

SHARES = [("no", 0.1), ("hổ", 0.8), ("maybe", 0.05), ("never", 0.05)]


@pytest.mark.parametrize("size", [(321, 240), (31, 17), (12, 12)])
def test_pictures_keep_their_size(size: tuple[int, int]) -> None:
    drawn = draw_shares(Image.new("RGB", size, (200, 0, 0)), SHARES)
    assert (drawn.size, drawn.mode) == (size, "RGB")


def test_the_bars_are_as_long_as_their_shares() -> None:
    picture = Image.new("RGB", (320, 240), (200, 0, 0))
    drawn = np.array(draw_shares(picture, SHARES))
    blue = (np.abs(drawn.astype(int) - BAR[:3]) < 40).all(axis=2).sum(axis=1)
    lines = [int(part.max()) for part in np.split(blue[-33:], 3)]  # a line has 240 / 22 pixels
    assert lines[0] == pytest.approx(8 * lines[1], rel=0.2)
    assert lines[1] == pytest.approx(2 * lines[2], abs=2)
    assert (drawn[:200] == (200, 0, 0)).all()


def test_it_can_be_played_while_it_is_written(tmp_path: Path) -> None:
    """Without an end, as after a process that was killed; sizes that change, times that do not go on."""
    video = DrawnVideo(tmp_path / "a.mp4")
    for number in range(300):
        side = 32 if number < 200 else 40
        seconds = number / 25 if number != 250 else 0.0
        video.add(seconds, np.full((side, side + 1, 3), number % 256, np.uint8), [("a", 0.9), ("b", 0.1)])
    with av.open(str(tmp_path / "a.mp4")) as container:
        early = sum(1 for _ in container.decode(video=0))
    video.close()
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 300
    assert 200 < early <= 300
    assert {(frame.height, frame.width) for frame in frames} == {(32, 34)}
    times = [float(frame.time) for frame in frames]
    assert times == sorted(times)
    assert times[100] == 4.0


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    video = DrawnVideo(tmp_path / "file" / "a.mp4")
    with pytest.raises(DataError) as refused:
        video.add(0.0, np.zeros((8, 8, 3), np.uint8), [("a", 1.0)])
    assert str(refused.value) == (
        f"cannot write {video.path}: File exists: name another file, or make room for it"
    )
    video.close()
