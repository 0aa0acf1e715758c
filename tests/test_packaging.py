"""What is shipped and what is promised: the wheel, the two environments, README, style."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import adlab
from tests.course.newcomer import command as readme_command
from tests.course.server import environment, running

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
START = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/adlab start"
TEST = 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest'
PARTS_OF_JUPYTERLAB = {"jupyter_client", "jupyter_core", "jupyter_server", "jupyterlab_server"}
NOT_SHIPPED = {"__pycache__", ".ipynb_checkpoints"}


def run(*command, cwd=ROOT):
    ran = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


# ---- The wheel --------------------------------------------------------------------------------


def build(source: Path, folder: Path) -> tuple[Path, Path]:
    """The wheel and the source distribution of the project in `source`."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=source)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def shipped(folder: str, where: str) -> dict[str, bytes]:
    """The files of a folder of the checkout, by the name they must have in the wheel."""
    return {
        f"{where}/{path.relative_to(ROOT / folder).as_posix()}": path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not NOT_SHIPPED & set(path.parts)
    }


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if ".dist-info/" not in name and not name.endswith("/")
        }


def test_the_wheel_carries_the_module_its_assets_and_the_notebooks_and_nothing_else(built):
    ours = contents(built[0])
    expected = shipped("adlab", "adlab") | shipped("notebooks", "adlab/course/notebooks")
    assert sorted(ours) == sorted(expected)
    assert ours == expected
    assert "adlab/panels/names.js" in ours
    assert "adlab/course/notebooks/00-start-here.ipynb" in ours
    assert len([name for name in ours if name.endswith(".ipynb")]) == len(
        list((ROOT / "notebooks").glob("*.ipynb"))
    )


def test_the_wheel_says_what_the_project_says(built):
    with zipfile.ZipFile(built[0]) as archive:
        names = archive.namelist()
        (about,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        text = archive.read(about).decode()
    assert f"\nVersion: {adlab.__version__}\n" in text
    assert metadata.version("adlab") == adlab.__version__
    assert "\nLicense-Expression: MIT\n" in text
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_source_distribution_makes_the_same_wheel(built, tmp_path):
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for name in ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "environment.yml"):
        assert (source / name).is_file(), name
    wheel, _ = build(source, tmp_path / "dist")
    assert contents(wheel) == contents(built[0])


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A folder with the wheel installed in it, and what a process needs to find it first."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, "--no-deps", "--no-index", "--target", site, built[0])
    return site, os.environ | {"PYTHONPATH": str(site)}


def test_an_installed_adlab_starts_its_own_notebooks_from_anywhere(installed, tmp_path):
    site, env = installed
    where = "import adlab.course.copies as c; print(c.notebooks())"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert found.stdout.strip() == str(site / "adlab" / "course" / "notebooks"), found.stderr
    jupyter = environment(tmp_path / "home") | {"PYTHONPATH": str(site)}
    command = [str(next((site / "bin").glob("adlab*"))), "start", "--no-browser"]
    with running(command, tmp_path, jupyter) as server:
        status, _, text = server.get("/api/contents", server.token)
        assert status == 200
        names = [entry["name"] for entry in json.loads(text)["content"]]
        assert sorted(names) == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_an_editable_installation_puts_no_second_course_beside_the_checkout(tmp_path):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, "--no-deps", "--no-index", "--no-build-isolation", "--target", site, "-e", ROOT)
    assert not (site / "adlab").exists()
    (link,) = site.glob("*.pth")
    assert link.read_text().strip() == str(ROOT)


# ---- The environments -------------------------------------------------------------------------


def bounds(lines) -> dict[str, SpecifierSet]:
    return {wanted.name: wanted.specifier for wanted in map(Requirement, lines)}


def test_conda_gets_the_same_packages_with_the_same_bounds():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert conda["channels"] == ["conda-forge"]
    packages = [line for line in conda["dependencies"] if isinstance(line, str)]
    python, pip = packages.pop(0), packages.pop()
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(
        python.removeprefix("python=")
    )
    assert pip == "pip"
    assert conda["dependencies"][-1] == {"pip": ["-e ."]}
    theirs = bounds(packages)
    theirs["matplotlib"] = theirs.pop("matplotlib-base")
    assert theirs == bounds(PYPROJECT["project"]["dependencies"])


def test_every_package_that_adlab_imports_is_asked_for():
    imported = set()
    for path in (ROOT / "adlab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition(".")[0])
    asked = {name.lower() for name in bounds(PYPROJECT["project"]["dependencies"])}
    foreign = {name.lower() for name in imported - set(sys.stdlib_module_names) - {"adlab"}}
    assert {"numpy", "ipywidgets", "anywidget"} <= foreign
    assert foreign - PARTS_OF_JUPYTERLAB <= asked


def test_the_versions_that_the_stored_outputs_belong_to_are_exact_and_within_bounds():
    wide = bounds(PYPROJECT["project"]["dependencies"])
    exact = bounds(PYPROJECT["project"]["optional-dependencies"]["test"])
    for name in ("numpy", "matplotlib", "ipywidgets", "jupyterlab", "nbval", "pytest", "ruff"):
        (pin,) = exact[name]
        assert pin.operator == "==", name
    for name in wide.keys() & exact.keys():
        (pin,) = exact[name]
        assert wide[name].contains(pin.version), name


# ---- README and continuous integration --------------------------------------------------------


def test_readme_has_exactly_one_command_to_start_and_one_to_test():
    blocks = re.findall(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert [block for block in blocks if "venv" in block] == [START, TEST]
    assert readme_command() == START


def test_continuous_integration_gives_the_two_commands():
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert "python3 tests/course/newcomer.py" in lines
    assert "export ADLAB_BROWSER=required" in lines
    assert lines[-1] == TEST  # the last: a list joined by && ends the script with its own result
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_local_link_leads_to_a_file(page):
    text = (ROOT / page).read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []
    if page == "README.md":
        assert any(link.endswith((".svg", ".png")) for link in links)


def test_readme_s_map_tells_which_chapters_are_here():
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d\d|A\d) \| (.*?) \|.*\| (here|planned) \|$", text, re.MULTILINE)
    assert [number for number, _, _ in rows] == [f"{k:02}" for k in range(17)] + ["A1", "A2"]
    here = {number for number, _, state in rows if state == "here"}
    assert here == {path.name[:2] for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_readme_s_python_runs():
    (code,) = re.findall(
        r"```python\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert "assert " in code
    run(sys.executable, "-W", "error", "-c", code)


def test_notebooks_link_to_nothing_that_a_learner_s_folder_lacks():
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    for name in names:
        cells = json.loads((ROOT / "notebooks" / name).read_text("utf-8"))["cells"]
        text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=[\"']([^\"']+)", text)
        local = {
            link.partition("#")[0]
            for link in map("".join, links)
            if "://" not in link and not link.startswith(("data:", "attachment:"))
        }
        assert local - {""} <= names, name


# ---- Style ------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(check):
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    run(ruff, *check, ".")
