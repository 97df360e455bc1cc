"""One command: words → what they ask for → the function of the verb → its result shown."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from importlib import import_module

from striate.cli.arguments import ONE_FORM, read
from striate.cli.options import Asked, Verb
from striate.cli.printing import print_stopped


def run(verb: Verb, name: str, words: Sequence[str]) -> int:
    """Does what the words behind the verb say, and returns the exit code."""
    asked = read(verb, name, words)
    if verb.refuse is not None:
        verb.refuse(asked)
    shows = {one.name for one in verb.shown}
    where, called = verb.home
    function = getattr(import_module(where), called)
    arguments = {one: value for one, value in asked.values.items() if one not in shows}
    with nullcontext() if verb.progress is None else verb.progress(asked) as progress:
        beside = {} if verb.progress is None else {"progress": progress}
        try:
            with _result_alone(asked):
                result = function(**arguments, **beside)
        except KeyboardInterrupt:
            if not verb.goes_on(asked):
                raise
            return print_stopped(asked.words)
    shown = {one: value for one, value in asked.values.items() if one in shows}
    return verb.show(result, asked, **shown) or 0


def _result_alone(asked: Asked) -> AbstractContextManager[object]:
    """What a network of somebody's own prints goes beside a form that stands alone on standard output."""
    alone = any(form in asked.values for form in ONE_FORM)
    return redirect_stdout(sys.stderr) if alone else nullcontext()
