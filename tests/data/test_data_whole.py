"""Opening, checking, packing and predicting agree on which files are whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painted_videos import Drawn, write_drawn
from striate.data.unreadable_files import UnreadableError
from striate.data.video.clip_reading import (
    Reading,
    decode_all_frames,
    read_clip,
    read_clip_header,
    read_whole,
)
from striate.data.video.sampling import Sampling
from striate.data.video.windows import read_windows

KIND = Drawn("mp4", "h264", frames=60, keys=12, b_frames=2, open_groups=False, first=1000, steps=(40,))
KINDS = {
    "mp4": replace(KIND),
    "fragments": replace(KIND, fragments="fragments"),
    "fragments with an index": replace(KIND, fragments="fragments and sidx"),
    "mkv": replace(KIND, suffix="mkv"),
    "ts": replace(KIND, suffix="ts"),
    "mpg": replace(KIND, suffix="mpg", codec="mpeg2video"),
    "avi": replace(KIND, suffix="avi", codec="mpeg4", b_frames=0),
    "flv": replace(KIND, suffix="flv"),
}
WAYS: dict[str, Callable[[Path], object]] = {
    "training opens it": read_clip_header,
    "training reads it": lambda path: read_clip(path, sampling=Sampling(4), channels=1),
    "data check": decode_all_frames,
    "packing": lambda path: read_whole(str(path), channels=1, short_side=16, fps=None),
    "predict": lambda path: list(read_windows(path, Reading(Sampling(4), 1, (16, 16)))),
}


def refused(read: Callable[[Path], object], path: Path) -> str | None:
    """Why a file is refused; None: it is read."""
    try:
        read(path)
    except UnreadableError as error:
        return error.reason
    return None


@pytest.mark.parametrize("name", KINDS)
def test_all_agree_on_what_is_whole(tmp_path: Path, name: str) -> None:
    path = write_drawn(tmp_path / f"a.{KINDS[name].suffix}", KINDS[name])
    assert {way: refused(read, path) for way, read in WAYS.items()} == dict.fromkeys(WAYS)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.7])
@pytest.mark.parametrize("name", KINDS)
def test_all_agree_on_what_is_cut_off(tmp_path: Path, name: str, share: float) -> None:
    whole = write_drawn(tmp_path / f"a.{KINDS[name].suffix}", KINDS[name])
    path = whole.with_stem("cut")
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    reasons = {way: refused(read, path) for way, read in WAYS.items()}
    assert len(set(reasons.values())) == 1, reasons


@pytest.mark.parametrize(
    "stem", ["take:1", "-x", "%d", "a#b?c", "file:a", "http:b", "ä \u2003", "clip.%03d", "concat:a|b", "[x]*"]
)
def test_a_name_is_a_name(tmp_path: Path, stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is taken for a protocol, an option or a pattern."""
    monkeypatch.chdir(tmp_path)
    write_drawn(tmp_path / "a.mp4", replace(KIND, frames=4, b_frames=0)).rename(tmp_path / f"{stem}.mp4")
    assert read_clip_header(Path(f"{stem}.mp4")).frames == 4
    assert np.ndim(read_clip(tmp_path / f"{stem}.mp4", sampling=Sampling(2), channels=1)) == 4
