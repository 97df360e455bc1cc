"""`striate lab`."""

import sys
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json
from striate.numbers import bytes_of

if TYPE_CHECKING:
    from striate.exploring.lab import Lab
    from striate.exploring.saved import SavedPage


def show(result: "Lab | SavedPage", asked: Asked, *, json: bool = False) -> None:
    """The address, then nothing until Ctrl-C; of a page that was saved, its file."""
    from striate.exploring.saved import SavedPage  # what pages are made of is not needed for help

    if json:
        print_json(result.to_json(), indent=None)
    elif isinstance(result, SavedPage):
        print(f"{result.path}: {result.numbers:,} numbers worked out, {bytes_of(result.bytes)}")
    else:
        print(f"the lab is open at {result.address}  (Ctrl-C closes it)")
    sys.stdout.flush()
    if not isinstance(result, SavedPage):
        result.wait()


VERB = Verb(
    "lab",
    show,
    positional=("network", "inputs"),
    metavars={
        "network": "RUN|NAME",
        "against": "RUN|NAME",
        "classes": "FILE",
        "live": "SOURCE",
        "inputs": "INPUT",
        "port": "PORT",
        "host": "HOST",
        "save": "FILE",
        "save_size": "MB",
        "weights": "NAME|FILE",
    },
    groups={"a network by its name": "weights classes offline"},
    beside={
        "save_size": ("save",),
        "weights": ("network",),
        "classes": ("network",),
        "against": ("network",),
    },
    instead={"save": ("host", "port", "browser", "live")},
    examples="""
striate lab                                     a small network learns digits
striate lab runs/digits-plain digits/test/17
striate lab runs/photos-resnet18 cat.jpg dog.jpg --no-browser --port 8000
striate lab resnet18 cat.jpg --against mobilenet_v2
striate lab runs/clips-resnet18-tsm jump.mp4 --live camera
striate lab runs/digits-plain digits/test/17 --save page.html""",
)
