"""The verb `predict`: a run on image files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.data import IMAGE_SUFFIXES, Skipped
from striate.data.reading import try_read
from striate.errors import DataError
from striate.evaluating.calibration import with_temperature
from striate.evaluating.predictions import Prediction, predictions_of
from striate.evaluating.scoring import Progress, batch_of, classify, in_evaluation
from striate.evaluating.trained import Trained, open_run


@dataclass(frozen=True)
class Predictions:
    """What a run says about some files."""

    run: str
    images: tuple[Prediction, ...]
    skipped: tuple[Skipped, ...]
    """Files that could not be read, with the reason."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.run,
            "images": [image.to_json() for image in self.images],
            "skipped": [{"file": one.path, "reason": one.reason} for one in self.skipped],
        }


def predict(
    run: str | Path,
    files: Iterable[str | Path],
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> Predictions:
    """Classifies image files, and the images in folders, as the run's training images were prepared.

    Files that cannot be read are skipped and named. Raises RunError for a folder that is no run, DataError
    where no file is given, one does not exist, or none can be read.
    """
    trained = open_run(run, device)
    paths = [path for file in files for path in _expand(Path(file))]
    if not paths:
        raise DataError("no images given: name image files, or folders that hold some")
    names: list[str] = []
    skipped: list[Skipped] = []
    rows: list[np.ndarray] = []
    batch = batch_of(trained.channels * trained.size[0] * trained.size[1])
    for start in range(0, len(paths), batch):
        images = list(_read(trained, paths[start : start + batch], skipped))
        names += [name for name, _ in images]
        if images:
            rows.append(_probabilities(trained, np.stack([pixels for _, pixels in images])))
        if progress is not None:
            progress(min(start + batch, len(paths)), len(paths))
    if not rows:
        raise DataError(_none_readable(skipped))
    return Predictions(
        run=str(run),
        images=predictions_of(np.concatenate(rows), names, trained.classes),
        skipped=tuple(skipped),
    )


def _none_readable(skipped: list[Skipped]) -> str:
    first = f"{skipped[0].path}: {skipped[0].reason}"
    if len(skipped) == 1:
        return f"cannot read the image {first}; give a whole image file"
    return f"none of the {len(skipped)} files is an image that can be read ({first}); give whole image files"


def _expand(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(
            file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in IMAGE_SUFFIXES
        )
    if not path.exists():
        raise DataError(f"no file {path}: give image files, or folders that hold some")
    return [path]


def _read(trained: Trained, paths: list[Path], skipped: list[Skipped]) -> Iterator[tuple[str, np.ndarray]]:
    for path in paths:
        pixels = try_read(path, trained.channels, trained.size)
        if isinstance(pixels, str):
            skipped.append(Skipped(str(path), reason=pixels))
        else:
            yield str(path), pixels


def _probabilities(trained: Trained, pixels: np.ndarray) -> np.ndarray:
    """(N, C, H, W) uint8 → (N, K)."""
    device = next(trained.network.parameters()).device
    with in_evaluation(trained.network), torch.inference_mode():
        inputs = trained.normalise(torch.from_numpy(pixels).to(device))
        rows: np.ndarray = classify(trained.network, inputs).softmax(dim=1).cpu().numpy()
    return with_temperature(rows, trained.temperature)
