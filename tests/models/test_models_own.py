"""Networks of one's own: named, called with what they take, refused in a sentence, found again by a run."""

import json
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from small_runs import At, go_on, small_recipe, small_run
from striate import build, compare, evaluate, explain, load, predict, train
from striate.errors import NetworkError, StriateError
from striate.models import NetworkSpec, options
from striate.models.building import short_name
from striate.models.own import builder, name_of
from striate.models.own_scores import refuse_script
from striate.own_source import Source

FILE = """
    import torch
    from torch import nn

    def make(classes, channels=3, width=4):
        return nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes),
        )

    class Net(nn.Module):
        def __init__(self, num_classes, in_channels, image_size):
            super().__init__()
            height, width = image_size
            self.fc = nn.Linear(in_channels * height * width, num_classes)

        def forward(self, x):
            return self.fc(x.flatten(1))

    def fixed():
        return make(10, 1)

    def needs(classes, depth):
        return make(classes)

    def fails(classes):
        raise KeyError("weights")

    def gives(classes):
        return "a network"

    def compiled(classes):
        found = nn.Module()
        found._orig_mod = make(classes, 1)
        return found

    class Auxiliary(Net):
        def forward(self, x):
            return (super().forward(x), x) if self.training else super().forward(x)

    class Frozen(Net):
        def __init__(self, num_classes, in_channels, image_size, bias=True):
            super().__init__(num_classes, in_channels, image_size)
            nn.init.constant_(self.fc.weight, 0.25).requires_grad_(False)
            nn.init.zeros_(self.fc.bias).requires_grad_(bias)

    def hands_on(*, weights=None, progress=True, **given):
        return Net(in_channels=1, image_size=(8, 8), **given)

    def hands_nothing_on(**given):
        return make(10, 1, **given)

    network = make(10, 1)
    number = 5
"""


@pytest.fixture
def here(away: Path) -> Path:
    """A current folder with my.py in it."""
    (away / "my.py").write_text(dedent(FILE))
    return away


@pytest.mark.parametrize("where", ["my.py", "my"])
def test_a_function_is_called_with_what_it_takes(here: Path, where: str) -> None:
    sys.modules.pop("my", None)
    network = build(f"{where}:make", classes=5, channels=1, size=(9, 7), width=6)
    assert network(torch.zeros(2, 1, 9, 7)).shape == (2, 5)
    assert options(f"{where}:make") == {"width": 4}
    assert build(f"{where}:hands_on", classes=3, channels=1, size=8).fc.out_features == 3
    assert build(f"{where}:hands_nothing_on", classes=10, channels=1, size=8)[6].out_features == 10
    shaped = build(f"{where}:Net", classes=3, channels=2, size=(4, 5))
    assert shaped.fc.weight.shape == (3, 40)
    assert build(f"{where}:fixed", classes=10, channels=1, size=8)(torch.zeros(1, 1, 8, 8)).shape == (1, 10)
    assert build(f"{where}:network", classes=10, channels=1, size=8)[0].out_channels == 4


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere.py:make", "there is no file nowhere.py to take nowhere.py:make from: name a Python file or "
         "an importable module, as in my.py:make"),
        ("no_such_module:make", "there is no module no_such_module to take no_such_module:make from: name "
         "a Python file or an importable module, as in my.py:make"),
        ("my.py:mak", "unknown name in my.py 'mak': did you mean 'make'? Known: Auxiliary, Frozen, "
         "Net, compiled, fails, fixed, gives, "
         "hands_nothing_on, hands_on, make, needs, network"),
        ("my.py:number", "my.py:number should give a torch.nn.Module; it is of type int"),
        ("my.py:needs", "my.py:needs needs depth, which nobody gives it: give it a default, as in "
         "def needs(classes, depth=…)"),
        ("my.py:fails", "my.py:fails, called with classes=7, failed: KeyError: 'weights'"),
        ("my.py:gives", "my.py:gives should give a torch.nn.Module; it gave str"),
        ("my.py:fixed", "my.py:fixed fails on a picture of 1×3×8×8: RuntimeError: Given groups=1, weight of "
         "size [4, 1, 3, 3], expected input[1, 3, 8, 8] to have 1 channels, but got 3 channels instead"),
        ("plan", "unknown backbone 'plan': did you mean 'plain'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(here: Path, name: str, sentence: str) -> None:
    with pytest.raises(StriateError) as refused:
        build(name, classes=7, channels=3, size=8)
    said = str(refused.value)
    assert said == sentence or (name == "plan" and said.startswith(sentence))
    assert name != "plan" or said.endswith("; or name your own, as in my.py:make")


def test_other_scores_than_classes_are_refused(here: Path) -> None:
    with pytest.raises(NetworkError) as refused:
        build("my.py:fixed", classes=7, channels=1, size=8)
    assert str(refused.value) == (
        "my.py:fixed gives 1×10 for a picture of 1×1×8×8, where a score for each of 7 classes is needed, 1×7"
        ": let it take their number, as in def fixed(classes)"
    )


def test_the_check_draws_nothing(here: Path) -> None:
    (here / "my.py").write_text(
        "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    def __init__(self, classes):\n"
        "        super().__init__()\n        self.fc = nn.Linear(4, classes)\n\n"
        "    def forward(self, x):\n        return self.fc(x.mean((2, 3))[:, [0] * 4] + torch.rand(4))\n"
    )
    torch.manual_seed(3)
    expected = torch.nn.Linear(4, 2), torch.rand(3)
    torch.manual_seed(3)
    network = build("my.py:Net", classes=2, channels=1, size=4)
    assert torch.equal(network.fc.weight, expected[0].weight)
    assert torch.equal(torch.rand(3), expected[1])


@pytest.mark.parametrize("time", ["2d", "tsm", "3d", "2plus1d", "gru"])
def test_ways_through_time(here: Path, time: str) -> None:
    network = build("my.py:make", classes=3, channels=1, size=8, time=time)
    assert network(torch.zeros(1, 1, 4, 8, 8)).shape == (1, 3)


def test_a_run_of_it_is_opened_everywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train("digits", recipe=small_recipe(epochs=1), backbone="my.py:make", options={"width": 8}).path
    assert run == Path("runs/digits-make")
    run = run.absolute()
    described = json.loads((run / "run.json").read_text())["network"]
    assert described["backbone"] == "my.py:make"
    assert described["source"] == {"file": str(here / "my.py"), "sha256": Source.of("my.py:make").sha256}
    folder = here / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    picture = folder / "one.png"
    Image.new("L", (8, 8), 200).save(picture)
    found = predict(run, [picture]).images[0]
    scores = load(run)
    assert isinstance(scores, nn.Sequential)
    assert scores[0].out_channels == 8
    assert evaluate(run).scores.images == 359
    assert explain(run, picture).to_json()
    assert 0 < found.probabilities[0] <= 1


def test_what_has_gone_changed_or_come_from_a_stranger_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train("digits", recipe=small_recipe(epochs=1), backbone="my.py:make").path
    text, file = (here / "my.py").read_text(), here / "my.py"
    begins = f"the network of {run} cannot be built: it "
    digest = Source.of("my.py:make").sha256

    def refusal() -> str:
        with pytest.raises(StriateError) as refused:
            load(run)
        return str(refused.value).removeprefix(begins)

    file.write_text(text + "# changed\n")
    assert refusal() == (
        f"comes from my.py:make, and {file} has changed since the run began: put the file back as it was (its"
        f" SHA-256 began with {digest[:12]})"
    )
    file.unlink()
    assert refusal() == f"comes from my.py:make, and there is no {file}: put the file back"
    file.write_text(text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "another machine"))
    assert refusal() == (
        f"is code, {file}:make, that nobody has run here yet: read it, name it once (`striate inspect "
        f"{file}:make --input 3x64x64`), then open the run again"
    )
    builder(f"{file}:make")
    assert load(run)


def test_a_trusted_file_vouches_for_no_other(here: Path) -> None:
    """A record that names one file and means another runs neither that nor the packages it is in."""
    trusted = NetworkSpec("my.py:make", 10, 1, 8).to_json()
    evil = here / "evil_package"
    evil.mkdir()
    for name in ("__init__", "net"):
        (evil / f"{name}.py").write_text("raise SystemExit('ran')")
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_json(trusted | {"backbone": "evil_package.net:make"})
    assert str(refused.value) == (
        f"it comes from evil_package.net:make in {here / 'my.py'}, and that name now means another "
        "file: stand in the folder that you trained in"
    )


def test_a_record_without_a_source_runs_nothing(here: Path) -> None:
    described = NetworkSpec("my.py:make", 10, 1, 8).to_json() | {"source": None}
    (here / "my.py").write_text("raise SystemExit('ran')")
    with pytest.raises(NetworkError, match=r"my\.py:make is somebody's own, and the record lacks its source"):
        NetworkSpec.from_json(described)


class Small(nn.Module):
    """At the top of a file."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A score a class."""
        scores: torch.Tensor = self.fc(x.flatten(1))
        return scores


def test_a_class_a_function_and_a_module_in_python(away: Path) -> None:
    assert name_of(Small) == f"{__name__}:Small"
    assert build(name_of(Small), classes=4, channels=1, size=8).fc.out_features == 4
    with pytest.raises(NetworkError) as refused:
        name_of(lambda classes: Small(classes))
    assert str(refused.value) == (
        "test_a_class_a_function_and_a_module_in_python.<locals>.<lambda> cannot be found again by another "
        "process: give a function or class that stands at the top of a file, or its name, as in my.py:make"
    )
    mine = Small(10)
    before = mine.fc.weight.detach().clone()
    run = train("digits", recipe=small_recipe(epochs=1), backbone=mine)
    assert torch.equal(mine.fc.weight, before)
    assert run.path.name == "digits-Small"
    assert evaluate(run.path).scores.images == 359


def test_what_its_maker_has_frozen_stays_so(here: Path) -> None:
    asked = {"backbone": "my.py:Frozen", "recipe": small_recipe(epochs=1)}
    network = load(small_run(here / "run", options={}, **asked).path)
    assert (network.fc.weight == 0.25).all()
    assert network.fc.bias.any()
    with pytest.raises(StriateError) as refused:
        small_run(here / "none", options={"bias": False}, **asked)
    assert str(refused.value) == "Frozen has no parameters that learn: give a network of which some do"


def test_auxiliary_scores_are_refused_before_the_first_step(here: Path) -> None:
    with pytest.raises(NetworkError) as refused:
        small_run(here / "run", small_recipe(epochs=1), backbone="my.py:Auxiliary", options={})
    assert str(refused.value) == (
        "Auxiliary gives tuple in training, where one score for each class is needed, as in evaluation: "
        "leave its auxiliary scores out, as with aux_logits=False"
    )
    assert not (here / "run").exists()


def test_what_is_compiled_is_taken_as_it_was(here: Path) -> None:
    """The form that `torch.compile` gives; loading the compiler takes seconds."""
    compiled = nn.Module()
    compiled._orig_mod = nn.Sequential(nn.Flatten())
    assert isinstance(builder(name_of(compiled))(3), nn.Sequential)
    assert isinstance(build("my.py:compiled", classes=3, channels=1, size=8), nn.Sequential)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
def test_script_is_refused(away: Path) -> None:
    scripted = torch.jit.trace(nn.Linear(4, 2), torch.zeros(1, 4))
    with pytest.raises(NetworkError) as refused:
        refuse_script("my.py:make", nn.Sequential(scripted))
    assert str(refused.value) == (
        "my.py:make holds TorchScript, which is for looking at (`striate inspect`): give the module that it "
        "was made of"
    )


def test_a_module_is_not_there_in_another_process(away: Path) -> None:
    with pytest.raises(NetworkError) as refused:
        build("module:Gone", classes=3, channels=1)
    assert str(refused.value) == (
        "this network was given as a module in Python, of class Gone, and is not kept anywhere else: give a "
        "function that makes it instead, such as backbone='my.py:make'"
    )


def test_interrupted_and_gone_on_with(here: Path) -> None:
    recipe = small_recipe(epochs=2)
    whole = small_run(here / "whole", recipe, backbone="my.py:make", options={})
    stopped = small_run(here / "stopped", recipe, backbone="my.py:make", options={}, reporter=At(9))
    assert stopped.status == "stopped"
    assert go_on(stopped.path).status == "finished"
    ours, theirs = load(whole.path).state_dict(), load(stopped.path).state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_compared(here: Path, small_clips: Path) -> None:
    table = compare(small_clips, ("2d", "tsm"), backbone="my.py:make", seeds=1, epochs=1, size=16, frames=4)
    assert [row.backbone for row in table.rows] == ["my.py:make"] * 2
    assert table.rows[0].macs == table.rows[1].macs


class OfTimm(nn.Module):
    """A network of timm's form: its parts, its names, and what its factory hands it."""

    def __init__(self, num_classes: int = 1000, in_chans: int = 3, drop_rate: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_chans, 4, 3, stride=2, padding=1, bias=False)
        self.bn1, self.act1 = nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        self.global_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1))
        self.drop_rate, self.fc = drop_rate, nn.Linear(4, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        seen: Tensor = self.act1(self.bn1(self.conv1(x)))
        return seen

    def forward(self, x: Tensor) -> Tensor:
        seen = self.global_pool(self.forward_features(x))
        return self.fc(nn.functional.dropout(seen, self.drop_rate, self.training))  # type: ignore[no-any-return]


class OfPatches(OfTimm):
    """One that is made for pictures of one size, and asks for it."""

    def __init__(self, img_size: tuple[int, int] = (224, 224), **given: Any) -> None:
        super().__init__(**given)
        self.img_size = img_size


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of timm's form in the package's place, whose names of networks are these two."""

    def create_model(name: str, **given: Any) -> nn.Module:
        known = {"small": OfTimm, "patches": OfPatches}
        if name not in known:
            raise RuntimeError(f"Unknown model ({name})")
        return known[name](**given)

    stand_in = ModuleType("timm")
    monkeypatch.setattr(stand_in, "create_model", create_model, raising=False)
    monkeypatch.setitem(sys.modules, "timm", stand_in)


@pytest.mark.usefixtures("timm")
def test_timm_is_called_as_its_own_factory_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a size, where the network asks for one; without the package a sentence."""
    network = build("timm:small", classes=4, channels=1, size=8, drop_rate=0.2)
    assert (network.fc.out_features, network.conv1.in_channels, network.drop_rate) == (4, 1, 0.2)
    assert build("timm:patches", classes=4, size=(8, 6)).img_size == (8, 6)
    assert build("timm:patches", classes=4).img_size == (224, 224)
    with pytest.raises(NetworkError) as refused:
        build("timm:smal", classes=4, size=8)
    assert str(refused.value) == (
        "timm:smal, called with num_classes=4, in_chans=3, img_size=(8, 8), failed: RuntimeError: Unknown "
        "model (smal)"
    )
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(NetworkError) as refused:
        build("timm:small", classes=4, channels=1, size=8)
    assert str(refused.value).startswith("timm:small needs the package timm (")
    assert str(refused.value).endswith("): pip install 'striate[timm]'")


@pytest.mark.usefixtures("timm")
def test_a_network_of_timms_is_trained_resumed_explained_and_compared(away: Path) -> None:
    asked = {"backbone": "timm:small", "options": {"drop_rate": 0.1}}
    stopped = small_run(away / "run", small_recipe(epochs=2), on_epoch_end=lambda row: False, **asked)
    assert (stopped.status, go_on(stopped.path).status) == ("stopped", "finished")
    whole = small_run(away / "whole", small_recipe(epochs=2), **asked)
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(load(stopped.path)(images), load(whole.path)(images))
    found = explain(whole.path, "digits/test/3", layer="conv1", weight=(1, 0, 1, 1))
    assert found.checks()
    other = small_run(away / "other", small_recipe(epochs=2))
    assert [row.backbone for row in compare(runs=[whole.path, other.path]).rows] == ["timm:small", "plain"]


def test_short_names() -> None:
    assert [short_name(name) for name in ("plain", "a/my.py:make", "timm:resnet26")] == [
        "plain",
        "make",
        "resnet26",
    ]
