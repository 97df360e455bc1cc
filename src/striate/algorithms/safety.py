"""Kernels of PyTorch that are known to be wrong, and must not even be tried.

On CPUs, the bf16 weight gradient of a padded convolution is garbage where a clip is no longer than the
kernel reaches (two frames under a kernel of three, two to four under five), and on maps of one pixel with a
stride. In the second case it also writes beyond its buffers: the process dies later, elsewhere. Found by
trying 356 small geometries in a process each while glibc checked its heap (PyTorch 2.13, AVX-512-BF16);
output and input gradient were right everywhere. With the padding made explicit the same kernels are right.
"""

import torch

from striate.algorithms.geometry import Geometry, Shape


def corrupts(g: Geometry, size: Shape, dtype: torch.dtype, device: str) -> bool:
    """Whether PyTorch's own weight gradient for an input of this size (axes after channels) is not to be run.

    Some that would be right are among them: the rule is simpler than the truth.
    """
    if dtype is not torch.bfloat16 or device != "cpu":
        return False
    padded = [p > 0 for p in g.padding]
    short = g.axes == 3 and padded[0] and size[0] <= g.reach[0]
    return short or any(n == 1 and p for n, p in zip(size[-2:], padded[-2:], strict=True))
