"""A training before the reader's eyes: an ordinary `train`, whose steps are told, and wait when asked to."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from torch import nn

from striate.errors import ArgumentError, StriateError
from striate.exploring.news import News
from striate.exploring.turns import Turns
from striate.training.progress import Reporter
from striate.training.train import train

KEPT, KEPT_BYTES = 48, 1 << 28
"""Moments of a training whose weights are kept, about, and the bytes of all of them at most."""
Learns = Callable[[Path, nn.Module, int], object]
"""Is called with the run's folder, the network that learns, and how many steps it has done."""


class Told(Reporter):
    """Tells the page what a training does, and waits where the reader has paused it."""

    def __init__(self, news: News, turns: Turns, learns: Learns) -> None:
        """learns: is called before the first step, after some others, and wherever the reader pauses."""
        self.news, self.turns, self.learnt = news, turns, learns
        self.run, self.every, self.room = Path(), 1, KEPT
        self.network: nn.Module | None = None
        self.going, self.once, self.stopped = Event(), Event(), False
        self.going.set()

    def say(self, text: str) -> None:
        """A fact."""
        self.news.tell("said", text=text)

    def learns(self, run: Path, network: nn.Module) -> None:
        """The network before its first step."""
        self.run, self.network = run, network
        each = sum(one.numel() * one.element_size() for one in network.state_dict().values())
        self.room = max(2, min(KEPT, KEPT_BYTES // max(1, each)))
        self.learnt(run, network, 0)

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """How long it will be."""
        self.every = max(1, (steps or 0) // self.room)
        self.news.tell("begin", steps=steps, done=done, epochs=epochs, unit=unit)

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        """A step, after which questions have their turn; here a paused training waits."""
        self.news.tell("step", step=done, loss=loss, top1=top1, per_second=per_second)
        if self.network is not None and (done % self.every == 0 or not self.going.is_set()):
            self.learnt(self.run, self.network, done)
        if self.going.is_set():
            self.turns.between()
            return
        self.news.tell("paused", step=done)
        self.turns.aside()
        try:
            while not (self.going.is_set() or self.stopped) and not self.once.wait(0.05):
                pass
            self.once.clear()
        finally:
            self.turns.back()

    def epoch(self, row: dict[str, Any]) -> None:
        """An epoch."""
        self.news.tell(
            "epoch",
            **{
                name: row.get(name)
                for name in ("epoch", "epochs", "step", "train_loss", "train_top1", "val_loss", "val_top1")
            },
        )

    def end(self) -> None:
        """It is over."""


class Training:
    """The one training that may be under way."""

    def __init__(self, news: News, turns: Turns, learns: Learns, ready: Callable[[str], object]) -> None:
        """learns: as for `Told`. ready: is called with the run's folder at the end."""
        self.news, self.turns, self.learns, self.ready = news, turns, learns, ready
        self.told: Told | None = None
        self._thread: Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way, paused or not."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, data: str, **settings: Any) -> None:
        """Begins one. Raises ArgumentError where one is under way."""
        if self.running:
            raise ArgumentError("a training is under way: wait for its end")
        self.told = Told(self.news, self.turns, self.learns)
        self._thread = Thread(target=self._train, args=(data, settings), daemon=True, name="lab training")
        self._thread.start()

    def _train(self, data: str, settings: dict[str, Any]) -> None:
        assert self.told is not None
        try:
            with self.turns.work():
                run = train(data, reporter=self.told, **settings)
            self.ready(str(run.path))
            self.news.tell("finished", run=str(run.path), top1=None if run.test is None else run.test.top1)
        except StriateError as problem:
            self.news.tell("failed", text=str(problem))
        except Exception as problem:
            self.news.tell("failed", text=f"{type(problem).__name__}: {problem}")
            raise

    def pause(self) -> None:
        """After the step under way."""
        self._needed().going.clear()

    def go_on(self) -> None:
        """Without pauses."""
        self._needed().going.set()

    def one_step(self) -> None:
        """One step, then it waits again."""
        told = self._needed()
        told.going.clear()
        told.once.set()

    def _needed(self) -> Told:
        if self.told is None or not self.running:
            raise ArgumentError("no training is under way: start one")
        return self.told
