"""Real videos from end to end: decoded or packed, trained on, evaluated, predicted with times."""

from pathlib import Path

import pytest

from real_clips import real_clip
from small_clips import SHIFTING
from small_runs import small_recipe, small_run
from striate import evaluate, predict
from striate.data import pack_data

CLIPS = {"bikes": "bikes.mp4", "talking": "carphone_distorted.mp4"}
COPIES = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes; a clip's files differ behind its end, where players do not look."""
    root = tmp_path_factory.mktemp("real") / "clips"
    for name, clip in CLIPS.items():
        (root / name).mkdir(parents=True)
        for number in range(COPIES):
            (root / name / f"{number}.mp4").write_bytes(real_clip(clip).read_bytes() + bytes([number]))
    return root


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("packed", [False, True])
def test_real_clips_train_and_predict(tmp_path: Path, folder: Path, packed: bool) -> None:
    if packed:
        assert pack_data(folder, tmp_path / "packed", short_side=32, fps=5, workers=0).clips == 2 * COPIES
    recipe = small_recipe(
        epochs=5 if packed else 1, batch_size=3, learning_rate=0.03, label_smoothing=0.0, ema=0.0
    )
    run = small_run(
        tmp_path / "run",
        recipe,
        data=tmp_path / "packed" if packed else folder,
        size=32,
        frames=4,
        time="tsm",
        options=SHIFTING,
    )
    assert run.test is not None
    scored = evaluate(run.path, clips=2, crops=3)
    assert scored.views is not None
    assert len(scored.predictions) == 2
    videos = predict(run.path, [real_clip(clip) for clip in CLIPS.values()]).videos
    assert videos is not None
    if packed:  # the other one is quick instead
        assert scored.scores.top1 == 1.0
        assert [video.whole.best for video in videos] == list(CLIPS)
    ends = [(video.span.start, round(video.span.end or 0, 2)) for video in videos]
    assert ends == [(0.0, 10.0), (0.0, 4.0)]
    spans = [[(span.start, span.end) for span in video.spans] for video in videos]
    assert spans == [
        [(0.0, 4.0), (4.0, 8.0), (6.0, 10.0)],
        [(0.0, 4.004)],
    ]  # 4 s, as most clips
