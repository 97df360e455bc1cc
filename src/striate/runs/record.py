"""The record of a run, run.json: read with a schema and a checksum, written whole."""

import json
from pathlib import Path
from typing import Any

from striate.errors import RunError
from striate.runs.files import write_text
from striate.runs.folder import RECORD, require_run
from striate.runs.json_files import CHECKSUM, Number, Whole, check, checksum_of, read_json

FORMAT = 3
"""Version of the record. A reader refuses a newer one."""
SEALED = 2
"""Format from which on records, weights and checkpoints carry checksums."""
TIMED = 3
"""Format from which on frames are a fixed time apart by default; before, they were spread over each video."""

_SIDE = Whole(1, 1 << 14)
_FRAMES = (None, Whole(1, 1 << 20))
_SECONDS = Number(0, above=True)
_COUNT = Whole(1, 1 << 40)
_SIZE = (None, _SIDE, [_SIDE])
_NORMALISATION = {"mean": [Number()], "std": [Number(0, above=True)]}
_SCHEMA = {
    "status": str,
    "recipe": {"augmentation": dict},
    "network": {
        "backbone": str,
        "classes": Whole(1, 1 << 24),
        "channels": Whole(1, 1 << 16),
        "size": _SIZE,
        "options": dict,
        "time": (None, str),
        "frames": _FRAMES,
        "causal": bool,
    },
    "data": {
        "name": str,
        "source": str,
        "classes": [str],
        "channels": Whole(1, 1 << 16),
        "size": [_SIDE],
        "frames": _FRAMES,
        "stride": _FRAMES,
        "seconds_per_frame": (None, _SECONDS),
        "frame_rate": (None, _SECONDS),
        "flow": (None, str),
        "mirrored": [[str]],
        "mirror_safe": bool,
        "options": {
            "channels": (None, Whole(1, 1 << 16)),
            "size": _SIZE,
            "frames": _FRAMES,
            "stride": _FRAMES,
            "span": (None, str, _SECONDS),
            "rate": (None, _SECONDS),
            "frame_rate": (None, _SECONDS),
            "flow": (None, str),
            "group_by": (None, str),
            "mirrored": [str],
            "reversed": [str],
        },
        "normalisation": _NORMALISATION,
    },
    "classes": [str],
    "plan": {
        "images": _COUNT,
        "batch_size": _COUNT,
        "epochs": (None, _COUNT),
        "number_format": str,
        "class_weights": (None, [Number(0)]),
        "minutes": (None, Number(0, above=True)),
    },
    "machine": {"threads": Whole(1, 1 << 16)},
    "weights": (None, str),
    "choice": (None, str),
    "results": {"temperature": Number(0, above=True)},
}
"""What the parts that are read again must be. What only tells somebody something is free."""


def write_record(run: Path, record: dict[str, Any]) -> None:
    """Writes run.json, with its version and its checksum.

    Args:
        run: the folder.
        record: what JSON can hold; tuples become lists.

    Raises:
        RunError: the disk is full, or the folder cannot be written.
    """
    content = {
        "format": FORMAT,
        **{name: record[name] for name in record if name not in ("format", CHECKSUM)},
    }
    plain = json.loads(json.dumps(content, allow_nan=False))  # as it will be read: tuples as lists
    text = json.dumps({**content, CHECKSUM: checksum_of(plain)}, indent=2, ensure_ascii=False)
    write_text(run / RECORD, text + "\n")


def read_record(run: str | Path) -> dict[str, Any]:
    """Reads run.json, whichever version wrote it, in the words of this one; `format` tells which it was.

    Args:
        run: the folder.

    Raises:
        RunError: no run, half-written, of a newer version, or changed since it was written.
    """
    run = Path(run)
    path = require_run(run)
    try:
        record: dict[str, Any] = read_json(path)
        version = record["format"]
    except (RunError, KeyError, TypeError):
        raise RunError(
            f"{path} cannot be read as a run's record: it is damaged; train again, or restore it from a copy"
        ) from None
    if not Whole(1, FORMAT).fits(version):
        raise RunError(
            f"{run} was written by a newer striate (record format {version}, this one reads up to {FORMAT}): "
            "upgrade with `pip install --upgrade striate`"
        )
    if version >= SEALED:
        _check_checksum(record, path)
    else:
        record = _in_todays_words(record)
    if version < TIMED:
        record = _spread_over_the_whole(record)
    _check_values(record, path)
    return record


def _check_checksum(record: dict[str, Any], path: Path) -> None:
    """Null in its place is for whoever has changed a record by hand and knows what he does."""
    stored = record.pop(CHECKSUM, "")
    if stored is not None and stored != checksum_of(record):
        raise RunError(
            f"{path} is not as it was written, its checksum says: restore it from a copy, or, if you changed "
            f'it yourself, set "{CHECKSUM}" in it to null'
        )


def _check_values(record: dict[str, Any], path: Path) -> None:
    try:
        check(record, _SCHEMA, "")
    except ValueError as problem:
        raise RunError(f"{path} is no record of a run: {problem}; restore it from a copy") from None


def _in_todays_words(record: dict[str, Any]) -> dict[str, Any]:
    """A record of format 1, which called the algorithms of convolutions forms."""
    recipe, table = record.get("recipe"), record.get("forms", [])
    renamed = {name: value for name, value in record.items() if name != "forms"}
    if isinstance(recipe, dict):
        renamed["recipe"] = {("algorithms" if name == "forms" else name): recipe[name] for name in recipe}
    renamed["algorithms"] = [_algorithms_of(entry) for entry in table] if isinstance(table, list) else table
    return renamed


def _spread_over_the_whole(record: dict[str, Any]) -> dict[str, Any]:
    """A record from before frames could be a time apart says what was meant where it named no stride."""
    data = record.get("data")
    options = data.get("options") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(options, dict) or data.get("frames") is None:
        return record
    spread = {"span": "whole"} if data.get("stride") is None else {}
    return {**record, "data": {**data, "options": {**options, **spread}}}


def _algorithms_of(entry: Any) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("forms"), dict):
        return entry
    chosen = {
        operation: {("algorithm" if name == "form" else name): choice[name] for name in choice}
        if isinstance(choice, dict)
        else choice
        for operation, choice in entry["forms"].items()
    }
    return {**{name: value for name, value in entry.items() if name != "forms"}, "algorithms": chosen}
