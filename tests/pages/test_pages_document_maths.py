"""Formulas: each as text and as MathML of the same meaning."""

from xml.etree import ElementTree

import pytest

from striate.pages.document import Maths, listed, over, partial, power, root, row, sub, sum_of, total


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
