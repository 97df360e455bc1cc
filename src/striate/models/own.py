"""Networks that are not of the catalogue: a function of the user's own, a module, or one of timm's.

    my.py:make          the function (or class) `make` in a file
    package.module:make the same in a module that Python finds; the folder one stands in counts
    timm:resnet26       a network of the package timm

The function is called with what it has parameters for: `classes`, `channels` and `size` ((height, width)), or
the names that others give them; whatever else it takes are its options. `builder` makes of it what the
catalogue is full of.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

from torch import nn

from striate.errors import NetworkError
from striate.models.building import Size, positive, short_name
from striate.own_source import Source, imported, named, reason

Make = Callable[..., nn.Module]

CALLED = {
    "classes": ("classes", "num_classes", "n_classes"),
    "channels": ("channels", "in_channels", "in_chans"),
    "size": ("size", "image_size", "img_size"),
}
"""What a builder is given, and the parameters that take it."""
NUM_CLASSES = "num_classes"
"""The name under which it goes into **kwargs, as of torchvision's functions, where no parameter takes it."""
TIMM, GIVEN = "timm", "module"
_given: dict[str, nn.Module] = {}


def name_of(network: nn.Module | Make) -> str:
    """The name under which a module or function given in Python is a backbone.

    A function or class stands for itself, wherever it can be imported from. A module is kept under the name
    of its class for as long as this process lives; each training begins with a copy of it as it is now.

    Raises:
        NetworkError: a function that no other process could find again.
    """
    if isinstance(network, nn.Module):
        name = f"{GIVEN}:{type(uncompiled(network)).__name__}"
        _given[name] = deepcopy(uncompiled(network))
        return name
    return Source.name(network)


def builder(backbone: str) -> Make:
    """The builder of a network of one's own: `classes`, `channels`, `size` and its options in, a module out.

    Raises:
        NetworkError: nothing of that name, or a function that needs what nobody gives it.
    """
    where, _, name = backbone.rpartition(":")
    if where == TIMM:
        return _timm(name)
    if where == GIVEN:
        return _copies(backbone)
    _refuse_address(backbone)
    source = Source.of(backbone)
    source.trust()
    return _from_file(backbone, source.sha256)


def example(backbone: str, shape: tuple[int, ...] | None) -> nn.Module:
    """The network of a name alone, to be looked at: only what has no default is given to the function.

    shape: of the input that it will be shown, (channels, height, width); by default 3×224×224. Networks have
    10 classes, those of timm 1000.

    Raises:
        NetworkError: it fails, or gives no module.
    """
    where, _, name = backbone.rpartition(":")
    channels, *size = shape if shape is not None and len(shape) == 3 else (3, 224, 224)
    if where == TIMM:
        return _timm(name)(1000, channels, None if shape is None else (size[0], size[1]))
    _refuse_address(backbone)
    made = named(imported(where, backbone), backbone)
    Source.of(backbone).trust()
    if isinstance(made, nn.Module):
        return made
    parameters = inspect.signature(made).parameters
    taken = _taken(parameters)
    _options(backbone, parameters, taken)
    asked = {"classes": 10, "channels": channels, "size": tuple(size)}
    needed = {name: asked[ours] for ours, name in taken.items() if _is_needed(parameters[name])}
    return _made(backbone, made, needed)


def _refuse_address(backbone: str) -> None:
    if "://" in backbone:
        raise NetworkError(
            f"{backbone} is an address of weights, and a network is asked for: give it with --weights, or to "
            "`striate predict`"
        )


def _taken(parameters: Mapping[str, inspect.Parameter]) -> dict[str, str]:
    """What a builder is given, and the parameter that takes it."""
    return {ours: name for ours, names in CALLED.items() for name in names if name in parameters}


@cache
def _from_file(backbone: str, sha256: str) -> Make:
    """Of a file with this content: one that has changed is run anew."""
    make = named(imported(backbone.rpartition(":")[0], backbone), backbone)
    if isinstance(make, nn.Module):
        return _copies_of(backbone, make)
    return _calling(backbone, make)


def _calling(backbone: str, make: Make) -> Make:
    """Gives the function what it has parameters for."""
    parameters = inspect.signature(make).parameters
    taken = _taken(parameters)
    others = _options(backbone, parameters, taken)
    if "classes" not in taken and _HANDED_ON in [parameter.kind for parameter in parameters.values()]:
        make, taken = _sparing(make, NUM_CLASSES), {"classes": NUM_CLASSES, **taken}

    def build(classes: int, channels: int = 3, size: Size | None = None, **options: Any) -> nn.Module:
        asked = {"classes": classes, "channels": channels, "size": size}
        return _made(backbone, make, {name: asked[ours] for ours, name in taken.items()} | options)

    return _signed(build, others)


def _sparing(make: Make, name: str) -> Make:
    """The same, called without that argument where something inside of it has no parameter of the name."""

    def call(**given: Any) -> nn.Module:
        try:
            return make(**given)
        except TypeError as error:
            if name not in given or f"'{name}'" not in str(error):
                raise
            return make(**{key: value for key, value in given.items() if key != name})

    return call


def _options(
    backbone: str, parameters: Mapping[str, inspect.Parameter], taken: Mapping[str, str]
) -> list[inspect.Parameter]:
    """What else the function takes. Raises NetworkError where it cannot be left out."""
    others = [p for p in parameters.values() if p.name not in taken.values() and p.kind not in _VARIADIC]
    for parameter in filter(_is_needed, others):
        raise NetworkError(
            f"{backbone} needs {parameter.name}, which nobody gives it: give it a default, as in "
            f"def {short_name(backbone)}(classes, {parameter.name}=…)"
        )
    return others


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty


_HANDED_ON = inspect.Parameter.VAR_KEYWORD
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, _HANDED_ON)


def _signed(build: Make, options: list[inspect.Parameter]) -> Make:
    """With the options in its signature, where the catalogue looks for them."""
    own = [p for p in inspect.signature(build).parameters.values() if p.kind not in _VARIADIC]
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in options]
    build.__signature__ = inspect.Signature([*own, *keyword])  # type: ignore[attr-defined]
    return build


def _made(backbone: str, make: Make, arguments: Mapping[str, Any]) -> nn.Module:
    try:
        network: object = make(**arguments)
    except (Exception, SystemExit) as error:  # a script leaves when it is run
        said = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        raise NetworkError(f"{backbone}, called with {said or 'nothing'}, failed: {reason(error)}") from error
    if not isinstance(network, nn.Module):
        raise NetworkError(f"{backbone} should give a torch.nn.Module; it gave {type(network).__name__}")
    return uncompiled(network)


def uncompiled(network: nn.Module) -> nn.Module:
    """The network inside what `torch.compile` gave, whose layers cannot be watched."""
    inner: object = getattr(network, "_orig_mod", None)
    return inner if isinstance(inner, nn.Module) else network


def _copies(backbone: str) -> Make:
    if backbone not in _given:
        raise NetworkError(
            f"this network was given as a module in Python, of class {short_name(backbone)}, and is not kept "
            "anywhere else: give a function that makes it instead, such as backbone='my.py:make'"
        )

    def build(classes: int, channels: int = 3, size: Size | None = None) -> nn.Module:
        return deepcopy(_given[backbone])

    return build


def _copies_of(backbone: str, network: nn.Module) -> Make:
    _given[backbone] = network
    return _copies(backbone)


def _timm(name: str) -> Make:
    try:
        timm = import_module("timm")  # an extra
    except ImportError as error:
        raise NetworkError(
            f"timm:{name} needs the package timm ({reason(error)}): pip install 'striate[timm]'"
        ) from error

    def build(classes: int, channels: int = 3, size: Size | None = None, drop_rate: float = 0.0) -> nn.Module:
        arguments = {"num_classes": positive("classes", classes), "in_chans": positive("channels", channels)}
        known = {"drop_rate": drop_rate} if drop_rate else {}
        sized = {} if size is None else {"img_size": size}
        create = _sparing(lambda **given: timm.create_model(name, **given), "img_size")
        return _made(f"timm:{name}", create, arguments | known | sized)

    return build
