"""Both sides of an image: the mean of two scores, whichever side is given first."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from small_runs import small_run
from striate.data import open_data
from striate.errors import ArgumentError
from striate.evaluating.asking import Asking
from striate.evaluating.both_sides import NOT_SAFE, SEEN_TWICE, BothSides, both_sides
from striate.evaluating.evaluate import evaluate
from striate.evaluating.metrics import probabilities
from striate.evaluating.predict import predict
from striate.evaluating.run_model import open_run
from striate.training.train import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> Run:
    return small_run(tmp_path_factory.mktemp("run") / "run", data=small_set)


@pytest.mark.parametrize("shape", [(4, 1, 8, 8), (2, 3, 5, 6, 7)])
def test_the_mean_by_hand(shape: tuple[int, ...]) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape[1:])), 3))
    inputs = torch.randn(shape)
    expected = (network(inputs) + network(torch.from_numpy(inputs.numpy()[..., ::-1].copy()))) / 2
    torch.testing.assert_close(BothSides(network)(inputs), expected)
    torch.testing.assert_close(BothSides(network)(inputs.flip(-1)), expected)


def test_evaluate_says_it_and_scores_so(run: Run, small_set: Path) -> None:
    result = evaluate(run, flip=True)
    assert result.notes[-2:] == (SEEN_TWICE, NOT_SAFE)  # digits, which a mirror may change
    assert SEEN_TWICE not in evaluate(run).notes
    trained, images = open_run(run), open_data(small_set).splits["test"]
    x = trained.normalise(images.take(range(len(images))))
    with torch.no_grad():
        logits = (trained.network(x) + trained.network(x.flip(-1))) / 2
    rows = probabilities(logits.numpy(), trained.temperature)
    assert result.scores.top1 == (rows.argmax(1) == images.labels).mean()
    assert result.predictions[0].probabilities[0] == pytest.approx(rows[0].max(), abs=1e-6)


def test_predict_says_the_same_of_an_image_and_of_its_mirror_image(run: Run, tmp_path: Path) -> None:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    for name, image in (("one.png", pixels), ("other.png", pixels[:, ::-1])):
        Image.fromarray(image).save(tmp_path / name)
    found = predict(run, [tmp_path / "one.png", tmp_path / "other.png"], flip=True)
    assert found.notes == (SEEN_TWICE, NOT_SAFE)
    one, other = found.images
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
    assert one.best == other.best


def test_flow_is_refused(run: Run) -> None:
    flowing = replace(open_run(run), flow="dis")
    assert not isinstance(Asking.of(run.path).opened().network, BothSides)  # who does not ask gets one side
    with pytest.raises(ArgumentError) as caught:
        both_sides(flowing)
    assert str(caught.value) == (
        f"{run.path} sees optical flow, which a mirror does not only move but turns: leave --flip out"
    )


def test_classes_that_a_mirror_exchanges_are_refused(run: Run) -> None:
    known = replace(open_run(run), mirrored=(("left", "right"),))
    with pytest.raises(ArgumentError) as caught:
        both_sides(known)
    assert str(caught.value) == (
        f"a mirror exchanges the classes left and right of {run.path}, as its training was told: leave "
        "--flip out"
    )
    safe = both_sides(replace(known, mirrored=(), mirror_safe=True))
    assert safe.notes == (SEEN_TWICE,)
