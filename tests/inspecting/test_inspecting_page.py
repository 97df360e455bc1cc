"""The pages: complete, and each number where the table has it."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from striate.errors import DataError
from striate.inspecting import Inspection, SideBySide, inspect
from striate.inspecting.table import layer_table


class Page(HTMLParser):
    """The rows of every table, what is opened and not closed, and the attributes of tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in ("meta", "img", "image", "rect", "polygon"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "polygon"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data.strip("\n")


@pytest.fixture(scope="module")
def resnet() -> Inspection:
    return inspect("resnet18", (3, 64, 64))


def test_the_page_has_the_table_and_the_remarks(resnet: Inspection) -> None:
    page = Page(resnet.to_html())
    (rows,) = page.tables
    table = layer_table(resnet.layers, timed=False)
    assert rows[0] == [*table.heads, "remarks"]
    assert [row[:-1] for row in rows[1:]] == [[cell.text for cell in row] for row in table.rows]
    assert [row[-1] for row in rows[1:]] == [" · ".join(layer.notes) for layer in resnet.layers]
    assert "http" not in resnet.to_html()


def test_each_row_carries_the_field_of_its_middle_unit(resnet: Inspection) -> None:
    boxes = [
        json.loads(str(tag["data-row"])) for name, tag in Page(resnet.to_html()).tags if "data-row" in tag
    ]
    assert len(boxes) == len(resnet.layers)
    unit = resnet.unit("layer2.0.conv1")
    number = next(n for n, layer in enumerate(resnet.layers) if layer.name == "layer2.0.conv1")
    assert boxes[number]["unit"] == "×".join(map(str, unit.unit))
    assert boxes[number]["H"] == [*unit.clipped[0], *unit.unclipped[0]]  # type: ignore[misc]


def test_the_notebook_shows_the_same_table(resnet: Inspection) -> None:
    assert Page(resnet._repr_html_()).tables == Page(resnet.to_html()).tables


def test_without_remarks_there_is_no_column_of_them() -> None:
    found = inspect("plain", (1, 28, 28))
    assert Page(found.to_html()).tables[0][0][-1] == "activations"


def test_a_clip_has_a_view_for_each_frame(tmp_path: Path) -> None:
    for frame in range(3):
        Image.fromarray(np.full((8, 8, 3), 80 * frame, np.uint8)).save(tmp_path / f"{frame}.png")
    found = inspect(nn.Conv3d(3, 4, 3), (3, 6, 8, 8), image=tmp_path)
    page = Page(found.to_html())
    assert [tag["data-frame"] for name, tag in page.tags if "data-frame" in tag] == list("012345")
    images = [tag["href"] for name, tag in page.tags if name == "image"]
    assert len(images) == 6
    assert len(set(images)) == 3


def test_a_network_that_sees_no_image_has_no_views() -> None:
    found = inspect(nn.Linear(4, 2), (4,))
    assert "data-frame" not in found.to_html().replace("svg[data-frame]", "").replace("dataset.frame", "")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no picture {path}: give an image file, or a folder of frames"),
        (lambda path: path.mkdir(), "there is no image in {path}: give a picture, or a folder of frames"),
        (lambda path: path.write_text("text"), "{path} cannot be read as a picture: "),
    ],
)
def test_a_picture_that_is_none(tmp_path: Path, make, sentence: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "picture.png"
    make(path)
    with pytest.raises(DataError) as caught:
        inspect("plain", (1, 28, 28), image=path).to_html()
    assert str(caught.value).startswith(sentence.format(path=path))


def test_two_networks_have_one_page_with_both(resnet: Inspection) -> None:
    pair = SideBySide(inspect("plain", (1, 28, 28)), resnet)
    page = Page(pair.to_html())
    totals, first, second = page.tables
    assert totals[0][1:] == ["plain", "resnet18", "second\N{NO-BREAK SPACE}÷ first"]
    assert totals[1] == ["parameters", "421.6 k", "11.69 M", "×27.7"]
    assert [row[0] for row in first[1:]] == [layer.name for layer in pair.first.layers]
    assert [row[0] for row in second[1:]] == [layer.name for layer in pair.second.layers]
    assert [tag for tag, _ in page.tags].count("svg") == 2
    assert not [tag for _, tag in page.tags if "data-row" in tag]
