"""What somebody asked `compare` for: its trainings, and a plan on disk that says what they have in common."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.comparing.costs import MATCHES
from striate.errors import ArgumentError, RunError, unknown
from striate.models import WAYS
from striate.models.own import short_name
from striate.plain_values import parse_json, to_plain
from striate.runs import write_text
from striate.training.presets import Facts, RecipeRequest
from striate.training.request import TWO_STREAM, Request

PLAN = "plan.json"


@dataclass(frozen=True)
class Member:
    """One training of a comparison."""

    time: str
    seed: int
    run: Path


@dataclass(frozen=True)
class CompareRequest:
    """A comparison as it was asked for. Checked when it is made."""

    training: Request
    """What every training is asked for, but for its way through time, its seed and its length."""
    times: tuple[str, ...]
    out: Path
    seeds: int = 3
    minutes_each: float | None = None
    match: str | None = None

    def __post_init__(self) -> None:
        if not self.times:
            raise ArgumentError(f"compare which ways through time? name some of {', '.join(WAYS)}")
        for time in self.times:
            if time not in WAYS:
                raise ArgumentError(unknown("way through time", time, WAYS))
        if len(set(self.times)) < len(self.times):
            raise ArgumentError(f"each way once, please; got {' '.join(self.times)}: --seeds trains it again")
        if self.seeds < 1:
            raise ArgumentError(f"seeds is how often each way is trained, at least once; got {self.seeds}")
        self._check_budget()
        if self.training.clips.causal and TWO_STREAM in self.times:
            raise ArgumentError(
                f"{TWO_STREAM} cannot be causal, as flow points from a frame to the next one: leave it or "
                "--causal out"
            )
        for time in self.times:
            self.of_way(time).check()

    def _check_budget(self) -> None:
        if self.match is not None and self.match not in MATCHES:
            raise ArgumentError(unknown("match", self.match, MATCHES))
        if self.minutes_each is not None and not self.minutes_each > 0:
            raise ArgumentError(f"minutes_each must be above 0; got {self.minutes_each:g}")
        if self.minutes_each is not None and self.match == "time":
            raise ArgumentError(
                "--minutes-each gives every training its minutes, and --match time those that the first way "
                "took: give one of them"
            )
        if self.training.recipe.recipe(Facts(clips=True)).minutes is not None:
            raise ArgumentError(
                "minutes of a whole comparison cannot be planned: say --minutes-each, for one training"
            )

    def of_way(self, time: str) -> Request:
        """What the trainings of that way are asked for."""
        clips = self.training.clips
        return replace(
            self.training, time=time, clips=clips if time == TWO_STREAM else replace(clips, flow=None)
        )

    def of_member(self, member: Member, options: dict[str, Any], minutes: float | None) -> Request:
        """What one training is asked for: with these options of the network, for so many minutes."""
        recipe = self.training.recipe
        own = RecipeRequest(recipe.preset, {**recipe.settings, "seed": member.seed, "minutes": minutes})
        return replace(self.of_way(member.time), recipe=own, options=options, out=member.run)

    @property
    def members(self) -> tuple[Member, ...]:
        """Seed by seed, so that an interrupted comparison has trained all ways equally often."""
        first = self.training.recipe.recipe(Facts(clips=True)).seed
        backbone = short_name(self.training.network.backbone)
        return tuple(
            Member(time, seed, self.out / f"{backbone}-{time}-seed{seed}")
            for seed in range(first, first + self.seeds)
            for time in self.times
        )

    @property
    def shared(self) -> dict[str, Any]:
        """What all members have in common: a comparison goes on only where this is the same."""
        training = self.training
        named = {**vars(training.network), **vars(training.picture), **vars(training.clips)}
        del named["backbone"]
        shared = {
            "data": training.data,
            "backbone": training.network.backbone,
            "options": training.options,
            "given": {name: value for name, value in named.items() if value},
            "minutes_each": self.minutes_each,
            "match": self.match,
            "reference": self.times[0] if self.match else None,
            "recipe": training.recipe.recipe(Facts(clips=True)),
        }
        plain: dict[str, Any] = to_plain(shared)
        return plain


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
