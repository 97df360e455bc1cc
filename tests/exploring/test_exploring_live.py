"""Frames through a socket: the scores are those of the run on the same frames."""

import io
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import torch
from explored import small_lab
from PIL import Image
from starlette.testclient import TestClient

from striate.evaluating.run_model import open_run
from striate.explaining.explain import explain
from striate.exploring.frames import FRAME
from striate.exploring.live import Live
from striate.exploring.opening import Opening
from striate.exploring.server import application
from striate.training.train import Run
from striate.web.guard import Guard


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


def test_the_labs_own_source(digits_run: Run, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(frame(number))
    opening = Opening([digits_run.path], ["digits/test/17"], source=str(tmp_path))
    opening.make()
    client = TestClient(Guard(application(opening), "127.0.0.1", None), base_url="http://127.0.0.1")
    assert client.get("/api/lab").json()["source"] == str(tmp_path)
    with client.websocket_connect("/api/live?source=1", headers={"host": "127.0.0.1"}) as socket:
        socket.send_text("cam")
        found = socket.receive_json()
        assert found["seen"]["shape"] == [1, 8, 8]
        assert found["cam"]["class"] == max(found["classes"], key=found["classes"].get)
        assert found["cam"]["shape"] == [8, 8]
        for _ in range(3):
            socket.send_text("next")
            found = socket.receive_json()
            if "ended" in found:
                break
            assert found["cam"] is None
            assert found["lag"] >= 0
        assert found == {"ended": True}


def test_where_a_class_is_seen_is_grad_cam(digits_run: Run) -> None:
    live = Live(open_run(digits_run.path))
    assert live.frame(frame(0))["seen"] is None
    found = live.frame(frame(3), cam=True)
    pixels = np.frombuffer(b64decode(found["seen"]["data"]), np.uint8).reshape(1, 1, 8, 8)
    shown = explain(digits_run.path, pixels.copy(), show=("grad-cam",), target=found["cam"]["class"])
    heat = np.asarray(shown.pictures[0].tiles[0])
    seen = np.frombuffer(b64decode(found["cam"]["data"]), np.uint8).reshape(8, 8)
    assert np.array_equal(seen, np.round(255 * heat / max(heat.max(), 1e-30)).astype(np.uint8))


def test_a_lab_without_a_source_says_so() -> None:
    client = TestClient(Guard(application(small_lab()), "127.0.0.1", None), base_url="http://127.0.0.1")
    with client.websocket_connect("/api/live?source=1", headers={"host": "127.0.0.1"}) as socket:
        said = "the lab has no source of its own: start it with --live FILE, or --live camera"
        assert socket.receive_json() == {"error": said}
