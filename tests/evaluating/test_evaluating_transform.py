"""A run whose pictures go through a function of one's own: every verb uses it, and none without it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.data.images.transform import TransformError
from striate.errors import ArgumentError

CODE = "from PIL import ImageOps\n\n\ndef inverted(picture):\n    return ImageOps.invert(picture)\n"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("code") / "inverting.py"
    file.write_text(CODE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def run(code: Path) -> Path:
    """Stopped after one epoch, and gone on with."""
    out = code.parent / "run"
    transform = f"{code}:inverted"
    striate.train(
        "digits", epochs=2, transform=transform, out=out, algorithms="plain", on_epoch_end=lambda row: False
    )
    striate.train(resume=out)
    return out


@pytest.fixture(scope="module")
def digit(code: Path) -> Path:
    pixels = striate.open_data("digits").splits["test"].take([0])[0, 0].numpy()
    Image.fromarray(pixels).save(code.parent / "digit.png")
    return code.parent / "digit.png"


def test_every_verb_uses_it(run: Path, code: Path, digit: Path) -> None:
    first = striate.evaluate(run, algorithms="plain").predictions[0]
    by_file = striate.predict(run, [digit], algorithms="plain").images[0]
    array = np.asarray(Image.open(digit))
    by_array = striate.open_predictor(run)(array)
    assert by_file.best == by_array.best == first.best
    assert by_file.probabilities[0] == pytest.approx(first.probabilities[0], abs=1e-5)
    assert by_array.probabilities[0] == pytest.approx(first.probabilities[0], abs=1e-5)
    network = striate.load(run)
    network.preprocess(digit)
    assert f"{network.preprocess.framing.transform.name}" == f"{code}:inverted"
    # Unlike it: the digit inverted beforehand is another picture.
    Image.fromarray(255 - array).save(digit.with_name("other.png"))
    other = striate.predict(run, [digit.with_name("other.png")], algorithms="plain").images[0]
    assert other.probabilities[0] != pytest.approx(first.probabilities[0], abs=1e-3)


def test_what_has_changed_is_not_run_and_may_be_replaced(run: Path, code: Path, digit: Path) -> None:
    before = striate.predict(run, [digit], algorithms="plain").images
    copy = code.with_name("copied.py")
    copy.write_text(CODE, encoding="utf-8")
    code.write_text(f"{CODE}# changed\n", encoding="utf-8")
    try:
        with pytest.raises(TransformError) as raised:
            striate.predict(run, [digit])
        said = (
            f"its pictures go through a transform, which cannot be had: it comes from {code}:inverted, and "
            f"{code} has changed since the run began: put the file back as it was (its SHA-256 began with "
        )
        assert str(raised.value).startswith(said)
        assert str(raised.value).endswith("); or give another in its place, with --transform")
        again = striate.predict(run, [digit], transform=f"{copy}:inverted", algorithms="plain")
        assert again.images == before
        assert striate.evaluate(run, transform=f"{copy}:inverted").scores.top1 > 0.2
    finally:
        code.write_text(CODE, encoding="utf-8")


def test_code_that_nobody_named_here_is_not_run(
    run: Path, digit: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(TransformError, match="that nobody has run here yet: read it, name it once"):
        striate.predict(run, [digit])


def test_it_is_no_part_of_going_on(run: Path, code: Path) -> None:
    with pytest.raises(ArgumentError) as raised:
        striate.train(resume=run, transform=f"{code}:inverted")
    assert str(raised.value) == (
        "a training goes on exactly as it began, so --resume takes no transform: leave it out, or start a "
        "new run"
    )
