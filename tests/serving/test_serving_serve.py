"""The verb: a server that is open until it is told to stop, and then answers what it has taken."""

import json
import signal
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from uploads import picture

import striate
from striate.errors import ArgumentError
from striate.exporting import Export
from striate.training.train import Run


def asked(
    address: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict]:
    """Status and JSON of one request."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text.startswith("{") else {"text": text}


def test_sigterm_ends_it_when_what_was_taken_is_answered(
    digits_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, answers = threading.Event(), []
    ours = striate.evaluating.predictor.Predictor.of_pixels

    def slowly(own: object, pixels: np.ndarray) -> np.ndarray:
        begun.set()
        time.sleep(0.5)
        return ours(own, pixels)

    monkeypatch.setattr(striate.evaluating.predictor.Predictor, "of_pixels", slowly)
    with striate.serve(digits_run.path, port=0) as serving:

        def ask() -> None:
            answers.append(asked(serving.address, "POST", "/predict", picture(1)))

        def stop() -> None:
            begun.wait()
            signal.raise_signal(signal.SIGTERM)

        client = threading.Thread(target=ask)
        client.start()
        threading.Thread(target=stop).start()
        serving.wait()
        client.join()
    assert answers[0][0] == 200
    with pytest.raises(OSError):
        asked(serving.address, "GET", "/health")


def test_a_token(digits_run: Run) -> None:
    with striate.serve(digits_run.path, port=0, token="secret") as serving:
        refused = asked(serving.address, "GET", "/health")
        known = asked(serving.address, "GET", "/health", None, authorization="Bearer secret")
    assert refused == (403, {"text": "the address lacks the service's token"})
    assert known[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_frames": 0}, "max_frames is above 0; got 0"),
        ({"token": ""}, "token is empty: leave it out, or give a secret"),
        ({"port": 70000}, "port is from 0, for a free one, to 65535; got 70000"),
    ],
)
def test_what_cannot_be_served(digits_run: Run, arguments: dict, said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        striate.serve(digits_run.path, **arguments)
    assert str(refused.value) == said


def test_an_exported_file_is_served(digits_run: Run, digits_file: Export, tmp_path: Path) -> None:
    with striate.serve(digits_file.path, port=0) as serving:
        code, found = asked(serving.address, "POST", "/predict?name=a.png", picture(2))
    assert code == 200
    expected = striate.predict(digits_run.path, [_written(tmp_path / "a.png", picture(2))]).images[0]
    assert found["images"][0]["class"] == expected.best
    assert found["images"][0]["probability"] == pytest.approx(expected.probabilities[0], abs=1e-5)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_repr(digits_run: Run) -> None:
    with striate.serve(digits_run.path, port=0) as serving:
        assert repr(serving) == f"Serving({serving.address!r})"
        assert serving.to_json() == {"address": serving.address, "takes": "images"}
