"""The `adlab` command: what it says, what it returns, and one clear line for each trouble."""

import socket
import subprocess
import sys

import pytest

import adlab
from adlab.course import cli, start
from adlab.course.copies import FIRST


@pytest.fixture
def served(monkeypatch):
    """The arguments with which JupyterLab would be started."""
    calls = []
    monkeypatch.setattr(cli, "serve", lambda *args: calls.append(args))
    return calls


@pytest.fixture
def said(capsys):
    """Gives the command and returns its exit code, what it printed, and its complaint."""

    def give(*arguments):
        try:
            code = cli.main(list(map(str, arguments)))
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return give


def test_help_names_every_command_and_option(said):
    code, out, err = said("--help")
    assert (code, err) == (0, "")
    assert "start" in out
    assert "adlab start" in out
    code, out, err = said("start", "--help")
    assert (code, err) == (0, "")
    for word in ("FOLDER", "adlab-course", "--port", "--no-browser", "--copy-only", "Ctrl-C"):
        assert word in out


def test_without_a_command_it_shows_its_help(said):
    assert said() == said("--help")


def test_version(said):
    assert said("--version") == (0, f"adlab {adlab.__version__}\n", "")


def test_start_copies_and_serves_the_default_folder(said, served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = said("start")
    assert (code, err) == (0, "")
    assert (tmp_path / "adlab-course" / FIRST).is_file()
    (call,) = served
    assert (call[0].resolve(), *call[1:]) == (tmp_path / "adlab-course", None, True)
    assert out.splitlines() == [
        f"The course is in {tmp_path / 'adlab-course'}",
        f"JupyterLab opens {FIRST}; to stop it, press Ctrl-C twice here.",
    ]


def test_the_options_reach_the_server(said, served, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert said("start", tmp_path / "mine", "--port", port, "--no-browser")[0] == 0
    assert served == [(tmp_path / "mine", port, False)]


def test_copy_only_starts_nothing(said, served, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)  # and needs no JupyterLab
    code, out, err = said("start", tmp_path / "mine", "--copy-only")
    assert (code, out, err) == (0, f"The course is in {tmp_path / 'mine'}\n", "")
    assert served == []


def test_it_says_what_it_did_with_files_that_were_there(said, tmp_path):
    (tmp_path / FIRST).write_text("mine")
    code, out, _ = said("start", tmp_path, "--copy-only")
    assert code == 0
    assert out.splitlines()[1:] == [
        f"  {FIRST}: you changed it, so it stays; a newer version is 00-start-here.newer.ipynb"
    ]
    assert (tmp_path / FIRST).read_text() == "mine"


def one_line(result, *words):
    """Exit code 1, nothing printed, and one line of complaint with these words."""
    code, out, err = result
    assert (code, out) == (1, "")
    assert err.startswith("adlab: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    for word in words:
        assert word in err


def test_a_folder_that_is_a_file(said, served, tmp_path):
    (tmp_path / "file").write_text("mine")
    one_line(said("start", tmp_path / "file"), "is a file", "choose another")
    one_line(said("start", tmp_path / "file" / "below"), "can't be written", "Not a directory")
    assert served == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_folder_that_can_t_be_made(said, served):
    one_line(said("start", "/proc/adlab/course"), "can't be written to /proc/adlab/course: ")
    assert served == []


def test_a_port_in_use(said, served, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one_line(said("start", tmp_path / "mine", "--port", port), f"port {port} is in use")
    assert served == []
    assert not (tmp_path / "mine").exists()


def test_a_port_that_is_forbidden(said, served, tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(start.socket, "create_server", refuse)
    one_line(
        said("start", tmp_path / "mine", "--port", 80), "port 80 can't be used: Permission denied"
    )
    assert served == []


def test_a_missing_jupyterlab(said, served, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    one_line(said("start", tmp_path / "mine"), "JupyterLab is missing: python -m pip install")
    assert served == []
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "8888.0", "", "８８８８"])
def test_a_port_that_is_none(said, served, tmp_path, port):
    code, out, err = said("start", tmp_path / "mine", f"--port={port}")
    assert (code, out) == (2, "")
    assert f"{port!r} is not a number from 1 to 65535" in err
    assert served == []


@pytest.mark.parametrize("arguments", [["begin"], ["start", "a", "b"], ["start", "--prot", "1"]])
def test_a_command_line_that_is_wrong(said, served, arguments):
    code, out, err = said(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: adlab")
    assert served == []


def test_control_c_while_copying_is_no_traceback(said, served, tmp_path, monkeypatch):
    def interrupted(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "copy_course", interrupted)
    assert said("start", tmp_path / "mine") == (130, "", "")


def test_the_exit_code_of_jupyter_is_the_command_s(said, tmp_path, monkeypatch):
    def jupyter(*args):
        raise SystemExit(7)

    monkeypatch.setattr(cli, "serve", jupyter)
    assert said("start", tmp_path / "mine")[0] == 7


def test_trouble_is_one_line_in_a_process_of_its_own_too(tmp_path):
    (tmp_path / "file").write_text("mine")
    command = [sys.executable, "-m", "adlab.course.cli", "start", "file"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    one_line((ran.returncode, ran.stdout, ran.stderr), "is a file")
