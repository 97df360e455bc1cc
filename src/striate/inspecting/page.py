"""The pages of an inspection and of two networks side by side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from striate.inspecting.drawing import drawing_of
from striate.inspecting.inspection import Inspection, facts_of
from striate.inspecting.layers import Totals
from striate.inspecting.side_by_side import SideBySide
from striate.inspecting.table import bytes_text, figure_text, layer_table
from striate.inspecting.views import SCRIPT, WORDS, chosen_first, field_of, size_of, views_of
from striate.numbers import count, scaled, seconds
from striate.pages import (
    Block,
    Column,
    Document,
    Drawing,
    KeyFigures,
    Notes,
    Paragraph,
    Section,
    document_of,
)
from striate.pages.table import AT_SPACES

DRAWN = "Heights follow the image, widths the channels."
DRAWN_FRAMES = f"{DRAWN} Frames stand behind one another; one thick piece mixes frames."


@document_of.register
def inspection_document(inspection: Inspection) -> Document:
    """The architecture drawn, what a chosen layer sees, and every layer with its costs as bars."""
    sections = [
        Section(
            "Architecture",
            (_architecture(inspection), Paragraph(DRAWN_FRAMES if inspection.totals.frames else DRAWN)),
        )
    ]
    size = size_of(inspection.input_shape, inspection.axes)
    if size is not None:
        views = views_of(inspection.picture, size, inspection.totals.frames, inspection.say)
        sections.append(Section("What a unit sees", (Drawing(views, "receptive fields on the input"),)))
    sections.append(Section("Layers", tuple(_layers(inspection))))
    document = Document(
        title=inspection.network,
        subtitle=f"input {inspection.taken}",
        lead=(KeyFigures(tuple(_key_figures(inspection.totals))),),
        sections=tuple(sections),
        wide=True,
        script=SCRIPT % {"row": chosen_first(inspection.layers, size), "words": _words(inspection)},
    )
    return inspection.say.document(document)


def _words(inspection: Inspection) -> str:
    """The script's words in the language of the page."""
    words = {name: inspection.say(text) for name, text in WORDS.items()}
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")


@document_of.register
def side_by_side_document(pair: SideBySide) -> Document:
    """Both networks: their totals side by side, then each drawn and listed."""
    both = (pair.first, pair.second)
    sections = [Section("Totals", (pair.to_table(),))]
    for inspection in both:
        sections.append(Section(inspection.title, (_architecture(inspection), *_layers(inspection, False))))
    document = Document(
        title=f"{pair.first.network} and {pair.second.network}",
        subtitle=f"inputs {pair.first.taken} and {pair.second.taken}",
        sections=tuple(sections),
        wide=True,
    )
    return pair.first.say.document(document)


def _architecture(inspection: Inspection) -> Drawing:
    markup = drawing_of(inspection.layers, inspection.input_shape, inspection.axes, inspection.say)
    return Drawing(markup, f"the layers of {inspection.network} as blocks")


def _key_figures(totals: Totals) -> Iterator[tuple[str, str]]:
    yield "parameters", count(totals.parameters.value)
    yield "MACs", figure_text(totals.macs)
    yield "FLOPs", figure_text(totals.flops)
    yield "activations in all", bytes_text(totals.activation_bytes)
    yield "held at once for inference", bytes_text(totals.inference_peak)
    yield "held at once for training", bytes_text(totals.training_peak)
    if totals.frames:
        yield "MACs per frame", scaled(totals.macs.value / totals.batch / totals.frames)
    if totals.seconds is not None:
        yield "time", seconds(totals.seconds)
    if totals.backward_seconds is not None:
        yield "time of the backward pass", seconds(totals.backward_seconds)


def _layers(inspection: Inspection, choosable: bool = True) -> Sequence[Block]:
    """The table with a column of remarks, and what there is to say of the whole."""
    layers = inspection.layers
    table = layer_table(
        layers,
        f"Every layer of {inspection.network}",
        timed=inspection.totals.seconds is not None,
        backward=inspection.backward,
    )
    remarks = Column.of("remarks", layers, lambda layer: " · ".join(layer.notes), left=True, breaks=AT_SPACES)
    data = tuple(field_of(layer) for layer in layers) if choosable else ()
    facts = facts_of(inspection.totals, inspection.unused, inspection.backward)
    notes = (*(f"{name}: {text}" for name, text in facts), *inspection.notes)
    columns = (*table.columns, remarks) if any(remarks.texts) else table.columns
    return (replace(table, columns=columns, data=data), Notes(notes))
