"""Answers to the exercises of chapter 05."""

from fractions import Fraction
from itertools import accumulate

import numpy as np

import adlab

DF = np.array([2, -1])
A3, A2 = np.array([[1, 0, 2], [3, 1, -1]]), np.array([[1, 0], [0, 2], [-1, 1]])
P1 = np.array([[1, 0, 2], [0, 1, -1]])
D = (7, 4, 6, 3, 5)


def every_product_for_itself(Df, A, P):
    rows = []
    for i in range(len(P)):
        row = Df
        for A_k in A[:i:-1]:
            row = row @ A_k
        rows.append(row @ P[i])
    return np.stack(rows)


def by_the_recursion(Df, A, P):
    """Forward: D_i y_k for all i at once, with Df at the end."""
    totals = []
    for A_k, P_k in zip(A, P, strict=True):
        totals = [A_k @ T for T in totals] + [P_k]
    return [(Df @ T).tolist() for T in totals]


def by_indices(Df, A, P):
    found = np.zeros((len(P), P[0].shape[1]))
    u = Df
    for k in range(len(P) - 1, -1, -1):
        found[k] = P[k].T @ u
        u = A[k].T @ u
    return found


def by_accumulation(Df, A, P):
    rows = list(accumulate([Df, *A[:0:-1]], np.matmul))[::-1]
    return [row @ P_k for row, P_k in zip(rows, P, strict=True)]


def by_adlab(Df, A, P):
    def chain(*xs):
        y = np.zeros(A[0].shape[1])
        for A_k, P_k, x in zip(A, P, xs, strict=True):
            y = adlab.Linear()(A_k, adlab.Linear()(P_k, np.zeros(len(P_k)), x), y)
        return y

    names = [f"x{k}" for k in range(len(P))]
    _, J = adlab.Network(chain, names).linearize(*(np.zeros(p.shape[1]) for p in P))
    return Df @ J


def total_by_a_step(h=Fraction(1, 8)):
    def y2(x):
        return x * 3 * x + (3 * x) ** 2

    return (y2(2 + h) - y2(2 - h)) / (2 * h)


def counted(L):
    alone = sum(1 for i in range(L) for _ in range(i, L))
    shared = sum(1 if k == 0 else 2 for k in range(L))
    return alone, shared


RIGHT = {
    "05/partial-and-total": [[6, 48], (3 * 2, total_by_a_step()), np.array([6.0, 24 * 2])],
    "05/unroll-by-hand": [
        [-6, 3, -15],
        DF @ A3 @ A2 @ P1,
        (DF @ (A3 @ (A2 @ P1))).tolist(),
        P1.T @ A2.T @ A3.T @ DF,
    ],
    "05/shapes-along-the-chain": [
        [(1, 5), (5, 3), (3, 6), (6, 8)],
        np.array([[1, 5], [5, 3], [3, 6], [6, 8]]),
        [(1, D[4]), *((D[k], D[k - 1]) for k in (4, 3)), (D[2], 8)],
    ],
    "05/count-the-products": [[5050, 199], counted(100), np.array([100 * 101 / 2, 2 * 100 - 1])],
    "05/x-bars": [
        every_product_for_itself,
        by_the_recursion,
        by_indices,
        by_accumulation,
        by_adlab,
    ],
}

WRONG = {
    "05/partial-and-total": [[6], 54, [6, 47], [6, 48, 0]],
    "05/unroll-by-hand": [[[-6, 3, -15]], [-6, 3], [6, -3, 15], [[-6], [3], [-15]]],
    "05/shapes-along-the-chain": [[1, 5, 3, 6, 8], [(1, 5)], [(1, 5), (5, 3), (3, 6), (6, 9)]],
    "05/count-the-products": [[5050], 5249, [5051, 199], [5050, 198]],
    "05/x-bars": [
        lambda Df, A, P: Df,
        lambda Df, A, P: [Df @ P_k for P_k in P],
        lambda Df, A, P: np.zeros((len(P), P[0].shape[1])),
        lambda Df, A, P: -by_indices(Df, A, P),
    ],
}
