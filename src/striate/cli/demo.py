"""`striate demo`."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json

if TYPE_CHECKING:
    from striate.demonstration import Demo


def show(result: "Demo", asked: Asked, *, json: bool = False) -> int:
    """What remains to be said when all is done."""
    if not result.finished:
        _print_stopped(result)
        return 130
    if json:
        print_json(result.to_json())
    else:
        _print_ways(result)
    return 0


def _print_stopped(result: "Demo") -> None:
    from striate.cli.tables import print_run
    from striate.demonstration import CLIPS, WAYS

    if result.compared is None:
        print_run(result.run)
        return
    again = f"striate compare {CLIPS} --time {' '.join(WAYS)} --seeds 1 --out {result.ways}"
    print(f"stopped, everything saved; go on with:  {again}")


def _print_images(so_far: "Demo") -> None:
    from striate.cli.tables import print_predictions, print_run

    assert so_far.predictions is not None
    print()
    print_run(so_far.run)
    print()
    print_predictions(so_far.predictions)
    print(
        "\nnow clips: digits that move, in pairs of classes that only the order of frames tells apart",
        flush=True,
    )


def _progress(asked: Asked) -> AbstractContextManager[Callable[["Demo"], None] | None]:
    return nullcontext(None if asked.values.get("json") else _print_images)


def _print_ways(result: "Demo") -> None:
    from striate.cli.tables import print_comparison

    assert result.compared is not None
    print()
    print_comparison(result.compared)
    print("\nnow your own images or clips, in one folder per class:  striate train FOLDER")
    print("more ways through time:  striate compare motion-digits --time 2d tsm 3d lstm")
    print("or the full MNIST:  striate data get mnist && striate train mnist")


VERB = Verb("demo", show, progress=_progress, examples="\nstriate demo")
