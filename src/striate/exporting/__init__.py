"""A run → a checked ONNX file that holds all of it.

In: a run, and real inputs to check with. Out: one file, uint8 pixels in and probabilities out, of images, of
clips, or of the next frame with its state; and an `Export`, which says how it was checked and how fast it is.
The file is put in its place only when ONNX Runtime says of real inputs what PyTorch says. What such a file is
and how it is used in place of a run is known to `evaluating`, as everything that takes a run takes it.
"""

from striate.exporting import page as page  # says which document an export is
from striate.exporting.export import Export, export

__all__ = ["Export", "export"]
