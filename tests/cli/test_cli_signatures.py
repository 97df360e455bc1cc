"""Options are the parameters of the verb's function, and the reverse, with few and reasoned exceptions."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest

import striate
from striate.checked.values import as_annotated
from striate.cli import data
from striate.cli.options import Option, Verb, options_of
from striate.cli.signatures import fields_of, signature_of
from striate.cli.verbs import FUNCTIONS, VERBS, module_of
from striate.data.augment.augmentation import Augmentation
from striate.training.recipe import Recipe

OF_WHAT_IS_PRINTED = {"json", "csv", "markdown", "html", "unit", "depth", "all", "picture"}
"""Options beside the function's: forms of its result, and parts of a result that has more than a terminal."""
NO_WORD_SAYS = {"on_epoch_end", "optimizer", "progress", "reporter"}
"""Parameters that are functions and objects."""


def commands() -> Iterator[tuple[str, Verb]]:
    """Every command with the name of its function."""
    of_data = {f"data {what}": verb for what, verb in data.VERBS.items()}
    for function, words in FUNCTIONS.items():
        if words not in ("data", "completion"):
            yield function, of_data.get(words) or import_module(module_of(words)).VERB


COMMANDS = dict(commands())


def settings() -> set[str]:
    """What functions that train gather."""
    return {one.name for kind in (Recipe, Augmentation) for one in fields(kind)} - {"augmentation"}


def parameters(function: str) -> dict[str, inspect.Parameter]:
    """As Python itself reads them."""
    return dict(inspect.signature(getattr(striate, function)).parameters)


def options(function: str) -> dict[str, Option]:
    """By name."""
    return {one.name: one for one in options_of(COMMANDS[function])}


def test_every_verb_is_here() -> None:
    assert {*VERBS} - {"data", "completion"} <= set(FUNCTIONS.values())
    assert all(verb.function == function for function, verb in COMMANDS.items())


@pytest.mark.parametrize("function", COMMANDS)
def test_options_are_parameters_and_the_reverse(function: str) -> None:
    takes, offers = parameters(function), set(options(function))
    gathering = {name for name, one in takes.items() if one.kind is one.VAR_KEYWORD}
    beside = (settings() if gathering else set()) - set(COMMANDS[function].without)
    only_python = gathering | {name for name in takes if name in NO_WORD_SAYS}
    assert offers - OF_WHAT_IS_PRINTED == (takes.keys() - only_python) | beside
    assert offers & OF_WHAT_IS_PRINTED == {one.name for one in COMMANDS[function].shown}


@pytest.mark.parametrize("function", COMMANDS)
def test_what_is_read_from_the_source_is_what_python_reads(function: str) -> None:
    takes, hints = parameters(function), get_type_hints(getattr(striate, function))
    for name, option in options(function).items():
        if name not in takes:
            continue
        default = takes[name].default
        assert option.default is MISSING if default is inspect.Parameter.empty else option.default == default
        for example in _examples(option):
            as_annotated(hints[name], example, name)  # raises where the function would refuse it


def _examples(option: Option) -> Iterator[Any]:
    """Values such as the command hands on."""
    if option.element is bool:
        yield True
        return
    kinds = get_args(option.element) or (option.element,)
    one = {int: 3, float: 0.5}.get(kinds[0], kinds[0] if option.choices else "x")
    if option.named:
        yield {"x": one}
    elif option.values == 1:
        yield from option.choices or (one,)
    else:
        yield (one,) * (option.values or 2)


@pytest.mark.parametrize("function", COMMANDS)
def test_every_option_says_what_it_is_for(function: str) -> None:
    for option in options(function).values():
        assert option.help.endswith((".", ")")), option
        assert not re.search("`(?!striate )[^`]*`", re.sub("`striate [^`]*`", "", option.help)), option
        assert '"' not in option.help, option
        named = option.element is bool or option.choices or option.name in ("layer", "name", "split")
        assert option.metavar != "NAME" or named, option


def test_fields_are_those_of_the_dataclass() -> None:
    for where, kind in (("training.recipe", Recipe), ("data.augment.augmentation", Augmentation)):
        read = {one.name: one.default for one in fields_of(f"striate.{where}", kind.__name__)}
        for one in fields(kind):  # type: ignore[arg-type]  # both are dataclasses
            if one.name != "augmentation":
                assert read[one.name] == one.default, one.name


def test_a_signature_says_where_it_is_explained() -> None:
    told = {one.name: one.help for one in signature_of("striate", "tune").parameters}
    assert told["device"] == "as for `train`."
    assert options("tune")["device"].help == options("train")["device"].help
