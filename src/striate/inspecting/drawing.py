"""The architecture as a drawing: a block per layer, scaled by its shape; frames stand behind one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, sqrt

from striate.inspecting.columns import by, figure, seen
from striate.inspecting.layers import Layer

MOST_BLOCKS = 44
HEIGHT = 250  # of the tallest block, in pixels of the drawing
GAP = 14
SLANT = 0.45  # how far a block's depth goes right and up

COLOURS = {
    "conv": "#3f7cc4", "pool": "#d9822b", "linear": "#4c9a5b", "recurrent": "#8a5bb5", "attention": "#b5527f",
    "join": "#7a7f87", "other": "#9aa3ad",
}  # fmt: skip

_DRAWN = (
    "conv", "pool", "linear", "matmul", "lstm", "gru", "rnn", "attention", "multihead",
    "concatenate", "mean", "upsample",
    "pixel", "embedding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One block: where it stands, how large it is, how many frames it has, and what there is to say of it."""

    x: float
    y: float
    width: float
    height: float
    depth: float
    frames: int
    colour: str
    label: str
    title: str
    solid: bool  # mixes over time: drawn as one piece, not as frames


def family(kind: str) -> str:
    """The colour that a kind of layer has."""
    for name in ("conv", "pool", "linear", "attention"):
        if name in kind:
            return name
    if kind in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        return "recurrent"
    if kind == "matmul":
        return "linear"
    if kind in ("mean",):
        return "pool"
    return "join" if kind in ("concatenate", "add") else "other"


def chosen(layers: Sequence[Layer]) -> list[Layer]:
    """The layers to draw: those that compute or change the shape; one per module where they are too many."""
    main = [layer for layer in layers if any(word in layer.kind for word in _DRAWN) and layer.output_shape]
    for depth in (3, 2, 1):
        if len(main) <= MOST_BLOCKS:
            break
        kept: dict[str, Layer] = {}
        for layer in main:
            kept[".".join(layer.name.split(".")[:depth])] = layer
        main = list(kept.values())
    return main


def blocks_of(layers: Sequence[Layer], input_shape: Sequence[int], axes: Sequence[str]) -> list[Block]:
    """The blocks of a drawing, the input first."""
    tallest = max((n for n, name in zip(input_shape, axes, strict=True) if name in "HW"), default=1)
    x, blocks = 0.0, []
    shapes = [("input", tuple(input_shape), "other", f"input {by(tuple(input_shape))}", False)]
    for layer in chosen(layers):
        shapes.append((layer.name, layer.output_shape, family(layer.kind), describe(layer), over_time(layer)))
    for label, shape, group, title, solid in shapes:
        channels, frames, height = _measures(shape, axes)
        tall = 8 + (HEIGHT - 8) * sqrt(height / tallest) if height else 8 + 22 * log2(1 + channels) / 4
        wide = 3 + 2.2 * log2(1 + channels) if height else 7.0
        deep = tall * SLANT if height else 5.0
        block = Block(x, HEIGHT - tall, wide, tall, deep, frames, COLOURS[group], label, title, solid)
        blocks.append(block)
        x += wide + deep * 0.6 + (frames - 1) * 3.2 + GAP
    return blocks


def over_time(layer: Layer) -> bool:
    """Whether a layer's kernel spans several frames."""
    kernel = layer.geometry.get("kernel", ())
    return len(kernel) == 3 and kernel[0] > 1


def _measures(shape: Sequence[int], axes: Sequence[str]) -> tuple[int, int, int]:
    """Channels, frames (at most 8 are drawn) and height of a tensor."""
    if len(shape) == 5:
        return shape[1], min(shape[2], 8), shape[3]
    if len(shape) == 4:
        frames = min(shape[0], 8) if "T" in axes and shape[0] > 1 else 1
        return shape[1], frames, shape[2]
    return shape[-1] if shape else 1, 1, 0


def describe(layer: Layer) -> str:
    """What a block says when it is pointed at."""
    lines = [f"{layer.name}: {layer.kind} → {by(layer.output_shape)}"]
    if layer.formula:
        lines.append(f"{layer.formula} parameters")
    if layer.macs.value:
        lines.append(f"{figure(layer.macs)} MACs")
    lines.append(f"sees {seen(layer.receptive_field)}")
    return "\n".join(lines)


def svg_of(blocks: Sequence[Block]) -> str:
    """The drawing as SVG."""
    last = blocks[-1]
    width = last.x + last.width + last.depth + last.frames * 4 + 30
    top = max(block.depth * 0.5 for block in blocks) + 40
    parts = [
        f'<svg class="drawing" viewBox="0 {-top:.0f} {width:.0f} {HEIGHT + top + 120:.0f}" '
        f'width="{width:.0f}" height="{HEIGHT + top + 120:.0f}" role="img" aria-label="architecture">'
    ]
    parts += [_block_svg(block) for block in blocks]
    return "".join([*parts, "</svg>"])


def _block_svg(block: Block) -> str:
    """A box in three faces; frames as boxes one behind another, or as one deep box where time is mixed."""
    faces = []
    for number in reversed(range(1 if block.solid else block.frames)):
        faces.append(_box(block, number * 3.2, block.frames * 3.2 - 3.2 if block.solid else 0))
    middle = block.x + block.width / 2
    label = (
        f'<text x="{middle:.1f}" y="{HEIGHT + 10}" transform="rotate(55 {middle:.1f} {HEIGHT + 10})">'
        f"{_escaped(block.label)}</text>"
    )
    return f"<g><title>{_escaped(block.title)}</title>{''.join(faces)}{label}</g>"


def _box(block: Block, shift: float, extra: float) -> str:
    x, y = block.x + shift, block.y - shift
    w, h, d = block.width + extra, block.height, block.depth * 0.5
    front = f"{x:.1f},{y:.1f} {x + w:.1f},{y:.1f} {x + w:.1f},{y + h:.1f} {x:.1f},{y + h:.1f}"
    top = f"{x:.1f},{y:.1f} {x + d:.1f},{y - d:.1f} {x + w + d:.1f},{y - d:.1f} {x + w:.1f},{y:.1f}"
    right = f"{x + w + d:.1f},{y - d:.1f} {x + w + d:.1f},{y + h - d:.1f}"
    side = f"{x + w:.1f},{y:.1f} {right} {x + w:.1f},{y + h:.1f}"
    faces = ((front, 1.0), (top, 0.55), (side, 0.75))
    return "".join(
        f'<polygon points="{points}" fill="{block.colour}" fill-opacity="{opacity}"/>'
        for points, opacity in faces
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def legend() -> list[tuple[str, str]]:
    """What the colours mean."""
    names = {"conv": "convolution", "pool": "pooling", "linear": "fully connected", "join": "joined"}
    return [(names.get(name, name), colour) for name, colour in COLOURS.items()]
