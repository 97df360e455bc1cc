"""ONNX Runtime's convolutions by themselves, in fp32 and in int8, one thread: what int8 can gain here.

python benchmarks/int8_convolutions.py      the shapes of resnet18 at 112×112: a frame, a step in 3D

A step gains no more by int8 than its convolutions do. Without AVX-512 VNNI a processor multiplies 32 pairs of
8 bits by three instructions (products, their sums, sums of those), and 16 pairs of fp32 by two: about twice.
"""

import time
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SIDE = 112
SHAPES = Counter(
    {
        (3, 64, SIDE, 7, 2): 1,
        (64, 64, SIDE // 4, 3, 1): 4,
        (64, 128, SIDE // 4, 3, 2): 1,
        (128, 128, SIDE // 8, 3, 1): 3,
        (128, 256, SIDE // 8, 3, 2): 1,
        (256, 256, SIDE // 16, 3, 1): 3,
        (256, 512, SIDE // 16, 3, 2): 1,
        (512, 512, SIDE // 32 + 1, 3, 1): 3,
    }
)
"""(channels, filters, side, kernel, stride) of a ResNet-18, and how many there are."""
KINDS = {"fp32": None, "U8S8": ("uint8", "int8"), "U8U8": ("uint8", "uint8"), "S8S8": ("int8", "int8")}


def one(shape: tuple[int, ...], taps: int, kind: tuple[str, str] | None) -> Callable[[], Any]:
    """One convolution; of a step over frames, with their time folded into its channels."""
    channels, filters, side, kernel, stride = shape
    channels *= taps
    draw = np.random.default_rng(0)
    weight = draw.normal(size=(filters, channels, kernel, kernel)).astype(np.float32)
    options = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [kernel // 2] * 4}
    if kind is None:
        held, pixels, nodes = (
            {"w": weight},
            np.float32,
            [helper.make_node("Conv", ["x", "w"], ["y"], **options)],
        )
    else:
        held, pixels, nodes = quantised(weight, kind, options)
    x = draw.integers(0, 100, (1, channels, side, side)).astype(pixels)
    element = helper.np_dtype_to_tensor_dtype(np.dtype(pixels))
    y = TensorProto.FLOAT if kind is None else element
    graph = helper.make_graph(
        nodes, "one",
        [helper.make_tensor_value_info("x", element, x.shape)],
        [helper.make_tensor_value_info("y", y, None)],
        [numpy_helper.from_array(array, name) for name, array in held.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, ["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})


def quantised(weight: np.ndarray, kind: tuple[str, str], options: dict[str, Any]) -> tuple[Any, ...]:
    """Weights of 7 bits, one scale a filter."""
    pixels, weights = map(np.dtype, kind)
    middle = 64 if weights == np.uint8 else 0
    held = {
        "w": (np.clip(weight * 20, -63, 63).round() + middle).astype(weights),
        "sx": np.float32(0.05), "zx": np.array(100 if pixels == np.uint8 else 0, pixels),
        "sw": np.full(len(weight), 0.05, np.float32), "zw": np.full(len(weight), middle, weights),
        "sy": np.float32(5.0), "zy": np.array(100 if pixels == np.uint8 else 0, pixels),
    }  # fmt: skip
    if weights == np.uint8:  # which takes one scale for all
        held["sw"], held["zw"] = np.float32(0.05), np.array(middle, weights)
    names = ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy"]
    held = {name: np.asarray(array) for name, array in held.items()}
    return held, pixels, [helper.make_node("QLinearConv", names, ["y"], **options)]


def milliseconds(runs: dict[str, Callable[[], Any]], rounds: int = 15, each: int = 4) -> dict[str, float]:
    """Medians of processor time, in turn; of a turn the first run does not count."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            for number in range(each):
                started = time.process_time()
                run()
                taken[name] += [time.process_time() - started] if number else []
    return {name: 1000 * median(times) for name, times in taken.items()}


def main() -> None:
    """Each shape, and all of the network."""
    for title, taps in (("a frame (2d, tsm)", 1), ("one frame more (3d)", 3)):
        print(f"\n{title}: {'':34}" + "".join(f"{name + ', ms':>12}" for name in KINDS))
        total = Counter[str]()
        for shape, count in SHAPES.items():
            runs = {name: one(shape, taps, kind) for name, kind in KINDS.items()}
            times = milliseconds(runs)
            total.update({name: count * value for name, value in times.items()})
            what = "{} → {} at {}, {}×{}, stride {}".format(*shape[:4], *shape[3:])
            print(f"{what:48} ×{count} " + "".join(f"{value:12.2f}" for value in times.values()), flush=True)
        print(f"{'all':51} " + "".join(f"{total[name]:12.2f}" for name in KINDS))
        print(f"{'fp32 over it':51} " + "".join(f"{total['fp32'] / total[name]:12.2f}" for name in KINDS))


if __name__ == "__main__":
    main()
