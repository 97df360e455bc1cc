"""What is posted is answered as `predict` answers; what does not fit is told in a sentence."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from uploads import picture

from striate import predict
from striate.evaluating.opening import open_trained
from striate.serving.network import Network
from striate.serving.server import Service
from striate.serving.uploads import Limits
from striate.training.train import Run
from striate.web.guard import Guard

NO_PICTURE = "cannot read the image of these bytes: not an image that Pillow knows; give a whole image file"
OURS = {"host": "127.0.0.1"}
SMALL = Limits(megabytes=0.5, megapixels=0.01, frames=40, seconds=2.0, connections=4)


@pytest.fixture(scope="module")
def network(digits_run: Run) -> Network:
    return Network(open_trained(digits_run.path), SMALL)


@pytest.fixture(scope="module")
def service(network: Network) -> Service:
    return Service(network)


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    guarded = Guard(service.application(), "127.0.0.1", None, largest=SMALL.bytes, what="service")
    with TestClient(guarded, base_url="http://127.0.0.1", headers=OURS) as client:
        yield client


def test_an_image_is_answered_as_predict_answers(client: TestClient, digits_run: Run, tmp_path: Path) -> None:
    file = tmp_path / "seven.png"
    file.write_bytes(picture(7))
    told = client.post("/predict", params={"name": str(file)}, content=file.read_bytes())
    assert told.status_code == 200
    assert told.json() == json.loads(json.dumps(predict(digits_run.path, [file]).to_json()))


def test_a_form_is_answered_as_its_file(client: TestClient) -> None:
    """As browsers and `curl -F` send a file; ?name= counts before the form's."""
    alone = client.post("/predict", params={"name": "mèo.png"}, content=picture(7)).json()
    assert client.post("/predict", files={"file": ("mèo.png", picture(7))}).json() == alone
    named = client.post("/predict", params={"name": "b"}, files={"file": ("a", picture(7))}).json()
    assert named["images"][0]["file"] == "b"
    refused = client.post("/predict", files={"a": ("a", b""), "b": ("b", b"")})
    assert (refused.status_code, refused.json()["error"][:40]) == (
        422,
        "the form brings 2 files: send one file a",
    )


def test_those_that_come_together_are_computed_together(client: TestClient, service: Service) -> None:
    files = [picture(seed) for seed in range(40)]
    alone = [client.post("/predict", content=file).json()["images"][0]["classes"] for file in files]
    before = service.batcher.batches
    with ThreadPoolExecutor(4) as pool:  # as many as may be under way
        answers = list(pool.map(lambda file: client.post("/predict", content=file), files))
    assert [one.status_code for one in answers] == [200] * 40
    for one, ours in zip(answers, alone, strict=True):
        found = one.json()["images"][0]["classes"]
        assert {name: round(value, 4) for name, value in found.items()} == pytest.approx(
            {name: round(value, 4) for name, value in ours.items()}, abs=2e-4
        )
    assert service.batcher.batches - before <= 40


def test_a_stream_keeps_its_own_state(client: TestClient, network: Network) -> None:
    """Two streams at once; each says what the mean over its own frames says."""
    seeds = {"a": [1, 2, 3], "b": [4, 5, 6]}
    found: dict[str, dict] = {}
    with client.websocket_connect("/stream") as one, client.websocket_connect("/stream") as other:
        for number in range(3):
            for name, socket in (("a", one), ("b", other)):
                socket.send_bytes(picture(seeds[name][number]))
                found[name] = socket.receive_json()
    for name, numbers in seeds.items():
        rows = np.stack([network.predictor.probabilities(picture(seed))[0] for seed in numbers])
        logits = np.log(rows).mean(0)
        ours = np.exp(logits) / np.exp(logits).sum()
        assert list(found[name]["classes"].values()) == pytest.approx(ours.tolist(), abs=1e-4)
        assert found[name]["frame"] == 2


def test_a_frame_that_is_no_picture_ends_its_stream(client: TestClient) -> None:
    with client.websocket_connect("/stream") as socket:
        socket.send_bytes(b"no picture")
        assert socket.receive_json() == {"error": NO_PICTURE}
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


def test_health(client: TestClient, digits_run: Run, service: Service) -> None:
    found = client.get("/health")
    assert found.status_code == 200
    assert found.json() == {
        "status": "ok",
        "run": str(digits_run.path),
        "takes": "images",
        "classes": [str(digit) for digit in range(10)],
        "limits": {"megabytes": 0.5, "megapixels": 0.01, "frames": 40, "seconds": 2.0, "connections": 4},
    }
    service.stopping = True
    try:
        assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (
            503,
            "stopping",
        )
    finally:
        service.stopping = False


def test_metrics_are_read_by_prometheus(client: TestClient) -> None:
    client.post("/predict", content=b"no picture")
    told = client.get("/metrics")
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = told.text.splitlines()
    assert any(line.startswith('striate_requests_total{route="predict",code="422"} ') for line in lines)
    numbers = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line[0] != "#"}
    assert numbers['striate_request_seconds_bucket{le="+Inf"}'] == numbers["striate_request_seconds_count"]
    assert numbers["striate_connections"] == 0


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", 422, "cannot read the image of these bytes: the file is empty; give a whole image file"),
        (
            picture(0, (200, 200)),
            413,
            "200 × 200 pixels are above the limit of 0.01 million: send a smaller picture",
        ),
        (b"x" * (SMALL.bytes + 1), 413, "at most 0.5 MiB a request"),
    ],
)
def test_what_does_not_fit_is_told(client: TestClient, content: bytes, code: int, said: str) -> None:
    answer = client.post("/predict", content=content)
    assert (answer.status_code, answer.text if code == 413 and "MiB" in said else answer.json()["error"]) == (
        code,
        said,
    )


def test_full(client: TestClient, service: Service) -> None:
    service.connections = SMALL.connections
    try:
        answer = client.post("/predict", content=picture(1))
        assert client.get("/health").status_code == 200
    finally:
        service.connections = 0
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {"error": "4 requests and streams are under way: ask again in a moment"}


def test_too_many_inputs_wait(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.serving.batching.WAITING", 0)
    client = TestClient(service.application())
    answer = client.post("/predict", content=picture(1))
    assert (answer.status_code, answer.json()["error"]) == (
        503,
        "0 inputs wait already: ask again in a moment",
    )


def test_another_page_may_not_ask(client: TestClient) -> None:
    answer = client.post("/predict", content=picture(1), headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.text) == (
        403,
        "a page of another site asked: open the service by the address that it printed",
    )


PICTURE = picture(3)
contents = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda cut: PICTURE[:cut], st.integers(0, len(PICTURE))),
    st.builds(
        lambda at, value: PICTURE[:at] + bytes([value]) + PICTURE[at + 1 :],
        st.integers(0, len(PICTURE) - 1),
        st.integers(0, 255),
    ),
    st.sampled_from([b"GIF89a", b"%!PS-Adobe", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0"]),
)
headers = st.dictionaries(
    st.sampled_from(["content-type", "accept", "x-name", "range", "transfer-encoding", "authorization"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    max_size=3,
)


@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "HEAD"]),
    path=st.sampled_from(
        ["/predict", "/predict", "/health", "/metrics", "/", "/../etc/passwd", "/stream", "/%00"]
    ),
    name=st.text(max_size=300),
    content=contents,
    headers=headers,
)
def test_hostile_requests(
    client: TestClient, method: str, path: str, name: str, content: bytes, headers: dict[str, str]
) -> None:
    headers.pop("transfer-encoding", None)
    answer = client.request(
        method, path, params={"name": name.encode(errors="replace")}, content=content, headers=headers
    )
    assert answer.status_code in (200, 403, 404, 405, 413, 422), answer.text
    if answer.status_code == 422:
        assert "\n" not in answer.json()["error"]
