"""Finished runs as records only: a comparison reads no weights."""

from pathlib import Path
from typing import Any

from striate.models import NetworkSpec
from striate.runs import write_record
from striate.training.recipe import Recipe

CLASSES = ("left", "right")
BLIND, SEEING = ((50, 50), (50, 50)), ((96, 4), (2, 98))
"""Confusion matrices of a network that is blind to order, and of one that is not."""
SIDE, FRAMES = 16, 4


def hand_made_run(
    folder: Path,
    time: str | None = "tsm",
    confusion: tuple[tuple[int, ...], ...] = SEEING,
    *,
    seed: int = 0,
    recipe: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    causal: bool = False,
    **changes: Any,
) -> Path:
    """Writes run.json of a training that has ended. changes: of the record."""
    right = sum(row[number] for number, row in enumerate(confusion))
    count, noun = sum(map(sum, confusion)), "clips" if time else "images"
    frames = FRAMES if time else None
    spec = NetworkSpec("plain", len(CLASSES), 1, SIDE, options or {"widths": (8, 8), "hidden": ()}, time=time)
    if time:
        spec = NetworkSpec(**{**vars(spec), "frames": frames, "causal": causal})
    record: dict[str, Any] = {
        "striate": "0",
        "status": "finished",
        "recipe": Recipe(seed=seed, **(recipe or {})).to_json(),
        "network": spec.to_json(),
        "data": {
            "name": "arrows",
            "source": "arrows",
            "size": [SIDE, SIDE],
            "classes": list(CLASSES),
            "counts": {"test": {"left": 100, "right": 100}},
            "flow": None,
            "pairs": [list(CLASSES)],
        }
        | ({"frames": frames} if time else {}),
        "classes": list(CLASSES),
        "plan": {"number_format": "fp32"},
        "machine": {"processor": "a processor"},
        "results": {
            "test": {"top1": right / count, noun: count, "confusion": [list(row) for row in confusion]}
        },
        "summary": {
            "epochs": 4,
            "best_epoch": 4,
            "seconds": 12.5,
            f"{noun}_per_second": 250.0,
            "parameters": sum(parameter.numel() for parameter in spec.build().parameters()),
            "step_bytes": 5 << 20,
        },
    }
    write_record(folder, {**record, **changes})
    return folder
