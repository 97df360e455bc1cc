"""A training from outside: its folder, its record, what it says, what it keeps."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from small_runs import STEPS, TINY, Told, assert_equal, go_on, small_recipe, small_run, state_of, write_idx
from striate import __version__, evaluate, load, open_data, runs
from striate.errors import ArgumentError, NetworkError, RunError, WeightsError
from striate.models import build
from striate.training.presets import Facts
from striate.training.recipe import Recipe
from striate.training.train import Run, train

quick = pytest.mark.usefixtures("quick")


def test_the_folder_can_be_read_without_striate(digits_run: Run) -> None:
    record = json.loads((digits_run.path / "run.json").read_text())
    assert record["format"] == 3
    assert record["striate"] == __version__
    assert record["status"] == "finished"
    assert 0.8 < record["results"]["test"]["top1"] <= 1
    assert record["results"]["test"]["images"] == 359
    assert record["classes"] == list("0123456789")
    assert record["network"]["backbone"] == "plain"
    assert record["recipe"]["epochs"] == 8
    assert record["machine"]["torch"] == torch.__version__
    assert record["seed"] == 0
    weights = load_file(digits_run.path / "model.safetensors")
    assert weights.keys() == load(digits_run.path).state_dict().keys()
    checkpoint = torch.load(digits_run.path / "checkpoint.pt", weights_only=True)
    assert checkpoint["position"]["step"] == 8 * 39
    rows = [json.loads(line) for line in (digits_run.path / "history.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == list(range(1, 9))


@pytest.mark.usefixtures("quick", "drawn")
def test_its_pictures_are_drawn(tmp_path: Path, small_set: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(epochs=1), data=small_set)
    assert run.pictures == (run.path / "curves.png", run.path / "confusion.png")
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in run.pictures)


def test_the_result_as_json(digits_run: Run) -> None:
    content = json.loads(json.dumps(digits_run.to_json(), allow_nan=False))
    assert content["run"] == str(digits_run.path)
    assert content["parameters"] == sum(p.numel() for p in load(digits_run.path).parameters())
    assert content["test"]["top1"] == runs.read_record(digits_run.path)["results"]["test"]["top1"]


def test_the_weights_kept_are_those_of_the_epoch_named(digits_run: Run) -> None:
    rows = runs.read_history(digits_run.path)
    kept = [row["epoch"] for row in rows if row["best"]][-1]
    assert kept == digits_run.best_epoch
    assert evaluate(digits_run.path, split="val").scores.top1 == rows[kept - 1]["val_top1"]


@quick
def test_worse_weights_are_not_kept(tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[dict[str, Any]] = []

    class Watching(Told):
        def epoch(self, row: dict[str, Any]) -> None:
            super().epoch(row)
            kept.append(load_file(tmp_path / "run" / runs.MODEL))

    monkeypatch.setattr("striate.training.loop.Loop._is_best", lambda self, scores, epoch: epoch in (1, 3))
    run = small_run(tmp_path / "run", small_recipe(epochs=4), data=small_set, reporter=Watching())
    assert run.best_epoch == 3
    assert_equal(kept[0], kept[1])
    assert not torch.equal(kept[0]["conv1.weight"], kept[2]["conv1.weight"])
    assert_equal(kept[2], kept[3])
    assert_equal(kept[2], dict(load(run.path).state_dict()))


@quick
def test_everything_that_was_decided_is_said(tmp_path: Path, small_set: Path) -> None:
    told = Told()
    run = small_run(tmp_path / "run", data=small_set, reporter=told)
    data = open_data(small_set)
    assert data.notes
    assert told.lines == [
        *data.notes,
        "backbone plain: the pictures are grey (--backbone names another)",
        "computing in fp32, channels last: as asked",
        "10 classes: 0, 1, 2, 3, …, 8, 9",
        "images: 176 to train, 16 held out to validate, 45 held out to test",
        "images not varied",
        "not mirrored: class '0' may be told by its handedness",
        f"run {tmp_path / 'run'}",
    ]
    assert run.notes == tuple(told.lines[:-1])
    assert told.begun == [(2 * STEPS, 0, 2)]
    assert [row["epoch"] for row in told.rows] == [1, 2]
    assert told.ended == 1


@quick
@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 1e-4},
        {"optimizer": "sgd", "learning_rate": 0.8, "momentum": 0.0, "ema": 0.9, "schedule": "cosine"},
        {"schedule": "cosine", "warmup": 0.0, "clip_norm": 0.5},
        {"ema": 0.0, "class_weights": "on", "label_smoothing": 0.0},
        {"number_format": "bf16"},
    ],
    ids=lambda changes: "-".join(f"{value}" for value in changes.values()),
)
def test_every_way_to_train_learns(tmp_path: Path, small_set: Path, changes: dict[str, Any]) -> None:
    recipe = small_recipe(**{"epochs": 12, "learning_rate": 0.02, **changes})
    run = small_run(tmp_path / "run", recipe, data=small_set)
    assert run.test is not None
    assert run.test.top1 > 0.3  # by chance 0.1
    assert run.number_format == recipe.number_format
    record = runs.read_record(run.path)
    assert Recipe.from_json(record["recipe"]) == recipe
    assert (record["plan"]["class_weights"] is not None) == (recipe.class_weights == "on")
    assert ("average" in torch.load(run.path / runs.CHECKPOINT, weights_only=True)) == (recipe.ema > 0)


@quick
def test_without_an_average_the_network_itself_is_kept(tmp_path: Path, small_set: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(epochs=1, ema=0.0), data=small_set)
    checkpoint = torch.load(run.path / runs.CHECKPOINT, weights_only=True)
    assert_equal(dict(checkpoint["network"]), load_file(run.path / runs.MODEL))


@quick
def test_clipping_and_class_weights_change_what_is_learnt(tmp_path: Path, small_set: Path) -> None:
    plain = small_run(tmp_path / "plain", data=small_set)
    for name, value in (("clip_norm", 0.01), ("class_weights", "on"), ("seed", 1), ("label_smoothing", 0.3)):
        other = small_run(tmp_path / name, small_recipe(**{name: value}), data=small_set)
        assert state_of(other.path)["history"] != state_of(plain.path)["history"], name


@quick
def test_the_same_seed_gives_the_same_and_leaves_no_trace(tmp_path: Path, small_set: Path) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = small_run(tmp_path / "one", data=small_set)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(4)
    other = small_run(tmp_path / "other", data=small_set)
    assert_equal(state_of(one.path), state_of(other.path))


@quick
def test_threads(tmp_path: Path, small_set: Path) -> None:
    before = torch.get_num_threads()
    run = small_run(tmp_path / "run", data=small_set, num_threads=before + 1, reporter=Told())
    assert torch.get_num_threads() == before
    assert runs.read_record(run.path)["machine"]["threads"] == before + 1
    with pytest.raises(ArgumentError, match="threads must be at least 1; got 0"):
        small_run(tmp_path / "none", data=small_set, num_threads=0)


@quick
def test_a_preset_is_asked_what_suits_the_data(tmp_path: Path, small_set: Path) -> None:
    asked: list[Facts] = []

    def preset(facts: Facts) -> Recipe:
        asked.append(facts)
        return small_recipe(epochs=1)

    train(small_set, recipe=preset, options=TINY, out=tmp_path / "run", reporter=Told())
    facts = Facts(images=176, channels=1, size=8, mirror_safe=False, pretrained=False, backbone="plain")
    assert asked == [facts]


@quick
def test_default_folders_are_numbered(away: Path, small_set: Path) -> None:
    first, second = (small_run(None, data=small_set) for _ in range(2))  # type: ignore[arg-type]
    assert (first.path, second.path) == (Path("runs/small-plain"), Path("runs/small-plain-2"))


# Other weights to start from.


@pytest.fixture(scope="module")
def colour_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of colour."""
    folder = tmp_path_factory.mktemp("colours") / "colours"
    folder.mkdir()
    labels = np.arange(60, dtype=np.uint8) % 3
    pixels = np.full((60, 8, 8, 3), 40, np.uint8)
    pixels[np.arange(60), :, :, labels] = 200
    write_idx(folder / "train-images-idx4-ubyte", pixels)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    return folder


@quick
def test_weights_of_a_run_on_other_classes_and_colours(
    tmp_path: Path, digits_run: Run, colour_set: Path, small_set: Path
) -> None:
    told = Told()
    options = {"widths": (8, 16), "hidden": ()}
    colour = small_run(
        tmp_path / "colour", data=colour_set, weights=digits_run.path, options=options, reporter=told
    )
    assert (
        f"conv1: the grey kernels of {digits_run.path} are divided by 3 and repeated, for RGB images"
        in told.lines
    )
    assert f"fc1: a fresh head, as {digits_run.path} knows 10 classes and this network 3" in told.lines
    record = runs.read_record(colour.path)
    known = runs.read_record(digits_run.path)["data"]["normalisation"]
    assert record["data"]["normalisation"] == {"mean": known["mean"] * 3, "std": known["std"] * 3}
    assert record["weights"] == str(digits_run.path)
    grey = small_run(tmp_path / "grey", data=small_set, weights=colour.path, options=options)
    again = runs.read_record(grey.path)["data"]["normalisation"]
    assert [again["mean"], again["std"]] == [pytest.approx(known["mean"]), pytest.approx(known["std"])]


@quick
def test_published_weights_are_normalised_as_imagenet(tmp_path: Path, colour_set: Path) -> None:
    network = build("plain", classes=3, channels=3, size=8, **TINY)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    run = small_run(tmp_path / "run", data=colour_set, weights=tmp_path / "weights.pth")
    assert runs.read_record(run.path)["data"]["normalisation"]["mean"] == [123.675, 116.28, 103.53]


# What is refused, and when.


class Unread(Told):
    def reading(self, done: int, files: int) -> None:
        raise AssertionError("the data were read before the mistake was seen")


def test_mistakes_are_seen_before_the_data_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits_run: Run
) -> None:
    def unread(*words: object, **named: object) -> None:
        raise AssertionError("the data were read before the mistake was seen")

    monkeypatch.setattr("striate.training.setup.open_data", unread)
    mistakes: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (NetworkError, "unknown backbone 'plane': did you mean 'plain'?", {"backbone": "plane"}),
        (NetworkError, "unknown option of plain 'width': did you mean 'widths'?", {"options": {"width": 3}}),
        (WeightsError, "none.pth does not exist", {"weights": "none.pth"}),
        (RunError, f"{digits_run.path} holds a run already: go on with", {"out": digits_run.path}),
        (ArgumentError, "unknown device 'gpu': use auto, cpu, cuda or cuda:1", {"device": "gpu"}),
        (ArgumentError, "device 'mps' is not supported: use auto, cpu, cuda or cuda:1", {"device": "mps"}),
        (ArgumentError, "no device 'cuda:99' here", {"device": "cuda:99"}),
    ]
    for kind, text, words in mistakes:
        with pytest.raises(kind) as caught:
            train("digits", **{"out": tmp_path / "run", **words})
        assert str(caught.value).startswith(text)
    assert not (tmp_path / "run").exists()


@quick
def test_a_folder_that_another_training_holds(tmp_path: Path, small_set: Path) -> None:
    held: list[str] = []

    class Second(Told):
        def step(self, done: int, *rest: float) -> None:
            if done == 1:
                with pytest.raises(RunError) as caught:
                    go_on(tmp_path / "run")
                held.append(str(caught.value))

    small_run(tmp_path / "run", data=small_set, reporter=Second())
    assert len(held) == 1
    assert held[0].endswith(
        f"is writing into {tmp_path / 'run'}: wait for it, or choose another folder with --out"
    )
    assert held[0].startswith("another training (process ")


def test_neither_data_nor_a_run_and_both(digits_run: Run) -> None:
    for words in ({}, {"data": "digits", "resume": digits_run.path}):
        with pytest.raises(ArgumentError) as caught:
            train(**words)
        assert str(caught.value) == "give either data to train on, or --resume with the folder of a run"


def test_a_resumed_training_takes_no_other_arguments(digits_run: Run) -> None:
    with pytest.raises(ArgumentError) as caught:
        train(resume=digits_run.path, recipe=Recipe(epochs=3), backbone="resnet18", size=32)
    assert str(caught.value) == (
        "a training goes on exactly as it began, so --resume takes no backbone or size or epochs: leave it "
        "out, or start a new run"
    )


def test_a_reporter_that_draws_is_ended_when_reading_fails(tmp_path: Path) -> None:
    told = Told()
    with pytest.raises(Exception, match="no folder"):
        train(tmp_path / "nothing", reporter=told)
    assert told.ended == 1


def test_recipes_are_values() -> None:
    assert replace(Recipe(), epochs=3) == Recipe(epochs=3)
