"""Sparse Jacobians: patterns that miss nothing, valid colourings, sweeps counted and made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab import (
    Linear,
    Network,
    Tanh,
    checkpoint,
    grad,
    jacrev,
    kinds,
    layers,
    sparse_jacobian,
)
from adlab.colouring import coloured, pattern
from tests.maths.truth import assert_close
from tests.registry import numbers

x = numbers(12)


def tridiagonal(x):
    return np.concatenate([x[:1], np.sin(x[1:-1]) * x[:-2] - x[2:] ** 2, x[-1:] * x[-2:-1]])


def arrow(x):
    return np.concatenate([np.sum(x * x)[None], x[1:] * x[0] + x[1:] ** 3])


def laplacian(x):
    A = np.diag(np.full(12, -2.0)) + np.diag(np.ones(11), 1) + np.diag(np.ones(11), -1)
    return A @ x + np.exp(x)


def neighbours(x):
    """A grid of 3 x 4: each with those at its sides, and round the edges."""
    g = x.reshape(3, 4)
    return np.tanh(g) * (np.roll(g, 1, 0) + np.roll(g, 1, 1))


def gathered(x):
    return x[[0, 3, 3, 7, 0]] * x[[1, 1, 2, 7, 0]]


def blocks(x):
    return np.einsum("bij,bj->bi", numbers(4, 2, 3), np.cos(x.reshape(4, 3))).ravel()


def masked(x):
    return np.where(np.arange(12) % 3 == 0, x * x, 5.0) * np.array([1.0, 0.0, -2.0] * 4)


FUNCTIONS = {  # and how many pushes and pulls
    "tridiagonal": (tridiagonal, 3, 0),
    "arrow": (arrow, 2, 1),
    "transposed arrow": (lambda x: np.concatenate([x[:1], x[1:] * x[0]]), 2, 0),
    "laplacian": (laplacian, 3, 0),
    "diagonal": (lambda x: x**3, 1, 0),
    "shifted": (lambda x: np.roll(x, 3) * 2, 1, 0),
    "one row": (np.sum, 0, 1),
    "sums of pieces": (lambda x: np.sum(x.reshape(4, 3) ** 2, axis=1), 0, 1),
    "blocks": (blocks, None, 2),
    "full": (lambda x: np.linalg.norm(x) * x, 12, 0),
    "two rows, full": (lambda x: np.stack([np.sum(x), np.prod(x)]), 0, 2),
    "neighbours": (neighbours, None, None),
    "gathered": (gathered, None, None),
    "lower triangle": (np.cumsum, 12, 0),
    "masked": (masked, 1, 0),
    "constant": (lambda x: np.ones(3), 0, 0),
    "unused in part": (lambda x: x[:2] * x[2:4], None, 1),
    "a layer": (Tanh(), 1, 0),
    "a network": (Network(lambda x: Tanh()(x) * x), 1, 0),
    "checkpointed": (lambda x: checkpoint(lambda x: x * x)(x), 12, 0),
    "a layer in a function": (lambda x: Tanh()(x) * x, 1, 0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_and_sweeps(name):
    f, pushes, pulls = FUNCTIONS[name]
    J = sparse_jacobian(f)
    for point in (x, numbers(12, seed=5)):
        wanted = jacrev(f)(point)
        found = J(point)
        assert type(found) is kinds.Sparse
        assert_close(found.dense().reshape(wanted.shape), wanted, 1e-13, name)
        assert found.values.shape == found.rows.shape == found.columns.shape
    colours = J.colouring(x)
    assert pushes is None or colours.pushes == pushes
    assert pulls is None or colours.pulls == pulls
    assert colours.sweeps == colours.pushes + colours.pulls <= 12


def test_the_pattern_is_of_the_function_and_not_of_the_numbers():
    """Slopes that are zero by chance are in it: at 0, at kinks, behind masks of this moment."""
    zero = np.zeros(4)
    eye = np.eye(4, dtype=bool)
    for f in (np.square, np.abs, lambda x: np.maximum(x, 0.0), lambda x: x * np.sin(x), np.cos):
        assert (pattern(f, zero) == eye).all()
    assert (pattern(lambda x: np.where(x > 0, x * x, 0.0), zero) == eye).all()
    assert pattern(np.prod, zero).all()
    assert pattern(np.max, np.arange(4.0)).all()
    assert pattern(lambda x: np.outer(x, x) @ np.ones(4), zero).all()


def test_zeros_of_constant_factors_stay_out():
    A = np.triu(np.ones((4, 4))) - 2 * np.diag(np.ones(3), 1)
    at = numbers(4)
    for f in (
        lambda x: A @ x,
        lambda x: x @ A.T,
        lambda x: np.einsum("ij,j->i", A, x),
        lambda x: np.sum(A * x, axis=1),
        lambda x: np.sum(A * np.float32(-1.0) * x, axis=1),
    ):
        assert (pattern(f, at) == (A != 0)).all()
    cancelling = pattern(lambda x: np.array([[1.0, 1.0], [1.0, -1.0]]) @ (A[:2] @ x), at)
    assert cancelling.all()  # 1 - 1 is a zero by chance


def test_a_layer_counts_as_full():
    """Sound, if coarse: what a layer does with its constants is not looked at."""
    A = np.eye(3, 4)
    assert pattern(lambda x: Linear()(A, np.zeros(3), x), numbers(4)).all()


def counted_sweeps(monkeypatch, f, x):
    done = []
    traced = layers.Layer

    class Watched(traced):
        def value(self, a):
            return a * 1.0

        def jacobians(self, y, a):
            return (Watching(a.shape),)

    class Watching(kinds.Jacobian):
        def __init__(self, shape):
            super().__init__(shape, shape)

        def push(self, V):
            done.append(("push", len(V)))
            return V

        def pull(self, U):
            done.append(("pull", len(U)))
            return U

    watched = Watched()
    J = sparse_jacobian(lambda x: f(watched(x)))
    J(x)
    done.clear()
    J(x)
    return done


def test_sweeps_counted_are_those_that_are_made(monkeypatch):
    """All colours at once, and one push that checks."""
    large = numbers(300)
    assert counted_sweeps(monkeypatch, tridiagonal, large) == [("push", 3), ("push", 1)]
    found = counted_sweeps(monkeypatch, arrow, large)
    assert sorted(found) == [("pull", 1), ("push", 1), ("push", 2)]


def test_a_banded_matrix_takes_as_many_sweeps_as_its_band_is_wide():
    for n in (20, 300):
        for width in (1, 2, 4):
            i, j = np.indices((n, n))
            colours = coloured(np.abs(i - j) <= width)
            assert (colours.pushes, colours.pulls) == (2 * width + 1, 0)


def valid(colours):
    """Every entry of the pattern can be read from a sweep of its colour alone."""
    P = colours.pattern
    for i, j in np.argwhere(P):
        if colours.pulled[i, j]:
            same = (colours.rows == colours.rows[i]) & P[:, j]
            assert colours.rows[i] >= 0 and same.sum() == 1
        else:
            same = (colours.columns == colours.columns[j]) & P[i]
            assert colours.columns[j] >= 0 and same.sum() == 1
    assert not (colours.pulled & ~P).any()


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0, 1), st.integers(0, 10**6))
def test_colourings_are_valid(m, n, density, seed):
    P = np.random.default_rng(seed).random((m, n)) < density
    colours = coloured(P)
    valid(colours)
    assert colours.sweeps <= min(m, n)
    assert colours.sweeps >= min(P.sum(0).max(), P.sum(1).max(), 1)


@given(st.integers(0, 10**6))
def test_random_sparse_functions(seed):
    rng = np.random.default_rng(seed)
    places = rng.integers(12, size=(3, 9))

    def f(x):
        y = x[places[0]] * np.sin(x[places[1]])
        return np.concatenate([y[:5] + x[places[2][:5]], y[5:] ** 2])

    at = rng.normal(size=12)
    assert_close(sparse_jacobian(f)(at).dense(), jacrev(f)(at), 1e-13, "J")


def test_a_pattern_that_is_given():
    J = sparse_jacobian(tridiagonal, np.ones((12, 12), bool))
    assert J.colouring(x).sweeps == 12
    assert_close(J(x).dense(), jacrev(tridiagonal)(x), 1e-14, "J")


def test_it_is_a_jacobian():
    J = sparse_jacobian(tridiagonal)(x)
    M = jacrev(tridiagonal)(x)
    assert_close(J @ x, M @ x, 1e-14, "J v")
    assert_close(x @ J, x @ M, 1e-14, "u J")


def test_its_numbers_can_be_differentiated():
    def trace_of(x):
        return np.sum(sparse_jacobian(tridiagonal)(x).values ** 2)

    def dense(x):
        return np.sum(jacrev(tridiagonal)(x) ** 2)

    assert_close(grad(trace_of)(x), grad(dense)(x), 1e-13, "grad")


def test_other_arguments_are_constants():
    J = sparse_jacobian(lambda x, a, n: a * x**n)
    assert_close(J(x, 2.0, 3).dense(), np.diag(6 * x**2), 1e-13, "J")


def switch(x):
    return x * x if x[0] > 0 else x * x[0]


def switched(J):
    return J(np.ones(4)), J(-np.arange(1.0, 5.0))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: switched(sparse_jacobian(switch)),
            ValueError,
            "does not hold for the Jacobian of switch at this point: has the function",
        ),
        (
            lambda: sparse_jacobian(tridiagonal, np.eye(12, dtype=bool))(x),
            ValueError,
            "the pattern does not hold for the Jacobian of tridiagonal",
        ),
        (
            lambda: sparse_jacobian(tridiagonal, np.eye(3, dtype=bool))(x),
            ValueError,
            r"the pattern is \(3, 3\), the Jacobian of tridiagonal \(12, 12\)",
        ),
        (
            lambda: sparse_jacobian(tridiagonal, np.eye(12)),
            ValueError,
            r"matrix of truth values; shape \(12, 12\) of type float64 came",
        ),
        (
            lambda: sparse_jacobian(lambda x: (x, x))(x),
            ValueError,
            "one array for its arg",
        ),
        (lambda: sparse_jacobian(lambda p: p["a"])({"a": x, "b": x}), ValueError, "np.concatenate"),
    ],
)
def test_wrong_uses(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
