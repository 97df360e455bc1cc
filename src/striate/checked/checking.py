"""The decorator of public functions and of the classes that users make."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from inspect import BoundArguments, Parameter, Signature, signature
from typing import Any, TypeVar, get_type_hints

from striate.checked.habits import meant
from striate.checked.values import MisfitError, as_annotated, has_example
from striate.checked.words import EXAMPLES, came, expected
from striate.errors import ArgumentError, DataError, StriateError, not_written

# What the operating system refuses while a function works, as a sentence in place of a traceback.

_TOO_LARGE = "this needs more memory than there is: make it smaller, or less at once"
_TOO_DEEP = "this holds one thing in another more often than can be gone through: name what lies inside"
_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "Storage size calculation overflowed",
    "array is too big",
)


@contextmanager
def saying_refusals() -> Iterator[None]:
    """Raises DataError where a file cannot be read or written, or the memory does not suffice."""
    try:
        yield
    except (StriateError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:
        refused = _system_error(error)
        if refused is not None and (refused.filename is not None or refused.errno == errno.ENOSPC):
            raise DataError(refused_by_the_system(refused)) from error
        if isinstance(error, RecursionError):
            raise DataError(_TOO_DEEP) from error
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _MEMORY):
            raise DataError(_TOO_LARGE) from error
        raise


def _system_error(error: Exception) -> OSError | None:
    """What the system said, also where a library written in Rust tells it in words."""
    if isinstance(error, OSError):
        return error
    told = re.search(r"\(os error (\d+)\)(?: at path \"(.+?)\")?", str(error))
    return told and OSError(int(told[1]), os.strerror(int(told[1])), told[2] or "the file")


def refused_by_the_system(error: OSError) -> str:
    """The sentence for what the system refused.

    >>> refused_by_the_system(PermissionError(13, "Permission denied", "/etc/shadow"))
    '/etc/shadow: permission denied: name another place, or make this one readable and writable'
    """
    exists = error.errno == errno.EEXIST
    reason = not_written(error) if exists else (error.strerror or type(error).__name__).lower()
    if error.errno == errno.ENOSPC:
        return f"{error.filename or 'the disk'}: {reason}: free some room, or write to another disk"
    advice = {
        errno.ENAMETOOLONG: "give it a shorter name",
        errno.ENOENT: "check the name",
        errno.EISDIR: "name a file",
        errno.ENOTDIR: "name a folder",
        errno.EEXIST: "name another place",
    }.get(error.errno or 0, "name another place, or make this one readable and writable")
    return f"{error.filename}: {reason}: {advice}"


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
        example = f": for example {name}={EXAMPLES[name]}" if has_example(name, kind) else ""
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


def like(other: Callable[..., Any], without: str = "", only: str = "") -> Callable[[Target], Target]:
    """The function takes by name also what another does; its own last parameter gathers that.

    It gathers nothing else, unless the other one does.

    Args:
        other: whose parameters by name these are, beside those that the function has itself.
        without: names of some that it does not take, with spaces between.
        only: names of those that it takes; by default all others.

    >>> def train(data: str, *, size: int = 28, resume: str = "") -> None: ...
    >>> @like(train, without="resume")
    ... def search(data: str, *, steps: int = 100, **training: int) -> None: ...
    >>> str(signature(search))
    '(data: str, *, steps: int = 100, size: int = 28) -> None'
    """

    def widened(function: Target) -> Target:
        own = signature(function)
        *before, gathering = own.parameters.values()
        known = signature(other).parameters.values()
        taken, wanted = {*own.parameters, *without.split()}, only.split()
        theirs = [
            one
            for one in known
            if one.kind is Parameter.KEYWORD_ONLY
            and one.name not in taken
            and (one.name in wanted or not wanted)
        ]
        more = [gathering] * any(one.kind is Parameter.VAR_KEYWORD for one in known)
        hints = get_type_hints(other, include_extras=True)
        function.__annotations__ |= {one.name: hints[one.name] for one in theirs}
        function.__signature__ = own.replace(parameters=[*before, *theirs, *more])  # type: ignore[attr-defined]
        return function

    return widened
