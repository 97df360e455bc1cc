"""The clip networks as their publishers build them, for `clip_witness.py`: each with the names of its files.

Every peer takes clips (N, 3, T, H, W) and gives scores, or what it makes of them in evaluation.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

for missing in ("torchvision._meta_registrations", "torchvision.transforms.functional_tensor"):
    sys.modules[missing] = ModuleType("empty")  # asks for a CUDA build; is gone

# ruff: noqa: E402
import mmcv
from torch import Tensor, nn

Peer = Callable[[], nn.Module]
CLASSES = 400


def pytorchvideo(name: str, **options: Any) -> Peer:
    return lambda: getattr(import_module("pytorchvideo.models.hub"), name)(pretrained=False, **options)


class TwoClips(nn.Module):
    """Gives a two-pathway network its slow clip, which the data loaders of these packages make."""

    def __init__(self, network: nn.Module, places: Callable[[int], list[int]]) -> None:
        super().__init__()
        self.network, self.places = network, places

    def forward(self, clip: Tensor) -> Tensor:
        return self.network([clip[:, :, self.places(clip.shape[2])], clip])


class OneClip(nn.Module):
    """PySlowFast takes a list of pathways."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clip: Tensor) -> Tensor:
        return self.network([clip])


def pyslowfast(architecture: str, **settings: Any) -> Peer:
    def make() -> nn.Module:
        detectron = ModuleType("detectron2.layers")
        detectron.ROIAlign = None  # type: ignore[attr-defined]
        sys.modules.update({"detectron2": ModuleType("detectron2"), "detectron2.layers": detectron})
        config = import_module("slowfast.config.defaults").get_cfg()
        config.MODEL.ARCH = architecture
        config.merge_from_list(
            [part for pair in settings.items() for part in (pair[0].replace("__", "."), pair[1])]
        )
        builder = import_module("slowfast.models.video_model_builder")
        return (builder.SlowFastModel if architecture == "slowfast" else builder.ResNetModel)(config)

    return make


class MMAction2(nn.Module):
    """A backbone and a head of MMAction2, without its recogniser."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.cls_head = backbone, head

    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.cls_head(self.backbone(clip))
        return scores


class MMAction2OnFrames(MMAction2):
    """The same for networks that take the frames of all clips in a row."""

    def forward(self, clip: Tensor) -> Tensor:
        features = self.backbone(clip.transpose(1, 2).flatten(0, 1))
        scores: Tensor = self.cls_head(features, clip.shape[2])
        return scores


def mmaction2(
    backbone: str, head: str, channels: int, *, on_frames: bool = False, flat: bool = False, **options: Any
) -> Peer:
    def make() -> nn.Module:
        _stub_mmaction2()
        body = _found("backbones", backbone)(**options)
        top = _found("heads", head)(
            num_classes=CLASSES, in_channels=channels, spatial_type=None if flat else "avg"
        )
        return (MMAction2OnFrames if on_frames else MMAction2)(body, top)

    return make


def _stub_mmaction2() -> None:
    """Its packages without their `__init__`, which would want all it depends on."""
    mmcv.__version__ = "2.1.0"  # all it checks
    (root,) = import_module("mmaction").__path__
    for package in ("models", "models.backbones", "models.heads"):
        module = ModuleType(f"mmaction.{package}")
        module.__path__ = [str(Path(root, *package.split(".")))]
        sys.modules.setdefault(f"mmaction.{package}", module)
    models = import_module("mmaction.registry").MODELS
    models.register_module("CrossEntropyLoss", force=True, module=nn.CrossEntropyLoss)  # what heads ask for


def _found(package: str, name: str) -> Any:
    """`resnet3d.ResNet3d`: the class in the module."""
    module, _, kind = name.partition(".")
    return getattr(import_module(f"mmaction.models.{package}.{module}"), kind)


def _mm_slowfast(tau: int, kernel: int) -> Peer:
    common = {"depth": 50, "pretrained": None, "conv1_stride_t": 1, "pool1_stride_t": 1, "norm_eval": False}
    slow = {"lateral": True, "fusion_kernel": kernel, "conv1_kernel": (1, 7, 7), "dilations": (1, 1, 1, 1)}
    return mmaction2(
        "resnet3d_slowfast.ResNet3dSlowFast",
        "slowfast_head.SlowFastHead",
        2304,
        pretrained=None,
        resample_rate=tau,
        speed_ratio=tau,
        channel_ratio=8,
        slow_pathway={"type": "resnet3d", "inflate": (0, 0, 1, 1), **slow, **common},
        fast_pathway={
            "type": "resnet3d",
            "lateral": False,
            "base_channels": 8,
            "conv1_kernel": (5, 7, 7),
            **common,
        },
    )


def _mm_csn(kind: str) -> Peer:
    return mmaction2(
        "resnet3d_csn.ResNet3dCSN",
        "i3d_head.I3DHead",
        2048,
        depth=50,
        pretrained=None,
        pretrained2d=False,
        with_pool2=False,
        bottleneck_mode=kind,
        norm_eval=False,
        zero_init_residual=False,
    )


_I3D = {
    "depth": 50,
    "pretrained": None,
    "pretrained2d": False,
    "conv1_kernel": (5, 7, 7),
    "conv1_stride_t": 2,
    "pool1_stride_t": 2,
    "conv_cfg": {"type": "Conv3d"},
    "norm_eval": False,
    "inflate": ((1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0)),
    "zero_init_residual": False,
}

# (our network, origin, frames, side, its network)
PEERS: tuple[tuple[str, str, int, int, Peer], ...] = (
    ("x3d_s", "PyTorchVideo", 13, 160, pytorchvideo("x3d_s")),
    ("x3d_l", "PyTorchVideo", 16, 312, pytorchvideo("x3d_l")),
    ("i3d_resnet50", "PyTorchVideo", 8, 224, pytorchvideo("i3d_r50")),
    ("slowfast_r50_8x8", "PyTorchVideo", 32, 224, pytorchvideo("slowfast_r50")),
    (
        "slowfast_r50_4x16",
        "PySlowFast",
        32,
        224,
        pyslowfast(
            "slowfast",
            SLOWFAST__ALPHA=8,
            SLOWFAST__BETA_INV=8,
            SLOWFAST__FUSION_CONV_CHANNEL_RATIO=2,
            SLOWFAST__FUSION_KERNEL_SZ=5,
            DATA__NUM_FRAMES=32,
            DATA__CROP_SIZE=224,
            DATA__INPUT_CHANNEL_NUM=[3, 3],
            RESNET__SPATIAL_STRIDES=[[1, 1], [2, 2], [2, 2], [2, 2]],
            RESNET__SPATIAL_DILATIONS=[[1, 1], [1, 1], [1, 1], [1, 1]],
            RESNET__NUM_BLOCK_TEMP_KERNEL=[[3, 3], [4, 4], [6, 6], [3, 3]],
            NONLOCAL__LOCATION=[[[], []], [[], []], [[], []], [[], []]],
            NONLOCAL__GROUP=[[1, 1], [1, 1], [1, 1], [1, 1]],
        ),
    ),
    (
        "i3d_resnet50",
        "PySlowFast",
        8,
        224,
        pyslowfast("i3d", DATA__NUM_FRAMES=8, DATA__CROP_SIZE=224, DATA__INPUT_CHANNEL_NUM=[3]),
    ),
    ("i3d_resnet50", "MMAction2", 32, 64, mmaction2("resnet3d.ResNet3d", "i3d_head.I3DHead", 2048, **_I3D)),
    ("ir_csn_50", "MMAction2", 16, 64, _mm_csn("ir")),
    ("ip_csn_50", "MMAction2", 16, 64, _mm_csn("ip")),
    ("slowfast_r50_4x16", "MMAction2", 32, 64, _mm_slowfast(8, 5)),
    ("slowfast_r50_8x8", "MMAction2", 32, 64, _mm_slowfast(4, 7)),
    (
        "x3d_m",
        "MMAction2",
        16,
        64,
        mmaction2("x3d.X3D", "x3d_head.X3DHead", 432, gamma_w=1, gamma_b=2.25, gamma_d=2.2),
    ),
    (
        "c3d",
        "MMAction2",
        16,
        112,
        mmaction2("c3d.C3D", "i3d_head.I3DHead", 4096, flat=True, conv_cfg={"type": "Conv3d"}, norm_cfg=None),
    ),
    (
        "tsm_resnet50",
        "MMAction2",
        8,
        64,
        mmaction2(
            "resnet_tsm.ResNetTSM", "tsm_head.TSMHead", 2048, on_frames=True, depth=50, pretrained=None
        ),
    ),
    (
        "tsm_mobilenet_v2",
        "MMAction2",
        8,
        64,
        mmaction2(
            "mobilenet_v2_tsm.MobileNetV2TSM", "tsm_head.TSMHead", 1280, on_frames=True, pretrained=None
        ),
    ),
)
