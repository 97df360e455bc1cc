"""What a recording holds, and the code that it has to get through."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seen_witness import assert_seen
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.receptive_field import fields_and_moments
from striate.errors import NetworkError
from striate.tracing import example, trace


class Made(nn.Module):
    """A network whose forward is a function."""

    def __init__(self, forward, **parts):  # type: ignore[no-untyped-def]
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.run(self, *inputs)


def kinds(network: nn.Module, *shape: int) -> list[str]:
    return [op.kind for op in trace(network, [example(network, shape)]).operations]


def test_operations_stand_in_order_with_their_calls() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    recording = trace(network, [example(network, (3, 8, 8))])
    assert [op.kind for op in recording.operations] == [
        "convolution", "elementwise", "reshape", "permute", "matmul",
    ]  # fmt: skip
    paths = [recording.calls[op.call].path for op in recording.operations]
    assert paths == ["0", "1", "2", "3", "3"]
    assert recording.axes == ("N", "C", "H", "W")
    assert [p.name for p in recording.parameters] == ["0.weight", "0.bias", "3.weight", "3.bias"]


def test_a_network_on_the_meta_device_and_larger_than_memory() -> None:
    with torch.device("meta"):
        network = nn.Sequential(nn.Linear(1_000_000, 1_000_000), nn.Linear(1_000_000, 10))
    recording = trace(network, [example(network, (1_000_000,))])
    assert recording.operations[-1].kind == "matmul"


def test_activations_take_no_memory() -> None:
    network = nn.Conv2d(3, 64, 3, padding=1)
    recording = trace(network, [example(network, (3, 100_000, 100_000))])
    assert recording.tensors[recording.outputs[0]].shape == (1, 64, 100_000, 100_000)


def test_constants_made_on_the_way_are_real() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        frames = torch.arange(x.shape[2])
        if int(frames.max()) == 7 and frames.numpy().sum() == 28:
            return x.index_select(2, frames[::2])
        raise AssertionError

    network = Made(run)
    assert kinds(network, 3, 8, 4, 4)[-1] == "take"


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x * float(x.max().item()),
        lambda x: x + torch.from_numpy(x.numpy()).mean(),
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x * x.abs().amax().tolist(),
        lambda x: x[x > 0.5].sum() + x,
    ],
)
def test_code_that_looks_at_values_runs_on_values_and_is_a_bound(look) -> None:  # type: ignore[no-untyped-def]
    network = Made(lambda s, x: s.c(look(x)), c=nn.Conv2d(1, 1, 3))
    recording = trace(network, [example(network, (1, 8, 8))])
    assert "looks at values" in recording.notes[0]
    field = fields_and_moments(recording, ())[0][-1][0]
    assert field is not None
    assert field.status is Status.BOUND
    assert int(-field.axes[0].seen[1].max()) == 7


def test_a_network_without_values_that_looks_at_values_is_told_in_one_sentence() -> None:
    with torch.device("meta"):
        network = Made(lambda s, x: s.c(x * x.max().item()), c=nn.Conv2d(1, 1, 3))
    with pytest.raises(NetworkError, match="looks at values, but the network is on the meta device"):
        trace(network, [example(network, (1, 8, 8))])


def test_lazy_layers_are_told_in_one_sentence() -> None:
    with pytest.raises(NetworkError, match="lazy layers without a shape: run it once on an input first"):
        trace(nn.LazyConv2d(3, 3), [torch.empty(1, 3, 8, 8)])


def test_what_does_not_run_on_shapes_alone_runs_on_numbers() -> None:
    network = Made(lambda s, x: torch.autocast("cpu", torch.bfloat16)(s.c)(x), c=nn.Conv2d(1, 1, 3))
    recording = trace(network, [example(network, (1, 8, 8))])
    assert "which does not run on shapes alone: run on numbers" in recording.notes[0]


def test_instance_norm_is_not_a_batch_norm() -> None:
    recording = trace(nn.InstanceNorm2d(3), [torch.empty(1, 3, 8, 8)])
    norm = next(op for op in recording.operations if op.kind == "batch_norm")
    assert norm.geometry["batch_statistics"]
    assert norm.geometry["instance"]


def test_batch_norm_counts_as_at_inference_whatever_the_mode() -> None:
    for network in (nn.BatchNorm2d(3).train(), nn.BatchNorm2d(3).eval()):
        norm = trace(network, [torch.empty(2, 3, 8, 8)]).operations[-1]
        assert (norm.kind, norm.geometry["batch_statistics"]) == ("batch_norm", False)
    own = trace(nn.BatchNorm2d(3, track_running_stats=False), [torch.empty(2, 3, 8, 8)])
    assert own.operations[-1].geometry["batch_statistics"]


def test_a_recurrent_layer_is_one_operation() -> None:
    network = nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True)
    recording = trace(network, [torch.empty(2, 7, 4)], ["NTC"])
    (found,) = [op for op in recording.operations if op.kind == "recurrent"]
    assert (found.geometry["steps"], found.geometry["layers"], found.geometry["gates"]) == (7, 2, 4)
    assert recording.tensors[found.outputs[0]].shape == (2, 7, 10)


def test_half_precision_and_doubles() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).to(dtype)
        recording = trace(network, [example(network, (3, 8, 8))])
        assert recording.tensors[recording.outputs[0]].itemsize == network[0].weight.element_size()


def test_the_network_inside_a_parallel_wrapper() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    assert kinds(nn.DataParallel(network), 3, 8, 8) == ["convolution", "elementwise"]


def test_times_are_those_of_real_runs() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    recording = trace(network, [example(network, (3, 8, 8))], with_values=True, repeats=2)
    assert len(recording.seconds) == 2
    assert all(seconds > 0 for seconds in recording.seconds)
    assert trace(network, [example(network, (3, 8, 8))]).seconds == ()


@pytest.mark.parametrize(
    ("network", "shape", "told"),
    [
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 4, 3)), (3, 8, 8),
            r"layer '1' \(Conv2d\) received 1×4×6×6: it expects 5 input channels, not 4",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 7)), (3, 8, 8),
            r"layer '1' \(Conv2d\) received 1×4×6×6: a kernel of 7×7 does not fit into the input, "
            r"which is 6×6 with",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(8)), (3, 8, 8),
            r"layer '1' \(MaxPool2d\) received 1×4×6×6: a window of 8×8 does not fit into the input, "
            r"which is 6×6",
        ),
        (nn.Conv2d(3, 4, 3), (3, 8, 8, 8), r"the network \(Conv2d\) received 1×3×8×8×8, and it failed: "),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(10, 2)), (3, 8, 8),
            r"layer '1' \(Linear\) received 1×192, and it failed: ",
        ),
        (
            Made(lambda s, x: {}["nothing"]), (3, 8, 8),
            r"the network \(Made\) received 1×3×8×8, and it failed: KeyError: 'nothing'",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(6)), (3, 8, 8),
            r"layer '1' \(BatchNorm2d\) received 1×4×6×6",
        ),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit_is_told_with_the_layer(
    network: nn.Module, shape: tuple[int, ...], told: str
) -> None:
    with pytest.raises(NetworkError, match=told) as caught:
        trace(network, [example(network, shape)])
    assert "\n" not in str(caught.value)


def test_functional_layers_are_seen() -> None:
    network = Made(lambda s, x: F.max_pool2d(F.conv2d(x, s.w), 2), w=nn.Parameter(torch.rand(4, 3, 3, 3)))
    assert kinds(network, 3, 8, 8) == ["convolution", "pool"]


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda y: y.squeeze_(0), (2, 3, 4)),
        (lambda y: y.unsqueeze_(1), (1, 1, 2, 3, 4)),
        (lambda y: y.transpose_(2, 3), (1, 2, 4, 3)),
        (lambda y: y[0, 0].t_(), (4, 3)),
        (lambda y: y.squeeze_(0).transpose_(1, 2).unsqueeze_(0), (1, 2, 4, 3)),
    ],
)
def test_a_tensor_reshaped_in_place_is_another_one_from_there_on(change, shape) -> None:  # type: ignore[no-untyped-def]
    network = Made(lambda s, x: change(s.c(x)).relu(), c=nn.Conv2d(1, 2, 1))
    for with_values in (False, True):
        recording = trace(network, [torch.rand(1, 1, 3, 4)], with_values=with_values)
        convolution, *_, last = recording.operations
        assert recording.tensors[convolution.outputs[0]].shape == (1, 2, 3, 4)
        assert recording.tensors[last.inputs[0]].shape == recording.tensors[last.outputs[0]].shape == shape
        assert all(op.view and not op.writes for op in recording.operations[1:-1])


@pytest.mark.parametrize(
    "change",
    [
        lambda new, y: new.set_(y),
        lambda new, y: new.resize_(y.shape).copy_(y),
        lambda new, y: torch.neg(y, out=new),
        lambda new, y: torch.max(y, 1, keepdim=True, out=(new, torch.empty(0, dtype=torch.long)))[0],
    ],
    ids=["set_", "resize_", "out", "several out"],
)
def test_a_tensor_that_was_empty_and_is_filled_has_its_new_shape(change) -> None:  # type: ignore[no-untyped-def]
    network = Made(lambda s, x: change(torch.empty(0), s.c(x).detach()).relu(), c=nn.Conv2d(1, 1, 1))
    recording = trace(network, [torch.rand(1, 1, 3, 4)], with_values=True)
    last = recording.operations[-1]
    assert recording.tensors[last.inputs[0]].shape == recording.tensors[last.outputs[0]].shape == (1, 1, 3, 4)


def test_a_vector_times_a_matrix_is_reshaped_in_place_by_pytorch_itself() -> None:
    """It is a product of matrices whose result is squeezed in place; its rows must not be taken for one."""
    recording = trace(Made(lambda s, x: x[0, 0, 0] @ x[0, 0].t()), [torch.rand(1, 1, 3, 4)])
    field = fields_and_moments(recording, ())[0][-1][0]
    assert field is not None
    assert field.axes[0].seen.tolist() == [[0, 0, 0], [0, -1, -2]]


class Own(Tensor):
    """A class of tensors of somebody's own."""


SAME = {
    "its data": lambda s, x: s.c(x.data),
    "as a parameter": lambda s, x: s.c(nn.Parameter(x)),
    "as a subclass": lambda s, x: s.c(x.as_subclass(Own)).as_subclass(Tensor),
}


@pytest.mark.parametrize("name", SAME)
def test_another_object_for_the_same_tensor_is_that_tensor(name: str) -> None:
    assert_seen(Made(SAME[name], c=nn.Conv2d(1, 1, 3, padding=1)), (1, 1, 6, 6))


def test_an_empty_part_of_a_concatenation_sees_nothing() -> None:
    assert_seen(Made(lambda s, x: torch.cat([x[:, :, :0], x * 2], 2)), (1, 1, 4, 4))


def jit_traced(network: nn.Module) -> nn.Module:
    return torch.jit.trace(network.eval(), torch.rand(1, 3, 8, 8))  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("make", [torch.jit.script, jit_traced])
def test_torchscript_is_traced_as_at_inference_and_left_as_it_was(make) -> None:  # type: ignore[no-untyped-def]
    network = make(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    training = network.training
    recording = trace(network, [torch.empty(1, 3, 8, 8)])
    ran = [op.kind for op in recording.operations if op.kind not in ("source", "alias")]
    assert ran == ["convolution", "batch_norm", "elementwise"]
    assert sum(p.size for p in recording.parameters) == 120
    assert network.training is training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
