"""The numbers in the exercises of chapter 05, and in each of their known mistakes, computed."""

import numpy as np

from adlab.course.chapters import CHAPTERS


def known(name):
    return {wrong.name: wrong.gives for wrong in CHAPTERS["05"][name].wrong}


def agree(name, expected):
    gives = known(name)
    for mistake, value in expected.items():
        assert np.shape(gives[mistake]) == np.shape(value), mistake
        assert np.allclose(gives[mistake], value), mistake


def test_unroll_by_hand():
    Df = np.array([2, -1])
    A3, A2 = np.array([[1, 0, 2], [3, 1, -1]]), np.array([[1, 0], [0, 2], [-1, 1]])
    A1, P1 = np.array([[1], [-1]]), np.array([[1, 0, 2], [0, 1, -1]])
    P2, P3 = np.array([[1], [0], [1]]), np.array([[1], [4]])
    exercise = CHAPTERS["05"]["unroll-by-hand"]
    for name, M in {"Df": Df[None], "A_3": A3, "A_2": A2, "A_1": A1, "P_3": P3, "P_2": P2,
                    "P_1": P1}.items():  # fmt: skip
        written = " \\\\ ".join(" & ".join(map(str, row)) for row in M)
        assert f"{name} = \\begin{{pmatrix}} {written} \\end{{pmatrix}}" in exercise.task
    assert np.array_equal(exercise.want, Df @ A3 @ A2 @ P1)
    agree(
        "unroll-by-hand",
        {
            "the data": Df @ A3 @ A2 @ A1,
            "stopped at y_1": Df @ A3 @ A2,
            "stopped at y_2": Df @ A3,
            "another layer": Df @ A3 @ P2,
            "the last layer": Df @ P3,
            "without the loss side": A2 @ P1,
            "all weights 1": np.ones(2) @ A3 @ A2 @ P1,
            "sign of Df": np.abs(Df) @ A3 @ A2 @ P1,
            "the partial derivative": P1,
        },
    )


def test_partial_and_total():
    x, h = 2.0, 0.25  # central differences are exact for squares

    def y1(x):
        return 3 * x

    def g2(x, y):
        return x * y + y**2

    partial = (g2(x + h, y1(x)) - g2(x - h, y1(x))) / (2 * h)
    total = (g2(x + h, y1(x + h)) - g2(x - h, y1(x - h))) / (2 * h)
    other = (g2(x, y1(x) + h) - g2(x, y1(x) - h)) / (2 * h)
    assert CHAPTERS["05"]["partial-and-total"].want == (partial, total)
    agree(
        "partial-and-total",
        {
            "the path alone": (partial, total - partial),
            "the other argument": (partial, other),
            "forgot the slope of y_1": (partial, partial + other),
            "partial in y_1": (other, total),
            "y_1 half held": (y1(x) + 3 * x, total),
            "values": (partial, x * y1(x)),
        },
    )


def test_count_the_products():
    L = 100
    alone, shared = sum(L - i + 1 for i in range(1, L + 1)), L + (L - 1)
    assert CHAPTERS["05"]["count-the-products"].want == (alone, shared)
    agree(
        "count-the-products",
        {
            "the square itself": (L**2, shared),
            "orders, not counts": (L**2, L),
            "the longest alone": (L, shared),
            "counted factors": (alone + L, shared),
            "forgot the products with P": (alone - L, shared - L),
            "down to the data": (alone, shared + 1),
            "only the row": (alone, shared - L),
        },
    )
