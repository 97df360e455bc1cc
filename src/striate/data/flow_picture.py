"""The optical flow of a clip, drawn into a picture: frames above, the flow from each to the next below.

In the colours the hue says where to, the strength how far. The wheel is the one of Baker et al., "A Database
and Evaluation Methodology for Optical Flow", 2011: from red, which is motion to the right, clockwise through
yellow (down), green and cyan (left) to blue (up) and magenta, with more room for the hues that the eye tells
apart better. White is no motion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from striate.checked import checked
from striate.data.builtin.motion_digits import motion_digits
from striate.data.builtin.moving import DIFFICULTIES
from striate.data.optical_flow import Flow, from_bytes
from striate.data.options import DEFAULT_FRAMES, Options
from striate.data.unreadable_files import saying_os_errors
from striate.data.video.clip_reading import read_clip
from striate.errors import ArgumentError, DataError
from striate.pages import Shown

_POSITIONS = (0, 15, 21, 25, 36, 49, 55)  # of the hues below on the wheel: red again at its end
_HUES = np.array(
    [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255), (255, 0, 0)], float
)
_SUFFIXES = (".png", ".jpg", ".webp")
_GAP = 4  # pixels between pictures


def colour_flow(flow: np.ndarray, longest: float | None = None) -> np.ndarray:
    """Flow in pixels per frame → RGB uint8 (H, W, 3).

    Args:
        flow: (2, H, W), x to the right and y down.
        longest: the motion, in pixels per frame, that is drawn in full colour, and any longer one; by default
            the longest of this field, and at least 1, so that the noise of a still picture stays pale.
    """
    x, y = flow.astype(np.float64)
    length = np.hypot(x, y)
    full = max(1.0, float(length.max(initial=0))) if longest is None else longest
    strength = np.minimum(length / full, 1)[..., None]
    position = np.arctan2(y, x) / (2 * np.pi) % 1 * _POSITIONS[-1]
    hue = np.stack([np.interp(position, _POSITIONS, channel) for channel in _HUES.T], axis=-1)
    colours: np.ndarray = np.rint(255 - strength * (255 - hue)).astype(np.uint8)
    return colours


def draw_wheel(side: int) -> np.ndarray:
    """The key: each point in the colour of the motion from the middle to it. RGB uint8 (side, side, 3)."""
    y, x = (np.mgrid[:side, :side] + 0.5) * 2 / side - 1
    wheel = colour_flow(np.stack([x, y]), longest=1.0)
    wheel[np.hypot(x, y) > 1] = 255
    return wheel


@dataclass(frozen=True)
class FlowPicture(Shown):
    """The flow of a clip, drawn."""

    path: Path
    method: str
    frames: int
    longest: float
    """The longest motion in the clip, in pixels per frame: that of full colour."""


@checked
@saying_os_errors()
def draw_flow(
    clip: str | Path,
    out: str | Path = "flow.png",
    *,
    method: Flow = "dis",
    frames: int = DEFAULT_FRAMES,
    stride: int | None = None,
    size: int | None = None,
) -> FlowPicture:
    """Draws frames of a video above the flow from each of them to the video's next frame, and the key.

    Args:
        clip: a video file, a folder of frames, or a clip of moving digits by its name, as
            "motion-digits/test/3".
        out: the picture to write: .png, .jpg or .webp.
        method: dense inverse search, or Farnebäck's polynomials.
        frames: so many, each with the flow to the next one of the video.
        stride: their distance in frames. By default they are spread over the whole clip.
        size: height and width, for square pictures. By default the video's own.

    Raises:
        DataError: the clip cannot be read.
        MissingExtraError: OpenCV is not installed.
        ArgumentError: a picture of an unknown kind.
    """
    suffix = Path(out).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ArgumentError(
            f"the picture must be one of {', '.join(_SUFFIXES)}; got {str(out)!r}: try {Path(out).stem}.png"
        )
    planes = _planes(clip, Options(channels=3, size=size, frames=frames, stride=stride, flow=method))
    fields = np.moveaxis(from_bytes(planes[3:]), 1, 0)  # (T, 2, H, W)
    longest = float(np.hypot(fields[:, 0], fields[:, 1]).max())
    full = max(1.0, longest)
    shown = [np.moveaxis(planes[:3, t], 0, -1) for t in range(frames)]
    drawn = [colour_flow(field, full) for field in fields]
    key = draw_wheel(min(planes.shape[2:]))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_sheet([shown, [*drawn, key]])).save(out)
    return FlowPicture(Path(out), method, frames, longest)


def _planes(clip: str | Path, options: Options) -> np.ndarray:
    """(3 + 2, T, H, W) uint8: the picture, and the flow in x and y."""
    if str(clip).partition("/")[0] in DIFFICULTIES and not Path(clip).exists():
        return _made(str(clip), options)
    return read_clip(clip, sampling=options.sampling, channels=3, size=options.square, flow=options.flow)


def _made(clip: str, options: Options) -> np.ndarray:
    """A clip of moving digits, NAME/SPLIT/NUMBER."""
    name, split, number = (*clip.split("/", 2), "", "")[:3]
    clips = motion_digits(name, replace(options, memory_limit=0)).splits.get(split)  # drawn one by one
    if clips is None or not number.isdecimal() or int(number) >= len(clips):
        raise DataError(f"no clip {clip!r}: expected NAME/SPLIT/NUMBER, as {name}/test/3")
    planes: np.ndarray = clips.take([int(number)]).numpy()[0]
    return planes


def _sheet(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Rows of pictures of one size or smaller, from the left, on white."""
    H, W = rows[0][0].shape[:2]
    columns = max(map(len, rows))
    sheet = np.full((len(rows) * (H + _GAP) - _GAP, columns * (W + _GAP) - _GAP, 3), 255, np.uint8)
    for number, row in enumerate(rows):
        for column, picture in enumerate(row):
            top, left = number * (H + _GAP), column * (W + _GAP)
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
