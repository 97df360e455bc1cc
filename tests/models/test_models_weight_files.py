"""Every shape in which weights lie on disk, and every file that holds none, in words."""

import argparse
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from striate.errors import StriateError, WeightsError
from striate.models import build, read_weights, save_weights
from striate.models.weight_files import is_state_of, read_run_weights

STATE = {"fc.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.tensor([1.0, 2.0])}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 3},
        {"model": STATE, "optimizer": {"state": {}}},
        {"model_state": STATE},
        {"model_state_dict": STATE},
        {"model": {"state_dict": STATE}},
        {f"module.{name}": tensor for name, tensor in STATE.items()},
        {"state_dict": {f"module._orig_mod.{name}": tensor for name, tensor in STATE.items()}},
        {name: nn.Parameter(tensor) for name, tensor in STATE.items()},
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_checkpoints_of_all_kinds(content: object, zipped: bool, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert equal(read_weights(tmp_path / "a.pth"), STATE)


def test_safetensors_and_the_run_folder_that_holds_them(tmp_path: Path) -> None:
    save_weights(STATE, tmp_path / "model.safetensors")
    read = read_weights(tmp_path / "model.safetensors")
    assert all(torch.equal(read[name], STATE[name]) for name in STATE)
    assert read_weights(str(tmp_path)).keys() == read.keys()


def test_saving_takes_any_memory_format_and_shared_tensors(tmp_path: Path) -> None:
    network = build("plain", classes=3, size=8).to(memory_format=torch.channels_last)
    state = network.state_dict()
    state["again"] = state["conv1.weight"]
    save_weights(state, tmp_path / "model.safetensors")
    read = read_weights(tmp_path / "model.safetensors")
    assert all(read[name].is_contiguous() and torch.equal(read[name], state[name]) for name in state)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert file.metadata()["checksum"].startswith("striate sha256 ")
        assert (
            len(file.metadata()) == 1
        )  # the order of several is drawn, and files are compared by their bytes


def test_only_a_prefix_that_all_names_have_is_taken_off(tmp_path: Path) -> None:
    state = {"module.weight": torch.zeros(1), "bias": torch.zeros(1)}
    torch.save(state, tmp_path / "a.pth")
    assert list(read_weights(tmp_path / "a.pth")) == ["module.weight", "bias"]


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch executed",)


DAMAGED = "{path} is damaged or cut short: copy or download it again"
REFUSED = (
    "{path} is refused, as reading it could run code ({why}): save the state dict alone, "
    "with torch.save(network.state_dict(), path)"
)
NOT_ONE = "{path} is not a checkpoint: expected what torch.save or safetensors writes"
NO_STATE = (
    "{path} holds no state dict: expected names with tensors, at the top or under "
    "state_dict, model_state_dict, model_state, model; found {found}"
)


def message_of(path: Path) -> str:
    with pytest.raises(WeightsError) as raised:
        read_weights(path)
    assert raised.value.table == ()
    return str(raised.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"state_dict": STATE, "hook": Evil()}, f"it asks for {os.name}.system"),
        ({"state_dict": STATE, "args": argparse.Namespace(epochs=3)}, "it asks for argparse.Namespace"),
        (nn.Linear(2, 3), "it asks for torch.nn.modules.linear.Linear"),
    ],
)
def test_a_pickle_that_would_run_code(
    content: object, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pth"
    torch.save(content, path)
    assert message_of(path) == REFUSED.format(path=path, why=why)
    assert not (tmp_path / "executed").exists()


def test_an_ordinary_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pt"
    path.write_bytes(pickle.dumps(Evil(), protocol=4))
    assert message_of(path) == REFUSED.format(path=path, why="it is an ordinary pickle")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_checkpoint_cut_short(share: float, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"weight": torch.zeros(10_000)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert message_of(path) == DAMAGED.format(path=path)


def test_ours_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(STATE, path)
    path.write_bytes(path.read_bytes()[:-4])
    assert message_of(path) == (
        f"{path} is damaged: its checksum is not that of its content; restore it from a copy, or train again"
    )


def test_safetensors_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(STATE, path)
    path.write_bytes(path.read_bytes()[:-4])
    detail = "Error while deserializing: incomplete metadata, file not fully covered"
    assert message_of(path) == f"{path} is damaged or cut short ({detail}): copy or download it again"


@pytest.mark.parametrize("content", [b"", b"P6 not a network", b"<html>404</html>"])
def test_a_file_that_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    assert message_of(path) == NOT_ONE.format(path=path)


def test_a_zip_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "no weights here")
    assert message_of(path) == DAMAGED.format(path=path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"epoch": 3, "loss": 0.5}, "epoch (int), loss (float)"),
        ({**STATE, "epoch": 3}, "fc.weight (Tensor), fc.bias (Tensor), epoch (int)"),
        ({str(i): i for i in range(9)}, "0 (int), 1 (int), 2 (int), 3 (int), 4 (int), …"),
        ({}, "nothing"),
        (torch.zeros(2), "one Tensor"),
    ],
)
def test_a_checkpoint_without_weights(content: object, found: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(content, path)
    assert message_of(path) == NO_STATE.format(path=path, found=found)


def test_missing_files_and_folders_that_are_no_run(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    assert message_of(path) == (
        f"{path} does not exist: expected a .pth or .safetensors file, or a run folder"
    )
    assert message_of(tmp_path) == (
        f"{tmp_path} holds no model.safetensors: expected a run folder or a file of weights"
    )


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_a_file_that_may_not_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / name
    path.touch()
    monkeypatch.setattr(Path, "open", refuse)  # root, who may run this, is refused nothing
    assert message_of(path) == f"{path} cannot be read: Permission denied"


def cyclic() -> dict[str, object]:
    content: dict[str, object] = {"epoch": 3}
    content["state_dict"] = content
    return content


def test_a_nest_that_holds_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(cyclic(), path)
    assert message_of(path) == NO_STATE.format(path=path, found="epoch (int), state_dict (dict)")


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (torch.eye(3).to_sparse(), "a sparse, nested or quantized tensor"),
        (torch.zeros(3, device="meta"), "a tensor without numbers (of the meta device)"),
        (torch.zeros(1).expand(10**12), "an expanded tensor, larger than its memory"),
        (torch.tensor([1, torch.nan]), "a tensor with numbers that are not finite"),
        (torch.tensor([torch.inf]).half(), "a tensor with numbers that are not finite"),
    ],
)
def test_tensors_whose_numbers_are_not_simply_there(tmp_path: Path, tensor: Tensor, kind: str) -> None:
    path = tmp_path / "a.pth"
    torch.save({"fc.weight": tensor}, path)
    assert message_of(path) == (f"{path} holds fc.weight as {kind}: expected dense tensors of finite numbers")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({7: torch.zeros(2), "x" * 300: torch.zeros(2)}, path)
    found = f"7 (Tensor), {'x' * 60} (Tensor)"
    assert message_of(path) == NO_STATE.format(path=path, found=found)


def test_a_zip_that_would_grow(tmp_path: Path) -> None:
    """Written again with compression: what a few bytes become is bounded by nothing."""
    torch.save(STATE, tmp_path / "plain.pth")
    path = tmp_path / "a.pth"
    with (
        zipfile.ZipFile(tmp_path / "plain.pth") as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for name in plain.namelist():
            small.writestr(name, plain.read(name))
    assert message_of(path) == DAMAGED.format(path=path)


@pytest.mark.parametrize("kind", ["pth", "safetensors", "run"])
def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path, kind: str) -> None:
    """Some bits of a zip mean nothing, as the dates of its entries, and the name of a seal can be flipped; of
    a run, whose weights have one, every bit is noticed. benchmarks/damage.py flips more."""
    path, draw, refused = tmp_path / "a.file", random.Random(0), 0
    torch.save(STATE, path) if kind == "pth" else save_weights(STATE, path)
    path = path.rename(path.with_suffix(".pth" if kind == "pth" else ".safetensors"))
    whole = path.read_bytes()
    for _ in range(200):
        bit = draw.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            read = read_run_weights(path, sealed=True) if kind == "run" else read_weights(path)
        except WeightsError:
            refused += 1
        else:
            assert equal(dict(sorted(read.items())), dict(sorted(STATE.items()))), bit
    assert refused == 200 or kind != "run"


def test_an_entry_that_calls_itself_a_folder(tmp_path: Path) -> None:
    """One bit in the zip's list of entries: torch would give a tensor of whatever was in memory."""
    path = tmp_path / "a.pth"
    torch.save(STATE, path)
    whole = path.read_bytes()
    entry = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 1)
    for at in (entry, whole.rindex(b"PK\x01\x02")):
        path.write_bytes(whole[: at + 38] + b"\x10" + whole[at + 39 :])
        assert message_of(path) == DAMAGED.format(path=path)


def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(STATE, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert message_of(path) in (DAMAGED.format(path=path), NOT_ONE.format(path=path))


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(StriateError, match="File name too long"):
        read_weights(tmp_path / ("x" * 300))


Change = Callable[[Tensor], object]


def test_a_state_is_its_own() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    assert is_state_of(
        network.state_dict(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.flatten(),
        lambda t: t[:-1],
        lambda t: t.double(),
        lambda t: t.long(),
        lambda t: t * torch.nan,
        lambda t: torch.zeros(1).expand(t.shape),
        lambda t: t.to("meta"),
        lambda t: t.to_sparse(),
        lambda t: t.tolist(),
        lambda t: None,
    ],
)
def test_what_is_none(change: Change) -> None:
    state = nn.Linear(3, 2).state_dict()
    assert not is_state_of({**state, "weight": change(state["weight"])}, state)


def test_names_that_are_missing_or_too_many() -> None:
    state = nn.Linear(3, 2).state_dict()
    assert not is_state_of({"weight": state["weight"]}, state)
    assert not is_state_of({**state, "more": state["bias"]}, state)
