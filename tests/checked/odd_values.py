"""Every public function and class, with arguments that would do, and values that no argument should take."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import striate
from striate import data, models


class Folder:
    """Something that stands for a path, as a run does."""

    def __fspath__(self) -> str:
        return "no/such/run"


ODD: dict[str, Any] = {
    "None": None,
    "dict": {},
    "filled dict": {"a": 1},
    "dict of numbers": {1: 2},
    "module": nn.ReLU(),
    "python module": os,
    "array": np.zeros((2, 3)),
    "row": np.arange(3.0),
    "no axes": np.array(3),
    "tensor": torch.zeros(2, 3),
    "NaN": float("nan"),
    "infinite": float("inf"),
    "run": Folder(),
    "bytes": b"x",
    "nothing": "",
    "long": "x" * 300,
    "zero in it": "a\0b",
    "half a character": "\ud800",
    "escape": "\x1b[31mred",
    "word": "xyz",
    "negative": -1,
    "zero": 0,
    "huge": 10**30,
    "huge negative": -(10**30),
    "large": 10**9,
    "fraction": 0.5,
    "huge fraction": 1e300,
    "truth": True,
    "empty list": [],
    "short list": [1],
    "long list": [1, 2, 3, 4, 5, 6, 7],
    "negative list": [-1, -1, -1],
    "list of odd things": [None, {}, "x"],
    "list of words": ["x", "y"],
    "set": {1, 2},
    "object": object(),
    "class": int,
    "function": lambda *values: None,
    "path": Path("no/such/path"),
    "forbidden": "/nowhere/forbidden\0",
}


def small() -> nn.Module:
    """A network that is quickly built."""
    return nn.Sequential(
        nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)
    )


GIVEN: dict[str, dict[str, Callable[[], Any]]] = {
    "build": {"backbone": lambda: "plain", "classes": lambda: 3, "size": lambda: 28},
    "NetworkSpec": {"backbone": lambda: "plain", "classes": lambda: 3, "size": lambda: 28},
    "compare": {"data": lambda: "no/such/clips"},
    "lab": {"network": lambda: "no/such/run", "port": lambda: -1},  # each is enough to serve nothing
    "serve": {"run": lambda: "no/such/run", "port": lambda: -1},
    "check_data": {"source": lambda: "no/such/photos"},
    "demo": {"out": lambda: "/dev/null/x"},
    "draw_flow": {"clip": lambda: "no/such.mp4", "out": lambda: "/dev/null/x.png"},
    "evaluate": {"run": lambda: "no/such/run"},
    "explain": {"network": lambda: "no/such/run", "inputs": lambda: "no.png"},
    "find_learning_rate": {"data": lambda: "no/such/photos"},
    "get_data": {"name": lambda: "mnist", "out": lambda: "/dev/null/x"},
    "head_of": {"network": small},
    "inspect": {"network": small, "input": lambda: (3, 16, 16)},
    "load": {"run": lambda: "no/such/run"},
    "load_weights": {"network": small, "path_or_state": lambda: "no.pth"},
    "open_data": {"source": lambda: "no/such/photos"},
    "open_predictor": {"run": lambda: "no/such/run"},
    "options": {"backbone": lambda: "plain"},
    "pack_data": {"source": lambda: "no/such/clips", "out": lambda: "/dev/null/x"},
    "predict": {"run": lambda: "no/such/run", "files": lambda: ["no.png"]},
    "published_clip": {"backbone": lambda: "r3d_18"},
    "read_clip": {"path": lambda: "no.mp4", "sampling": lambda: data.Sampling(8)},
    "read_image": {"path": lambda: "no.png", "channels": lambda: 3},
    "read_weights": {"path": lambda: "no.pth"},
    "save_weights": {"network": small, "path": lambda: "/dev/null/x.safetensors"},
    "stem_of": {"network": small},
    "through_time": {"network": small, "time": lambda: "2d", "classes": lambda: 2},
    "train": {"data": lambda: "no/such/photos"},
    "sweep": {"data": lambda: "no/such/photos", "set": lambda: ["epochs=1"], "out": lambda: "/dev/null/x"},
    "tune": {"network": lambda: "no-such-network"},
}
"""What is given besides the odd value: enough to come to it, too little to train or to download."""

NEVER_RUN = {"demo"}
"""What needs nothing but a folder, and so would train."""


@cache
def public() -> dict[str, Callable[..., Any]]:
    """Functions and classes that users call, by name."""
    rooms = {"striate": striate, "models": models, "data": data}
    found = {}
    for room in rooms.values():
        for name in room.__all__:
            value = getattr(room, name)
            if inspect.isfunction(value) or (
                inspect.isclass(value) and hasattr(value.__init__, "__wrapped__")
            ):
                found[name] = value
    return found


@cache
def parameters(name: str) -> Mapping[str, inspect.Parameter]:
    """The arguments of one of them."""
    return inspect.signature(public()[name]).parameters


def cases() -> Iterator[tuple[str, str, str]]:
    """(function, argument, odd value), all by name."""
    for name in public():
        for argument in parameters(name):
            if argument not in ("self", "progress", "reporter"):
                for odd in ODD:
                    yield name, argument, odd


def call(name: str, argument: str, odd: str) -> Any:
    """Calls a function with one odd argument, and what else it needs."""
    function = public()[name]
    given = {one: make() for one, make in GIVEN.get(name, {}).items() if one != argument}
    if parameters(name)[argument].kind is inspect.Parameter.VAR_KEYWORD:
        return function(**given, width=ODD[odd], dropout=ODD[odd])
    return function(**given, **{argument: ODD[odd]})
