"""Every control has a name that a screen reader can say, and works by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.conftest import DEMO

pytestmark = pytest.mark.browser

SIZES, CONTROLS = 0, 1


@pytest.fixture(scope="module")
def page(browser, course):
    with lab.opened(browser, course, DEMO, 1280) as page:
        lab.run_all(page)
        page.locator(lab.PANEL).nth(CONTROLS).locator("svg").first.wait_for()
        lab.settle(page)
        yield page


def test_panels_are_groups_with_their_title(page):
    expect(page.get_by_role("group", name="A matrix and its push")).to_have_count(1)
    expect(page.get_by_role("group", name="Controls", exact=True)).to_have_count(1)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("slider", "whole number"),
        ("slider", "real number"),
        ("slider", "range, lower end"),
        ("slider", "range, upper end"),
        ("slider", "step"),
        ("textbox", "whole number, type a value"),
        ("combobox", "list"),
        ("textbox", "word"),
        ("checkbox", "tick"),
        ("group", "run"),
        ("button", "run: play"),
        ("button", "run: stop"),
        ("button", "run: repeat"),
        ("group", "mode"),
        ("button", "forward"),
        ("radiogroup", "kind"),
        ("radio", "p"),
        ("button", "one more"),
    ],
)
def test_each_control_is_found_by_role_and_name(page, role, name):
    panel = page.locator(lab.PANEL).nth(CONTROLS)
    expect(panel.get_by_role(role, name=name, exact=True)).to_have_count(1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("End", "20"),
        ("ArrowLeft", "19"),
        ("ArrowDown", "18"),
        ("Home", "0"),
        ("ArrowRight", "1"),
        ("ArrowUp", "2"),
    ],
)
def test_keys_move_a_slider(page, key, value):
    slider = page.get_by_role("slider", name="whole number", exact=True)
    slider.press(key)
    expect(slider).to_have_attribute("aria-valuetext", value)
    words = page.locator(lab.PANEL).nth(CONTROLS).locator(".adlab-words")
    expect(words).to_contain_text(f"whole {value}\n")


def test_page_keys_move_a_slider_by_more_than_one_step(page):
    slider = page.get_by_role("slider", name="whole number", exact=True)
    slider.press("Home")
    slider.press("PageUp")
    lab.settle(page)
    up = int(slider.get_attribute("aria-valuetext"))
    assert up > 1
    slider.press("PageDown")
    expect(slider).to_have_attribute("aria-valuetext", "0")


def test_a_slider_of_words_says_the_word(page):
    slider = page.get_by_role("slider", name="step", exact=True)
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "big")


def test_a_pressed_button_says_so(page):
    reverse = page.get_by_role("button", name="reverse", exact=True)
    expect(reverse).to_have_attribute("aria-pressed", "false")
    reverse.press("Enter")
    expect(page.locator(lab.PANEL).nth(CONTROLS)).to_contain_text("mode reverse")


def test_a_button_works_by_keyboard_and_keeps_the_focus(page):
    panel = page.locator(lab.PANEL).nth(CONTROLS)
    more = panel.get_by_role("button", name="one more", exact=True)
    more.press("Enter")
    expect(panel.locator(".adlab-words")).to_contain_text("pressed 1")
    more.press("Space")
    expect(panel.locator(".adlab-words")).to_contain_text("pressed 2")
    expect(more).to_be_focused()


# A key in JupyterLab's command mode acts on the cell: x cuts it, r and m make it raw and Markdown,
# a, b and v add one, the arrows leave for the next.
LETTERS = [*"jkxabcvddrmyolz1", "Shift+m"]
ARROWS = ["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End", "PageUp", "PageDown"]
FOCUSABLE = {
    "list": "select",
    "slider": "[role=slider]",
    "number": ".widget-readout",
    "line": "input[type=text]",
    "box": "input[type=checkbox]",
    "round": "input[type=radio] >> nth=0",
    "button": ".adlab-control-more",
    "switch": ".widget-toggle-buttons button",
    "words": ".adlab-words > div > div",
}


def notebook(page):
    """What a key may not change: the cells, their kinds, text and numbers, and the panels."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell => [
            cell.className.match(/jp-(Code|Markdown|Raw)Cell/)[1],
            cell.querySelector('.cm-content')?.innerText,
            cell.querySelector('.jp-InputPrompt')?.textContent,
            cell.querySelectorAll('.adlab-panel').length,
            cell.className.includes('jp-mod-selected')])"""
    )


@pytest.mark.parametrize("control", FOCUSABLE)
def test_no_key_on_a_control_acts_on_the_notebook(page, control):
    place = page.locator(lab.PANEL).nth(CONTROLS).locator(FOCUSABLE[control]).first
    if control == "words":  # a text that is longer than its room can be scrolled by keyboard
        place.evaluate("e => e.tabIndex = 0")
    page.locator(lab.PANEL).nth(CONTROLS).locator(".adlab-words").click()  # its cell is chosen
    place.focus()
    before = notebook(page)
    within = "p => p.contains(document.activeElement)"
    for key in [*ARROWS, *LETTERS, "Enter", "Escape"]:  # these two open and close a list
        page.keyboard.press(key)
        assert page.locator(lab.PANEL).nth(CONTROLS).evaluate(within), f"{key} leaves the panel"
        assert notebook(page) == before, f"{key} acts on the notebook"
    page.keyboard.press("Tab")
    assert not place.evaluate("e => e === document.activeElement"), "there is no way out"


def test_arrows_and_letters_choose_from_a_closed_list(page):
    words = page.locator(lab.PANEL).nth(CONTROLS).locator(".adlab-words")
    page.get_by_role("combobox", name="list", exact=True).focus()
    for key, chosen in [("ArrowUp", "a"), ("ArrowDown", "b"), ("a", "a")]:
        page.keyboard.press(key)
        expect(words).to_contain_text(f"list {chosen}\n")


def test_the_text_is_announced_politely(page):
    words = page.locator(".adlab-words")
    assert words.evaluate_all("all => all.map(e => e.ariaLive)") == ["polite", "polite"]


def test_an_invalid_setting_is_said_and_the_last_good_picture_stays(page):
    panel = page.locator(lab.PANEL).nth(SIZES)
    n = panel.get_by_role("slider", name="n, inputs", exact=True)
    m = panel.get_by_role("slider", name="m, outputs", exact=True)
    n.press("Home")
    m.press("End")
    lab.settle(page)
    expect(panel.get_by_role("alert")).to_have_count(0)
    place = lab.place(page, SIZES)
    n.press("End")
    expect(panel.get_by_role("alert")).to_contain_text("n times m is 30")
    assert re.search(r"J, 5 by \d,", panel.locator("svg title").first.text_content())
    assert lab.place(page, SIZES) == place
    assert lab.faults(page, SIZES) == []
    n.press("Home")
    expect(panel.get_by_role("alert")).to_have_count(0)


PLANTED = {
    "is 10.0 px high": "p => p.querySelector('text').setAttribute('font-size', '10')",
    "is cut off by the edge": "p => p.querySelector('text').setAttribute('x', '-30')",
    "overlap": "p => p.querySelector('text').after(p.querySelector('text').cloneNode(true))",
    "the panel from": "p => p.querySelector('svg').style.cssText = 'min-width: 2000px'",
    ".adlab-words needs": "p => p.querySelector('.adlab-words div > div').append('a '.repeat(999))",
    ".adlab-note needs": "p => p.querySelector('.adlab-note div > div').append('a '.repeat(999))",
    "cut short": "p => p.querySelector('.widget-label').append(' of a very long name')",
    "a slider has no name": "p => p.querySelector('[role=slider]').ariaLabel = ''",
    "there are 0 pictures": "p => p.querySelector('svg').remove()",
}


@pytest.mark.parametrize("complaint", PLANTED)
def test_each_fault_of_the_layout_is_found(page, complaint):
    assert lab.planted(page, SIZES, "p => {}") == []
    found = lab.planted(page, SIZES, PLANTED[complaint])
    assert any(complaint in fault for fault in found), found


def test_what_a_learner_types_is_text_and_not_markup(page):
    panel = page.locator(lab.PANEL).nth(SIZES)
    box = panel.get_by_role("textbox", name="name", exact=True)
    box.fill("<b id=planted>&amp;")
    box.press("Enter")
    expect(panel.locator(".adlab-words")).to_contain_text("<b id=planted>&amp;")
    expect(page.locator("#planted")).to_have_count(0)
    box.fill("J")
    box.press("Enter")


def test_a_page_without_anywidget_shows_the_panel_and_no_complaint(browser, course):
    with lab.opened(browser, course, DEMO, 1280) as page:
        page.route(re.compile("anywidget.*"), lambda route: route.abort())
        page.reload()
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        lab.run_all(page)
        panel = page.locator(lab.PANEL).nth(SIZES)
        panel.locator(".adlab-picture svg").first.wait_for()
        lab.settle(page)
        assert not panel.get_attribute("aria-label"), "anywidget was there after all"
        expect(panel.locator(".jupyter-widgets-error-widget")).to_be_hidden()
        assert "error" not in panel.inner_text().lower()
        before = panel.locator(".adlab-picture").inner_html()
        lab.move(page, SIZES, "ArrowRight")
        assert panel.locator(".adlab-picture").inner_html() != before


def test_the_keys_of_jupyterlab_that_run_and_save_still_do(browser, course):
    with lab.opened(browser, course, DEMO, 1280) as page:
        lab.run_all(page)
        panel = page.locator(lab.PANEL).nth(CONTROLS)
        panel.locator("svg").first.wait_for()
        panel.locator(FOCUSABLE["list"]).press("ArrowDown")
        with page.expect_request(lambda r: r.method == "PUT" and DEMO in r.url):
            panel.locator(FOCUSABLE["list"]).press("Control+s")
        panel.locator(".adlab-words").click()
        panel.locator(FOCUSABLE["list"]).press("Shift+Enter")
        expect(page.locator(".jp-InputPrompt", has_text="[4]:")).to_have_count(1)
