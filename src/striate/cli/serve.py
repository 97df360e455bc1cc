"""`striate serve`."""

import sys
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json

if TYPE_CHECKING:
    from striate.serving.serve import Serving


def show(result: "Serving", asked: Asked, *, json: bool = False) -> None:
    """The address, then nothing until Ctrl-C or SIGTERM."""
    if json:
        print_json(result.to_json(), indent=None)
    else:
        what = {"images": "an image", "videos": "a video"}[result.takes]
        print(f"serving at {result.address}  (Ctrl-C ends it)")
        print(f"  curl --data-binary @FILE {result.address}predict    with {what}")
    sys.stdout.flush()
    result.wait()


VERB = Verb(
    "serve",
    show,
    positional=("run",),
    groups={
        "limits": "max_megabytes max_megapixels max_frames max_seconds max_connections",
        "a network by its name": "weights classes offline",
    },
    metavars={"host": "HOST", "port": "PORT", "token": "TOKEN", "weights": "NAME|FILE", "classes": "FILE"},
    examples="""
striate serve runs/photos-resnet18
striate serve photos.onnx --host 0.0.0.0 --port 8000 --token secret
curl --data-binary @cat.jpg http://127.0.0.1:8643/predict""",
)
