"""Batches of clips from the packed cache against the training step that takes them: resnet18 + tsm at 112².

    python benchmarks/packed_loader.py CLIP [CLIP …] [--rounds 7] [--short-side 128] [--copies 12]
                                       [--shard-size 4MiB]

Each clip becomes a class of `--copies` files, which are packed. A batch is 8 clips of 8 frames, drawn as in
training, the short side resized from 128 and cut to 112. The step is a forward and backward pass and an
update, in fp32 and in bf16, with channels last and without augmentation: what a training adds to it makes the
loader's share smaller. Loader and step are timed in turn. With `--shard-size` the same clips are packed
into shards too, and batches of both packs are loaded in turn; nothing is trained then.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F

from striate.data import open_data, pack_data
from striate.machine import keep_memory
from striate.models import build

CLIPS, FRAMES, SIZE = 8, 8, 112


def write_set(clips: list[str], root: Path, copies: int) -> None:
    for clip in clips:
        folder = root / Path(clip).stem
        folder.mkdir(parents=True)
        for number in range(copies):
            # Another end makes another file of it, which players ignore.
            (folder / f"{number}{Path(clip).suffix}").write_bytes(Path(clip).read_bytes() + bytes([number]))


def step_of(network: torch.nn.Module, bf16: bool) -> Callable[[torch.Tensor, torch.Tensor], float]:
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def step(clips: torch.Tensor, labels: torch.Tensor) -> float:
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = F.cross_entropy(network(clips.float().div_(255)), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return time.perf_counter() - began

    return step


def compare_shards(root: Path, short_side: int, shard_size: str, rounds: int) -> None:
    """The time of a batch from one file against that of the same batch from shards, taken in turn."""
    pack_data(root / "set", root / "shards", short_side=short_side, shard_size=shard_size)
    feeds, spent = [], ([], [])  # type: ignore[var-annotated]
    for name in ("packed", "shards"):
        train = open_data(root / name, frames=FRAMES, size=SIZE, workers=0).splits["train"]
        random = np.random.default_rng(0)
        order = [random.choice(len(train), CLIPS, replace=False) for _ in range(rounds + 4)]
        feeds.append((train, order))
    for number in range(rounds + 4):
        for times, (train, order) in zip(spent, feeds, strict=True):
            began = time.process_time()
            train.take(order[number])
            times.append(time.process_time() - began)
    one, shards = (median(times[4:]) for times in spent)
    files = len(list((root / "shards").glob("frames-*.u8")))
    print(
        f"a batch of {CLIPS} clips takes {one * 1000:.1f} ms of the processor from one file and "
        f"{shards * 1000:.1f} ms from {files} shards: {one / shards:.2f} of the throughput"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--short-side", type=int, default=128)
    parser.add_argument("--copies", type=int, default=12)
    parser.add_argument("--shard-size")
    asked = parser.parse_args()
    keep_memory()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_set(asked.clips, root / "set", asked.copies)
        began = time.perf_counter()
        packed = pack_data(root / "set", root / "packed", short_side=asked.short_side)
        spent = time.perf_counter() - began
        print(f"packed {packed.frames} frames, {packed.bytes / 2**20:.0f} MiB, in {spent:.1f} s")
        if asked.shard_size:
            compare_shards(root, asked.short_side, asked.shard_size, asked.rounds)
            return
        data = open_data(root / "packed", frames=FRAMES, size=SIZE)
        train = data.splits["train"]
        random = np.random.default_rng(0)
        order = (random.choice(len(train), CLIPS, replace=False) for _ in range(2 * asked.rounds + 4))
        network = build("resnet18", classes=len(data.classes), time="tsm", frames=FRAMES)
        network = network.train().to(memory_format=torch.channels_last)
        for bf16 in (False, True):
            loading, stepping, step = [], [], step_of(network, bf16)
            feed = train.batches(order, (0, 0))
            for _ in range(asked.rounds + 1):
                began = time.perf_counter()
                clips, labels, _ = next(feed)
                loading.append(time.perf_counter() - began)
                stepping.append(step(clips, labels))
            loader, one = median(loading[1:]), median(stepping[1:])
            print(
                f"{'bf16' if bf16 else 'fp32'}: a batch of {CLIPS} clips is loaded in {loader * 1000:.1f} ms "
                f"and trained on in {one * 1000:.0f} ms: the loader is {one / loader:.1f} times faster"
            )


if __name__ == "__main__":
    main()
