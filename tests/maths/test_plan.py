"""A plan gives what the readable sweeps give, on every network that the tests have.

The readable sweep is itself held against other routes elsewhere; here it is the truth.
"""

import numpy as np
import pytest
from hypothesis import given, settings

import adlab
from adlab import program
from adlab.plan import Plan
from tests.maths import graphs
from tests.recorded import test_recorded as recorded
from tests.registry import NETWORKS_IN_FLOAT64_ALONE, layer_cases

TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 2e-5}


def as_tuple(y):
    return y if isinstance(y, tuple) else (y,)


def same(found, wanted, what):
    """Equal shapes and types, and numbers within rounding of the largest."""
    assert len(as_tuple(found)) == len(as_tuple(wanted)), what
    for x, y in zip(as_tuple(found), as_tuple(wanted), strict=True):
        assert np.shape(x) == np.shape(y), what
        assert x.dtype == y.dtype, what
        scale = max(1.0, np.max(np.abs(y), initial=0.0))
        assert np.max(np.abs(x - y), initial=0.0) <= TOLERANCE[y.dtype] * scale, what


def like(y, rng):
    made = tuple(rng.normal(size=np.shape(a)).astype(a.dtype) for a in as_tuple(y))
    return made if isinstance(y, tuple) else made[0]


def network(layer, given):
    if isinstance(layer, adlab.Network):
        return layer
    return adlab.Network(layer, [f"x{i + 1}" for i in range(given)])


def agree(net, args, runs=2, **settings):
    """value, vjp, jvp and value_and_grad of the plan are those of the sweeps, run after run."""
    rng = np.random.default_rng(0)
    plan = Plan(net, *args, **settings)
    for _ in range(runs):
        y, J = net.linearize(*args)
        u, V = like(y, rng), like(tuple(args), rng)
        same(plan.value(*args), y, "value")
        result, pullback = plan.vjp(*args)
        same(result, y, "value of vjp")
        for _ in range(2):
            same(pullback(u), u @ J, "vjp")
        result, tangent = plan.jvp(args, V)
        same(result, y, "value of jvp")
        same(tangent, J @ V, "jvp")
        if not net.several and np.shape(y) == ():
            value, gradients = plan.value_and_grad(*args)
            same(value, y, "value of value_and_grad")
            same(gradients, np.ones((), y.dtype) @ J, "value_and_grad")
        args = tuple(read_only(a * a.dtype.type(0.9) + a.dtype.type(0.01)) for a in args)
    return plan


def read_only(a):
    a = np.array(a)
    a.setflags(write=False)
    return a


# ---- Every network of the tests ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", layer_cases(), ids=str)
def test_every_layer(case, dtype):
    layer, args = case.at(dtype)
    agree(network(layer, len(args)), args)


@pytest.mark.parametrize("case", NETWORKS_IN_FLOAT64_ALONE, ids=str)
def test_constants(case):
    layer, args = case.at(np.float64)
    agree(layer, args)


@pytest.mark.parametrize("name", recorded.NETWORKS)
def test_every_recorded_network(name):
    agree(adlab.Network(recorded.NETWORKS[name]), recorded.recorded(name, "argument"))


@given(graphs.plans())
@settings(max_examples=80)
def test_random_networks(plan):
    agree(graphs.build(plan), graphs.numbers_for(plan), runs=1)


@given(graphs.plans())
@settings(max_examples=40)
def test_random_networks_in_batches_of_large_arrays(plan):
    """As above where nothing is small: memory is recycled, inputs and results are bound anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "SMALL", 0)
        agree(graphs.build(plan), graphs.numbers_for(plan), runs=2)


@pytest.mark.parametrize("case", layer_cases(), ids=str)
def test_every_layer_as_if_large(case, monkeypatch):
    monkeypatch.setattr(program, "SMALL", 0)
    layer, args = case.at(np.float64)
    agree(network(layer, len(args)), args)


@pytest.mark.parametrize("name", recorded.NETWORKS)
def test_every_recorded_network_as_if_large(name, monkeypatch):
    monkeypatch.setattr(program, "SMALL", 0)
    agree(adlab.Network(recorded.NETWORKS[name]), recorded.recorded(name, "argument"))
