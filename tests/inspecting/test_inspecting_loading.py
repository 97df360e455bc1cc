"""Networks that come from files: torch.export archives, ONNX files, run folders, imported functions."""

import random
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from striate.errors import ArgumentError, MissingExtraError, NetworkError, RunError, StriateError
from striate.inspecting import inspect, loading
from striate.models import NetworkSpec, save_weights
from striate.runs import MODEL, write_record


def small() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 5),
    ).eval()


def exported(network: nn.Module, x: torch.Tensor, path: Path) -> Path:
    torch.export.save(torch.export.export(network, (x,)), path)
    return path


@pytest.mark.filterwarnings("ignore")
def test_an_exported_network_has_the_layers_it_was_exported_from(tmp_path: Path) -> None:
    network = small()
    path = exported(network, torch.rand(1, 3, 8, 8), tmp_path / "small.pt2")
    found, live = inspect(path), inspect(network, (3, 8, 8))
    assert [row.name for row in found.layers] == [row.name for row in live.layers]
    assert [row.kind for row in found.layers] == [row.kind for row in live.layers]
    assert [row.formula for row in found.layers] == [row.formula for row in live.layers]
    assert [row.receptive_field for row in found.layers] == [row.receptive_field for row in live.layers]
    assert found.totals.macs == live.totals.macs
    assert found.totals.parameters == live.totals.parameters
    assert found.network == "small.pt2"


@pytest.mark.filterwarnings("ignore")
def test_an_exported_network_says_what_it_does_not_take(tmp_path: Path) -> None:
    path = exported(small(), torch.rand(1, 3, 8, 8), tmp_path / "small.pt2")
    for given, told in (
        (
            ["3x8x8", "mask=3x3"],
            "the network (ExportedGraph) received 1×3×8×8 and 1×3×3: "
            "inputs of the exported network: 1; got 2",
        ),
        (["5x8x8"], "the network (ExportedGraph) received 1×5×8×8: it expects 3 input channels, not 5"),
    ):
        with pytest.raises(NetworkError) as problem:
            inspect(path, given)
        assert str(problem.value) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"layout": "NCHX"},
            "layout 'NCHX' should name axes by N, C, T, H and W, of at most 1 input, such as "
            '"NTC" or "NTC,NCHW"',
        ),
        (
            {"layout": ""},
            "layout '' should name axes by N, C, T, H and W, of at most 1 input, such as "
            '"NTC" or "NTC,NCHW"',
        ),
        (
            {"input": (1, 100_000, 4)},
            "plain takes pictures of at most 16,384 pixels a side; got 1x100000x4",
        ),
        ({"causal": True}, "--causal is for networks with a way through time: give one, such as --time tsm"),
    ],
)
def test_what_no_network_of_the_catalogue_takes(asked: dict[str, Any], told: str) -> None:
    with pytest.raises((ArgumentError, NetworkError)) as problem:
        inspect("plain", **asked)
    assert str(problem.value) == told


def test_the_weights_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    network, address = small(), "hf://timm/small"
    of_it = SimpleNamespace(network=network, weights=SimpleNamespace(size=8))
    monkeypatch.setattr(loading, "published_network", lambda name: of_it)
    found, live = inspect(address), inspect(network, (3, 8, 8))
    assert found.network == address
    assert found.totals == live.totals


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "broken.pt2"
    path.write_bytes(b"no archive")
    with pytest.raises(NetworkError, match=r"is not an archive of torch\.export that can be read"):
        inspect(path)


def altered(path: Path, wanted: str, old: str, new: str) -> Path:
    """The archive with a text in one of its files replaced."""
    result = path.with_name("altered.pt2")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(wanted):
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            target.writestr(name, content)
    return result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("torch.ops.aten.relu.default", "torch.hub.load"),
        ("torch.ops.aten.relu.default", "_operator.call"),
        ("Symbol('s", "__import__('os').getcwd() or Symbol('s"),
    ],
)
def test_an_archive_that_could_run_code_is_not_opened(tmp_path: Path, old: str, new: str) -> None:
    network, path = small()[:3], tmp_path / "x.pt2"
    sizes = ({0: torch.export.Dim("b")},)
    torch.export.save(torch.export.export(network, (torch.rand(2, 3, 8, 8),), dynamic_shapes=sizes), path)
    assert inspect(path).batch == 2
    with pytest.raises(NetworkError, match="could run code when it is loaded"):
        inspect(altered(path, "models/model.json", old, new))


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_archive_is_refused_in_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = exported(small()[:3], torch.rand(1, 3, 8, 8), tmp_path / "x.pt2")
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        weight = next(entry for entry in archive.infolist() if entry.filename.endswith("weight_0"))
    flipped = bytearray(whole)
    flipped[weight.header_offset + weight.FileHeader().__len__() + 100] ^= 1
    nested = altered(path, "models/model.json", "{", "[" * 100_000 + "{").read_bytes()
    odd = altered(path, "/.data/version", "6", "none").read_bytes()
    pickled = altered(path, "sample_inputs/model.pt", "PK", "PQ").read_bytes()
    packed = tmp_path / "packed.pt2"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name) + b" " * 10_000_000 * name.endswith("model.json"))
    cases = {
        whole[:2000]: "File is not a zip file",
        bytes(flipped): "it was changed since it was written, its checksums say",
        nested: "x/models/model.json holds no JSON that can be read: nested too deeply",
        odd: "its content is none that torch.export writes",
        pickled: "it holds something that is no tensor or plain value",
        packed.read_bytes(): "its entries are not as torch writes them",
    }
    for content, reason in cases.items():
        path.write_bytes(content)
        with pytest.raises(NetworkError) as problem:
            inspect(path)
        assert str(problem.value) == f"{path} is not an archive of torch.export that can be read: {reason}"
    assert capfd.readouterr() == ("", "")


def test_onnx_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        MissingExtraError, match=r"reading an ONNX file needs the extra 'export': pip install"
    ):
        inspect(path)


def onnx_file(path: Path) -> Path:
    """A convolution, its way to a fully connected layer, and that."""
    onnx = pytest.importorskip("onnx")
    h, t = onnx.helper, onnx.TensorProto
    arrays = onnx.numpy_helper.from_array
    nodes = [
        h.make_node("Conv", ["x", "w", "b"], ["1"], "/features/conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        h.make_node("Relu", ["1"], ["2"], "/features/relu"),
        h.make_node("MaxPool", ["2"], ["3"], "/features/pool", kernel_shape=[2, 2], strides=[2, 2]),
        h.make_node("Shape", ["3"], ["4"], "/shape"),
        h.make_node("Gather", ["4", "zero"], ["5"], "/gather"),
        h.make_node("Unsqueeze", ["5", "axes"], ["6"], "/unsqueeze"),
        h.make_node("Concat", ["6", "minus"], ["7"], "/concat", axis=0),
        h.make_node("Reshape", ["3", "7"], ["8"], "/flatten"),
        h.make_node("Gemm", ["8", "fw", "fb"], ["y"], "/fc", transB=1),
    ]
    rand = torch.rand
    weights = [
        arrays(rand(4, 3, 3, 3).numpy(), "w"), arrays(rand(4).numpy(), "b"),
        arrays(rand(5, 16).numpy(), "fw"),
        arrays(rand(5).numpy(), "fb"), arrays(torch.tensor(0).numpy(), "zero"),
        arrays(torch.tensor([0]).numpy(), "axes"),
        arrays(torch.tensor([-1]).numpy(), "minus"),
    ]  # fmt: skip
    x = h.make_tensor_value_info("x", t.FLOAT, [1, 3, 8, 8])
    y = h.make_tensor_value_info("y", t.FLOAT, [1, 5])
    model = h.make_model(h.make_graph(nodes, "net", [x], [y], weights))
    onnx.save(model, str(path))
    return path


def test_an_onnx_file(tmp_path: Path) -> None:
    found = inspect(onnx_file(tmp_path / "net.onnx"))
    conv = found.layer("features.conv")
    assert (conv.formula, conv.macs.value) == ("(3·3·3 + 1)·4 = 112", 108 * 16)
    assert found.layer("fc").formula == "(16 + 1)·5 = 85"
    assert found.totals.macs.value == 108 * 16 + 80
    assert found.totals.parameters.value == 112 + 85
    pool = found.layer("features.pool").receptive_field
    assert pool is not None
    assert (pool.size, pool.jump, pool.start) == ((5, 5), (4, 4), (-1, -1))


def test_a_damaged_onnx_file_is_refused_or_read(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "net.onnx")
    whole, refused, draw = path.read_bytes(), 0, random.Random(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(draw.choice((1, 8))):
            damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged[: draw.choice((len(whole), draw.randrange(len(whole))))])
        try:
            inspect(path)
        except StriateError:
            refused += 1
    assert 50 < refused < 150  # a flipped bit of a weight is none of its layers


def test_an_onnx_file_whose_weights_are_not_there(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "net.onnx")
    onnx = pytest.importorskip("onnx")
    model = onnx.load(str(path))
    model.graph.initializer[0].raw_data = b""
    onnx.save(model, str(path))
    with pytest.raises(NetworkError) as problem:
        inspect(path)
    assert str(problem.value) == (
        f"{path} is not an ONNX file that can be read: cannot reshape array of size 0 into shape (4,3,3,3)"
    )


def test_an_imported_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_networks_for_a_test.py").write_text(
        "from torch import nn\n\ndef network():\n    return nn.Conv2d(3, 4, 3)\n\ndef number():\n    "
        "return 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert inspect("my_networks_for_a_test:network", "3x8x8").totals.parameters.value == 112
    with pytest.raises(NetworkError, match=r"should give a torch.nn.Module; it gave int"):
        inspect("my_networks_for_a_test:number", "3x8x8")
    with pytest.raises(ArgumentError, match=r"unknown name in my_networks_for_a_test 'networks'"):
        inspect("my_networks_for_a_test:networks", "3x8x8")


def test_a_run_folder_knows_its_input(tmp_path: Path) -> None:
    spec = NetworkSpec("plain", classes=3, channels=1, size=12)
    network = spec.build()
    save_weights(network, tmp_path / MODEL)
    write_record(tmp_path, {"network": spec.to_json()})
    found = inspect(tmp_path)
    assert found.input_shape == (1, 1, 12, 12)
    assert found.totals.parameters.value == sum(p.numel() for p in network.parameters())


def made_in(folder: Path, text: str) -> str:
    (folder / "mine.py").write_text("from dataclasses import dataclass\nfrom torch import nn\n" + text)
    return f"{folder}/mine.py"


def test_a_function_in_a_file_and_a_class(tmp_path: Path) -> None:
    file = made_in(
        tmp_path,
        "def of(num_classes, in_channels=1):\n    return nn.Conv2d(in_channels, num_classes, 3)\n"
        "@dataclass\nclass Size:\n    n: int = 4\n\n"
        "def make():\n    return nn.Conv2d(3, Size().n, 3)\n\n"
        "class Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.Conv2d(3, 5, 3))\n",
    )
    assert inspect(f"{file}:make", (3, 8, 8)).totals.parameters.value == 112
    assert inspect(f"{file}:Net", (3, 8, 8)).totals.parameters.value == 140
    assert inspect(f"{file}:of", (1, 8, 8)).totals.parameters.value == 100


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (
            "def make(width):\n    return nn.Conv2d(3, width, 3)\n",
            "make",
            "{file}:make needs width, which nobody gives it: give it a default, as in def make(classes, "
            "width=…)",
        ),
        (
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        1 / 0\n",
            "Net",
            "{file}:Net, called with nothing, failed: ZeroDivisionError: division by zero",
        ),
        ("make = 3\n", "make", "{file}:make should give a torch.nn.Module; it is of type int"),
        (
            "def make():\n    raise SystemExit('bye')\n",
            "make",
            "{file}:make, called with nothing, failed: SystemExit: bye",
        ),
        ("exit(2)\n", "make", "cannot import '{file}' of '{file}:make': SystemExit: 2"),
        (
            "class Net(nn.Module):\n    def forward(self, x):\n        raise SystemExit(3)\n",
            "Net",
            "the network (Net) received 1×3×8×8, and it failed: SystemExit: 3",
        ),
        ("1 / 0\n", "make", "cannot import '{file}' of '{file}:make': ZeroDivisionError: division by zero"),
        (
            "1 +\n",
            "make",
            "cannot import '{file}' of '{file}:make': SyntaxError: invalid syntax (mine.py, line 3)",
        ),
    ],
)
def test_a_factory_that_fails_is_told_in_a_sentence(tmp_path: Path, text: str, name: str, said: str) -> None:
    file = made_in(tmp_path, text)
    with pytest.raises(StriateError) as caught:
        inspect(f"{file}:{name}", (3, 8, 8))
    assert str(caught.value) == said.format(file=file)


def test_a_python_file_that_is_not_there() -> None:
    with pytest.raises(ArgumentError) as caught:
        inspect("nowhere/my.py:make", (3, 8, 8))
    assert str(caught.value) == ("there is no file nowhere/my.py: name a Python file, as in my.py:make")


def test_a_path_is_of_a_run(tmp_path: Path) -> None:
    """As predict says of it; the networks there are do not belong there."""
    with pytest.raises(RunError) as caught:
        inspect(str(tmp_path / "none"))
    assert str(caught.value) == (
        f"no run at {tmp_path / 'none'}: expected a folder made by `striate train`; see `ls runs`"
    )


@pytest.mark.parametrize(("name", "shape", "first", "meant"), [
    ("resnet18", "64x64x3", 64, "3x64x64"),
    ("plain", (28, 28, 1), 28, "1x28x28"),
    ("r3d_18", "8x112x112x3", 8, "3x8x112x112"),
])  # fmt: skip
def test_channels_that_stand_last_are_refused(name: str, shape: str, first: int, meant: str) -> None:
    given = shape if isinstance(shape, str) else "x".join(map(str, shape))
    with pytest.raises(ArgumentError) as caught:
        inspect(name, shape)
    assert str(caught.value) == (
        f"{given} would be {first} channels for {name}: channels stand first; for {meant[0]} of them "
        f"say {meant}"
    )


def onnx_of(lengths: list[int | str], path: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    make = onnx.helper
    node = make.make_node("Relu", ["x"], ["y"], name="relu")
    values = [make.make_tensor_value_info(name, 1, lengths) for name in "xy"]
    onnx.save(make.make_model(make.make_graph([node], "g", values[:1], values[1:])), path)
    return path


def test_an_onnx_file_with_open_lengths_asks_for_them(tmp_path: Path) -> None:
    path = onnx_of(["N", 3, "H", "W"], tmp_path / "open.onnx")
    with pytest.raises(ArgumentError, match=r"what does open.onnx take\?"):
        inspect(path)
    assert inspect(path, (3, 8, 8)).input_shape == (1, 3, 8, 8)
    assert inspect(onnx_of(["N", 3, 8, 8], tmp_path / "batch.onnx")).input_shape == (1, 3, 8, 8)


@pytest.mark.parametrize(("lengths", "shown"), [
    ([1, -3, 8], "1x-3x8"),
    ([1, 10**9], "1x1000000000"),
    ([1] * 1000, "1x1x1x1x1x1x1x1…"),
])  # fmt: skip
def test_an_onnx_file_of_impossible_inputs(tmp_path: Path, lengths: list[int | str], shown: str) -> None:
    with pytest.raises(NetworkError) as caught:
        inspect(onnx_of(lengths, tmp_path / "odd.onnx"))
    assert str(caught.value) == (
        f"the file says that its input 'x' has the shape {shown}: an input has at most 8 axes of 1 to "
        "16,777,216 positions"
    )


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors", ".txt", ""])
def test_a_file_that_is_no_network_is_told_as_a_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"PK")
    with pytest.raises(ArgumentError) as told:
        inspect(path)
    assert str(told.value) == (
        f"{path} is no file that a network is read from: give a .onnx or .pt2 file, a run folder, or a "
        "function that loads it, as in my.py:make"
    )


def test_a_python_file_alone_is_asked_what_makes_the_network(tmp_path: Path) -> None:
    path = tmp_path / "my.py"
    path.write_text("")
    with pytest.raises(ArgumentError) as told:
        inspect(path)
    assert str(told.value) == (
        f"{path} is a file of Python: say also what in it makes the network, as in {path}:make"
    )


@pytest.mark.filterwarnings("ignore")
def test_what_does_not_fit_an_archive_is_one_line(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    path = exported(network, torch.rand(1, 3, 8, 8), tmp_path / "small.pt2")
    with pytest.raises(NetworkError, match="it expects 3 input channels, not 5") as told:
        inspect(path, (5, 8, 8))
    assert "\n" not in str(told.value)
