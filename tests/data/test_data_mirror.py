"""Which classes may be mirrored."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data import PUBLISHED, open_data
from striate.data.augment.mirror import handed_images, handed_name


@pytest.mark.parametrize(
    "classes",
    [
        ["cat", "dog"],
        ["T-shirt/top", "Ankle boot"],
        ["bright", "dark"],  # "right" is no word here
        ["copyright", "leftover"],
        ["2012 BMW M3", "1998 Audi 100"],
        ["letter", "parcel"],
        ["blinks", "cufflinks", "destroyer", "playwright", "a fright"],
        ["train", "trail", "portrait", "Sagittarius", "solar"],  # words for sides only when they stand alone
        ["airport", "transport", "salsola", "clinker", "blinker", "trailer", "traitor"],
        ["chat", "chien"],
        ["mèo", "chó"],
        PUBLISHED["fashion-mnist"].classes,
        [],
    ],
)
def test_safe(classes: list[str]) -> None:
    assert handed_name(classes) is None


@pytest.mark.parametrize(
    "name",
    [
        *("0", "42", "A", "b", "é", "<", "seven", "Twenty", "digit 7", "letter_b", "twenty-one"),
        *("left", "Right", "turn_left", "TurnRight", "arrow-left-3", "left hand", "counterclockwise"),
        *("left1x", "right1x", "turnleft", "swiperight2", "LEFTARROW", "arrowleftfast", "lefthanded"),
        *("gauche", "Tourner à droite", "virageagauche", "à droite"),
        *("trái", "Rẽ phải", "re_trai", "tra\u0301i", "sang phải"),
        *("rẽtrái", "retrai", "quẹophải", "BENPHAI", "rẽtrái2", "skretvpravo", "idilewo", "belokkanan"),
        *("links", "Rechtskurve", "linksabbiegen", "im Uhrzeigersinn", "nach rechts"),
        *("izquierda", "girar_derecha", "manoizquierda", "sinistra", "a destra", "esquerda", "direito"),
        *("linkerhand", "vänster", "höger", "venstre", "højre", "w lewo", "vpravo", "sağ", "kiri", "vasen"),
        *("налево", "правый", "αριστερά", "左折", "右", "왼쪽", "우회전", "ซ้าย", "बाएं", "يسار", "ימין"),
        *("balra", "jobb", "stânga", "dreapta", "lijevo", "Desno", "sağa", "esquerra", "dešinė", "pa kreisi"),
        *("vasakule", "vinstri", "hægri", "kushoto", "چپ", "راست", "بائیں", "வலது", "কুড়ি বাম"),
        *("doľava", "vpravo", "наляво", "дясно", "ימינה", "اليمنى", "डावीकडे", "ಬಲ", "ഇടത്", "જમણે", "ਖੱਬੇ"),
        *("kaliwa", "majtas", "ձախ", "მარჯვნივ", "оңға", "Linkshänder", "zurdo", "turn-R", "lhs"),
        *("east", "north_west", "Ouest", "восток", "西"),
        *("sept", "zwei", "tres", "due", "mười", "Ziffer acht", "chữ b", "chiffre 7"),
    ],
)
def test_one_handed_class_is_enough(name: str) -> None:
    assert handed_name(["cat", name, "dog"]) == name


def arrows(count: int, seed: int = 0) -> np.ndarray:
    """(N, 3, 20, 20) uint8: noise, and a bright triangle that points to the right."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 90, (count, 3, 20, 20))
    for image in images:
        top, left = random.integers(0, 6, 2)
        for column in range(12):
            half = (12 - column) // 2
            image[:, top + 7 - half : top + 7 + half, left + column] += 130
    return images.astype(np.uint8)


def test_images_that_a_mirror_exchanges() -> None:
    right = arrows(40)
    images = np.concatenate([right, arrows(40, seed=1)[..., ::-1]])
    labels = np.repeat([0, 1], 40)
    said = handed_images(images, labels, ("fish", "fowl"))
    assert said is not None
    assert re.fullmatch(r"mirrored, \d\d of 40 images of 'fish' look like 'fowl'", said)


def test_clips_that_a_mirror_exchanges() -> None:
    """A bar that moves: no single frame tells the classes apart, the order of frames does."""
    random = np.random.default_rng(0)
    clips = random.integers(0, 90, (60, 1, 6, 16, 16))
    for clip in clips:
        for t in range(6):
            clip[0, t, :, 2 * t + 2 : 2 * t + 5] += 150
    clips = np.concatenate([clips[:30], clips[30:, :, ::-1]]).astype(np.uint8)
    assert handed_images(clips, np.repeat([0, 1], 30), ("walk", "run")) is not None


@given(classes=st.integers(2, 12), each=st.integers(1, 30), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_chance_alone_is_no_handedness(classes: int, each: int, seed: int) -> None:
    """Images of noise, of classes that nothing tells apart."""
    images = np.random.default_rng(seed).integers(0, 256, (classes * each, 1, 8, 8), np.uint8)
    labels = np.repeat(np.arange(classes), each)
    assert handed_images(images, labels, [f"class {number}" for number in range(classes)]) is None


def test_what_is_alike_on_both_sides_may_be_mirrored() -> None:
    """Squares, and crosses of the same ink."""
    images = np.random.default_rng(2).integers(0, 90, (80, 3, 20, 20))
    images[:40, :, 5:15, 5:15] += 130
    images[40:, :, 8:12, 2:18] += 130
    images[40:, :, 2:18, 8:12] += 130
    assert handed_images(images.clip(0, 255).astype(np.uint8), np.repeat([0, 1], 40), ("a", "b")) is None


def test_a_data_set_is_asked(tmp_path: Path) -> None:
    for name, flip in (("fish", 1), ("fowl", -1)):
        (tmp_path / name).mkdir()
        for number, image in enumerate(arrows(40, seed=flip + 1)[..., ::flip]):
            Image.fromarray(np.moveaxis(image, 0, -1)).save(tmp_path / name / f"{number}.png")
    data = open_data(tmp_path, workers=0)
    assert not data.mirror_safe
    assert data.handed is not None
    assert data.handed.startswith("mirrored, ")
    assert open_data("digits").handed == "class '0' may be told by its handedness"
