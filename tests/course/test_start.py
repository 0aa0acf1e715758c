"""A real server: who may speak to it, what it shows, and whose settings hold."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from adlab.course.copies import FIRST
from adlab.course.start import answer_at_once, options
from tests.course.server import environment, running

ADLAB = [sys.executable, "-m", "adlab.course.cli"]
NOTIFICATION = "/lab/api/settings/@jupyterlab/apputils-extension:notification"
THEMES = "/lab/api/settings/@jupyterlab/apputils-extension:themes"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """As for most learners: no configuration of Jupyter, no --port, and the first port is taken."""
    where = tmp_path_factory.mktemp("learner")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = {"JUPYTER_PORT": str(taken.getsockname()[1])}
        command = [*ADLAB, "start", "my course", "--no-browser"]
        with running(command, where, environment(where / "home") | port) as started:
            yield started


@pytest.fixture(scope="module")
def careless(tmp_path_factory):
    """An account that opens its servers to the world without a token, and has settings."""
    where = tmp_path_factory.mktemp("careless")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = {
        "ServerApp": {"ip": "0.0.0.0", "open_browser": False, "allow_remote_access": True},
        "IdentityProvider": {"token": ""},
    }
    settings = {
        "apputils-extension/notification": {"fetchNews": "true"},
        "apputils-extension/themes": {"theme": "JupyterLab Dark"},
    }
    env = environment(where / "home", config, settings)
    with running([*ADLAB, "start", f"--port={port}"], where, env) as started:
        assert started.url == f"http://127.0.0.1:{port}"
        yield started


@pytest.fixture(params=["server", "careless"])
def either(request):
    return request.getfixturevalue(request.param)


def test_it_listens_on_this_machine_only(either):
    process = psutil.Process(either.process.pid)
    ports = [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert ports
    assert {c.laddr.ip for c in ports} == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["/api/contents", "/api/kernels", NOTIFICATION, "/api/sessions"])
def test_without_the_token_everything_is_refused(either, path):
    assert either.get(path)[0] == 403
    assert either.get(path, token="0" * len(either.token))[0] == 403


def test_without_the_token_a_page_asks_for_it(either, server):
    status, url, _ = either.get(f"/lab/tree/{FIRST}")
    assert url.startswith(f"{either.url}/login?next=")
    assert status == (200 if either is server else 404)  # no page to log in where nobody wanted one


def test_with_the_token_the_course_is_there(either):
    assert len(either.token) >= 40
    status, _, text = either.get("/api/contents", either.token)
    assert status == 200
    assert FIRST in [entry["name"] for entry in json.loads(text)["content"]]
    status, _, text = either.get(f"/api/contents/{FIRST}", either.token)
    assert status == 200
    assert json.loads(text)["type"] == "notebook"


def test_it_opens_on_the_first_notebook(either):
    assert either.printed.startswith(f"{either.url}/lab/tree/{FIRST}?token=")
    status, url, _ = either.get("/", either.token)
    assert (status, url) == (200, f"{either.url}/lab/tree/{FIRST}")
    path_with_token = either.printed.removeprefix(either.url)
    assert either.get(path_with_token)[0] == 200  # as the browser opens it


def test_it_asks_neither_the_learner_about_news_nor_the_network_for_updates(server):
    status, _, text = server.get(NOTIFICATION, server.token)
    answer = json.loads(text)
    assert status == 200
    assert answer["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert answer["schema"]["properties"]["checkForUpdates"]["default"] is False
    assert answer["settings"] == {}


def test_the_settings_of_the_learner_go_on_working(careless):
    assert json.loads(careless.get(NOTIFICATION, careless.token)[2])["settings"] == {
        "fetchNews": "true"
    }
    assert json.loads(careless.get(THEMES, careless.token)[2])["settings"] == {
        "theme": "JupyterLab Dark"
    }


def test_a_second_start_finds_the_port_taken(server, tmp_path):
    port = server.url.rpartition(":")[2]
    ran = subprocess.run(
        [*ADLAB, "start", "--port", port], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"adlab: port {port} is in use; choose another, or leave --port out\n"


@pytest.fixture
def heard():
    """Ctrl-C is heard: what a script starts in the background ignores it, and hands that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_control_c_stops_it(tmp_path, heard):
    env = environment(tmp_path / "home")
    with running([*ADLAB, "start", "--no-browser"], tmp_path, env) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_control_c_twice_in_a_terminal_stops_it(tmp_path, heard):
    ours, theirs = os.openpty()
    env = environment(tmp_path / "home")
    command = [*ADLAB, "start", "--no-browser"]
    with os.fdopen(ours), running(command, tmp_path, env, stdin=theirs) as server:
        os.close(theirs)
        server.process.send_signal(signal.SIGINT)
        wait_for("Shut down this Jupyter server", server)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log.read_text()


def wait_for(words, server):
    end = time.monotonic() + 10
    while words not in server.log.read_text():
        assert time.monotonic() < end, server.log.read_text()
        time.sleep(0.05)


def test_only_root_is_told_that_it_may(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "--allow-root" not in options(tmp_path, None, True)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert "--allow-root" in options(tmp_path, None, True)
    monkeypatch.delattr("os.geteuid")  # as on Windows
    assert "--allow-root" not in options(tmp_path, None, True)


def test_the_connection_to_a_kernel_sends_each_message_at_once():
    """Else a panel's answer waits 40 ms for an acknowledgement; the class that was set goes on."""
    done = []

    class Given:
        def __init__(self, websocket_handler):
            self.websocket_handler = websocket_handler

        def connect(self):
            done.append("connected")
            return "the future of the given class"

    class Handler:
        def set_nodelay(self, value):
            done.append(value)

    settings = {"kernel_websocket_connection_class": Given}
    answer_at_once(settings)
    connection = settings["kernel_websocket_connection_class"](websocket_handler=Handler())
    assert isinstance(connection, Given)
    assert connection.connect() == "the future of the given class"
    assert done == [True, "connected"]
