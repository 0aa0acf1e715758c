"""Answers to the exercises of chapter 07."""

import numpy as np

import adlab


def shares_by_loops(a, u):
    total, n = sum(a), len(a)
    slopes = [[(i == j) / total - a[i] / total**2 for j in range(n)] for i in range(n)]
    return [sum(u[i] * slopes[i][j] for i in range(n)) for j in range(n)]


def shares_by_a_matrix(a, u):
    y = a / a.sum()
    return u @ (np.eye(a.size) - np.outer(y, np.ones(a.size))) / a.sum()


def shares_by_two_paths(a, u):
    direct = u / a.sum()
    through_the_sum = -(u * a).sum() / a.sum() ** 2
    return direct + through_the_sum


def shares_by_adlab(a, u):
    _, pull = adlab.vjp(lambda a: a / adlab.Sum()(a), a)
    return pull(u)[0]


RIGHT = {
    "07/vjp-of-shares": [
        shares_by_loops,
        shares_by_a_matrix,
        shares_by_two_paths,
        shares_by_adlab,
    ],
    "07/predict-what-is-kept": [88, 88.0, np.array(88), 8 * (5 + 3 + 3)],
    "07/order-of-the-sweep": [
        ["y1", "y2", "u2", "u1", "x2", "x1"],
        ("y1", "y2", "u2", "u1", "x1", "x2"),
        "y1, y2, u2, x2, u1, x1",
    ],
    "07/why-a-vector": ["b", "B", "(b)"],
    "07/wrong-vjp": [8, np.int64(8), 8.0],
}

WRONG = {
    "07/vjp-of-shares": [lambda a, u: u, lambda a, u: np.zeros(len(a)), lambda a, u: u * a],
    "07/predict-what-is-kept": [[88, 88], 0, "eighty-eight"],
    "07/order-of-the-sweep": [
        ["x1", "u1", "x2", "u2", "y2", "y1"],
        ["y1", "y2", "u2", "u1", "x1"],
        ["y1", "y2", "u2", "u1", "x2", "x1", "x1"],
        ["y1", "y2", "u2", "u1", "x2", "x3"],
    ],
    "07/why-a-vector": ["f", "ab", 2, "u"],
    "07/wrong-vjp": [0, 11, "8th"],
}
