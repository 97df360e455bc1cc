"""Which frames make a clip: inside the video, in order, spread as said, the same for the same draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data import Sampling
from striate.data.video.sampling import MIDDLE
from striate.errors import ArgumentError, DataError

samplings = st.builds(Sampling, st.integers(1, 20), st.none() | st.integers(1, 9))


def middle(sampling: Sampling) -> np.ndarray:
    return np.full(sampling.frames, MIDDLE)


@given(samplings, st.floats(0.5, 500), st.integers(0, 2**32), st.integers(0, 100))
def test_positions_lie_inside_and_never_fall(
    sampling: Sampling, length: float, index: int, epoch: int
) -> None:
    for offsets in (middle(sampling), sampling.drawn(np.array([index]), 0, epoch)[0]):
        positions = sampling.positions(length, offsets)
        assert positions.shape == (sampling.frames,)
        assert (positions >= 0).all()
        assert (positions < length).all()
        assert (np.diff(positions) >= 0).all()


@given(st.integers(1, 20), st.integers(1, 300), st.integers(0, 1000))
def test_uniform_takes_one_of_each_segment(frames: int, length: int, index: int) -> None:
    sampling = Sampling(frames)
    positions = sampling.positions(length, sampling.drawn(np.array([index]), 1, 2)[0])
    np.testing.assert_array_equal(np.floor(positions * frames / length + 1e-9), np.arange(frames))


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 200), st.integers(0, 1000))
def test_dense_keeps_its_distance_where_there_is_room(
    frames: int, stride: int, more: int, index: int
) -> None:
    sampling = Sampling(frames, stride)
    numbers = sampling.numbers((frames - 1) * stride + 1 + more, sampling.drawn(np.array([index]), 1, 2)[0])
    assert (np.diff(numbers) == stride).all()
    assert 0 <= numbers[0] <= more


def test_every_start_is_drawn() -> None:
    sampling = Sampling(2, stride=3)
    starts = {int(sampling.numbers(7, offsets)[0]) for offsets in sampling.drawn(np.arange(200), 0, 0)}
    assert starts == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("sampling", "length", "numbers"),
    [
        (Sampling(4), 8, [1, 3, 5, 7]),
        (Sampling(3), 10, [1, 5, 8]),
        (Sampling(1), 9, [4]),
        (Sampling(5), 2, [0, 0, 1, 1, 1]),  # shorter than what is asked: the nearest frame again
        (Sampling(4, stride=2), 20, [7, 9, 11, 13]),
        (Sampling(4, stride=1), 4, [0, 1, 2, 3]),
        (Sampling(4, stride=2), 5, [0, 2, 4, 4]),
    ],
)
def test_evaluation_takes_the_middle(sampling: Sampling, length: int, numbers: list[int]) -> None:
    assert sampling.numbers(length, middle(sampling)).tolist() == numbers


def test_draws_depend_on_seed_epoch_and_index_only() -> None:
    sampling = Sampling(3)
    together = sampling.drawn(np.array([5, 9, 2]), seed=1, epoch=4)
    np.testing.assert_array_equal(sampling.drawn(np.array([9]), seed=1, epoch=4)[0], together[1])
    others = [sampling.drawn(np.array([9]), seed, epoch) for seed, epoch in ((1, 5), (2, 4), (1, 3))]
    assert all((other != together[1]).all() for other in others)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((0, None), "frames must be at least 1; got 0"), ((4, 0), "stride must be at least 1; got 0")],
)
def test_impossible_numbers(arguments: tuple[int, int | None], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        Sampling(*arguments)
    assert str(raised.value) == sentence


@given(
    st.integers(1, 12),
    st.floats(0.02, 2),
    st.floats(5, 120),
    st.floats(0.1, 20),
    st.integers(0, 1000),
)
def test_a_step_in_seconds_is_the_same_whatever_the_frame_rate(
    frames: int, step: float, rate: float, more: float, index: int
) -> None:
    sampling = Sampling(frames, step=step)
    seconds = (frames - 1) * step + more
    length = seconds * rate
    for offsets in (middle(sampling), sampling.drawn(np.array([index]), 1, 2)[0]):
        times = sampling.positions(length, offsets, seconds) / rate
        np.testing.assert_allclose(np.diff(times), step, atol=1e-5)
        assert 0 <= times[0] <= more


def test_what_a_step_needs_to_know() -> None:
    with pytest.raises(DataError) as raised:
        Sampling(4, step=0.25).positions(20, np.full(4, MIDDLE))
    assert str(raised.value) == (
        "frames are to be 0.25 s apart, and a folder of frames tells no times: say how many frames a second "
        "it has, with --frame-rate, or give a video file"
    )
    told = Sampling(4, step=0.25, frame_rate=20)
    assert told.numbers(20, np.full(4, MIDDLE)).tolist() == [2, 7, 12, 17]
    assert (told.span, Sampling(4).span, Sampling(4, 2).span) == (1.0, None, None)
