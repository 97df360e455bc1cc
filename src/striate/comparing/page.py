"""The page of a comparison: accuracy over cost drawn, and the table."""

from io import BytesIO

from striate.comparing.comparison import Comparison
from striate.comparing.drawing import draw_front, name_of
from striate.comparing.table import remarks_of, spread, table_of
from striate.numbers import counted, scaled
from striate.pages import Block, Document, Figure, Notes, Paragraph, Png, Section, document_of

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
