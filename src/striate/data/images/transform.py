"""A function of one's own, through which every picture goes before it is brought to a network's size.

It gets a picture of Pillow, upright, of mode L or RGB as the network has channels, and gives one; or an
array or tensor of it, uint8 or numbers from 0 to 1, as other libraries make them. It belongs to the network
as its size does: training, evaluation and prediction use it alike, so it must give the same for the same
picture. What is to be drawn anew each time is augmentation.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from striate.errors import ArgumentError, DataError, NetworkError
from striate.own_source import Source, imported, named, reason
from striate.plain_values import JsonValue

Function: TypeAlias = Callable[[Any], Any]
AsTransform = str | Callable[..., Any]
"""A function, or its name."""
GIVEN = "given"
_given: dict[str, Function] = {}
"""Those that have no name in any file, for as long as this process lives."""


class TransformError(DataError):
    """A transform of somebody's own cannot be had, or fails."""


@dataclass(frozen=True)
class Transform(JsonValue):
    """A function of one's own, as a run remembers it."""

    name: str
    """`my.py:function`, `package.module:function`; `given:function` of one that stands in no file."""
    source: Source | None
    """The file that it stands in."""
    function: Function | None = field(default=None, compare=False, repr=False)
    """One that stands in no file."""

    def to_json(self) -> dict[str, Any]:
        """What a record holds: the name and the file's checksum."""
        return {"name": self.name, "source": None if self.source is None else self.source.to_json()}

    def __call__(self, image: Image.Image) -> Image.Image:
        """What becomes of a picture, in its own mode.

        Raises:
            TransformError: the function fails, gives no picture, or another each time.
        """
        function = self._function()
        if self not in _seen_twice:
            first, second = (self._made(function, image.copy()) for _ in range(2))
            if first.size != second.size or first.tobytes() != second.tobytes():
                raise TransformError(
                    f"{self.name} makes another picture of the same one each time, and a network is to see "
                    "in use what it saw in training: what is drawn anew is augmentation, as flip or shift"
                )
            _seen_twice.add(self)
        return self._made(function, image)

    def _function(self) -> Function:
        if self.function is not None:
            return self.function
        assert self.source is not None
        return _function(self._found_again, self.name, self.source.sha256)

    @property
    def _found_again(self) -> str:
        """Where to import it from: a file is found from every folder."""
        assert self.source is not None
        where = self.name.rpartition(":")[0]
        return self.source.file if where.endswith(".py") else where

    def _made(self, function: Function, image: Image.Image) -> Image.Image:
        try:
            made = function(image)
        except (Exception, SystemExit) as error:
            size = f"{image.width}×{image.height}"
            raise TransformError(f"{self.name} fails on a picture of {size}: {reason(error)}") from error
        picture = made if isinstance(made, Image.Image) else self._picture(made)
        if not min(picture.size):
            raise TransformError(f"{self.name} leaves nothing of a picture of {image.width}×{image.height}")
        return picture if picture.mode == image.mode else picture.convert(image.mode)

    def _picture(self, made: Any) -> Image.Image:
        """Of an array (H, W) or (H, W, C), or a tensor (C, H, W)."""
        tensor = hasattr(made, "detach")
        values = np.asarray(made.detach().cpu()) if tensor else made
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "buif" or values.ndim not in (2, 3):
            raise TransformError(
                f"{self.name} should give a picture of Pillow, an array or a tensor of one; it gave "
                f"{type(made).__name__}"
            )
        if values.ndim == 3 and tensor:
            values = np.moveaxis(values, 0, -1)
        values = values[..., 0] if values.shape[-1] == 1 and values.ndim == 3 else values
        if values.ndim == 3 and values.shape[-1] != 3:
            raise TransformError(f"{self.name} should give 1 or 3 channels; it gave {values.shape[-1]}")
        if values.dtype != np.uint8:
            values = self._stretched(values)
        return Image.fromarray(np.ascontiguousarray(values))

    def _stretched(self, values: np.ndarray) -> np.ndarray:
        if values.size and not (values.min() >= 0 and values.max() <= 1):  # NaN is neither
            raise TransformError(
                f"{self.name} gives numbers from {values.min():.3g} to {values.max():.3g}: give uint8, or "
                "numbers from 0 to 1; normalising them is the training's part"
            )
        return np.rint(values * 255.0).astype(np.uint8)


_seen_twice: set[Transform] = set()
"""Those that gave the same twice, in this process."""


@cache
def _function(where: str, name: str, sha256: str) -> Function:
    """The function of a file with this content."""
    try:
        function: Function = named(imported(where, name), name)
    except (ArgumentError, NetworkError) as problem:
        raise TransformError(str(problem)) from None
    return function


def transform_of(asked: AsTransform | Mapping[str, Any] | None) -> Transform | None:
    """What somebody asks for, which is thereby trusted; or what a record holds, which is checked.

    Raises:
        TransformError: it is not there, has changed, or was never named on this machine.
        ArgumentError: a function that other processes cannot have.
    """
    if asked is None or isinstance(asked, Transform):
        return asked
    if isinstance(asked, Mapping):
        return _stored(Transform.from_json({"function": None, **asked}))
    if isinstance(asked, str) and ":" not in asked:
        raise ArgumentError(f"transform must name a function in a file, as my.py:function; got {asked!r}")
    if not isinstance(asked, str):
        try:
            asked = Source.name(asked)
        except (AttributeError, NetworkError):
            return _remembered(asked)
    try:
        source = Source.of(asked)
        source.trust()
    except NetworkError as problem:
        raise TransformError(str(problem)) from None
    made = Transform(asked, source)
    made._function()  # not there, it is said before anything is read
    return made


def _remembered(function: Any) -> Transform:
    """One that stands in no file, for this process and its workers."""
    called = getattr(function, "__name__", type(function).__name__).strip("<>")
    try:
        pickle.dumps(function)
    except Exception:
        raise ArgumentError(
            f"the transform {called} cannot be given to other processes: put it at the top of a file, and "
            "give it or its name, as in my.py:function"
        ) from None
    name = f"{GIVEN}:{called}"
    _given[name] = function
    return Transform(name, None, function)


def _stored(stored: Transform) -> Transform:
    """From a record."""
    if stored.source is not None:
        try:
            stored.source.check(stored.name, "striate predict RUN FILE --transform {name}")
        except NetworkError as problem:
            raise TransformError(
                f"its pictures go through a transform, which cannot be had: {problem}; or give another in "
                "its place, with --transform"
            ) from None
        return stored
    if stored.name not in _given:
        raise TransformError(
            f"pictures went through a transform that was given in Python, {stored.name.partition(':')[2]}, "
            "and is kept nowhere else: give it again with --transform, or train with one that is in a file"
        )
    return Transform(stored.name, None, _given[stored.name])
