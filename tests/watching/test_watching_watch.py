"""What a watcher hears of a run, that nothing is left behind, and that nobody else listens by other means."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as module_hooks

import striate
from striate.watching import Running, on_gradient, replaced, watching

PLAIN_CALL = nn.Module.__call__


class Network(nn.Module):
    """A block, a module made while it runs, and functions."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
        self.head = nn.Linear(2, 3)

    def forward(self, x: Tensor, *, scale: float = 1.0) -> Tensor:
        x = nn.Dropout(0.0)(self.block(x) * scale)
        result: Tensor = self.head(x.mean((2, 3)))
        return result


X = torch.randn(2, 1, 5, 5, generator=torch.Generator().manual_seed(0))


def test_calls_are_heard_in_order_with_names_arguments_and_outputs() -> None:
    network, heard = Network(), []
    with watching(
        network,
        before=lambda run: heard.append(("in", run.name, type(run.module).__name__)),
        after=lambda run, output: heard.append(("out", run.name, tuple(output.shape))),
    ):
        network(X)
    assert heard == [
        ("in", "", "Network"),
        ("in", "block", "Sequential"),
        ("in", "block.0", "Conv2d"),
        ("out", "block.0", (2, 2, 3, 3)),
        ("in", "block.1", "ReLU"),
        ("out", "block.1", (2, 2, 3, 3)),
        ("out", "block", (2, 2, 3, 3)),
        ("in", None, "Dropout"),
        ("out", None, (2, 2, 3, 3)),
        ("in", "head", "Linear"),
        ("out", "head", (2, 3)),
        ("out", "", (2, 3)),
    ]


def test_arguments_by_name_are_heard_and_positional_ones_can_be_others() -> None:
    network, heard = Network(), []
    doubled = network(2 * X, scale=3.0)

    def before(run: Running) -> tuple[Any, ...] | None:
        heard.append(run.kwargs)
        return (2 * run.args[0],) if run.name == "" else None

    with watching(network, before=before):
        assert torch.equal(network(X, scale=3.0), doubled)
    assert heard[0] == {"scale": 3.0}


def test_functions_and_operations_are_run_by_those_who_listen() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    functions, operations = [], []

    def function(func: Any, args: Any, kwargs: Any) -> Any:
        functions.append(func.__name__)
        return func(*args, **kwargs)

    def operation(func: Any, args: Any, kwargs: Any) -> Any:
        operations.append(func._schema.name)
        result = func(*args, **kwargs)
        return result + 1 if func._schema.name == "aten::relu" else result

    x = torch.randn(4, 3)
    expected = network(x)
    with torch.no_grad(), watching(network, function=function, operation=operation):
        result = network(x)
    torch.testing.assert_close(result, expected + 1)
    assert functions == ["linear", "relu"]
    assert operations == ["aten::t", "aten::addmm", "aten::relu"]


def test_saved_tensors_are_those_that_the_backward_pass_needs() -> None:
    weight, saved = torch.randn(3, requires_grad=True), []
    with watching(nn.Identity(), saved=saved.append):
        y = weight.exp() * 2
    assert [tensor.data_ptr() for tensor in saved] == [
        y.grad_fn.next_functions[0][0]._saved_result.data_ptr()
    ]
    y.sum().backward()
    torch.testing.assert_close(weight.grad, 2 * weight.exp())


def test_gradients_are_told() -> None:
    x, told = torch.randn(3, requires_grad=True), []
    on_gradient(x, told.append)
    on_gradient(torch.randn(3), told.append)  # has none, and none is asked for
    (x**2).sum().backward()
    torch.testing.assert_close(told, [2 * x])


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_put_into_the_network(training: bool) -> None:
    network = Network().train(training)
    inside: dict[str, Any] = {}

    def before(run: Running) -> None:
        if run.name == "block":
            inside.update(
                hooks=[len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules()],
                attributes=[set(vars(module)) for module in network.modules()],
            )

    attributes = [set(vars(module)) for module in network.modules()]
    with watching(network, before=before):
        assert nn.Module.__call__ is not PLAIN_CALL
        network(X)
    assert inside == {"hooks": [0] * 5, "attributes": attributes}
    assert nn.Module.__call__ is PLAIN_CALL
    assert not module_hooks._global_forward_hooks


def test_after_an_error_the_list_says_where_it_came_from_and_all_is_as_before() -> None:
    network = Network()
    with pytest.raises(RuntimeError), watching(network, before=lambda run: None) as running:
        network(torch.randn(2, 7, 5, 5))
    assert [run.name for run in running] == ["", "block", "block.0"]
    assert nn.Module.__call__ is PLAIN_CALL


class Forgiving(nn.Module):
    """Catches what a layer of its own throws."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Linear(2, 1), nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        try:
            result: Tensor = self.narrow(x)
        except RuntimeError:
            result = self.wide(x)
        return result


def test_a_call_that_failed_and_was_caught_is_over_with_the_call_around_it() -> None:
    network, ended = Forgiving(), []
    with watching(network, after=lambda run, output: ended.append(run.name)) as running:
        network(torch.randn(1, 3))
        assert running == []
    assert ended == ["wide", ""]


def test_watchers_inside_watchers_hear_both() -> None:
    network, outer, inner = Network(), [], []
    with watching(network, before=lambda run: outer.append(run.name)):
        network.head(torch.randn(1, 2))
        with watching(network.block, before=lambda run: inner.append(run.name)):
            network.block(X)
        network.head(torch.randn(1, 2))
    assert outer == ["head", "block", "block.0", "block.1", "head"]
    assert inner == ["", "0", "1"]
    assert nn.Module.__call__ is PLAIN_CALL


def test_other_threads_are_not_heard_and_blocks_may_end_in_any_order() -> None:
    network, heard = Network(), []
    entered, leave = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with watching(network, before=lambda run: heard.append(("there", run.name))):
            entered.set()
            leave.wait(10)
            network.head(torch.randn(1, 2))

    thread = threading.Thread(target=elsewhere)
    with watching(network, before=lambda run: heard.append(("here", run.name))):
        thread.start()
        assert entered.wait(10)
        network.head(torch.randn(1, 2))
    assert nn.Module.__call__ is not PLAIN_CALL  # the other one still listens
    leave.set()
    thread.join()
    assert heard == [("here", "head"), ("there", "head")]
    assert nn.Module.__call__ is PLAIN_CALL


def test_layers_inside_a_fused_transformer_are_heard() -> None:
    """At inference PyTorch runs such a layer as one operation, unless somebody looks."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    heard: list[Any] = []
    with torch.no_grad(), watching(layer, after=lambda run, output: heard.append(run.name)):
        layer(torch.randn(1, 3, 8))
    assert {"self_attn", "linear1", "linear2", "norm1"} <= set(heard)


def test_methods_are_replaced_for_the_length_of_a_block() -> None:
    first, second = nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1)
    x = torch.randn(1, 1, 2, 2)
    plain = first(x)
    zeros = lambda x, weight, bias: torch.zeros_like(x)  # noqa: E731
    with replaced("_conv_forward", {first: zeros}):
        assert not first(x).any()
        assert second(x).any()
    with pytest.raises(RuntimeError), replaced("_conv_forward", {first: zeros}):
        first(x.expand(2, 3, 4))
    assert torch.equal(first(x), plain)
    assert "_conv_forward" not in vars(first)


LISTENING = re.compile(
    r"register_\w*hook|Torch(Dispatch|Function)Mode|saved_tensors_hooks"
    r"|\b(_conv_forward|\w+\.forward|__call__) = "
)


def test_no_other_room_listens_by_means_of_its_own() -> None:
    root = Path(striate.__file__).parent
    elsewhere = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if path.parent.name != "watching" and LISTENING.search(path.read_text())
    ]
    assert elsewhere == [
        "evaluating/opening.py"
    ]  # which does not listen: it divides the scores of a loaded network
