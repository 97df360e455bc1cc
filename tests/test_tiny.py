"""The whole tool on one screen."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

import striate


def test_train_evaluate_predict_load(tmp_path: Path) -> None:
    recipe = striate.Recipe(epochs=12, batch_size=64, learning_rate=0.01)
    run = striate.train("digits", recipe=recipe, out=tmp_path / "run")
    assert run.test is not None
    assert run.test.top1 > 0.95

    scores = striate.evaluate(run.path).scores
    assert scores == run.test

    eight = striate.open_data("digits").splits["test"]
    pixels = eight.take([0])  # (1, 1, 8, 8) uint8
    Image.fromarray(pixels.numpy()[0, 0]).save(tmp_path / "digit.png")
    answer = striate.predict(run.path, [tmp_path / "digit.png"]).images[0]
    assert answer.best == str(eight.labels[0])

    network = striate.load(run.path)
    assert network(torch.zeros(3, 1, 8, 8)).shape == (3, 10)
    assert np.isclose(sum(answer.probabilities), 1, atol=0.05)
