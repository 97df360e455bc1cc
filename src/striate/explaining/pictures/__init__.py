"""What `--show` draws: maps, filters, an update, what speaks for a class, what a filter answers to."""

from collections.abc import Callable
from typing import Literal

from striate.explaining.picture import Picture
from striate.explaining.pictures.attribution import grad_cam, integrated_gradients, occlusion
from striate.explaining.pictures.maps_and_filters import feature_maps, filters, update
from striate.explaining.pictures.request import PictureRequest
from striate.explaining.pictures.top_activations import effective_field, largest

Show = Literal[
    "maps", "filters", "update", "grad-cam", "integrated-gradients", "occlusion", "largest", "effective-field"
]  # fmt: skip
SHOWS: dict[Show, Callable[[PictureRequest], list[Picture]]] = {
    "maps": feature_maps,
    "filters": filters,
    "update": update,
    "grad-cam": grad_cam,
    "integrated-gradients": integrated_gradients,
    "occlusion": occlusion,
    "largest": largest,
    "effective-field": effective_field,
}
"""What can be shown, by name."""
