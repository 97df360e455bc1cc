"""Nothing stands in the source that nothing there uses."""

import ast
import re
from collections import Counter
from pathlib import Path

import striate

SOURCE = Path(striate.__file__).parent
FOR_OTHERS = {"weighted_sum", "__slots__"}
"""What checks of derivations are made with, and what Python asks for."""


def test_every_function_class_and_constant_of_a_module_is_used():
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    used = Counter(word for text in texts.values() for word in re.findall(r"\w+", text))
    alone = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path, text in texts.items()
        for node in ast.parse(text).body
        for name in names_of(node)
        if used[name] == 1 and name not in FOR_OTHERS
    ]
    assert alone == []


def names_of(node: ast.stmt) -> list[str]:
    """What a statement of a module gives a name to; what a decorator registers is used by that."""
    match node:
        case ast.FunctionDef(name=name, decorator_list=[]) | ast.ClassDef(name=name, decorator_list=[]):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []
