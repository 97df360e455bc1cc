"""Packages whose names are imported when first used: what a type checker reads there is what there is."""

import ast
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any


def homes_in(file: str) -> dict[str, str]:
    """Each name that a package imports under `if TYPE_CHECKING:`, with the module that it comes from."""
    body = ast.parse(Path(file).read_text(encoding="utf-8")).body
    block = next(node for node in body if isinstance(node, ast.If))
    imports = (node for node in block.body if isinstance(node, ast.ImportFrom))
    return {one.name: str(node.module) for node in imports for one in node.names}


def imported(name: str, homes: dict[str, str], package: str, rooms: Iterable[str] = ()) -> Any:
    """What a package's name stands for. Raises AttributeError, with the name that may be meant."""
    if name in rooms:
        return import_module(f"{package}.{name}")
    if name not in homes:
        from difflib import get_close_matches  # rarely needed, and slow to load

        near = get_close_matches(name, [*homes, *rooms], n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module {package!r} has no attribute {name!r}{hint}")
    return getattr(import_module(homes[name]), name)
