"""What a saved page holds: numbers of every layer that lead on to one another, maps in full or in levels."""

import json
import re
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any
from zlib import decompress

import numpy as np
import pytest
from explaining_networks import Twice, clip_network, image_network, numbers, seeded
from explored import other_kinds, small_network
from torch import nn

from striate.exploring import views
from striate.exploring.opening import Opening
from striate.exploring.saved_contents import held_maps, letters
from striate.exploring.saving import save_page
from striate.exploring.session import Session


def opened(network: nn.Module, shape: tuple[int, ...]) -> Session:
    opening = Opening([network], [numbers(*shape)])
    opening.make()
    return opening.session()


def saved(session: Session, path: Path, size: int) -> dict[str, str]:
    """What a page of so many bytes holds, packed as it is."""
    save_page(session, path, "en", size)
    found = re.search(r"window.striateSaved=(\{.*?\});window", path.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    answers: dict[str, str] = json.loads(found[1])
    return answers


def answer(answers: dict[str, str], address: str) -> Any:
    text = answers[address]
    return answer(answers, text) if "?" in text else whole(json.loads(decompress(b64decode(text))))


def whole(found: dict[str, Any]) -> dict[str, Any]:
    """As the page makes it whole again."""
    for name in found.pop("singles", []):
        found[name] = np.float32(found[name]).astype(float).tolist()
    if "products" in found and isinstance(found["products"][0], str):
        one, other = (np.array(found[name]) for name in found["products"])
        found["products"] = (one * other).tolist()
    return found


ROOM = 150_000
NETWORKS = {
    "small": (small_network, (1, 1, 8, 8)),
    "every kind": (other_kinds, (1, 3, 8, 8)),
    "image": (image_network, (1, 4, 12, 12)),
    "clip": (clip_network, (1, 8, 4, 8, 8)),
    "twice": (lambda: seeded(Twice()), (1, 2, 6, 6)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_numbers_of_every_layer_open(name: str, tmp_path: Path) -> None:
    """Within the room, whatever the network; each as the lab tells it."""
    network, shape = NETWORKS[name]
    session = opened(network(), shape)
    explainer = session.desk.open(0)
    layers = [one.name for one in explainer.explain().layers if one.kind is not None]
    answers = saved(session, tmp_path / "page.html", ROOM)
    assert sum(len(text) for key, text in answers.items() if "?" not in text and key != "lab?") <= ROOM
    units = [key for key, text in answers.items() if key.startswith("unit?") and "?" not in text]
    counts = Counter(re.findall(r"layer=([^&]*)", " ".join(units)))
    assert set(counts) == set(layers)
    for layer in layers:
        key = f"unit?layer={layer}&state=0"
        assert answer(answers, key) == json.loads(json.dumps(views.unit(explainer, layer, None, "en")))


def test_a_number_leads_on_to_the_pixels(tmp_path: Path) -> None:
    """From the last layer's number down, the number that counts most opens at each step."""
    session = opened(small_network(), (1, 1, 8, 8))
    origins = session.desk.open(0).origins
    answers = saved(session, tmp_path / "page.html", ROOM)
    layer, at, passed = "6", "", []
    while layer != "input":
        passed.append(layer)
        unit = answer(answers, f"unit?{at}layer={layer}&state=0")
        sizes = np.abs(np.ravel(unit.get("products", unit.get("values", 0.0))))
        read = unit["reads"][int(sizes.argmax())]
        ((layer, index),) = origins[layer].made(read)
        at = f"at={','.join(map(str, index))}&"
    assert passed == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize("room", [200_000, 8_000])
def test_maps_are_in_full_or_as_strong_as_their_colours(room: int) -> None:
    explainer = opened(image_network(), (1, 4, 24, 24)).desk.open(0)
    layers = [one.name for one in explainer.explain().layers]
    full = 0
    for asked, found in held_maps(explainer, layers, room):
        whole = views.maps_of(explainer, asked["layer"], asked.get("side") == "back")
        assert whole is not None
        if "data" in found:
            assert np.array_equal(np.frombuffer(b64decode(found["data"]), "<f4"), whole.astype("<f4").ravel())
            full += 1
            continue
        codes = np.array([ord(one) - 35 for one in found["levels"]])
        levels = np.where(codes % 2, -(codes + 1) // 2, codes // 2) / 127
        share = np.sign(whole) * np.sqrt(np.abs(whole) / found["limit"])
        assert np.allclose(levels, share[found["channels"]].ravel(), atol=0.5001 / 127)
        strongest = np.abs(whole).reshape(len(whole), -1).max(axis=1)
        left = [c for c in range(len(whole)) if c not in found["channels"]]
        assert min(strongest[found["channels"]], default=np.inf) >= max(strongest[left], default=0)
    assert full == (2 * len(layers) + 2 if room == 200_000 else 0)


def test_letters_are_those_that_json_writes_as_one() -> None:
    assert letters(np.array([[0, -1, 1, -127, 127]])) == "#$%\u0120\u0121"
