"""Recurrent layers of ONNX files, and of archives of torch.export, are what the module is that made them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_models import model_of, node, saved
from torch import Tensor, nn

from striate.arithmetic.described import Status
from striate.inspecting import inspect
from striate.tracing.files import read_onnx

KINDS: dict[str, Any] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}
TO_ONNX = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}


def in_onnx_order(kind: str, rows: Tensor) -> Any:
    gates = rows.detach().chunk(len(TO_ONNX[kind]))
    return torch.cat([gates[place] for place in TO_ONNX[kind]]).numpy()


def model_from(kind: str, module: Any, shape: tuple[int, ...]) -> Any:
    """A layer of torch as an ONNX node, its weights in ONNX's order."""
    ends = ["", "_reverse"] if module.bidirectional else [""]
    w, r = (
        [in_onnx_order(kind, getattr(module, f"weight_{side}_l0{end}")) for end in ends]
        for side in ("ih", "hh")
    )
    held = {"w": np.stack(w), "r": np.stack(r)}
    if module.bias:
        names = [[f"bias_{side}_l0{end}" for side in ("ih", "hh")] for end in ends]
        held["b"] = np.stack(
            [np.concatenate([in_onnx_order(kind, getattr(module, name)) for name in pair]) for pair in names]
        )
    how = {"direction": "bidirectional"} if module.bidirectional else {}
    how |= {"linear_before_reset": 1} if kind == "GRU" else {}
    one = node(kind, "x w r" + " b" * module.bias, "y h", hidden_size=module.hidden_size, **how)
    return model_of([one], held, {"x": shape})


def test_the_state_that_a_file_begins_with_is_no_weight(tmp_path: Path) -> None:
    held = {"w": np.zeros((1, 8, 3), np.float32), "r": np.zeros((1, 8, 2), np.float32)}
    held |= {"h": np.zeros((1, 2, 2), np.float32)}
    model = model_of([node("LSTM", "x w r   h h", hidden_size=2)], held, {"x": (5, 2, 3)})
    found = inspect(saved(model, tmp_path), layout="TNC")
    assert (found.totals.parameters.value, found.totals.macs.value) == (24 + 16, 5 * 2 * 40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("onnx")


@settings(max_examples=12)
@given(st.sampled_from(sorted(KINDS)), st.booleans(), st.booleans(), *[st.integers(1, 5)] * 4)
def test_a_recurrent_node_is_the_layer_of_the_module(
    folder: Path, kind: str, both: bool, bias: bool, time: int, batch: int, features: int, units: int
) -> None:
    module = KINDS[kind](features, units, bidirectional=both, bias=bias)
    x = torch.rand(time, batch, features)
    path = saved(model_from(kind, module, x.shape), folder)
    with torch.no_grad():
        y, h, *_ = (part for given in module(x) for part in (given if isinstance(given, tuple) else [given]))
        found = read_onnx(path)[0](x)
    torch.testing.assert_close(found[0], y.unflatten(-1, (1 + both, units)).transpose(1, 2))
    torch.testing.assert_close(found[1], h)
    file, live = inspect(path, layout="TNC"), inspect(module, x, layout="TNC")
    assert (file.totals.macs, file.totals.flops) == (live.totals.macs, live.totals.flops)
    assert file.totals.macs.status is Status.EXACT
    assert file.layers[0].formula == live.layers[0].formula
    fields = [found.layers[0].receptive_field for found in (file, live)]
    assert len({field and (field.size, field.start, field.jump, field.status) for field in fields}) == 1
    assert [row.kind for row in file.layers] == [row.kind for row in live.layers]


@pytest.mark.parametrize("how", [
    {"activations": ["Relu", "Tanh", "Tanh"]}, {"clip": 3.0}, {"input_forget": 1}, {"lengths": True},
])  # fmt: skip
def test_a_layer_that_torch_has_not_is_a_row_of_unknown_cost(how: dict[str, Any], tmp_path: Path) -> None:
    held = {"w": np.zeros((1, 8, 3), np.float32), "r": np.zeros((1, 8, 2), np.float32)}
    named = "x w r"
    if how.pop("lengths", False):
        held["n"], named = np.array([4, 2], np.int32), "x w r  n"
    model = model_of([node("LSTM", named, hidden_size=2, **how)], held, {"x": (5, 2, 3)})
    found = inspect(saved(model, tmp_path), layout="TNC")
    assert [(row.name, row.kind, row.output_shape) for row in found.layers] == [
        ("lstm", "LSTM", (5, 1, 2, 2))
    ]
    assert found.totals.macs.to_json() == {"value": 0, "status": "unknown", "because": "onnx.LSTM"}


class Reader(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.layer(x)[0])
        return result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layer", [
    nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True), nn.GRU(4, 6, batch_first=True),
    nn.RNN(4, 6, batch_first=True),
    nn.LSTM(4, 8, proj_size=6, batch_first=True),
])  # fmt: skip
def test_an_archive_s_recurrent_layer_is_the_live_one(layer: nn.Module, tmp_path: Path) -> None:
    network, x = Reader(layer).eval(), torch.rand(2, 5, 4)
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(network, (x,)), path)
    file, live = inspect(path, layout="NTC"), inspect(network, x, layout="NTC")
    for one, other in zip(file.layers, live.layers, strict=True):
        assert (one.name, one.kind, one.formula, one.macs, one.receptive_field) == (
            other.name, other.kind, other.formula, other.macs, other.receptive_field
        )  # fmt: skip
    assert file.totals.macs.status is Status.EXACT


def test_a_layer_as_the_processor_s_library_runs_it_is_recurrent() -> None:
    class Lowered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            m, state = self.lstm, x.new_zeros(1, x.shape[1], 5)
            run = torch.ops.aten.mkldnn_rnn_layer
            weights = (m.weight_ih_l0, m.weight_hh_l0, m.bias_ih_l0, m.bias_hh_l0)
            result: Tensor = run(x, *weights, state, state, False, [], 2, 5, 1, True, False, False, False)[0]
            return result

    found, live = (
        inspect(Lowered(), torch.rand(3, 2, 4), layout="TNC"),
        inspect(nn.LSTM(4, 5), (2, 4), batch=3, layout="TNC"),
    )
    assert found.totals.macs == live.totals.macs
    assert [(row.kind, row.receptive_field) for row in found.layers] == [
        ("lstm", live.layers[0].receptive_field)
    ]
