"""What can be wrong on a learner's machine: what they see, why, and what cures it. Plain data.

`adlab doctor` fills the words in braces with what it found; TROUBLESHOOTING.md shows the same table
with the words of `GENERAL`, and is written by

    python -m adlab.course.ailments > TROUBLESHOOTING.md
"""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Ailment:
    """What a learner sees, why, and the cure: `advice` in words, `command` for a terminal.

    `found_by` is the doctor's name for the check that finds it; empty if no program can see it.
    """

    symptom: str
    cause: str
    advice: str
    command: str = ""
    found_by: str = ""

    def filled(self, words):
        """The cause and the cure, with the words in braces replaced."""
        advice, command = self.advice.format_map(words), self.command.format_map(words)
        return self.cause.format_map(words), f"{advice}  {command}".strip()


OLD_PYTHON = Ailment(
    symptom="`pip` says that no version of adlab fits, or `adlab doctor` names an old Python.",
    cause="This is Python {found}; the course needs {wanted} or newer.",
    advice="Install a newer Python, and make a new environment with it, as README says.",
    found_by="Python",
)
NOT_INSTALLED = Ailment(
    symptom="`adlab doctor` can't tell which packages the course needs.",
    cause="adlab runs from a folder, but is not installed in this environment.",
    advice="In the folder that holds pyproject.toml, run",
    command="{python} -m pip install -e .",
    found_by="packages",
)
MISSING = Ailment(
    symptom="`ModuleNotFoundError`, with the name of a package.",
    cause="{package} is not installed in the environment of this Python.",
    advice="Run",
    command='{python} -m pip install "{wanted}"',
    found_by="packages",
)
WRONG_VERSION = Ailment(
    symptom="An `ImportError` or `AttributeError` that comes from inside a package.",
    cause="{package} {found} is installed; {wanted} is needed.",
    advice="Run this, then restart the kernel:",
    command='{python} -m pip install "{wanted}"',
    found_by="packages",
)
DOES_NOT_LOAD = Ailment(
    symptom="An `ImportError` that speaks of a DLL, a shared object or a partial import.",
    cause="{package} is installed, but importing it fails: {reason}.",
    advice="Run this, then restart the kernel:",
    command='{python} -m pip install --force-reinstall --no-cache-dir "{wanted}"',
    found_by="packages",
)
STALE = Ailment(
    symptom="You have updated a package, and nothing has changed.",
    cause="{package} {found} is installed, but this kernel still runs {loaded}.",
    advice="Choose Kernel > Restart Kernel.",
    found_by="packages",
)
HIDDEN = Ailment(
    symptom="`AttributeError: module 'random' has no attribute ...`, or another module that seems "
    "to have lost its content.",
    cause="The file {file} in your folder has the name of a module, and is imported instead of it.",
    advice="Give the file another name, then restart the kernel.",
    found_by="your folder",
)
NO_KERNEL_PROGRAM = Ailment(
    symptom="The kernel does not start, and JupyterLab says *No such file or directory*.",
    cause="The description of the kernel python3 names {found}, which can't be run.",
    advice="Remove that kernel, and JupyterLab uses its own again. Run",
    command="{python} -m jupyter kernelspec remove -f python3",
    found_by="kernel",
)
OTHER_KERNEL = Ailment(
    symptom="`No module named 'adlab'` in the first cell, although adlab is installed.",
    cause="The kernel python3 belongs to {found}, which is not the environment of the course, "
    "{here}.",
    advice="Remove that kernel, and JupyterLab uses its own again. Run",
    command="{python} -m jupyter kernelspec remove -f python3",
    found_by="kernel",
)
OTHER_JUPYTERLAB = Ailment(
    symptom="Cells run, but in place of a panel stands *Error displaying widget*, or a line of "
    "text; and `adlab doctor` in a terminal finds nothing.",
    cause="JupyterLab runs in {found}, where the page's half of {package} is missing or does not "
    "fit; this kernel runs in {here}.",
    advice="Close JupyterLab, and start the course from the environment of the kernel. Run",
    command="{python} -m adlab.course.cli start",
    found_by="kernel",
)
NO_KERNEL = Ailment(
    symptom="A panel prints a line of text in a terminal.",
    cause="There is no kernel here, and so no page that could show a panel.",
    advice="Open the notebook in JupyterLab. Run",
    command="{python} -m adlab.course.cli start",
    found_by="widgets",
)
NO_EXTENSION = Ailment(
    symptom="*Error displaying widget: model not found*, or a line such as `VBox(children=(...))` "
    "in place of a panel.",
    cause="The half of {package} that works in the page ({extension}) is missing or incomplete.",
    advice="Run this, then start JupyterLab again:",
    command="{python} -m pip install --force-reinstall --no-deps {package}",
    found_by="widgets",
)
DISABLED_EXTENSION = Ailment(
    symptom="*Error displaying widget: model not found*, and reinstalling does not help.",
    cause="The half of {package} that works in the page ({extension}) is switched off in the "
    "settings of JupyterLab.",
    advice="Run this, then start JupyterLab again:",
    command="{python} -m jupyter labextension enable {extension}",
    found_by="widgets",
)
OTHER_EXTENSION = Ailment(
    symptom="*Error displaying widget*, and the browser's console speaks of a version.",
    cause="The half of {package} that works in the page is {found}, the one in Python needs "
    "{wanted}. JupyterLab takes the former from {folder}.",
    advice="Delete that folder, run this, then start JupyterLab again:",
    command="{python} -m pip install --force-reinstall --no-deps {package}",
    found_by="widgets",
)
FOLDER = Ailment(
    symptom="JupyterLab can't save a notebook: *Permission denied*, or *No space left on device*.",
    cause="The folder {folder} can't be written: {reason}.",
    advice="Make room on the disk, or keep the course in a folder of your own. Run",
    command="{python} -m adlab.course.cli start {course}",
    found_by="your folder",
)
PROGRESS_UNSAVED = Ailment(
    symptom="A check says that your progress is kept in memory.",
    cause="The progress file {file} can't be written: {reason}.",
    advice="Make room on the disk, or keep the file elsewhere. Before you start the course, run",
    command="{set_progress}",
    found_by="progress",
)
PROGRESS_LOCKED = Ailment(
    symptom="A check waits two seconds, and says that another program holds your progress.",
    cause="Another program has held the progress file {file} for seconds; perhaps it hangs.",
    advice="Choose Kernel > Shut Down All Kernels, and open your notebook again.",
    found_by="progress",
)
PROGRESS_DAMAGED = Ailment(
    symptom="A message that your progress file can't be used.",
    cause="The progress file {file} can't be used: {reason}.",
    advice="The next check sets the file aside and goes on from its backup; so does",
    command="{python} -m adlab.course.cli progress",
    found_by="progress",
)
PROGRESS_NEWER = Ailment(
    symptom="A message that your progress was written by a newer adlab.",
    cause="The progress file {file} can't be used: {reason}.",
    advice="Update this adlab, as README says, before you go on. If the file was set aside already,"
    " bring it back with",
    command="adlab progress --import FILE",
    found_by="progress",
)
MEMORY = Ailment(
    symptom="*The kernel appears to have died*, or everything becomes slow.",
    cause="{found} MB of memory are free; the course needs {wanted} MB.",
    advice="Choose Kernel > Shut Down All Kernels in JupyterLab, and close other programs.",
    found_by="memory",
)
NO_BLAS = Ailment(
    symptom="The larger networks take minutes instead of seconds.",
    cause="NumPy was built without a library for matrix products (BLAS).",
    advice="Run this, then restart the kernel:",
    command="{python} -m pip install --force-reinstall --no-cache-dir numpy",
    found_by="matrix products",
)
WRONG_PRODUCTS = Ailment(
    symptom="Numbers differ from those in the text by more than rounding.",
    cause="A product of two small matrices comes out wrong: the library behind NumPy is broken.",
    advice="Run this, then restart the kernel:",
    command="{python} -m pip install --force-reinstall --no-cache-dir numpy",
    found_by="matrix products",
)
THREADS = Ailment(
    symptom="Matrix products are slower than expected, with every processor busy.",
    cause="The environment variable {variable} is {found!r}; there are {wanted} processors.",
    advice="Take the variable away where it was set, and restart. In a terminal:",
    command="{unset}",
    found_by="matrix products",
)
LOOPBACK = Ailment(
    symptom="JupyterLab opens, but the kernel stays at *Connecting*.",
    cause="Programs on this machine can't reach each other on 127.0.0.1: {reason}.",
    advice="Let Python make connections on this machine in the settings of the firewall, the "
    "virus scanner or the VPN.",
    found_by="connections",
)

FAULT = Ailment(
    symptom="A line of the doctor says that a check itself has failed.",
    cause="The check itself has failed: {reason}. This may be a fault of adlab.",
    advice="If the course works, go on. If not, send the whole output of this command to the "
    "authors:",
    command="adlab doctor",
    found_by="any check",
)

FOUND = (
    OLD_PYTHON,
    NOT_INSTALLED,
    MISSING,
    WRONG_VERSION,
    DOES_NOT_LOAD,
    STALE,
    HIDDEN,
    NO_KERNEL_PROGRAM,
    OTHER_KERNEL,
    OTHER_JUPYTERLAB,
    NO_KERNEL,
    NO_EXTENSION,
    DISABLED_EXTENSION,
    OTHER_EXTENSION,
    FOLDER,
    PROGRESS_UNSAVED,
    PROGRESS_LOCKED,
    PROGRESS_DAMAGED,
    PROGRESS_NEWER,
    MEMORY,
    NO_BLAS,
    WRONG_PRODUCTS,
    THREADS,
    LOOPBACK,
    FAULT,
)

UNSEEN = (
    Ailment(
        symptom="`adlab: command not found`.",
        cause="The environment of the course is not the active one.",
        advice="Name the command with its folder, as README does:",
        command=".venv/bin/adlab start",
    ),
    Ailment(
        symptom="JupyterLab asks for a password or a token.",
        cause="The page was opened without the token that keeps others out.",
        advice="Copy the whole address that stands in the terminal, with `?token=...`, into the "
        "browser.",
    ),
    Ailment(
        symptom="The browser does not open, or the page stays white.",
        cause="No browser could be started from here, or an old one was.",
        advice="Copy the address that stands in the terminal into a current Firefox, Chrome, Edge "
        "or Safari.",
    ),
    Ailment(
        symptom="`adlab start` says that a port is in use.",
        cause="You asked for that port, and another program listens there.",
        advice="Leave `--port` out: JupyterLab then takes the first free one.",
        command="adlab start",
    ),
    Ailment(
        symptom="There is a picture, but no sliders above it.",
        cause="The cell has not been run yet: what you see is its stored picture.",
        advice="Run the cells from the top: Run > Run All Cells.",
    ),
    Ailment(
        symptom="A cell shows `[*]` and does not end.",
        cause="It computes, or it waits for ever in a loop.",
        advice="Choose Kernel > Interrupt Kernel. If that does not help, Kernel > Restart Kernel.",
    ),
    Ailment(
        symptom="After an update, panels look or behave as before.",
        cause="The browser keeps the old files.",
        advice="Reload the page while you hold Shift.",
    ),
    Ailment(
        symptom="You want your progress on another computer.",
        cause="It stands in a file of this computer only; nothing is sent anywhere.",
        advice="Export it here, take the file there, and import it: what you passed on either "
        "stays passed.",
        command="adlab progress --export my-progress.json\nadlab progress --import "
        "my-progress.json",
    ),
    Ailment(
        symptom="You want to begin again from nothing.",
        cause="A pass is never taken away by the course itself.",
        advice="Delete `progress.json` and `progress.backup.json` in the folder that `adlab "
        "doctor` names.",
        command="adlab doctor",
    ),
)

GENERAL = {
    "python": "python",
    "package": "PACKAGE",
    "wanted": "WANTED",
    "found": "FOUND",
    "loaded": "LOADED",
    "reason": "REASON",
    "file": "FILE",
    "folder": "FOLDER",
    "here": "HERE",
    "course": "FOLDER",
    "extension": "EXTENSION",
    "variable": "VARIABLE",
    "set_progress": "export ADLAB_PROGRESS=FILE",
    "unset": "unset VARIABLE",
}

HEAD = """# Troubleshooting

When something does not work, ask the doctor. In a terminal, in the environment of the course:

```sh
adlab doctor
```

It looks at Python, the packages, the kernel, the widgets, your folder, your progress, the memory
and the matrix products, and says what is wrong and what cures it. In a notebook, the set-up check
of chapter 00 does the same. What it can find stands below, with the words that it fills in written
in capitals; after that, what no program can see.

Commands are for a terminal; JupyterLab has one under File > New > Terminal. In them, `python` is
the Python of the course: with the environment of README it is `.venv/bin/python`, on Windows
`.venv\\Scripts\\python`.
"""


def troubleshooting():
    """The text of TROUBLESHOOTING.md."""
    found = [_section(ailment) for ailment in FOUND]
    unseen = [_section(ailment) for ailment in UNSEEN]
    parts = [HEAD, "## What the doctor finds\n", *found, "## What no program can see\n", *unseen]
    return "\n".join(parts)


def _section(ailment):
    cause, command = ailment.cause.format_map(GENERAL), ailment.command.format_map(GENERAL)
    advice = ailment.advice
    if command:
        advice = f"{advice.rstrip(':.')}:\n\n```sh\n{command}\n```"
    return f"### {ailment.symptom}\n\n**Why:** {cause}\n\n**Cure:** {advice}\n"


if __name__ == "__main__":
    sys.stdout.write(troubleshooting())
