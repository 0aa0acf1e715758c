"""The house: imports run one way, `import adlab` loads NumPy alone, nothing is evaluated from text.

The order is the one in CONTRIBUTING: who knows least stands lowest, and is imported by the others.
"""

import ast
import graphlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import adlab

ROOT = Path(adlab.__file__).parent

FLOORS = [
    {"trees"},
    {"vectors", "signatures"},
    {"jacobians"},
    {"kinds"},
    {"layers", "rules"},
    {"operations"},
    {"followed", "networks"},
    {"tracing", "duals", "custom"},
    {"transforms"},
    {"brackets", "cost", "checks", "checkpoints", "implicit", "colouring"},
    {"plan"},
    {"__init__"},  # what `import adlab` gives
    {"pictures"},
    {"panels"},
    {"course"},
]
FLOOR = {name: k for k, floor in enumerate(FLOORS) for name in floor}
LIBRARY = {"rules", "plan"}  # packages, whose modules may import each other
ROOMS = {"pictures", "panels", "course"}  # such packages too, which `import adlab` never needs


def files():
    return sorted(ROOT.rglob("*.py"))


def module_name(file):
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file) for file in files()}


def imported(tree, package):
    """The modules of adlab that are imported anywhere in the tree."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            inside = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else base for name in inside]
        else:
            continue
        found.update(name for name in names if name.split(".")[0] == "adlab")
    return found


def parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def package_of(file):
    return module_name(file) if file.name == "__init__.py" else module_name(file).rpartition(".")[0]


def room(module):
    """The part of the house: "layers" for adlab.layers, "panels" for adlab.panels.plane."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def wrong_imports(module, others):
    """Those that do not go downwards, nor stay in a room."""
    here = room(module)
    others = {x for x in others if not (room(x) == here and here in ROOMS | LIBRARY)}
    wrong = sorted(x for x in others if FLOOR[room(x)] >= FLOOR[here])
    return [f"{module} imports {other}" for other in wrong]


def test_every_module_has_its_place():
    unknown = {room(module_name(file)) for file in files()} - set(FLOOR)
    assert not unknown, f"say in FLOORS where {unknown} stands"


@pytest.mark.parametrize("file", files(), ids=module_name)
def test_imports_run_one_way(file):
    assert wrong_imports(module_name(file), imported(parsed(file), package_of(file))) == []


def test_an_import_upwards_is_noticed():
    tree = ast.parse("def f():\n    from adlab.checks import check\nfrom . import panels")
    assert imported(tree, "adlab") == {"adlab.checks", "adlab.panels"}
    assert len(wrong_imports("adlab.layers", imported(tree, "adlab"))) == 2
    assert wrong_imports("adlab.checks", {"adlab.cost"})
    assert wrong_imports("adlab.jacobians", {"adlab"})
    assert not wrong_imports("adlab.panels.plane", {"adlab", "adlab.panels.panel", "adlab.layers"})
    assert wrong_imports("adlab.rules.moves", {"adlab.operations"})
    assert not wrong_imports("adlab.plan.tape", {"adlab.plan.calls", "adlab.followed"})


def test_no_module_needs_itself():
    """Imports at the top of modules form no circle, in the rooms either."""
    graph = {}
    for file in files():
        top = ast.Module([n for n in parsed(file).body if not isinstance(n, ast.FunctionDef)], [])
        graph[module_name(file)] = imported(top, package_of(file)) - {module_name(file)}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) >= {"adlab.jacobians", "adlab"}


def loaded_by(code):
    """The modules that a fresh interpreter loads for the code, where NumPy is there already."""
    around = "import sys, numpy\nbefore = set(sys.modules)\n{}\nprint(*(set(sys.modules) - before))"
    run = [sys.executable, "-W", "error", "-c", around.format(code)]
    answer = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT.parent)
    return set(answer.stdout.split())


USE = "import adlab\nadlab.grad(lambda x: numpy.tanh(x).sum())(numpy.ones(3))"


@pytest.mark.parametrize("code", ["import adlab", "from adlab import *", USE])
def test_import_adlab_loads_numpy_alone(code):
    """In a fresh interpreter, besides NumPy and the standard library: nothing."""
    names = loaded_by(code)
    packages = {name.split(".")[0] for name in names}
    assert "adlab" in packages
    assert packages - {"adlab", "numpy"} <= sys.stdlib_module_names
    assert not {name for name in names if room(name) in ROOMS and name.startswith("adlab.")}


def test_modules_are_loaded_when_a_name_of_theirs_is_used():
    """`import adlab` waits for nothing, and a gradient for no more than it needs."""
    assert loaded_by("import adlab") & MODULES == {"adlab"}
    used = loaded_by(USE)
    assert {"adlab.transforms", "adlab.rules"} < used
    assert not used & {"adlab.checks", "adlab.checkpoints", "adlab.plan", "numpy.ma"}


def test_public_names_are_at_home_where_the_table_says():
    assert adlab.__all__ == list(adlab.HOMES)
    for name, home in adlab.HOMES.items():
        thing = getattr(adlab, name)
        assert (thing.__name__, thing.__module__) == (name, f"adlab.{home}")
    assert adlab.transforms.grad is adlab.grad
    assert set(dir(adlab)) >= {*adlab.__all__, "__version__", "layers"}
    with pytest.raises(AttributeError, match="module 'adlab' has no attribute 'gradient'"):
        adlab.gradient()


@pytest.mark.parametrize("file", files(), ids=module_name)
def test_nothing_is_evaluated_from_text(file):
    called = {
        node.func.id
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("file", files(), ids=module_name)
def test_every_module_says_what_it_is(file):
    tree = parsed(file)
    assert not tree.body or ast.get_docstring(tree)


def test_everything_public_says_what_it_is():
    for name in adlab.__all__:
        thing = getattr(adlab, name)
        doc = thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__
        assert doc and doc.strip(), f"adlab.{name} has no docstring"
