"""Where a learner meets the exercises: `lab = course("01")`, then `lab["name"].check(answer)`.

A `Lab` is one chapter; `lab["name"]` is a `Task`, an exercise with its progress and its hints. The
answer is always passed: nothing looks at the variables of the notebook.
"""

import difflib
import operator
from dataclasses import replace

from adlab.course.chapters import CHAPTERS
from adlab.course.grading import Status, grade
from adlab.course.messages import Message
from adlab.course.progress import Progress

HINTS = ("idea", "formula", "skeleton")
COUNTED = (Status.PASSED, Status.NOT_YET, Status.RAISED, Status.TOO_SLOW)


def course(chapter, progress=None):
    """The Lab of a chapter, "01" or 1; says in one line how far you are."""
    lab = Lab(chapter, progress)
    print(lab.line)
    for sentence in lab.told():
        print(sentence)
    return lab


class Lab:
    """The exercises of one chapter, by name. `progress` is what remembers them."""

    def __init__(self, chapter, progress=None):
        key = f"{chapter:02}" if type(chapter) is int else str(chapter)
        if key not in CHAPTERS:
            raise KeyError(
                f"there is no chapter {key!r} with exercises; there are {list(CHAPTERS)}"
            )
        self.key = key
        self.chapter = CHAPTERS[key]
        self.progress = Progress.open() if progress is None else progress
        self.tasks = {e.name: Task(self, e) for e in self.chapter.exercises}

    def __getitem__(self, name):
        if name not in self.tasks:
            near = difflib.get_close_matches(str(name), self.tasks, 1, 0.3)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            if self.progress.entry(f"{self.key}/{name}").attempts:
                hint = "; your notebook is of another version, and what you passed stays passed"
            known = ", ".join(self)
            raise KeyError(f"chapter {self.key} has no exercise {name!r}, but {known}{hint}")
        return self.tasks[name]

    def __iter__(self):
        return iter(self.tasks)

    def __len__(self):
        return len(self.tasks)

    @property
    def line(self):
        done = sum(task.passed for task in self.tasks.values())
        return f"Chapter {self.key}, {self.chapter.title}: {done} of {len(self)} done."

    def __repr__(self):
        rows = [f"  {task.name:<24} {task.standing}" for task in self.tasks.values()]
        return "\n".join([self.line, *rows])

    def recheck(self):
        """Checks again what was answered in this session: a result for each, and what is left."""
        results = {n: t.check(t.given) for n, t in self.tasks.items() if t.answered}
        lines = [f"{name}: {result.status}" for name, result in results.items()]
        lines += [
            f"{name}: you passed an earlier version; run its cell again"
            for name, task in self.tasks.items()
            if task.outdated and name not in results
        ]
        text = "\n".join(lines) or "Nothing was answered in this session."
        return Message(f"Checked again · chapter {self.key}", text)

    def told(self):
        """Sentences about the progress file that were not said yet."""
        messages = self.progress.messages
        said = list(messages)
        messages.clear()
        return said


class Task:
    """One exercise of a Lab: `check(answer)`, `hint()`, `example()`, `reveal()`, `reset()`.

    `desk(answer)` offers the same by mouse.
    """

    def __init__(self, lab, exercise):
        self.lab = lab
        self.exercise = exercise
        self.name = exercise.name
        self.id = f"{lab.key}/{exercise.name}"
        self.begin()

    # -- the five things to do

    def check(self, answer=..., *, seed=0, panel=None):
        """Judges the answer: a Result, true if it is PASSED. It never raises for an answer.

        `seed` chooses the random cases. `panel` is the panel that a prediction is confronted with.
        """
        result = grade(self.exercise, answer, self.id, seed=whole(seed), panel=panel)
        if result.status is not Status.NOT_ATTEMPTED:
            self.given, self.answered = answer, True
        if result.status in COUNTED:
            news = self.write(status=str(result.status), attempts=1)
            result = replace(result, message="\n".join([result.message, *news]))
        return result

    def hint(self):
        """The next of three hints: the idea, the formula, the skeleton."""
        self.hints = n = min(self.hints + 1, len(HINTS))
        news = self.write(hints=n)
        text = self.exercise.hints[n - 1]
        last = ["This was the last hint; .reveal() shows the solution."] if n == len(HINTS) else []
        code, lines = (text, []) if HINTS[n - 1] == "skeleton" else ("", [text])
        heading = f"Hint {n} of {len(HINTS)}, the {HINTS[n - 1]} · {self.id}"
        return Message(heading, "\n".join([*lines, *last, *news]), code)

    def example(self):
        """One worked call, or a smaller task of the same kind with its answer."""
        return Message(f"Example · {self.id}", self.exercise.example_text)

    def reveal(self, yes=False):
        """The solution, explained. Before the first pass it asks first: call it twice."""
        entry = self.entry
        if not (yes or self.asked or entry.passed or entry.revealed):
            self.asked = True
            return Message(
                f"Reveal the solution? · {self.id}",
                "Your progress will remember that it was shown; you can still pass the exercise. "
                "To see it, call .reveal() once more, or .reveal(yes=True).",
            )
        news = self.write(revealed=True)
        text = "\n".join([self.exercise.explanation, *news])
        return Message(f"Solution · {self.id}", text, self.exercise.solution)

    def reset(self):
        """Begins again in this session: hints from the first, and reveal asks. A pass stays."""
        self.begin()
        return Message(f"Reset · {self.id}", "The hints begin again. What you passed stays passed.")

    def begin(self):
        self.hints = 0
        self.asked = False
        self.given, self.answered = ..., False

    def desk(self, answer=..., *, seed=0, panel=None):
        """A small panel with the buttons Check, Hint and Reveal for this answer."""
        from adlab.course.desk import Desk  # ipywidgets: only where a widget is shown

        return Desk(self, answer, seed=seed, panel=panel)

    # -- what is known about it

    @property
    def entry(self):
        return self.lab.progress.entry(self.id)

    @property
    def passed(self):
        return self.entry.passed and not self.outdated

    @property
    def outdated(self):
        entry = self.entry
        return entry.passed and entry.revision < self.exercise.revision

    @property
    def standing(self):
        entry = self.entry
        if self.outdated:
            return "you passed an earlier version"
        seen = ", solution seen" if entry.revealed else ""
        return f"{entry.status}{seen}"

    def __repr__(self):
        return f"{self.id} · {self.exercise.title} · {self.standing}"

    def write(self, **event):
        """Records the event; returns what there is to say about the progress file."""
        self.lab.progress.record(self.id, revision=self.exercise.revision, **event)
        return self.lab.told()


def whole(seed):
    try:
        seed = operator.index(seed)
    except TypeError:
        raise TypeError(f"seed must be a whole number, as in seed=7; got {seed!r}") from None
    if seed < 0:
        raise ValueError(f"seed must not be negative; got {seed}")
    return seed
