"""`striate sweep`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, print_lines, print_stopped, screen
from striate.cli.train import GROUPS

if TYPE_CHECKING:
    from striate.sweeping import Sweep


def show(result: "Sweep", asked: Asked, *, json: bool = False) -> int:
    """The table; where it was stopped, how to go on."""
    if result.status == "stopped":
        return print_stopped(asked.words)
    if json:
        print_json(result.to_json())
        return 0
    from striate.sweeping.result import table_of

    screen().print(table_of(result))
    print_lines("note", result.notes)
    if result.trials:
        print(f"best run: {result.trials[0].run}")
    return 0


VERB = Verb(
    "sweep",
    show,
    positional=("data",),
    configured=True,
    groups=GROUPS,
    metavars={"set": "NAME=VALUES"},
    goes_on=lambda asked: True,
    examples="""
striate sweep digits --set learning_rate=1e-4..1e-2 --trials 10 --epochs 3
striate sweep photos/ --set backbone=plain,resnet18 --set batch_size=16..64
striate sweep photos/ --set optimizer=adamw,sgd learning_rate=1e-4..1e-1""",
)
