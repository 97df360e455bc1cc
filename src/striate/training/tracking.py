"""The history of a training for trackers, beside what a reporter says: TensorBoard, MLflow, Weights & Biases.

Each is used as its users have set it up: where it writes, its keys and its projects come from its own
variables. A training that goes on is the same run to it. A tracker that fails is said to, and left out; the
training goes on.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from striate.errors import MissingExtraError, RunError
from striate.runs.files import write_text
from striate.runs.json_files import read_json
from striate.training.progress import Reporter

TrackerName = Literal["tensorboard", "mlflow", "wandb"]
TITLES = {"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "Weights & Biases"}
EXTRAS = {"tensorboard": "track", "mlflow": "mlflow", "wandb": "wandb"}
PROJECT = "striate"
"""Of MLflow's experiments and of W&B's projects, where their users name none."""
FOLDER, IDS = "tensorboard", "tracking.json"
"""Inside the run's folder: what is written for TensorBoard; by what name others know the run."""
LONGEST = 500
"""Characters of a setting that every MLflow server takes."""


class Tracker(Protocol):
    """What is written to."""

    id: str
    """By which it knows the run again."""

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        """Numbers by name, after so many steps."""

    def end(self, status: str) -> None:
        """The training is "finished", "stopped" or "failed"."""


def require_trackers(names: Sequence[str]) -> None:
    """Raises MissingExtraError where a tracker is not installed."""
    for name in names:
        if find_spec(name) is None:
            raise MissingExtraError(EXTRAS[name], f"writing for {TITLES[name]}")


class Trackers:
    """Those of one training that are still written to."""

    def __init__(
        self, run: Path, opened: Mapping[str, Tracker], known: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._run, self._open, self._known, self._say = run, dict(opened), known, say
        self.status = "finished"

    def beside(self, reporter: Reporter) -> Reporter:
        """The reporter, which also hands each epoch's numbers on."""
        return cast(Reporter, _Tracked(reporter, self)) if self._open else reporter

    def keep(self) -> None:
        """Remembers in the run's folder, once it is there, by what names it is known."""
        ids = {name: tracker.id for name, tracker in self._open.items() if tracker.id}
        if ids:
            write_text(self._run / IDS, json.dumps({**self._known, **ids}, indent=2) + "\n")

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        """The numbers that are numbers, by names in groups: train/loss."""
        plain = {_tag(name): value for name, value in numbers.items() if isinstance(value, float)}
        self._each(lambda tracker: tracker.log(plain, step))

    def conclude(self, status: str, test: Mapping[str, float], step: int) -> None:
        """The training has "finished" or "stopped", and these are its scores on the test images."""
        self.status = status
        if test:
            self.log({f"test_{name}": value for name, value in test.items()}, step)

    def end(self, status: str) -> None:
        """Says how the training ended."""
        self._each(lambda tracker: tracker.end(status))
        self._open.clear()

    def _each(self, tell: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._open.items()):
            try:
                tell(tracker)
            except Exception as problem:  # whatever a server, a network or a disk does
                del self._open[name]
                self._say(f"{TITLES[name]} takes no more, the training goes on without: {_reason(problem)}")


@contextmanager
def tracking(
    names: Sequence[str], run: Path, settings: Mapping[str, Any], say: Callable[[str], None]
) -> Iterator[Trackers]:
    """The trackers of a training, open inside the block.

    Args:
        names: which.
        run: its folder.
        settings: what it was asked for, shown beside its numbers.
        say: hears of one that fails.

    Raises:
        RunError: one that cannot be opened, before anything is trained.
    """
    known = read_json(run / IDS) if names and (run / IDS).is_file() else {}
    opened: dict[str, Tracker] = {}
    trackers = None
    try:
        for name in dict.fromkeys(names):
            opened[name] = _opened(name, run, settings, known.get(name))
        trackers = Trackers(run, opened, known, say)
        yield trackers
    except BaseException as problem:
        stopped = isinstance(problem, KeyboardInterrupt)
        (trackers or Trackers(run, opened, known, say)).end("stopped" if stopped else "failed")
        raise
    trackers.end(trackers.status)


def _opened(name: str, run: Path, settings: Mapping[str, Any], known: str | None) -> Tracker:
    try:
        return _KINDS[name](run, settings, known)
    except RunError:
        raise
    except Exception as problem:
        raise RunError(
            f"{TITLES[name]} cannot be written to: {_reason(problem)}; set it up as it wants, or leave it "
            "out of --track"
        ) from problem


class _TensorBoard:
    """Scalars in the run's own folder, which `tensorboard --logdir` shows."""

    id = ""

    def __init__(self, run: Path, settings: Mapping[str, Any], known: str | None) -> None:
        from torch.utils.tensorboard import SummaryWriter

        if (run / FOLDER).is_symlink():
            raise RunError(f"{run / FOLDER} is a link, which striate never makes: remove it")
        self._writer = SummaryWriter(str(run / FOLDER))

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def end(self, status: str) -> None:
        self._writer.close()


_ENDS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
"""How a training ends, in MLflow's words."""


class _MLflow:
    """A run of the experiment MLFLOW_EXPERIMENT_NAME, where MLFLOW_TRACKING_URI says."""

    def __init__(self, run: Path, settings: Mapping[str, Any], known: str | None) -> None:
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._client = MlflowClient()
        if known is not None:
            self._client.update_run(known, status="RUNNING")
            self.id = known
            return
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        found = self._client.get_experiment_by_name(name)
        number = self._client.create_experiment(name) if found is None else found.experiment_id
        self.id = self._client.create_run(number, run_name=run.name).info.run_id
        flat = [Param(key, str(value)[:LONGEST]) for key, value in _flat(settings)]
        for first in range(0, len(flat), 100):  # so many a request
            self._client.log_batch(self.id, params=flat[first : first + 100])

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._client.log_batch(self.id, [Metric(name, value, now, step) for name, value in numbers.items()])

    def end(self, status: str) -> None:
        self._client.set_terminated(self.id, _ENDS[status])


class _WandB:
    """A run of the project WANDB_PROJECT; with WANDB_MODE=offline it stays on this machine."""

    def __init__(self, run: Path, settings: Mapping[str, Any], known: str | None) -> None:
        import wandb

        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=run.name,
            id=known,
            resume=None if known is None else "allow",
            config=dict(settings),
            settings=wandb.Settings(console="off"),  # a bar is drawn there
        )
        self.id = self._run.id

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        self._run.log(dict(numbers), step=step)

    def end(self, status: str) -> None:
        self._run.finish(exit_code=int(status == "failed"))


_KINDS: dict[str, Callable[[Path, Mapping[str, Any], str | None], Tracker]] = {
    "tensorboard": _TensorBoard,
    "mlflow": _MLflow,
    "wandb": _WandB,
}


class _Tracked:
    def __init__(self, reporter: Reporter, trackers: Trackers) -> None:
        self._reporter, self._trackers = reporter, trackers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def epoch(self, row: dict[str, Any]) -> None:
        """Every number of the row against the step."""
        self._reporter.epoch(row)
        self._trackers.log(row, row["step"])


def _tag(name: str) -> str:
    """train_loss → train/loss: trackers group by what stands before the slash."""
    group, _, rest = name.partition("_")
    return f"{group}/{rest}" if group in ("train", "val", "test") else name


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings by names with dots."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _reason(problem: Exception) -> str:
    """The first line of what it says."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")
