"""A function that takes what another takes, without declaring it again."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, TypeVar, get_type_hints

Target = TypeVar("Target", bound=Callable[..., Any])


def like(other: Callable[..., Any], without: str = "") -> Callable[[Target], Target]:
    """The function takes by name also what another does; its own last parameter gathers that.

    Args:
        other: whose parameters by name these are, beside those that the function has itself.
        without: names of some that it does not take, with spaces between.

    >>> def train(data: str, *, size: int = 28, resume: str = "") -> None: ...
    >>> @like(train, without="resume")
    ... def search(data: str, *, steps: int = 100, **training: int) -> None: ...
    >>> str(signature(search))
    '(data: str, *, steps: int = 100, size: int = 28, **training: int) -> None'
    """

    def widened(function: Target) -> Target:
        own = signature(function)
        *before, gathering = own.parameters.values()
        taken = {*own.parameters, *without.split()}
        theirs = [
            one
            for one in signature(other).parameters.values()
            if one.kind is Parameter.KEYWORD_ONLY and one.name not in taken
        ]
        hints = get_type_hints(other, include_extras=True)
        function.__annotations__ |= {one.name: hints[one.name] for one in theirs}
        function.__signature__ = own.replace(parameters=[*before, *theirs, gathering])  # type: ignore[attr-defined]
        return function

    return widened
