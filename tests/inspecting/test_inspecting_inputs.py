"""Several inputs by place and by name, in tuples and dictionaries, beside numbers; the field in each."""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from gradient_witness import Softened, positive, support_in
from torch import Tensor, nn

from striate.errors import ArgumentError, NetworkError
from striate.inspecting import inspect
from striate.inspecting.inputs import inputs_of, value_of
from striate.tracing import Inputs

Pair = namedtuple("Pair", ["left", "right"])


@dataclass
class Batch:
    image: Tensor
    scale: float = 1.0


class Two(nn.Module):
    """A convolution of each of two inputs, the second at half the size, added up."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, padding=1)
        self.b = nn.Conv2d(1, 4, 5, padding=2)
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, image: Tensor, mask: Tensor, scale: float = 1.0) -> Tensor:
        result: Tensor = self.a(image) + self.up(self.b(mask)) * scale
        return result


class Packed(nn.Module):
    """The same, out of one argument."""

    def __init__(self) -> None:
        super().__init__()
        self.two = Two()

    def forward(self, batch: Any) -> Tensor:
        pick = (lambda key, at: batch[key]) if isinstance(batch, dict) else (lambda key, at: batch[at])
        result: Tensor = self.two(pick("image", 0), pick("mask", 1))
        return result


IMAGE, MASK = (3, 8, 8), (1, 4, 4)
MACS = 3 * 4 * 9 * 64 + 4 * 25 * 16
X, M = torch.rand(1, *IMAGE), torch.rand(1, *MASK)
GIVEN = {
    "shapes": (Two(), [IMAGE, MASK]),
    "tensors": (Two(), (X, M)),
    "a tensor and an array": (Two(), [X, M.numpy()]),
    "a shape, a tensor, a number": (Two(), [IMAGE, M, 0.5]),
    "by name": (Two(), {"mask": MASK, "image": IMAGE, "scale": 0.5}),
    "by place and name": (Two(), {0: IMAGE, "mask": MASK}),
    "texts": (Two(), ["3x8x8", "1x4x4", "0.5"]),
    "texts by name": (Two(), ["scale=0.5", "mask=1x4x4", "image=3x8x8"]),
    "texts by place and name": (Two(), ["3x8x8", "mask=float32:1x4x4"]),
    "a dictionary": (Packed(), ({"image": IMAGE, "mask": M},)),
    "a tuple": (Packed(), ((IMAGE, M),)),
    "a named tuple": (Packed(), [Pair(X, M)]),
    "a dictionary by name": (Packed(), {"batch": {"image": IMAGE, "mask": M}}),
    "texts of a dictionary": (Packed(), ["batch.image=3x8x8", "batch.mask=1x4x4"]),
    "texts of a tuple": (Packed(), ["batch.0=3x8x8", "batch.1=1x4x4"]),
    "texts of the first argument": (Packed(), ["0.image=3x8x8", "0.mask=1x4x4"]),
}


@pytest.mark.parametrize("name", GIVEN)
def test_inputs_in_every_form_are_the_same_network(name: str) -> None:
    found = inspect(*GIVEN[name])
    assert found.totals.macs.to_json() == {"value": MACS, "status": "exact"}
    assert [each.shape for each in found.inputs if each.name.endswith(("image", "0", "left"))] == [
        (1, *IMAGE)
    ]
    assert found.layers[-1].receptive_field is not None
    assert [field.size for field in found.layers[-1].receptive_fields.values() if field] == [
        (3, 3),
        (5, 5),
    ] or [field.size for field in found.layers[-1].receptive_fields.values() if field] == [(5, 5), (3, 3)]


def test_the_field_in_each_input_is_where_its_gradient_is() -> None:
    network = Two()
    found, twin = inspect(network, [IMAGE, MASK]), positive(network)
    inputs = [tensor.double().add(0.5).requires_grad_() for tensor in (X, M)]
    with Softened():
        out = twin(*inputs)
    for unit in ((0, 0), (3, 4), (7, 7)):
        value = out[(0, 0, *unit)]
        for name, tensor in zip(("image", "mask"), inputs, strict=True):
            seen = found.unit("add", unit, source=name)
            assert seen.status == "exact"
            assert list(seen.clipped) == support_in(value, tensor, (2, 3)), (name, unit)


def test_names_shapes_and_fields_are_in_json_table_and_page() -> None:
    found = inspect(Two(), {"mask": MASK, "image": IMAGE}, batch=2)
    told = found.to_json()
    assert told["inputs"] == [
        {"name": "mask", "shape": [2, 1, 4, 4], "axes": list("NCHW")},
        {"name": "image", "shape": [2, 3, 8, 8], "axes": list("NCHW")},
    ]
    assert told["layers"][-1]["receptive_fields"]["image"]["size"] == [3, 3]
    assert found.layer("a").receptive_fields["mask"] is None
    assert found.title == "Two on mask 2×1×4×4, image 2×3×8×8"
    assert "receptive field in\N{NO-BREAK SPACE}image" in found.to_markdown()
    assert "mask 2×1×4×4, image 2×3×8×8" in found.to_html()


def test_the_main_input_is_the_first_that_goes_along_something() -> None:
    class Timed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.conv = nn.Linear(1, 3), nn.Conv2d(3, 4, 3)

        def forward(self, t: Tensor, x: Tensor) -> Tensor:
            result: Tensor = self.conv(x + self.embed(t.float()[:, None])[:, :, None, None])
            return result

    found = inspect(Timed(), ["int64:", "3x8x8"], batch=5)
    assert (found.input_shape, found.batch, found.axes) == ((5, 3, 8, 8), 5, tuple("NCHW"))
    assert found.layers[-1].receptive_field is not None
    assert found.layers[-1].receptive_field.size == (3, 3)
    assert [each.shape for each in found.inputs] == [(5,), (5, 3, 8, 8)]


def test_a_dataclass_of_tensors_is_an_input_and_an_output() -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, batch: Batch) -> Batch:
            return Batch(self.conv(batch.image) * batch.scale)

    found = inspect(Whole(), [Batch(X, 2.0)])
    assert [each.name for each in found.inputs] == ["batch.image"]
    assert found.unit("mul", (0, 0)).clipped == ((0, 2), (0, 2))


def test_the_layout_of_several_inputs() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps, self.image = nn.LSTM(5, 6, batch_first=True), nn.Conv2d(3, 6, 3)

        def forward(self, steps: Tensor, image: Tensor) -> Tensor:
            result: Tensor = self.steps(steps)[0][:, -1, :, None, None] + self.image(image)
            return result

    found = inspect(Both(), [(7, 5), (3, 8, 8)], layout="NTC,NCHW")
    seen = found.layers[-1].receptive_fields
    assert {name: field and field.size for name, field in seen.items()} == {"steps": (7,), "image": (3, 3)}


@pytest.mark.parametrize(
    ("text", "value"),
    [("3x8x8", (3, 8, 8)), ("7", (7,)), ("0.5", 0.5), ("float:-2", -2.0), ("True", True), ("none", None),
     ("int:3", 3), ("float:3", 3.0), ("text:left", "left"), ("1e-3", 1e-3)],
)  # fmt: skip
def test_texts_stand_for_values(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_a_shape_of_a_type_has_the_batch_before_it() -> None:
    inputs = inputs_of(["ids=int64:16"], nn.Identity(), 3)
    assert inputs == Inputs((), inputs.kwargs)
    assert (inputs.kwargs["ids"].shape, inputs.kwargs["ids"].dtype) == ((3, 16), torch.int64)
    assert inputs_of(np.zeros((2, 3), np.float32), nn.Identity()).args[0].shape == (2, 3)


SAY = (
    "is no input: say a shape such as 3x224x224, of whole numbers int64:16; a number such as 0.5, int:3, "
    "true, none or text:left; and by name mask=1x224x224"
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("int:a", f"'int:a' {SAY}"),
        (["a=left"], f"'left' {SAY}"),
        (["a=3", "a=4"], "the input 'a' is given twice"),
        (["a.b=3", "a=4"], "the input 'a' is given twice"),
        (["a=3", "a.b=4"], "the input 'a.b' lies in one that is given already: give one or the other"),
        (["=3"], "the input '' has no name"),
        (["a=0x3"], "an input is channels, frames if any, height and width, as in 3x224x224; got '0x3'"),
        ((), "an input shape is positive numbers such as (3, 224, 224); got ()"),
        ((3, 1 << 30), "an axis of an input is at most 1,048,576 long; got 3×1073741824"),
    ],
)  # fmt: skip
def test_what_is_no_input_is_said(given: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        inspect(Two(), given)
    assert str(caught.value) == said


def test_no_tensor_at_all_is_said() -> None:
    with pytest.raises(NetworkError, match="the network is given no tensor: name at least one that it takes"):
        inspect(Two(), [0.5])


def test_none_is_the_network_s_own_input() -> None:
    assert inspect("plain", None).input_shape == (1, 1, 28, 28)


def test_channels_last_are_named() -> None:
    with pytest.raises(NetworkError) as caught:
        inspect(nn.Sequential(nn.Conv2d(3, 4, 3)), "224x224x3")
    assert str(caught.value) == (
        "layer '0' (Conv2d) received 1×224×224×3: it expects 3 input channels, not 224; channels stand "
        "first: say 3x224x224"
    )
