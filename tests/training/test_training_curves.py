"""The learning curves are drawn of whatever history there is."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image

from striate.training.curves import draw_curves


@pytest.mark.parametrize("epochs", [1, 2, 100])
@pytest.mark.parametrize("scored", [True, False])
def test_one_epoch_or_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int, scored: bool
) -> None:
    figures: list[Figure] = []
    real = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **b: figures.append(self) or real(self, *a, **b))
    history: list[dict[str, Any]] = [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "train_top1": 1 - 0.5 / epoch,
            "val_loss": 0.9 / epoch if scored else None,
            "val_top1": 1 - 0.4 / epoch if scored else None,
        }
        for epoch in range(1, epochs + 1)
    ]
    draw_curves(history, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.format == "PNG"
    loss, accuracy = figures[0].axes
    assert len(loss.lines) == len(accuracy.lines) == 1 + scored
    assert accuracy.lines[0].get_ydata()[-1] == pytest.approx(100 - 50 / epochs)
    assert all(tick == int(tick) for tick in loss.get_xticks())
