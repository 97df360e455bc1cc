"""The lab's live view, resnet18 tsm at 112×112: a browser's frames through its socket, one in flight.

    python benchmarks/lab_live.py       # about 30 seconds; one thread; needs the extra lab

Each frame is a 320×240 JPEG; its lag is from when it is sent until what is said of it has come back.
"""

import io
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from websockets.sync.client import connect

import striate
from streaming import SIDE, WINDOW, write_frame_folders
from striate.exploring.lab import Lab, lab

FRAMES = 300


def main() -> None:
    """Prints frames a second, and the lag in the middle and for nineteen of twenty."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        clips = write_frame_folders(Path(folder) / "clips", train=8, test=2)
        run = striate.train(
            clips, out=Path(folder) / "run", backbone="resnet18", time="tsm", causal=True, size=SIDE,
            frames=WINDOW, epochs=1, num_threads=1,
        ).path  # fmt: skip
        with lab(run, port=0, browser=False) as opened:
            assert isinstance(opened, Lab)
            lags = of_frames(opened.address)
    lags.sort()
    print(
        f"{FRAMES / sum(lags):.0f} frames a second, lag {1000 * median(lags):.0f} ms, "
        f"95 % within {1000 * lags[int(0.95 * FRAMES)]:.0f} ms"
    )


def of_frames(address: str) -> list[float]:
    """Seconds of each frame."""
    draws, found = np.random.default_rng(0), []
    with connect(address.replace("http://", "ws://") + "api/live") as socket:
        for number in range(FRAMES + 10):  # the first ones open the run
            picture = draws.integers(0, 256, (15, 20, 3), np.uint8).repeat(16, 0).repeat(16, 1)
            sent = io.BytesIO()
            Image.fromarray(picture).save(sent, "jpeg")
            began = time.perf_counter()
            socket.send(sent.getvalue())
            said = socket.recv()
            assert "error" not in str(said), said
            if number >= 10:
                found.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
