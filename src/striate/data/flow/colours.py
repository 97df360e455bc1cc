"""Optical flow in colour: the hue says where to, the strength how far.

The wheel is the one of Baker et al., "A Database and Evaluation Methodology for Optical Flow", 2011: from
red, which is motion to the right, clockwise through yellow (down), green and cyan (left) to blue (up) and
magenta, with more room for the hues that the eye tells apart better. White is no motion.
"""

import numpy as np

_POSITIONS = (0, 15, 21, 25, 36, 49, 55)  # of the hues below on the wheel: red again at its end
_HUES = np.array(
    [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255), (255, 0, 0)], float
)


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
