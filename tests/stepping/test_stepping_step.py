"""A step's state is a value; readouts; what a step refuses."""

from typing import Any

import pytest
import torch
from torch import Tensor

from striate.errors import ArgumentError, NetworkError
from striate.models import build
from striate.stepping import READOUTS, Step, step_of
from striate.stepping.readout import WINDOWED


def network(way: str = "tsm") -> torch.nn.Module:
    torch.manual_seed(0)
    return build(
        "plain", classes=3, channels=1, size=8, time=way, frames=4, causal=True, widths=(8, 8), hidden=()
    ).eval()


@pytest.fixture(scope="module")
def step() -> Step:
    return step_of(network(), size=8)


def run(step: Step, clip: Tensor) -> Tensor:
    state, scores = step.initial(clip.shape[0]), []
    for t in range(clip.shape[2]):
        made, state = step(clip[:, :, t : t + 1], state)
        scores.append(made)
    return torch.cat(scores, dim=1)


def of(readout: str, window: int) -> int | None:
    """The window of those that have one."""
    return window if readout in WINDOWED else None


def test_readouts_are_means_of_the_frames_own_scores() -> None:
    clip = torch.randn(2, 1, 9, 8, 8)
    made = {how: run(step_of(network(), size=8, readout=how, window=of(how, 3)), clip) for how in READOUTS}
    frames = made["frame"]
    mean, falling = frames[:, 0], [frames[:, 0]]
    for t in range(1, 9):
        mean = mean + (frames[:, t] - mean) * 2 / 4
        falling.append(mean)
    wanted = {
        "window": torch.stack([frames[:, max(0, t - 2) : t + 1].mean(dim=1) for t in range(9)], dim=1),
        "since-start": torch.stack([frames[:, : t + 1].mean(dim=1) for t in range(9)], dim=1),
        "exponential": torch.stack(falling, dim=1),
        "frame": frames,
    }
    for how in READOUTS:
        torch.testing.assert_close(made[how], wanted[how], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("readout", READOUTS)
def test_chunks_make_no_difference(readout: str) -> None:
    step = step_of(network("3d"), size=8, readout=readout, window=of(readout, 3))
    clip = torch.randn(1, 1, 7, 8, 8)
    torch.testing.assert_close(step(clip, step.initial())[0], run(step, clip), rtol=1e-5, atol=1e-6)


def test_a_state_is_a_value_that_can_be_gone_on_from_twice(step: Step) -> None:
    frames = torch.randn(1, 1, 4, 8, 8)
    _, state = step(frames, step.initial())
    copy = {name: tensor.clone() for name, tensor in state.items()}
    first, second = step(frames, state)[0], step(frames, state)[0]
    assert torch.equal(first, second)
    assert all(torch.equal(state[name], copy[name]) for name in state)


def test_streams_side_by_side_are_streams_alone(step: Step) -> None:
    clip = torch.randn(3, 1, 5, 8, 8)
    alone = torch.cat([run(step, clip[n : n + 1]) for n in range(3)])
    torch.testing.assert_close(run(step, clip), alone, rtol=1e-5, atol=1e-6)


def test_a_stream_that_begins_anew_leaves_the_others(step: Step) -> None:
    clip = torch.randn(2, 1, 3, 8, 8)
    _, state = step(clip, step.initial(2))
    for name, fresh in step.initial().items():
        state[name] = torch.cat([fresh, state[name][1:]])
    scores, _ = step(clip, state)
    torch.testing.assert_close(scores[:1], step(clip[:1], step.initial())[0], rtol=1e-5, atol=1e-6)


def test_it_says_what_it_is(step: Step) -> None:
    assert repr(step) == "Step(1×8×8 → 3, readout='window', window=8, state 156 B)"
    assert step.state_bytes == 8 + 4 * 1 * 4 * 4 + 4 * 7 * 3


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((1, 8, 8), "a step takes frames (N, 1, k, 8, 8); got a shape of 1×8×8"),
        ((1, 3, 1, 8, 8), "a step takes frames (N, 1, k, 8, 8); got a shape of 1×3×1×8×8"),
        ((1, 1, 1, 9, 8), "a step takes frames (N, 1, k, 8, 8); got a shape of 1×1×1×9×8"),
        ((1, 1, 0, 8, 8), "a step takes frames (N, 1, k, 8, 8); got a shape of 1×1×0×8×8"),
        ((2, 1, 1, 8, 8),
         "this state is of 1 stream, and the frames are of 2: give one row of frames for each stream"),
    ],
)  # fmt: skip
def test_frames_of_another_shape_are_refused(step: Step, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(NetworkError) as caught:
        step(torch.zeros(shape), step.initial())
    assert str(caught.value) == sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_does_not_get_into_the_state(step: Step, value: float) -> None:
    with pytest.raises(NetworkError) as caught:
        step(torch.full((1, 1, 1, 8, 8), value), step.initial())
    assert str(caught.value) == (
        "a step takes frames of finite float32 numbers, as what is not a number would stay in its state; got "
        "NaN or infinity: leave such frames out"
    )


def test_states_of_others_are_refused(step: Step) -> None:
    frames = torch.zeros(1, 1, 1, 8, 8)
    other = step_of(network("3d"), size=8)
    with pytest.raises(NetworkError, match="this state is of another network or readout"):
        step(frames, other.initial())
    state = step.initial()
    name = next(name for name in state if name.endswith("shift"))
    with pytest.raises(NetworkError) as caught:
        step(frames, {**state, name: torch.zeros(1, 1, 2, 2)})
    assert str(caught.value) == (
        f"this state is of another network or size: {name} is 1×2×2 in it and 1×4×4 here; take the one "
        "that initial() or the step before gave"
    )


def frames_of(value: Any) -> str:
    return f"a step takes frames as a tensor; got {value}: torch.from_numpy makes one of an array"


NUMBERS = (
    "a step takes frames of finite float32 numbers, as what is not a number would stay in its state; got {}: "
    "prepare them as for the network"
)
ONE = torch.zeros(1, 1, 1, 8, 8)


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        (None, frames_of("NoneType")),
        ([[0.0]], frames_of("list")),
        (ONE.numpy(), frames_of("ndarray")),
        (ONE.to_sparse(), frames_of("a sparse one")),
        (ONE.to("meta"), "a step takes frames as a tensor on cpu, where it is; got one on meta"),
        *((ONE.to(dtype), NUMBERS.format(dtype)) for dtype in
          (torch.uint8, torch.float64, torch.float16, torch.bfloat16, torch.complex64)),
        (torch.tensor(0.0), "a step takes frames (N, 1, k, 8, 8); got a shape of one number"),
    ],
)  # fmt: skip
def test_what_are_no_frames_is_refused(step: Step, frames: Any, sentence: str) -> None:
    with pytest.raises(NetworkError) as caught:
        step(frames, step.initial())
    assert str(caught.value) == sentence


FROM = "take the one that initial() or the step before gave"
DAMAGED = (
    "the step gives scores that are no finite numbers: its weights or the state are damaged; begin anew with "
    "initial(), or restore the weights from a copy"
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda _: None, f"a state is a dict of tensors by name; got NoneType: {FROM}"),
        (list, f"a state is a dict of tensors by name; got list: {FROM}"),
        (lambda state: {**state, "more": ONE}, f"this state is of another network or readout: {FROM}"),
        (lambda state: {name: one.numpy() for name, one in state.items()},
         "a step takes frames_seen of its state as a tensor; got ndarray: torch.from_numpy makes one "
         "of an array"),
        (lambda state: {name: one.to("meta") for name, one in state.items()},
         "a step takes frames_seen of its state as a tensor on cpu, where it is; got one on meta"),
        (lambda state: {name: one.double() for name, one in state.items()},
         "this state is of another network or size: frames_seen is torch.float64 in it and torch.int64 here; "
         + FROM),
        (lambda state: dict.fromkeys(state, torch.tensor(0)),
         "this state is of another network or size: frames_seen is without an axis of streams in it and has "
         "one here; "
         + FROM),
        (lambda state: {name: one * float("nan") if one.is_floating_point() else one
                        for name, one in state.items()}, DAMAGED),
    ],
)  # fmt: skip
def test_what_is_no_state_of_the_step_is_refused(step: Step, change: Any, sentence: str) -> None:
    """In a step as when it is finished, where that asks the state at all."""
    with pytest.raises(NetworkError) as caught:
        step(ONE, change(step.initial()))
    assert str(caught.value) == sentence
    if sentence != DAMAGED:
        with pytest.raises(NetworkError) as caught:
            step.finish(change(step.initial()))
        assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"readout": "windows"},
         "readout must be 'window', 'frame', 'since-start' or 'exponential'; got 'windows' "
         "(did you mean window?)"),
        ({"window": 0}, "window is at least one frame; got 0"),
        ({"clip": -1}, "clip is at least one frame; got -1"),
        ({"window": 90_001},
         "window is at most 90,000 frames, those of an hour at 25 a second; got 90,001: the readout "
         "since-start takes the mean of all"),
        ({"size": -3}, "size is one side of a frame, or its height and width; got -3: for example size=112"),
        ({"size": (8,)},
         "size is one side of a frame, or its height and width; got (8,): for example size=112"),
    ],
)  # fmt: skip
def test_what_is_no_readout_window_or_size_is_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        step_of(network(), **{"size": 8, **options})  # type: ignore[arg-type]
    assert str(caught.value) == sentence
