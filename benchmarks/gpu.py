"""What holds on a GPU, and how fast: scores against the processor's, a run and its resume, steps, a stream.

    python benchmarks/gpu.py [equal] [commands] [steps] [stream]

`equal`: scores and gradients of every way on the GPU against the processor, in fp32. `commands`: a training
that is broken off and resumed against one that was not, and its evaluation on both. `steps`: a training step
of the usual script (fp32 as PyTorch does it, with TF32 off and on) against ours, in turn. `stream`: a frame
through the step against the window of 8 again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import torch
import torch.nn.functional as F
from torch import nn

from striate import build, step_of
from striate.algorithms import using_algorithms
from striate.machine import same_bits
from striate.tuning import tune

CUDA = torch.device("cuda")
WAYS = ("2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru", "two-stream")
STEPS = {
    "resnet50": (64, 3, 224, 224),
    "mobilenet_v2": (64, 3, 224, 224),
    "tsm_resnet50": (8, 3, 8, 224, 224),
    "r2plus1d_18": (8, 3, 16, 112, 112),
    "r3d_18": (8, 3, 16, 112, 112),
    "x3d_s": (8, 3, 13, 160, 160),
}
STREAMS = (("resnet18", "tsm"), ("mobilenet_v2", "tsm"), ("resnet18", "3d"), ("resnet18", "gru"))
Step = Callable[[], object]


def numbers(*, tf32: bool) -> None:
    """How fp32 products are rounded; cuDNN picks algorithms by timing, as the usual scripts ask."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True


def equal() -> None:
    """Greatest difference over the greatest value, of scores and of all gradients."""
    numbers(tf32=False)
    for way in WAYS:
        torch.manual_seed(0)
        channels = 5 if way == "two-stream" else 3
        network = build("resnet18", classes=5, channels=3, size=32, time=way, frames=6).eval()
        clips = torch.randn(2, channels, 6, 32, 32)
        found = [scores_and_gradients(network.to(device), clips.to(device)) for device in ("cpu", CUDA)]
        errors = [
            float((one - two).abs().max() / one.abs().max())
            for one, two in zip(*found, strict=True)
            if one.any()
        ]
        print(f"equal {way:11} scores {errors[0]:.1e}, gradients {max(errors[1:]):.1e}", flush=True)


def scores_and_gradients(network: nn.Module, clips: torch.Tensor) -> list[torch.Tensor]:
    network.zero_grad()
    with torch.backends.cudnn.flags(enabled=False):  # its recurrent layers have no gradients in evaluation
        scores = network(clips)
        F.cross_entropy(scores, torch.tensor([0, 3], device=scores.device)).backward()
    gradients = [value.grad for value in network.parameters() if value.grad is not None]
    return [value.detach().cpu() for value in (scores, *gradients)]


def striate(*words: str) -> str:
    """What the command prints; what it warns of goes on to the terminal."""
    done = subprocess.run([sys.executable, "-m", "striate", *words], capture_output=True, text=True)
    if done.returncode or "Warning" in done.stderr:
        print(f"striate {' '.join(words)}: {done.stderr[-1500:]}", flush=True)
    return done.stdout


def commands(device: str = "cuda") -> None:
    """Runs that are broken off and resumed against runs that are not; their evaluation on both devices."""
    for words in (("digits",), ("motion-digits", "--time", "tsm"), ("motion-digits", "--time", "gru")):
        with tempfile.TemporaryDirectory() as folder:
            commands_on(
                [*words, "--device", device, "--epochs", "3"], f"{folder}/whole", f"{folder}/parts", device
            )


def commands_on(words: list[str], whole: str, parts: str, device: str) -> None:
    started = perf_counter()
    found = json.loads(striate("train", *words, "--out", whole, "--json"))
    print(
        f"train {' '.join(words)}: {found['test']['top1']:.2%}, {perf_counter() - started:.0f} s in all",
        flush=True,
    )
    command = [sys.executable, "-m", "striate", "train", *words, "--out", parts]
    broken = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not (Path(parts) / "checkpoint.pt").exists() and broken.poll() is None:
        sleep(0.01)
    broken.terminate()
    broken.wait()
    striate("train", "--resume", parts)
    one, two = ((Path(run) / "model.safetensors").read_bytes() for run in (whole, parts))
    print(f"    broken off and resumed: {'the same' if one == two else 'OTHER'} bytes of model.safetensors")
    scores = [
        json.loads(striate("evaluate", whole, "--device", there, "--json")) for there in ("cpu", device)
    ]
    print("    evaluated on cpu and there:", *(f"{score['top1']:.4%}" for score in scores), flush=True)


def usual(name: str, tf32: bool) -> Step:
    """As the usual scripts train: fp32, contiguous."""
    network, inputs, labels = parts_of(name)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        numbers(tf32=tf32)
        optimizer.zero_grad()
        F.cross_entropy(network(inputs), labels).backward()
        optimizer.step()

    return step


def ours(name: str, *, free: bool = False, tuned: bool = False) -> Step:
    """bf16, channels last, fused; the same bits again, or left free; perhaps with what `tune` chose."""
    network, inputs, labels = parts_of(name)
    table = tune(network.cpu(), STEPS[name], device=CUDA).table if tuned else {}
    network.to(CUDA)
    last = {4: torch.channels_last, 5: torch.channels_last_3d}
    for value in (*network.parameters(), inputs):
        if value.ndim in last:
            value.data = value.data.contiguous(memory_format=last[value.ndim])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, fused=True)

    def step() -> None:
        numbers(tf32=True)
        optimizer.zero_grad()
        with nullcontext() if free else same_bits(CUDA):
            with using_algorithms(network, table), torch.autocast("cuda", torch.bfloat16):
                scores = network(inputs).float()
            F.cross_entropy(scores, labels).backward()
            optimizer.step()

    return step


def parts_of(name: str) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    network = build(name, classes=400).train().to(CUDA)
    inputs = torch.randn(STEPS[name], device=CUDA)
    return network, inputs, torch.randint(400, STEPS[name][:1], device=CUDA)


def milliseconds(step: Step) -> float:
    torch.cuda.synchronize()
    started = perf_counter()
    step()
    torch.cuda.synchronize()
    return 1000 * (perf_counter() - started)


def steps(rounds: int = 15) -> None:
    """Medians of steps taken in turn, in inputs a second. `bf16` is ours without the same bits."""
    for name, shape in STEPS.items():
        sides = {
            "fp32": usual(name, tf32=False),
            "TF32": usual(name, tf32=True),
            "bf16": ours(name, free=True),
            "ours": ours(name),
        }
        taken: dict[str, list[float]] = {side: [] for side in sides}
        for number in range(rounds + 4):
            for side, step in sides.items():
                taken[side] += [milliseconds(step)] if number >= 4 else [milliseconds(step)][:0]
        found = {side: median(times) for side, times in taken.items()}
        told = ", ".join(f"{side} {shape[0] / time * 1000:.0f}/s" for side, time in found.items())
        print(
            f"steps {name:13} {'×'.join(map(str, shape)):16} {told}; "
            f"ours {found['fp32'] / found['ours']:.1f} and {found['TF32'] / found['ours']:.1f} times as fast",
            flush=True,
        )


def stream(side: int = 112, window: int = 8) -> None:
    """A frame through the step against the window again, and eight cameras at once."""
    numbers(tf32=True)
    for backbone, way in STREAMS:
        torch.manual_seed(0)
        options = {"classes": 10, "channels": 3, "size": side, "time": way, "frames": window, "causal": True}
        network = build(backbone, **options).eval().to(CUDA)
        step = step_of(network, size=side)
        clip = torch.randn(1, 3, window, side, side, device=CUDA)
        frames, state = clip[:, :, :1].contiguous(), [step.initial()]
        eight, states = frames.expand(8, -1, -1, -1, -1).contiguous(), [step.initial(8)]

        def again() -> None:
            with torch.inference_mode():
                network(clip)  # noqa: B023

        def one() -> None:
            _, state[0] = step(frames, state[0])  # noqa: B023

        def cameras() -> None:
            _, states[0] = step(eight, states[0])  # noqa: B023

        whole, single, many = (
            median([milliseconds(run) for _ in range(40)][5:]) for run in (again, one, cameras)
        )
        print(
            f"stream {backbone} {way}: window {whole:.2f} ms, step {single:.2f} ms, 8 cameras {many:.2f} ms",
            flush=True,
        )


def main() -> None:
    """What was asked for."""
    parts = {"equal": equal, "commands": commands, "steps": steps, "stream": stream}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(parts))
    print(torch.cuda.get_device_name(), "torch", torch.__version__, flush=True)
    for name in parser.parse_args().parts:
        started = perf_counter()
        parts[name]()
        print(f"({name}: {perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
