"""`striate glossary`."""

from collections.abc import Mapping

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, screen


def show(result: Mapping[str, tuple[str, str]], asked: Asked, *, json: bool = False) -> None:
    """A term a line."""
    if json:
        print_json({key: {"name": name, "text": text} for key, (name, text) in result.items()})
        return
    from rich.text import Text

    for name, text in result.values():
        screen().print(Text.assemble((name, "bold"), f": {text}"))


VERB = Verb("glossary", show, examples="\nstriate glossary\nstriate glossary --language vi")
