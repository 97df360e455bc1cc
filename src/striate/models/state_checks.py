"""Whether tensors from a file can be the state of something: asked before any of them is used."""

from collections.abc import Mapping

import torch
from torch import Tensor


def is_state_of(found: Mapping[str, object], wanted: Mapping[str, Tensor]) -> bool:
    """Whether these have the names, shapes and types of a network's state, and are plain finite tensors."""
    return found.keys() == wanted.keys() and all(
        is_like(tensor, wanted[name]) for name, tensor in found.items()
    )


def is_like(found: object, wanted: Tensor) -> bool:
    """Whether something is a plain finite tensor of this shape and type."""
    return (
        isinstance(found, Tensor)
        and found.shape == wanted.shape
        and found.dtype == wanted.dtype
        and odd_kind(found) is None
    )


def odd_kind(tensor: Tensor) -> str | None:
    """What a tensor is that does not have all its numbers in memory, each finite; None for one that has."""
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        return "a sparse, nested or quantized tensor"
    if tensor.is_meta:
        return "a tensor without numbers (of the meta device)"
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        return "an expanded tensor, larger than its memory"
    if not bool(torch.isfinite(tensor).all()):
        return "a tensor with numbers that are not finite"
    return None
