"""`striate tune`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import counting, print_json

if TYPE_CHECKING:
    from striate.tuning import Tuning


def show(result: "Tuning", asked: Asked, *, all: bool = False, json: bool = False) -> None:
    """The choices and what they gain.

    Args:
        all: show every algorithm that was tried, not only the chosen one.
    """
    if json:
        print_json(result.to_json())
    else:
        from striate.cli.tuning_table import print_tuning

        print_tuning(result, all)


VERB = Verb(
    "tune",
    show,
    positional=("network",),
    instead={"json": ("all",)},
    progress=lambda asked: counting("convolutions"),
    examples="""
striate tune resnet50 --input 3x224x224 --batch 8
striate tune runs/clips-resnet18 --batch 4
striate tune my.models:network --input 3x16x112x112 --batch 4 --all""",
)
