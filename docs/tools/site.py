"""What the site needs beside its pages: pages made from the source, and formulas as MathML.

mkdocs calls the `on_` functions. The pages of the reference list what each room's `__all__` names, so that
no public name can be missing; the formulas are typeset by the browser itself, without a script from afar.
"""

import ast
import re
import tomllib
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

from striate.lazily import homes_in

ROOT = Path(__file__).parents[2]


def source_of(module: str) -> Path:
    """The file of `striate.data` or `striate.data.opening`."""
    path = ROOT / "src" / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def parsed(module: str) -> ast.Module:
    """What stands in it."""
    return ast.parse(source_of(module).read_text())


def public_names(module: str) -> list[str]:
    """What it lists in `__all__`, else what it imports or defines; functions before classes."""
    body = parsed(module).body
    lists = [node.value for node in body if isinstance(node, ast.Assign) and _assigns(node, "__all__")]
    if lists and isinstance(lists[0], ast.List):
        names = list(ast.literal_eval(lists[0]))
    elif lists:  # made from a table of what is imported when it is first used
        names = list(homes_in(str(source_of(module))))
    else:
        names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return sorted((name for name in names if name[0] != "_"), key=lambda name: (name[0].isupper(), name))


def _assigns(node: ast.Assign, name: str) -> bool:
    return [ast.unparse(target) for target in node.targets] == [name]


def home(module: str, name: str) -> str:
    """Where a name that a module imports is defined: a function may have the name of its file."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names]:
            return home(node.module or "", name)
    return f"{module}.{name}"


def documented(path: str) -> bool:
    """Whether a definition can be shown: constants that are assigned several at once cannot."""
    module, name = path.rsplit(".", 1)
    for node in parsed(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if name in [target.id for target in targets if isinstance(target, ast.Name)]:
                return True
    return False


def rooms() -> list[str]:
    """Every room that is imported from, in the order in which the checks of imports list them."""
    checks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(check["layers"] for check in checks if check.get("containers") == ["striate"])
    names = [name.strip() for floor in reversed(floors) for name in re.split("[|:]", floor)]
    return [name for name in names if name not in ("cli", "version")]


def homes(module: str) -> dict[str, str]:
    """Where each public name of a module is defined, of those that can be shown."""
    found = {name: home(module, name) for name in public_names(module)}
    return {name: path for name, path in found.items() if documented(path)}


def reference(module: str, title: str) -> str:
    """A page of the reference: what the module says of itself, then each of its names, once in the site."""
    options = "    options:\n      members: false\n      show_root_heading: false\n"
    elsewhere = {} if module == "striate" else homes("striate")
    shown = homes(module)
    links = [f"[`{name}`](index.md#{path})" for name, path in shown.items() if path in elsewhere.values()]
    others = f"\nAlso here, under [the verbs](index.md): {', '.join(links)}.\n" if links else ""
    names = "".join(f"\n::: {path}\n" for path in shown.values() if path not in elsewhere.values())
    return f"# {title}\n\n::: {module}\n{options}{others}{names}"


def examples() -> str:
    """The files of `examples/`, each with what it says of itself."""
    parts = ["# Examples\n\nEvery file runs as it stands, and the tests run it.\n"]
    for path in sorted((ROOT / "examples").glob("*.py")):
        text = path.read_text()
        title = (ast.get_docstring(ast.parse(text)) or path.stem).splitlines()[0].rstrip(".")
        parts.append(f"## {title}\n\n`examples/{path.name}`\n\n```python\n{text}```\n")
    return "\n".join(parts)


def from_root(name: str) -> str:
    """A page of the repository's first folder, its links as seen from `docs/`."""
    return re.sub(r"\]\(docs/", "](", (ROOT / name).read_text())


def generated() -> dict[str, str]:
    """Path in the site → text of every page that is made."""
    return {
        "examples.md": examples(),
        "contributing.md": from_root("CONTRIBUTING.md"),
        "changelog.md": from_root("CHANGELOG.md"),
        "reference/index.md": reference("striate", "The verbs"),
        **{f"reference/{name}.md": reference(f"striate.{name}", f"striate.{name}") for name in rooms()},
    }


def on_config(config: Any) -> Any:
    """Lists the rooms of the reference behind its verbs."""
    entries = next(part["Reference"] for part in config.nav if "Reference" in part)
    entries.append({"Room by room": [{f"striate.{name}": f"reference/{name}.md"} for name in rooms()]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that are made."""
    for path, text in generated().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_content(html: str, **_: Any) -> str:
    r"""Formulas `\(…\)` and `\[…\]`, which arithmatex has marked, as MathML."""
    html = re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>', _inline, html, flags=re.DOTALL)
    return re.sub(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', _block, html, flags=re.DOTALL)


def _inline(found: re.Match[str]) -> str:
    return str(convert(unescape(found[1])))


def _block(found: re.Match[str]) -> str:
    return str(convert(unescape(found[1]), display="block"))
