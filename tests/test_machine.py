"""What is said of the machine, and what is left as it was."""

import json
import os

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


def settings_of_sums() -> tuple[bool, ...]:
    """What decides in which order a GPU adds."""
    cudnn = torch.backends.cudnn
    warns_only = torch.is_deterministic_algorithms_warn_only_enabled()
    deterministic = torch.are_deterministic_algorithms_enabled()
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, deterministic, warns_only


def test_sums_in_a_fixed_order_on_gpus_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)  # as a program of the user's may have it
    before = settings_of_sums()
    with machine.same_bits(CPU):
        assert settings_of_sums() == before
    with machine.same_bits(torch.device("cuda")):
        assert settings_of_sums() == (before[0], False, True, True, True)
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        assert not torch.utils.deterministic.fill_uninitialized_memory
    assert settings_of_sums() == before
    assert torch.utils.deterministic.fill_uninitialized_memory


@pytest.mark.parametrize(("device", "gains"), [("cpu", True), ("cuda", False), ("cuda:1", False)])
def test_algorithms_are_chosen_on_processors_only(device: str, gains: bool) -> None:
    assert machine.gains_by_choosing(torch.device(device)) is gains


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
