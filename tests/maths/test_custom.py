"""Functions with a rule of their own, and values without a derivative."""

import inspect

import numpy as np
import pytest

from adlab import (
    Dense,
    Diagonal,
    Identity,
    Multiply,
    Network,
    Sum,
    custom_rule,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stop_gradient,
    vjp,
)
from tests.maths.truth import assert_close, jacobian_by_differences
from tests.registry import numbers

x3 = numbers(3, seed=1)
W = numbers(2, 3)


def plain_softplus(x):
    return np.log1p(np.exp(-abs(x))) + np.maximum(x, 0)


@custom_rule(jacobians=lambda y, x: (Diagonal(-np.expm1(-y)),))
def softplus(x):
    """log(1 + e^x), stable"""
    return plain_softplus(x)


def times(W, x):
    return W @ x


as_arrays = custom_rule(times, lambda y, W, x: (np.einsum("ik,j->ikj", np.eye(len(y)), x), W))
as_jacobians = custom_rule(times, lambda y, W, x: (np.kron(np.eye(len(y)), x).reshape(2, 2, 3),
                                                   Dense(W)))  # fmt: skip


def test_it_is_called_as_the_function_is():
    assert_close(softplus(x3), plain_softplus(x3), 0, "the value")
    assert softplus.name == repr(softplus) == "softplus"
    assert inspect.getdoc(softplus) == "log(1 + e^x), stable"
    assert_close(softplus([1.0, 2.0]), plain_softplus(np.array([1.0, 2.0])), 0, "a list")


@pytest.mark.parametrize("f", [as_arrays, as_jacobians])
def test_arrays_and_jacobians_will_do(f):
    found = grad(lambda W, x: np.sum(np.sin(f(W, x))), (0, 1))(W, x3)
    u = np.cos(W @ x3)
    assert_close(found, (np.outer(u, x3), u @ W), 1e-14, "grad")
    assert_close(jvp(f, (W, x3), (W, x3))[1], 2 * W @ x3, 1e-14, "jvp")
    assert_close(jacrev(f, 1)(W, x3), W, 1e-15, "J")


def test_first_and_second_order():
    def f(x):
        return np.sum(softplus(np.sin(x)) ** 2)

    def g(x):
        return np.sum(plain_softplus(np.sin(x)) ** 2)

    assert_close(grad(f)(x3), jacobian_by_differences(g, [x3], 0)[0], 1e-9, "grad")
    assert_close(jvp(f, (x3,), (x3,))[1], grad(g)(x3) @ x3, 1e-13, "jvp")
    H = jacobian_by_differences(grad(g), [x3], 0)
    for name, way in {
        "hessian": hessian,
        "jacfwd of jacfwd": lambda f: jacfwd(jacfwd(f)),
        "jacrev of jacrev": lambda f: jacrev(jacrev(f)),
        "jacrev of jacfwd": lambda f: jacrev(jacfwd(f)),
    }.items():
        assert_close(way(f)(x3), H, 1e-8, name)


def test_the_rule_is_used_and_not_the_function():
    """A rule that is false on purpose, at every order: f = sin, said to have the slope x²."""
    f = custom_rule(np.sin, lambda y, x: (Diagonal(x * x),))
    one = np.array(2.0)
    assert_close(grad(f)(one), 4.0, 0, "x²")
    assert_close(grad(grad(f))(one), 4.0, 0, "2 x")
    assert_close(jvp(lambda x: jvp(f, (x,), (np.array(1.0),))[1], (one,), (one,))[1], 8.0, 0, "2x²")
    assert_close(grad(lambda x: jvp(f, (x,), (np.array(1.0),))[1])(one), 4.0, 0, "2 x")
    assert_close(grad(lambda x: grad(lambda y: f(x) * y)(x))(one), 4.0, 0, "an outer variable")
    assert_close(grad(Network(lambda x: f(x)))(one), 4.0, 0, "in a network")


def test_it_is_one_equation():
    _, J = linearize(lambda x: np.sum(softplus(x)), x3)
    assert [str(e) for e in J.net.equations] == ["y1 = softplus(x)", "y2 = sum(y1)"]
    net = Network(lambda x: Sum()(softplus(x)))
    assert "y1 = softplus(x)" in str(net)
    assert_close(grad(net)(x3), 1 - np.exp(-plain_softplus(x3)), 1e-14, "in a network")
    assert_close(hessian(net)(x3), hessian(lambda x: np.sum(softplus(x)))(x3), 1e-14, "twice")


def test_numbers_by_a_loop_that_tracing_does_not_see():
    """Inside, anything goes: float(), in-place writes, math."""

    def cube_root(a):
        y = np.ones(a.shape)
        for k, value in enumerate(a):
            for _ in range(60):
                y[k] -= (y[k] ** 3 - float(value)) / (3 * y[k] ** 2)
        return y

    f = custom_rule(cube_root, lambda y, a: (Diagonal(1 / (3 * y * y)),))
    a = np.array([8.0, 27.0])
    assert_close(f(a), np.array([2.0, 3.0]), 1e-14, "the value")
    assert_close(grad(lambda a: np.sum(f(a)))(a), np.array([1 / 12, 1 / 27]), 1e-14, "grad")
    H = np.diag(-2 / 9 * a ** (-5 / 3))
    assert_close(hessian(lambda a: np.sum(f(a)))(a), H, 1e-14, "the rule, differentiated")


def test_any_number_of_arguments():
    total = custom_rule(lambda *xs: sum(xs), lambda y, *xs: tuple(Identity(x.shape) for x in xs))
    assert_close(grad(lambda a, b, c: np.sum(total(a, b, c)) ** 2, 2)(x3, x3, x3),
                 6 * np.sum(x3) * np.ones(3), 1e-14, "the third of three")  # fmt: skip


@pytest.mark.parametrize(
    ("jacobians", "kind", "message"),
    [
        (lambda y, x: Diagonal(x), TypeError, "must return a tuple, one Jacobian for each of 1"),
        (lambda y, x: (), TypeError, "must return a tuple, one Jacobian for each of 1"),
        (
            lambda y, x: (Identity((2,)),),
            ValueError,
            r"the Jacobian of square in x maps \(2,\) to \(2,\), wanted \(3,\) to \(3,\)",
        ),
        (
            lambda y, x: (np.ones(3),),
            ValueError,
            r"in x has shape \(3,\), wanted output \+ input: \(3,\) \+ \(3,\) = \(3, 3\)",
        ),
        (lambda y, x: ("slope",), TypeError, "the Jacobian of square in x must be numbers"),
        (lambda y, x: (1j * np.eye(3),), TypeError, "is complex"),
    ],
)
def test_rules_of_the_wrong_form(jacobians, kind, message):
    def square(x):
        return x * x

    f = custom_rule(square, jacobians)
    for way in (
        lambda: vjp(f, x3),
        lambda: jvp(f, (x3,), (x3,)),
        lambda: jacrev(lambda x: f(x))(x3),
    ):
        with pytest.raises(kind, match=message):
            way()


def outside(way):
    """A function with a rule that uses an outer value which is being differentiated."""
    return way(lambda x: np.sum(custom_rule(lambda y: x * y, lambda z, y: (Diagonal(y),))(y3)))(x3)


y3 = np.ones(3)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: custom_rule(np.sin), TypeError, "wants a function `jacobians"),
        (lambda: custom_rule(np.sin, 3.0), TypeError, "float came"),
        (lambda: custom_rule(3.0, np.cos), TypeError, "wants a function, got float"),
        (lambda: as_arrays(W), TypeError, r"times takes 2 arguments \(W, x\), got 1"),
        (lambda: as_arrays(W, np.arange(3)), TypeError, "argument x of times holds integers"),
        (
            lambda: custom_rule(lambda x: (x, x), max)(x3),
            TypeError,
            "returns a tuple: ",
        ),
        (
            lambda: custom_rule(lambda x: "text", max)(x3),
            TypeError,
            "the result of <lamb",
        ),
        (
            lambda: outside(grad),
            ValueError,
            "hand it over as an argument, or keep",
        ),
        (lambda: outside(jacfwd), ValueError, "uses a value that is being differentiated"),
    ],
)
def test_wrong_uses(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# ---- stop_gradient -------------------------------------------------------------------------------


def test_stop_gradient_of_plain_arrays_is_what_came():
    for x in (x3, 2.0, [1, 2], np.arange(3)):
        assert stop_gradient(x) is x
    tree = stop_gradient({"a": x3, "b": [W, (x3,)]})
    assert tree["a"] is x3 and tree["b"][0] is W and type(tree["b"][1]) is tuple


@pytest.mark.parametrize("f", [lambda x: np.sum(x * stop_gradient(x)),
                               Network(lambda x: Sum()(Multiply()(x, stop_gradient(x))))],
                         ids=["function", "network"])  # fmt: skip
def test_stop_gradient_is_a_constant_to_every_transform(f):
    assert_close(grad(f)(x3), x3, 0, "grad")
    assert_close(jacfwd(f)(x3), x3, 0, "jacfwd")
    assert_close(jvp(f, (x3,), (np.ones(3),)), (x3 @ x3, np.sum(x3)), 1e-15, "jvp")
    assert_close(hessian(f)(x3), np.zeros((3, 3)), 0, "hessian")
    assert_close(jacrev(jacrev(f))(x3), np.zeros((3, 3)), 0, "rows of rows")
    assert_close(hvp(f, (x3,), (x3,)), (np.zeros(3),), 0, "hvp")
    assert_close(f(x3), x3 @ x3, 1e-15, "the value")


def test_stop_gradient_stops_all_levels():
    one = np.array(2.0)
    assert grad(lambda x: grad(lambda y: stop_gradient(x * y) * x * y)(x))(one) == 4.0
    assert grad(lambda x: x * grad(lambda y: stop_gradient(x) * y)(x))(one) == 2.0
    assert jvp(lambda x: grad(lambda y: stop_gradient(y) * y * x)(x), (one,), (one,))[1] == 4.0


def test_stop_gradient_of_trees():
    def f(p):
        q = stop_gradient(p)
        return np.sum(q["a"] * p["b"][0]) + np.sum(p["a"])

    g = grad(f)({"a": x3, "b": [2 * x3]})
    assert_close(g["a"], np.ones(3), 0, "a")
    assert_close(g["b"][0], x3, 0, "b")


def test_a_value_that_is_kept_can_be_used_after_the_end():
    kept = []
    grad(lambda x: kept.append(stop_gradient(x * 2)) or np.sum(x))(x3)
    assert type(kept[0]) is np.ndarray
    assert_close(kept[0], 2 * x3, 0, "the number")


def test_its_number_can_be_used_in_any_way():
    def f(x):
        steps = int(abs(float(stop_gradient(x[0])))) + 2
        return np.sum(x) ** steps

    assert_close(grad(f)(np.array([1.5, 0.5])), np.full(2, 3 * 2.0**2), 1e-14, "a cube")


def test_a_network_says_where_it_stops():
    net = Network(lambda x: x * stop_gradient(x))
    assert "y1 = StopGradient(x)" in str(net)
    assert net.linearize(x3)[1].flops.push > 0
