"""Every result can be shown: as plain values, as rows for pandas, and in a notebook."""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, get_args, get_type_hints

import pandas
import pytest

import striate
from striate.errors import MissingExtraError
from striate.pages import KeyFigures, Shown, Table, document_of
from striate.pages.shown import LISTED

ASKED = ("ClipNetwork", "Explainer", "Predictor", "Step")
"""What a function gives to be called in its turn, and what that gives is a result."""


@dataclass(frozen=True)
class Weighed(Shown):
    """What was weighed.

    More of it.
    """

    rows_in = "stones"
    stones: tuple[dict[str, Any], ...]
    scale: str = "=1+1 <b>"


STONE = {"name": "flint", "grams": 12.345678, "of": {"iron": 3, "lime": None}, "cut": True, "sides": [1, 2]}


def results() -> Iterator[tuple[str, type]]:
    """What the public functions return, and what they give is called for, by name."""
    for name in striate._HOMES:
        if inspect.isfunction(function := inspect.unwrap(getattr(striate, name))):
            yield from _returned(name, function)


def _returned(name: str, function: Any) -> Iterator[tuple[str, type]]:
    for kind in _kinds(get_type_hints(function)["return"]):
        if kind.__name__ not in ASKED:
            yield name, kind
            continue
        for method in ("__call__", "explain"):
            if method in vars(kind):
                yield from _returned(f"{name}.{method}", inspect.unwrap(vars(kind)[method]))


def _kinds(told: Any) -> Iterator[type]:
    """The classes of ours in an annotation."""
    if isinstance(told, type) and told.__module__.split(".")[0] == "striate":
        yield told
    for part in get_args(told):
        yield from _kinds(part)


def test_results_are_found_where_they_are() -> None:
    names = {f"{name}: {kind.__name__}" for name, kind in results()}
    assert {"open_predictor.__call__: VideoPrediction", "stream: Moment", "lab: SavedPage"} <= names
    assert {"serve: Serving", "load_weights: WeightsReport", "open_data: ImageData"} <= names


@pytest.mark.parametrize(("verb", "kind"), list(results()), ids=str)
def test_what_every_public_function_returns_can_be_shown(verb: str, kind: type) -> None:
    assert issubclass(kind, Shown)


def test_a_data_set_opened_is_rows_of_classes() -> None:
    data = striate.open_data("digits")
    rows = data.to_pandas()
    assert list(rows.columns) == ["split", "class", "images"]
    assert rows["images"].sum() == 1797
    assert list(rows["class"][:3]) == ["0", "1", "2"]
    assert "every image is grey" in data._repr_html_()


def test_loaded_weights_are_rows_of_parameters() -> None:
    network = striate.build("plain", classes=2, channels=1, size=8, widths=(4,), hidden=())
    other = striate.build("plain", classes=3, channels=1, size=8, widths=(4,), hidden=())
    report = striate.load_weights(network, other.state_dict())
    rows = report.to_pandas()
    assert list(rows["loaded"]) == [name in report.loaded for name in rows["parameter"]]
    assert set(rows["parameter"]) == set(network.state_dict())
    assert "a fresh head" in report._repr_html_()


def test_rows_become_columns_of_pandas():
    table = Weighed((STONE, {"name": "slate"})).to_pandas()
    assert list(table.columns) == ["name", "grams", "of.iron", "of.lime", "cut", "sides"]
    assert table["grams"][0] == 12.345678
    assert table["sides"][0] == [1, 2]
    assert pandas.isna(table["of.iron"][1])


def test_a_dict_of_numbers_is_rows_of_names_and_values():
    class Counted(Shown):
        rows_in = "counts"

        def to_json(self) -> dict[str, Any]:
            return {"counts": {"cat": 3, "dog": 4}}

    assert Counted().to_pandas().to_dict("list") == {"name": ["cat", "dog"], "value": [3, 4]}


def test_a_result_without_rows_is_one():
    class Single(Shown):
        def to_json(self) -> dict[str, Any]:
            return {"path": "a", "times": {"first": 1.5}}

    assert Single().to_pandas().to_dict("list") == {"path": ["a"], "times.first": [1.5]}


def test_without_pandas_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr("striate.pages.shown.find_spec", lambda name: None)
    said = "a table of pandas needs the extra 'pandas': pip install 'striate[pandas]'"
    with pytest.raises(MissingExtraError, match=f"^{said.replace('[', chr(92) + '[')}$"):
        Weighed(()).to_pandas()


def test_showing_needs_no_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert "flint" in Weighed((STONE, STONE))._repr_html_()


def test_a_plain_page_has_figures_and_rows():
    document = document_of(Weighed((STONE, {"name": "slate"})))
    assert document.title == "What was weighed"
    figures, table, notes = document.lead
    assert isinstance(figures, KeyFigures)
    assert figures.figures == (("scale", "=1+1 <b>"),)
    assert isinstance(table, Table)
    assert [[str(cell) for cell in row] for row in table.rows] == [
        ["flint", "12.35", "3", "–", "yes", "1, 2"],
        ["slate", "–", "–", "–", "–", "–"],
    ]
    assert notes.lines == ()


def test_a_page_says_which_rows_it_leaves_out():
    document = document_of(Weighed((STONE,) * (LISTED + 7)))
    assert len(document.lead[1].rows) == LISTED
    assert document.lead[2].lines == ("7 more rows: to_pandas() has all",)


def test_texts_are_no_markup():
    class Tags(HTMLParser):
        found: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.found.append(tag)

    reader = Tags()
    reader.feed(Weighed((STONE, STONE))._repr_html_())
    assert "b" not in reader.found
