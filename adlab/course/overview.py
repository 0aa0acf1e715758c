"""Where a learner stands in the course, and what to do next: plain data, then text or a table."""

from dataclasses import dataclass
from html import escape

from adlab.course.progress import NOT_ATTEMPTED, Entry, Progress


@dataclass(frozen=True)
class Line:
    """One exercise and where it stands: `done` if it is passed as it is today."""

    exercise: str
    title: str
    revision: int
    entry: Entry

    @property
    def done(self):
        return self.entry.passed and self.entry.revision >= self.revision

    @property
    def state(self):
        if self.done:
            return "passed, solution seen" if self.entry.revealed else "passed"
        if self.entry.passed:
            return "you passed an earlier version"
        return "open" if self.entry.status == NOT_ATTEMPTED else "not yet"


@dataclass(frozen=True)
class Section:
    """One chapter: its number "01", title, notebook, and a Line for each of its exercises."""

    number: str
    title: str
    notebook: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Summary:
    """The Sections in the order of the course, and in one sentence what to do next.

    `gone` are the passed exercises that the course does not have, as "06/which-mode".
    """

    sections: tuple[Section, ...]
    next: str
    gone: tuple[str, ...] = ()

    @property
    def aside(self):
        """A sentence about what is gone, if anything is."""
        if not self.gone:
            return ""
        *most, last = self.gone
        named = f"{', '.join(most)} and {last}" if most else last
        return (
            f"You also passed {named}, which this version of the course does not have. "
            "That stays in your progress file."
        )


def summary(entries, chapters):
    """The Summary of `entries`, {"01/vjp-by-hand": Entry}, for `chapters`, {"01": Chapter}.

    A chapter has a title, a notebook and exercises; an exercise a name, a title and a revision.
    Entries of exercises that are not in the course count nowhere; passes among them are named.
    """
    sections = tuple(
        Section(number, chapter.title, chapter.notebook, _lines(number, chapter, entries))
        for number, chapter in chapters.items()
    )
    known = {line.exercise for section in sections for line in section.lines}
    gone = sorted(key for key, entry in entries.items() if entry.passed and key not in known)
    return Summary(sections, _next(sections), tuple(gone))


def _lines(number, chapter, entries):
    ids = {f"{number}/{exercise.name}": exercise for exercise in chapter.exercises}
    return tuple(
        Line(key, exercise.title, exercise.revision, entries.get(key, Entry()))
        for key, exercise in ids.items()
    )


def _next(sections):
    """What was never passed comes first, in the order of the course; then what has changed."""
    todo = [(line, section) for section in sections for line in section.lines if not line.done]
    if not todo:
        return "You have passed every exercise there is."
    line, section = min(todo, key=lambda pair: pair[0].entry.passed)
    what = f"“{line.title}”, in {section.notebook}.ipynb"
    if line.entry.passed:
        return f"Next: {what}. It has changed since you passed it: check it again."
    return f"Next: {what}."


def as_text(found):
    """The summary for a terminal, a line for each exercise."""
    lines = [f"{_count([line for section in found.sections for line in section.lines])}."]
    for section in found.sections:
        lines += ["", f"{section.number} {section.title}: {_count(section.lines)}"]
        lines += [f"    {line.title + ' ':.<60} {line.state}" for line in section.lines]
    aside = [found.aside, ""] if found.gone else []
    return "\n".join([*lines, "", *aside, found.next])


def as_html(found):
    """The summary as a table for the page, a row for each chapter."""
    head = _row("th", ("chapter", "passed", "still to do"), ' scope="col"')
    rows = [
        _row("td", (f"{section.number} {section.title}", _count(section.lines), _todo(section)))
        for section in found.sections
    ]
    table = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    said = [found.aside, found.next] if found.gone else [found.next]
    return table + "".join(f"<p>{escape(sentence)}</p>" for sentence in said)


def _row(tag, words, more=""):
    cells = (f'<{tag}{more} style="text-align:left">{escape(text)}</{tag}>' for text in words)
    return f"<tr>{''.join(cells)}</tr>"


def _count(lines):
    if not lines:
        return "no exercises"
    return f"{sum(line.done for line in lines)} of {len(lines)} exercises passed"


def _todo(section):
    named = [line for line in section.lines if not line.done]
    return ", ".join(
        line.title if line.state == "open" else f"{line.title} ({line.state})" for line in named
    )


class Overview:
    """The progress of this moment, for a notebook cell or a terminal; make it again later."""

    def __init__(self, progress=None, chapters=None):
        if chapters is None:
            from adlab.course.chapters import CHAPTERS as chapters  # the exercises, a large import
        progress = progress or Progress.open()
        self.summary = summary(progress.entries(), chapters)
        self.said = [progress.messages.pop(0) for _ in range(len(progress.messages))]

    def __repr__(self):
        return "\n\n".join([*self.said, as_text(self.summary)])

    def _repr_html_(self):
        said = "".join(f'<p role="alert"><b>{escape(line)}</b></p>' for line in self.said)
        return said + as_html(self.summary)
