"""How pixels were normalised in the trainings whose weights are published: weights mean something only with
it.

Per channel in [0, 255]: a network was given (pixel − mean) / deviation. Each from the configuration files of
whoever publishes the weights; most state them for pixels in [0, 1], of which 255 times is written here.
"""

from typing import Any, NamedTuple


class Pixels(NamedTuple):
    """Mean and deviation of each channel, of pixels in [0, 255], and whose they are."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    whose: str

    def __str__(self) -> str:
        mean, std = ((one[:1] if len(set(one)) == 1 else one) for one in (self.mean, self.std))
        return f"{self.whose} mean {_listed(mean)} and deviation {_listed(std)} of 255"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"mean": list(self.mean), "std": list(self.std), "whose": self.whose}


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


IMAGENET = Pixels((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "ImageNet's")
"""torchvision's images, 0.485 … and 0.229 …; temporal shifts of mit-han-lab and MMAction2, I3D and SlowFast
of
MMAction2."""
KINETICS = Pixels((110.2008, 100.63983, 95.99475), (58.14765, 56.46975, 55.332195), "Kinetics'")
"""torchvision's R3D, MC3 and R(2+1)D, 0.43216 … and 0.22803 …; CSN of MMAction2."""
FACEBOOK = Pixels((114.75, 114.75, 114.75), (57.375, 57.375, 57.375), "PySlowFast's")
"""PySlowFast and PyTorchVideo: 0.45 and 0.225 for all they publish."""
X3D_OF_MMACTION2 = Pixels((114.75, 114.75, 114.75), (57.38, 57.38, 57.38), "X3D's in MMAction2")
"""Its weights are PySlowFast's, its deviation is rounded."""
SPORTS1M = Pixels((104.0, 117.0, 128.0), (1.0, 1.0, 1.0), "C3D's")
"""C3D of MMAction2: only the mean is taken off."""
