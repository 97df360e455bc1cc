"""A network opened once: the same numbers as `predict`, from every form of a picture, from many threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from small_runs import Told
from striate import load, open_data, open_predictor, predict, train
from striate.algorithms import using_algorithms
from striate.algorithms.algorithm import Geometry
from striate.algorithms.in_network import Choice, Choices
from striate.errors import ArgumentError, RunError
from striate.evaluating.predict_clips import VideoPrediction
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.run_model import open_run
from striate.evaluating.scoring import Normalisation
from striate.training.train import Run


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Test images as files, enlarged."""
    folder = tmp_path_factory.mktemp("digits")
    pixels = open_data("digits").splits["test"].take(range(8)).numpy()[:, 0]
    paths = [folder / f"{number}.png" for number in range(8)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(np.kron(image, np.ones((3, 3), np.uint8))).save(path)
    return paths


def test_the_same_number_as_predict(digits_run: Run, files: list[Path]) -> None:
    ask = open_predictor(digits_run.path)
    assert ask.classes == tuple("0123456789")
    for file in files:
        (expected,) = predict(digits_run.path, [file]).images
        assert ask(file) == ask(str(file)) == expected
        assert ask(Image.open(file)).probabilities == expected.probabilities  # type: ignore[union-attr]
    several: Any = ask(files)
    for one, other in zip(several, predict(digits_run.path, files).images, strict=True):
        assert (one.file, one.best) == (other.file, other.best)
        assert one.probabilities == pytest.approx(other.probabilities, rel=1e-5)
    rows = ask.probabilities(files)
    assert rows.shape == (8, 10)
    np.testing.assert_allclose(rows.sum(axis=1), 1)


def test_a_loaded_network_takes_what_its_preprocess_makes(digits_run: Run, files: list[Path]) -> None:
    network: Any = load(digits_run.path)
    with torch.no_grad():
        probabilities = network(network.preprocess(files)).softmax(dim=1)
    expected = open_predictor(digits_run.path).probabilities(files)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
    assert network.classes == tuple("0123456789")
    ask = open_predictor(network)
    np.testing.assert_allclose(ask.probabilities(files), expected, rtol=1e-5)
    assert ask(files[0]).best == network.classes[expected[0].argmax()]  # type: ignore[union-attr]


def test_threads_share_it(digits_run: Run, files: list[Path]) -> None:
    """Nothing is put into the network from call to call, and Pillow's warnings are as they were."""
    ask = open_predictor(digits_run.path)
    alone = [ask(file) for file in files]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(ask, files * 8))
    assert together == alone * 8


def test_many_are_taken_a_batch_at_a_time(
    digits_run: Run, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = open_predictor(digits_run.path)
    expected = ask.probabilities(files)
    monkeypatch.setattr("striate.evaluating.predictor.batch_of", lambda values: 3)
    np.testing.assert_allclose(ask.probabilities(files), expected, rtol=1e-5)  # sums of fp32 in another order


def test_known_algorithms_are_in_it_for_good(digits_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = open_run(digits_run.path)
    conv = next(layer for layer in trained.network.modules() if isinstance(layer, nn.Conv2d))
    geometry = Geometry.of(conv)
    assert geometry is not None
    chosen = Choice("unfold", "fp32")
    table = {(geometry, (1, 1, 8, 8)): Choices(chosen, chosen, chosen)}
    asked: list[str] = []

    def computed(choice: Choice, *others: Any) -> torch.Tensor:
        asked.append(choice.algorithm)
        return conv(others[2])

    monkeypatch.setattr("striate.evaluating.run_model.algorithms_of", lambda network: table)
    ask = open_predictor(digits_run.path)
    monkeypatch.setattr("striate.algorithms.in_network.compute", computed)
    ask(np.zeros((8, 8), np.uint8))
    assert asked == ["unfold"]
    with using_algorithms(ask.network, {}):
        ask(np.zeros((8, 8), np.uint8))
    assert asked == ["unfold"]


def test_a_network_of_ones_own() -> None:
    """The mean of each colour, said to be its score."""
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    how = Preprocess(3, (8, 8), Normalisation((0.0,) * 3, (255.0,) * 3))
    green = np.full((20, 30, 3), (10, 200, 30), np.uint8)
    for classes, best in (((), "1"), (["red", "green", "blue"], "green")):
        found: Any = open_predictor(network, preprocess=how, classes=classes)(green)
        assert (found.best, found.file) == (best, "ndarray")
        assert list(found.to_pandas()["class"]) == list(found.classes)
    scores = np.array([10, 200, 30]) / 255
    expected = np.exp(scores) / np.exp(scores).sum()
    assert sorted(found.probabilities) == pytest.approx(sorted(expected))


def test_a_network_is_copied(digits_run: Run, files: list[Path]) -> None:
    network = load(digits_run.path).train()
    ask = open_predictor(network)
    before = ask(files[0])
    nn.init.zeros_(next(network.parameters()))
    assert ask(files[0]) == before
    assert network.training
    assert not ask.network.training


def test_the_copy_is_laid_out_for_its_inputs() -> None:
    """As a run's network is: kernels in another order than the pixels cost a resnet18 four tenths more."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    asked = open_predictor(network, preprocess=Preprocess(3, (8, 8), Normalisation((0.0,) * 3, (255.0,) * 3)))
    assert asked.network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert not network[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_what_cannot_be_opened(digits_run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^no run at .*: expected a folder made by `striate train`"):
        open_predictor(tmp_path / "none")
    with pytest.raises(ArgumentError) as caught:
        open_predictor(nn.Flatten(), weights="imagenet")
    said = "Flatten has weights of its own; --weights goes with the name of a network"
    assert str(caught.value) == said
    with pytest.raises(ArgumentError) as caught:
        open_predictor(nn.ReLU())
    assert str(caught.value) == (
        "nobody has said how the inputs of this ReLU are made: give preprocess too, as "
        "Preprocess(channels=3, size=(224, 224), normalise=Normalisation(mean, std))"
    )
    with pytest.raises(ArgumentError) as caught:
        open_predictor(digits_run.path, classes=["a", "b"])
    assert str(caught.value) == (
        f"{digits_run.path} says itself how its inputs are made: leave preprocess and classes out"
    )


def test_a_run_on_clips(small_clips: Path, tmp_path: Path, quick: None) -> None:
    run = train(
        small_clips, out=tmp_path / "run", options={"widths": (2, 2), "hidden": ()}, epochs=1, reporter=Told()
    )
    ask = open_predictor(run)
    clip = open_data(small_clips).splits["test"].take([0])
    found: Any = ask(clip)
    assert len(found) == 1
    single: Any = ask(clip[0])
    assert not isinstance(single, VideoPrediction)
    assert single.probabilities == pytest.approx(found[0].probabilities, rel=1e-5)
    network: Any = load(run)
    with torch.no_grad():
        expected = network(network.preprocess(clip)).softmax(dim=1).max()
    assert single.probabilities[0] == pytest.approx(float(expected), rel=1e-5)
