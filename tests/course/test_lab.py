"""The lab: what a learner calls, what it says, and what it remembers."""

import dataclasses
import os

import pytest

from adlab.course import lab as module
from adlab.course.chapters import CHAPTERS
from adlab.course.grading import Status
from adlab.course.lab import Lab, course
from adlab.course.progress import Progress, progress_path
from tests.course import junk


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "mine.json")


@pytest.fixture
def lab(progress):
    return Lab("01", progress)


def push_cube(a, v):
    return 3 * a**2 * v


def test_the_tests_have_a_progress_of_their_own(tmp_path):
    assert progress_path().parent == tmp_path
    course("00")["read-a-shape"].check((2, 6))
    assert os.path.exists(tmp_path / "progress.json")
    assert Lab("00").line == "Chapter 00, Start here: 1 of 4 done."


def test_course_says_one_line(capsys, progress):
    lab = course("01", progress)
    assert capsys.readouterr().out == "Chapter 01, Derivatives are linear maps: 0 of 5 done.\n"
    lab["push-by-hand"].check([-4, -5, 6])
    course(1, progress)
    assert capsys.readouterr().out == "Chapter 01, Derivatives are linear maps: 1 of 5 done.\n"


def test_course_says_what_is_wrong_with_the_progress_file(capsys, tmp_path):
    path = tmp_path / "damaged.json"
    path.write_text("{")
    course("01", Progress(path))
    said = capsys.readouterr().out.splitlines()
    assert len(said) >= 2
    assert "damaged" in said[1]


def test_a_lab_lists_its_exercises(lab):
    lab["push-by-hand"].check([-4, -5, 6])
    lab["pull-by-hand"].check([6, 11])
    lab["push-a-cube"].reveal(yes=True)
    lines = repr(lab).splitlines()
    assert lines[0].endswith("1 of 5 done.")
    assert lines[1].split() == ["jacobian-by-hand", "NOT", "ATTEMPTED"]
    assert lines[2].split() == ["push-by-hand", "PASSED"]
    assert lines[3].split() == ["pull-by-hand", "NOT", "YET"]
    assert lines[4].endswith("NOT ATTEMPTED, solution seen")
    assert list(lab) == [e.name for e in CHAPTERS["01"].exercises]
    assert repr(lab["push-by-hand"]) == "01/push-by-hand · Push a tangent: J v · PASSED"


def test_what_does_not_exist_is_said(lab):
    with pytest.raises(KeyError, match="did you mean 'push-a-cube'"):
        lab["push-a-cub"]
    with pytest.raises(KeyError, match="no chapter '99'"):
        course("99")


def test_an_exercise_that_was_taken_out_is_known_by_the_progress(lab, progress):
    progress.record("01/push-a-cub", status="PASSED", attempts=2)
    with pytest.raises(KeyError, match="of another version, and what you passed stays passed"):
        lab["push-a-cub"]
    assert progress.entry("01/push-a-cub").passed


def test_a_check_is_recorded(lab, progress):
    task = lab["push-a-cube"]
    assert task.check(push_cube)
    entry = progress.entry("01/push-a-cube")
    assert (entry.status, entry.attempts, entry.revision) == ("PASSED", 1, 1)
    assert not task.check(lambda a, v: a)
    entry = progress.entry("01/push-a-cube")
    assert (entry.status, entry.attempts) == ("PASSED", 2), "a pass is never lost"


def test_what_is_no_attempt_is_not_recorded(lab, progress, monkeypatch):
    task = lab["push-a-cube"]
    for answer, status in (
        (..., Status.NOT_ATTEMPTED),
        (lambda a, v: ..., Status.NOT_ATTEMPTED),
        (junk.raises(KeyboardInterrupt()), Status.INTERRUPTED),
    ):
        assert task.check(answer).status is status
    assert task.check().status is Status.NOT_ATTEMPTED

    def broken(*args):
        raise RuntimeError("ours")

    monkeypatch.setattr(type(task.exercise), "judge", broken)
    assert task.check(push_cube).status is Status.FAULT
    assert progress.entries() == {}


def test_code_that_raises_is_an_attempt(lab, progress):
    lab["push-a-cube"].check(junk.raises(ValueError("no")))
    assert progress.entry("01/push-a-cube").status == "YOUR CODE RAISED"


def test_the_seed(lab):
    task = lab["push-a-cube"]
    assert "(seed 7)" in task.check(push_cube, seed=7).message
    with pytest.raises(TypeError, match="seed must be a whole number"):
        task.check(push_cube, seed="seven")
    with pytest.raises(ValueError, match="seed must not be negative"):
        task.check(push_cube, seed=-1)


def test_three_hints_then_no_more(lab, progress):
    task = lab["push-a-cube"]
    hints = [task.hint() for _ in range(4)]
    assert hints[0].heading == "Hint 1 of 3, the idea · 01/push-a-cube"
    assert hints[1].heading.startswith("Hint 2 of 3, the formula")
    assert hints[2].code == task.exercise.hints[2]
    assert hints[3] == hints[2]
    assert "the last hint" in hints[2].text
    assert [h.text for h in hints[:2]] == list(task.exercise.hints[:2])
    assert progress.entry("01/push-a-cube").hints == 3
    assert progress.entry("01/push-a-cube").status == "NOT ATTEMPTED"


def test_example(lab):
    text = repr(lab["push-a-cube"].example())
    assert "With a = [1, 2]; v = [3, -1]: push_cube(a, v) is [9, -12]." in text


def test_reveal_asks_before_the_first_pass_and_is_remembered(lab, progress):
    task = lab["push-a-cube"]
    asked = task.reveal()
    assert "call .reveal() once more" in asked.text
    assert asked.code == ""
    assert not progress.entry("01/push-a-cube").revealed
    shown = task.reveal()
    assert shown.code == task.exercise.solution
    assert shown.text == task.exercise.explanation
    assert progress.entry("01/push-a-cube").revealed
    assert Lab("01", progress)["push-a-cube"].reveal().code, "asked once is enough"


def test_reveal_at_once(lab):
    assert lab["push-a-cube"].reveal(yes=True).code
    lab["push-by-hand"].check([-4, -5, 6])
    assert lab["push-by-hand"].reveal().code, "after a pass nobody is asked"


def test_reset_begins_again_but_a_pass_stays(lab, progress):
    task = lab["push-a-cube"]
    task.check(push_cube)
    task.hint()
    task.hint()
    assert "stays passed" in task.reset().text
    assert "Hint 1 of 3" in task.hint().heading
    assert progress.entry("01/push-a-cube").passed
    other = lab["push-by-hand"]
    other.reveal()
    other.reset()
    assert other.reveal().code == ""


def test_an_exercise_that_changed_since_it_was_passed(lab, progress, monkeypatch):
    lab["push-a-cube"].check(push_cube)
    lab["push-by-hand"].check([-4, -5, 6])
    changed = [dataclasses.replace(e, revision=2) for e in CHAPTERS["01"].exercises]
    newer = dataclasses.replace(CHAPTERS["01"], exercises=tuple(changed))
    monkeypatch.setitem(module.CHAPTERS, "01", newer)
    lab = Lab("01", progress)
    assert lab.line.endswith("0 of 5 done.")
    assert lab["push-a-cube"].standing == "you passed an earlier version"
    text = lab.recheck().text
    assert "push-a-cube: you passed an earlier version; run its cell again" in text
    assert lab["push-a-cube"].check(push_cube)
    assert lab["push-a-cube"].passed
    text = lab.recheck().text
    assert "push-a-cube: PASSED" in text
    assert "push-by-hand: you passed an earlier version" in text


def test_recheck_with_nothing_to_do(lab):
    assert lab.recheck().text == "Nothing was answered in this session."


def test_progress_that_can_not_be_saved_is_said_once_and_the_check_goes_on(tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    lab = Lab("01", Progress(blocked / "progress.json"))
    first = lab["push-a-cube"].check(push_cube)
    assert first
    assert "can't be saved" in first.message
    second = lab["push-a-cube"].check(push_cube)
    assert "can't be saved" not in second.message
    assert lab["push-a-cube"].passed, "kept in memory"


def test_html_is_escaped_everywhere(lab):
    markup = "<script>alert('x')</script>&"

    def talks(a, v):
        print(markup)
        raise ValueError(markup)

    Odd = type(markup, (), {})
    shown = [
        lab["push-a-cube"].check(talks),
        lab["push-a-cube"].check(lambda a, v: Odd()),
        lab["push-a-cube"].check(markup),
    ]
    choice = Lab("00", lab.progress)["rows-or-columns"].check(markup)
    for result in [*shown, choice]:
        page = result._repr_html_()
        assert "<script" not in page
        assert page.startswith("<div")
    for result in [*shown[:2], choice]:
        assert "&lt;script&gt;" in result._repr_html_()
        assert "<script>" in repr(result)


def test_a_skeleton_keeps_its_lines():
    hint = Lab("00")["one-column"]
    hint.hint()
    hint.hint()
    text = repr(hint.hint())
    assert "\n\nnudge = np.zeros(len(a))\nnudge[...] = ...\n" in text
    assert "<pre" in hint.hint()._repr_html_()
