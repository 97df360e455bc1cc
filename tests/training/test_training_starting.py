"""The network of a training for which none is named: what suits the data, never in silence, never waiting."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from small_clips import write_small_clips
from small_runs import Told, go_on, small_recipe, small_run
from striate import open_data
from striate.data import ImageData
from striate.errors import ArgumentError, NetworkError, WeightsError
from striate.published.files import kept_in
from striate.runs import read_record
from striate.training import starting
from striate.training.request import NetworkOptions, Request
from striate.training.requested import requested
from striate.training.starting import with_backbone
from weight_server import NETWORK, Publisher, publish, serving, small_weights

BY_HAND = "(--backbone names another)"


def pictures(folder: Path, side: int, channels: int, each: int = 12) -> Path:
    """Two classes of noise, as arrays."""
    pixels = np.random.default_rng(side).integers(0, 256, (2 * each, side, side, channels), dtype=np.uint8)
    path = folder / f"pictures{side}.npz"
    np.savez(path, images=pixels, labels=np.arange(2 * each) % 2)
    return path


@pytest.fixture
def at_hand(tmp_path: Path) -> Callable[[int, int], ImageData]:
    return lambda side, channels: open_data(pictures(tmp_path, side, channels), workers=0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_weights(tmp_path_factory.mktemp("published"))


@pytest.fixture
def publisher(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    """A server with weights for photographs, of a smaller network, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(starting, "FOR_PHOTOGRAPHS", NETWORK)
    monkeypatch.delenv("CI")
    known = Publisher({weights.name: weights.read_bytes()})
    with serving(known):
        publish(monkeypatch, weights.name, known.address)
        yield known


@pytest.mark.parametrize(
    ("side", "channels", "backbone", "said"),
    [
        (8, 1, "plain", "backbone plain: the pictures are grey"),
        (96, 1, "plain", "backbone plain: the pictures are grey"),
        (15, 3, "plain", "backbone plain: the pictures have less than 16 pixels"),
        (16, 3, "fast", "backbone fast of widths 32 64 128: colour pictures of less than 64 pixels"),
        (63, 3, "fast", "backbone fast of widths 32 64 128: colour pictures of less than 64 pixels"),
    ],
)
def test_small_and_grey_pictures(
    at_hand: Callable[[int, int], ImageData], side: int, channels: int, backbone: str, said: str
) -> None:
    request, note = with_backbone(Request("x"), at_hand(side, channels))
    assert (request.network.backbone, note) == (backbone, f"{said} {BY_HAND}")


def test_options_say_which_network_is_meant(at_hand: Callable[[int, int], ImageData]) -> None:
    small, large = at_hand(32, 3), at_hand(64, 3)
    for data in (small, large):
        request, note = with_backbone(Request("x", options={"hidden": (4,)}), data)
        assert request.network.backbone == "plain"
        assert note == f"backbone plain: the options given are its own {BY_HAND}"
        request, _ = with_backbone(Request("x", options={"widths": (4, 8)}), data)
        assert (request.network.backbone, request.options) == ("fast", {"widths": (4, 8)})


def test_a_network_that_is_named_stays(at_hand: Callable[[int, int], ImageData]) -> None:
    asked = Request("x", network=NetworkOptions("resnet18"))
    assert with_backbone(asked, at_hand(16, 3)) == (asked, None)


def test_clips(tmp_path: Path) -> None:
    clips = open_data(write_small_clips(tmp_path))
    request, note = with_backbone(Request("x"), clips)
    assert (request.network.backbone, request.network.weights) == ("plain", None)
    assert note == f"backbone plain: the usual one for clips {BY_HAND}"


def test_photographs_start_from_published_weights(
    tmp_path: Path, publisher: Publisher, weights: Path
) -> None:
    told = Told()
    data = pictures(tmp_path, 64, 3)
    recipe = small_recipe(epochs=1, learning_rate=1e-4, batch_size=8)
    run = small_run(tmp_path / "run", recipe, data=data, options=None, reporter=told)
    said = (
        f"backbone {NETWORK}, from the published weights {weights.name}: colour pictures of 64 pixels and "
        "more (--from-scratch: fast, without them)"
    )
    assert said in told.lines
    record = read_record(run.path)
    assert record["choice"] == said
    assert record["network"]["backbone"] == NETWORK
    assert record["weights"] == str(kept_in() / weights.name)
    assert set(publisher.asked) == {weights.name}
    assert any("ImageNet's mean" in line for line in told.lines)


def test_photographs_without_weights(
    at_hand: Callable[[int, int], ImageData],
    publisher: Publisher,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = at_hand(80, 3)  # seen at 64 pixels
    hand = (
        f"put it into {kept_in()} by hand ({publisher.address}{weights.name}), or name a file with --weights"
    )
    start = "backbone fast of widths 32 64 128: colour pictures of 64 pixels and more, from scratch"

    def note(**asked: bool) -> str | None:
        request, note = with_backbone(Request("x", network=NetworkOptions(**asked)), data)
        assert (request.network.backbone, request.network.weights) == ("fast", None)
        return note

    cannot = f"{start} as published weights cannot be had: {weights.name} is not here, and"
    assert note(from_scratch=True) == f"{start} as asked {BY_HAND}"
    monkeypatch.setenv("CI", "true")
    assert note() == f"{cannot} nothing is fetched in CI unasked: {hand} {BY_HAND}"
    monkeypatch.delenv("CI")
    monkeypatch.setenv("STRIATE_OFFLINE", "1")
    assert note() == f"{cannot} nothing is fetched offline: {hand} {BY_HAND}"
    monkeypatch.delenv("STRIATE_OFFLINE")
    assert publisher.asked == []
    publisher.files.clear()
    assert note() == f"{cannot} its publisher does not answer: {hand} {BY_HAND}"


def test_a_publisher_that_is_silent_is_not_waited_for(
    at_hand: Callable[[int, int], ImageData],
    publisher: Publisher,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("striate.published.files.AT_ONCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("STRIATE_WEIGHTS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        _, note = with_backbone(Request("x"), at_hand(64, 3))
    assert "its publisher does not answer" in (note or "")
    monkeypatch.setattr("striate.downloading._opens", lambda *_: time.sleep(5))  # as looking up a name may
    _, note = with_backbone(Request("x"), at_hand(64, 3))
    assert "its publisher does not answer" in (note or "")


def test_weights_say_which_network_is_theirs(
    at_hand: Callable[[int, int], ImageData],
    publisher: Publisher,
    weights: Path,
) -> None:
    small = at_hand(32, 3)
    request, note = with_backbone(Request("x", network=NetworkOptions(weights=weights)), small)
    assert (request.network.backbone, note) == (NETWORK, f"backbone {NETWORK}: that of {weights} {BY_HAND}")


def test_a_run_is_learnt_further(tmp_path: Path, small_set: Path) -> None:
    first = small_run(tmp_path / "one", small_recipe(epochs=1), data=small_set).path
    told = Told()
    again = small_run(
        tmp_path / "two", small_recipe(epochs=1), data=small_set, options=None, weights=first, reporter=told
    )
    assert f"backbone plain: that of {first} {BY_HAND}" in told.lines
    assert read_record(again.path)["network"] == read_record(first)["network"]


def test_what_cannot_be(tmp_path: Path, small_set: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        small_run(tmp_path / "run", data=small_set, weights="a.pth", from_scratch=True)
    assert str(caught.value) == "from_scratch takes no weights, and weights names some: give one of them"
    with pytest.raises(NetworkError) as unknown:
        small_run(tmp_path / "run", data=small_set, options={"widht": 3})
    assert "widht" in str(unknown.value)
    run = small_run(tmp_path / "done", small_recipe(epochs=1), data=small_set).path
    with pytest.raises(ArgumentError) as refused:
        go_on(run, from_scratch=True)
    assert str(refused.value) == (
        "a training goes on exactly as it began, so --resume takes no from_scratch: leave it out, or start a "
        "new run"
    )


def test_offline_fetches_nothing(publisher: Publisher, at_hand: Callable[[int, int], ImageData]) -> None:
    asked = Request("photographs", network=NetworkOptions(offline=True))
    chosen, note = with_backbone(asked, at_hand(64, 3))
    assert chosen.network.backbone == "fast"
    assert "is not here, and nothing is fetched offline" in str(note)
    with pytest.raises(WeightsError, match="is not here, and nothing is fetched offline"):
        requested("digits", {"backbone": NETWORK, "weights": "imagenet", "offline": True})
    assert publisher.asked == []
