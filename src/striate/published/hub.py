"""Weights in repositories of the Hugging Face hub, as timm publishes its own and torchvision's: `hf://owner/name`.

A repository's config.json says which architecture its weights are of and how they were trained to see. Files
are fetched and cached by `huggingface_hub`, whose environment counts (HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE,
tokens); those that somebody has put into our own folder are taken first. Nothing that is read runs code.
"""

import json
import math
import os
import re
import sys
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from striate.downloading import PATIENCE_SECONDS
from striate.errors import ArgumentError, MissingExtraError, WeightsError
from striate.models import NETWORKS, build
from striate.models.layouts import CALLED, EVERY, Pixels, in_our_names
from striate.models.weight_files import State
from striate.published.files import is_offline, kept_in
from striate.watching import without_numbers

HUB = "hf://"
CONFIG, WEIGHTS = "config.json", ("model.safetensors", "pytorch_model.bin")
_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?")
_USUAL = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class HubWeights:
    """One repository's weights, fetched, and what it says of them."""

    address: str
    file: Path
    architecture: str
    """As timm calls it."""
    scores: int
    size: int
    resized: int
    """The short side of the picture from whose middle that is cut."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Of pixels from 0 to 1."""
    labels: tuple[str, ...]
    """Names of the classes; none where it does not tell them."""
    notes: tuple[str, ...]

    def network(self, state: State) -> str:
        """The backbone that takes these weights: of the catalogue where it is the same, else timm's."""
        name = CALLED.get(self.architecture, self.architecture)
        if name in NETWORKS:
            with without_numbers():
                ours = build(name, classes=self.scores)
            if in_our_names(state, ours, EVERY)[0].keys() == ours.state_dict().keys():
                return name
        return f"timm:{self.architecture}"

    @property
    def pixels(self) -> Pixels:
        """How pixels from 0 to 255 are normalised."""
        mean, std = (tuple(255 * value for value in values) for values in (self.mean, self.std))
        return Pixels(mean, std, f"those of {self.address},")


def is_hub(name: str | Path) -> bool:
    """Whether it is the address of a repository."""
    return str(name).startswith(HUB)


def hub_weights(address: str, offline: bool = False) -> HubWeights:
    """The weights of a repository and its config, from the cache or fetched.

    Args:
        address: `hf://owner/name`, or with a revision `hf://owner/name@revision`.
        offline: nothing is fetched.

    Raises:
        ArgumentError: an address that is none.
        MissingExtraError: files that are not here, without `huggingface_hub`.
        WeightsError: they cannot be had, or do not say what they are of.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ArgumentError(
            f"{address} names no repository: write hf://owner/name, as hf://timm/resnet18.a1_in1k"
        )
    repository, revision = match[1], match[2]
    config = _config(address, _file(address, repository, revision, CONFIG, offline))
    problem: WeightsError | None = None
    for name in WEIGHTS:
        try:
            file = _file(address, repository, revision, name, offline)
        except WeightsError as found:
            problem = problem or found
            continue
        return _described(address, config, file)
    assert problem is not None
    raise problem


def _file(address: str, repository: str, revision: str | None, name: str, offline: bool) -> Path:
    folder = kept_in() / "hub" / repository
    if (folder / name).is_file():
        return folder / name
    by_hand = f"put the repository's {CONFIG} and {WEIGHTS[0]} into {folder} by hand"
    if find_spec("huggingface_hub") is None:
        raise MissingExtraError("hub", f"fetching {address}")
    offline = offline or is_offline()
    try:
        return _fetched(repository, revision, name, offline)
    except Exception as problem:  # it raises what its many parts do
        kind = type(problem).__name__
        if kind in ("EntryNotFoundError", "RemoteEntryNotFoundError"):
            raise WeightsError(
                f"{address} has no {name}: name a repository with weights of timm's form"
            ) from None
        if offline:
            raise WeightsError(
                f"{name} of {address} is not here, and nothing is fetched offline: {by_hand}"
            ) from None
        known = {"RepositoryNotFoundError": "there is no such repository, or it is not public",
                 "RevisionNotFoundError": "there is no such revision",
                 "GatedRepoError": "its publisher asks who reads it"}  # fmt: skip
        why = known.get(kind) or "not reached"
        raise WeightsError(
            f"cannot fetch {name} of {address} ({why}): try again later, or {by_hand}"
        ) from None


def _fetched(repository: str, revision: str | None, name: str, offline: bool) -> Path:
    """From the hub's own cache, or where it is not there fetched into it."""
    hub = import_module("huggingface_hub")
    if not sys.stderr.isatty():
        import_module("huggingface_hub.utils").disable_progress_bars()
    fetch = partial(hub.hf_hub_download, repository, name, revision=revision)
    try:
        return Path(fetch(local_files_only=True))
    except FileNotFoundError:
        if offline:
            raise
    endpoint = os.environ.get("HF_ENDPOINT") or import_module("huggingface_hub.constants").ENDPOINT
    if not {"http", "https", "all"} & getproxies().keys():  # it would try for half a minute
        place = urlsplit(endpoint)
        port = place.port or (80 if place.scheme == "http" else 443)
        create_connection((place.hostname or "", port), PATIENCE_SECONDS).close()
    return Path(fetch(endpoint=endpoint))


def _config(address: str, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        seen = content.get("pretrained_cfg", content)
        if not isinstance(content["architecture"], str) or not isinstance(seen, dict):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WeightsError(
            f"{CONFIG} of {address} does not say which architecture its weights are of: name a repository of "
            "timm's form, or give a file with --weights"
        ) from None
    return {**seen, **{key: value for key, value in content.items() if key != "pretrained_cfg"}}


def _described(address: str, config: dict[str, Any], file: Path) -> HubWeights:
    try:
        size = int(config.get("input_size", (3, 224, 224))[-1])
        share = float(config.get("crop_pct", 0.875))
        scores = int(config.get("num_classes", 1000))
        mean, std = (tuple(map(float, config.get(key, usual))) for key, usual in _USUAL.items())
        labels = tuple(map(str, config.get("label_names") or ()))
        if min(size, scores, *std) <= 0 or not 0 < share <= 1 or (len(mean), len(std)) != (3, 3):
            raise ValueError
    except (TypeError, ValueError, IndexError):
        raise WeightsError(
            f"{CONFIG} of {address} says of its weights what cannot be: give a file with --weights"
        ) from None
    labels = labels if len(labels) == scores else ()
    return HubWeights(
        address, file, config["architecture"], scores, size, math.floor(size / share), mean, std, labels,
        tuple(_notes(config)),
    )  # fmt: skip


def _notes(config: dict[str, Any]) -> list[str]:
    """What its publisher does otherwise."""
    notes = []
    if (way := config.get("interpolation", "bilinear")) != "bilinear":
        notes.append(f"its publisher resizes pictures by {way} interpolation, here it is bilinear")
    if (mode := config.get("crop_mode", "center")) not in ("center", None):
        notes.append(f"its publisher crops pictures in the mode {mode!r}, here the middle is taken")
    return notes
