"""`striate explain`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import striate
from striate.cli.arguments import read
from striate.cli.options import File, Flag, Metavar, Name, Positional
from striate.cli.printing import print_json, screen
from striate.errors import ArgumentError

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

    The first example lists the layers, to choose from.

    examples:
      striate explain runs/digits-plain digits/test/17
      striate explain runs/digits-plain digits/test/17 --layer conv1 --filter 3
      striate explain runs/digits-plain digits/test/17 --layer conv1 --at 4,4
      striate explain runs/digits-plain digits/test/17 --layer fc1 --weight 5,3
      striate explain runs/digits-plain digits/test/17 --layer conv1 --weight bias:3
      striate explain runs/photos-plain cat.jpg --label cat --html cat.html
      striate explain runs/clips-plain-tsm jump.mp4 --layer conv1 --show maps
      striate explain --glossary --language vi
    """

    given: Annotated[tuple[str, ...], Positional("RUN INPUT")] = ()
    """The folder of a run, made by `striate train`; then image files, images of a data set (digits/test/17),
    or .npy files; for a run on clips, videos and folders of frames (jump.mp4, or jump.mp4#3 for the third
    window that `striate predict` lists). Numbers are worked out for the first input, gradients for all."""
    layer: Name | None = None
    """The layer to look at; for the second call of a shared one, as in conv#2."""
    filter: int | None = None
    """Which of its filters. By default the one that answers most."""
    at: Annotated[str, Metavar("Y,X")] | None = None
    """The position in its output, as Y,X or T,Y,X. By default where the filter answers most."""
    weight: Annotated[str, Metavar("K,C,I,J")] | None = None
    """The weight whose gradient is taken apart, as K,C,I,J or K,C,T,I,J: filter, channel within its group,
    position in the kernel; K,I for a fully connected layer. Of another parameter with its name before, as
    bias:3 or weight_hh_l0:3,1."""
    delta: Flag = False
    """The gradient δ at the number that is asked for, as its own sum of terms, and so on to the loss."""
    through: Flag = False
    """The size of the gradient on its way from the loss back to the layer."""
    show: Annotated[tuple[Show, ...], Metavar("PICTURE")] = ()
    """Pictures: maps filters update grad-cam integrated-gradients occlusion largest effective-field."""
    label: Annotated[tuple[str, ...], Metavar("CLASS")] = ()
    """The true class of the inputs, one or one each, where they come without."""
    target: Annotated[str, Metavar("CLASS")] | None = None
    """The class that grad-cam, integrated-gradients and occlusion ask about. By default the most probable."""
    rate: float | None = None
    """A learning rate for the update. By default that of the run's last step."""
    language: Literal["en", "vi"] = "en"
    """The language: English or Vietnamese."""
    glossary: Flag = False
    """Print the terms of the field and what they mean, and nothing else."""
    html: File | None = None
    """Write one self-contained page."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Explains, writes what is asked for, prints."""
    command = read(Explain, "explain", words)
    if command.glossary:
        return _print_glossary(command)
    if len(command.given) < 2:
        missing = "an input" if command.given else "a run and an input"
        raise ArgumentError(
            f"explain what? give {missing}: for example `striate explain runs/digits-plain digits/test/17`"
        )
    result = striate.explain(
        command.given[0],
        command.given[1:],
        layer=command.layer,
        filter=command.filter,
        at=numbers("at", command.at),
        weight=command.weight,
        delta=command.delta,
        through=command.through,
        show=command.show,
        label=command.label or None,
        target=command.target,
        rate=command.rate,
        language=command.language,
    )
    if command.html is not None:
        from striate.runs import write_text

        write_text(command.html, result.to_html())
    if command.json:
        print_json(result.to_json(), indent=None)
    elif command.html is None:
        from striate.pages import document_of, print_document

        print_document(document_of(result), screen())
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


def _print_glossary(command: Explain) -> int:
    from rich.text import Text

    from striate.explaining.texts import glossary

    terms = glossary(command.language)
    if command.json:
        print_json({key: {"name": name, "text": text} for key, (name, text) in terms.items()})
        return 0
    console = screen()
    for name, text in terms.values():
        console.print(Text.assemble((name, "bold"), f": {text}"))
    return 0
