"""The number of parameters of a layer with the formula worked out, as one would write it by hand."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

Shape = tuple[int, ...]


def worked(formula: str, count: int) -> str:
    """A formula with its result.

    >>> worked("(3·3·32 + 1)·64", 18496)
    '(3·3·32 + 1)·64 = 18,496'
    """
    return f"{formula} = {count:,}"


def times(*factors: int) -> str:
    """A product as it is written."""
    return "·".join(f"{factor:,}" for factor in factors)


def convolution_formula(kernel: Shape, channels: int, filters: int, bias: bool) -> str:
    """k·k·C weights per filter, one bias each. `channels` are those of one group.

    >>> convolution_formula((3, 3), 32, 64, True), convolution_formula((1, 1), 64, 256, False)
    ('(3·3·32 + 1)·64', '1·1·64·256')
    """
    window = times(*kernel, channels)
    return f"({window} + 1)·{filters:,}" if bias else f"{window}·{filters:,}"


def linear_formula(features: int, outputs: int, bias: bool) -> str:
    """One weight per feature and output, one bias per output.

    >>> linear_formula(512, 1000, True)
    '(512 + 1)·1,000'
    """
    return f"({features:,} + 1)·{outputs:,}" if bias else times(features, outputs)


def recurrent_formula(gates: int, shapes: Sequence[Shape]) -> str:
    """Per layer and direction: gates · units · (inputs + units + 2 biases). `shapes` are those of its
    weights.

    >>> recurrent_formula(4, [(16, 3), (16, 4), (16,), (16,)])
    '4·4·(3 + 4 + 2)'
    """
    terms = []
    for block in _per_direction(gates, shapes):
        matrices = [shape for shape in block if len(shape) == 2]
        biases = sum(len(shape) == 1 for shape in block)
        units = matrices[0][0] // gates
        inner = " + ".join([*(f"{shape[1]:,}" for shape in matrices[:2]), *([str(biases)] if biases else [])])
        projection = "".join(f" + {times(*shape)}" for shape in matrices[2:])
        factor = f"{gates}·{units:,}" if gates > 1 else f"{units:,}"
        terms.append(f"{factor}·({inner}){projection}")
    counted = {term: terms.count(term) for term in dict.fromkeys(terms)}
    several = {term: f"({term})" if ") + " in term else term for term in counted}
    return " + ".join(term if count == 1 else f"{count}·{several[term]}" for term, count in counted.items())


def _per_direction(gates: int, shapes: Sequence[Shape]) -> list[list[Shape]]:
    """The weights cut where a new direction or layer begins: at a matrix of all gates behind a whole pair."""
    blocks: list[list[Shape]] = []
    for shape in shapes:
        matrices = sum(len(known) == 2 for known in blocks[-1]) if blocks else 0
        is_projection = bool(blocks) and shape[-1] * gates == blocks[-1][0][0] != shape[0]
        if not blocks or (len(shape) == 2 and matrices >= 2 and not is_projection):
            blocks.append([])
        blocks[-1].append(shape)
    return blocks


def plain_formula(shapes: Sequence[Shape]) -> str:
    """Sizes of tensors added up, where nothing more is known of them."""
    return " + ".join(times(*(shape or (1,))) for shape in shapes)


def formula(kind: str, geometry: Mapping[str, Any], shapes: Sequence[Shape]) -> str:
    """The worked formula for a layer of this kind and geometry that holds parameters of these shapes."""
    count = sum(prod(shape) for shape in shapes)
    return worked(_formula(kind, geometry, list(shapes)), count) if shapes else ""


def _formula(kind: str, geometry: Mapping[str, Any], shapes: list[Shape]) -> str:
    matrices = [shape for shape in shapes if len(shape) > 1]
    vectors = [shape for shape in shapes if len(shape) == 1]
    if kind == "convolution" and len(matrices) == 1 and len(vectors) <= 1:
        weight = matrices[0]
        if geometry.get("transposed"):
            filters = weight[1] * geometry["groups"]
            channels = weight[0] // geometry["groups"]
        else:
            filters, channels = weight[0], weight[1]
        return convolution_formula(weight[2:], channels, filters, bool(vectors))
    if (
        kind == "matmul"
        and matrices
        and all(len(shape) == 2 for shape in matrices)
        and len(vectors) <= len(matrices)
    ):
        outputs = {vector[0] for vector in vectors}
        return " + ".join(_linear_term(shape, outputs) for shape in matrices)
    if kind == "recurrent" or "cell" in geometry:
        whole = [tuple(shape) for shape in geometry.get("weights", shapes)]
        same = sum(map(prod, whole)) == sum(map(prod, shapes))
        return recurrent_formula(int(geometry["gates"]), whole) if same else plain_formula(shapes)
    if kind in ("batch_norm", "group_norm", "mix") and len(set(shapes)) == 1:
        return times(*([len(shapes)] if len(shapes) > 1 else []), *shapes[0])
    return plain_formula(shapes)


def _linear_term(shape: Shape, outputs: set[int]) -> str:
    rows, columns = shape
    return linear_formula(columns, rows, rows in outputs)
