"""Every frame is the one that was asked for: containers × codecs × traps, a number painted in each frame."""

import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painted_videos import (
    HOLDS,
    SIDE,
    Drawn,
    cut,
    decoded_by_pyav,
    draw,
    expected_numbers,
    number_of,
    painted,
    write_drawn,
    wrong_frames,
    wrong_times,
)
from striate.data.video.clip_reading import decode_all_frames

PLAIN = Drawn("mp4", "h264", frames=24, keys=8, b_frames=0, open_groups=False, first=0, steps=(40,))
UNEVEN = (40, 120, 40, 80, 200, 40, 40)
TRAPS = {
    "begins late": replace(PLAIN, first=5000),
    "Matroska begins late": replace(PLAIN, suffix="mkv", first=5000),
    "Matroska begins before 0": replace(PLAIN, suffix="mkv", first=-400, b_frames=2),
    "WebM begins late": replace(PLAIN, suffix="webm", codec="vp9", first=5000),
    "QuickTime, open groups": replace(PLAIN, suffix="mov", b_frames=3, open_groups=True),
    "HEVC, open groups": replace(PLAIN, codec="hevc", b_frames=3, open_groups=True),
    "transport stream with B-frames": replace(PLAIN, suffix="ts", b_frames=3),
    "camera's transport stream": replace(PLAIN, suffix="mts", b_frames=2, first=3_600_000, open_groups=True),
    "transport stream, uneven": replace(PLAIN, suffix="ts", codec="mpeg2video", b_frames=2, steps=(40, 80)),
    "program stream": replace(PLAIN, suffix="mpg", codec="mpeg2video", b_frames=2, open_groups=True),
    "program stream without times": replace(PLAIN, suffix="vob", b_frames=2),
    "fragments": replace(PLAIN, fragments="fragments", b_frames=2),
    "fragments with an index": replace(PLAIN, fragments="fragments and sidx"),
    "DASH": replace(PLAIN, fragments="dash", b_frames=2, first=1000),
    "AV1": replace(PLAIN, suffix="mkv", codec="av1"),
    "even decoding times, uneven frames": replace(PLAIN, b_frames=2, steps=UNEVEN),
    "AVI with B-frames": replace(PLAIN, suffix="avi", codec="mpeg4", b_frames=2),
    "AVI that begins late": replace(PLAIN, suffix="avi", codec="mjpeg", first=1000),
    "Flash": replace(PLAIN, suffix="flv", b_frames=2, first=1000),
    "VP8 in Ogg": replace(PLAIN, suffix="ogv", codec="vp8"),
    "Windows Media": replace(PLAIN, suffix="wmv", codec="wmv2", steps=UNEVEN),
    "ProRes in fragments": replace(PLAIN, suffix="mov", codec="prores", fragments="fragments and sidx"),
    "H.264 in AVI with B-frames": replace(PLAIN, suffix="avi", b_frames=2),
    "HEVC in a transport stream": replace(PLAIN, suffix="ts", codec="hevc", b_frames=3, open_groups=True),
}
# Made by PyAV's encoders, whose messages are not asked for.
pytestmark = pytest.mark.usefixtures("quiet_encoders")


@pytest.fixture
def quiet_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVT_LOG", "0")


@pytest.mark.parametrize("name", TRAPS)
def test_traps(tmp_path: Path, name: str) -> None:
    drawn = TRAPS[name]
    path = write_drawn(tmp_path / f"a.{drawn.suffix}", drawn)
    numbers = list(range(drawn.frames))
    assert expected_numbers(path) == numbers  # nothing was lost where it was made
    assert wrong_frames(path, numbers, random.Random(0)) == []
    assert wrong_times(path, drawn) == []
    decode_all_frames(path)


@pytest.mark.parametrize("name", ["take:1", "%d of -x", "file:a, b?c#d"])
def test_names_that_look_like_addresses(tmp_path: Path, name: str) -> None:
    path = write_drawn(tmp_path / f"{name}.mp4", PLAIN)
    assert wrong_frames(path, list(range(PLAIN.frames)), random.Random(0)) == []


@pytest.mark.parametrize("seed", range(1000, 1012))
def test_drawn(tmp_path: Path, seed: int) -> None:
    """A few of those that benchmarks/video_frames.py draws."""
    drawn = draw(seed)
    path = write_drawn(tmp_path / f"a.{drawn.suffix}", drawn)
    expected = expected_numbers(path)
    assert wrong_frames(path, expected, random.Random(seed)) == []


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mov"])
@pytest.mark.parametrize("open_groups", [False, True])
def test_pieces_cut_at_a_key_frame(tmp_path: Path, suffix: str, open_groups: bool) -> None:
    """Frames before the first key frame have lost what they are predicted from: they are not there."""
    drawn = replace(PLAIN, suffix=suffix, b_frames=2, open_groups=open_groups)
    path = write_drawn(tmp_path / f"a.{suffix}", drawn)
    piece = cut(path, tmp_path / f"piece.{suffix}", 1)
    expected = expected_numbers(piece)
    assert expected == list(range(expected[0], drawn.frames))
    assert expected[0] > 4
    assert wrong_frames(piece, expected, random.Random(0)) == []


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_copies_of_avi_with_its_times(tmp_path: Path, suffix: str, b_frames: int) -> None:
    """The times of presentation are those of decoding, which is another order where there are B-frames."""
    path = write_drawn(tmp_path / "a.avi", replace(PLAIN, suffix="avi", codec="mpeg4", b_frames=b_frames))
    copy = cut(path, tmp_path / f"a.{suffix}", 0, decoding_times=True)
    numbers = list(range(PLAIN.frames))
    assert expected_numbers(copy) == numbers
    assert wrong_frames(copy, numbers, random.Random(0)) == []
    decode_all_frames(copy)


def test_a_copy_of_avi_whose_beginning_an_edit_list_hides(tmp_path: Path) -> None:
    if not (command := shutil.which("ffmpeg")):
        pytest.skip("the ffmpeg command is not installed")
    path = write_drawn(tmp_path / "a.avi", replace(PLAIN, suffix="avi", codec="mpeg4", b_frames=2))
    copy = tmp_path / "a.mp4"
    words = [command, "-v", "quiet", "-ss", "0.5", "-i", str(path), "-c", "copy", str(copy)]
    subprocess.run(words, check=True)
    expected = [number for number, _ in decoded_by_pyav(copy)]  # the key frame is hidden, too
    assert 0 < len(expected) < PLAIN.frames - PLAIN.keys
    assert wrong_frames(copy, expected, random.Random(0)) == []
    decode_all_frames(copy)


@pytest.mark.parametrize("name", ["transport stream with B-frames", "fragments with an index", "AV1"])
def test_the_ffmpeg_command_gives_the_same(tmp_path: Path, name: str) -> None:
    """The second witness beside PyAV."""
    if not (command := shutil.which("ffmpeg")):
        pytest.skip("the ffmpeg command is not installed")
    path = write_drawn(tmp_path / f"a.{TRAPS[name].suffix}", TRAPS[name])
    words = [command, "-v", "quiet", "-i", str(path), "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    content = subprocess.run(words, capture_output=True, check=True).stdout
    came = [number_of(frame) for frame in np.frombuffer(content, np.uint8).reshape(-1, SIDE, SIDE)]
    assert wrong_frames(path, came, random.Random(0)) == []


def test_every_suffix_is_drawn() -> None:
    assert {draw(seed).suffix for seed in range(400)} == set(HOLDS)


def test_numbers_are_read_as_they_were_painted() -> None:
    assert [number_of(painted(number)) for number in range(256)] == list(range(256))
    assert number_of(painted(3) // 2 + painted(12) // 2) == -1  # two at once are none
