"""Networks with published weights, served by their names; nothing is fetched where that is forbidden."""

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from uploads import picture

import striate
from striate.cli import main
from weight_server import NETWORK, out_of_reach


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return out_of_reach(tmp_path, monkeypatch)


def test_a_name_with_a_file_is_served_as_predict_answers(weights: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"thing {number}" for number in range(1000)))
    given = {"weights": weights, "classes": names, "offline": True}
    image = tmp_path / "a.png"
    image.write_bytes(picture(1, (40, 50)))
    with striate.serve(NETWORK, port=0, **given) as serving:
        connection = HTTPConnection(urlsplit(serving.address).netloc, timeout=20)
        connection.request("POST", f"/predict?name={image}", image.read_bytes())
        answer = json.loads(connection.getresponse().read())
        connection.close()
    assert answer == json.loads(json.dumps(striate.predict(NETWORK, [image], **given).to_json()))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            [NETWORK, "--offline"],
            "{file} is not here, and nothing is fetched offline: put it into {kept} by hand "
            "(http://127.0.0.1:9/{file}), or name a file with --weights",
        ),
        (
            [NETWORK, "--weights", "nowhere.pth"],
            "there is no file nowhere.pth: give one, or a name of published weights",
        ),
        (
            ["squeezenet1_2"],
            "no run at squeezenet1_2: expected a folder made by `striate train`; see `ls runs`",
        ),
    ],
)
def test_a_name_that_cannot_be_served(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["serve", *words, "--port", "0"]) == 2
    kept = tmp_path / "cache" / "striate" / "weights"
    assert capsys.readouterr().err == f"striate: {said.format(file=weights.name, kept=kept)}\n"
