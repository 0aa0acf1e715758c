"""Fixed points and roots: against differences, closed forms and the iteration itself, unrolled."""

import numpy as np
import pytest

from adlab import (
    Network,
    Sum,
    fixed_point,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    root,
    stop_gradient,
    vjp,
)
from tests.maths import battery
from tests.maths.truth import assert_close, jacobian_by_differences
from tests.registry import numbers

W, x = 0.2 * numbers(4, 4), numbers(4, seed=1)
ways = pytest.mark.parametrize("by", ["iteration", "solve"])
start = np.zeros(4)


def layer(z, p):
    """An equilibrium network: one layer, applied until nothing changes."""
    W, x = p
    return np.tanh(W @ z + x)


def equilibrium(by):
    return lambda W, x: fixed_point(layer, start, (W, x), by=by)


def unrolled(W, x):
    z = start
    for _ in range(120):
        z = layer(z, (W, x))
    return z


def curved(f):
    return lambda *args: np.sum(np.sin(f(*args)))


@ways
def test_value_and_both_modes(by):
    f = equilibrium(by)
    z = f(W, x)
    assert_close(z, layer(z, (W, x)), 1e-12, "z = f(z)")
    for k in range(2):
        D = jacobian_by_differences(unrolled, [W, x], k).reshape(4, *(W, x)[k].shape)
        for transform in (jacfwd, jacrev, jacobian):
            assert_close(transform(f, k)(W, x), D, 1e-9, f"argument {k}")
    y, y_dot = jvp(f, (W, x), (W, x))
    assert_close(y, z, 1e-12, "the value")
    assert_close(y_dot, jvp(unrolled, (W, x), (W, x))[1], 1e-11, "J v")
    found, wanted = (vjp(g, W, x)[1](np.cos(x)) for g in (f, unrolled))
    assert_close(found, wanted, 1e-11, "u J")


@ways
def test_the_battery_of_jacobians(by):
    _, J = fixed_point_layer(by).linearize(W, x)
    M = np.hstack([jacrev(unrolled, k)(W, x).reshape(4, -1) for k in range(2)])
    for name, check in battery.JACOBIAN_CHECKS.items():
        if name != "flops":  # of an iteration, whose length is not known before
            check(J, M, np.float64)
    assert J.flops.push > 32 and J.flops.pull > 32
    assert J.nbytes == W.nbytes + x.nbytes + 8 * 4
    assert_close(np.ones(4) @ J[1], np.ones(4) @ M[:, 16:], 1e-11, "one block")


def fixed_point_layer(by):
    from adlab.implicit import FixedPoint

    return FixedPoint(layer, start, (W, x), by, None, 1000)


@ways
def test_second_order(by):
    found, wanted = curved(equilibrium(by)), curved(unrolled)
    H = hessian(wanted, 1)(W, x)
    assert_close(H, jacobian_by_differences(lambda x: grad(wanted, 1)(W, x), [x], 0), 1e-8, "H")
    for way in (
        hessian,
        lambda f, k: jacrev(jacrev(f, k), k),
        lambda f, k: jacrev(jacfwd(f, k), k),
        lambda f, k: jacfwd(jacfwd(f, k), k),
    ):
        assert_close(way(found, 1)(W, x), H, 1e-10, "the Hessian")
    assert_close(hvp(found, (W, x), (W, x)), hvp(wanted, (W, x), (W, x)), 1e-10, "H v")


def cube_root(a):
    return root(lambda z, a: z**3 - a, np.array(1.0), a)


def forward(f):
    return lambda a: jvp(f, (a,), (np.array(1.0),))[1]


def test_derivatives_of_a_root_by_hand():
    a, f = np.array(8.0), cube_root
    for wanted in (2.0, 8 ** (-2 / 3) / 3, -2 / 9 * 8 ** (-5 / 3), 10 / 27 * 8 ** (-8 / 3)):
        assert_close(f(a), wanted, 1e-14, "the next derivative")
        f = grad(f)
    f = cube_root
    for wanted in (2.0, 1 / 12, -1 / 144):
        assert_close(f(a), wanted, 1e-14, "in forward mode")
        f = forward(f)


def test_a_root_of_several_equations():
    """The intersection of a circle and a hyperbola."""

    def g(z, p):
        return np.stack([np.sum(z * z) - p["r"] ** 2, z[0] * z[1] - p["c"]])

    def solved(p):
        return root(g, np.array([2.0, 0.5]), p)

    p = {"r": np.array(2.0), "c": np.array(1.0)}
    z = solved(p)
    assert_close(g(z, p), np.zeros(2), 1e-13, "g = 0")
    J = jacrev(solved)(p)
    for key in p:
        D = jacobian_by_differences(lambda a, key=key: solved(p | {key: a}), [p[key]], 0)
        assert_close(J[key], D[:, 0], 1e-9, key)
    M = np.array([2 * z, z[::-1]])
    assert_close(J["c"], np.linalg.solve(M, [0.0, 1.0]), 1e-13, "by hand")


def test_a_linear_system_is_a_root():
    A, b = numbers(3, 3) + 3 * np.eye(3), numbers(3)

    def solved(A, b):
        return root(lambda z, p: p[0] @ z - p[1], np.zeros(3), (A, b))

    found, wanted = (grad(curved(f), (0, 1))(A, b) for f in (solved, np.linalg.solve))
    assert_close(found, wanted, 1e-13, "the gradient of solve")
    found, wanted = (hessian(curved(f))(A, b) for f in (solved, np.linalg.solve))
    assert_close(found, wanted, 1e-12, "and its Hessian")


def test_the_derivative_does_not_depend_on_the_start_or_on_the_number_of_steps():
    calls = []

    def f(z, a):
        calls.append(1)
        return (z + a / z) / 2

    near, far = (
        linearize(lambda a, s=s: fixed_point(f, np.array(s), a), np.array(9.0)) for s in (3.0, 1e6)
    )
    assert_close((1.0 @ near[1])[0], 1 / 6, 1e-12, "near")
    assert_close((1.0 @ far[1])[0], 1 / 6, 1e-12, "far")
    _, J = far
    calls.clear()
    1.0 @ J
    assert len(calls) <= 3  # linearized at the solution, whatever came before


def test_no_iteration_is_kept():
    """What the Jacobian holds is theta and z, after a thousand steps too."""

    def slow(z, a):
        return 0.99 * z + a

    _, J = linearize(lambda a: fixed_point(slow, np.zeros(3), a, most=5000), np.ones(3))
    assert J.nbytes == 2 * 3 * 8
    assert_close((np.ones(3) @ J)[0], np.full(3, 100.0), 1e-9, "1 / (1 - 0.99)")


def test_in_a_network_and_in_trees():
    net = Network(lambda a: Sum()(fixed_point(lambda z, a: np.cos(z) * a, np.array(0.5), a)))
    assert "fixed_point(<lambda>)(a)" in str(net)

    def plain(a):
        return fixed_point(lambda z, p: np.cos(z) * p["a"], 0.5, {"a": a})

    a = np.array(0.8)
    assert_close(grad(net)(a), grad(plain)(a), 1e-13, "grad")
    assert_close(grad(grad(net))(a), grad(grad(plain))(a), 1e-12, "grad of grad")
    z = plain(a)
    assert_close(grad(plain)(a), np.cos(z) / (1 + a * np.sin(z)), 1e-12, "by hand")


def test_float32():
    z = fixed_point(lambda z, a: (z + a / z) / 2, np.array(1.0), np.float32(2.0))
    assert z.dtype == np.float32
    g = grad(lambda a: fixed_point(lambda z, a: (z + a / z) / 2, 1.0, a))(np.array(2.0, np.float32))
    assert g.dtype == np.float32
    assert_close(g, 0.5 / np.sqrt(2), 1e-4, "the gradient")


def test_the_start_is_a_constant():
    def f(x):
        return np.sum(fixed_point(lambda z, a: 0.5 * z + a, x * 2, x))

    assert_close(grad(f)(x), np.full(4, 2.0), 1e-11, "through theta alone")
    assert_close(jacfwd(f)(x), np.full(4, 2.0), 1e-11, "forward")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: fixed_point(lambda z, a: -z + a, 0.0, 1.0),
            ArithmeticError,
            r"t\(<lambda>\) has not converged: its step 1000 still changes z by 1.0e\+00: does f",
        ),
        (
            lambda: fixed_point(lambda z, a: z * z + a, 2.0, 1.0),
            ArithmeticError,
            "comes to infinity, or to no number: does f",
        ),
        (
            lambda: root(lambda z, a: z * z + a, 1.5, 1.0, most=7),
            ArithmeticError,
            r"root\(<lambda>\) has not converged: its step 7 still .*: start nearer to the root",
        ),
        (
            lambda: root(lambda z, a: z * z - a, 0.0, 1.0),
            ArithmeticError,
            "the matrix of derivatives by z is singular, so z is not a function of theta there",
        ),
        (
            lambda: grad(lambda a: fixed_point(lambda z, a: z + 0 * a, 0.0, a, by="solve"))(1.0),
            ArithmeticError,
            "is singular",
        ),
        (
            lambda: grad(lambda a: fixed_point(lambda z, a: z + 0 * a, 0.0, a, most=9))(1.0),
            ArithmeticError,
            "has not converged: its step 9",
        ),
        (
            lambda: root(lambda z, a: np.ones(2), np.zeros(3), 1.0),
            ValueError,
            r"root\(<lambda>\) has a value of shape \(2,\), wanted that of z0: \(3,\)",
        ),
        (lambda: fixed_point(layer, start, (W, x), by="guess"), ValueError, "by='guess' came"),
        (
            lambda: fixed_point(layer, 1j * start, (W, x)),
            TypeError,
            "the start of fixed_poi",
        ),
        (
            lambda: fixed_point(layer, start, np.arange(3)),
            TypeError,
            "argument theta of fix",
        ),
    ],
)
def test_what_goes_wrong_says_so(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("transform", [grad, lambda f: lambda a: jvp(f, (a,), (a,))])
def test_values_from_outside_are_refused(transform):
    a = np.array(1.0)
    with pytest.raises(ValueError, match="hand it over as an argument, or keep it"):
        transform(lambda a: fixed_point(lambda z, t: 0.5 * z + a * t, 0.0, 1.0 * a))(a)
    with pytest.raises(ValueError, match="uses a value that is being differentiated"):
        transform(lambda a: root(lambda z, t: z**3 - a * t, 1.0, 1.0 * a))(a)
    transform(lambda a: fixed_point(lambda z, t: 0.5 * z + stop_gradient(a) * t, 0.0, a))(a)
