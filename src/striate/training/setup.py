"""One training, set up: from what was asked, or from the record of a run that is to go on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.algorithms import Table
from striate.algorithms.table import from_json as table_from_json
from striate.algorithms.table import to_json as table_to_json
from striate.data import ClipData, ImageData, open_data
from striate.data.augment.augment import augment, draw
from striate.errors import DataError, NetworkError, RunError
from striate.evaluating.inputs import Normalisation, to_device
from striate.machine import describe
from striate.models import NetworkSpec, load_weights, read_weights
from striate.models.layouts import Pixels
from striate.runs import CHECKPOINT, MODEL, RECORD, holds_run, read_record, unused_folder
from striate.training.algorithm_choice import algorithms_for, steps_of
from striate.training.distributed import Team
from striate.training.freezing import freeze, fresh_parts
from striate.training.loss import batch_loss
from striate.training.number_format import NumberFormat, choose
from striate.training.plan import Plan, make_plan
from striate.training.presets import default
from striate.training.progress import Reporter
from striate.training.recipe import Facts, Recipe
from striate.training.request import Ask
from striate.training.step_errors import within_limits
from striate.version import __version__


@dataclass(frozen=True)
class Job:
    """A training that can start or go on."""

    run: Path
    data: ImageData
    network: nn.Module
    normalise: Normalisation
    recipe: Recipe
    plan: Plan
    algorithms: Table
    """Of its convolutions."""
    record: dict[str, Any]
    team: Team
    fresh: tuple[str, ...] = ()
    """Parameters that learn at the full rate, whatever the rate of the backbone."""
    notes: tuple[str, ...] = ()


def new_job(ask: Ask, team: Team, reporter: Reporter) -> Job:
    """Sets up a new training. Nothing is written yet."""
    weights = _check_before_reading(ask)
    data = open_data(ask.data, **ask.for_data, progress=reporter.reading)
    asked, ask = ask, ask.fit_to(data)
    recipe = _recipe_for(ask, data)
    run = _folder_for(ask, data, team)
    spec = ask.network(data)
    network, normalise, fresh, notes = _network_for(spec, ask, weights, data, recipe)
    to_device(network, team.device)
    freeze(network, recipe.freeze)
    fresh = () if recipe.backbone_rate == 1 else fresh_parts(network, fresh)
    shared = _choose_format(network, data, normalise, recipe, team, reporter)
    plan = make_plan(recipe, _counts(data), shared)
    record = {
        "striate": __version__,
        "status": "running",
        "recipe": recipe.to_json(),
        "network": spec.to_json(),
        "data": _describe_data(data, ask.for_data, normalise),
        "classes": list(data.classes),
        "seed": recipe.seed,
        "plan": plan.to_json(),
        "number_format": shared.to_json(),
        "algorithms": table_to_json(shared.table),
        "machine": describe(team.device) | {"processes": team.world},
        "weights": None if ask.weights is None else str(ask.weights.absolute()),
        "fresh": list(fresh),
        "results": {},
    }
    notes = (
        *data.notes,
        *ask.unasked(asked),
        *notes,
        f"computing in {shared.name}, channels last: {shared.reason}",
        *_on_algorithms(shared.table),
    )
    return Job(run, data, network, normalise, recipe, plan, shared.table, record, team, fresh, notes)


def old_job(run: Path, team: Team, reporter: Reporter) -> Job:
    """Sets up the training of a run that was interrupted, from its record."""
    record = read_record(run)
    if record.get("status") == "finished":
        raise RunError(
            f"{run} is finished, there is nothing to resume: "
            f"to train its network further, start a new run with --weights {run}"
        )
    try:
        recipe, plan = Recipe.from_json(record["recipe"]), Plan.from_json(record["plan"])
        normalise = Normalisation.from_json(record["data"]["normalisation"])
        source, options = record["data"]["source"], record["data"]["options"]
        spec = NetworkSpec.from_json(record["network"])
        algorithms = table_from_json(record.get("algorithms", ()))
    except NetworkError as problem:
        raise RunError(
            f"the record of {run} describes no network that this striate knows: {problem}"
        ) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RunError(f"the record of {run} lacks what a training needs to go on: train again") from None
    data = open_data(source, **options, progress=reporter.reading)
    _refuse_changed(data, record["data"], run)
    torch.manual_seed(recipe.seed)
    network = spec.build()
    if record.get("weights") is not None and not (run / CHECKPOINT).exists():
        load_weights(network, record["weights"])
    freeze(to_device(network, team.device), recipe.freeze)
    fresh = tuple(record.get("fresh", ()))
    return Job(run, data, network, normalise, recipe, plan, algorithms, record, team, fresh)


def _check_before_reading(ask: Ask) -> dict[str, Tensor] | None:
    """Refuses what can be refused before the images are read, which may take long. Gives the weights."""
    ask.check()
    if ask.out is not None:
        refuse_existing(ask.out)
    return None if ask.weights is None else read_weights(ask.weights)


def _refuse_changed(data: ImageData, known: dict[str, Any], run: Path) -> None:
    now = data.to_json()
    for name, what in (("classes", "classes"), ("counts", f"{data.unit} of each class"), ("size", "size")):
        if now[name] != known.get(name):
            raise DataError(
                f"{data.source} has changed since {run} began: other {what} ({_brief(known.get(name))} then, "
                f"{_brief(now[name])} now); restore it, or start a new run"
            )


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _recipe_for(ask: Ask, data: ImageData) -> Recipe:
    if isinstance(ask.recipe, Recipe):
        return ask.recipe
    facts = Facts(
        images=len(data.splits["train"]),
        channels=data.channels,
        size=min(data.size),
        mirror_safe=data.mirror_safe,
        pretrained=ask.weights is not None,
        clips=isinstance(data, ClipData),
    )
    return (ask.recipe or default)(facts)


def _folder_for(ask: Ask, data: ImageData, team: Team) -> Path:
    name = "-".join(filter(None, (data.name, ask.backbone, ask.time)))
    run = ask.out or unused_folder(Path("runs"), name)
    refuse_existing(run)
    return team.agree(run)


def refuse_existing(run: Path) -> None:
    """Raises RunError where a run stands already: a new one would overwrite it."""
    if holds_run(run):
        raise RunError(
            f"{run} holds a run already: go on with `striate train --resume {run}`, or choose another --out"
        )


def _network_for(
    spec: NetworkSpec, ask: Ask, weights: dict[str, Tensor] | None, data: ImageData, recipe: Recipe
) -> tuple[nn.Module, Normalisation, tuple[str, ...], tuple[str, ...]]:
    """The network, how its inputs are normalised, its fresh parameters, and what is to be said."""
    torch.manual_seed(recipe.seed)
    network = spec.build()
    if ask.weights is None or weights is None:
        return network, Normalisation.of_data(data), (), ()
    report = load_weights(network, weights, source_name=str(ask.weights))
    normalise, note = _normalisation_of(ask.weights, report.pixels, data)
    return network, normalise, report.fresh, (*report.notes, *note)


def _normalisation_of(
    weights: Path, pixels: Pixels, data: ImageData
) -> tuple[Normalisation, tuple[str, ...]]:
    """As the weights were trained, and what to say: a run knows it, else their publisher does.

    Optical flow is normalised as it is here.
    """
    notes: tuple[str, ...] = ()
    run = weights.parent if weights.name == MODEL else weights
    if (run / RECORD).is_file():
        known = read_record(run)["data"]
        normalise = Normalisation.from_json(known["normalisation"])
        normalise = normalise.picture if known.get("flow") else normalise
        picture = normalise.for_channels(data.channels)
    else:
        picture = Normalisation.published(pixels, data.channels)
        notes = (f"pixels are normalised as the weights were trained: {pixels}",)
    return picture.with_flow(Normalisation.of_data(data)) if has_flow(data) else picture, notes


def has_flow(data: ImageData) -> bool:
    """Whether the last two planes are optical flow."""
    return isinstance(data, ClipData) and data.flow is not None


def _choose_format(
    network: nn.Module,
    data: ImageData,
    normalise: Normalisation,
    recipe: Recipe,
    team: Team,
    reporter: Reporter,
) -> NumberFormat:
    """Tried on one process's part of a real first batch; the leader's choice counts."""
    batch = min(recipe.batch_size, len(data.splits["train"]))
    part = team.part(batch)
    rows = np.arange(batch)[part] * (len(data.splits["train"]) // batch)
    inputs = data.splits["train"].take(rows).to(team.device)
    labels = torch.from_numpy(data.splits["train"].labels[rows]).to(team.device)
    draws = draw(recipe.augmentation, batch, seed=recipe.seed, step=0).of(part)
    varied, targets = augment(inputs, labels, draws, flow=has_flow(data))
    inputs = normalise(varied)

    def loss(copy: nn.Module) -> Tensor:
        return batch_loss(copy(inputs).float(), targets, recipe.label_smoothing, None, len(rows))

    def tables(number_format: str, seconds: float) -> Table:
        if recipe.algorithms == "plain":
            return {}
        shapes = [(size, *inputs.shape[1:]) for size in team.part_sizes(batch)]
        steps = steps_of(recipe, len(data.splits["train"]), seconds)
        return algorithms_for(
            network, shapes, number_format, team.device, steps=steps, progress=reporter.measuring
        )

    if not team.leads:
        return team.agree(NumberFormat("fp32", "the leader chooses"))
    with within_limits(batch):
        choice = choose(network, loss, team.device, recipe.number_format, tables)
    return team.agree(choice)


def _on_algorithms(table: Table) -> tuple[str, ...]:
    """What is said of them."""
    others = sum(not choices.plain for choices in table.values())
    if not others:
        return ()
    return (
        f"{others} of {len(table)} distinct convolutions take faster algorithms than PyTorch's call "
        "(--algorithms plain: none does)",
    )


def _counts(data: ImageData) -> np.ndarray:
    return np.bincount(data.splits["train"].labels, minlength=len(data.classes))


def _describe_data(data: ImageData, options: dict[str, Any], normalise: Normalisation) -> dict[str, Any]:
    return data.to_json() | {"options": options, "normalisation": normalise.to_json()}
