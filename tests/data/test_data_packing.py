"""Packed clips: the same frames as the files hold, whatever interrupted the work."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_files import numbers_of, write_classes, write_frames, write_video
from striate.data import ClipData, open_data, pack_data
from striate.data.packed.packed_clips import FRAMES, LOG, PACK, read_pack, sealed, unsealed
from striate.errors import ArgumentError, DataError, RunError
from striate.runs import lock

_PACK = """
import sys
from striate.data import pack_data
def tell(done, total):
    print(done, flush=True)

pack_data(sys.argv[1], sys.argv[2], short_side=16, workers=0, progress=tell)
"""


def clips(root: Path, frames: int = 6) -> Path:
    write_classes(root / "set", frames=frames)
    write_video(root / "set" / "run" / "wide.avi", 9, size=(32, 64))
    return root / "set"


def test_the_same_clips_and_splits_as_from_files(tmp_path: Path) -> None:
    source = clips(tmp_path)
    seen: list[tuple[int, int]] = []
    packed = pack_data(
        source, tmp_path / "packed", short_side=16, workers=0, progress=lambda *at: seen.append(at)
    )
    assert (packed.clips, packed.frames, packed.channels, packed.short_side) == (21, 129, 3, 16)
    assert packed.bytes == (20 * 6 * 24 + 9 * 32) * 16 * 3
    assert seen == [(done, 21) for done in range(1, 22)]
    live = open_data(source, frames=3, size=16, workers=0)
    ours = open_data(tmp_path / "packed", frames=3)
    assert isinstance(ours, ClipData)
    assert (ours.name, ours.classes, ours.counts, ours.size) == ("set", live.classes, live.counts, (16, 16))
    for split, images in ours.splits.items():
        everything = range(len(images))
        np.testing.assert_array_equal(images.take(everything), live.splits[split].take(everything))
        assert [str(source / name) for name in images.names] == list(live.splits[split].names)


def test_other_sizes_and_channels_of_a_pack(tmp_path: Path) -> None:
    pack_data(clips(tmp_path), tmp_path / "packed", short_side=24, workers=0)
    for size, channels in ((24, 1), (16, 3), (32, 1)):
        data = open_data(tmp_path / "packed", frames=2, size=size, channels=channels)
        clip = data.splits["train"].take([0])
        assert clip.shape == (1, channels, 2, size, size)
        assert numbers_of(clip[0].numpy()) == [1, 4]


def test_fewer_frames_per_second(tmp_path: Path) -> None:
    write_classes(tmp_path / "set", frames=12)
    packed = pack_data(tmp_path / "set", tmp_path / "packed", short_side=16, fps=2.5, workers=0)
    assert packed.frames == 20 * 3
    clip = open_data(tmp_path / "packed", frames=3).splits["train"].take([0])
    assert numbers_of(clip[0].numpy()) == [2, 6, 10]


def test_folders_of_frames_are_packed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for number in range(4):
            write_frames(tmp_path / "set" / name / str(number), 3 + number)
    packed = pack_data(tmp_path / "set", tmp_path / "packed", short_side=8, workers=0)
    assert packed.frames == 2 * (3 + 4 + 5 + 6)


def test_flow_is_computed_once_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    from striate.data.optical_flow import flow_planes

    source = clips(tmp_path)
    pack_data(source, tmp_path / "packed", short_side=16, workers=0)
    data = open_data(tmp_path / "packed", frames=6, flow="farneback", workers=0)
    clip = data.splits["train"].take([0])[0].numpy()
    assert clip.shape == (5, 6, 16, 16)
    file = tmp_path / "packed" / "flow-farneback.u8"
    whole = file.read_bytes()
    assert len(whole) == (20 * 6 * 24 + 9 * 32) * 16 * 2
    frames = np.fromfile(tmp_path / "packed" / FRAMES, np.uint8)[: 6 * 3 * 16 * 24].reshape(6, 3, 16, 24)
    first = np.frombuffer(whole, np.uint8)[: 6 * 2 * 16 * 24].reshape(6, 2, 16, 24)
    np.testing.assert_array_equal(first, flow_planes(frames, "farneback"))
    file.write_bytes(whole[: len(whole) // 3])  # as if it had been interrupted
    sums = file.with_suffix(".crc32").read_bytes()
    open_data(tmp_path / "packed", frames=6, flow="farneback", workers=0)
    assert (file.read_bytes(), file.with_suffix(".crc32").read_bytes()) == (whole, sums)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_a_kill(tmp_path: Path, kill: signal.Signals) -> None:
    source, out = clips(tmp_path, frames=60), tmp_path / "packed"
    command = [sys.executable, "-c", _PACK, str(source), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        assert any(line.strip() == b"3" for line in process.stdout)
        process.send_signal(kill)
    assert process.returncode != 0
    assert not (out / PACK).exists()
    with pytest.raises(DataError) as raised:
        open_data(out)
    assert str(raised.value) == (
        f"{out} is a packed set that is not finished: run the same striate data pack again to go on"
    )
    with (out / FRAMES).open("ab") as frames, (out / LOG).open("ab") as log:
        frames.write(b"half a clip")
        log.write(b'{"clip": 20, "sha')
    seen: list[int] = []
    pack_data(source, out, short_side=16, workers=0, progress=lambda done, _: seen.append(done))
    assert seen[0] > 3
    assert seen[-1] == 21
    again = tmp_path / "again"
    pack_data(source, again, short_side=16, workers=0)
    assert (out / FRAMES).read_bytes() == (again / FRAMES).read_bytes()
    assert (out / PACK).read_bytes() == (again / PACK).read_bytes()


def test_workers_pack_the_same(tmp_path: Path) -> None:
    source = clips(tmp_path)
    pack_data(source, tmp_path / "one", short_side=16, workers=0)
    pack_data(source, tmp_path / "two", short_side=16, workers=2)
    assert (tmp_path / "one" / FRAMES).read_bytes() == (tmp_path / "two" / FRAMES).read_bytes()


def test_broken_files_are_named_and_left_out(tmp_path: Path) -> None:
    source = clips(tmp_path)
    (source / "jump" / "3.mp4").write_bytes(b"")
    packed = pack_data(source, tmp_path / "packed", short_side=16, workers=0)
    assert [(one.path, one.reason, one.label) for one in packed.skipped] == [
        (str(source / "jump" / "3.mp4"), "the file is empty", "jump")
    ]
    assert open_data(tmp_path / "packed").skipped == packed.skipped


def test_two_do_not_pack_into_one_folder(tmp_path: Path) -> None:
    source, out = clips(tmp_path), tmp_path / "packed"
    out.mkdir()
    with lock(out, "packing"), pytest.raises(RunError) as raised:
        pack_data(source, out, workers=0)
    assert str(raised.value) == (
        f"another packing (process {os.getpid()}) is writing into {out}: wait for it, or choose another "
        "folder with --out"
    )


def test_what_cannot_be_packed(tmp_path: Path) -> None:
    source, out = clips(tmp_path), tmp_path / "packed"
    pack_data(source, out, short_side=16, workers=0)
    other = (
        f"{out} holds a set packed from other clips or with other options: give another folder, or remove "
        "that one"
    )
    expected = {
        lambda: pack_data(source, out, short_side=20, workers=0): other,
        lambda: pack_data(source, tmp_path, workers=0): (
            f"{tmp_path} holds other things: give an empty folder for the packed set"
        ),
        lambda: pack_data(source, out / PACK, workers=0): (
            f"{out / PACK} is a file: give a folder for the packed set"
        ),
        lambda: pack_data(out, tmp_path / "x", workers=0): (
            f"{out} is packed already: give a folder with one folder of videos per class, or a list file"
        ),
    }
    for attempt, sentence in expected.items():
        with pytest.raises(DataError) as raised:
            attempt()
        assert str(raised.value) == sentence
    for options, sentence in (
        ({"short_side": 0}, "short_side must be a number of pixels, at least 1; got 0"),
        ({"fps": 0}, "fps must be a number of frames per second, above 0; got 0"),
    ):
        with pytest.raises(ArgumentError) as mistaken:
            pack_data(source, out, **options)  # type: ignore[arg-type]
        assert str(mistaken.value) == sentence


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "packed"
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError) as raised:
        pack_data(clips(tmp_path), out, short_side=16, workers=0)
    assert str(raised.value) == (
        f"cannot write into {out}: No space left on device; make room, then run the same again to go on"
    )


def test_a_pack_that_was_changed(tmp_path: Path) -> None:
    out = tmp_path / "packed"
    pack_data(clips(tmp_path), out, short_side=16, workers=0)
    size = os.truncate(out / FRAMES, 100) or (20 * 6 * 24 + 9 * 32) * 16 * 3
    assert refusal(out) == f"{out / FRAMES} should have {size:,} bytes and has 100: pack it again"
    record = json.loads((out / PACK).read_text(encoding="utf-8"))
    (out / PACK).write_text(json.dumps({**record, "name": "other"}), encoding="utf-8")
    assert refusal(out) == (
        f"{out / PACK} is damaged (its checksum differs): remove its folder and pack again"
    )
    (out / PACK).write_text(json.dumps({**record, "version": 99}), encoding="utf-8")
    assert refusal(out) == f"{out} was packed by another version of striate: pack it again"


@pytest.mark.parametrize("fps", [None, 5.0])
def test_a_pack_of_version_2_knows_times_by_its_frames_alone(tmp_path: Path, fps: float | None) -> None:
    out = tmp_path / "packed"
    pack_data(clips(tmp_path), out, short_side=16, workers=0, fps=fps)
    record = unsealed(json.loads((out / PACK).read_text(encoding="utf-8")))
    expected = open_data(out, frames=3, span="whole")
    del record["seconds"]
    (out / PACK).write_text(sealed({**record, "version": 2}), encoding="utf-8")
    assert read_pack(out).seconds == tuple(shape[0] / fps if fps else None for shape in read_pack(out).shapes)
    ours = open_data(out, frames=3, span="whole")
    assert ours.counts == expected.counts
    for split, images in ours.splits.items():
        everything = range(len(images))
        np.testing.assert_array_equal(images.take(everything), expected.splits[split].take(everything))


def refusal(pack: Path) -> str:
    """Why a pack is not opened."""
    with pytest.raises(DataError) as raised:
        open_data(pack)
    return str(raised.value)


def everything(pack: Path) -> dict[str, bytes]:
    """All clips of a pack, with their labels."""
    splits = open_data(pack, frames=9, span="whole", workers=0).splits
    return {
        f"{images.labels[item]} {name}": images.take([item]).numpy().tobytes()
        for images in splits.values()
        for item, name in enumerate(images.names)
    }


@pytest.fixture(scope="module")
def whole_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    pack_data(clips(folder), folder / "packed", short_side=8, workers=0)
    return folder / "packed"


@given(file=st.sampled_from([FRAMES, "frames.crc32", PACK, LOG]), bit=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_no_flipped_bit_is_believed(whole_pack: Path, file: str, bit: int) -> None:
    """Refused; or, where the bit says nothing of what was packed, harmless."""
    expected, content = everything(whole_pack), (whole_pack / file).read_bytes()
    damaged = bytearray(content)
    damaged[bit // 8 % len(content)] ^= 1 << bit % 8
    (whole_pack / file).write_bytes(damaged)
    try:
        with contextlib.suppress(DataError):
            assert everything(whole_pack) == expected
            assert file == LOG  # which is for going on, not for opening
    finally:
        (whole_pack / file).write_bytes(content)


@given(
    file=st.sampled_from([FRAMES, "frames.crc32", LOG]),
    at=st.integers(0, 10**9),
    damage=st.sampled_from(["cut", "flip", "zeros", "twice"]),
)
@settings(max_examples=15, deadline=None)
def test_what_is_damaged_is_packed_again_when_going_on(
    whole_pack: Path, file: str, at: int, damage: str
) -> None:
    """Zeros are what a power cut leaves of a file whose length was written and whose content was not."""
    before = {name: (whole_pack / name).read_bytes() for name in (FRAMES, "frames.crc32", LOG, PACK)}
    content, at = before[file], at % len(before[file])
    flipped = bytes([content[at] ^ 4])
    (whole_pack / file).write_bytes(
        {
            "cut": content[:at],
            "flip": content[:at] + flipped + content[at + 1 :],
            "zeros": content[:at] + bytes(len(content) - at),
            "twice": content[:at] + content[max(0, at - 40) :],
        }[damage]
    )
    try:
        with contextlib.suppress(DataError):  # of a log whose first line is that of another packing
            pack_data(whole_pack.parent / "set", whole_pack, short_side=8, workers=0)
            after = {name: (whole_pack / name).read_bytes() for name in (FRAMES, "frames.crc32", PACK)}
            assert after == {name: before[name] for name in after}
    finally:
        for name, old in before.items():
            (whole_pack / name).write_bytes(old)


def test_a_pack_cut_while_it_is_open_is_an_error(tmp_path: Path) -> None:
    """A file mapped into memory would end the process here."""
    out = tmp_path / "packed"
    pack_data(clips(tmp_path), out, short_side=16, workers=0)
    images = open_data(out, frames=2).splits["train"]
    os.truncate(out / FRAMES, 3 * 16 * 24)
    with pytest.raises(DataError) as raised:
        images.take([0])
    assert str(raised.value) == (
        f"{out / FRAMES} was cut (clip 0, frame 1): remove its folder and pack again"
    )


def test_frames_are_on_the_disk_before_the_line_that_claims_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, synced, real = tmp_path / "packed", [], os.fsync

    def fsync(number: int) -> None:
        real(number)
        synced.append((out / FRAMES).stat().st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    claimed = []
    pack_data(
        clips(tmp_path),
        out,
        short_side=16,
        workers=0,
        progress=lambda *_: claimed.append((len((out / LOG).read_bytes().splitlines()) - 1, synced[-1])),
    )
    assert [lines for lines, _ in claimed] == list(range(1, 22))
    assert claimed[0][1] == 6 * 3 * 16 * 24
    assert claimed[-1][1] == (out / FRAMES).stat().st_size


def test_a_pack_is_read_without_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The point of it."""
    pack_data(clips(tmp_path), tmp_path / "packed", short_side=16, workers=0)
    monkeypatch.setattr("av.open", None)
    assert open_data(tmp_path / "packed", frames=8).splits["train"].take(range(8)).shape[0] == 8


@pytest.mark.parametrize("name", ["log.jsonl", "frames.u8", "frames.crc32"])
@pytest.mark.parametrize("hard", [False, True])
def test_links_in_a_pack_are_refused_and_never_written_through(
    whole_pack: Path, tmp_path: Path, name: str, hard: bool
) -> None:
    mine, pack = tmp_path / "mine", Path(shutil.copytree(whole_pack, tmp_path / "packed"))
    content = (pack / name).read_bytes()
    mine.write_bytes(content + b"mine")
    (pack / name).unlink()
    if hard:
        (pack / name).hardlink_to(mine)
    else:
        (pack / name).symlink_to(mine)
    with pytest.raises(DataError) as raised:
        pack_data(whole_pack.parent / "set", pack, short_side=8, workers=0)
    assert str(raised.value) == (
        f"cannot write into {pack}: its {name} is a link or no file, which striate never makes: remove "
        "it; make room, then run the same again to go on"
    )
    assert mine.read_bytes() == content + b"mine"
