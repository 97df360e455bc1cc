"""What an exported file says of itself: its metadata, a JSON text for each field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from striate.data import Sampling
from striate.errors import ArgumentError
from striate.plain_values import JsonValue, from_plain, to_plain
from striate.runs.json_files import parse_json

FORMAT = 1
PIXELS, FRAME, PROBABILITIES = "pixels", "frame", "probabilities"
"""What goes in, for a step one frame; and what comes out."""
NEXT = "next_"
"""Before the name of a state that comes out."""


@dataclass(frozen=True)
class StateEntry(JsonValue):
    """One tensor of a step's state."""

    name: str
    shape: tuple[int, ...]
    """Of one stream; the axis of the streams stands before it."""
    dtype: Literal["float32", "float64", "int64"]
    initial: str
    """What fills it before the first frame, as a text, as JSON has no infinity."""


@dataclass(frozen=True)
class StepContent(JsonValue):
    """What makes a file a step; see `Step`."""

    readout: str
    window: int
    late: int
    every: int
    longer: int
    state: tuple[StateEntry, ...]


@dataclass(frozen=True)
class FileContent(JsonValue):
    """All that somebody who has only the file needs to use it."""

    kind: Literal["images", "clips", "step"]
    classes: tuple[str, ...]
    channels: int
    """Of a picture; clips with optical flow have two planes more."""
    size: tuple[int, int]
    """(H, W)."""
    resize: str
    """How a picture comes to that size."""
    precision: Literal["fp32", "int8"]
    sampling: Sampling | None
    """Which frames make a clip; for a step, how far apart they are."""
    flow: str | None
    run: str
    source: str
    """The data that the run was trained on, as they were named."""
    data_options: dict[str, Any]
    """How they were opened."""
    striate: str
    step: StepContent | None = None
    format: int = FORMAT

    @property
    def planes(self) -> int:
        """Of an input."""
        return self.channels + (2 if self.flow else 0)

    @property
    def input_name(self) -> str:
        """Of the pixels."""
        return PIXELS if self.step is None else FRAME


def to_texts(content: FileContent) -> dict[str, str]:
    """One text a field, for the metadata of a file."""
    values = to_plain(content)
    return {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}


def from_texts(texts: Mapping[str, str]) -> FileContent:
    """The inverse of `to_texts`; what others have added is left out.

    Raises:
        ArgumentError: the texts say something else.
    """
    fields = FileContent.__dataclass_fields__
    found = {name: parse_json(text, name) for name, text in texts.items() if name in fields}
    if isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise ArgumentError(f"format {found['format']} is newer than this striate, which knows {FORMAT}")
    return from_plain(FileContent, found)
