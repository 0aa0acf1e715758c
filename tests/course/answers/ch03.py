"""Answers to the exercises of chapter 03."""

import numpy as np


def central_by_halves(f, a, v, h):
    ahead, behind = (f(a + h * v) - f(a)) / h, (f(a) - f(a - h * v)) / h
    return (ahead + behind) / 2


def central_by_two_sides(f, a, v, h):
    return sum(side * f(a + side * h * v) for side in (1, -1)) / h / 2


def central_by_loop(f, a, v, h):
    points = [[x + s * h * w for x, w in zip(a, v, strict=True)] for s in (1, -1)]
    return np.diff([f(np.array(p)) for p in points], axis=0)[0] / (-2 * h)


def complex_by_columns(f, a, v):
    rows = np.eye(len(a))
    columns = [np.imag(f(a + 1e-40j * e)) / 1e-40 for e in rows]
    return np.stack(columns, axis=1) @ v


def complex_and_smaller(f, a, v):
    z = a.astype(complex)
    z.imag = 1e-100 * v
    return f(z).imag * 1e100


def slope_in_closed_form(f, a, v):
    return 3 * (f.A @ a + f.c) ** 2 * (f.A @ v)


RIGHT = {
    "03/central-difference": [central_by_halves, central_by_two_sides, central_by_loop],
    "03/complex-slope": [complex_by_columns, complex_and_smaller, slope_in_closed_form],
    "03/failed-check": [7, np.int64(7), 7.0],
    "03/predict-the-best-step": [2, 2.0, np.array(2)],
}

WRONG = {
    "03/central-difference": [lambda f, a, v, h: f(a), lambda f, a, v, h: h * v],
    "03/complex-slope": [lambda f, a, v: f(a), lambda f, a, v: v],
    "03/failed-check": [0, 10, "7th"],
    "03/predict-the-best-step": [[2, 2], 6, 9, "two"],
}
