"""The answers to what a page asks: each of one open state, as plain values."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from striate.errors import ArgumentError
from striate.explaining.explainer import Change, Explainer
from striate.explaining.texts import LANGUAGES
from striate.exploring import views
from striate.exploring.session import FIRST_DATA, FIRST_EPOCHS, Session

LONGEST = 400
"""Characters of a name or an index in an address."""
Asked = Mapping[str, Any]
"""What stands behind the question mark of an address, or in a request's JSON."""

# Questions about a state.


def overview(session: Session, asked: Asked) -> Any:
    """The network, its input, its answer and its layers."""
    number = whole(asked.get("state", 0), "state")
    state = session.desk.state(number)
    found = views.overview(_opened(session, asked), _language(asked))
    return {
        **found,
        "state": number,
        "base": state.base,
        "note": state.note,
        "title": state.title,
        "root": session.desk.root(number),
    }


def figures(session: Session, asked: Asked) -> Any:
    """Parameters, fields of view and cost."""
    return views.figures(_opened(session, asked))


def thumbs(session: Session, asked: Asked) -> Any:
    """Some maps of every layer, small; the same ones as of the state `like`."""
    like = session.desk.open(whole(asked["like"], "like")) if "like" in asked else None
    return views.thumbs(_opened(session, asked), _gradient(asked), like)


def maps(session: Session, asked: Asked) -> Any:
    """The maps of one layer."""
    first = whole(asked.get("first", 0), "first")
    return views.maps(_opened(session, asked), _name(asked, "layer"), _gradient(asked), first)


def picture(session: Session, asked: Asked) -> Any:
    """The input to look at."""
    return views.picture(_opened(session, asked))


def unit(session: Session, asked: Asked) -> Any:
    """One number."""
    return views.unit(_opened(session, asked), _name(asked, "layer"), _index(asked), _language(asked))


def field(session: Session, asked: Asked) -> Any:
    """What one number sees."""
    return views.field(_opened(session, asked), _name(asked, "layer"), _index(asked))


def weight(session: Session, asked: Asked) -> Any:
    """One weight's gradient."""
    layer, which = _name(asked, "layer"), _name(asked, "weight")
    return views.weight(_opened(session, asked), layer, which, _language(asked))


def kernels(session: Session, asked: Asked) -> Any:
    """The weights of one filter."""
    layer, filter = _name(asked, "layer"), whole(asked.get("filter", 0), "filter")
    return views.kernels(_opened(session, asked), layer, filter)


def document(session: Session, asked: Asked) -> Any:
    """Everything that `explain` tells."""
    chosen: dict[str, Any] = {name: _name(asked, name) for name in ("layer", "weight") if name in asked}
    if "at" in asked:
        chosen["index"] = _index(asked)
    chosen |= {name: True for name in ("delta", "through") if name in asked}
    if "show" in asked:
        chosen["show"] = (_name(asked, "show"),)
    return {"html": views.document(_opened(session, asked), _language(asked), **chosen)}


# What changes something.


def change(session: Session, asked: Asked) -> Any:
    """The number of a state with something another way, and what a page draws of it first."""
    base = whole(asked.get("state", 0), "state")
    wanted = change_of(asked, session.desk.open(base))
    number = session.desk.changed(base, wanted, str(asked.get("note", ""))[:LONGEST])
    session.desk.open(number).observed  # noqa: B018 - refused here, if at all
    told = {"state": number, "language": _language(asked)}
    drawn = {"overview": overview(session, told), "thumbs": thumbs(session, {**told, "like": base})}
    return {"state": number, **drawn, "picture": picture(session, told)}


def open(session: Session, asked: Asked) -> Any:
    """The state of another input of the same network, or of another network on the same input."""
    if "network" in asked:
        return {"state": session.open_network(_name(asked, "network"))}
    return {"state": session.open_input(_name(asked, "input"))}


QUESTIONS: dict[str, Callable[[Session, Asked], Any]] = {
    one.__name__: one
    for one in (overview, figures, thumbs, maps, picture, unit, field, weight, kernels, document)
}  # fmt: skip
CHANGES: dict[str, Callable[[Session, Asked], Any]] = {one.__name__: one for one in (change, open)}


def train(session: Session, asked: Asked) -> Any:
    """start, pause, go-on or step."""
    training = session.training
    actions = {"pause": training.pause, "go-on": training.go_on, "step": training.one_step}
    action = str(asked.get("action"))
    if action == "start":
        data = _name({"data": FIRST_DATA, **asked}, "data")
        session.train(data, whole(asked.get("epochs", FIRST_EPOCHS), "epochs"))
    elif action in actions:
        actions[action]()
    else:
        raise ArgumentError(f"action is one of start, {', '.join(actions)}; got {action!r}")
    return {"running": training.running}


# What is asked for, checked.


def change_of(asked: Asked, opened: Explainer) -> Change:
    """What a page asks to be another way. Raises ArgumentError for what is no change."""
    try:
        weights = {
            name: _with_values(_parameter(opened, name), one)
            for name, one in dict(asked.get("weights") or {}).items()
        }
        off = {
            str(layer): [int(f) for f in filters] for layer, filters in dict(asked.get("off") or {}).items()
        }
        unshifted = [str(one) for one in asked.get("unshifted") or []]
        inputs = None
        if asked.get("pixels") is not None:
            inputs = _pixels(asked["pixels"], opened)
        if asked.get("frames") is not None:
            inputs = _in_order(opened, [int(one) for one in asked["frames"]])
        label = asked.get("label")
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, Base64Error) as problem:
        raise ArgumentError(f"this is no change of a network or its input: {problem}") from None
    return Change(weights, off, unshifted, inputs, None if label is None else str(label))


def _parameter(opened: Explainer, name: str) -> np.ndarray:
    layer, _, parameter = str(name).rpartition(".")
    found = opened.parameters(layer).get(parameter)
    if found is None:
        raise ArgumentError(f"{layer} has no parameter {parameter}")
    return np.array(found)


def _with_values(whole: np.ndarray, one: dict[str, Any]) -> np.ndarray:
    """A parameter with some of its numbers replaced. one: their index, and the values that stand there."""
    index = tuple(int(i) for i in one["index"])
    values = np.asarray(one["values"], dtype=float)
    if values.shape != whole[index].shape or not np.isfinite(values).all() or min(index, default=0) < 0:
        raise ValueError(f"values of shape {values.shape} for {whole[index].shape}")
    whole[index] = values
    return whole


def _pixels(text: str, opened: Explainer) -> np.ndarray:
    """Bytes of the whole input."""
    shape = tuple(opened.subject.inputs.shape)
    found = np.frombuffer(b64decode(str(text), validate=True), np.uint8)
    return found.reshape(shape).copy()


def _in_order(opened: Explainer, frames: list[int]) -> np.ndarray:
    inputs = opened.subject.inputs
    if inputs.dim() != 5 or not frames or not all(0 <= one < inputs.shape[2] for one in frames):
        raise ValueError("frames are of a clip")
    if len(frames) != inputs.shape[2]:
        raise ValueError(f"the clip has {inputs.shape[2]} frames; got {len(frames)}")
    moved: np.ndarray = inputs[:, :, frames].numpy()
    return moved


def _opened(session: Session, asked: Asked) -> Explainer:
    return session.desk.open(whole(asked.get("state", 0), "state"))


def _language(asked: Asked) -> Any:
    language = str(asked.get("language", "en"))
    return language if language in LANGUAGES else "en"


def _gradient(asked: Asked) -> bool:
    return bool(asked.get("side") == "back")


def whole(value: Any, name: str) -> int:
    """A number from 0, as a page sends it."""
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ArgumentError(f"{name} is a whole number from 0; got {text[:40]!r}")
    return int(text)


def _name(asked: Asked, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise ArgumentError(f"{name} is missing, or too long")
    return value


def _index(asked: Asked) -> tuple[int, ...] | None:
    text = asked.get("at")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}(,[0-9]{1,7}){0,5}", str(text)):
        raise ArgumentError(f"at takes whole numbers with commas between, as 0,3,4,4; got {text[:40]!r}")
    return tuple(int(part) for part in str(text).split(","))
