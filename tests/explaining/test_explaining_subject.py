"""Inputs, labels and runs: what can be given, and what is said of what cannot."""

from pathlib import Path

import numpy as np
import pytest
import torch
from explaining_networks import image_network, numbers
from PIL import Image
from torch import nn

import striate
from striate.errors import ArgumentError, DataError, NetworkError, RunError
from striate.explaining.explain import explain
from striate.explaining.subject import open_subject
from striate.training.train import Run


def test_the_same_image_in_every_way(digits_run: Run, tmp_path: Path) -> None:
    pixels = striate.open_data("digits").splits["test"].take([17])  # (1, 1, 8, 8) uint8
    Image.fromarray(pixels.numpy()[0, 0]).save(tmp_path / "two.png")
    np.save(tmp_path / "two.npy", pixels.numpy())
    given = [
        "digits/test/17",
        "test/17",
        tmp_path / "two.png",
        str(tmp_path / "two.npy"),
        pixels,
        pixels.numpy(),
    ]
    subject = open_subject(digits_run.path, given, None)
    assert subject.inputs.shape == (6, 1, 8, 8)
    assert all(torch.equal(one, subject.inputs[0]) for one in subject.inputs)
    assert subject.labels is None  # a file has none
    assert open_subject(digits_run.path, given[:2], None).labels == (2, 2)
    finished = open_subject(digits_run.path, [subject.inputs[:1]], None)
    assert torch.equal(finished.inputs, subject.inputs[:1])
    assert finished.pixels is None


def test_labels_by_name_and_by_number(digits_run: Run) -> None:
    assert open_subject(digits_run.path, ["test/1", "test/2"], "7").labels == (7, 7)
    assert open_subject(digits_run.path, ["test/1", "test/2"], ["7", "3"]).labels == (7, 3)
    assert open_subject(image_network(), [numbers(2, 4, 9, 8)], 1).labels == (1, 1)


def test_the_loss_is_the_one_the_run_was_trained_with(digits_run: Run) -> None:
    record = open_subject(digits_run.path, ["test/1"], None).record
    assert record["recipe"]["label_smoothing"] == 0.0


@pytest.mark.parametrize(
    ("given", "label", "expected"),
    [
        (
            [],
            None,
            "explain what? give an input: an image or video file, or one of a data set as digits/test/17",
        ),
        (["no.png"], None, "no file no.png: give an image file, or an image of a data set as digits/test/17"),
        (["digits/test/999"], None, "digits/test has no image 999: expected 0–358"),
        (["test/1"], "eight", "unknown class 'eight': known: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (["test/1"], ["1", "2"], "2 labels for 1 inputs: give one, or one for each"),
    ],
)
def test_what_cannot_be_opened(digits_run: Run, given: list[str], label: object, expected: str) -> None:
    with pytest.raises((ArgumentError, DataError)) as caught:
        open_subject(digits_run.path, given, label)  # type: ignore[arg-type]
    assert str(caught.value) == expected


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (1, 1, 9, 8), (1, 8, 8)])
def test_the_wrong_size_or_channels(digits_run: Run, shape: tuple[int, ...]) -> None:
    with pytest.raises(NetworkError) as caught:
        open_subject(digits_run.path, [np.zeros(shape, np.uint8)], None)
    got = "×".join(map(str, shape))
    assert str(caught.value) == (
        f"{digits_run.path} takes images of shape N×1×8×8 (N×C×H×W); got {got}: "
        "give the right channels and size"
    )


@pytest.mark.parametrize(
    ("given", "label", "expected"),
    [
        (
            torch.zeros(0, 4, 9, 8),
            None,
            "there is nothing in an input of shape 0×4×9×8: give at least one, batch",
        ),
        (
            torch.full((1, 4, 9, 8), torch.nan),
            None,
            "an input holds numbers that are not finite: nan or infinity",
        ),
        (
            torch.zeros(1, 4, 9, 8),
            1.5,
            "label must be a string, a whole number, a row of which each is a string or a whole number",
        ),
        (
            torch.zeros(1, 4, 9, 8),
            -1,
            "a module does not name its classes: give a label by its number; got -1",
        ),
        (torch.zeros(1, 3, 9, 8), None, "Sequential does not take an input of shape 1×3×9×8: "),
    ],
)
def test_numbers_that_explain_nothing(given: torch.Tensor, label: object, expected: str) -> None:
    with pytest.raises((ArgumentError, NetworkError)) as caught:
        explain(image_network(), given, label=label, layer="0")  # type: ignore[arg-type]
    assert str(caught.value).startswith(expected)


def test_a_network_that_has_gone_astray() -> None:
    network = image_network()
    torch.nn.init.constant_(network[15].weight, torch.inf)  # type: ignore[index,arg-type]
    with pytest.raises(
        NetworkError, match=r"^Sequential gives numbers that are not finite for this input \(the first layer"
    ):
        explain(network, numbers(1, 4, 9, 8))


def test_what_a_module_cannot_know(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"^a module does not say how its images are prepared: give"):
        open_subject(image_network(), ["cat.png"], None)
    with pytest.raises(
        ArgumentError, match=r"^a module does not name its classes: give a label by its number; got"
    ):
        open_subject(image_network(), [numbers(1, 4, 9, 8)], "cat")
    (tmp_path / "broken.npy").write_bytes(b"no array")
    with pytest.raises(
        DataError, match=r"^cannot read the array .*broken.npy: .*; give a file made by numpy.save$"
    ):
        open_subject(image_network(), [tmp_path / "broken.npy"], None)
    with pytest.raises(RunError, match=r"^no run at "):
        open_subject(tmp_path / "nothing", ["test/1"], None)


def test_whole_numbers_stay_so_for_a_network_that_looks_them_up() -> None:
    torch.manual_seed(0)
    layers = (nn.Embedding(9, 4), nn.Conv1d(5, 3, 3), nn.Flatten(), nn.Linear(6, 3))
    words = torch.tensor([[8, 0, 3, 3, 1], [2, 7, 8, 5, 0]])
    found = explain(nn.Sequential(*layers), words, layer="1", weight=(1, 2, 0), label=[1, 2])
    assert found.gradient is not None
    assert layers[1].weight.grad is None
    loss = nn.functional.cross_entropy(nn.Sequential(*layers)(words), torch.tensor([1, 2]))
    (expected,) = torch.autograd.grad(loss, layers[1].weight)
    assert found.gradient.total == pytest.approx(float(expected[1, 2, 0]), rel=1e-5)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_what_has_no_layers_or_no_real_numbers() -> None:
    script = torch.jit.trace(nn.Sequential(nn.Linear(2, 3)), torch.ones(1, 2))  # type: ignore[no-untyped-call]
    with pytest.raises(NetworkError) as caught:
        explain(script, torch.ones(1, 2))
    assert str(caught.value) == (
        "TopLevelTracedModule is TorchScript, whose layers cannot be watched: explain the module that it was "
        "made of"
    )
    complex_one = nn.Sequential(nn.Linear(2, 3, dtype=torch.complex64))
    with pytest.raises(NetworkError) as caught:
        explain(complex_one, torch.ones(1, 2), layer="0")
    assert str(caught.value) == (
        "the numbers here are complex, and what is worked out by hand is real: not shown"
    )
