"""Operators that take functions (`cond`, `while_loop`, `flex_attention`), run as what they are made of."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch._C import DispatchKey
from torch._ops import HigherOrderOperator


def uncompiled() -> AbstractContextManager[Any]:
    """Inside, compiled code runs as it was written: its modules and operations are heard as any others."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance


def taken_apart(operator: HigherOrderOperator, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The result of such an operator; its functions and all that it computes itself are run here."""
    match operator._name:
        case "cond":
            condition, then, otherwise, taken = args
            return (then if condition else otherwise)(*taken)
        case "while_loop":
            goes_on, step, state, further = args
            while goes_on(*state, *further):
                state = step(*state, *further)
            return state
        case "scan":
            function, state, taken, further = args
            from torch._higher_order_ops.scan import generic_scan

            return generic_scan(function, state, taken, additional_inputs=further)  # type: ignore[no-untyped-call]
        case "invoke_subgraph":
            return args[0](*args[2:])
    kernel = operator.py_kernels.get(DispatchKey.CompositeExplicitAutograd)
    return NotImplemented if kernel is None else kernel(*args, **kwargs)
