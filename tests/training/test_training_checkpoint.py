"""A checkpoint comes back as it was, or is refused in one sentence; reading it never runs code."""

import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from small_runs import TINY, At, Told, assert_equal, go_on, small_run, state_of
from striate.errors import RunError, WeightsError
from striate.runs import CHECKPOINT, CHECKPOINT_BEFORE, MODEL, seal
from striate.training.checkpoint import Position, checked_memory, read_checkpoint, save_checkpoint
from striate.training.optimisers import AdamW
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> Run:
    """A training that was stopped after its first epoch."""
    return small_run(tmp_path_factory.mktemp("stopped") / "run", data=small_set, reporter=At(6))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> dict[str, Any]:
    """The state of the same training when nobody stops it."""
    return state_of(small_run(tmp_path_factory.mktemp("whole") / "run", data=small_set).path)


@pytest.fixture
def run(stopped: Run, tmp_path: Path) -> Path:
    """A copy of it that may be damaged."""
    return Path(shutil.copytree(stopped.path, tmp_path / "run"))


def test_it_comes_back(tmp_path: Path) -> None:
    position = Position(step=7, epoch_sums=(1.5, 3.0, 4), seconds=2.5, best_epoch=1, peak_top1=0.5)
    save_checkpoint(tmp_path, position, {"network": {"weight": torch.arange(3.0)}})
    read, states = read_checkpoint(tmp_path)
    assert read == position
    assert torch.equal(states["network"]["weight"], torch.arange(3.0))


def test_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is half-written: it holds no checkpoint\.pt; if its training"):
        read_checkpoint(tmp_path)


class Attack:
    """What a pickle could do."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def damage(run: Path, how: str, name: str = CHECKPOINT) -> None:
    path = run / name
    content = torch.load(path, weights_only=True)
    if how == "cut short":
        path.write_bytes(path.read_bytes()[:1000])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("hello")
    elif how == "a tensor":
        torch.save(torch.zeros(3), path)
    elif how == "a part missing":
        del content["optimizer"]
        torch.save(content, path)
    elif how == "another network":
        content["network"] = {name: value[:1] for name, value in content["network"].items()}
        torch.save(content, path)
    elif how == "another optimiser":
        content["optimizer"]["param_groups"].pop()
        torch.save(content, path)
    elif how == "another position":
        torch.save({**content, "position": {"stop": 3}}, path)
    elif how == "attack":
        path.write_bytes(pickle.dumps(Attack(run / "attacked")))
    elif how == "one bit":
        flip(path, 8 * 5000)
    else:
        torch.save({**content, "more": Attack(run / "attacked")}, path)
    if how not in UNSEALED:
        seal(path)


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def stopped_memory(content: dict[str, Any], name: str, change: Callable[[torch.Tensor], Any]) -> None:
    """Changes one of the first parameter's memories."""
    memory = content["optimizer"]["state"][0]
    memory[name] = change(memory[name])


UNSEALED = ("cut short", "empty", "text", "attack", "one bit")
"""Damages that leave the checksum wrong; the others are done by somebody who makes it right again."""
TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a list of tensors without numbers": lambda c: c["optimizer"]["param_groups"][0].update(
        params=[torch.zeros(0)]
    ),
    "a memory of another shape": lambda c: stopped_memory(c, "exp_avg", lambda m: m.flatten()[:-1]),
    "a memory of one number": lambda c: stopped_memory(c, "exp_avg_sq", lambda m: m.flatten()[:1]),
    "an expanded memory": lambda c: stopped_memory(c, "exp_avg", lambda m: torch.zeros(1).expand(m.shape)),
    "a memory of another type": lambda c: stopped_memory(c, "exp_avg", lambda m: m.double()),
    "a memory of nan": lambda c: stopped_memory(c, "exp_avg", lambda m: m * torch.nan),
    "a negative square": lambda c: stopped_memory(c, "exp_avg_sq", lambda m: m - 1),
    "a memory that is no tensor": lambda c: stopped_memory(c, "exp_avg", lambda m: [1.0]),
    "a memory too many": lambda c: c["optimizer"]["state"][0].update(max_exp_avg_sq=torch.zeros(3)),
    "a sparse memory": lambda c: stopped_memory(c, "exp_avg", lambda m: m.to_sparse()),
    "steps in a row": lambda c: stopped_memory(c, "step", lambda m: m.expand(4)),
    "the memory of no parameter": lambda c: c["optimizer"]["state"].update({99: c["optimizer"]["state"][0]}),
    "a rate of nan": lambda c: c["optimizer"]["param_groups"][0].update(lr=float("nan")),
    "a rate that is no number": lambda c: c["optimizer"]["param_groups"][0].update(lr="fast"),
    "weights of nan": lambda c: c["network"]["conv1.weight"].fill_(torch.nan),
    "expanded weights": lambda c: c["network"].update({"conv1.weight": torch.zeros(1).expand(4, 1, 3, 3)}),
    "weights of the meta device": lambda c: c["average"].update({"fc1.bias": torch.zeros(16, device="meta")}),
    "half of the numbers": lambda c: c["network"].update({"fc1.bias": c["network"]["fc1.bias"].half()}),
    "a key that is no text": lambda c: c["network"].update({7: torch.zeros(3)}),
    "no average": lambda c: c.pop("average"),
    "a step before the first": lambda c: c["position"].update(step=-1),
    "a step of text": lambda c: c["position"].update(step="1"),
    "no sums": lambda c: c["position"].update(epoch_sums=()),
    "sums of another kind": lambda c: c["position"].update(epoch_sums=(1.0, 2.0, 3.5)),
    "a loss of nan": lambda c: c["position"].update(epoch_sums=(float("nan"), 1.0, 2)),
}


def tamper(run: Path, how: str, name: str = CHECKPOINT) -> None:
    """Changes the content and makes its checksum right."""
    content = torch.load(run / name, weights_only=True)
    TAMPERED[how](content)
    torch.save(content, run / name)
    seal(run / name)


@pytest.mark.parametrize("how", TAMPERED)
def test_what_somebody_changed_is_not_used(run: Path, how: str) -> None:
    """The fused optimisers believe the shapes that they are given, and would write out of bounds."""
    for name in (CHECKPOINT, CHECKPOINT_BEFORE):
        tamper(run, how, name)
    with pytest.raises(RunError, match="is damaged and cannot be resumed from"):
        go_on(run)


@pytest.mark.parametrize("how", ["cut short", "one bit", "another network"])
def test_the_checkpoint_before_is_taken_and_said(run: Path, how: str, whole: dict[str, Any]) -> None:
    """It leads to the same end."""
    damage(run, how)
    told = Told()
    go_on(run, reporter=told)
    assert told.lines[0] == (
        f"{run / CHECKPOINT} is damaged or missing: going on from the checkpoint before it, after step 5, "
        "to the same end"
    )
    assert told.steps[0] == 6
    assert_equal(state_of(run), whole)


def test_a_missing_one_is_a_reason_to_take_the_one_before(run: Path, whole: dict[str, Any]) -> None:
    (run / CHECKPOINT).unlink()
    go_on(run)
    assert_equal(state_of(run), whole)


def test_kept_weights_that_are_damaged_are_refused_before_training(run: Path) -> None:
    flip(run / MODEL, 8 * 3000)
    told = Told()
    with pytest.raises(WeightsError, match="is damaged: its checksum is not that of its content"):
        go_on(run, reporter=told)
    assert not told.steps


def test_memories_get_the_layout_of_their_parameters() -> None:
    layer = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    optimizer = AdamW(layer.parameters(), fused=True)
    layer(torch.ones(1, 3, 5, 5)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    memory = state["state"][0]["exp_avg"]
    state["state"][0]["exp_avg"] = memory.contiguous()
    checked = checked_memory(optimizer, state)["state"][0]["exp_avg"]
    assert checked.stride() == layer.weight.stride() != state["state"][0]["exp_avg"].stride()
    assert torch.equal(checked, memory)


def test_drawn_flips_of_bits_are_never_trained_on(run: Path) -> None:
    """benchmarks/damage.py flips more."""
    draw, path = random.Random(0), run / CHECKPOINT
    for _ in range(100):
        bit = draw.randrange(8 * path.stat().st_size)
        flip(path, bit)
        with pytest.raises(RunError, match="is damaged and cannot be resumed from"):
            read_checkpoint(run)
        flip(path, bit)
    read_checkpoint(run)


@pytest.mark.parametrize(
    "how",
    [
        *("cut short", "empty", "text", "a tensor", "a part missing", "another network", "another optimiser"),
        *("another position", "attack", "attack inside", "one bit"),
    ],
)
def test_what_is_damaged(run: Path, how: str) -> None:
    for name in (CHECKPOINT, CHECKPOINT_BEFORE):
        damage(run, how, name)
    with pytest.raises(RunError) as caught:
        go_on(run)
    assert str(caught.value) == (
        f"{run / CHECKPOINT} is damaged and cannot be resumed from: the best weights are in {run / MODEL}; "
        f"go on from them with `striate train DATA --weights {run}`"
    )
    assert not (run / "attacked").exists()


def test_damaged_before_there_were_weights(run: Path) -> None:
    for name in (CHECKPOINT, CHECKPOINT_BEFORE):
        damage(run, "empty", name)
    (run / MODEL).unlink()
    with pytest.raises(RunError, match=r"checkpoint\.pt is damaged and cannot be resumed from: train again$"):
        go_on(run)


def test_the_way_out_that_is_named_works(run: Path, tmp_path: Path, small_set: Path) -> None:
    again = small_run(tmp_path / "again", data=small_set, weights=run, options=TINY)
    assert again.status == "finished"
