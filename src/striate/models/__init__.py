"""Networks: keyword arguments in, an `nn.Module` out. What data it will see and how it is trained is
not known here.

    network = build("resnet18", classes=10, channels=1)

`CATALOGUE` names every network for images, `CLIP_NETWORKS` every published one for clips. There is one file
per family, and all are written alike: a network is a `Sequential` of named stages, so the builder reads from
image to class, and only a block whose path forks has a `forward`. Every layer, ReLUs included, is a module of
its own with a name of its own, so that a recording can point at it; none writes in place, so that what was
recorded stays as it was.

The published families carry torchvision's state-dict names and shapes, so its checkpoints load strictly.
Weights go between files and networks in two steps: `read_weights` gives a state dict from whatever the
file is, `load_weights` puts it into a network and says what it had to change.
"""

from striate.models.catalogue import CATALOGUE, NETWORKS, Builder, build, options
from striate.models.clip_networks import CLIP_NETWORKS, published_clip
from striate.models.head_stem import head_of, stem_of
from striate.models.spec import NetworkSpec
from striate.models.ways import OWN, WAYS, ClipNetwork, through_time
from striate.models.weight_files import read_weights, save_weights
from striate.models.weights import WeightsReport, load_weights

__all__ = [
    "CATALOGUE",
    "CLIP_NETWORKS",
    "NETWORKS",
    "OWN",
    "WAYS",
    "Builder",
    "ClipNetwork",
    "NetworkSpec",
    "WeightsReport",
    "build",
    "head_of",
    "load_weights",
    "options",
    "published_clip",
    "read_weights",
    "save_weights",
    "stem_of",
    "through_time",
]
