"""The confusion matrix is drawn whatever the classes are called and however many there are."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from striate.evaluating.confusion import LONGEST, draw_confusion
from striate.evaluating.metrics import Scores, score


def scores(names: list[str], images: int = 60) -> Scores:
    random = np.random.default_rng(0)
    rows = random.dirichlet(np.ones(len(names)), images)
    return score(rows, random.integers(0, len(names), images), tuple(names))


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures that were saved, to look into."""
    saved: list[Figure] = []
    real = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *words, **named: saved.append(self) or real(self, *words, **named)
    )
    return saved


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text"))}


def test_counts_names_and_title(tmp_path: Path, figures: list[Figure]) -> None:
    names = ["cat", "a very long name that nobody could read here", "$5$ [bold] 鳥"]
    drawn = scores(names)
    draw_confusion(
        drawn, "pets: 50 % of 60 images, and a title that is longer than the picture", tmp_path / "c.png"
    )
    shown = texts(figures[0])
    assert {"cat", names[1][: LONGEST - 1] + "…", names[2], "predicted", "true"} <= shown
    assert {str(count) for row in drawn.confusion for count in row if count} <= shown
    with Image.open(tmp_path / "c.png") as image:
        assert image.format == "PNG"
        assert np.asarray(image.convert("L"))[:, 0].min() == 255  # nothing is cut off at the edge


@pytest.mark.parametrize(("classes", "named"), [(2, 2), (20, 20), (40, 40), (41, 21), (130, 33)])
def test_many_classes(monkeypatch: pytest.MonkeyPatch, classes: int, named: int) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *words, **named: figures.append(self))
    draw_confusion(scores([f"class {k}" for k in range(classes)]), "many", Path("not written"))
    axes = figures[0].axes[0]
    assert len(axes.get_xticks()) == len(axes.get_yticks()) == named
    assert bool(axes.texts) == (classes <= 20)


@pytest.mark.parametrize("classes", [2, 20, 130])  # from 26 on all pictures are as large
def test_a_picture_fits_a_screen(tmp_path: Path, classes: int) -> None:
    draw_confusion(scores([f"class {k}" for k in range(classes)]), "many", tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as image:
        assert max(image.size) < 2000
