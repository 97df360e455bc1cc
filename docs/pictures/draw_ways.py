"""Draws the eight ways through time: docs/pictures/way-*.svg. What crosses from frame to frame is in colour.

    python docs/pictures/draw_ways.py

Time goes from left to right, the network from the frames at the bottom up to the scores.
"""

from itertools import pairwise
from pathlib import Path

from striate.comparing.drawing import STYLES

WIDTH, HEIGHT = 666, 372
COLUMNS = (178, 306, 434, 562)
FRAMES, LOW, HIGH, TOP = 300, 212, 124, 36
"""Where the rows stand: frames, maps after the first and after the second layer, scores."""
MAP_W, MAP_H, STRIPES = 62, 40, 8
INK, SOFT, PALE, PAPER = "#2b333b", "#8a949e", "#dde3e9", "#ffffff"

HEAD = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"
 width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="%s"
 font-family="system-ui,-apple-system,Segoe UI,DejaVu Sans,sans-serif">
<defs>%s</defs>
<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10" fill="{PAPER}" stroke="{PALE}"/>
"""
ARROW = (
    '<marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6.5" markerHeight="6.5" '
    'orient="auto">'
    '<path d="M0 .8 8 4 0 7.2z" fill="{colour}"/></marker>'
)


class Picture:
    """One diagram, added to piece by piece."""

    def __init__(self, way: str, told: str) -> None:
        self.way, self.colour, self.told = way, STYLES[way][0], told
        self.parts: list[str] = []

    def text(
        self, x: float, y: float, words: str, size: int = 13, colour: str = INK, at: str = "middle"
    ) -> None:
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{at}">{words}</text>'
        )

    def row(self, y: float, *lines: str) -> None:
        """What the row at that height is, on the left."""
        for number, line in enumerate(lines):
            self.text(
                16, y + 4 + 16 * number - 8 * (len(lines) - 1), line, 12, SOFT if number else INK, "start"
            )

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, time: bool = False, wide: float = 1.5
    ) -> None:
        """From a place to another; in colour where it crosses frames."""
        colour, name = (self.colour, "c") if time else (SOFT, "s")
        self.parts.append(
            f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{colour}" stroke-width="{wide}" fill="none" '
            f'marker-end="url(#{name})"/>'
        )

    def box(self, x: float, y: float, w: float, h: float, words: str = "", time: bool = False) -> None:
        """A box around its centre."""
        fill, edge = (f"{self.colour}22", self.colour) if time else ("#f3f5f7", SOFT)
        self.parts.append(
            f'<rect x="{x - w / 2:g}" y="{y - h / 2:g}" width="{w:g}" height="{h:g}" rx="5" fill="{fill}" '
            f'stroke="{edge}"/>'
        )
        if words:
            self.text(x, y + 4.5, words)

    def frame(self, column: int, x: float | None = None) -> None:
        """A frame of the clip: something that moves to the right."""
        x = COLUMNS[column] if x is None else x
        self.parts.append(
            f'<rect x="{x - 28:g}" y="{FRAMES - 24}" width="56" height="48" rx="3" fill="#2b333b"/>'
            f'<circle cx="{x - 17 + 11 * column:g}" cy="{FRAMES}" r="7" fill="#ffffff"/>'
        )

    def maps(self, x: float, y: float, colours: dict[int, str] | None = None) -> None:
        """The channels of one frame, one stripe each."""
        high = MAP_H / STRIPES
        stripes = [
            f'<rect x="{x - MAP_W / 2:g}" y="{y - MAP_H / 2 + high * number:g}" width="{MAP_W}" '
            f'height="{high:g}" fill="{(colours or {}).get(number, PALE)}" stroke="{PAPER}" '
            'stroke-width=".8"/>'
            for number in range(STRIPES)
        ]
        self.parts += stripes
        self.parts.append(
            f'<rect x="{x - MAP_W / 2:g}" y="{y - MAP_H / 2:g}" width="{MAP_W}" height="{MAP_H}" fill="none" '
            f'stroke="{SOFT}"/>'
        )

    def frames(self) -> None:
        """The clip at the bottom, and the axis of time."""
        for column in range(len(COLUMNS)):
            self.frame(column)
        self.row(FRAMES, "frames", "T × H × W")
        self.arrow(COLUMNS[0] - 30, 346, COLUMNS[-1] + 34, 346)
        self.text(COLUMNS[-1] + 42, 350, "time", 12, SOFT, "start")

    def mean(self, y: float, words: str = "mean = scores") -> None:
        """All columns meet."""
        for x in COLUMNS:
            self.arrow(x, y - 24, 370 + (x - 370) * 0.3, TOP + 17, True)
        self.box(370, TOP, 150, 30, words, True)

    def svg(self) -> str:
        markers = ARROW.format(id="c", colour=self.colour) + ARROW.format(id="s", colour=SOFT)
        return HEAD % (self.told, markers) + "\n".join(self.parts) + "\n</svg>\n"


def each_alone(picture: Picture) -> None:
    """Two layers of a 2D network on every frame."""
    picture.frames()
    for x in COLUMNS:
        picture.maps(x, LOW)
        picture.maps(x, HIGH)
        picture.arrow(x, FRAMES - 26, x, LOW + 24)
        picture.arrow(x, LOW - 22, x, HIGH + 24)


def two_d() -> Picture:
    picture = Picture("2d", "2d: every frame goes through the network alone; the mean of the scores")
    each_alone(picture)
    picture.row(LOW, "2D layers", "each frame alone")
    picture.row(HIGH, "2D layers", "the same weights")
    picture.row(TOP, "consensus")
    picture.mean(HIGH)
    return picture


def tsm() -> Picture:
    picture = Picture("tsm", "tsm: one channel in eight comes from the next frame, one from the previous")
    picture.frames()
    tints = ("#9cc2f5", "#5f97e6", "#1f5fbf", "#123a78")
    middle = (LOW + HIGH) / 2 + 6
    for column, x in enumerate(COLUMNS):
        picture.maps(x, LOW + 12, {0: tints[column], 1: tints[column]})
        later = tints[column + 1] if column + 1 < len(COLUMNS) else "#ffffff"
        earlier = tints[column - 1] if column else "#ffffff"
        picture.maps(x, HIGH - 4, {0: later, 1: earlier})
        picture.arrow(x, FRAMES - 26, x, LOW + 36)
        picture.arrow(x, LOW - 10, x, HIGH + 20)
    for left, right in pairwise(COLUMNS):
        picture.arrow(right - 14, LOW - 10, left + 16, HIGH + 20, True, 2)
        picture.arrow(left + 14, LOW - 10, right - 16, HIGH + 20, True, 2)
    picture.row(LOW + 12, "2D layers")
    picture.row(middle, "shift", "1/8 back, 1/8 on")
    picture.row(HIGH - 8, "2D layers", "see 3 frames")
    picture.row(TOP, "consensus")
    picture.text(COLUMNS[0] - 38, HIGH - 14, "0", 11, SOFT, "end")
    picture.text(COLUMNS[-1] + 38, HIGH - 18, "0", 11, SOFT, "start")
    picture.mean(HIGH - 4)
    return picture


def three_d() -> Picture:
    picture = Picture("3d", "3d: every kernel sees three frames, so fields grow through the layers")
    picture.frames()
    for y, below in ((LOW, FRAMES - 26), (HIGH, LOW - 22)):
        for number, x in enumerate(COLUMNS):
            picture.maps(x, y)
            for source in COLUMNS[max(0, number - 1) : number + 2]:
                picture.arrow(source, below, x + (source - x) * 0.12, y + 24, True, 1.5)
    picture.row(LOW, "3D kernels", "t × k × k")
    picture.row(HIGH, "3D kernels", "see 5 frames")
    picture.row(TOP, "mean, then head")
    picture.mean(HIGH, "mean → scores")
    return picture


def two_plus_one() -> Picture:
    picture = Picture("2plus1d", "2plus1d: a kernel within each frame, then one over three frames")
    picture.frames()
    space, time = 226, 128
    for number, x in enumerate(COLUMNS):
        picture.maps(x, space)
        picture.maps(x, time)
        picture.arrow(x, FRAMES - 26, x, space + 24)
        picture.box(x, 177, 88, 20)
        picture.text(x, 181, "norm, ReLU", 11, SOFT)
        for source in COLUMNS[max(0, number - 1) : number + 2]:
            picture.arrow(source, 165, x + (source - x) * 0.12, time + 24, True, 1.5)
        picture.parts.append(
            f'<path d="M{x} {space - 21}V188" stroke="{SOFT}" stroke-width="1.5" fill="none"/>'
        )
    picture.row(space, "space, 1 × k × k", "M channels")
    picture.row(time, "time, t × 1 × 1", "then the next layer")
    picture.row(TOP, "mean, then head")
    picture.mean(time, "mean → scores")
    return picture


def recurrent(way: str, gates: str, states: tuple[str, ...], told: str) -> Picture:
    picture = Picture(way, f"{way}: {told}")
    picture.frames()
    picture.row(LOW, "2D network", "features per frame")
    picture.row(HIGH, f"{way.upper()} cell", gates)
    for column, x in enumerate(COLUMNS):
        picture.maps(x, LOW)
        picture.arrow(x, FRAMES - 26, x, LOW + 24)
        picture.arrow(x, LOW - 22, x, HIGH + 24)
        picture.box(x, HIGH, 66, 44, way, True)
        for number, state in enumerate(states):
            y = HIGH + (number - (len(states) - 1) / 2) * 20
            if column:
                picture.arrow(COLUMNS[column - 1] + 34, y, x - 35, y, True, 2)
                picture.text((COLUMNS[column - 1] + x) / 2, y - 5, state, 12, picture.colour)
    picture.arrow(COLUMNS[-1], HIGH - 23, COLUMNS[-1], TOP + 17, True)
    picture.box(COLUMNS[-1], TOP, 120, 30, "head → scores", True)
    picture.row(TOP, "last state only")
    return picture


def two_stream() -> Picture:
    picture = Picture(
        "two-stream", "two-stream: pictures through one network, stacks of optical flow through another"
    )
    for column, x in enumerate((150, 214, 278, 342)):
        picture.frame(column, x)
        picture.arrow(x, FRAMES - 26, 246 + (x - 246) * 0.4, LOW + 24)
    for number in range(4):
        x, y = 482 + 16 * number, FRAMES + 9 - 6 * number
        picture.parts.append(
            f'<rect x="{x - 30}" y="{y - 24}" width="60" height="44" rx="3" fill="#efe7f9" '
            f'stroke="{picture.colour}"/>'
        )
    for y in (277, 288, 299):
        picture.arrow(507, y, 554, y, True, 2)
    picture.arrow(505, 262, 505, LOW + 24, True)
    for x, words, time in ((246, "each frame alone", False), (505, "L fields at once", True)):
        picture.maps(x, LOW)
        picture.maps(x, HIGH)
        picture.arrow(x, LOW - 22, x, HIGH + 24, time)
        picture.text(x + 42, LOW + 5, words, 12, picture.colour if time else SOFT, "start")
        picture.arrow(x, HIGH - 23, 376 + (x - 376) * 0.35, TOP + 17, time)
    picture.box(376, TOP, 170, 30, "mean of both = scores", True)
    picture.row(FRAMES, "input")
    picture.row(LOW, "2D network", "of each stream")
    picture.row(HIGH, "its scores", "mean over the clip")
    picture.row(TOP, "late fusion")
    picture.text(246, 346, "pictures, T frames", 12, SOFT)
    picture.text(508, 346, "optical flow, x and y: 2L planes", 12, picture.colour)
    return picture


def pictures() -> list[Picture]:
    """All eight."""
    return [
        two_d(),
        tsm(),
        three_d(),
        two_plus_one(),
        recurrent("rnn", "no gates", ("h",), "one state goes from frame to frame"),
        recurrent("lstm", "gates i f g o", ("h", "c"), "two states go from frame to frame, guarded by gates"),
        recurrent("gru", "gates r z n", ("h",), "one state goes from frame to frame, guarded by gates"),
        two_stream(),
    ]


def main() -> None:
    for picture in pictures():
        Path(__file__).with_name(f"way-{picture.way}.svg").write_text(picture.svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
