"""The notebooks are stored so that a strict comparison means something, and say what they show.

nbval compares what a fresh kernel gives with what is stored. It is silent where nothing is stored,
so the first half of this file looks for the ways of storing nothing; the second half changes a
number, a picture and a panel's text in a copy and wants nbval to turn red.
"""

import copy
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from adlab.panels import PANELS
from tests import store
from tests.course.cells import is_exercise

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SVG = "image/svg+xml"
LONGEST_CELL = 12
CELLS = range(15, 41)  # short cells, one idea in each, rather than few
CELLS_OF_AN_APPENDIX = range(15, 51)  # A1 has a cell for each sign, A2 two for each note

BANNED_WORDS = re.compile(r"\b(simply|just|obviously|of course|clearly)\b|!", re.IGNORECASE)
NOT_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|!?\[[^]]*\]\([^)]*\)|<[^>]*>", re.S
)
BANNED_CODE = re.compile(r"\b(interact\w*|Output)\b\s*\(|\bNBVAL_\w+|;\s*\Z")
BANNED_TAG = re.compile(r"^nbval-|^skip")
UNSTABLE = re.compile(
    r"\b0x[0-9a-f]{6,}"  # addresses
    r"|\b\d[\d.]*[ \u00a0]?(?:ns|µs|us|ms|s|seconds?)\b"  # timings
    r"|/(?:home|tmp|root|work|Users)/|\\Users\\"  # folders
)


CHAPTERS_THERE = {path.name[:2] for path in NOTEBOOKS}


def missing_chapters(notebook) -> list[str]:
    """The chapters that a reader is sent to and does not find."""
    prose = " ".join(" ".join(c.source.split()) for c in notebook.cells if c.cell_type != "code")
    named = re.findall(
        r"(?<!\*, )\bchapters? (\d\d)\b(?:(?: to| and|,) (\d\d)\b)?", prose, re.IGNORECASE
    )
    return [
        number for pair in named for number in filter(None, pair) if number not in CHAPTERS_THERE
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_reader_is_sent_to_a_chapter_that_is_not_there(path):
    assert missing_chapters(nbformat.read(path, 4)) == []


def faults(notebook, cells=CELLS) -> list[str]:
    """Why a strict comparison of this notebook would miss something, or its form is wrong."""
    found = []
    count = 0
    for k, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip():
            count += 1
            found += [f"cell {k}: {fault}" for fault in code_faults(cell, count)]
        elif cell.cell_type == "markdown":
            for word in BANNED_WORDS.finditer(NOT_PROSE.sub(" ", cell.source)):
                found.append(f"cell {k}: the prose says {word[0]!r}")
    if notebook.metadata != store.METADATA:
        found.append(f"metadata {dict(notebook.metadata)}")
    count = sum(not is_exercise(cell) for cell in notebook.cells)
    if count not in cells:
        found.append(f"{count} cells but for exercises; {cells[0]} to {cells[-1]} were wanted")
    return found


def code_faults(cell, count: int):
    tags = cell.metadata.get("tags", [])
    if cell.execution_count != count:
        yield f"its count is {cell.execution_count}, not {count}: nbval may not compare it"
    if any(BANNED_TAG.search(tag) for tag in tags):
        yield f"tagged {tags}: nbval does not compare it"
    if word := BANNED_CODE.search(cell.source):
        yield f"{word[0]!r} in the code: its output can't be compared"
    if len(cell.source.splitlines()) > LONGEST_CELL:
        yield f"{len(cell.source.splitlines())} lines; {LONGEST_CELL} are the most"
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags:
            yield f"stores the error {output.ename}, and is not tagged raises-exception"
        if output.output_type == "stream" and output.name == "stderr":
            yield f"stores a warning: {output.text[:80]}"
        data = output.get("data", {})
        for kind in (store.VIEW, "image/png", "image/jpeg"):
            if kind in data:
                yield f"stores {kind}, which nbval does not compare"
        for words in (
            output.get("text", ""),
            data.get("text/plain", ""),
            data.get("text/html", ""),
        ):
            if word := UNSTABLE.search(words):
                yield f"stores {word[0]!r}, which differs from run to run or machine to machine"


def test_the_course_has_its_notebooks():
    assert len(NOTEBOOKS) >= 3, [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_so_that_it_is_compared(path):
    cells = CELLS_OF_AN_APPENDIX if path.name.startswith("A") else CELLS
    found = faults(nbformat.read(path, 4), cells)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_stands_in_a_notebook(name):
    made = f"{PANELS[name].__name__}("
    assert any(made in path.read_text("utf-8") for path in NOTEBOOKS), made


# The guards themselves, on a small notebook that is right until one thing in it is spoilt.


def small_notebook(*sources: str, fill: int = CELLS[0]):
    cells = [new_markdown_cell("# Two numbers\n\nThe second is the `first!` squared.")]
    cells += [new_code_cell(source, execution_count=k + 1) for k, source in enumerate(sources)]
    cells += [new_markdown_cell(f"Step {k}.") for k in range(fill - len(cells))]
    return new_notebook(cells=cells, metadata=copy.deepcopy(store.METADATA))


def spoil_output(**output):
    def spoil(notebook):
        notebook.cells[1].outputs = [new_output(**output)]

    return spoil


def spoil_source(source):
    def spoil(notebook):
        notebook.cells[1].source = source

    return spoil


SPOILT = {
    "no count": lambda notebook: notebook.cells[2].update(execution_count=None),
    "counts out of order": lambda notebook: notebook.cells[1].update(execution_count=3),
    "ignore tag": lambda notebook: notebook.cells[1].metadata.update(tags=["nbval-ignore-output"]),
    "ignore comment": spoil_source("# NBVAL_IGNORE_OUTPUT\n1 / 4"),
    "interact": spoil_source("widgets.interact(f, n=3)"),
    "Output": spoil_source("box = widgets.Output()"),
    "semicolon": spoil_source("1 / 4;\n"),
    "long cell": spoil_source("\n".join("ab" * 7)),
    "error": spoil_output(output_type="error", ename="ValueError", evalue="", traceback=[]),
    "warning": spoil_output(output_type="stream", name="stderr", text="RuntimeWarning"),
    "view": spoil_output(output_type="display_data", data={store.VIEW: {"model_id": "7"}}),
    "png": spoil_output(output_type="display_data", data={"image/png": "iVBOR"}),
    "address": spoil_output(output_type="stream", text="<Linear at 0x7f46e14b3f50>"),
    "timing": spoil_output(output_type="stream", text="it took 1.25 ms"),
    "path": spoil_output(output_type="stream", text="found in /home/ada/course"),
    "word": lambda notebook: notebook.cells[0].update(source="Of course it is."),
    "mark": lambda notebook: notebook.cells[0].update(source="It works!"),
    "metadata": lambda notebook: notebook.metadata.update(widgets={}),
    "few cells": lambda notebook: notebook.cells.pop(),
}


def test_a_right_notebook_has_no_faults():
    assert faults(small_notebook("1 / 4", "2")) == []
    tagged = small_notebook("1 / 0")
    SPOILT["error"](tagged)
    tagged.cells[1].metadata.tags = ["raises-exception"]
    assert faults(tagged) == []


def test_an_appendix_may_be_longer_than_a_chapter_but_not_endless():
    notebook = small_notebook("1 / 4", fill=CELLS_OF_AN_APPENDIX[-1])
    assert faults(notebook, CELLS_OF_AN_APPENDIX) == []
    assert len(faults(notebook)) == 1
    notebook.cells.append(new_markdown_cell("One more."))
    assert len(faults(notebook, CELLS_OF_AN_APPENDIX)) == 1


@pytest.mark.parametrize("name", SPOILT)
def test_each_guard_finds_its_fault(name):
    notebook = small_notebook("1 / 4", "2")
    SPOILT[name](notebook)
    assert len(faults(notebook)) == 1, faults(notebook)


# Storing.

DEMO = (
    f"import sys\n\nsys.path.insert(0, {str(ROOT)!r})",
    "print(1 / 4)\nprint(3)",
    "from tests.panels.demo import SizesPanel\n\nSizesPanel()",
)


@pytest.fixture
def demo(tmp_path):
    path = tmp_path / "demo.ipynb"
    nbformat.write(small_notebook(*DEMO), path)
    return path


def test_storing_twice_leaves_no_difference(demo):
    ids = [cell.id for cell in nbformat.read(demo, 4).cells]
    assert store.main([str(demo)]) == 0
    first = demo.read_bytes()
    assert store.main(["--check", str(demo)]) == 0
    assert store.main([str(demo)]) == 0
    assert demo.read_bytes() == first
    assert [cell.id for cell in nbformat.read(demo, 4).cells] == ids
    assert list(demo.parent.iterdir()) == [demo]


def test_check_shows_the_difference_and_stores_nothing(demo, capsys):
    before = demo.read_bytes()
    assert store.main(["--check", str(demo)]) == 1
    assert '+      "0.25\\n"' in capsys.readouterr().out
    assert demo.read_bytes() == before


def test_a_notebook_that_fails_is_not_stored(tmp_path):
    path = tmp_path / "fails.ipynb"
    nbformat.write(small_notebook("1 / 0"), path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        store.main([str(path)])
    assert path.read_bytes() == before


# What strict nbval sees.


def change_number(notebook) -> None:
    """Adds 1 to the last digit of a printed number."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            words = output.get("text") or output.get("data", {}).get("text/plain", "")
            if re.search(r"\d", words) and SVG not in output.get("data", {}):
                changed = re.sub(r"\d(?=\D*\Z)", lambda d: str((int(d[0]) + 1) % 10), words)
                if "text" in output:
                    output.text = changed
                else:
                    output.data["text/plain"] = changed
                return
    raise LookupError("no cell prints a number")


def change_picture(notebook) -> None:
    """Moves one thing in a picture by a hundredth of a pixel."""
    data = panel_output(notebook)
    data[SVG] = re.sub(r'(<rect x="[\d.]+)"', r'\g<1>01"', data[SVG], count=1)


def change_words(notebook) -> None:
    data = panel_output(notebook)
    data["text/plain"] = data["text/plain"][:-1] + "?"


def panel_output(notebook):
    makes = re.compile(rf"\b({'|'.join(p.__name__ for p in PANELS.values())}|SizesPanel)\(")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if makes.search(cell.source) and SVG in output.get("data", {}):
                return output.data
    raise LookupError("no cell shows a panel")


CHANGES = {
    "unchanged": lambda notebook: None,
    "number": change_number,
    "picture": change_picture,
    "words": change_words,
}


def failures(path: Path, folder: Path) -> dict[str, int]:
    """For each change: in how many cells of a copy, so changed, strict nbval finds a difference."""
    for name, change in CHANGES.items():
        shutil.copytree(path.parent, folder / name)
        notebook = nbformat.read(path, 4)
        before = nbformat.writes(notebook)
        change(notebook)
        assert (nbformat.writes(notebook) == before) == (name == "unchanged")
        nbformat.write(notebook, folder / name / path.name)
    report = folder / "report.xml"
    pytest_nbval = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    pytest_nbval += ["-p", "no:cacheprovider", "-W", "error", "--rootdir", folder]
    copies = [folder / name / path.name for name in CHANGES]
    subprocess.run(
        [*pytest_nbval, f"--junitxml={report}", *copies],
        cwd=folder,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    cases = list(ET.parse(report).iter("testcase"))
    red = [case.get("classname") for case in cases if case.find("failure") is not None]
    assert len(cases) >= len(CHANGES), "nbval compared nothing"
    return {name: sum(where.split(".")[0] == name for where in red) for name in CHANGES}


EXPECTED = {name: int(name != "unchanged") for name in CHANGES}


def test_strict_nbval_sees_every_change_in_a_small_notebook(demo, tmp_path_factory):
    store.main([str(demo)])
    assert failures(demo, tmp_path_factory.mktemp("changed")) == EXPECTED


def test_strict_nbval_sees_every_change_in_a_chapter(tmp_path_factory):
    for path in NOTEBOOKS:
        try:
            panel_output(nbformat.read(path, 4))
        except LookupError:
            continue
        assert failures(path, tmp_path_factory.mktemp("changed")) == EXPECTED
        return
    pytest.fail("no notebook of the course shows a panel")
