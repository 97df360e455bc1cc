"""Whether a `torch.export` archive is data only. Loading one can run code in four ways, all refused here.

`torch.export.load` evaluates symbolic sizes as Python expressions, looks up functions by name, unpickles
objects among the constants, and falls back to unpickling what `weights_only` refuses.
"""

import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from striate.errors import ArgumentError, NetworkError
from striate.models.weight_files import check_archive
from striate.plain_values import parse_json

_WORDS = re.compile(r"[A-Za-z_]\w*")
_SIZES = re.compile(r"[\w\s+\-*/().,=<>'\"]*")
_SIZE_WORDS = {
    "Symbol", "Integer", "Rational", "Add", "Mul", "Pow", "Max", "Min", "Mod", "PythonMod", "FloorDiv",
    "CeilDiv", "CleanDiv", "Eq", "Ne", "Lt", "Le", "Gt", "Ge", "And", "Or", "Not", "positive", "integer",
    "nonnegative", "True", "False",
}  # fmt: skip
_SYMBOL = re.compile(r"[suzf]\d+")
_TARGET = re.compile(
    r"(torch\.ops\.[\w.]+|torch\.sym_\w+|math\.\w+"
    r"|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|pow|neg|eq|ne|lt|le|gt|ge|and_|or_|not_))"
)


def check(path: Path) -> None:
    """Raises NetworkError for an archive that is more than data."""
    names, contents = _contents(path)
    if not any(name.endswith("/archive_format") for name in names):
        raise NetworkError(
            f"{path} is an archive of an older torch.export, which cannot be read safely: export it again"
        )
    for name, content in contents.items():
        for key, value in _entries(content):
            if not _is_data(key, value):
                raise NetworkError(
                    f"{path} could run code when it is loaded ({name}: {key} is {str(value)[:60]!r}): "
                    "it is not opened; export the network again from its source"
                )
    odd = [
        name for name in names if "aotinductor" in name or ("/constants/" in name and not _is_tensor(name))
    ]
    if odd:
        raise NetworkError(f"{path} holds more than tensors and a graph ({odd[0]}): it is not opened")


def _contents(path: Path) -> tuple[list[str], dict[str, Any]]:
    """The names in an archive that is whole, and the values of its JSON."""
    try:
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            texts = {name: archive.read(name) for name in names if name.endswith(".json")}
        return names, {name: parse_json(text, name) for name, text in texts.items()}
    except (ArgumentError, OSError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path} is not an archive of torch.export that can be read: {error}") from error


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    """All keys with their values, however deep."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key, value
            yield from _entries(value)
    elif isinstance(content, list):
        for value in content:
            yield from _entries(value)


def _is_data(key: str, value: Any) -> bool:
    if key == "expr_str":
        return isinstance(value, str) and _is_size(value)
    if key == "target" and isinstance(value, str):
        return _TARGET.fullmatch(value) is not None
    if key == "path_name":
        return isinstance(value, str) and value.startswith(("weight_", "tensor_")) and "/" not in value
    return True


def _is_size(text: str) -> bool:
    """Whether an expression is arithmetic of sizes and nothing else."""
    words = _WORDS.findall(text)
    return _SIZES.fullmatch(text) is not None and all(
        word in _SIZE_WORDS or _SYMBOL.fullmatch(word) for word in words
    )


def _is_tensor(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.startswith("tensor_") or last.endswith("_config.json")


@contextmanager
def weights_only() -> Iterator[None]:
    """`torch.load` reads tensors and plain values only, whatever it is asked for.

    The log of torch.export, which shows tracebacks, is silent: what cannot be read is an error of ours.
    """
    load, log = torch.load, logging.getLogger("torch.export")

    def careful(*arguments: Any, **options: Any) -> Any:
        return load(*arguments, **{**options, "weights_only": True})

    torch.load, log.disabled = careful, True
    try:
        yield
    finally:
        torch.load, log.disabled = load, False
