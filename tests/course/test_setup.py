"""The set-up check says what is wrong and how to cure it: each thing is broken once."""

from importlib import metadata
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from adlab.course import setup

REAL_VERSION = metadata.version


@pytest.fixture
def in_a_kernel(monkeypatch):
    monkeypatch.setattr(setup, "get_ipython", lambda: SimpleNamespace(kernel=object()))


@pytest.fixture
def version_of(monkeypatch):
    """Pretend that a package has this version, or (None) that it is not installed."""

    def pretend(name, version):
        def answer(asked):
            if asked != name:
                return REAL_VERSION(asked)
            if version is None:
                raise metadata.PackageNotFoundError(name)
            return version

        monkeypatch.setattr(metadata, "version", answer)

    return pretend


def test_a_healthy_machine(in_a_kernel, tmp_path):
    report = setup.check_setup(tmp_path)
    assert report
    lines = repr(report).splitlines()
    assert lines[-1] == "Everything is ready."
    assert all(line.endswith(" all right") for line in lines[:-1])
    text = repr(report)
    for word in ("Python 3.11 or newer", "numpy", "ipywidgets", "jupyterlab", "widgets reach"):
        assert word in text
    assert "pytest" not in text  # what only the tests need is no concern of a learner


def test_the_report_is_the_same_wherever_all_is_well(in_a_kernel, tmp_path, monkeypatch):
    here = repr(setup.check_setup(tmp_path))
    monkeypatch.chdir("/")
    assert repr(setup.check_setup(tmp_path / ".")) == here
    assert REAL_VERSION("ipywidgets") + " " not in here


def test_an_old_python():
    assert setup.python((3, 10, 4)).trouble == "this is 3.10: install a newer Python"
    assert setup.python((3, 11, 0)).trouble == ""


def test_a_missing_package(version_of):
    version_of("numpy", None)
    finding = setup.package(Requirement("numpy>=2"))
    assert str(finding).startswith("numpy ...")
    assert finding.trouble == 'not installed: run  pip install "numpy>=2"'


def test_an_old_package(version_of):
    version_of("numpy", "1.26.0")
    finding = setup.package(Requirement("numpy>=2"))
    assert finding.trouble == 'version 1.26.0 is installed: run  pip install "numpy>=2"'


def test_the_packages_are_those_the_project_asks_for(version_of):
    version_of("ipywidgets", "7.0.0")
    troubled = [finding for finding in setup.packages() if finding.trouble]
    assert len(troubled) == 1
    assert troubled[0].what == "ipywidgets"


def test_widgets_without_their_other_half(in_a_kernel, version_of):
    version_of("jupyterlab_widgets", None)
    assert "pip install jupyterlab_widgets" in setup.widgets().trouble


def test_widgets_without_a_kernel():
    assert "open the notebook in JupyterLab" in setup.widgets().trouble


def test_a_folder_that_cannot_be_written(tmp_path):
    finding = setup.writable(tmp_path / "missing")
    assert finding.trouble == "No such file or directory: start the course in another folder"


def test_one_trouble_makes_the_report_false(tmp_path):
    report = setup.SetupReport([setup.Finding("a"), setup.Finding("b", "broken: mend it")])
    assert not report
    assert repr(report).splitlines()[-1] == "Something needs your attention."
