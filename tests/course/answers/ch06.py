"""Answers to the exercises of chapter 06."""

from fractions import Fraction
from functools import cache
from itertools import permutations

import numpy as np

from adlab import brackets


def table_by_recursion(d):
    @cache
    def c(i, j):
        if j <= i + 1:
            return 0
        return min(c(i, s) + c(s, j) + 2 * int(d[i]) * int(d[s] * d[j]) for s in range(i + 1, j))

    return [[c(i, j) for j in range(len(d))] for i in range(len(d))]


def table_by_trying_all(d):
    T = np.zeros((len(d), len(d)), int)
    for j in range(len(d)):
        for i in range(j):
            T[i, j] = min(order.flops for order in brackets.every(d[i : j + 1]))
    return T


def table_column_by_column(d):
    d = d.astype(float)
    T = np.zeros((d.size, d.size))
    for j in range(2, d.size):
        for i in range(j - 2, -1, -1):
            T[i, j] = np.min(T[i, i + 1 : j] + T[i + 1 : j, j] + 2 * d[i] * d[i + 1 : j] * d[j])
    return T


def table_by_adlab(d):
    return np.triu([[brackets.best(d[i : j + 1]).flops if i < j else 0 for j in range(len(d))]
                    for i in range(len(d))])  # fmt: skip


def cheapest_first(d):
    """Always the cheapest product that is next: greedy, and not always best."""
    T = np.zeros((len(d), len(d)))
    for i in range(len(d)):
        for j in range(i + 2, len(d)):
            left = list(d[i : j + 1])
            while len(left) > 2:
                prices = [2 * p * q * r for p, q, r in zip(left, left[1:], left[2:], strict=False)]
                T[i, j] += min(prices)
                left.pop(prices.index(min(prices)) + 1)
    return T


def multiplications(order):
    """Vertex elimination of the graph of the exercise, on its matrix of edges."""
    names = ["x1", "x2", "x3", "a", "b", "c", "y1", "y2"]
    edge = np.zeros((8, 8), bool)
    for pair in ("x1 a", "x2 a", "x3 a", "a b", "a c", "b c", "c y1", "c y2"):
        edge[tuple(map(names.index, pair.split()))] = True
    total = 0
    for v in map(names.index, order):
        total += edge[:, v].sum() * edge[v].sum()
        edge |= np.outer(edge[:, v], edge[v])
        edge[:, v] = edge[v] = False
    return total


def least():
    return min(map(multiplications, permutations("abc")))


F, A3, A2, A1, P = "F", "A3", "A2", "A1", "P"

RIGHT = {
    "06/both-modes-by-hand": [
        [4600, 16400, 120, 700],
        np.array([4600.0, 16400.0, 120.0, 700.0]),
        (4 * 1150, Fraction(16400), 120, 700),
    ],
    "06/bracket-the-product": [
        ((F, (A3, A2)), (A1, P)),
        [[F, [A3, A2]], [A1, P]],
        ([F, (A3, A2)], (A1, P)),
        "(F (A3 A2)) (A1 P)",
    ],
    "06/table-of-costs": [
        table_by_recursion,
        table_by_trying_all,
        table_column_by_column,
        table_by_adlab,
    ],
    "06/predict-the-crossing": [20, 20.0, Fraction(20), np.array([20])],
    "06/take-the-vertices-out": [
        [15, 12, 9],
        np.array([15.0, 12.0, 9.0]),
        (6 + 3 + 6, Fraction(12), 9),
        [multiplications("abc"), multiplications("cba"), least()],
    ],
}

WRONG = {
    "06/both-modes-by-hand": [
        [[4600, 16400, 120, 700]],
        [4600, 16400, 120],
        [4600, 16400, 120, 701],
        4600,
    ],
    "06/bracket-the-product": [
        ((((F, A3), A2), A1), P),
        (F, (A3, (A2, (A1, P)))),
        (((F, A3), A2), (A1, P)),
        (((F, (A3, A2)), A1), P),
        (F, ((A3, A2), (A1, P))),
        (((F, A3), (A2, A1)), P),
        ((F, A3), ((A2, A1), P)),
        ((F, A3), (A2, (A1, P))),
        ((F, ((A3, A2), A1)), P),
        ((A3, A2), (F, (A1, P))),
        ((F, (A3, A2)), A1, P),
        "(F A3 A2) (A1 P)",
    ],
    "06/table-of-costs": [
        cheapest_first,
        lambda d: table_column_by_column(d)[0, -1],
        lambda d: table_column_by_column(d)[:-1, 1:],
    ],
    "06/predict-the-crossing": [[20, 20], 19, 21, "twenty"],
    "06/take-the-vertices-out": [
        [15, 12],
        [15, 12, 8],
        ["abc", "cba", "bca"],
        [[15, 12, 9]],
        9,
    ],
}
