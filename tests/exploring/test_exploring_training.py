"""A training that is told, paused, taken step by step, and opens what it has learnt."""

import time
from pathlib import Path

import pytest

from small_runs import STEPS, TINY
from striate.errors import ArgumentError
from striate.exploring.news import News
from striate.exploring.training import Training
from striate.exploring.turns import Turns


def until(true: object) -> None:
    for _ in range(4000):
        if true():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_paused_and_let_go(small_set: Path, tmp_path: Path, quick: None) -> None:
    news, turns, opened, learnt = News(), Turns(), list[str](), list[int]()
    training = Training(news, turns, lambda run, network, step: learnt.append(step), opened.append)
    for action in (training.pause, training.go_on, training.one_step):
        with pytest.raises(ArgumentError) as problem:
            action()
        assert str(problem.value) == "no training is under way: start one"
    kinds = {"epochs": 2, "batch_size": 32, "number_format": "fp32", "options": TINY, "num_threads": 1}
    training.start(str(small_set), out=tmp_path / "run", **kinds)
    training.pause()
    until(lambda: any(one["kind"] == "paused" for one in news.events))
    assert training.running
    with pytest.raises(ArgumentError) as problem:
        training.start("digits")
    assert str(problem.value) == "a training is under way: wait for its end"
    with turns.question():  # a paused training lets questions in
        pass
    paused = [one["step"] for one in news.events if one["kind"] == "paused"]
    training.one_step()
    until(lambda: len([one for one in news.events if one["kind"] == "paused"]) > len(paused))
    assert [one["step"] for one in news.events if one["kind"] == "paused"][-1] == paused[-1] + 1
    training.go_on()
    until(lambda: not training.running)
    kinds_told = [one["kind"] for one in news.events]
    assert kinds_told.count("step") == 2 * STEPS
    assert kinds_told[-1] == "finished"
    assert opened == [str(tmp_path / "run")]
    assert learnt == list(range(2 * STEPS + 1))  # few enough to keep each of them
    assert [one["number"] for one in news.after(3)] == list(range(4, news.count + 1))


def test_what_cannot_be_trained_is_told(tmp_path: Path) -> None:
    news = News()
    training = Training(news, Turns(), lambda run, network, step: None, lambda run: None)
    training.start(str(tmp_path / "nothing"))
    until(lambda: not training.running)
    assert news.events[-1]["kind"] == "failed"
    assert "nothing" in news.events[-1]["text"]
