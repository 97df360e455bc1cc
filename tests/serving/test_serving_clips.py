"""A run on clips behind an address: videos are answered as `predict` answers, streams as `stream` does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from small_clips import clip_run, pictures, write_frame_folders, write_video
from striate import predict, stream
from striate.evaluating.opening import open_trained
from striate.serving.network import Network
from striate.serving.server import Service
from striate.serving.uploads import Limits

LIMITS = Limits(megabytes=1, megapixels=0.001, frames=20, seconds=5.0, connections=4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Path:
    return clip_run(tmp_path_factory.mktemp("serving") / "run", data=small_clips, causal=True).path


@pytest.fixture(scope="module")
def service(run: Path) -> Service:
    return Service(Network(open_trained(run), LIMITS))


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(service.application()) as client:
        yield client


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "right.mp4", pictures(True, 3) * 2)


def test_a_video_is_answered_as_predict_answers(client: TestClient, run: Path, video: Path) -> None:
    answer = client.post("/predict", params={"name": str(video)}, content=video.read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json() == json.loads(json.dumps(predict(run, [video]).to_json()))


def test_frames_are_answered_as_stream_answers(client: TestClient, run: Path, tmp_path: Path) -> None:
    folder = next((write_frame_folders(tmp_path, train=1, test=0) / "train" / "left").iterdir())
    ours = [moment.to_json()["classes"] for moment in stream(run, folder, rate=25)]
    with client.websocket_connect("/stream") as socket:
        for file, expected in zip(sorted(folder.iterdir()), ours, strict=True):
            socket.send_bytes(file.read_bytes())
            assert socket.receive_json()["classes"] == pytest.approx(expected, abs=1e-6)


def test_what_is_no_video_is_told(client: TestClient) -> None:
    answer = client.post("/predict", params={"name": "a.mp4"}, content=b"no video")
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "cannot read the video a.mp4: Invalid data found when processing input; "
        "send a whole video file"
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frames": 11}, "more than 11 frames are above the limit: send the video in parts"),
        ({"seconds": 2.0}, "2 s are above the limit of 2 s: send the video in parts"),
        (
            {"megapixels": 1e-4},
            "12 × 12 pixels are above the limit of 0.0001 million: send a smaller picture",
        ),
    ],
)
def test_limits_of_videos(
    client: TestClient, service: Service, video: Path, change: dict[str, float], said: str
) -> None:
    before = service.network.limits
    service.network.limits = replace(before, **change)
    try:
        answer = client.post("/predict", content=video.read_bytes())
    finally:
        service.network.limits = before
    assert (answer.status_code, answer.json()) == (413, {"error": said})
