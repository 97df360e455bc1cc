"""A command's options from a file: TOML by their own names, or the record of a run, fed back in."""

import json
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.checked import meant
from striate.cli.options import Option
from striate.errors import ArgumentError, StriateError, plain_reason

RECORD = "run.json"
"""The name of a run's record; any other file is TOML."""
_OF_PICTURES = ("fit", "mirrored", "reversed", "group_by")
_OF_CLIPS = ("frames", "stride", "span", "rate", "frame_rate", "flow")

DISPLACES = {
    "epochs": ("minutes",),
    "minutes": ("epochs",),
    "minutes_each": ("epochs",),
    "span": ("rate", "stride"),
    "rate": ("span", "stride"),
    "stride": ("span", "rate"),
    "weights": ("from_scratch", "weights_mean", "weights_std"),
    "from_scratch": ("weights", "weights_mean", "weights_std"),
}
"""What a file says in vain where this was typed: it says the same in other words, or is of something else."""


def words_of_config(
    path: str, options: Sequence[Option], given: Mapping[str, Any]
) -> tuple[list[str], list[str], list[str]]:
    """What would be typed for what a file says, without what was typed already; the names of that; and those
    of what the record of a training holds that this command has no option for.

    Args:
        path: a TOML file whose keys are options, as learning_rate = 0.01; or a run's run.json.
        options: those that the command takes.
        given: what was typed, by name.

    Raises:
        ArgumentError: the file cannot be read, or names no option.
    """
    known = {one.name: one for one in options}
    words: list[str] = []
    typed: list[str] = []
    instead = {*given, *(other for name in given for other in DISPLACES.get(name, ()))}
    other: list[str] = []
    for name, value in _read(Path(path)).items():
        key = name.replace("-", "_")
        if key not in known and Path(path).name == RECORD:
            other.append(key)
            continue
        if key not in known:
            near = meant(key, list(known))
            hint = f"did you mean {near}?" if near else f"it takes {', '.join(sorted(known))}"
            raise ArgumentError(f"{path} names no option with {name!r}: {hint}")
        if key in instead:
            typed.append(key)
        elif known[key].positional:
            words = [
                *_words(known[key], value, path),
                *words,
            ]  # behind several values it would be one of them
        else:
            words += _words(known[key], value, path)
    return words, typed, other


def _words(option: Option, value: Any, path: str) -> Iterator[str]:
    """One option as it is typed."""
    if isinstance(value, bool) != (option.element is bool):
        kind = "true or false" if option.element is bool else "a value, not true or false"
        raise ArgumentError(f"{option.name} in {path} must be {kind}; got {value!r}")
    if isinstance(value, bool):
        if value or option.either:
            yield option.flag if value else f"--no-{option.flag[2:]}"
        return
    if isinstance(value, Mapping):
        value = [f"{name}={_bare(part)}" for name, part in value.items()]
    values = list(map(_bare, value)) if isinstance(value, list) else [_bare(value)]
    if option.positional:
        yield from values
    elif option.values == 1:
        yield f"{option.flag}={','.join(values)}"
    elif values:
        yield from (option.flag, *values)


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ArgumentError(f"cannot read the options in {path}: {plain_reason(problem)}") from None
    if path.name == RECORD:
        return _of_record(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        why = f"{path} is no TOML file: {problem}"
        raise ArgumentError(f"{why}; write lines as learning_rate = 0.01") from None


def _of_record(path: Path) -> dict[str, Any]:
    """The options that give the training of a record again."""
    from striate.runs import read_record

    try:
        record = read_record(path.parent)
        recipe, network, data = dict(record["recipe"]), record["network"], record["data"]
        found = recipe.pop("augmentation") | recipe
        found |= {"data": data["source"], "backbone": network["backbone"]}
        found |= {name: network.get(name) for name in ("options", "time", "causal")}
        found |= {"size": data["size"][0], "channels": data["channels"], "weights": record.get("weights")}
        found |= {name: data["options"].get(name) for name in (*_OF_PICTURES, *_OF_CLIPS)}
        found["transform"] = _own_function(data["options"].get("transform"))
        found |= {"epochs": None} if found["minutes"] is not None else {}
        found["num_threads"] = record.get("machine", {}).get("threads")
    except (KeyError, TypeError, AttributeError) as problem:
        raise ArgumentError(f"{path} is not the record of a run: {problem} is not in it") from None
    except StriateError as problem:
        raise ArgumentError(str(problem)) from None
    if found["weights"] is not None and not data.get("flow"):
        normalisation = data["normalisation"]
        found |= {"weights_mean": normalisation["mean"], "weights_std": normalisation["std"]}
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _own_function(stored: Mapping[str, Any] | None) -> str | None:
    """A transform as it is typed, from every folder."""
    if stored is None:
        return None
    where, _, name = stored["name"].rpartition(":")
    return f"{stored['source']['file']}:{name}" if where.endswith(".py") else stored["name"]


def config_text(values: Mapping[str, Any]) -> str:
    """Options as a TOML file that gives them again.

    >>> print(config_text({"data": "digits", "epochs": 3, "flip": True, "options": {"widths": (4, 8)}}))
    data = "digits"
    epochs = 3
    flip = true
    options = { widths = [4, 8] }
    """
    return "\n".join(f"{name} = {_toml(value)}" for name, value in values.items())


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_toml(part)}' for name, part in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return json.dumps(str(value), ensure_ascii=False)


def left_out(path: str, names: Sequence[str]) -> str:
    """What is said where a run was trained with what the command has no option for."""
    return f"not taken from {shlex.quote(path)}, as this command has no such option: {', '.join(names)}"


def overridden(path: str, names: Sequence[str]) -> str:
    """What is said where the command line differs from the file."""
    return f"not taken from {shlex.quote(path)}, as the command line says otherwise: {', '.join(names)}"
