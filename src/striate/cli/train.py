"""`striate train`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import options, read
from striate.cli.options import Flag, Positional
from striate.cli.printing import print_json
from striate.cli.torchrun_errors import leads
from striate.errors import ArgumentError
from striate.training.presets import PRESETS
from striate.training.recipe import Facts, Recipe


@dataclass(frozen=True)
class Train:
    """Train a network on labelled images or clips; keep the best weights and score them on the test split.

    examples:
      striate train digits                          the built-in digits, good defaults
      striate train mnist --preset fast             one quick pass
      striate train photos/ --minutes 10            a folder with one folder per class, ten minutes
      striate train photos/ --backbone resnet18 --size 112 --weights resnet18.pth
      striate train motion-digits --time tsm        clips of moving digits that only order tells apart
      striate train clips/ --backbone resnet18 --time tsm --frames 8 --weights resnet18.pth
      striate train clips/ --backbone resnet18 --time 3d --stride 2 --freeze conv1 layer1
      striate train --resume runs/photos-plain      go on exactly where it was interrupted
      torchrun --nproc-per-node 2 -m striate train photos/
    """

    data: Annotated[str | None, Positional("DATA")] = None
    """digits, mnist, fashion-mnist, motion-digits, a folder of IDX files, one with a folder of images or of
    videos per class, or a list of videos."""
    resume: Path | None = None
    """Go on with the training in this run folder."""
    backbone: str = "plain"
    """The network: plain, resnet18, 34, 50 or 101, mobilenet_v2, squeezenet1_1, vgg16 or alexnet."""
    option: tuple[str, ...] = ()
    """Options of the network, for example --option widths=32,64,128 dropout=0.2."""
    weights: Path | None = None
    """Start from these weights: a .pth or .safetensors file, or a run folder."""
    preset: Literal["default", "fast", "thorough"] = "default"
    """Fits to the data whatever is not given below, in place of the defaults shown there."""
    out: Path | None = None
    """The run's folder. By default a new one under runs/."""
    size: int | None = None
    """Height and width of what the network sees. By default the data's own; of large images 64, of large
    videos 112."""
    channels: int | None = None
    """1 for grey, 3 for RGB. By default the data's own."""
    time: str | None = None
    """The way through time, for clips: 2d, tsm, 3d, 2plus1d, rnn, lstm, gru or two-stream. By default tsm."""
    frames: int | None = None
    """Frames of each clip. By default 8; needed where the clips are folders of frames."""
    causal: Flag = False
    """No frame sees a later one, so that the network can run on a live stream."""
    stride: int | None = None
    """Distance of the frames in the video. By default they are spread over all of it."""
    flow: Literal["dis", "farneback"] | None = None
    """How the optical flow of --time two-stream is computed (needs the extra `flow`). By default dis."""
    group_by: str | None = None
    """Clips cut from one recording stay on one side of a split: a pattern whose first group names it."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    threads: int | None = None
    """Processor threads. By default one per core."""
    tensorboard: Flag = False
    """Also write the history for TensorBoard, into the run's folder (needs the extra `track`)."""
    json: Flag = False
    """Print the result as JSON and nothing else on standard output."""
    recipe: Recipe = field(default_factory=Recipe)
    """How it is trained."""


def main(words: Sequence[str]) -> int:
    """Reads the words twice: first to know the data, then with the preset that suits the data as default."""
    first = read(Train, "train", words)
    if first.data is None and first.resume is None:
        raise ArgumentError(
            "train on what? give a data set, for example `striate train digits`; "
            "`striate train --help` tells which there are"
        )

    def recipe_for(facts: Facts) -> Recipe:
        suited = Train(recipe=PRESETS[first.preset](facts))
        return read(Train, "train", words, default=suited).recipe

    as_it_began = first.resume is not None and first.recipe == Recipe() and first.preset == "default"
    result = striate.train(
        first.data,
        resume=first.resume,
        recipe=None if as_it_began else recipe_for,
        backbone=first.backbone,
        options=options(first.option),
        weights=first.weights,
        out=first.out,
        size=first.size,
        channels=first.channels,
        time=first.time,
        frames=first.frames,
        causal=first.causal,
        stride=first.stride,
        flow=first.flow,
        group_by=first.group_by,
        device=first.device,
        num_threads=first.threads,
        tensorboard=first.tensorboard,
    )
    if not leads():
        return 0
    if first.json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_run

        print_run(result)
    return 0 if result.status == "finished" else 130
