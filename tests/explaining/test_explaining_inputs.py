"""Video files and folders of frames: what is explained is what `predict` sees."""

from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from clip_files import write_frames, write_video
from small_clips import clip_run
from striate.errors import ArgumentError, DataError
from striate.evaluating.run_model import open_run
from striate.explaining.inputs import read_inputs
from striate.explaining.subject import open_subject
from striate.tracing.recording import record
from striate.training.train import Run

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Run:
    """Four frames spread over a clip."""
    return clip_run(tmp_path_factory.mktemp("spread") / "run", data=small_clips)


@pytest.fixture(scope="module")
def strided(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Run:
    """Two frames at a distance of three: windows of six."""
    return clip_run(tmp_path_factory.mktemp("strided") / "run", data=small_clips, frames=2, stride=3)


def probabilities(run: Run, inputs: torch.Tensor) -> list[float]:
    """Of class 0, with the run's temperature."""
    trained = open_run(run.path, "cpu")
    with torch.inference_mode():
        scores = trained.network(inputs) / trained.temperature
    return [float(one) for one in scores.softmax(dim=1)[:, 0]]


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.webm"])
def test_a_video_file_is_what_predict_sees(spread: Run, tmp_path: Path, name: str) -> None:
    video = write_video(tmp_path / name, 60)
    subject = open_subject(spread.path, [video], None)
    assert (subject.titles, subject.inputs.shape) == ((str(video),), (1, 1, 4, 12, 12))
    [found] = striate.predict(spread.path, [video]).videos or ()
    assert probabilities(spread, subject.inputs) == pytest.approx([found.whole.to_json()["classes"]["left"]])
    windows = open_subject(spread.path, [f"{video}#{number}" for number in (1, 2, 3)], None)
    assert windows.titles == tuple(f"{video}#{number}" for number in (1, 2, 3))
    predicted = [one.to_json()["classes"]["left"] for one in found.windows]
    assert probabilities(spread, windows.inputs) == pytest.approx(predicted)


def test_a_folder_of_frames_and_a_folder_of_videos(spread: Run, tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "some" / "frames", 8)
    write_video(tmp_path / "some" / "b.mp4", 8)
    alone = open_subject(spread.path, [folder], "left")
    assert (alone.titles, alone.labels) == ((str(folder),), (0,))
    both = open_subject(spread.path, [tmp_path / "some"], None)
    assert both.titles == (str(tmp_path / "some" / "b.mp4"), str(folder))
    assert torch.equal(both.inputs[1:], alone.inputs)
    assert torch.allclose(both.inputs[0], both.inputs[1], atol=0.1)  # H.264 keeps even grey frames


def test_a_run_with_a_stride_sees_windows(strided: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 15)
    subject = open_subject(strided.path, [video], None)
    assert subject.titles == tuple(f"{video}#{number}" for number in (1, 2, 3))
    [found] = striate.predict(strided.path, [video]).videos or ()
    predicted = [one.to_json()["classes"]["left"] for one in found.windows]
    assert probabilities(strided, subject.inputs) == pytest.approx(predicted)
    second = open_subject(strided.path, [f"{video}#2"], None)
    assert torch.equal(second.inputs, subject.inputs[1:2])


def test_a_segment_is_an_input_of_its_own(strided: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 15)  # five frames a second
    whole = open_subject(strided.path, [video], None)
    part = open_subject(strided.path, [f"{video}#frames=0,6"], None)
    assert part.titles == (f"{video}#frames=0,6",)
    assert torch.equal(part.inputs, whole.inputs[:1])
    assert torch.equal(open_subject(strided.path, [f"{video}#t=0,1.2#1"], None).inputs, part.inputs)


def test_a_file_whose_name_ends_like_a_window(strided: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 6)
    video = video.rename(tmp_path / "a#2")
    assert open_subject(strided.path, [video], None).titles == (str(video),)


def test_flow_is_computed_as_for_training(tmp_path: Path, small_clips: Path) -> None:
    pytest.importorskip("cv2")
    source = small_clips.parent / "frames"
    run = clip_run(tmp_path / "run", data=source, time="two-stream", size=16)
    subject = open_subject(run.path, [source / "test" / "left" / "0"], None)
    assert subject.inputs.shape == (1, 3, 4, 16, 16)
    assert torch.equal(subject.inputs, open_subject(run.path, ["test/0"], None).inputs)


def test_a_published_clip_network_is_given_clips(strided: Run) -> None:
    """It is the data that says whether inputs are clips, not the kind of the network."""
    trained = open_run(strided.path, "cpu")
    object.__setattr__(trained, "network", torch.nn.Identity())
    assert read_inputs(trained, np.zeros((1, 1, 5, 12, 12), np.uint8)).titles == ("input",)


def test_an_array_that_may_not_be_written_to_is_read(strided: Run) -> None:
    """As that of a picture of Pillow is; torch would warn."""
    clip = np.zeros((1, 1, 5, 12, 12), np.uint8)
    clip.flags.writeable = False
    assert read_inputs(open_run(strided.path, "cpu"), clip).titles == ("input",)


def test_what_cannot_be_opened(spread: Run, strided: Run, digits_run: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 15)
    (tmp_path / "broken.mp4").write_bytes(video.read_bytes()[:100])
    (tmp_path / "empty").mkdir()
    picture = tmp_path / "frames" / "img_1.png"
    write_frames(picture.parent, 2)
    long = write_video(tmp_path / "long" / "long.avi", 200)
    refused = [
        (spread, "no.mp4", "no file no.mp4: give video files, or folders that hold some"),
        (spread, tmp_path / "broken.mp4", f"cannot read the video {tmp_path / 'broken.mp4'}: "),
        (spread, tmp_path / "empty", f"no videos in {tmp_path / 'empty'}: give a video file, or a folder of"),
        (spread, picture, f"{spread.path} was trained on clips, and {picture} is an image: give video "),
        (spread, f"{video}#2", f"{video} has no window 2: expected 1–1"),
        (strided, f"{video}#0", f"{video} has no window 0: expected 1–3"),
        (
            strided,
            f"{tmp_path / 'empty'}#1",
            f"{tmp_path / 'empty'} holds 0 videos: give a window of one, as",
        ),
        (strided, long, f"{long} has more than 32 windows, too many at once: give one, as in {long}#1"),
        (digits_run, video, f"{digits_run.path} was trained on images, and {video} is a video: give image"),
    ]
    for run, given, expected in refused:
        with pytest.raises((ArgumentError, DataError)) as caught:
            open_subject(run.path, [given], None)
        assert str(caught.value).startswith(expected)
    with pytest.raises(ArgumentError, match=r"^clips of 4 and 5 frames make no batch: give clips of one len"):
        open_subject(spread.path, [video, torch.zeros(1, 1, 5, 12, 12)], None)


def test_grad_cam_of_frames_that_are_folded_into_the_batch_is_of_every_frame(
    spread: Run, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", 12)
    subject = open_subject(spread.path, [video], None)
    (picture,) = striate.explain(
        spread.path, str(video), layer="backbone.conv1", show=["grad-cam"], target="left"
    ).pictures
    assert [tile.shape for tile in picture.tiles] == [(12, 12)] * 4
    found = record(subject.network, subject.inputs, loss=lambda scores: scores[0, 0]).named("backbone.conv1")
    assert found.upstream is not None
    maps, gradient = found.output.double(), found.upstream.double()  # (T, C, H, W)
    weights = gradient.mean(dim=(0, 2, 3))
    expected = torch.einsum("c,tchw->thw", weights, maps).clamp(min=0)
    assert np.allclose(np.stack(picture.tiles), expected.numpy(), atol=1e-5)


def test_the_largest_activations_name_clips_not_frames(spread: Run, small_clips: Path) -> None:
    test = striate.open_data(small_clips, frames=4).splits["test"]
    (picture,) = striate.explain(
        spread.path, "test/0", layer="backbone.conv1", filter=0, show=["largest"]
    ).pictures
    trained = open_run(spread.path, "cpu")
    clips = test.take(range(len(test)))
    output = record(trained.network, trained.normalise(clips)).named("backbone.conv1").output[:, 0]
    peaks = output.reshape(len(test), -1).amax(dim=1).sort(descending=True)
    assert picture.facts["images"] == len(test) == len(picture.tiles)
    told = [float(name.split(": ")[1]) for name in picture.names]
    assert told == pytest.approx(peaks.values.tolist(), rel=1e-2)
    assert sorted(int(name.split(":")[0]) for name in picture.names) == list(range(len(test)))


def test_the_receptive_field_is_drawn_on_a_frame_that_the_number_sees() -> None:
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 2, (1, 3, 3), padding=(0, 1, 1)))
    clip = torch.arange(4.0).view(1, 1, 4, 1, 1).expand(1, 1, 4, 12, 12).clone()
    clip[..., 0, 0], clip[..., 0, 1] = 0, 3  # every frame is stretched alike
    for frame, grey in enumerate((0, 85, 170, 255)):
        found = striate.explain(network, clip, layer="0", filter=0, at=(frame, 4, 4))
        assert found.picture is not None
        assert found.picture[0, 6, 6] == grey
