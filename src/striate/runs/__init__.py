"""A run: the folder that holds one training. Its files, how they are written, and its record.

    run.json              the record: recipe, network, data, classes, versions, machine, results
    model.safetensors     the best weights so far
    checkpoint.pt         everything needed to go on (tensors and numbers only)
    checkpoint-before.pt  the one before, should the last be damaged
    history.jsonl         one line an epoch
    curves.png, confusion.png

Every file is written beside and renamed, so that a kill leaves the old or the new, never half. Record,
weights, checkpoints and each line of the history carry a checksum, so that a flipped bit is noticed before
anything is computed with it. This room knows the folder, not what a network is.
"""

from striate.runs.files import BLANK, KEY, has_seal, intact, seal, write, write_text
from striate.runs.folder import (
    CHECKPOINT,
    CHECKPOINT_BEFORE,
    CONFUSION,
    CURVES,
    HISTORY,
    MODEL,
    RECORD,
    holds_run,
    lock,
    open_own,
    require,
    unused_folder,
)
from striate.runs.history import add_history, cut_history, read_history
from striate.runs.json_files import read_json_lines, write_json_lines
from striate.runs.record import FORMAT, SEALED, read_record, write_record

__all__ = [
    "BLANK",
    "CHECKPOINT",
    "CHECKPOINT_BEFORE",
    "CONFUSION",
    "CURVES",
    "FORMAT",
    "HISTORY",
    "KEY",
    "MODEL",
    "RECORD",
    "SEALED",
    "add_history",
    "cut_history",
    "has_seal",
    "holds_run",
    "intact",
    "lock",
    "open_own",
    "read_history",
    "read_json_lines",
    "read_record",
    "require",
    "seal",
    "unused_folder",
    "write",
    "write_json_lines",
    "write_record",
    "write_text",
]
