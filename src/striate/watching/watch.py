"""One watcher for all that happens while a network runs: module calls, functions, operations, saved tensors.

    with watching(network, before=lambda run: print(run.name)):
        network(x)

Module calls are heard by standing in for `nn.Module.__call__` (as torch.fx does), so that modules made during
the run are heard too and no module holds a hook. Other threads pass through unheard.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from threading import Lock, local
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._ops import HigherOrderOperator, OpOverload
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from striate.watching.over_functions import taken_apart, uncompiled


class Running(NamedTuple):
    """A module call under way."""

    name: str | None
    """Its path in the network, "" for the network itself; None for a module that is not a part of it."""
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


Before = Callable[[Running], tuple[Any, ...] | None]
After = Callable[[Running, Any], None]
Runs = Callable[[Any, Sequence[Any], dict[str, Any]], Any]


@contextmanager
def watching(
    network: nn.Module,
    *,
    before: Before | None = None,
    after: After | None = None,
    function: Runs | None = None,
    operation: Runs | None = None,
    saved: Callable[[Tensor], None] | None = None,
) -> Iterator[list[Running]]:
    """Hears what runs inside the block; yields the module calls under way, the innermost last.

    A call that ends in an exception stays in that list until a call around it ends well: so the list says
    where an error came from.

    Args:
        network: whose modules have names.
        before: of a module call, before it runs; may return other positional arguments for it.
        after: of a module call that ended well, with its output.
        function: runs a function of torch, `function(func, args, kwargs)`, and returns its result.
        operation: the same for ATen operations, to which the functions come down.
        saved: of each tensor that is kept for a backward pass.
    """
    running: list[Running] = []
    with ExitStack() as stack:
        stack.enter_context(uncompiled())
        if before or after:
            stack.enter_context(_heard(_ModuleCalls(network, before, after, running)))
        if before or after or function:
            # Even where nobody listens: under a mode, attention takes no fused path around its layers.
            stack.enter_context(_Functions(function or _run))
        if operation:
            stack.enter_context(_Operations(operation))
        if saved:
            stack.enter_context(
                torch.autograd.graph.saved_tensors_hooks(_telling(saved), lambda tensor: tensor)
            )
        yield running


def on_gradient(tensor: Tensor, hear: Callable[[Tensor], None]) -> None:
    """Calls `hear` with the gradient of a tensor when a backward pass comes to it; once per pass.

    Args:
        tensor: one that needs a gradient.
        hear: is called with the gradient, of the shape of the tensor.
    """
    if tensor.requires_grad:
        tensor.register_hook(hear)  # type: ignore[no-untyped-call]


def on_gradient_before_change(tensor: Tensor, hear: Callable[[Tensor], None]) -> None:
    """Calls `hear` with the gradient that comes to a view as it was before it has just been changed in place.

    Only what comes by way of that change; nothing comes where the view shows a part of a tensor alone.

    Args:
        tensor: a view that was changed in place.
        hear: is called with the gradient, of the shape of the view.
    """
    base = tensor if tensor._base is None else tensor._base
    shape, changed = tensor.shape, base.grad_fn

    def first(gradients: Any, _: Any) -> None:
        if gradients[0] is not None and gradients[0].shape == shape:
            hear(gradients[0])

    if changed is not None:
        changed.register_hook(first)


@contextmanager
def replaced(method: str, stand_ins: Mapping[nn.Module, Callable[..., Any]]) -> Iterator[None]:
    """Inside the block these modules have other functions for one of their methods.

    Args:
        method: its name, such as "forward".
        stand_ins: module → what is called in its place.
    """
    for module, stand_in in stand_ins.items():
        setattr(module, method, stand_in)
    try:
        yield
    finally:
        for module in stand_ins:
            module.__dict__.pop(method, None)


class _ModuleCalls:
    """Hears of module calls, and keeps the list of those under way."""

    def __init__(
        self, network: nn.Module, before: Before | None, after: After | None, running: list[Running]
    ) -> None:
        self.names = {id(module): name for name, module in network.named_modules()}
        self.before, self.after, self.running = before, after, running

    def around(self, module: nn.Module, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """One call."""
        run, depth = Running(self.names.get(id(module)), module, args, kwargs), len(self.running)
        self.running.append(run)
        if self.before is not None:
            other = self.before(run)
            args = args if other is None else other
        output = call(*args, **kwargs)
        if self.after is not None:
            self.after(run, output)
        del self.running[depth:]
        return output


class _Here(local):
    """Who listens in this thread, the outermost first."""

    def __init__(self) -> None:
        self.listeners: list[_ModuleCalls] = []


_here, _lock = _Here(), Lock()
_blocks = 0  # under way in all threads
_module_call = nn.Module.__call__


def _call(module: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
    """Stands in for `nn.Module.__call__` while anybody listens."""
    call = partial(_module_call, module)
    for listener in reversed(_here.listeners):
        call = partial(listener.around, module, call)
    return call(*args, **kwargs)


@contextmanager
def _heard(listener: _ModuleCalls) -> Iterator[None]:
    _listen(1)
    _here.listeners.append(listener)
    try:
        yield
    finally:
        _here.listeners.remove(listener)
        _listen(-1)


def _listen(change: int) -> None:
    global _blocks, _module_call
    with _lock:
        if _blocks == 0:
            _module_call = nn.Module.__call__
            nn.Module.__call__ = _call  # type: ignore[method-assign]
        _blocks += change
        if _blocks == 0:
            nn.Module.__call__ = _module_call  # type: ignore[method-assign]


class _Functions(TorchFunctionMode):
    """Functions of torch, before they are taken apart."""

    def __init__(self, run: Runs) -> None:
        super().__init__()
        self.run = run

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self.run(func, args, kwargs or {})


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """ATen operations."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Asked by PyTorch: False keeps it from importing its compiler (2 s) for our sake."""
        return False

    def __init__(self, run: Runs) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.run = run

    supports_higher_order_operators = True

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if any(map(_has_parts, types)):
            return NotImplemented  # it comes down to operations on what such tensors hold
        if isinstance(func, HigherOrderOperator):
            with self:
                return taken_apart(func, args, kwargs or {})
        if _is_composite(func):  # left whole in inference mode, and inside of operators over functions
            with self:
                return func.decompose(*args, **(kwargs or {}))
        if torch._C._len_torch_function_stack():  # it comes from TorchScript, where no function was heard
            with torch._C.DisableTorchFunction():
                return self.run(func, args, kwargs or {})
        return self.run(func, args, kwargs or {})


@cache
def _has_parts(kind: type) -> bool:
    """Whether tensors of a class are made of others, as nested ones are."""
    return hasattr(kind, "__tensor_flatten__")


@cache
def _is_composite(func: OpOverload) -> bool:
    """Whether an operation is only a name for others, and PyTorch has no second version of it in Python."""
    key = torch._C.DispatchKey.CompositeImplicitAutograd
    has_kernel: Callable[[str, Any], bool] = torch._C._dispatch_has_kernel_for_dispatch_key
    return key not in func.py_kernels and has_kernel(func._name, key)


def _run(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return func(*args, **kwargs)


def _telling(saved: Callable[[Tensor], None]) -> Callable[[Tensor], Tensor]:
    def pack(tensor: Tensor) -> Tensor:
        saved(tensor)
        return tensor

    return pack
