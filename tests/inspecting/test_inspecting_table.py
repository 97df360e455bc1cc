"""The table of layers: what stands under which heading, in every form, whole."""

import csv
import doctest
import io
from textwrap import dedent

import pytest
from rich.console import Console
from torch import nn

from striate.arithmetic.described import Figure, Status
from striate.inspecting import Inspection, inspect, table
from striate.inspecting.table import (
    COLOURS,
    NAMES,
    bytes_text,
    family,
    figure_text,
    folded,
    layer_table,
    shown,
)


@pytest.fixture(scope="module")
def plain() -> Inspection:
    return inspect("plain", (1, 28, 28))


def printed(inspection: Inspection, width: int, **how: object) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False)
    console.print(inspection.to_table(**how))  # type: ignore[arg-type]
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def test_at_140_columns_everything_is_there(plain: Inspection) -> None:
    lines = printed(plain, 140).splitlines()
    wide = dedent("""\
        plain on 1×1×28×28
        layer    kind            output  filters · kernels                 parameters  receptive field  in the input
        conv1    conv2d      1×32×28×28            32 · 32       (3·3·1 + 1)·32 = 320              3×3
        relu1    relu        1×32×28×28                                                            3×3
        pool1    max_pool2d  1×32×14×14                                                            4×4
        conv2    conv2d      1×64×14×14         64 · 2,048   (3·3·32 + 1)·64 = 18,496              8×8
        relu2    relu        1×64×14×14                                                            8×8
        pool2    max_pool2d    1×64×7×7                                                          10×10
        flatten  flatten         1×3136                                                          10×10
        fc1      linear           1×128                     (3,136 + 1)·128 = 401,536            34×34         28×28
        relu3    relu             1×128                                                          34×34         28×28
        fc2      linear            1×10                          (128 + 1)·10 = 1,290            34×34         28×28
        """).splitlines()  # noqa: E501 - as it is printed
    right = dedent("""\
        jump     MACs  activations
         1×1  225.8 k       98 KiB
         1×1                98 KiB
         2×2              24.5 KiB
         2×2  3.613 M       49 KiB
         2×2                49 KiB
         4×4             12.25 KiB

              401.4 k        512 B
                            512 B
              1.28 k         40 B""")
    assert [line[:109].rstrip().replace("\N{NO-BREAK SPACE}", " ") for line in lines[:12]] == wide
    assert [line[110:].split() for line in lines[1:12]] == [line.split() for line in right.splitlines()]


def test_at_80_columns_it_says_what_is_left_out(plain: Inspection) -> None:
    assert printed(plain, 80).replace("\N{NO-BREAK SPACE}", " ") == dedent("""\
        plain on 1×1×28×28
                                                                receptive
        layer    kind            output             parameters      field  jump     MACs
        conv1    conv2d      1×32×28×28   (3·3·1 + 1)·32 = 320        3×3   1×1  225.8 k
        relu1    relu        1×32×28×28                               3×3   1×1
        pool1    max_pool2d  1×32×14×14                               4×4   2×2
        conv2    conv2d      1×64×14×14        (3·3·32 + 1)·64        8×8   2×2  3.613 M
                                                      = 18,496
        relu2    relu        1×64×14×14                               8×8   2×2
        pool2    max_pool2d    1×64×7×7                             10×10   4×4
        flatten  flatten         1×3136                             10×10
        fc1      linear           1×128        (3,136 + 1)·128      34×34        401.4 k
                                                     = 401,536
        relu3    relu             1×128                             34×34
        fc2      linear            1×10   (128 + 1)·10 = 1,290      34×34         1.28 k
        left out for want of room: filters · kernels, in the input, activations; 106
        columns show all, as does --html

        parameters    421,642 (421,642 trainable), 1.608 MiB
        MACs          4.241 M
        FLOPs         8.548 M
        activations   331.8 KiB in all
        held at once  199.1 KiB for inference, 321.6 KiB for training""")


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v2", "squeezenet1_1", "vgg16", "alexnet"])
def test_at_140_columns_the_catalogue_has_all_columns(name: str) -> None:
    found = inspect(name)
    table = layer_table(found.layers, timed=False)
    assert table.fitted(140)[0].heads == table.heads


def test_each_heading_stands_over_the_number_of_its_name(plain: Inspection) -> None:
    table = layer_table(plain.layers, timed=False)
    cells = {column.head.replace("\N{NO-BREAK SPACE}", " "): column.texts for column in table.columns}
    for row, layer in enumerate(plain.layers):
        field = layer.receptive_field
        assert field is not None
        assert cells["layer"][row] == layer.name
        assert cells["kind"][row] == layer.kind
        assert cells["output"][row] == "×".join(map(str, layer.output_shape))
        assert cells["receptive field"][row] == "×".join(map(str, field.size))
        assert cells["parameters"][row] == layer.formula
        assert (cells["MACs"][row] == "") == (layer.macs.value == 0)
        if None not in field.jump:
            assert cells["jump"][row] == "×".join(f"{jump:g}" for jump in field.jump)


def test_times_are_columns_where_they_were_measured() -> None:
    found = inspect(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 8, 8))
    assert layer_table(found.layers, timed=True).heads[-2:] == ("time", "share")
    assert layer_table(found.layers, timed=False).heads[-1] == "activations"


def test_a_folded_row_is_the_sum_of_its_layers() -> None:
    found = inspect("resnet18")
    layers = [layer for layer in found.layers if layer.name.startswith("layer1.0.")]
    (row,) = [row for row in folded(found.layers, 2) if row.name == "layer1.0"]
    assert row.kind == f"{len(layers)} layers"
    assert row.formula == f"{sum(layer.parameters for layer in layers):,}"
    assert row.macs.value == sum(layer.macs.value for layer in layers)
    assert row.activation_bytes == sum(layer.activation_bytes for layer in layers)
    assert (row.output_shape, row.receptive_field) == (layers[-1].output_shape, layers[-1].receptive_field)
    assert row.seconds is None


def test_layers_that_only_move_elements_are_shown_on_request() -> None:
    class Moves(nn.Module):
        def forward(self, x):  # type: ignore[no-untyped-def]
            return x.transpose(2, 3).reshape(1, -1)

    found = inspect(Moves(), (3, 4, 5))
    assert [layer.kind for layer in shown(found.layers, None, moves=False)] == []
    assert [layer.kind for layer in shown(found.layers, None, moves=True)] == ["transpose", "reshape"]


def test_csv_holds_the_numbers_as_they_are(plain: Inspection) -> None:
    rows = list(csv.DictReader(io.StringIO(plain.to_csv())))
    assert [row["name"] for row in rows] == [layer.name for layer in plain.layers]
    first = rows[0]
    assert (first["macs"], first["parameters"], first["output_shape"]) == ("225792", "320", "1×32×28×28")
    assert (first["receptive_field_size"], first["receptive_field_center"]) == ("3×3", "0.0×0.0")
    assert first["notes"] == ""


def test_markdown_has_a_row_for_each_layer_and_the_totals(plain: Inspection) -> None:
    lines = plain.to_markdown().splitlines()
    assert [line.split(" | ")[0] for line in lines[2:12]] == [f"| {layer.name}" for layer in plain.layers]
    assert len({line.count("|") for line in lines[:12]}) == 1
    assert lines[13] == "- parameters: 421,642 (421,642 trainable), 1.608 MiB"


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(1234), "1.234 k"),
        (Figure(1234, Status.BOUND, "op"), "≤ 1.234 k"),
        (Figure(0, Status.UNKNOWN, "op"), "unknown (op)"),
        (Figure(5000, Status.UNKNOWN, "op"), "5 k + unknown (op)"),
    ],
)
def test_a_figure_is_written_with_its_status(figure: Figure, text: str) -> None:
    assert figure_text(figure) == text
    assert bytes_text(Figure(2048, Status.BOUND, "op")) == "≤ 2 KiB"


def test_the_examples() -> None:
    assert doctest.testmod(table) == (0, 1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("conv_transpose3d", "convolution"),
        ("max_pool2d", "pooling"),
        ("mean", "pooling"),
        ("linear", "fully connected"),
        ("matmul", "fully connected"),
        ("rnn_tanh", "recurrent"),
        ("multihead_attention", "attention"),
        ("concatenate", "branches joined"),
        ("batch_norm", "other"),
    ],
)
def test_a_kind_has_a_family(kind: str, name: str) -> None:
    assert NAMES[family(kind)] == name


def test_no_two_families_look_alike() -> None:
    assert COLOURS.keys() == NAMES.keys()
    assert len(set(COLOURS.values())) == len(set(NAMES.values())) == len(COLOURS)
