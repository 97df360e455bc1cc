"""The decorator of public functions and of the classes that users make."""

from collections.abc import Callable
from functools import cache, wraps
from inspect import BoundArguments, Parameter, Signature, signature
from typing import Any, TypeVar, get_type_hints

from striate.checked.habits import meant
from striate.checked.refusals import saying_refusals
from striate.checked.values import MisfitError, as_annotated
from striate.checked.words import EXAMPLES, came, expected
from striate.errors import ArgumentError

Target = TypeVar("Target", bound=Callable[..., Any])
_GATHERING = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def checked(target: Target) -> Target:
    """The function, or the class as it is made, with its arguments checked.

    Args:
        target: a function with annotations, or a class that is made by `__init__` or `__new__`.

    Raises:
        ArgumentError: an argument that is not what its annotation says, is missing, or is unknown.

    >>> @checked
    ... def load(run: str, *, size: int | None = None) -> str:
    ...     return f"{run} at {size}"
    >>> load("runs/x", size=112)
    'runs/x at 112'
    >>> load("runs/x", size=0.5)
    Traceback (most recent call last):
        ...
    striate.errors.ArgumentError: size must be a whole number or None; got 0.5: for example size=112
    """
    if isinstance(target, type):
        made: Any = target
        made.__init__ = _checking(made.__init__, made)
        return target
    return _checking(target, target)  # type: ignore[return-value]  # the same signature


def _checking(function: Callable[..., Any], named: Any) -> Callable[..., Any]:
    own = signature(function)
    itself = next(iter(own.parameters)) if isinstance(named, type) else None

    @cache
    def kinds() -> dict[str, Any]:  # when first called: a class's annotations may name itself
        return get_type_hints(named if isinstance(named, type) else function, include_extras=True)

    @wraps(function)
    def call(*values: Any, **named_values: Any) -> Any:
        bound = _bound(own, named.__name__, values, named_values)
        for name, value in bound.arguments.items():
            if name != itself and own.parameters[name].kind not in _GATHERING:
                bound.arguments[name] = argument(name, kinds().get(name, Any), value)
        with saying_refusals():
            return function(*bound.args, **bound.kwargs)

    return call


def argument(name: str, kind: Any, value: Any) -> Any:
    """The value in the form that an annotation says. Raises ArgumentError, which names the argument."""
    try:
        return as_annotated(kind, value, name)
    except MisfitError as misfit:
        why = f" ({misfit})" if str(misfit) else ""
        example = f": for example {name}={EXAMPLES[name]}" if name in EXAMPLES else ""
        raise ArgumentError(f"{name} must be {expected(kind)}; got {came(value)}{why}{example}") from None


def _bound(own: Signature, called: str, values: Any, named_values: dict[str, Any]) -> BoundArguments:
    takes = [name for name, one in own.parameters.items() if one.kind not in _GATHERING and name != "self"]
    gathers = any(one.kind is Parameter.VAR_KEYWORD for one in own.parameters.values())
    for name in named_values:
        if name not in takes and not gathers:
            near = meant(name, takes)
            hint = f"did you mean {near}?" if near else f"it takes {', '.join(takes)}"
            raise ArgumentError(f"{called} has no argument {name!r}: {hint}")
    try:
        return own.bind(*values, **named_values)
    except TypeError as error:
        raise ArgumentError(f"{called}: {error}; it takes {', '.join(takes)}") from None
