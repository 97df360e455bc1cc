"""Run by torchrun in two processes: trains, and compares shared batch norms with torch's own."""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from small_clips import clip_run
from small_runs import EVERYTHING_RANDOM, At, small_recipe, small_run
from striate.cli import main as command
from striate.evaluating.scoring import Normalisation
from striate.models import NetworkSpec
from striate.training import algorithm_choice as algorithms
from striate.training import concluding, loss, number_format
from striate.training.process_group import (
    ProcessGroup,
    SharedBatchNorm,
    process_group,
    share_batch_norm,
)
from striate.training.recipe import Recipe

PARTS = {2: [slice(0, 4), slice(4, 7)], 1: [slice(0, 7)]}
"""Seven samples: not even the parts are equal."""
SHAPES: dict[type[nn.Module], tuple[int, ...]] = {
    nn.BatchNorm2d: (7, 3, 4, 5),
    nn.BatchNorm3d: (7, 3, 2, 4, 5),
}
"""Of images, and of clips."""
FAR = 1000.0
"""A mean so far from zero that the mean of squares says nothing of the variance in fp32."""


def normalised(number: int, slices: list[slice], folder: Path) -> None:
    """Two steps of a batch norm on this process's part of a fixed batch; the results go to a file."""
    part = slices[number]
    for kind, shape in SHAPES.items():
        layer = nn.Sequential(kind(3)).double()
        share_batch_norm(layer)
        assert type(layer[0]) is SharedBatchNorm
        torch.save(steps_of(layer, part, shape), folder / f"{kind.__name__}-{len(slices)}-{number}.pt")
    layer = nn.Sequential(nn.BatchNorm2d(3))
    share_batch_norm(layer)
    images = far_from_zero()[part]
    torch.save(layer(images).detach(), folder / f"far-{number}.pt")


def far_from_zero() -> Tensor:
    """A batch of images in fp32 whose mean is large beside its deviation."""
    return torch.randn(*SHAPES[nn.BatchNorm2d], generator=torch.Generator().manual_seed(2)) + FAR


def steps_of(layer: nn.Module, part: slice, shape: tuple[int, ...]) -> dict[str, Tensor]:
    """What two steps, forward and backward, and a look in evaluation mode come to, in float64."""
    random = torch.Generator().manual_seed(1)
    results = {}
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random))
    for step in range(2):
        whole = torch.randn(*shape, generator=random, dtype=torch.float64) * 3 + 2
        target = torch.randn(*shape, generator=random, dtype=torch.float64)
        images = whole[part].requires_grad_()
        output = layer(images)
        (output * target[part]).square().sum().backward()
        results |= {f"output {step}": output.detach(), f"input gradient {step}": images.grad}
    for name, parameter in layer.named_parameters():
        results[f"gradient of {name}"] = parameter.grad
    results |= {name: value.clone() for name, value in layer.state_dict().items()}
    results["evaluated"] = layer.eval()(whole[part]).detach()
    return results


OWN = Path(__file__).parent / "own_networks.py"
NORMED: dict[str, Any] = {"backbone": f"{OWN}:make_normed", "options": {}}
"""A network with batch norms; those over three axes are compared by themselves."""


def clips_recipe() -> Recipe:
    """Batch norms over clips, gentle enough that rounding does not grow."""
    return small_recipe(
        epochs=1, batch_size=16, optimizer="sgd", learning_rate=3e-4, augmentation=EVERYTHING_RANDOM
    )


def in_float64(setattr: Callable[[object, str, object], object] = setattr) -> None:
    """Networks compute in float64, so that what is left of the order of sums is as good as nothing.

    In fp32 it is not: rounding grows from step to step as it likes, and no bound of it could be named that
    would not hide a mistake.
    """
    build, normalise = NetworkSpec.build, Normalisation.__call__
    setattr(NetworkSpec, "build", lambda spec: build(spec).double())
    setattr(Normalisation, "__call__", lambda self, inputs: normalise(self, inputs).double())


def trained(data: Path, clips: Path, folder: Path) -> None:
    """The trainings that the tests compare with those of one process."""
    concluding.draw_curves = concluding.draw_confusion = lambda *arguments: arguments[-1].write_bytes(b"")
    recipe = small_recipe(augmentation=EVERYTHING_RANDOM, clip_norm=1.0, ema=0.9)
    algorithms.WORTH_MEASURING, number_format.try_step = 0, lambda *arguments: 0.01
    small_run(folder / "using_algorithms", replace(recipe, batch_size=30), data=data)
    algorithms.WORTH_MEASURING = 10**9
    in_float64()
    small_run(folder / "plain", recipe, data=data)
    gentle = small_recipe(epochs=1, learning_rate=1e-4)
    small_run(folder / "normed", gentle, data=data, **NORMED)
    clip_run(folder / "clips", clips_recipe(), data=clips, **NORMED)
    loss.SETTLE_EVERY = 1
    stopped = small_run(folder / "stopped", recipe, data=data, reporter=At(3))
    dropping = {"backbone": f"{OWN}:make_dropping", "options": {}}
    half = small_run(folder / "dropping", recipe, data=data, reporter=At(7), **dropping)
    assert stopped.status == half.status == "stopped"


def lonely(number: int) -> None:
    """More processes than images: some steps are on nothing."""
    member = ProcessGroup(number, 2, torch.device("cpu"))
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.MaxPool2d(2), nn.Flatten())
    wrapped = member.wrap(network, 1)
    images = torch.rand(1, 1, 4, 4)[member.part(1)]
    wrapped(images).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


def on_a_machine_of_its_own(number: int, folder: Path) -> None:
    """Goes on with a run in a folder that the other process does not have; prints into a file."""
    local, os.environ["LOCAL_RANK"] = os.environ["LOCAL_RANK"], "0"
    os.chdir(folder / f"machine{number}")
    with (folder / f"machine{number}.txt").open("w") as told, redirect_stdout(told), redirect_stderr(told):
        code = command(["train", "--resume", "run"])
        print(f"code {code}")
    os.environ["LOCAL_RANK"] = local


def main(data: Path, clips: Path, folder: Path) -> None:
    with process_group(torch.device("cpu")) as member:
        normalised(member.rank, PARTS[member.world_size], folder)
        lonely(member.rank)
        dist.barrier()
    on_a_machine_of_its_own(member.rank, folder)
    trained(data, clips, folder)
    print("all done", flush=True)
    options = "--epochs 5000 --options widths=4,8 hidden=16 --number-format fp32 --batch-size 32"
    sys.exit(command(["train", str(data), "--out", str(folder / "signalled"), *options.split()]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
