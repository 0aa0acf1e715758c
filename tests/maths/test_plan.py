"""A plan gives what the readable sweeps give, on every network that the tests have.

The readable sweep is itself held against other routes elsewhere; here it is the truth.
"""

import copy
import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings

import adlab
from adlab.plan import Plan, arenas, as_network, binding, calls, program, simpler, sweeps, tape
from adlab.transforms import Function
from benchmarks.improvements import IMPROVEMENTS, without
from benchmarks.networks import MAKERS
from benchmarks.networks import case as made
from tests.maths import graphs
from tests.maths.test_operations import CALLS
from tests.recorded import test_recorded as recorded
from tests.registry import LAYERS, NETWORKS_IN_FLOAT64_ALONE, layer_cases, numbers

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


def test_a_plain_function_is_compiled_from_its_operations():
    W, b, x = numbers(3, 2), numbers(3), numbers(2)

    def f(W, b, x):
        return np.sum(np.tanh(W @ x + b) ** 2)

    def asks(W, b, x):
        return f(W, b, x) if x[0] > 5 else np.sum(W @ x) * x.shape[0]

    for g in (f, asks):
        l, gradients = Plan(g, W, b, x).value_and_grad(W, b, x)
        y, expected = adlab.value_and_grad(g, (0, 1, 2))(W, b, x)
        np.testing.assert_allclose(l, y, rtol=1e-12)
        for bar, right in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(bar, right, rtol=1e-12, strict=True)


def network(layer, given):
    if isinstance(layer, adlab.Network | Function):
        return as_network(layer, given)
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
            second_order_agrees(plan, net, args, V)
        args = tuple(read_only(a * a.dtype.type(0.9) + a.dtype.type(0.01)) for a in args)
    return plan


def second_order_agrees(plan, net, args, V):
    try:
        wanted = adlab.hvp(net, args, V)
    except TypeError:  # a layer that no transform can differentiate twice
        with pytest.raises(TypeError, match="would lose the derivative"):
            plan.hvp(args, V)
    else:
        same(plan.hvp(args, V), wanted, "hvp")


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
        patch.setattr(arenas, "SMALL", 0)
        agree(graphs.build(plan), graphs.numbers_for(plan), runs=2)


@pytest.mark.parametrize("case", layer_cases(), ids=str)
def test_every_layer_as_if_large(case, monkeypatch):
    monkeypatch.setattr(arenas, "SMALL", 0)
    layer, args = case.at(np.float64)
    agree(network(layer, len(args)), args)


@pytest.mark.parametrize("name", recorded.NETWORKS)
def test_every_recorded_network_as_if_large(name, monkeypatch):
    monkeypatch.setattr(arenas, "SMALL", 0)
    agree(adlab.Network(recorded.NETWORKS[name]), recorded.recorded(name, "argument"))


# ---- Shapes of networks --------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 1, 4])
def test_densely_connected(batch):
    """Joined again and again."""

    def h(W1, b1, W2, b2, W3, b3, a):
        for W, b in ((W1, b1), (W2, b2), (W3, b3)):
            a = adlab.Concatenate()(a, adlab.Tanh()(adlab.Linear()(W, b, a)))
        return adlab.Sum()(adlab.Sin()(a))

    shapes = [(3, 2), (3,), (3, 5), (3,), (1, 8), (1,), (2,) if batch is None else (batch, 2)]
    agree(adlab.Network(h), [numbers(*s, seed=i) for i, s in enumerate(shapes)])


def chain(depth, width, batch=None, shared=False):
    """(network, arguments): tanh(W a + b), parameters for each layer, or shared by all."""
    shape = (width,) if batch is None else (batch, width)
    target = numbers(*shape, seed=3)

    def h(a, *p):
        for k in range(depth):
            W, b = p[:2] if shared else p[2 * k : 2 * k + 2]
            a = adlab.Tanh()(adlab.Linear()(W, b, a))
        return adlab.HalfSquare(target)(a)

    given = 1 if shared else depth
    args = [numbers(*shape)]
    for k in range(given):
        args += [numbers(width, width, seed=k) / width, numbers(width, seed=k)]
    return adlab.Network(h, [f"x{i}" for i in range(len(args))]), args


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("batch", [None, 1, 4])
@pytest.mark.parametrize("depth", [1, 2, 3, 10])
def test_chains(depth, batch, shared):
    """Where the gradients of equal layers are one product."""
    agree(*chain(depth, 3, batch, shared))


def test_equal_layers_are_one_call():
    """However deep a chain is, its slopes and its gradients take as many calls."""
    counts = []
    for depth in (10, 30):
        net, args = chain(depth, 3)
        plan = Plan(net, *args)
        plan.value_and_grad(*args)
        (calls,) = plan.programs["value_and_grad"].calls
        counts.append(len(calls))
    assert counts[0] == counts[1]


def two_branches(a, b):
    """Widths differ, so nothing is equal; `a` is large."""
    wide = adlab.Concatenate(axis=1)(a, adlab.Tanh()(a), 0.5 * a)
    return adlab.Sum()(adlab.Multiply()(wide, wide)), adlab.MatMul()(wide, b)


@pytest.mark.parametrize("rows", [3, 2000])
def test_small_and_large(rows):
    agree(adlab.Network(two_branches), (numbers(rows, 2), numbers(6, 3)))


def test_several_results_of_which_some_are_the_same():
    def h(a, b, unused):
        y = adlab.Tanh()(a)
        return y, y, a, adlab.Transpose()(a), b * 0.0, np.ones((2, 1))

    agree(adlab.Network(h), (numbers(2, 3), numbers(2), numbers(4)))


def test_arguments_that_are_one_array():
    a = numbers(2, 3)
    agree(adlab.Network(lambda x, y: adlab.Sum()(x * y + x), ["x", "y"]), (a, a))


@pytest.mark.parametrize("wide", [2, 7])
def test_blocks_of_a_jacobian_have_the_types_that_the_sweeps_give(wide):
    args = numbers(wide), numbers(wide, seed=1).astype(np.float32)
    net = adlab.Network(lambda x, y: (adlab.Sum()(x * y), adlab.Sum()(adlab.Tanh()(y))))
    found = Plan(net, *args).jacobian(*args)
    for one, other in zip(found, adlab.jacobian(net, (0, 1))(*args), strict=True):
        same(one, other, "blocks")


def test_whole_jacobians():
    for shapes, function in [
        ([(3, 2), (3,), (2,)], lambda W, b, a: adlab.Tanh()(adlab.Linear()(W, b, a))),
        ([(2,)], lambda a: (adlab.MatMul()(np.ones((4, 1)), adlab.Reshape((1, 2))(a)), a)),
        ([(5,), (4,)], lambda a, unused: adlab.Sum()(adlab.Sin()(a))),
        ([()], lambda a: adlab.Exp()(a)),
    ]:
        args = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
        net = adlab.Network(function)
        everything = tuple(range(len(args)))
        found = Plan(net, *args).jacobian(*args)
        wanted = adlab.jacobian(net, argnums=everything)(*args)
        if not net.several:
            found, wanted = (found,), (wanted,)
        for row, wanted_row in zip(found, wanted, strict=True):
            same(row, wanted_row, "jacobian")
        single = Plan(net, *args, argnums=0).jacobian(*args)
        same(single, adlab.jacobian(net)(*args), "jacobian, one argument")


@pytest.mark.parametrize("argnums", [0, -1, (2, 0), (1,)])
def test_chosen_arguments(argnums):
    net = adlab.Network(lambda W, b, a: adlab.Sum()(adlab.Tanh()(adlab.Linear()(W, b, a))))
    args = numbers(3, 2), numbers(3), numbers(4, 2)
    plan = Plan(net, *args, argnums=argnums)
    value, gradient = plan.value_and_grad(*args)
    wanted = adlab.value_and_grad(net, argnums)(*args)
    same(value, wanted[0], "value")
    same(gradient, wanted[1], "gradient")
    same(plan.vjp(*args)[1](1.0), wanted[1], "vjp")
    tangents = like(wanted[1], np.random.default_rng(1))
    pairs = zip(as_tuple(tangents), as_tuple(wanted[1]), strict=True)
    assert np.isclose(plan.jvp(args, tangents)[1], sum(np.sum(v * g) for v, g in pairs))


def test_layers_and_functions_are_networks_too():
    a = numbers(2, 3)
    same(Plan(adlab.Softmax(), a).value(a), adlab.Softmax()(a), "a layer")
    plan = Plan(lambda x: adlab.Sum()(x * x), a)
    same(plan.value_and_grad(a)[1], (2 * a,), "a function")


@pytest.mark.parametrize("depth", [3, 40])
@pytest.mark.parametrize("kept", [False, True])
def test_chains_of_numbers(depth, kept):
    """One after the other, as arrays or as Python's numbers; read by others too, or not."""

    def h(x, c):
        found = []
        for _ in range(depth):
            x = adlab.Tanh()(x)
            found.append(x)
        for _ in range(depth):
            x = x * c
        for _ in range(depth):
            x = adlab.Add()(c, x)
            found.append(x)
        return (*found, x) if kept else x

    agree(adlab.Network(h), (np.array(0.9), np.array(1.02)))


@pytest.mark.parametrize("name", [name for name in MAKERS if "000" not in name])
def test_what_is_measured_is_the_same(name):
    """The networks of the benchmarks, of adlab's layers and by hand."""
    case = made(name)
    net = adlab.Network(case.layers, [f"x{i}" for i in range(len(case.args))])
    plan = Plan(net, *case.args)
    if name.startswith("jacobian"):
        same((plan.jacobian(*case.args)), (case.by_hand(*case.args)[1],), name)
        return
    value, gradients = plan.value_and_grad(*case.args)
    wanted, by_hand = case.by_hand(*case.args)
    assert np.isclose(value, wanted, rtol=1e-12)
    same(gradients, by_hand, name)
    v = like(case.args, np.random.default_rng(0))
    assert np.isclose(plan.jvp(case.args, v)[1], case.jvp_by_hand(case.args, v)[1], rtol=1e-10)
    assert case.formula(np, *case.args) == pytest.approx(wanted, rel=1e-12)


def test_a_hundred_thousand_layers():
    """Neither recursion nor sums over paths: two at each rung."""
    depth = 100_000

    def h(x):
        for _ in range(depth):
            x = adlab.Scale(0.5)(x) + adlab.Scale(0.5)(x)
        return x

    plan = Plan(adlab.Network(h), np.array(0.75))
    assert plan.value_and_grad(np.array(0.75)) == (0.75, (1.0,))


# ---- What a plan is right without ----------------------------------------------------------------


@pytest.mark.parametrize("improvement", IMPROVEMENTS)
@pytest.mark.parametrize("small", [True, False])
def test_every_improvement_can_be_left_out(improvement, small, monkeypatch):
    if not small:
        monkeypatch.setattr(arenas, "SMALL", 0)
    with without(improvement):
        for name in recorded.NETWORKS:
            agree(adlab.Network(recorded.NETWORKS[name]), recorded.recorded(name, "argument"))
        agree(*chain(20, 3, batch=2))
        agree(adlab.Network(joining), (numbers(3), numbers(4, 3, seed=1), numbers(4, seed=2)))
        test_chains_of_numbers(24, kept=True)


class Asked(Exception):
    """An improvement was asked for."""


class Asks:
    def __call__(self, *_):
        raise Asked

    __contains__ = get = __call__


@pytest.mark.parametrize("improvement", IMPROVEMENTS)
def test_every_improvement_is_asked_for(improvement, monkeypatch):
    """What is left out above is what a plan does: else that test would show nothing."""
    monkeypatch.setattr(arenas, "FEW_PAGES", 0)
    monkeypatch.setattr(*IMPROVEMENTS[improvement][:2], Asks())
    net, args = chain(20, 3, batch=2)
    with pytest.raises(Asked):
        Plan(net, *args).value_and_grad(*args)


# ---- Layers that can't be traced, and those with a rule of their own ---------------------------


class AsksForNumbers(adlab.Layer):
    """y = a b, by ways that a tape can't follow."""

    def value(self, a, b):
        return a * b if float(a.ravel()[0]) > 0 else b * a

    def jacobians(self, y, a, b):
        return adlab.Diagonal(np.array(b.tolist(), b.dtype)), adlab.Diagonal(np.asarray(a))


class WritesInPlace(adlab.Layer):
    """y = 2 a, in an array that is filled row by row."""

    def value(self, a):
        y = np.empty_like(a)
        for i in range(len(a)):
            y[i] = 2 * a[i]
        return y

    def jacobians(self, y, a):
        return (2.0 * adlab.Identity(a.shape),)


class TracedValueOnly(adlab.Layer):
    """y = sin a, whose Jacobian can be made of traced arrays, but can't pull them."""

    def value(self, a):
        return np.sin(a)

    def jacobians(self, y, a):
        return (Stubborn(np.cos(a)),)


class Stubborn(adlab.Diagonal):
    def push(self, V):
        return np.array([v.tolist() for v in V], V.dtype) * self.d

    pull = push


Stubborn.__module__ = AsksForNumbers.__module__ = "tests"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layers_that_ask_for_numbers_run_as_they_are(dtype):
    def h(a, b):
        y = AsksForNumbers()(a, adlab.Tanh()(b))
        z = WritesInPlace()(y) * TracedValueOnly()(b)
        return adlab.Sum()(AsksForNumbers()(z, z) + adlab.MaxPool(1, 1)(z))

    args = numbers(2, 3).astype(dtype), numbers(2, 3, seed=1).astype(dtype)
    agree(adlab.Network(h), args)


class Stacked(adlab.Diagonal):
    """A diagonal by a function of NumPy that a tape can't hold."""

    def push(self, V):
        return np.stack([self.d * v for v in V])

    pull = push


class Square(adlab.Layer):
    def value(self, a):
        return a * a

    def jacobians(self, y, a):
        return (Stacked(2 * a),)


Square.__module__ = Stacked.__module__ = "tests"


def test_second_derivatives_of_jacobians_that_a_tape_cannot_hold():
    net, x = adlab.Network(lambda x: adlab.Sum()(Square()(x))), numbers(3)
    agree(net, (x,))


@pytest.mark.parametrize("argnums", [None, 0, (2, 0)])
def test_second_derivatives_of_layers_that_ask_for_numbers(argnums):
    """MaxPool's can't be planned: so they are those of `hvp`, by the chosen arguments alone."""

    def h(a, b, c):
        return adlab.Sum()(adlab.MaxPool(2)(adlab.Tanh()(a * c)) * b)

    net, args = adlab.Network(h), (numbers(3, 4), numbers(3, 2), numbers(3, 4, seed=1))
    plan = Plan(net, *args, argnums=argnums)
    H = adlab.hessian(net, argnums=(0, 1, 2) if argnums is None else argnums)(*args)
    one = argnums == 0
    chosen = (0, 1, 2) if argnums is None else (0,) if one else argnums
    V = [numbers(*args[i].shape, seed=9 + i) for i in chosen]
    found = plan.hvp(args, V[0] if one else tuple(V))
    H = ((H,),) if one else H
    for y, row in zip(as_tuple(found), H, strict=True):
        wanted = sum(np.tensordot(B, v, v.ndim) for B, v in zip(row, V, strict=True))
        np.testing.assert_allclose(y, wanted, atol=1e-12)


def cases_of(kind):
    return [case for k, cases in LAYERS.items() if k is kind for case in cases]


@pytest.mark.parametrize("kind", sweeps.CHEAPER, ids=lambda kind: kind.__name__)
def test_every_cheaper_rule_has_cases_and_is_taken(kind, monkeypatch):
    """Each entry of the table: the cases of its layer pass, and its rule is what runs."""
    taken = []
    rule = sweeps.CHEAPER[kind]
    monkeypatch.setitem(sweeps.CHEAPER, kind, lambda *args: taken.append(1) or rule(*args))
    assert cases_of(kind)
    for case in cases_of(kind):
        layer, args = case.at(np.float64)
        agree(network(layer, len(args)), args)
    assert taken


@pytest.mark.parametrize("kind", sweeps.CHEAPER, ids=lambda kind: kind.__name__)
def test_without_its_cheaper_rule_a_layer_gives_the_same(kind, monkeypatch):
    monkeypatch.delitem(sweeps.CHEAPER, kind)
    for case in cases_of(kind):
        layer, args = case.at(np.float64)
        agree(network(layer, len(args)), args)


SIMPLER = {
    np.multiply: [
        lambda a: 1.0 * a,
        lambda a: a * 1,
        lambda a: a * np.ones((1, 1)),
        lambda a: 1 * a[:1] * np.ones((2, 1, 1)),
        lambda a: 2 * a,
    ],
    np.divide: [
        lambda a: a / 1,
        lambda a: 1 / a,
        lambda a: a / 2.0,
        lambda a: a / 7,
        lambda a: (a - a) / 1e-40,
        lambda a: a / a,
    ],
    np.sum: [
        lambda a: np.sum(a * a) * a,
        lambda a: np.sum(a.T * a.T) * a,
        lambda a: np.sum(a * a[:1]) * a,
        lambda a: np.sum((a * a).T) * a,
        lambda a: np.sum(a * 2.0, keepdims=True) * a,
        lambda a: np.sum(a[:, :2] * a[:, 1:]) * a,
        lambda a: np.sum(a[0, :1] * a[1, 1:2]) * a,
    ],
    np.add: [
        lambda a: a + -1 * a,
        lambda a: a + (-1 * a)[:1],
        lambda a: 1 + -1.0 * a,
        lambda a: a + np.zeros(3),
        lambda a: a + np.zeros((2, 2, 3)),
        lambda a: np.zeros((2, 3)) + a,
        lambda a: np.concatenate([a, np.zeros((2, 1))], 1) + np.concatenate([0 * a[:, :1], a], 1),
        lambda a: np.concatenate([a, np.zeros((2, 3))]) + np.concatenate([np.zeros((2, 3)), a * a]),
        lambda a: np.concatenate([a, np.zeros((2, 3))]) + np.concatenate([a, np.zeros((2, 3))]),
        lambda a: np.concatenate([a, a * a]) + np.concatenate([np.zeros((2, 3)), a]),
        lambda a: np.concatenate([a, np.zeros((2, 3))], 1) + np.concatenate([a, a * a], 1),
    ],
    np.matmul: [
        lambda a: (np.eye(3) * a[:1]) @ a.T,
        lambda a: (np.eye(3) * a[0]) @ a[1],
        lambda a: (np.eye(2) * a[:, :1]) @ a,  # no row: I d is a diagonal all the same
        lambda a: (np.eye(3) * 2.0) @ a.T,
        lambda a: (np.ones((3, 3)) * a[:1]) @ a.T,
    ],
    np.power: [lambda a, p=p: a**p for p in (3, 2.0, 1, 0.5, -1, 0, 2.5)] + [lambda a: 2.0**a],
}


@pytest.mark.parametrize("function", simpler.SIMPLER, ids=lambda f: f.__name__)
def test_every_simplification(function):
    a = np.abs(numbers(2, 3))
    for dtype in (np.float64, np.float32):
        for f in SIMPLER[function]:
            same(compiled(f, a.astype(dtype)), f(a.astype(dtype)), function.__name__)


def compiled(f, *args):
    """f of the arguments, by a program traced from f on other numbers."""
    recorded = tape.Tape()
    y = f(*(recorded.input(a * 0.5 + 0.125) for a in args))
    made = program.Program(recorded, [[y]])
    made.run(args)
    return made.run(args)[0]


FUNCTIONS = [
    lambda a: np.sum(a),
    lambda a: np.sum(a, axis=(0, 2), keepdims=True),
    lambda a: a.sum(1) + a.max(1) - np.min(a, axis=1),
    lambda a: np.mean(a, 2) * a.mean(),
    lambda a: np.max(a, axis=-1, keepdims=True) - a,
    lambda a: np.sum(a * a),
    lambda a: np.transpose(a=a) * 2,
    lambda a: np.where(a > 0, a, 0.0) + np.maximum(a, 0.25),
    lambda a: np.concatenate([a, np.ones((2, 1, 4)), a[:, ::-1]], axis=1),
    lambda a: a[:, [2, 0, 2]] + a[..., :1].swapaxes(0, 1)[:1, :1],
    lambda a: np.transpose(a, (2, 0, 1)).reshape(4, 6) @ np.ones(6),
    lambda a: np.ones(3) @ a + a[0, 0] @ np.ones(4),
    lambda a: (np.eye(4) * a[0, 0]) @ a[0, :2].T,
    lambda a: (np.eye(3) * a[:1, :, 2]) @ a[1, :, :2],
    lambda a: (np.eye(3) * a[0, :, :1]) @ a[0],
    lambda a: a[:, ::2].sum(0) + a.sum(axis=0)[1],
    lambda a: np.cumsum(a, axis=1) + np.linalg.norm(a),
    lambda a: np.split(a, 3, axis=1)[1] * np.broadcast_to(a[:1], (2, 3, 4)),
    lambda a: np.zeros_like(a) + a.ravel()[5] - np.add.outer(a[0, 0], a[0, 1]).sum(),
    lambda a: np.add.accumulate(a, axis=0) ** 2,
    lambda a: np.sum(a) * np.sum((a > 0) * (a < 0.5)) + np.sum((a > 0)[:, :1], axis=1),
    lambda a: a.astype(np.float16).astype(float) + a.astype(np.float32).astype(float),
    lambda a: a[0, 0] * [1.0, 2.0, 3.0, 4.0] + np.maximum([0.5], a),
    lambda a: np.concatenate([a[0, 0], [1.0]]) * a[0, 0, 0] * a[1, 2, 3],
    lambda a: np.sum(a, 0, np.float64) + a[np.array([0, 1, 1]), 0, 0].sum() + a[..., 2, 1][1],
    lambda a: a.astype(np.float32) ** np.float64(2),
    lambda a: a.astype(np.float32).astype(float) + np.ones_like(a),
    lambda a: -(a // 0.5) % 0.3 + abs(a),
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_functions_of_numpy(f):
    a = numbers(2, 3, 4)
    same(np.asarray(compiled(f, a)), np.asarray(f(a)), "compiled")


def by_norm(x):
    n = np.linalg.norm(x)
    return x if n <= 1 else x / n


def of_floats(call):
    """Are its arguments arrays of floats, and its value one?"""
    y = call.f(*call.args)
    arrays = [*call.args, y]
    return all(isinstance(a, np.ndarray | np.generic) and a.dtype.kind == "f" for a in arrays)


PLANNED = [
    pytest.param(call, id=f"{f.__name__}-{n}-{call}")
    for n, (f, call) in enumerate(CALLS)
    if of_floats(call)
]


@pytest.mark.parametrize("call", PLANNED)
def test_every_operation(call):
    """Compiled as a function, at the numbers it was compiled for and at others."""
    plan = Plan(lambda *args: call.f(*args), *call.args)
    for factor in (1.0, 0.9):
        args = [factor * a for a in call.args]
        y, pullback = adlab.vjp(call.f, *args)
        if y.shape == plan.results[0][1]:  # else numbers decide
            u, V = np.cos(np.arange(y.size)).reshape(y.shape), tuple(np.sin(a + 1) for a in args)
            same(plan.value(*args), np.asarray(y), "value")
            same(plan.vjp(*args)[1](u), pullback(u), "vjp")
            same(plan.jvp(args, V)[1], adlab.jvp(call.f, tuple(args), V)[1], "jvp")


@pytest.mark.parametrize("call", PLANNED)
def test_second_derivatives_of_every_operation(call):
    def squared(*args):
        return np.sum(call.f(*args) * call.f(*args))

    plan, shape = Plan(squared, *call.args), np.shape(call.f(*call.args))
    for factor in (1.0, 0.9):
        args = [factor * a for a in call.args]
        if np.shape(call.f(*args)) == shape:  # else numbers decide
            V = tuple(np.sin(a + 1) for a in args)
            every = tuple(range(len(args)))
            same(plan.value_and_grad(*args)[1], adlab.grad(squared, every)(*args), "gradient")
            found, wanted = plan.hvp(args, V), adlab.hvp(squared, tuple(args), V)
            for x, y in zip(found, wanted, strict=True):
                scale = max(1.0, np.max(np.abs(y), initial=0.0))
                np.testing.assert_allclose(x, y, rtol=0, atol=1e-9 * scale, strict=True)


DECIDED_BY_NUMBERS = {
    "a view or not": by_norm,
    "as a layer": lambda x: adlab.Tanh()(Shrinks()(x)),
    "how many": lambda x: np.sum(x[x > 0] ** 2) * x,
    "how many, by extract": lambda x: np.sum(np.extract(x > 0, x) ** 2) * x,
    "which": lambda x: x[np.argsort(x)][:2] * x[np.argmax(x)],
}


class Shrinks(adlab.Layer):
    def value(self, x):
        return by_norm(x)

    def jacobians(self, y, x):
        n = np.linalg.norm(x)
        inside = adlab.Dense(np.eye(len(x)))
        return (inside if n <= 1 else adlab.Dense((np.eye(len(x)) - np.outer(y, y)) / n),)


@pytest.mark.parametrize("name", DECIDED_BY_NUMBERS)
def test_what_numbers_decide_is_decided_at_each_run(name):
    f, a = DECIDED_BY_NUMBERS[name], np.array([0.1, 0.2, -0.3])
    plan, v = Plan(f, a), np.array([1.0, 0.0, 0.5])
    for x in (a, 100 * a, np.array([2.0, -1.0, -1.5]), a):
        u = np.ones(np.shape(f(x)))
        same(plan.value(x), f(x), "value")
        same(plan.jvp((x,), (v,))[1], adlab.jvp(f, (x,), (v,))[1], "jvp")
        same(plan.vjp(x)[1](u), adlab.vjp(f, x)[1](u), "vjp")


def test_a_shape_that_numbers_decide_is_refused():
    a = np.array([1.0, 2.0, -3.0])
    plan = Plan(lambda x: x[x > 0], a)
    same(plan.value(2 * a), 2 * a[:2], "of the same shape")
    with pytest.raises(
        ValueError, match=r"arrays of one shape: \(2,\) came .* now \(1,\) .* do without"
    ):
        plan.value(-a)


class Methods(adlab.Layer):
    """Methods of arrays with the arguments that NumPy's have."""

    def value(self, x):
        y = x.transpose((1, 0)).reshape(-1, order="F") + x.reshape(6)
        return y.max(initial=0.0) * x.sum(0, float) * x.mean(0) + x.T.transpose(1, 0).min(axis=0)

    def jacobians(self, y, x):
        raise NotImplementedError


def test_methods_of_arrays():
    x = numbers(2, 3)
    same(Plan(Methods(), x).value(x + 1), Methods().value(x + 1), "methods")


def test_arrays_of_no_numbers():
    x = np.zeros((0, 3))
    assert Plan(lambda x: x.T @ x, x).jacobian(x)[0].shape == (3, 3, 0, 3)


def test_single_numbers_are_views():
    recorded = tape.Tape()
    x = recorded.input(numbers(3))
    assert (x[0] * x[1] * x[-1]).shape == ()
    assert len(recorded.calls) == 2


def test_scatter():
    def f(a):
        X = np.zeros_like(a, shape=(5, 3))
        np.add.at(X, np.array([4, 1, 4]), a)
        return X + X[4]

    a = numbers(3, 3)
    same(compiled(f, a), f(a), "np.add.at")


def clipped_in_place(a):
    b = 2 * a
    np.clip(b, -1, 1, out=b)
    return b


def clipped_in_place_by_position(a):
    b = 2 * a
    np.clip(b, -1, 1, b)
    return b * a


def summed_in_place(a):
    b = 2 * a
    np.cumsum(a, axis=0, out=b)
    return b


def scattered_by_another_name(a):
    X = 2 * a
    np.add.at(X.reshape(-1), np.array([0, 1, 0]), np.ones(3))
    return X * a


def scattered_by_another_name_alone(a):
    X = 2 * a
    np.add.at(X.reshape(-1), np.array([0, 1, 0]), np.ones(3))
    return X


def product_with_its_transpose(a):
    return np.einsum("ij,jk", a.T, a)


def scattered_with_another_name(a):
    X = 2 * a
    Y = X.reshape(-1)
    np.add.at(X, (np.array([0, 1, 0]), 1), np.ones(3))
    return X * Y.reshape(a.shape)


def scattered_twice(a):
    found = []
    for k in range(2):
        X = np.zeros_like(a)
        np.add.at(X, (np.array([0, 1, 0]), k), a[0, :1] * np.ones(3))
        found.append(X)
    return found[0] - 3 * found[1]


def without_nan_in_place(a):
    b = a / a
    np.nan_to_num(b, copy=False)
    return b * a


class Runs(adlab.Layer):
    """y = f(x), by a function that may write into what it has made."""

    def __init__(self, f):
        self.f = f

    def value(self, x):
        return self.f(x)

    def rule(self, x):
        return self.f(x), adlab.Row(adlab.Diagonal(np.ones(x.shape)))


Runs.__module__ = "tests"


@pytest.mark.parametrize(
    "f",
    [
        clipped_in_place,
        clipped_in_place_by_position,
        summed_in_place,
        scattered_by_another_name,
        scattered_by_another_name_alone,
        product_with_its_transpose,
        scattered_with_another_name,
        scattered_twice,
        without_nan_in_place,
    ],
)
def test_what_is_written_into_is_seen_or_run_as_it_is(f):
    net = adlab.Network(lambda x: Runs(f)(x))
    plan = Plan(net, numbers(2, 3))
    for seed in range(2):
        x = numbers(2, 3, seed=seed) * (1 + seed)
        x[0, 0] *= seed
        with np.errstate(invalid="ignore"):
            same(plan.value(x), net.value(x), f.__name__)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: a if a[0, 0] > 0 else -a,
        lambda a: float(a[0, 0]) * a,
        lambda a: np.asarray(a) * 2,
        lambda a: np.add(a, 1, out=np.ones((2, 3))),
        list,
        lambda a: np.divmod(a, 2)[0],
        lambda a: np.stack([a, a]),
        lambda a: np.array_equal(a, a),
        lambda a: a.view(),
        lambda a: a.view(np.ndarray),
        lambda a: a.astype(float, casting="safe"),
        lambda a: np.unique(ar=a),
    ],
)
def test_what_a_tape_cannot_hold_is_an_error(f):
    with pytest.raises((TypeError, AttributeError)):
        compiled(f, numbers(2, 3))


# ---- Results are the caller's own ----------------------------------------------------------------


def copies(results):
    return [np.array(a) for a in results]


@pytest.mark.parametrize("large", [False, True])
def test_results_stay_as_they_are_and_may_be_changed(large, monkeypatch):
    """Changed by the caller, or followed by other calls: each result is on its own."""
    if large:
        monkeypatch.setattr(arenas, "SMALL", 0)
        monkeypatch.setattr(arenas, "FEW_PAGES", 0)
    net, args = chain(5, 3, 4)
    others = [0.5 * a for a in args]
    plan = Plan(net, *args)
    wanted = copies(plan.value_and_grad(*args)[1])
    kept = [plan.value_and_grad(*a)[1] for a in (args, others, args)]
    _, pullback = plan.vjp(*args)
    bars = pullback(1.0)
    for a, b in zip(copies(bars), wanted, strict=True):
        assert np.allclose(a, b)
    for a in (*kept[0], *bars):
        assert a.flags.writeable
        a[...] = np.nan
    again = plan.value_and_grad(*args)[1]
    for found in (kept[2], again, pullback(1.0)):
        for a, b in zip(found, wanted, strict=True):
            assert np.allclose(a, b, rtol=1e-13)
    everything = [a for found in (*kept, again, bars) for a in found]
    for i, a in enumerate(everything):
        assert not any(np.shares_memory(a, b) for b in everything[:i])
        assert not any(np.shares_memory(a, b) for b in args)


def test_memory_is_lent_again_only_when_nobody_knows_it(monkeypatch):
    monkeypatch.setattr(arenas, "FEW_PAGES", 0)
    lent = arenas.Lent((3,), np.dtype(float))
    first = lent.array()
    part = first[1:]
    assert lent.array() is not first
    where = id(first)
    del first
    assert all(id(lent.array()) != where for _ in range(3)), "a part of it is still known"
    del part
    one = lent.array()
    assert lent.array() is not one
    one_is = id(one)
    del one
    assert id(lent.array()) == one_is


def test_reuse_hands_out_the_same_arrays():
    net, args = chain(5, 3, 4)
    plan = Plan(net, *args, reuse=True)
    one = plan.value_and_grad(*args)[1]
    before = copies(one)
    two = plan.value_and_grad(*(0.5 * a for a in args))[1]
    for a, b, c in zip(one, two, before, strict=True):
        assert np.shares_memory(a, b)
        assert not np.array_equal(a, c)
    agree(net, args, runs=1, reuse=True)


@pytest.mark.parametrize("rows", [3, 40])
def test_a_result_that_is_an_argument_is_a_copy(rows):
    """W is read where it lies, by a loop or because it is large; what is handed out is a copy."""

    def h(W, x):
        y = x
        for _ in range(20):
            y = adlab.Tanh()(adlab.MatMul()(W, y))
        return y, W

    args = numbers(rows, rows), numbers(rows, 1)
    plan, W = agree(adlab.Network(h), args), args[0].copy()
    for result in (plan.value(*args), plan.vjp(*args)[0], plan.jvp(args, args)[0]):
        result[1][...] = 0
        assert np.array_equal(args[0], W)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda a, b: adlab.MatMul()(a, b), [numbers(128, 8), numbers(8, 128)]),
        (lambda a, b: adlab.MatMul()(a, b), [numbers(65, 64), numbers(64, 1)]),
        (lambda a, b: a * b, [numbers(70, 1), numbers(70)]),
        (lambda *a: adlab.Concatenate(0)(*a), [numbers(40, 25, seed=k) for k in range(5)]),
    ],
)
def test_small_arguments_with_large_results(f, args):
    agree(adlab.Network(f, [f"x{k}" for k in range(len(args))]), args)


def test_arguments_are_not_written_to():
    net, args = chain(4, 3, 5)
    before = copies(args)
    plan = Plan(net, *args)
    plan.value_and_grad(*args)
    plan.vjp(*args)[1](1.0)
    plan.jvp(args, args)
    assert all(np.array_equal(a, b) for a, b in zip(args, before, strict=True))


@pytest.mark.parametrize("large", [False, True])
def test_arguments_of_any_layout(large, monkeypatch):
    if large:
        monkeypatch.setattr(arenas, "SMALL", 0)
    net, args = chain(3, 4, 5)
    plan = Plan(net, *args)
    odd = [np.asfortranarray(a) for a in args]
    odd[0] = np.repeat(args[0], 2, axis=1)[:, ::2]
    for run in range(2):
        same(plan.value_and_grad(*odd)[1], plan.value_and_grad(*args)[1], f"run {run}")
    same(Plan(net, *odd).vjp(*args)[1](1.0), plan.value_and_grad(*args)[1], "made for odd ones")


def test_lists_and_numbers_are_arguments_too():
    plan = Plan(lambda x, c: adlab.Sum()(x * c), [1.0, 2.0], 3.0)
    assert plan.value([1.0, 2.0], 3.0) == 9.0
    value, (x_bar, c_bar) = plan.value_and_grad([1, 2], 4)
    assert (value, x_bar.tolist(), c_bar) == (12.0, [4.0, 4.0], 3.0)


# ---- One plan, used in any order -----------------------------------------------------------------


def test_a_pullback_holds_for_its_own_arguments():
    """Also after the plan has evaluated others in the same memory."""
    net, args = chain(3, 3)
    others = [0.25 * a for a in args]
    plan = Plan(net, *args)
    _, one = plan.vjp(*args)
    _, two = plan.vjp(*others)
    for pullback, at in ((one, args), (two, others), (one, args)):
        y, J = net.linearize(*at)
        same(pullback(1.0), 1.0 @ J, "pullback")
        same(pullback(-2.0), -2.0 @ J, "pullback")


def test_a_pullback_holds_though_another_run_failed():
    x = numbers(3)
    plan = Plan(lambda x: adlab.Exp()(x * x * x), x)
    _, pullback = plan.vjp(x)
    wanted = pullback(np.ones(3))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        plan.vjp(1e3 * np.abs(x))
    same(pullback(np.ones(3)), wanted, "pulled again")


def test_threads_wait_for_each_other():
    net, args = chain(20, 4)
    points = [[(1 + 0.1 * k) * a for a in args] for k in range(4)]
    plan = Plan(net, *args)
    wanted = [plan.value_and_grad(*point)[1] for point in points]
    wrong = []

    def work(k):
        for _ in range(50):
            found = plan.value_and_grad(*points[k])[1]
            pulled = plan.vjp(*points[k])[1](1.0)
            for a, b, c in zip(found, pulled, wanted[k], strict=True):
                if not (np.allclose(a, c) and np.allclose(b, c)):
                    wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def traces():
    """How many parts of tapes are alive. type(x), since other tests leave objects that lie."""
    gc.collect()
    return sum(type(x) in (calls.Slot, tape.StandIn) for x in gc.get_objects())


@pytest.mark.parametrize("asks", [False, True])
def test_a_plan_forgets_the_tape_it_was_made_from(asks):
    net, args = chain(4, 3, 5)
    if asks:
        net, args = adlab.Network(lambda x: adlab.Sum()(adlab.MaxPool(2)(x))), [numbers(2, 6)]
    gc.collect()
    before = traces()
    plan = Plan(net, *args)
    plan.value_and_grad(*args)
    plan.vjp(*args)[1](1.0)
    assert traces() == before
    alive = tape.Tape().input(numbers(3))
    assert traces() == before + 2, "traces() does not see that one array and its slot are alive"
    del alive


# ---- Calls that are told apart -------------------------------------------------------------------


def test_a_plan_forgets_large_arguments():
    x = numbers(100, 90)
    plan = Plan(lambda x: adlab.Sum()(adlab.Tanh()(x)), x)
    plan.value_and_grad(x)
    known = weakref.ref(x)
    del x
    gc.collect()
    assert known() is None


def test_constants_are_told_apart_though_they_are_written_alike():
    """NumPy writes `...` for most of a large array, in tuples and in settings too."""
    x, n = numbers(60, 40), 1200
    first, second = np.arange(n) % 60, np.where(np.arange(n) == 600, 7, np.arange(n) % 60)
    columns = np.arange(n) % 40
    mask, other = np.ones(x.shape, bool), np.ones(x.shape, bool)
    other[30, 20] = False
    assert repr((first, columns)) == repr((second, columns)) and repr(mask) == repr(other)

    def f(x):
        picked = x[first, columns] * x[second, columns]
        return np.sum(picked) + np.sum(x, where=mask) * np.mean(x * x, where=other) * True

    plan = Plan(f, x)
    for scale in (1.0, 0.5):
        value, (gradient,) = plan.value_and_grad(scale * x)
        same(value, f(scale * x), "value")
        same(gradient, adlab.grad(f)(scale * x), "gradient")


# ---- Concatenations ------------------------------------------------------------------------------


def joining(x, W, b):
    """Parts that others read too; an array that is whole and part; parts that stand twice, come
    in, are constant, or belong to another concatenation already."""
    tanh, linear, join, total = adlab.Tanh(), adlab.Linear(), adlab.Concatenate(), adlab.Sum()
    y1 = tanh(linear(W, b, x))
    y2 = tanh(y1)  # nobody but the concatenation reads y1 afterwards
    y3, y4, y5 = adlab.Sin()(y2 * y2), adlab.Cos()(y1), tanh(y1 * y2)
    first = join(y1, y2)
    second = join(first, y3)
    copied = [join(second, x), join(y4, y4), join(y5, np.arange(3.0)), join(y2, y3 * y4)]
    return total(second * second) + sum(total(z * z * float(k + 1)) for k, z in enumerate(copied))


def test_parts_of_a_concatenation_are_made_where_they_belong():
    args = numbers(3), numbers(4, 3, seed=1), numbers(4, seed=2)
    plan = agree(adlab.Network(joining), args)
    assert [e.layer.name for e in plan.net.equations].count("Concatenate") == 6
    (calls,) = plan.programs["value"].calls
    names = [getattr(getattr(call, "func", call), "__name__", "") for call in calls]
    assert names.count("concatenate") == 4, names


def joining_loop(n):
    """x ← tanh(W (y, x) + b): the parts are made where they are joined, so a step of the loop is
    no call."""

    def h(x, *p):
        for W, b in zip(p[::2], p[1::2], strict=True):
            joined = adlab.Concatenate(axis=0)(adlab.Sin()(x), adlab.Scale(0.5)(x))
            x = adlab.Tanh()(adlab.Linear()(W, b, joined))
        return adlab.HalfSquare(np.zeros(3))(x)

    args = [numbers(3, 6, seed=k) if k % 2 else numbers(3, seed=k) for k in range(1, 2 * n + 1)]
    return adlab.Network(h, [f"x{k}" for k in range(2 * n + 1)]), [numbers(3), *args]


def test_loops_whose_concatenations_need_no_call():
    agree(*joining_loop(20))


# ---- What goes wrong -----------------------------------------------------------------------------


def a_plan():
    net = adlab.Network(lambda W, b, a: adlab.Linear()(W, b, a), ["W", "b", "a"])
    args = numbers(3, 2), numbers(3), numbers(2)
    return Plan(net, *args), args


@pytest.mark.parametrize("method", ["value", "value_and_grad", "vjp", "jacobian"])
def test_other_shapes_and_types_are_refused(method):
    plan, (W, b, a) = a_plan()
    run = getattr(plan, method)
    with pytest.raises(ValueError, match=r"argument a of .* has shape \(4, 2\) .*made for \(2,\)"):
        run(W, b, numbers(4, 2))
    with pytest.raises(ValueError, match=r"argument W .* float32, the plan .* float64.* Plan\("):
        run(W.astype(np.float32), b, a)
    with pytest.raises(TypeError, match="takes 3 arguments"):
        run(W, b)
    with pytest.raises(TypeError, match="complex"):
        run(W, b, a * 1j)
    with pytest.raises(TypeError, match="masked"):
        run(W, b, np.ma.masked_array(a))


def test_vectors_of_other_shapes_are_refused():
    plan, args = a_plan()
    _, pullback = plan.vjp(*args)
    with pytest.raises(ValueError, match=r"cotangent 1 .* has shape \(2,\) .* for \(3,\)"):
        pullback(numbers(2))
    with pytest.raises(ValueError, match=r"tangent 3 .* has shape \(3,\) .* for \(2,\)"):
        plan.jvp(args, (args[0], args[1], args[1]))
    with pytest.raises(ValueError, match="wants 3 tangents, 1 came"):
        plan.jvp(args, (args[0],))
    with pytest.raises(ValueError, match=r"wants one scalar.* vjp"):
        plan.value_and_grad(*args)
    with pytest.raises(ValueError, match="argnums=3"):
        Plan(plan.net, *args, argnums=3)
    with pytest.raises(ValueError, match="twice"):
        Plan(plan.net, *args, argnums=(0, -3))
    with pytest.raises(ValueError, match="makes n = 2"):
        Plan(plan.net, args[0], args[1], numbers(5))


def test_a_plan_says_what_it_is():
    plan, _ = a_plan()
    assert repr(plan) == "Plan of <lambda>(W (3, 2), b (3,), a (2,))"


# ---- Planted faults: each must be seen ----------------------------------------------------------


def last_reads_forgotten(patch):
    last_reads = arenas.last_reads
    patch.setattr(
        arenas, "last_reads", lambda *a: {slot: i - 1 for slot, i in last_reads(*a).items()}
    )


def phases_not_kept(patch):
    last_reads = arenas.last_reads
    patch.setattr(arenas, "last_reads", lambda calls, again: last_reads(calls, False))


def spacing_not_checked(patch):
    distance = binding.Binder.distance

    def first_alone(self, one, two):
        found = distance(self, one, two)
        return found and [found[0]] * len(found)

    patch.setattr(binding.Binder, "distance", first_alone)


def all_operands_equal(patch):
    patch.setattr(tape, "identity", lambda x: getattr(x, "slot", type(x)))


def sum_overwritten(patch):
    pulled = sweeps.pulled

    def one_way(steps, outputs, inputs, U):
        return pulled([s for s in steps if s is not steps[0]], outputs, inputs, U)

    patch.setattr("adlab.plan.pulled", one_way)


FAULTS = [
    last_reads_forgotten,
    phases_not_kept,
    spacing_not_checked,
    all_operands_equal,
    sum_overwritten,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_seen(fault):
    """A fault in the arrangement makes some network of the tests disagree, small or large."""
    for small in (arenas.SMALL, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(arenas, "SMALL", small)
            fault(patch)
            for name in recorded.NETWORKS:
                net = adlab.Network(recorded.NETWORKS[name])
                try:
                    agree(net, recorded.recorded(name, "argument"))
                except Exception:
                    return
    pytest.fail("not seen")


def test_a_plan_forgets_cotangents():
    x = numbers(100, 90)
    _, pullback = Plan(lambda x: adlab.Tanh()(x), x).vjp(x)
    u = numbers(100, 90, seed=1)
    first = pullback(u)[0]
    known = weakref.ref(u)
    del u
    gc.collect()
    assert known() is None
    np.testing.assert_array_equal(pullback(numbers(100, 90, seed=1))[0], first)


@pytest.mark.parametrize(
    "several",
    [
        lambda x: (x * 2, x + 1) if x[0] > 0 else (x, x),
        lambda x: [[x * 2, x + 1], x],
    ],
)
def test_several_results_of_what_asks_for_numbers_are_refused(several):
    with pytest.raises(TypeError, match="returns several results, and can't be recorded"):
        Plan(several, numbers(3))


def test_averages_of_half_precision_are_those_of_numpy():
    x = np.ones(70000, np.float16)
    assert Plan(lambda x: np.mean(x), x).value(x) == 1.0


def test_constants_that_look_alike_at_one_memory_are_one():
    """The cotangent of a sum is a constant, reshaped at each step: its calls are alike all the
    same, and made at once."""
    x, p = numbers(3, 16), numbers(16)

    def net(p):
        total = adlab.Tanh()(adlab.Multiply()(p, x[0]))
        for k in range(1, 40):
            total = adlab.Add()(total, adlab.Tanh()(adlab.Multiply()(p, x[k % 3])))
        return adlab.Sum()(total)

    plan = Plan(net, p)
    (gradient,) = plan.value_and_grad(p)[1]
    expected = sum(x[k % 3] * (1 - np.tanh(p * x[k % 3]) ** 2) for k in range(40))
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)
    assert sum(map(len, plan.programs["value_and_grad"].calls)) < 3 * 40


def doubled(x):
    w, s = np.ones(3), 0.0
    for _ in range(3):
        s = s + np.sum(w * x**2)
        w *= 2
    return s


def doubled_as_one_step(x):
    w, s = np.ones(3), 0.0
    for _ in range(3):
        s = s + (w * x**2).sum()
        w *= 2
    return s


def hot(x):
    t, s = np.zeros(3), 0.0
    for k in range(3):
        t[k] = 1.0
        s = s + np.sum((x - t) ** 2)
        t[k] = 0.0
    return s


def rolled(x):
    places, s = np.arange(3), 0.0
    for _ in range(3):
        s = s + np.sum(np.take(x, places) * np.array([1.0, 2.0, 3.0]))
        places[:] = np.roll(places, 1)
    return s


def masked(x):
    mask, s = np.zeros(3, bool), 0.0
    for k in range(3):
        mask[k] = True
        s = s + np.sum(x[mask] ** 2) + np.sum(x, where=mask)
    return s


@pytest.mark.parametrize("f", [doubled, doubled_as_one_step, hot, rolled, masked])
def test_constants_are_as_they_were_when_they_were_used(f):
    """Also where the function writes into them afterwards."""
    x, v = np.array([1.0, 2.0, 3.0]), np.array([0.3, -1.0, 0.5])
    plan = Plan(f, x)
    for at in (x, v):
        l, (gradient,) = plan.value_and_grad(at)
        np.testing.assert_allclose(l, f(at))
        np.testing.assert_allclose(gradient, adlab.grad(f)(at))
        np.testing.assert_allclose(plan.hvp((at,), (v,))[0], adlab.hvp(f, (at,), (v,))[0])
        np.testing.assert_allclose(plan.jvp((at,), (v,)), adlab.jvp(f, (at,), (v,)))
    if f in (doubled, hot, rolled):
        np.testing.assert_allclose(adlab.Network(f)(v), f(v))


def test_a_constant_that_does_not_change_is_copied_once():
    data, last = numbers(3), np.ones(3)

    def net(x):
        for _ in range(5):
            x = adlab.Add()(adlab.Tanh()(x), data)
        return x + last

    net = adlab.Network(net)
    assert len({id(a) for a in net.constants.values()}) == 2
    assert not any(np.may_share_memory(a, data) for a in net.constants.values())
    locked = data.copy()
    locked.flags.writeable = False
    assert adlab.Network(lambda x: adlab.Add()(x, locked)).constants["c1"] is locked


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (f"{x[0]:.2f}", x.sum())[1],
        lambda x: round(x[0]) * x.sum(),
        lambda x: x.sum() * (1.0 in x),
        lambda x: copy.deepcopy(x).sum() + copy.copy(x).sum(),
        lambda x: np.sum(np.asarray(x, dtype=float) ** 2),
    ],
    ids=["format", "round", "in", "copy", "asarray"],
)
def test_what_asks_for_numbers_in_other_ways_is_run_as_it_is(f):
    x = np.array([1.0, 2.0, 3.0])
    plan = Plan(f, x)
    for at in (x, x + 0.75):
        assert plan.value(at) == f(at)


def test_large_constants_are_as_they_were_also_where_they_are_used_twice():
    x, C = numbers(1000), np.ones(1000)
    plan = Plan(lambda x: (x * C).sum() + (np.sin(x) * C).sum() + (np.cos(x) * C)[3:].sum(), x)
    before, (gradient,) = plan.value_and_grad(x)
    C[:] = 5.0
    again, (same,) = plan.value_and_grad(x)
    assert before == again
    np.testing.assert_array_equal(gradient, same)


@pytest.mark.parametrize("again", [lambda x: x.astype(float), copy.copy])
def test_what_is_written_into_a_copy_is_not_written_into_the_argument(again):
    def f(x):
        y = again(x)
        np.add.at(y, [0], 1.0)
        return np.sum(x * 2.0) + x.sum() * 0

    class Written(adlab.Layer):
        def value(self, x):
            return f(x.copy())

    x = np.ones(3)
    assert Plan(f, x).value(x) == f(x.copy())
    assert Plan(lambda x: Written()(x), x).value(x) == f(x.copy())


def test_numbers_that_decide_a_length_are_asked_each_time():
    f = lambda x: np.sum(np.trim_zeros(x) * np.ones(1))  # noqa: E731
    plan = Plan(f, np.array([0.0, 1.0, 2.0, 3.0, 0.0]))
    x = np.array([5.0, 1.0, 2.0, 3.0, 7.0])
    assert plan.value(x) == f(x) == 18.0


def test_division_by_what_has_no_exact_inverse():
    x = np.array([60000.0, 3.0], np.float16)
    plan = Plan(lambda x: x.astype(x.dtype) / 60000.0, x)
    np.testing.assert_array_equal(plan.value(x), x / 60000.0)
