"""Answers to every exercise: differently written right ones, and wrong ones beyond the known.

`test_exercises.py` asks for an entry for each exercise of `adlab.course.chapters.CHAPTERS`.
"""

from fractions import Fraction

import numpy as np

import adlab
from adlab.course.chapters import CHAPTERS
from adlab.course.exercises import Brackets, Function, Ordering

EXERCISES = {
    f"{key}/{exercise.name}": exercise
    for key, chapter in CHAPTERS.items()
    for exercise in chapter.exercises
}


# ---- 00/one-column ------------------------------------------------------------------------------


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


# ---- 01/push-a-cube -----------------------------------------------------------------------------


def cube_by_products(a, v):
    return a * a * v + a * a * v + a * a * v


def cube_by_a_matrix(a, v):
    return (np.diag(3 * np.ravel(a) ** 2) @ np.ravel(v)).reshape(a.shape)


def cube_by_complex_step(a, v):
    h = 1e-30
    return ((a + 1j * h * v) ** 3).imag / h


def cube_by_adlab(a, v):
    return adlab.jvp(adlab.Power(3), (a,), (v,))[1]


# ---- 02/chain-rule ------------------------------------------------------------------------------


def chain_by_einsum(g, J_g, Df, x):
    return np.einsum("ij,jl->il", Df(g(x)), J_g(x))


def chain_by_pushing(g, J_g, Df, x):
    return np.stack([Df(g(x)) @ (J_g(x) @ e) for e in np.eye(len(x))], axis=1)


def chain_by_transposes(g, J_g, Df, x):
    return (J_g(x).T @ Df(g(x)).T).T


def chain_by_adlab(g, J_g, Df, x):
    return adlab.Dense(Df(g(x))) @ adlab.Dense(J_g(x))


# ---- 02/gradient-row ----------------------------------------------------------------------------


def gradient_by_loops(W, t, x):
    m, n = W.shape
    r = [sum(W[i, j] * x[j] for j in range(n)) - t[i] for i in range(m)]
    return [[sum(r[i] * W[i, j] for i in range(m)) for j in range(n)]]


def gradient_of_the_expanded_square(W, t, x):
    return np.atleast_2d(x @ W.T @ W - t @ W)


def gradient_by_adlab(W, t, x):
    l, pull = adlab.vjp(lambda x: adlab.HalfSquare(t)(adlab.Linear()(W, 0 * t, x)), x)
    return pull(1.0)[0].reshape(1, -1)


# ---- 03/central-difference ----------------------------------------------------------------------


def central_by_halves(f, a, v, h):
    ahead, behind = (f(a + h * v) - f(a)) / h, (f(a) - f(a - h * v)) / h
    return (ahead + behind) / 2


def central_by_two_sides(f, a, v, h):
    return sum(side * f(a + side * h * v) for side in (1, -1)) / h / 2


def central_by_loop(f, a, v, h):
    points = [[x + s * h * w for x, w in zip(a, v, strict=True)] for s in (1, -1)]
    return np.diff([f(np.array(p)) for p in points], axis=0)[0] / (-2 * h)


# ---- 03/complex-slope ---------------------------------------------------------------------------


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
    "03/central-difference": [central_by_halves, central_by_two_sides, central_by_loop],
    "03/complex-slope": [complex_by_columns, complex_and_smaller, slope_in_closed_form],
    "03/failed-check": [7, np.int64(7), 7.0],
    "03/predict-the-best-step": [3, 3.0, np.array(3)],
}

WRONG = {
    "00/read-a-shape": [(2, 6, 1), (8,), (3, 4), 12, "(2, 6)"],
    "00/one-column": [lambda layer, a, j, h: a, lambda layer, a, j, h: h],
    "00/rows-or-columns": ["f", "", "ab", 2, "the second"],
    "00/count-the-slopes": [16, -15, [15, 15], [[5, 3]]],
    "01/jacobian-by-hand": [np.zeros((3, 2)), [[-2, -3], [-1, -3], [-6, 0]], 4],
    "01/push-by-hand": [[-4, -5, 5], [[-4], [-5], [6]], [-4, -5, 6, 0], [[-4, -5, 6]]],
    "01/pull-by-hand": [[[11, 6]], [[11], [6]], [11, -6], [22, 12]],
    "01/push-a-cube": [lambda a, v: 3 * a * v, lambda a, v: v],
    "01/predict-the-push": [[0.25], [0.25, 2.9], [[0.25, 3]], 3.25],
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
    "03/central-difference": [lambda f, a, v, h: f(a), lambda f, a, v, h: h * v],
    "03/complex-slope": [lambda f, a, v: f(a), lambda f, a, v: v],
    "03/failed-check": [0, 10, "7th"],
    "03/predict-the-best-step": [[3, 3], 2, 5, "three"],
}


def submission(exercise, wrong):
    """What a learner would hand in who gives this known wrong answer."""
    if not isinstance(exercise, Ordering):
        return wrong.gives
    earlier, later = wrong.gives
    order = [item for item in orders(exercise) if item != later]
    order.insert(order.index(earlier), later)
    return order


def orders(exercise):
    """An order in which nothing comes too early."""
    done, left = [], list(exercise.items)
    while left:
        free = [b for b in left if not any(a in left for a, late in exercise.before if late == b)]
        done.append(free[0])
        left.remove(free[0])
    return done


# ---- For every function -------------------------------------------------------------------------


def in_float32(exercise):
    return lambda *args: np.asarray(exercise.reference(*args), np.float32)


def in_lists(exercise):
    return lambda *args: np.asarray(exercise.reference(*args)).tolist()


def talking(exercise):
    def answer(*args):
        print("<b>I am here</b>", args)
        return exercise.reference(*args)

    return answer


def learnt_by_heart(exercise):
    """Right on the hand-made cases and nowhere else."""

    def known(args, fixed):
        pairs = zip(args, fixed, strict=True)
        return all(np.array_equal(a, b) if isinstance(b, np.ndarray) else a == b for a, b in pairs)

    def answer(*args):
        value = exercise.reference(*args)
        return value if any(known(args, fixed) for fixed in exercise.fixed) else 0 * value

    return answer


def with_an_axis_more(exercise):
    return lambda *args: np.asarray(exercise.reference(*args))[None]


def off_in_the_last_entry(exercise):
    """Wrong in one entry, and only where the result has more than one."""

    def answer(*args):
        value = np.array(exercise.reference(*args))
        if value.size > 1:
            value.flat[-1] += 1e-4
        return value

    return answer


def writes_to_its_argument(exercise):
    def answer(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray):
                a += 1
        return value

    return answer


def opens_and_writes(exercise):
    """As before, but takes off the protection first."""

    def answer(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray):
                a.flags.writeable = True
                a += 1
        return value

    return answer


def nan_at_one_place(exercise):
    def answer(*args):
        value = np.array(exercise.reference(*args))
        value.flat[0] = np.nan
        return value

    return answer


def tired(exercise):
    """Right ten times, then nothing."""
    calls = []

    def answer(*args):
        calls.append(args)
        return exercise.reference(*args) if len(calls) < 10 else None

    return answer


RIGHT_FOR_FUNCTIONS = (in_float32, in_lists, talking)
WRONG_FOR_FUNCTIONS = (
    learnt_by_heart,
    with_an_axis_more,
    off_in_the_last_entry,
    writes_to_its_argument,
    opens_and_writes,
    nan_at_one_place,
    tired,
)


def right_answers(key):
    exercise = EXERCISES[key]
    more = RIGHT_FOR_FUNCTIONS if isinstance(exercise, Function) else ()
    return [*RIGHT.get(key, []), *(make(exercise) for make in more)]


def wrong_answers(key):
    exercise = EXERCISES[key]
    more = WRONG_FOR_FUNCTIONS if isinstance(exercise, Function) else ()
    known = () if isinstance(exercise, Brackets) else exercise.wrong
    return [
        *(submission(exercise, wrong) for wrong in known),
        *WRONG.get(key, []),
        *(make(exercise) for make in more),
    ]
