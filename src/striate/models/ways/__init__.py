"""Ways through time: how a network that knows single frames comes to know a clip.

    network = through_time(image_network, "tsm", classes=10)

In comes a 2D network, images (N, C, H, W) → scores; out comes a `ClipNetwork`, clips (N, C, T, H, W) →
scores, that holds it as `backbone` under its own names. A way is a part handed in, never a copy of the
network: its layers are exchanged one by one. No way holds a clip's length, which each forward reads anew.
"""

from striate.models.ways.clip_network import ClipNetwork, Plan
from striate.models.ways.through_time import OWN, WAYS, AsItIs, check_way, options_of_way, through_time

__all__ = ["OWN", "WAYS", "AsItIs", "ClipNetwork", "Plan", "check_way", "options_of_way", "through_time"]
