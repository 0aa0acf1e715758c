"""`adlab progress` and `adlab doctor`: what they say and return."""

import json

import pytest

from adlab.course import checkup, cli
from adlab.course.overview import Overview
from adlab.course.progress import PASSED, Progress


@pytest.fixture
def said(capsys):
    """Gives the command and returns its exit code, what it printed, and its complaint."""

    def give(*arguments):
        code = cli.main(list(map(str, arguments)))
        return code, *capsys.readouterr()

    return give


def test_the_help_names_both(said, capsys):
    for command, words in {
        "progress": ("--export FILE", "--import FILE", "nothing is sent anywhere"),
        "doctor": ("what cures it", "exit code"),
    }.items():
        with pytest.raises(SystemExit, match="0"):
            cli.main([command, "--help"])
        out = capsys.readouterr().out
        assert all(word in " ".join(out.split()) for word in words)
    assert {"progress", "doctor"} <= set(said()[1].split())


def test_progress_before_anything_was_done(said):
    code, out, err = said("progress")
    assert (code, err) == (0, "")
    assert out.startswith("0 of ")
    assert "Next: “" in out
    assert not Progress.open().path.exists()


def test_progress_counts_what_is_passed(said):
    Progress.open().record("00/read-a-shape", status=PASSED, attempts=1)
    out = said("progress")[1]
    assert out.startswith("1 of ")
    assert "Read a shape ............................................... passed\n" in out


def test_export_and_import(said, tmp_path, monkeypatch):
    Progress.open().record("00/read-a-shape", status=PASSED, attempts=1)
    assert said("progress", "--export", tmp_path / "out.json")[0] == 0
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "other" / "progress.json"))
    code, out, err = said("progress", "--import", tmp_path / "out.json")
    assert (code, err) == (0, "")
    assert out.startswith("1 of ")
    assert Progress.open().entry("00/read-a-shape").passed


def test_a_pass_of_an_exercise_that_was_replaced_is_told_and_never_lost(
    said, tmp_path, monkeypatch
):
    """06/which-mode gave way to 06/take-the-vertices-out: who passed it did so."""
    old, new = "06/which-mode", "06/take-the-vertices-out"
    mine = Progress.open()
    mine.record(old, status=PASSED, attempts=2, hints=1, revealed=True)
    entry = mine.entry(old)
    words = f"You also passed {old}, which this version of the course does not have."
    assert words in said("progress")[1]
    assert said("progress")[1].startswith("0 of ")
    mine.record(new, status=PASSED, attempts=1)
    assert said("progress")[1].startswith("1 of ")
    assert said("progress", "--export", tmp_path / "out.json")[0] == 0
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "other" / "progress.json"))
    code, out, err = said("progress", "--import", tmp_path / "out.json")
    assert (code, err) == (0, "")
    assert out.startswith("1 of ")
    assert words in out
    assert Progress.open().entry(old) == entry
    assert words in repr(Overview())
    assert words in Overview()._repr_html_()


def test_an_export_into_a_folder_that_is_not_there(said, tmp_path):
    code, out, err = said("progress", "--export", tmp_path / "no" / "out.json")
    assert (code, out) == (1, "")
    assert err == f"adlab: {tmp_path / 'no' / 'out.json'}: No such file or directory\n"


def test_export_writes_over_nothing(said, tmp_path):
    (tmp_path / "out.json").write_text("precious")
    code, out, err = said("progress", "--export", tmp_path / "out.json")
    reason = "exists already: choose another name"
    assert (code, out, err) == (1, "", f"adlab: {tmp_path / 'out.json'}: {reason}\n")
    assert (tmp_path / "out.json").read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, ": No such file or directory"), ("{", " can't be used: it is not JSON; nothing was")],
)
def test_an_import_that_is_none(said, tmp_path, content, reason):
    if content is not None:
        (tmp_path / "in.json").write_text(content)
    code, out, err = said("progress", "--import", tmp_path / "in.json")
    assert (code, out) == (1, "")
    assert err.startswith(f"adlab: {tmp_path / 'in.json'}{reason}")
    assert err.count("\n") == 1


def test_an_import_that_cannot_be_kept_is_no_success(said, tmp_path, monkeypatch):
    exported = {"schema": 1, "exercises": {"00/read-a-shape": {"status": PASSED}}}
    (tmp_path / "in.json").write_text(json.dumps(exported))
    (tmp_path / "file").touch()
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "file" / "progress.json"))
    code, out, err = said("progress", "--import", tmp_path / "in.json")
    assert (code, err) == (1, "")
    assert "it is kept in memory" in out


def test_a_healthy_machine(said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for variable in checkup.THREADS:
        monkeypatch.delenv(variable, raising=False)
    code, out, err = said("doctor")
    assert (code, err) == (0, ""), out
    report, _, facts = out.partition("\n\n")
    assert report.endswith("Everything is ready.")
    assert all(line.startswith("fact: ") for line in facts.splitlines())


def test_a_machine_with_a_trouble(said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "random.py").touch()
    code, out, err = said("doctor")
    assert (code, err) == (1, "")
    assert "The file random.py in your folder has the name of a module" in out
    assert "Something needs your attention." in out
