"""The overview: what is done, what is open, what has changed, and what to do next."""

import json
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from adlab.course.chapters import CHAPTERS
from adlab.course.overview import Overview, as_html, as_text, summary
from adlab.course.progress import PASSED, Entry, Progress

LAST = "You have passed every exercise there is."


def exercise(name, title, revision=1):
    return SimpleNamespace(name=name, title=title, revision=revision)


SMALL = {
    "00": SimpleNamespace(
        title="Start",
        notebook="00-start",
        exercises=(exercise("a", "First"), exercise("b", "Second", revision=2)),
    ),
    "01": SimpleNamespace(title="Read", notebook="01-read", exercises=()),
    "02": SimpleNamespace(title="Go on", notebook="02-go", exercises=(exercise("c", "Third"),)),
}


def test_nothing_done_yet():
    found = summary({}, SMALL)
    assert [len(section.lines) for section in found.sections] == [2, 0, 1]
    assert {line.state for section in found.sections for line in section.lines} == {"open"}
    assert found.next == "Next: “First”, in 00-start.ipynb."
    assert as_text(found).splitlines() == [
        "0 of 3 exercises passed.",
        "",
        "00 Start: 0 of 2 exercises passed",
        "    First " + 54 * "." + " open",
        "    Second " + 53 * "." + " open",
        "",
        "01 Read: no exercises",
        "",
        "02 Go on: 0 of 1 exercises passed",
        "    Third " + 54 * "." + " open",
        "",
        "Next: “First”, in 00-start.ipynb.",
    ]


@pytest.mark.parametrize(
    ("entry", "state", "done"),
    [
        (Entry(), "open", False),
        (Entry(hints=2), "open", False),
        (Entry("NOT YET", 1), "not yet", False),
        (Entry("YOUR CODE RAISED", 1), "not yet", False),
        (Entry(PASSED, 1, revision=2), "passed", True),
        (Entry(PASSED, 1, revision=3), "passed", True),
        (Entry(PASSED, 1, revealed=True, revision=2), "passed, solution seen", True),
        (Entry(PASSED, 1, revision=1), "you passed an earlier version", False),
    ],
)
def test_where_an_exercise_stands(entry, state, done):
    line = summary({"00/b": entry}, SMALL).sections[0].lines[1]
    assert (line.state, line.done) == (state, done)


def test_what_comes_next():
    old, new = Entry(PASSED, revision=1), Entry(PASSED, revision=2)
    assert summary({"00/a": old}, SMALL).next == "Next: “Second”, in 00-start.ipynb."
    open_first = summary({"00/a": old, "00/b": old}, SMALL).next
    assert open_first == "Next: “Third”, in 02-go.ipynb."
    changed = summary({"00/a": old, "00/b": old, "02/c": old}, SMALL).next
    assert changed == (
        "Next: “Second”, in 00-start.ipynb. It has changed since you passed it: check it again."
    )
    assert summary({"00/a": old, "00/b": new, "02/c": old}, SMALL).next == LAST


def test_a_pass_of_what_is_no_longer_in_the_course_is_said_and_not_counted():
    gone = {"00/gone": Entry(PASSED), "77/x": Entry(PASSED), "00/tried": Entry("NOT YET", 1)}
    found = summary(gone, SMALL)
    assert found.gone == ("00/gone", "77/x")
    words = (
        "You also passed 00/gone and 77/x, which this version of the course does not have. "
        "That stays in your progress file."
    )
    before = as_text(summary({}, SMALL)).splitlines()
    assert as_text(found).splitlines() == [*before[:-1], words, "", before[-1]]
    page = ET.fromstring(f"<div>{as_html(found)}</div>")
    assert [p.text for p in page.findall("p")] == [words, found.next]
    three = summary(gone | {"00/more": Entry(PASSED)}, SMALL)
    assert "passed 00/gone, 00/more and 77/x, which" in as_text(three)
    one = summary({"00/gone": Entry(PASSED)}, SMALL)
    assert "passed 00/gone, which" in as_text(one)


def test_the_table_says_the_same():
    table = ET.fromstring(f"<div>{as_html(summary({'00/b': Entry(PASSED)}, SMALL))}</div>")
    rows = [[cell.text for cell in row] for row in table.iter("tr")]
    assert rows == [
        ["chapter", "passed", "still to do"],
        ["00 Start", "0 of 2 exercises passed", "First, Second (you passed an earlier version)"],
        ["01 Read", "no exercises", None],
        ["02 Go on", "0 of 1 exercises passed", "Third"],
    ]
    assert table.find("p").text == "Next: “First”, in 00-start.ipynb."


def test_markup_is_escaped():
    bad = "<script>alert('&')</script>"
    chapters = {
        bad: SimpleNamespace(title=bad, notebook=bad, exercises=(exercise(bad, bad),)),
    }
    html = as_html(summary({}, chapters))
    assert "<script" not in html
    assert [cell.text for cell in ET.fromstring(f"<div>{html}</div>").iter("td")][2] == bad


def test_a_message_about_the_file_is_escaped_and_said_once(tmp_path):
    file = tmp_path / "<b>" / "progress.json"
    progress = Progress(file)
    progress.record("00/a", status=PASSED)
    file.write_text("{")
    after = Progress(file)
    shown = Overview(after, SMALL)
    assert "set aside" in repr(shown)
    assert '<p role="alert"><b>' in shown._repr_html_()
    assert "/<b>/" not in shown._repr_html_()
    assert "set aside" not in repr(Overview(after, SMALL))


def test_the_course_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "progress.json"))
    text = repr(Overview())
    for number, chapter in CHAPTERS.items():
        assert f"{number} {chapter.title}: 0 of {len(chapter.exercises)}" in text
    first = CHAPTERS["00"].exercises[0]
    assert text.endswith(f"Next: “{first.title}”, in {CHAPTERS['00'].notebook}.ipynb.")
    for number, chapter in CHAPTERS.items():
        for one in chapter.exercises:
            Progress.open().record(
                f"{number}/{one.name}", status=PASSED, attempts=1, revision=one.revision
            )
    assert repr(Overview()).endswith(LAST)
    assert "does not have" not in repr(Overview())
    assert len(json.loads((tmp_path / "progress.json").read_text())["exercises"]) == sum(
        len(chapter.exercises) for chapter in CHAPTERS.values()
    )
