"""A learner in a real browser: starts the course, opens a notebook, runs it, looks at panels.

Used by the browser tests and by `benchmarks/panels.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat
from playwright.sync_api import Browser, Page, Playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PANEL = ".adlab-panel"
STDERR = "application/vnd.jupyter.stderr"  # JupyterLab renders error outputs as this type too

# What differs from a learner's own JupyterLab: its theme follows the browser's colour scheme, and
# cells out of sight stay in the page.
SETTINGS = {
    "apputils-extension/themes": {"adaptive-theme": True},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@dataclass(frozen=True)
class Course:
    """A running server: `folder` is what it shows, `log` what it printed so far."""

    url: str
    token: str
    folder: Path
    log: Path


def chromium() -> str | None:
    """The path of Chromium, or None: `ADLAB_CHROMIUM`, or one of the usual names on the path."""
    given = os.environ.get("ADLAB_CHROMIUM")
    return given or next(filter(None, map(shutil.which, CHROMIUM)), None)


def launch(playwright: Playwright) -> Browser:
    """Chromium with the scroll bars that a learner has: they cost a panel 15 px."""
    return playwright.chromium.launch(
        executable_path=chromium(),
        args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--hide-scrollbars"],
    )


@contextmanager
def start_course(folder: Path) -> Iterator[Course]:
    """The course, started in `folder`/course as a learner starts it; stopped on leaving.

    The learner's Jupyter settings are kept apart in `folder`/home.
    """
    port = _free_port()
    course, log = folder / "course", folder / "server.log"
    environment = _environment(folder / "home")
    with log.open("w") as output:
        process = subprocess.Popen(
            _command(course, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        try:
            token = _wait_for_token(process, log, port)
            yield Course(f"http://127.0.0.1:{port}", token, course, log)
        finally:
            _stop(process)


def _command(course: Path, port: int) -> list[str]:
    adlab = shutil.which("adlab", path=sysconfig.get_path("scripts"))
    if adlab is None:
        raise RuntimeError("the adlab command is missing: python -m pip install -e .")
    return [adlab, "start", str(course), "--no-browser", "--port", str(port)]


def _environment(home: Path) -> dict[str, str]:
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    return os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_token(process: subprocess.Popen, log: Path, port: int, seconds: float = 60) -> str:
    """The token in the address that the server prints once it listens."""
    address = re.compile(rf"http://127\.0\.0\.1:{port}/\S*[?&]token=(\w+)")
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        found = address.search(log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the course did not start; the server said:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    """Ends the server and its kernels: the process group that was made for them."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sent)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue


@contextmanager
def opened(browser: Browser, course: Course, name: str, width: int) -> Iterator[Page]:
    """A fresh page of `width` px on the notebook `name`; its kernel is ended on leaving."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    try:
        workspace = uuid.uuid4().hex[:8]
        page.goto(
            f"{course.url}/lab/workspaces/{workspace}/tree/{quote(name)}?token={course.token}"
        )
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        yield page
    finally:
        header = {"Authorization": f"token {course.token}"}
        sessions = context.request.get(f"{course.url}/api/sessions", headers=header).json()
        for session in sessions:
            address = f"{course.url}/api/sessions/{session['id']}"
            context.request.delete(address, headers=header)
        context.close()


def run_all(page: Page, seconds: float = 90) -> None:
    """Run > Run All Cells, until every code cell that is not empty has its number.

    JupyterLab shows an idle kernel before the notebook is connected to it, and a Run All in that
    moment is lost: it is asked for again until the first cell starts.
    """
    page.get_by_text(re.compile(r"\| Idle$")).wait_for(timeout=60_000)
    for _ in range(10):
        try:
            page.get_by_role("menuitem", name="Run", exact=True).click(timeout=5_000)
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click(timeout=5_000)
            page.wait_for_function(
                f"() => ({PROMPTS})().some(p => /[*\\d]/.test(p))", timeout=5_000
            )
            break
        except PlaywrightTimeout:
            dialogs = page.locator(".jp-Dialog").all_inner_texts()
            if dialogs:
                raise RuntimeError(f"JupyterLab asks: {dialogs[0]!r}") from None
    else:
        raise RuntimeError("Run All Cells started nothing in ten tries")
    page.wait_for_function(f"() => ({PROMPTS})().every(p => /\\d/.test(p))", timeout=1000 * seconds)


PROMPTS = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]
    .filter(cell => cell.querySelector('.cm-content').innerText.trim() !== '')
    .map(cell => cell.querySelector('.jp-InputPrompt').textContent)"""


def errors(page: Page, notebook: Path) -> list[str]:
    """Error outputs and warnings in the page, except in cells tagged raises-exception."""
    cells = nbformat.read(notebook, 4).cells
    wanted = [
        k for k, cell in enumerate(cells) if "raises-exception" in cell.metadata.get("tags", [])
    ]
    found = page.evaluate(
        f"""() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].flatMap((cell, k) =>
            [...cell.querySelectorAll('[data-mime-type="{STDERR}"]')].map(e => [k, e.innerText]))"""
    )
    return [f"cell {k}: {text[-600:]}" for k, text in found if k not in wanted]


def stored_panels(notebook: Path, titles: Iterable[str]) -> int:
    """How many panels a stored notebook shows: pictures whose words begin with one of `titles`."""
    outputs = (out for cell in nbformat.read(notebook, 4).cells for out in cell.get("outputs", []))
    bundles = [out.get("data", {}) for out in outputs]
    shown = [data["text/plain"].splitlines()[0] for data in bundles if "image/svg+xml" in data]
    return sum(line in set(titles) for line in shown)


def screenshot(page: Page, path: Path) -> None:
    """The whole notebook as one picture, however long it is."""
    inner = page.locator(".jp-WindowedPanel-inner").evaluate("e => e.scrollHeight")
    with higher(page, min(inner + 200, 15_000)):
        page.locator(".jp-WindowedPanel-outer").evaluate("e => e.scrollTo(0, 0)")
        page.locator(".jp-Notebook").screenshot(path=path)


def panel_screenshot(page: Page, panel: int, path: Path) -> None:
    """One panel in a window that is high enough for it."""
    with higher(page, 1600):
        page.locator(PANEL).nth(panel).screenshot(path=path)


@contextmanager
def higher(page: Page, height: int) -> Iterator[None]:
    """The window of the page made `height` px high for a while."""
    usual = page.viewport_size
    page.set_viewport_size({"width": usual["width"], "height": height})
    settle(page)
    yield
    page.set_viewport_size(usual)


def move(page: Page, panel: int, key: str, slider: int = 0) -> None:
    """Presses `key` on a slider of the page's `panel`-th panel and waits until it is drawn."""
    handle = page.locator(PANEL).nth(panel).get_by_role("slider").nth(slider)
    handle.press(key)
    settle(page)


def settle(page: Page, milliseconds: int = 150) -> None:
    """Waits until no panel of the page has changed for a while."""
    page.evaluate(
        """quiet => new Promise(done => {
            let timer = setTimeout(finish, quiet);
            const observer = new MutationObserver(() => {
                clearTimeout(timer);
                timer = setTimeout(finish, quiet);
            });
            function finish() { observer.disconnect(); done(); }
            for (const panel of document.querySelectorAll('.adlab-panel')) {
                observer.observe(panel, {childList: true, subtree: true, characterData: true});
            }
        })""",
        milliseconds,
    )


def faults(page: Page, panel: int) -> list[str]:
    """What a careful reader would complain about in the layout of a panel, in sentences."""
    return planted(page, panel, "twin => {}")


def planted(page: Page, panel: int, change: str) -> list[str]:
    """The complaints about a copy of the panel in which `change`, a function of it, went wrong."""
    script = Path(__file__).with_name("faults.js").read_text("utf-8").strip().rstrip(";")
    return (
        page.locator(PANEL)
        .nth(panel)
        .evaluate(
            f"""panel => {{
                const twin = panel.cloneNode(true);
                panel.after(twin);
                ({change})(twin);
                const complaints = ({script})(twin);
                twin.remove();
                return complaints;
            }}"""
        )
    )


def place(page: Page, panel: int) -> list[float]:
    """Where the picture stands in its panel, its size, and the panel's height, in px."""
    return (
        page.locator(PANEL)
        .nth(panel)
        .evaluate(
            """panel => {
            const p = panel.getBoundingClientRect();
            const s = panel.querySelector('.adlab-picture svg').getBoundingClientRect();
            return [s.x - p.x, s.y - p.y, s.width, s.height, p.height].map(v => Math.round(v));
        }"""
        )
    )
