"""Does every ONNX operation give what ONNX says? Its own test cases, run as `striate inspect` runs a file.

    python benchmarks/onnx_operations.py

For each of the cases that come with the package onnx: the results by the operations that inspect uses,
against those that the case expects, and the shape of every result as inspect finds it without numbers.
Operations that inspect knows nothing of but their shapes are counted apart.
"""

import argparse
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from onnx.backend.test.case.node import collect_testcases

from striate.errors import StriateError
from striate.tracing import trace
from striate.tracing.files import read_onnx

TYPES = (np.ndarray, np.generic)


def judged(case: Any, folder: Path) -> str:
    """What becomes of one case: `right`, `shapes` alone, or what is wrong."""
    path = folder / "case.onnx"
    onnx.save(case.model, path)
    given, expected = map(list, case.data_sets[0])
    if not all(
        isinstance(one, TYPES) and np.asarray(one).dtype.kind in "fiub" for one in (*given, *expected)
    ):
        return "no tensors of numbers"
    try:
        network, _, follow = read_onnx(path)
        tensors = [torch.from_numpy(np.asarray(one)) for one in given]
        wrong = wrong_shapes(network, tensors, expected, follow)
        if wrong:
            return wrong
        network.calls = None  # what ran is not of interest here
        results = network(*tensors)
    except StriateError as error:
        return "shapes alone" if "cannot be run here" in str(error) else f"refused: {str(error)[-90:]}"
    for result, wanted in zip(results, expected, strict=True):
        if not np.allclose(result.numpy(), wanted, rtol=1e-3, atol=1e-5, equal_nan=True):
            return f"wrong by {np.abs(result.numpy() - np.asarray(wanted)).max()}"
    return "right"


def wrong_shapes(network: Any, tensors: list[torch.Tensor], expected: Any, follow: Any) -> str:
    """What is wrong with the shapes of the results as they are found without numbers; empty if nothing."""
    if not tensors:
        return ""
    recording = trace(network, tensors, follow=follow)
    shapes = [recording.tensors[number].shape for number in recording.outputs]
    wanted = [np.shape(one) for one in expected]
    return "" if shapes == wanted else f"shapes {shapes}, not {wanted}"


def main() -> None:
    """Prints how many cases are right, and each that is not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose names begin so")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    cases = [case for case in collect_testcases(None) if case.name.startswith(chosen.only)]
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for case in cases:
            try:
                found = judged(case, Path(folder))
            except Exception as error:  # a crash is what is looked for
                found = f"CRASH {type(error).__name__}: {str(error)[:90]}"
            counts[found if found in ("right", "shapes alone", "no tensors of numbers") else "wrong"] += 1
            if found not in ("right", "no tensors of numbers"):
                print(f"{case.name}: {found}")
    print(", ".join(f"{count} {word}" for word, count in counts.items()))


if __name__ == "__main__":
    main()
