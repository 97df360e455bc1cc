"""Interlaced H.264: every frame that is given is the one that was asked for."""

import random
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field_pictures import write_fields
from painted_videos import expected_numbers, painted, wrong_frames
from striate.data.video.clip_reading import decode_all_frames
from striate.data.video.frame_source import open_clip

FRAMES = 14


@given(
    suffix=st.sampled_from(["ts", "m2ts", "mkv", "mp4", "mov", "vob", "avi"]),
    keys=st.sampled_from([1, 5, 40]),
    b_frames=st.sampled_from([0, 2]),
    bottom_first=st.booleans(),
    whole=st.sampled_from([0, 0, 3]),
    apart=st.booleans(),
    first=st.sampled_from([0, 500]),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_in_two_fields(
    tmp_path: Path,
    suffix: str,
    keys: int,
    b_frames: int,
    bottom_first: bool,
    whole: int,
    apart: bool,
    first: int,
) -> None:
    path = write_fields(
        tmp_path / f"a.{suffix}",
        [painted(number)[..., 0] for number in range(FRAMES)],
        keys=keys,
        b_frames=b_frames,
        bottom_first=bottom_first,
        whole=whole,
        apart=apart,
        first=0 if suffix == "avi" else first,
    )
    assert expected_numbers(path) == list(range(FRAMES))
    assert wrong_frames(path, list(range(FRAMES)), random.Random(0)) == []
    decode_all_frames(path)
    with open_clip(path) as source:
        assert source.duration == pytest.approx(FRAMES / 25, abs=0.021)


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
@pytest.mark.parametrize("interlaced", ["tff=1", "bff=1", "fake-interlaced=1"])
def test_frames_whose_blocks_are_in_fields(tmp_path: Path, suffix: str, interlaced: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        stream.options = {"x264-params": f"{interlaced}:bframes=2:keyint=6"}
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(painted(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert wrong_frames(path, list(range(FRAMES)), random.Random(0)) == []
    decode_all_frames(path)
