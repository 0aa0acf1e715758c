"""The desk does by mouse what the methods do, and hides nothing."""

import pytest

from adlab.course.desk import Desk
from adlab.course.lab import Lab
from adlab.course.progress import Progress


@pytest.fixture
def task(tmp_path):
    return Lab("01", Progress(tmp_path / "mine.json"))["push-a-cube"]


def press(desk, name):
    """What the page does when a button is clicked."""
    (button,) = [box for box in buttons(desk) if box.description == name]
    button.click()
    return desk.result.value


def buttons(desk):
    return desk.children[1].children


def test_check(task):
    desk = task.desk(lambda a, v: 3 * a**2 * v)
    assert isinstance(desk, Desk)
    assert desk.result.value == ""
    assert "<b>PASSED · 01/push-a-cube</b>" in press(desk, "Check")
    assert task.entry.attempts == 1
    wrong = task.desk(lambda a, v: a**2 * v)
    assert "The factor 3 is missing" in press(wrong, "Check")
    assert "NOT ATTEMPTED" in press(task.desk(), "Check")


def test_it_says_what_the_methods_say(task):
    answer = abs
    desk = task.desk(answer, seed=7)
    assert task.check(answer, seed=7)._repr_html_() in press(desk, "Check")


def test_hint_and_reveal(task):
    desk = task.desk()
    assert "Hint 1 of 3, the idea" in press(desk, "Hint")
    assert "Hint 2 of 3" in press(desk, "Hint")
    assert "Reveal the solution?" in press(desk, "Reveal")
    assert not task.entry.revealed
    assert "def push_cube(a, v):" in press(desk, "Reveal")
    assert task.entry.revealed


def test_everything_is_escaped(task):
    def answer(a, v):
        raise ValueError("<img src=x onerror=alert(1)>")

    page = press(task.desk(answer), "Check")
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_fault_of_ours_is_said_and_goes_on(task, no_swallowed_exception):
    def broken():
        raise RuntimeError("<b>ours</b>")

    desk = task.desk()
    desk.buttons["Hint"] = broken
    with pytest.raises(RuntimeError):
        desk.press("Hint")
    assert "This button has a fault: RuntimeError: &lt;b&gt;ours" in desk.result.value
    press(desk, "Hint")  # ipywidgets logs what a callback raises
    assert len(no_swallowed_exception) == 1
    no_swallowed_exception.clear()


def test_names_for_everybody(task):
    desk = task.desk()
    assert [box.description for box in buttons(desk)] == ["Check", "Hint", "Reveal"]
    assert all("A JVP in one line" in box.tooltip for box in buttons(desk))
    assert 'role="alert"' in press(desk, "Check")
    bundle = desk._repr_mimebundle_()
    assert bundle["text/plain"] == "A JVP in one line: Check, Hint, Reveal"
