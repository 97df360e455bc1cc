"""`striate evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.predict import EVENTS
from striate.cli.printing import counting, print_json, print_lines

if TYPE_CHECKING:
    from striate.evaluating.evaluation import Evaluation


def show(result: "Evaluation", asked: Asked, *, html: Path | None = None, json: bool = False) -> None:
    """The scores, and what was written.

    Args:
        html: write one page: the scores, the curves and the worst mistakes with their pictures.
    """
    if html is not None:
        from striate.runs import write_text

        write_text(html, result.to_html())
    if json:
        print_json(result.to_json())
        return
    from striate.cli.tables import print_evaluation

    print_evaluation(result)
    print_lines("written", [*result.files, *([] if html is None else [html])])


VERB = Verb(
    "evaluate",
    show,
    positional=("run", "data"),
    beside={"all_classes": ("out",), "mistakes": ("html", "json", "out")},
    groups=EVENTS,
    progress=lambda asked: counting("scoring"),
    examples="""
striate evaluate runs/digits-plain                    on its own test images
striate evaluate runs/photos more/ --split all        on another folder
striate evaluate runs/digits-plain --out report/      with files
striate evaluate runs/photos --html report.html       with the worst mistakes
striate evaluate runs/clips-resnet18-tsm --clips 10 --crops 3
striate evaluate runs/clips-resnet18-tsm long.csv --events""",
)
