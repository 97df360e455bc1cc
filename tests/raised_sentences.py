"""What the source says when it refuses: the sentences of its errors, read from its text."""

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

PLACE = re.compile(r"⟦\d+⟧")
"""A fact."""


def raised_in(files: Iterable[Path]) -> Iterator[str]:
    """Every sentence that an error is raised with, ⟦1⟧, ⟦2⟧ … for facts."""
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[said, *_]) if (
                    name.endswith("Error") and name != "MissingExtraError"
                ):
                    yield from told(said)


def told(node: ast.AST | None) -> Iterator[str]:
    """The text of an expression; none for one that is put together elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield from map("".join, product(*(_piece(n, one) for n, one in enumerate(parts))))
        case ast.BinOp(left=left):
            yield from (f"{text}⟦99⟧" for text in told(left))
        case ast.IfExp(body=body, orelse=otherwise):
            yield from (*told(body), *told(otherwise))


def _piece(number: int, part: ast.AST) -> list[str]:
    """What may stand in one place of a text: its own words, each side of a choice, or a fact."""
    match part:
        case ast.Constant(value=text):
            return [str(text)]
        case ast.FormattedValue(value=ast.IfExp(body=body, orelse=otherwise)):
            sides = [*told(body), *told(otherwise)]
            return [PLACE.sub(f"⟦{number}⟧", side) for side in sides] if len(sides) > 1 else [f"⟦{number}⟧"]
        case _:
            return [f"⟦{number}⟧"]
