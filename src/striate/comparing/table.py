"""The table of a comparison, what is said below it, and the page, where accuracy over cost is drawn."""

from collections.abc import Callable, Iterator
from io import BytesIO

from striate.comparing.comparison import Comparison, Row, Spread
from striate.comparing.drawing import draw_front, name_of, style_of
from striate.numbers import DASH, bytes_of, count, counted, percent, scaled, seconds, three_digits
from striate.pages import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Notes,
    Paragraph,
    Png,
    Section,
    Table,
    document_of,
)
from striate.pages.table import AT_BRACKETS, AT_SPACES


def table_of(comparison: Comparison) -> Table:
    """A row for each network and way. What nobody beats for its MACs stands out; columns about pairs are
    there where the data have some, a frame's costs where there are frames.
    """
    rows, noun = comparison.rows, comparison.noun

    def column(head: str, cell: Callable[[Row], Cell | str], rank: int, breaks: str = "") -> Column:
        return Column.of(head, rows, cell, left=breaks == AT_SPACES, rank=rank, breaks=breaks)

    def way(row: Row) -> Cell:
        return Cell(name_of(row, rows), colour=style_of(row, rows)[0])

    pairs = (
        column("right pair", lambda row: spread(row.right_pair), 6),
        column("within pairs", lambda row: spread(row.in_pairs), 2),
    )
    columns = (
        column("network" if comparison.of_images else "way", way, 0, AT_SPACES),
        column("accuracy", lambda row: spread(row.top1), 0),
        *(pairs if _has_pairs(comparison) else ()),
        column("parameters", lambda row: count(row.parameters), 7),
        column(f"MACs per {noun}", lambda row: scaled(row.macs), 1),
        column("training memory", lambda row: bytes_of(row.step_bytes), 9),
        column(f"training {noun}s/s", lambda row: three_digits(row.samples_per_second), 10),
        column("epochs", lambda row: f"{row.epochs:.3g}", 8),
        column("training time", lambda row: seconds(row.seconds), 5),
        column(f"ms per {noun}", _clip_ms, 3, AT_BRACKETS),
        *(() if comparison.of_images else [column("ms per new frame", _frame_ms, 4, AT_BRACKETS)]),
    )
    strong = frozenset(number for number, row in enumerate(rows) if row.on_front)
    caption = f"Accuracy and cost on {comparison.data}"
    return Table(caption, columns, strong=strong, elsewhere="--json")


def _clip_ms(row: Row) -> str:
    return three_digits(row.inference_ms) + ("" if row.flow_ms is None else f" + {row.flow_ms:.1f} flow")


def _frame_ms(row: Row) -> str:
    return three_digits(row.inference_ms_per_frame) + ("" if row.streams else " (clip)")


def remarks_of(comparison: Comparison) -> Iterator[str]:
    """What has to be said below the table."""
    samples = counted(comparison.samples, f"{comparison.split} {comparison.noun}")
    yield f"accuracy: of {samples}; mean ± standard deviation of the seeds"
    if _has_pairs(comparison):
        yield (
            "within pairs: of the clips given the right pair of classes, the share given the right one of "
            "the two, which only the order of frames tells; 50 % is chance"
        )
    one = f"one {comparison.noun} at a time"
    yield f"ms: {one} in fp32, median, all networks in turn, on {_device(comparison)}"
    yield "training memory: weights with all they carry, and what is kept for the backward pass"
    best = [name_of(row, comparison.rows) for row in comparison.rows if row.on_front]
    yield f"best for their MACs, in bold: {', '.join(best)}"
    yield from comparison.notes


def _device(comparison: Comparison) -> str:
    machine = comparison.machine
    threads = f"{machine.get('processor')}, {counted(machine.get('threads') or 1, 'thread')}"
    return str(machine.get("gpu") or threads)


def _has_pairs(comparison: Comparison) -> bool:
    return any(row.right_pair is not None for row in comparison.rows)


def spread(value: Spread | None) -> str:
    """`97.31 ± 0.20 %`; without a spread where there was one training."""
    if value is None:
        return DASH
    if len(value.values) == 1:
        return percent(value.mean)
    return f"{percent(value.mean).removesuffix(' %')} ± {percent(value.std)}"


STOPPED = "The comparison was stopped before it had a result; the same command goes on with it."


@document_of.register
def comparison_document(comparison: Comparison) -> Document:
    """What nobody beats lies up and to the left."""
    rows = comparison.rows
    front: Block = _figure(comparison) if rows else Paragraph(STOPPED)
    return Document(
        title=comparison.title,
        subtitle=_subtitle(comparison),
        sections=(
            Section("Accuracy over cost", (front,)),
            *(
                [Section("The table", (table_of(comparison), Notes(tuple(remarks_of(comparison)))))]
                if rows
                else ()
            ),
        ),
        wide=True,
    )


def _subtitle(comparison: Comparison) -> str:
    backbones = ", ".join(dict.fromkeys(row.backbone for row in comparison.rows))
    lengths = dict.fromkeys(counted(row.frames, "frame") for row in comparison.rows if row.frames)
    matched = f"equal {comparison.match}" if comparison.match else ""
    parts = (f"backbone {backbones}", ", ".join(lengths), matched)
    return " · ".join(filter(None, parts)) if comparison.rows else ""


def _figure(comparison: Comparison) -> Figure:
    rows, file = comparison.rows, BytesIO()
    draw_front(comparison, file)
    alt = "; ".join(f"{name_of(row, rows)} {spread(row.top1)} at {scaled(row.macs)} MACs" for row in rows)
    caption = "What lies up and to the left is better; nothing lies beyond the line."
    return Figure(caption, alt, Png(file.getvalue()))
