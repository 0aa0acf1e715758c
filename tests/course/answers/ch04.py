"""Answers to the exercises of chapter 04."""

import numpy as np

from adlab import Multiply, Sigmoid


def both_by_entries(x, a):
    m, n = len(x), len(a)
    P = [[sum(t * t for t in a) * (i == j) for j in range(m)] for i in range(m)]
    return [P[i] + [2 * x[i] * a[j] for j in range(n)] for i in range(m)]


def both_by_einsum(x, a):
    P = np.diag(np.full(x.shape, np.einsum("i,i", a, a)))
    return np.concatenate([P, np.einsum("i,j->ij", x, a + a)], axis=1)


def both_by_complex_step(x, a):
    z, m, h = np.concatenate([x, a]), len(x), 1e-30
    moved = z[:, None] + 1j * h * np.eye(len(z))  # a column for each number
    return (moved[:m] * (moved[m:] ** 2).sum(0)).imag / h


def bias_by_axes(u):
    return np.sum(u, axis=tuple(range(u.ndim - 1)))


def bias_by_loop(u):
    b_bar = 0
    for place in np.ndindex(u.shape[:-1]):
        b_bar = b_bar + u[place]
    return b_bar


def bias_by_moving_the_last_axis(u):
    return np.array([part.sum() for part in np.moveaxis(u, -1, 0)])


def bias_by_ones(u):
    rows = u.reshape(-1, u.shape[-1])
    return np.ones(len(rows)) @ rows


def glu_by_matrix(a, u):
    p, q = np.split(a, 2)
    s = (1 + np.tanh(q / 2)) / 2
    return u @ np.hstack([np.diag(s), np.diag(p * np.exp(-q) * s**2)])


def glu_by_loop(a, u):
    n, u_J = len(u), np.zeros(len(a))
    for i in range(n):
        s = 1 / (1 + np.exp(-a[n + i]))
        u_J[i], u_J[n + i] = u[i] * s, u[i] * a[i] * (s - s * s)
    return u_J


def glu_by_adlab(a, u):
    p, q = np.split(a, 2)
    s, J_s = Sigmoid().linearize(q)
    y, J = Multiply().linearize(p, s)
    return np.concatenate([u @ J[0], u @ J[1] @ J_s[0]])


RIGHT = {
    "04/shapes-of-a-layer": [
        ((12, 15), (12, 3), (12, 20)),
        np.array([[12, 15], [12, 3], [12, 20]]),
        [[4 * 3, 3 * 5], [4 * 3, 3], [4 * 3, 4 * 5]],
    ],
    "04/both-jacobians": [both_by_entries, both_by_einsum, both_by_complex_step],
    "04/pull-the-bias": [bias_by_axes, bias_by_loop, bias_by_moving_the_last_axis, bias_by_ones],
    "04/pull-a-glu": [glu_by_matrix, glu_by_loop, glu_by_adlab],
    "04/predict-what-dense-holds": [[72, 15], (72.0, 15.0), np.array([72, 15])],
}

WRONG = {
    "04/shapes-of-a-layer": [
        [(12, 15), (12, 3)],
        [12, 15, 12, 3, 12, 20],
        [(12, 15), (3, 12), (12, 20)],
        "(12, 15)",
    ],
    "04/both-jacobians": [
        lambda x, a: x * (a @ a),
        lambda x, a: [(a @ a) * np.eye(len(x)), 2 * np.outer(x, a)],
    ],
    "04/pull-the-bias": [lambda u: -u.reshape(-1, u.shape[-1]).sum(0), np.transpose],
    "04/pull-a-glu": [lambda a, u: u, lambda a, u: a],
    "04/predict-what-dense-holds": [72, [72], [15, 15], [72, 0], "72 and 15"],
}
