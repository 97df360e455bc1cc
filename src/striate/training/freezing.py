"""Parts of a network that do not learn, or learn more slowly: fine-tuning.

A part is named by the beginning of its parameters' names up to a dot: `layer1` holds `layer1.0.conv1.weight`.
Of a network that goes through time, `backbone.` may be left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from torch import nn

from striate.errors import ArgumentError
from striate.models import head_of

BACKBONE = "backbone."
"""What the names of a 2D network begin with inside one that goes through time."""
STREAMS = ("backbone", "flow")
"""Networks of single frames inside such a one; each of two has a head of its own."""


def freeze(network: nn.Module, prefixes: Sequence[str]) -> None:
    """Takes these parts out of learning, in place. Raises ArgumentError for names that are none of a part."""
    for prefix in prefixes:
        if not any(_within(name, prefix) for name, _ in network.named_parameters()):
            raise ArgumentError(_unknown_part(network, prefix))
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not _within_any(name, prefixes))
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise ArgumentError(f"--freeze {' '.join(prefixes)} leaves nothing to learn: name fewer parts")


def training_mode(network: nn.Module, prefixes: Sequence[str]) -> None:
    """Puts a network into training mode, and frozen parts into evaluation mode: their norms stay as well."""
    network.train()
    for name, module in network.named_modules():
        if name and _within_any(name, prefixes):
            module.eval()


def untrained_parts(network: nn.Module, untouched: Iterable[str] = ()) -> tuple[str, ...]:
    """The parameters that learn at the full rate where the backbone learns at a share of it.

    These are the heads, what comes after a backbone that goes through time, and `untouched`: what loaded
    weights have left as it was.
    """
    streams = {name: part for name, part in network.named_children() if name in STREAMS}
    heads = [head_of(network)[0]]
    if len(streams) > 1:
        heads = [f"{name}.{head_of(part)[0]}" for name, part in streams.items()]
    names = [name for name, _ in network.named_parameters()]
    untrained = {name for name in names if any(name.startswith(f"{head}.") for head in heads)}
    if streams:
        untrained |= {name for name in names if name.split(".")[0] not in streams}
    return tuple(sorted(untrained | set(untouched)))


def _within(name: str, prefix: str) -> bool:
    whole = prefix.rstrip(".")
    return any(name == start or name.startswith(f"{start}.") for start in (whole, f"{BACKBONE}{whole}"))


def _within_any(name: str, prefixes: Iterable[str]) -> bool:
    return any(_within(name, prefix) for prefix in prefixes)


def _unknown_part(network: nn.Module, prefix: str) -> str:
    known = list(dict.fromkeys(_parts(network)))
    near = get_close_matches(prefix, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? Its" if near else "its"
    first = dict.fromkeys(name.split(".")[0] for name in known)
    return f"the network has no part {prefix!r} to freeze: {hint} parts: {', '.join(first)}"


def _parts(network: nn.Module) -> Iterator[str]:
    """Every name of a part, the widest first, as a user would write it."""
    for name, _ in network.named_parameters():
        words = name.removeprefix(BACKBONE).split(".")
        for end in range(1, len(words) + 1):
            yield ".".join(words[:end])
