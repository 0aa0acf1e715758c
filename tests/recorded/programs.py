"""Programs in NumPy's language, with scalar results: run by NumPy, by adlab, and once by JAX.

Each takes the module `np`, which is numpy here and jax.numpy in `record_programs.py`. Those above
are written by hand, as people write; those at the end are put together by chance from a table of
steps, and stored with the numbers.
"""

import numpy

PROGRAMS = {}


def program(*shapes, positive=False):
    """Register a function with the shapes of its arguments."""

    def register(function):
        PROGRAMS[function.__name__] = (function, shapes, positive)
        return function

    return register


# ---- Written by hand ----------------------------------------------------------------------------


@program((5,))
def rosenbrock(np, x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@program((4,), positive=True)
def square_roots_by_newton(np, x):
    y = np.ones_like(x)
    for _ in range(6):
        y = 0.5 * (y + x / y)
    return np.sum(y * numpy.arange(1.0, 5.0))


@program((), ())
def logistic_map(np, x, r):
    x, r = np.tanh(x) ** 2, 3 + np.tanh(r) ** 2 / 2
    for _ in range(12):
        x = r * x * (1 - x)
    return x


@program((3, 4), (4,))
def halved_until_small(np, A, x):
    y = np.sum(np.abs(A @ x)) + 20
    while y > 3:
        y = y / 2 + 0.1 * np.sin(y)
    return y


@program((6,))
def horner(np, coefficients):
    y = 0.0
    for c in coefficients:
        y = y * 0.7 + c
    return y**3


@program((2,), ())
def runge_kutta(np, state, damping):
    def slope(s):
        return np.stack([s[1], -np.sin(s[0]) - damping * s[1]])

    h = 0.2
    for _ in range(5):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state[0] ** 2 + state[1] ** 2


@program((6, 2), ())
def gaussian_process(np, x, scale):
    """The log likelihood of a Gaussian process, by Cholesky's factor."""
    squares = np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)
    K = np.exp(-squares / (1 + scale**2)) + 0.3 * numpy.eye(6)
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, numpy.linspace(-1.0, 1.0, 6))
    return -0.5 * np.dot(z, z) - np.sum(np.log(np.diag(L)))


@program((4, 3), (4,))
def least_squares(np, A, b):
    w = np.linalg.solve(A.T @ A + 0.5 * numpy.eye(3), A.T @ b)
    return np.sum((A @ w - b) ** 2) + np.linalg.slogdet(A.T @ A + numpy.eye(3))[1]


@program((3, 3))
def eigenvalues(np, A):
    w = np.linalg.eigvalsh(A + A.T + numpy.diag([0.0, 2.0, 5.0]))
    return np.sum(np.exp(w / 4)) + np.linalg.det(A) * np.trace(np.linalg.inv(A + 4 * numpy.eye(3)))


@program((4, 3), (5, 3), (5, 2))
def attention(np, Q, K, V):
    scores = np.einsum("ik,jk->ij", Q, K) / numpy.sqrt(3)
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = e / np.sum(e, axis=-1, keepdims=True)
    return np.sum(np.tensordot(weights, V, 1) ** 2)


@program((4, 3), (4, 4), (4,), (5, 3))
def recurrent(np, U, W, b, xs):
    h, total = numpy.zeros(4), 0.0
    for x in xs:
        h = np.tanh(U @ x + W @ h + b)
        total = total + np.max(h) * np.var(h)
    return total


@program((7,))
def sorted_and_clipped(np, x):
    y = np.sort(x)
    return np.sum(np.clip(y, -0.6, 0.8) * numpy.arange(7.0)) + np.mean(y[1:-1]) * np.std(x)


@program((2, 3), (3,), (2, 1))
def broadcast(np, A, b, c):
    y = np.logaddexp(A * b, c) + np.maximum(A, c) * np.hypot(b, c) - np.arctan2(A, 2 + b**2)
    return np.mean(np.where(y > 0, y, np.expm1(y)))


@program((3, 4))
def moved_about(np, x):
    y = np.concatenate([np.roll(x, 1, axis=1), np.flip(x, 0)], axis=0)
    y = np.pad(np.tile(y, (1, 2))[1:5], ((0, 0), (1, 1)))
    z = np.repeat(y, 2, axis=0).reshape(4, -1)
    return np.sum(np.cumsum(z, axis=1) * np.sin(np.swapaxes(z, 0, 1).reshape(z.shape)))


@program((4,))
def gathered(np, x):
    table = numpy.array([[0, 3], [3, 3], [1, 0]])
    return np.sum(np.prod(x[table], axis=1)) + np.sum(np.take(x, numpy.array([2, 2, 1])) ** 3)


@program((3,))
def double_where(np, x):
    """sqrt has no slope at 0: both branches must be safe."""
    y = x - x[0]  # its first entry is 0
    safe = np.where(y > 0, y, 1.0)
    return np.sum(np.where(y > 0, np.sqrt(safe), 0.0) + y**2)


@program((3, 2), (2, 4))
def kernels(np, A, B):
    return np.sum(np.kron(A, B) ** 2) + np.linalg.norm(A @ B) + np.sum(np.outer(A, B)[2])


# ---- Put together by chance ---------------------------------------------------------------------

SHAPES = ((2, 3), (4,), ())


def row(np, a):
    return np.reshape(a, (-1,))


UNARY = (
    lambda np, a: np.tanh(a),
    lambda np, a: np.sin(a) * a,
    lambda np, a: np.exp(-a * a),
    lambda np, a: np.sqrt(1 + np.square(a)),
    lambda np, a: a / (1 + a**2),
    lambda np, a: np.log1p(np.abs(a)),
    lambda np, a: np.cumsum(row(np, a)),
    lambda np, a: np.flip(np.transpose(a)),
    lambda np, a: a - np.mean(a),
    lambda np, a: np.logaddexp(a, 0.3),
    lambda np, a: np.where(a > 0.1, a, 0.2 * np.cos(a)),
    lambda np, a: np.maximum(a, np.mean(a) - 0.05),
    lambda np, a: np.arctan2(a, 1.5),
    lambda np, a: np.sum(np.expand_dims(a, 0), axis=-1),
    lambda np, a: row(np, a)[::2],
    lambda np, a: np.sort(row(np, a))[-3:],
    lambda np, a: np.max(a) * np.reshape(a, (1, -1)),
    lambda np, a: np.arcsinh(a) + np.power(1.3, a),
)
BINARY = (
    lambda np, a, b: a + np.mean(b),
    lambda np, a, b: a * np.sum(np.tanh(b)),
    lambda np, a, b: np.outer(row(np, a)[:2], row(np, b)[:3]),
    lambda np, a, b: np.dot(row(np, a)[:1], row(np, b)[:1]),
    lambda np, a, b: np.concatenate([row(np, a)[:3], row(np, b)[-2:]]),
    lambda np, a, b: np.reshape(a, (-1, 1))[:2] - np.reshape(b, (1, -1))[:, :3],
    lambda np, a, b: np.einsum("i,j,i->j", row(np, a)[:2] ** 2, row(np, b)[:4], row(np, a)[:2]),
    lambda np, a, b: np.stack([np.sum(a), np.sum(b), np.sum(a) * np.mean(b)]),
    lambda np, a, b: a / (2 + np.linalg.norm(row(np, b))),
    lambda np, a, b: a if np.sum(a) > np.sum(b) else np.minimum(a, np.mean(b)),
)
STEPS = 14


def by_chance(steps):
    """The program of an array of steps (which, first, second): which of the tables' lines, applied
    to which of the values so far."""

    def run(np, *args):
        values = list(args)
        for which, first, second in steps:
            a, b = (values[k % len(values)] for k in (-1 - first, -1 - second))
            if which < len(UNARY):
                values.append(UNARY[which](np, a))
            else:
                values.append(BINARY[which - len(UNARY)](np, a, b))
        return sum(np.sum(np.sin(v)) for v in values)

    return run
