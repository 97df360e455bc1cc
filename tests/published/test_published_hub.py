"""Weights in repositories of the hub: by hand, from a server in its place, and where they cannot be had."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from striate import build, predict
from striate.errors import ArgumentError, MissingExtraError, NetworkError, WeightsError
from striate.models.layouts import LAYOUTS
from striate.published import hub
from striate.published.files import kept_in
from striate.published.hub import hub_weights
from striate.published.network import published_network
from striate.training.requested import requested

ADDRESS = "hf://someone/small.net_in1k"
SEEN = {
    "input_size": [3, 64, 64],
    "crop_pct": 0.8,
    "mean": [0.5, 0.4, 0.3],
    "std": [0.2, 0.25, 0.3],
    "interpolation": "bicubic",
}
NAMES = ["oak", "ash", "elm"]
CONFIG: dict[str, Any] = {
    "architecture": "squeezenet1_1",
    "num_classes": 3,
    "label_names": NAMES,
    "pretrained_cfg": SEEN,
}


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return build("squeezenet1_1", classes=3).eval()


@pytest.fixture
def files(network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A repository's, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    save_file(network.state_dict(), tmp_path / "m.safetensors")
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "model.safetensors": (tmp_path / "m.safetensors").read_bytes(),
    }


Put = Callable[..., Path]


@pytest.fixture
def by_hand(files: dict[str, bytes]) -> Put:
    """Puts the repository where the sentences say, with other words in its config."""

    def put(**changes: Any) -> Path:
        folder = kept_in() / "hub" / "someone" / "small.net_in1k"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}), encoding="utf-8")
        return folder

    return put


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    path = tmp_path / "photograph.png"
    Image.fromarray(pixels).resize((80, 80)).save(path)
    return path


def test_what_the_repository_says_is_what_the_network_sees(
    by_hand: Put, network: nn.Module, photograph: Path
) -> None:
    """A crop of 0.8 of 80 pixels is the middle 64, nothing resized."""
    by_hand()
    found = predict(ADDRESS, [photograph], all_classes=True)
    pixels = np.asarray(Image.open(photograph))[8:72, 8:72].astype(np.float32) / 255
    inputs = torch.from_numpy(((pixels - SEEN["mean"]) / SEEN["std"]).transpose(2, 0, 1)[None]).float()
    with torch.no_grad():
        wanted = functional.softmax(network(inputs)[0], dim=0)
    told = dict(zip(found.images[0].classes, found.images[0].probabilities, strict=True))
    assert [told[name] for name in NAMES] == pytest.approx(wanted.tolist(), abs=1e-5)
    assert "its publisher resizes pictures by bicubic interpolation, here it is bilinear" in found.about


def test_a_training_begins_from_it(by_hand: Put) -> None:
    folder = by_hand()
    asked = requested("digits", {"weights": ADDRESS}).network
    assert (asked.backbone, asked.weights) == ("squeezenet1_1", folder / "model.safetensors")
    assert asked.weights_mean == (127.5, 102.0, 76.5)
    pixels = {"weights_mean": (1.0,), "weights_std": (2.0,)}
    assert requested("digits", {"weights": ADDRESS, **pixels}).network.weights_mean == (1.0,)


def test_what_is_not_ours_is_timms(by_hand: Put, monkeypatch: pytest.MonkeyPatch, network: nn.Module) -> None:
    """A module of its form stands in for the package."""
    by_hand(architecture="other")
    made = SimpleNamespace(create_model=lambda name, num_classes, in_chans: build("squeezenet1_1", classes=3))
    monkeypatch.setitem(sys.modules, "timm", made)
    found = published_network(ADDRESS)
    assert found.weights.network == "timm:other"
    assert all(
        torch.equal(one, other)
        for one, other in zip(found.network.parameters(), network.parameters(), strict=True)
    )


def test_what_timm_calls_otherwise_is_ours(by_hand: Put) -> None:
    """Without timm: its MobileNetV2 has our layers under its names."""
    torch.manual_seed(0)
    ours = build("mobilenet_v2", classes=3).eval()
    theirs = LAYOUTS["timm"][0].names(ours.state_dict())
    folder = by_hand(architecture="mobilenetv2_100")
    save_file({theirs[name]: one for name, one in ours.state_dict().items()}, folder / "model.safetensors")
    found = published_network(ADDRESS)
    assert found.weights.network == "mobilenet_v2"
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(found.network(image), ours(image))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"architecture": None},
            "config.json of {} does not say which architecture its weights are of: name a",
        ),
        ({"num_classes": -1}, "config.json of {} says of its weights what cannot be: give a file"),
        ({"pretrained_cfg": {"crop_pct": 0}}, "config.json of {} says of its weights what cannot be"),
        ({"pretrained_cfg": {"mean": [1]}}, "config.json of {} says of its weights what cannot be"),
        ({"pretrained_cfg": {"input_size": 3}}, "config.json of {} says of its weights what cannot be"),
        ({"pretrained_cfg": []}, "config.json of {} does not say which architecture"),
    ],
)
def test_configs_that_do_not_say_it(by_hand: Put, changes: dict[str, Any], said: str) -> None:
    by_hand(**changes)
    with pytest.raises(WeightsError) as raised:
        hub_weights(ADDRESS)
    assert str(raised.value).startswith(said.format(ADDRESS))


def test_what_does_not_fit_together(by_hand: Put) -> None:
    by_hand()
    with pytest.raises(WeightsError) as raised:
        published_network("resnet18", ADDRESS)
    assert str(raised.value) == f"{ADDRESS} holds weights of squeezenet1_1: give those of resnet18"
    with pytest.raises(ArgumentError) as refused:
        published_network(ADDRESS, "imagenet")
    assert str(refused.value) == (
        f"{ADDRESS} has weights of its own; --weights goes with the name of a network"
    )
    with pytest.raises(ArgumentError) as refused:
        hub_weights("hf://resnet18")
    assert str(refused.value) == (
        "hf://resnet18 names no repository: write hf://owner/name, as hf://timm/resnet18.a1_in1k"
    )


def test_without_the_package(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as raised:
        hub_weights(ADDRESS)
    assert str(raised.value) == f"fetching {ADDRESS} needs the extra 'hub': pip install 'striate[hub]'"


@pytest.fixture
def server(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """In the place of the hub; what it was asked for."""
    pytest.importorskip("huggingface_hub", reason="needs the extra hub")
    constants = import_module("huggingface_hub.constants")
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self.wfile.write(self._answer())

        def _answer(self) -> bytes:
            owner, name, _, revision, file = self.path.strip("/").split("/")
            known = (owner, name, revision) == ("someone", "small.net_in1k", "main")
            content = files.get(file) if known else None
            asked.append(file)
            self.send_response(200 if content is not None else 404)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("ETag", f'"{file}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            return content or b""

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{served.server_port}")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield asked
        served.shutdown()


def test_fetched_once_then_offline(server: list[str]) -> None:
    fetched = hub_weights(ADDRESS)
    assert fetched.labels == tuple(NAMES)
    asked = len(server)
    assert hub_weights(ADDRESS, offline=True) == fetched
    assert len(server) == asked


def test_what_is_not_there(server: list[str], files: dict[str, bytes]) -> None:
    place = kept_in() / "hub" / "someone"
    hand = "put the repository's config.json and model.safetensors into {} by hand"
    with pytest.raises(WeightsError) as raised:
        hub_weights(ADDRESS, offline=True)
    assert str(raised.value) == (
        f"config.json of {ADDRESS} is not here, and nothing is fetched offline: "
        f"{hand.format(place / 'small.net_in1k')}"
    )
    with pytest.raises(WeightsError) as raised:
        hub_weights("hf://someone/else")
    assert str(raised.value) == (
        "cannot fetch config.json of hf://someone/else (there is no such repository, or it is not public): "
        f"try again later, or {hand.format(place / 'else')}"
    )
    del files["model.safetensors"]
    with pytest.raises(WeightsError) as raised:
        hub_weights(ADDRESS)
    assert str(raised.value) == (
        f"{ADDRESS} has no model.safetensors: name a repository with weights of timm's form"
    )


def test_a_hub_that_does_not_answer(server: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        WeightsError, match=r"cannot fetch config.json of .* \(not reached\): try again later"
    ):
        hub_weights(ADDRESS)


def test_an_address_is_no_network() -> None:
    with pytest.raises(NetworkError) as raised:
        build(ADDRESS, classes=3)
    assert str(raised.value) == (
        f"{ADDRESS} is an address of weights, and a network is asked for: give it with --weights, or to "
        "`striate predict`"
    )
