"""Answers to the exercises of chapter 01."""

from fractions import Fraction

import numpy as np

import adlab


def cube_by_products(a, v):
    return a * a * v + a * a * v + a * a * v


def cube_by_a_matrix(a, v):
    return (np.diag(3 * np.ravel(a) ** 2) @ np.ravel(v)).reshape(a.shape)


def cube_by_complex_step(a, v):
    h = 1e-30
    return ((a + 1j * h * v) ** 3).imag / h


def cube_by_adlab(a, v):
    return adlab.jvp(adlab.Power(3), (a,), (v,))[1]


RIGHT = {
    "01/jacobian-by-hand": [
        [[2, 3], [1, 3], [6, 0]],
        np.array([[2, 3], [1, 3], [6, 0]], np.float32),
        (np.array([2.0, 3.0]), (1, Fraction(3)), [6.0, -0.0]),
        adlab.Dense(np.array([[2.0, 3.0], [1.0, 3.0], [6.0, 0.0]])),
    ],
    "01/push-by-hand": [
        [-4, -5, 6],
        (-4.0, -5.0, 6.0),
        np.array([[2, 3], [1, 3], [6, 0]]) @ [1, -2],
        np.array([-4, -5, 6], np.float32),
    ],
    "01/pull-by-hand": [
        [11, 6],
        np.array([3, -1, 1]) @ np.array([[2, 3], [1, 3], [6, 0]]),
        np.array([[2, 3], [1, 3], [6, 0]]).T @ [3, -1, 1],
        (Fraction(11), Fraction(6)),
    ],
    "01/push-a-cube": [
        cube_by_products,
        cube_by_a_matrix,
        cube_by_complex_step,
        cube_by_adlab,
        lambda *given: (3 * given[0] ** 2 * given[1]).tolist(),
    ],
    "01/predict-the-push": [[0.25, 3], (Fraction(1, 4), 3), np.array([0.25, 3.0])],
}

WRONG = {
    "01/jacobian-by-hand": [np.zeros((3, 2)), [[-2, -3], [-1, -3], [-6, 0]], 4],
    "01/push-by-hand": [[-4, -5, 5], [[-4], [-5], [6]], [-4, -5, 6, 0], [[-4, -5, 6]]],
    "01/pull-by-hand": [[[11, 6]], [[11], [6]], [11, -6], [22, 12]],
    "01/push-a-cube": [lambda a, v: 3 * a * v, lambda a, v: v],
    "01/predict-the-push": [[0.25], [0.25, 2.9], [[0.25, 3]], 3.25],
}
