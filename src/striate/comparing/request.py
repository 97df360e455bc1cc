"""What somebody asked `compare` for: its trainings, and a plan on disk that says what they have in common."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from striate.comparing.matching import MATCHES
from striate.errors import ArgumentError, RunError, unknown
from striate.models import WAYS
from striate.runs import write_text
from striate.training.presets import default
from striate.training.recipe import Facts, Recipe
from striate.training.request import TWO_STREAM, Ask, RecipeFor

PLAN = "plan.json"


@dataclass(frozen=True)
class Member:
    """One training of a comparison."""

    time: str
    seed: int
    run: Path


@dataclass(frozen=True)
class Asked:
    """A comparison as it was asked for. Checked when it is made."""

    data: str
    times: tuple[str, ...]
    out: Path
    backbone: str = "plain"
    seeds: int = 3
    minutes_each: float | None = None
    match: str | None = None
    recipe: RecipeFor = None
    options: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    """What else each training is told: weights, size, channels, frames, causal, stride, flow, group_by."""

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
        if self.given.get("causal") and TWO_STREAM in self.times:
            raise ArgumentError(
                f"{TWO_STREAM} cannot be causal, as flow points from a frame to the next one: leave it or "
                "--causal out"
            )
        for time in self.times:
            self.ask(time).check()

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
        if self.base(Facts(clips=True)).minutes is not None:
            raise ArgumentError(
                "minutes of a whole comparison cannot be planned: say --minutes-each, for one training"
            )

    def base(self, facts: Facts) -> Recipe:
        """The recipe that all trainings share, but for the seed and the length."""
        return self.recipe if isinstance(self.recipe, Recipe) else (self.recipe or default)(facts)

    def recipe_for(self, member: Member, minutes: float | None) -> RecipeFor:
        """The member's recipe, once the data is known."""
        return lambda facts: replace(self.base(facts), seed=member.seed, minutes=minutes)

    def ask(self, time: str) -> Ask:
        """What a training of that way is asked for."""
        flow = {} if time == TWO_STREAM else {"flow": None}
        return Ask(
            self.data,
            backbone=self.backbone,
            options=self.options,
            time=time,
            **{**self.given, **flow},
        )

    @property
    def members(self) -> tuple[Member, ...]:
        """Seed by seed, so that an interrupted comparison has trained all ways equally often."""
        first = self.base(Facts(clips=True)).seed
        return tuple(
            Member(time, seed, self.out / f"{self.backbone}-{time}-seed{seed}")
            for seed in range(first, first + self.seeds)
            for time in self.times
        )

    @property
    def shared(self) -> dict[str, Any]:
        """What all members have in common: a comparison goes on only where this is the same."""
        recipe = self.base(Facts(clips=True)).to_json()
        given = {name: value if _plain(value) else str(value) for name, value in self.given.items() if value}
        return {
            "data": self.data,
            "backbone": self.backbone,
            "options": {n: list(v) if isinstance(v, tuple) else v for n, v in self.options.items()},
            "given": given,
            "minutes_each": self.minutes_each,
            "match": self.match,
            "reference": self.times[0] if self.match else None,
            "recipe": recipe,
        }


def _plain(value: object) -> bool:
    return isinstance(value, int | float | str)


@contextmanager
def planned(asked: Asked) -> Iterator[None]:
    """Keeps the plan, and takes it back where an error ends the comparison before any training has begun.

    Raises RunError where the folder holds another plan.
    """
    new = [folder for folder in (asked.out, *asked.out.parents) if not folder.exists()]
    known = (asked.out / PLAN).exists()
    keep_plan(asked)
    try:
        yield
    except BaseException:
        if not known and not any(member.run.exists() for member in asked.members):
            _take_back(asked.out / PLAN, new)
        raise


def _take_back(plan: Path, folders: Sequence[Path]) -> None:
    """Removes the plan, and these folders, innermost first, as far as they are empty."""
    with suppress(OSError):
        plan.unlink()
        for folder in folders:
            folder.rmdir()


def keep_plan(asked: Asked) -> None:
    """Writes the plan, or checks that the one in the folder is the same. Raises RunError where it is not."""
    path, ours = asked.out / PLAN, json.loads(json.dumps(asked.shared))
    if not path.is_file():
        write_text(path, json.dumps(ours, indent=2, ensure_ascii=False) + "\n")
        return
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name in ours if known.get(name) != ours[name]]
    except (ValueError, AttributeError, OSError):
        raise RunError(f"{path} is damaged: delete it, or choose another --out") from None
    if other:
        raise RunError(
            f"{asked.out} holds a comparison with another {_and(other)}: give the same to go on with it, or "
            "choose another --out"
        )


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
