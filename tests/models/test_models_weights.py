"""Weights into networks they were not made for: what is bridged, what is said, what is refused untouched."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from striate.errors import WeightsError
from striate.models import build, load_weights, save_weights


def tiny(classes: int = 4, channels: int = 3, size: int = 8, **options: object) -> nn.Module:
    return build("plain", classes=classes, channels=channels, size=size, widths=(6,), hidden=(5,), **options)


def copy_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(network: nn.Module, state: dict[str, Tensor]) -> bool:
    return all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_weights_that_fit(tmp_path: Path) -> None:
    source, network = tiny(), tiny()
    save_weights(source, tmp_path / "a.safetensors")
    report = load_weights(network, tmp_path / "a.safetensors")
    assert same(network, copy_of(source))
    assert report.loaded == tuple(source.state_dict())
    assert report.source == str(tmp_path / "a.safetensors")
    assert (report.untrained, report.notes) == ((), ())


@pytest.mark.parametrize(("backbone", "head"), [("plain", "fc2"), ("squeezenet1_1", "classifier.1")])
def test_another_number_of_classes_leaves_the_head_fresh(backbone: str, head: str) -> None:
    source, network = (build(backbone, classes=classes, size=32) for classes in (10, 3))
    before = copy_of(network)
    report = load_weights(network, source.state_dict(), source_name="imagenet.pth")
    assert report.untrained == (f"{head}.weight", f"{head}.bias")
    assert report.notes == (f"{head}: a fresh head, as imagenet.pth knows 10 classes and this network 3",)
    expected = copy_of(source) | {name: before[name] for name in report.untrained}
    assert same(network, expected)
    assert not set(report.loaded) & set(report.untrained)
    assert set(report.loaded) | set(report.untrained) == set(before)


def test_rgb_weights_on_grey_images_say_the_same_of_them() -> None:
    rgb, grey = tiny(channels=3), tiny(channels=1)
    report = load_weights(grey, rgb.state_dict(), source_name="a.pth")
    images = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(grey(images), rgb(images.expand(2, 3, 8, 8)))
    assert report.notes == ("conv1: the RGB kernels of a.pth are summed over colour, for grey images",)


def test_grey_weights_on_rgb_images_see_their_mean() -> None:
    rgb, grey = tiny(channels=3), tiny(channels=1)
    report = load_weights(rgb, grey.state_dict(), source_name="a.pth")
    images = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(rgb(images), grey(images.mean(dim=1, keepdim=True)))
    assert report.notes == ("conv1: the grey kernels of a.pth are divided by 3 and repeated, for RGB images",)


def test_both_at_once_and_the_state_given_is_not_changed() -> None:
    source, network = tiny(classes=10), tiny(classes=2, channels=1)
    state = copy_of(source)
    report = load_weights(network, state)
    assert [note.split(":")[0] for note in report.notes] == ["conv1", "fc2"]
    assert same(source, state)
    assert state["conv1.weight"].shape == (6, 3, 3, 3)


def test_the_report_as_json() -> None:
    report = load_weights(tiny(classes=2), tiny().state_dict(), source_name="a.pth")
    assert json.loads(json.dumps(report.to_json())) == {
        "source": "a.pth",
        "loaded": ["conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"],
        "untrained": ["fc2.weight", "fc2.bias"],
        "notes": ["fc2: a fresh head, as a.pth knows 4 classes and this network 2"],
        "pixels": {
            "mean": [123.675, 116.28, 103.53],
            "std": [58.395, 57.12, 57.375],
            "whose": "ImageNet's",
        },
    }


def test_files_from_before_batch_norm_counted_batches() -> None:
    source, network = (build("resnet18", classes=3) for _ in range(2))
    state = {name: t for name, t in source.state_dict().items() if not name.endswith("num_batches_tracked")}
    report = load_weights(network, state)
    assert same(network, copy_of(source))
    assert report.notes == ()


def refused(network: nn.Module, state: dict[str, Tensor]) -> WeightsError:
    before = copy_of(network)
    with pytest.raises(WeightsError) as raised:
        load_weights(network, state, source_name="a.pth")
    assert same(network, before)
    return raised.value


def test_missing_unexpected_and_misshapen_are_told_and_nothing_is_loaded() -> None:
    state = tiny().state_dict()
    state["more"] = state.pop("fc1.bias")
    state["conv1.weight"] = torch.zeros(6, 3, 5, 5)
    error = refused(tiny(), state)
    assert str(error) == (
        "a.pth does not fit this network (1 missing, 1 misshapen, 1 unexpected): fc1.bias, to begin with, is "
        "absent in the file and 5 in the network; build the network that the weights are of"
    )
    assert error.table == (
        ("fc1.bias", "absent", "5"),
        ("conv1.weight", "6×3×5×5", "6×3×3×3"),
        ("more", "5", "absent"),
    )


def test_a_head_of_other_features_is_misshapen_not_fresh() -> None:
    error = refused(tiny(), {**tiny().state_dict(), "fc2.weight": torch.zeros(10, 7)})
    assert error.table == (("fc2.weight", "10×7", "4×5"),)


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_are_not_bridged(channels: int) -> None:
    error = refused(tiny(), tiny(channels=channels).state_dict())
    assert error.table == (("conv1.weight", f"6×{channels}×3×3", "6×3×3×3"),)


def test_whole_numbers_do_not_become_weights() -> None:
    state = {**tiny().state_dict(), "fc1.bias": torch.zeros(5, dtype=torch.int8)}
    assert refused(tiny(), state).table == (("fc1.bias", "5 int8", "5"),)


def test_a_count_that_the_network_lacks_is_unexpected() -> None:
    state = {**tiny().state_dict(), "bn.num_batches_tracked": torch.tensor(3)}
    assert refused(tiny(), state).table == (("bn.num_batches_tracked", "one number int64", "absent"),)


def test_weights_of_another_image_size() -> None:
    error = refused(tiny(size=8), tiny(size=16).state_dict())
    assert error.table == (("fc1.weight", "5×384", "5×96"),)


def test_a_network_without_head_or_stem_takes_only_what_fits() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    load_weights(network, copy_of(network))
    error = refused(network, {**copy_of(network), "0.weight": torch.zeros(4, 2)})
    assert error.table == (("0.weight", "4×2", "3×2"),)


def test_half_precision_weights_become_the_networks() -> None:
    source, network = tiny(), tiny()
    load_weights(network, {name: tensor.half() for name, tensor in source.state_dict().items()})
    assert network.get_submodule("conv1").weight.dtype == torch.float32
    torch.testing.assert_close(network.state_dict(), source.state_dict(), rtol=1e-3, atol=1e-4)
