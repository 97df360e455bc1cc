"""`striate compare`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, print_stopped
from striate.cli.train import GROUPS

if TYPE_CHECKING:
    from striate.comparing import Comparison


def show(result: "Comparison", asked: Asked, *, json: bool = False) -> int:
    """The table; where it was stopped, how to go on."""
    if result.status == "stopped":
        return print_stopped(asked.words)
    if json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_comparison

        print_comparison(result)
    return 0


VERB = Verb(
    "compare",
    show,
    positional=("data",),
    needs=("data", "runs"),
    groups=GROUPS,
    configured=True,
    without=("minutes",),
    goes_on=lambda asked: True,
    examples="""
striate compare motion-digits --time 2d tsm 2plus1d 3d lstm
striate compare clips/ --backbone resnet18 --time tsm 3d --minutes-each 30
striate compare motion-digits --time tsm 3d 2plus1d --match macs --seeds 5
striate compare motion-digits --seeds 1 --epochs 2 --out runs/short
striate compare photos/ --backbone plain resnet18 --seeds 1
striate compare --runs runs/clips-resnet18-tsm runs/clips-resnet18-3d""",
)
