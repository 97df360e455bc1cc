"""Pictures that were worked out: numbers on a grid with what they are of, and how they are drawn."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from striate.derivation.shapes import Array
from striate.pages import Figure, Png

ACROSS = 900
"""Pixels that a picture is wide, at most."""
SMALLEST, LARGEST = 72, 360
"""A tile is enlarged to at least, and shrunk to at most, so many pixels."""
FEW = 3
"""So many tiles are drawn large."""
GAP, LINE = 6, 13
BAR = 180
"""Pixels that the bar of a scale is wide."""
RAMP = np.array(
    [(0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)], float
)
"""Dark to bright, alike for the colour-blind: six colours of matplotlib's inferno."""


@dataclass(frozen=True)
class Picture:
    """Tiles of numbers, each (H, W) or, in colour, (3, H, W). `kind` is the key of its texts."""

    kind: str
    tiles: tuple[Array, ...]
    names: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    signed: bool = False
    """Whether 0 lies in the middle of the colours."""
    over_input: bool = False
    """Whether tiles are heat maps to be laid over the pictures in `behind`."""
    behind: tuple[Array, ...] = ()
    marks: tuple[tuple[int, int, int, int] | None, ...] = ()
    """A rectangle on each tile: top, left, bottom, right, inclusive."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; grids in full."""
        tiles = [np.asarray(tile, float).tolist() for tile in self.tiles]
        return {"kind": self.kind, "names": list(self.names), **self.facts, "tiles": tiles}

    def figure(self, caption: str, alt: str) -> Figure:
        """The picture in a document. alt: what someone who cannot see it should know."""
        return Figure(caption, alt, Drawn(self))


@dataclass(frozen=True)
class Drawn:
    """A picture as documents show it."""

    picture: Picture

    def address(self) -> str:
        """All tiles in one PNG, as a `data:` address."""
        file = io.BytesIO()
        draw(self.picture).save(file, "PNG", optimize=True)
        return Png(file.getvalue()).address()

    def tiles(self) -> list[tuple[str, Array]]:
        """Each tile with its name."""
        return [(name, colours_of(self.picture, number)) for number, name in enumerate(self.picture.names)]


def draw(picture: Picture) -> Image.Image:
    """All tiles in rows, their names and the numbers of their colours below them."""
    tiles = [_tile(picture, number) for number in range(len(picture.tiles))]
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    columns = max(1, min(len(tiles), (ACROSS + GAP) // (width + GAP)))
    rows = -(-len(tiles) // columns)
    lines = [_lines(picture, number) for number in range(len(tiles))]
    below = LINE * max(map(len, lines))
    bar = _bar(picture)
    wide = max(columns * (width + GAP), 0 if bar is None else bar.width + GAP) + GAP
    high = rows * (height + GAP + below) + GAP + (0 if bar is None else bar.height + GAP)
    canvas = Image.new("RGB", (wide, high), "white")
    pen = ImageDraw.Draw(canvas)
    for number, (tile, texts) in enumerate(zip(tiles, lines, strict=True)):
        row, column = divmod(number, columns)
        left, top = GAP + column * (width + GAP), GAP + row * (height + GAP + below)
        canvas.paste(tile, (left, top))
        for line, text in enumerate(texts):
            pen.text((left, top + height + line * LINE), text[: width // 6 + 1], fill="black")
    if bar is not None:
        canvas.paste(bar, (GAP, high - GAP - bar.height))
    return canvas


def _lines(picture: Picture, number: int) -> list[str]:
    """What stands below a tile: its name, and what is dark and what bright where it has its own scale."""
    tile = np.asarray(picture.tiles[number])
    named = [picture.names[number]] if any(picture.names) else []
    own = tile.ndim == 2 and not (picture.signed or picture.over_input)
    return [*named, f"{tile.min():.3g} … {tile.max():.3g}"] if own else named


def _bar(picture: Picture) -> Image.Image | None:
    """The colours of a scale that all tiles share, and its numbers; None where there is none."""
    if not (picture.signed or picture.over_input) or any(np.ndim(tile) != 2 for tile in picture.tiles):
        return None
    reach, along = _reach(picture.tiles), np.linspace(0, 1, BAR)[None]
    colours = _signed((2 * along - 1) * reach, reach) if picture.signed else as_bytes(ramp(along))
    bar = Image.new("RGB", (BAR, 2 * LINE), "white")
    bar.paste(Image.fromarray(colours).resize((BAR, LINE - 2)), (0, 0))
    pen = ImageDraw.Draw(bar)
    marks = ((0, "la", -reach), (BAR // 2, "ma", 0.0), (BAR - 1, "ra", reach)) if picture.signed else (
        (0, "la", 0.0), (BAR - 1, "ra", reach))  # fmt: skip
    for x, anchor, value in marks:
        pen.text((x, LINE), f"{value:.3g}", fill="black", anchor=anchor)
    return bar


def _tile(picture: Picture, number: int) -> Image.Image:
    colours = colours_of(picture, number)
    height, width = colours.shape[:2]
    zoom = max(1, -(-SMALLEST // min(height, width)))
    if len(picture.tiles) <= FEW or picture.over_input:
        zoom = max(zoom, 224 // max(height, width))
    image = Image.fromarray(colours).resize((width * zoom, height * zoom), Image.Resampling.NEAREST)
    mark = picture.marks[number] if number < len(picture.marks) else None
    if mark is not None:
        top, left, bottom, right = mark
        box = (left * zoom, top * zoom, (right + 1) * zoom - 1, (bottom + 1) * zoom - 1)
        ImageDraw.Draw(image).rectangle(box, outline=(0, 200, 83), width=max(2, zoom // 6))
    if max(image.size) > LARGEST:
        image.thumbnail((LARGEST, LARGEST))
    return image


def colours_of(picture: Picture, number: int) -> Array:
    """One tile as (H, W, 3) uint8."""
    tile = np.asarray(picture.tiles[number], float)
    if picture.over_input:
        return _laid_over(tile, picture, number)
    if picture.signed:
        return _signed(tile, _reach(picture.tiles))
    if tile.ndim == 3:
        return as_bytes(np.moveaxis(tile, 0, -1))
    return as_bytes(np.repeat(stretched(tile)[..., None] * 255, 3, axis=-1))


def as_bytes(colours: Array) -> Array:
    """0 … 255, rounded."""
    rounded: Array = np.rint(np.clip(colours, 0, 255)).astype(np.uint8)
    return rounded


def stretched(tile: Array) -> Array:
    """To 0 … 1; a flat tile is dark."""
    low, high = float(tile.min()), float(tile.max())
    return (tile - low) / (high - low) if high > low else np.zeros_like(tile)


def _reach(tiles: Sequence[Array]) -> float:
    """The largest size over all tiles, which share one scale."""
    return max(float(np.abs(tile).max(initial=0.0)) for tile in tiles) or 1.0


def _signed(tile: Array, reach: float) -> Array:
    """White at 0, red above, blue below; a tile of three colours around grey."""
    share = np.clip(tile / reach, -1, 1)
    if tile.ndim == 3:
        return as_bytes(127.5 + 127.5 * np.moveaxis(share, 0, -1))
    up, down = np.maximum(share, 0)[..., None], np.maximum(-share, 0)[..., None]
    white, red, blue = (
        np.array(colour, float) for colour in ((255, 255, 255), (178, 24, 43), (33, 102, 172))
    )
    return as_bytes(white + up * (red - white) + down * (blue - white))


def _laid_over(tile: Array, picture: Picture, number: int) -> Array:
    """A heat map over the input, which stays visible in grey."""
    behind = picture.behind[min(number, len(picture.behind) - 1)].mean(axis=0)
    grey = np.repeat(behind[..., None], 3, axis=-1)
    if picture.signed:
        reach = _reach(picture.tiles)
        heat, share = _signed(tile, reach).astype(float), np.abs(tile) / reach
    else:
        share = np.clip(tile / _reach(picture.tiles), 0, 1)
        heat = ramp(share)
    cover = (0.25 + 0.6 * np.sqrt(share))[..., None]
    return as_bytes((1 - cover) * grey + cover * heat)


def ramp(share: Array) -> Array:
    """0 … 1 → colours (…, 3)."""
    at = np.clip(share, 0, 1) * (len(RAMP) - 1)
    return np.stack([np.interp(at, np.arange(len(RAMP)), RAMP[:, c]) for c in range(3)], axis=-1)
