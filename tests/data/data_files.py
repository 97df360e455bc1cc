"""Tiny data sets, written on the spot."""

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

IDX_TYPES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx_bytes(values: np.ndarray) -> bytes:
    """The bytes of an IDX file, written from the format's description, not from our reader."""
    head = struct.pack(">HBB", 0, IDX_TYPES[values.dtype.name], values.ndim)
    lengths = struct.pack(f">{values.ndim}I", *values.shape)
    return head + lengths + values.astype(values.dtype.newbyteorder(">")).tobytes()


def write_idx(path: Path, values: np.ndarray) -> None:
    content = idx_bytes(values)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def write_mnist(folder: Path, train: int = 60, test: int = 20, suffix: str = "") -> None:
    """A folder like MNIST's with 4 × 4 pixels and labels 0 to 9."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", train), ("t10k", test)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte{suffix}", noise(count, 4, 4, seed=count))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte{suffix}", np.arange(count, dtype=np.uint8) % 10)


def write_images(
    folder: Path,
    count: int,
    *,
    size: tuple[int, int] = (6, 8),
    mode: str = "RGB",
    suffix: str = ".png",
    seed: int = 0,
) -> list[Path]:
    """Images of noise named 0, 1, …; size is (H, W). Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}{suffix}" for number in range(count)]
    for number, path in enumerate(paths):
        colours = (3,) if mode == "RGB" else ()
        Image.fromarray(noise(*size, *colours, seed=1000 * seed + number)).save(path)
    return paths
