"""`striate lab`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb

if TYPE_CHECKING:
    from striate.exploring.lab import Lab


def show(result: "Lab", asked: Asked) -> None:
    """Its address, until Ctrl-C."""
    print(f"the lab is open at {result.address}  (Ctrl-C closes it)", flush=True)
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
