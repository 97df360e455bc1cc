"""What a training comes to: the best weights scored, the pictures, the record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.evaluating.confusion import draw_confusion
from striate.evaluating.metrics import Scores, fit_temperature, probabilities, score
from striate.evaluating.run_model import algorithms_of
from striate.evaluating.scoring import NO_ALGORITHMS, logits_of, readable
from striate.models.spec import network_of
from striate.numbers import percent
from striate.pages import Shown
from striate.plain_values import picked
from striate.runs import CONFUSION, CURVES, read_history, write, write_record
from striate.training.loop import Loop
from striate.training.setup import Setup

# The learning curves of a run, as a picture: what stands in one panel can be compared.

TRAIN, VALIDATION = "#8a8f98", "#1f5fbf"
DOTS = 30
"""So many epochs are marked by dots at most."""


def draw_curves(history: list[dict[str, Any]], path: Path) -> None:
    """Loss and accuracy by epoch, PNG.

    Labels may be smoothed and weighted in training, which makes its loss larger than the cross-entropy of the
    same scores. So both splits are drawn by the loss that was trained with; where a history of before has no
    such figure of the validation images, their cross-entropy is drawn in a panel of its own.
    """
    from matplotlib.figure import Figure  # it loads in a second, for which no training waits at its start

    comparable = any(row.get("val_objective") is not None for row in history)
    scored = any(row.get("val_loss") is not None for row in history)
    panels = 2 + (scored and not comparable)
    figure = Figure(figsize=(4.5 * panels, 3.8), dpi=120, layout="constrained")
    loss, *others, accuracy = figure.subplots(1, panels)
    trained, validation = "training, augmented images", "validation"
    _curve(loss, history, "train_loss", TRAIN, trained)
    _curve(loss, history, "val_objective", VALIDATION, validation)
    loss.set(title="The loss that is trained with", ylabel="nats")
    for panel in others:
        _curve(panel, history, "val_loss", VALIDATION, validation)
        panel.set(title="Cross-entropy, plain labels", ylabel="nats")
    unit = "clips" if "clips_per_second" in history[0] else "images"
    _curve(accuracy, history, "train_top1", TRAIN, trained, 100)
    _curve(accuracy, history, "val_top1", VALIDATION, validation, 100)
    accuracy.set(title="Accuracy", ylabel=f"% of {unit}")
    for panel in (loss, *others, accuracy):
        _finish(panel, len(history))
    figure.savefig(path, format="png")


def _curve(
    axes: Any, history: list[dict[str, Any]], what: str, colour: str, label: str, scale: float = 1
) -> None:
    """One figure by epoch; nothing where no epoch has it."""
    values = [row.get(what) for row in history]
    if all(value is None for value in values):
        return
    numbers = [np.nan if value is None else scale * value for value in values]
    marker = "o" if len(history) <= DOTS else None
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, numbers, color=colour, label=label, marker=marker, markersize=3)


def _finish(axes: Any, epochs: int) -> None:
    """What all panels have."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="best", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if epochs <= 2:  # of a pass or two: the numbers, not a magnified point
        axes.set_xlim(0.5, epochs + 0.5)


@dataclass(frozen=True)
class Run(Shown):
    """A training that has ended."""

    path: Path
    status: str
    """'finished', or 'stopped' where somebody asked for it."""
    epochs: int
    best_epoch: int
    seconds: float
    """Training and scoring; not opening the data."""
    total_seconds: float
    """From the request to the record, opening the data included."""
    unit: str
    """What it was trained on: images or clips."""
    per_second: float
    """Images or clips in training, median over the epochs."""
    parameters: int
    step_bytes: int | None
    """Memory of a training step: weights with all they carry, and what is kept for the backward pass."""
    number_format: str
    temperature: float
    """Logits are divided by it for probabilities; fitted to the validation images."""
    val: Scores | None
    test: Scores | None
    pictures: tuple[Path, ...]
    notes: tuple[str, ...]

    def __fspath__(self) -> str:
        """The run's folder: a run may stand wherever a path is taken."""
        return str(self.path)

    def to_rows(self) -> list[dict[str, Any]]:
        """What its history says: a row for each epoch."""
        return read_history(self.path)

    def to_json(self) -> dict[str, Any]:
        """Plain values; fractions, not percent."""
        figures = "parameters step_bytes number_format temperature val test pictures notes"
        times = f"seconds total_seconds {self.unit}_per_second=per_second"
        return picked(self, f"run=path status epochs best_epoch {times} {figures}")


def conclude(setup: Setup, loop: Loop, status: str) -> Run:
    """Scores the best weights in fp32, as `evaluate` will, and draws the pictures."""
    history = read_history(setup.run) if setup.group.is_main else []
    temperature, val, test = _final_scores(setup, loop) if status == "finished" else (1.0, None, None)
    unit = setup.data.unit
    pictures = _draw(setup, history, test or val) if setup.group.is_main and history else ()
    rates = sorted(row[f"{unit}_per_second"] for row in history)
    return Run(
        path=setup.run,
        status=status,
        epochs=len(history),
        best_epoch=loop.position.best_epoch,
        seconds=loop.position.seconds,
        total_seconds=loop.length.elapsed,
        unit=unit,
        per_second=rates[len(rates) // 2] if rates else 0.0,
        parameters=sum(parameter.numel() for parameter in setup.network.parameters()),
        step_bytes=loop.learner.step_bytes,
        number_format=setup.plan.number_format,
        temperature=temperature,
        val=val,
        test=test,
        pictures=pictures,
        notes=(*setup.notes, *_late_notes(setup)),
    )


def _take_best(setup: Setup, loop: Loop) -> None:
    best = network_of(setup.run, setup.record) if setup.group.is_main else loop.learner.best_guess
    state = setup.group.agree(best.state_dict())
    loop.learner.best_guess.load_state_dict(state)


def _final_scores(setup: Setup, loop: Loop) -> tuple[float, Scores | None, Scores | None]:
    """The temperature, and the scores of the validation and the test images with it."""
    _take_best(setup, loop)
    val, test = (_logits(setup, loop, split) for split in ("val", "test"))
    temperature = fit_temperature(*val)

    def scores(logits: np.ndarray, labels: np.ndarray) -> Scores | None:
        if not len(logits):
            return None
        return score(probabilities(logits, temperature), labels, setup.data.classes, setup.data.unit)

    return temperature, scores(*val), scores(*test)


def _logits(setup: Setup, loop: Loop, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, K) in fp32 and labels (N,) of a split; empty where there is none."""
    images = setup.data.splits.get(split)
    if images is None or not len(images):
        return np.zeros((0, len(setup.data.classes))), np.zeros(0, np.int64)
    plain = setup.recipe.algorithms == "plain"
    algorithms = NO_ALGORITHMS if plain else algorithms_of(loop.learner.best_guess)
    logits = logits_of(loop.learner.best_guess, images, setup.normalise, algorithms=algorithms)
    read = readable(images)
    return logits[read], images.labels[read]


def _draw(setup: Setup, history: list[dict[str, Any]], scores: Scores | None) -> tuple[Path, ...]:
    pictures = [setup.run / CURVES]
    write(pictures[0], lambda path: draw_curves(history, path))
    if scores is not None:
        pictures.append(setup.run / CONFUSION)
        title = f"{setup.data.name}: {percent(scores.top1)} of {scores.images:,} {scores.unit}"
        write(pictures[1], lambda path: draw_confusion(scores, title, path))
    return tuple(pictures)


def _late_notes(setup: Setup) -> tuple[str, ...]:
    """Files that could not be read when their turn came."""
    late = [file for split in setup.data.splits.values() for file in split.skipped]
    if not late:
        return ()
    named = ", ".join(f"{file.path} ({file.reason})" for file in late[:3]) + ", …" * (len(late) > 3)
    return (f"files that could not be read, replaced by others of their class: {len(late)}, as {named}",)


def keep(setup: Setup, result: Run) -> None:
    """Writes what the training came to into its record."""
    results: dict[str, Any] = {"temperature": result.temperature}
    results |= {name: scores.to_json() for name in ("val", "test") if (scores := getattr(result, name))}
    names = (
        "epochs",
        "best_epoch",
        "seconds",
        "total_seconds",
        f"{result.unit}_per_second",
        "parameters",
        "step_bytes",
    )
    values = result.to_json()
    summary = {name: values[name] for name in names}
    write_record(setup.run, {**setup.record, "status": result.status, "results": results, "summary": summary})
