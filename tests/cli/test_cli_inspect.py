"""`striate inspect` presents an inspection in every form, and errors in one sentence."""

import csv
import io
import json
from pathlib import Path

import pytest

from striate.cli.inspect import VERB
from striate.cli.running import run as run_verb
from striate.errors import ArgumentError, DataError, NetworkError


def test_the_json_is_the_result_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(VERB, "inspect", ["plain", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    for name in ("parameters", "macs", "flops", "activation_bytes"):
        assert content["totals"][name]["status"] == "exact"
    first = content["layers"][0]
    assert (first["name"], first["kind"], first["output_shape"]) == ("conv1", "conv2d", [1, 32, 28, 28])
    assert (first["filters"], first["kernels"], first["parameters"]) == (32, 32, 320)
    assert first["formula"] == "(3·3·1 + 1)·32 = 320"
    assert first["macs"] == 9 * 32 * 28 * 28
    field = first["receptive_field"]
    assert (field["size"], field["jump"], field["start"], field["center"], field["status"]) == (
        [3, 3], [1, 1], [-1, -1], [0.0, 0.0], "exact",
    )  # fmt: skip


def test_the_table_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["plain", "--input", "1x28x28"])
    shown = capsys.readouterr().out
    assert "(3·3·32 + 1)·64 = 18,496" in shown
    assert "421,642" in shown


def test_csv_and_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["plain", "--csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["parameters"] for row in rows if row["kind"] == "conv2d"] == ["320", "18496"]
    assert rows[0]["receptive_field_size"] == "3×3"
    run_verb(VERB, "inspect", ["plain", "--markdown"])
    assert capsys.readouterr().out.startswith("| layer | kind |")


def test_two_networks_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["resnet18", "--against", "mobilenet_v2"])
    shown = capsys.readouterr().out
    assert "11.69 M" in shown
    assert "3.505 M" in shown
    run_verb(VERB, "inspect", ["resnet18", "--against", "mobilenet_v2", "--json"])
    assert json.loads(capsys.readouterr().out)["ratios"]["parameters"] == pytest.approx(3504872 / 11689512)


def test_one_unit(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["resnet18", "--unit", "layer4.1.conv2:0,0", "--json"])
    content = json.loads(capsys.readouterr().out)
    assert content["clipped"] == [[0, 217], [0, 217]]
    assert content["unclipped"] == [[-217, 217], [-217, 217]]
    run_verb(VERB, "inspect", ["resnet18", "--unit", "conv1"])
    assert "conv1 unit 56,56 along H: 109 … 115, exact" in capsys.readouterr().out


def test_files_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(
        VERB, "inspect", ["plain", "--out", str(tmp_path / "here"), "--html", str(tmp_path / "page.html")]
    )
    names = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert names == ["inspection.csv", "inspection.html", "inspection.json", "inspection.md"]
    page = (tmp_path / "page.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (["resnet81"], ArgumentError, "unknown network 'resnet81': did you mean 'resnet18'"),
        (["plain", "--input", "big"], ArgumentError, "as in 3x224x224; got 'big'"),
        (
            ["resnet18", "--input", "3x8x112x112"],
            ArgumentError,
            "resnet18 takes images, channels x height x width",
        ),
        (["nothing.here:network"], ArgumentError, "cannot import 'nothing.here'"),
        (
            ["torch.nn:Identitty"],
            ArgumentError,
            "unknown name in torch.nn 'Identitty': did you mean 'Identity'",
        ),
        (["torch.nn:Identity"], ArgumentError, "what does torch.nn:Identity take\\? Say it with the shape"),
        (["absent.onnx"], ArgumentError, "there is no file absent.onnx"),
        (["plain", "--unit", "conv1:99,0"], ArgumentError, "unit 99×0 is not in a layer of 28×28 units"),
        (["plain", "--unit", "conv9"], ArgumentError, "unknown layer 'conv9': did you mean 'conv"),
        (["plain", "--unit", "conv1:a"], ArgumentError, "--unit takes LAYER:3,5"),
        (["plain", "--input", "1x2x2"], NetworkError, "2"),
        (
            ["plain", "--depth", "0"],
            ArgumentError,
            "^depth is how many parts of a name are shown, at least 1; got 0$",
        ),
        (
            ["plain", "--image", "no.png", "--html", "a.html"],
            DataError,
            "^there is no picture no.png: give an image file, or ",
        ),
        (
            ["plain", "--against", "plain", "--csv"],
            ArgumentError,
            "^--csv does nothing beside --against: leave one of them out$",
        ),
    ],
)
def test_errors_are_one_sentence(words: list[str], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told) as caught:
        run_verb(VERB, "inspect", words)
    assert "\n" not in str(caught.value)


TWO = """
from torch import nn

class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(1, 4, 5, padding=2)

    def forward(self, image, mask, scale=1.0):
        return self.a(image) + self.b(mask) * scale

class Packed(Both):
    def forward(self, batch, pair):
        return super().forward(batch["image"], pair[1], batch["scale"])
"""


@pytest.mark.parametrize(
    "words",
    [
        ["Both", "--input", "3x8x8", "1x8x8"],
        ["Both", "--input", "3x8x8", "mask=1x8x8", "scale=0.5"],
        ["Both", "--input", "mask=1x8x8", "image=3x8x8"],
        ["Packed", "--input", "batch.image=3x8x8", "batch.scale=0.5", "pair.0=none", "pair.1=1x8x8"],
    ],
)
def test_several_inputs_from_the_command_line(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "two.py").write_text(TWO)
    name, *rest = words
    run_verb(VERB, "inspect", [f"{tmp_path}/two.py:{name}", *rest, "--json"])
    content = json.loads(capsys.readouterr().out)
    assert content["totals"]["macs"] == {"value": 3 * 4 * 9 * 64 + 4 * 25 * 64, "status": "exact"}
    fields = content["layers"][-1]["receptive_fields"].values()
    assert sorted(field["size"] for field in fields) == [[3, 3], [5, 5]]


def test_a_unit_is_told_in_each_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.py").write_text(TWO)
    run_verb(VERB, "inspect", [f"{tmp_path}/two.py:Both", "--input", "3x8x8", "1x8x8", "--unit", "add:4,4"])
    assert capsys.readouterr().out == (
        "add unit 4,4 along H of image: 3 … 5, exact\nadd unit 4,4 along W of image: 3 … 5, exact\n"
        "add unit 4,4 along H of mask: 2 … 6, exact\nadd unit 4,4 along W of mask: 2 … 6, exact\n"
    )


def test_channels_that_stand_last_in_one_of_several_inputs(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO)
    with pytest.raises(NetworkError) as caught:
        run_verb(VERB, "inspect", [f"{tmp_path}/two.py:Both", "--input", "1x8x8", "image=64x64x3"])
    assert str(caught.value).endswith(
        "got multiple values for argument 'image'; channels stand first: say 3x64x64"
    )


def test_the_backward_pass(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["plain", "--backward", "--markdown"])
    lines = capsys.readouterr().out.splitlines()
    heads = [head.strip().replace("\N{NO-BREAK SPACE}", " ") for head in lines[0].split("|")]
    row = [cell.strip() for cell in next(line for line in lines if line.startswith("| conv2")).split("|")]
    assert (row[heads.index("MACs back")], row[heads.index("kept")]) == ("7.225 M", "24.5 KiB")
    assert "- backward: 8.257 M MACs, 260.8 KiB kept for it" in lines


@pytest.mark.parametrize("form", ["--json", "--csv", "--markdown"])
def test_what_a_network_prints_stays_out_of_a_form(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "loud.py"
    path.write_text("from torch import nn\ndef make():\n    print('loud')\n    return nn.Conv2d(3, 4, 3)\n")
    assert run_verb(VERB, "inspect", [f"{path}:make", "--input", "3x8x8", form]) == 0
    shown = capsys.readouterr()
    assert "loud" in shown.err
    assert "loud\n" not in shown.out
