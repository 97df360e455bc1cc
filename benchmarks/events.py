"""Events in a made hour of video: mean average precision, seconds and peak memory, through the real verbs.

    python benchmarks/events.py [--minutes 60] [--events 200] [--epochs 40] [--hop 0.2] [--keep FOLDER]

The hour is one file, 32 × 32 pixels, 10 frames a second: real digits (scikit-learn's) on a textured ground
with noise. Between events a digit stands still, and now and then another one takes its place; in an event it
moves left, right, up or down for 2 to 8 seconds at its own speed. A clip network (`plain`, `--time tsm`,
windows of 0.8 s) is trained on segments of *other* minutes, with other digits, the still moments being the
class `background`. Its windows over the hour are joined into events, scored as `evaluate` does.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

import striate
from striate.data.builtin.digits import digit_splits, load_digits
from striate.evaluating.event_scores import TrueEvent, score_events

SIDE, RATE, DIGIT = 32, 10, 12
WAYS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
SPEED = (1.0, 2.0)  # pixels a frame
LASTING = (2.0, 8.0)  # seconds
TRAINING_MINUTES = 40


class Scene(NamedTuple):
    """A stretch of time in which one thing happens."""

    label: str
    frames: int


def scenes(minutes: float, events: int, random: np.random.Generator) -> list[Scene]:
    """Background and events in turn, filling the time; background lasts a second or more."""
    lasting = np.round(random.uniform(*LASTING, events) * RATE).astype(int)
    free = round(minutes * 60 * RATE) - int(lasting.sum()) - (events + 1) * RATE
    gaps = RATE + np.floor(random.dirichlet(np.full(events + 1, 2.0)) * free).astype(int)
    gaps[-1] += round(minutes * 60 * RATE) - int(lasting.sum()) - int(gaps.sum())
    labels = random.permutation(np.resize(list(WAYS), events))
    pairs = zip(labels.tolist(), lasting.tolist(), strict=True)
    middle = [scene for gap, pair in zip(gaps[1:].tolist(), pairs, strict=True)
              for scene in (Scene(*pair), Scene("background", gap))]  # fmt: skip
    return [Scene("background", int(gaps[0])), *middle]


def pictures(plan: list[Scene], digits: np.ndarray, random: np.random.Generator) -> "list[np.ndarray]":
    """(H, W) uint8, frame by frame. A digit that leaves on one side comes back on the other."""
    ground = np.kron(random.uniform(30, 110, (8, 8)), np.ones((4, 4)))
    place, digit, shown = random.uniform(0, SIDE, 2), drawn(digits, random), []
    for scene in plan:
        step = np.array(WAYS.get(scene.label, (0, 0))) * random.uniform(*SPEED)
        for _ in range(scene.frames):
            if scene.label == "background" and random.random() < 0.02:
                place, digit = random.uniform(0, SIDE, 2), drawn(digits, random)
            place = place + step
            ink = shifted(digit, place)
            noise = random.normal(0, 4, ground.shape)
            shown.append((ground * (1 - ink) + 250 * ink + noise).clip(0, 255).astype(np.uint8))
    return shown


def drawn(digits: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One digit in the corner of an empty picture, ink from 0 to 1."""
    picture = np.zeros((SIDE, SIDE))
    one = digits[random.integers(len(digits))] / 255
    rows = np.linspace(0, 7, DIGIT).round().astype(int)
    picture[:DIGIT, :DIGIT] = one[rows][:, rows]
    return picture


def shifted(picture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Moved by a place between pixels, around the edges."""
    for axis, by in enumerate(place):
        whole = int(np.floor(by))
        share = by - whole
        picture = np.roll(picture, whole, axis) * (1 - share) + np.roll(picture, whole + 1, axis) * share
    return picture


def write_video(path: Path, frames: list[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "16"})
        stream.width = stream.height = SIDE
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, RATE)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode(None))


def write_stretch(folder: Path, name: str, plans: list[list[Scene]], digits: np.ndarray, seed: int) -> Path:
    """A file for each plan, and the list of their segments."""
    table = folder / f"{name}.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "start", "end", "label"))
        for number, plan in enumerate(plans):
            random = np.random.default_rng([seed, number])
            video = f"{name}-{number}.mp4"
            write_video(folder / video, pictures(plan, digits, random))
            ends = np.cumsum([scene.frames for scene in plan])
            for scene, end in zip(plan, ends.tolist(), strict=True):
                rows.writerow((video, (end - scene.frames) / RATE, end / RATE, scene.label))
    return table


def make(folder: Path, minutes: float, events: int) -> tuple[Path, Path]:
    """Lists of what is trained on and of the hour; their digits are different ones."""
    images, labels = load_digits()
    rows = digit_splits(labels)
    random = np.random.default_rng(1)
    training = [scenes(1.0, 6, random) for _ in range(TRAINING_MINUTES)]
    return (
        write_stretch(folder, "train", training, images[rows["train"], 0], 2),
        write_stretch(folder, "hour", [scenes(minutes, events, random)], images[rows["test"], 0], 3),
    )


def score(run: Path, hour: Path, hop: float) -> dict[str, object]:
    """In a process of its own, so that its peak memory is that of finding events."""
    begin = time.perf_counter()
    with hour.open(newline="", encoding="utf-8") as file:
        truth = [
            TrueEvent(str(hour.parent / row["path"]), float(row["start"]), float(row["end"]), row["label"])
            for row in csv.DictReader(file)
        ]
    videos = striate.predict(run, sorted({one.file for one in truth}), hop=hop, events=True).videos or ()
    seconds = time.perf_counter() - begin
    scores = score_events(truth, {video.whole.file: video.events or () for video in videos})
    assert scores is not None
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "events": scores.to_json(),
        "seconds": seconds,
        "processor_seconds": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--hop", type=float, default=0.2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--score", nargs=2, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.score:
        print(json.dumps(score(*asked.score, asked.hop)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(exist_ok=True, parents=True)
        begin = time.perf_counter()
        training, hour = make(folder, asked.minutes, asked.events)
        made = time.perf_counter()
        striate.pack_data(training, folder / "packed", short_side=SIDE, workers=0)
        run = striate.train(
            folder / "packed", time="tsm", options={"widths": (16, 32)}, frames=8, rate=float(RATE),
            size=SIDE, channels=1, epochs=asked.epochs, out=folder / "run",
        )  # fmt: skip
        trained = time.perf_counter()
        words = ["--score", str(run.path), str(hour), "--hop", str(asked.hop)]
        done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
        result = json.loads(done.stdout.splitlines()[-1])
    events = result["events"]
    print(f"made in {made - begin:.0f} s, trained in {trained - made:.0f} s")
    print(f"{events['events']} events, {events['predicted']} found")
    for overlap, value in events["mean_average_precision"].items():
        print(f"mean average precision at {overlap}: {value:.4f}")
    print(
        f"found in {result['seconds']:.0f} s ({result['processor_seconds']:.0f} s of processors), "
        f"peak memory {result['peak_mib']:.0f} MiB"
    )


if __name__ == "__main__":
    main()
