"""Answers to the exercises of chapter 02."""

import numpy as np

import adlab


def chain_by_einsum(g, J_g, Df, x):
    return np.einsum("ij,jl->il", Df(g(x)), J_g(x))


def chain_by_pushing(g, J_g, Df, x):
    return np.stack([Df(g(x)) @ (J_g(x) @ e) for e in np.eye(len(x))], axis=1)


def chain_by_transposes(g, J_g, Df, x):
    return (J_g(x).T @ Df(g(x)).T).T


def chain_by_adlab(g, J_g, Df, x):
    return adlab.Dense(Df(g(x))) @ adlab.Dense(J_g(x))


def gradient_by_loops(W, t, x):
    m, n = W.shape
    r = [sum(W[i, j] * x[j] for j in range(n)) - t[i] for i in range(m)]
    return [[sum(r[i] * W[i, j] for i in range(m)) for j in range(n)]]


def gradient_of_the_expanded_square(W, t, x):
    return np.atleast_2d(x @ W.T @ W - t @ W)


def gradient_by_adlab(W, t, x):
    l, pull = adlab.vjp(lambda x: adlab.HalfSquare(t)(adlab.Linear()(W, 0 * t, x)), x)
    return pull(1.0)[0].reshape(1, -1)


RIGHT = {
    "02/shape-of-a-product": [(2, 5), [2, 5], (np.ones((2, 3)) @ np.ones((3, 5))).shape],
    "02/chain-rule": [chain_by_einsum, chain_by_pushing, chain_by_transposes, chain_by_adlab],
    "02/gradient-row": [
        gradient_by_loops,
        gradient_of_the_expanded_square,
        gradient_by_adlab,
    ],
    "02/order-of-work": [
        ["y1", "y2", "A1", "A2", "Df", "Dh"],
        ("A1", "y1", "A2", "y2", "Df", "Dh"),
        "y1, y2, Df, A2, A1, Dh",
        np.array(["y1", "y2", "Df", "A1", "A2", "Dh"]).tolist(),
    ],
    "02/wrong-line": [6, np.int64(6), 6.0],
}

WRONG = {
    "02/shape-of-a-product": [(2, 5, 1), (10,), (5, 3)],
    "02/chain-rule": [lambda g, J_g, Df, x: g(x), lambda g, J_g, Df, x: -(Df(g(x)) @ J_g(x))],
    "02/gradient-row": [lambda W, t, x: np.zeros((1, len(x))), lambda W, t, x: x[None]],
    "02/order-of-work": [
        ["Dh", "Df", "A2", "A1", "y2", "y1"],
        ["y1", "y2", "A1", "A2", "Df"],
        ["y1", "y2", "A1", "A2", "Df", "Dh", "Dh"],
        ["y1", "y2", "A1", "A2", "Df", "h"],
    ],
    "02/wrong-line": [0, 9, "6th"],
}
