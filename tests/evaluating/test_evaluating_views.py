"""Several looks at one video: its probabilities are their mean; single looks are scored apart."""

import json
from pathlib import Path

import numpy as np
import pytest

from small_clips import clip_run, write_frame_folders
from small_runs import small_recipe
from striate import evaluate, open_data
from striate.data import ClipSet
from striate.evaluating.evaluation import Evaluation
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import open_run
from striate.evaluating.scoring import logits_of
from striate.training.train import Run


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Run:
    """A network that knows a little."""
    recipe = small_recipe(epochs=3, batch_size=8, learning_rate=0.01)
    return clip_run(tmp_path_factory.mktemp("moving") / "run", recipe, data=small_clips, frames=2, stride=1)


def looks(run: Run, clips: int, crops: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, V, K) and labels (N,), look by look."""
    trained = open_run(run.path)
    images = open_data(trained.source, frames=2, stride=1).splits["test"]
    assert isinstance(images, ClipSet)
    rows = logits_of(trained.network, images.views(clips, crops), trained.normalise)
    return probabilities(rows, trained.temperature).reshape(len(images), clips * crops, -1), images.labels


@pytest.mark.parametrize(("clips", "crops"), [(1, 1), (5, 1), (2, 3)])
def test_a_video_is_the_mean_of_its_views(moving: Run, clips: int, crops: int) -> None:
    single, labels = looks(moving, clips, crops)
    found = evaluate(moving.path, clips=clips, crops=crops)
    assert (found.scores.unit, found.scores.images) == ("videos", 14)
    video = single.mean(axis=1)
    assert found.scores.top1 == (video.argmax(axis=1) == labels).mean()
    assert [one.probabilities[0] for one in found.predictions] == pytest.approx(video.max(axis=1), rel=1e-6)
    assert found.views is not None
    assert (found.views.clips, found.views.crops, found.views.scores.unit) == (clips, crops, "clips")
    assert found.views.scores.images == 14 * clips * crops
    assert found.views.scores.top1 == pytest.approx((single.argmax(axis=2) == labels[:, None]).mean())


def test_one_look_is_what_training_scored(moving: Run) -> None:
    found = evaluate(moving.path)
    assert moving.test is not None
    assert found.views is not None
    assert found.views.scores == moving.test
    assert found.scores.top1 == moving.test.top1


def test_more_looks_tell_more(moving: Run) -> None:
    """Else nothing above would be tested: single looks differ, and are not all right."""
    single, _ = looks(moving, 5, 1)
    assert single.std(axis=1).max() > 0.01


def told(evaluation: Evaluation) -> dict[str, object]:
    content = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert isinstance(content, dict)
    return content


def test_both_in_the_json(moving: Run) -> None:
    content = told(evaluate(moving.path, clips=2))
    assert content["videos"] == 14
    assert "images" not in content
    assert content["classes"][0]["videos"] == 7  # type: ignore[index]
    views = content["views"]
    assert isinstance(views, dict)
    assert (views["clips"], views["crops"], views["clip_scores"]["clips"]) == (2, 1, 28)


def test_a_video_that_breaks_before_its_turn_is_left_out_with_all_its_views(
    moving: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_frame_folders(tmp_path / "clips", train=4, test=12)
    victim = folder / "test" / "left" / "3"

    def open_then_break(*words: object, **named: object) -> object:
        data = open_data(*words, **named, workers=0)  # type: ignore[arg-type]
        for file in victim.iterdir():
            file.write_text("no picture any more")
        return data

    monkeypatch.setattr("striate.evaluating.run_model.open_data", open_then_break)
    found = evaluate(moving.path, folder, clips=3)
    assert found.views is not None
    assert (found.scores.images, found.views.scores.images) == (23, 69)
    assert str(victim) not in {one.file for one in found.predictions}
    assert found.notes[-1].startswith(f"1 unreadable file skipped: {victim} (")
