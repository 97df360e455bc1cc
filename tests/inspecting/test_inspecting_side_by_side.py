"""Two networks side by side: their totals and the ratios, whole."""

import io
from dataclasses import replace
from textwrap import dedent

from rich.console import Console

from striate.inspecting import SideBySide, inspect
from striate.inspecting.side_by_side import TOTALS, last_with_grid


def pair() -> SideBySide:
    return SideBySide(inspect("plain", (1, 28, 28)), inspect("squeezenet1_1", (3, 64, 64)))


def test_the_table_at_80_columns() -> None:
    file = io.StringIO()
    Console(file=file, width=80, highlight=False).print(pair().to_table())
    lines = [line.rstrip().replace("\N{NO-BREAK SPACE}", " ") for line in file.getvalue().splitlines()]
    assert "\n".join(lines) == dedent("""\
                                             plain  squeezenet1_1  second ÷ first
        parameters                         421.6 k        1.235 M           ×2.93
        MACs                               4.241 M        21.58 M           ×5.09
        FLOPs                              8.548 M        43.54 M           ×5.09
        activations in all               331.8 KiB      1.854 MiB           ×5.72
        held at once, inference          199.1 KiB      528.5 KiB           ×2.65
        held at once, training           321.6 KiB    ≤ 1.448 MiB           ×4.61
        input                            1×1×28×28      1×3×64×64
        layers                                  10             66
        receptive field before the head      10×10        207×207""")


def test_the_ratios_are_second_by_first() -> None:
    both = pair()
    told = both.to_json()
    assert told["ratios"].keys() == TOTALS.keys()
    for name, ratio in told["ratios"].items():
        a, b = getattr(both.first.totals, name), getattr(both.second.totals, name)
        assert ratio == b.value / a.value
    assert told["first"] == both.first.to_json()


def test_times_are_compared_where_both_were_measured() -> None:
    both = pair()
    timed = [
        replace(one, totals=replace(one.totals, seconds=n))
        for n, one in ((0.5, both.first), (1.0, both.second))
    ]
    assert SideBySide(*timed).to_table().rows[-1][3].text == "×2"
    assert SideBySide(both.first, timed[1]).to_table().rows[-1][0].text != "time"


def test_the_last_layer_before_global_pooling() -> None:
    layer = last_with_grid(inspect("resnet18"))
    assert layer is not None
    assert layer.name == "layer4.1.relu2"
