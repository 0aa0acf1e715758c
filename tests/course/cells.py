"""The cells of the exercises, and how they get into a notebook.

    python -m tests.course.cells notebooks/01-derivatives-are-linear-maps.ipynb

puts the exercises of the chapter after its "Your turn", or renews them if they are there. The texts
stand in `adlab/course/chapters/`; the notebooks hold copies, and a test compares the two. Run
`python -m tests.store` afterwards: new cells have no outputs.
"""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from adlab.course.chapters import CHAPTERS
from adlab.course.exercises import Prediction
from adlab.panels import PANELS

HEADING = """\
## Exercises

Put your answer in the place of the dots and run the cell: it tells you where you stand. Functions
are judged by mathematics, on many cases, so every right way of writing one passes. For each task
there are `lab["name"].hint()`, three of them, `.example()`, and `.reveal()` for the solution. Write
`.desk(answer)` in the place of `.check(answer)` to have the same as buttons."""

LAB = """\
from adlab.course.lab import course

lab = course("{key}")"""


def cells(key):
    """[(kind, id, text)] of the chapter's exercises, unanswered; kind is "md" or "code"."""
    rows = [("md", "exercises", HEADING), ("code", "exercises-lab", LAB.format(key=key))]
    for exercise in CHAPTERS[key].exercises:
        task = f"### {exercise.title}\n\n{exercise.full_task}"
        rows += [
            ("md", f"task-{exercise.name}", task),
            ("code", f"exercise-{exercise.name}", exercise.stub),
        ]
    return rows


def solved(notebook, key):
    """Changes the notebook: every exercise is answered with its solution."""
    answers = {f"exercise-{e.name}": e.solved for e in CHAPTERS[key].exercises}
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def is_exercise(cell):
    return cell.id == "exercises" or cell.id.startswith(("exercises-", "task-", "exercise-"))


def put(notebook, key):
    """Changes the notebook: its exercises are those of the chapter, before "In the frameworks"."""
    kept = [cell for cell in notebook.cells if not is_exercise(cell)]
    (place,) = [i for i, cell in enumerate(kept) if cell.id == "frameworks"]
    make = {"md": new_markdown_cell, "code": new_code_cell}
    new = [make[kind](text, id=name) for kind, name, text in cells(key)]
    notebook.cells = kept[:place] + new + kept[place:]
    name_the_panel(notebook, key)
    return notebook


def name_the_panel(notebook, key):
    """A prediction is confronted with `panel`: the cell that shows the panel gives it that name."""
    for exercise in CHAPTERS[key].exercises:
        if isinstance(exercise, Prediction):
            made = f"{PANELS[exercise.panel].__name__}()"
            for cell in notebook.cells:
                if cell.cell_type == "code" and cell.source.split("\n")[-1] == made:
                    name = exercise.variable
                    cell.source = cell.source.removesuffix(made) + f"{name} = {made}\n{name}"
    return notebook


def key_of(path):
    (key,) = [key for key, chapter in CHAPTERS.items() if chapter.notebook == Path(path).stem]
    return key


def main(paths):
    for path in paths:
        notebook = put(nbformat.read(path, 4), key_of(path))
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        print(f"put {len(cells(key_of(path))) // 2 - 1} exercises into {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
