"""The page in a real browser: by mouse and by keyboard, its numbers those of `explain`."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from striate.explaining.explainer import Change, Explainer, open_explainer
from striate.exploring.lab import Lab, lab
from striate.exploring.server import PAGE
from striate.training.train import Run

sync_api = pytest.importorskip("playwright.sync_api", reason="the page is looked at by playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look at the page with")
INPUT = "digits/test/17"


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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
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


def look(page: Any, running: Lab, view: str = "") -> None:
    page.goto(running.address + view)
    drawn(page, view.split("?")[0].removeprefix("#/") or "overview")


def drawn(page: Any, view: str) -> None:
    page.locator(f'#main[data-view="{view}"]').wait_for(state="attached", timeout=60_000)


def value(page: Any, where: str = "output.value") -> float:
    return float(page.locator(where).first.get_attribute("data-value"))


def test_from_a_map_down_to_a_pixel_by_mouse(page: Any, running: Lab, opened: Explainer) -> None:
    look(page, running)
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
    grids = {kind: page.locator(f"table.grid.{kind} td") for kind in ("input", "weight", "product")}
    strongest = max(range(len(told["patch"])), key=lambda c: abs(told["channel_sums"][c]))
    for kind, name in (("input", "patch"), ("weight", "kernel"), ("product", "products")):
        shown = [float(cell.get_attribute("data-value")) for cell in grids[kind].all()]
        assert shown == [one for row in told[name][strongest] for one in row]
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
    look(page, running)
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
    look(page, running, "#/what-if")
    page.locator("button", has_text="Blur").click()
    page.locator(".below[data-state]").wait_for()
    weight = opened.parameters("conv1")["weight"]
    weight[0, 0] = [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]]
    ours = opened.changed(Change(weights={"conv1.weight": weight})).explain().answer
    assert ours is not None
    shown = [
        float(cell.get_attribute("data-value")) for cell in page.locator(".answers td[data-value]").all()
    ]
    assert shown == pytest.approx(list(ours.probabilities), rel=1e-6)
    canvas = page.locator("canvas.editor")
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 10, box["y"] + 10)
    state = page.locator(".below").get_attribute("data-state")
    page.locator(f'.below[data-state="{int(state) + 1}"]').wait_for()


VIEWS = (
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
        page.goto(f"{running.address}{view}{'&' if '?' in view else '?'}language={language}")
        drawn(page, view.split("?")[0].removeprefix("#/"))
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator(".problem:not(:empty)").count() == 0


def test_a_saved_page_needs_nothing(browser: Any, digits_run: Run, tmp_path: Path, opened: Explainer) -> None:
    path = tmp_path / "page.html"
    lab(digits_run.path, INPUT, save=path, save_size=0.9)
    assert path.stat().st_size < 1_500_000
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri() + "#/number?layer=conv1")
    drawn(page, "number")
    unit = opened.explain(layer="conv1").unit
    assert unit is not None
    assert value(page) == unit.value
    page.goto(path.as_uri() + "#/number?layer=conv1&at=0,0,0,0")
    page.locator(".problem", has_text="was not worked out when the page was saved").wait_for()
    context.close()


def test_texts_of_both_languages() -> None:
    texts = {name: json.loads((PAGE / f"{name}.json").read_text()) for name in ("en", "vi")}
    assert texts["en"].keys() == texts["vi"].keys()
    assert all(texts[name][key].strip() for name in texts for key in texts["en"])
    assert sum(path.stat().st_size for path in PAGE.iterdir()) <= 300_000  # bytes of the first load
