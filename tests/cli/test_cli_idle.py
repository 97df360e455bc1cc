"""Options that would do nothing are refused, of every verb."""

from importlib import import_module

import pytest

from striate.cli.data import VERBS as DATA_VERBS
from striate.cli.idle import refuse_idle
from striate.cli.options import Verb, options_of
from striate.cli.verbs import VERBS, module_of
from striate.errors import ArgumentError

HAVING = [
    *(made.VERB for made in map(import_module, map(module_of, VERBS)) if hasattr(made, "VERB")),
    *DATA_VERBS.values(),
]
WITHOUT = [(verb, name, others) for verb in HAVING for name, others in verb.beside.items()]
BESIDE = [(verb, name, one) for verb in HAVING for name, others in verb.instead.items() for one in others]


@pytest.mark.parametrize("verb", HAVING, ids=lambda verb: verb.function)
def test_what_is_declared_is_an_option_of_the_verb(verb: Verb) -> None:
    known = {one.name for one in options_of(verb)}
    for table in (verb.beside, verb.instead):
        assert known >= {*table, *(one for others in table.values() for one in others)}


@pytest.mark.parametrize(("verb", "name", "others"), WITHOUT)
def test_one_without_what_it_is_for(verb: Verb, name: str, others: tuple[str, ...]) -> None:
    with pytest.raises(ArgumentError, match=r"^--[\w-]+ does nothing without .+ too, or leave --[\w-]+ out$"):
        refuse_idle(verb, {name})
    for other in others:
        refuse_idle(verb, {name, other})


@pytest.mark.parametrize(("verb", "name", "idle"), BESIDE)
def test_one_beside_what_leaves_it_nothing(verb: Verb, name: str, idle: str) -> None:
    flags = [f"--{one.replace('_', '-')}" for one in (idle, name)]
    with pytest.raises(ArgumentError) as told:
        refuse_idle(verb, {name, idle})
    assert str(told.value) == f"{flags[0]} does nothing beside {flags[1]}: leave one of them out"


def test_whole_sentences() -> None:
    inspect, lab = (import_module(module_of(verb)).VERB for verb in ("inspect", "lab"))
    for verb, name, told in (
        (
            inspect,
            "image",
            "--image does nothing without --html or --out: give one of them too, or leave --image out",
        ),
        (lab, "weights", "--weights does nothing without RUN|NAME: give it too, or leave --weights out"),
    ):
        with pytest.raises(ArgumentError) as problem:
            refuse_idle(verb, {name})
        assert str(problem.value) == told
