"""jvp, vjp, linearize, grad, ...: JAX's names, order of arguments and structure of results."""

import inspect
import tracemalloc

import numpy as np
import pytest

import adlab
from adlab import (
    Embedding,
    HalfSquare,
    Linear,
    Multiply,
    Network,
    Sin,
    SoftmaxCrossEntropy,
    Sum,
    Tanh,
    grad,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)
from tests.maths.truth import assert_close, assert_identical, jacobian_by_complex_step, vector
from tests.registry import numbers

W, b, x = numbers(3, 2), numbers(3, seed=1), numbers(2, seed=2)


def plain(W, b, x):
    """A plain function made of layers."""
    return Sum()(Tanh()(Linear()(W, b, x)))


def formula(W, b, x):
    return np.sum(np.tanh(W @ x + b))


def two(W, x):
    """Two results, of shapes (3,) and ()."""
    y = Tanh()(Linear()(W, np.zeros(3), x))
    return y, Sum()(y * y)


def two_formula(W, x):
    y = np.tanh(W @ x)
    return y, np.sum(y * y)


def gradients():
    return [jacobian_by_complex_step(formula, [W, b, x], i).reshape(a.shape)
            for i, a in enumerate((W, b, x))]  # fmt: skip


FUNCTIONS = {
    "function": plain,
    "network": Network(plain),
    "network of a network": Network(lambda W, b, x: Network(plain)(W, b, x)),
    "function of *args": lambda *args: plain(*args),
    "function with a setting": lambda W, b, x, repeat=1: plain(W, b, x),
}


# ---- Names and order of arguments ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "wanted"),
    [
        (jvp, ["f", "primals", "tangents"]),
        (vjp, ["f", "*primals"]),
        (linearize, ["f", "*primals"]),
        (grad, ["f", "argnums=0"]),
        (value_and_grad, ["f", "argnums=0"]),
        (jacfwd, ["f", "argnums=0"]),
        (jacrev, ["f", "argnums=0"]),
        (jacobian, ["f", "argnums=0"]),
    ],
)
def test_signatures_are_those_of_jax(transform, wanted):
    assert list(map(str, inspect.signature(transform).parameters.values())) == wanted


# ---- One scalar result --------------------------------------------------------------------------


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize(
    ("argnums", "chosen"),
    [
        (0, 0),
        (1, 1),
        (2, 2),
        (-1, 2),
        (-3, 0),
        ((0,), [0]),
        ((2, 0), [2, 0]),
        ((0, 1, 2), [0, 1, 2]),
        ([1, -1], [1, 2]),
    ],
)
def test_grad(f, argnums, chosen):
    """An array for one number, a tuple of arrays for a tuple of them, in that order."""
    found = grad(f, argnums)(W, b, x)
    wanted = gradients()
    if isinstance(chosen, int):
        assert_close(found, wanted[chosen], 1e-14, "the gradient")
    else:
        assert_close(found, tuple(wanted[i] for i in chosen), 1e-14, "the gradients")
    value, again = value_and_grad(f, argnums)(W, b, x)
    assert_close(value, formula(W, b, x), 1e-15, "the value")
    assert_identical(again, found, "the same gradient")


def test_grad_of_a_layer():
    l, g = value_and_grad(HalfSquare(np.zeros(2)))(x)
    assert_close(l, x @ x / 2, 1e-15, "the value")
    assert_close(g, x, 1e-15, "the gradient")


def test_a_gradient_has_the_float_type_of_its_argument():
    """Beside constants and arguments of another one too, as in JAX."""
    single, double = x.astype(np.float32), np.arange(1.0, 3.0)
    assert grad(lambda x: np.sum(np.sin(x) * double))(single).dtype == np.float32
    found = grad(lambda a, b: np.sum(a * b), (0, 1))(single, double)
    assert [g.dtype for g in found] == [np.float32, np.float64]
    nested = grad(lambda x: np.sum(grad(lambda z: np.sum(z * z * double))(x)))(single)
    assert nested.dtype == np.float32
    assert_close(nested, np.float32(2 * double), 1e-6, "the second derivative")


def test_lists_may_hold_what_is_followed():
    assert_close(grad(lambda x: np.sum(x * [x[0], 3.0]))(x), [2 * x[0], 3.0], 1e-15, "a product")
    assert_close(grad(lambda x: x @ [x[0], x[1]])(x), 2 * x, 1e-15, "a dot product")


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_jvp_and_vjp(f):
    v = vector(((3, 2), (3,), (2,)), 5)
    wanted = gradients()
    y, y_dot = jvp(f, (W, b, x), v)
    assert_close(y, formula(W, b, x), 1e-15, "the value")
    assert_close(y_dot, sum(np.sum(g * t) for g, t in zip(wanted, v, strict=True)), 1e-14, "J v")
    assert_identical(jvp(f, [W, b, x], list(v)), (y, y_dot), "lists will do")
    y, pullback = vjp(f, W, b, x)
    assert_close(y, formula(W, b, x), 1e-15, "the value")
    assert_close(pullback(1.0), tuple(wanted), 1e-14, "u J is a tuple")
    assert_close(pullback(-2.0), tuple(-2 * g for g in wanted), 1e-14, "as often as you like")
    y, J = linearize(f, W, b, x)
    assert_close(J @ v, y_dot, 1e-14, "linearize pushes")
    assert_close(1.0 @ J, tuple(wanted), 1e-14, "linearize pulls")


def test_vjp_of_one_argument_gives_a_tuple_of_one():
    y, pullback = vjp(Sin(), x)
    found = pullback(np.ones(2))
    assert isinstance(found, tuple)
    assert_close(found, (np.cos(x),), 1e-15, "the tuple")


def test_batches_of_vectors_go_through_jvp_and_vjp():
    V = numbers(2, 4)
    assert_close(jvp(Sin(), (x,), (V,))[1], np.cos(x)[:, None] * V, 1e-15, "columns")
    assert_close(vjp(Sin(), x)[1](V.T)[0], V.T * np.cos(x), 1e-15, "rows")


# ---- Several results ----------------------------------------------------------------------------


def two_matrices():
    """By result, then by argument, of shape result + argument."""
    flat = [jacobian_by_complex_step(two_formula, [W, x], i) for i in range(2)]
    return tuple(
        tuple(M[rows].reshape(*shape, *a.shape) for M, a in zip(flat, (W, x), strict=True))
        for rows, shape in [(slice(0, 3), (3,)), (slice(3, 4), ())]
    )


@pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian])
@pytest.mark.parametrize("f", [two, Network(two)], ids=["function", "network"])
def test_jacobians_are_nested_by_result_then_by_argument(transform, f):
    wanted = two_matrices()
    assert_close(transform(f, (0, 1))(W, x), wanted, 1e-14, "both")
    assert_close(transform(f, (1, 0))(W, x), tuple(row[::-1] for row in wanted), 1e-14, "swapped")
    assert_close(transform(f)(W, x), tuple(row[0] for row in wanted), 1e-14, "the first")
    assert_close(transform(f, -1)(W, x), tuple(row[1] for row in wanted), 1e-14, "the last")
    assert_close(transform(f, (1,))(W, x), tuple((row[1],) for row in wanted), 1e-14, "a tuple")


@pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian])
def test_shapes_are_result_plus_argument(transform):
    f = Network(lambda W, x: Linear()(W, np.zeros(3), x))
    batch = numbers(4, 2)
    assert transform(f)(W, batch).shape == (4, 3, 3, 2)
    assert transform(f, 1)(W, batch).shape == (4, 3, 4, 2)
    assert transform(Sum())(W).shape == (3, 2)
    assert transform(Tanh())(np.array(0.5)).shape == ()
    one_result = Network(lambda x: (x * x,))
    (J,) = transform(one_result)(x)
    assert_close(J, np.diag(2 * x), 1e-15, "a tuple of one result")


def test_several_results_of_jvp_and_vjp():
    V = numbers(3, 2, seed=4), numbers(2, seed=5)
    y, y_dot = jvp(two, (W, x), V)
    assert_close(y, two_formula(W, x), 1e-15, "the values")
    wanted = two_matrices()
    pushed = tuple(
        np.tensordot(in_W, V[0], 2) + np.tensordot(in_x, V[1], 1) for in_W, in_x in wanted
    )
    assert_close(y_dot, pushed, 1e-14, "the tangents")
    y, pullback = vjp(two, W, x)
    u = numbers(3), np.array(2.0)
    pulled = tuple(np.tensordot(u[0], wanted[0][i], 1) + 2 * wanted[1][i] for i in range(2))
    assert_close(pullback(u), pulled, 1e-14, "the cotangents")


# ---- The cheaper mode ---------------------------------------------------------------------------


def test_jacobian_says_which_mode_is_cheaper():
    tall = Network(lambda x: Linear()(numbers(9, 2), numbers(9), x))
    wide = Network(lambda x: Linear()(numbers(2, 9), numbers(2), x))
    assert jacobian(tall).mode(numbers(2)) == "forward"
    assert jacobian(wide).mode(numbers(9)) == "reverse"
    assert jacobian(plain).mode(W, b, x) == "reverse"
    assert_close(jacobian(tall)(numbers(2)), numbers(9, 2), 1e-15, "tall")
    assert_close(jacobian(wide)(numbers(9)), numbers(2, 9), 1e-15, "wide")


def test_the_mode_is_the_one_that_is_run():
    """Counted: the mode that is chosen pushes, or pulls, and does not do the other."""
    done = []

    class Watched(adlab.Dense):
        def push(self, V):
            done.append(("push", len(V)))
            return super().push(V)

        def pull(self, U):
            done.append(("pull", len(U)))
            return super().pull(U)

    class Matrix(adlab.Layer):
        def __init__(self, M):
            self.M = M

        def value(self, a):
            return self.M @ a

        def jacobians(self, y, a):
            return (Watched(self.M),)

    jacobian(Matrix(numbers(9, 2)))(numbers(2))
    jacobian(Matrix(numbers(2, 9)))(numbers(9))
    assert done == [("push", 2), ("pull", 2)]  # all vectors at once
    done.clear()
    jacfwd(Matrix(numbers(2, 9)))(numbers(9))
    jacrev(Matrix(numbers(9, 2)))(numbers(2))
    assert done == [("push", 9), ("pull", 9)]


# ---- Arguments that are not differentiated -------------------------------------------------------


def test_other_arguments_may_be_anything():
    """Integers, labels, settings: what argnums does not name is handed on as it is."""

    def f(table, W, ids, labels, repeat):
        y = Embedding(ids)(table)
        for _ in range(repeat):
            y = Tanh()(y)
        return SoftmaxCrossEntropy(labels)(Linear()(W, np.zeros(3), y))

    table = numbers(5, 2)
    g_table, g_W = grad(f, (0, 1))(table, W, [4, 1, 1], np.array([0, 2, 1]), 2)
    assert g_table.shape == (5, 2)
    assert g_W.shape == (3, 2)
    assert not g_table[[0, 2, 3]].any()
    assert np.abs(g_table[[1, 4]]).min() > 1e-4


def test_constants_of_a_gradient_are_not_differentiated():
    """The sweep does not go where no argument is: no flops for them."""
    f = Network(plain)
    _, J = linearize(lambda W: f(W, b, x), W)
    assert J.flops.pull < linearize(f, W, b, x)[1].flops.pull
    assert_close(grad(f)(W, b, x), (1.0 @ J)[0], 1e-15, "the gradient")


def test_results_belong_to_the_caller():
    for transform in (jacfwd, jacrev, jacobian):
        f = transform(Network(lambda x: (x, x, Sin()(x))))
        first = f(x)
        for part in first:
            part[...] = np.nan
        assert_close(f(x), (np.eye(2), np.eye(2), np.diag(np.cos(x))), 1e-15, "after overwriting")
    y, y_dot = jvp(lambda x: (x, x), (x,), (x,))
    assert not any(np.shares_memory(a, c) for a in (*y, *y_dot) for c in (x,))
    assert not np.shares_memory(y[0], y[1])
    assert not np.shares_memory(y_dot[0], y_dot[1])


# ---- Constants that are changed in place --------------------------------------------------------


def buffer_reused(n, f=np.multiply):
    """x ↦ Σ_i c_i x + Σ_i 2 x, where the array of the constants c is written to in between."""

    def function(x):
        c = np.arange(1.0, n + 1)
        y = f(c, x)
        c[:] = 2
        return np.sum(y + f(c, x))

    return function


def test_a_small_constant_is_taken_as_it_was():
    x = np.ones(3)
    wanted = np.array([3.0, 4.0, 5.0])
    f = buffer_reused(3)
    assert_close(grad(f)(x), wanted, 1e-15, "the gradient")
    assert_close(1.0 @ linearize(f, x)[1], (wanted,), 1e-15, "the Jacobian, pulled")
    assert_close(linearize(f, x)[1] @ (x,), 12.0, 1e-15, "the Jacobian, pushed")
    assert_close(jvp(f, (x,), (x,))[1], 12.0, 1e-15, "the dual number")
    assert_close(grad(buffer_reused(3, Multiply()))(x), wanted, 1e-15, "of a layer")
    assert_close(linearize(f, x)[1].net.value(x), 12.0, 1e-15, "the equations")


LARGE = 3000


@pytest.mark.parametrize("f", [np.multiply, Multiply()], ids=["numpy", "layer"])
@pytest.mark.parametrize("transform", [grad, lambda f: lambda x: hessian_row(f, x)])
def test_a_large_constant_can_not_be_changed_meanwhile(f, transform):
    """NumPy refuses it in the learner's own line, and a note says why."""
    with pytest.raises(ValueError, match="read-only") as caught:
        transform(buffer_reused(LARGE, f))(np.ones(LARGE))
    assert any("write into a copy" in note for note in caught.value.__notes__)
    assert caught.traceback[-1].frame.code.name == "function"


def hessian_row(f, x):
    return grad(lambda x: grad(f)(x)[0])(x)


def test_large_constants_are_free_again():
    """When the function has returned, or failed; of a view, its owner too, and also when nested."""
    owner = numbers(80, 60)
    part, x = owner[:70], numbers(60)

    def inner(z):
        return np.sum(np.sin(part @ z))

    def outer(x):
        before = not owner.flags.writeable
        l = np.sum(grad(inner)(x) * x)
        assert (before, owner.flags.writeable, part.flags.writeable) == (False, False, False)
        return l

    grad(outer)(x)
    assert owner.flags.writeable
    assert part.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        grad(lambda x: inner(x) + owner.fill(0))(x)
    part[0] = owner[0] = 1
    frozen = numbers(80, 60)
    frozen.flags.writeable = False
    grad(lambda x: np.sum(frozen @ x))(x)
    assert not frozen.flags.writeable


def test_what_no_jacobian_holds_may_be_changed():
    def f(x):
        noise = np.ones(LARGE)
        y = x + noise
        noise[:] = 2
        return np.sum(y + noise)

    assert_close(grad(f)(np.ones(LARGE)), np.ones(LARGE), 1e-15, "the gradient")


def test_a_stopped_value_is_to_be_read():
    """Its memory is that of a value, which Jacobians hold."""

    def f(x):
        y = np.exp(x)
        stop_gradient(y)[:] = 0
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        grad(f)(x)
    stopped = grad(lambda x: np.sum(stop_gradient(x) * x))(x)
    assert_close(stopped, x, 1e-15, "a constant")


def test_a_gradient_by_one_argument_copies_no_other():
    x, W, b = numbers(500, 40), numbers(3, 40), numbers(3)
    net = Network(lambda W, b, x: Sum()(Tanh()(Linear()(W, b, x))))
    tracemalloc.start()
    try:
        grad(net)(W, b, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes
    assert x.flags.writeable
