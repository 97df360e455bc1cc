"""What somebody asked `compare` for: its trainings, and a plan on disk that says what they have in common."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from striate.comparing.costs import MATCHES
from striate.errors import ArgumentError, RunError, unknown
from striate.models.building import short_name
from striate.plain_values import to_plain
from striate.runs import write_text
from striate.runs.json_files import parse_json
from striate.training.presets import Facts, RecipeRequest
from striate.training.request import AUTO, TWO_STREAM, NetworkOptions, Request

PLAN = "plan.json"


@dataclass(frozen=True)
class Member:
    """One training of a comparison."""

    network: NetworkOptions
    time: str | None
    """The way through time; None on images."""
    seed: int
    run: Path


@dataclass(frozen=True)
class CompareRequest:
    """A comparison as it was asked for. Checked when it is made."""

    training: Request
    """What every training is asked for, but for its network, way through time, seed and length."""
    networks: tuple[NetworkOptions, ...]
    times: tuple[str | None, ...]
    """Ways through time; None alone on images."""
    out: Path
    seeds: int = 3
    minutes_each: float | None = None
    match: str | None = None

    def __post_init__(self) -> None:
        named = [network.backbone for network in self.networks]
        for what, each in (("way", self.times), ("backbone", named)):
            if len(set(each)) < len(each):
                got = " ".join(map(str, each))
                raise ArgumentError(f"each {what} once, please; got {got}: --seeds trains it again")
        if self.seeds < 1:
            raise ArgumentError(f"seeds is how often each is trained, at least once; got {self.seeds}")
        if len(named) > 1 and AUTO in named:
            raise ArgumentError(
                f"backbone {AUTO} may be one of the others: compare it alone, or name the network"
            )
        if len(named) > 1 and (self.training.options or self.networks[0].weights):
            raise ArgumentError(
                f"options and weights are of one backbone, and {_and(named)} are compared: leave them out, "
                "or train each with its own and compare the --runs"
            )
        self._check_budget()
        if self.training.clips.causal and TWO_STREAM in self.times:
            raise ArgumentError(
                f"{TWO_STREAM} cannot be causal, as flow points from a frame to the next one: leave it or "
                "--causal out"
            )
        for network, time in self.kinds:
            self.of_kind(network, time).check()

    def _check_budget(self) -> None:
        if self.match is not None and self.match not in MATCHES:
            raise ArgumentError(unknown("match", self.match, MATCHES))
        if self.minutes_each is not None and not self.minutes_each > 0:
            raise ArgumentError(f"minutes_each must be above 0; got {self.minutes_each:g}")
        if self.minutes_each is not None and self.match == "time":
            raise ArgumentError(
                "--minutes-each gives every training its minutes, and --match time those that the first one "
                "took: give one of them"
            )
        if self.match is not None and len(self.kinds) == 1:
            raise ArgumentError(
                f"--match {self.match} makes several networks cost alike, and one is trained: name more with "
                "--time or --backbone, or leave --match out"
            )
        if self.training.recipe.recipe(self._facts).minutes is not None:
            raise ArgumentError(
                "minutes of a whole comparison cannot be planned: say --minutes-each, for one training"
            )

    @property
    def kinds(self) -> tuple[tuple[NetworkOptions, str | None], ...]:
        """What is compared, each once; the first is the reference of `match`."""
        return tuple(product(self.networks, self.times))

    @property
    def _facts(self) -> Facts:
        return Facts(clips=self.times != (None,))

    def of_kind(self, network: NetworkOptions, time: str | None) -> Request:
        """What the trainings of that kind are asked for."""
        clips = self.training.clips
        if TWO_STREAM in self.times and time != TWO_STREAM:  # flow is for that one alone; else refused
            clips = replace(clips, flow=None)
        return replace(self.training, network=network, time=time, clips=clips)

    def of_member(self, member: Member, options: dict[str, Any], minutes: float | None) -> Request:
        """What one training is asked for: with these options of the network, for so many minutes."""
        recipe = self.training.recipe
        own = RecipeRequest(recipe.preset, {**recipe.settings, "seed": member.seed, "minutes": minutes})
        asked = self.of_kind(member.network, member.time)
        return replace(asked, recipe=own, options=options, out=member.run)

    @property
    def members(self) -> tuple[Member, ...]:
        """Seed by seed, so that an interrupted comparison has trained all kinds equally often."""
        first = self.training.recipe.recipe(self._facts).seed
        return tuple(
            Member(network, time, seed, self.out / f"{_short(network, time)}-seed{seed}")
            for seed in range(first, first + self.seeds)
            for network, time in self.kinds
        )

    @property
    def shared(self) -> dict[str, Any]:
        """What all members have in common: a comparison goes on only where this is the same."""
        training = self.training
        named = {**vars(training.network), **vars(training.picture), **vars(training.clips)}
        del named["backbone"], named["offline"]
        first = self.networks[0].backbone
        shared = {
            "data": training.data,
            "backbone": first if len(self.networks) == 1 else None,
            "options": training.options,
            "given": {name: value for name, value in named.items() if value},
            "minutes_each": self.minutes_each,
            "match": self.match,
            "reference": (self.times[0] or first) if self.match else None,
            "recipe": training.recipe.recipe(self._facts),
        }
        plain: dict[str, Any] = to_plain(shared)
        return plain


def _short(network: NetworkOptions, time: str | None) -> str:
    """The kind, in the name of a folder."""
    return "-".join(filter(None, (short_name(network.backbone), time)))


@contextmanager
def planned(request: CompareRequest) -> Iterator[None]:
    """Keeps the plan, and takes it back where an error ends the comparison before any training has begun.

    Raises RunError where the folder holds another plan.
    """
    out = request.out
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    known = (out / PLAN).exists()
    keep_plan(request)
    try:
        yield
    except BaseException:
        if not known and not any(member.run.exists() for member in request.members):
            _take_back(out / PLAN, new)
        raise


def _take_back(plan: Path, folders: Sequence[Path]) -> None:
    """Removes the plan, and these folders, innermost first, as far as they are empty."""
    with suppress(OSError):
        plan.unlink()
        for folder in folders:
            folder.rmdir()


def keep_plan(request: CompareRequest) -> None:
    """Writes the plan, or checks that the one in the folder is the same. Raises RunError where it is not."""
    path, ours = request.out / PLAN, request.shared
    if not path.is_file():
        write_text(path, json.dumps(ours, indent=2, ensure_ascii=False) + "\n")
        return
    try:
        known = parse_json(path.read_bytes(), str(path))
        other = [name for name in ours if known.get(name) != ours[name]]
    except (ArgumentError, AttributeError, OSError):
        raise RunError(f"{path} is damaged: delete it, or choose another --out") from None
    if other:
        raise RunError(
            f"{request.out} holds a comparison with another {_and(other)}: give the same to go on with it, "
            "or choose another --out"
        )


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
