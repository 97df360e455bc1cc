"""The learning curves are drawn of whatever history there is; in one panel stands what can be compared."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from striate.training.concluding import draw_curves


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that would be written."""
    written: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *words, **named: written.append(self))
    return written


def history_of(epochs: int, scored: bool, objective: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "train_top1": 1 - 0.5 / epoch,
            "val_loss": 0.6 / epoch if scored else None,
            **({"val_objective": 0.9 / epoch if scored else None} if objective else {}),
            "val_top1": 1 - 0.4 / epoch if scored else None,
        }
        for epoch in range(1, epochs + 1)
    ]


def drawn(axes: Axes) -> dict[str, list[float]]:
    return {str(line.get_label()): list(line.get_ydata()) for line in axes.lines}


@pytest.mark.parametrize(("epochs", "scored"), [(1, False), (100, True)])
def test_the_picture_is_a_png(tmp_path: Path, epochs: int, scored: bool) -> None:
    draw_curves(history_of(epochs, scored), tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize("epochs", [1, 2, 100])
@pytest.mark.parametrize("scored", [True, False])
def test_one_epoch_or_many(tmp_path: Path, figures: list[Figure], epochs: int, scored: bool) -> None:
    draw_curves(history_of(epochs, scored), tmp_path / "curves.png")
    loss, accuracy = figures[0].axes
    assert len(loss.lines) == len(accuracy.lines) == 1 + scored
    assert accuracy.lines[0].get_ydata()[-1] == pytest.approx(100 - 50 / epochs)
    assert all(tick == int(tick) for tick in loss.get_xticks())


def test_both_losses_of_a_panel_are_the_one_that_was_trained_with(
    tmp_path: Path, figures: list[Figure]
) -> None:
    draw_curves(history_of(3, scored=True), tmp_path / "curves.png")
    loss, accuracy = figures[0].axes
    assert drawn(loss) == {
        "training, augmented images": pytest.approx([1, 1 / 2, 1 / 3]),
        "validation": pytest.approx([0.9, 0.45, 0.3]),
    }
    assert [axes.get_title() for axes in (loss, accuracy)] == ["The loss that is trained with", "Accuracy"]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == list(drawn(loss))


def test_a_history_of_before_has_the_plain_loss_in_a_panel_of_its_own(
    tmp_path: Path, figures: list[Figure]
) -> None:
    draw_curves(history_of(3, scored=True, objective=False), tmp_path / "curves.png")
    trained, plain, _ = figures[0].axes
    assert list(drawn(trained)) == ["training, augmented images"]
    assert drawn(plain) == {"validation": pytest.approx([0.6, 0.3, 0.2])}
    assert plain.get_title() == "Cross-entropy, plain labels"
