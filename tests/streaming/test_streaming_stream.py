"""A run on frames as they come: files, folders, cameras, what breaks off and comes back."""

import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

import striate
from small_clips import SIDE, clip_run, pictures, write_frame_folders
from striate.errors import ArgumentError, DataError, NetworkError, StriateError
from striate.evaluating.events import EventRules, Timeline, find_events
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import Trained, open_run
from striate.streaming import Moment, sources


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stream")
    data = write_frame_folders(root / "data")
    return clip_run(root / "run", data=str(data), time="tsm", causal=True).path


@pytest.fixture(scope="module")
def folder(run: Path) -> Path:
    return next((run.parent / "data" / "test" / "right").iterdir())


def write_video(path: Path, times: list[int], sides: tuple[int, int] = (SIDE, SIDE)) -> Path:
    """Losslessly; times in tenths of a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = sides[1], sides[0], "gray"
        for number, at in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full(sides, 20 * number % 256, np.uint8), format="gray")
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def whole(run: Path, folder: Path) -> tuple[Trained, torch.Tensor]:
    """A run, and all frames of a folder as it takes them: (1, C, T, H, W)."""
    trained = open_run(run)
    files = sorted(folder.iterdir())
    frames = [striate.read_image(one, channels=trained.channels, size=trained.size) for one in files]
    return trained, trained.normalise(torch.from_numpy(np.stack(frames, axis=1)[None]))


def test_moments_are_the_causal_clips_own_answers(run: Path, folder: Path) -> None:
    """Against the network's scores of the whole clip, by way of the readout that the clip has."""
    moments = list(striate.stream(run, folder, readout="since-start"))
    trained, clip = whole(run, folder)
    with torch.no_grad():
        scores = trained.network.eval().running_scores(clip)[0]
    wanted = probabilities(scores.numpy(), trained.temperature)
    assert len(moments) == len(wanted) == 6
    for moment, row in zip(moments, wanted, strict=True):
        np.testing.assert_allclose([p for _, p in moment.probabilities], row, atol=1e-5)
        assert moment.best == trained.classes[int(row.argmax())]
        assert moment.probability == max(p for _, p in moment.probabilities)


def test_a_moment_as_plain_values(run: Path, folder: Path) -> None:
    first = next(iter(striate.stream(run, folder, rate=10)))
    values = first.to_json()
    assert list(values) == [
        "source", "seconds", "class", "probability", "classes", "step_seconds", "lag_seconds", "dropped",
        "note", "anew", "events",
    ]  # fmt: skip
    assert (values["seconds"], values["lag_seconds"], values["dropped"]) == (0, None, 0)
    assert values["source"] == str(folder)
    assert list(values["classes"]) == ["left", "right"]


@pytest.mark.parametrize(("rate", "taken"), [(None, 10), (5, 5), (1, 1), (50, 10)])
def test_so_many_frames_a_second_are_taken(run: Path, tmp_path: Path, rate: float | None, taken: int) -> None:
    video = write_video(tmp_path / "a.mkv", list(range(10)))
    moments = list(striate.stream(run, video, rate=rate))
    assert len(moments) == taken
    steps = np.diff([moment.time for moment in moments])
    assert np.allclose(steps, max(0.1, 1 / (rate or 10)), atol=2e-3)


def test_it_stops_after_so_many_seconds(run: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mkv", list(range(10)))
    assert len(list(striate.stream(run, video, seconds=0.45))) == 5


def test_a_jump_of_the_clock_is_said_and_the_state_begins_anew(run: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mkv", [0, 1, 2, 90, 91])
    moments = list(striate.stream(run, video, readout="since-start"))
    assert [moment.note for moment in moments] == ["", "", "", "the clock jumped by 8.8 s", ""]
    np.testing.assert_allclose([moment.time for moment in moments], [0, 0.1, 0.2, 0.3, 0.4], atol=2e-3)
    alone = write_video(tmp_path / "b.mkv", [0, 1, 2, 3, 4])
    on = list(striate.stream(run, alone, readout="since-start"))
    assert on[2].probabilities == moments[2].probabilities
    assert on[3].probabilities != moments[3].probabilities


def test_events_are_those_of_the_answers_and_of_what_began_anew(run: Path, tmp_path: Path) -> None:
    """With thresholds between the answers, so that some begin and end; a moment lasts until the next."""
    video = write_video(tmp_path / "a.mkv", [0, 1, 2, 3, 4, 90, 91])
    plain = list(striate.stream(run, video, readout="frame"))
    rows = np.array([[p for _, p in one.probabilities] for one in plain])
    middle = float(np.median(rows))
    asked = {"readout": "frame", "events": True, "threshold": middle, "threshold_off": middle}
    moments = list(striate.stream(run, video, **asked))
    assert [replace(one, events=(), step_seconds=0.0) for one in moments] == [
        replace(one, step_seconds=0.0) for one in plain
    ]
    times = [*(one.time for one in plain), plain[-1].time + plain[-1].time - plain[-2].time]
    rules = EventRules(middle, middle)
    wanted = [
        event
        for start, stop in ((0, 5), (5, 7))  # on both sides of the jump
        for event in find_events(
            Timeline(np.array(times[start : stop + 1]), rows[start:stop]), ["left", "right"], rules
        )
    ]
    found = sorted((one for moment in moments for one in moment.events), key=lambda one: (one.start, one.end))
    assert len(wanted) > 1
    for one, other in zip(found, sorted(wanted, key=lambda one: (one.start, one.end)), strict=True):
        assert (one.start, one.end, one.label) == (other.start, other.end, other.label)
        assert one.probability == pytest.approx(other.probability)


def test_a_video_shows_what_was_said(run: Path, folder: Path, tmp_path: Path) -> None:
    """Every frame, at its time and of its own size, with a bar of the length of the best probability."""
    out = tmp_path / "shown.mp4"
    with Image.open(sorted(folder.iterdir())[0]) as first:
        size = first.size
    moments = list(striate.stream(run, folder, rate=10, out=out))
    with av.open(str(out)) as container:
        frames = list(container.decode(video=0))
    assert [round(float(frame.time), 3) for frame in frames] == [round(one.time, 3) for one in moments]
    assert {(frame.width, frame.height) for frame in frames} == {size}


def test_several_sources_take_turns_and_do_not_touch_each_other(run: Path, tmp_path: Path) -> None:
    one = write_video(tmp_path / "a.mkv", list(range(4)))
    other = write_video(tmp_path / "b.mkv", list(range(2)), (24, 30))
    moments = list(striate.stream(run, [one, other]))
    assert [Path(moment.source).stem for moment in moments] == ["a", "b", "a", "b", "a", "a"]
    alone = [moment.probabilities for moment in striate.stream(run, one)]
    assert [moment.probabilities for moment in moments if moment.source == str(one)] == alone


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_a_run_on_images_is_streamed_frame_by_frame(fit: str, tmp_path: Path) -> None:
    """Frames that are not square are framed as pictures are; from a video as from a folder."""
    from small_runs import small_recipe, small_run

    run = small_run(tmp_path / "images", small_recipe(epochs=1), fit=fit).path
    video = write_video(tmp_path / "a.mkv", [0, 1, 2], (24, 30))
    (tmp_path / "frames").mkdir()
    for number in range(3):
        Image.fromarray(np.full((24, 30), 20 * number, np.uint8)).save(tmp_path / "frames" / f"{number}.png")
    predicted = striate.predict(run, [tmp_path / "frames"]).images
    for source in (video, tmp_path / "frames"):
        for moment, one in zip(striate.stream(run, source, readout="frame"), predicted, strict=True):
            assert moment.best == one.best
            assert moment.probability == pytest.approx(one.probabilities[0], abs=1e-5)


def test_a_run_that_looks_ahead_answers_late_about_the_right_frame(run: Path, folder: Path) -> None:
    data = run.parent / "data"
    two = clip_run(run.parent / "two", data=str(data), time="tsm").path
    with pytest.raises(NetworkError, match="sees later frames, so it cannot answer at once"):
        striate.stream(two, folder)
    moments = list(striate.stream(two, folder, lookahead=True, rate=10, readout="since-start"))
    assert [round(moment.time, 3) for moment in moments] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    trained, clip = whole(two, folder)
    with torch.no_grad():
        wanted = probabilities(trained.network.eval()(clip).numpy(), trained.temperature)[0]
    np.testing.assert_allclose([p for _, p in moments[-1].probabilities], wanted, atol=1e-5)


class FakeCamera:
    """A container of FFmpeg's kind: frames, then an end or an error."""

    def __init__(
        self,
        frames: int,
        error: BaseException | None = None,
        pause: float = 0.0,
        duration: int | None = None,
        sides: tuple[int, ...] = (1,),
    ) -> None:
        """sides: how often each pixel is repeated, in turn."""
        self.streams = SimpleNamespace(video=[None])
        self.frames, self.error, self.pause, self.closed = frames, error, pause, False
        self.duration, self.sides = duration, sides

    def demux(self, _: Any) -> Any:
        for number in range(self.frames):
            time.sleep(self.pause)
            side = self.sides[number % len(self.sides)]
            picture = pictures(True, 0)[number % 6].repeat(side, 0).repeat(side, 1)
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 100)
            yield SimpleNamespace(decode=lambda f=frame: [f])
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> list[FakeCamera]:
    """Cameras that opening gives, in turn; none has a number, and none is for an earlier test."""
    waiting: list[FakeCamera] = []
    earlier = threading.enumerate()

    def opened(source: str) -> FakeCamera:
        if not waiting or source.startswith("camera:") or threading.current_thread() in earlier:
            raise OSError(2, "No such file or directory")
        return waiting.pop(0)

    monkeypatch.setattr(sources, "open_live", opened)
    monkeypatch.setattr(sources, "PATIENCE", 0.001)
    return waiting


def test_a_camera_that_breaks_off_is_opened_again(run: Path, camera: list[FakeCamera]) -> None:
    camera += [FakeCamera(3, OSError(5, "Input/output error")), FakeCamera(2)]
    moments: list[Moment] = []
    with pytest.raises(DataError) as caught:
        moments.extend(striate.stream(run, "camera", keep="all"))
    assert [one.note for one in moments] == [
        "", "", "", "camera broke off (Input/output error) and is back", "",
    ]  # fmt: skip
    assert moments[3].probabilities == moments[0].probabilities
    assert all(one.lag is not None and one.lag >= 0 for one in moments)
    assert str(caught.value) == (
        "camera gives no frames (No such file or directory): is it connected, and free?"
    )


def test_events_that_last_are_told_whatever_ends_a_stream(run: Path, camera: list[FakeCamera]) -> None:
    camera.append(FakeCamera(3, KeyboardInterrupt()))
    moments: list[Moment] = []
    with pytest.raises(KeyboardInterrupt):
        moments.extend(
            striate.stream(run, "camera", keep="all", events=True, threshold=0.01, threshold_off=0.01)
        )
    assert [len(one.events) for one in moments] == [0, 0, 2]
    assert {event.start for event in moments[-1].events} == {moments[0].time}


def test_a_camera_that_is_not_there(run: Path, camera: list[FakeCamera]) -> None:
    with pytest.raises(DataError, match="camera:3 gives no frames"):
        list(striate.stream(run, "camera:3"))


def test_of_many_frames_the_newest_is_taken_and_the_others_counted(
    run: Path, camera: list[FakeCamera]
) -> None:
    camera.append(FakeCamera(60, pause=0.002))
    moments = []
    for moment in striate.stream(run, "camera"):
        moments.append(moment)
        time.sleep(0.05)
        if moment.dropped > 10:
            break
    assert moments[-1].dropped > 10
    assert len(moments) + moments[-1].dropped <= 60
    assert [one.time for one in moments] == sorted(one.time for one in moments)


@pytest.mark.parametrize(
    ("source", "options", "kind", "sentence"),
    [
        ("nowhere.mp4", {}, DataError,
         "nowhere.mp4 does not exist: give a video file, a folder of frames, or camera"),
        ("webcam:0", {}, ArgumentError,
         "webcam:0 is no source of frames: give a file, a folder of frames, camera, camera:1, rtsp://…, "
         "http://… or -"),
        ("camera", {"rate": 0}, ArgumentError, "rate is above 0; got 0"),
        ("camera", {"threshold": 0.5}, ArgumentError,
         "--threshold: events were not asked for; add --events"),
        ("camera", {"out": "said.txt"}, ArgumentError,
         "out is a .csv, .jsonl or .mp4 file; got said.txt: try said.csv"),
        (["camera", "camera:1"], {"out": "said.mp4"}, ArgumentError,
         "said.mp4 can show one source; got 2: stream them one by one, or write a .csv"),
        ("camera", {"keep": "newes"}, ArgumentError,
         "keep must be 'auto', 'newest' or 'all'; got 'newes' (did you mean newest?)"),
        (["camera", "-", "camera"], {}, ArgumentError, "source names camera 2 times: name each once"),
        ([], {}, ArgumentError,
         "source names no source of frames: give a file, a folder of frames, or camera"),
    ],
)  # fmt: skip
def test_what_cannot_be_streamed_is_said_at_once(
    run: Path, source: Any, options: dict[str, Any], kind: type[StriateError], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        striate.stream(run, source, **options)
    assert str(caught.value) == sentence


def test_a_file_that_is_no_video(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video at all")
    with pytest.raises(DataError, match="cannot read the video"):
        list(striate.stream(run, tmp_path / "a.mp4"))


def test_what_stands_where_answers_are_written(run: Path, tmp_path: Path) -> None:
    """A source is never written over, a folder is made, and a file stays until there is an answer."""
    video = write_video(tmp_path / "a.mkv", [0, 1])
    (tmp_path / "a.mp4").hardlink_to(video)
    with pytest.raises(ArgumentError) as refused:
        striate.stream(run, video, out=tmp_path / "a.mp4")
    assert str(refused.value) == (
        f"{tmp_path / 'a.mp4'} is what is streamed and would be written over: name another file"
    )
    for suffix in (".csv", ".jsonl", ".mp4"):
        out = tmp_path / "new" / suffix[1:] / f"said{suffix}"
        list(striate.stream(run, video, out=out))
        content = out.read_bytes()
        (tmp_path / "none.mp4").write_bytes(b"")
        with pytest.raises(DataError, match="the file is empty"):
            list(striate.stream(run, tmp_path / "none.mp4", out=out))
        assert out.read_bytes() == content
        file = tmp_path / "a.mkv" / f"said{suffix}"
        with pytest.raises(DataError) as failed:
            list(striate.stream(run, video, out=file))
        assert str(failed.value) in (
            f"cannot write {file}: {reason}: name another file, or make room for it"
            for reason in ("Not a directory", "File exists")
        )


def test_two_frames_of_one_time_are_no_jump(run: Path, tmp_path: Path) -> None:
    moments = list(striate.stream(run, write_video(tmp_path / "a.mkv", [0, 1, 1, 2, 3])))
    assert [moment.note for moment in moments] == [""] * 5
    np.testing.assert_allclose([moment.time for moment in moments], [0, 0.1, 0.15, 0.2, 0.3], atol=2e-3)


def test_frames_may_change_their_size(run: Path, camera: list[FakeCamera]) -> None:
    """Pixels twice as large are the same picture; nothing begins anew."""
    camera += [FakeCamera(6, KeyboardInterrupt()), FakeCamera(6, KeyboardInterrupt(), sides=(1, 2, 3))]
    taken: list[list[Moment]] = [[], []]
    for moments in taken:
        with pytest.raises(KeyboardInterrupt):
            moments.extend(striate.stream(run, "camera", keep="all"))
    assert [one.note for one in taken[1]] == [""] * 6
    for one, other in zip(*taken, strict=True):
        np.testing.assert_allclose(one.probability, other.probability, atol=0.01)


def test_a_recording_at_an_address_plays_once_at_its_own_speed(run: Path, camera: list[FakeCamera]) -> None:
    camera.append(FakeCamera(6, duration=60_000))
    began = time.monotonic()
    moments = list(striate.stream(run, "http://here/a.mp4", keep="all"))
    assert len(moments) == 6
    assert time.monotonic() - began >= 0.05
    assert moments[-1].time >= 0.05


def test_a_source_that_has_nothing_or_is_gone_does_not_hold_up_the_others(
    run: Path, tmp_path: Path, camera: list[FakeCamera]
) -> None:
    """One that is slow, one that is not there and a file: each says its own, and at the end what is gone."""
    camera.append(FakeCamera(2, KeyboardInterrupt(), pause=0.4))
    video = write_video(tmp_path / "a.mkv", list(range(5)))
    moments: list[Moment] = []
    with pytest.raises(KeyboardInterrupt):
        moments.extend(striate.stream(run, ["camera", video, "camera:1"], keep="all"))
    gone = "camera:1 gives no frames (No such file or directory): is it connected, and free?"
    assert [Path(one.source).name for one in moments] == ["a.mkv"] * 5 + ["camera"] * 2
    assert sum(gone in one.note for one in moments) == 1
    with pytest.raises(DataError) as caught:
        moments.extend(striate.stream(run, [video, "camera:1"]))
    assert str(caught.value) == gone
    assert len(moments) == 12


def nothing(reason: str) -> str:
    return (
        f"standard input holds no video ({reason}): pipe one into it, as in `ffmpeg -i a.mp4 -f matroska - | "
        "striate stream RUN -`"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, nothing("it is closed")),
        (b"", nothing("Invalid data found when processing input")),
        (b"no video at all" * 1000, nothing("Invalid data found when processing input")),
    ],
)
def test_standard_input_without_a_video(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, sentence: str
) -> None:
    (tmp_path / "piped").write_bytes(content or b"")
    with (tmp_path / "piped").open("rb") as file:
        monkeypatch.setattr(
            sys, "stdin", None if content is None else SimpleNamespace(buffer=file, closed=False, isatty=bool)
        )
        with pytest.raises(DataError) as caught:
            list(striate.stream(run, "-"))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("cut", [0, 300])
def test_a_video_on_standard_input_is_taken_whole_by_its_own_clock(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """As the file is, up to half a frame where it breaks off."""
    video = write_video(tmp_path / "a.mkv", list(range(10)))
    content = video.read_bytes()
    video.write_bytes(content[: len(content) - cut])
    wanted = list(striate.stream(run, video, rate=5))
    with video.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=file, closed=False, isatty=bool))
        found = list(striate.stream(run, "-", rate=5))
    assert [(one.time, one.probabilities) for one in found] == [
        (one.time, one.probabilities) for one in wanted
    ]
    assert len(found) == 5 if not cut else 0 < len(found) < 5


def test_scores_that_are_no_numbers_are_said(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = open_run(run)
    with torch.no_grad():
        list(trained.network.parameters())[-1].fill_(float("nan"))
    monkeypatch.setattr(sys.modules["striate.streaming.stream"], "open_trained", lambda *_, **__: trained)
    with pytest.raises(NetworkError, match="scores that are no finite numbers: its weights or the state"):
        list(striate.stream(run, write_video(tmp_path / "a.mkv", [0, 1])))
