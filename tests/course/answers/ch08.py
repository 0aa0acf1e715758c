"""Answers to the exercises of chapter 08."""

from fractions import Fraction

import numpy as np

import adlab


def unit_by_the_quotient_rule(a, a_dot):
    r = np.linalg.norm(a)
    r_dot = np.dot(a, a_dot) / r
    return (a_dot * r - a * r_dot) / r**2


def unit_by_a_matrix(a, a_dot):
    r = np.sqrt(np.sum(a**2))
    return (np.eye(len(a)) - np.outer(a, a) / r**2) @ a_dot / r


def unit_by_complex_step(a, a_dot):
    z = a + 1e-30j * a_dot
    return (z / np.sqrt(np.sum(z * z))).imag / 1e-30


def unit_by_adlab(a, a_dot):
    def unit(a):
        return a * adlab.Power(-0.5)(adlab.Sum()(a * a))

    return adlab.jvp(unit, (a,), (a_dot,))[1]


def quotient_rule(a, a_dot, b, b_dot):
    return (a_dot * b - a * b_dot) / b**2


def through_the_inverse(a, a_dot, b, b_dot):
    c, c_dot = 1 / b, -b_dot / b**2
    return a_dot * c + a * c_dot


def quotient_by_adlab(a, a_dot, b, b_dot):
    return adlab.jvp(lambda a, b: a / b, (a, b), (a_dot, b_dot))[1]


def directional_by_adlab():
    W1 = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [2.0, -1.0, 0.0], [1.0, 1.0, 1.0]])
    W2 = np.array([[1.0, 2.0, 0.0, -1.0], [0.0, 1.0, 1.0, 3.0]])
    b1, b2 = np.array([1.0, -2.0, 0.0, -1.0]), np.array([1.0, -2.0])
    y0, t = np.array([2.0, 1.0, -1.0]), np.array([-1.0, 3.0])
    W1_dot = np.zeros((4, 3))
    W1_dot[2, 0] = 1

    def loss(W1, b2):
        y2 = adlab.ReLU()(adlab.Linear()(W1, b1, y0))
        return adlab.HalfSquare(t)(adlab.Linear()(W2, b2, y2))

    return adlab.jvp(loss, (W1, b2), (W1_dot, np.array([4.0, -1.0])))[1]


def costs_by_adlab():
    def f(x):
        y = adlab.Tanh()(adlab.Linear()(np.ones((30, 4)), np.ones(30), x))
        return adlab.Linear()(np.ones((60, 30)), np.ones(60), y)

    def deep(a):
        for _ in range(100):
            a = adlab.Tanh()(a)
        return a

    flops = adlab.linearize(f, np.ones(4))[1].flops
    J = adlab.linearize(deep, np.ones(1000))[1]
    arrays = [adlab.ledger(J, mode).peak / 8000 for mode in ("forward", "reverse")]
    return [4 * flops.push, 60 * flops.pull, *arrays]


RIGHT = {
    "08/push-unit-vector": [
        unit_by_the_quotient_rule,
        unit_by_a_matrix,
        unit_by_complex_step,
        unit_by_adlab,
    ],
    "08/divide-duals": [quotient_rule, through_the_inverse, quotient_by_adlab],
    "08/directional-by-hand": [9, 9.0, np.array(9), directional_by_adlab()],
    "08/count-passes": [[15, 53, 1], (15, 53.0, 1), np.array([15, 53, 1])],
    "08/cheaper-mode": [
        [15480, 232200, 5, 102],
        (15480, 232200, Fraction(5), 102.0),
        costs_by_adlab(),
    ],
}

WRONG = {
    "08/push-unit-vector": [lambda a, v: v, lambda a, v: 0 * v],
    "08/divide-duals": [lambda a, v, b, w: v, lambda a, v, b, w: w],
    "08/directional-by-hand": [0, [9], [9, 0], "nine"],
    "08/count-passes": [[15, 53], [53, 15, 1], 69, [[15, 53, 1]]],
    "08/cheaper-mode": [
        [15480, 232200],
        [15480, 232200, 20.4],
        [15480, 232200, 5, 103],
        [15.48, 232.2, 5, 102],
    ],
}
