"""`striate explain`."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, screen

if TYPE_CHECKING:
    from striate.explaining.explanation import Explanation


def show(result: "Explanation", asked: Asked, *, html: Path | None = None, json: bool = False) -> None:
    """The numbers; where a page is written, its name alone."""
    if html is not None:
        from striate.runs import write_text

        write_text(html, result.to_html())
    if json:
        print_json(result.to_json(), indent=None)
    elif html is None:
        from striate.pages import document_of, print_document

        print_document(document_of(result), screen())
    else:
        print(html)


VERB = Verb(
    "explain",
    show,
    positional=("network", "inputs"),
    examples="""
striate explain runs/digits-plain digits/test/17    its layers, to choose from
striate explain runs/digits-plain digits/test/17 --layer conv1 --filter 3
striate explain runs/digits-plain digits/test/17 --layer conv1 --at 4,4
striate explain runs/digits-plain digits/test/17 --layer fc1 --weight 5,3
striate explain runs/digits-plain digits/test/17 --layer conv1 --weight bias:3
striate explain runs/photos cat.jpg --label cat --html cat.html
striate explain runs/clips-plain-tsm jump.mp4 --layer conv1 --show maps""",
)
