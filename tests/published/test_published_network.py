"""Networks by name: fetched once, checked, asked like a run; every way in which they cannot be had."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from striate import build, evaluate, open_predictor, predict, read_weights
from striate.errors import ArgumentError, NetworkError, RunError, WeightsError
from striate.published import table
from striate.published.files import kept_in
from striate.published.network import published_network
from striate.training.requested import requested
from weight_server import NETWORK, Publisher, publish, serving, small_weights

NAMES = [f"thing {number}" for number in range(1000)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_weights(tmp_path_factory.mktemp("published"))


@pytest.fixture
def publisher(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    """A server that has the weights and the names, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("striate.published.class_names._inside", lambda *_: None)
    known = Publisher({weights.name: weights.read_bytes(), "names.txt": "\n".join(NAMES).encode()})
    with serving(known):
        publish(monkeypatch, weights.name, known.address)
        yield known


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    path = tmp_path / "photograph.png"
    Image.fromarray(pixels).resize((360, 270)).save(path)
    return path


def by_hand(weights: Path, photograph: Path) -> torch.Tensor:
    """As the publisher makes them: the short side to 256 pixels, the middle 224, the colours of ImageNet."""
    network = build(NETWORK, classes=1000).eval()
    network.load_state_dict(read_weights(weights))
    picture = Image.open(photograph).resize((341, 256), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture.crop((58, 16, 58 + 224, 16 + 224))).astype(np.float32) / 255
    pixels = (pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    inputs = torch.from_numpy(pixels.transpose(2, 0, 1)[None]).float()
    with torch.no_grad():
        scores: torch.Tensor = network(inputs)[0]
    return functional.softmax(scores, dim=0)


def test_by_name(publisher: Publisher, weights: Path, photograph: Path) -> None:
    found = predict(NETWORK, [photograph])
    expected = by_hand(weights, photograph)
    (one,) = found.images
    assert one.best == NAMES[int(expected.argmax())]
    assert one.probabilities[0] == pytest.approx(float(expected.max()), rel=0.02)  # resized in one step here
    assert found.notes == (f"weights {kept_in() / weights.name}",)
    assert found.to_json()["notes"] == list(found.notes)
    assert publisher.asked == [weights.name, "names.txt"]
    assert predict(NETWORK, [photograph], offline=True) == found  # both are here now
    assert publisher.asked == [weights.name, "names.txt"]


def test_a_file_by_hand_takes_the_same_path(publisher: Publisher, weights: Path, photograph: Path) -> None:
    found = predict(NETWORK, [photograph], weights=weights)
    number = int(found.images[0].best)
    assert number == int(by_hand(weights, photograph).argmax())
    assert found.notes == (
        f"weights {weights}",
        "classes are told by their numbers, as nobody here knows their names: name a file of them, a name a "
        f"line, with --classes, or put it into {kept_in()} as imagenet_classes.txt",
    )
    assert publisher.asked == []
    kept_in().mkdir(parents=True)
    (kept_in() / "imagenet_classes.txt").write_text("\n".join(NAMES))
    assert predict(NETWORK, [photograph], weights=weights).images[0].best == NAMES[number]
    ask: Any = open_predictor(NETWORK, weights=weights)
    assert ask(photograph).best == NAMES[number]
    assert ask.preprocess.framing.share == 224 / 256


def test_weights_of_other_classes(publisher: Publisher, photograph: Path, tmp_path: Path) -> None:
    """Somebody's own, of the same network: the file says how many classes there are, another names them."""
    torch.save(build(NETWORK, classes=3).state_dict(), tmp_path / "mine.pth")
    (tmp_path / "names.txt").write_text("cat\ndog\ncat\n")
    found = predict(NETWORK, [photograph], weights=tmp_path / "mine.pth", classes=tmp_path / "names.txt")
    assert set(found.images[0].classes) == {"cat (0)", "dog", "cat (2)"}
    with pytest.raises(ArgumentError) as caught:
        predict(NETWORK, [photograph], weights=tmp_path / "mine.pth", classes=photograph.parent / "none.txt")
    assert str(caught.value).startswith(f"cannot read names of classes in {tmp_path / 'none.txt'}: ")
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    with pytest.raises(ArgumentError) as caught:
        predict(NETWORK, [photograph], weights=tmp_path / "mine.pth", classes=tmp_path / "names.txt")
    assert str(caught.value) == (
        f"{tmp_path / 'names.txt'} names 2 classes, and the weights tell 3 apart: give a name each"
    )


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"{number}, thing {number}" for number in range(1000)),
        "\n".join(f"{number}: 'thing {number}'" for number in range(1000)),
        "\n".join(f"n{number:08} thing {number}" for number in range(1000)),
        json.dumps({str(number): [f"n{number:08}", f"thing {number}"] for number in range(1000)}),
        json.dumps(NAMES),
    ],
)
def test_names_in_the_forms_that_are_about(
    publisher: Publisher, weights: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "names").write_text(text)
    assert published_network(NETWORK, weights, classes=tmp_path / "names").classes == tuple(NAMES)


def test_what_another_package_holds(
    publisher: Publisher, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchvision's list is read out of its source; timm's out of two files."""
    package = tmp_path / "package"
    (package / "models").mkdir(parents=True)
    (package / "data" / "_info").mkdir(parents=True)
    source = f"import nothing_that_is_here\n_IMAGENET_CATEGORIES = {NAMES!r}\n"
    (package / "models" / "_meta.py").write_text(source)
    monkeypatch.setattr("striate.published.class_names._inside", lambda name, path: package / path)
    assert published_network(NETWORK, weights).classes == tuple(NAMES)
    (package / "models" / "_meta.py").write_text("")
    synsets = [f"n{number:08}" for number in range(1000)]
    (package / "data" / "_info" / "imagenet_synsets.txt").write_text("\n".join(synsets))
    rows = (f"{synset}\tthing {number}, other" for number, synset in enumerate(synsets))
    (package / "data" / "_info" / "imagenet_synset_to_lemma.txt").write_text("\n".join(rows))
    assert published_network(NETWORK, weights).classes == tuple(NAMES)


def sentence(**asked: Any) -> str:
    with pytest.raises(WeightsError) as caught:
        predict(NETWORK, ["no.png"], **asked)
    return str(caught.value)


def test_what_cannot_be_had(
    publisher: Publisher, weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = f"{publisher.address}{weights.name}"
    hand = f"put it into {kept_in()} by hand ({address}), or name a file with --weights"
    assert sentence(offline=True) == f"{weights.name} is not here, and nothing is fetched offline: {hand}"
    monkeypatch.setenv("STRIATE_OFFLINE", "1")
    assert sentence() == f"{weights.name} is not here, and nothing is fetched offline: {hand}"
    monkeypatch.delenv("STRIATE_OFFLINE")
    content = publisher.files.pop(weights.name)
    assert sentence() == f"cannot fetch {address} (HTTP 404): try again later, or {hand}"
    publisher.files[weights.name] = content[:-1] + b"x"
    assert sentence() == f"cannot fetch {address} (wrong checksum): try again later, or {hand}"
    monkeypatch.setenv("STRIATE_WEIGHTS", "http://127.0.0.1:9")
    there = f"http://127.0.0.1:9/{weights.name}"
    assert sentence() == (
        f"cannot fetch {there} (Connection refused): try again later, or {hand.replace(address, there)}"
    )
    assert not list(kept_in().glob("*.pth"))
    assert sentence(weights="no.pth") == ("there is no file no.pth: give one, or a name of published weights")
    damaged = tmp_path / weights.name
    damaged.write_bytes(content[:-1] + b"x")
    assert sentence(weights=damaged).startswith(f"{damaged} is damaged or another file: its SHA-256 begins")


def test_a_folder_as_publisher(weights: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIATE_WEIGHTS", weights.parent.as_uri())
    assert published_network(NETWORK).file == kept_in() / weights.name
    assert publisher.asked == ["names.txt"]


def test_a_training_starts_from_weights_by_name(publisher: Publisher, weights: Path) -> None:
    def path_of(named: str | Path) -> Path | None:
        return requested("digits", {"backbone": NETWORK, "weights": named}).network.weights

    assert {path_of("imagenet"), path_of("imagenet-v1")} == {kept_in() / weights.name}
    assert path_of(weights) == weights
    assert path_of("kinetics") == Path("kinetics")  # a file, if anything
    assert publisher.asked == [weights.name]


def test_names_that_mean_nothing(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        predict(NETWORK, ["no.png"], weights="imagnet")
    assert str(caught.value) == (
        "unknown weights of squeezenet1_1 'imagnet': did you mean 'imagenet'? Known: imagenet, imagenet-v1"
    )
    with pytest.raises(RunError, match=r"^no run at plain: "):
        predict("plain", ["no.png"])
    with pytest.raises(ArgumentError) as caught:
        predict(tmp_path / "run", ["no.png"], weights="imagenet")
    assert str(caught.value) == (
        f"{tmp_path / 'run'} has weights of its own; --weights goes with the name of a network, "
        "as mobilenet_v2"
    )


def test_weights_of_another_network(publisher: Publisher, tmp_path: Path) -> None:
    torch.save(build("plain", classes=3, size=28).state_dict(), tmp_path / "mine.pth")
    with pytest.raises(NetworkError, match=r"mine\.pth does not fit this network"):
        predict(NETWORK, ["no.png"], weights=tmp_path / "mine.pth")


def test_scored_on_a_folder(publisher: Publisher, weights: Path, photograph: Path, tmp_path: Path) -> None:
    """Classes are matched by name, and pictures are made as the weights want them."""
    best, second = predict(NETWORK, [photograph]).images[0].classes[:2]
    for name in (best, second):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "set" / name / f"{number}.png").write_bytes(photograph.read_bytes())
    found = evaluate(NETWORK, tmp_path / "set", split="all")
    assert found.scores.top1 == 0.5
    expected = predict(NETWORK, [photograph]).images[0].probabilities[0]
    assert found.predictions[0].probabilities[0] == pytest.approx(expected, rel=1e-3)


def test_the_table() -> None:
    """Files are named with a checksum, names tell a network's weights apart, all are of the catalogue."""
    from striate.models import NETWORKS

    keys = [(one.network, one.name) for one in table.WEIGHTS]
    assert len(set(keys)) == len(keys)
    for one in table.WEIGHTS:
        assert one.network in NETWORKS
        assert len(one.checksum) == 8
        assert int(one.checksum, 16)
        assert 0.5 < one.top1 < 0.9
    assert table.published("mobilenet_v2", "imagenet").file == "mobilenet_v2-7ebf99e0.pth"
    assert table.published("mobilenet_v2", "imagenet-v1").file == "mobilenet_v2-b0353104.pth"
