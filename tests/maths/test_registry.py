"""Nothing in adlab is outside the registry."""

import gc
import importlib
import pkgutil
from pathlib import Path

import pytest

import adlab
from tests import registry

HERE = Path(__file__).parent


def subclasses(kind):
    """All classes below `kind` that adlab defines, its modules imported."""
    for module in pkgutil.iter_modules(adlab.__path__):
        if not module.ispkg:
            importlib.import_module(f"adlab.{module.name}")
    found, todo = set(), [kind]
    while todo:
        below = todo.pop().__subclasses__()
        todo.extend(below)
        found.update(k for k in below if k.__module__.split(".")[0] == "adlab")
    return found


@pytest.mark.parametrize(
    ("kind", "table"),
    [(adlab.Jacobian, registry.JACOBIANS), (adlab.Layer, registry.LAYERS)],
    ids=["Jacobian", "Layer"],
)
def test_every_kind_has_cases(kind, table):
    missing = subclasses(kind) - registry.ABSTRACT - set(table)
    assert not missing, f"no cases in tests/registry.py for {missing}"
    assert all(cases for cases in table.values())


def test_a_new_kind_without_an_entry_is_noticed():
    forgotten = type("Forgotten", (adlab.Layer,), {"__module__": "adlab.layers"})
    assert subclasses(adlab.Layer) - registry.ABSTRACT - set(registry.LAYERS) == {forgotten}
    del forgotten
    gc.collect()  # a class is in circles with itself


def test_every_case_makes_what_it_stands_for():
    for kind, cases in registry.LAYERS.items():
        assert {type(case.make(float)) for case in cases} == {kind}
    for kind, cases in registry.JACOBIANS.items():
        assert {type(case.at(float)[0]) for case in cases} == {kind}


def test_no_case_is_square_but_in_sizes_of_one():
    """Every layer has a case in which no argument of two axes or more is square."""
    for kind, cases in registry.LAYERS.items():
        shapes = [a.shape for case in cases for a in case.args if a.ndim > 1]
        square = [s for s in shapes if s[-1] == s[-2] > 1]
        assert not square, f"{kind.__name__} is tried on {square}"


def test_every_public_name_is_tested():
    tested = {k.__name__ for k in [*registry.JACOBIANS, *registry.LAYERS, *registry.ABSTRACT]}
    public = set(adlab.__all__)
    assert public - tested - set(registry.FUNCTIONS) == set()
    assert set(registry.FUNCTIONS) - public == set(), "not public any more"
    for name, file in registry.FUNCTIONS.items():
        text = (HERE / file).read_text(encoding="utf-8")
        assert f"{name}(" in text, f"{file} does not call {name}"
    assert all(hasattr(adlab, name) for name in public)
    assert sorted(adlab.__all__) == adlab.__all__
