"""Classes that a mirror or playing backwards exchanges: the label goes with what is done to the sample."""

from pathlib import Path

import numpy as np
import pytest
import torch

from clip_files import write_classes
from striate.data import ClipData, open_data
from striate.data.augment.augment import augment
from striate.data.augment.augmentation import Augmentation, draw
from striate.data.exchanges import NEVER, Exchanges, exchanged, pairs_of
from striate.errors import ArgumentError

SIZE = (12, 16)

CLASSES = ("close", "left", "open", "right", "wait")
OPENING, SIDES = (("open", "close"),), (("left", "right"),)


def exchanges(flip: bool = False) -> Exchanges:
    return Exchanges(exchanged(SIDES, CLASSES, others=flip), exchanged(OPENING, CLASSES, others=False))


def varied(
    policy: Augmentation, allowed: Exchanges, flow: bool = False
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Clips whose pixels say which frame and which column they are, their labels, and what became of them."""
    N = 200
    labels = torch.arange(N) % len(CLASSES)
    frame, column = torch.meshgrid(torch.arange(4.0), torch.arange(8.0), indexing="ij")
    clips = (10 * frame + column)[None, None, :, None, :].expand(N, 5, 4, 8, 8).clone()
    draws = draw(policy, N, size=SIZE, seed=0, step=3, exchanges=allowed)
    result, targets = augment(clips, labels, draws, flow=flow, exchanges=allowed)
    return clips, labels, result, targets.label


def test_a_label_is_swapped_where_its_sample_is_turned_round_and_nowhere_else() -> None:
    clips, labels, result, becomes = varied(Augmentation(), exchanges())
    for clip, label, seen, told in zip(clips, labels.tolist(), result, becomes.tolist(), strict=True):
        name = CLASSES[label]
        turned = {
            "left": clip.flip(-1), "right": clip.flip(-1), "open": clip.flip(1), "close": clip.flip(1),
        }.get(name)  # fmt: skip
        partner = {"left": "right", "right": "left", "open": "close", "close": "open"}.get(name, name)
        if told == label:
            torch.testing.assert_close(seen, clip)
        else:
            assert CLASSES[told] == partner
            assert turned is not None
            torch.testing.assert_close(seen, turned)
    swapped = (becomes != labels).view(-1, len(CLASSES)).float().mean(0)  # 40 of each class
    assert swapped[4] == 0
    assert ((swapped[:4] > 0.25) & (swapped[:4] < 0.75)).all()


def test_where_others_are_mirrored_they_keep_their_label() -> None:
    clips, labels, result, becomes = varied(Augmentation(flip=True), exchanges(flip=True))
    waiting = labels == 4
    mirrored = (result != clips).flatten(1).any(1)
    assert 0.25 < mirrored[waiting].float().mean() < 0.75
    assert (becomes[waiting] == 4).all()


def test_what_was_drawn_before_is_drawn_still() -> None:
    """A training without pairs, and one that was begun before there were any, sees the same samples."""
    policy = Augmentation(crop_area=(0.5, 1.0), jitter=0.2, erase=0.3, mixup=0.2)
    plain = draw(policy, 16, size=SIZE, seed=1, step=2)
    paired = draw(
        policy, 16, size=SIZE, seed=1, step=2, exchanges=Exchanges(np.full(3, NEVER), np.array([1, 0, NEVER]))
    )
    for name in ("affine", "jitter", "erased", "share"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(paired, name))
    assert (plain.reversed, paired.mirrored) == (None, None)
    assert paired.reversed is not None


def test_motion_backwards_is_the_opposite_motion() -> None:
    allowed = Exchanges(np.full(5, NEVER), exchanged((("wait", "wait"),), CLASSES, others=False))
    clips, labels, result, becomes = varied(Augmentation(), allowed, flow=True)
    turned = (result != clips).flatten(1).any(1)
    assert (becomes == labels).all()  # a class that is its own reverse
    assert set(labels[turned].tolist()) == {4}
    torch.testing.assert_close(result[turned][:, :3], clips[turned][:, :3].flip(2))
    torch.testing.assert_close(result[turned][:, 3:], 256 - clips[turned][:, 3:].flip(2))


def test_pairs_in_every_form() -> None:
    assert pairs_of("reversed", {"open": "close"}) == OPENING
    assert pairs_of("reversed", ["open=close"]) == OPENING
    assert pairs_of("reversed", ()) == ()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["open"], "reversed takes pairs of classes, as open=close; got 'open'"),
        (["=close"], "reversed takes pairs of classes, as open=close; got '=close'"),
        (["a=b", "b=c"], "reversed names the class 'b' in two pairs: a class has one partner"),
    ],
)
def test_no_pairs(asked: list[str], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        pairs_of("reversed", asked)
    assert str(raised.value) == sentence


def test_a_set_knows_its_pairs(tmp_path: Path) -> None:
    write_classes(tmp_path, ["open", "close", "turn left", "turn right"], count=4)
    data = open_data(
        tmp_path, workers=0, reversed={"open": "close"}, mirrored=["turn left=turn right"], size=16
    )
    assert isinstance(data, ClipData)
    assert data.pairs == (("open", "close"), ("turn left", "turn right"))
    kept = data.to_json()
    assert (kept["reversed"], kept["mirrored"]) == ([["open", "close"]], [["turn left", "turn right"]])
    assert data.handed is None  # of the other classes
    assert open_data(tmp_path, workers=0, size=16).handed == "class 'turn left' may be told by its handedness"


def test_classes_that_are_not_there(tmp_path: Path) -> None:
    write_classes(tmp_path, count=4)
    with pytest.raises(ArgumentError) as raised:
        open_data(tmp_path, workers=0, reversed={"run": "jmup"})
    assert str(raised.value) == "reversed: unknown class 'jmup': did you mean 'jump'? Known: jump, run"
    with pytest.raises(ArgumentError) as raised:
        open_data("digits", mirrored={"3": "E"})
    assert str(raised.value).startswith("mirrored: unknown class 'E'")
