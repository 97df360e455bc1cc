"""One lab: what it was started on, what lies open, the training under way, and news of all of it."""

import tempfile
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from striate.data.suffixes import IMAGE_SUFFIXES
from striate.errors import ArgumentError, StriateError
from striate.evaluating.opening import open_trained
from striate.evaluating.run_model import Trained, described
from striate.evaluating.scoring import NO_ALGORITHMS
from striate.explaining.explainer import Explainer, open_explainer
from striate.explaining.inputs import Input
from striate.explaining.subject import Subject, open_subject
from striate.exploring.desk import Desk, State
from striate.exploring.networks import Network, name_of, opened_network
from striate.exploring.news import News
from striate.exploring.training import Training
from striate.exploring.turns import Turns
from striate.runs import read_record

FIRST_DATA, FIRST_INPUT = "digits", "digits/test/17"
FIRST_EPOCHS = 6
LARGEST = 10 << 20
"""Bytes of a file that is handed in."""
BREATH = 0.4
"""Seconds between two tellings that a network has learnt, so that a page can follow."""
MOST_NETWORKS = 8
"""That may lie open at once."""


class Session:
    """Everything that the server answers from."""

    def __init__(
        self, networks: Sequence[Network], inputs: Sequence[Input], news: News, turns: Turns
    ) -> None:
        """networks: looked at side by side; none to train a small one on the digits."""
        self.networks, self.inputs, self.news, self.turns = list(networks), list(inputs), news, turns
        self.desk, self.training = Desk(), Training(news, turns, self._learning, self._trained)
        self.first: list[int] = []
        """States of the networks as they are, those of one behind those of the other."""
        self._learner: Subject | None = None
        self._told = 0.0

    def begin(self) -> None:
        """Opens what was asked for, or begins the first training."""
        if not self.networks:
            # measuring algorithms would come before the first maps, and take longer than it gains here
            self.training.start(FIRST_DATA, epochs=FIRST_EPOCHS, algorithms="plain")
            return
        with self.turns.question():
            for number in [self._add(network, one) for network in self.networks for one in self._listed()]:
                self.desk.open(number).observed  # noqa: B018 - so that the first page finds it
                self.first.append(number)
                self.news.tell("opened", state=number)

    def _listed(self) -> list[Input]:
        return self.inputs or ["test/0"]

    def _add(self, network: Network, one: Input) -> int:
        title = _named(one) if len(self.networks) < 2 else f"{name_of(network)}, {_named(one)}"
        return self.desk.add(State(lambda: open_explainer(network, one), title))

    def _learning(self, run: Path, network: nn.Module, step: int) -> None:
        """A network under way, kept as a state of its own. Called in the training's turn."""
        copy = deepcopy(network).eval()
        trained = described(run, read_record(run), copy, NO_ALGORITHMS)
        if step == 0 or self._learner is None:
            one = self.inputs[0] if self.inputs and self.networks else FIRST_INPUT
            self._learner = open_subject(trained, [_seen(trained, one)], None)
            self.first.insert(0, self.desk.add(State(self._now, self._learner.titles[0])))
        subject = self._learner = replace(self._learner, network=copy, trained=trained)
        number = self.desk.add(
            State(lambda: Explainer(subject), self._learner.titles[0], note=f"step {step}")
        )
        self.news.tell("checkpoint", state=number, step=step)
        self._renew(step == 0)

    def _now(self) -> Explainer:
        """The network that learns, as it is now; the run that it has become in the end."""
        subject = self._learner
        assert subject is not None
        if self.training.running:
            return Explainer(subject)
        assert subject.trained is not None
        return open_explainer(subject.trained.run, subject.titles[0])

    def _renew(self, at_once: bool) -> None:
        """Tells pages that the first state is another one, not more often than they can draw."""
        self.desk.forget(self.first[0])
        now = time.monotonic()
        if at_once or now - self._told > BREATH:
            self._told = now
            self.news.tell("opened", state=self.first[0])

    def _trained(self, run: str) -> None:
        """The training has ended, and its run can be opened."""
        self.networks.insert(0, run)
        self._renew(True)

    def train(self, data: str, epochs: int) -> None:
        """A training as the page asks for it."""
        if not 1 <= epochs <= 1000:
            raise ArgumentError(f"epochs: 1 to 1000; got {epochs}")
        self.training.start(data, epochs=epochs)

    def open_input(self, name: str) -> int:
        """The state of another input of the same network."""
        number = self._add(self._network(), name)
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
            try:
                opened = open_explainer(self._network(), [path])
            except StriateError as problem:  # in words that name the reader's file, not ours
                raise ArgumentError(str(problem).replace(str(path), name[:80])) from None
        return self.desk.add(State(lambda: Explainer(opened.subject, opened.optimiser), name[:120]))

    def open_network(self, name: str) -> int:
        """The state of another network on the first of the inputs, to be compared with."""
        if len(self.networks) >= MOST_NETWORKS:
            raise ArgumentError(f"{MOST_NETWORKS} networks are open, no more are taken: start the lab anew")
        network = opened_network(name)
        self.networks.append(network)
        number = self._add(network, self._listed()[0])
        try:
            self.desk.open(number).observed  # noqa: B018 - refused here, if at all
        except StriateError:
            self.networks.remove(network)
            raise
        self.first.append(number)
        return number

    def trained(self) -> Trained:
        """The first network, for frames as they come. Raises ArgumentError for a module."""
        network = self._network()
        if isinstance(network, nn.Module):
            raise ArgumentError("frames as they come are of a run: open one, made by `striate train`")
        return network if isinstance(network, Trained) else open_trained(network, "cpu")

    def _network(self) -> Network:
        if not self.networks:
            raise ArgumentError("no network is open yet: wait for the end of the training")
        return self.networks[0]

    def to_json(self) -> dict[str, Any]:
        """What the page has to know first."""
        return {
            "ready": bool(self.first),
            "states": [{"state": one, "title": self.desk.state(one).title} for one in self.first],
            "training": self.training.running,
        }


def _seen(trained: Trained, one: Input) -> Input:
    """The input, or the first test image of what is learnt where it does not fit."""
    own = isinstance(one, str) and one.startswith(f"{Path(trained.source).name}/")
    return one if own or Path(str(one)).exists() else "test/0"


def _named(one: Input) -> str:
    return str(one) if isinstance(one, str | Path) else "input"
