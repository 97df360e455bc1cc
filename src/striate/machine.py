"""The machine: which device, how many threads, what its processor does natively, how memory is handed out."""

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch

from striate.errors import ArgumentError

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; auto takes a GPU where there is one. Raises ArgumentError for one not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ArgumentError(f"unknown device {name!r}: use auto, cpu, cuda or cuda:1") from None
    if device.type not in ("cpu", "cuda"):
        raise ArgumentError(f"device {name!r} is not supported: use auto, cpu, cuda or cuda:1")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ArgumentError(f"no device {name!r} here ({torch.cuda.device_count()} GPUs): use auto or cpu")
    return device


def seed_device(device: torch.device, seed: int) -> None:
    """What draws on a device begins anew. `torch.manual_seed` would note for GPUs that nobody uses who asked,
    which takes longer than a small layer."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def has_native_bf16(device: torch.device) -> bool:
    """Whether bf16 products are done by the processor itself; emulated ones are slower than fp32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def gains_by_choosing(device: torch.device) -> bool:
    """Whether choosing among equal algorithms of each convolution makes a step faster: on processors.

    On a GPU a step of many small calls waits for the processor that gives them out, and more calls made it
    slower than PyTorch's own in every network measured (benchmarks/gpu.py).
    """
    return device.type == "cpu"


def keep_memory() -> None:
    """Tells glibc to keep freed buffers.

    It would hand big ones back to the system at every step and fetch them again page by page, which costs a
    training step 10 to 25 % of its time. Does nothing elsewhere.
    """
    _set_thresholds(1 << 30, 2**31 - 1)


def return_memory() -> None:
    """Tells glibc to hand every freed buffer of a MiB or more back at once.

    Left alone it keeps them once it has met some, and holes between buffers in use add up over hundreds of
    batches: 10 minutes of video took 100 MiB more than one. Does nothing elsewhere.
    """
    _set_thresholds(1 << 20, 1 << 20)


def _set_thresholds(mmap: int, trim: int) -> None:
    """Bytes from which on a buffer is a mapping of its own, and free ones at the end of the heap go back."""
    if sys.platform != "linux":
        return
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, mmap)
        libc.mallopt(_M_TRIM_THRESHOLD, trim)
    except (OSError, AttributeError):  # another C library
        return


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether the machine or its GPU had too little memory. Some libraries say so in words only."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    words = ("out of memory", "allocate memory", "ALLOC_FAILED")
    return isinstance(problem, RuntimeError) and any(text in str(problem) for text in words)


@contextmanager
def threads(count: int | None) -> Iterator[int]:
    """Computes with that many threads inside the block; None leaves them as they are."""
    before = torch.get_num_threads()
    if count is not None:
        if count < 1:
            raise ArgumentError(f"num_threads must be at least 1; got {count}")
        torch.set_num_threads(count)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


def describe(device: torch.device) -> dict[str, Any]:
    """What a figure measured here depends on; goes into run.json."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {
        "device": str(device),
        "gpu": gpu,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    name = torch.cpu.get_capabilities().get("cpu_name")
    return str(name or platform.processor() or platform.machine())


@contextmanager
def cudnn_benchmark(device: torch.device) -> Iterator[None]:
    """On a GPU, cuDNN tries its own algorithms on each new shape inside the block, and keeps the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = before or device.type == "cuda"
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


@contextmanager
def same_bits(device: torch.device) -> Iterator[None]:
    """On a GPU, the same computation gives the same bits inside the block: sums are taken in a fixed order.

    Left free, cuDNN and cuBLAS choose by timing or add in the order in which threads happen to end, so that a
    training that is resumed would not be the one that was broken off. Of an operation that can only be done
    otherwise PyTorch warns by name.
    """
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # is read when cuBLAS is first used
    cudnn, memory = torch.backends.cudnn, cast(Any, torch.utils.deterministic)
    fill = memory.fill_uninitialized_memory
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(True, warn_only=True)
    memory.fill_uninitialized_memory = False  # nothing here reads what was not written
    try:
        with cudnn.flags(
            enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=cudnn.allow_tf32
        ):
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        memory.fill_uninitialized_memory = fill


def rounds_fp32(device: torch.device) -> bool:
    """Whether convolutions of fp32 numbers are computed with fewer digits, as GPUs do with TF32."""
    return device.type == "cuda" and torch.backends.cudnn.allow_tf32
