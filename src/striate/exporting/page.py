"""What an export looks like."""

from striate.exporting.checking import Times
from striate.exporting.export import Export
from striate.numbers import bytes_of, percent, seconds, three_digits
from striate.pages import Column, Document, Section, Table, document_of

FASTER = 1.05
"""From this ratio on it is called faster."""


@document_of.register
def export_document(export: Export) -> Document:
    """Two tables: what goes in and out, and how it was checked."""
    return Document(
        title=f"{export.path.name}: {export.run} as ONNX",
        sections=(Section("The file", (ports_table(export),)), Section("The check", (check_table(export),))),
    )


def ports_table(export: Export) -> Table:
    """Inputs and outputs."""
    rows = [("in", port) for port in export.inputs] + [("out", port) for port in export.outputs]
    columns = (
        Column.of("", rows, lambda row: row[0], left=True),
        Column.of("name", rows, lambda row: row[1].name, left=True, breaks=r"(?<=[._])(?=.)"),
        Column.of("shape", rows, lambda row: "×".join(map(str, row[1].shape)), left=True),
        Column.of("type", rows, lambda row: row[1].dtype, left=True),
    )
    return Table("What goes in and what comes out", columns)


def check_table(export: Export) -> Table:
    """Names and values."""
    rows = list(figures(export))
    columns = (
        Column.of("", rows, lambda row: row[0], left=True),
        Column.of("value", rows, lambda row: row[1], left=True, breaks=" "),
    )
    return Table("Beside PyTorch, on real inputs", columns)


def figures(export: Export) -> tuple[tuple[str, str], ...]:
    """What was found, in words."""
    check, times, content = export.check, export.times, export.content
    size = f"{bytes_of(export.file_bytes)}, {content.precision}"
    state = () if export.state_bytes is None else (("state of a stream", bytes_of(export.state_bytes)),)
    one = {"images": "an image", "clips": "a clip", "step": "a frame"}[content.kind]
    taken = (("ONNX Runtime", times.file), ("the same in fp32", times.fp32_file), ("PyTorch", times.pytorch))
    return (
        ("size", size if export.fp32_bytes is None else f"{size}; in fp32 {bytes_of(export.fp32_bytes)}"),
        *state,
        ("compared on", check.what),
        ("greatest difference", f"{check.greatest_difference:.2g} of a probability"),
        ("same answers", percent(check.same_answers)),
        ("accuracy", f"{percent(check.accuracy_file)}, in PyTorch {percent(check.accuracy_pytorch)}"),
        *((name, f"{seconds(time)} {one}") for name, time in taken if time is not None),
        ("speed here", speed(times)),
        ("threads", str(times.threads)),
    )


def speed(times: Times) -> str:
    """Faster only where it was."""
    others = (("PyTorch", times.pytorch), ("in fp32", times.fp32_file))
    return ", ".join(_beside(other, taken / times.file) for other, taken in others if taken is not None)


def _beside(other: str, ratio: float) -> str:
    if ratio >= FASTER:
        return f"{three_digits(ratio)} times as fast as {other}"
    return f"not faster than {other}"
