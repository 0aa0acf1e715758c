"""Is everything there that the course needs? One call, one line for each thing, and the cure."""

import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from IPython import get_ipython
from packaging.requirements import Requirement

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `trouble` is empty if it is all right."""

    what: str
    trouble: str = ""

    def __str__(self):
        return f"{self.what + ' ':.<36} {self.trouble or 'all right'}"


class SetupReport:
    """The findings, a line each; true if nothing is amiss."""

    def __init__(self, findings):
        self.findings = tuple(findings)

    def __bool__(self):
        return not any(finding.trouble for finding in self.findings)

    def __repr__(self):
        verdict = "Everything is ready." if self else "Something needs your attention."
        return "\n".join([*map(str, self.findings), verdict])


def check_setup(folder="."):
    """Look at Python, the packages, the widgets and the folder: a SetupReport.

    Its lines are the same on every machine where all is well.
    """
    return SetupReport([python(), *packages(), widgets(), writable(Path(folder))])


def python(version=sys.version_info):
    what = "Python {}.{} or newer".format(*OLDEST_PYTHON)
    if version[:2] >= OLDEST_PYTHON:
        return Finding(what)
    return Finding(what, f"this is {version[0]}.{version[1]}: install a newer Python")


def packages(project="adlab"):
    """A finding for each package that the project asks for at run time."""
    requirements = map(Requirement, metadata.requires(project) or ())
    return [
        package(requirement)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def package(requirement):
    """Is it installed, in a version that fits? `requirement` is as in "numpy>=2"."""
    what = requirement.name
    cure = f'run  pip install "{requirement.name}{requirement.specifier}"'
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(what, f"not installed: {cure}")
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(what)
    return Finding(what, f"version {version} is installed: {cure}")


def widgets():
    """Can a widget reach the page? It takes a kernel, and JupyterLab's half of ipywidgets."""
    what = "widgets reach the page"
    try:
        metadata.version("jupyterlab_widgets")
    except metadata.PackageNotFoundError:
        return Finding(what, "JupyterLab's half is missing: run  pip install jupyterlab_widgets")
    if getattr(get_ipython(), "kernel", None) is None:
        return Finding(what, "no kernel here: open the notebook in JupyterLab")
    return Finding(what)


def writable(folder):
    what = "this folder can be written"
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"adlab")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Finding(what, f"{reason}: start the course in another folder")
    return Finding(what)
