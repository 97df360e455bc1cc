"""Leaving a network as it was: its modules' attributes, its modes, and the random state."""

import random
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import nn

_CONTAINERS = (dict, list, set, deque)


@contextmanager
def untouched(network: nn.Module) -> Iterator[None]:
    """Runs the network as at inference; on leaving, every attribute of every module is what it was.

    Parameters, buffers and hooks are entries of dictionaries, so they count; values inside of tensors do not.

    Args:
        network: any module.
    """
    before = [(module, dict(module.__dict__), _copies(module.__dict__)) for module in network.modules()]
    scripted = [
        m for m, _, _ in before if isinstance(m, torch.jit.ScriptModule) and getattr(m, "training", False)
    ]
    random_state = _random_state()
    for module, _, _ in before:
        module.__dict__["training"] = False
    _set_scripted(scripted, False)
    try:
        yield
    finally:
        for module, attributes, copies in before:
            _restore(module, attributes, copies)
        _set_scripted(scripted, True)
        _restore_random_state(random_state)


def _set_scripted(modules: Sequence[nn.Module], training: bool) -> None:
    """Modes of TorchScript, which keeps them outside of a module's attributes."""
    for module in modules:
        module.training = training


def _copies(attributes: dict[str, Any]) -> dict[str, Any]:
    """What the containers among the attributes hold, dictionaries as pairs."""
    copies = {}
    for name, value in attributes.items():
        if isinstance(value, _CONTAINERS):
            try:
                copies[name] = list(value.items() if isinstance(value, dict) else value)
            except Exception:  # what does not even say what it holds is left alone
                continue
    return copies


def _restore(module: nn.Module, attributes: dict[str, Any], copies: dict[str, Any]) -> None:
    now = module.__dict__
    if len(now) != len(attributes) or any(now.get(name) is not value for name, value in attributes.items()):
        now.clear()
        now.update(attributes)
    for name, saved in copies.items():
        with suppress(Exception):
            _refill(attributes[name], saved)


def _refill(value: Any, saved: list[Any]) -> None:
    """Puts back what a container held, unless it still holds the very same things."""
    if len(value) == len(saved) and _holds(value, saved):
        return
    value.clear()
    if isinstance(value, (list, deque)):
        value.extend(saved)
    else:
        value.update(saved)


def _holds(value: Any, saved: list[Any]) -> bool:
    if isinstance(value, dict):
        return all(key in value and value[key] is thing for key, thing in saved)
    if isinstance(value, (list, deque)):
        return all(a is b for a, b in zip(value, saved, strict=True))
    return all(thing in value for thing in saved)


def _random_state() -> tuple[Any, ...]:
    numpy = sys.modules.get("numpy.random")
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    return torch.get_rng_state(), random.getstate(), numpy and numpy.get_state(), cuda


def _restore_random_state(state: tuple[Any, ...]) -> None:
    torch.set_rng_state(state[0])
    random.setstate(state[1])
    if state[2] is not None:
        sys.modules["numpy.random"].set_state(state[2])
    if state[3] is not None:
        torch.cuda.set_rng_state_all(state[3])
