"""Every kind of clip set through the same tests: from memory, from files, from a packed folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from clip_files import brightness, numbers_of, write_classes, write_frames, write_video
from striate.data import ClipData, ClipSet, MemoryClips, Sampling, open_data, pack_data
from striate.errors import ArgumentError, DataError

FRAMES = 18
"""At ten a second."""
IN_SECONDS = Sampling(4, step=0.25, frame_rate=10)
Maker = Callable[[Path, Sampling], ClipSet]


def opened(source: Path, sampling: Sampling, workers: int = 0) -> ClipSet:
    span = "whole" if sampling.whole else sampling.span
    asked = {"frames": sampling.frames, "stride": sampling.stride, "frame_rate": sampling.frame_rate}
    data = open_data(source, span=span, size=16, workers=workers, **asked)  # type: ignore[arg-type]
    assert isinstance(data, ClipData)
    assert (data.frames, data.sampling, data.size, data.channels) == (sampling.frames, sampling, (16, 16), 3)
    train = data.splits["train"]
    assert isinstance(train, ClipSet)
    return train


def from_memory(folder: Path, sampling: Sampling) -> ClipSet:
    numbers = np.array([brightness(number) for number in range(FRAMES)], np.uint8)
    values = np.broadcast_to(numbers[:, None, None], (14, 3, FRAMES, 16, 24)).copy()
    labels = np.repeat([0, 1], 7)
    names = [f"clip {number}" for number in range(14)]
    return MemoryClips(values, labels, names, sampling=sampling, size=(16, 16))


def from_files(folder: Path, sampling: Sampling) -> ClipSet:
    return opened(write_classes(folder / "clips", frames=FRAMES), sampling)


def from_workers(folder: Path, sampling: Sampling) -> ClipSet:
    return opened(write_classes(folder / "clips", frames=FRAMES), sampling, workers=2)


def from_frames(folder: Path, sampling: Sampling) -> ClipSet:
    for name in ("jump", "run"):
        for number in range(10):
            write_frames(folder / "clips" / name / f"clip{number}", FRAMES, size=(16, 24))
    return opened(folder / "clips", sampling)


def from_pack(folder: Path, sampling: Sampling) -> ClipSet:
    pack_data(write_classes(folder / "clips", frames=FRAMES), folder / "packed", short_side=16, workers=0)
    return opened(folder / "packed", sampling)


MAKERS = [from_memory, from_files, from_workers, from_frames, from_pack]


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_given(tmp_path: Path, make: Maker) -> None:
    clips = make(tmp_path, Sampling(6))
    assert (len(clips), clips.frames, clips.skipped) == (14, 6, ())
    taken = clips.take([3, 0])
    assert (taken.shape, taken.dtype) == ((2, 3, 6, 16, 16), torch.uint8)
    assert numbers_of(taken[0].numpy()) == [1, 4, 7, 10, 13, 16]
    asked = [[0, 9], [], [13, 13, 2]]
    for (pixels, labels, indices), wanted in zip(clips.batches(asked), asked, strict=True):
        assert indices.tolist() == wanted
        assert pixels.shape == (len(wanted), 3, 6, 16, 16)
        assert pixels.is_contiguous()
        assert (pixels.dtype, labels.dtype) == (torch.uint8, torch.int64)
        np.testing.assert_array_equal(labels, clips.labels[indices])
        if wanted:
            np.testing.assert_array_equal(pixels, clips.take(wanted))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("sampling", [Sampling(6), Sampling(4, stride=2), IN_SECONDS])
def test_draws_are_of_seed_epoch_and_index(tmp_path: Path, make: Maker, sampling: Sampling) -> None:
    clips = make(tmp_path, sampling)

    def drawn(batches: list[list[int]], seed: int, epoch: int) -> list[list[int]]:
        return [
            numbers_of(clip.numpy())
            for pixels, _, _ in clips.batches(batches, (seed, epoch))
            for clip in pixels
        ]

    first = drawn([[1, 5, 8]], 0, 3)
    expected = sampling.drawn(np.array([1, 5, 8]), 0, 3)
    assert first == [sampling.numbers(FRAMES, offsets, 1.8).tolist() for offsets in expected]
    assert drawn([[8], [5, 1]], 0, 3) == first[::-1]  # whatever the batches
    assert drawn([[1, 5, 8]], 0, 4) != first
    assert drawn([[1, 5, 8]], 1, 3) != first


@pytest.mark.parametrize("make", MAKERS)
def test_views(tmp_path: Path, make: Maker) -> None:
    clips = make(tmp_path, Sampling(2, stride=3))
    views = clips.views(clips=3, crops=3)
    assert (len(views), type(views)) == (14 * 9, type(clips))
    np.testing.assert_array_equal(views.labels, np.repeat(clips.labels, 9))
    assert [views.names[item] for item in (0, 8, 9)] == [clips.names[0], clips.names[0], clips.names[1]]
    seen = [numbers_of(clip.numpy()) for clip in views.take(range(9, 18))]
    assert seen == [[2, 5]] * 3 + [[7, 10]] * 3 + [[12, 15]] * 3
    np.testing.assert_array_equal(clips.views().take([4, 2]), clips.take([4, 2]))


def test_crops_lie_along_the_long_side() -> None:
    ramp = np.broadcast_to(np.arange(24, dtype=np.uint8) * 10, (1, 1, 2, 16, 24)).copy()
    clips = MemoryClips(ramp, np.array([0]), ["a"], sampling=Sampling(2), size=(16, 16))
    left, middle, right = (view[0, 0, 0].tolist() for view in clips.views(crops=3).take(range(3)))
    assert left == [10 * number for number in range(16)]
    assert middle == [10 * number for number in range(4, 20)]
    assert right == [10 * number for number in range(8, 24)]


@pytest.mark.parametrize(
    ("clips", "crops", "sentence"),
    [
        (0, 1, "clips must be at least 1; got 0"),
        (1, 2, "crops must be 1 (the centre) or 3 (along the long side); got 2"),
    ],
)
def test_impossible_views(clips: int, crops: int, sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        from_memory(Path(), Sampling(2)).views(clips, crops)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("workers", [0, 2])
def test_others_stand_in_for_what_breaks(tmp_path: Path, workers: int) -> None:
    """After opening, one of 14 training clips of a class is emptied: under a tenth."""
    write_classes(tmp_path, count=20, frames=4)
    clips = opened(tmp_path, Sampling(2), workers)
    Path(clips.names[2]).write_bytes(b"")
    pixels, labels, indices = next(clips.batches([[2, 3]]))
    assert (indices.tolist(), labels.tolist()) == ([2, 3], [0, 0])
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert [(one.path, one.reason, one.label) for one in clips.skipped] == [
        (clips.names[2], "the file is empty", "jump")
    ]
    Path(clips.names[5]).write_bytes(b"")
    with pytest.raises(DataError, match=r"2 of 14 clips of class 'jump' cannot be read, more than a tenth"):
        clips.take([5])


def test_a_clip_that_breaks_is_named_once_however_many_views(tmp_path: Path) -> None:
    write_classes(tmp_path, count=20, frames=4)
    views = opened(tmp_path, Sampling(2)).views(clips=2, crops=3)
    Path(views.names[0]).write_bytes(b"")
    views.take(range(12))
    assert [one.path for one in views.skipped] == [views.names[0]]


def test_flow_is_two_more_planes(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    write_classes(tmp_path / "clips", frames=6)
    data = open_data(tmp_path / "clips", frames=3, size=16, flow="dis", workers=0)
    assert isinstance(data, ClipData)
    assert (data.flow, data.channels, data.to_json()["flow"]) == ("dis", 3, "dis")
    assert data.splits["test"].take([0, 1]).shape == (2, 5, 3, 16, 16)


def test_flow_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from striate.errors import MissingExtraError

    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    write_classes(tmp_path, frames=2)
    with pytest.raises(MissingExtraError) as raised:
        open_data(tmp_path, frames=2, flow="dis")
    assert str(raised.value) == "optical flow needs the extra 'flow': pip install 'striate[flow]'"


def test_flow_of_too_small_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    write_classes(tmp_path, frames=2)
    with pytest.raises(DataError, match="too small for optical flow"):
        open_data(tmp_path, frames=2, flow="dis", size=8, workers=2)


def test_what_is_said_about_clips(tmp_path: Path) -> None:
    write_classes(tmp_path, frames=6)
    for number in range(3):
        write_video(tmp_path / "run" / f"grey{number}.mkv", 9 + number, codec="ffv1", pixels="gray")
    data = open_data(tmp_path, frames=8)
    assert data.notes == (
        "3 channels: 20 of 23 clips are in colour, the others grey",
        "32 × 48 pixels, as every clip has",
        "clips span 0.6 s, as nine in ten are at least that long (--span SECONDS or --rate asks for another "
        "speed, --span whole spreads the frames over each file)",
        "23 of 23 clips have fewer frames a second than the 13.3 that are taken (the fewest 10): frames are "
        "repeated",
        "split into 17 train, 3 val, 3 test, class by class (split seed 0)",
    )


def test_frames_asked_of_images(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        open_data("digits", frames=8)
    assert str(raised.value) == (
        "digits holds images, which have no frames: leave it out, or give clips (a folder with one folder of "
        "videos per class, a list file, motion-digits)"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"frames": 0}, "frames must be a number of frames, at least 1; got 0"),
        (
            {"stride": 0},
            "stride must be a distance in frames, at least 1; got 0: leave it out to spread the frames over "
            "the whole clip",
        ),
        ({"flow": "disc"}, "unknown flow 'disc': did you mean 'dis'? Known: dis, farneback"),
        (
            {"group_by": "("},
            "group_by must be a regular expression; got '(': missing ), unterminated subpattern at "
            "position 0",
        ),
    ],
)
def test_impossible_options(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        open_data("digits", **options)  # type: ignore[arg-type]
    assert str(raised.value) == sentence
