"""One lab: what it was started on, what lies open, the training under way, and news of all of it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.data.suffixes import IMAGE_SUFFIXES
from striate.errors import ArgumentError
from striate.explaining.explainer import Explainer, open_explainer
from striate.explaining.inputs import Input
from striate.exploring.desk import Desk, State
from striate.exploring.news import News
from striate.exploring.training import Training
from striate.exploring.turns import Turns

FIRST_DATA, FIRST_INPUT = "digits", "digits/test/17"
FIRST_EPOCHS = 6
LARGEST = 10 << 20
"""Bytes of a file that is handed in."""
MOST_CHECKPOINTS = 60
"""Of a training, whose weights stay open."""
Network = str | Path | nn.Module


class Session:
    """Everything that the server answers from."""

    def __init__(self, network: Network | None, inputs: Sequence[Input], news: News, turns: Turns) -> None:
        """network: None to train a small one on the digits."""
        self.network, self.inputs, self.news, self.turns = network, list(inputs), news, turns
        self.desk, self.training = Desk(), Training(news, turns, self._trained)
        self.first: list[int] = []
        self.checkpoints = 0

    def begin(self) -> None:
        """Opens what was asked for, or begins the first training."""
        if self.network is None:
            self.training.start(FIRST_DATA, epochs=FIRST_EPOCHS)
            return
        with self.turns.question():
            for one in self.inputs or ["test/0"]:
                number = self._add(one)
                self.desk.open(number).observed  # noqa: B018 - so that the first page finds it
                self.first.append(number)
                self.news.tell("opened", state=number)

    def _add(self, one: Input) -> int:
        network = self.network
        assert network is not None
        return self.desk.add(State(lambda: open_explainer(network, one), _named(one)))

    def _trained(self, run: str) -> None:
        """The run holds new weights, kept as a state of their own. Called in the training's turn."""
        if self.network is None or str(self.network) != run:
            self.network, self.first = run, []
            for one in self.inputs or [FIRST_INPUT]:
                self.first.append(self._add(one))
        for number in self.first:
            self.desk.forget(number)
        self.news.tell("opened", state=self.first[0])
        if self.checkpoints < MOST_CHECKPOINTS:
            self.checkpoints += 1
            now, title = self.desk.open(self.first[0]), self.desk.state(self.first[0]).title
            number = self.desk.add(State(lambda: Explainer(now.subject, now.optimiser), title))
            self.news.tell("checkpoint", state=number)

    def train(self, data: str, epochs: int) -> None:
        """A training as the page asks for it."""
        if not 1 <= epochs <= 1000:
            raise ArgumentError(f"epochs: 1 to 1000; got {epochs}")
        self.training.start(data, epochs=epochs)

    def open_input(self, name: str) -> int:
        """The state of another input of the same network."""
        number = self._needed(name)
        self.desk.open(number)
        return number

    def open_file(self, name: str, content: bytes) -> int:
        """The same of an image that was handed in."""
        suffix = Path(name).suffix.lower()
        if suffix not in IMAGE_SUFFIXES:
            raise ArgumentError(f"give an image: {', '.join(sorted(IMAGE_SUFFIXES))}; got {name[:80]!r}")
        if not content or len(content) > LARGEST:
            raise ArgumentError(f"an image of at most {LARGEST >> 20} MiB; got {len(content):,} bytes")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"picture{suffix}"
            path.write_bytes(content)
            opened = open_explainer(self._network(), [path])
        return self.desk.add(State(lambda: Explainer(opened.subject, opened.optimiser), name[:120]))

    def _needed(self, name: str) -> int:
        self._network()
        return self._add(name)

    def run(self) -> Path:
        """The folder of the open run. Raises ArgumentError for a module."""
        network = self._network()
        if not isinstance(network, str | Path):
            raise ArgumentError("frames as they come are of a run: open one, made by `striate train`")
        return Path(network)

    def _network(self) -> Network:
        if self.network is None:
            raise ArgumentError("no network is open yet: wait for the first epoch")
        return self.network

    def to_json(self) -> dict[str, Any]:
        """What the page has to know first."""
        return {
            "ready": bool(self.first),
            "states": [{"state": one, "title": self.desk.state(one).title} for one in self.first],
            "training": self.training.running,
        }


def _named(one: Input) -> str:
    return str(one) if isinstance(one, str | Path) else "input"
