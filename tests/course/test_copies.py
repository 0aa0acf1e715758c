"""A learner's copies: whatever happens in whatever order, nothing of the learner's is lost."""

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from adlab.course import CourseError, copies
from adlab.course.copies import MANIFEST, copy_course

ONE, TWO = "00-one.ipynb", "01-two.ipynb"


def write_notebook(path: Path, words: str) -> None:
    """A notebook as the repository holds it: executed, with outputs and counts."""
    output = new_output("stream", name="stdout", text=f"output of {words}\n")
    code = new_code_cell("print(1)", execution_count=3, outputs=[output], id="code")
    code.metadata.execution = {"iopub.execute_input": "2020-02-02T00:00:00Z"}
    cells = [new_markdown_cell(words, id="words"), code]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "widgets": {}}
    path.write_text(nbformat.writes(new_notebook(cells=cells, metadata=metadata)), "utf-8")


@pytest.fixture
def source(tmp_path):
    """A course of two notebooks."""
    folder = tmp_path / "source"
    folder.mkdir()
    write_notebook(folder / ONE, "one, version 1")
    write_notebook(folder / TWO, "two, version 1")
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a learner's folder, é" / "course"


def outcomes(folder, source):
    return {outcome.name: outcome.what for outcome in copy_course(folder, source)}


def files(folder):
    """What a learner sees there."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


# ---- What is copied ---------------------------------------------------------------------------


def test_the_copies_have_no_outputs_no_counts_and_no_widget_state(source, folder):
    assert outcomes(folder, source) == {ONE: "new", TWO: "new"}
    assert set(files(folder)) == {ONE, TWO}
    notebook = nbformat.read(folder / ONE, as_version=4)
    nbformat.validate(notebook)
    words, code = notebook.cells
    assert words.source == "one, version 1"
    assert (code.source, code.outputs, code.execution_count) == ("print(1)", [], None)
    assert "execution" not in code.metadata
    assert notebook.metadata == {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    assert [cell.id for cell in notebook.cells] == ["words", "code"]


def test_the_real_course_is_copied_from_this_checkout(folder):
    copied = outcomes(folder, None)
    names = [path.name for path in sorted(copies.notebooks().glob("*.ipynb"))]
    assert list(copied) == names
    assert names[0] == copies.FIRST
    assert [name[:2] for name in names[-2:]] == ["A1", "A2"]  # the appendices stand last
    for name in names:
        ours = nbformat.read(copies.notebooks() / name, as_version=4)
        theirs = nbformat.read(folder / name, as_version=4)
        assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]
        assert not any(cell.get("outputs") for cell in theirs.cells)
        assert all(cell.get("execution_count") is None for cell in theirs.cells)


def test_nothing_but_notebooks_and_the_hidden_manifest_is_left(source, folder):
    copy_course(folder, source)
    assert {path.name for path in folder.iterdir()} == {ONE, TWO, MANIFEST}
    assert (folder / ONE).stat().st_mode & 0o777 == 0o666 & ~umask()


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---- Again, and after an upgrade --------------------------------------------------------------


def test_the_second_time_nothing_is_written(source, folder):
    copy_course(folder, source)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.ipynb")}
    assert outcomes(folder, source) == {ONE: "same", TWO: "same"}
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.ipynb")} == before


def test_new_outputs_alone_are_no_newer_version(source, folder):
    copy_course(folder, source)
    text = (source / ONE).read_text("utf-8")
    (source / ONE).write_text(text.replace("output of", "other output of"), "utf-8")
    assert outcomes(folder, source) == {ONE: "same", TWO: "same"}


def test_an_untouched_file_is_updated(source, folder):
    copy_course(folder, source)
    write_notebook(source / ONE, "one, version 2")
    assert outcomes(folder, source) == {ONE: "updated", TWO: "same"}
    assert b"version 2" in (folder / ONE).read_bytes()
    assert set(files(folder)) == {ONE, TWO}


def test_a_changed_file_stays_and_nothing_is_put_beside_it_while_nothing_is_newer(source, folder):
    copy_course(folder, source)
    (folder / ONE).write_text("my work")
    assert outcomes(folder, source) == {ONE: "yours", TWO: "same"}
    assert (folder / ONE).read_text() == "my work"
    assert set(files(folder)) == {ONE, TWO}


def test_a_changed_file_stays_and_the_newer_version_is_put_beside_it_once_and_said(source, folder):
    copy_course(folder, source)
    (folder / ONE).write_text("my work")
    write_notebook(source / ONE, "one, version 2")
    first, _ = copy_course(folder, source)
    assert (first.what, first.beside) == ("beside", "00-one.newer.ipynb")
    assert str(first) == (
        "00-one.ipynb: you changed it, so it stays; a newer version is 00-one.newer.ipynb"
    )
    assert (folder / ONE).read_text() == "my work"
    assert b"version 2" in (folder / first.beside).read_bytes()
    (folder / first.beside).unlink()  # read, and thrown away
    assert outcomes(folder, source) == {ONE: "yours", TWO: "same"}


def test_the_newer_version_is_itself_never_overwritten_once_changed(source, folder):
    copy_course(folder, source)
    (folder / ONE).write_text("my work")
    for version in (2, 3):  # an untouched newer version is replaced by one that is newer still
        write_notebook(source / ONE, f"one, version {version}")
        copy_course(folder, source)
    assert set(files(folder)) == {ONE, "00-one.newer.ipynb", TWO}
    assert b"version 3" in (folder / "00-one.newer.ipynb").read_bytes()
    (folder / "00-one.newer.ipynb").write_text("my work on the newer one")
    write_notebook(source / ONE, "one, version 4")
    first, _ = copy_course(folder, source)
    assert first.beside == "00-one.newer2.ipynb"
    assert (folder / ONE).read_text() == "my work"
    assert (folder / "00-one.newer.ipynb").read_text() == "my work on the newer one"
    assert b"version 4" in (folder / first.beside).read_bytes()


def test_a_learner_who_takes_the_newer_version_is_up_to_date_again(source, folder):
    copy_course(folder, source)
    (folder / ONE).write_text("my work")
    write_notebook(source / ONE, "one, version 2")
    copy_course(folder, source)
    os.replace(folder / "00-one.newer.ipynb", folder / ONE)
    assert outcomes(folder, source)[ONE] == "same"
    write_notebook(source / ONE, "one, version 3")
    assert outcomes(folder, source)[ONE] == "updated"


def test_a_deleted_file_is_put_back_and_said(source, folder):
    copy_course(folder, source)
    (folder / ONE).unlink()
    first, _ = copy_course(folder, source)
    assert str(first) == "00-one.ipynb: was gone, put back"
    assert b"version 1" in (folder / ONE).read_bytes()


@pytest.mark.parametrize(
    "manifest",
    [None, "", "{", "[]", "null", '{"notebooks": []}', '{"notebooks": null}', "\ud800"],
    ids=repr,
)
def test_without_a_manifest_every_file_that_differs_is_the_learner_s(source, folder, manifest):
    folder.mkdir(parents=True)
    (folder / ONE).write_text("theirs, by chance of the same name")
    if manifest is not None:
        (folder / MANIFEST).write_bytes(manifest.encode("utf-8", "surrogatepass"))
    assert outcomes(folder, source) == {ONE: "beside", TWO: "new"}
    assert (folder / ONE).read_text() == "theirs, by chance of the same name"
    assert b"version 1" in (folder / "00-one.newer.ipynb").read_bytes()


def test_files_that_are_not_the_course_s_are_left_alone(source, folder):
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (folder / "02-mine.ipynb").write_text("mine too")
    copy_course(folder, source)
    assert files(folder)["notes.txt"] == b"mine"
    assert files(folder)["02-mine.ipynb"] == b"mine too"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("work"), st.integers(0, 9)),
        st.sampled_from(["work on the newer", "delete", "upgrade", "downgrade", "lose manifest"]),
        st.just("start"),
    ),
    max_size=14,
)


@given(STEPS)
def test_whatever_happens_in_whatever_order_the_learner_s_work_is_still_there(steps):
    with tempfile.TemporaryDirectory() as place:
        source, folder = Path(place) / "source", Path(place) / "folder"
        source.mkdir()
        version, work = 1, {}
        write_notebook(source / ONE, "version 1")
        copy_course(folder, source)
        for step in steps:
            newer = folder / "00-one.newer.ipynb"
            if step == "start":
                copy_course(folder, source)
            elif step in ("upgrade", "downgrade"):
                version += 1 if step == "upgrade" else -1
                write_notebook(source / ONE, f"version {version}")
            elif step == "lose manifest":
                (folder / MANIFEST).unlink(missing_ok=True)
            elif step == "delete":
                (folder / ONE).unlink(missing_ok=True)
                work.pop(ONE, None)
            elif step == "work on the newer":
                if newer.exists():
                    newer.write_text("work on the newer")
                    work[newer.name] = b"work on the newer"
            else:
                (folder / ONE).write_text(f"work {step[1]}")
                work[ONE] = f"work {step[1]}".encode()
            now = files(folder)
            assert {name: now.get(name) for name in work} == work
        copy_course(folder, source)
        if ONE not in work:  # in particular, today's version is there
            held = files(folder)
            assert any(f"version {version}".encode() in text for text in held.values())


# ---- When something stands in the way ---------------------------------------------------------


def all_or_nothing(folder, before, source):
    """Every file is as it was or today's; there is no half file and none is left over."""
    today = {path.name: copies.cleared(path.read_text("utf-8")) for path in source.glob("*.ipynb")}
    for name, text in files(folder).items():
        assert text in (before.get(name), today.get(name)), name
    assert {path.name for path in folder.iterdir()} <= {ONE, TWO, MANIFEST}
    if (folder / MANIFEST).exists():
        json.loads((folder / MANIFEST).read_text())


def failing(monkeypatch, call, error, name="fsync"):
    """The `call`-th time that the system is asked, it fails."""
    real, calls = getattr(os, name), []

    def asked(*args):
        calls.append(args)
        if len(calls) == call:
            raise error
        return real(*args)

    monkeypatch.setattr(copies.os, name, asked)


WRITES = 5  # a manifest, then a notebook and a manifest, twice


@pytest.mark.parametrize("call", range(1, WRITES + 1))
@pytest.mark.parametrize("upgrade", [False, True], ids=["first time", "upgrade"])
@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_full_disk_leaves_every_file_whole(source, folder, monkeypatch, call, upgrade, name):
    folder.mkdir(parents=True)
    if upgrade:
        copy_course(folder, source)
        write_notebook(source / ONE, "one, version 2")
        write_notebook(source / TWO, "two, version 2")
    before = files(folder)
    with monkeypatch.context() as patched:
        failing(patched, call, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), name)
        with pytest.raises(CourseError, match=r"^the course can't be written to .*: No space left"):
            copy_course(folder, source)
    all_or_nothing(folder, before, source)
    copy_course(folder, source)  # there is room again
    assert set(files(folder)) == {ONE, TWO}
    assert outcomes(folder, source) == {ONE: "same", TWO: "same"}
    if upgrade:
        assert b"version 2" in (folder / ONE).read_bytes()


@pytest.mark.parametrize("call", range(1, WRITES + 1))
def test_control_c_leaves_every_file_whole(source, folder, monkeypatch, call):
    failing(monkeypatch, call, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        copy_course(folder, source)
    all_or_nothing(folder, {}, source)


KILLED = """
import os, signal, sys
from pathlib import Path
from adlab.course import copies
real, calls = os.fsync, []
def asked(number):
    calls.append(number)
    if len(calls) == int(sys.argv[3]):
        os.truncate(number, os.fstat(number).st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)
    real(number)
os.fsync = asked
copies.copy_course(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_kill_in_the_middle_of_a_write_leaves_every_file_whole(source, folder):
    copy_course(folder, source)
    write_notebook(source / ONE, "one, version 2")
    before = files(folder)
    command = [sys.executable, "-c", KILLED, str(folder), str(source), "2"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert files(folder) == before
    assert outcomes(folder, source) == {ONE: "updated", TWO: "same"}


def test_a_folder_that_is_a_file(source, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CourseError, match="file is a file: choose another name"):
        copy_course(tmp_path / "file", source)
    with pytest.raises(CourseError, match=r"can't be written to .*: Not a directory"):
        copy_course(tmp_path / "file" / "below", source)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_can_t_be_written_is_found_even_if_nothing_is_to_be_copied(
    source, folder, monkeypatch
):
    copy_course(folder, source)

    def refuse(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(copies.Path, "open", refuse)
    with pytest.raises(CourseError, match=r"can't be written to .*: Permission denied"):
        copy_course(folder, source)


def test_a_folder_in_the_place_of_a_file(source, folder):
    for name in (MANIFEST, ONE):
        (folder / name).mkdir(parents=True)
        with pytest.raises(CourseError, match=f"{name} is a folder"):
            copy_course(folder, source)
        (folder / name).rmdir()


def test_the_course_s_own_folder_is_refused(source):
    before = files(source)
    with pytest.raises(CourseError, match="holds the course's own notebooks"):
        copy_course(source / ".." / "source", source)
    assert files(source) == before
    assert not (source / MANIFEST).exists()


def test_an_installation_without_notebooks_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(copies.adlab, "__file__", str(tmp_path / "adlab" / "__init__.py"))
    with pytest.raises(CourseError, match="has no notebooks: install it again"):
        copies.notebooks()


def test_a_name_that_is_too_long_and_a_loop_of_links_are_said(source, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for bad in (tmp_path / ("a" * 300), loop, loop / "inside"):
        with pytest.raises(CourseError, match="can't be written to"):
            copy_course(bad, source)
