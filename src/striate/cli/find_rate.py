"""`striate find-rate`."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import counting, print_json, print_lines
from striate.cli.train import GROUPS

if TYPE_CHECKING:
    from striate.training.rate_search import RateSearch


def show(result: "RateSearch", asked: Asked, *, picture: Path | None = None, json: bool = False) -> None:
    """The suggestion, and what was written.

    Args:
        picture: draw the loss over the rate into this PNG file.
    """
    if picture is not None:
        from striate.runs import write
        from striate.training.rate_search import draw_rates

        write(picture, lambda path: draw_rates(result, path))
    if json:
        print_json(result.to_json())
        return
    if result.suggested is not None:
        print(f"--learning-rate {result.suggested:.1e}  where the loss falls fastest")
    print(f"lowest loss at {result.lowest:.1e}; {result.optimizer}, batches of {result.batch_size}")
    print_lines("note", result.notes)
    print_lines("written", [] if picture is None else [picture])


VERB = Verb(
    "find_learning_rate",
    show,
    positional=("data",),
    configured=True,
    groups=GROUPS,
    progress=lambda asked: counting("trying rates"),
    without=("epochs", "minutes", "learning_rate", "schedule", "warmup", "ema", "patience"),
    metavars={"picture": "FILE"},
    examples="""
striate find-rate digits
striate find-rate photos/ --backbone resnet18 --weights resnet18.pth
striate find-rate photos/ --optimizer sgd --batch-size 64 --picture rates.png""",
)
