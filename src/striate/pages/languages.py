"""A document, or what is refused, in another language: its sentences are found among templates.

So whatever makes a document, or raises an error, does so in English and does not know that there are
languages. What is refused stands in one file a language, which is read where it is asked for.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property, wraps
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple, ParamSpec, TypeVar

from striate.errors import StriateError
from striate.pages.document import Block, Document, Drawing, KeyFigures, Notes, Paragraph, Section
from striate.pages.table import Cell, Column, Table

Language = Literal["en", "vi"]
NAMES = "layer"
"""The head of a column whose cells are names, which stay as they are."""
_PLACE = re.compile(r"\{(\w+)\}")
_NARROW = {"span": "[^,;]*", "word": r"[^\s,;]+"}
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Template(NamedTuple):
    english: str
    other: str
    words: tuple[str, ...]
    """What stands between the places of the English one, the longest first."""

    def fits(self, sentence: str) -> re.Match[str] | None:
        """Where its places are in a sentence."""
        for one in self.words:  # so that most never become a pattern
            if one not in sentence:
                return None
        return _pattern(self.english).fullmatch(sentence)


@dataclass(frozen=True, eq=False)
class Sentences:
    """Templates in English, each with the template in the other language that has the same {places}.

    A place may hold anything, or nothing, which stays as it is; {part}, {part1} … are sentences of the table
    themselves, or several joined by " · ", which no other place holds; a {span} holds no comma, and a {word}
    no space. No template: the language is English.
    """

    language: Language
    table: Mapping[str, str]

    def __call__(self, sentence: str) -> str:
        """The sentence in the language; as it is where no template fits.

        >>> Sentences("vi", {"{n} layers": "{n} tầng"})("3 layers")
        '3 tầng'
        """
        return self._said(sentence, self._templates)

    def refusal(self, sentence: str) -> str:
        """The sentence of an error, which no template may tell that only joins two parts.

        >>> Sentences("vi", {"{a} and {b}": "{a} và {b}"}).refusal("it is cut off and cannot be read")
        'it is cut off and cannot be read'
        """
        return self._said(sentence, self._whole)

    def _said(self, sentence: str, templates: Iterable[_Template]) -> str:
        plain = sentence.replace("\N{NO-BREAK SPACE}", " ")
        for one in templates:
            if found := one.fits(plain):
                facts = found.groupdict().items()
                return one.other.format(**{k: self(v) if k.startswith("part") else v for k, v in facts})
        return sentence

    @cached_property
    def _templates(self) -> list[_Template]:
        """Those that say most of their own first."""
        found = [
            _Template(english, other, tuple(sorted(_PLACE.split(english)[::2], key=len, reverse=True)))
            for english, other in self.table.items()
        ]
        return sorted(found, key=lambda one: -sum(map(len, one.words)))

    @cached_property
    def _whole(self) -> list[_Template]:
        """Those that do not only join parts."""
        return [one for one in self._templates if {*_WORD.findall(" ".join(one.words))} - {"and", "or"}]

    def document(self, document: Document) -> Document:
        """The whole document."""
        return replace(
            document,
            title=self(document.title),
            subtitle=self(document.subtitle),
            lead=tuple(map(self.block, document.lead)),
            sections=tuple(
                Section(self(one.title), tuple(map(self.block, one.blocks))) for one in document.sections
            ),
            language=self.language,
            labels={name: self(text) for name, text in document.labels.items()},
        )

    def block(self, block: Block) -> Block:
        """A block of one, where it holds sentences in English; others know their language already."""
        match block:
            case Paragraph(text):
                return Paragraph(self(text))
            case KeyFigures(figures):
                return KeyFigures(tuple(self.pairs(figures)))
            case Notes(lines):
                return Notes(tuple(map(self, lines)))
            case Drawing(markup, alt):
                return Drawing(markup, self(alt))
            case Table():
                return self.of_table(block)
            case _:
                return block

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Names and what there is to say of them."""
        return [(self(name), self(text)) for name, text in pairs]

    def of_table(self, table: Table) -> Table:
        """Caption, heads and cells; names stay."""
        return replace(
            table,
            caption=self(table.caption),
            columns=tuple(map(self._column, table.columns)),
            left_out=self(table.left_out),
            left_out_elsewhere=self(table.left_out_elsewhere),
        )

    def _column(self, column: Column) -> Column:
        cells = column.cells if column.head == NAMES else tuple(map(self._cell, column.cells))
        return replace(column, head=self(column.head), cells=cells)

    def _cell(self, cell: Cell | str) -> Cell | str:
        return self(cell) if isinstance(cell, str) else replace(cell, text=self(cell.text))


ENGLISH = Sentences("en", {})


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)
    quoted = [f"(?P<{one}>{_held(one)})" if n % 2 else re.escape(one) for n, one in enumerate(pieces)]
    return re.compile("".join(quoted), re.DOTALL)


def _held(place: str) -> str:
    """What a place may hold, as a pattern."""
    if narrow := _NARROW.get(place.rstrip("0123456789")):
        return narrow
    return ".*?" if place.startswith("part") else "(?:(?! · ).)*?"


VIETNAMESE = Path(__file__).with_name("vietnamese.toml")
P = ParamSpec("P")
R = TypeVar("R")


@cache
def refusals(language: str) -> Sentences:
    """What is said of errors, and of what was compared, in a language; in others than "vi", English.

    >>> refusals("vi")("no videos in clips: give a video file, or a folder of frames")
    'không có video nào trong clips: hãy cho một tệp video, hoặc một thư mục khung hình'
    """
    if language != "vi":
        return ENGLISH
    return Sentences("vi", dict(chain(*map(dict.items, _catalogue().values()))))


@cache
def of_tables(language: str) -> Sentences:
    """What tables say of themselves, for a document that is in its language otherwise."""
    return Sentences("vi", _catalogue()["tables"]) if language == "vi" else ENGLISH


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    """English → Vietnamese, by subject."""
    return tomllib.loads(VIETNAMESE.read_text(encoding="utf-8"))


def speaking(verb: Callable[P, R]) -> Callable[P, R]:
    """A verb whose errors are in the language that it is asked for, by its argument `language`."""

    @wraps(verb)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        with told_in(str(kwargs.get("language"))):
            return verb(*args, **kwargs)

    return spoken


@contextmanager
def told_in(language: str) -> Iterator[None]:
    """Errors inside the block are told in a language."""
    try:
        yield
    except StriateError as error:
        error.args = (refusals(language).refusal(error.sentence), *error.args[1:])
        raise
