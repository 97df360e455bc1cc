"""The page and the picture."""

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from hand_made_runs import BLIND, hand_made_run
from small_runs import change_record
from striate.comparing import Comparison, compare, finished_runs
from striate.comparing import table as comparing_table
from striate.comparing.drawing import STYLES, draw_front
from striate.comparing.table import table_of
from striate.models import WAYS
from striate.training.progress import Reporter


class Page(HTMLParser):
    """The cells of the table, the pictures, and what is fetched from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data.strip()


def size_of(picture: Path | BytesIO) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("runs")
    runs = [
        hand_made_run(folder / "a", "2d", BLIND),
        hand_made_run(folder / "b", "tsm", seed=1),
        hand_made_run(folder / "c", "tsm", ((90, 10), (4, 96))),
    ]
    with pytest.MonkeyPatch.context() as patch:
        for module in (finished_runs, comparing_table):
            patch.setattr(module, "draw_front", draw_front)
        return compare(runs=runs, out=folder / "out", reporter=Reporter())


def test_the_page_holds_the_table_and_the_picture(compared: Comparison) -> None:
    shown = Page(compared.files[1].read_text())
    assert shown.open == []
    table = table_of(compared)
    assert shown.rows == [list(table.heads), *([cell.text for cell in row] for row in table.rows)]
    assert shown.rows[1][:5] == ["2d", "50.00 %", "100.00 %", "50.00 %", "922"]
    assert shown.rows[2][:2] == ["tsm", "95.00 ± 2.00 %"]
    (image,) = shown.images
    kind, data = str(image["src"]).split(",")
    assert kind == "data:image/png;base64"
    assert size_of(BytesIO(b64decode(data))) == size_of(compared.files[0])
    assert "2d 50.00 %" in str(image["alt"])


def test_the_fragment_for_notebooks_is_the_same(compared: Comparison) -> None:
    assert Page(compared._repr_html_()).rows == Page(compared.to_html()).rows


def test_names_are_escaped(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run")
    change_record(run, lambda record: record["data"].update(name="<b>$x"))
    found = compare(runs=[run], reporter=Reporter())
    assert "&lt;b&gt;$x" in found.to_html()
    assert "<b>$x" not in found.to_html()


def test_every_way_has_a_colour_and_a_mark_of_its_own() -> None:
    assert set(STYLES) == set(WAYS)
    assert len(set(STYLES.values())) == len({colour for colour, _ in STYLES.values()}) == len(STYLES)


def test_the_picture_of_one_row(tmp_path: Path) -> None:
    found = compare(runs=[hand_made_run(tmp_path / "run")], reporter=Reporter())
    draw_front(found, tmp_path / "one.png")
    assert min(size_of(tmp_path / "one.png")) > 400
