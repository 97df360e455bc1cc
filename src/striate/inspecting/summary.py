"""What a network comes to, in a few facts and remarks."""

from collections.abc import Callable, Iterator, Sequence

from striate.arithmetic.described import Status
from striate.inspecting.layers import Layer, Totals
from striate.inspecting.table import bytes_text, figure_text, name_of
from striate.numbers import bytes_of, count, scaled, seconds

REMARKS = 6
"""Printed under a table; the rows of a page, of CSV and of JSON hold all of them."""


def facts_of(
    totals: Totals, unused: Sequence[tuple[str, int]] = (), backward: bool = False
) -> list[tuple[str, str]]:
    """The totals by name, each in a sentence's part.

    Args:
        totals: of a network.
        unused: parameters that no layer used, each with its size.
        backward: tell the backward pass too.
    """
    facts = [
        ("parameters", _parameters(totals)),
        ("MACs", figure_text(totals.macs) + "".join(f", {part}" for part in _per_part(totals))),
        ("FLOPs", figure_text(totals.flops)),
        ("activations", f"{bytes_text(totals.activation_bytes)} in all"),
        ("held at once", f"{bytes_text(totals.inference_peak)} for inference, "
                         f"{bytes_text(totals.training_peak)} for training"),
    ]  # fmt: skip
    if backward:
        kept = f"{bytes_text(totals.kept_bytes)} kept for it"
        facts.append(("backward", f"{figure_text(totals.backward_macs)} MACs, {kept}"))
    if totals.macs.status is not Status.EXACT:
        facts.append(("partial", f"what {totals.macs.reason} costs is not known and not in the sums"))
    if totals.seconds is not None:
        facts.append(("time", f"{seconds(totals.seconds)}, the sum of the layers' medians"))
    if totals.backward_seconds is not None:
        facts.append(("time back", f"{seconds(totals.backward_seconds)}, likewise of the backward pass"))
    return [*facts, *(("unused", f"{name}: {count(size)} parameters") for name, size in unused)]


def _parameters(totals: Totals) -> str:
    """How many, how many of them are out of the ordinary, and their bytes."""
    parts = {"frozen": totals.frozen, "unused": totals.unused}
    odd = "".join(f", {count(size)} {name}" for name, size in parts.items() if size)
    return (
        f"{count(totals.parameters.value)} ({count(totals.trainable)} trainable{odd}), "
        f"{bytes_of(totals.parameter_bytes)}"
    )


def _per_part(totals: Totals) -> Iterator[str]:
    """MACs of one input and of one frame, where there are several."""
    if totals.batch > 1:
        yield f"{scaled(totals.macs.value / totals.batch)} per input"
    if totals.frames:
        yield f"{scaled(totals.macs.value / totals.batch / totals.frames)} per frame"


def remarks_of(layers: Sequence[Layer], say: Callable[[str], str] = str) -> list[str]:
    """Every remark once, with the layers that it is about; `say` tells it in another language."""
    about: dict[str, list[str]] = {}
    for layer in layers:
        for note in layer.notes:
            about.setdefault(note, []).append(name_of(layer))
    return [
        f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}: {say(note)}"
        for note, names in about.items()
    ]


def first_remarks(layers: Sequence[Layer], say: Callable[[str], str] = str) -> list[str]:
    """As many remarks as stand under a table."""
    remarks = remarks_of(layers, say)
    more = len(remarks) - REMARKS
    rest = f"… {more} more remarks: in --json, --csv and --html"
    return remarks if more <= 0 else [*remarks[:REMARKS], say(rest)]
