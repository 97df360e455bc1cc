"""Networks from files, as modules that can be run and watched; readers are imported when needed."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from striate.tracing.arguments import Inputs
from striate.tracing.trace import Follow

Read = tuple[nn.Module, Inputs | Sequence[Tensor], Follow | None]


def read_exported(path: Path) -> Read:
    """A `torch.export` archive: the network, an example of its inputs, and how to tell its layers."""
    from striate.tracing.files.exported import read

    return read(path)


def read_onnx(path: Path) -> Read:
    """An ONNX file, likewise."""
    from striate.tracing.files.onnx_file import read

    return read(path)
