"""The verb `predict`: a run on files of images or of videos."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, cast

from striate.checked import checked
from striate.data.images.transform import AsTransform
from striate.errors import ArgumentError
from striate.evaluating.answers import Prediction
from striate.evaluating.asking import Asking, kind_of, look_at_all
from striate.evaluating.embedding import embeddings_of, joined
from striate.evaluating.on_ray import look_with_ray, require_ray
from striate.evaluating.part import Part, predict_part
from striate.evaluating.predict_clips import VideoPrediction
from striate.evaluating.predictions import Predictions
from striate.evaluating.scoring import Progress

OF_FILES = ("files", "out", "embed", "part", "engine", "progress")
"""What is asked about the files alone, and not of the network."""


@checked
def predict(
    run: str | Path,
    files: Iterable[str | Path],
    *,
    out: str | Path | None = None,
    flip: bool = False,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
    transform: AsTransform | None = None,
    top: int | None = None,
    all_classes: bool = False,
    embed: str | None = None,
    part: str | None = None,
    engine: Literal["here", "ray"] = "here",
    window: float | None = None,
    hop: float | None = None,
    events: bool = False,
    threshold: float | None = None,
    threshold_off: float | None = None,
    min_duration: float | None = None,
    min_gap: float | None = None,
    device: str = "auto",
    algorithms: Literal["auto", "plain"] = "auto",
    progress: Progress | None = None,
) -> Predictions:
    """Classifies image files, and the images in folders, as the run's training images were prepared.

    A run that was trained on clips takes videos instead, and folders of frames. It tells of windows along
    them too, and of events: what happens from when to when. Videos may be of any length: they are decoded
    once, and memory does not grow with them. Unreadable files are skipped and named.

    Of very many files, each of several processes takes a part, on any machine: it adds a line to a file as it
    goes, and started again looks at what has no line yet.

    Args:
        run: the folder of a run, made by `train`, a file that `export` has written, or the name of a network
            with published weights, as "mobilenet_v2" or "hf://timm/resnet18.a1_in1k" (needs striate[hub]).
        files: files of images, or of videos for a run on clips (also folders of frames), folders of them, or
            lists (a path a line, or a table); of videos also segments, as long.mp4#t=12,14.5.
        out: write predictions.json and predictions.csv into this folder; of events, a picture of each video.
        flip: look at each image or clip in the mirror too, and take the mean of both scores: for classes that
            a mirror keeps. It takes twice the time.
        weights: of a network by its name: "imagenet", "imagenet-v1" or another name that `striate models`
            tells, or a file of them. By default the first that are published of it.
        classes: a file with the names of that network's classes, a line each.
        offline: fetch nothing.
        transform: your own function of a picture, as for `train`, in place of the run's own.
        top: how many classes are listed of each, the most probable first. By default 5 in JSON, 3 in the
            table and 1 in CSV.
        all_classes: list every class; in CSV each has a column.
        embed: also keep what this layer gives of each image or video, as embeddings.npy in the folder `out`:
            a row of numbers each, the mean over positions and frames. `striate inspect` lists the layers.
        part: which of how many parts of the files to look at, as "3/8". The folder `out` gets
            part-3-of-8.jsonl, a line of JSON for each file, and part-3-of-8.skipped.jsonl, those that cannot
            be read. A file's name decides its part.
        engine: what looks at the files of a part: this process, or with "ray" a whole cluster of Ray, the one
            that RAY_ADDRESS names or that runs here. Of Ray the part is 1/1 where none is named.
        window: seconds of a window. By default 2 for a run whose frames are spread over a clip; any other has
            windows of its own length.
        hop: seconds from the beginning of one window to that of the next. By default as long as a window, for
            events a quarter of it.
        events: join the windows of each video into events: what happens from when to when.
        threshold: the probability from which on an answer is called sure. Of events: what each reaches
            somewhere, by default 0.5.
        threshold_off: the probability below which it ends. By default 0.3, or `threshold` if that is less.
        min_duration: seconds; shorter events are left out. By default 0.
        min_gap: seconds; events of one class that are less apart are one. By default 0.
        device: as for `train`.
        algorithms: how convolutions are computed: "auto" as was found fastest here, "plain" by PyTorch's own
            call.
        progress: called with (files done, all of them).

    Raises:
        RunError: a folder that is no run.
        DataError: no file is given, one does not exist or is of the other kind, or none can be read.
        MissingExtraError: Ray, where it is not installed.
        ArgumentError: windows or events of images; a window or a hop that the videos have no frames for, or
            that is not the run's own; thresholds without events; a part without a folder, or of a folder
            that holds lines of another network, or asked for in another way.
    """
    asking = Asking.of(**{name: value for name, value in locals().items() if name not in OF_FILES})
    if engine == "ray":
        part = part or "1/1"
    if part is not None:
        return _in_part(asking, files, Part.parse(part), out, embed, engine, progress)
    if embed is not None and flip:
        raise ArgumentError("what a layer gives is of one side: leave --flip out, or --embed")
    trained = asking.opened()
    paths = asking.files(trained, files)
    with nullcontext() if embed is None else embeddings_of(trained.network, embed) as vectors:
        found, skipped = look_at_all(asking.looking(trained, vectors), paths, kind_of(trained), progress)
    if trained.sampling is None:
        result = Predictions(str(run), cast("tuple[Prediction, ...]", tuple(found)), skipped)
    else:
        videos = cast("tuple[VideoPrediction, ...]", tuple(found))
        result = Predictions(str(run), (), skipped, videos, asking.events)
    result = replace(result, about=trained.notes, told=asking.told, classes=trained.classes)
    if vectors is not None:
        result = replace(result, embeddings=joined(vectors, str(embed)))
    if out is not None:
        result.save(out)
    return result


def _in_part(
    asking: Asking,
    files: Iterable[str | Path],
    part: Part,
    out: str | Path | None,
    embed: str | None,
    engine: str,
    progress: Progress | None,
) -> Predictions:
    """What was done of a part of the files."""
    if out is None:
        raise ArgumentError("a part of the files needs a folder for its lines: name it with --out")
    if embed is not None:
        raise ArgumentError("what a layer gives is not kept of parts: leave --embed out, or --part")
    if engine == "ray":
        require_ray()
    trained = asking.opened()
    looking = partial(look_with_ray, asking) if engine == "ray" else asking.looking(trained)
    done = predict_part(
        trained, asking.files(trained, files), part, Path(out), asking.about(), looking, progress
    )
    return Predictions(asking.run, (), (), about=trained.notes, part=done)
