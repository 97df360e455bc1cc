"""The drawing: a block for each layer that counts, whole labels, and a legend of what is used."""

import re
from xml.etree import ElementTree

import pytest
from torch import nn

from striate.inspecting import inspect
from striate.inspecting.drawing import FRAMES, MOST_BLOCKS, blocks_of, chosen, drawing_of, legend_of, svg_of
from striate.inspecting.table import COLOURS, NAMES
from striate.models import NETWORKS

SMALL = ("plain", "resnet18", "mobilenet_v2", "squeezenet1_1", "alexnet")


def drawn(name: str) -> tuple[str, list[str]]:
    found = inspect(name)
    return drawing_of(found.layers, found.input_shape, found.axes), [row.kind for row in found.layers]


@pytest.mark.parametrize("name", SMALL)
def test_the_legend_shows_the_colours_of_the_drawing_and_no_others(name: str) -> None:
    markup, _ = drawn(name)
    svg, legend = markup.split("</svg>")
    used = set(re.findall(r'fill="(#\w+)"', svg))
    assert used == set(re.findall(r"background:(#\w+)", legend))
    names = {NAMES[family] for family, colour in COLOURS.items() if colour in used}
    assert set(re.findall(r"</span>([^<]+)</span>", legend)) == names


@pytest.mark.parametrize("name", SMALL)
def test_every_label_is_whole_and_inside_the_picture(name: str) -> None:
    found = inspect(name)
    svg = ElementTree.fromstring(svg_of(blocks_of(found.layers, found.input_shape, found.axes)))
    left, top, width, height = map(float, svg.attrib["viewBox"].split())
    texts = list(svg.iter("text"))
    assert [text.text for text in texts][1:] == [layer.name for layer in chosen(found.layers)]
    for text in texts:
        reach = 5.6 * len(text.text or "")
        assert float(text.attrib["x"]) + reach * 0.57 <= left + width
        assert float(text.attrib["y"]) + reach * 0.81 <= top + height
    for polygon in svg.iter("polygon"):
        points = [tuple(map(float, point.split(","))) for point in polygon.attrib["points"].split()]
        assert all(left <= x <= left + width and top <= y <= top + height for x, y in points)


def test_more_channels_are_wider_and_larger_images_taller() -> None:
    found = inspect(nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 64, 3, 2)), (3, 64, 64))
    image, first, second = blocks_of(found.layers, found.input_shape, found.axes)
    assert image.height > first.height > second.height
    assert image.width < first.width < second.width
    assert image.x < first.x < second.x


def test_frames_are_sheets_unless_they_are_mixed() -> None:
    network = nn.Sequential(nn.Conv3d(3, 4, (1, 3, 3)), nn.Conv3d(4, 4, (3, 1, 1)))
    found = inspect(network, (3, 16, 16, 16))
    image, space, time = blocks_of(found.layers, found.input_shape, found.axes)
    assert (image.frames, space.frames) == (FRAMES, FRAMES)
    assert (image.solid, space.solid, time.solid) == (False, False, True)
    _, *groups = ElementTree.fromstring(svg_of([image, space, time]))
    assert [len(list(group.iter("polygon"))) for group in groups] == [3 * FRAMES, 3 * FRAMES, 3]


def test_large_networks_are_drawn_module_by_module() -> None:
    found = inspect("resnet101")
    blocks = chosen(found.layers)
    assert len(blocks) <= MOST_BLOCKS < len([row for row in found.layers if "conv" in row.kind])
    assert set(NETWORKS) >= {"resnet101"}


def test_names_are_escaped() -> None:
    network = nn.Module()
    network.add_module("<b>", nn.Conv2d(3, 4, 3))
    network.forward = lambda x: getattr(network, "<b>")(x)  # type: ignore[method-assign]
    found = inspect(network, (3, 8, 8))
    svg = svg_of(blocks_of(found.layers, found.input_shape, found.axes))
    assert "&lt;b&gt;" in svg
    assert "<b>" not in svg
    assert legend_of([]) == '<div class="note"></div>'


def test_branches_stand_beside_one_another_and_skips_go_over_what_they_leave_out() -> None:
    found = inspect("resnet18")
    blocks = {block.label: block for block in blocks_of(found.layers, found.input_shape, found.axes)}
    names = list(blocks)
    shortcut, first, last = (blocks[f"layer2.0.{name}"] for name in ("downsample.0", "conv1", "conv2"))
    assert shortcut.place.column == first.place.column
    assert (shortcut.place.lane, first.place.lane, last.place.lane) == (1, 0, 0)
    assert shortcut.base - shortcut.height - shortcut.depth > first.base
    comes = {name: [names[source] for source in block.comes_from] for name, block in blocks.items()}
    assert comes["layer2.0.add"] == ["layer2.0.conv2", "layer2.0.downsample.0"]
    assert comes["layer2.1.add"] == ["layer2.1.conv2", "layer2.0.add"]
    svg = ElementTree.fromstring(svg_of(list(blocks.values())))
    top = float(svg.attrib["viewBox"].split()[1])
    paths = [path.attrib["d"] for path in svg.iter("path")]
    over = [path for path in paths if " V " in path]
    assert (len(paths), len(over)) == (sum(map(len, comes.values())), 5)
    assert all(top < float(number) for path in over for number in re.findall(r"V (-?[\d.]+)", path))


def test_of_a_large_network_the_ways_between_modules_are_drawn() -> None:
    found = inspect("resnet101")
    blocks = blocks_of(found.layers, found.input_shape, found.axes)
    assert {block.place.lane for block in blocks} == {0}
    assert [block.comes_from for block in blocks] == [(), *((place,) for place in range(len(blocks) - 1))]
