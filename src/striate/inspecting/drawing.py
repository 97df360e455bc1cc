"""The architecture as a drawing: a block per layer, scaled by its shape; frames stand behind one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import cos, degrees, log2, radians, sin, sqrt

from striate.inspecting.branches import AT_THE_INPUT, THE_INPUT, Place, edges_between, places_of, with_joins
from striate.inspecting.layers import Layer
from striate.inspecting.table import COLOURS, NAMES, family, figure_text, size_text
from striate.numbers import by

MOST_BLOCKS = 44
HEIGHT, GAP = 250, 14
"""Of the tallest block, and between two blocks: pixels of the drawing, as are all of these."""
SLANT = 0.225
"""How far a block goes back, to the right and up, of its height."""
FRAMES, PITCH = 8, 3.2
"""So many frames are drawn at most, and so far apart at least."""
JOIN, FLOOR = (9.0, 9.0, 4.0, 1), 5
"""The size of a block where branches come together, and how far below the blocks the ways go."""
TURN, LETTER = radians(55), 5.6
"""The turn of the labels, and how wide a letter of theirs is."""

_DRAWN = (
    "conv", "pool", "linear", "matmul", "lstm", "gru", "rnn", "attention", "multihead",
    "concatenate", "mean", "upsample",
    "pixel", "embedding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One block: how large it is, how many frames it has, and what there is to say of it."""

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
    place: Place = AT_THE_INPUT
    comes_from: tuple[int, ...] = ()
    """The positions of the blocks whose results it takes."""
    x: float = 0.0
    base: float = 0.0
    """How far below the first line it stands."""

    @property
    def middle(self) -> float:
        """Where its label begins."""
        return self.x + self.width / 2


def owners_of(layers: Sequence[Layer]) -> dict[int, int]:
    """The rows to draw, each with the row that stands for it: those that compute or change the shape; one per
    module where they are too many; and where branches come together.
    """
    main = [row for row, layer in enumerate(layers) if _drawn(layer)]
    owners = {row: row for row in main}
    for depth in (3, 2, 1):
        if len(set(owners.values())) <= MOST_BLOCKS:
            break
        last = {_module(layers[row], depth): row for row in main}
        modules = {row: last.get(_module(layer, depth)) for row, layer in enumerate(layers)}
        owners = {row: owner for row, owner in modules.items() if owner is not None}
    return with_joins(layers, owners, MOST_BLOCKS)


def _drawn(layer: Layer) -> bool:
    return bool(layer.output_shape) and any(word in layer.kind for word in _DRAWN)


def _module(layer: Layer, depth: int) -> str:
    return ".".join(layer.name.split(".")[:depth])


def chosen(layers: Sequence[Layer]) -> list[Layer]:
    """The layers that have a block."""
    return [layers[row] for row in sorted(set(owners_of(layers).values()))]


def drawing_of(
    layers: Sequence[Layer],
    input_shape: Sequence[int],
    axes: Sequence[str],
    say: Callable[[str], str] = str,
) -> str:
    """The drawing as SVG, and below it what the colours mean that it uses; `say`: in another language."""
    blocks = [_said(block, say) for block in blocks_of(layers, input_shape, axes)]
    return svg_of(blocks, say("architecture")) + legend_of(blocks, say)


def _said(block: Block, say: Callable[[str], str]) -> Block:
    """Its title, line by line; names of layers stay."""
    label = say(block.label) if block.family == "input" else block.label
    first, *rest = block.title.split("\n")
    first = say(first) if block.family == "input" else first
    return replace(block, label=label, title="\n".join([first, *map(say, rest)]))


def legend_of(blocks: Sequence[Block], say: Callable[[str], str] = str) -> str:
    """The colours of these blocks and no others, in the order of the table of families."""
    used = {block.family for block in blocks}
    names = [(COLOURS[name], NAMES[name]) for name in NAMES if name in used]
    squares = (
        f'<span style="margin-right:1.2em"><span class="square" style="background:{colour}"></span>'
        f"{say(name)}</span>"
        for colour, name in names
    )
    return f'<div class="note">{"".join(squares)}</div>'


def blocks_of(layers: Sequence[Layer], input_shape: Sequence[int], axes: Sequence[str]) -> list[Block]:
    """The blocks of a drawing, the input first; each knows which ones come to it."""
    tallest = max((n for n, name in zip(input_shape, axes, strict=True) if name in "HW"), default=1)
    shape = tuple(input_shape)
    size = _drawn_size(shape, axes, tallest)
    edges = edges_between(layers, owners_of(layers))
    places, order = places_of(edges), {row: n for n, row in enumerate([THE_INPUT, *sorted(edges)])}
    blocks = [Block(*size, False, "input", "input", f"input {by(shape)}", places[THE_INPUT])]
    for row in sorted(edges):
        layer = layers[row]
        join = not _drawn(layer)
        size = JOIN if join else _drawn_size(layer.output_shape, axes, tallest)
        comes = tuple(order[source] for source in edges[row])
        named = "join" if join else family(layer.kind), layer.name, describe(layer)
        blocks.append(Block(*size, over_time(layer), *named, places[row], comes))
    return _set_out(blocks)


def _set_out(blocks: Sequence[Block]) -> list[Block]:
    """Columns beside one another, as wide as their widest block; lines below one another, with the labels."""
    columns: dict[int, float] = {}
    lanes: dict[int, float] = {}
    right = 0.0
    for column in range(1 + max(block.place.column for block in blocks)):
        inside = [block for block in blocks if block.place.column == column]
        columns[column] = right
        right += max((block.width + 1.2 * block.depth for block in inside), default=0.0) + GAP
    below = 0.0
    for lane in range(1 + max(block.place.lane for block in blocks)):
        inside = [block for block in blocks if block.place.lane == lane]
        above = max((block.height + block.depth for block in inside), default=0.0)
        lanes[lane] = below + above * (lane > 0)
        labels = max((len(block.label) for block in inside), default=0) * LETTER * sin(TURN)
        below = lanes[lane] + labels + 30
    return [replace(block, x=columns[block.place.column], base=lanes[block.place.lane]) for block in blocks]


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


def svg_of(blocks: Sequence[Block], name: str = "architecture") -> str:
    """The drawing as SVG, with room for the whole of every label; `name` is what it is called aloud."""
    reach = [(block.middle + len(block.label) * LETTER * cos(TURN), block) for block in blocks]
    width = 10 + max(max(x, block.x + block.width + block.depth) for x, block in reach)
    lines = [_line(blocks, source, block) for block in blocks for source in block.comes_from]
    top = 10 + max([block.depth + block.height - block.base for block in blocks] + [arc for _, arc in lines])
    below = 25 + max(block.base + len(block.label) * LETTER * sin(TURN) for block in blocks)
    return (
        f'<svg viewBox="-4 {-top:.0f} {width + 4:.0f} {top + below:.0f}" width="{width + 4:.0f}" '
        f'height="{top + below:.0f}" role="img" aria-label="{name}">'
        f'<g fill="none" stroke="{COLOURS["join"]}" stroke-width="1.2">'
        f"{''.join(path for path, _ in lines)}</g>{''.join(map(_block_svg, blocks))}</svg>"
    )


def _line(blocks: Sequence[Block], source: int, block: Block) -> tuple[str, float]:
    """The way from one block to another, and how high it goes: along the floor to the next one, over those
    that it leaves out.
    """
    start = blocks[source]
    columns = range(start.place.column + 1, block.place.column)
    between = [one for one in blocks if one.place.column in columns and one.place.lane == start.place.lane]
    if start.place.lane != block.place.lane or not between:
        a, b = (start.middle, start.base + FLOOR), (block.middle, block.base + FLOOR)
        bend = (b[0] - a[0]) / 2
        way = f"M {a[0]:.1f} {a[1]:.1f} C {a[0] + bend:.1f} {a[1]:.1f}, {b[0] - bend:.1f} {b[1]:.1f}, "
        return f'<path d="{way}{b[0]:.1f} {b[1]:.1f}"/>', 0.0
    tops = [one.height + one.depth - one.base for one in (start, *between, block)]
    high = max(tops) + 14 + 2 * len(between)
    x, to = start.middle + start.depth / 2, block.middle + block.depth / 2
    way = (
        f"M {x:.1f} {-tops[0]:.1f} V {8 - high:.1f} Q {x:.1f} {-high:.1f} {x + 8:.1f} {-high:.1f} "
        f"H {to - 8:.1f} Q {to:.1f} {-high:.1f} {to:.1f} {8 - high:.1f} V {-tops[-1]:.1f}"
    )
    return f'<path d="{way}"/>', high


def _block_svg(block: Block) -> str:
    """One piece, or a thin one for each frame, the last one behind the others; and the label."""
    sheets = 1 if block.solid else block.frames
    pitch = block.depth / sheets
    thick = block.depth if sheets == 1 else pitch / 2
    pieces = "".join(_box(block, sheet * pitch, thick) for sheet in reversed(range(sheets)))
    below = block.base + 14
    label = (
        f'<text x="{block.middle:.1f}" y="{below:.1f}" '
        f'transform="rotate({degrees(TURN):.0f} {block.middle:.1f} {below:.1f})">'
        f"{escape(block.label)}</text>"
    )
    return f"<g><title>{escape(block.title)}</title>{pieces}{label}</g>"


def _box(block: Block, back: float, d: float) -> str:
    """Front, top and side of a piece that goes back by `d`, itself so far back."""
    x, y, w, h = block.x + back, block.base - block.height - back, block.width, block.height
    front = (x, y), (x + w, y), (x + w, y + h), (x, y + h)
    top = (x, y), (x + d, y - d), (x + w + d, y - d), (x + w, y)
    side = (x + w, y), (x + w + d, y - d), (x + w + d, y + h - d), (x + w, y + h)
    return "".join(
        f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in face)}" fill="{COLOURS[block.family]}" '
        f'fill-opacity="{opacity}"/>'
        for face, opacity in ((front, 1.0), (top, 0.55), (side, 0.75))
    )
