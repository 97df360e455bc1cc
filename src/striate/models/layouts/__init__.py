"""Published weights by other names: whose files name which layer of which family how.

torchvision's names are our own, for the families it has. There is one table per family here, and in it one
`Layout` per origin. A test checks that each is one-to-one and complete, and `tests/models/clip_witness.py`
that the names are those which the packages give.
"""

from striate.models.layouts.layout import Layout, Pixels, State, in_our_names, recognised, without_way
from striate.models.layouts.tables import C3D, CSN, I3D, IMAGENET, KINETICS, SLOWFAST, X3D
from striate.models.layouts.timm import CALLED, TIMM
from striate.models.layouts.tsm import TSM_MOBILENET, TSM_RESNET

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "c3d": C3D,
    "i3d": I3D,
    "csn": CSN,
    "x3d": X3D,
    "slowfast": SLOWFAST,
    "tsm_resnet": TSM_RESNET,
    "tsm_mobilenet": TSM_MOBILENET,
    "timm": TIMM,
}

EVERY = tuple(layout for family in LAYOUTS.values() for layout in family)

__all__ = [
    "CALLED",
    "EVERY",
    "IMAGENET",
    "KINETICS",
    "LAYOUTS",
    "Layout",
    "Pixels",
    "State",
    "in_our_names",
    "recognised",
    "without_way",
]
