"""What a layer gives of each input, beside the same computed by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import striate
from small_clips import clip_run, write_video
from small_runs import small_recipe
from striate import predict
from striate.errors import ArgumentError
from striate.evaluating.embedding import embeddings_of, joined
from striate.evaluating.opening import open_trained
from striate.evaluating.predict_clips import windows_of
from striate.training.train import Run


class Net(nn.Module):
    """Layers that see a batch, frames one by one, several times, and over time."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.twice = nn.Linear(3, 3)
        self.recurrent = nn.GRU(3, 2, batch_first=True)
        self.unused = nn.Linear(1, 1)

    def forward(self, clips: Tensor) -> Tensor:
        N, C, T, H, W = clips.shape
        maps = self.conv(clips.transpose(1, 2).reshape(N * T, C, H, W))
        rows = self.twice(self.twice(maps.mean((2, 3)))).reshape(N, T, 3)
        found: Tensor = self.recurrent(rows)[0].mean(1)
        return found


@pytest.fixture(scope="module")
def network() -> Net:
    torch.manual_seed(0)
    return Net()


def test_the_mean_over_positions_frames_and_calls(network: Net) -> None:
    clips = torch.randn(5, 1, 4, 6, 7)
    with torch.inference_mode():
        maps = [network.conv(clips[:, :, t]).mean((2, 3)) for t in range(4)]
        once = [network.twice(one) for one in maps]
        both = [(one + network.twice(one)) / 2 for one in once]
        expected = {"conv": torch.stack(maps).mean(0), "twice": torch.stack(both).mean(0)}
        expected["recurrent"] = network(clips)
        for layer, values in expected.items():
            with embeddings_of(network, layer) as found:
                network(clips[:3])
                network(clips[3:])
            assert [len(one) for one in found] == [3, 2]
            assert np.concatenate(found) == pytest.approx(values.numpy(), abs=1e-6)


def test_channels_of_tokens_stand_last() -> None:
    """As those of a transformer's blocks, (N, tokens, D)."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 4, stride=4),  # (N, 8, 2, 3)
        nn.Flatten(2),
        nn.Linear(6, 5),  # (N, 8, 5): tokens, channels
        nn.TransformerEncoderLayer(5, 1, 7, batch_first=True),
        nn.LayerNorm(5),
    ).eval()
    images = torch.randn(3, 1, 8, 12)
    with torch.inference_mode():
        seen = images
        for name, layer in network.named_children():
            seen = layer(seen)
            with embeddings_of(network, name) as found:
                network(images)
            expected = seen.flatten(2).mean(2) if name in "01" else seen.mean(1)
            assert np.concatenate(found) == pytest.approx(expected.numpy(), abs=1e-6)


def test_a_layer_that_is_not_there(network: Net) -> None:
    with pytest.raises(ArgumentError) as refused, embeddings_of(network, "convs"):
        pass
    assert str(refused.value) == (
        "unknown layer 'convs': did you mean 'conv'? Known: conv, recurrent, twice, unused; "
        "`striate inspect` lists the layers"
    )


def test_predict_keeps_one_row_for_each_image(digits_run: Run, tmp_path: Path) -> None:
    files = [Path(one) for one in _pictures(tmp_path, 5)]
    network = striate.load(digits_run.path)
    names = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]
    found = predict(digits_run.path, [tmp_path], embed=names[-1], out=tmp_path / "out")
    assert found.embeddings is not None
    assert (tmp_path / "out" / "embeddings.npy").is_file()
    saved = np.load(tmp_path / "out" / "embeddings.npy")
    assert np.array_equal(saved, found.embeddings)
    assert saved.dtype == np.float32
    for file, row in zip(files, saved, strict=True):
        [single] = predict(digits_run.path, [file], embed=names[-1]).embeddings
        assert single == pytest.approx(row, abs=1e-5)


@pytest.mark.parametrize("spread", [True, False], ids=["the whole video", "windows"])
def test_predict_keeps_one_row_for_each_video(spread: bool, small_clips: Path, tmp_path: Path) -> None:
    """Of frames spread over a video those of all of it; of a run with a stride the mean of its windows'."""
    asked = {} if spread else {"stride": 1}
    recipe = small_recipe(epochs=1, batch_size=8)
    run = clip_run(tmp_path / "run", recipe, data=small_clips, frames=4, **asked).path
    network = striate.load(run)
    layer = next(name for name, one in network.named_modules() if isinstance(one, nn.Conv2d))
    lengths = {tmp_path / "short.mp4": 6, tmp_path / "long.mp4": 20}
    videos = [
        write_video(path, [np.full((24, 24), 9 * t + length, np.uint8) for t in range(length)])
        for path, length in lengths.items()
    ]
    found = predict(run, videos, embed=layer, out=tmp_path / "out")
    assert found.embeddings is not None
    assert np.array_equal(np.load(tmp_path / "out" / "embeddings.npy"), found.embeddings)
    windows = [len(one.windows) for one in found.videos or ()]
    assert windows[1] > windows[0]
    heard: list[Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda one, given, made: heard.append(made.detach()))
    for video, row in zip(videos, found.embeddings, strict=True):
        heard.clear()
        if spread:
            network(network.preprocess([video]))
        else:
            clips = np.stack([one.clip for one in windows_of(open_trained(run, "cpu"), video)])
            network(network.preprocess.normalise(torch.from_numpy(clips)))
        by_hand = torch.cat([one.flatten(2).mean(2) for one in heard]).mean(0)
        assert row == pytest.approx(by_hand.numpy(), abs=1e-5)


def test_what_cannot_be_kept(digits_run: Run, tmp_path: Path) -> None:
    [file] = _pictures(tmp_path, 1)
    with pytest.raises(ArgumentError) as refused:
        predict(digits_run.path, [file], embed="fc", flip=True)
    assert str(refused.value) == "what a layer gives is of one side: leave --flip out, or --embed"
    with pytest.raises(ArgumentError) as never:
        joined([], "unused")
    assert str(never.value) == (
        "the network never calls its layer 'unused': `striate inspect` lists its layers"
    )


def _pictures(folder: Path, count: int) -> list[Path]:
    from PIL import Image

    test = striate.open_data("digits").splits["test"]
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.fromarray(test.take([number]).numpy()[0, 0]).save(path)
    return paths
