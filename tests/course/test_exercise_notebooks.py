"""The exercises where the learner meets them: unanswered they run, solved they pass, none leaks."""

import re
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from adlab.course.chapters import CHAPTERS
from adlab.course.exercises import Prediction
from tests.course.answers import EXERCISES
from tests.course.cells import cells, is_exercise, key_of, put, solved

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{chapter.notebook}.ipynb" for chapter in CHAPTERS.values()]
EVERY_NOTEBOOK = sorted(FOLDER.glob("*.ipynb"))


def executed(notebook):
    """The notebook after a run from top to bottom; an exception in a cell stops the test."""
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    return notebook


def results(notebook):
    """{exercise: the text its cell shows}."""
    return {
        cell.id.removeprefix("exercise-"): cell.outputs[-1]["data"]["text/plain"]
        for cell in notebook.cells
        if cell.id.startswith("exercise-")
    }


# ---- The cells alone, all chapters in one kernel -------------------------------------------------


def of_all_chapters(change=lambda notebook, key: notebook):
    """A notebook with the exercises of every chapter and nothing else but what they need."""
    whole = new_notebook(cells=[new_code_cell("import numpy as np", id="numpy")])
    for key, chapter in CHAPTERS.items():
        panels = [e for e in chapter.exercises if isinstance(e, Prediction)]
        source = "\n".join(
            ["from adlab.panels import PANELS"]
            + [f"{e.variable} = PANELS[{e.panel!r}]()" for e in panels]
        )
        part = new_notebook(cells=[new_code_cell(source, id=f"panel-{key}")])
        part.cells += [new_code_cell(text, id=name) for kind, name, text in cells(key)
                       if kind == "code"]  # fmt: skip
        whole.cells += change(part, key).cells
    return whole


def test_unanswered_exercises_run_and_say_so():
    notebook = executed(of_all_chapters())
    labs = [cell.outputs[0]["text"] for cell in notebook.cells if cell.id == "exercises-lab"]
    assert labs == [
        f"Chapter {key}, {chapter.title}: 0 of {len(chapter.exercises)} done.\n"
        for key, chapter in CHAPTERS.items()
    ]
    found = [cell for cell in notebook.cells if cell.id.startswith("exercise-")]
    assert len(found) == len(EXERCISES)
    for cell in found:
        text = cell.outputs[-1]["data"]["text/plain"]
        assert text.startswith("NOT ATTEMPTED · "), cell.source
        assert cell.outputs[-1]["data"]["text/html"].startswith("<div")


def test_solved_exercises_pass_in_a_notebook():
    notebook = executed(of_all_chapters(solved))
    found = results(notebook)
    assert len(found) == len(EXERCISES)
    for name, text in found.items():
        assert text.startswith("PASSED · "), f"{name}: {text}"


IN_A_KERNEL = """\
from adlab.course.chapters import CHAPTERS
from adlab.course.grading import grade

exercise = CHAPTERS["01"]["push-a-cube"]


def endless(a, v):
    print("it has begun")
    while True:
        pass


grade(exercise, endless, seconds={seconds})"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def shown(client, code, while_busy=lambda: None):
    """What the cell shows; `while_busy()` is called once it has begun."""
    asked = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", content["traceback"]
        if kind == "execute_input":
            while_busy()
        if kind == "execute_result":
            return content["data"]["text/plain"]


def test_an_endless_loop_in_a_kernel_is_too_slow(kernel):
    _, client = kernel
    assert "TOO SLOW" in shown(client, IN_A_KERNEL.format(seconds=0.3))
    assert shown(client, "1 + 1") == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is sent in another way there")
def test_the_stop_button_is_answered_with_interrupted(kernel):
    manager, client = kernel

    def stop():
        time.sleep(1.5)  # the loop runs
        manager.interrupt_kernel()

    assert "INTERRUPTED" in shown(client, IN_A_KERNEL.format(seconds=60), stop)
    assert shown(client, "1 + 1") == "2"


# ---- The notebooks of the course -----------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_the_exercises_of_its_chapter(path):
    notebook = nbformat.read(path, 4)
    found = [(cell.id, cell.source) for cell in notebook.cells if is_exercise(cell)]
    assert found == [(name, text) for _, name, text in cells(key_of(path))], (
        f"run  python -m tests.course.cells notebooks/{path.name}"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_check_passes_with_the_solutions_filled_in(path):
    key = key_of(path)
    found = results(executed(solved(nbformat.read(path, 4), key)))
    assert set(found) == {exercise.name for exercise in CHAPTERS[key].exercises}
    for name, text in found.items():
        assert text.startswith("PASSED · "), f"{name}: {text}"


def bare(text):
    """Without blanks, so that another layout does not hide a copy."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("path", EVERY_NOTEBOOK, ids=lambda path: path.stem)
@pytest.mark.parametrize("key", EXERCISES)
def test_no_solution_leaks(path, key):
    written = bare(path.read_text("utf-8").encode().decode("unicode_escape"))
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        written += bare(cell.source)
    for secret in EXERCISES[key].secrets:
        assert bare(secret) not in written


def test_a_leak_would_be_found():
    for exercise in EXERCISES.values():
        assert exercise.secrets
        assert all(len(bare(secret)) >= 10 for secret in exercise.secrets)
    notebook = nbformat.read(NOTEBOOKS[0], 4)
    key = key_of(NOTEBOOKS[0])
    leaky = solved(put(notebook, key), key)
    text = bare("".join(cell.source for cell in leaky.cells))
    for exercise in CHAPTERS[key].exercises:
        assert any(bare(secret) in text for secret in exercise.secrets), exercise.name


def test_putting_exercises_twice_changes_nothing():
    for path in NOTEBOOKS:
        once = put(nbformat.read(path, 4), key_of(path))
        ids = [cell.id for cell in once.cells]
        assert len(set(ids)) == len(ids)
        texts = [cell.source for cell in once.cells]
        assert [cell.source for cell in put(once, key_of(path)).cells] == texts
