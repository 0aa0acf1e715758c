"""Gives a learner a copy of the notebooks, and newer versions later, and takes nothing away.

A hidden file in the folder remembers, by hash, which version of each notebook was offered last.
With it, four cases are told apart:

    what stands in the folder          what happens
    nothing                            the notebook is put there
    the version that was put there     it is replaced by today's
    something else, nothing is newer   it is the learner's: left alone
    something else, there is a newer   left alone; the newer version is put beside it
"""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import nbformat

import adlab
from adlab.course import CourseError

FIRST = "00-start-here.ipynb"
MANIFEST = ".adlab-course.json"


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook: `what` is new, same, updated, restored, yours or beside.

    `beside` is the name of the newer version that was put beside the learner's own.
    """

    name: str
    what: str
    beside: str = ""

    def __str__(self):
        return {
            "updated": f"{self.name}: updated, you had not changed it",
            "restored": f"{self.name}: was gone, put back",
            "beside": f"{self.name}: you changed it, so it stays; a newer version is {self.beside}",
        }.get(self.what, f"{self.name}: {self.what}")


def notebooks() -> Path:
    """The folder of the course's own notebooks: in the package, or beside it in a checkout."""
    package = Path(adlab.__file__).parent
    for folder in (package / "course" / "notebooks", package.parent / "notebooks"):
        if (folder / FIRST).is_file():
            return folder
    raise CourseError(
        "this installation of adlab has no notebooks: install it again, "
        "python -m pip install --force-reinstall adlab"
    )


def cleared(text: str) -> bytes:
    """A notebook as a learner gets it: no outputs, no counts, no state of widgets."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def copy_course(folder: Path, source: Path | None = None) -> list[Outcome]:
    """Copies the notebooks of `source` (default: the course) to `folder`, as said above.

    A `CourseError` says that the folder can't be used or written; every file is then either as it
    was or complete.
    """
    source = source or notebooks()
    try:
        if folder.resolve() == source.resolve():
            raise CourseError(f"{folder} holds the course's own notebooks: choose another folder")
        if folder.exists() and not folder.is_dir():
            raise CourseError(
                f"{folder} is a file: choose another name for the folder of the course"
            )
        folder.mkdir(parents=True, exist_ok=True)
        offered = _read_manifest(folder)
        _write_manifest(folder, offered)  # a folder that can't be written is found here
        outcomes = []
        for path in sorted(source.glob("*.ipynb")):
            outcomes.append(_copy(cleared(path.read_text("utf-8")), folder, path.name, offered))
            _write_manifest(folder, offered)
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError until Python 3.13
        reason = getattr(error, "strerror", None) or str(error)
        raise CourseError(f"the course can't be written to {folder}: {reason}") from error
    return outcomes


def _copy(content: bytes, folder: Path, name: str, offered: dict[str, str]) -> Outcome:
    """Puts one notebook into the folder; `offered` (name: hash) learns what was offered."""
    there = _read(folder / name)
    untouched = there is not None and _hash(there) == offered.get(name)
    if there == content:
        outcome = Outcome(name, "same")
    elif there is None:
        _write(folder / name, content)
        outcome = Outcome(name, "restored" if name in offered else "new")
    elif untouched:
        _write(folder / name, content)
        outcome = Outcome(name, "updated")
    elif offered.get(name) == _hash(content):
        outcome = Outcome(name, "yours")
    else:
        beside = _name_beside(content, folder, name, offered)
        _write(folder / beside, content)
        offered[beside] = _hash(content)
        outcome = Outcome(name, "beside", beside)
    offered[name] = _hash(content)
    return outcome


def _name_beside(content: bytes, folder: Path, name: str, offered: dict[str, str]) -> str:
    """NAME.newer.ipynb, or with a number if that one has been worked in too."""
    stem, number = name.removesuffix(".ipynb"), 1
    while True:
        beside = f"{stem}.newer{'' if number == 1 else number}.ipynb"
        there = _read(folder / beside)
        if there is None or there == content or _hash(there) == offered.get(beside):
            return beside
        number += 1


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        if path.is_dir():
            raise CourseError(
                f"{path} is a folder, where a file of the course belongs: give it another name"
            ) from error
        raise


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: after a full disk or a kill, the file that was there is still there."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.half")
    try:
        with half.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(half, path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_manifest(folder: Path) -> dict[str, str]:
    """Name to hash. A manifest that can't be understood counts as none: then every file that
    differs is the learner's."""
    try:
        offered = json.loads(_read(folder / MANIFEST) or b"{}")["notebooks"]
        return {str(name): str(digest) for name, digest in offered.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_manifest(folder: Path, offered: dict[str, str]) -> None:
    manifest = {"adlab": adlab.__version__, "notebooks": offered}
    _write(folder / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
