"""A video with what was said of it drawn into its frames: the most probable classes, each with a bar."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from striate.numbers import percent
from striate.streaming.moment import Moment
from striate.streaming.writing import saying_what_fails

SHOWN = 3
"""Classes."""
TICKS = 90_000
"""In a second, as in broadcasts: every usual rate has whole frames in them."""
FRAGMENT = 30
"""Frames after which what was written can be played."""
BACK, BAR, INK = (0, 0, 0, 150), (64, 150, 255, 230), (255, 255, 255, 255)


class DrawnVideo:
    """An MP4 file in the making. It can be played whenever the process ends, and however."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def add(self, seconds: float, frame: np.ndarray, shares: Sequence[tuple[str, float]]) -> None:
        """One frame more.

        Args:
            seconds: from the first frame; where it does not go on, it is a tick after the frame before.
            frame: (H, W, 3) uint8. All are brought to the size of the first.
            shares: classes with their probabilities.

        Raises:
            DataError: the file cannot be written.
        """
        picture = Image.fromarray(frame)
        with saying_what_fails(self.path):
            if self._container is None:
                self._open(*picture.size)
            size = self._stream.width, self._stream.height
            if picture.size != size:
                picture = picture.resize(size)
            drawn = np.asarray(draw_shares(picture, shares))
            made = av.VideoFrame.from_ndarray(drawn, format="rgb24")
            self._last = max(round(seconds * TICKS), self._last + 1)
            made.pts, made.time_base = self._last, Fraction(1, TICKS)
            self._container.mux(self._stream.encode(made))

    def closed_after(self, moments: Iterator[Moment]) -> Iterator[Moment]:
        """The same moments; the file is closed whatever ends them."""
        try:
            yield from moments
        finally:
            self.close()

    def close(self) -> None:
        """What is still in the encoder, and the end of the file."""
        container, self._container = self._container, None
        if container is not None:
            with saying_what_fails(self.path):
                container.mux(self._stream.encode(None))
                container.close()

    def _open(self, width: int, height: int) -> None:
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        container = av.open(str(self.path), "w", format="mp4", options=options)
        coding = {"preset": "veryfast", "crf": "20", "bf": "0", "g": str(FRAGMENT)}
        self._stream = container.add_stream("libx264", options=coding)
        self._stream.width, self._stream.height = width + width % 2, height + height % 2
        self._stream.pix_fmt, self._stream.codec_context.time_base = "yuv420p", Fraction(1, TICKS)
        container.start_encoding()
        self._container = container


def draw_shares(picture: Image.Image, shares: Sequence[tuple[str, float]]) -> Image.Image:
    """The picture with the most probable classes at its lower left."""
    best = sorted(shares, key=lambda share: -share[1])[:SHOWN]
    width, height = picture.size
    line = max(10, round(height / 22))
    font = _font(round(line * 0.72))
    lines = [f"{percent(share, 0):>5}  {name}" for name, share in best]
    layer = Image.new("RGBA", picture.size)
    pen = ImageDraw.Draw(layer)
    wide = min(width, round(max(pen.textlength(text, font=font) for text in lines)) + line)
    top = height - line * len(best)
    pen.rectangle((0, top, wide, height), fill=BACK)
    for number, (text, (_, share)) in enumerate(zip(lines, best, strict=True)):
        y = top + number * line
        pen.rectangle((0, y + 0.86 * line, share * wide, y + line - 1), fill=BAR)
        pen.text((line / 3, y), text, fill=INK, font=font)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _font(size: int) -> Any:
    """One that has the letters of most languages, and comes with a package that is needed anyway."""
    import matplotlib

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(file), size)
