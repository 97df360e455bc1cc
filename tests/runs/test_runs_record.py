"""The record: back as it was, or refused in one sentence that says what is wrong."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate import runs
from striate.errors import RunError

OLD = Path(__file__).parents[1] / "old_runs"


def test_the_record_comes_back(tmp_path: Path) -> None:
    runs.write_record(tmp_path, {"recipe": {"epochs": 3}})
    assert runs.read_record(tmp_path) == {"format": runs.FORMAT, "recipe": {"epochs": 3}}


@pytest.mark.parametrize(("stride", "options"), [(None, {"span": "whole"}), (2, {"stride": 2})])
def test_frames_were_spread_over_the_whole_before_they_were_a_time_apart(
    tmp_path: Path, stride: int | None, options: dict[str, object]
) -> None:
    asked = {} if stride is None else {"stride": stride}
    runs.write_record(tmp_path, {"data": {"frames": 8, "stride": stride, "options": {"frames": 8, **asked}}})
    path = tmp_path / "run.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "format": 2, "checksum": None}))
    assert runs.read_record(tmp_path)["data"]["options"] == {"frames": 8, **options}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(PLAIN)
def test_whatever_is_in_it(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    folder = tmp_path_factory.mktemp("run")
    runs.write_record(folder, {"notes": value, "pairs": (1, ("a", 2.5))})
    read = runs.read_record(folder)
    assert read == {"format": runs.FORMAT, "notes": value, "pairs": [1, ["a", 2.5]]}
    runs.write_record(folder, read)
    assert runs.read_record(folder) == read


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "{run} is not a run: it holds no run.json; give a folder made by `striate train`"),
        ('{"format": 1, "rec', "{run}/run.json cannot be read as a run's record: it is damaged; "),
        ("[1, 2]", "{run}/run.json cannot be read as a run's record: it is damaged; "),
        ("[" * 100_000, "{run}/run.json cannot be read as a run's record: it is damaged; "),
        ('{"format": NaN}', "{run}/run.json cannot be read as a run's record: it is damaged; "),
        (
            json.dumps({"format": 99}),
            "{run} was written by a newer striate (record format 99, this one reads up to 3): ",
        ),
        (json.dumps({"format": 2}), "{run}/run.json is not as it was written, its checksum says: "),
    ],
)
def test_what_is_wrong_with_a_record(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError) as caught:
        runs.read_record(tmp_path)
    assert str(caught.value).startswith(sentence.format(run=tmp_path))


def test_a_record_changed_by_hand(tmp_path: Path) -> None:
    runs.write_record(tmp_path, {"data": {"source": "/old"}})
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace("/old", "/new"))
    with pytest.raises(RunError) as caught:
        runs.read_record(tmp_path)
    assert str(caught.value) == (
        f"{path} is not as it was written, its checksum says: restore it from a copy, or, if you changed it "
        'yourself, set "checksum" in it to null'
    )
    path.write_text(json.dumps({**json.loads(path.read_text()), "checksum": None}))
    assert runs.read_record(tmp_path)["data"] == {"source": "/new"}


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (
            {"plan": {"batch_size": 0}},
            "plan.batch_size must be a whole number from 1 to 1,099,511,627,776; got 0",
        ),
        (
            {"data": {"size": [10**9, 8]}},
            "data.size[0] must be a whole number from 1 to 16,384; got 1000000000",
        ),
        (
            {"data": {"normalisation": {"std": [0]}}},
            "data.normalisation.std[0] must be a number above 0; got 0",
        ),
        (
            {"network": {"classes": True}},
            "network.classes must be a whole number from 1 to 16,777,216; got True",
        ),
        ({"network": {"time": 3}}, "network.time must be a text; got 3"),
        ({"results": {"temperature": -1}}, "results.temperature must be a number above 0; got -1"),
        ({"classes": "abc"}, "classes must be a list; got 'abc'"),
        ({"recipe": [1]}, "recipe must be an object; got [1]"),
    ],
)
def test_values_that_no_record_has(tmp_path: Path, part: dict[str, Any], problem: str) -> None:
    runs.write_record(tmp_path, part)
    with pytest.raises(RunError) as caught:
        runs.read_record(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'run.json'} is no record of a run: {problem}; restore it from a copy"
    )


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """Drawn ones; benchmarks/damage.py flips more."""
    record = json.loads((OLD / "finished" / "run.json").read_text())
    runs.write_record(tmp_path, record)
    path, draw = tmp_path / "run.json", random.Random(0)
    whole = path.read_bytes()
    for _ in range(200):
        at = draw.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            read = runs.read_record(tmp_path)
        except RunError:
            continue
        path.write_bytes(whole)
        assert read == runs.read_record(tmp_path), at  # only blanks between values may differ unseen


def test_a_record_of_old_in_the_words_of_today() -> None:
    record = runs.read_record(OLD / "stopped")
    assert record["format"] == 1
    assert record["recipe"]["algorithms"] == "auto"
    assert "forms" not in record["recipe"] | record
    assert record["algorithms"][0]["algorithms"]["output"] == {"algorithm": "plain", "number_format": "fp32"}
