"""Who may talk to the lab."""

import pytest
from explored import small_lab
from starlette.testclient import TestClient

from striate.exploring.server import application
from striate.web.guard import COOKIE, LARGEST, Guard

OURS = {"host": "127.0.0.1:8642"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Guard(application(small_lab()), "127.0.0.1", None), headers=OURS)


def test_our_own_page_may(client: TestClient) -> None:
    for headers in (
        {},
        {"origin": "http://127.0.0.1:8642", "sec-fetch-site": "same-origin"},
        {"host": "localhost:1"},
    ):
        answer = client.get("/api/lab", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8642"},
        {"host": "localhost.evil.example"},
        {"host": ""},
        {"host": "[::1].evil.example"},
        {"host": "user@evil.example:80"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8642"},  # another origin than 127.0.0.1, even so
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_may_not(client: TestClient, headers: dict[str, str]) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/api/lab"),
        ("POST", "/api/change"),
        ("GET", "/page/main.js"),
    ):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403
        assert "open the" in answer.text


def test_too_much_is_refused(client: TestClient) -> None:
    assert client.post("/api/change", content=b"x" * (LARGEST + 1)).status_code == 413

    def endless():  # type: ignore[no-untyped-def]
        for _ in range(LARGEST // (1 << 20) + 2):
            yield b"x" * (1 << 20)

    assert client.post("/api/change", content=endless()).status_code == 413


def test_another_host_needs_the_token() -> None:
    app = Guard(application(small_lab()), "10.0.0.5", "secret")
    client = TestClient(app, headers={"host": "10.0.0.5:80"}, base_url="http://10.0.0.5")
    assert client.get("/api/lab").status_code == 403
    assert client.get("/?token=wrong").status_code == 403
    assert client.get("/api/lab", headers={"cookie": f"{COOKIE}=wrong"}).status_code == 403
    let_in = client.get("/?token=secret", follow_redirects=False)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/")
    assert "HttpOnly" in let_in.headers["set-cookie"]
    assert client.get("/api/lab").status_code == 200  # by the cookie
    assert client.get("/api/lab", headers={"host": "evil.example"}).status_code == 403


def test_a_program_brings_the_token_in_a_header() -> None:
    app = Guard(application(small_lab()), "0.0.0.0", "secret", what="service")
    client = TestClient(app, base_url="http://10.0.0.5")
    assert client.get("/api/lab", headers={"authorization": "Bearer secret"}).status_code == 200
    refused = client.get("/api/lab", headers={"authorization": "Bearer other"})
    assert (refused.status_code, refused.text) == (403, "the address lacks the service's token")
