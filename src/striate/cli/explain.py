"""`striate explain`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from striate.cli.arguments import Flag, read
from striate.errors import ArgumentError
from striate.explaining.explain import explain
from striate.explaining.texts.languages import glossary
from striate.pages import document_of, print_document
from striate.runs import write

Show = Literal[
    "maps",
    "filters",
    "update",
    "grad-cam",
    "integrated-gradients",
    "occlusion",
    "largest",
    "effective-field",
]


@dataclass(frozen=True)
class Explain:
    """Work out the numbers behind a number of a trained network, by hand, and check them against torch.

    examples:
      striate explain runs/digits-plain digits/test/17                       the layers, to choose from
      striate explain runs/digits-plain digits/test/17 --layer conv1 --filter 3 --at 4,4
      striate explain runs/digits-plain digits/test/17 --layer conv2 --weight 5,3,1,1 --through
      striate explain runs/photos-plain cat.jpg --label cat --layer conv2 --show maps --html cat.html
      striate explain runs/clips-plain-tsm jump.mp4 --layer backbone.conv1 --show grad-cam --html jump.html
      striate explain --glossary --lang vi
    """

    given: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="RUN INPUT ...")] = ()
    """The folder of a run, made by `striate train`; then image files, images of a data set (digits/test/17),
    or .npy files; for a run on clips, videos and folders of frames (jump.mp4, or jump.mp4#3 for the third
    window that `striate predict` lists). Numbers are worked out for the first input, gradients for all."""
    layer: str | None = None
    """The layer to look at; for the second call of a shared one, as in conv#2."""
    filter: int | None = None
    """Which of its filters. By default the one that answers most."""
    at: str | None = None
    """The place in its output, as Y,X or T,Y,X. By default where the filter answers most."""
    weight: str | None = None
    """The weight whose gradient is taken apart, as K,C,I,J or K,C,T,I,J: filter, channel within its group,
    place in the kernel; K,I for a fully connected layer."""
    through: Flag = False
    """The size of the gradient on its way from the loss back to the layer."""
    show: tuple[Show, ...] = ()
    """Pictures: maps filters update grad-cam integrated-gradients occlusion largest effective-field."""
    label: tuple[str, ...] = ()
    """The true class of the inputs, one or one each, where they come without."""
    target: str | None = None
    """The class that grad-cam, integrated-gradients and occlusion ask about. By default the most probable."""
    rate: float | None = None
    """A learning rate for the update. By default that of the run's last step."""
    lang: Literal["en", "vi"] = "en"
    """The language: English or Vietnamese."""
    glossary: Flag = False
    """Print the terms of the field and what they mean, and nothing else."""
    html: Path | None = None
    """Write one self-contained page."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Explains, writes what is asked for, prints."""
    command = read(Explain, "explain", words)
    if command.glossary:
        return _glossary(command)
    if not command.given:
        raise ArgumentError(
            "explain what? give a run and an input: striate explain runs/digits-plain digits/test/17"
        )
    result = explain(
        command.given[0],
        list(command.given[1:]),
        layer=command.layer,
        filter=command.filter,
        at=numbers("at", command.at),
        weight=numbers("weight", command.weight),
        through=command.through,
        show=command.show,
        label=list(command.label) or None,
        target=command.target,
        rate=command.rate,
        language=command.lang,
    )
    if command.html is not None:
        page = result.to_html()
        write(command.html, lambda path: path.write_text(page, encoding="utf-8"))
    if command.json:
        print(json.dumps(result.to_json(), ensure_ascii=False))
    elif command.html is None:
        print_document(document_of(result), Console(highlight=False))
    else:
        print(command.html)
    return 0


def numbers(name: str, text: str | None) -> tuple[int, ...] | None:
    """`3,0,1,1` as numbers.

    >>> numbers("at", "4,4")
    (4, 4)
    """
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise ArgumentError(
            f"--{name} takes whole numbers with commas between, as in 3,0,1,1; got {text!r}"
        ) from None


def _glossary(command: Explain) -> int:
    terms = glossary(command.lang)
    if command.json:
        told = {key: {"name": name, "text": text} for key, (name, text) in terms.items()}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    console = Console(highlight=False)
    for name, text in terms.values():
        console.print(f"[bold]{name}[/]: {text}")
    return 0
