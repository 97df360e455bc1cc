"""A network that is opened once and then asked as often as one likes, from any thread."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import nn

from striate.algorithms import using_algorithms
from striate.checked import checked
from striate.errors import ArgumentError, NetworkError
from striate.evaluating.answers import Prediction, predictions_of
from striate.evaluating.opening import open_trained, preprocess_of
from striate.evaluating.predict_clips import VideoPrediction, predict_video
from striate.evaluating.preprocessing import Preprocess, Shown
from striate.evaluating.run_model import Trained, probabilities_of
from striate.evaluating.scoring import NO_ALGORITHMS, batch_of, classify, laid_out, to_device
from striate.machine import pick_device


class Predictor:
    """What `open_predictor` gives: called with a picture or clip, it says what `predict` says of it.

    Nothing is read again from the run, and nothing in it changes from call to call, so threads may share it.
    """

    classes: tuple[str, ...]
    """Their names, in the order of the network's scores."""
    preprocess: Preprocess
    """How the network's inputs are made."""
    network: nn.Module
    """In evaluation mode; not to be changed."""

    def __init__(self, trained: Trained) -> None:
        self.classes, self.preprocess, self.network = trained.classes, trained.preprocess, trained.network
        trained.network.eval()
        self._for_good = ExitStack()  # threads cannot each put algorithms in and take them out again
        self._for_good.enter_context(using_algorithms(trained.network, trained.algorithms))
        self._trained = replace(trained, algorithms=NO_ALGORITHMS)

    def __call__(
        self, shown: Shown | Iterable[Shown]
    ) -> Prediction | VideoPrediction | tuple[Prediction | VideoPrediction, ...]:
        """What is in a picture or clip: the most probable classes; of several one answer each.

        Args:
            shown: as for `Preprocess`: a file, the bytes of an image file, a picture of Pillow, pixels as
                uint8 from 0 to 255, or several of them. Of a video file of a run on clips the windows are
                told, too.

        Raises:
            DataError: a file that cannot be read.
            ArgumentError: something that cannot be shown.
            NetworkError: the network refuses such inputs, or the memory does not suffice.
        """
        singles, several = self.preprocess.singles(shown)
        if self.preprocess.sampling is not None and all(isinstance(one, str | Path) for one in singles):
            videos = tuple(predict_video(self._trained, Path(str(one)), None, None) for one in singles)
            return videos if several else videos[0]
        found = predictions_of(self.probabilities(singles), list(map(_name, singles)), self.classes)
        return found if several else found[0]

    def probabilities(self, shown: Shown | Iterable[Shown]) -> np.ndarray:
        """Those of all classes: (N, K), one row a picture or clip, each adding up to 1."""
        singles, _ = self.preprocess.singles(shown)
        first = self.preprocess.pixels(singles[:1])
        at_once, done = batch_of(first.size), [self.of_pixels(first)]
        for start in range(1, len(singles), at_once):
            done.append(self.of_pixels(self.preprocess.pixels(singles[start : start + at_once])))
        return np.concatenate(done)

    def of_pixels(self, pixels: np.ndarray) -> np.ndarray:
        """The same, (N, K), of what `preprocess.pixels` has given: uint8 (N, planes, …)."""
        return probabilities_of(self._trained, pixels)


def _name(shown: Shown) -> str:
    """What an answer calls it."""
    return str(shown) if isinstance(shown, str | Path) else type(shown).__name__


@checked
def open_predictor(
    run: str | Path | nn.Module,
    *,
    preprocess: Preprocess | None = None,
    classes: Sequence[str] = (),
    weights: str | Path | None = None,
    device: str = "auto",
    algorithms: Literal["auto", "plain"] = "auto",
) -> Predictor:
    """Opens a trained network once, to be asked many times: `p = open_predictor(run)`, then `p(picture)`.

    Args:
        run: the folder of a run, a file that `export` has written, or the name of a network with published
            weights; or a network, of which a copy, as it is now, is asked.
        preprocess: how the inputs of a network are made; by default as `load` has said of it.
        classes: names of a network's classes, in the order of its scores; by default as `load` has said, and
            numbers where nobody has.
        weights: of a network by its name, as for `predict`.
        device: "auto", "cpu", "cuda" or "cuda:1"; a network stays where it is unless one is named.
        algorithms: how convolutions are computed: "auto" as was found fastest here, "plain" by PyTorch's own
            call, as those of a given network are.

    Returns:
        The predictor: it takes a path, the bytes of an image file, a picture of Pillow, an array or a tensor
        of pixels from 0 to 255, or a list of them.

    Raises:
        RunError: a folder that is no run.
        WeightsError: damaged weights.
        ArgumentError: a network of which nobody has said how its inputs are made.

    >>> network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())  # its scores: the means of colours
    >>> from striate.evaluating.scoring import Normalisation
    >>> as_they_are = Preprocess(3, (8, 8), Normalisation((0.0,) * 3, (255.0,) * 3))
    >>> colour = open_predictor(network, preprocess=as_they_are, classes=["red", "green", "blue"])
    >>> colour(np.full((20, 30, 3), (10, 200, 30), np.uint8)).best
    'green'
    """
    if isinstance(run, nn.Module):
        if weights is not None:
            raise ArgumentError(
                f"{type(run).__name__} has weights of its own; --weights goes with the name of a network"
            )
        return Predictor(_of_network(run, preprocess, tuple(classes), device))
    if preprocess is not None or classes:
        raise ArgumentError(f"{run} says itself how its inputs are made: leave preprocess and classes out")
    return Predictor(open_trained(run, device, algorithms, weights=weights))


def _of_network(
    network: nn.Module, preprocess: Preprocess | None, classes: tuple[str, ...], device: str
) -> Trained:
    told, names = preprocess_of(network)
    made = preprocess or told
    if made is None:
        raise ArgumentError(
            f"nobody has said how the inputs of this {type(network).__name__} are made: give preprocess too, "
            "as Preprocess(channels=3, size=(224, 224), normalise=Normalisation(mean, std))"
        )
    copied = laid_out(deepcopy(network).eval())
    if device != "auto":
        to_device(copied, pick_device(device))
    names = classes or names or _numbers(copied, made)
    return Trained(
        run=Path(type(network).__name__),
        network=copied,
        classes=names,
        channels=made.channels,
        size=made.size,
        normalise=made.normalise,
        temperature=1.0,
        source="",
        data_options={},
        sampling=made.sampling,
        flow=made.flow,
        algorithms=NO_ALGORITHMS,
        framing=made.framing,
    )


def _numbers(network: nn.Module, preprocess: Preprocess) -> tuple[str, ...]:
    """One name a score: its number."""
    planes = len(preprocess.normalise.mean)
    frames = () if preprocess.sampling is None else (preprocess.sampling.frames,)
    device = next((one.device for one in network.parameters()), None)
    with torch.inference_mode():
        scores = classify(network, torch.zeros(1, planes, *frames, *preprocess.size, device=device))
    if scores.ndim != 2:
        raise NetworkError(f"a predictor needs scores N×K; this network gives {tuple(scores.shape)}")
    return tuple(map(str, range(scores.shape[1])))
