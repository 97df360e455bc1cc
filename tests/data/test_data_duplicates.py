"""Duplicates across splits."""

from pathlib import Path

import numpy as np
from data_files import noise
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.sets.duplicates import count_duplicates, file_keys, pixel_keys

KEYS = st.lists(st.integers(0, 12), max_size=12)


def test_each_pair_of_splits_is_named_and_each_image_counts_once() -> None:
    count, notes = count_duplicates({"train": "aab", "val": "bbc", "test": "abcd"})
    assert count == 2 + 3
    assert notes == (
        "exact duplicates across splits: 2 of val also in train, 2 of test also in train, "
        "2 of test also in val",
    )


def test_none_is_not_worth_a_word() -> None:
    assert count_duplicates({"train": "ab", "val": "cc", "test": "dd"}) == (0, ())


def test_a_split_may_be_missing() -> None:
    assert count_duplicates({"train": "ab", "test": "bc"})[0] == 1


@given(train=KEYS, val=KEYS, test=KEYS)
@settings(max_examples=50, deadline=None)
def test_against_counting_by_hand(train: list[int], val: list[int], test: list[int]) -> None:
    expected = len([key for key in val if key in train]) + len([key for key in test if key in train + val])
    assert count_duplicates({"train": train, "val": val, "test": test})[0] == expected


@given(rows=st.lists(st.integers(0, 3), min_size=1, max_size=10), shape=st.tuples(*[st.integers(1, 4)] * 3))
@settings(max_examples=50, deadline=None)
def test_pixel_keys_are_equal_for_equal_pixels(rows: list[int], shape: tuple[int, int, int]) -> None:
    pixels = noise(4, *shape)[rows]
    keys = pixel_keys(pixels)
    for i in range(len(rows)):
        for j in range(len(rows)):
            assert (keys[i] == keys[j]) == np.array_equal(pixels[i], pixels[j])


def test_file_keys_look_as_far_as_needed(tmp_path: Path) -> None:
    long = bytes(5000)
    contents = [b"a", b"b", b"a", b"longer", long + b"x", long + b"y", long + b"x"]
    for row, content in enumerate(contents):
        (tmp_path / str(row)).write_bytes(content)
    keys = file_keys([str(tmp_path / str(row)) for row in range(len(contents))])
    for i in range(len(contents)):
        for j in range(len(contents)):
            assert (keys[i] == keys[j]) == (contents[i] == contents[j])
