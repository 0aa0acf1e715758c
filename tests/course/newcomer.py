"""Gives the first command of README.md in a copy of this checkout, as a newcomer does.

Looks whether the server answers with the first notebook, and stops it. Needs Python alone.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/00-start-here\.ipynb\?token=\w+")
SECONDS = 900


def command() -> str:
    """The first command of README.md."""
    return re.search(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"))[1]


def address(process: subprocess.Popen, log: Path) -> str:
    """What the server prints once it listens."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := ADDRESS.search(log.read_text("utf-8")):
            return found[0]
        time.sleep(0.5)
    sys.exit(f"the course did not start:\n{log.read_text('utf-8')}")


def page(url: str) -> bytes:
    """What the server answers; its port opens a moment after the address is printed."""
    for _ in range(50):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.1)
    sys.exit(f"nobody answers at {url}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy, log = Path(folder) / "copy", Path(folder) / "log"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "artefacts"))
        print("newcomer:", command(), flush=True)
        with log.open("w") as output:
            process = subprocess.Popen(
                command(),
                shell=True,
                cwd=copy,
                env=os.environ | {"BROWSER": "true"},  # a browser that shows nothing
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            assert b"JupyterLab" in page(address(process, log))
            assert (copy / "adlab-course" / "00-start-here.ipynb").is_file()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)
        print("newcomer: the course opens")


if __name__ == "__main__":
    main()
