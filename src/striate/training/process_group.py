"""Many processes as one: `torchrun -m striate train …` is the same training on the same global batches."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from striate.errors import TrainingError
from striate.torchrun import rank, shared_store, world_size
from striate.training.companions import Companions
from striate.training.shared_draws import share_dropout

Value = TypeVar("Value")

JOINING = timedelta(minutes=5)
"""How long the processes may take for connecting with each other."""
_GROUPS = count(1)
"""Of this process; it counts alike in all of them."""


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a training, and which of them this one is."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """The one process that writes and prints."""
        return self.rank == 0

    def part(self, batch: int) -> slice:
        """This process's slice of a global batch. It starts at an even place: mixed pairs stay together.

        The main process's is never empty; others may be, where there are more processes than pairs.
        """
        return self._parts(batch)[self.rank]

    def part_sizes(self, batch: int) -> tuple[int, ...]:
        """How much of a global batch the processes may have, each size once."""
        return tuple(sorted({len(range(batch)[part]) for part in self._parts(batch)} - {0}))

    def _parts(self, batch: int) -> list[slice]:
        pairs = (batch + 1) // 2
        bounds = [2 * -(-pairs * rank // self.world_size) for rank in range(self.world_size + 1)]
        return [slice(start, min(stop, batch)) for start, stop in pairwise(bounds)]

    def highest(self, value: int) -> int:
        """The highest of all processes' values."""
        if self.world_size == 1:
            return value
        held = torch.tensor(value, device=self.device)
        dist.all_reduce(held, dist.ReduceOp.MAX)
        return int(held)

    def total(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.world_size > 1:
            dist.all_reduce(values)
        return values

    def agree(self, value: Value) -> Value:
        """The main process's value, on every process."""
        if self.world_size == 1:
            return value
        held: list[Value] = [value]
        dist.broadcast_object_list(held, src=0)
        return held[0]

    def from_main(self, make: Callable[[], Value]) -> Value:
        """What the main process alone makes, as of files that no other machine has, on every process."""
        return self.agree(make() if self.is_main else cast("Value", None))

    def wrap(self, network: nn.Module, batch: int) -> nn.Module:
        """The network as one of many, in place: its batch norms and dropouts are those of a global batch of
        this size, and gradients are averaged.
        """
        if self.world_size == 1:
            return network
        share_batch_norm(network)
        share_dropout(network, batch, self.part(batch))
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of its new name since 2.13
            return nn.parallel.DistributedDataParallel(network, broadcast_buffers=False)


@contextmanager
def process_group(device: torch.device) -> Iterator[ProcessGroup]:
    """The group that torchrun started, or this process alone. What ends one process in the block ends all.

    Raises:
        TrainingError: another process has ended, or cannot be reached.
    """
    world = world_size()
    if world == 1:
        yield ProcessGroup(0, 1, device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    # The store outlives a group: without a prefix a second one would meet the addresses of the first.
    number = next(_GROUPS)
    stores = [shared_store(name) for name in (f"group {number}", f"companions {number}", "errors")]
    store, watch, errors = stores
    if store is None or watch is None or errors is None:
        address = ":".join(os.environ.get(name, "?") for name in ("MASTER_ADDR", "MASTER_PORT"))
        raise TrainingError(
            f"the store of all processes, at {address}, cannot be reached: start them by torchrun"
        )
    companions = Companions(watch, errors, rank(), world)
    companions.gather()
    with companions.watched(_wake):
        store.set_timeout(JOINING)
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank(), world_size=world)
        try:
            yield ProcessGroup(rank(), world, device)
        finally:
            dist.destroy_process_group()


def processes(number: int) -> str:
    """So many, in words.

    >>> processes(1), processes(2)
    ('1 process', '2 processes')
    """
    return f"{number} process{'es' * (number != 1)}"


def _wake() -> None:
    """Ends what this process may be waiting in: a collective call then raises RuntimeError."""
    if dist.group.WORLD is not None:
        dist.group.WORLD.abort()


def share_batch_norm(network: nn.Module) -> None:
    """Makes batch norms take their statistics over the global batch, in place. State dicts stay the same."""
    for module in network.modules():
        if type(module) in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
            module.__class__ = SharedBatchNorm


class _Sum(torch.autograd.Function):
    """The sum over all processes. What every one of them adds to is told the gradients of all."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes. `torch.nn.SyncBatchNorm` does this for GPUs only.

    Each process tells its mean and its squares about that mean, which are then joined as Chan, Golub and
    LeVeque (1983, Algorithms for Computing the Sample Variance) do: nothing large is subtracted from anything
    large, so the variance is as exact as that of one process.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        return

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, *spatial) → the same."""
        if not self.training or not dist.is_initialized():
            return super().forward(input)
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        mean, variance, number = _joined(x)
        self._remember(mean.detach(), variance.detach(), float(number))
        shape = [1, -1] + [1] * (x.ndim - 2)
        scale = torch.rsqrt(variance + self.eps) * self.weight
        scaled: Tensor = (x - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)
        return scaled.to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor, number: float) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance * number / max(number - 1, 1), momentum)


def _joined(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance (C,) of each channel over the parts (n, C, *spatial) of all processes, and the count
    of their values. A part may be empty.
    """
    C = x.shape[1]
    axes = [axis for axis in range(x.ndim) if axis != 1]
    count = x.numel() // C
    mean = x.sum(axes) / max(count, 1)
    squares = (x - mean.view(1, -1, *[1] * (x.ndim - 2))).square().sum(axes)
    own = torch.cat([mean, squares, x.new_tensor([count])])
    blank = torch.zeros_like(own)
    rows = [own if rank == dist.get_rank() else blank for rank in range(dist.get_world_size())]
    means, squares, counts = _Sum.apply(torch.stack(rows)).split([C, C, 1], dim=1)  # type: ignore[no-untyped-call]
    number = counts.sum()
    mean = (counts * means).sum(0) / number
    return mean, (squares + counts * (means - mean).square()).sum(0) / number, number.detach()
