"""An inspection in Vietnamese: the same numbers, and every heading and sentence in other words."""

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from string import Formatter

import pytest
from rich.console import Console
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.inspecting import Inspection, SideBySide, inspect
from striate.inspecting.inspection import VIETNAMESE
from striate.pages import Document, Drawing, KeyFigures, Notes, Paragraph, Table, document_of

SAME = {"", "MACs", "FLOPs", "plain", "resnet18"}
"""What is called alike in both languages."""


def frozen() -> nn.Module:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    network[0].weight.requires_grad_(False)
    return network


class Remarkable(nn.Module):
    """All that there is to remark on, in one network."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Sequential(nn.Conv2d(8, 2, 1), nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 8, 1))
        self.wide = nn.Sequential(
            nn.Conv2d(8, 16, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 8, 1, groups=2)
        )
        self.dear = nn.Sequential(nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 9, 1))
        self.shared = nn.Conv1d(9, 9, 1)
        self.full = nn.Conv3d(9, 4, 3, padding=1)
        self.split = nn.Sequential(nn.Conv3d(4, 4, (1, 3, 3)), nn.Conv3d(4, 4, (3, 1, 1), padding=(1, 0, 0)))
        self.narrow.requires_grad_(False)
        self.full.bias.requires_grad_(False)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        x = self.dear(self.wide(self.narrow(x)))
        x = self.shared(self.shared(x.flatten(2))).view(x.shape)
        x = self.split(self.full(x[:, :, None].repeat(1, 1, 4, 1, 1)))
        return x if x.sum() > 0 else -x


INSPECTED = {
    "measured": lambda: inspect("plain", (1, 28, 28), measure=True, backward=True, batch=2),
    "clip": lambda: inspect("plain", (1, 4, 16, 16), time="tsm"),
    "remarks": lambda: inspect(Remarkable(), (8, 6, 6)),
    "frozen": lambda: inspect(frozen(), (1, 6, 6)),
    "pair": lambda: inspect("plain", (1, 32, 32), against="resnet18"),
}


def in_vietnamese(found: Inspection | SideBySide) -> Inspection | SideBySide:
    if isinstance(found, Inspection):
        return replace(found, language="vi")
    return SideBySide(*(replace(one, language="vi") for one in (found.first, found.second)))


def sentences(document: Document) -> Iterator[str]:
    """Headings, captions, heads, names of figures and whole sentences, in order."""
    yield from (document.subtitle, *document.labels.values(), *(one.title for one in document.sections))
    for block in (*document.lead, *(block for one in document.sections for block in one.blocks)):
        match block:
            case Paragraph(text) | Drawing(_, text):
                yield text
            case KeyFigures(figures):
                yield from (name for name, _ in figures)
            case Notes(lines):
                yield from lines
            case Table():
                yield block.caption
                for column in block.columns:
                    yield column.head
                    if column.head in ("remarks", "nhận xét"):
                        yield from (part for text in column.texts for part in text.split(" · "))


@pytest.mark.parametrize("which", INSPECTED)
def test_every_sentence_is_said_in_other_words_with_the_same_numbers(which: str) -> None:
    found = INSPECTED[which]()
    english, other = (document_of(one) for one in (found, in_vietnamese(found)))
    assert (english.language, other.language) == ("en", "vi")
    pairs = list(zip(sentences(english), sentences(other), strict=True))
    assert len(pairs) > 12
    for ours, theirs in pairs:
        assert re.findall(r"\d+", ours) == re.findall(r"\d+", theirs)
        assert ours != theirs or ours in SAME or ours.startswith(("MACs: ", "FLOPs: ")), ours
    assert found.to_json() == in_vietnamese(found).to_json()


def test_names_and_kinds_of_layers_stay() -> None:
    found = inspect("plain", (1, 28, 28))
    tables = [
        block
        for one in (found, replace(found, language="vi"))
        for section in document_of(one).sections
        for block in section.blocks
        if isinstance(block, Table)
    ]
    for place in (0, 1):
        assert tables[0].columns[place].texts == tables[1].columns[place].texts


def test_a_terminal_is_told_in_vietnamese() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(inspect("plain", (1, 28, 28), language="vi").to_table())
    told = console.export_text()
    for text in ("plain với 1×1×28×28", "tham số", "421,642 (421,642 học được)", "tổng cộng 331.8 KiB"):
        assert text in told
    assert "trainable" not in told


def test_templates_hold_the_same_facts() -> None:
    told = tomllib.loads(VIETNAMESE.read_text(encoding="utf-8"))
    for english, other in (*told["tables"].items(), *told["remarks"].items()):
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, other)]
        assert places[0] == places[1], english


def test_a_language_that_there_is_none_of() -> None:
    with pytest.raises(ArgumentError, match=r"^language must be 'en' or 'vi'; got 'fr'"):
        inspect("plain", (1, 28, 28), language="fr")  # type: ignore[call-overload]
