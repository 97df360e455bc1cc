"""One frame more: what it costs in PyTorch, in ONNX Runtime and in int8, and what it says. One thread.

python benchmarks/streaming.py             all of these, one after the other, but for the last
python benchmarks/streaming.py costs       against the window of 8 frames again in PyTorch, 112×112, medians
python benchmarks/streaming.py equal       every way × backbone: step and causal clip, greatest difference
python benchmarks/streaming.py live        a file of 30 frames a second as it plays, resnet18 tsm 112×112
python benchmarks/streaming.py accuracy    trained networks on clips, on one stream of them, and in int8
python benchmarks/streaming.py memory      100,000 frames of a camera that breaks off, and the memory used
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from unittest import mock

import av
import numpy as np
import torch
from torch import nn

import striate
from striate import step_of
from striate.data import Sampling, open_data
from striate.evaluating.exported import ExportedNetwork, open_exported
from striate.evaluating.exported_content import to_texts
from striate.evaluating.run_model import Trained, open_run
from striate.evaluating.run_step import step_of_run
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation
from striate.exporting.answers import Answers
from striate.exporting.exported_run import written
from striate.exporting.int8 import write_int8
from striate.exporting.onnx_model import load, save
from striate.models import CATALOGUE, build
from striate.numbers import bytes_of, percent
from striate.streaming import sources

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from small_clips import clip_run, write_frame_folders
from small_photographs import write_photographs

WINDOW, SIDE, CLASSES = 8, 112, 10
ROWS = (
    ("resnet18", "tsm"),
    ("mobilenet_v2", "tsm"),
    ("resnet18", "3d"),
    ("resnet18", "2plus1d"),
    ("mobilenet_v2", "3d"),
    ("resnet18", "gru"),
)
WAYS = ("2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru")


def milliseconds(runs: list[Callable[[], object]], rounds: int = 15, each: int = 4) -> list[float]:
    """The median of each, of processor time: all of it is on this one thread, and on a busy machine no other
    time says anything. They take turns, as that changes too; of a turn the first run does not count."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, times in zip(runs, taken, strict=True):
            for number in range(each):
                started = time.process_time()
                run()
                times += [time.process_time() - started] if number else []
    return [1000 * median(times) for times in taken]


def causal(backbone: str, way: str, size: int = SIDE) -> nn.Module:
    """Norms with statistics, as after a training."""
    torch.manual_seed(0)
    network = build(backbone, classes=CLASSES, channels=3, size=size, time=way, frames=WINDOW, causal=True)
    for norm in network.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
    return network.eval()


def untrained(backbone: str, way: str) -> Trained:
    """As a run is, when it is opened."""
    return Trained(
        run=Path(f"{backbone}-{way}"), network=causal(backbone, way),
        classes=tuple(map(str, range(CLASSES))), channels=3, size=(SIDE, SIDE),
        normalise=Normalisation((110.0,) * 3, (60.0,) * 3), temperature=1.0, source="", data_options={},
        sampling=Sampling(WINDOW, 1), flow=None, algorithms=NO_ALGORITHMS,
    )  # fmt: skip


def one_more(trained: Trained) -> Callable[[], object]:
    """Pixels of one frame → probabilities."""
    network = trained.network
    step = network.step if isinstance(network, ExportedNetwork) else step_of_run(trained)
    answers = Answers(trained, step)
    answers.begin(1)
    pixels = torch.randint(0, 256, (1, 3, 1, SIDE, SIDE), dtype=torch.uint8)

    def run() -> None:
        with torch.inference_mode():
            answers(pixels)

    return run


def costs() -> None:
    """The table."""
    heads = ("window, ms", "step, ms", "ratio", "ONNX, ms", "ratio", "int8, ms", "ratio", "state, kB")
    print(f"{'network':22}" + "".join(f"{head:>11}" for head in heads))
    for backbone, way in ROWS:
        trained = untrained(backbone, way)
        answers = Answers(trained)
        clip = torch.randint(0, 256, (1, 3, WINDOW, SIDE, SIDE), dtype=torch.uint8)
        with tempfile.TemporaryDirectory() as folder:
            steps = [one_more(one) for one in (trained, *files(trained, Path(folder)))]
            window, *singles = milliseconds([lambda: answers(clip), *steps])  # noqa: B023 - run at once
        numbers = [window, *(number for one in singles for number in (one, window / one))]
        print(f"{backbone + ' ' + way:22}" + "".join(f"{number:11.1f}" for number in numbers), end="")
        print(f"{step_of_run(trained).state_bytes / 1000:11.1f}", flush=True)


def files(trained: Trained, folder: Path) -> list[Trained]:
    """The step in fp32 and in int8, in ONNX Runtime; its ranges are those of two streams of noise."""
    fp32, int8 = folder / "fp32.onnx", folder / "int8.onnx"
    parts = written(trained, step_of_run(trained, portable=True))
    save(parts.model, fp32, to_texts(parts.content))
    opened = open_exported(fp32)
    streams = torch.randint(0, 256, (2, 3, 4 * WINDOW, SIDE, SIDE), dtype=torch.uint8)
    feeds = Answers(opened, opened.network.step).feeds([(streams, np.zeros(2))])
    write_int8(fp32, int8, feeds)
    save(load(int8), int8, to_texts(parts.content))
    return [opened, open_exported(int8)]


def equal() -> None:
    """Step by step and in chunks against the causal clip's own scores, relative to the greatest."""
    worst = 0.0
    for backbone in CATALOGUE:
        size = 64 if backbone in ("alexnet", "squeezenet1_1") else 32
        for way in WAYS:
            network = causal(backbone, way, size)
            step = step_of(network, size=size, readout="since-start")
            clip = torch.randn(1, 3, 5, size, size)
            first, state = step(clip[:, :, :1], step.initial())
            second, state = step(clip[:, :, 1:4], state)
            last, _ = step(clip[:, :, 4:], state)
            with torch.no_grad():
                wanted = network.running_scores(clip)
            error = float((torch.cat([first, second, last], dim=1) - wanted).abs().max() / wanted.abs().max())
            worst = max(worst, error)
            print(f"{backbone:18}{way:10}{error:10.1e}", flush=True)
    print(f"greatest {worst:.1e}")


def live(seconds: int = 20, rate: int = 30) -> None:
    """A network trained by one command on a file that plays: lag, dropped frames."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clips = write_frame_folders(root / "clips", train=8, test=2)
        video = write_video(root / "live.mp4", seconds * rate, rate)
        run = striate.train(
            clips, out=root / "run", backbone="resnet18", time="tsm", causal=True, size=SIDE, frames=WINDOW,
            epochs=1, num_threads=1,
        ).path  # fmt: skip
        exported = striate.export(run, root / "live.onnx", streaming=True).path
        for name, one in (("PyTorch", run), ("ONNX Runtime", exported)):
            moments = list(striate.stream(one, video, rate=rate, keep="newest"))
            lags = sorted(moment.lag or 0.0 for moment in moments)
            print(
                f"{name}: {len(moments)} frames of {rate} a second, {moments[-1].dropped} dropped, "
                f"lag {1000 * median(lags):.0f} ms, at most {1000 * lags[-1]:.0f} ms",
                flush=True,
            )


def write_video(path: Path, frames: int, rate: int) -> Path:
    """320×240, noise that drifts."""
    ground = np.random.default_rng(0).integers(0, 256, (15, 40, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(str(path), "w") as container:
        coded = container.add_stream("libx264", rate=rate)
        coded.width, coded.height, coded.pix_fmt = 320, 240, "yuv420p"
        for number in range(frames):
            shown = np.roll(ground, number, axis=1)[:, :320]
            container.mux(
                coded.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24"))
            )
        container.mux(coded.encode(None))
    return path


def accuracy() -> None:
    """Trainings of a minute or two; then clips, one stream without resets, and int8."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for way in ("tsm", "3d"):
            run = striate.train("motion-digits", out=root / way, time=way, causal=True).path
            on_stream(run, way)
            in_int8(run, streaming=True)
        in_int8(striate.train("digits", out=root / "digits").path)
        photographs = write_photographs(root / "photographs", 200, broken=False)
        in_int8(striate.train(photographs, out=root / "photos", size=64, backbone="resnet18").path)


def on_stream(run: Path, way: str) -> None:
    """The test clips one behind the other, without resets; an answer at the end of each."""
    clips, trained = open_data("motion-digits").splits["test"], open_run(run, "cpu", "plain")
    answers = Answers(trained, step_of_run(trained))
    answers.begin(1)
    with torch.inference_mode():
        said = [answers(clips.take([number]))[0, -1].argmax() for number in range(len(clips))]
    share, alone = float((np.array(said) == clips.labels).mean()), striate.evaluate(run).scores.top1
    print(
        f"{way}: clips {percent(alone)}, one stream {percent(share)}, {share / alone:.3f} of it", flush=True
    )


def in_int8(run: Path, streaming: bool = False) -> None:
    """Accuracy in fp32 and int8, sizes, times."""
    for int8 in (False, True):
        made = striate.export(run, run / f"{int8}.onnx", streaming=streaming, int8=int8)
        print(
            f"{run.name} {made.content.precision}: accuracy {percent(made.check.accuracy_file)}, in PyTorch "
            f"{percent(made.check.accuracy_pytorch)} on {made.check.what}; {bytes_of(made.file_bytes)}; "
            f"{1000 * made.times.file:.2f} ms, PyTorch {1000 * made.times.pytorch:.2f} ms",
            flush=True,
        )


def memory(frames: int = 100_000) -> None:
    """Through the verb: a camera that breaks off after each 9,999 frames; memory after each tenth."""
    with tempfile.TemporaryDirectory() as folder:
        clips = write_frame_folders(Path(folder) / "clips", train=8, test=2)
        run = clip_run(Path(folder) / "run", data=str(clips), causal=True).path
        opened = mock.Mock(side_effect=lambda source: Camera(frames // 10 - 1))
        with mock.patch.object(sources, "open_live", opened):
            moments = striate.stream(run, "camera", keep="all", events=True)
            for number, moment in zip(range(1, frames + 1), moments, strict=False):
                if number % (frames // 10) == 0:
                    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
                    print(f"{number:9,} frames  {used:8.1f} MB at most  {moment.note}", flush=True)


class Camera:
    """A container as FFmpeg gives them, of so many frames; then it fails."""

    def __init__(self, frames: int) -> None:
        self.frames, self.streams, self.duration = frames, SimpleNamespace(video=[None]), None

    def demux(self, _: object) -> Iterator[SimpleNamespace]:
        for number in range(self.frames):
            frame = np.full((12, 12), number % 256, np.uint8)
            yield SimpleNamespace(decode=lambda f=frame: [av.VideoFrame.from_ndarray(f, format="gray")])
        raise OSError(5, "Input/output error")

    def close(self) -> None:
        """As the real one has it."""


PARTS = {"costs": costs, "equal": equal, "live": live, "accuracy": accuracy, "memory": memory}


def main() -> None:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*PARTS, []], default=[])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name in asked.what or [name for name in PARTS if name != "memory"]:
        print(f"\n{name}", flush=True)
        PARTS[name]()


if __name__ == "__main__":
    main()
