"""A real `adlab start`, with Jupyter folders of its own, for the tests that look at it."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PRINTED = re.compile(r"http://\S+/lab\S*\?token=\w+")


@dataclass(frozen=True)
class Server:
    """`printed` is the address it printed, with the token; `log` all that it printed so far."""

    process: subprocess.Popen
    printed: str
    log: Path

    @property
    def url(self):
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.printed))

    @property
    def token(self):
        return self.printed.partition("token=")[2]

    def get(self, path, token=None):
        """The status, the address after redirects and the text of the answer."""
        headers = {"Authorization": f"token {token}"} if token else {}
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.url, error.read().decode()


def environment(home: Path, config: dict | None = None, settings: dict | None = None):
    """What a process sees whose account has this configuration of Jupyter and these settings."""
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    (home / "config").mkdir(parents=True)
    (home / "config" / "jupyter_server_config.json").write_text(json.dumps(config or {}))
    for name, values in (settings or {}).items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    others = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    return others | {name: str(path) for name, path in folders.items()}


@contextmanager
def running(command: list[str], where: Path, env: dict[str, str], stdin=subprocess.DEVNULL):
    """Gives the command in the folder `where`, and waits for the address; ends it on leaving."""
    log = where / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=where,
            env=env,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + 60
        while not (found := PRINTED.search(log.read_text())):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.1)
        server = Server(process, found[0], log)
        wait_until_it_listens(server, end)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until_it_listens(server: Server, end: float):
    """The address is printed a moment before the port is open."""
    url = urlsplit(server.url)
    while True:
        try:
            socket.create_connection((url.hostname, url.port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
