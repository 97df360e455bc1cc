"""Recordings stay whole, and classes are shared out as far as that allows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clip_files import write_video
from striate.data import open_data
from striate.data.sources.splits import FOLDER_SHARES, by_group, fill_in, groups_of
from striate.errors import DataError


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=80),
    seed=st.integers(0, 5),
)
def test_no_group_on_two_sides_and_every_class_in_train(rows: list[tuple[int, int]], seed: int) -> None:
    labels = np.array([label for label, _ in rows])
    groups = [f"g{group}" for _, group in rows]  # a group may hold several classes
    splits = by_group(labels, groups, FOLDER_SHARES, seed)
    together = np.concatenate(list(splits.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(len(rows)))
    sides = [group for part in splits.values() for group in {groups[row] for row in part}]
    assert len(sides) == len(set(groups))
    assert set(labels[splits["train"]]) == set(labels)


@pytest.mark.parametrize("source", ["digits", "arrays.npz", "given"])
def test_where_there_are_no_paths_there_are_no_groups(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pixels, labels = np.zeros((8, 4, 4), np.uint8), np.arange(8) % 2
    np.savez("arrays.npz", images=pixels, labels=labels)
    with pytest.raises(DataError) as problem:
        open_data((pixels, labels) if source == "given" else source, group_by="(.)")
    named = "the data" if source == "given" else source
    assert str(problem.value) == (
        f"{named} holds images without files, and --group-by reads groups out of their paths: leave it out"
    )


def test_groups_of_one_class_each_are_shared_out_class_by_class() -> None:
    labels = np.repeat(np.arange(4), 100)
    groups = [f"{row // 100}-{row % 100 // 4}" for row in range(400)]  # 25 recordings of 4 clips a class
    splits = by_group(labels, groups, FOLDER_SHARES, seed=0)
    for part in ("val", "test"):
        assert np.bincount(labels[splits[part]]).min() >= 12
    assert by_group(labels, groups, FOLDER_SHARES, seed=0)["test"].tolist() == splits["test"].tolist()
    assert by_group(labels, groups, FOLDER_SHARES, seed=1)["test"].tolist() != splits["test"].tolist()


def test_names_of_ucf101_tell_their_groups() -> None:
    keys = [
        "Archery/v_Archery_g01_c01.avi",
        "Archery/v_Archery_g01_c02.avi",
        "x/v_Biking_g01_c01.avi",
        "y.avi",
    ]
    assert groups_of(keys, None) == ("v_Archery_g01", "v_Archery_g01", "v_Biking_g01", "y.avi")
    assert groups_of(["a/b.mp4"], None) is None


def test_patterns() -> None:
    keys = ["walk/person01_a.avi", "run/person01_b.avi", "run/person02.avi", "run/none.avi"]
    assert groups_of(keys, r"person\d+") == ("person01", "person01", "person02", "run/none.avi")
    assert groups_of(keys, r"person(\d+)") == ("01", "01", "02", "run/none.avi")
    with pytest.raises(DataError) as raised:
        groups_of(keys, "actor")
    assert str(raised.value) == (
        "group_by 'actor' matches none of 4 paths, such as 'walk/person01_a.avi': give a pattern whose first "
        "group names the recording that a clip was cut from, or whom an image shows"
    )


def test_a_given_split_that_leaks_is_told() -> None:
    given_rows = {"train": np.array([0, 1]), "val": np.array([2]), "test": np.array([3])}
    _, notes = fill_in(
        given_rows,
        np.zeros(4, int),
        list("wxyz"),
        FOLDER_SHARES,
        0,
        items="clips",
        groups=["a", "b", "b", "c"],
    )
    assert notes == ("1 recording with clips on two sides of the split that was given, such as 'b'",)


def test_folders_are_split_by_recording(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", 4).read_bytes()
    (tmp_path / "whole.mp4").unlink()
    for name in ("Archery", "Biking"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for group in range(8):
            for clip in range(3):
                path = tmp_path / "set" / name / f"v_{name}_g{group:02}_c{clip:02}.mp4"
                path.write_bytes(whole + f"{name}{group}{clip}".encode())
    data = open_data(tmp_path / "set", frames=2, size=16)
    sides = {split: {name.split("_c")[0] for name in clips.names} for split, clips in data.splits.items()}
    assert not sides["train"] & (sides["val"] | sides["test"])
    assert not sides["val"] & sides["test"]
    assert data.notes[-1].endswith("by recording, of which there are 16 (split seed 0)")
    by_number = open_data(tmp_path / "set", frames=2, size=16, group_by=r"_g(\d+)")
    assert by_number.notes[-1].endswith("by recording, of which there are 8 (split seed 0)")
