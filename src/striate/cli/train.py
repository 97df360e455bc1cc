"""`striate train`."""

from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json
from striate.torchrun import leads

if TYPE_CHECKING:
    from striate.training.train import Run

GROUPS = {
    "which network, and the weights that it starts from": "striate.training.request:NetworkOptions",
    "what the network sees of a picture": "striate.training.request:PictureOptions",
    "what the network sees of a video": "striate.training.request:ClipOptions",
    "what computes": "striate.training.request:MachineOptions",
    "everything that decides a training": "striate.training.recipe:Recipe",
    "how training images are varied": "striate.data.augment.augmentation:Augmentation",
}


def show(result: "Run", asked: Asked, *, json: bool = False) -> int:
    """What a training came to; 130 where it was stopped."""
    if not leads():
        return 0
    if json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_run

        print_run(result)
    return 0 if result.status == "finished" else 130


VERB = Verb(
    "train",
    show,
    positional=("data",),
    needs=("data", "resume"),
    groups=GROUPS,
    configured=True,
    examples="""
striate train digits                      the built-in digits, good defaults
striate train mnist --recipe fast         one quick pass
striate train photos/ --minutes 10        one folder per class, ten minutes
striate train photos/ --backbone resnet18 --size 112 --weights resnet18.pth
striate train motion-digits --time tsm    clips that only order tells apart
striate train clips/ --backbone resnet18 --time tsm --weights resnet18.pth
striate train clips/ --time 3d --stride 2 --freeze conv1 layer1
striate train --config photos.toml --epochs 3
striate train --resume runs/photos        go on where it was interrupted
torchrun --nproc-per-node 2 -m striate train photos/""",
)
