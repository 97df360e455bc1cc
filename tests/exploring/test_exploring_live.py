"""Frames through a socket: the scores are those of the run on the same frames."""

import io

import numpy as np
import pytest
import torch
from explored import small_lab
from PIL import Image
from starlette.testclient import TestClient

from striate.evaluating.run_model import open_run
from striate.exploring.frames import FRAME
from striate.exploring.guard import Guard
from striate.exploring.live import Live
from striate.exploring.opening import Opening
from striate.exploring.server import application
from striate.training.train import Run


def frame(seed: int) -> bytes:
    """A small picture, as a browser sends it."""
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def test_scores_are_the_runs_mean_over_frames(digits_run: Run) -> None:
    trained = open_run(digits_run.path)
    live = Live(trained)
    found = [live.frame(frame(seed)) for seed in range(3)]
    with torch.inference_mode():
        logits = trained.network(live.preprocess([frame(seed) for seed in range(3)]))
    ours = (logits.mean(0) / trained.temperature).softmax(0)
    assert list(found[-1]["classes"].values()) == pytest.approx(ours.tolist(), abs=1e-5)


def test_through_a_socket(digits_run: Run) -> None:
    opening = Opening([digits_run.path], ["digits/test/17"])
    opening.make()
    client = TestClient(Guard(application(opening), "127.0.0.1", None), base_url="http://127.0.0.1")
    ours = {"host": "127.0.0.1"}
    with client.websocket_connect("/api/live", headers=ours) as socket:
        for seed in range(2):
            socket.send_bytes(frame(seed))
            found = socket.receive_json()
            assert sum(found["classes"].values()) == pytest.approx(1)
        socket.send_bytes(b"no picture")
        assert "error" in socket.receive_json()
    with client.websocket_connect("/api/live", headers=ours) as socket:
        socket.send_bytes(b"x" * (FRAME + 1))
        assert socket.receive_json() == {"error": "a frame has at most 2 MiB"}


def test_a_module_has_no_frames() -> None:
    client = TestClient(Guard(application(small_lab()), "127.0.0.1", None), base_url="http://127.0.0.1")
    with client.websocket_connect("/api/live", headers={"host": "127.0.0.1"}) as socket:
        said = "frames as they come are of a run: open one, made by `striate train`"
        assert socket.receive_json() == {"error": said}
