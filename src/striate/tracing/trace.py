"""One run of a network, written down."""

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from striate.arithmetic.described import Recording, Role
from striate.errors import NetworkError, StriateError
from striate.tracing.arguments import META, Inputs, as_inputs, leaves, memory
from striate.tracing.backward import BackwardTimes, go_back
from striate.tracing.calls import Calls
from striate.tracing.composites import Composites
from striate.tracing.tape import Tape, ValuesWantedError
from striate.tracing.to_recording import to_recording
from striate.tracing.unlisted_weights import folded_weights
from striate.watching import untouched, watching

Follow = Callable[[Calls], None]
Axes = tuple[tuple[str, ...], ...]
AXES = {
    -1: (),
    0: ("N",),
    1: ("N", "C"),
    2: ("N", "C", "L"),
    3: ("N", "C", "H", "W"),
    4: ("N", "C", "T", "H", "W"),
}
_FROZEN = (
    "frozen TorchScript says of no constant what it was: all that hold several numbers count as parameters"
)
_NEEDS_VALUES = (
    "meta tensor",
    "meta device",
    "'meta'",
    "device meta",
    "on meta",
    "no data",
)


def example(network: nn.Module, shape: Sequence[int], batch: int = 1) -> Tensor:
    """An input without memory, in the network's own precision.

    Args:
        network: whose precision and device the input takes.
        shape: (C, L), (C, H, W) or (C, T, H, W), without the batch.
        batch: how many inputs at once.
    """
    dtype = next((p.dtype for p in network.parameters() if p.is_floating_point()), torch.get_default_dtype())
    return torch.empty((batch, *shape), dtype=dtype, device=META)


def trace(
    network: nn.Module,
    inputs: Inputs | Sequence[Any],
    axes: Sequence[str] = (),
    *,
    with_values: bool = False,
    repeats: int = 1,
    backward: bool = False,
    follow: Follow | None = None,
) -> Recording:
    """Run a network once on tensors of the inputs' shapes and write down what it did.

    Args:
        network: any module; it is left as it was.
        inputs: what its forward takes, by place, or by name too as `Inputs`; tensors on the meta device will
            do.
        axes: what the axes of each input are, a text for each tensor, e.g. "NCTHW"; by its rank if not given.
        with_values: run on real numbers, which takes the memory and the time of a real run.
        repeats: with values, how often to run; the time of an operation is the median.
        backward: with values, also go back to the parameters, and time that.
        follow: tells the calls of a network that is no tree of modules, such as a graph read from a file.

    Raises:
        NetworkError: the network does not take this input; names the layer and what it received.
    """
    network = bare(network)
    if any(isinstance(parameter, UninitializedParameter) for parameter in network.parameters()):
        raise NetworkError("the network has lazy layers without a shape: run it once on an input first")
    given = as_inputs(inputs)
    names = _axes(given, axes)
    if with_values:
        return _timed(network, given, names, repeats, backward, follow)
    try:
        return _run(network, given.mapped(_without_memory), names, False, follow)
    except _WantsValues as wants:
        if _on_meta(network):
            raise NetworkError(f"{wants.where}, {wants.why}, but the network is on the meta device") from None
        recording = _run(network, _filled(network, given), names, True, follow)
        return replace(
            recording,
            seconds=(),
            notes=(*recording.notes, f"{wants.where}, {wants.why}: run on numbers"),
        )


class _WantsValues(Exception):  # noqa: N818 - not an error: a reason to run again
    """The network does not run on tensors without memory."""

    def __init__(self, where: str, why: str = "whose code looks at values") -> None:
        super().__init__(where)
        self.where, self.why = where, why


def _on_meta(network: nn.Module) -> bool:
    """Whether a network has no values to run with."""
    return any(parameter.device.type == "meta" for parameter in network.parameters())


def bare(network: nn.Module) -> nn.Module:
    """The network inside a compiled or parallel wrapper."""
    if type(network).__name__ not in ("OptimizedModule", "DataParallel", "DistributedDataParallel"):
        return network
    return next(
        (inner for name, inner in network.named_children() if name in ("_orig_mod", "module")), network
    )


def _axes(given: Inputs, axes: Sequence[str]) -> Axes:
    """The axes of each input tensor: as given, else by its rank."""
    tensors = given.tensors()
    if not tensors:
        raise NetworkError("the network is given no tensor: name at least one that it takes")
    said = dict(enumerate(axes))
    return tuple(
        tuple(said.get(place, "")) or AXES.get(tensor.dim() - 1, ("N", "C", *"?" * (tensor.dim() - 2)))
        for place, tensor in enumerate(tensors)
    )


def _filled(network: nn.Module, given: Inputs) -> Inputs:
    return given.mapped(lambda tensor: _with_memory(network, tensor))


def _without_memory(tensor: Tensor) -> Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device=META)


def _with_memory(network: nn.Module, tensor: Tensor) -> Tensor:
    if tensor.device.type != "meta":
        return tensor
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype, device=device)
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(tensor.shape, generator=generator)
    return values.to(device, tensor.dtype)


def _timed(
    network: nn.Module, inputs: Inputs, names: Axes, repeats: int, backward: bool, follow: Follow | None
) -> Recording:
    """Several runs with values; every operation's median time."""
    filled = _filled(network, inputs)
    runs = [_run(network, filled, names, True, follow, backward) for _ in range(repeats + 1)][1:]
    counts = {len(run.operations) for run in runs}
    if len(counts) > 1:
        raise NetworkError("the network runs different operations from run to run, so they cannot be timed")
    return replace(
        runs[-1],
        seconds=_medians([run.seconds for run in runs]),
        backward_seconds=_medians([run.backward_seconds for run in runs]),
    )


def _medians(runs: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Of each operation over the runs."""
    return tuple(sorted(column)[len(column) // 2] for column in zip(*runs, strict=True))


def _run(
    network: nn.Module,
    inputs: Inputs,
    names: Axes,
    with_values: bool,
    follow: Follow | None,
    backward: bool = False,
) -> Recording:
    tape = Tape(_known(network), with_values, not _on_meta(network))
    tape.weights = network.parameters
    tape.back = BackwardTimes() if backward else None
    folded = folded_weights(network)  # held for as long as its memory is looked for
    tape.folded = {memory(weight): name for name, weight in folded.items()}
    calls = Calls(tape)
    if follow is not None:
        follow(calls)
    for tensor in inputs.tensors():
        tape.feed(tensor)
    heard = watching(
        network, before=calls.enter, after=calls.leave, function=Composites(tape).run, operation=tape.run
    )
    with untouched(network), torch.set_grad_enabled(backward), heard:
        result = _done(_forward(network, inputs, calls))
        outputs = [tape.number(tensor) for _, tensor in leaves(result)]
        tape.lent.take_back()
        if tape.back is not None:
            go_back(network, [tensor for _, tensor in leaves(result)], tape.back)
    named = dict(zip(inputs.names(network), names, strict=True))
    recording = to_recording(network, tape, calls, named, outputs, with_values)
    return replace(recording, notes=(_FROZEN,)) if folded else recording


def _forward(network: nn.Module, inputs: Inputs, calls: Calls) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return network(*inputs.args, **inputs.kwargs)
    except StriateError as error:
        said = str(error).partition("\n\n")[0]  # without where in a graph it was, which torch adds
        raise NetworkError(f"{calls.where()}: {said}" if calls.open else said) from error
    except ValuesWantedError:
        raise _WantsValues(calls.where()) from None
    except (Exception, SystemExit) as error:
        if not calls.tape.with_values and _is_about_values(error):
            raise _WantsValues(calls.where()) from error
        if not calls.tape.with_values and not _on_meta(network):
            raise _WantsValues(calls.where(), "which does not run on shapes alone") from error
        reason = (str(error).strip().splitlines() or [""])[0]
        if not isinstance(error, (RuntimeError, ValueError)):
            reason = f"{type(error).__name__}: {reason}"
        raise NetworkError(f"{calls.where()}, and it failed: {reason}") from error


def _done(result: Any) -> Any:
    """The result, if it is one: what would run only when somebody asks for more of it is refused."""
    if isinstance(result, Iterator | AsyncIterator | Awaitable):
        if hasattr(result, "close"):
            result.close()  # a coroutine warns of having been forgotten
        raise NetworkError(
            f"the network gives a {type(result).__name__}, of which nothing has run: "
            "let forward return tensors, or a list of them"
        )
    return result


def _is_about_values(error: BaseException) -> bool:
    """Whether a failure comes from having no values rather than from the network or its input."""
    text = str(error).lower()
    return isinstance(error, NotImplementedError) or any(phrase in text for phrase in _NEEDS_VALUES)


def _known(network: nn.Module) -> dict[int, tuple[Role, tuple[str, ...]]]:
    known: dict[int, tuple[Role, tuple[str, ...]]] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        known[id(parameter)] = (Role.PARAMETER, (*known.get(id(parameter), (None, ()))[1], name))
    for name, buffer in network.named_buffers():
        known[id(buffer)] = (Role.BUFFER, (name,))
    return known
