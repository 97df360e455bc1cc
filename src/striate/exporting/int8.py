"""A file in fp32 → the same in int8: convolutions and linear layers, each channel of the weights by itself.

What a number between two layers may be is read off real inputs: the least and the greatest of each. Of a step
those are whole streams with their states. Everything else is left in fp32; counters and sums of a readout in
int8 would be wrong by a third.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import NetworkError
from striate.evaluating.exported import first_line
from striate.exporting.onnx_model import quiet

KINDS = ["Conv", "Gemm", "MatMul"]
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
                op_types_to_quantize=KINDS,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
    except Exception as problem:
        raise NetworkError(
            f"ONNX Runtime cannot bring this network to int8: {first_line(problem)}"
        ) from problem
