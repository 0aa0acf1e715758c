"""The programs of programs.py and classics.py against the numbers that JAX gave for them."""

from pathlib import Path

import numpy as np
import pytest

import adlab
from tests.recorded import classics
from tests.recorded.programs import BINARY, PROGRAMS, UNARY, by_chance

FILES = [Path(__file__).parent / name for name in ("programs.npz", "classics.npz")]
RECORDED = {}
for path in FILES:
    with np.load(path) as file:
        RECORDED.update(file)
CHANCES = [key.split("/")[0] for key in RECORDED if key.endswith("/steps")]


def recorded(name, role):
    keys = [key for key in RECORDED if key.startswith(f"{name}/{role}/")]
    return tuple(RECORDED[f"{name}/{role}/{i}"] for i in range(len(keys)))


def program(name):
    """The program as a function of its arrays alone."""
    if name in PROGRAMS:
        function = PROGRAMS[name][0]
    else:
        function = by_chance(RECORDED[f"{name}/steps"].tolist())
    return lambda *args: function(np, *args)


def compare(found, wanted, what, tolerance=1e-10):
    """Entries agree to 1e-10 of the largest, and the shapes too."""
    assert len(found) == len(wanted)
    for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
        assert np.shape(a) == b.shape, f"{what} {k}"
        error = np.max(np.abs(a - b), initial=0.0)
        scale = max(1e-3, np.max(np.abs(b), initial=0.0))
        assert error <= tolerance * scale, f"{what} {k}: {error:.1e} at size {scale:.1e}"


def test_what_is_recorded():
    assert {key.split("/")[0] for key in RECORDED} == {*PROGRAMS, *CHANCES, "made with"}
    assert len(CHANCES) >= 20
    assert PROGRAMS["ackley"][0] is classics.ackley
    assert all(path.stat().st_size < 200_000 for path in FILES)


def test_every_step_is_in_some_program():
    used = {int(which) for name in CHANCES for which, _, _ in RECORDED[f"{name}/steps"]}
    assert used == set(range(len(UNARY) + len(BINARY)))


@pytest.mark.parametrize("name", [*PROGRAMS, *CHANCES])
def test_first_and_second_order_are_those_of_jax(name):
    f, args, v = program(name), recorded(name, "argument"), recorded(name, "tangent")
    for a in args:
        a.setflags(write=False)
    everything = tuple(range(len(args)))
    compare([f(*args)], recorded(name, "value"), "the value")
    value, gradient = adlab.value_and_grad(f, everything)(*args)
    compare([value], recorded(name, "value"), "the traced value")
    compare(gradient, recorded(name, "gradient"), "the gradient")
    slope = sum(np.sum(g * t) for g, t in zip(recorded(name, "gradient"), v, strict=True))
    compare([adlab.jvp(f, args, v)[1]], [slope], "the forward sweep")
    compare(adlab.hvp(f, args, v), recorded(name, "hvp"), "H v", 1e-9)
    compare([adlab.hessian(f)(*args)], recorded(name, "hessian"), "the Hessian", 1e-9)
    compare([adlab.jacrev(adlab.grad(f))(*args)], recorded(name, "hessian"), "by rows", 1e-9)
