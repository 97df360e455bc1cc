"""Seals: every flipped bit and every cut is noticed, and other readers do not mind them."""

import random
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from striate.models import save_weights
from striate.runs import has_seal, intact, seal

STATE = {"a.weight": torch.arange(300.0), "a.bias": torch.tensor([1, 2])}


def sealed_file(folder: Path, kind: str) -> Path:
    path = folder / f"file.{kind}"
    if kind == "safetensors":
        save_weights(STATE, path)
    else:
        torch.save(STATE, path)
        seal(path)
    return path


def is_intact(path: Path) -> bool:
    with path.open("rb") as file:
        return intact(file)


KINDS = pytest.mark.parametrize("kind", ["safetensors", "pt"])


@KINDS
def test_other_readers_do_not_mind(tmp_path: Path, kind: str) -> None:
    path = sealed_file(tmp_path, kind)
    assert is_intact(path)
    read = load_file(path) if kind == "safetensors" else torch.load(path, weights_only=True)
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], STATE[name]) for name in STATE)
    if kind == "pt":
        assert zipfile.ZipFile(path).testzip() is None


@KINDS
def test_every_single_bit(tmp_path: Path, kind: str) -> None:
    """All of the bytes, one bit of each."""
    path = sealed_file(tmp_path, kind)
    whole, draw = path.read_bytes(), random.Random(0)
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        assert not is_intact(path), at


@KINDS
def test_every_cut_and_anything_added(tmp_path: Path, kind: str) -> None:
    path = sealed_file(tmp_path, kind)
    whole = path.read_bytes()
    for other in [whole[:cut] for cut in range(len(whole))] + [whole + b"x", b"x" + whole, whole + whole]:
        path.write_bytes(other)
        assert not is_intact(path)


@KINDS
def test_a_file_without_a_seal(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"plain.{kind}"
    if kind == "pt":
        torch.save(STATE, path)
    else:
        path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
        with pytest.raises(ValueError, match="has no place for a seal"):
            seal(path)
    with path.open("rb") as file:
        assert not has_seal(file)
        assert not intact(file)
