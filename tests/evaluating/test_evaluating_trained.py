"""A run opened for use, or refused in one sentence whatever its record lacks."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from small_runs import change_record
from striate.errors import RunError, WeightsError
from striate.evaluating.run_model import open_run
from striate.training.train import Run


def test_what_a_run_holds(digits_run: Run) -> None:
    trained = open_run(digits_run.path)
    assert trained.classes == tuple("0123456789")
    assert (trained.channels, trained.size, trained.source) == (1, (8, 8), "digits")
    assert trained.data_options == {"channels": None, "size": None, "fit": "crop"}
    assert trained.temperature == digits_run.temperature
    assert not trained.network.training


@pytest.fixture
def run(digits_run: Run, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(digits_run.path, tmp_path / "run"))


@pytest.mark.parametrize("part", ["classes", "channels", "size", "normalisation", "source", "options"])
def test_a_record_that_does_not_say_what_it_was_trained_on(run: Path, part: str) -> None:
    change_record(run, lambda record: record["data"].pop(part))
    with pytest.raises(RunError) as caught:
        open_run(run)
    assert str(caught.value) == (
        f"the record of {run} does not say what its network was trained on: restore it from a copy"
    )


@pytest.mark.parametrize("part", ["data", "network", "results"])
@pytest.mark.parametrize("value", [None, 3, [], "text"])
def test_a_record_with_nonsense_in_it(run: Path, part: str, value: Any) -> None:
    change_record(run, lambda record: record.update({part: value}))
    with pytest.raises(RunError) as caught:
        open_run(run)
    assert str(caught.value) == (
        f"{run / 'run.json'} is no record of a run: {part} must be an object; got {value!r}; "
        "restore it from a copy"
    )


def test_a_network_that_is_not_known(run: Path) -> None:
    change_record(run, lambda record: record["network"].update(backbone="plane"))
    with pytest.raises(RunError) as caught:
        open_run(run)
    sentence = f"the network of {run} cannot be built: unknown backbone 'plane': "
    assert str(caught.value).startswith(sentence)


def test_weights_of_another_network(run: Path) -> None:
    change_record(run, lambda record: record["network"]["options"].update(widths=[8, 17]))
    with pytest.raises(RunError) as caught:
        open_run(run)
    assert str(caught.value) == (
        f"the weights in {run / 'model.safetensors'} are not of the network in its record (plain): "
        "restore the folder from a copy, or train again"
    )


def test_damaged_weights(run: Path) -> None:
    (run / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0 no header")
    with pytest.raises(WeightsError) as caught:
        open_run(run)
    assert str(caught.value) == (
        f"{run / 'model.safetensors'} is damaged: its checksum is not that of its content; "
        "restore it from a copy, or train again"
    )
