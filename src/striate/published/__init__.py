"""Published weights, by name: the name of a network → its file, fetched and checked, and what belongs to it.

What weights say of a picture depends on how it was made for them, so its size, its crop and its normalisation
come with them, and so do the names of their classes. This room knows networks, and neither data sets nor
trainings. All addresses stand in `table`.
"""

from striate.published.table import WEIGHTS, PublishedWeights, published_names

__all__ = ["WEIGHTS", "PublishedWeights", "published_names"]
