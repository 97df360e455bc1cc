"""Leaving a network as it was: its modules' attributes, its modes, and the random state."""

import random
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import is_
from typing import Any

import torch
from torch import nn

_CONTAINERS = (dict, list, set, deque)
Held = tuple[Any, list[Any]]
"""A container, and what it held: of a dictionary, pairs."""


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


def _copies(attributes: dict[str, Any]) -> list[Held]:
    """The containers among the attributes, each with what it holds."""
    copies = []
    for value in attributes.values():
        if isinstance(value, _CONTAINERS):
            try:
                copies.append((value, list(value.items() if isinstance(value, dict) else value)))
            except Exception:  # what does not even say what it holds is left alone
                continue
    return copies


def _restore(module: nn.Module, attributes: dict[str, Any], copies: Sequence[Held]) -> None:
    now = module.__dict__
    if list(now) != list(attributes) or not all(map(is_, now.values(), attributes.values())):
        now.clear()
        now.update(attributes)
    for value, saved in copies:
        try:
            if saved or value:
                _refill(value, saved)
        except Exception:  # what cannot be filled again is left as it is
            continue


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
        return all(map(is_, value, saved))
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
