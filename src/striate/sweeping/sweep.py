"""The verb `sweep`: data and what is tried in, a run for each trial and one table out."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from striate.checked import checked, like
from striate.checked.checking import argument
from striate.data.images.transform import transform_of
from striate.data.options import Options
from striate.data.sources.given import Source, name_of
from striate.errors import ArgumentError, MissingExtraError, RunError, StriateError, TrainingError
from striate.plain_values import to_plain
from striate.runs import holds_run, read_record
from striate.sweeping.ranges import Range, Values, space_of
from striate.sweeping.result import Sweep, Trial
from striate.training.presets import Facts, PresetName, check_names
from striate.training.progress import reporter_for
from striate.training.recipe import SETTINGS
from striate.training.request import AUTO
from striate.training.requested import requested
from striate.training.train import train

if TYPE_CHECKING:
    import optuna

JOURNAL = "journal.log"
"""Optuna's memory, in the sweep's folder."""
BESIDE = ("backbone", "size", "recipe", "time", "frames")
"""What can be tried besides the settings of a recipe."""
_ALL_TRIED = "all {} choices were tried"
OF_MACHINE = ("device", "num_threads")
NO_CHOICE = (*OF_MACHINE, "offline")
"""What a sweep may be gone on with otherwise."""
ASKED = "asked"
"""What the sweep is of, as its journal remembers."""


@checked
@like(train, without="resume track reporter on_epoch_end")
def sweep(
    data: Source,
    *,
    set: Mapping[str, Any] | Sequence[str],
    trials: int = 20,
    out: str | Path | None = None,
    backbone: str = AUTO,
    recipe: PresetName | None = None,
    **training: Any,
) -> Sweep:
    """Trains with one choice of settings after another, and says which scored best on the validation images.

    Each trial is an ordinary run in the sweep's folder. What is tried next follows from what has been found
    (Optuna, by tree-structured Parzen estimators). Asked again, the sweep goes on where it was: finished
    trials are read, an interrupted one is resumed, and a larger number of trials adds to them.

    Args:
        data: as in `train`.
        set: what is tried: values in a row, as backbone=plain,resnet18, or a range, as
            learning_rate=1e-4..1e-2, which is tried by factors where its ends lie far apart; in Python also a
            dict of them.
        trials: how many trainings there are in all.
        out: the folder of the sweep and its runs. By default one under runs/, the same for the same data.
        backbone: as in `train`.
        recipe: as in `train`.
        training: anything else that `train` takes, as size=64 or epochs=6.

    Returns:
        The trials, the best first.

    Raises:
        StriateError: in one sentence, for whatever in these does not fit.
    """
    if find_spec("optuna") is None:
        raise MissingExtraError("sweep", "a sweep")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ArgumentError(
            "sweep trains one network after another in one process: start it without torchrun"
        )
    if trials < 1:
        raise ArgumentError(f"trials must be at least 1; got {trials}")
    space = space_of(set, [*BESIDE, *SETTINGS])
    check_names({**training, **space}, sweep)
    named = {
        name for name, value in (("backbone", backbone), ("recipe", recipe)) if value not in (AUTO, None)
    }
    for name in space.keys() & (training.keys() | named):
        raise ArgumentError(f"{name} is given and tried: leave one of the two out")
    source = name_of(data)
    folder = Path("runs") / f"{Path(source).name.replace(':', '-')}-sweep" if out is None else Path(out)
    fixed = {"backbone": backbone, "recipe": recipe, **training}
    if "transform" in fixed:
        fixed["transform"] = transform_of(fixed["transform"])
    _check(source, fixed, space)
    study = _study(folder, {"data": source, "set": {k: str(v) for k, v in space.items()}}, fixed)
    return _Sweeping(study, folder, source, space, fixed).run(trials)


def _check(data: str, fixed: Mapping[str, Any], space: Mapping[str, Values | Range]) -> None:
    """Refuses what no training would take, before the first of them. Raises ArgumentError."""
    kinds = get_type_hints(train)
    for name, one in space.items():
        for value in one.ends:
            tried = argument(name, kinds[name], value) if name in kinds else value
            asked = requested(data, {**fixed, name: tried})
            asked.recipe.recipe(Facts())
            Options(size=asked.picture.size, frames=asked.clips.frames)
            asked.check()


def _study(folder: Path, asked: dict[str, Any], fixed: Mapping[str, Any]) -> "optuna.Study":
    """The memory of the sweep, opened or begun. Raises RunError where it is of something else."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    asked = asked | {
        "fixed": to_plain({k: v for k, v in fixed.items() if v is not None and k not in NO_CHOICE})
    }
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
        study_name="striate",
        direction="maximize",
        load_if_exists=True,
    )
    if study.user_attrs.get(ASKED, asked) != asked:
        raise RunError(f"{folder} holds a sweep that asked otherwise: choose another --out")
    study.set_user_attr(ASKED, asked)
    return study


class _Sweeping:
    """A sweep under way."""

    def __init__(
        self,
        study: "optuna.Study",
        folder: Path,
        data: str,
        space: Mapping[str, Values | Range],
        fixed: dict[str, Any],
    ) -> None:
        self.study, self.folder, self.data, self.space, self.fixed = study, folder, data, space, fixed

    def run(self, trials: int) -> Sweep:
        """Trains what is missing."""
        import optuna

        running = (optuna.trial.TrialState.RUNNING,)
        going_on = all(self._tried(old.number, old.params) for old in self.study.get_trials(states=running))
        values = [one.all for one in self.space.values()]
        every = None if None in values else list(product(*filter(None, values)))
        wanted = trials if every is None else min(trials, len(every))
        while going_on and len(self._first) < wanted:
            self.study.sampler = optuna.samplers.TPESampler(seed=len(self.study.trials))
            trial = self.study.ask()
            chosen = {name: one.choose(trial, name) for name, one in self.space.items()}
            known = self._first.get(tuple(chosen.values()))
            if known is None:
                going_on = self._tried(trial.number, chosen)
            else:  # not trained again; the next is one that was not tried
                self.study.tell(trial.number, known.value, known.state)
                left = next(one for one in every or () if one not in self._first)
                self.study.enqueue_trial(dict(zip(self.space, left, strict=True)))
        notes = () if every is None or trials <= len(every) else (_ALL_TRIED.format(len(every)),)
        return self._result("finished" if going_on else "stopped", notes if going_on else ())

    @property
    def _first(self) -> dict[tuple[Any, ...], "optuna.trial.FrozenTrial"]:
        """What was tried, each choice once."""
        ended = [one for one in self.study.trials if one.state.is_finished()]
        found = {tuple(one.params.get(name) for name in self.space): one for one in reversed(ended)}
        return {choice: found[choice] for choice in found if None not in choice}

    def _tried(self, number: int, chosen: Mapping[str, Any]) -> bool:
        """Trains a trial, and tells how good it is. False where somebody stopped it."""
        import optuna

        failed = optuna.trial.TrialState.FAIL
        if chosen.keys() != self.space.keys():  # killed while it was chosen
            self.study.tell(number, state=failed)
            return True
        place = self._place(number)
        try:
            status = self._train(place, chosen)
            score = read_record(place)["results"].get("val")
        except TrainingError as problem:  # as a loss that is no number: a choice to keep away from
            self.study.tell(number, state=failed)
            reporter_for().say(f"trial {number} failed: {problem}")
            return True
        except StriateError:
            self.study.tell(number, state=failed)
            raise
        if status == "stopped":
            return False
        if score is None:
            raise ArgumentError(f"{self.data} has no validation images to choose by: give more images")
        self.study.tell(number, score["top1"])
        return True

    def _train(self, place: Path, chosen: Mapping[str, Any]) -> str:
        """The status of a trial's run: begun, gone on with, or finished before."""
        if not holds_run(place):
            return train(self.data, out=place, **{**self.fixed, **chosen}).status
        if read_record(place)["status"] == "finished":
            return "finished"
        machine = {name: self.fixed[name] for name in OF_MACHINE if name in self.fixed}
        return train(resume=place, **machine).status

    def _place(self, number: int) -> Path:
        return self.folder / f"trial-{number:03}"

    def _result(self, status: str, notes: tuple[str, ...]) -> Sweep:
        first = self._first.values()
        done = [self._trial(one) for one in first if one.value is not None]
        best_first = tuple(sorted(done, key=lambda trial: -trial.val_top1))
        failed = sum(one.state.name == "FAIL" for one in first)
        notes += (f"{failed} of {len(first)} trials failed",) if failed else ()
        return Sweep(status, self.data, self.folder, best_first, notes)

    def _trial(self, told: "optuna.trial.FrozenTrial") -> Trial:
        place = self._place(told.number)
        record = read_record(place)
        test = record["results"].get("test")
        return Trial(
            number=told.number,
            run=place,
            settings=dict(told.params),
            val_top1=float(told.value or 0.0),
            test_top1=None if test is None else test["top1"],
            seconds=record["summary"]["seconds"],
        )
