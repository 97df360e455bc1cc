"""Small networks and inputs that the tests of this room explain."""

import torch
from torch import Tensor, nn


def numbers(*shape: int, seed: int = 0) -> Tensor:
    """Random numbers, the same every time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def seeded(network: nn.Module, seed: int = 0) -> nn.Module:
    """Every parameter drawn anew, and running statistics that are not 0 and 1; in evaluation mode."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.5)
        for name, buffer in network.named_buffers():
            if buffer.is_floating_point():
                drawn = torch.rand(buffer.shape, generator=random)
                buffer.copy_(drawn + 0.5 if "var" in name else drawn - 0.5)
    return network.eval()


class TemporalShift(nn.Module):
    """One channel in eight from the next frame, one from the previous one."""

    folds = 8

    def forward(self, x: Tensor) -> Tensor:
        fold = x.shape[1] // self.folds
        y = torch.zeros_like(x)
        y[:, :fold, :-1] = x[:, :fold, 1:]
        y[:, fold : 2 * fold, 1:] = x[:, fold : 2 * fold, :-1]
        y[:, 2 * fold :] = x[:, 2 * fold :]
        return y


class Outputs(nn.Module):
    """The first tensor of a layer that gives several, such as a recurrent layer's outputs."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.layer(x)[0]
        return outputs


class Twice(nn.Module):
    """A convolution used twice, with a residual sum around it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.fc = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.conv(x)
        return self.fc(self.conv(x.relu()).mean((2, 3)))  # type: ignore[no-any-return]


def image_network() -> nn.Module:
    """Every kind of layer for images, once."""
    return seeded(
        nn.Sequential(
            nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
            nn.BatchNorm2d(6),
            nn.SiLU(),
            nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
            nn.Conv2d(6, 8, 1),
            nn.ReLU6(),
            nn.Conv2d(8, 8, 3, padding="same", dilation=2, groups=8, bias=False),
            nn.LeakyReLU(0.2),
            nn.AvgPool2d(2, stride=1, padding=1),
            nn.Sigmoid(),
            nn.AdaptiveAvgPool2d((2, 3)),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(48, 5),
            nn.Tanh(),
            nn.Linear(5, 3),
        )
    )


def clip_network() -> nn.Module:
    """For clips: a temporal shift, then convolutions in three axes."""
    return seeded(
        nn.Sequential(
            TemporalShift(),
            nn.Conv3d(8, 4, (3, 3, 3), padding=1),
            nn.ReLU(),
            nn.MaxPool3d((1, 2, 2)),
            nn.Conv3d(4, 4, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
            nn.AdaptiveAvgPool3d(1),
            nn.Flatten(),
            nn.Linear(4, 3),
        )
    )
