"""Runs JupyterLab on the learner's folder: on this machine only, behind JupyterLab's token."""

import errno
import os
import secrets
import socket
from importlib.util import find_spec
from pathlib import Path

from adlab.course import CourseError
from adlab.course.copies import FIRST

ADDRESS = "127.0.0.1"
SETTINGS = Path(__file__).with_name("jupyter")


def check_jupyterlab() -> None:
    if find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is missing: python -m pip install jupyterlab")


def check_port(port: int) -> None:
    """Can a server listen there? JupyterLab would say it too, in the middle of its log."""
    try:
        socket.create_server((ADDRESS, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is in use"
        else:
            reason = f"port {port} can't be used: {error.strerror}"
        raise CourseError(f"{reason}; choose another, or leave --port out") from error


def options(folder: Path, port: int | None, browser: bool) -> list[str]:
    """What JupyterLab is told. These options stand above the learner's own settings, all others
    of which go on working."""
    told = [
        f"--ServerApp.ip={ADDRESS}",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
    ]
    if port is not None:
        told += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        told += ["--no-browser"]
    if getattr(os, "geteuid", lambda: None)() == 0:
        told += ["--allow-root"]  # as in a container; only this machine can reach the server
    return told


def serve(folder: Path, port: int | None = None, browser: bool = True) -> None:
    """Runs JupyterLab in this process until it is stopped: signals and exit codes are its own."""
    from jupyterlab.labapp import LabApp

    # One more folder of defaults, for this process only: JupyterLab then asks neither the learner
    # whether to show news nor the network whether there is a newer JupyterLab.
    given = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [given, str(SETTINGS)]))
    server = LabApp.initialize_server(options(folder, port, browser))
    keep_token_on(server.identity_provider)
    answer_at_once(server.web_app.settings)
    server.start()


def answer_at_once(settings: dict) -> None:
    """Lets the connection to a kernel send each message at once, where the system would collect.

    Jupyter Server leaves Nagle's algorithm on. The few small messages by which a panel answers a
    slider then wait for an acknowledgement that the browser holds back for 40 ms (RFC 896, RFC 1122
    section 4.2.3.2). Measured with `python -m benchmarks.panels`.
    """
    given = settings["kernel_websocket_connection_class"]

    class AtOnce(given):
        def connect(self):
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    settings["kernel_websocket_connection_class"] = AtOnce


def keep_token_on(provider) -> None:
    """Makes a token if the learner's settings ask for none: whoever reaches the port runs code.

    A password instead of a token is as good.
    """
    if not provider.auth_enabled:
        provider.token, provider.token_generated = secrets.token_hex(24), True
