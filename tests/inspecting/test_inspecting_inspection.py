"""What a network comes to, in facts and remarks."""

import pytest
import torch
from torch import nn

from striate.inspecting import inspect
from striate.inspecting.inspection import REMARKS, facts_of, first_remarks, remarks_of


def test_an_image_network() -> None:
    found = inspect("plain", (1, 28, 28), batch=4)
    assert facts_of(found.totals) == [
        ("parameters", "421,642 (421,642 trainable), 1.608 MiB"),
        ("MACs", "16.96 M, 4.241 M per input"),
        ("FLOPs", "34.19 M"),
        ("activations", "1.296 MiB in all"),
        ("held at once", "796.2 KiB for inference, 1.256 MiB for training"),
    ]


def test_frames_frozen_and_unused_parameters_and_times_are_told() -> None:
    network = nn.Sequential(nn.Conv3d(3, 4, 3), nn.ReLU())
    network[0].weight.requires_grad_(False)
    network.extra = nn.Parameter(torch.zeros(7))
    network.forward = lambda x: network[1](network[0](x))  # type: ignore[method-assign]
    found = inspect(network, (3, 4, 8, 8))
    facts = facts_of(found.totals, found.unused)
    assert facts[0] == ("parameters", "335 (11 trainable, 324 frozen, 7 unused), 1.309 KiB")
    assert facts[1][1].endswith(" per frame")
    assert facts[-1] == ("unused", "extra: 7 parameters")


class Odd(nn.Module):
    """Ends in an operation that nobody counts."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.qr(x)[0]


def test_what_is_not_known_is_named() -> None:
    facts = dict(facts_of(inspect(Odd(), (3, 8)).totals))
    assert "unknown" in facts["MACs"]
    assert facts["partial"].endswith("is not known and not in the sums")


def test_a_remark_is_made_once_for_all_its_layers() -> None:
    found = inspect("resnet50")
    remarks = remarks_of(found.layers)
    assert len(remarks) == len({remark.partition(": ")[2] for remark in remarks})
    assert any(remark.split(": ")[0].endswith(" …") for remark in remarks)
    first = first_remarks(found.layers)
    assert first[:-1] == remarks[:REMARKS]
    assert first[-1] == f"… {len(remarks) - REMARKS} more remarks: in --json, --csv and --html"


@pytest.mark.parametrize("name", ["plain", "alexnet"])
def test_few_remarks_are_all_shown(name: str) -> None:
    found = inspect(name)
    assert first_remarks(found.layers) == remarks_of(found.layers)
