"""`striate export`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, screen

if TYPE_CHECKING:
    from striate.exporting import Export


def show(result: "Export", asked: Asked, *, json: bool = False) -> None:
    """What the file takes and gives, and how it compares with PyTorch."""
    if json:
        print_json(result.to_json())
        return
    from striate.cli.tables import print_pairs
    from striate.exporting.page import figures, ports_table

    screen().print(f"{result.path}: {result.run} as ONNX, checked\n")
    screen().print(ports_table(result))
    print_pairs(figures(result))


VERB = Verb(
    "export",
    show,
    positional=("run",),
    groups={"a network by its name": "weights classes offline"},
    metavars={
        "out": "FILE",
        "window": "N",
        "calibrate": "DATA",
        "weights": "NAME|FILE",
        "classes": "FILE",
    },
    examples="""
striate export runs/photos-resnet18 --out photos.onnx
striate export runs/clips-resnet18-tsm --out live.onnx --streaming
striate export runs/clips-resnet18-tsm --out small.onnx --streaming --int8
striate export mobilenet_v2 --out photos.onnx --calibrate photographs/""",
)
