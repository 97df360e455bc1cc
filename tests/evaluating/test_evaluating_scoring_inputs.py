"""Normalisation: mean 0 and deviation 1 over the training images, channels last."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import ClipData, MemoryClips, Sampling, open_data
from striate.evaluating.scoring import Normalisation, to_device
from striate.models.layouts import IMAGENET


def test_measured_over_the_training_images() -> None:
    images = open_data("digits").splits["train"]
    measured = Normalisation.measured(images)
    pixels = measured(images.take(range(len(images))))
    assert pixels.mean().item() == pytest.approx(0, abs=1e-5)
    assert pixels.std().item() == pytest.approx(1, abs=1e-5)
    some = Normalisation.measured(images, values=100 * 64)
    assert some.mean == pytest.approx(measured.mean, rel=0.1)


def test_each_channel_by_its_own() -> None:
    normalise = Normalisation((10.0, 20.0, 30.0), (1.0, 2.0, 4.0))
    images = torch.full((2, 3, 4, 5), 30, dtype=torch.uint8)
    result = normalise(images)
    assert result[0, :, 0, 0].tolist() == [20.0, 5.0, 0.0]
    assert result.dtype == torch.float32
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert (images == 30).all()


def test_clips_are_laid_out_so_that_folding_moves_nothing() -> None:
    normalise = Normalisation((10.0, 20.0, 30.0), (1.0, 2.0, 4.0))
    clips = normalise(torch.full((2, 3, 6, 4, 5), 30, dtype=torch.uint8))
    assert clips[0, :, 0, 0, 0].tolist() == [20.0, 5.0, 0.0]
    assert clips.is_contiguous(memory_format=torch.channels_last_3d)
    frames = clips.transpose(1, 2).flatten(0, 1)  # (N·T, C, H, W)
    assert frames.data_ptr() == clips.data_ptr()
    assert frames.is_contiguous(memory_format=torch.channels_last)


def test_no_motion_is_zero() -> None:
    clips = np.random.default_rng(0).integers(0, 255, (6, 3, 4, 5, 5), np.uint8)
    labels, sampling = np.zeros(6, np.int64), Sampling(4)
    images = MemoryClips(clips, labels, list("abcdef"), sampling=sampling)
    measured = Normalisation.measured(images)
    data = ClipData("a", "a", ("x",), 1, (5, 5), {"train": images}, (), (), 0, sampling, "dis")
    normalise = Normalisation.of_data(data)
    assert normalise.mean == (measured.mean[0], 128.0, 128.0)
    assert normalise.std == measured.std
    assert (normalise(torch.full((1, 3, 1, 1, 1), 128))[0, 1:] == 0).all()
    assert normalise.picture == Normalisation(measured.mean[:1], measured.std[:1])
    published = Normalisation.published(IMAGENET, 1).with_flow(normalise)
    assert published.mean[1:] == (128.0, 128.0)
    assert published.picture == Normalisation.published(IMAGENET, 1)


def test_kernels_of_two_and_three_axes_are_laid_out_alike() -> None:
    network = nn.Sequential(nn.Conv2d(4, 6, 3), nn.Conv3d(4, 6, 3), nn.Linear(4, 6))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert to_device(network, torch.device("cpu")) is network
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert network[1].weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_channel_that_is_one_colour() -> None:
    class Black:
        def __len__(self) -> int:
            return 3

        def take(self, indices: object) -> torch.Tensor:
            return torch.zeros(3, 1, 2, 2, dtype=torch.uint8)

    assert Normalisation.measured(Black()) == Normalisation((0.0,), (1.0,))  # type: ignore[arg-type]


def test_for_other_channels() -> None:
    grey = Normalisation((90.0,), (60.0,))
    assert grey.for_channels(3) == Normalisation((90.0,) * 3, (60.0,) * 3)
    assert grey.for_channels(1) is grey
    assert Normalisation((30.0, 60.0, 90.0), (1.0, 2.0, 3.0)).for_channels(1) == Normalisation(
        (60.0,), (2.0,)
    )
    assert Normalisation.published(IMAGENET, 3).mean == pytest.approx(
        [255 * x for x in (0.485, 0.456, 0.406)]
    )
    assert Normalisation.published(IMAGENET, 3).std == pytest.approx([255 * x for x in (0.229, 0.224, 0.225)])
    assert len(Normalisation.published(IMAGENET, 1).mean) == 1


def test_through_json() -> None:
    one = Normalisation((1.5, 2.0), (3.0, 0.1))
    assert Normalisation.from_json(json.loads(json.dumps(one.to_json()))) == one
