"""Segments of videos, by numbers painted in the frames: the frames that are asked for, and no others."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_files import numbers_of, write_frames, write_video
from striate.data.unreadable_files import UnreadableError
from striate.data.video.clip_reading import (
    Reading,
    decode_all_frames,
    read_clip,
    read_clip_header,
    read_whole,
)
from striate.data.video.packets import Decoder
from striate.data.video.sampling import Sampling
from striate.data.video.windows import read_windows


def whole(address: Path | str) -> list[int]:
    return numbers_of(np.moveaxis(read_whole(str(address), channels=1, short_side=16, fps=None), 0, 1))


@given(
    begin=st.integers(0, 17),
    length=st.integers(1, 18),
    suffix=st.sampled_from([".mp4", ".mkv", ".avi"]),
    unit=st.sampled_from(["t", "frames"]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_frames_of_a_segment(tmp_path: Path, begin: int, length: int, suffix: str, unit: str) -> None:
    """The second witness counts on its fingers: at ten a second, second 0.3 is where frame 3 begins."""
    path = tmp_path / f"long{suffix}"
    if not path.exists():
        write_video(path, 18, rate=10, b_frames=2 if suffix != ".mkv" else 0)
    end = min(18, begin + length)
    scale = 10 if unit == "t" else 1
    segment = f"{path}#{unit}={begin / scale:g},{end / scale:g}"
    assert whole(segment) == list(range(begin, end))
    header = read_clip_header(segment)
    assert (header.height, header.width, header.frames) == (32, 48, end - begin)
    assert header.seconds == pytest.approx((end - begin) / 10)
    decode_all_frames(segment)


def test_uneven_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", times=[0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24])
    clip = read_clip(f"{path}#t=0.5,2.1", sampling=Sampling(4, step=0.4), channels=1)
    assert numbers_of(clip) == [6, 6, 6, 6]  # shown from 0.6 to 2.0 seconds
    assert numbers_of(read_clip(f"{path}#t=2,", sampling=Sampling(5), channels=1)) == [7, 8, 9, 10, 11]


def test_windows_of_a_segment_have_the_times_of_the_file(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 18, rate=10)
    windows = read_windows(f"{path}#t=0.4,1.2", Reading(Sampling(2, step=0.2), 1, (16, 16)))
    told = [(one.start, one.end, numbers_of(one.clip)) for one in windows]
    assert told == [
        (pytest.approx(0.4), pytest.approx(0.8), [5, 7]),
        (pytest.approx(0.8), pytest.approx(1.2), [9, 11]),
    ]


def test_a_folder_of_frames(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "clip", 12)
    assert whole(f"{folder}#frames=3,7") == [3, 4, 5, 6]
    with pytest.raises(UnreadableError) as raised:
        read_clip_header(f"{folder}#t=1,2")
    assert raised.value.reason == (
        "it is a folder of frames, which tells no times: say its part in frames, with start_frame and "
        "end_frame"
    )


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("t=0.5,2.4", "its segment ends at 2.4 s, and the file has 1.8 s"),
        ("t=1.8,2", "its segment begins at 1.8 s, and the file has 1.8 s"),
        ("t=5,", "its segment begins at 5 s, and the file has 1.8 s"),
        ("t=1,0.5", "its segment is empty: it begins at 1 s and ends at 0.5"),
        ("t=1,1", "its segment is empty: it begins at 1 s and ends at 1"),
        ("frames=4,19", "its segment ends at 19 frames, and the file has 18 frames"),
        ("frames=4,4", "its segment is empty: it begins at 4 frames and ends at 4"),
    ],
)
def test_segments_that_are_not_there(tmp_path: Path, segment: str, reason: str) -> None:
    path = write_video(tmp_path / "a.mp4", 18, rate=10)
    with pytest.raises(UnreadableError) as raised:
        read_clip_header(f"{path}#{segment}")
    assert raised.value.reason == reason
    assert str(raised.value) == f"cannot read the video {path}#{segment}: {reason}; correct the segment"


def test_an_end_that_was_rounded_up(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 18, rate=10)
    assert whole(f"{path}#t=1.5,2.0") == [15, 16, 17]


def test_only_the_part_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 18 frames, a key frame among every three of them: from the one before the part to its last."""
    numbers: list[int] = []
    decoded = Decoder._decoded

    def counting(decoder: Decoder, number: int, packet: "Packet[VideoStream] | None") -> list[av.VideoFrame]:
        if packet is not None:
            numbers.append(int(packet.pts or 0))  # a packet's number goes through the decoder as its time
        return decoded(decoder, number, packet)

    monkeypatch.setattr(Decoder, "_decoded", counting)
    path = write_video(tmp_path / "a.mp4", 18, rate=10, keys=3)
    assert numbers_of(read_clip(f"{path}#t=1.0,1.5", sampling=Sampling(5), channels=1)) == [
        10,
        11,
        12,
        13,
        14,
    ]
    assert (min(numbers), max(numbers) <= 15) == (9, True)
