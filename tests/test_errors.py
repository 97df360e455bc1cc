"""Sentences that all rooms share: the examples of the docstrings, unknown names among few and among many."""

import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import striate
from raised_sentences import PLACE, raised_in
from striate import errors
from striate.cli import main
from striate.cli.options import Option, Verb, options_of
from striate.cli.verbs import VERBS, module_of
from striate.errors import ArgumentError, StriateError, unknown
from striate.training.train import Run

LAYERS = [
    f"backbone.layer{stage}.{block}.conv{n}" for stage in range(1, 5) for block in range(6) for n in (1, 2)
]


def test_the_examples() -> None:
    result = doctest.testmod(errors)
    assert (result.attempted, result.failed) == (5, 0)


def test_of_many_names_those_most_like_it_are_told() -> None:
    assert unknown("layer", "layer2.3.conv1", LAYERS) == (
        "unknown layer 'layer2.3.conv1': did you mean 'backbone.layer2.3.conv1'? Known: "
        "backbone.layer2.1.conv1, backbone.layer2.2.conv1, backbone.layer2.3.conv1, backbone.layer2.3.conv2, "
        "backbone.layer2.4.conv1, backbone.layer2.5.conv1, "
        "backbone.layer3.3.conv1, backbone.layer4.3.conv1 … (+40)"
    )
    assert unknown("class", "?", map(str, range(1000))) == (
        "unknown class '?': known: 0, 1, 10, 100, 101, 102, 103, 104 … (+992)"
    )


@given(st.lists(st.from_regex(r"\A[a-z.]{1,9}\Z"), unique=True, max_size=90), st.text(max_size=9))
def test_every_known_name_is_told_or_counted(names: list[str], came: str) -> None:
    listed = re.search(r"[kK]nown: (.*?)(?: … \(\+(\d+)\))?$", unknown("name", came, names))
    assert listed is not None
    told = listed[1].split(", ")
    if names:
        assert {*told} <= {*names}
        assert len(told) + int(listed[2] or 0) == len(names)
    else:
        assert told == ["none"]


SOURCE = Path(striate.__file__).parent
COMMAND = re.compile(r"`[^`]*`")


@pytest.fixture(autouse=True)
def in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_typed", False)


def every_option() -> Iterator[Option]:
    for verb in VERBS:
        for held in vars(import_module(module_of(verb))).values():
            for one in held.values() if isinstance(held, dict) else [held]:
                yield from options_of(one) if isinstance(one, Verb) else ()


def test_switches_are_those_of_the_command() -> None:
    assert {one.name for one in every_option() if one.element is bool} == errors.SWITCHES


def test_every_sentence_of_every_error_has_options_that_there_are_and_none_in_python() -> None:
    known = {one.flag.removeprefix("--") for one in every_option()}
    known |= {one.name.replace("_", "-") for one in every_option()} | {"json", "csv", "html", "config"}
    said = 0
    for sentence in raised_in(SOURCE.rglob("*.py")):
        plain = PLACE.sub("3", COMMAND.sub("", sentence))
        named = re.findall(r"(?<![\w'\"-])--(?:no-)?([a-z][a-z0-9-]*)", plain)
        assert set(named) <= known, sentence
        said += len(named)
        assert not re.search(r"(?<![\w'\"-])--[a-z]", errors.worded(plain)), sentence
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
    assert errors.worded(written) == read
    with errors.command_line():
        assert errors.worded(written) == written
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
