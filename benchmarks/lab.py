"""How long the lab takes: command → first page, click → drawn, what-if → redrawn; what the page weighs.

    python benchmarks/lab.py            # about two minutes; needs playwright and the system's Chromium
    python benchmarks/lab.py --clicks 10 --axe node_modules/axe-core/axe.min.js

Times are those of the page itself, from the click until the view is drawn; the median and the 95th percentile
of some forty clicks. --axe: also asks axe-core (npm) what each view does wrong.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from playwright.sync_api import sync_playwright

import striate
from striate.exploring.lab import Lab, lab
from striate.exploring.server import PAGE

VIEWS = (
    "#/", "#/?side=back", "#/number?layer=conv2", "#/number?layer=conv2&side=back", "#/number?layer=fc2",
    "#/weight?layer=conv1&weight=3,0,1,1", "#/layer?layer=conv1", "#/pixel?layer=input&at=0,0,3,4", "#/loss",
    "#/steps?step=3", "#/what-if", "#/tour?step=2", "#/quiz?step=0", "#/compare", "#/glossary", "#/live",
    "#/train", "#/derivation?layer=conv1",
)  # fmt: skip


def main() -> None:
    """Prints a line for each figure."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--clicks", type=int, default=40)
    asked.add_argument("--axe", type=Path)
    asked.add_argument("--run", default="runs/digits-plain", help="of a small plain: `striate train digits`")
    options = asked.parse_args()
    sizes = {path.name: path.stat().st_size for path in PAGE.iterdir()}
    print(f"page: {sum(sizes.values()) / 1000:.0f} kB in {len(sizes)} files")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first_page(browser)
        with lab(options.run, "test/17", port=0, browser=False) as opened:
            assert isinstance(opened, Lab)
            clicks(
                browser, opened.address, "plain", options.clicks, ["conv1", "pool1", "conv2", "fc1", "fc2"]
            )
            what_if(browser, opened.address, options.clicks)
            if options.axe:
                accessible(browser, opened.address, options.axe.read_text())
        torch.manual_seed(0)
        network = striate.build("resnet18", classes=1000).eval()
        with lab(network, torch.randn(1, 3, 224, 224), port=0, browser=False) as opened:
            assert isinstance(opened, Lab)
            layers = ["conv1", "layer1.0.conv1", "layer2.0.bn1", "layer3.1.conv2", "layer4.1.conv2", "fc"]
            clicks(browser, opened.address, "resnet18 at 224²", options.clicks, layers)
        browser.close()


def first_page(browser: Any) -> None:
    """From the command without arguments to the page, and to the first maps; a tab is open."""
    page = browser.new_page()
    began = time.perf_counter()
    command = [sys.executable, "-m", "striate", "lab", "--no-browser", "--json", "--port", "0"]
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=compiled)
    try:
        assert done.stdout is not None
        address = json.loads(done.stdout.readline())["address"]
        up = time.perf_counter() - began
        page.goto(address)
        page.locator("header a.brand").wait_for()
        shown = time.perf_counter() - began
        page.locator("#main[data-ready] canvas").first.wait_for(timeout=300_000)
        usable = time.perf_counter() - began
        page.close()
    finally:
        done.terminate()
    print(f"command → server up {up:.2f} s → page {shown:.2f} s → first maps {usable:.2f} s")


def opened_page(browser: Any, address: str) -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(address)
    page.locator("#main[data-ready]").wait_for(state="attached", timeout=300_000)
    return page


def clicks(browser: Any, address: str, name: str, count: int, layers: list[str]) -> None:
    """Every number anew, none of it asked before."""
    page, took = opened_page(browser, address), []
    for number in range(count):
        layer = layers[number % len(layers)]
        shape = page.evaluate(
            "async layer => (await (await fetch('/api/overview?language=en&state=0')).json()).layers"
            ".find(one => one.name === layer).shape",
            layer,
        )
        at = ",".join(str((number * 7 + axis * 3) % side) if axis else "0" for axis, side in enumerate(shape))
        page.evaluate("view => { location.hash = view }", f"#/number?layer={layer}&at={at}")
        page.locator(f'#main[data-ready="#/number?layer={layer}&at={at}"]').wait_for(state="attached")
        took.append(float(page.locator("#main").get_attribute("data-took")))
    page.close()
    took.sort()
    print(f"{name}: click → drawn {median(took):.0f} ms, 95 % within {took[int(0.95 * (count - 1))]:.0f} ms")


def what_if(browser: Any, address: str, count: int) -> None:
    """A stroke on the input until everything is redrawn."""
    page, took = opened_page(browser, address + "#/what-if"), []
    box = page.locator("canvas.editor").bounding_box()
    for number in range(count):
        before = page.locator(".below").get_attribute("data-state")
        began = time.perf_counter()
        page.mouse.click(box["x"] + 8 + 20 * (number % 8), box["y"] + 8 + 20 * (number // 8 % 8))
        page.locator(f'.below[data-state]:not([data-state="{before}"])').wait_for()
        took.append(1000 * (time.perf_counter() - began))
    page.close()
    took.sort()
    print(
        f"what if: stroke → redrawn {median(took):.0f} ms, 95 % within {took[int(0.95 * (count - 1))]:.0f} ms"
    )


def accessible(browser: Any, address: str, axe: str) -> None:
    """What axe-core finds in every view, in light and dark."""
    found = 0
    for scheme in ("light", "dark"):
        context = browser.new_context(bypass_csp=True, color_scheme=scheme)
        page = context.new_page()
        for view in VIEWS:
            page.goto(address + view)
            name = view.split("?")[0].removeprefix("#/") or "overview"
            page.locator(f'#main[data-view="{name}"]').wait_for(state="attached", timeout=60_000)
            page.evaluate(axe)
            for one in page.evaluate("async () => (await axe.run()).violations"):
                found += 1
                print(f"axe: {scheme} {view}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}")
        context.close()
    print(f"axe-core: {found} violations in {len(VIEWS)} views, light and dark")


if __name__ == "__main__":
    main()
