"""Formulas: each as text and as MathML of the same meaning."""

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.pages import Document, Formula, Section
from striate.pages.maths import Maths, listed, over, partial, power, root, row, sub, sum_of, total
from striate.pages.page import page_of


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (row("a", "=", 0.5), "a = 0.5"),
        (row("a", "−", -2), "a − −2"),
        (sub("y", "i", 3), "y[i,3]"),
        (power("x", 2), "x^2"),
        (over("a", "b"), "a/b"),
        (over(row("a", "+", "b"), row("c", "+", "d")), "(a + b)/(c + d)"),
        (root("x"), "√(x)"),
        (total("c,u", sub("w", "c")), "Σ_c,u w[c]"),
        (partial("L", sub("y", "k")), "∂L/∂y[k]"),
        (listed(["a", "b"]), "a,b"),
        (sum_of([1.0, -2.0, 3.0]), "1 − 2 + 3"),
        (sum_of([1.0, 2.0, 3.0], most=2), "1 + 2 + …"),
        (row("softmax", "(", "z", ")"), "softmax(z)"),
    ],
)
def test_the_text_and_well_formed_markup(formula: Maths, text: str) -> None:
    assert formula.text == text
    ElementTree.fromstring(f"<math>{formula.markup}</math>")


def test_names_of_several_letters_stand_upright() -> None:
    assert row("max").markup == '<mrow><mi mathvariant="normal">max</mi></mrow>'
    assert row("x").markup == "<mrow><mi>x</mi></mrow>"
    assert row("<").markup == "<mrow><mo>&lt;</mo></mrow>"


@pytest.mark.parametrize("text", ["3", "−0.25", "0"])
def test_a_text_that_is_a_number_is_one(text: str) -> None:
    assert sub("y", text).markup == f"<msub><mi>y</mi><mrow><mn>{text}</mn></mrow></msub>"


LONG = row("δ", "=", sum_of([1.5, -2.0, 3.0]), "+", "(", "a", "+", "b", ")", "·", -4, "=", "−", "c")


def test_a_row_comes_in_pieces_that_begin_with_a_sign_outside_of_brackets() -> None:
    found = ["".join(ElementTree.fromstring(f"<math>{piece}</math>").itertext()) for piece in LONG.pieces]
    assert found == ["δ", "=1.5", "−2", "+3", "+(a+b)·−4", "=−c"]
    assert all(piece.startswith('<mo form="infix">') for piece in LONG.pieces[1:])


@given(st.recursive(
    st.sampled_from(["x", "=", "+", "−", "·", "2", -1.5]), lambda one: st.lists(one, min_size=1, max_size=5)
))  # fmt: skip
def test_the_pieces_are_the_whole(drawn: Any) -> None:
    def built(one: Any) -> Any:
        return row(*map(built, one)) if isinstance(one, list) else one

    whole = row(built(drawn))
    joined = "".join(whole.pieces).replace(' form="infix"', "")
    shown = ["".join(ElementTree.fromstring(f"<m>{one}</m>").itertext()) for one in (joined, whole.markup)]
    assert shown[0] == shown[1]


def test_only_a_long_formula_is_broken() -> None:
    assert not Formula(row("a", "=", "b")).long
    assert Formula(LONG).long == (len(LONG.text) > 40)
    page = page_of(Document("t", (Section("s", (Formula(row(LONG, "+", LONG)),)),)))
    assert page.count('<math displaystyle="true"') == len(row(LONG, "+", LONG).pieces)
