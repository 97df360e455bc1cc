"""Every test asserts something, itself or through a function of the tests that it calls."""

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
ASSERTING = ("assert", "raises", "warns", "fail")
"""What the name of a function begins with that asserts, of whatever package."""
RAISE_BY_THEMSELVES = {"test_what_fits"}
"""They call what raises where it finds something wrong, and nothing else."""


@cache
def places() -> dict[str, Path]:
    """Every file of the tests by its module's name."""
    return {path.stem: path for path in TESTS.rglob("*.py")}


@cache
def names(path: Path) -> dict[str, tuple[Path, ast.FunctionDef]]:
    """The functions that a file defines or takes from another file of the tests, with where they are."""
    found: dict[str, tuple[Path, ast.FunctionDef]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name):
                found[name] = path, node
            case ast.ImportFrom(module=str(module), names=taken) if module in places():
                theirs = names(places()[module])
                found |= {one.asname or one.name: theirs[one.name] for one in taken if one.name in theirs}
    return found


@cache
def asserts(path: Path, name: str) -> bool:
    """Whether a function does, or one that it calls."""
    where, function = names(path)[name]
    return any(is_assertion(where, name, node) for node in ast.walk(function))


def is_assertion(path: Path, name: str, node: ast.AST) -> bool:
    """Whether this part of the function `name` is one."""
    match node:
        case ast.Assert() | ast.Raise() | ast.keyword(arg="check", value=ast.Constant(value=True)):
            return True
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called.startswith(ASSERTING):
            return True
        case ast.Call(func=ast.Name(id=called)) if called != name and called in names(path):
            return asserts(path, called)
    return False


def test_every_test_asserts_something() -> None:
    silent = [
        f"{path.relative_to(TESTS)}::{name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for name, (where, _) in names(path).items()
        if name.startswith("test_") and where == path and not asserts(path, name)
    ]
    assert [one for one in silent if one.split("::")[1] not in RAISE_BY_THEMSELVES] == []


def test_a_test_that_asserts_nothing_is_found(tmp_path: Path) -> None:
    file = tmp_path / "test_nothing.py"
    file.write_text(
        "def helper(value):\n    assert value\n\n\n"
        "def test_silent():\n    print(1)\n\n\ndef test_calls():\n    helper(1)\n"
    )
    assert [name for name in names(file) if not asserts(file, name)] == ["test_silent"]
