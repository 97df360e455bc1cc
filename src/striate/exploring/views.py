"""What the page is told of a state: plain values, taken from an open `Explainer` and nowhere else."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError, StriateError
from striate.explaining.explainer import Explainer
from striate.explaining.explanation import LayerLine
from striate.explaining.kinds.catalogue import BY_KEY
from striate.explaining.origins import INPUT
from striate.explaining.texts import Texts
from striate.inspecting.inspect import inspect
from striate.inspecting.table import size_text
from striate.pages import document_of, fragment_of

THUMBS, SIDE = 8, 32
"""Maps of a layer in the overview, and the side of each, at most."""
PAGE = 64
"""Maps of a layer that are sent at once."""
NUMBERS = 20_000
"""Terms of a gradient that are sent one by one, where nothing else is said; of more, only the largest."""


def overview(opened: Explainer, language: str) -> dict[str, Any]:
    """The network, its input, its answer and its layers."""
    found, subject = opened.explain(language=language), opened.subject
    say = Texts(language)
    whole = {one.title for one in opened.observed.recorded.layers if one.whole}
    return {
        "subject": subject.name,
        "inputs": list(subject.titles),
        "input_shape": list(subject.inputs.shape),
        "classes": None if subject.classes is None else list(subject.classes),
        "label": found.label,
        "answer": None if found.answer is None else found.answer.to_json(),
        "loss": None if found.loss is None else found.loss.to_json(),
        "backward": found.loss is not None,
        "layers": [_layer(opened, line, say) for line in found.layers if line.name in whole],
    }


def _layer(opened: Explainer, line: LayerLine, say: Texts) -> dict[str, Any]:
    record, origin = opened.observed.recorded.named(line.name), opened.origins.get(line.name)
    own = None if line.kind is None else say.of(BY_KEY[line.kind].texts)
    return {
        **line.to_json(),
        "kind_name": line.type if own is None else own("name"),
        "text": "" if own is None else own("text"),
        "origin": None if origin is None else origin.to_json(),
        "input_shape": list(record.input.shape),
        "shift": hasattr(record.layer, "folds"),
        "parameters": {name: list(value.shape) for name, value in opened.parameters(line.name).items()},
    }


def figures(opened: Explainer) -> dict[str, Any]:
    """Parameters worked out, fields of view and cost of each layer, as `inspect` tells them."""
    shape = tuple(opened.subject.inputs.shape[1:])
    try:
        found = inspect(opened.subject.network, shape)
    except StriateError as problem:
        return {"layers": {}, "problem": str(problem)}
    rows = {(one.name, one.call): one for one in found.layers}
    titles = {(name if call == 1 else f"{name}#{call}"): one for (name, call), one in rows.items()}
    return {
        "totals": found.totals.to_json(),
        "layers": {
            title: {
                "formula": one.formula,
                "parameters": one.parameters,
                "field": size_text(one.receptive_field),
                "macs": one.macs.value,
                "kernels": one.kernels,
                "filters": one.filters,
            }
            for title, one in titles.items()
        },
    }


def thumbs(opened: Explainer, gradient: bool, like: Explainer | None = None) -> dict[str, Any]:
    """Some maps of every layer, small; of a gradient, or of what the layers gave.

    like: whose choice of maps is taken, so that both can be compared.
    """
    names = [INPUT, *(one.title for one in opened.observed.recorded.layers if one.whole)]
    found = {}
    for name in names:
        maps, other = (None if one is None else maps_of(one, name, gradient) for one in (opened, like))
        if maps is not None:
            found[name] = _small(maps, maps if other is None else other)
    return {"layers": found}


def _small(maps: Array, choice: Array) -> dict[str, Any]:
    """The maps of which most is to be seen, in bytes: 128 is 0, 255 the largest number of the layer.

    maps: (C, F, H, W), F frames. choice: of the same layer, by which they are chosen.
    """
    order = np.argsort(-np.abs(choice).reshape(len(choice), -1).max(axis=1), kind="stable")[:THUMBS]
    chosen = np.sort(order)
    wide = SIDE if maps.shape[2] > 1 else SIDE * SIDE  # a row of numbers is folded on the page
    down = max(1, -(-maps.shape[2] // SIDE)), max(1, -(-maps.shape[3] // wide))
    shown = maps[chosen, :, :: down[0], :: down[1]]
    limit = float(np.abs(maps).max()) or 1.0
    levels = np.clip(np.round(shown / limit * 127) + 128, 1, 255).astype(np.uint8)
    return {
        "channels": chosen.tolist(), "shape": list(levels.shape), "step": list(down), "limit": limit,
        "size": list(maps.shape), "data": b64encode(levels.tobytes()).decode(),
    }  # fmt: skip


def maps(opened: Explainer, layer: str, gradient: bool, first: int) -> dict[str, Any]:
    """The whole maps of a layer, `PAGE` of them from `first` on, as float32."""
    found = maps_of(opened, layer, gradient)
    if found is None:
        raise NetworkError(f"no gradient reaches {layer}")
    part = found[first : first + PAGE].astype("<f4")
    return {
        "layer": layer, "first": first, "size": list(found.shape), "limit": float(np.abs(found).max()) or 1.0,
        "data": b64encode(part.tobytes()).decode(),
    }  # fmt: skip


def maps_of(opened: Explainer, layer: str, gradient: bool) -> Array | None:
    """(C, F, H, W) of a layer, or of the input: of the first sample, frames that are folded into the batch
    beside one another; what has no rows and columns as one row of numbers.
    """
    recorded = opened.observed.recorded
    if layer == INPUT:
        tensor = recorded.input_gradient if gradient else recorded.inputs
        numbers = None if tensor is None else tensor.detach().double().numpy()
    else:
        numbers = opened.numbers(layer, gradient)
    return None if numbers is None else as_maps(numbers, len(recorded.inputs))


def as_maps(numbers: Array, samples: int) -> Array:
    """Numbers of a layer as maps (C, F, H, W).

    (N, C, H, W): N frames of one sample, or one; (N, C, T, H, W): the first sample; (N, T, F) and (N, F): a
    row of F numbers for each step or frame.
    """
    found: Array = numbers.reshape(1, 1, 1, -1)
    if numbers.ndim == 5:
        found = numbers[0]
    elif numbers.ndim == 4:
        found = np.moveaxis(numbers if samples == 1 else numbers[:1], 1, 0)
    elif numbers.ndim == 3:
        found = numbers[0][None, :, None, :]
    elif numbers.ndim == 2:
        found = (numbers if samples == 1 else numbers[:1])[None, :, None, :]
    return found


def picture(opened: Explainer) -> dict[str, Any]:
    """The first input as it can be looked at: (F, C, H, W) bytes, frame after frame."""
    try:
        frames = np.stack(opened.subject.frames()).round().astype(np.uint8)
    except NetworkError as problem:
        return {"shape": None, "problem": str(problem)}
    exact = opened.subject.pixels is not None
    normalise = None if opened.subject.trained is None else opened.subject.trained.normalise.to_json()
    data = b64encode(frames.tobytes()).decode()
    return {"shape": list(frames.shape), "data": data, "exact": exact, "normalisation": normalise}


def unit(opened: Explainer, layer: str, index: Sequence[int] | None, language: str) -> dict[str, Any]:
    """One number: what it is made of, where that stands, what follows; its gradient, where there is one."""
    found = opened.explain(layer=layer, index=index, language=language)
    assert found.unit is not None
    at = found.unit.index
    reads, origin = opened.reads(layer, at), opened.origins.get(layer)
    return {
        **found.unit.to_json(),
        "reads": None if reads is None else reads.tolist(),
        "origin": None if origin is None else origin.to_json(),
        "torch": float(_at(opened.numbers(layer), at)),
        "delta": _delta(opened, layer, at),
    }


def _at(numbers: Array | None, index: Sequence[int]) -> float:
    assert numbers is not None
    return float(numbers[tuple(index)])


def _delta(opened: Explainer, layer: str, index: Sequence[int]) -> dict[str, Any] | None:
    if opened.numbers(layer, gradient=True) is None:
        return None
    try:
        return opened.delta(layer, index).to_json()
    except NetworkError as problem:
        return {"problem": str(problem)}


def field(opened: Explainer, layer: str, index: Sequence[int] | None) -> dict[str, Any]:
    """What one number sees of the input."""
    found = opened.explain(layer=layer, index=index).unit
    assert found is not None
    told = found.to_json()
    return {"index": told["index"], "receptive_field": told["receptive_field"]}


def weight(opened: Explainer, layer: str, asked: str, language: str, most: int = NUMBERS) -> dict[str, Any]:
    """The gradient of one weight: its terms, its matrices, its update.

    most: terms that are sent one by one.
    """
    found = opened.explain(layer=layer, weight=asked, language=language).gradient
    assert found is not None
    values = found.to_json()
    for use in values["uses"]:
        if np.size(use["terms"]) > most:
            for name in ("upstream", "input", "terms"):
                use[name] = None
    own = opened.parameters(layer)[found.parameter]
    return {**values, "value": float(own[found.index]), "values": own[found.index[:2]].tolist()}


def kernels(opened: Explainer, layer: str, filter: int) -> dict[str, Any]:
    """The weights of one filter, its bias, and their gradients."""
    own, back = opened.parameters(layer), opened.parameter_gradients(layer)
    if "weight" not in own:
        raise ArgumentError(f"{layer} has no kernels")
    if not 0 <= filter < len(own["weight"]):
        raise ArgumentError(f"{layer} has filters 0–{len(own['weight']) - 1}; got {filter}")
    bias = {name: value.get("bias") for name, value in (("bias", own), ("bias_gradient", back))}
    gradient = back.get("weight")
    return {
        "layer": layer,
        "filter": filter,
        "filters": len(own["weight"]),
        "shape": list(own["weight"].shape),
        "weight": own["weight"][filter].tolist(),
        "gradient": None if gradient is None else gradient[filter].tolist(),
        **{name: None if value is None else float(value[filter]) for name, value in bias.items()},
    }


def document(opened: Explainer, language: str, **asked: Any) -> str:
    """The explanation as its own page tells it, for the page to show as it is."""
    return fragment_of(document_of(opened.explain(language=language, **asked)))
