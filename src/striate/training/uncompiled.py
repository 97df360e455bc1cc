"""PyTorch's optimisers without its compiler.

`torch.optim` guards itself against being compiled, and loads the compiler for it: that takes as long as to
load all the rest of PyTorch, before the first step of every training. Nothing is compiled here, so these
are its own functions without the guard.
"""

from inspect import unwrap
from typing import Any

import torch


class _Uncompiled(torch.optim.Optimizer):
    """What every optimiser has."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)


class SGD(_Uncompiled, torch.optim.SGD):
    """Stochastic gradient descent, with momentum."""

    step: Any = torch.no_grad()(unwrap(torch.optim.SGD.step))


class AdamW(_Uncompiled, torch.optim.AdamW):
    """Adam with the decay of weights apart (Loshchilov and Hutter 2019)."""

    step: Any = torch.no_grad()(unwrap(torch.optim.AdamW.step))
