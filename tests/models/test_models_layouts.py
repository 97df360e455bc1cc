"""Published weights by other names: each table one-to-one and complete, each file recognised and loaded."""

import copy
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from striate.errors import WeightsError
from striate.models import build, load_weights
from striate.models.layouts import EVERY, IMAGENET, LAYOUTS, Layout, in_our_names, recognised, without_way
from striate.watching import without_numbers

# (network, its options, table, place in the table): each of a table's layouts on a network of its family
USES = (
    ("c3d", {}, "c3d", 0),
    ("i3d_resnet50", {}, "i3d", 0),
    ("i3d_resnet50", {}, "i3d", 1),
    ("i3d_resnet50", {"like": "mmaction2"}, "i3d", 2),
    ("ir_csn_50", {}, "csn", 0),
    ("ip_csn_50", {}, "csn", 1),
    ("x3d_m", {}, "x3d", 0),
    ("x3d_l", {}, "x3d", 1),
    ("x3d_s", {}, "x3d", 2),
    ("slowfast_r50_4x16", {}, "slowfast", 0),
    ("slowfast_r50_8x8", {}, "slowfast", 1),
    ("slowfast_r50_4x16", {"like": "mmaction2"}, "slowfast", 2),
    ("tsm_resnet50", {}, "tsm_resnet", 0),
    ("tsm_resnet50", {}, "tsm_resnet", 1),
    ("tsm_mobilenet_v2", {}, "tsm_mobilenet", 0),
    ("tsm_mobilenet_v2", {}, "tsm_mobilenet", 1),
    ("mobilenet_v2", {}, "timm", 0),
    ("vgg16", {}, "timm", 1),
)
every_use = pytest.mark.parametrize(
    ("name", "options", "family", "place"), USES, ids=[f"{u[0]} {LAYOUTS[u[2]][u[3]].origin}" for u in USES]
)

# Names as the files have them, one or two of each kind of layer.
KNOWN = {
    ("c3d", 0): {"conv3b.bias": "backbone.conv3b.conv.bias", "fc8.weight": "cls_head.fc_cls.weight"},
    ("i3d", 0): {
        "conv1.weight": "s1.pathway0_stem.conv.weight",
        "layer1.0.downsample.1.running_var": "s2.pathway0_res0.branch1_bn.running_var",
        "layer3.5.conv2.weight": "s4.pathway0_res5.branch2.b.weight",
        "layer4.2.bn3.bias": "s5.pathway0_res2.branch2.c_bn.bias",
        "fc.bias": "head.projection.bias",
    },
    ("i3d", 1): {
        "layer1.0.downsample.0.weight": "blocks.1.res_blocks.0.branch1_conv.weight",
        "layer2.3.bn1.weight": "blocks.3.res_blocks.3.branch2.norm_a.weight",
        "fc.weight": "blocks.6.proj.weight",
    },
    ("i3d", 2): {
        "layer2.0.bn2.weight": "backbone.layer2.0.conv2.bn.weight",
        "layer2.0.downsample.0.weight": "backbone.layer2.0.downsample.conv.weight",
    },
    ("csn", 0): {"layer1.0.conv2.weight": "backbone.layer1.0.conv2.0.conv.weight"},
    ("csn", 1): {
        "layer1.0.conv2.0.weight": "backbone.layer1.0.conv2.0.conv.weight",
        "layer1.0.conv2.1.running_mean": "backbone.layer1.0.conv2.0.bn.running_mean",
        "layer1.0.conv2.2.weight": "backbone.layer1.0.conv2.1.conv.weight",
        "layer1.0.bn2.bias": "backbone.layer1.0.conv2.1.bn.bias",
    },
    ("x3d", 0): {
        "conv1_s.weight": "s1.pathway0_stem.conv_xy.weight",
        "conv1_t.weight": "s1.pathway0_stem.conv.weight",
        "layer1.2.se.fc1.bias": "s2.pathway0_res2.branch2.se.fc1.bias",
        "bn5.weight": "head.conv_5_bn.weight",
        "fc1.weight": "head.lin_5.weight",
    },
    ("x3d", 1): {
        "conv1_s.weight": "blocks.0.conv.conv_t.weight",
        "layer2.1.bn2.weight": "blocks.2.res_blocks.1.branch2.norm_b.0.weight",
        "layer2.0.se.fc2.weight": "blocks.2.res_blocks.0.branch2.norm_b.1.block.2.weight",
        "fc1.weight": "blocks.5.pool.post_conv.weight",
    },
    ("x3d", 2): {
        "layer1.0.se.fc2.bias": "backbone.layer1.0.se_module.fc2.bias",
        "fc2.bias": "cls_head.fc2.bias",
    },
    ("slowfast", 0): {
        "stem.fast.conv1.weight": "s1.pathway1_stem.conv.weight",
        "layer1.slow.0.conv1.weight": "s2.pathway0_res0.branch2.a.weight",
        "layer3.link.bn.weight": "s4_fuse.bn.weight",
    },
    ("slowfast", 1): {
        "stem.link.conv.weight": "blocks.0.multipathway_fusion.conv_fast_to_slow.weight",
        "layer4.fast.2.bn3.bias": "blocks.4.multipathway_blocks.1.res_blocks.2.branch2.norm_c.bias",
    },
    ("slowfast", 2): {
        "layer1.fast.0.conv2.weight": "backbone.fast_path.layer1.0.conv2.conv.weight",
        "layer2.link.conv.weight": "backbone.slow_path.layer2_lateral.conv.weight",
    },
    ("tsm_resnet", 0): {
        "conv1.weight": "base_model.conv1.weight",
        "layer4.0.downsample.1.bias": "base_model.layer4.0.downsample.1.bias",
        "fc.weight": "new_fc.weight",
    },
    ("tsm_resnet", 1): {"layer1.0.conv1.weight": "backbone.layer1.0.conv1.conv.weight"},
    ("tsm_mobilenet", 0): {
        "features.0.1.weight": "base_model.features.0.1.weight",
        "features.1.conv.1.weight": "base_model.features.1.conv.3.weight",
        "features.3.conv.0.0.weight": "base_model.features.3.conv.0.weight",
        "features.17.conv.3.running_mean": "base_model.features.17.conv.7.running_mean",
        "classifier.1.bias": "new_fc.bias",
    },
    ("tsm_mobilenet", 1): {
        "features.1.conv.2.bias": "backbone.layer1.0.conv.1.bn.bias",
        "features.3.conv.0.0.weight": "backbone.layer2.1.conv.0.conv.weight",
        "features.17.conv.1.1.weight": "backbone.layer7.0.conv.1.bn.weight",
        "features.18.0.weight": "backbone.conv2.conv.weight",
    },
    ("timm", 0): {
        "features.0.0.weight": "conv_stem.weight",
        "features.0.1.bias": "bn1.bias",
        "features.1.conv.0.0.weight": "blocks.0.0.conv_dw.weight",
        "features.1.conv.0.1.running_var": "blocks.0.0.bn1.running_var",
        "features.1.conv.1.weight": "blocks.0.0.conv_pw.weight",
        "features.1.conv.2.bias": "blocks.0.0.bn2.bias",
        "features.3.conv.0.0.weight": "blocks.1.1.conv_pw.weight",
        "features.3.conv.0.1.bias": "blocks.1.1.bn1.bias",
        "features.17.conv.1.0.weight": "blocks.6.0.conv_dw.weight",
        "features.17.conv.1.1.bias": "blocks.6.0.bn2.bias",
        "features.17.conv.2.weight": "blocks.6.0.conv_pwl.weight",
        "features.17.conv.3.running_mean": "blocks.6.0.bn3.running_mean",
        "features.18.0.weight": "conv_head.weight",
        "features.18.1.weight": "bn2.weight",
        "classifier.1.weight": "classifier.weight",
    },
    ("timm", 1): {
        "features.28.bias": "features.28.bias",
        "classifier.0.weight": "pre_logits.fc1.weight",
        "classifier.3.bias": "pre_logits.fc2.bias",
        "classifier.6.weight": "head.fc.weight",
    },
}


@cache
def wanted(name: str, like: str | None) -> dict[str, Tensor]:
    with without_numbers():
        network = build(name, classes=7, **({} if like is None else {"like": like}))
    return without_way(network.state_dict())


def test_every_layout_is_used_here() -> None:
    assert {(family, place) for _, _, family, place in USES} == {
        (family, place) for family, table in LAYOUTS.items() for place in range(len(table))
    }


@every_use
def test_tables_are_complete_and_one_to_one(
    name: str, options: dict[str, str], family: str, place: int
) -> None:
    ours, layout = wanted(name, options.get("like")), LAYOUTS[family][place]
    theirs = layout.names(ours)
    assert set(theirs) == set(ours), "a parameter that no rule reaches"
    assert len(set(theirs.values())) == len(theirs), "two parameters under one name"
    assert theirs.items() >= KNOWN[family, place].items()


def lacks(layout: Layout, name: str) -> bool:
    """Whether their network does without our parameter."""
    return name.rpartition(".")[0] in layout.absent


@every_use
def test_files_are_recognised_by_their_names(
    name: str, options: dict[str, str], family: str, place: int
) -> None:
    ours, layout = wanted(name, options.get("like")), LAYOUTS[family][place]
    state = {theirs: ours[mine] for mine, theirs in layout.names(ours).items() if not lacks(layout, mine)}
    assert recognised(state, ours, EVERY) == layout
    assert recognised(ours, ours, EVERY) is None


def test_rules_shift_numbers() -> None:
    layout = Layout("someone", IMAGENET, {"stage{s}.{b}.bn": "s{s+2}.{b}.norm", "fc": "out"})
    names = layout.names(["stage1.12.bn.weight", "fc.bias", "stage1.12.conv.weight", "xfc.bias"])
    assert names == {"stage1.12.bn.weight": "s3.12.norm.weight", "fc.bias": "out.bias"}


def test_a_convolution_of_a_whole_map_is_a_linear_layer() -> None:
    """timm's VGG keeps its fully connected layers so; the order of the inputs is the same."""
    with without_numbers():
        network = build("vgg16", classes=7)
    state = file_of(network, LAYOUTS["timm"][1])
    state["pre_logits.fc1.weight"] = state["pre_logits.fc1.weight"].view(4096, 512, 7, 7)
    state["pre_logits.fc2.weight"] = state["pre_logits.fc2.weight"].view(4096, 4096, 1, 1)
    found, notes, layout = in_our_names(state, network, EVERY)
    assert (notes, layout) == ((), LAYOUTS["timm"][1])
    assert {name: one.shape for name, one in found.items()} == {
        name: one.shape for name, one in network.state_dict().items()
    }
    weight, seen = torch.rand(3, 2, 4, 4), torch.rand(1, 2, 4, 4)
    there, here = nn.functional.conv2d(seen, weight), nn.functional.linear(seen.flatten(1), weight.flatten(1))
    torch.testing.assert_close(there.flatten(1), here)


def test_timms_mobilenet_goes_both_ways() -> None:
    source = grown("mobilenet_v2")
    state = file_of(source, LAYOUTS["timm"][0])
    twin = blank(source)
    report = load_weights(twin, state)
    assert same(twin, source)
    assert (report.loaded, report.untrained, report.notes) == (tuple(source.state_dict()), (), ())
    assert file_of(twin, LAYOUTS["timm"][0]).keys() == state.keys()


@cache
def grown(name: str, like: str | None = None) -> nn.Module:
    """No weight of it is as another one's; drawing them as its builder does takes several times as long."""
    torch.manual_seed(0)
    with without_numbers():
        network = build(name, classes=7, **({} if like is None else {"like": like}))
    network.to_empty(device="cpu")
    for tensor in network.state_dict().values():
        if tensor.ndim > 1:
            tensor.uniform_(-1, 1).mul_(tensor[0].numel() ** -0.5)
        elif tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
        else:
            tensor.zero_()
    return network.eval()


def file_of(network: nn.Module, layout: Layout, wrap: Callable[[str], str] = str) -> dict[str, Tensor]:
    """The network's weights as the publisher's file would hold them."""
    ours = without_way(network.state_dict())
    return {
        wrap(theirs): ours[mine].clone()
        for mine, theirs in layout.names(ours).items()
        if not lacks(layout, mine)
    }


def same(network: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in network.state_dict().items())


def blank(network: nn.Module) -> nn.Module:
    twin = copy.deepcopy(network)
    for tensor in twin.state_dict().values():
        tensor.fill_(7)
    return twin


@pytest.mark.parametrize("place", [0, 2])
def test_x3d_from_a_checkpoint(place: int, tmp_path: Path) -> None:
    """PySlowFast keeps weights under model_state, and linear layers as 1×1×1 convolutions."""
    source = grown("x3d_s")
    state = file_of(source, LAYOUTS["x3d"][place])
    if place == 0:
        state["head.lin_5.weight"] = state["head.lin_5.weight"].view(2048, 432, 1, 1, 1)
    torch.save({"epoch": 3, "model_state": state}, tmp_path / "x3d_s.pyth")
    twin = blank(source)
    report = load_weights(twin, tmp_path / "x3d_s.pyth")
    assert same(twin, source)
    assert report.loaded == tuple(source.state_dict())
    assert (report.untrained, report.notes) == ((), ())


def test_pytorchvideos_x3d_lacks_a_norm_which_becomes_the_identity() -> None:
    source = copy.deepcopy(grown("x3d_s"))
    source.get_submodule("layer1.0.downsample")[1] = nn.Identity()
    network = blank(grown("x3d_s")).eval()
    report = load_weights(network, file_of(source, LAYOUTS["x3d"][1]), source_name="X3D_S.pyth")
    assert report.notes == (
        "layer1.0.downsample.1: PyTorchVideo's network has no norm here, so it starts as the identity",
    )
    clip = torch.randn(1, 3, 4, 32, 32)
    torch.testing.assert_close(network(clip), source(clip))
    assert network.get_submodule("layer1.0.downsample.1").weight[0].item() == pytest.approx(
        math.sqrt(1 + 1e-5)
    )


def test_mmaction2_puts_the_fast_pathway_first_in_the_head() -> None:
    source = grown("slowfast_r50_4x16", "mmaction2")
    state = file_of(source, LAYOUTS["slowfast"][2])
    slow_first = state["cls_head.fc_cls.weight"]
    state["cls_head.fc_cls.weight"] = torch.cat([slow_first[:, 2048:], slow_first[:, :2048]], dim=1)
    twin = blank(source)
    load_weights(twin, state)
    assert same(twin, source)


@pytest.mark.parametrize(
    ("name", "family"), [("tsm_resnet50", "tsm_resnet"), ("tsm_mobilenet_v2", "tsm_mobilenet")]
)
@pytest.mark.parametrize("place", [0, 1])
def test_shifted_convolutions_are_unwrapped(name: str, family: str, place: int, tmp_path: Path) -> None:
    """The first convolution of a residual branch lies under `net`, and DataParallel puts `module.` before."""

    def wrapped(theirs: str) -> str:
        layer, _, parameter = theirs.rpartition(".")
        shifts = layer.endswith(("conv1.conv", ".conv1")) and ".layer" in layer
        return f"module.{layer}{'.net' * shifts}.{parameter}"

    source = grown(name)
    state = file_of(source, LAYOUTS[family][place], wrapped)
    torch.save({"epoch": 50, "arch": "resnet50", "state_dict": state}, tmp_path / "ckpt.pth.tar")
    twin = blank(source)
    report = load_weights(twin, tmp_path / "ckpt.pth.tar")
    assert same(twin, source)
    assert report.notes == ()


def test_the_same_file_goes_into_other_ways_through_time() -> None:
    source = grown("tsm_resnet50")
    state = file_of(source, LAYOUTS["tsm_resnet"][1])
    frames = build("resnet50", classes=3, time="2d")
    report = load_weights(frames, state, source_name="tsm.pth")
    assert report.untrained == ("backbone.fc.weight", "backbone.fc.bias")
    image = build("resnet50", classes=7)
    load_weights(image, state)
    assert torch.equal(image.get_submodule("fc").weight, source.get_submodule("backbone.fc").weight)


def test_weights_of_images_are_inflated_into_i3d() -> None:
    torch.manual_seed(0)
    source, network = build("resnet50", classes=7), build("i3d_resnet50", classes=7)
    report = load_weights(network, source.state_dict())
    assert (report.untrained, report.notes) == ((), ())
    assert report.loaded == tuple(network.state_dict())
    for name in ("conv1", "layer1.0.conv1", "layer2.1.conv1", "layer3.0.conv2"):
        kernels = network.get_submodule(name).weight
        torch.testing.assert_close(kernels.sum(dim=2), source.get_submodule(name).weight)
        assert torch.equal(kernels[:, :, :1], kernels[:, :, -1:])


def test_another_number_of_classes_and_grey_clips() -> None:
    source = grown("slowfast_r50_4x16", "mmaction2")
    network = build("slowfast_r50_4x16", classes=3, channels=1, like="mmaction2")
    report = load_weights(network, file_of(source, LAYOUTS["slowfast"][2]), source_name="a.pth")
    assert report.untrained == ("fc.weight", "fc.bias")
    assert [note.split(":")[0] for note in report.notes] == ["stem.slow.conv1", "fc", "stem.fast.conv1"]


def test_what_does_not_fit_is_told_in_our_names() -> None:
    state = file_of(grown("slowfast_r50_4x16"), LAYOUTS["slowfast"][0])
    del state["s1_fuse.bn.weight"]
    state["cfg.more"] = torch.zeros(2)
    with without_numbers():
        network = build("slowfast_r50_8x8", classes=7)
    with pytest.raises(WeightsError) as raised:
        load_weights(network, state, source_name="4x16.pyth")
    assert raised.value.table == (
        ("stem.link.bn.weight", "absent", "16"),
        ("stem.link.conv.weight", "16×8×5×1×1", "16×8×7×1×1"),
        ("layer1.link.conv.weight", "64×32×5×1×1", "64×32×7×1×1"),
        ("layer2.link.conv.weight", "128×64×5×1×1", "128×64×7×1×1"),
        ("layer3.link.conv.weight", "256×128×5×1×1", "256×128×7×1×1"),
        ("cfg.more", "2", "absent"),
    )


# Per channel in [0, 1], as each publisher's configuration states it; C3D's and CSN's stand there in [0, 255].
PUBLISHED = {
    "c3d": {"MMAction2": ((104 / 255, 117 / 255, 128 / 255), (1 / 255,) * 3)},
    "csn": {"MMAction2": ((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))},
    "i3d": {
        "PySlowFast": ((0.45,) * 3, (0.225,) * 3),
        "PyTorchVideo": ((0.45,) * 3, (0.225,) * 3),
        "MMAction2": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    },
    "x3d": {
        "PySlowFast": ((0.45,) * 3, (0.225,) * 3),
        "PyTorchVideo": ((0.45,) * 3, (0.225,) * 3),
        "MMAction2": ((114.75 / 255,) * 3, (57.38 / 255,) * 3),
    },
    "slowfast": {
        "PySlowFast": ((0.45,) * 3, (0.225,) * 3),
        "PyTorchVideo": ((0.45,) * 3, (0.225,) * 3),
        "MMAction2": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    },
    "tsm_resnet": dict.fromkeys(("mit-han-lab", "MMAction2"), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))),
    "tsm_mobilenet": dict.fromkeys(
        ("mit-han-lab", "MMAction2"), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    ),
    "timm": {"timm": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))},
}


@pytest.mark.parametrize("family", LAYOUTS)
def test_pixels_are_normalised_as_the_publisher_does(family: str) -> None:
    for layout in LAYOUTS[family]:
        mean, std = PUBLISHED[family][layout.origin]
        assert layout.pixels.mean == pytest.approx([255 * value for value in mean], abs=1e-9)
        assert layout.pixels.std == pytest.approx([255 * value for value in std], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "time", "whose"),
    [
        ("resnet18", None, "ImageNet's"),
        ("mobilenet_v2", "tsm", "ImageNet's"),
        ("resnet18", "2plus1d", "ImageNet's"),
        ("r3d_18", None, "Kinetics'"),
        ("mc3_18", None, "Kinetics'"),
        ("r2plus1d_18", None, "Kinetics'"),
        ("i3d_resnet50", None, "ImageNet's"),  # of images, which it inflates
    ],
)
def test_under_our_own_names_weights_are_of_torchvision(name: str, time: str | None, whose: str) -> None:
    network = build(name, classes=3, time=time)
    assert load_weights(network, network.state_dict()).pixels.whose == whose


def test_how_pixels_are_told() -> None:
    assert str(LAYOUTS["c3d"][0].pixels) == "C3D's mean 104, 117, 128 and deviation 1 of 255"
    assert str(LAYOUTS["x3d"][0].pixels) == "PySlowFast's mean 114.8 and deviation 57.38 of 255"
    assert LAYOUTS["x3d"][2].pixels.to_json() == {
        "mean": [114.75] * 3,
        "std": [57.38] * 3,
        "whose": "X3D's in MMAction2",
    }
