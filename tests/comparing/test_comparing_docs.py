"""docs/eight-ways.md is code that runs, and its pictures are what the script draws."""

import doctest
import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from striate.comparing.costs import streams
from striate.models import WAYS, NetworkSpec, build, through_time

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "eight-ways.md").read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_the_tools() -> None:
    result = doctest.testfile(str(DOCS / "eight-ways.md"), module_relative=False, encoding="utf-8")
    assert result.attempted >= 10
    assert not result.failed


def test_the_worked_out_numbers_are_those_of_the_table() -> None:
    rows = re.findall(r"^(\S+) +([\d,]{7,}) +([\d,]{7,}) +[\d,]{7,} +[\d,]{7,}$", TEXT, re.MULTILINE)
    assert [name for name, *_ in rows] == list(WAYS)
    for name, parameters, macs in rows:
        for figure in (parameters, macs):
            assert f"**{figure}**" in TEXT, (name, figure)


def test_every_picture_is_there_and_as_drawn() -> None:
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", TEXT))
    assert shown == {f"pictures/way-{way}.svg" for way in WAYS} | {"pictures/compare.png"}
    spec = spec_from_file_location("draw_ways", DOCS / "pictures" / "draw_ways.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for picture in module.pictures():
        assert (DOCS / "pictures" / f"way-{picture.way}.svg").read_text(encoding="utf-8") == picture.svg()
    assert all((DOCS / name).is_file() for name in shown)


def maps_of(network: nn.Module, clips: Tensor) -> dict[str, Tensor]:
    """What each convolution and shift gives, frames folded out."""
    found: dict[str, Tensor] = {}
    frames = clips.shape[2] if clips.dim() == 5 else 1

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            folded = output.dim() == 4
            found[name] = output.unflatten(0, (-1, frames)).transpose(1, 2) if folded else output

        return hook

    handles = [
        module.register_forward_hook(keep(name))
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Conv3d)
    ]
    with torch.no_grad():
        network(clips)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("backbone", ["plain", "resnet18"])
@pytest.mark.parametrize("way", ["tsm", "3d", "2plus1d"])
@pytest.mark.parametrize("causal", [True, False])
def test_a_new_frame_costs_one_frame_of_a_causal_network_and_the_clip_of_another(
    way: str, backbone: str, causal: bool
) -> None:
    torch.manual_seed(3)
    network = build(backbone, classes=4, channels=1, size=32, time=way, causal=causal).eval()
    clips = torch.rand(1, 1, 9, 32, 32)
    longer, shorter = maps_of(network, clips), maps_of(network, clips[:, :, :-1])
    same = [
        torch.allclose(longer[name][:, :, : maps.shape[2]], maps, atol=1e-5) for name, maps in shorter.items()
    ]
    assert all(same) == causal
    assert streams(network_spec(backbone, way, causal)) == causal


@pytest.mark.parametrize("way", WAYS)
def test_what_the_table_says_of_a_new_frame_is_what_compare_counts(way: str) -> None:
    (line,) = re.findall(rf"^\|[^|]*`{way}`.*\| ([^|]+) \|$", TEXT.split("## The numbers")[0], re.MULTILINE)
    while line.startswith("as `"):
        (line,) = re.findall(rf"^\| {line[3:]} .*\| ([^|]+) \|$", TEXT, re.MULTILINE)
    assert streams(network_spec("plain", way, False)) == line.startswith("one frame")
    if way in ("tsm", "3d", "2plus1d"):
        assert line.startswith("causal: one frame")
        assert streams(network_spec("plain", way, True))


def network_spec(backbone: str, way: str, causal: bool) -> NetworkSpec:
    return NetworkSpec(backbone, 4, 1, 32, {}, time=way, causal=causal)


def test_away_from_its_ends_a_still_clip_has_the_maps_of_its_picture() -> None:
    torch.manual_seed(5)
    image_network = build("resnet18", classes=4, channels=1, size=32).eval()
    network = through_time(image_network, "3d", classes=4).eval()
    picture = torch.rand(1, 1, 32, 32)
    still = maps_of(network, picture[:, :, None].expand(-1, -1, 37, -1, -1))
    alone = maps_of(image_network, picture)
    assert len(still) == len(alone) == 20
    for ours, theirs in zip(still.values(), alone.values(), strict=True):
        torch.testing.assert_close(ours[:, :, 18], theirs[:, :, 0], rtol=1e-4, atol=1e-4)
        assert (ours[:, :, 0] - theirs[:, :, 0]).abs().max() > 1e-3


def test_the_state_of_a_causal_shift_is_an_eighth_of_its_channels() -> None:
    network = build("plain", classes=8, channels=1, size=32, time="tsm", causal=True).eval()
    shifted = [module for module in network.modules() if type(module).__name__ == "TemporalShift"]
    maps = maps_of(network, torch.rand(1, 1, 2, 32, 32))
    channels, side = next(iter(maps.values())).shape[1], next(iter(maps.values())).shape[-1]
    assert (len(shifted), channels // 8, side // 2) == (1, 4, 16)
    assert "4 maps of 16×16" in TEXT
