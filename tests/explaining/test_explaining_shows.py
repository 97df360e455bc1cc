"""Pictures: what they show, on images and clips, and that the network is as it was."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from explaining_networks import clip_network, image_network, numbers, seeded
from torch import nn

import striate
from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.picture import draw
from striate.explaining.pictures.catalogue import SHOWS
from striate.training.train import Run


def mean_of_a_corner() -> nn.Module:
    """Scores that look only at the upper left 2×2 pixels, for class 1, and at nothing for class 0."""
    conv = nn.Conv2d(1, 2, 1, bias=False)
    fc = nn.Linear(2 * 16, 2, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, 0.5]).view(2, 1, 1, 1))
        fc.weight.zero_()
        fc.weight.view(2, 2, 4, 4)[1, :, :2, :2] = 1
    return nn.Sequential(conv, nn.Flatten(), fc)


def test_integrated_gradients_add_up_and_lie_where_the_network_looks() -> None:
    x = numbers(1, 1, 4, 4).abs()
    (picture,) = explain(mean_of_a_corner(), x, show=["integrated-gradients"], target=1).pictures
    assert picture.facts["sum"] == pytest.approx(picture.facts["rise"], rel=1e-5)
    heat = picture.tiles[0]
    assert np.allclose(heat[:2, :2], 1.5 * x[0, 0, :2, :2].numpy(), atol=1e-5)
    assert not heat[2:].any()
    assert not heat[:, 2:].any()


def test_occlusion_finds_what_the_network_looks_at() -> None:
    x = torch.ones(1, 1, 4, 4)
    (picture,) = explain(mean_of_a_corner(), x, show=["occlusion"], target=1).pictures
    assert (picture.tiles[0][:2, :2] > 0).all()
    assert not picture.tiles[0][2:].any()


def test_grad_cam_is_the_weighted_sum_of_the_maps() -> None:
    x = numbers(1, 1, 4, 4).abs()
    (picture,) = explain(mean_of_a_corner(), x, layer="0", show=["grad-cam"], target=1).pictures
    share = 4 / 16  # each map has a gradient of 1 at four of sixteen places; the maps are x and x/2
    assert np.allclose(picture.tiles[0], share * 1.5 * x[0, 0].numpy(), atol=1e-5)


def test_maps_and_filters_are_the_layers_own() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    maps, filters = explain(network, x, layer="4", filter=3, show=["maps", "filters"]).pictures
    output = network[:5](x)[0].detach().numpy()  # type: ignore[index]
    assert np.allclose(maps.tiles, output, atol=1e-5)
    assert len(filters.tiles) == 6
    assert filters.tiles[2][0, 0] == float(network[4].weight[3, 2, 0, 0].detach())  # type: ignore[index]


def test_a_picture_per_frame_of_a_clip() -> None:
    x = numbers(1, 8, 4, 8, 8)
    pictures = explain(clip_network(), x, show=["grad-cam", "integrated-gradients", "occlusion"]).pictures
    assert [len(picture.tiles) for picture in pictures] == [4, 4, 4]
    assert all(draw(picture).width > 100 for picture in pictures)


def test_the_effective_field_lies_within_the_theoretical_one() -> None:
    network = seeded(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)))
    found = explain(network, numbers(2, 1, 9, 9), layer="1", filter=0, at=(4, 4), show=["effective-field"])
    (picture,) = found.pictures
    assert picture.marks == ((2, 2, 6, 6),)
    assert picture.facts["theoretical"] == [5, 5]
    assert 0 < picture.facts["effective"] <= 5
    inside = picture.tiles[0][2:7, 2:7]
    assert inside.sum() == pytest.approx(picture.tiles[0].sum())


def test_the_largest_activations_over_the_data_of_a_run(digits_run: Run) -> None:
    (picture,) = explain(
        digits_run.path, "digits/test/17", layer="conv1", filter=2, show=["largest"]
    ).pictures
    network = striate.load(digits_run.path)
    from striate.evaluating.run_model import open_run

    images = striate.open_data("digits").splits["test"]
    answers = network.conv1(open_run(digits_run.path).normalise(images.take(range(len(images)))))[:, 2]
    best = int(answers.amax((1, 2)).argmax())
    assert picture.names[0].startswith(f"{best}: ")
    assert np.array_equal(picture.tiles[0], images.take([best]).numpy()[0, 0])


def test_before_and_after_an_update(digits_run: Run) -> None:
    found = explain(
        digits_run.path, "digits/test/17", layer="conv1", weight=(3, 0, 1, 1), show=["update"], rate=0.1
    )
    before, after, change, maps = found.pictures
    assert found.gradient is not None
    assert found.gradient.update is not None
    assert np.allclose(after.tiles[3], found.gradient.update.new, atol=1e-6)
    assert np.allclose(after.tiles[3] - before.tiles[3], change.tiles[3])
    assert maps.facts["change"] > 0


@pytest.mark.parametrize("name", SHOWS)
def test_the_network_is_as_it_was(name: str) -> None:
    network = image_network()
    before = deepcopy(network.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    explain(network, numbers(2, 4, 9, 8)[:, :4], layer="0", show=[name], label=1, optimizer=optimizer)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(not one._forward_hooks for one in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"show": ["maps"]}, r"^which layer is to be shown\? give --layer, one of 0, 1, 2, 3"),
        (
            {"show": ["maps"], "layer": "15"},
            r"^15 gives no maps: its output for an input has shape \(3,\), not C×H×W$",
        ),
        ({"show": ["filters"], "layer": "3"}, r"^3 is a MaxPool2d: it has no filters to draw$"),
        (
            {"show": ["update"], "layer": "0", "label": 1},
            r"^an update needs an optimiser: explain a run, or give",
        ),
        ({"show": ["grad-cam"], "target": 5}, r"^unknown class '5': known: 0, 1, 2$"),
        (
            {"show": ["grad-cam"], "layer": "15"},
            r"^Grad-CAM needs maps: the output of 15 has shape \(1, 3\)$",
        ),
    ],
)
def test_what_cannot_be_shown(asked: dict[str, object], expected: str) -> None:
    with pytest.raises((ArgumentError, NetworkError), match=expected):
        explain(image_network(), numbers(1, 4, 9, 8), **asked)  # type: ignore[arg-type]
