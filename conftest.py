"""All tests, those of the notebooks too, run without a network and without the learner's progress.

`tests/offline` refuses what a Python program sends anywhere but to this machine, in this process
and in each one that it starts; a proxy that refuses is named to all others. Who tried is said at
the end, and the run is then red.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

OFFLINE = str(Path(__file__).parent / "tests" / "offline")
NO_PROXY = "localhost,127.0.0.1,::1"
REFUSES = "http://127.0.0.1:9"  # the port "discard", where nobody listens


def pytest_configure(config):
    folder = tempfile.TemporaryDirectory(prefix="adlab-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ["ADLAB_REFUSED"] = str(Path(folder.name, "refused"))
    os.environ["ADLAB_PROGRESS"] = str(Path(folder.name, "progress.json"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy"):
        os.environ[name] = os.environ[name.upper()] = REFUSES
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = NO_PROXY
    guard_this_process()
    guard_children()


def guard_this_process():
    if "sitecustomize" not in sys.modules or not hasattr(sys.modules["sitecustomize"], "refuse"):
        sys.path.insert(0, OFFLINE)
        sys.modules.pop("sitecustomize", None)
        __import__("sitecustomize")
        sys.path.remove(OFFLINE)


def guard_children():
    """Puts the guard on the path of every child, whatever environment a test gives it."""
    start = subprocess.Popen.__init__

    def guarded(self, *args, env=None, **kwargs):
        env = dict(os.environ if env is None else env)
        path = [OFFLINE, *filter(None, [env.get("PYTHONPATH")])]
        start(self, *args, env=env | {"PYTHONPATH": os.pathsep.join(path)}, **kwargs)

    subprocess.Popen.__init__ = guarded


def refused():
    """Who tried to leave this machine, a line each."""
    path = Path(os.environ["ADLAB_REFUSED"])
    return path.read_text("utf-8").splitlines() if path.exists() else []


def pytest_sessionfinish(session):
    if refused() and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    lines = refused()
    if lines:
        terminalreporter.section("tried to leave this machine", red=True)
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
