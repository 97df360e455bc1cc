"""The kinds of files that `damage.py` damages: how a whole one is made, and how a user would open it."""

import json
import random
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from damage_inside import ODD, in_archive, in_checkpoint, in_onnx, in_pth, places

FINISHED = "sum-finished"
"""File in a folder of a run: what the weights of the whole one are at its end."""


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    make: Callable[[Path], object]
    """Writes a whole one into a folder."""
    open: Callable[[Path], str | None]
    """Opens the folder as a user would; words where it was believed though it is not what was made."""
    damage: tuple[str, ...]
    """The files that are damaged."""
    inside: Callable[[Path, random.Random], str] | None = None
    """Damages what a file holds, which is whole afterwards, and says how; None: its bytes are damaged."""
    warm_up: Callable[[], object] = lambda: None


def make(name: str, folder: Path) -> Path:
    """The folder of a whole file of this kind."""
    folder.mkdir(parents=True)
    KINDS[name].make(folder)
    return folder


def damaged(name: str, whole: Path, folder: Path, draw: random.Random) -> str:
    """Copies the folder with one file damaged; says how."""
    shutil.copytree(whole, folder)
    files = [path for pattern in KINDS[name].damage for path in sorted(folder.rglob(pattern))]
    path = draw.choice([file for file in files if file.stat().st_size])  # a lock is empty
    if (inside := KINDS[name].inside) is not None:
        return inside(path, draw)
    content = path.read_bytes()
    ways = [flip, cut, overwrite, take_out, put_in_twice]
    if path.suffix in (".json", ".jsonl"):
        ways += [exchange] * 5
    way = draw.choice(ways)
    path.write_bytes(way(content, draw))
    return f"{path.name} {way.__name__}"


def flip(content: bytes, draw: random.Random) -> bytes:
    """One to eight bits."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 8))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    """Cut off."""
    return content[: draw.randrange(len(content))]


def _stretch(content: bytes, draw: random.Random) -> tuple[int, int]:
    start = draw.randrange(len(content))
    return start, min(len(content), start + draw.choice((1, 2, 4, 8, 64, 4096)))


def overwrite(content: bytes, draw: random.Random) -> bytes:
    """A stretch of zeros, ones, or noise."""
    start, end = _stretch(content, draw)
    filling = draw.choice((b"\0", b"\xff", None))
    new = draw.randbytes(end - start) if filling is None else filling * (end - start)
    return content[:start] + new + content[end:]


def take_out(content: bytes, draw: random.Random) -> bytes:
    """A stretch less."""
    start, end = _stretch(content, draw)
    return content[:start] + content[end:]


def put_in_twice(content: bytes, draw: random.Random) -> bytes:
    """A stretch twice."""
    start, end = _stretch(content, draw)
    return content[:end] + content[start:]


def exchange(content: bytes, draw: random.Random) -> bytes:
    """One value of a JSON file, or of a line of it, for an odd one; or a key less."""
    lines = content.decode().splitlines()
    single = not content.strip().startswith(b"{") or len(lines) == 1 or lines[0].strip() != "{"
    number = draw.randrange(len(lines)) if single else 0
    value = json.loads(lines[number] if single else content)
    found = list(places(value))
    holder, key = draw.choice(found) if found else (None, None)
    if holder is None:
        value = draw.choice(ODD)
    elif isinstance(holder, dict) and draw.random() < 0.2:
        del holder[key]
    else:
        holder[key] = draw.choice(ODD)
    if isinstance(value, dict) and draw.random() < 0.8:
        value = {
            name: None if name == "checksum" else value[name] for name in value
        }  # as an editor is told to
    text = json.dumps(value)
    if not single:
        return text.encode()
    return "\n".join([*lines[:number], text, *lines[number + 1 :], ""]).encode()


# Making and opening. Everything goes through what a user calls.


def _pixels(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def make_images(folder: Path) -> None:
    """Two classes of six PNG and JPEG files."""
    from PIL import Image

    for label in range(2):
        (folder / "set" / f"class {label}").mkdir(parents=True)
        for number in range(6):
            suffix = ("png", "jpg", "bmp", "gif", "tif", "webp")[number]
            Image.fromarray(_pixels(number, 9, 11, 3)).save(
                folder / "set" / f"class {label}" / f"{number}.{suffix}"
            )


def open_set(folder: Path) -> None:
    """Opens the data set and reads all of it."""
    import striate
    from striate.data import check_data

    data = striate.open_data(folder / "set")
    for part in data.splits.values():
        for batch in part.batches([np.arange(len(part))]):
            _ = batch
    check_data(folder / "set")


def make_videos(folder: Path) -> None:
    """Two classes of clips, one in each of several containers."""
    import av

    for label in range(2):
        (folder / "set" / f"class {label}").mkdir(parents=True)
        for number, suffix in enumerate(("mp4", "mkv", "avi", "mov", "ts")):
            path = folder / "set" / f"class {label}" / f"{number}.{suffix}"
            with av.open(str(path), "w") as container:
                stream = container.add_stream("mpeg4" if suffix == "avi" else "libx264", rate=10)
                stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
                for t in range(12):
                    frame = av.VideoFrame.from_ndarray(_pixels(t, 32, 32, 3), format="rgb24")
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))


def make_idx(folder: Path) -> None:
    """MNIST's four files, two of them compressed."""
    import gzip

    (folder / "set").mkdir()
    for prefix, count in (("train", 40), ("t10k", 20)):
        images = struct.pack(">IIII", 2051, count, 5, 5) + _pixels(count, count, 5, 5).tobytes()
        labels = struct.pack(">II", 2049, count) + bytes(number % 10 for number in range(count))
        (folder / "set" / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / "set" / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)


def make_list(folder: Path) -> None:
    """A list of the clips."""
    make_videos(folder)
    rows = [f"{path.relative_to(folder / 'set')},{path.parent.name},train" for path in _videos(folder)]
    (folder / "set" / "list.csv").write_text("\n".join(["path,label,split", *rows]) + "\n")


def _videos(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "set").rglob("*.*") if path.is_file())


def open_list(folder: Path) -> None:
    """Opens the list."""
    import striate

    data = striate.open_data(folder / "set" / "list.csv")
    for part in data.splits.values():
        for _ in part.batches([np.arange(len(part))]):
            pass


def make_pack(folder: Path) -> None:
    """A packed set, and the sum of its frames."""
    from striate.data import pack_data

    make_videos(folder)
    pack_data(folder / "set", folder / "pack")
    shutil.rmtree(folder / "set")
    (folder / "sum").write_text(_sum_of_pack(folder))


def _sum_of_pack(folder: Path) -> str:
    import striate

    data, total = striate.open_data(folder / "pack"), sha256()
    for part in data.splits.values():
        for batch in part.batches([np.arange(len(part))]):
            total.update(str([np.asarray(one).tolist() for one in batch[:2]]).encode())
    return total.hexdigest()


def open_pack(folder: Path) -> str | None:
    """Opens the pack and reads it all."""
    same = _sum_of_pack(folder) == (folder / "sum").read_text()
    return None if same else "the frames are others"


def make_run(folder: Path) -> None:
    """A stopped run of two epochs of three."""
    import torch

    import striate

    torch.set_num_threads(1)
    recipe = striate.Recipe(epochs=3, batch_size=64, number_format="fp32")
    striate.train(
        "digits",
        recipe=recipe,
        options={"widths": (2, 3), "hidden": ()},
        out=folder / "run",
        reporter=_interrupted(),
    )
    (folder / "sum").write_text(_sum_of_model(folder))


def make_old_run(folder: Path) -> None:
    """A stopped run of a version that wrote no checksums."""
    shutil.copytree(Path(__file__).parents[1] / "tests" / "old_runs" / "stopped", folder / "run")


def _interrupted(within_epoch: bool = False) -> Any:
    """A reporter that stops a training, as Ctrl-C does: at the end of the epoch, or after some steps."""
    import signal

    from striate.training.progress import Reporter

    class Interrupted(Reporter):
        def step(self, *given: Any, **named: Any) -> None:
            if within_epoch:
                signal.raise_signal(signal.SIGINT)

        def epoch(self, *given: Any, **named: Any) -> None:
            signal.raise_signal(signal.SIGINT)

    return Interrupted()


def _sum_of_model(folder: Path) -> str:
    import striate

    total = sha256()
    for name, value in striate.load(folder / "run").state_dict().items():
        total.update(name.encode() + value.numpy().tobytes())
    return total.hexdigest()


def resume_run(folder: Path) -> str | None:
    """Goes on with the run; the same damage must not be trained on."""
    import striate
    from striate.training.progress import Reporter

    notes = []

    class Listening(Reporter):
        def say(self, note: str) -> None:
            notes.append(note)

    run = striate.train(resume=folder / "run", reporter=Listening())
    expected = folder / FINISHED
    finished = _sum_of_model(folder)
    if not expected.exists():  # the whole one
        expected.write_text(finished)
        return None
    return None if finished == expected.read_text() else f"trained on: {run.path}, {notes}"


def open_model(folder: Path) -> str | None:
    """Loads the run and predicts."""
    import striate

    same = _sum_of_model(folder) == (folder / "sum").read_text()
    striate.evaluate(folder / "run")
    return None if same else "the weights are others"


def open_record(folder: Path) -> None:
    """Loads, evaluates and resumes a run of a damaged record; it may be readable and say something else."""
    import striate

    striate.load(folder / "run")
    striate.evaluate(folder / "run")
    resume_anything(folder)


def resume_anything(folder: Path) -> None:
    """Goes on with a run for some steps, wherever it is."""
    import striate

    striate.train(resume=folder / "run", reporter=_interrupted(within_epoch=True))


def make_onnx(folder: Path) -> None:
    """A small network of two convolutions."""
    import torch

    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(36, 2),
    )
    torch.manual_seed(0)
    torch.onnx.export(network, (torch.zeros(1, 3, 8, 8),), str(folder / "network.onnx"), dynamo=False)


def make_pt2(folder: Path) -> None:
    """The same as a program of `torch.export`."""
    import torch

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten())
    torch.export.save(torch.export.export(network, (torch.zeros(1, 3, 8, 8),)), folder / "network.pt2")


def inspect_file(folder: Path) -> None:
    """Inspects whatever network file there is."""
    import striate

    (path,) = folder.glob("network.*")
    striate.inspect(path).to_json()


def make_pth(folder: Path) -> None:
    """Weights of `plain`."""
    import torch

    import striate

    network = striate.build("plain", classes=2, channels=1, size=(8, 8), widths=(2,), hidden=())
    torch.save({"state_dict": network.state_dict(), "epoch": 3}, folder / "weights.pth")


def open_pth(folder: Path) -> None:
    """Loads them into the network."""
    import striate
    from striate.models import load_weights, read_weights

    network = striate.build("plain", classes=2, channels=1, size=(8, 8), widths=(2,), hidden=())
    load_weights(network, read_weights(folder / "weights.pth"))


def _import_torch() -> None:
    import torch

    torch.set_num_threads(1)


KINDS = {
    "image": Kind(make_images, open_set, ("set/*/*",), warm_up=_import_torch),
    "video": Kind(make_videos, open_set, ("set/*/*",)),
    "idx": Kind(make_idx, open_set, ("set/*",)),
    "list": Kind(make_list, open_list, ("set/list.csv",)),
    "pack": Kind(make_pack, open_pack, ("pack/*",)),
    "checkpoint": Kind(make_run, resume_run, ("run/checkpoint.pt",)),
    "model": Kind(make_run, open_model, ("run/model.safetensors",)),
    "record": Kind(make_run, open_record, ("run/run.json",)),
    "old record": Kind(make_old_run, open_record, ("run/run.json",)),
    "history": Kind(make_run, resume_run, ("run/history.jsonl",)),
    "onnx": Kind(make_onnx, inspect_file, ("network.onnx",)),
    "pt2": Kind(make_pt2, inspect_file, ("network.pt2",)),
    "pth": Kind(make_pth, open_pth, ("weights.pth",)),
    "in checkpoint": Kind(make_run, resume_anything, ("run/checkpoint.pt",), inside=in_checkpoint),
    "in onnx": Kind(make_onnx, inspect_file, ("network.onnx",), inside=in_onnx),
    "in pt2": Kind(make_pt2, inspect_file, ("network.pt2",), inside=in_archive),
    "in pth": Kind(make_pth, open_pth, ("weights.pth",), inside=in_pth),
}
