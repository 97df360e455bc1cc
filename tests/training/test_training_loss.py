"""The loss against PyTorch's soft-label cross-entropy, and its parts against the whole."""

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from striate.data.augment.augment import Targets
from striate.training.loss import batch_loss

SMOOTHING = 0.1


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_equals_soft_labels_written_out(seed: int, mixed: bool, weighted: bool) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, 4, generator=random, dtype=torch.float64)
    label, other = torch.randint(0, 4, (2, 6), generator=random)
    share = torch.rand(6, generator=random, dtype=torch.float64)
    weights = (
        torch.rand(4, generator=random, dtype=torch.float64)
        if weighted
        else torch.ones(4, dtype=torch.float64)
    )
    targets = Targets(label, other, share) if mixed else Targets(label)
    ours = batch_loss(logits, targets, SMOOTHING, weights if weighted else None, 6)

    def smooth(labels: torch.Tensor) -> torch.Tensor:
        return F.one_hot(labels, 4).double() * (1 - SMOOTHING) + SMOOTHING / 4

    own = share if mixed else torch.ones_like(share)
    log = logits.log_softmax(dim=1)
    expected = -(
        own * weights[label] * (smooth(label) * log).sum(1)
        + (1 - own) * weights[other] * (smooth(other) * log).sum(1)
    )
    assert torch.allclose(ours, expected.mean())


def test_parts_add_up_to_the_whole() -> None:
    logits, labels = torch.randn(10, 3, generator=torch.Generator().manual_seed(1)), torch.arange(10) % 3
    whole = batch_loss(logits, Targets(labels), 0.1, None, 10)
    parts = [batch_loss(logits[s], Targets(labels[s]), 0.1, None, 10) for s in (slice(0, 4), slice(4, 10))]
    assert torch.allclose(whole, sum(parts))  # type: ignore[arg-type]
