"""How hard the house is to enter: files that a run opens, lengths of functions, tests beside their source.

    python benchmarks/house.py                      all three tables, one to two minutes
    python benchmarks/house.py --skip-walks         what can be counted without running anything, seconds
    python benchmarks/house.py --json > house.json

A walk is one run of a verb, each in a process of its own. Every module is imported before the walk begins,
so a file counts as opened only if a function in it ran: module bodies, class bodies and decorators do not
count. Only the main process is watched, all its threads, not workers that decode. A change of room is a call
from code of one room straight into code of another, whatever lies between them in torch; rooms are the
first folders or files under src/striate.

Another version is measured from a worktree of it:

    git worktree add /tmp/before COMMIT
    PYTHONPATH=/tmp/before/src python benchmarks/house.py --root /tmp/before
"""

import argparse
import ast
import importlib
import io
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import threading
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import CodeType, FrameType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
Shown = dict[str, Any]
_FUNCTION = 0x1  # CO_OPTIMIZED: code of a function, not of a module or class


# ---------------------------------------------------------------------------------------- walks


class Watcher:
    """Counts the files under `package` whose functions run, and the calls between its rooms."""

    def __init__(self, package: Path) -> None:
        self.package = f"{package}/"
        self.files: set[str] = set()
        self.changes = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """The profile function of the interpreter."""
        if event != "call" or not self._counts(frame.f_code):
            return
        file = frame.f_code.co_filename
        self.files.add(file.removeprefix(self.package))
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(self.package):
            caller = caller.f_back
        self.changes += caller is not None and self._room(caller.f_code) != self._room(frame.f_code)

    def _counts(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self.package) and bool(code.co_flags & _FUNCTION)

    def _room(self, code: CodeType) -> str:
        return code.co_filename.removeprefix(self.package).split("/")[0]

    def watch(self, walk: Callable[[], object]) -> None:
        """Runs a walk under watch."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            walk()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]


def write_video(path: Path, right: bool, seed: int) -> None:
    """A bright square that goes right or left, 16 frames of 32 × 32."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    top = int(np.random.default_rng(seed).integers(0, 24))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8, options={"preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 32, 32, "yuv420p"
        for time in range(16):
            pixels = np.full((32, 32, 3), 40, np.uint8)
            left = time if right else 15 - time
            pixels[top : top + 8, left : left + 8] = 230
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def write_clips(folder: Path) -> Path:
    """Videos of two classes, split."""
    for split, each in (("train", 16), ("val", 4), ("test", 4)):
        for number in range(each):
            for way in ("left", "right"):
                write_video(folder / split / way / f"{number}.mp4", way == "right", number)
    return folder


def digits_run(folder: Path) -> Any:
    """A small network trained on the digits for an epoch."""
    import striate

    return striate.train(
        "digits",
        out=folder / "run",
        recipe=striate.Recipe(epochs=1),
        options={"widths": (8, 16), "hidden": ()},
    )


def train_one_epoch(folder: Path, source: Path) -> Callable[[], object]:
    """One epoch of tsm, from `train` to the files of the run."""
    import striate

    return lambda: striate.train(
        source,
        out=folder / "run",
        recipe=striate.Recipe(epochs=1, batch_size=8),
        options={"widths": (8, 16), "hidden": ()},
        time="tsm",
        frames=4,
    )


def train_on_clips(folder: Path) -> Callable[[], object]:
    """On clips that were packed before."""
    from striate.data import pack_data

    pack_data(write_clips(folder / "clips"), folder / "packed", short_side=32, workers=0)
    return train_one_epoch(folder, folder / "packed")


def train_on_videos(folder: Path) -> Callable[[], object]:
    """On class folders of videos."""
    return train_one_epoch(folder, write_clips(folder / "clips"))


def network_by_hand() -> Any:
    """A ResNet-18 that shifts channels between frames, untrained."""
    import striate

    return striate.build("resnet18", classes=2, time="tsm", frames=4).eval()


def video_to_logits(folder: Path) -> Callable[[], object]:
    """One video file read by hand and put through a network by hand."""
    import torch

    from striate.data import Sampling

    path = folder / "one.mp4"
    write_video(path, right=True, seed=0)
    read_clip = next(
        module.__dict__["read_clip"]
        for name, module in sys.modules.items()
        if name.startswith("striate.data.") and "read_clip" in module.__dict__
    )

    def walk() -> object:
        clip = read_clip(path, sampling=Sampling(4), channels=3, size=(32, 32))
        return network_by_hand()(torch.from_numpy(clip)[None].float() / 255)

    return walk


def folder_to_logits(folder: Path) -> Callable[[], object]:
    """Class folders of videos opened by `open_data`, and a clip of them put through a network."""
    import striate

    clips = write_clips(folder / "clips")

    def walk() -> object:
        data = striate.open_data(clips, frames=4, workers=0)
        return network_by_hand()(data.splits["test"].take([0]).float() / 255)

    return walk


def predict_an_image(folder: Path) -> Callable[[], object]:
    """`predict` on one PNG."""
    from PIL import Image

    import striate

    run = digits_run(folder)
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(folder / "one.png")
    return lambda: striate.predict(run.path, [folder / "one.png"])


def inspect_to_page(folder: Path) -> Callable[[], object]:
    """`inspect` of a ResNet-18, as a page."""
    import striate

    return lambda: striate.inspect("resnet18", (3, 64, 64)).to_html()


def explain_to_page(folder: Path) -> Callable[[], object]:
    """`explain` of one weight of the second convolution, as a page."""
    import striate

    run = digits_run(folder)
    layer = next(
        name
        for name, module in reversed(list(striate.load(run.path).named_modules()))
        if type(module).__name__ == "Conv2d"
    )
    return lambda: striate.explain(run.path, "digits/test/17", layer=layer, weight=(3, 1, 1, 1)).to_html()


WALKS: dict[str, tuple[Callable[[Path], Callable[[], object]], int | None]] = {
    "train one epoch on clips": (train_on_clips, 40),
    "the same on folders of videos": (train_on_videos, None),
    "a video file → logits, by hand": (video_to_logits, 14),
    "open_data of videos → logits": (folder_to_logits, None),
    "predict one image": (predict_an_image, 18),
    "inspect → HTML": (inspect_to_page, 32),
    "explain one weight → HTML": (explain_to_page, 45),
}
"""Each walk, and the number of files that it is to stay within, where one is set."""


def walked(name: str, package: Path) -> Shown:
    """What one walk opens, measured here."""
    import striate

    for module in pkgutil.walk_packages(striate.__path__, "striate."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    watcher = Watcher(package)
    with tempfile.TemporaryDirectory() as folder:
        watcher.watch(WALKS[name][0](Path(folder)))
    return {"files": len(watcher.files), "changes": watcher.changes, "opened": sorted(watcher.files)}


def walks(root: Path) -> dict[str, Shown]:
    """All walks, each in a process of its own."""
    found = {}
    for name, (_, aim) in WALKS.items():
        command = [sys.executable, __file__, "--root", str(root), "--walk", name]
        with tempfile.TemporaryDirectory() as cache:  # what this machine knows already opens other files
            known = os.environ | {"XDG_CACHE_HOME": cache}
            done = subprocess.run(command, capture_output=True, text=True, env=known)
        if done.returncode:
            sys.exit(f"the walk {name!r} failed:\n{done.stderr}")
        found[name] = {**json.loads(done.stdout.splitlines()[-1]), "aim": aim}
    return found


# --------------------------------------------------------------------------------------- source


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, however deep."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many a caller can give."""
    every = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return len([one for one in every if one.arg not in ("self", "cls")])


def code_lines(text: str) -> int:
    """Lines that hold more than comments, docstrings and nothing."""
    strings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    empty = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in empty
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - strings - {text.count("\n") + 1})


def named_once(text: str) -> int:
    """Private functions of a file that exactly one place in it names."""
    private = {one.name for one in functions(ast.parse(text)) if one.name[0] == "_" and one.name[:2] != "__"}
    return sum(len(re.findall(rf"\b{name}\b", text)) == 2 for name in private)


def source(package: Path) -> Shown:
    """Lines, files and functions of the source."""
    texts = {str(path): path.read_text() for path in sorted(package.rglob("*.py"))}
    every = [function for text in texts.values() for function in functions(ast.parse(text))]
    lengths = [(function.end_lineno or 0) - function.lineno + 1 for function in every]
    lines = [text.count("\n") for text in texts.values()]
    wide = sorted(((parameters(one), one.name) for one in every if parameters(one) > 8), reverse=True)
    return {
        "lines": sum(lines),
        "code lines": sum(code_lines(text) for text in texts.values()),
        "files": len(texts),
        "files under 100 lines": sum(count < 100 for count in lines),
        "functions": len(every),
        "median function, lines": median(lengths),
        "nine functions in ten, lines": int(np.percentile(lengths, 90, method="lower")),
        "functions of more than 8 parameters": [f"{name} {count}" for count, name in wide],
        "private functions named once": sum(named_once(text) for text in texts.values()),
    }


# ---------------------------------------------------------------------------------------- tests


def count_lines(paths: Iterator[Path]) -> int:
    """Lines of these files."""
    return sum(path.read_text().count("\n") for path in paths)


def tests_of(room: Path, tests: Path) -> Shown:
    """Lines of tests beside lines of source, and how many files have a test file of their name."""
    files = [room] if room.is_file() else sorted(room.rglob("*.py"))
    source_lines = count_lines(iter(files))
    folder = tests / room.stem
    mine = list(folder.rglob("test_*.py")) if folder.is_dir() else list(tests.glob(f"test_{room.stem}.py"))
    test_lines = count_lines(iter(mine))
    named = [file for file in files if file.name != "__init__.py"]
    stems = {one.stem for one in mine}
    mirrored = [file for file in named if any(stem.endswith(f"_{file.stem}") for stem in stems)]
    return {
        "source": source_lines,
        "tests": test_lines,
        "ratio": round(test_lines / source_lines, 2) if source_lines else 0.0,
        "files": len(named),
        "mirrored": len(mirrored),
        "without": [str(file.relative_to(room.parent)) for file in named if file not in mirrored],
    }


def tests(package: Path, folder: Path) -> dict[str, Shown]:
    """The same for every room."""
    rooms = [
        path for path in sorted(package.iterdir()) if path.name[0] not in "_." and path.suffix != ".typed"
    ]
    return {room.stem: tests_of(room, folder) for room in rooms}


# -------------------------------------------------------------------------------------- showing


def table(headings: list[str], rows: list[list[object]]) -> str:
    """Columns, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    return "\n".join(
        row[0].ljust(widths[0])
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in cells
    )


def show(found: Shown) -> str:
    """All tables."""
    parts = []
    if "walks" in found:
        rows: list[list[object]] = [
            [name, one["files"], one["aim"] or "", one["changes"]] for name, one in found["walks"].items()
        ]
        parts.append(table(["walk", "files", "aim", "changes of room"], rows))
    plain = {name: value for name, value in found["source"].items() if not isinstance(value, list)}
    wide = found["source"]["functions of more than 8 parameters"]
    parts.append(table(["source", ""], [[name, value] for name, value in plain.items()]))
    parts.append(f"functions of more than 8 parameters: {', '.join(wide) or 'none'}")
    rows = [
        [name, one["source"], one["tests"], f"{one['ratio']:.2f}", f"{one['mirrored']}/{one['files']}"]
        for name, one in found["tests"].items()
    ]
    sums = {
        key: sum(one[key] for one in found["tests"].values())
        for key in ("source", "tests", "mirrored", "files")
    }
    ratio = f"{sums['tests'] / sums['source']:.2f}"
    rows.append(["all", sums["source"], sums["tests"], ratio, f"{sums['mirrored']}/{sums['files']}"])
    parts.append(table(["room", "source", "tests", "ratio", "files with a test of their name"], rows))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts how hard the house is to enter.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository to measure")
    parser.add_argument("--json", action="store_true", help="print everything counted, file names too")
    parser.add_argument("--skip-walks", action="store_true", help="only what needs no run")
    parser.add_argument("--walk", choices=WALKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    package = options.root / "src" / "striate"
    if options.walk:
        print(json.dumps(walked(options.walk, package)))
        return
    found: Shown = {} if options.skip_walks else {"walks": walks(options.root)}
    found |= {"source": source(package), "tests": tests(package, options.root / "tests")}
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else show(found))


if __name__ == "__main__":
    main()
