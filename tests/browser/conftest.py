"""One server and one Chromium for all browser tests.

With `ADLAB_BROWSER=required` in the environment a missing Chromium is an error; otherwise these
tests are skipped without it. Screenshots are kept in `tests/artefacts/`.
"""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from tests.browser import lab

ARTEFACTS = lab.ROOT / "tests" / "artefacts"
DEMO = "demo.ipynb"


@pytest.fixture(scope="session")
def browser():
    if lab.chromium() is None:
        reason = "no Chromium on the path: install it, or set ADLAB_CHROMIUM to its path"
        if os.environ.get("ADLAB_BROWSER") == "required":
            raise RuntimeError(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = lab.launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def course(browser, tmp_path_factory):
    with lab.start_course(tmp_path_factory.mktemp("learner")) as running:
        write_demo(running.folder / DEMO)
        yield running


@pytest.fixture(scope="session")
def artefacts():
    shutil.rmtree(ARTEFACTS, ignore_errors=True)
    ARTEFACTS.mkdir()
    return ARTEFACTS


def write_demo(path: Path) -> None:
    """A notebook with the two panels of `tests/panels/demo.py`."""
    sources = [
        f"import sys\nsys.path.insert(0, {str(lab.ROOT)!r})",
        "from tests.panels.demo import ControlsPanel, SizesPanel\nSizesPanel()",
        "ControlsPanel()",
    ]
    cells = [new_markdown_cell("# Two panels"), *map(new_code_cell, sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
