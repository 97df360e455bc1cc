"""Every route: its answer is the JSON of `explain`; what does not fit is told in a sentence."""

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from tempfile import gettempdir

import numpy as np
import pytest
from explored import small_lab
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from striate.exploring.opening import Opening
from striate.exploring.server import application
from striate.exploring.session import Session
from striate.web.guard import Guard

NO_STATE = "there is no state 77: the lab was started anew; open its first page"
ROUTES = ("overview", "figures", "thumbs", "maps", "picture", "unit", "weight", "kernels", "document")


@pytest.fixture(scope="module")
def opening() -> Opening:
    return small_lab()


@pytest.fixture(scope="module")
def session(opening: Opening) -> Session:
    return opening.session()


@pytest.fixture(scope="module")
def client(opening: Opening) -> TestClient:
    return TestClient(Guard(application(opening), "127.0.0.1", None), base_url="http://127.0.0.1")


def asked(client: TestClient, name: str, **query: object) -> dict:
    answer = client.get(f"/api/{name}", params={key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def test_a_number_is_explains(client: TestClient, session: Session) -> None:
    opened = session.desk.open(0)
    found = asked(client, "unit", layer="3", at="0,2,1,1")
    ours = opened.explain(layer="3", index=(0, 2, 1, 1))
    assert ours.unit is not None
    assert {name: found[name] for name in ours.unit.to_json()} == json.loads(json.dumps(ours.unit.to_json()))
    assert found["delta"] == json.loads(json.dumps(opened.delta("3", (0, 2, 1, 1)).to_json()))
    assert found["origin"]["makers"] == [{"layer": "2", "shape": [1, 4, 4, 4]}]
    taken = opened.observed.recorded.named("3").input.reshape(-1)[found["reads"]]
    assert np.allclose(taken, np.ravel(found["patch"]), atol=1e-6)


def test_a_weight_is_explains(client: TestClient, session: Session) -> None:
    found = asked(client, "weight", layer="0", weight="1,0,2,2")
    ours = session.desk.open(0).explain(layer="0", weight=(1, 0, 2, 2)).gradient
    assert ours is not None
    assert found["total"] == ours.total
    assert found["value"] == session.desk.open(0).parameters("0")["weight"][1, 0, 2, 2]


def test_maps_are_the_layers_numbers(client: TestClient, session: Session) -> None:
    for side in ("", "back"):
        found = asked(client, "maps", layer="3", side=side)
        numbers = np.frombuffer(b64decode(found["data"]), "<f4").reshape(found["size"])
        ours = session.desk.open(0).numbers("3", gradient=side == "back")
        assert ours is not None
        assert np.array_equal(numbers[:, 0], ours[0].astype("f4"))


def test_overview(client: TestClient) -> None:
    found = asked(client, "overview")
    assert [layer["name"] for layer in found["layers"]] == ["0", "1", "2", "3", "4", "5", "6"]
    assert found["loss"]["labels"] == [int(found["label"])]  # the most probable class, as none is known
    assert asked(client, "overview", language="vi")["layers"][0]["kind_name"] == "tích chập"
    assert asked(client, "figures")["layers"]["0"]["formula"] == "(3·3·1 + 1)·4 = 40"
    assert set(asked(client, "thumbs")["layers"]) == {"input", "0", "1", "2", "3", "4", "5", "6"}


def test_a_change_is_another_state(client: TestClient) -> None:
    before = asked(client, "unit", layer="0", at="0,1,2,2")
    change = {
        "state": 0,
        "weights": {"0.weight": {"index": [1, 0], "values": [[0, 0, 0], [0, 1, 0], [0, 0, 0]]}},
    }
    state = client.post("/api/change", json=change).json()["state"]
    after = asked(client, "unit", layer="0", at="0,1,2,2", state=state)
    assert after["value"] == pytest.approx(before["patch"][0][1][1] + before["bias"], abs=1e-6)
    assert asked(client, "unit", layer="0", at="0,1,2,2") == before
    off = client.post("/api/change", json={"state": state, "off": {"0": [0, 2]}, "note": "two off"}).json()[
        "state"
    ]
    told = asked(client, "overview", state=off)
    assert (told["base"], told["note"]) == (state, "two off")
    assert asked(client, "unit", layer="0", at="0,2,0,0", state=off)["value"] == 0


@pytest.mark.parametrize(
    ("route", "query", "said"),
    [
        ("unit", {"layer": "9"}, "unknown layer '9': known: 0, 1, 2, 3, 4, 5, 6"),
        (
            "unit",
            {"layer": "3", "at": "0,99,0,0"},
            "3 has no number [0, 99, 0, 0]: expected 0–0 × 0–5 × 0–1 × 0–1",
        ),
        (
            "unit",
            {"layer": "3", "at": "a"},
            "at takes whole numbers with commas between, as 0,3,4,4; got 'a'",
        ),
        ("unit", {}, "layer is missing, or too long"),
        (
            "unit",
            {"layer": "3", "state": "77"},
            NO_STATE,
        ),
        ("overview", {"state": "-1"}, "state is a whole number from 0; got '-1'"),
        ("kernels", {"layer": "1"}, "1 has no kernels"),
        ("kernels", {"layer": "0", "filter": "4"}, "0 has filters 0–3; got 4"),
    ],
)
def test_what_does_not_fit_is_told(client: TestClient, route: str, query: dict, said: str) -> None:
    answer = client.get(f"/api/{route}", params=query)
    assert (answer.status_code, answer.json()["error"]) == (422, said)


def test_what_does_not_fit_is_told_in_the_pages_language(client: TestClient) -> None:
    said = {"vi": "1 không có nhân", "en": "1 has no kernels", "vi-VN,vi;q=0.9": "1 has no kernels"}
    for language, sentence in said.items():
        headers = {"accept-language": language}
        assert client.get("/api/kernels", params={"layer": "1"}, headers=headers).json() == {
            "error": sentence
        }


odd = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(), st.text(max_size=30),
    st.sampled_from(["0", "3", "input", "0,1,2,2", "1,0,2,2", "<b>", "../etc/passwd", "\x00", "9" * 500]),
)  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(ROUTES),
    query=st.dictionaries(
        st.sampled_from(
            ["state", "layer", "at", "weight", "filter", "first", "side", "language", "show", "delta"]
        ),
        odd.map(str),
        max_size=5,
    ),
)
def test_drawn_requests(client: TestClient, route: str, query: dict[str, str]) -> None:
    answer = client.get(f"/api/{route}", params=query)
    assert answer.status_code in (200, 422), answer.text
    assert "error" not in answer.json() or "\n" not in answer.json()["error"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from(
            ["state", "weights", "off", "unshifted", "pixels", "frames", "label", "action", "input", "note"]
        ),
        st.one_of(odd, st.lists(odd, max_size=3), st.dictionaries(st.text(max_size=8), odd, max_size=2)),
        max_size=4,
    ).filter(lambda body: body.get("action") != "start")
)
def test_drawn_changes(client: TestClient, body: dict) -> None:
    for route in ("change", "open", "train"):
        answer = client.post(
            f"/api/{route}", content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code in (200, 422), answer.text


def test_uploads_that_are_no_pictures(client: TestClient) -> None:
    for name, content in (
        ("a.png", b""),
        ("a.png", b"GIF89a nonsense"),
        ("a.exe", b"MZ"),
        ("../a.png", b"\x89PNG\r\n"),
        ("a", b"x"),
    ):
        answer = client.post("/api/open", params={"name": name}, content=content)
        assert answer.status_code == 422
        assert gettempdir() not in answer.text  # the reader's name of the file, not where it lay here


def test_files_outside_of_the_page_are_not_given(client: TestClient) -> None:
    for path in (
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page/..%2fserver.py",
        "/page//etc/passwd",
        "/page/",
    ):
        assert client.get(path).status_code in (404, 405)


def test_fifty_at_once(client: TestClient) -> None:
    def ask(number: int) -> int:
        return client.get("/api/unit", params={"layer": "3", "at": f"0,{number % 6},0,0"}).status_code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(100))) <= {200, 503}
