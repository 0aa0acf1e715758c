"""Nothing here contacts a network: the guard under which all tests run is itself tested here.

The guard is set up by `conftest.py` at the root; every run of the tests is a run without a network.
192.0.2.1 is an address that belongs to nobody (RFC 5737).
"""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[1]
NOBODY = "192.0.2.1"
TRIES = {
    "connect": f"with socket.socket() as s: s.connect(('{NOBODY}', 80))",
    "connect_ex": f"with socket.socket() as s: s.connect_ex(('{NOBODY}', 80))",
    "C's socket": f"with closing(_socket.socket()) as s: s.connect(('{NOBODY}', 80))",
    "a name": "socket.create_connection(('example.org', 80), timeout=5)",
    "look up": "socket.getaddrinfo('example.org', 443)",
    "IPv6": "with socket.socket(socket.AF_INET6) as s: s.connect(('2001:db8::1', 80))",
    "datagram": f"with socket.socket(type=2) as s: s.sendto(b'x', ('{NOBODY}', 53))",
    "page": f"build_opener(ProxyHandler({{}})).open('http://{NOBODY}/', timeout=5)",
}
NAMES = """
import _socket
import socket
from contextlib import closing
from urllib.request import ProxyHandler, build_opener
"""


@pytest.fixture
def refused(monkeypatch, tmp_path):
    """What the guard writes down during one test, instead of making the whole run red."""
    path = tmp_path / "refused"
    monkeypatch.setenv("ADLAB_REFUSED", str(path))
    return lambda: path.read_text("utf-8").splitlines() if path.exists() else []


@pytest.mark.parametrize("name", TRIES)
def test_the_tests_themselves_get_nowhere(refused, name):
    with pytest.raises(OSError, match="the tests let nobody out"):
        exec(NAMES + TRIES[name], {})
    (line,) = refused()
    assert line.startswith("socket.")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_this_machine_is_reached(refused, host):
    with socket.create_server((host, 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
    assert refused() == []


def give_to_python(code, env=None):
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", TRIES)
def test_a_child_gets_nowhere(refused, name):
    ran = give_to_python(NAMES + TRIES[name])
    assert ran.returncode == 1
    assert "the tests let nobody out" in ran.stderr
    assert len(refused()) == 1


@pytest.mark.parametrize("more", [{}, {"PYTHONPATH": str(ROOT / "tests")}])
def test_a_child_with_an_environment_of_its_own_gets_nowhere(refused, more):
    env = {"ADLAB_REFUSED": os.environ["ADLAB_REFUSED"], **more}
    assert give_to_python(NAMES + TRIES["connect"], env).returncode == 1
    assert len(refused()) == 1


def test_a_grandchild_gets_nowhere(refused):
    inner = NAMES + TRIES["connect"]
    give_to_python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])")
    assert len(refused()) == 1


def test_a_kernel_gets_nowhere(refused):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        reply = client.execute_interactive(
            NAMES + TRIES["connect"], timeout=60, output_hook=lambda message: None
        )["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert (reply["status"], reply["ename"]) == ("error", "ConnectionRefusedError")
    assert len(refused()) == 1


def test_other_programs_are_sent_to_a_proxy_that_refuses():
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        assert os.environ[name] == "http://127.0.0.1:9"
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen("http://example.org/", timeout=5)
    assert "127.0.0.1" in os.environ["no_proxy"]


# A try that is swallowed makes the run red all the same.

SWALLOWS = f"""
import contextlib
import socket

def test_it():
    with contextlib.suppress(OSError):
        socket.create_connection(("{NOBODY}", 80), timeout=5).close()
"""
STAYS = """
import socket

def test_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
"""


def run_tests(folder, *files):
    """Runs tests in a folder of their own under the guard; the exit code and what is said."""
    (folder / "conftest.py").write_text((ROOT / "conftest.py").read_text("utf-8"))
    (folder / "tests").mkdir()
    (folder / "tests" / "offline").symlink_to(ROOT / "tests" / "offline")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder]
    ran = subprocess.run(
        [*command, "--nbval", "--nbval-current-env", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.returncode, ran.stdout


def test_a_run_that_stays_here_is_green(tmp_path):
    (tmp_path / "test_one.py").write_text(STAYS)
    code, said = run_tests(tmp_path, "test_one.py")
    assert (code, "tried to leave" in said) == (0, False), said


def test_a_test_that_swallows_the_refusal_makes_the_run_red(tmp_path):
    (tmp_path / "test_one.py").write_text(SWALLOWS)
    code, said = run_tests(tmp_path, "test_one.py")
    assert "1 passed" in said
    assert code == 1, said
    assert "tried to leave this machine" in said
    assert f"'{NOBODY}' by " in said


def test_a_notebook_that_swallows_the_refusal_makes_the_run_red(tmp_path):
    source = SWALLOWS.replace("def test_it():", "if True:")
    cell = nbformat.v4.new_code_cell(source, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "one.ipynb")
    code, said = run_tests(tmp_path, "one.ipynb")
    assert "1 passed" in said
    assert code == 1, said
    assert f"'{NOBODY}' by " in said
    assert "ipykernel" in said


def test_the_progress_of_the_person_who_runs_the_tests_is_left_alone():
    assert "adlab-tests-" in os.environ["ADLAB_PROGRESS"]
    assert Path(os.environ["ADLAB_PROGRESS"]).parent == Path(os.environ["ADLAB_REFUSED"]).parent
