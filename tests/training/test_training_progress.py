"""What a training tells: lines in a log, a bar on a terminal."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from striate.training.progress import Bar, Lines, Reporter, in_words, reporter_for


def row(epoch: int, epochs: int = 3, val: float | None = 0.5) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "epochs": epochs,
        "train_loss": 1.5,
        "val_top1": val,
        "images_per_second": 1234.5,
        "best": True,
    }


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_epoch_in_words() -> None:
    assert in_words(row(2)) == "epoch   2/3  loss 1.500  validation 50.00 %    1,234 images/s"
    assert in_words(row(2, val=None)) == "epoch   2/3  loss 1.500    1,234 images/s"


def test_long_facts_are_broken_between_words_on_a_terminal_and_whole_in_a_log() -> None:
    fact = "images varied anew in each epoch:  shift 0.05, as runs/with-a-very-long-name-that-goes-on-and-on"
    on_screen = Console(file=io.StringIO(), force_terminal=True, width=40)
    Lines(on_screen).say(fact)
    assert printed(on_screen) == (
        "images varied anew in each epoch:  shift\n0.05, as\nruns/with-a-very-long-name-that-goes-on-and-on\n"
    )
    log = Console(file=io.StringIO(), width=40)
    Lines(log).say(fact)
    assert printed(log) == f"{fact}\n"


def test_lines() -> None:
    console = Console(file=io.StringIO(), width=30)
    lines = Lines(console)
    lines.say("a [bold] fact :cat: that is longer than the console is wide")
    lines.reading(3, 7)
    lines.begin(30, 0, 3)
    lines.step(1, 1.0, 0.5, 10.0)
    lines.epoch(row(1))
    lines.end()
    assert printed(console).splitlines() == [
        "a [bold] fact :cat: that is longer than the console is wide",
        "3 epochs, 30 steps",
        in_words(row(1)),
    ]


def test_going_on_is_said() -> None:
    console = Console(file=io.StringIO())
    Lines(console).begin(30_000, 1_200, 3)
    assert printed(console) == "3 epochs, 30,000 steps, going on after step 1,200\n"


@pytest.mark.parametrize(("epochs", "most"), [(1, 1), (24, 24), (100, 25), (1000, 25)])
def test_long_trainings_are_told_now_and_then_and_at_their_end(epochs: int, most: int) -> None:
    console = Console(file=io.StringIO())
    lines = Lines(console)
    lines.begin(epochs, 0, epochs)
    for epoch in range(1, epochs + 1):
        lines.epoch(row(epoch, epochs))
    told = printed(console).splitlines()[1:]
    assert 1 <= len(told) <= most + 1
    assert told[-1].startswith(f"epoch {epochs:>3}/{epochs}")


def test_a_bar() -> None:
    console = terminal()
    bar = Bar(console)
    bar.begin(30, 10, 3)
    bar.step(11, 1.25, 0.5, 4321.0)
    assert bar.progress is not None
    assert bar.progress.tasks[0].completed == 11
    assert bar.progress.tasks[0].fields["state"] == "loss 1.250  accuracy 50.0 %  4,321 images/s  left"
    bar.step(12, 1.0, 0.5, 1.0)  # so soon after the other that it is not drawn
    assert bar.progress.tasks[0].completed == 11
    bar.epoch(row(1))
    bar.end()
    bar.end()
    assert in_words(row(1)) in printed(console)
    assert (
        printed(console).count("\x1b[?25l") == printed(console).count("\x1b[?25h") == 1
    )  # the cursor is back


@pytest.mark.parametrize("width", [80, 200])
def test_a_bar_fits_into_the_terminal(width: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, legacy_windows=False)
    bar = Bar(console)
    bar.begin(30, 10, 3)
    bar.step(29, 0.123, 0.999, 54_321.0)
    assert bar.progress is not None
    bar.progress.refresh()
    bar.end()
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed(console))
    assert "loss 0.123  accuracy 99.9 %  54,321 images/s  left -:--:--" in shown


def test_a_bar_while_reading() -> None:
    console = terminal()
    bar = Bar(console)
    bar.reading(64, 128)
    assert bar.progress is not None
    bar.reading(128, 128)
    assert bar.progress is None
    assert "\x1b[?25h" in printed(console)


def test_which_one() -> None:
    assert isinstance(reporter_for(terminal()), Bar)
    assert type(reporter_for(Console(file=io.StringIO()))) is Lines
    silent = Reporter()
    silent.say("nothing")
    silent.begin(1, 0, 1)
