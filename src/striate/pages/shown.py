"""Results: what each can be shown as, on a page, in a notebook, as rows for pandas and for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import singledispatch
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, cast

from striate.errors import MissingExtraError
from striate.numbers import DASH, number
from striate.pages.document import Block, Document, KeyFigures, Notes
from striate.pages.page import fragment_of, page_of
from striate.pages.table import AT_JOINTS, Column, Table
from striate.plain_values import ToJson, to_plain

if TYPE_CHECKING:
    import pandas


LISTED = 100
"""Rows of a result that a page shows; `to_pandas` gives all of them."""
SENTENCES = ("problems", "notes")
"""Names of lists of sentences that whoever sees a result should read."""


class Shown(ToJson):
    """A result: its plain values, a page of its own, its rows as a table of pandas."""

    rows_in: ClassVar[str] = ""
    """The name in `to_json` of the list or dict that it is made of; "": it is one row."""

    def to_html(self) -> str:
        """One self-contained page: it needs no other file and no network."""
        return page_of(document_of(self))

    def to_rows(self) -> Sequence[Mapping[str, Any]]:
        """What it is made of, as plain values by name: a row a layer, image or epoch, or one in all."""
        values = self.to_json()
        rows = values[self.rows_in] if self.rows_in else [values]
        if isinstance(rows, Mapping):
            return [{"name": name, "value": value} for name, value in rows.items()]
        return cast("list[dict[str, Any]]", rows)

    def to_pandas(self) -> "pandas.DataFrame":
        """The same as a table of pandas: a column for each value; parts of parts are named with a dot.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise MissingExtraError("pandas", "a table of pandas")
        import pandas

        return pandas.DataFrame(_flat_rows(self))

    def _repr_html_(self) -> str:
        """The page's content, for a notebook."""
        return fragment_of(document_of(self))


@singledispatch
def document_of(result: object) -> Document:
    """The document of a result: figures and rows as they are, where its room has registered nothing better.

    Every room registers a function for each of its own results, so that neither the result knows its page nor
    this room the results.

    Args:
        result: what a verb returned.
    """
    raise TypeError(f"no document is registered for {type(result).__name__}")


@document_of.register
def plain_document(result: Shown) -> Document:
    """Single values as key figures, rows as a table; sentences that should be seen below."""
    rows, values = _flat_rows(result), result.to_json()
    said = [sentence for name in SENTENCES for sentence in values.get(name, ())]
    single = rows[0] if len(rows) == 1 else flat({k: v for k, v in values.items() if k != result.rows_in})
    figures = tuple((name, _text(value)) for name, value in single.items() if not isinstance(value, list))
    lead: list[Block] = [KeyFigures(figures)]
    if len(rows) > 1:
        lead.append(_table(rows[:LISTED]))
    lead.append(Notes((*_left_out(len(rows) - LISTED), *said)))
    title = (type(result).__doc__ or type(result).__name__).splitlines()[0].removesuffix(".")
    return Document(title=title, sections=(), lead=tuple(lead))


def _left_out(rows: int) -> tuple[str, ...]:
    return (f"{rows} more rows: to_pandas() has all",) if rows > 0 else ()


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of dicts in dicts, by their names with dots between.

    >>> flat({"a": 1, "b": {"c": 2, "d": {"e": [3]}}})
    {'a': 1, 'b.c': 2, 'b.d.e': [3]}
    """
    return dict(_leaves(values, ""))


def _leaves(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _flat_rows(result: Shown) -> list[dict[str, Any]]:
    return [flat(to_plain(row)) for row in result.to_rows()]


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = (
        Column.of(
            name,
            rows,
            lambda row, name=name: _text(row.get(name)),  # type: ignore[misc]
            left=any(isinstance(row.get(name), str) for row in rows),
            rank=place,
            breaks=AT_JOINTS,
        )
        for place, name in enumerate(names)
    )
    return Table("", tuple(columns))


def _text(value: Any) -> str:
    """A value in few letters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return ", ".join(map(_text, value)) if len(value) <= 8 else f"{len(value)} values"
    return DASH if value in (None, "", {}) else str(value)


_FORMULA = (*"=+-@＝＋－＠", "\t", "\r", "\n")
"""Full-width signs are signs to some; what is blank some leave out."""


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a heading. A text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> csv_text(["file", "share"], [["=1+1.png", -0.5]])
    "file,share\\n'=1+1.png,-0.5\\n"
    """
    return "".join(_line([_harmless(cell) for cell in row]) for row in [heads, *rows])


def _line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # so it quotes cells with either of the two
    return line.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
