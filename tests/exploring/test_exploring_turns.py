"""One computes at a time; a long work lets questions in."""

from threading import Thread
from time import sleep

import pytest

from striate.exploring.turns import WAITING, BusyError, Turns


def test_a_work_lets_questions_in_between_two_steps() -> None:
    turns, told = Turns(), list[str]()

    def ask() -> None:
        with turns.question():
            told.append("answer")

    with turns.work():
        asking = Thread(target=ask)
        asking.start()
        while not turns.waiting:
            sleep(0.001)
        told.append("step")
        assert told == ["step"]
        turns.between()
        told.append("step")
    asking.join()
    assert told == ["step", "answer", "step"]


def test_too_many_questions_are_refused() -> None:
    turns = Turns()
    turns.waiting = WAITING
    with pytest.raises(BusyError) as problem, turns.question():
        pass
    assert str(problem.value) == "too many questions wait for an answer: ask again in a moment"


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError), turns.question():
        raise ValueError("x")
    with turns.question():
        pass
