"""Answers to the exercises of chapter 00."""

from fractions import Fraction

import numpy as np


def central_column(layer, a, j, h):
    e = np.eye(len(a))[j]
    return (layer(a + h * e) - layer(a - h * e)) / (2 * h)


def column_in_a_copy(layer, a, j, h):
    moved = a.copy()
    moved[j] += h
    before, after = layer(a), layer(moved)
    return [(y - x) / h for x, y in zip(before, after, strict=True)]


def column_of_the_matrix(layer, a, j, h):
    moved = a + h * np.eye(len(a))  # a nudge in each row
    return np.stack([(layer(row) - layer(a)) / h for row in moved], axis=1)[:, j]


def column_with_where(layer, a, j, h):
    return np.subtract(layer(np.where(np.arange(len(a)) == j, a + h, a)), layer(a)) / h


RIGHT = {
    "00/read-a-shape": [
        (2, 6),
        [2, 6],
        np.array([2, 6]),
        np.zeros((2, 6)).shape,
        (2.0, np.int8(6)),
    ],
    "00/one-column": [
        central_column,
        column_in_a_copy,
        column_of_the_matrix,
        column_with_where,
    ],
    "00/rows-or-columns": ["b", " B ", "(b)", np.str_("b")],
    "00/count-the-slopes": [15, 15.0, np.array(15), np.float32(15), Fraction(30, 2)],
}

WRONG = {
    "00/read-a-shape": [(2, 6, 1), (8,), (3, 4), 12, "(2, 6)"],
    "00/one-column": [lambda layer, a, j, h: a, lambda layer, a, j, h: h],
    "00/rows-or-columns": ["f", "", "ab", 2, "the second"],
    "00/count-the-slopes": [16, -15, [15, 15], [[5, 3]]],
}
