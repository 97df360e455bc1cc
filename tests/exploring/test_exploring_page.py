"""The page in a real browser: by mouse and by keyboard, its numbers those of `explain`."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from explaining_networks import numbers, seeded
from explored import chromium, other_kinds
from torch import Tensor, nn

from striate.explaining.explainer import Change, Explainer, open_explainer
from striate.explaining.texts import glossary
from striate.exploring.lab import Lab, lab
from striate.exploring.server import PAGE
from striate.training.train import Run

sync_api = pytest.importorskip("playwright.sync_api", reason="the page is looked at by playwright")
CHROMIUM = chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look at the page with")
INPUT = "digits/test/17"
AXE = Path(__file__).parent / "page_tools" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def opened(digits_run: Run) -> Explainer:
    return open_explainer(digits_run.path, INPUT)


@pytest.fixture(scope="module")
def running(digits_run: Run) -> Iterator[Lab]:
    with lab(digits_run.path, INPUT, port=0, browser=False) as found:
        assert isinstance(found, Lab)
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or None, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, running: Lab) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    ours = (running.address, "data:")
    page.on("request", lambda asked: None if asked.url.startswith(ours) else problems.append(asked.url))
    yield page
    page.close()
    assert problems == []


def look(page: Any, address: str, view: str = "") -> None:
    """Opens a view and waits until this very one is drawn, not only another of its kind before it."""
    page.goto(address + view)
    page.locator(f"#main[data-ready='{view}']").wait_for(state="attached", timeout=60_000)


def drawn(page: Any, view: str) -> None:
    page.locator(f'#main[data-view="{view}"]').wait_for(state="attached", timeout=60_000)


def value(page: Any, where: str = "output.value") -> float:
    return float(page.locator(where).first.get_attribute("data-value"))


def values(page: Any, where: str) -> list[float]:
    """All numbers that are shown there."""
    return page.locator(where).evaluate_all("all => all.map(one => Number(one.dataset.value))")  # type: ignore[no-any-return]


def test_from_a_map_down_to_a_pixel_by_mouse(page: Any, running: Lab, opened: Explainer) -> None:
    look(page, running.address)
    maps = page.locator('[data-layer="conv2"] canvas')
    box = maps.first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 3 / 8, box["y"] + box["height"] * 5 / 8)  # row 2, column 1
    drawn(page, "number")
    assert "conv2[0, " in page.locator("h1").inner_text()
    channel = int(page.locator("h1").inner_text().split(", ")[1])
    unit = opened.explain(layer="conv2", index=(0, channel, 2, 1)).unit
    assert unit is not None
    told = json.loads(json.dumps(unit.to_json()))
    assert value(page) == told["value"]
    strongest = max(range(len(told["patch"])), key=lambda c: abs(told["channel_sums"][c]))
    for kind, name in (("input", "patch"), ("weight", "kernel"), ("product", "products")):
        assert values(page, f"table.grid.{kind} td") == [one for row in told[name][strongest] for one in row]
    page.locator("table.grid.input button").first.click()
    page.locator("h1", has_text="pool1").wait_for()
    for layer in ("relu1", "conv1"):
        page.locator("table.grid.input td.won button, button.number.input").first.click()
        page.locator("h1", has_text=layer).wait_for()
    page.locator("table.grid.input button").first.click()
    drawn(page, "pixel")
    assert page.locator("#crumbs a").count() == 5  # the network, and four numbers
    page.go_back()
    page.locator("h1", has_text="conv1[").wait_for()
    page.locator("#crumbs a").nth(1).click()
    page.locator("h1", has_text="conv2[").wait_for()


def test_by_keyboard(page: Any, running: Lab, opened: Explainer) -> None:
    look(page, running.address)
    page.locator('[data-layer="conv1"] .map').first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert " 2,1: " in page.locator("#live").inner_text()
    page.keyboard.press("Enter")
    drawn(page, "number")
    assert ", 2, 1]" in page.locator("h1").inner_text()
    page.keyboard.press("b")
    page.locator(".delta").wait_for()
    index = tuple(int(one) for one in page.locator("h1").inner_text().split("[")[1].split("]")[0].split(","))
    assert value(page, ".delta h2 [data-value]") == opened.delta("conv1", index).delta
    page.locator("table.grid.weight button").nth(4).press("Enter")
    drawn(page, "weight")
    gradient = opened.explain(layer="conv1", weight=(index[1], 0, 1, 1)).gradient
    assert gradient is not None
    assert value(page, "output.gradient") == gradient.total
    assert gradient.update is not None
    assert value(page, ".update output") == float(gradient.update.new[gradient.update.at])
    page.keyboard.press("o")
    drawn(page, "overview")


def test_what_if(page: Any, running: Lab, opened: Explainer) -> None:
    look(page, running.address, "#/what-if")
    page.locator("button", has_text="Blur").click()
    page.locator(".below[data-state]").wait_for()
    weight = opened.parameters("conv1")["weight"]
    weight[0, 0] = [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]]
    ours = opened.changed(Change(weights={"conv1.weight": weight})).explain().answer
    assert ours is not None
    assert values(page, ".answers td[data-value]") == pytest.approx(list(ours.probabilities), rel=1e-6)
    canvas = page.locator("canvas.editor")
    box = canvas.bounding_box()
    state = page.locator(".below").get_attribute(
        "data-state"
    )  # before the click, which may be answered at once
    page.mouse.click(box["x"] + 10, box["y"] + 10)
    page.locator(f'.below[data-state="{int(state) + 1}"]').wait_for()


TEXTS = {key for key in json.loads((PAGE / "en.json").read_text()) if "." in key}
VIEWS = (
    "#/",
    "#/?side=back",
    "#/number?layer=conv2",
    "#/number?layer=conv2&side=back",
    "#/number?layer=fc1",
    "#/weight?layer=conv1&weight=3,0,1,1",
    "#/pixel?layer=input&at=0,0,3,4",
    "#/what-if",
    "#/live",
    "#/train",
    "#/fields",
    "#/block",
    "#/loss",
    "#/steps?step=4",
    "#/tour?step=1",
    "#/quiz?step=1",
    "#/compare",
    "#/glossary",
    "#/layer?layer=conv2",
    "#/derivation?layer=conv1",
)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_every_view_in_both_languages(page: Any, running: Lab, language: str) -> None:
    for view in VIEWS:
        look(page, running.address, f"{view}{'&' if '?' in view else '?'}language={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator(".problem:not(:empty)").count() == 0
        missing = page.evaluate("() => document.body.innerText.match(/\\b[a-z_]+\\.[a-z_]+\\b/g) ?? []")
        assert not set(missing) & TEXTS  # a sentence that was not found shows as its key


def test_every_view_by_keyboard(page: Any, running: Lab) -> None:
    """Tab reaches the first thing in each view that can be opened; nothing that a click opens is left out."""
    for view in VIEWS:
        if view == "#/glossary":  # to be read alone
            continue
        look(page, running.address, view)
        page.locator("#main").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('#main') !== null"), view
        lost = "[...document.querySelectorAll('#main .opens, #main .scroll')].filter(one => one.tabIndex < 0)"
        assert page.evaluate(f"() => {lost}.length") == 0, view


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make page, which needs node")
def test_every_view_is_accessible(browser: Any, running: Lab) -> None:
    """axe-core, light and dark, in one language and the other by turns."""
    said = []
    for scheme in ("light", "dark"):
        context = browser.new_context(bypass_csp=True, color_scheme=scheme)
        page = context.new_page()
        for number, view in enumerate(VIEWS):
            if number % 2 == (scheme == "dark"):
                continue
            language = "en" if number % 3 else "vi"
            look(page, running.address, f"{view}{'&' if '?' in view else '?'}language={language}")
            page.evaluate(AXE.read_text())
            for one in page.evaluate("async () => (await axe.run()).violations"):
                said.append(f"{scheme} {view}: {one['id']}: {one['nodes'][0]['html'][:200]}")
        context.close()
    assert said == []


def test_words_of_the_glossary_say_what_they_mean(page: Any, running: Lab) -> None:
    for language in ("en", "vi"):
        word = glossary(language)["receptive_field"][0]  # type: ignore[arg-type]
        look(page, running.address, f"#/fields?language={language}")
        term = page.locator("dfn", has_text=word).first
        term.focus()
        told = glossary(language)["receptive_field"][1]  # type: ignore[arg-type]
        assert page.locator("#tip").inner_text() == told
        assert term.get_attribute("aria-description") == told
        term.blur()
        assert page.locator("#tip").is_hidden()


SHOWN = {
    "norm": ["input", "mean", "variance", "epsilon", "weight", "bias", "value"],
    "groups": ["input", "mean", "variance", "value"],
    "layer": ["input", "mean", "variance", "value"],
    "act": ["input", "value"],
    "mix": ["bias", "value", "patch", "kernel", "products"],
    "up": ["bias", "value"],
    "gru": ["from_input", "from_state", "gates", "over_time"],
    "lstm": ["from_input", "from_state", "gates", "over_time"],
    "soft": ["inputs", "value"],
}
"""What the picture of each kind shows of what `explain` tells."""


def test_pictures_of_other_kinds(browser: Any) -> None:
    network, inputs = other_kinds(), numbers(1, 3, 8, 8)
    answer = open_explainer(network, inputs).explain().answer
    assert answer is not None
    opened = open_explainer(network, inputs, label=answer.ranking[0][0])  # as the lab, which shows gradients
    page = browser.new_page()
    with lab(network, inputs, port=0, browser=False) as running:
        for layer, names in SHOWN.items():
            look(page, running.address, f"#/number?layer={layer}")
            shown = np.array(values(page, "#main [data-value]"))
            unit = opened.explain(layer=layer).unit
            assert unit is not None
            told = unit.to_json()
            for name in names:
                for number in np.ravel(told[name]):
                    assert np.isclose(shown, number, rtol=1e-9, atol=1e-12).any(), (layer, name, number)
    page.close()


def test_names_with_markup_show_as_text(browser: Any, tmp_path: Path) -> None:
    odd = "<img src=x onerror=document.title='broken'>"
    inputs = tmp_path / f"{odd[:40].replace('/', '')}.npy"
    np.save(inputs, numbers(1, 3, 8, 8).numpy())
    network = nn.Sequential(OrderedDict([(odd.replace(".", ""), other_kinds().conv), ("flat", nn.Flatten())]))
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    with lab(network, str(inputs), port=0, browser=False) as running:
        for view in (
            "",
            "#/compare",
            "#/number?layer=flat",
            "#/block",
            "#/fields",
            f"#/layer?layer={quote(odd)}",
        ):
            look(page, running.address, view)
            assert page.locator("main img").count() == 0
        assert not any(url.endswith("/x") for url in asked)
    page.close()


def test_a_saved_page_needs_nothing(browser: Any, digits_run: Run, tmp_path: Path, opened: Explainer) -> None:
    path = tmp_path / "page.html"
    lab(digits_run.path, INPUT, save=path, save_size=0.3)
    assert path.stat().st_size < 900_000
    context = browser.new_context(offline=True)
    page = context.new_page()
    look(page, path.as_uri(), "#/number?layer=conv1")
    unit = opened.explain(layer="conv1").unit
    assert unit is not None
    assert value(page) == unit.value
    told = unit.to_json()
    for kind, name in (("input", "patch"), ("weight", "kernel"), ("product", "products")):
        assert values(page, f".grid.{kind} [data-value]") == np.ravel(told[name]).tolist()
    for view in ("", "?side=back", "fields", "loss", "tour?step=3", "quiz?step=0", "steps?step=4", "block"):
        look(page, path.as_uri(), f"#/{view}")
        assert page.locator("#main .problem:not(:empty)").count() == 0, view
    look(page, path.as_uri(), "#/")
    page.locator(".saved", has_text="numbers open, marked by a dot").wait_for()
    page.goto(path.as_uri() + "#/number?layer=conv1&at=0,0,0,0")
    page.locator(".problem", has_text="was not worked out when the page was saved").wait_for()
    page.locator("#main .links a").first.click()
    drawn(page, "number")
    context.close()


def test_texts_of_both_languages() -> None:
    texts = {name: json.loads((PAGE / f"{name}.json").read_text()) for name in ("en", "vi")}
    assert texts["en"].keys() == texts["vi"].keys()
    assert all(texts[name][key].strip() for name in texts for key in texts["en"])
    assert sum(path.stat().st_size for path in PAGE.iterdir()) <= 300_000  # bytes of the first load


@pytest.mark.parametrize(("kind", "kernel"), [(nn.Conv2d, 7), (nn.Conv3d, 3)])
def test_a_question_shows_all_that_it_is_about(browser: Any, kind: Any, kernel: int) -> None:
    """The right answer is the sum of the products that are shown, whatever the kernel's shape."""
    network = nn.Sequential(OrderedDict(conv=seeded(kind(1, 2, kernel)), flat=nn.Flatten()))
    sides = (8,) * (3 if kind is nn.Conv3d else 2)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    with lab(network, numbers(1, 1, *sides), port=0, browser=False) as running:
        look(page, running.address, "#/quiz?step=0")
        patch, weights = (values(page, f".grid.{one} [data-value]") for one in ("input", "weight"))
        choices = [float(one.replace("−", "-")) for one in page.locator("[data-choice]").all_inner_texts()]
        assert len(patch) == len(weights) == kernel ** len(sides)
        right = float(np.dot(patch, weights))
        assert min(abs(one - right) for one in choices) < 1e-3 * max(1, abs(right))
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
    page.close()


class Wide(nn.Module):
    """What is drawn of it is wide: a window of 20×20, patches of 7×7, a long name."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution_with_a_long_name = nn.Conv2d(2, 4, 7, padding=3)
        self.mix, self.pool, self.flat = nn.Conv2d(4, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        return self.flat(self.pool(self.mix(self.convolution_with_a_long_name(x))))  # type: ignore[no-any-return]


def test_every_view_fits_a_phone(browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 780})
    first = "convolution_with_a_long_name"
    with lab(seeded(Wide()), numbers(1, 2, 20, 20), port=0, browser=False) as running:
        of_numbers = [f"number?layer={name}&side=back" for name in (first, "mix", "pool", "flat")]
        for view in (
            *of_numbers,
            f"layer?layer={first}",
            f"weight?layer={first}&weight=0,0,3,3",
            "fields",
            "what-if",
            "loss",
        ):
            look(page, running.address, f"#/{view}&language=vi" if "?" in view else f"#/{view}?language=vi")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, view
    page.close()
