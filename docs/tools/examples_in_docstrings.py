"""Examples in docstrings, `>>>` after an empty line, become a section of their own on the site."""

import re

import griffe

_EXAMPLE = re.compile(
    r"(?:\A|\n[ \t]*\n)(?P<indent>[ \t]*)(?P<lines>>>>.*?)(?=\n[ \t]*\n[ \t]*(?!>>>)\S|\Z)", re.DOTALL
)


def with_section(text: str) -> str:
    """The same docstring with `Examples:` before each group of examples."""

    def section(found: re.Match[str]) -> str:
        indent = found["indent"]
        lines = (f"{indent}    {line.removeprefix(indent)}".rstrip() for line in found["lines"].splitlines())
        return f"\n\n{indent}Examples:\n" + "\n".join(lines)

    return text if "Examples:" in text else _EXAMPLE.sub(section, text)


class ExamplesAsSections(griffe.Extension):
    """Does so for every object of the package."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called by griffe once per object."""
        if obj.docstring:
            obj.docstring.value = with_section(obj.docstring.value)
