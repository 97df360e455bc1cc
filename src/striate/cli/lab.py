"""`striate lab`."""

import sys
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json

if TYPE_CHECKING:
    from striate.exploring.lab import Lab


def show(result: "Lab", asked: Asked, *, json: bool = False) -> None:
    """Its address, then nothing until Ctrl-C."""
    if json:
        print_json(result.to_json(), indent=None)
    else:
        print(f"the lab is open at {result.address}  (Ctrl-C closes it)")
    sys.stdout.flush()
    result.wait()


VERB = Verb(
    "lab",
    show,
    positional=("network", "inputs"),
    metavars={"network": "RUN", "inputs": "INPUT", "port": "PORT", "host": "HOST"},
    examples="""
striate lab                                     a small network learns digits
striate lab runs/digits-plain digits/test/17
striate lab runs/photos-resnet18 cat.jpg dog.jpg --no-browser --port 8000""",
)
