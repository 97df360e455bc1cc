"""Inspect any module: what each layer holds, sees and costs.

    python examples/inspect_any_module.py [page.html]

The module below is nobody's but ours: a convolution that is called twice, a sum, functional calls. It is run
once on tensors without memory, and left as it was.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import striate


class Mine(nn.Module):
    """Two layers of which one is called twice, and a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.again = nn.Conv2d(16, 16, 3, padding=1)
        self.scores = nn.Linear(16, 10)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, 10)."""
        maps = F.relu(self.first(images))
        maps = maps + self.again(F.relu(self.again(maps)))
        return self.scores(maps.mean((2, 3)))


def main() -> None:
    found = striate.inspect(Mine(), (3, 64, 64))
    for layer in found.layers:
        if layer.formula:
            field = layer.receptive_field
            sees = "" if field is None else "×".join(str(side) for side in field.size)
            print(f"{layer.name:8} {layer.kind:8} {layer.formula:24} sees {sees}")
    print(f"{found.totals.parameters.value:,} parameters, {found.totals.macs.value:,} MACs")
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(found.to_html(), encoding="utf-8")
    by_hand = sum(parameter.numel() for parameter in Mine().parameters())
    assert found.totals.parameters.value == by_hand
    assert torch.is_grad_enabled()


if __name__ == "__main__":
    main()
