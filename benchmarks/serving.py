"""A service under load beside its bare network, and its memory over many requests.

    python benchmarks/serving.py [--backbone resnet18] [--size 112] [--clients 32] [--requests 10000]

A network of a few steps is served by a process of its own. In turns, the bare network computes batches that
are ready, and clients of this process, each on a connection that stays open, post JPEG files of its size.
Told are images a second of either, their ratio, errors, the answers' median and 95th percentile; then the
memory of the server as a small network answers many requests. One thread computes in either case.
"""

import argparse
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image

import striate

ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def pictures(count: int, side: int, form: str) -> list[bytes]:
    """Image files of smooth pictures."""
    random, files = np.random.default_rng(0), []
    for _ in range(count):
        content = io.BytesIO()
        small = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        small.resize((side, side)).save(content, form)
        files.append(content.getvalue())
    return files


def trained(folder: Path, backbone: str, side: int) -> Path:
    """A run of one step."""
    for name in ("one", "two"):
        (folder / "data" / name).mkdir(parents=True)
        for number, content in enumerate(pictures(20, side, "PNG")):
            (folder / "data" / name / f"{number}.png").write_bytes(content)
    run = folder / "run"
    striate.train(
        folder / "data", backbone=backbone, size=side, out=run, epochs=1, batch_size=16, num_threads=1,
        number_format="fp32", algorithms="plain", flip=False,
    )  # fmt: skip
    return run


@contextmanager
def served(run: Path) -> Iterator[tuple[str, int]]:
    """The address and the process of `striate serve`."""
    words = [sys.executable, "-m", "striate", "serve", str(run), "--port", "0"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD}
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://([^/]+)/", process.stdout.readline())
        assert found is not None
        try:
            yield found[1], process.pid
        finally:
            process.terminate()


class Load:
    """Clients that post one file after the other for so long, or so many."""

    def __init__(self, address: str, files: list[bytes], clients: int) -> None:
        self.address, self.files, self.clients = address, files, clients
        self.times: list[float] = []
        self.errors: list[str] = []

    def run(self, seconds: float = 1e9, requests: int = 1 << 62) -> float:
        """Answers a second."""
        before, began = len(self.times), time.monotonic()
        self.until, self.left = began + seconds, iter(range(requests))
        threads = [threading.Thread(target=self._client, args=(one,)) for one in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (len(self.times) - before) / (time.monotonic() - began)

    def _client(self, number: int) -> None:
        connection = HTTPConnection(self.address, timeout=60)
        for turn, _ in enumerate(self.left):
            if time.monotonic() > self.until:
                break
            began = time.monotonic()
            connection.request("POST", "/predict", self.files[(number + turn) % len(self.files)])
            answer = connection.getresponse()
            text = answer.read()
            self.times.append(time.monotonic() - began)
            if answer.status != 200:
                self.errors.append(f"{answer.status} {text[:80]!r}")
        connection.close()


def bare(run: Path, files: list[bytes], seconds: float) -> float:
    """Images a second of the network by itself, in batches that are ready."""
    network = striate.load(run, calibrated=False)
    inputs = network.preprocess(files)
    began, done = time.monotonic(), 0
    with torch.inference_mode():
        while time.monotonic() - began < seconds:
            network(inputs)
            done += len(inputs)
    return done / (time.monotonic() - began)


def memory(process: int) -> float:
    """Resident MB."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found is not None
    return int(found[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        run = trained(Path(folder) / "large", asked.backbone, asked.size)
        files = pictures(asked.clients, asked.size, "JPEG")
        with served(run) as (address, _):
            load, rates = Load(address, files, asked.clients), []
            load.run(seconds=2)
            for _ in range(asked.turns):
                alone, behind = bare(run, files, asked.seconds), load.run(seconds=asked.seconds)
                rates.append(behind / alone)
                print(f"bare {alone:8.1f}  served {behind:8.1f} images/s  ratio {rates[-1]:.2f}", flush=True)
            slow = quantiles(load.times, n=20)[-1]
            print(
                f"median ratio {median(rates):.2f}, {asked.clients} clients, {len(load.errors)} errors, "
                f"answers {1000 * median(load.times):.0f} ms, 95 % within {1000 * slow:.0f} ms"
            )
        small = trained(Path(folder) / "small", "plain", 28)
        with served(small) as (address, process):
            load = Load(address, pictures(32, 28, "PNG"), 8)
            load.run(requests=1000)
            for done in range(4):
                print(
                    f"{1000 + done * asked.requests // 4:7,} requests: {memory(process):7.1f} MB", flush=True
                )
                rate = load.run(requests=asked.requests // 4)
            print(
                f"{1000 + asked.requests:7,} requests: {memory(process):7.1f} MB, {rate:.0f} requests/s, "
                f"{len(load.errors)} errors"
            )


if __name__ == "__main__":
    main()
