"""The history: one line an epoch, or one sentence."""

from pathlib import Path

import pytest

from striate import runs
from striate.errors import RunError


def write_lines(run: Path, *lines: str) -> None:
    (run / runs.HISTORY).write_text("\n".join(lines))


def test_it_grows_and_is_cut(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        runs.add_history(tmp_path, {"epoch": epoch})
    runs.cut_history(tmp_path, 2)
    assert runs.read_history(tmp_path) == [{"epoch": 1}, {"epoch": 2}]


@pytest.mark.parametrize(
    "lines",
    [
        ('{"epoch": 1}', '{"epoch": 2, "train_lo'),
        ('{"epoch": 1}', '{"epoch": 3}'),
        ('{"epoch": 1, "val_top1": 7}',),
        ('{"epoch": 1, "train_loss": NaN}',),
        ('{"train_loss": 1}',),
        ("[1]",),
        ("[" * 100_000,),
    ],
)
def test_a_damaged_one(tmp_path: Path, lines: tuple[str, ...]) -> None:
    write_lines(tmp_path, *lines)
    with pytest.raises(RunError) as caught:
        runs.read_history(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'history.jsonl'} is damaged (")
    assert str(caught.value).endswith(
        "): restore it from a copy, or delete it, as the training itself does not need it; "
        "its curves are then missing"
    )


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / runs.HISTORY).write_bytes(b"\xff\xfe{}")
    with pytest.raises(RunError, match="is damaged"):
        runs.read_history(tmp_path)
