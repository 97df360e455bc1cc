"""A finished run as a comparison reads it, and whether several can be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.errors import DataError, NetworkError, RunError
from striate.models import NetworkSpec
from striate.runs import read_record

_BUDGET = ("seed", "minutes", "epochs")
"""What may differ between the recipes of a comparison, as it is told in the table."""


@dataclass(frozen=True)
class Finished:
    """What a comparison needs of one run."""

    run: Path
    spec: NetworkSpec
    record: dict[str, Any]
    split: str
    scores: dict[str, Any]

    @property
    def frames(self) -> int | None:
        """Of each clip; None of images."""
        return None if self.spec.time is None else int(self.record["data"]["frames"])

    @property
    def samples(self) -> int:
        """Images or clips that were scored."""
        return int(self.scores["images" if self.spec.time is None else "clips"])

    @property
    def kind(self) -> tuple[object, ...]:
        """Runs of one kind are one row: they differ by their seeds only."""
        spec = self.spec
        return (spec.backbone, spec.time, spec.causal, self.frames, str(sorted(spec.options.items())))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Classes of the data that only the order of frames tells apart."""
        return tuple((str(one), str(other)) for one, other in self.record["data"].get("pairs", ()))

    def summary(self, name: str) -> Any:
        """A figure of the training; None where the record is of before it was kept."""
        return self.record["summary"].get(name)


def read_finished(run: str | Path) -> Finished:
    """Reads one run. Raises RunError for one that is not finished."""
    run = Path(run)
    record = read_record(run)
    if record.get("status") != "finished":
        raise RunError(
            f"{run} is not finished, and a comparison reads finished runs only: "
            f"go on with `striate train --resume {run}`, or leave it out"
        )
    try:
        spec, results = NetworkSpec.from_json(record["network"]), record["results"]
        split = next((name for name in ("test", "val") if name in results), None)
        counted = (spec.time is None or "frames" in record["data"]) and "parameters" in record["summary"]
    except (AttributeError, KeyError, TypeError, NetworkError):
        counted = False
    if not counted:
        raise RunError(f"the record of {run} lacks what a comparison reads: train again")
    if split is None:
        raise RunError(f"{run} has no scores, as its data have no test and no validation split: leave it out")
    return Finished(run, spec, record, split, results[split])


def check_alike(runs: Sequence[Finished]) -> None:
    """Raises DataError where runs were trained or scored on different data, or one row cannot hold them."""
    first = runs[0]
    counted = "images" if first.frames is None else "clips"
    for other in runs[1:]:
        if (first.frames is None) is not (other.frames is None):
            raise DataError(
                f"{other.run} cannot be compared with {first.run}: one is of images, one of clips"
            )
        for name, what in (("name", "data"), ("classes", "classes"), ("counts", counted), ("size", "size")):
            one, two = first.record["data"].get(name), other.record["data"].get(name)
            if one != two:
                raise DataError(
                    f"{other.run} cannot be compared with {first.run}: they were trained on other {what}"
                    f"{f' ({two} and {one})' if name in ('name', 'size') else ''}; leave one of them out"
                )
        if first.split != other.split:
            raise DataError(
                f"{other.run} was scored on {other.split} and {first.run} on {first.split}: leave one out"
            )
    _check_seeds(runs)


def _check_seeds(runs: Sequence[Finished]) -> None:
    """Of one network, runs that another seed does not tell apart are no sample of what chance does."""
    known: dict[object, Finished] = {}
    for run in runs:
        seed = run.record["recipe"].get("seed")
        other = known.setdefault((run.kind, seed), run)
        if other is not run:
            raise DataError(
                f"{run.run} and {other.run} train the same network from the same seed, {seed}: a row is the "
                "mean over seeds, so leave one of them out"
            )


def differences(runs: Sequence[Finished]) -> Iterator[str]:
    """What makes the runs differ besides their networks, in words."""
    recipes = [_flat(run.record["recipe"]) for run in runs]
    names = {name for recipe in recipes for name in recipe}
    differ = [name for name in names - set(_BUDGET) if len({str(recipe.get(name)) for recipe in recipes}) > 1]
    if differ:
        yield f"not by the same recipe: the runs differ in {', '.join(sorted(differ))}"
    speeds = {run.record["data"].get("seconds_per_frame") for run in runs}
    if len(speeds) > 1:
        told = sorted("unknown" if speed is None else f"{speed:.3g} s" for speed in speeds)
        yield f"not at the same speed: their frames are {' and '.join(told)} apart"
    formats = {str(run.record.get("plan", {}).get("number_format")) for run in runs}
    if len(formats) > 1:
        yield (
            f"trained in {' and '.join(sorted(formats))}, as a trial chose for each: memory and speed of "
            "training differ by that too; --number-format fp32 makes them alike"
        )
    machines = {str(run.record.get("machine", {}).get("processor")) for run in runs}
    if len(machines) > 1:
        yield "not trained on the same machine: clips per second in training cannot be compared"


def _flat(recipe: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in recipe.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat
