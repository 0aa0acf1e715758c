"""The desk in a real page: its buttons have names, and what they say appears and stays escaped."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from tests.browser import lab

NAME = "desk.ipynb"
SETUP = """\
import os
os.environ["ADLAB_PROGRESS"] = os.path.abspath("progress-of-this-test.json")
from adlab.course.lab import course
lab = course("01")"""
DESK = """\
def wrong(a, v):
    raise ValueError("<img src=x onerror=alert(1)>")


lab["push-a-cube"].desk(wrong)"""


@pytest.fixture
def page(browser, course):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(SETUP), new_code_cell(DESK)]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, course.folder / NAME)
    with lab.opened(browser, course, NAME, 768) as page:
        lab.run_all(page)
        yield page


def test_the_buttons_do_what_the_methods_do(page, course):
    desk = page.locator(".adlab-desk")
    expect(desk).to_contain_text("A JVP in one line")
    said = desk.get_by_role("alert")
    for name, words in (
        ("Check", "YOUR CODE RAISED"),
        ("Hint", "Hint 1 of 3, the idea"),
        ("Reveal", "Reveal the solution?"),
        ("Reveal", "def push_cube(a, v):"),
    ):
        button = desk.get_by_role("button", name=name, exact=True)
        button.focus()
        button.press("Enter")
        expect(said).to_contain_text(words)
        if name == "Check":
            expect(said).to_contain_text("<img src=x onerror=alert(1)>")
            expect(desk.locator("img")).to_have_count(0)
    assert lab.errors(page, course.folder / NAME) == []


@pytest.mark.parametrize("key", ["r", "x", "ArrowDown"])
def test_no_key_on_a_button_acts_on_the_notebook(page, key):
    """In command mode r makes the cell raw and the desk is gone, x cuts it, an arrow leaves."""
    desk = page.get_by_role("group", name="A JVP in one line")
    button = desk.get_by_role("button", name="Hint", exact=True)
    button.focus()
    button.press(key)
    button.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Hint 1 of 3")
    expect(button).to_be_focused()
