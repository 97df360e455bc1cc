"""Layers that follow a convolution taken into it: a norm's factors into its weights, a ReLU into its end."""

import torch
from torch import fx, nn

from striate.stepping.cells import Convolution
from striate.stepping.rules.convolution import ConvolutionOverFrames
from striate.stepping.rules.frame_by_frame import Bounded
from striate.stepping.rules.norm import Scale


def fuse(graph: fx.Graph, root: nn.Module) -> None:
    """In place."""
    for node in list(graph.nodes):
        follows = _module(node, root)
        if not isinstance(follows, Scale | Bounded):
            continue
        before = _convolution(node.args[0], root)
        if before is None or (isinstance(follows, Scale) and _is_cut(before)):
            continue
        with torch.no_grad():
            if isinstance(follows, Scale):
                before.scale(follows.factor, follows.shift)
            else:
                before.bound(follows.bounds)
        node.replace_all_uses_with(node.args[0])
        graph.erase_node(node)


def pack(root: nn.Module) -> None:
    """Weights laid out once for the processor, where they are on one and it has the library."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return
    for layer in root.modules():
        if isinstance(layer, Convolution):
            weight = layer.get_buffer("weight")
            layer.packs = weight.device.type == "cpu" and weight.dtype == torch.float32


def _module(node: fx.Node, root: nn.Module) -> nn.Module | None:
    return root.get_submodule(str(node.target)) if node.op == "call_module" else None


def _convolution(node: object, root: nn.Module) -> Convolution | ConvolutionOverFrames | None:
    """The convolution whose output a node is, if nobody else takes it."""
    if not isinstance(node, fx.Node) or len(node.users) > 1:
        return None
    source = node.args[0] if node.op == "call_function" and node.args[1:] == (0,) else node
    found = _module(source, root) if isinstance(source, fx.Node) else None
    return found if isinstance(found, Convolution | ConvolutionOverFrames) else None


def _is_cut(layer: Convolution | ConvolutionOverFrames) -> bool:
    return layer.bounds is not None
