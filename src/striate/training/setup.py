"""One training, set up: from a request, or from the record of a run that is to go on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.algorithms import Table
from striate.algorithms.in_network import from_json as table_from_json
from striate.algorithms.in_network import to_json as table_to_json
from striate.data import ClipData, ImageData, open_data
from striate.data.options import WHOLE
from striate.errors import ArgumentError, NetworkError, RunError
from striate.evaluating.run_model import stored_options
from striate.evaluating.scoring import Normalisation, to_device
from striate.machine import describe
from striate.models import NetworkSpec, load_weights, read_weights
from striate.models.building import short_name
from striate.plain_values import to_plain
from striate.runs import CHECKPOINT, read_record, unused_folder
from striate.training.algorithm_choice import choose_computing, first_batch
from striate.training.announcing import announced
from striate.training.optimisation import freeze, untrained_parts
from striate.training.plan import Plan, make_plan
from striate.training.presets import Facts
from striate.training.process_group import ProcessGroup, processes
from striate.training.progress import Reporter
from striate.training.recipe import Recipe
from striate.training.refusing import refuse_changed, refuse_differing, refuse_existing
from striate.training.request import NetworkOptions, Request
from striate.training.shared_draws import has_dropout
from striate.training.starting import starting_network, with_backbone
from striate.version import __version__


@dataclass(frozen=True)
class Setup:
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
    group: ProcessGroup
    full_rate: tuple[str, ...] = ()
    """Parameters that learn at the full rate, whatever the rate of the backbone."""
    notes: tuple[str, ...] = ()
    began_with: int | None = None
    """How many processes the training began with, where it goes on with another number."""
    began: float | None = None
    """When it was asked for, in seconds of `length.clock`; None: now."""


def new_setup(request: Request, group: ProcessGroup, reporter: Reporter) -> Setup:
    """Sets up a new training. Nothing is written yet."""
    request.check()
    weights = group.from_main(lambda: _read_before_data(request))
    data = open_data(request.data, **request.for_data, progress=reporter.reading)
    refuse_differing(data, group)
    asked, choice = _suited(request, data, group)
    if weights is None and (published := asked.network.weights) is not None:
        weights = group.from_main(lambda: read_weights(published))
    request = asked.fit_to(data)
    recipe = request.recipe.recipe(_facts(request, data))
    run = group.from_main(lambda: _folder_for(request, data))
    start = starting_network(request, weights, data, recipe, group)
    to_device(start.network, group.device)
    freeze(start.network, recipe.freeze)
    full_rate = () if recipe.backbone_rate == 1 else untrained_parts(start.network, start.untrained)
    chosen = choose_computing(
        start.network, first_batch(data, recipe, start.normalise, group), recipe, reporter
    )
    plan = make_plan(recipe, _counts(data), chosen.name)
    record = {
        "striate": __version__,
        "status": "running",
        "recipe": recipe.to_json(),
        "network": request.spec(data).to_json(),
        "data": _describe_data(data, _settled(request.for_data, data), start.normalise),
        "classes": list(data.classes),
        "seed": recipe.seed,
        "plan": plan.to_json(),
        "number_format": chosen.to_json(),
        "algorithms": table_to_json(chosen.table),
        "machine": describe(group.device) | {"processes": group.world_size},
        "weights": None if request.network.weights is None else str(request.network.weights.absolute()),
        "fresh": list(full_rate),
        "choice": choice,
        "results": {},
    }
    notes = (
        *data.notes,
        *(() if choice is None else (choice,)),
        *request.unasked(asked),
        *start.notes,
        f"computing in {chosen.name}, channels last: {chosen.reason}",
        *announced(data, recipe, plan, chosen.table),
    )
    return Setup(
        run, data, start.network, start.normalise, recipe, plan, chosen.table, record, group, full_rate, notes
    )


def resumed_setup(run: Path, group: ProcessGroup, reporter: Reporter) -> Setup:
    """Sets up the training of a run that was interrupted, from its record."""
    record = group.from_main(lambda: _record_to_go_on(run))
    try:
        recipe, plan = Recipe.from_json(record["recipe"]), Plan.from_json(record["plan"])
        normalise = Normalisation.from_json(record["data"]["normalisation"])
        source, options = record["data"]["source"], stored_options(record["data"])
        spec = NetworkSpec.from_json(record["network"])
        algorithms = table_from_json(record.get("algorithms", ()))
    except NetworkError as problem:
        raise RunError(f"the network of {run} cannot be built: {problem}") from None
    except (ArgumentError, AttributeError, KeyError, TypeError, ValueError):
        raise RunError(f"the record of {run} lacks what a training needs to go on: train again") from None
    data = open_data(source, **options, progress=reporter.reading)
    refuse_changed(data, record["data"], run)
    refuse_differing(data, group)
    torch.manual_seed(recipe.seed)
    network = spec.build()
    weights = group.from_main(lambda: _weights_to_begin_with(run, record))
    if weights is not None:
        load_weights(network, weights, source_name=record["weights"])
    freeze(to_device(network, group.device), recipe.freeze)
    full_rate = tuple(record.get("fresh", ()))
    setup = Setup(run, data, network, normalise, recipe, plan, algorithms, record, group, full_rate)
    return _on_other_processes(setup, record.get("machine", {}).get("processes", 1))


def _record_to_go_on(run: Path) -> dict[str, Any]:
    record = read_record(run)
    if record.get("status") == "finished":
        raise RunError(
            f"{run} is finished, there is nothing to resume: "
            f"to train its network further, start a new run with --weights {run}"
        )
    return record


def _weights_to_begin_with(run: Path, record: dict[str, Any]) -> dict[str, Tensor] | None:
    """Those that the run started from, where it was killed before its first checkpoint."""
    if record.get("weights") is None or (run / CHECKPOINT).exists():
        return None
    return read_weights(record["weights"])


def _on_other_processes(setup: Setup, began_with: int) -> Setup:
    """The same, with what is to be said where the training began with another number of processes.

    Order, augmentation and dropout are drawn for the global batch, so that only sums round otherwise; on a
    GPU a single process drops by PyTorch's own call, which draws in another order.
    """
    now, group = setup.group.world_size, setup.group
    if began_with == now:
        return setup
    if group.device.type == "cuda" and 1 in (now, began_with) and has_dropout(setup.network):
        raise RunError(
            f"{setup.run} began with {processes(began_with)}, and on a GPU its dropouts draw otherwise "
            f"with {now}: go on with as many as it began with"
        )
    note = (
        f"going on with {processes(now)} in place of {began_with}: the same batches and random numbers; "
        "sums round otherwise"
    )
    return replace(setup, began_with=began_with, notes=(*setup.notes, note))


def _read_before_data(request: Request) -> dict[str, Tensor] | None:
    """Refuses what can be refused before the images are read, which may take long. Gives the weights."""
    if request.out is not None:
        refuse_existing(request.out)
    return None if request.network.weights is None else read_weights(request.network.weights)


def _suited(request: Request, data: ImageData, group: ProcessGroup) -> tuple[Request, str | None]:
    """With a network that suits the data where none is named, and a sentence about it."""

    def chosen() -> tuple[NetworkOptions, dict[str, Any], str | None]:
        found, note = with_backbone(request, data)
        return found.network, dict(found.options), note

    network, options, note = group.from_main(chosen)
    return replace(request, network=network, options=options), note


def _facts(request: Request, data: ImageData) -> Facts:
    return Facts(
        images=len(data.splits["train"]),
        channels=data.channels,
        size=min(data.size),
        mirror_safe=data.mirror_safe,
        pretrained=request.network.weights is not None,
        backbone=request.network.backbone,
        clips=isinstance(data, ClipData),
    )


def _folder_for(request: Request, data: ImageData) -> Path:
    name = "-".join(filter(None, (data.name, short_name(request.network.backbone), request.time)))
    run = request.out or unused_folder(Path("runs"), name)
    refuse_existing(run)
    return run


def _counts(data: ImageData) -> np.ndarray:
    return np.bincount(data.splits["train"].labels, minlength=len(data.classes))


def _settled(options: dict[str, Any], data: ImageData) -> dict[str, Any]:
    """The options that open the data again, with what was chosen by looking at them."""
    if data.fit != "crop":
        options = options | {"fit": data.fit}
    if not isinstance(data, ClipData) or not {"span", "rate", "stride"}.isdisjoint(options):
        return options
    span = data.sampling.span
    return options | {"span": WHOLE if span is None else float(f"{span:.9g}")}


def _describe_data(data: ImageData, options: dict[str, Any], normalise: Normalisation) -> dict[str, Any]:
    return data.to_json() | {"options": to_plain(options), "normalisation": normalise.to_json()}
