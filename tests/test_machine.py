"""What is said of the machine, and what is left as it was."""

import json

import pytest
import torch

from striate import machine
from striate.errors import ArgumentError

CPU = torch.device("cpu")


def test_devices_by_name() -> None:
    assert machine.pick_device("cpu") == CPU
    assert machine.pick_device("auto").type in ("cpu", "cuda")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gpu", "unknown device 'gpu': use auto, cpu, cuda or cuda:1"),
        ("", "unknown device '': use auto, cpu, cuda or cuda:1"),
        ("mps", "device 'mps' is not supported: use auto, cpu, cuda or cuda:1"),
        ("cuda:63", f"no device 'cuda:63' here ({torch.cuda.device_count()} GPUs): use auto or cpu"),
    ],
)
def test_devices_that_are_none(name: str, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        machine.pick_device(name)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("device", "inside"), [("cpu", False), ("cuda", True)])
def test_cudnn_tries_its_algorithms_on_gpus_only(device: str, inside: bool) -> None:
    assert not torch.backends.cudnn.benchmark
    with machine.cudnn_benchmark(torch.device(device)):
        assert torch.backends.cudnn.benchmark is inside
    assert not torch.backends.cudnn.benchmark


def test_which_fp32_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not machine.rounds_fp32(CPU)
    for allowed in (True, False):
        monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", allowed)
        assert machine.rounds_fp32(torch.device("cuda")) is allowed


def test_threads_come_back() -> None:
    before = torch.get_num_threads()
    with machine.threads(before + 1) as count:
        assert count == torch.get_num_threads() == before + 1
    with machine.threads(None) as count:
        assert count == before
    assert torch.get_num_threads() == before
    with pytest.raises(ArgumentError, match="num_threads must be at least 1; got -2"), machine.threads(-2):
        pass


def test_the_description_is_plain() -> None:
    described = json.loads(json.dumps(machine.describe(CPU)))
    assert described["device"] == "cpu"
    assert described["gpu"] is None
    assert described["cores"] >= 1
    machine.keep_memory()


def test_native_bf16_is_asked_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    for capability in ("avx512_bf16", "amx_bf16"):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda name=capability: {name: True})
        assert machine.has_native_bf16(CPU)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512f": True})
    assert not machine.has_native_bf16(CPU)
