"""Damage inside files that are whole: values exchanged for odd ones, and the file written with its checksums.

What `damage.py` flips and cuts, checksums find. Whoever edits a file, or writes a strange one, has them
right: what is read then meets every check behind them.
"""

import io
import random
import zipfile
from pathlib import Path
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, 10**9, 10**30, float("nan"), float("inf"), "", "x" * 300, "../../x", [], {},
    [[]], "\x1b[31m", "nan",
)  # fmt: skip
"""What a value of a JSON file is exchanged for."""


def places(value: Any) -> Any:
    """Every value inside a value: what holds it, and under which key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


def odd_tensors() -> list[Any]:
    """Tensors that are not simply numbers in memory, and values that are none."""
    import torch

    return [
        torch.zeros(0),
        torch.zeros(1).expand(3, 3),
        torch.zeros(2, 2).to_sparse(),
        torch.zeros(2, 2, device="meta"),
        torch.full((3,), float("nan")),
        torch.zeros((1,) * 60),
        torch.zeros(2, dtype=torch.complex64),
        torch.tensor(True),
        torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8),
        torch.zeros(3, 4).t(),
        {3: torch.zeros(1)},
        *ODD,
    ]


def in_checkpoint(path: Path, draw: random.Random) -> str:
    """A value of a checkpoint is another, and its checksum is right."""
    return _in_pickle(path, draw, sealed=True)


def in_pth(path: Path, draw: random.Random) -> str:
    """A value of a file of weights is another."""
    return _in_pickle(path, draw, sealed=False)


def _in_pickle(path: Path, draw: random.Random, *, sealed: bool) -> str:
    """A value of what `torch.save` wrote is another, or is there no more, or holds itself."""
    import torch

    from striate.runs import seal

    content = torch.load(path, weights_only=True)
    holder, key = draw.choice(list(places(content)))
    if draw.random() < 0.05 and isinstance(holder, dict):
        holder[key], what = content, f"{key} holds everything"
    else:
        what = _exchanged(holder, key, draw, odd_tensors())
    torch.save(content, path)
    if sealed:
        seal(path)
    return what


def in_archive(path: Path, draw: random.Random) -> str:
    """A value of the JSON in a `torch.export` archive is another, or is there no more."""
    import json

    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    name = draw.choice([name for name in source.namelist() if name.endswith(".json")])
    content = json.loads(source.read(name))
    found = list(places(content))
    what = _exchanged(*draw.choice(found), draw, list(ODD)) if found else "emptied"
    with zipfile.ZipFile(path, "w") as archive:
        for entry in source.namelist():
            archive.writestr(entry, json.dumps(content) if entry == name else source.read(entry))
    return f"{name}: {what}"


def _exchanged(holder: Any, key: Any, draw: random.Random, odd: list[Any]) -> str:
    if draw.random() < 0.1 and isinstance(holder, dict):
        del holder[key]
        return f"{key} left out"
    value = draw.choice(odd)
    if isinstance(holder, tuple):
        return "nothing"
    holder[key] = value
    return f"{key} = {str(value)[:60]!r}"


NUMBERS = (-(2**63), -3, -1, 0, 1, 7, 10**9, 2**40, 2**63 - 1)


def in_onnx(path: Path, draw: random.Random) -> str:
    """A number, name or list of a network in ONNX is another."""
    import onnx

    model = onnx.load(str(path))
    messages = [message for message in _messages(model) if message.ListFields()]
    message = draw.choice(messages)
    field, value = draw.choice(message.ListFields())
    name, kind = field.name, field.type
    if draw.random() < 0.15:
        message.ClearField(name)
        return f"{name} left out"
    if field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
        if draw.random() < 0.3 and len(value):
            items = list(value) * draw.choice((2, 1000))
            del value[:]
            value.extend(items[: draw.choice((1, 1000))])
            return f"{name} has {len(value)}"
        if kind == field.TYPE_MESSAGE or not len(value):
            del value[draw.randrange(max(len(value), 1)) :]
            return f"{name} cut"
        value[draw.randrange(len(value))] = new = _other(field, draw)
    elif kind == field.TYPE_MESSAGE:
        message.ClearField(name)
        return f"{name} left out"
    else:
        new = _other(field, draw)
        setattr(message, name, new)
    path.write_bytes(model.SerializeToString())
    return f"{name} = {new!r:.60}"


def _other(field: Any, draw: random.Random) -> Any:
    if field.type == field.TYPE_STRING:
        return draw.choice(("", "x" * 300, "Conv", "Loop", "../x", "\x1b[31m", "input"))
    if field.type == field.TYPE_BYTES:
        return draw.choice((b"", b"\xff" * 7, draw.randbytes(32)))
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return draw.choice((float("nan"), float("inf"), -1.0, 0.0))
    if field.type in (field.TYPE_INT64, field.TYPE_UINT64):
        return draw.choice([one for one in NUMBERS if one >= 0 or field.type == field.TYPE_INT64])
    if field.enum_type is not None:
        return draw.choice(list(field.enum_type.values_by_number))
    return draw.choice((0, 1, 2, 7, 16, 99))


def _messages(message: Any) -> Any:
    yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if hasattr(value, "extend") else [value]:
                yield from _messages(part)
