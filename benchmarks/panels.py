"""From a key press to the changed picture: `python -m benchmarks.panels`.

Starts the course as a learner does, opens every notebook in Chromium, and for each panel moves its
first slider one step right and one step left, again and again. The clock starts at the browser's
time stamp of the key press and stops in the frame that shows the new picture; so it holds the way
to the kernel, the computation, the drawing, and the way back.

`--demo` takes the small panel of `tests/panels/demo.py` instead of the course.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import lab
from tests.browser.conftest import DEMO, write_demo

MEDIAN, P95 = 40, 60  # ms, on 2 cores
LARGEST = {"09-branching-networks.ipynb": ("start from", "dense")}  # the most a panel can show
LARGEST_P95 = 100
WARM_UP = 10

TIMER = """(panel, index) => {
    const picture = panel.querySelector('.adlab-picture');
    const slider = panel.querySelectorAll('[role=slider]')[index];
    slider.addEventListener('keydown', event => {
        panel.elapsed = null;
        const observer = new MutationObserver(() => {
            observer.disconnect();
            requestAnimationFrame(() => { panel.elapsed = performance.now() - event.timeStamp; });
        });
        observer.observe(picture, {childList: true, subtree: true, characterData: true});
    }, {capture: true});
}"""


def times(page: Page, panel: int, presses: int) -> list[float]:
    """Milliseconds from key press to picture, one for each of `presses` moves."""
    box = page.locator(lab.PANEL).nth(panel)
    box.scroll_into_view_if_needed()
    slider = box.get_by_role("slider").first
    keys = ["ArrowRight", "ArrowLeft"]
    if slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax"):
        keys.reverse()
    box.evaluate(TIMER, 0)
    measured = []
    for k in range(WARM_UP + presses):
        slider.press(keys[k % 2])
        wait = "panel => new Promise(done => { const look = () => panel.elapsed == null"
        wait += " ? setTimeout(look, 5) : done(panel.elapsed); look(); })"
        measured.append(box.evaluate(wait))
        page.wait_for_timeout(30)  # a learner does not press again in the same moment
    return measured[WARM_UP:]


def quantile95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.panels", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--presses", type=int, default=100, help="for each panel (%(default)s)")
    parser.add_argument("--only", default="[0-9A]", help="notebooks whose names begin so, as 05")
    parser.add_argument("--demo", action="store_true", help="measure the test panel only")
    options = parser.parse_args()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; target: median {MEDIAN} ms, p95 {P95} ms")
    print(f"{'notebook':34} {'panel':38} {'median':>7} {'p95':>7} {'worst':>7}  ms")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = lab.launch(playwright)
        with lab.start_course(Path(folder)) as course:
            write_demo(course.folder / DEMO)
            chapters = sorted(path.name for path in course.folder.glob(f"{options.only}*.ipynb"))
            for name in [DEMO] if options.demo else chapters:
                measure(browser, course, name, options.presses)
        browser.close()


def measure(browser, course, name: str, presses: int) -> None:
    with lab.opened(browser, course, name, 1280) as page:
        lab.run_all(page)
        lab.settle(page, 1000)
        for panel in range(page.locator(lab.PANEL).count()):
            title = page.locator(lab.PANEL).nth(panel).get_attribute("aria-label")
            told(name, title, times(page, panel, presses), MEDIAN, P95)
        if name in LARGEST:
            menu, example = LARGEST[name]
            page.get_by_role("combobox", name=menu).select_option(example)
            lab.settle(page, 1000)
            told(name, f"{title}: {example}", times(page, 0, presses), LARGEST_P95, LARGEST_P95)


def told(name, title, measured, most_median, most_p95):
    """One row of the table."""
    figures = statistics.median(measured), quantile95(measured), max(measured)
    columns = " ".join(f"{figure:7.1f}" for figure in figures)
    met = figures[0] <= most_median and figures[1] <= most_p95
    print(f"{name:34} {title:38} {columns}  {'' if met else 'missed'}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
