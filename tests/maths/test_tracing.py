"""Plain NumPy functions, as one writes them: control flow, trees, layers, second order, nesting."""

from typing import NamedTuple

import numpy as np
import pytest

import adlab
from adlab import (
    Linear,
    Network,
    Sum,
    Tanh,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from tests.maths.truth import assert_close, jacobian_by_complex_step, jacobian_by_differences
from tests.registry import numbers

x3 = numbers(3, seed=1)


def slope(f, x):
    """The gradient of a scalar f by differences, which know nothing of rules."""
    return jacobian_by_differences(f, [x], 0).reshape(np.shape(x))


# ---- Python as it is written ------------------------------------------------------------------


def branches(x):
    if np.sum(x) > 0:
        return np.sum(np.sin(x))
    return np.sum(x**3)


def loops(x):
    y = x
    for k in range(1, 5):
        y = np.sin(y) + x / k
    return np.sum(y)


def until_small(x):
    """As many steps as the values ask for: 7 from 100."""
    y = np.sum(x * x)
    steps = 0
    while y > 1:
        y, steps = y / 2, steps + 1
    assert steps == 7
    return y**2


def recursive(x, depth=6):
    return np.sum(x) if depth == 0 else recursive(np.tanh(x) + 0.1 * x, depth - 1)


def counter():
    scale = 0.5

    def f(x):
        def inner(y):
            return scale * y * np.sum(x)

        return np.sum(inner(np.exp(x)))

    return f


def comprehension(x):
    parts = [np.sin(k * row) for k, row in enumerate(x, start=1)]
    return np.sum(np.stack(parts) ** 2)


def unpacked(x):
    a, b, c = x
    return a * b + b / c


def sum_and_max(x):
    return sum(x) * max(x) - min(x[0], 2 * x[1])


def early_exit(x):
    total = 0.0
    for k in range(len(x)):
        if x[k] < 0:
            continue
        total += x[k] ** 2
        if total > 100:
            break
    return total


def assertions(x):
    assert np.all(np.isfinite(x)) and x.shape == (3,) and x.ndim == 1 and x.size == len(x) == 3
    assert x.dtype == float and bool(x[0] == x[0])
    return np.sum(x / np.linalg.norm(x))


def printed(x):
    assert f"{x[0]:.1f}" == "1.5"
    return x[0] * x[1]


def chosen_by_number(x):
    """argmax and comparisons give plain numbers, to index with."""
    return x[np.argmax(x)] ** 2 + np.sum(x[x > 0])


def in_a_generator(x):
    return sum(np.cos(t) for t in x)


POINTS = {
    branches: np.array([1.0, 0.5, -0.25]),
    loops: x3,
    until_small: np.array([8.0, 6.0, 1.0]),
    recursive: x3,
    counter(): x3,
    comprehension: numbers(2, 3),
    unpacked: np.array([1.0, 2.0, 4.0]),
    sum_and_max: np.array([1.0, 3.0, 2.0]),
    early_exit: np.array([3.0, -1.0, 4.0, 20.0, 5.0]),
    assertions: x3,
    printed: np.array([1.5, 2.0]),
    chosen_by_number: np.array([0.5, -1.0, 2.0]),
    in_a_generator: x3,
}


@pytest.mark.parametrize("f", POINTS, ids=lambda f: f.__name__)
def test_functions_as_they_are_written(f):
    x = POINTS[f]
    x.setflags(write=False)
    value, g = value_and_grad(f)(x)
    assert_close(value, f(x), 1e-15, "the value")
    assert_close(g, slope(f, x), 1e-9, "the gradient")
    assert_close(jacfwd(f)(x), g, 1e-14, "forward mode")
    assert_close(jvp(f, (x,), (np.ones_like(x),))[1], np.sum(g), 1e-14, "one forward sweep")
    H = jacobian_by_differences(grad(f), [x], 0).reshape(x.shape * 2)
    assert_close(hessian(f)(x), H, 1e-8, "the Hessian")


def test_the_way_that_was_taken_is_what_is_differentiated():
    x = np.array([1.0, -3.0])
    assert_close(grad(branches)(x), 3 * x**2, 1e-15, "the cube, where the sum is negative")
    assert_close(grad(branches)(-x), np.cos(x), 1e-15, "the sine, where it is positive")


def test_a_function_may_keep_a_state_of_its_own():
    seen = []

    def f(x):
        seen.append(x.shape)
        return np.sum(x * len(seen))

    assert_close(grad(f)(x3), np.ones(3), 0, "the first call")
    assert_close(grad(f)(x3), 2 * np.ones(3), 0, "the second")
    assert seen == [(3,), (3,)]


def test_the_function_runs_once():
    runs = []
    for transform in (grad, value_and_grad, jacfwd, jacrev, jacobian, hessian):
        transform(lambda x: runs.append(1) or np.sum(x * x))(x3)
    assert len(runs) == 6


def test_defaults_and_keywords_of_the_function():
    def power(x, p=3, *, factor=2.0):
        return factor * np.sum(x**p)

    assert_close(grad(power)(x3), 6 * x3**2, 1e-15, "the defaults")
    assert_close(grad(lambda x: power(x, 2, factor=1.0))(x3), 2 * x3, 1e-15, "other settings")


# ---- Results and arguments --------------------------------------------------------------------


def test_unused_arguments_have_zero_gradients():
    g = grad(lambda x, y: np.sum(x * x), (0, 1))(x3, np.ones((2, 3)))
    assert_close(g, (2 * x3, np.zeros((2, 3))), 1e-15, "the gradients")
    assert_close(jvp(lambda x, y: x, (x3, x3), (0 * x3, x3))[1], 0 * x3, 0, "a tangent of zeros")
    assert_close(jacfwd(lambda x, y: x, 1)(x3, np.ones(2)), np.zeros((3, 2)), 0, "a zero Jacobian")


@pytest.mark.parametrize("constant", [3.0, 3, np.float64(3.0), np.array(3.0)], ids=type)
def test_constant_results(constant):
    def f(x):
        return constant

    assert_close(value_and_grad(f)(x3), (3.0, np.zeros(3)), 0, "value and gradient")
    assert_close(jvp(f, (x3,), (x3,)), (3.0, 0.0), 0, "value and tangent")
    assert_close(hessian(f)(x3), np.zeros((3, 3)), 0, "the Hessian")
    y, J = linearize(lambda x: (x, constant), x3)
    assert_close(J @ x3, (x3, 0.0), 0, "beside a result that moves")


def test_the_argument_itself_and_twice():
    assert_close(jacrev(lambda x: x)(x3), np.eye(3), 0, "the identity")
    (first, second), pullback = vjp(lambda x: (x, x), x3)
    assert first is not x3 and not np.shares_memory(first, second)
    assert_close(pullback((np.ones(3), 2 * np.ones(3)))[0], 3 * np.ones(3), 0, "both added")


def test_the_same_array_as_two_arguments():
    assert_close(
        grad(lambda x, y: np.sum(x * y * y), (0, 1))(x3, x3), (x3**2, 2 * x3**2), 1e-15, ""
    )


def test_flat_functions_give_plain_numbers():
    def f(x):
        for y in (np.sign(x), x > 0, np.floor(x), np.argmax(x), np.zeros_like(x), np.isfinite(x)):
            assert type(y) in (np.ndarray, np.bool, np.int64)
        return np.sum(np.sign(x) * x)

    assert_close(grad(f)(x3), np.sign(x3), 0, "|x|")
    assert_close(grad(lambda x: np.sum(np.round(x)))(x3), np.zeros(3), 0, "a step")


def test_a_value_that_is_used_ten_thousand_times():
    def f(x):
        y = np.sin(x)
        return sum(y for _ in range(10_000))

    assert_close(grad(f)(np.array(0.5)), 10_000 * np.cos(0.5), 1e-12, "the sum of all uses")


def test_ten_thousand_operations_deep():
    """No recursion: Python's limit is 1000."""

    def f(x):
        for _ in range(5_000):
            x = np.sin(x) + 1e-4
        return x

    x, h = np.array(0.5), 1e-20
    wanted = f(np.array(0.5 + 1j * h)).imag / h
    assert_close(grad(f)(x), wanted, 1e-11, "reverse")
    assert_close(jvp(f, (x,), (np.array(1.0),))[1], wanted, 1e-11, "forward")
    assert_close(hvp(f, (x,), (np.array(1.0),))[0], slope(grad(f), x), 1e-7, "second order")
    y, J = linearize(f, x)
    assert len(J.net.equations) == 10_000
    assert_close(J.net(x), y, 1e-15, "the equations, run")


def test_the_equations_can_be_run_and_looked_at():
    def f(W, x):
        y = np.tanh(W @ x + 1.0)
        return np.sum(y * y, axis=0)

    W = numbers(2, 3)
    y, J = linearize(f, W, x3)
    assert str(J.net).splitlines() == [
        "f(W, x):",
        "  y1 = matmul(W, x)",
        "  y2 = add(y1, 1.0)",
        "  y3 = Tanh(y2)",
        "  y4 = Multiply(y3, y3)",
        "  y5 = sum(y4, axis=0)",
        "  return y5",
    ]
    assert_close(J.net(W, x3), y, 1e-15, "the network")
    other = numbers(2, 3, seed=9), numbers(3, seed=8)
    assert_close(J.net(*other), f(*other), 1e-15, "at another point")
    assert_close(grad(J.net, 1)(*other), grad(f, 1)(*other), 1e-14, "differentiated there")
    a = W @ x3 + 1.0
    assert_close(J.local["y3"].dense(), np.diag(1 - np.tanh(a) ** 2), 1e-15, "one equation")


# ---- Trees ------------------------------------------------------------------------------------


class Layered(NamedTuple):
    W: np.ndarray
    b: np.ndarray


def parameters():
    return {
        "first": Layered(numbers(4, 3), numbers(4, seed=1)),
        "rest": [(numbers(2, 4, seed=2), numbers(2, seed=3))],
        "scale": np.array(0.7),
    }


def net(p, x):
    y = np.tanh(p["first"].W @ x + p["first"].b)
    for W, b in p["rest"]:
        y = W @ y + b
    return {"mean": p["scale"] * np.mean(y), "y": [y, (np.sum(y**2),)]}


def loss(p, x):
    results = net(p, x)
    return results["mean"] + results["y"][1][0]


FORM = [("first", "W"), ("first", "b"), ("rest", 0, 0), ("rest", 0, 1), ("scale",)]


def at(tree, path):
    for key in path:
        tree = getattr(tree, key) if isinstance(key, str) and hasattr(tree, key) else tree[key]
    return tree


def flat_parameters():
    return [at(parameters(), path) for path in FORM]


def from_flat(W, b, V, c, s):
    return {"first": Layered(W, b), "rest": [(V, c)], "scale": s}


def assert_same_form(found, p):
    assert type(found) is dict and list(found) == list(p)
    assert type(found["first"]) is Layered
    assert type(found["rest"]) is list and type(found["rest"][0]) is tuple


def true_gradients():
    args = flat_parameters()

    def f(*args):
        return loss(from_flat(*args), x3)

    return [jacobian_by_complex_step(f, args, k).reshape(a.shape) for k, a in enumerate(args)]


def test_grad_by_a_tree_is_a_tree():
    p = parameters()
    value, g = value_and_grad(loss)(p, x3)
    assert_same_form(g, p)
    assert_close(value, loss(p, x3), 1e-15, "the value")
    for path, wanted in zip(FORM, true_gradients(), strict=True):
        assert_close(at(g, path), wanted, 1e-13, str(path))
    both = grad(loss, (1, 0))(p, x3)
    assert_close(both[0], slope(lambda x: loss(p, x), x3), 1e-9, "by x too")
    assert_same_form(both[1], p)


def test_jvp_takes_and_gives_trees():
    p = parameters()
    direction = from_flat(*(np.cos(a) for a in flat_parameters()))
    y, y_dot = jvp(net, (p, x3), (direction, 0 * x3))
    assert list(y) == list(y_dot) == ["mean", "y"]
    assert type(y_dot["y"]) is list and type(y_dot["y"][1]) is tuple
    wanted = sum(
        np.sum(g * np.cos(a)) for g, a in zip(true_gradients(), flat_parameters(), strict=True)
    )
    assert_close(y_dot["mean"] + y_dot["y"][1][0], wanted, 1e-13, "the tangent")
    assert_close(y["y"][0], net(p, x3)["y"][0], 1e-15, "the value")


def test_vjp_takes_and_gives_trees():
    p = parameters()
    y, pullback = vjp(net, p, x3)
    p_bar, x_bar = pullback({"mean": 1.0, "y": [np.zeros(2), (1.0,)]})
    assert_same_form(p_bar, p)
    for path, wanted in zip(FORM, true_gradients(), strict=True):
        assert_close(at(p_bar, path), wanted, 1e-13, str(path))
    assert x_bar.shape == (3,)


@pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian])
def test_jacobians_are_trees_of_the_result_and_inside_of_the_argument(transform):
    p = parameters()
    J = transform(net)(p, x3)
    assert list(J) == ["mean", "y"]
    assert_same_form(J["y"][0], p)
    assert J["y"][0]["first"].W.shape == (2, 4, 3)
    assert J["mean"]["scale"].shape == ()
    total = J["y"][1][0]["first"].b + J["mean"]["first"].b
    assert_close(total, true_gradients()[1], 1e-13, "of the scalar results")


def test_hessian_and_hvp_of_trees():
    p = {"a": x3, "b": [np.array(2.0)]}

    def f(p):
        return np.sum(p["a"] ** 3) * p["b"][0]

    H = hessian(f)(p)
    assert_close(H["a"]["a"], 2 * np.diag(6 * x3), 1e-13, "a, a")
    assert_close(H["a"]["b"][0], 3 * x3**2, 1e-13, "a, b")
    assert_close(H["b"][0]["a"], 3 * x3**2, 1e-13, "b, a")
    assert_close(H["b"][0]["b"][0], 0.0, 0, "b, b")
    (Hv,) = hvp(f, (p,), ({"a": np.ones(3), "b": [np.array(1.0)]},))
    assert_close(Hv["a"], 12 * x3 + 3 * x3**2, 1e-13, "H v")


def test_linearize_of_trees_has_their_arrays_from_left_to_right():
    y, J = linearize(net, parameters(), x3)
    assert list(y) == ["mean", "y"]
    assert J.shape_in == tuple(a.shape for a in [*flat_parameters(), x3])
    assert J.shape_out == ((), (2,), ())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"a": x3}, r"want a dict with the keys \['a', 'b'\], got the keys \['a'\]"),
        ([x3, x3], r"want a dict with the keys \['a', 'b'\], got 2 parts"),
        ({"a": x3, "b": x3}, "want 2 parts, got an array of shape"),
        ({"a": x3, "b": [x3]}, "want 2 parts, got 1 parts"),
    ],
)
def test_tangents_of_another_form(wrong, message):
    p = {"a": x3, "b": [x3, x3]}
    with pytest.raises(ValueError, match=message):
        jvp(lambda p: np.sum(p["a"]), (p,), (wrong,))


def test_empty_trees_and_plain_lists():
    assert_close(grad(lambda x: np.sum(np.square(x)))([1.0, 2.0]), np.array([2.0, 4.0]), 0, "list")
    g = grad(lambda p: np.sum(p["x"]))({"x": x3, "none": []})
    assert list(g) == ["x", "none"]
    assert g["none"].shape == (0,)  # a list without arrays in it is one


# ---- Layers and networks inside, and NumPy inside of networks ---------------------------------


def test_layers_inside_of_plain_functions():
    W, b = numbers(2, 3), numbers(2, seed=5)

    def mixed(W, b, x):
        y = Tanh()(Linear()(W, b, np.sin(x)))
        return np.sum(y * np.cos(y)) + Sum()(y)

    def plain(W, b, x):
        y = np.tanh(W @ np.sin(x) + b)
        return np.sum(y * np.cos(y)) + np.sum(y)

    args = W, b, x3
    assert_close(mixed(*args), plain(*args), 1e-14, "the value")
    assert_close(grad(mixed, (0, 1, 2))(*args), grad(plain, (0, 1, 2))(*args), 1e-13, "gradients")
    v = tuple(map(np.ones_like, args))
    assert_close(jvp(mixed, args, v)[1], jvp(plain, args, v)[1], 1e-13, "jvp")
    assert_close(hvp(mixed, args, v), hvp(plain, args, v), 1e-12, "hvp")


def test_a_layer_of_constants_gives_a_plain_array():
    def f(x):
        y = Tanh()(np.ones(3))
        assert type(y) is np.ndarray
        return np.sum(x * y)

    assert_close(grad(f)(x3), np.tanh(np.ones(3)), 1e-15, "the gradient")


def test_networks_inside_of_plain_functions():
    inner = Network(lambda x, y: (Tanh()(x) * y, Sum()(y)))

    def f(x):
        a, s = inner(x, np.cos(x))
        return np.sum(a) * s

    def plain(x):
        return np.sum(np.tanh(x) * np.cos(x)) * np.sum(np.cos(x))

    assert_close(grad(f)(x3), slope(plain, x3), 1e-9, "grad")
    assert_close(jvp(f, (x3,), (x3,))[1], slope(plain, x3) @ x3, 1e-9, "jvp")
    assert_close(hessian(f)(x3), hessian(plain)(x3), 1e-12, "hessian")
    names = [str(e) for e in linearize(f, x3)[1].net.equations]
    assert any("Tanh" in name for name in names)  # the network's equations, not one block


def test_numpy_inside_of_networks():
    def f(W, x):
        y = np.tanh(W @ x)
        return np.sum(np.sqrt(1 + np.square(y)))

    args = numbers(2, 3), numbers(3, 4)
    recorded = Network(f)
    assert_close(recorded(*args), f(*args), 1e-15, "the value")
    assert_close(grad(recorded)(*args), grad(f)(*args), 1e-14, "the gradient")
    assert_close(jvp(recorded, args, args)[1], jvp(f, args, args)[1], 1e-14, "jvp")
    assert_close(hvp(recorded, args, args), hvp(f, args, args), 1e-13, "hvp")


def test_transforms_of_networks_of_second_order():
    recorded = Network(lambda x: Sum()(Tanh()(x) * x))
    assert_close(hessian(recorded)(x3), hessian(lambda x: np.sum(np.tanh(x) * x))(x3), 1e-13, "H")


# ---- Second order -----------------------------------------------------------------------------


def bowl(x):
    """x1² x2 + sin(x2) x3³, with the gradient and the Hessian by hand."""
    return x[0] ** 2 * x[1] + np.sin(x[1]) * x[2] ** 3


def bowl_gradient(x):
    a, b, c = x
    return np.array([2 * a * b, a**2 + np.cos(b) * c**3, 3 * np.sin(b) * c**2])


def bowl_hessian(x):
    a, b, c = x
    return np.array(
        [
            [2 * b, 2 * a, 0],
            [2 * a, -np.sin(b) * c**3, 3 * np.cos(b) * c**2],
            [0, 3 * np.cos(b) * c**2, 6 * np.sin(b) * c],
        ]
    )


HESSIANS = {
    "hessian": hessian,
    "jacfwd of grad": lambda f: jacfwd(grad(f)),
    "jacrev of grad": lambda f: jacrev(grad(f)),
    "jacobian of grad": lambda f: jacobian(grad(f)),
    "jacfwd of jacfwd": lambda f: jacfwd(jacfwd(f)),
    "jacrev of jacfwd": lambda f: jacrev(jacfwd(f)),
    "jacfwd of jacrev": lambda f: jacfwd(jacrev(f)),
    "jvp of grad": lambda f: lambda x: np.stack([jvp(grad(f), (x,), (e,))[1] for e in np.eye(3)]),
    "grad of jvp": lambda f: (
        lambda x: np.stack([grad(lambda y, e=e: jvp(f, (y,), (e,))[1])(x) for e in np.eye(3)])
    ),
    "jvp of jvp": lambda f: (
        lambda x: np.array(
            [
                [jvp(lambda y, e=e: jvp(f, (y,), (e,))[1], (x,), (d,))[1] for e in np.eye(3)]
                for d in np.eye(3)
            ]
        )
    ),
    "grad of grad": lambda f: (
        lambda x: np.stack([grad(lambda y, k=k: grad(f)(y)[k])(x) for k in range(3)])
    ),
    "vjp of vjp": lambda f: (
        lambda x: np.stack(vjp(lambda y: vjp(f, y)[1](1.0)[0], x)[1](np.eye(3))[0])
    ),
    "linearize of grad": lambda f: lambda x: linearize(grad(f), x)[1].dense(),
    "hvp": lambda f: lambda x: hvp(f, (x,), (np.eye(3),))[0],
}


@pytest.mark.parametrize("way", HESSIANS)
def test_every_way_to_the_hessian(way):
    assert_close(grad(bowl)(x3), bowl_gradient(x3), 1e-14, "the gradient")
    assert_close(HESSIANS[way](bowl)(x3), bowl_hessian(x3), 1e-13, way)


def test_third_and_fourth_order():
    f = np.sin
    for wanted in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin):
        f = grad(f)
        assert_close(f(np.array(0.7)), wanted(0.7), 1e-14, "the next derivative")
    T = jacfwd(hessian(lambda x: np.prod(x) * x[0]))(x3)
    a, b, c = x3
    assert_close(T[0, 1, 2], 2 * a, 1e-13, "∂³/∂x1∂x2∂x3")
    assert_close(T[0, 0, 1], 2 * c, 1e-13, "∂³/∂x1²∂x2")
    assert_close(T, np.transpose(T, (2, 0, 1)), 1e-13, "symmetric")


def test_a_hessian_costs_a_few_gradients():
    """All columns at once: the number of operations does not grow with their number."""
    counted = []

    class Counting(adlab.Layer):
        def value(self, a):
            counted.append(1)
            return np.sin(a)

        def jacobians(self, y, a):
            return (adlab.Diagonal(np.cos(a)),)

    hessian(lambda x: np.sum(Counting()(x)))(numbers(50))
    assert len(counted) <= 2


def test_gradients_of_blocks_by_several_arguments():
    def f(x, y):
        return np.sum(x**2) * np.sum(np.sin(y))

    H = hessian(f, (0, 1))(x3, x3[:2])
    assert_close(H[0][0], 2 * np.eye(3) * np.sum(np.sin(x3[:2])), 1e-14, "x, x")
    assert_close(H[0][1], np.outer(2 * x3, np.cos(x3[:2])), 1e-14, "x, y")
    assert_close(H[1][0], H[0][1].T, 1e-14, "y, x")


# ---- Perturbation confusion -------------------------------------------------------------------
# Source: Siskind & Pearlmutter, *Nesting forward-mode AD in a functional framework* (2008);
# Manzyuk et al., *Perturbation confusion in forward automatic differentiation of higher-order
# functions* (2019).


def d_forward(f, x):
    return jvp(f, (x,), (np.ones_like(x),))[1]


def d_reverse(f, x):
    return grad(f)(x)


def d_pulled(f, x):
    return vjp(f, x)[1](1.0)[0]


MODES = {"forward": d_forward, "reverse": d_reverse, "vjp": d_pulled}
modes = pytest.mark.parametrize("D", MODES.values(), ids=MODES)
other_modes = pytest.mark.parametrize("E", MODES.values(), ids=MODES)
third_modes = pytest.mark.parametrize("F", MODES.values(), ids=MODES)
one, two = np.array(1.0), np.array(2.0)


@modes
@other_modes
def test_the_classic(D, E):
    """d/dx x · (d/dy (x + y)) at y = 1 is 1, and 2 for those who mix up x and y."""
    assert D(lambda x: x * E(lambda y: x + y, one), one) == 1.0


@modes
@other_modes
def test_the_inner_derivative_depends_on_the_outer_variable(D, E):
    assert D(lambda x: x * E(lambda y: x * y, one), np.array(3.0)) == 6.0  # d x² / dx
    assert D(lambda x: E(lambda y: x * y * y, x), np.array(3.0)) == 12.0  # d 2x² / dx
    assert D(lambda x: E(lambda y: np.sin(x), one), one) == 0.0  # the inner one is constant
    assert D(lambda x: E(lambda y: y**3, one) * 1.0, one) == 0.0  # the outer variable is not used


@modes
@other_modes
def test_the_inner_variable_is_the_outer_one(D, E):
    assert D(lambda x: E(lambda y: y * y * y, x), two) == 12.0
    assert D(lambda x: x * E(lambda y: y * y, x), two) == 8.0


@modes
@other_modes
@third_modes
def test_three_levels(D, E, F):
    """d/dx x (d/dy y x (d/dz x y z³)) at z = 2, y = 3, x = 5: inside 12 x y, then 24 x² y = 72 x²,
    and x times that has the slope 216 x²."""
    found = D(lambda x: x * E(lambda y: y * x * F(lambda z: x * y * z**3, two), 3 * one), 5 * one)
    assert found == 216 * 25


@modes
@other_modes
@third_modes
def test_three_levels_of_the_classic(D, E, F):
    def f(x):
        return x * E(lambda y: y * F(lambda z: x + y + z, one), one)

    assert D(f, one) == 1.0


@modes
@other_modes
def test_a_function_that_is_made_inside(D, E):
    """The derivative of a function of functions: (s(u) f)(x) = f(x + u), by u at 0, twice."""

    def shifted(f, u):
        return lambda x: f(x + u)

    def derivative_of(f):
        return lambda x: D(lambda u: shifted(f, u)(x), 0 * one)

    assert_close(derivative_of(np.sin)(one), np.cos(1.0), 1e-15, "once")
    again = E(lambda x: derivative_of(np.exp)(x), one)
    assert_close(again, np.exp(1.0), 1e-15, "twice")


@modes
@other_modes
def test_a_closure_that_keeps_the_outer_variable(D, E):
    def f(x):
        g = {"scale": x}

        def inner(y):
            return g["scale"] ** 2 * np.sin(y)

        return E(inner, x) + E(inner, 2 * x)

    x = 0.3
    wanted = 2 * x * np.cos(x) - x**2 * np.sin(x) + 2 * x * np.cos(2 * x) - 2 * x**2 * np.sin(2 * x)
    assert_close(D(f, np.array(x)), wanted, 1e-14, "the derivative")


def test_a_gradient_step_inside():
    """Learning to learn: the derivative of a loss after one step of descent, by the step."""
    A = numbers(3, 2)

    def inner_loss(w):
        return np.sum((A @ w) ** 2) / 2

    w = numbers(2, seed=3)

    def after(step):
        return inner_loss(w - step * grad(inner_loss)(w))

    H, g = A.T @ A, A.T @ A @ w
    assert_close(grad(after)(np.array(0.1)), -(w - 0.1 * g) @ H @ g, 1e-13, "by the step")
    assert_close(d_forward(after, np.array(0.1)), -(w - 0.1 * g) @ H @ g, 1e-13, "forward")


@modes
@other_modes
def test_vectors_through_two_levels(D, E):
    """∇_x (v · ∇_y (x · y²)) and so on: whole arrays, with layers inside."""

    def f(x):
        return np.sum(E(lambda y: np.sum(x * Tanh()(y)) if E is not d_forward else y * x, x))

    if E is d_forward:
        assert_close(grad(f)(x3), np.ones(3), 1e-14, "Σ d(y x)/dy · 1")
    else:
        assert_close(grad(f)(x3), slope(lambda x: np.sum(x * (1 - np.tanh(x) ** 2)), x3), 1e-9, "")


# ---- Values that outlive their function -------------------------------------------------------


@pytest.mark.parametrize("transform", [grad, jacfwd, hessian, lambda f: lambda x: d_forward(f, x)])
def test_a_value_that_is_kept_says_so(transform):
    kept = []
    transform(lambda x: kept.append(np.sin(x)) or x * x)(one)
    message = "used after its end: return what you need from the function, or keep stop_gradient"
    with pytest.raises(ValueError, match=message):
        kept[0] * 2
    with pytest.raises(ValueError, match=message):
        Tanh()(kept[0])
    with pytest.raises(ValueError, match=message):
        grad(lambda x: x * kept[0])(one)
    with pytest.raises(ValueError, match=message):
        d_forward(lambda x: x * kept[0], one)


def test_an_error_inside_ends_what_was_followed():
    kept = []

    def fails(x):
        kept.append(x)
        raise RuntimeError("mine")

    for transform in (grad, jacfwd):
        with pytest.raises(RuntimeError, match="mine"):
            transform(fails)(one)
        with pytest.raises(ValueError, match="after its end"):
            kept[-1] + 1
    assert grad(lambda x: x * x)(one) == 2.0


def test_jacobians_of_a_function_can_be_used_again_and_are_not_changed():
    y, J = linearize(lambda x: np.sum(np.tanh(x) ** 2), x3)
    (first,) = 1.0 @ J
    first[...] = np.nan
    (second,) = 1.0 @ J
    assert_close(second, grad(lambda x: np.sum(np.tanh(x) ** 2))(x3), 1e-15, "pulled twice")
    assert_close(J @ x3, second @ x3, 1e-14, "and pushed")


# ---- Constants that change after they were used -----------------------------------------------

A33 = numbers(3, 3, seed=7) + 2 * np.eye(3)
USES = {
    "multiply": lambda x, c: c[0] * x,
    "divide": lambda x, c: c[0] / x,
    "power": lambda x, c: np.abs(x) ** c[0],
    "where": lambda x, c: np.where(c[0] > 0, x, x * x),
    "matmul": lambda x, c: c @ x,
    "from the right": lambda x, c: x @ c,
    "einsum": lambda x, c: np.einsum("ij,j,k->ik", c, x, c[1]),
    "solve": lambda x, c: np.linalg.solve(c, x),
    "interp": lambda x, c: np.interp(x, [-5.0, 0.0, 5.0], c[1]),
    "convolve": lambda x, c: np.convolve(x, c[2]),
    "hypot": lambda x, c: np.hypot(x, c[0]),
    "linear layer": lambda x, c: Linear()(c, c[0], x),
}


@pytest.mark.parametrize("name", USES)
def test_a_constant_that_is_overwritten_later(name):
    """The derivative is that of what was computed, whatever happens to the array then."""

    def f(x, overwrite):
        c = A33.copy()
        y = np.sum(np.sin(USES[name](x, c)))
        if overwrite:
            c[:] = np.nan
        return y

    wanted = grad(lambda x: f(x, False))(x3)
    assert np.all(np.isfinite(wanted))
    assert_close(grad(lambda x: f(x, True))(x3), wanted, 1e-15, "the gradient")
    assert_close(hessian(lambda x: f(x, True))(x3), hessian(lambda x: f(x, False))(x3), 1e-15, "H")


def test_places_and_masks_that_are_overwritten_later():
    def f(x):
        places, mask = np.array([0, 0, 2]), np.array([True, False, True])
        y = x[places] * 2, np.where(mask, x, 0), x[mask], np.take(x, places)
        places[:], mask[:] = 1, False
        return sum(map(np.sum, y))

    assert_close(grad(f)(x3), [4 + 1 + 1 + 2, 0, 2 + 1 + 1 + 1], 0, "the gradient")


def test_one_buffer_for_all_steps_of_a_loop():
    def f(x):
        weights, total = np.zeros(3), 0.0
        for k in range(4):
            weights[:] = k
            total = total + weights @ x**2
        return total

    assert_close(grad(f)(x3), 12 * x3, 1e-15, "0 + 1 + 2 + 3 times 2 x")


# ---- What other people's tests found ------------------------------------------------------------


def test_a_cotangent_may_be_followed_itself():
    """A vjp inside another transform, where the cotangent moves with the variable."""
    x, w = numbers(3), numbers(3, seed=1)
    slope = np.cos(x) - x * np.sin(x)
    np.testing.assert_allclose(grad(lambda z: vjp(np.sin, z)[1](z)[0].sum())(x), slope)
    pulled = jvp(lambda u: vjp(np.sin, x)[1](u)[0], (x,), (w,))
    np.testing.assert_allclose(pulled[0], x * np.cos(x))
    np.testing.assert_allclose(pulled[1], w * np.cos(x))
    for J in (
        linearize(np.sin, x)[1][0],
        adlab.Diagonal(np.cos(x)),
        adlab.Dense(np.diag(np.cos(x))),
    ):
        np.testing.assert_allclose(grad(lambda u, J=J: ((u @ J) * u).sum())(w), 2 * w * np.cos(x))
        np.testing.assert_allclose(grad(lambda v, J=J: ((J @ v) * v).sum())(w), 2 * w * np.cos(x))


def test_what_is_not_taken_may_move_without_bounds():
    x, ones = np.array([1.0, -1.0, 4.0]), np.ones(3)
    with np.errstate(invalid="ignore"):
        root = jvp(lambda x: np.where(x > 0, np.sqrt(x), 0.0), (x,), (ones,))
        added = jvp(lambda x: np.sum(np.sqrt(x), where=x > 0), (x,), (ones,))
    np.testing.assert_allclose(root[1], np.array([0.5, 0.0, 0.25]))
    np.testing.assert_allclose(added[1], np.array(0.75))
    holed = jvp(lambda x: np.nansum(x * np.array([1.0, np.nan, 1.0])), (x,), (ones,))
    np.testing.assert_allclose(holed[1], np.array(2.0))


@pytest.mark.parametrize("whole", [True, False])
def test_parts_of_one_memory_are_locked_each(whole):
    """Two large constants that look at one memory: neither can be written to meanwhile."""
    memory = np.ones(10000)
    first, second = memory[:5000], memory[5000:]

    def f(x):
        y = x * first + x * second
        (memory if whole else second)[...] = 7.0
        return y.sum()

    with pytest.raises(ValueError, match="read-only") as error:
        grad(f)(np.ones(5000))
    assert "write into a copy" in error.value.__notes__[0]
    assert memory.flags.writeable and first.flags.writeable and second.flags.writeable


def test_a_network_inside_a_function_takes_lists_and_numbers():
    net, x = adlab.Network(lambda a, b: a * b), numbers(3)
    np.testing.assert_allclose(
        grad(lambda x: np.sum(net(x, [1.0, 2.0, 3.0])))(x), np.array([1.0, 2.0, 3.0])
    )
    np.testing.assert_allclose(grad(lambda x: np.sum(net(x, 2.0)))(x), 2 * np.ones(3))
    with pytest.raises(TypeError, match=r"takes 2 arguments \(a, b\), got 3"):
        grad(lambda x: np.sum(net(x, x, x)))(x)


def test_derivatives_have_the_type_of_what_moves():
    """A float32 argument beside float64 constants."""
    x, c = numbers(3).astype(np.float32), np.ones(3)
    for f in (
        lambda x: x * c,
        lambda x: c + x,
        lambda x: np.concatenate([x, c]),
        lambda x: np.linalg.solve(np.eye(3) + 0.1, x),
    ):
        y, pullback = vjp(f, x)
        assert y.dtype == np.float64 and pullback(np.ones(y.shape))[0].dtype == np.float32
        y, y_dot = jvp(f, (x,), (x,))
        assert y.dtype == y_dot.dtype == np.float64
        assert (linearize(f, x)[1] @ x).dtype == np.float64


def test_forms_that_numpy_takes():
    x = numbers(2, 3)
    np.testing.assert_allclose(grad(lambda x: (x.reshape(np.array([3, 2])) ** 2).sum())(x), 2 * x)
    np.testing.assert_allclose(grad(lambda x: (x * (0.0 in x)).sum())(x), np.zeros((2, 3)))
    np.testing.assert_allclose(grad(lambda x: (x * (x[0, 0] in x)).sum())(x), np.ones((2, 3)))
    np.testing.assert_allclose(grad(lambda x: np.sum(x, out=None, dtype=None))(x), np.ones((2, 3)))
    np.testing.assert_allclose(
        grad(lambda x: np.var(x, dtype=None, out=None))(x), 2 * (x - x.mean()) / 6
    )


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
def test_spreads_of_too_few():
    """NumPy's values, and its warnings, where there are no more numbers than ddof."""
    nothing, one = np.zeros(0), np.ones(1)
    with np.errstate(all="ignore"):
        for f in (np.var, np.std, np.nanvar, np.nanstd, np.cov):
            assert np.isnan(vjp(lambda x, f=f: f(x, ddof=1), one)[0]).all()
        assert np.isnan(vjp(lambda x: np.var(x, ddof=1), nothing)[0])
    np.testing.assert_allclose(grad(np.nanstd)(np.ones(3)), np.zeros(3))
    np.testing.assert_allclose(
        grad(lambda B: (np.ones((4, 2, 0)) @ B).sum())(np.ones((0, 3))), np.ones((0, 3))
    )
    np.testing.assert_allclose(
        hessian(lambda X: (X @ X.T).sum())(np.ones((0, 3))), np.ones((0, 3, 0, 3))
    )


def test_entries_that_are_not_the_largest_may_move_without_bounds():
    x = np.array([4.0, 0.0, -1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        y, y_dot = jvp(lambda x: np.nanmax(np.log(x)), (x,), (np.ones(3),))
    np.testing.assert_allclose([y, y_dot], [np.log(4.0), 0.25])


def test_flat_can_be_indexed():
    np.testing.assert_array_equal(grad(lambda x: x.flat[1] + sum(x.flat))(numbers(3)), [1, 2, 1])
