"""The doctor's look at the kernel, the widgets, the disk and the machine; see `doctor`.

A check returns None if all is right, else the Ailment and the words that fill it.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
from filelock import FileLock
from IPython import get_ipython
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_config_path, jupyter_path

from adlab.course import ailments
from adlab.course.doctor import Finding, modules, requirements, version_of
from adlab.course.progress import PATIENCE, Progress, Unusable, parse, progress_path

MEGABYTE = 2**20
MEMORY = 500  # MB: a kernel with a figure takes 110, the largest network of the course 300
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
CGROUP = Path("/sys/fs/cgroup")
HARMLESS = {"test", "this", "antigravity"}  # modules of Python that nobody misses

# The halves of the widgets that work in the page: package, name of the extension, and the version
# that the half in Python asks of it.
EXTENSIONS = {
    "jupyterlab_widgets": ("@jupyter-widgets/jupyterlab-manager", "5"),  # ipywidgets 8
    "anywidget": ("anywidget", None),  # the same major and minor number as in Python
}


def findings(folder, in_notebook):
    """A Finding for each check; one that fails itself is a Finding too."""
    checks = {"names of your files": partial(names, folder), "the kernel python3": kernel}
    if in_notebook:
        checks |= {"JupyterLab and this kernel": server, "widgets reach the page": display}
    checks |= {"ipywidgets, both halves": halves}
    checks |= {f"{package} in the page": partial(extension, package) for package in EXTENSIONS}
    checks |= {
        "your folder can be written": partial(writable, folder),
        "your progress can be saved": progress,
        "free memory": memory,
        "matrix products": products,
        "threads": threads,
        "connections on this machine": connections,
    }
    return [Finding(what, *_looked_at(check)) for what, check in checks.items()]


def _looked_at(check):
    try:
        return check() or ()
    except Exception as error:  # a doctor that falls over helps nobody: it says where and why
        return ailments.FAULT, {"reason": f"{type(error).__name__}: {error}"}


def names(folder):
    """Does a file of the learner's hide a module? A kernel looks into the notebook's folder first.

    What it can hide is Python's own, or a package of the course.
    """
    ours = {module for requirement in requirements() for module in modules(requirement.name)}
    precious = (sys.stdlib_module_names | ours | {"adlab"}) - HARMLESS
    files = sorted(path.name for path in folder.glob("*.py") if path.stem in precious)
    return (ailments.HIDDEN, {"file": ", ".join(files)}) if files else None


# The kernel and JupyterLab


def has_kernel():
    return getattr(get_ipython(), "kernel", None) is not None


def display():
    return None if has_kernel() else (ailments.NO_KERNEL, {})


def kernel():
    """Does JupyterLab, started from here, start the Python of here?"""
    if find_spec("ipykernel") is None:
        return ailments.MISSING, {"package": "ipykernel", "wanted": "ipykernel"}
    program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    major, minor = sys.version_info[:2]
    if program in ("python", f"python{major}", f"python{major}.{minor}", sys.executable):
        return None  # jupyter_client takes the first three for its own Python
    prefix = prefix_of(program)
    if prefix is None:
        return ailments.NO_KERNEL_PROGRAM, {"found": program}
    return None if same_folder(prefix, sys.prefix) else (ailments.OTHER_KERNEL, {"found": prefix})


def server(parent=None):
    """If JupyterLab, the parent of this kernel, runs in another environment: does that fit?

    A parent that is no Python (another editor) or that may not be looked at is left alone.
    """
    try:
        program = program_of(psutil.Process(parent or os.getppid()))
    except (psutil.Error, IndexError):
        return None
    if program is None or not Path(program).name.lower().startswith("python"):
        return None
    prefix = prefix_of(program)
    if prefix is None or same_folder(prefix, sys.prefix):
        return None
    there = [str(Path(prefix, "share", "jupyter", "labextensions"))]
    for package in EXTENSIONS:
        if extension(package, there, disabled=()):
            return ailments.OTHER_JUPYTERLAB, {"found": prefix, "package": package}
    return None


def program_of(process):
    """The path by which a process was started, not that of the file behind its links."""
    program = process.cmdline()[0]
    if Path(program).name == program:
        return shutil.which(program, path=process.environ().get("PATH"))
    return os.path.join(process.cwd(), program)


def prefix_of(program):
    """The environment of another Python; None if that Python can't be run."""
    try:
        told = subprocess.run(
            [program, "-I", "-c", "import sys; print(sys.prefix)"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()


def same_folder(one, other):
    return os.path.realpath(one) == os.path.realpath(other)


# The widgets


def halves():
    """The packages of ipywidgets' two halves: do they fit, by what ipywidgets itself asks for?"""
    half = "jupyterlab_widgets"
    asked = next(one for one in requirements("ipywidgets") if one.name.replace("-", "_") == half)
    words = {"package": half, "wanted": f"{half}{asked.specifier}", "found": version_of(half)}
    if words["found"] == "none":
        return ailments.MISSING, words
    if not asked.specifier.contains(words["found"], prereleases=True):
        return ailments.WRONG_VERSION, words
    return None


def extension(package, folders=None, disabled=None):
    """The files of a package that work in the page: there, complete, fitting, switched on?"""
    name, wanted = EXTENSIONS[package]
    words = {"package": package, "extension": name}
    folder = extension_folder(name, jupyter_path("labextensions") if folders is None else folders)
    version = None if folder is None else complete_version(folder)
    if version is None:
        return ailments.NO_EXTENSION, words
    wanted = wanted or ".".join(version_of(package).split(".")[:2])
    if not f"{version}.".startswith(f"{wanted}."):
        words |= {"found": version, "wanted": wanted, "folder": folder}
        return ailments.OTHER_EXTENSION, words
    if name in (disabled_extensions() if disabled is None else disabled):
        return ailments.DISABLED_EXTENSION, words
    return None


def extension_folder(name, folders):
    """Where JupyterLab finds an extension: in the first of its folders that has it."""
    places = [Path(folder, name) for folder in folders]
    return next((place for place in places if (place / "package.json").is_file()), None)


def complete_version(folder):
    """The version of the extension in the folder; None if its script or its description is not
    there."""
    try:
        described = json.loads((folder / "package.json").read_text("utf-8"))
        script = folder / described["jupyterlab"]["_build"]["load"]
        return described["version"] if script.is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def disabled_extensions():
    """The extensions that are switched off in JupyterLab's settings, whole or in part."""
    disabled = {}
    own = Path(sys.prefix, "share", "jupyter", "lab", "settings")
    folders = [Path(folder, "labconfig") for folder in jupyter_config_path()]
    for folder in [own, *reversed(folders)]:  # the first has the last word
        try:
            settings = json.loads((folder / "page_config.json").read_text("utf-8"))
        except OSError:
            continue
        listed = settings.get("disabledExtensions", {})
        disabled |= listed if isinstance(listed, dict) else dict.fromkeys(listed, True)
    return {name.partition(":")[0] for name, off in disabled.items() if off}


# The disk


def writable(folder):
    reason = trouble_in_writing(folder)
    if not reason:
        return None
    words = {"folder": folder.absolute(), "reason": reason, "course": Path.home() / "adlab-course"}
    return ailments.FOLDER, words


def trouble_in_writing(folder):
    """Why a file can't be written there, in a line; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(MEGABYTE))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def progress(path=None):
    """Can the progress file be read, locked and written? Nothing is changed by looking."""
    path = Progress(path or progress_path()).path
    try:
        parse(path.read_bytes())
    except FileNotFoundError:
        pass  # nothing has been passed yet
    except Unusable as error:
        damaged = error.kind == "damaged"
        ailment = ailments.PROGRESS_DAMAGED if damaged else ailments.PROGRESS_NEWER
        return ailment, {"file": path, "reason": error}
    except OSError as error:
        return _unsaved(path, error.strerror)
    reason = trouble_in_writing(next(folder for folder in path.parents if folder.exists()))
    return _unsaved(path, reason) if reason else _locked(path)


def _unsaved(path, reason):
    place = Path.home() / "adlab-progress.json"
    posix, windows = f"export ADLAB_PROGRESS={place}", f'$env:ADLAB_PROGRESS = "{place}"'
    words = {"file": path, "reason": reason, "set_progress": windows if _windows() else posix}
    return ailments.PROGRESS_UNSAVED, words


def _locked(path):
    lock = path.with_name(path.name + ".lock")
    try:
        if lock.exists():
            with FileLock(lock).acquire(timeout=PATIENCE):
                pass
    except TimeoutError:
        return ailments.PROGRESS_LOCKED, {"file": path}
    except OSError as error:
        return _unsaved(path, error.strerror)
    return None


# The machine


def memory(free=None):
    """Enough of it for a kernel and the largest network of the course?"""
    free = (free_memory() if free is None else free) // MEGABYTE
    return None if free >= MEMORY else (ailments.MEMORY, {"found": free, "wanted": MEMORY})


def free_memory(group=CGROUP):
    """Bytes that a program can still have; a container may allow less than the machine has.

    What a container holds of files that nobody uses is given back when memory is needed.
    """
    free = psutil.virtual_memory().available
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        held = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return free  # no container, or one without a limit: memory.max says "max"
    return min(free, limit - used + int(held.get("inactive_file", 0)))


def products(multiply=np.matmul, library=None):
    """Does NumPy have a library for matrix products, and is it right? Whole numbers leave no
    excuse of rounding."""
    if not (blas() if library is None else library).get("found"):
        return ailments.NO_BLAS, {}
    A = np.arange(64.0 * 48).reshape(64, 48) % 11 - 5
    B = np.arange(48.0 * 40).reshape(48, 40) % 7 - 3
    exact = (A[:, :, None] * B).sum(axis=1)
    return None if np.array_equal(multiply(A, B), exact) else (ailments.WRONG_PRODUCTS, {})


def blas():
    """The library that NumPy was built with: its name, its version, whether it was found."""
    return np.show_config(mode="dicts")["Build Dependencies"]["blas"]


def threads(environment=os.environ):
    """Is a number of threads asked for that the processors can't run?"""
    for variable in THREADS:
        found = environment.get(variable, "").split(",")[0]
        if found and not (found.isdecimal() and 0 < int(found) <= processors()):
            unset = f"Remove-Item Env:{variable}" if _windows() else f"unset {variable}"
            words = {"variable": variable, "found": found, "wanted": processors(), "unset": unset}
            return ailments.THREADS, words
    return None


def processors():
    """The number of those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def connections(connect=socket.create_connection):
    """Can a program of this machine reach another? Page, server and kernel talk that way."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            connect(listening.getsockname(), timeout=5).close()
    except OSError as error:
        return ailments.LOOPBACK, {"reason": error.strerror or error}
    return None


# What is no matter of right or wrong, but helps whoever helps


def facts(folder):
    library = blas()
    told = {
        "adlab": version_of("adlab"),
        "Python": f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}",
        "system": sys.platform,
        "NumPy": f"{np.__version__}, with {library['name']} {library.get('version', '')}".strip(),
        "JupyterLab": version_of("jupyterlab"),
        "ipywidgets": version_of("ipywidgets"),
        "processors": processors(),
        "free memory": f"{free_memory() // MEGABYTE} MB",
        "your folder": folder.absolute(),
        "progress": progress_path(),
        "jupyter": jupyter_on_path(shutil.which("jupyter")),
    }
    return [f"fact: {name}: {value}" for name, value in told.items()]


def jupyter_on_path(program):
    """Which `jupyter` a terminal would start: a frequent surprise, though no fault."""
    if program is None:
        return "not on the path, and adlab start does not need it"
    if same_folder(Path(program).parent, Path(sys.executable).parent):
        return program
    return f"{program} belongs to another environment: begin with adlab start, not jupyter lab"


def _windows():
    return os.name == "nt"
