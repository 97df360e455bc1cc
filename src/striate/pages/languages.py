"""A document in another language: each of its sentences is found among templates and said in other words.

So whatever makes a document, or raises an error, does not know that there are languages.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Literal, ParamSpec, TypeVar

from striate.errors import StriateError
from striate.pages.document import Block, Document, Drawing, KeyFigures, Notes, Paragraph, Section
from striate.pages.table import Cell, Column, Table

Language = Literal["en", "vi"]
NAMES = "layer"
"""The head of a column whose cells are names, which stay as they are."""
_PLACE = re.compile(r"\{(\w+)\}")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Sentences:
    """Templates in English, each with the template in the other language that has the same {places}.

    A place may hold anything, or nothing, which stays as it is; {part}, {part1} … are sentences of the table
    themselves, or several joined by " · ", which no other place holds; a {span} holds no comma. No template:
    the language is English.
    """

    language: Language
    table: Mapping[str, str]

    def __call__(self, sentence: str) -> str:
        """The sentence in the language; as it is where no template fits.

        >>> Sentences("vi", {"{n} layers": "{n} tầng"})("3 layers")
        '3 tầng'
        """
        plain = sentence.replace("\N{NO-BREAK SPACE}", " ")
        for pattern, template in self._patterns:
            if found := pattern.fullmatch(plain):
                facts = found.groupdict().items()
                return template.format(**{k: self(v) if k.startswith("part") else v for k, v in facts})
        return sentence

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Each template as a pattern; those that say most of their own first."""
        ordered = sorted(self.table.items(), key=lambda pair: -len(_PLACE.sub("", pair[0])))
        return tuple((_pattern(english), other) for english, other in ordered)

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


@contextmanager
def errors_in(say: Callable[[str], str]) -> Iterator[None]:
    """Errors inside the block are told in another language."""
    try:
        yield
    except StriateError as error:
        error.args = (say(error.sentence), *error.args[1:])
        raise


def speaking(languages: Mapping[str, Sentences]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A verb whose errors are in the language that it is asked for, by its argument `language`.

    Args:
        languages: what is said in each; in others, English.
    """

    def of(verb: Callable[P, R]) -> Callable[P, R]:
        @wraps(verb)
        def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
            with errors_in(languages.get(str(kwargs.get("language")), ENGLISH)):
                return verb(*args, **kwargs)

        return spoken

    return of


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)
    quoted = [f"(?P<{one}>{_held(one)})" if n % 2 else re.escape(one) for n, one in enumerate(pieces)]
    return re.compile("".join(quoted), re.DOTALL)


def _held(place: str) -> str:
    """What a place may hold, as a pattern."""
    if place == "span":
        return "[^,;]*"
    return ".*?" if place.startswith("part") else "(?:(?! · ).)*?"
