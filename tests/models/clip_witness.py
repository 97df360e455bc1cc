"""The second witness of the clip networks: the packages that publish them, asked once, not needed by a test.

Every network is compared with its original, given the same weights under the original's names: that the names
are found out and all used, what both cost, and what both say of a clip. For torchvision also starting
weights, gradients and running statistics; its digests are those that `tests/contract/test_clip_networks.py`
pins. In an environment of its own:

    python -m venv /tmp/tv && /tmp/tv/bin/pip install torch==2.13.0 safetensors numpy pillow
    /tmp/tv/bin/pip install --no-deps torchvision==0.28.0 pytorchvideo==0.1.5 pyslowfast==1.0 \\
        mmaction2==1.2.0 mmengine==0.10.7 mmcv-lite==2.2.0 addict yapf platformdirs pyyaml termcolor fvcore \\
        opencv-python-headless iopath portalocker yacs tabulate tqdm parameterized scipy importlib_metadata
    PYTHONPATH=src:tests/contract:tests/models /tmp/tv/bin/python tests/models/clip_witness.py
"""

import warnings

import torch
from clip_peers import CLASSES, PEERS, OneClip, Peer, TwoClips
from test_catalogue import digest, fill
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import video
from torchvision_witness import relative_difference

from striate.models import build
from striate.models.layouts import EVERY, in_our_names, recognised, without_way
from striate.models.slowfast import spread

CLIP = (16, 64, 72)


def main() -> None:
    for name in ("r3d_18", "mc3_18", "r2plus1d_18"):
        of_torchvision(name)
    for name, origin, frames, side, peer in PEERS:
        compare(name, origin, (3, frames, side, side), peer)


def of_torchvision(name: str) -> None:
    """The same seed gives the same numbers under the same names; a pass gives the same numbers again."""
    make = getattr(video, name)
    torch.manual_seed(1)
    expected = make().state_dict()
    torch.manual_seed(1)
    started = build(name, classes=CLASSES).state_dict()
    assert list(started) == list(expected), name
    assert all(torch.equal(started[key], expected[key]) for key in expected), name
    errors = {mode: one_pass(name, make, training=mode == "train") for mode in ("eval", "train")}
    print(f"{name}: state dict and starting weights equal, largest relative differences {errors}")
    print(f"    digest {digest(make())}")


def one_pass(name: str, make: type[nn.Module], training: bool) -> float:
    peer, ours = make(num_classes=11).train(training), build(name, classes=11).train(training)
    ours.load_state_dict(peer.state_dict())
    clip = torch.randn(2, 3, *CLIP)
    results = []
    for network in (ours, peer):
        output = network(clip)
        output.square().sum().backward()
        gradient = torch.cat([p.grad.flatten() for p in network.parameters()])
        buffers = torch.cat([b.flatten().float() for b in network.buffers()])
        results.append((output.detach(), gradient, buffers))
    return max(relative_difference(*pair) for pair in zip(*results, strict=True))


def compare(name: str, origin: str, shape: tuple[int, ...], make: Peer) -> None:
    like = {"like": "mmaction2"} if origin == "MMAction2" and name.startswith(("i3d", "slowfast")) else {}
    ours, peer = build(name, classes=CLASSES, **like).eval(), make()
    state = fill(peer).state_dict()
    notes = load(ours, state, origin)
    clip = torch.linspace(0, 400, torch.Size(shape).numel()).sin().view(1, *shape)
    costs, outputs = zip(
        *(run(network, clip) for network in (ours, as_clips(name, origin, peer))), strict=True
    )
    if abs(float(outputs[1].sum()) - 1) < 1e-4:
        outputs = (outputs[0].softmax(dim=-1), outputs[1])
    error = relative_difference(*outputs)
    assert error < 1e-4, (name, origin, error)
    print(f"{name} as {origin}: output {error:.1e}, GMAC {costs[0]:.6f} against {costs[1]:.6f}; {notes}")


def load(ours: nn.Module, state: dict[str, Tensor], origin: str) -> tuple[str, ...]:
    """Into the network, once every name is known and used."""
    wanted = ours.state_dict()
    inside = without_way(wanted)
    layout = recognised({name.replace(".net.", "."): t for name, t in state.items()}, inside, EVERY)
    assert layout is not None
    assert layout.origin == origin
    renamed, notes, _ = in_our_names(state, ours, EVERY)
    odd = sorted({n for n in set(renamed) ^ set(inside) if not n.endswith("tracked")})
    assert not odd, odd[:10]
    ours.load_state_dict(dict(zip(wanted, (renamed.get(n, t) for n, t in inside.items()), strict=True)))
    return notes


def as_clips(name: str, origin: str, peer: nn.Module) -> nn.Module:
    alpha = 4 if name.endswith("8x8") else 8
    if origin != "MMAction2" and name.startswith("slowfast"):
        return TwoClips(peer, lambda frames: spread(frames, alpha)).eval()
    return OneClip(peer).eval() if origin == "PySlowFast" else peer


def run(network: nn.Module, clip: Tensor) -> tuple[float, Tensor]:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = network(clip).flatten(1)
    return counter.get_total_flops() / 2e9, output


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main()
