"""The worst mistakes, and the page that shows them."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from small_runs import small_run
from striate import evaluate, open_data
from striate.errors import ArgumentError
from striate.evaluating.mistakes import FRAMES, Mistake, strip_of
from striate.training.train import Run


def test_the_worst_first_with_their_own_pictures(digits_run: Run) -> None:
    found = evaluate(digits_run.path, mistakes=5)
    wrong = [one for one in found.predictions if one.best != one.label]
    assert 0 < len(found.mistakes) == min(5, len(wrong))
    own = [one.probability_of_label for one in found.mistakes]
    assert own == sorted(own)
    told = {one.file: one for one in wrong}
    test = open_data("digits").splits["test"]
    for one in found.mistakes:
        same = told[one.file]
        assert (one.given, one.label, one.probability) == (same.best, same.label, same.probabilities[0])
        pixels = test.take([list(test.names).index(one.file)]).numpy()[0, 0]
        assert np.array_equal(one.picture, np.stack([pixels] * 3, axis=-1))


def test_over_all_splits_the_pictures_are_the_right_ones(digits_run: Run) -> None:
    found = evaluate(digits_run.path, split="all", mistakes=40)
    splits = open_data("digits").splits
    for one in found.mistakes:
        [split] = [each for each in splits.values() if one.file in set(each.names)]
        pixels = split.take([list(split.names).index(one.file)]).numpy()[0, 0]
        assert np.array_equal(one.picture[..., 0], pixels)


def test_the_page(digits_run: Run) -> None:
    found = evaluate(digits_run.path, mistakes=3)
    page = found.to_html()
    worst = found.mistakes[0]
    own, given = (f"{100 * share:.1f} %" for share in (worst.probability_of_label, worst.probability))
    caption = f"true: {worst.label} ({own}), given: {worst.given} ({given}) – {worst.file}"
    assert page.count(f"<figcaption>{caption}</figcaption>") == 1
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) == 1 + len(found.mistakes)  # the curves before them
    shown = np.array(Image.open(io.BytesIO(base64.b64decode(pictures[1]))))
    assert np.array_equal(shown[::12, ::12], worst.picture)
    assert shown.shape == (96, 96, 3)


def test_none_where_none_is_asked_for(digits_run: Run) -> None:
    found = evaluate(digits_run.path, mistakes=0)
    assert found.mistakes == ()
    assert "mistakes" not in found.to_json()
    with pytest.raises(ArgumentError) as refused:
        evaluate(digits_run.path, mistakes=-1)
    assert str(refused.value) == "mistakes is how many of them are kept, 0 or more; got -1"


def test_plain_values_leave_the_picture_out() -> None:
    one = Mistake("a.png", "cat", "dog", 0.9, 0.05, np.zeros((2, 3, 3), np.uint8))
    assert one.to_json() == {
        "file": "a.png",
        "label": "cat",
        "given": "dog",
        "probability": 0.9,
        "probability_of_label": 0.05,
    }


@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 4, 5), (1, 2, 4, 5), (3, 30, 4, 5)])
def test_a_clip_is_a_strip_of_frames(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    frames = min(FRAMES, shape[1]) if len(shape) == 4 else 1
    strip = strip_of(pixels)
    assert strip.shape == (4, 5 * frames, 3)
    first = pixels[:, 0] if len(shape) == 4 else pixels
    last = pixels[:, -1] if len(shape) == 4 else pixels
    for part, frame in ((strip[:, :5], first), (strip[:, -5:], last)):
        assert np.array_equal(part, np.broadcast_to(frame.transpose(1, 2, 0), (4, 5, 3)))


def test_clips_of_a_run(small_clips: Path, tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", data=small_clips, epochs=1, frames=3, time="2d", size=16, ema=0.0)
    found = evaluate(run.path, mistakes=2, clips=2, split="all")
    assert [one.picture.shape for one in found.mistakes] == [(16, 48, 3)] * 2
