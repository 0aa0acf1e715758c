"""Progress is never lost: by two processes, by kill -9, by a full disk, by a damaged file."""

import errno
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from adlab.course import progress as module
from adlab.course.progress import NOT_ATTEMPTED, PASSED, STATUSES, Entry, Progress

CRASH = Path(__file__).with_name("crash")
ROOT = Path(__file__).parents[2]
VJP, JVP = "01/vjp-by-hand", "01/jvp-by-hand"

entries = st.builds(
    Entry,
    status=st.sampled_from(STATUSES),
    attempts=st.integers(0, 9),
    hints=st.integers(0, 3),
    revealed=st.booleans(),
    revision=st.integers(1, 3),
    time=st.sampled_from(["", "2026-01-01T00:00:00.000+00:00", "2026-02-01T00:00:00.000+00:00"]),
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "adlab" / "progress.json"


@pytest.fixture
def progress(file):
    return Progress(file)


def script(name, *arguments):
    command = [sys.executable, str(CRASH / name), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def beside(file):
    return sorted(path.name for path in file.parent.iterdir())


# What an entry knows


def test_a_first_pass_is_written_and_read_again(progress, file):
    entry = progress.record(VJP, status=PASSED, attempts=1, hints=2, revision=3)
    assert (entry.status, entry.attempts, entry.hints, entry.revision) == (PASSED, 1, 2, 3)
    assert entry.passed
    assert not entry.revealed
    assert entry.time.endswith("+00:00")
    assert Progress(file).entries() == {VJP: entry}
    assert Progress(file).entry(VJP) == entry
    assert Progress(file).entry(JVP) == Entry() == Entry(NOT_ATTEMPTED, 0, 0, False, 1, "")
    assert progress.messages == []


def test_the_file_holds_what_the_course_promises_and_nothing_else(progress, file):
    entry = progress.record(VJP, status="NOT YET", attempts=1)
    assert json.loads(file.read_text()) == {"schema": 1, "exercises": {VJP: asdict(entry)}}
    assert set(asdict(entry)) == {"status", "attempts", "hints", "revealed", "revision", "time"}


def test_events_add_up(progress):
    progress.record(VJP, status="NOT YET", attempts=1)
    progress.record(VJP, hints=2)
    progress.record(VJP, hints=1, revealed=True)
    entry = progress.record(VJP, status="TOO SLOW", attempts=1)
    assert (entry.status, entry.attempts, entry.hints, entry.revealed) == ("TOO SLOW", 2, 2, True)


@pytest.mark.parametrize("status", [s for s in (*STATUSES, None) if s != PASSED])
def test_a_pass_stays(progress, status):
    passed = progress.record(VJP, status=PASSED, attempts=1, revision=2)
    entry = progress.record(VJP, status=status, attempts=1, revision=3)
    assert (entry.status, entry.revision, entry.time) == (PASSED, 2, passed.time)
    assert entry.attempts == 2


def test_an_unanswered_cell_that_runs_again_hides_no_attempt(progress):
    progress.record(VJP, status="NOT YET", attempts=1)
    assert progress.record(VJP, status=NOT_ATTEMPTED).status == "NOT YET"


def test_a_pass_keeps_the_revision_it_was_made_at(progress):
    assert progress.record(VJP, status=PASSED, revision=1).revision == 1
    assert progress.record(VJP, status="NOT YET", revision=2).revision == 1
    assert progress.record(VJP, status=PASSED, revision=2).revision == 2
    assert progress.record(VJP, status=PASSED, revision=1).revision == 2


@given(entries, entries, entries)
def test_uniting_is_a_union(a, b, c):
    assert a.united(a) == a
    assert a.united(b) == b.united(a)
    assert a.united(b).united(c) == a.united(b.united(c))
    assert a.united(b).passed == (a.passed or b.passed)


@given(entries, entries)
def test_no_event_takes_anything_away(entry, event):
    after = entry.after(event)
    assert after.passed == (entry.passed or event.passed)
    assert after.attempts == entry.attempts + event.attempts
    assert after.revealed >= entry.revealed
    assert after.hints >= entry.hints
    assert not entry.passed or after.revision >= entry.revision


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "passed"}, "status 'passed' came; it is one of PASSED, NOT YET,"),
        ({"attempts": -1}, "whole numbers; (-1, 0, 1) came"),
        ({"hints": 1.0}, "whole numbers; (0, 1.0, 1) came"),
        ({"attempts": True}, "whole numbers"),
        ({"revealed": 1}, "revealed is true or false"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(progress, file, fields, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        progress.record(VJP, **fields)
    assert not file.exists()


@pytest.mark.parametrize("name", ["vjp", "01/", "01/f(x)", "01/a b", "01/a\n", "1/" + 81 * "a"])
def test_only_names_of_exercises_get_into_the_file(progress, name):
    with pytest.raises(ValueError, match="not of the form chapter/name"):
        progress.record(name, status=PASSED)


# Where the file stands


def test_the_environment_names_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "mine.json"))
    Progress.open().record(VJP, status=PASSED)
    assert VJP in (tmp_path / "mine.json").read_text()


def test_without_it_the_system_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("ADLAB_PROGRESS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = module.progress_path()
    assert (path.name, path.parent.name) == ("progress.json", "adlab")
    if sys.platform == "linux":
        assert path == tmp_path / "adlab" / "progress.json"


def test_all_who_open_it_share_one_object(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "a.json"))
    first = Progress.open()
    assert Progress.open() is first
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "b.json"))
    assert Progress.open() is not first


def test_looking_writes_nothing(progress, file):
    assert progress.entries() == {}
    assert not file.parent.exists()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    Progress(tmp_path / "link.json").record(VJP, status=PASSED)
    assert (tmp_path / "link.json").is_symlink()
    assert VJP in (tmp_path / "real.json").read_text()


# Several writers


def test_two_tabs_see_each_other(file):
    one, other = Progress(file), Progress(file)
    one.record(VJP, status=PASSED, attempts=1)
    other.record(JVP, status=PASSED, attempts=1)
    one.record(VJP, status="NOT YET", attempts=1)
    assert one.entries() == other.entries()
    assert {name: (e.status, e.attempts) for name, e in one.entries().items()} == {
        VJP: (PASSED, 2),
        JVP: (PASSED, 1),
    }


def test_four_processes_of_200_writes_lose_none(file):
    running = [script("writer.py", file, name, 200) for name in "abcd"]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, "")
    found = Progress(file).entries()
    assert found.pop("01/shared").attempts == 800
    assert len(found) == 100
    assert all(entry.passed for entry in found.values())


def test_200_kills_leave_a_readable_file_and_every_pass(file):
    process = script("killed.py", file, 200)
    told, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    result = json.loads(told)
    assert {key: result[key] for key in ("unreadable", "lost", "blocked")} == {
        "unreadable": 0,
        "lost": 0,
        "blocked": 0,
    }
    assert result["saved"] > 200  # most were killed in the middle of a later write
    names = {"progress.json", "progress.backup.json", "progress.json.lock"}
    assert (
        names
        <= set(result["beside"])
        <= names
        | {
            "progress.json.new",
            "progress.backup.json.new",
        }
    )


def test_a_lock_that_is_held_does_not_block_for_long(file, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    progress = Progress(file)
    progress.record(JVP, status=PASSED)
    with FileLock(str(file) + ".lock"):
        assert progress.record(VJP, status=PASSED, attempts=1).passed
        assert progress.record(VJP, attempts=1).attempts == 2
        assert VJP not in file.read_text()
    assert len(progress.messages) == 1
    assert "another program holds it" in progress.messages[0]
    progress.record(VJP, attempts=1)
    assert Progress(file).entry(VJP).attempts == 3
    assert Progress(file).entry(JVP).passed


def test_the_lock_of_a_dead_process_is_free(file):
    file.parent.mkdir()
    program = (
        "import sys, time; from filelock import FileLock\n"
        "with FileLock(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, f"{file}.lock"], stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    progress = Progress(file)
    progress.record(VJP, status=PASSED)
    assert progress.messages == []
    assert Progress(file).entry(VJP).passed


def test_a_lock_file_that_lies_about_blocks_nobody(file):
    file.parent.mkdir()
    Path(f"{file}.lock").write_text("12345\n")
    progress = Progress(file)
    progress.record(VJP, status=PASSED)
    assert progress.messages == []


# A disk that says no


def fail(*_arguments, **_named):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullFile:
    """A file of a full disk, which takes some bytes and then no more."""

    def __init__(self, path, mode):
        self.file = open(path, mode)  # noqa: SIM115

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.file.close()

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        fail()


@pytest.fixture(params=["open", "write", "fsync", "replace"])
def fill_the_disk(request, monkeypatch):
    def fill():
        if request.param == "open":
            monkeypatch.setattr(module, "open", fail, raising=False)
        elif request.param == "write":
            monkeypatch.setattr(module, "open", FullFile, raising=False)
        else:
            monkeypatch.setattr(module.os, request.param, fail)
        return monkeypatch.undo

    return fill


def test_a_full_disk_is_said_once_and_loses_nothing(progress, file, fill_the_disk):
    progress.record(JVP, status=PASSED)
    before = file.read_bytes()
    free = fill_the_disk()
    assert progress.record(VJP, status="NOT YET", attempts=1).attempts == 1
    assert progress.record(VJP, status=PASSED, attempts=1).attempts == 2
    assert progress.entry(VJP).passed
    assert progress.entry(JVP).passed
    assert not progress.save()
    assert file.read_bytes() == before
    assert beside(file) == ["progress.backup.json", "progress.json", "progress.json.lock"]
    assert len(progress.messages) == 1
    assert "No space left on device): it is kept in memory" in progress.messages[0]
    free()
    assert progress.save()
    found = Progress(file).entries()
    assert {name: (e.status, e.attempts) for name, e in found.items()} == {
        VJP: (PASSED, 2),
        JVP: (PASSED, 0),
    }


def test_a_disk_that_fills_up_before_the_backup(progress, file, monkeypatch):
    put = module._put
    monkeypatch.setattr(
        module,
        "_put",
        lambda path, content: fail() if "backup" in path.name else put(path, content),
    )
    progress.record(VJP, status=PASSED, attempts=1)
    progress.record(VJP, attempts=1)
    assert Progress(file).entry(VJP).attempts == 2
    assert len(progress.messages) == 1
    assert "progress.backup.json can't be written (No space left" in progress.messages[0]


def test_what_is_unsaved_at_the_end_is_tried_once_more(monkeypatch, tmp_path):
    folder = tmp_path / "gone"
    folder.write_text("a file where the folder should be")
    monkeypatch.setenv("ADLAB_PROGRESS", str(folder / "progress.json"))
    Progress.open().record(VJP, status=PASSED)
    folder.unlink()
    module._save_all()
    assert Progress(folder / "progress.json").entry(VJP).passed


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    progress = Progress(tmp_path / "file" / "progress.json")
    assert progress.entries() == {}
    progress.record(VJP, status=PASSED)
    assert progress.record(VJP, attempts=1).passed
    assert progress.entries()[VJP].attempts == 1
    assert len(progress.messages) == 1
    assert "it is kept in memory" in progress.messages[0]
    assert "adlab doctor" in progress.messages[0]


def test_a_file_that_cannot_be_read_is_not_overwritten(progress, file, monkeypatch):
    progress.record(JVP, status=PASSED)
    before = file.read_bytes()

    def denied(_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", denied)
        assert progress.record(VJP, status=PASSED).passed
    assert file.read_bytes() == before
    assert "(Permission denied)" in progress.messages[0]
    progress.save()
    assert set(Progress(file).entries()) == {VJP, JVP}


def test_a_file_that_is_being_read_on_windows_is_replaced_in_a_moment(progress, monkeypatch):
    replace, refusals = os.replace, iter([True, True, True])

    def busy(*paths):
        if next(refusals, False):
            raise PermissionError(errno.EACCES, "used by another process")
        replace(*paths)

    monkeypatch.setattr(module.os, "replace", busy)
    progress.record(VJP, status=PASSED)
    assert progress.messages == []


# A file that is not what it should be

DAMAGED = {
    "empty": b"",
    "cut off": b'{"schema": 1, "exercises": {"01/a": {"sta',
    "zeros": bytes(400),
    "binary": bytes(range(256)),
    "deep": 100_000 * b"[",
    "list": b"[1, 2]",
    "no schema": b'{"exercises": {}}',
    "schema of text": b'{"schema": "1", "exercises": {}}',
    "schema zero": b'{"schema": 0, "exercises": {}}',
    "no exercises": b'{"schema": 1}',
    "odd exercises": b'{"schema": 1, "exercises": [1]}',
    "odd entry": b'{"schema": 1, "exercises": {"01/a": []}}',
    "odd status": b'{"schema": 1, "exercises": {"01/a": {"status": "<b>"}}}',
    "odd count": b'{"schema": 1, "exercises": {"01/a": {"attempts": NaN}}}',
    "null": b'{"schema": 1, "exercises": {"01/a": {"revealed": null}}}',
    "merge conflict": b'<<<<<<< HEAD\n{"schema": 1, "exercises": {}}\n=======\n',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_set_aside_and_the_backup_goes_on(progress, file, content):
    progress.record(VJP, status=PASSED)
    file.write_bytes(content)
    after = Progress(file)
    assert after.entry(VJP).passed
    assert after.record(JVP, status=PASSED).passed
    aside = [name for name in beside(file) if "damaged" in name]
    assert len(aside) == 1
    assert aside[0].startswith("progress.damaged-2")
    assert (file.parent / aside[0]).read_bytes() == content
    assert len(after.messages) == 1
    assert f"set aside as {aside[0]}; your progress goes on from its backup" in after.messages[0]
    again = Progress(file)
    assert set(again.entries()) == {VJP, JVP}
    assert again.messages == []


def test_file_and_backup_damaged(progress, file):
    progress.record(VJP, status=PASSED)
    file.write_text("{")
    progress.backup.write_text("[")
    after = Progress(file)
    assert after.entries() == {}
    assert len([name for name in beside(file) if "damaged" in name]) == 2
    assert Progress(file).record(JVP, status=PASSED).passed


def test_damaged_twice_in_one_second_keeps_both(progress, file):
    for text in "{[":
        progress.record(VJP, status=PASSED)
        file.write_text(text)
    assert Progress(file).entry(VJP).passed
    for text in "{[":
        file.write_text(text)
        assert Progress(file).entry(VJP).passed
    damaged = [name for name in beside(file) if "damaged" in name]
    assert len(damaged) == 4


def test_a_damaged_file_on_a_full_disk_stays_until_it_can_be_set_aside(progress, file, monkeypatch):
    progress.record(JVP, status=PASSED)
    file.write_text("{")
    after = Progress(file)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", fail)
        assert after.record(VJP, status=PASSED).passed
        assert set(after.entries()) == {VJP, JVP}
        assert file.read_text() == "{"
    assert set(after.entries()) == {VJP, JVP}
    assert after.save()
    assert set(Progress(file).entries()) == {VJP, JVP}


def test_a_newer_file_is_set_aside_and_the_message_says_how_to_get_it_back(progress, file):
    progress.record(VJP, status=PASSED)
    newer = file.read_text().replace('"schema": 1', '"schema": 2')
    file.write_text(newer)
    after = Progress(file)
    assert after.entry(VJP).passed
    (aside,) = [name for name in beside(file) if "newer" in name]
    assert (file.parent / aside).read_text() == newer
    (sentence,) = after.messages
    assert "written by a newer adlab (schema 2, not 1)" in sentence
    assert f'update adlab and run  adlab progress --import "{file.parent / aside}"' in sentence


def test_a_missing_file_comes_back_from_its_backup(progress, file):
    progress.record(VJP, status=PASSED)
    file.unlink()
    after = Progress(file)
    assert after.entry(VJP).passed
    assert file.exists()
    assert "your progress comes from its backup" in after.messages[0]


def test_fields_of_another_adlab_survive(progress, file):
    progress.record(VJP, status="NOT YET")
    document = json.loads(file.read_text())
    document["mood"] = "fine"
    document["exercises"][VJP]["seconds"] = 31
    document["exercises"]["99/not-yet-invented"] = {"status": PASSED, "stars": 5}
    file.write_text(json.dumps(document))
    progress.record(VJP, status=PASSED)
    after = json.loads(file.read_text())
    assert after["mood"] == "fine"
    assert after["exercises"][VJP]["seconds"] == 31
    assert after["exercises"]["99/not-yet-invented"] == {"status": PASSED, "stars": 5}
    assert progress.messages == []


# To another computer and back


def test_export_and_merge(progress, tmp_path):
    progress.record(VJP, status=PASSED, attempts=3, revision=2)
    progress.record("02/chain", status="NOT YET", attempts=1)
    progress.export(tmp_path / "out.json")
    other = Progress(tmp_path / "other" / "progress.json")
    other.record(VJP, status="NOT YET", attempts=5, hints=1)
    other.record(JVP, status=PASSED)
    for _ in range(2):  # the second time changes nothing
        other.merge(tmp_path / "out.json")
        found = other.entries()
        assert set(found) == {VJP, JVP, "02/chain"}
        assert (found[VJP].status, found[VJP].revision) == (PASSED, 2)
        assert (found[VJP].attempts, found[VJP].hints) == (5, 1)
    progress.merge(other.path)
    assert progress.entries() == other.entries()


def test_what_is_unsaved_is_exported_too(tmp_path):
    (tmp_path / "file").write_text("")
    progress = Progress(tmp_path / "file" / "progress.json")
    progress.record(VJP, status=PASSED)
    progress.export(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text())["exercises"][VJP]["status"] == PASSED


def test_export_writes_over_nothing(progress, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match="choose another name"):
        progress.export(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "reason"),
    [("hello", "it is not JSON"), ('{"schema": 9, "exercises": {}}', "by a newer adlab")],
)
def test_a_file_that_cannot_be_imported(progress, file, tmp_path, content, reason):
    progress.record(VJP, status=PASSED)
    before = file.read_bytes()
    (tmp_path / "in.json").write_text(content)
    with pytest.raises(ValueError, match=f"{reason}.*nothing was changed"):
        progress.merge(tmp_path / "in.json")
    assert file.read_bytes() == before
    assert (tmp_path / "in.json").read_text() == content


def test_the_order_of_imports_does_not_matter(tmp_path):
    sources = []
    for k, status in enumerate(["NOT YET", PASSED, "TOO SLOW"]):
        sources.append(Progress(tmp_path / f"{k}.json"))
        sources[-1].record(VJP, status=status, attempts=k)
    found = set()
    for k, order in enumerate(itertools.permutations(sources)):
        target = Progress(tmp_path / f"target-{k}.json")
        for source in order:
            target.merge(source.path)
        found.add(target.entry(VJP))
    assert len(found) == 1
    assert found.pop().passed
