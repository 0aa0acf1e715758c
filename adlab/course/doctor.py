"""Is everything there that the course needs? One line for each thing, and the cure of what is not.

`adlab doctor` asks in a terminal, `check_setup()` in a notebook. What can be wrong stands in
`adlab.course.ailments`; here and in `adlab.course.checkup` it is looked for. Each check takes what
it looks at as arguments, so that it can be shown a broken machine, and returns its Findings.

This module needs Python, NumPy and packaging only: it must run where the other packages don't.
"""

import importlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from adlab.course import ailments
from adlab.course.ailments import Ailment

OLDEST_PYTHON = (3, 11)
SLOW = ("jupyterlab", "nbformat")  # take seconds to load, and `adlab start` says what ails them


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `ailment` says what is wrong with it, `words` the details."""

    what: str
    ailment: Ailment | None = None
    words: Mapping[str, object] = field(default_factory=dict)

    def __str__(self):
        line = f"{self.what + ' ':.<36} {'NOT RIGHT' if self.ailment else 'all right'}"
        if self.ailment is None:
            return line
        cause, cure = self.ailment.filled({"python": _python(), "here": sys.prefix, **self.words})
        return f"{line}\n    Why:  {cause}\n    Cure: {cure}"


class Report:
    """The findings, a line each, and the verdict; true if nothing is amiss.

    Its text is the same wherever all is well. `facts` are those of this machine.
    """

    def __init__(self, findings, facts=(), verdict="Something needs your attention."):
        self.findings = tuple(findings)
        self.facts = tuple(facts)
        self.verdict = "Everything is ready." if self else verdict

    def __bool__(self):
        return not any(finding.ailment for finding in self.findings)

    def __repr__(self):
        return "\n".join([*map(str, self.findings), self.verdict])


def examine(folder=".", in_notebook=False):
    """The Report on this machine; `in_notebook` adds what only a kernel can tell."""
    findings = [*python(), *packages()]
    if any(finding.ailment not in (None, ailments.STALE) for finding in findings):
        return Report(findings, verdict="The other checks need these packages: mend them first.")
    from adlab.course import checkup

    findings += checkup.findings(Path(folder), in_notebook)
    return Report(findings, checkup.facts(Path(folder)))


def check_setup(folder="."):
    """The Report for a cell of a notebook."""
    return examine(folder, in_notebook=True)


# Python and its packages


def python(version=sys.version_info):
    wanted = "{}.{}".format(*OLDEST_PYTHON)
    what = f"Python {wanted} or newer"
    if version[:2] >= OLDEST_PYTHON:
        return [Finding(what)]
    found = "{}.{}".format(*version[:2])
    return [Finding(what, ailments.OLD_PYTHON, {"found": found, "wanted": wanted})]


def packages():
    """A Finding for each package that the project asks for at run time."""
    if version_of("adlab") == "none":
        return [Finding("adlab", ailments.NOT_INSTALLED)]
    return [package(requirement) for requirement in requirements()]


def requirements(project="adlab"):
    """What an installed package asks for at run time; none if it is not installed."""
    if version_of(project) == "none":
        return []
    asked = map(Requirement, metadata.requires(project) or ())
    return [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]


def package(requirement):
    """Is it installed, in a version that fits, does it load, and is it the one that is running?"""
    name, wanted = requirement.name, f"{requirement.name}{requirement.specifier}"
    words = {"package": name, "wanted": wanted}
    found = version_of(name)
    if found == "none":
        return Finding(name, ailments.MISSING, words)
    if not requirement.specifier.contains(found, prereleases=True):
        return Finding(name, ailments.WRONG_VERSION, words | {"found": found})
    for module in () if name in SLOW else modules(name):
        reason = trouble_in_loading(module)
        if reason:
            return Finding(name, ailments.DOES_NOT_LOAD, words | {"reason": reason})
        loaded = str(getattr(sys.modules[module], "__version__", found))
        if not same_version(loaded, found):
            return Finding(name, ailments.STALE, words | {"found": found, "loaded": loaded})
    return Finding(name)


def modules(name):
    """The modules that a package brings, by its list of files: ipython brings IPython."""
    files = metadata.files(name) or ()
    tops = {Path(file).parts[0] for file in files if file.name == "__init__.py"}
    wanted = name.replace("-", "_").lower()
    return [top for top in sorted(tops) if top.lower() == wanted]


def trouble_in_loading(module):
    """Why importing fails, in a line; empty if it does not."""
    try:
        importlib.import_module(module)
    except Exception as error:  # whatever a broken package does on being imported, it is broken
        return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return ""


def same_version(one, other):
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def version_of(name):
    """The installed version, or the word "none"."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _python():
    return subprocess.list2cmdline([sys.executable])


def main():
    """Prints the Report and the facts of this machine; 0 if all is right, else 1."""
    report = examine()
    print("\n".join([repr(report), *([""] if report.facts else []), *report.facts]))
    return 0 if report else 1


if __name__ == "__main__":
    sys.exit(main())
