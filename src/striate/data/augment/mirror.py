"""Whether a mirrored image keeps its label: by the names of the classes, and by the images themselves.

Mirroring classes that a mirror exchanges teaches the wrong thing, and leaving it out costs little: in doubt,
images are not mirrored.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
un deux trois quatre cinq sept huit neuf dix eins zwei drei vier funf sechs sieben acht neun zehn
uno dos tres cuatro cinco seis siete ocho nueve diez due tre quattro cinque sei sette otto nove dieci
khong mot hai ba bon nam sau bay tam chin muoi
"""
_KINDS = """
digit number numeral letter char character chiffre lettre ziffer buchstabe cifra letra so chu
"""
_COMPASS = """
north south east west northeast northwest southeast southwest nord sud est ouest ost osten west westen suden
norden norte sur este oeste leste sul ovest oost zuid noord север юг восток запад 东 西 南 北 東
dong tay nam bac
"""
"""A mirrored arrow to the east points to the west; among other words they say nothing of it."""
_SIDES = """
left right lefty port starboard cw ccw clockwise gauche droite droit horaire links rechts linke linker linkes
uhrzeigersinn izquierda izquierdo izq derecha derecho der sinistra sinistro destra destro sx dx orario
esquerda esquerdo direita direito trai phai vanster hoger venstre hojre højre høyre lewo lewa lewy prawo prawa
prawy vlevo vpravo leva levo prava lijevo lijeva desno desna sol sola soldan sag saga sagdan kiri kanan vasen
vasemmalle oikea oikealle sinister dexter stanga dreapta bal balra jobb jobbra esquerra dreta ezkerra eskuina
kaire kairen desine desinen kreisi kreisais labi labais vasak vasakule parem paremale vinstri hægri kushoto
kulia dolava napravo nalavo hogerhand hogerhant majtas majte djathtas djathte kaliwa chap solga lhs rhs l r
вляво наляво ляво ляв лява вдясно надясно дясно дясна десен сол солға оң оңға dextral sinistral
droitier gaucher zurdo zurda diestro diestra mancino destrimano linkshander rechtshander
"""
"""Words for a side or a turn, without accents."""
_JOINED = """
left right clockwise gauche droite links linker rechts uhrzeigersinn izquierd derech sinistr destra destro
esquerd direit vanster venstre hojre højre høyre
"""
"""Those that no other word of their language holds, but for `_INNOCENT`: found in joined words too."""
_INNOCENT = re.compile(
    "bright|copyright|leftover|upright|outright|forthright|birthright|wright|fright|alright|righteous|cleft|"
    "cufflinks|blinks|hyperlinks|blinker|clinker|destroy"
)
_ENDINGS = tuple(word for word in _SIDES.split() if len(word) > 3 and word not in ("port", "sola"))
"""Those that end joined words, as in rẽtrái. These two end others among the 24,600 words of ImageNet."""
_ANYWHERE = """
左 右 왼 오른 좌 우회전 우측 ซ้าย ขวา बाएं बायां दाएं दायां يسار يمين שמאל ימין лев прав лів αριστερ δεξι چپ راست
بائیں دائیں বাম ডান இடது வலது ఎడమ కుడి ימינ يسرى اليسر يمنى اليمن डाव उजव ಎಡ ಬಲ ഇടത വലത ડાબ જમણ ਖੱਬ ਸੱਜ
ձախ աջ მარცხ მარჯვ
"""
"""Words of languages that write them without spaces or bend their ends."""


def handed_name(classes: Iterable[str]) -> str | None:
    """The first class that may be told by its handedness, going by its name; None if none may.

    A class is taken for handed if its name is a single character, a number in digits or in words (also as in
    "digit 7", "letter_b") or of the compass, or holds a word for a side or a turn, in any of some sixty
    languages, alone or joined to others (left1x, turnleft, linksabbiegen).
    """
    return next((name for name in classes if len(name.strip()) == 1 or _is_handed(name)), None)


def _is_handed(name: str) -> bool:
    if any(word in unicodedata.normalize("NFC", name).lower() for word in _ANYWHERE.split()):
        return True
    words = _words(name)
    letters = [part for word in words for part in re.findall(r"[^\W\d]+", word)]
    if any(part in _SIDES.split() or _holds_side(part) for part in letters):
        return True
    rest = [word for word in words if word not in _KINDS.split()]
    known = {*_NUMBERS.split(), *_COMPASS.split()}
    return bool(rest) and all(len(word) == 1 or word.isdigit() or word in known for word in rest)


def _words(name: str) -> list[str]:
    """Words in lower case without accents, told apart by anything but letters and digits, and by humps."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return re.findall(r"[^\W_]+", humps.lower())


def _holds_side(word: str) -> bool:
    doubtful = _INNOCENT.sub(" ", word)
    return doubtful.endswith(_ENDINGS) or any(side in doubtful for side in _JOINED.split())


def handed_images(images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> str | None:
    """Asks the images: the sentence about a class that looks like another one when it is mirrored, or None.

    Each image is given to the class whose mean it is most like; the means are those of the other half of the
    images. A class is handed if its mirrored images go to another one rather than to itself, and do so far
    more often than its images do as they are: by more than chance would bring about among so many classes.

    Args:
        images: (N, C, H, W), or (N, C, T, H, W) whose frames count in their order.
        labels: (N,) int64, into `classes`.
        classes: their names.
    """
    plain, mirrored = _features(images), _features(images[..., ::-1])
    fold = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        fold[members] = np.arange(len(members)) % 2
    K = len(classes)
    counts = np.zeros((2, K, K))  # as they are and mirrored, by class and by the class that they are given to
    for half in (0, 1):
        means = _means(plain[fold != half], labels[fold != half], K)
        for kind, features in enumerate((plain, mirrored)):
            nearest = (features[fold == half] @ means.T).argmax(axis=1)
            np.add.at(counts[kind], (labels[fold == half], nearest), 1)
    return _verdict(counts, classes)


def _verdict(counts: np.ndarray, classes: Sequence[str]) -> str | None:
    before, after = counts
    limit = math.sqrt(2 * math.log(20 * len(classes)))  # of a normal deviate, for so many looks
    for label, name in enumerate(classes):
        others = np.where(np.arange(len(classes)) == label, -1, after[label])
        other = int(others.argmax())
        more, total = after[label, other] - before[label, other], after[label, other] + before[label, other]
        if others[other] > after[label, label] and more > limit * math.sqrt(total):
            looks = f"{int(after[label, other])} of {int(after[label].sum())} images"
            return f"mirrored, {looks} of {name!r} look like {classes[other]!r}"
    return None


def _features(images: np.ndarray, side: int = 12, frames: int = 4) -> np.ndarray:
    """(N, F): small grey pictures, of a few frames, of one brightness and contrast."""
    grey = images.mean(axis=1, dtype=np.float32)  # (N, H, W) or (N, T, H, W)
    if grey.ndim == 4:
        grey = grey[:, np.linspace(0, grey.shape[1] - 1, min(frames, grey.shape[1])).round().astype(int)]
    for axis in (-1, -2):
        pixels = grey.shape[axis]
        edges = np.unique(np.linspace(0, pixels, side + 1)[:-1].astype(int))
        lengths = np.diff([*edges, pixels]).reshape((-1, 1) if axis == -2 else -1)
        grey = np.add.reduceat(grey, edges, axis=axis) / lengths
    flat = grey.reshape(len(grey), -1)
    return _unit(flat - flat.mean(axis=1, keepdims=True))


def _means(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """(K, F) of each class, of length 1; 0 for a class of which there is none."""
    means = np.zeros((classes, features.shape[1]), features.dtype)
    np.add.at(means, labels, features)
    return _unit(means)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: np.ndarray = rows / np.where(lengths > 0, lengths, 1)
    return units
