"""The doctor: each thing that it looks at is broken once, and named with its cause and its cure.

The first half shows a check a broken machine; the second breaks a real environment, made of links
to the packages of this one, and runs `adlab doctor` there.
"""

import errno
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from filelock import FileLock
from packaging.requirements import Requirement

from adlab.course import ailments, checkup, doctor
from adlab.course.ailments import Ailment
from adlab.course.doctor import Finding, Report, check_setup, examine
from adlab.course.progress import PASSED, Progress

ROOT = Path(__file__).parents[2]
PACKAGES = Path(sysconfig.get_path("purelib"))
SHARED = Path(sys.prefix, "share", "jupyter")


@pytest.fixture
def in_a_kernel(monkeypatch):
    monkeypatch.setattr(checkup, "get_ipython", lambda: SimpleNamespace(kernel=object()))


@pytest.fixture(autouse=True)
def own_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "own" / "progress.json"))
    for variable in checkup.THREADS:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def version_of(monkeypatch):
    """Pretend that a package has this version."""
    real = metadata.version

    def pretend(name, version):
        monkeypatch.setattr(
            metadata, "version", lambda asked: version if asked == name else real(asked)
        )

    return pretend


def found(sick, ailment):
    """The cause and the cure of what a check found, which must be this ailment."""
    assert sick is not None, "nothing was found"
    assert sick[0] is ailment
    return str(Finding("it", *sick))


# Where all is well


def test_a_healthy_machine(in_a_kernel, tmp_path):
    report = check_setup(tmp_path)
    lines = repr(report).splitlines()
    assert lines[-1] == "Everything is ready.", repr(report)
    assert report
    assert all(line.endswith(" all right") for line in lines[:-1])
    for words in ("Python 3.11 or newer", "numpy", "jupyterlab", "widgets reach the page"):
        assert any(line.startswith(words) for line in lines)
    assert "pytest" not in repr(report)  # what only the tests need is no concern of a learner


def test_the_lines_are_the_same_wherever_all_is_well(in_a_kernel, tmp_path, monkeypatch):
    here = repr(check_setup(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "plan9")
    Progress.open().record("01/vjp", status=PASSED)
    assert repr(check_setup()) == here
    for private in (str(Path.home()), str(tmp_path), sys.prefix, np.__version__):
        assert private not in here


def test_the_facts_of_this_machine_are_marked(tmp_path):
    report = examine(tmp_path)
    assert all(re.fullmatch(r"fact: [A-Za-z ]+: .+", line) for line in report.facts)
    text = "\n".join(report.facts)
    for fact in (np.__version__, sys.executable, str(tmp_path), metadata.version("ipywidgets")):
        assert fact in text
    assert "fact:" not in repr(report)


def test_one_trouble_makes_the_report_false():
    report = Report([Finding("a"), Finding("b", ailments.FAULT, {"reason": "an odd machine"})])
    assert not report
    assert repr(report).splitlines() == [
        "a .................................. all right",
        "b .................................. NOT RIGHT",
        "    Why:  The check itself has failed: an odd machine. This may be a fault of adlab.",
        f"    Cure: {ailments.FAULT.advice}  adlab doctor",
        "Something needs your attention.",
    ]


def test_a_check_that_falls_over_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(checkup, "kernel", lambda: 1 / 0)
    report = examine(tmp_path)
    assert [f.ailment for f in report.findings if f.ailment] == [ailments.FAULT]
    assert "ZeroDivisionError: division by zero" in repr(report)


# Python and its packages


def test_an_old_python():
    (finding,) = doctor.python((3, 10, 4))
    assert finding.ailment is ailments.OLD_PYTHON
    assert "This is Python 3.10; the course needs 3.11 or newer." in str(finding)
    assert doctor.python((3, 11, 0)) == [Finding("Python 3.11 or newer")]
    assert doctor.python((4, 0, 0))[0].ailment is None


def test_the_packages_are_those_that_the_project_asks_for(version_of):
    version_of("ipywidgets", "7.0.0")
    (sick,) = [finding for finding in doctor.packages() if finding.ailment]
    assert sick.ailment is ailments.WRONG_VERSION
    assert "ipywidgets 7.0.0 is installed; ipywidgets<9,>=8" in str(sick)


def test_a_version_that_is_too_new(version_of):
    version_of("numpy", "3.0.1")
    finding = doctor.package(Requirement("numpy>=2,<3"))
    assert finding.ailment is ailments.WRONG_VERSION
    cure = f'{doctor._python()} -m pip install "numpy<3,>=2"'
    assert cure in str(finding)


def test_a_package_that_was_updated_under_a_running_kernel(version_of):
    version_of("numpy", "2.99.0")
    finding = doctor.package(Requirement("numpy>=2,<3"))
    assert finding.ailment is ailments.STALE
    assert f"numpy 2.99.0 is installed, but this kernel still runs {np.__version__}" in str(finding)
    assert "Restart Kernel" in str(finding)


@pytest.mark.parametrize("name", ["random.py", "numpy.py", "IPython.py", "adlab.py"])
def test_a_file_that_hides_a_module(tmp_path, name):
    (tmp_path / name).touch()
    (tmp_path / "notes.py").touch()
    (tmp_path / "test.py").touch()
    text = found(checkup.names(tmp_path), ailments.HIDDEN)
    assert f"The file {name} in your folder" in text
    (tmp_path / name).unlink()
    assert checkup.names(tmp_path) is None


def test_a_package_that_does_not_load(monkeypatch):
    monkeypatch.setattr(doctor, "trouble_in_loading", lambda module: f"{module} has no DLL")
    finding = doctor.package(Requirement("numpy>=2"))
    assert finding.ailment is ailments.DOES_NOT_LOAD
    assert "numpy is installed, but importing it fails: numpy has no DLL." in str(finding)


@pytest.mark.parametrize("fault", ["1 / 0", "raise SystemError('old\\nABI')", "import nowhere"])
def test_why_a_module_does_not_load(monkeypatch, tmp_path, fault):
    (tmp_path / "adlab_broken.py").write_text(fault)
    monkeypatch.syspath_prepend(tmp_path)
    reason = doctor.trouble_in_loading("adlab_broken")
    assert reason in ("division by zero", "old", "No module named 'nowhere'")
    assert doctor.trouble_in_loading("json") == ""


# The kernel and JupyterLab


@pytest.fixture
def kernelspec(monkeypatch, tmp_path):
    """Installs a kernel python3 that stands before all others."""

    def install(*argv):
        folder = tmp_path / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        spec = {"argv": [*argv, "-m", "ipykernel_launcher"], "display_name": "P", "language": "p"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))

    return install


def base_python():
    """A Python of another environment than this one."""
    return str(Path(sys._base_executable).resolve())


@pytest.mark.parametrize("program", ["python", "python3", sys.executable])
def test_a_kernel_of_this_environment(kernelspec, program):
    kernelspec(program)
    assert checkup.kernel() is None


def test_a_kernel_whose_python_is_gone(kernelspec):
    kernelspec("/nowhere/bin/python")
    text = found(checkup.kernel(), ailments.NO_KERNEL_PROGRAM)
    assert "names /nowhere/bin/python, which can't be run" in text
    assert "-m jupyter kernelspec remove -f python3" in text


def test_a_kernel_of_another_environment(kernelspec, monkeypatch):
    kernelspec(base_python())
    monkeypatch.setattr(sys, "prefix", "/somewhere/else")
    text = found(checkup.kernel(), ailments.OTHER_KERNEL)
    assert "is not the environment of the course, /somewhere/else" in text


def test_no_kernel_at_all(monkeypatch):
    monkeypatch.setattr(checkup, "find_spec", lambda name: None)
    assert 'pip install "ipykernel"' in found(checkup.kernel(), ailments.MISSING)


def test_jupyterlab_in_another_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(checkup, "prefix_of", lambda program: str(tmp_path))
    text = found(checkup.server(parent=os.getpid()), ailments.OTHER_JUPYTERLAB)
    assert f"JupyterLab runs in {tmp_path}, where the page's half of jupyterlab_widgets" in text
    assert f"this kernel runs in {sys.prefix}" in text
    assert "-m adlab.course.cli start" in text


def test_jupyterlab_in_another_environment_that_has_all_it_needs(monkeypatch, tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "jupyter").symlink_to(SHARED)
    monkeypatch.setattr(checkup, "prefix_of", lambda program: str(tmp_path))
    assert checkup.server(parent=os.getpid()) is None


@pytest.mark.parametrize("path", ["", "./"])
def test_the_program_of_a_process_is_found_however_it_was_started(path):
    """By its name, as `python -m jupyterlab`, or by a path that begins where it was started."""
    folder, name = Path(sys.executable).parent, Path(sys.executable).name
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    waits = [path + name, "-c", "print('here', flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(waits, executable=sys.executable, cwd=folder, env=env, **pipes) as child:
        child.stdout.readline()
        found = checkup.program_of(psutil.Process(child.pid))
        child.communicate(b"\n")
    assert Path(found).absolute() == Path(sys.executable).absolute()


def test_a_kernel_that_was_started_from_here_or_from_no_python():
    assert checkup.server(parent=os.getpid()) is None
    assert checkup.server(parent=1) is None
    assert checkup.server(parent=2**22 + 1) is None


def test_widgets_without_a_kernel(tmp_path):
    report = check_setup(tmp_path)
    assert [f.ailment for f in report.findings if f.ailment] == [ailments.NO_KERNEL]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (None, "not on the path, and adlab start does not need it"),
        ("/opt/conda/bin/jupyter", "/opt/conda/bin/jupyter belongs to another environment: begin "),
        (str(Path(sys.executable).with_name("jupyter")), str(Path(sys.executable).parent)),
    ],
)
def test_the_jupyter_of_the_terminal_is_a_fact_and_no_fault(program, words):
    assert checkup.jupyter_on_path(program).startswith(words)


# The widgets


@pytest.fixture
def extension(tmp_path):
    """A folder of extensions with a complete one in it, and what to change in its description."""
    name, _ = checkup.EXTENSIONS["anywidget"]
    folder = tmp_path / "labextensions" / name
    described = {"version": metadata.version("anywidget")}
    described["jupyterlab"] = {"_build": {"load": "static/remoteEntry.js"}}

    def write(**changes):
        (folder / "static").mkdir(parents=True, exist_ok=True)
        (folder / "static" / "remoteEntry.js").touch()
        (folder / "package.json").write_text(json.dumps(described | changes))
        return folder

    return write


def look(folder, disabled=()):
    return checkup.extension("anywidget", [folder.parent], disabled)


def test_an_extension_that_fits(extension):
    assert look(extension()) is None


def test_an_extension_that_is_missing(tmp_path):
    text = found(look(tmp_path / "anywidget"), ailments.NO_EXTENSION)
    assert "pip install --force-reinstall --no-deps anywidget" in text


def test_an_extension_without_its_script(extension):
    folder = extension()
    (folder / "static" / "remoteEntry.js").unlink()
    found(look(folder), ailments.NO_EXTENSION)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"jupyterlab": {"_build": {"load": 3}}}'])
def test_an_extension_with_a_damaged_description(extension, content):
    folder = extension()
    (folder / "package.json").write_text(content)
    found(look(folder), ailments.NO_EXTENSION)


def test_an_extension_of_another_version(extension):
    text = found(look(extension(version="0.1.2")), ailments.OTHER_EXTENSION)
    wanted = ".".join(metadata.version("anywidget").split(".")[:2])
    assert f"is 0.1.2, the one in Python needs {wanted}." in text


def test_the_first_folder_counts_as_in_jupyterlab(extension, tmp_path):
    old = extension(version="0.1.2").parent
    places = [str(tmp_path / "empty"), str(old), str(SHARED / "labextensions")]
    found(checkup.extension("anywidget", places, ()), ailments.OTHER_EXTENSION)
    assert checkup.extension("anywidget", places[::-1], ()) is None


@pytest.mark.parametrize(
    ("listed", "off"),
    [
        ({"anywidget": True}, True),
        ({"anywidget:plugin": True}, True),
        (["anywidget"], True),
        ({"anywidget": False}, False),
        ({"another": True}, False),
    ],
)
def test_an_extension_that_is_switched_off(monkeypatch, tmp_path, listed, off):
    settings = tmp_path / "labconfig" / "page_config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"disabledExtensions": listed}))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    assert ("anywidget" in checkup.disabled_extensions()) == off
    sick = checkup.extension("anywidget")
    assert (sick is not None) == off
    if off:
        text = found(sick, ailments.DISABLED_EXTENSION)
        assert "-m jupyter labextension enable anywidget" in text


def test_two_halves_that_do_not_fit(version_of):
    version_of("jupyterlab_widgets", "1.1.11")
    text = found(checkup.halves(), ailments.WRONG_VERSION)
    assert "jupyterlab_widgets 1.1.11 is installed" in text


# The disk


def test_a_folder_that_cannot_be_written(tmp_path):
    text = found(checkup.writable(tmp_path / "missing"), ailments.FOLDER)
    assert f"The folder {tmp_path / 'missing'} can't be written: No such file or directory." in text
    assert f"-m adlab.course.cli start {Path.home() / 'adlab-course'}" in text


def test_a_full_disk(monkeypatch, tmp_path):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left on device" in found(checkup.writable(tmp_path), ailments.FOLDER)
    found(checkup.progress(tmp_path / "progress.json"), ailments.PROGRESS_UNSAVED)


def test_progress_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    sick = checkup.progress(tmp_path / "file" / "progress.json")
    text = found(sick, ailments.PROGRESS_UNSAVED)
    assert "Not a directory" in text
    assert "ADLAB_PROGRESS" in text


def test_progress_in_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    progress = Progress(tmp_path / "progress.json")
    progress.record("01/vjp", status=PASSED)
    monkeypatch.setattr(checkup, "trouble_in_writing", lambda folder: "Read-only file system")
    assert "Read-only" in found(checkup.progress(progress.path), ailments.PROGRESS_UNSAVED)


def test_damaged_progress_is_named_and_not_touched(tmp_path):
    path = tmp_path / "progress.json"
    path.write_text("{")
    text = found(checkup.progress(path), ailments.PROGRESS_DAMAGED)
    assert f"The progress file {path} can't be used: it is not JSON." in text
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "{"


def test_progress_of_a_newer_adlab(tmp_path):
    path = tmp_path / "progress.json"
    path.write_text('{"schema": 2, "exercises": {}}')
    assert "schema 2" in found(checkup.progress(path), ailments.PROGRESS_NEWER)


def test_progress_that_another_program_holds(monkeypatch, tmp_path):
    monkeypatch.setattr(checkup, "PATIENCE", 0.1)
    path = tmp_path / "progress.json"
    with FileLock(f"{path}.lock"):
        found(checkup.progress(path), ailments.PROGRESS_LOCKED)
    assert checkup.progress(path) is None


# The machine


def test_little_memory():
    text = found(checkup.memory(free=123 * 2**20), ailments.MEMORY)
    assert "123 MB of memory are free; the course needs 500 MB." in text
    assert checkup.memory(free=500 * 2**20) is None


def test_a_container_may_allow_less_than_the_machine_has(tmp_path):
    def group(limit, current, stat="anon 5\ninactive_file 0\n"):
        for name, text in (("max", limit), ("current", current), ("stat", stat)):
            (tmp_path / f"memory.{name}").write_text(f"{text}\n".replace("\n\n", "\n"))
        return checkup.free_memory(tmp_path)

    everything = checkup.free_memory(tmp_path / "none")
    assert everything > 10**8
    assert group(3_000_000, 1_000_000) == 2_000_000
    assert group(3_000_000, 1_000_000, "anon 5\ninactive_file 400000\n") == 2_400_000
    assert group("max", 1_000_000) == pytest.approx(everything, rel=0.2)


def test_numpy_without_a_library_or_with_a_wrong_one():
    found(checkup.products(library={"name": "none", "found": False}), ailments.NO_BLAS)
    found(checkup.products(multiply=lambda A, B: A @ B + 1e-9), ailments.WRONG_PRODUCTS)
    found(checkup.products(multiply=lambda A, B: np.nan * (A @ B)), ailments.WRONG_PRODUCTS)
    assert checkup.products() is None


@pytest.mark.parametrize("asked", ["100000", "0", "-1", "many"])
def test_threads_that_the_processors_cannot_run(asked):
    text = found(checkup.threads({"OMP_NUM_THREADS": asked}), ailments.THREADS)
    assert f"OMP_NUM_THREADS is '{asked}'; there are {checkup.processors()} processors" in text
    assert "OMP_NUM_THREADS" in text.splitlines()[-1]


def test_threads_that_they_can():
    for asked in ("", "1", str(checkup.processors()), "1,1"):
        assert checkup.threads({"OPENBLAS_NUM_THREADS": asked}) is None


def test_a_machine_that_cannot_call_itself():
    def refused(*_address, **_named):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    text = found(checkup.connections(connect=refused), ailments.LOOPBACK)
    assert "on 127.0.0.1: Connection refused" in text


# A real environment, broken


@pytest.fixture
def scratch(tmp_path):
    """Makes an environment with links to what this one has, but for what is left `out`."""
    if os.name == "nt":
        pytest.skip("links need a privilege on Windows")

    def make(*out):
        folder = tmp_path / "scratch"
        venv.create(folder, symlinks=True, with_pip=False)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        for path in PACKAGES.iterdir():
            if not any(re.match(rf"{name}\b", path.name) for name in out):
                (packages / path.name).symlink_to(path)
        (packages / "adlab-root.pth").write_text(f"{ROOT}\n")
        shared = folder / "share" / "jupyter" / "labextensions"
        shared.mkdir(parents=True)
        for name in ("@jupyter-widgets", "anywidget"):
            (shared / name).symlink_to(SHARED / "labextensions" / name)
        return SimpleNamespace(folder=folder, packages=packages, extensions=shared)

    return make


def run_doctor(environment, tmp_path, cwd=None, **more):
    """What `adlab doctor` says and returns there; `more` are variables of the environment."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    kept = ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    variables |= {"HOME": str(home), "ADLAB_PROGRESS": str(home / "p.json")} | more
    told = subprocess.run(
        [environment.folder / "bin" / "python", "-m", "adlab.course.doctor"],
        cwd=cwd or home,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.stderr == ""
    return told.returncode, told.stdout


def put_package(environment, name, version, source=""):
    folder = environment.packages / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / "RECORD").write_text(f"{name}/__init__.py,,\n")
    (environment.packages / name).mkdir()
    (environment.packages / name / "__init__.py").write_text(source)


def troubled(text):
    """{line that is not right: cause and cure}"""
    return dict(re.findall(r"^(.+?) \.+ NOT RIGHT\n((?:    .+\n)+)", text, re.M))


def test_a_healthy_environment(scratch, tmp_path):
    code, text = run_doctor(scratch(), tmp_path)
    assert code == 0, text
    assert "Everything is ready.\n\nfact: adlab: " in text


def test_broken_packages(scratch, tmp_path):
    environment = scratch("filelock", "platformdirs", "nbformat", "matplotlib")
    put_package(environment, "platformdirs", "3.9.1")
    put_package(environment, "matplotlib", "3.9.1", "raise ImportError('DLL load failed')")
    code, text = run_doctor(environment, tmp_path)
    said = troubled(text)
    assert (code, list(said)) == (1, ["filelock", "matplotlib", "nbformat", "platformdirs"]), text
    python = tmp_path / "scratch" / "bin" / "python"
    assert "filelock is not installed in the environment of this Python." in said["filelock"]
    assert f'Cure: Run  {python} -m pip install "filelock' in said["filelock"]
    assert "platformdirs 3.9.1 is installed; platformdirs<" in said["platformdirs"]
    assert "importing it fails: DLL load failed." in said["matplotlib"]
    assert text.endswith("The other checks need these packages: mend them first.\n")


def test_a_broken_jupyterlab(scratch, tmp_path):
    environment = scratch("jupyterlab_widgets", "ipykernel")
    put_package(environment, "jupyterlab_widgets", "1.1.11")
    (environment.extensions / "@jupyter-widgets").unlink()
    settings = environment.folder / "etc" / "jupyter" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"disabledExtensions": {"anywidget": true}}')
    code, text = run_doctor(environment, tmp_path)
    said = troubled(text)
    assert code == 1
    assert set(said) == {
        "the kernel python3",
        "ipywidgets, both halves",
        "jupyterlab_widgets in the page",
        "anywidget in the page",
    }, text
    assert "ipykernel is not installed" in said["the kernel python3"]
    assert "jupyterlab_widgets 1.1.11 is installed" in said["ipywidgets, both halves"]
    assert "is missing or incomplete" in said["jupyterlab_widgets in the page"]
    assert "labextension enable anywidget" in said["anywidget in the page"]


def test_a_kernel_and_widgets_of_other_environments(scratch, tmp_path):
    environment = scratch()
    folder = environment.folder / "share" / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": [sys.executable], "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    (environment.extensions / "anywidget").unlink()
    old = environment.extensions / "anywidget"
    old.mkdir()
    described = {"version": "0.2.0", "jupyterlab": {"_build": {"load": "package.json"}}}
    (old / "package.json").write_text(json.dumps(described))
    code, text = run_doctor(environment, tmp_path)
    said = troubled(text)
    assert (code, list(said)) == (1, ["the kernel python3", "anywidget in the page"]), text
    assert f"belongs to {sys.prefix}, which is not the env" in said["the kernel python3"]
    assert f"JupyterLab takes the former from {old}." in said["anywidget in the page"]


MACHINE = """
import numpy
import psutil
from types import SimpleNamespace

numpy.show_config = lambda mode: {"Build Dependencies": {"blas": {"name": "none", "found": False}}}
psutil.virtual_memory = lambda: SimpleNamespace(available=100 * 2**20)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write")
def test_a_machine_on_which_nothing_is_right(scratch, tmp_path):
    """No memory, no library for matrix products, too many threads, and nothing can be written."""
    environment = scratch()
    (environment.packages / "machine.pth").write_text("import machine\n")  # run at start-up
    (environment.packages / "machine.py").write_text(MACHINE)
    progress = tmp_path / "damaged.json"
    progress.write_text('{"schema": 1, "exerc')
    variables = {"OMP_NUM_THREADS": "1000", "ADLAB_PROGRESS": str(progress)}
    code, text = run_doctor(environment, tmp_path, cwd="/proc", **variables)
    assert (code, set(troubled(text))) == (
        1,
        {
            "your folder can be written",
            "your progress can be saved",
            "free memory",
            "matrix products",
            "threads",
        },
    ), text
    assert "100 MB of memory are free" in troubled(text)["free memory"]
    assert "OMP_NUM_THREADS is '1000'" in troubled(text)["threads"]
    assert str(progress) in troubled(text)["your progress can be saved"]
    assert progress.read_text() == '{"schema": 1, "exerc'  # looked at, not touched


OLDER = """
import sys
from collections import namedtuple

Version = namedtuple("Version", "major minor micro releaselevel serial")
sys.version_info = Version(3, 10, 14, "final", 0)
"""


def test_an_environment_with_an_old_python(scratch, tmp_path):
    environment = scratch()
    (environment.packages / "older.pth").write_text("import older\n")  # run at start-up
    (environment.packages / "older.py").write_text(OLDER)
    code, text = run_doctor(environment, tmp_path)
    said = troubled(text)
    assert code == 1
    assert "This is Python 3.10; the course needs 3.11 or newer." in said["Python 3.11 or newer"]


# The table


def test_troubleshooting_is_written_from_the_table():
    written = (ROOT / "TROUBLESHOOTING.md").read_text("utf-8")
    assert written == ailments.troubleshooting(), (
        "write it again: python -m adlab.course.ailments > TROUBLESHOOTING.md"
    )


def test_every_ailment_is_in_the_table_and_broken_in_a_test():
    named = {name: one for name, one in vars(ailments).items() if isinstance(one, Ailment)}
    assert set(map(id, named.values())) == set(map(id, ailments.FOUND))
    source = Path(__file__).read_text("utf-8")
    assert [name for name in named if f"ailments.{name}" not in source] == []


def test_adlab_that_is_not_installed(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing)
    (finding,) = doctor.packages()
    assert finding.ailment is ailments.NOT_INSTALLED
    assert "not installed in this environment" in str(finding)
    assert "-m pip install -e ." in str(finding)


@pytest.mark.parametrize("ailment", ailments.FOUND, ids=lambda one: one.symptom[:40])
def test_every_ailment_has_all_it_needs(ailment):
    assert ailment.cause.endswith(".")
    assert ailment.advice
    assert ailment.found_by
    cause, cure = ailment.filled(ailments.GENERAL)
    assert "{" not in cause + cure
    assert ailment.command or re.search("Choose|Give|Let|Install|Update", cure)
