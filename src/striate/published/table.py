"""Which weights are published, where, and what is said of them.

All are torchvision's, whose file names end with the first digits of the file's SHA-256; accuracies are those
of its documentation (one view; of Kinetics-400 one clip). A network's first entry is what its name alone
means.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from striate.data.images.framing import Framing
from striate.errors import ArgumentError, unknown

Data = Literal["imagenet", "kinetics"]
"""What weights were trained on: ImageNet-1K, 1000 classes; Kinetics-400, 400 classes."""

ADDRESS = "https://download.pytorch.org/models/"
"""Where torchvision's files lie."""
CLASSES_ADDRESS = "https://raw.githubusercontent.com/pytorch/hub/master/imagenet_classes.txt"
"""The names of ImageNet's classes, a line each, as the publisher of the weights tells them."""
LICENCE = "BSD-3-Clause"
"""Of the weights; their training data have terms of their own."""
SCORES = {"imagenet": 1000, "kinetics": 400}


@dataclass(frozen=True)
class PublishedWeights:
    """One file of weights."""

    network: str
    """A name of the catalogue."""
    name: str
    """What `--weights` calls it."""
    file: str
    top1: float
    """Published accuracy, a fraction, on ImageNet's validation images, or on Kinetics-400's validation videos
    with five clips of 16 frames of each."""
    data: Data = "imagenet"
    size: int = 224
    """Height and width of what the network was tested on."""
    resized: int = 256
    """The short side of the picture from whose middle that is cut."""

    @property
    def framing(self) -> Framing:
        """What of a picture the network sees."""
        return Framing("crop", self.size / self.resized)

    @property
    def checksum(self) -> str:
        """The first digits of the file's SHA-256."""
        return self.file.rpartition("-")[2].partition(".")[0]


def _entries() -> Iterator[PublishedWeights]:
    first, second = "imagenet-v1", "imagenet-v2"
    for network, checksum, top1 in (
        ("resnet18", "f37072fd", 0.69758),
        ("resnet34", "b627a593", 0.73314),
    ):
        yield PublishedWeights(network, first, f"{network}-{checksum}.pth", top1)
    for network, (old, new), (old_top1, new_top1) in (
        ("resnet50", ("0676ba61", "11ad3fa6"), (0.76130, 0.80858)),
        ("resnet101", ("63fe2227", "cd907fc2"), (0.77374, 0.81886)),
        ("mobilenet_v2", ("b0353104", "7ebf99e0"), (0.71878, 0.72154)),
    ):
        yield PublishedWeights(network, second, f"{network}-{new}.pth", new_top1, resized=232)
        yield PublishedWeights(network, first, f"{network}-{old}.pth", old_top1)
    yield PublishedWeights("squeezenet1_1", first, "squeezenet1_1-b8a52dc0.pth", 0.58178)
    yield PublishedWeights("vgg16", first, "vgg16-397923af.pth", 0.71592)
    yield PublishedWeights("alexnet", first, "alexnet-owt-7be5be79.pth", 0.56522)
    for network, checksum, top1 in (
        ("r3d_18", "b3b3357e", 0.63200),
        ("mc3_18", "a90a0ba3", 0.63960),
        ("r2plus1d_18", "91a641e6", 0.67463),
    ):
        yield PublishedWeights(
            network, "kinetics", f"{network}-{checksum}.pth", top1, "kinetics", size=112, resized=128
        )


WEIGHTS: tuple[PublishedWeights, ...] = tuple(_entries())


def published_names(network: str) -> tuple[str, ...]:
    """What `--weights` may be for a network: the names of its files, and of what they were trained on.

    Args:
        network: a name of the catalogue.

    >>> published_names("mobilenet_v2")
    ('imagenet', 'imagenet-v2', 'imagenet-v1')
    """
    names = [one.name for one in WEIGHTS if one.network == network]
    return tuple(dict.fromkeys([*(name.partition("-")[0] for name in names), *names]))


def published(network: str, name: str | None = None) -> PublishedWeights:
    """The weights of that name; without one, the network's first.

    Raises:
        ArgumentError: there are none.
    """
    found = [one for one in WEIGHTS if one.network == network]
    if not found:
        known = ", ".join(dict.fromkeys(one.network for one in WEIGHTS))
        raise ArgumentError(
            f"no published weights of {network!r} are known, only of {known}: name one of these, or train"
        )
    for one in found:
        if name in (None, one.name, one.name.partition("-")[0]):
            return one
    raise ArgumentError(unknown(f"weights of {network}", str(name), published_names(network)))
