"""The architecture as a drawing: a block per layer, scaled by its shape; frames stand behind one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import cos, degrees, log2, radians, sin, sqrt

from striate.inspecting.families import COLOURS, NAMES, family
from striate.inspecting.layers import Layer
from striate.inspecting.table import figure_text, size_text
from striate.numbers import by

MOST_BLOCKS = 44
HEIGHT, GAP = 250, 14
"""Of the tallest block, and between two blocks: pixels of the drawing, as are all of these."""
SLANT = 0.225
"""How far a block goes back, to the right and up, of its height."""
FRAMES, PITCH = 8, 3.2
"""So many frames are drawn at most, and so far apart at least."""
TURN, LETTER = radians(55), 5.6
"""The turn of the labels, and how wide a letter of theirs is."""

_DRAWN = (
    "conv", "pool", "linear", "matmul", "lstm", "gru", "rnn", "attention", "multihead",
    "concatenate", "mean", "upsample",
    "pixel", "embedding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One block: where it stands, how large it is, how many frames it has, and what there is to say of it."""

    x: float
    width: float
    height: float
    depth: float
    """To the right and up alike."""
    frames: int
    solid: bool
    """Whether it mixes over time: then it is one piece, not a sheet for each frame."""
    family: str
    label: str
    title: str

    @property
    def middle(self) -> float:
        """Where its label begins."""
        return self.x + self.width / 2


def chosen(layers: Sequence[Layer]) -> list[Layer]:
    """The layers to draw: those that compute or change the shape; one per module where they are too many."""
    main = [layer for layer in layers if any(word in layer.kind for word in _DRAWN) and layer.output_shape]
    for depth in (3, 2, 1):
        if len(main) <= MOST_BLOCKS:
            break
        main = list({".".join(layer.name.split(".")[:depth]): layer for layer in main}.values())
    return main


def drawing_of(layers: Sequence[Layer], input_shape: Sequence[int], axes: Sequence[str]) -> str:
    """The drawing as SVG, and below it what the colours mean that it uses."""
    blocks = blocks_of(layers, input_shape, axes)
    return svg_of(blocks) + legend_of(blocks)


def legend_of(blocks: Sequence[Block]) -> str:
    """The colours of these blocks and no others, in the order of the table of families."""
    used = {block.family for block in blocks}
    names = [(COLOURS[name], NAMES[name]) for name in NAMES if name in used]
    squares = (
        f'<span style="margin-right:1.2em"><span class="square" style="background:{colour}"></span>'
        f"{name}</span>"
        for colour, name in names
    )
    return f'<div class="note">{"".join(squares)}</div>'


def blocks_of(layers: Sequence[Layer], input_shape: Sequence[int], axes: Sequence[str]) -> list[Block]:
    """The blocks of a drawing, the input first."""
    tallest = max((n for n, name in zip(input_shape, axes, strict=True) if name in "HW"), default=1)
    shape = tuple(input_shape)
    size = _drawn_size(shape, axes, tallest)
    blocks = [Block(0.0, *size, False, "input", "input", f"input {by(shape)}")]
    for layer in chosen(layers):
        last, size = blocks[-1], _drawn_size(layer.output_shape, axes, tallest)
        x = last.x + last.width + 1.2 * last.depth + GAP
        blocks.append(Block(x, *size, over_time(layer), family(layer.kind), layer.name, describe(layer)))
    return blocks


def _drawn_size(shape: Sequence[int], axes: Sequence[str], tallest: int) -> tuple[float, float, float, int]:
    """Width, height, depth and frames of a block for a tensor: widths follow the logarithm of the channels,
    heights the root of the image's.
    """
    channels, frames, height = _measures(shape, axes)
    if not height:
        return 7.0, 8 + 22 * log2(1 + channels) / 4, max(2.5, (frames - 1) * PITCH), frames
    tall = 8 + (HEIGHT - 8) * sqrt(height / tallest)
    return 3 + 2.2 * log2(1 + channels), tall, max(tall * SLANT, (frames - 1) * PITCH), frames


def over_time(layer: Layer) -> bool:
    """Whether a layer's kernel spans several frames."""
    kernel = layer.geometry.get("kernel", ())
    return len(kernel) == 3 and kernel[0] > 1


def _measures(shape: Sequence[int], axes: Sequence[str]) -> tuple[int, int, int]:
    """Channels, frames and height of a tensor."""
    if len(shape) == 5:
        return shape[1], min(shape[2], FRAMES), shape[3]
    if len(shape) == 4:
        frames = min(shape[0], FRAMES) if "T" in axes and shape[0] > 1 else 1
        return shape[1], frames, shape[2]
    return shape[-1] if shape else 1, 1, 0


def describe(layer: Layer) -> str:
    """What a block says when it is pointed at."""
    lines = [f"{layer.name}: {layer.kind} → {by(layer.output_shape)}"]
    if layer.formula:
        lines.append(f"{layer.formula} parameters")
    if layer.macs.value:
        lines.append(f"{figure_text(layer.macs)} MACs")
    lines.append(f"sees {size_text(layer.receptive_field)}")
    return "\n".join(lines)


def svg_of(blocks: Sequence[Block]) -> str:
    """The drawing as SVG, with room for the whole of every label."""
    reach = [(block.middle + len(block.label) * LETTER * cos(TURN), block) for block in blocks]
    width = 10 + max(max(x, block.x + block.width + block.depth) for x, block in reach)
    top = 10 + max(block.depth + block.height for block in blocks)
    below = 25 + max(len(block.label) for block in blocks) * LETTER * sin(TURN)
    return (
        f'<svg viewBox="-4 {-top:.0f} {width + 4:.0f} {top + below:.0f}" width="{width + 4:.0f}" '
        f'height="{top + below:.0f}" role="img" aria-label="architecture">'
        f"{''.join(map(_block_svg, blocks))}</svg>"
    )


def _block_svg(block: Block) -> str:
    """One piece, or a thin one for each frame, the last one behind the others; and the label."""
    sheets = 1 if block.solid else block.frames
    pitch = block.depth / sheets
    thick = block.depth if sheets == 1 else pitch / 2
    pieces = "".join(_box(block, sheet * pitch, thick) for sheet in reversed(range(sheets)))
    label = (
        f'<text x="{block.middle:.1f}" y="14" transform="rotate({degrees(TURN):.0f} {block.middle:.1f} 14)">'
        f"{escape(block.label)}</text>"
    )
    return f"<g><title>{escape(block.title)}</title>{pieces}{label}</g>"


def _box(block: Block, back: float, d: float) -> str:
    """Front, top and side of a piece that goes back by `d`, itself so far back."""
    x, y, w, h = block.x + back, -block.height - back, block.width, block.height
    front = (x, y), (x + w, y), (x + w, y + h), (x, y + h)
    top = (x, y), (x + d, y - d), (x + w + d, y - d), (x + w, y)
    side = (x + w, y), (x + w + d, y - d), (x + w + d, y + h - d), (x + w, y + h)
    return "".join(
        f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in face)}" fill="{COLOURS[block.family]}" '
        f'fill-opacity="{opacity}"/>'
        for face, opacity in ((front, 1.0), (top, 0.55), (side, 0.75))
    )
