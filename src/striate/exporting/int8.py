"""A file in fp32 → the same in int8: convolutions and linear layers, each channel of the weights by itself.

What a number between two layers may be is read off real inputs: the least and the greatest of each. Of a
step those are whole streams with their states. What stands between convolutions (sums of branches, cut-offs,
pools, what puts channels side by side) stays in 8 bits with them, so that nothing is turned into fp32 and
back on the way. Everything else is left in fp32; counters and sums of a readout in int8 would be wrong by a
third.

Weights have 7 bits. Processors without instructions for int8 (before AVX-512 VNNI) add two products of 8 bits
in 16, where they do not fit: a network was right in 98.6 % in place of 99.7 % of digits.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import NetworkError
from striate.evaluating.exported import first_line
from striate.exporting.onnx_model import load, quiet

KINDS = ["Conv", "Gemm", "MatMul"]
BETWEEN = ["Add", "Relu", "Clip", "MaxPool", "Concat", "Slice", "Split", "Squeeze", "Unsqueeze", "Reshape"]
"""What is in 8 bits too, where a convolution follows."""
Feed = Mapping[str, np.ndarray]


def write_int8(source: Path, target: Path, feeds: Iterable[Feed]) -> None:
    """Quantises a file.

    Args:
        source: in fp32.
        target: where the other is written.
        feeds: real inputs, by the names of the file's own.

    Raises:
        NetworkError: ONNX Runtime cannot do it.
    """
    quantization: Any = import_module("onnxruntime.quantization")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._feeds: Iterator[Feed] = iter(feeds)

        def get_next(self) -> dict[str, np.ndarray] | None:
            feed = next(self._feeds, None)
            return None if feed is None else dict(feed)

    try:
        with quiet():
            quantization.quantize_static(
                str(source),
                str(target),
                Reader(),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=[*KINDS, *BETWEEN],
                nodes_to_exclude=_before_no_convolution(source),
                per_channel=True,
                reduce_range=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
    except Exception as problem:
        raise NetworkError(
            f"ONNX Runtime cannot bring this network to int8: {first_line(problem)}"
        ) from problem


def _before_no_convolution(source: Path) -> list[str]:
    """Nodes of the kinds `BETWEEN` that no convolution follows, or that none stands before."""
    nodes = load(source).graph.node
    follows, stands_before = set[str](), set[str]()
    for node in nodes:
        if node.op_type == "Conv" or any(name in stands_before for name in node.input):
            stands_before.update(node.output)
    for node in reversed(nodes):
        if node.op_type == "Conv" or any(name in follows for name in node.output):
            follows.update(node.input)
    return [
        node.name
        for node in nodes
        if node.op_type in BETWEEN
        and not (follows.intersection(node.output) and stands_before.intersection(node.input))
    ]
