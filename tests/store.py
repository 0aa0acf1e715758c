"""Runs notebooks and stores their outputs: `python -m tests.store notebooks/*.ipynb`.

Each notebook is executed from top to bottom in a fresh kernel; an exception in a cell that is not
tagged raises-exception stops everything and stores nothing. What is stored can be compared and
read without a kernel: outputs and counts stay, views of live widgets and their state go, the
metadata are the same on every machine. A file is replaced as a whole, and only if it changed.

`--check` stores nothing; it prints the difference and fails if there is one.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("tags", "jupyter", "slideshow")


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook with the outputs of a fresh kernel that works in `folder`."""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        coalesce_streams=True,
    )
    return client.execute()


def storable(notebook: NotebookNode) -> NotebookNode:
    """Without what differs from run to run or needs a living kernel."""
    notebook.metadata = NotebookNode(METADATA)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        cell.metadata = NotebookNode(kept)
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if "metadata" in output:
                output.metadata = NotebookNode()
            if "data" in output:
                output.data.pop(VIEW, None)
    return notebook


def stored(path: Path) -> str:
    """The text that `path` should hold."""
    notebook = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as nobody:  # whose progress is none
        os.environ["ADLAB_PROGRESS"] = os.path.join(nobody, "progress.json")
        result = storable(executed(notebook, path.resolve().parent))
    nbformat.validate(result)
    return nbformat.writes(result) + "\n"


def replace(path: Path, text: str) -> None:
    """Writes beside `path`, then renames: a reader sees the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.store", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="print differences, store nothing")
    options = parser.parse_args(arguments)
    changed = 0
    for path in options.notebooks:
        old, new = path.read_text("utf-8"), stored(path)
        changed += old != new
        if options.check:
            lines = old.splitlines(True), new.splitlines(True)
            sys.stdout.writelines(difflib.unified_diff(*lines, str(path), "as executed", n=1))
        elif old != new:
            replace(path, new)
            print(f"stored {path}")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
