"""`striate models`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json

if TYPE_CHECKING:
    from striate.inspecting.list_models import Listed, ListedNetwork

HEADS = ("network", "takes", "parameters", "products", "weights", "trained on", "accuracy", "here")


def show(result: "Listed", asked: Asked, *, json: bool = False) -> None:
    """A row for each file of weights, and for each network that has none."""
    if json:
        print_json(result.to_json())
        return
    from striate.cli.printing import screen
    from striate.pages import Table

    rows = [row for one in result.networks for row in _rows(one)]
    console = screen()
    console.print(Table.of_rows("", HEADS, rows))
    licences = sorted({each.licence for one in result.networks for each in one.weights})
    console.print(
        f"weights: {', '.join(licences)}, their training data have terms of their own; accuracy is that "
        "published",
        style="dim",
    )


def _rows(one: "ListedNetwork") -> Iterator[tuple[str, ...]]:
    from striate.numbers import count, percent, scaled

    of_network = (one.name, one.takes, count(one.parameters), scaled(one.products))
    if not one.weights:
        yield *of_network, "", "", "", ""
    for each in one.weights:
        here = "yes" if each.here else "no"
        yield *of_network, each.name, each.data, percent(each.top1, 1), here


VERB = Verb(
    "list_models",
    show,
    examples="""
striate models
striate models --json""",
)
