"""Optical flow: where each pixel of a frame has gone in the next one, as two more planes of a clip.

| method | |
|---|---|
| dis | dense inverse search: fast, good at small and large motion (Kroeger et al. 2016) |
| farneback | polynomial expansion (Farnebäck 2003) |

Flow is in pixels per frame, x to the right and y down. Two-stream networks take it as bytes (Simonyan and
Zisserman 2014): clipped to ±20 pixels and scaled so that 128 is no motion, 255 is 20 pixels right or down,
and 1 is 20 left or up; turning a motion round turns v into 256 − v, exactly.

OpenCV computes it (the extra `flow`), on one thread: the caller's workers are the parallelism.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, get_args

import numpy as np

from striate.data.workers import default_workers
from striate.errors import ArgumentError, DataError, MissingExtraError, unknown

Flow = Literal["dis", "farneback"]
"""Methods of optical flow."""
METHODS: tuple[Flow, ...] = get_args(Flow)
LIMIT = 20.0
"""Pixels per frame; more is clipped."""
STILL = 128
"""The byte that stands for no motion."""
_STEPS = STILL - 1  # bytes for LIMIT pixels
_SMALLEST = 12  # pixels of a side: OpenCV's dense inverse search takes no less
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_Estimate = Callable[[np.ndarray, np.ndarray], np.ndarray]


def with_flow(clip: np.ndarray, method: str) -> np.ndarray:
    """A clip with its flow: uint8 (C, T, H, W) → (C + 2, T, H, W), the flow in x and then in y last.

    The flow of frame t leads to frame t + 1; the last frame repeats the one before it. A single frame does
    not move. Raises ArgumentError for an unknown method, MissingExtraError without OpenCV, DataError for
    frames too small.
    """
    frames = np.moveaxis(clip, 0, 1)  # (T, C, H, W)
    return np.concatenate([clip, np.moveaxis(flow_planes(frames, method), 0, 1)])


def flow_planes(frames: np.ndarray, method: str) -> np.ndarray:
    """Of a whole video: (T, C, H, W) uint8, C 1 or 3 → (T, 2, H, W) uint8, by the same rules."""
    return to_bytes(flow_fields(frames, method))


def flow_fields(frames: np.ndarray, method: str) -> np.ndarray:
    """The same in pixels per frame, not clipped: (T, C, H, W) uint8 → (T, 2, H, W) float32."""
    estimate = _estimator(method)
    T, _, H, W = frames.shape
    if min(H, W) < _SMALLEST:
        raise DataError(
            f"frames of {W}×{H} pixels are too small for optical flow: expected at least "
            f"{_SMALLEST}×{_SMALLEST}, as --size {_SMALLEST}"
        )
    grey = _grey(frames)
    fields: np.ndarray = np.zeros((T, 2, H, W), np.float32)
    for t in range(T - 1):
        fields[t] = np.moveaxis(estimate(grey[t], grey[t + 1]), -1, 0)
    if T > 1:
        fields[-1] = fields[-2]
    return fields


def flow_of_clips(clips: np.ndarray, method: str) -> np.ndarray:
    """(N, C, T, H, W) uint8 → (N, 2, T, H, W) uint8, on as many threads as there are processors."""
    _estimator(method)  # a mistake is told once, and by this thread

    def planes(clip: np.ndarray) -> np.ndarray:
        return np.moveaxis(flow_planes(np.moveaxis(clip, 0, 1), method), 0, 1)

    result = np.empty((len(clips), 2, *clips.shape[2:]), np.uint8)
    with ThreadPoolExecutor(default_workers()) as pool:
        for row, flow in enumerate(pool.map(planes, clips)):
            result[row] = flow
    return result


def to_bytes(fields: np.ndarray) -> np.ndarray:
    """Flow in pixels → bytes as at the top of this file. What is not a number counts as no motion."""
    clipped = np.clip(np.nan_to_num(fields), -LIMIT, LIMIT)
    planes: np.ndarray = (np.rint(clipped * (_STEPS / LIMIT)) + STILL).astype(np.uint8)
    return planes


def from_bytes(planes: np.ndarray) -> np.ndarray:
    """Bytes → pixels per frame, float32, to within half a step: 0.08 pixels."""
    pixels: np.ndarray = (planes.astype(np.float32) - STILL) * np.float32(LIMIT / _STEPS)
    return pixels


def require_flow() -> None:
    """Raises MissingExtraError unless OpenCV can be imported."""
    _opencv()


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        raise MissingExtraError("flow", "optical flow") from None
    cv2.setNumThreads(1)
    return cv2


def _estimator(method: str) -> _Estimate:
    """What gives the flow (H, W, 2) float32 from one grey frame to the next, each (H, W) uint8."""
    if method not in METHODS:
        raise ArgumentError(unknown("flow", method, METHODS))
    cv2 = _opencv()
    if method == "farneback":
        return lambda one, two: cv2.calcOpticalFlowFarneback(one, two, None, 0.5, 3, 15, 3, 5, 1.2, 0)
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda one, two: search.calc(one, two, None)


def _grey(frames: np.ndarray) -> np.ndarray:
    """(T, C, H, W) uint8 → (T, H, W) uint8."""
    if frames.shape[1] == 1:
        return np.ascontiguousarray(frames[:, 0])
    luma = np.tensordot(_LUMA, frames.astype(np.float32), axes=(0, 1))
    return np.rint(luma).astype(np.uint8)
