"""Sentences in the words of who reads them: options at the command line, arguments in Python."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import striate
from raised_sentences import PLACE, raised_in
from striate import doors
from striate.cli import main
from striate.cli.options import Option, Verb, options_of
from striate.cli.verbs import VERBS, module_of
from striate.errors import ArgumentError, StriateError
from striate.training.train import Run

SOURCE = Path(striate.__file__).parent
COMMAND = re.compile(r"`[^`]*`")


@pytest.fixture(autouse=True)
def in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_typed", False)


def every_option() -> Iterator[Option]:
    for verb in VERBS:
        for held in vars(import_module(module_of(verb))).values():
            for one in held.values() if isinstance(held, dict) else [held]:
                yield from options_of(one) if isinstance(one, Verb) else ()


def test_switches_are_those_of_the_command() -> None:
    assert {one.name for one in every_option() if one.element is bool} == doors.SWITCHES


def test_every_sentence_of_every_error_has_options_that_there_are_and_none_in_python() -> None:
    known = {one.flag.removeprefix("--") for one in every_option()}
    known |= {one.name.replace("_", "-") for one in every_option()} | {"json", "csv", "html", "config"}
    said = 0
    for sentence in raised_in(SOURCE.rglob("*.py")):
        plain = PLACE.sub("3", COMMAND.sub("", sentence))
        named = re.findall(r"(?<![\w'\"-])--(?:no-)?([a-z][a-z0-9-]*)", plain)
        assert set(named) <= known, sentence
        said += len(named)
        assert not re.search(r"(?<![\w'\"-])--[a-z]", doors.worded(plain)), sentence
    assert said > 50


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("give --label NAME, or an image", "give label=NAME, or an image"),
        ("give --layer too", "give layer= too"),
        ("leave --flow out", "leave flow= out"),
        ("train with --causal", "train with causal=True"),
        ("leave it or --causal out", "leave it or causal= out"),
        ("(--no-flip: none is)", "(flip=False: none is)"),
        ("try --clip-norm 1 or --number-format fp32", 'try clip_norm=1 or number_format="fp32"'),
        ("try --learning-rate 1e-05, or", "try learning_rate=1e-05, or"),
        ("for example with --input 3x224x224", "for example with input=(3, 224, 224)"),
        ("a new run with --weights runs/a-b", 'a new run with weights="runs/a-b"'),
        ("say --rate or --span, which count", "say rate= or span=, which count"),
        ("go on with `striate train --resume runs/x`", "go on with `striate train --resume runs/x`"),
        ("no file '--out' in a--b", "no file '--out' in a--b"),
    ],
)
def test_in_python(written: str, read: str) -> None:
    assert doors.worded(written) == read
    with doors.command_line():
        assert doors.worded(written) == written
    assert str(StriateError(written)) == read


def test_a_function_and_a_command_that_refuse_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    said = "each way once, please; got 2d 2d: {} trains it again"
    with pytest.raises(ArgumentError) as refused:
        striate.compare("digits", time=["2d", "2d"])
    assert str(refused.value) == said.format("seeds=")
    assert main(["compare", "digits", "--time", "2d", "2d"]) == 2
    assert capsys.readouterr().err == f"striate: {said.format('--seeds')}\n"
    assert str(refused.value) == said.format("seeds=")


def test_in_another_language(digits_run: Run) -> None:
    with pytest.raises(ArgumentError) as refused:
        striate.explain(digits_run.path, "digits/test/17", filter=1, language="vi")
    assert str(refused.value).endswith("đều thuộc về một tầng: hãy cho cả layer=")
