"""CIFAR-10 as class folders of JPEG files: the default against a plain loop, the fast recipe, its cost.

    python benchmarks/cifar10.py FOLDER [--seeds 3] [--each 500] [--minutes M] [--only small step]

`FOLDER` holds `train/` and `test/`, each with a folder of images per class.

- small: `--each` images a class, all of the test images. The usual loop (the same network, flip and a crop
  from 4 pixels of padding, Adam, batch 64, 30 epochs, fp32) against `striate train FOLDER`, whole processes
  in turn.
- all: every image, `--backbone fast --recipe fast`; then `evaluate --flip`.
- step: what an image costs in a training step of `fast`, and of ResNet-18 in its usual form for such images
  (a first convolution of 3×3 with stride 1, no pool behind it), whose recipe of 200 epochs is published.

Beside the seconds of the clock stand those of the processor, over all of its cores: on a busy machine these
say more, though neighbours who share its caches lengthen them too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from striate.models import build
from striate.training.optimisation import make_optimizer
from striate.training.recipe import Recipe

os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
Row = dict[str, float]


def subset(folder: Path, each: int, into: Path) -> Path:
    """The first so many training images of each class, and all test images, as links."""
    for split, most in (("train", each), ("test", sys.maxsize)):
        for path in sorted((folder / split).iterdir()):
            made = into / split / path.name
            made.mkdir(parents=True)
            for file in sorted(path.iterdir())[:most]:
                (made / file.name).symlink_to(file.absolute())
    return into


def measured(words: list[str]) -> Row:
    """The JSON that a process prints, with its seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor": spent, **json.loads(done.stdout)}


def ours(data: Path, seed: int, *more: str, flip: bool = False) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "striate", "train", str(data), "--seed", str(seed), "--out", f"{folder}/run", "--json"]
        result = measured([*words, *more])
        result |= {"top1": result["test"]["top1"]}  # type: ignore[index]
        if flip:
            result["flipped"] = measured(["-m", "striate", "evaluate", f"{folder}/run", "--flip", "--json"])[
                "top1"
            ]
    return result


def show(name: str, rows: list[Row]) -> None:
    def spread(key: str, text: str) -> str:
        values = [row[key] for row in rows]
        return f"{text.format(median(values))} ({text.format(min(values))} to {text.format(max(values))})"

    print(f"{name}: top-1 {spread('top1', '{:.2%}')}, seconds {spread('seconds', '{:.0f}')}, ", end="")
    print(f"of the processor {spread('processor', '{:.0f}')}, epochs {rows[0]['epochs']}", flush=True)


# The usual loop.


def opened(folder: Path) -> tuple[Tensor, Tensor]:
    """(N, 3, 32, 32) float in [0, 1], (N,) labels."""
    files = [
        (file, label)
        for label, path in enumerate(sorted(folder.iterdir()))
        for file in sorted(path.iterdir())
    ]
    pixels = np.stack([np.asarray(Image.open(file).convert("RGB")) for file, _ in files])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return images, torch.tensor([label for _, label in files])


def varied(images: Tensor) -> Tensor:
    """Each flipped by a coin, and cut from itself with 4 black pixels around."""
    padded = F.pad(images, (4, 4, 4, 4))
    cut = [
        padded[i, :, y : y + 32, x : x + 32] for i, (y, x) in enumerate(torch.randint(0, 9, (len(images), 2)))
    ]
    batch = torch.stack(cut)
    return torch.where(torch.rand(len(batch), 1, 1, 1) < 0.5, batch.flip(-1), batch)


def usual_loop(folder: Path, seed: int, epochs: int = 30) -> None:
    torch.manual_seed(seed)
    (images, labels), (test, expected) = opened(folder / "train"), opened(folder / "test")
    mean, std = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    network = build("plain", classes=10, size=32)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(network((varied(images[rows]) - mean) / std), labels[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        right = sum(
            int((network((part - mean) / std).argmax(1) == known).sum())
            for part, known in zip(test.split(500), expected.split(500), strict=True)
        )
    print(json.dumps({"top1": right / len(test), "epochs": epochs}))


# What a step costs.


def resnet18() -> nn.Module:
    network = build("resnet18", classes=10)
    network.conv1, network.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return network


def fast() -> nn.Module:
    network = build("fast", classes=10)
    network.whiten.weight.requires_grad_(False)  # type: ignore[union-attr]
    return network


def step_of(network: nn.Module, recipe: Recipe, batch: int) -> Callable[[], None]:
    network.to(memory_format=torch.channels_last)
    optimizer = make_optimizer(network, recipe)
    images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return step


def show_steps(repeat: int = 3) -> None:
    """Processor milliseconds an image, in turn, medians; fp32, channels last, one thread."""
    torch.set_num_threads(1)
    sides = {
        "fast, batch 512, Muon": (step_of(fast(), Recipe(optimizer="muon"), 512), 512),
        "ResNet-18, batch 128, SGD": (step_of(resnet18(), Recipe(optimizer="sgd"), 128), 128),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeat + 1):
        for name, (step, batch) in sides.items():
            start = time.process_time()
            step()
            times[name].append((time.process_time() - start) / batch)
    for name, values in times.items():
        each = median(values[1:])  # the first warms up
        print(
            f"{name}: {1000 * each:.1f} ms of a processor an image, {50_000 * each:.0f} s an epoch of 50,000"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--only", nargs="*", default=["small", "all", "step"])
    parser.add_argument("--usual-loop", type=int, metavar="SEED", help="the peer alone")
    asked = parser.parse_args()
    if asked.usual_loop is not None:
        usual_loop(asked.folder, asked.usual_loop)
        return
    given = [("epochs", asked.epochs), ("minutes", asked.minutes)]
    more = [word for name, value in given if value is not None for word in (f"--{name}", str(value))]
    if "small" in asked.only:
        with tempfile.TemporaryDirectory() as folder:
            data, rows = subset(asked.folder, asked.each, Path(folder)), []
            for seed in range(asked.seeds):
                peer = measured([__file__, str(data), "--usual-loop", str(seed)])
                rows.append((peer, ours(data, seed)))
        show(f"the usual loop, {asked.each} a class", [peer for peer, _ in rows])
        show(f"striate train, {asked.each} a class", [mine for _, mine in rows])
    if "all" in asked.only:
        words = ("--backbone", "fast", "--recipe", "fast", *more)
        rows = [ours(asked.folder, seed, *words, flip=True) for seed in range(asked.seeds)]
        show("fast, all", rows)
        show("the same, with flips", [{**row, "top1": row["flipped"]} for row in rows])
    if "step" in asked.only:
        show_steps()


if __name__ == "__main__":
    main()
