"""Videos of all kinds, as they are decoded: which frame, which way up, which colour; and what is broken."""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_files import numbers_of, write_frames, write_video
from real_clips import NAMES, real_clip
from striate.data.images.reading import Header
from striate.data.unreadable_files import UnreadableError, read_batch
from striate.data.video.clip_reading import (
    ClipRequest,
    Reading,
    decode_all_frames,
    look_at,
    read_clip,
    read_clip_header,
    read_request,
    read_whole,
)
from striate.data.video.sampling import Sampling
from striate.errors import ArgumentError, DataError


def reason(read: Callable[[Path], object], path: Path) -> str:
    """Why a clip cannot be read."""
    with pytest.raises(UnreadableError) as raised:
        read(path)
    return raised.value.reason


UNEVEN = [0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24]  # the sixth frame is shown for more than half of the time

KINDS = {
    "plain.mp4": {},
    "b-frames.mp4": {"b_frames": 3},
    "plain.avi": {},
    "b-frames.avi": {"b_frames": 2},
    "plain.mkv": {},
    "b-frames.mkv": {"b_frames": 2},
    "plain.webm": {},
    "b-frames.mov": {"b_frames": 2},
    "with-sound.mp4": {"sound": True},
    "ten-bit.mp4": {"pixels": "yuv420p10le"},
    "full-chroma.mp4": {"pixels": "yuv444p"},
    "odd.mkv": {"codec": "ffv1", "size": (31, 45), "pixels": "yuv444p"},
    "sideways.mp4": {"rotation": 90},
    "grey.mkv": {"codec": "ffv1", "pixels": "gray"},
    "key-frames-only.mp4": {"keys": 1},
    "one-key-frame.mp4": {"keys": 100},
    "program.mpg": {"codec": "mpeg2video", "rate": 25},
    "flash.flv": {"codec": "flv"},
    "transport.ts": {},
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, **KINDS[name])  # type: ignore[arg-type]
    header = read_clip_header(path)
    assert header.seconds == pytest.approx(12 / KINDS[name].get("rate", 10), abs=0.002)  # type: ignore[attr-defined]
    assert header._replace(seconds=None) == Header(
        *{"odd.mkv": (31, 45), "sideways.mp4": (48, 32)}.get(name, (32, 48)),
        grey=name == "grey.mkv",
        frames=12,
    )
    assert numbers_of(read_clip(path, sampling=Sampling(12), channels=3)) == list(range(12))
    assert numbers_of(read_clip(path, sampling=Sampling(4), channels=1, size=(20, 20))) == [1, 4, 7, 10]
    assert numbers_of(read_clip(path, sampling=Sampling(3, 4), channels=3, size=(8, 9))) == [2, 6, 10]
    whole = read_whole(str(path), channels=1, short_side=16, fps=None)
    assert numbers_of(np.moveaxis(whole, 0, 1)) == list(range(12))
    decode_all_frames(path)


@pytest.mark.parametrize("name", ["uneven.mp4", "uneven.mkv", "uneven-b.mp4"])
def test_frames_are_those_shown_at_even_times(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, times=UNEVEN, b_frames=2 if "-b" in name else 0)
    clip = read_clip(path, sampling=Sampling(12), channels=1)
    assert numbers_of(clip) == [1, 3, 5, 6, 6, 6, 6, 6, 6, 6, 8, 10]  # a frame is shown until the next


@given(
    keys=st.integers(1, 20),
    b_frames=st.integers(0, 3),
    suffix=st.sampled_from([".mp4", ".mkv", ".avi"]),
    numbers=st.lists(st.integers(0, 17), min_size=1, max_size=6),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_frames_in_any_order_of_key_frames(
    tmp_path: Path, keys: int, b_frames: int, suffix: str, numbers: list[int]
) -> None:
    path = tmp_path / f"{keys}-{b_frames}{suffix}"
    if not path.exists():
        write_video(path, 18, keys=keys, b_frames=b_frames, size=(16, 16))
    wanted = np.sort(numbers)
    request = ClipRequest(str(path), np.zeros(len(wanted)), 0.5)

    class Exactly(Sampling):
        def positions(self, length: float, offsets: np.ndarray, seconds: float | None = None) -> np.ndarray:
            return wanted + 0.5

    clip = read_request(request, how=Reading(Exactly(len(wanted)), 1, None))
    assert numbers_of(clip) == wanted.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_real_clips_are_decoded_as_from_beginning_to_end(name: str) -> None:
    """The second witness: PyAV, frame after frame."""
    path = real_clip(name)
    sampling = Sampling(6)
    header = read_clip_header(path)
    wanted = sampling.numbers(header.frames, np.full(6, 0.5))
    with av.open(str(path)) as container:
        shown = enumerate(container.decode(video=0))
        expected = [frame.to_ndarray(format="rgb24") for number, frame in shown if number in wanted]
    clip = read_clip(path, sampling=sampling, channels=3)
    np.testing.assert_array_equal(np.moveaxis(clip, 0, -1), np.stack(expected))


def quarters(size: tuple[int, int] = (32, 48)) -> list[np.ndarray]:
    """A picture whose left upper quarter is white."""
    picture = np.zeros((*size, 3), np.uint8)
    picture[: size[0] // 2, : size[1] // 2] = 255
    return [picture] * 3


@pytest.mark.parametrize(
    ("rotation", "corner"), [(None, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))]
)
def test_a_rotation_turns_counterclockwise(
    tmp_path: Path, rotation: int | None, corner: tuple[int, int]
) -> None:
    path = write_video(tmp_path / "a.mp4", rotation=rotation, pictures=quarters())
    clip = read_clip(path, sampling=Sampling(1), channels=1)[0, 0]
    assert clip.shape == ((48, 32) if rotation in (90, -90) else (32, 48))
    corners = {place: int(clip[place]) for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))}
    assert corners[corner] > 240
    assert sorted(corners.values())[2] < 15


def test_the_long_side_is_cut_where_asked(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0, 240, 96, dtype=np.uint8)[None, :, None], (32, 96, 3))
    path = write_video(tmp_path / "a.mp4", size=(32, 96), pictures=[np.ascontiguousarray(ramp)] * 2)
    how = Reading(Sampling(1), 1, (32, 32))
    means = []
    for crop in (0.0, 0.5, 1.0):
        clip = read_request(ClipRequest(str(path), np.array([0.5]), crop), how=how)
        means.append(clip.mean())
    np.testing.assert_allclose(means, [39, 120, 201], atol=4)


def test_grey_and_colour(tmp_path: Path) -> None:
    red = np.zeros((32, 48, 3), np.uint8)
    red[..., 0] = 255
    path = write_video(tmp_path / "a.mp4", pictures=[red] * 2)
    colour = read_clip(path, sampling=Sampling(1), channels=3).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(colour, [255, 0, 0], atol=6)
    assert abs(read_clip(path, sampling=Sampling(1), channels=1).mean() - 76) < 4  # 0.299 · 255


def test_a_folder_of_frames(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "clip", 12)
    assert read_clip_header(folder) == Header(32, 48, False, 12)
    assert numbers_of(read_clip(folder, sampling=Sampling(12), channels=3)) == list(range(12))
    (folder / "img_5.png").write_bytes(b"")
    assert reason(decode_all_frames, folder) == "frame img_5.png: the file is empty"


def test_flow_leads_to_the_next_frame_of_the_video(tmp_path: Path) -> None:
    """A square that moves by 2 pixels a frame, seen by clips whose frames are far apart."""
    pytest.importorskip("cv2")
    pictures = []
    texture = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    for number in range(16):
        picture = np.full((64, 96, 3), 90, np.uint8)
        picture[20:44, 8 + 2 * number : 32 + 2 * number] = texture
        pictures.append(picture)
    path = write_video(tmp_path / "a.mp4", size=(64, 96), pictures=pictures)
    clip = read_clip(path, sampling=Sampling(4), channels=3, flow="farneback")
    assert clip.shape == (5, 4, 64, 96)
    inside = [
        clip[3:, step, 28:36, 16 + 2 * number : 24 + 2 * number].mean((1, 2))
        for step, number in enumerate((2, 6, 10, 14))
    ]
    np.testing.assert_allclose(inside, [[128 + 2 * 127 / 20, 128]] * 4, atol=4)


UNKNOWN = "not a video that FFmpeg knows, or broken from the beginning"
UNREADABLE = {
    "empty.mp4": "the file is empty",
    "text.mp4": UNKNOWN,
    "noise.avi": UNKNOWN,
    "cut.mp4": UNKNOWN,
    "image.mp4": UNKNOWN,
    "list.mp4": UNKNOWN,
    "codec.mp4": "FFmpeg as it comes with PyAV has no decoder for it: convert it to H.264",
}


def unreadable(folder: Path, name: str) -> bytes:
    """The content of a file that cannot be read."""
    whole = write_video(folder / "whole.mp4", 18).read_bytes()
    return {
        "empty.mp4": b"",
        "text.mp4": b"hello\n" * 100,
        "noise.avi": np.random.default_rng(0).bytes(5000),
        "cut.mp4": whole[: len(whole) // 2],
        "image.mp4": write_frames(folder / "f", 1).joinpath("img_1.png").read_bytes(),
        "list.mp4": b"ffconcat version 1.0\nfile whole.mp4\n",
        "codec.mp4": whole.replace(b"avc1", b"zzz1"),
    }[name]


@pytest.mark.parametrize("name", UNREADABLE)
def test_broken_files_have_a_reason(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(unreadable(tmp_path, name))
    why = UNREADABLE[name]
    assert reason(read_clip_header, path) == why
    assert reason(decode_all_frames, path) == why
    with pytest.raises(DataError) as raised:
        read_clip(path, sampling=Sampling(2), channels=3)
    assert str(raised.value) == f"cannot read the video {path}: {why}; give a whole video file"


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert reason(read_clip_header, path) == "it holds no moving pictures"


def test_a_file_that_is_cut_off_says_where(tmp_path: Path) -> None:
    """With its index at the front, such a file opens as if it were whole."""
    noise = np.random.default_rng(0).integers(0, 256, (18, 32, 48, 3), np.uint8)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for picture in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    why = reason(read_clip_header, path)
    assert why.startswith("it is cut off: ")
    assert why.endswith(" of 18 frames are there")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.mkv", "it is cut off: 2.9 of 6 seconds are there"),
        ("a.ts", "it is cut off, or damaged at its end"),  # its head tells nothing of its length
    ],
)
def test_a_stream_that_is_cut_off(tmp_path: Path, name: str, why: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 48, 3), np.uint8)
    path = write_video(tmp_path / name, pictures=list(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason(read_clip_header, path) == why
    assert reason(decode_all_frames, path) == why


def test_damage_within_is_found_when_all_is_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (18, 32, 48, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", pictures=list(noise))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8] = bytes(8)
    path.write_bytes(content)
    assert re.fullmatch(r"\d of 18 frames are damaged", reason(decode_all_frames, path))
    why = r"\d of the frames that it is decoded from (is|are) damaged"
    assert re.fullmatch(why, reason(partial(read_clip, sampling=Sampling(18), channels=3), path))
    assert re.fullmatch(why, reason(partial(read_whole, channels=1, short_side=16, fps=None), str(path)))
    assert re.fullmatch(why, reason(decode_all_frames, Path(f"{path}#frames=2,17")))
    assert look_at(path, Reading(Sampling(18), 3, (32, 48))).shape == (3, 18, 32, 48)


def test_damage_elsewhere_is_no_damage_of_a_segment(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (18, 32, 48, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", pictures=list(noise), keys=6)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    path.write_bytes(content)
    for part in ("frames=0,6", "frames=12,18"):
        decode_all_frames(Path(f"{path}#{part}"))
        assert read_clip(f"{path}#{part}", sampling=Sampling(6), channels=3).shape == (3, 6, 32, 48)


def test_many_are_read_together_and_the_broken_named(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    requests = [ClipRequest(str(one), np.full(2, 0.5), 0.5) for one in (path, tmp_path / "lost.mp4", path)]
    how = Reading(Sampling(2), 3, (16, 16))
    clips, broken = read_batch(requests, read=partial(read_request, how=how), shape=(3, 2, 16, 16))
    assert [numbers_of(clip) for clip in clips[[0, 2]]] == [[3, 9], [3, 9]]
    assert broken == [(1, "No such file or directory")]
    assert not clips[1].any()


def test_memory_and_open_files_stay_flat_over_a_thousand_files(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", size=(64, 64))
    request, how = ClipRequest(str(path), np.full(4, 0.5), 0.5), Reading(Sampling(4), 3, (32, 32))

    def read(times: int) -> tuple[int, int]:
        """Bytes of memory and open files after it."""
        for _ in range(times):
            read_request(request, how=how)
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(list(Path("/proc/self/fd").iterdir()))

    before, files = read(100)
    after, files_after = read(1000)
    assert after - before < 8 << 20
    assert files_after == files


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"channels": 4}, "channels must be 1 (grey) or 3 (RGB); got 4"),
        ({"size": (8, -1)}, "size must be (height, width) in pixels, each at least 1; got (8, -1)"),
        ({"flow": "diss"}, "unknown flow 'diss': did you mean 'dis'? Known: dis, farneback"),
    ],
)
def test_what_cannot_be_asked_of_a_clip(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        read_clip(write_video(tmp_path / "a.mp4"), sampling=Sampling(2), **options)
    assert str(raised.value).startswith(sentence)
