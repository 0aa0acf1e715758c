"""Every notebook of the course as a learner meets it: opened, run, its panels moved by keyboard."""

import pytest
from playwright.sync_api import expect

from adlab.panels import PANELS
from tests.browser import lab
from tests.browser.conftest import DEMO
from tests.panels.demo import ControlsPanel, SizesPanel

pytestmark = pytest.mark.browser

NOTEBOOKS = [path.name for path in sorted((lab.ROOT / "notebooks").glob("*.ipynb"))] + [DEMO]
DEMO_PANELS = (SizesPanel, ControlsPanel)
TITLES = [panel.title for panel in PANELS.values()]
WIDTHS = (1280, 768)


@pytest.fixture(
    scope="module",
    params=[(name, width) for name in NOTEBOOKS for width in WIDTHS],
    ids=lambda param: f"{param[0].removesuffix('.ipynb')}-{param[1]}",
)
def ran(request, browser, course):
    """A page on a notebook after Run All, with its name and width."""
    name, width = request.param
    with lab.opened(browser, course, name, width) as page:
        lab.run_all(page)
        first = ".jp-Notebook img" if name.startswith("A") else f"{lab.PANEL} .adlab-picture svg"
        page.locator(first).first.wait_for()  # an appendix has no panel
        lab.settle(page)
        yield page, name, width


def panels(page):
    return range(page.locator(lab.PANEL).count())


def test_run_all_finishes_without_an_error(ran, course):
    page, name, _ = ran
    assert lab.errors(page, course.folder / name) == []
    expect(page.locator(".jupyter-widgets-error-widget")).to_have_count(0)
    for complaint in ("model not found", "Error displaying widget"):
        expect(page.locator(".jp-Notebook")).not_to_contain_text(complaint)


def test_jupyterlab_asks_nothing(ran):
    page, _, _ = ran
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Open privacy policy")).to_have_count(0)


def test_every_panel_shows_its_picture_its_numbers_and_no_sentence(ran):
    page, name, _ = ran
    stored = lab.ROOT / "notebooks" / name
    made = len(DEMO_PANELS) if name == DEMO else lab.stored_panels(stored, TITLES)
    assert made >= 1 or name.startswith("A")
    expect(page.locator(lab.PANEL)).to_have_count(made)
    for k in panels(page):
        panel = page.locator(lab.PANEL).nth(k)
        expect(panel.locator(".adlab-picture svg[role=img]")).to_be_visible()
        expect(panel.locator(".adlab-words")).not_to_have_text("")
        expect(panel.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_drawn_in_light_and_dark(ran, scheme, artefacts):
    page, name, width = ran
    page.emulate_media(color_scheme=scheme)
    light = "true" if scheme == "light" else "false"
    page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
    stem = f"{name.removesuffix('.ipynb')}-{width}-{scheme}"
    for k in panels(page):
        panel = page.locator(lab.PANEL).nth(k)
        assert contrast(panel.locator(".adlab-words .widget-html-content > div")) >= 4.5
        lab.panel_screenshot(page, k, artefacts / f"{stem}-panel{k}.png")
    lab.screenshot(page, artefacts / f"{stem}.png")


def test_the_first_slider_moved_by_keyboard_changes_picture_and_text(ran):
    page, _, _ = ran
    for k in panels(page):
        panel = page.locator(lab.PANEL).nth(k)
        before = (
            panel.locator(".adlab-picture").inner_html(),
            panel.locator(".adlab-words").inner_text(),
        )
        lab.move(page, k, "ArrowRight")
        if (
            panel.locator(".adlab-picture").inner_html() == before[0]
        ):  # it stood at its end, or can't go there
            lab.move(page, k, "ArrowLeft")
            lab.move(page, k, "ArrowLeft")
        after = (
            panel.locator(".adlab-picture").inner_html(),
            panel.locator(".adlab-words").inner_text(),
        )
        assert after[0] != before[0], "the picture is the same"
        assert after[1] != before[1], "the text is the same"


def test_nothing_jumps_overlaps_or_is_cut_off_at_either_end_of_any_slider(ran):
    page, _, _ = ran
    complaints = []
    for k in panels(page):
        start = lab.place(page, k)
        complaints += lab.faults(page, k)
        sliders = page.locator(lab.PANEL).nth(k).get_by_role("slider")
        for slider in range(sliders.count()):
            for key in ("Home", "End"):
                lab.move(page, k, key, slider)
                where = f"panel {k}, {sliders.nth(slider).get_attribute('aria-label')}, {key}: "
                complaints += [where + fault for fault in lab.faults(page, k)]
                now = lab.place(page, k)
                if now != start:
                    complaints.append(where + f"the picture moved from {start} to {now}")
    assert not complaints, "\n".join(complaints)


def contrast(words) -> float:
    """The contrast of a text with what stands behind it, by WCAG 2.2, between 1 and 21."""
    ink, ground = words.evaluate(
        """element => {
            const clear = colour => ['transparent', 'rgba(0, 0, 0, 0)'].includes(colour);
            let behind = element;
            while (clear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
            const parts = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            return [parts(getComputedStyle(element).color),
                    parts(getComputedStyle(behind).backgroundColor)];
        }"""
    )
    dark, light = sorted((luminance(ink), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
