"""Chapter 03, Trust, but check: estimates of a slope, and the tests that find a wrong rule."""

from dataclasses import dataclass

import numpy as np

from adlab.course.exercises import Function, Prediction, WrongLine, closed, pushes
from adlab.course.grading import Wrong


@dataclass(frozen=True)
class Cubes:
    """The map (A x + c)³, entry by entry. It takes complex numbers too."""

    A: np.ndarray  # (m, n)
    c: np.ndarray  # (m,)

    def __post_init__(self):
        object.__setattr__(self, "A", closed(self.A))
        object.__setattr__(self, "c", closed(self.c))

    def __call__(self, x):
        m, n = self.A.shape
        if np.shape(x) != (n,):
            raise ValueError(f"a point of shape {np.shape(x)} came; this map takes shape ({n},)")
        return (self.A @ x + self.c) ** 3

    def __str__(self):
        m, n = self.A.shape
        return f"takes {n} numbers and gives {m}"


def whole_numbers():
    """From 2 to 3 numbers; A x + c is (3, -1, 2) at x = (1, 2)."""
    return Cubes(np.array([[1.0, 0.0], [1.0, -1.0], [0.0, 1.0]]), np.array([2.0, 0.0, 0.0]))


def cubes(n, m, rng):
    """A map from n to m numbers, a point and a tangent."""
    f = Cubes(rng.standard_normal((m, n)), rng.standard_normal(m))
    return f, rng.standard_normal(n), rng.standard_normal(n)


def two_sizes(rng):
    return (int(size) for size in rng.choice(np.arange(1, 7), 2, replace=False))


def seeded(n, m, seed, *more):
    return *cubes(n, m, np.random.default_rng(seed)), *more


def central_difference(f, a, v, h):
    return (f(a + h * v) - f(a - h * v)) / (2 * h)


CENTRAL_DIFFERENCE = Function(
    name="central-difference",
    title="A central difference along v",
    task=(
        "Write the central difference of $f$ at $a$ along the "
        '<span style="color:#0072B2">tangent</span> $v$, with step $h$: from $a$ walk $h v$ ahead '
        "and $h v$ back. Return one number for each output of $f$. The steps in the tests are "
        "large, so that the truncation is there to be seen."
    ),
    hints=(
        "Two values of f, one on each side of a. How far apart are the two points, in steps h?",
        "(f(a + h v) − f(a − h v)) / 2h.",
        "ahead = f(a + ...)\nbehind = f(a - ...)\nreturn (... - ...) / ...",
    ),
    reference=central_difference,
    fixed=(
        (whole_numbers(), np.array([1.0, 2.0]), np.array([1.0, -1.0]), 0.5),
        seeded(1, 3, 1, 0.25),
        seeded(3, 1, 2, 1.0),
        seeded(4, 2, 3, 0.125),
    ),
    random=lambda rng: (*cubes(*two_sizes(rng), rng), float(rng.uniform(0.25, 1))),
    square=lambda rng: (*cubes(3, 3, rng), float(rng.uniform(0.25, 1))),
    explanation=(
        "The two points are 2h v apart. Even powers of h are the same on both sides and cancel, "
        "so the error begins with h²."
    ),
    wrong=(
        Wrong(
            "ahead only",
            lambda f, a, v, h: (f(a + h * v) - f(a)) / h,
            "This is the one-sided difference. Its error is of order h; walk to both sides and "
            "it is of order h².",
        ),
        Wrong(
            "behind only",
            lambda f, a, v, h: (f(a) - f(a - h * v)) / h,
            "This is the difference with the point behind. The point ahead is wanted as well.",
        ),
        Wrong(
            "forgot the 2",
            lambda f, a, v, h: (f(a + h * v) - f(a - h * v)) / h,
            "This is twice the slope. The two points are 2h apart, not h.",
        ),
        Wrong(
            "divided by h, then times 2",
            lambda f, a, v, h: (f(a + h * v) - f(a - h * v)) / 2 * h,
            "Here h multiplies: / 2 * h is read from the left. Put 2 * h into brackets.",
        ),
        Wrong(
            "not divided",
            lambda f, a, v, h: f(a + h * v) - f(a - h * v),
            "This is the change of f. The slope is the change for each unit walked: divide.",
        ),
        Wrong(
            "sign",
            lambda f, a, v, h: (f(a - h * v) - f(a + h * v)) / (2 * h),
            "The sign is turned round: the value ahead comes first.",
        ),
        Wrong(
            "forgot v",
            lambda f, a, v, h: (f(a + h) - f(a - h)) / (2 * h),
            "h is added to every number of a: that is the direction (1, ..., 1). Walk along h v.",
        ),
        Wrong(
            "a mean",
            lambda f, a, v, h: (f(a + h * v) + f(a - h * v)) / (2 * h),
            "The two values are added. A slope is made of their difference.",
        ),
    ),
)


def complex_slope(f, a, v):
    h = 1e-30
    return f(a + 1j * h * v).imag / h


COMPLEX_SLOPE = Function(
    name="complex-slope",
    title="A push to all digits",
    task=(
        "$f$ is analytic and takes complex arrays. Return $J v$ at $a$ by a complex step: to all "
        "digits, without a rule and without a subtraction. Choose $h$ yourself."
    ),
    hints=(
        "Walk from a along i v, by a tiny step.",
        "J v = Im f(a + i h v) / h, with h = 1e-30.",
        "h = 1e-30\nreturn f(a + 1j * ...).imag / ...",
    ),
    reference=complex_slope,
    fixed=(
        (whole_numbers(), np.array([1.0, 2.0]), np.array([1.0, -1.0])),
        seeded(1, 3, 4),
        seeded(3, 1, 5),
        seeded(4, 2, 6),
    ),
    random=lambda rng: cubes(*two_sizes(rng), rng),
    square=lambda rng: cubes(3, 3, rng),
    properties=(pushes(lambda a, f: f(a), lambda args: (args[1], args[2], args[0])),),
    explanation=(
        "The imaginary part of f(a + i h v) is h J v, up to h³. Nothing is subtracted, so h may "
        "be so small that h³ is far below the last digit."
    ),
    wrong=(
        Wrong(
            "real part",
            lambda f, a, v: f(a + 1e-30j * v).real,
            "The real part is the value f(a). The slope is in the imaginary part, times h.",
        ),
        Wrong(
            "not divided",
            lambda f, a, v: f(a + 1e-30j * v).imag,
            "Next to nothing comes out. Either h J v is not divided by h yet, or the step is real: "
            "then it is too small to move a. It must be imaginary, 1j * h.",
        ),
        Wrong(
            "sign",
            lambda f, a, v: f(a - 1e-30j * v).imag / 1e-30,
            "The sign is turned round: walk along + i h v.",
        ),
        Wrong(
            "forgot v",
            lambda f, a, v: f(a + 1e-30j).imag / 1e-30,
            "i h is added to every number of a, so this is J (1, ..., 1). Walk along i h v.",
        ),
        Wrong(
            "divided by 2h",
            lambda f, a, v: f(a + 1e-30j * v).imag / 2e-30,
            "This is half of the slope. There is one point only, at distance h: divide by h.",
        ),
        Wrong(
            "a large step",
            lambda f, a, v: f(a + 0.1j * v).imag / 0.1,
            "The step is 0.1, and its truncation shows. Nothing cancels here: take h = 1e-30.",
        ),
    ),
)


def used_twice(W, x):
    a = W @ x
    y = np.exp(a)
    l = np.sum(a * y)
    row_y = a
    row_a = y
    row_a = row_y * y
    row_x = row_a @ W
    return l, row_x


def used_twice_mended(W, x):
    a = W @ x
    y = np.exp(a)
    l = np.sum(a * y)
    row_y = a
    row_a = y
    row_a = row_a + row_y * y
    row_x = row_a @ W
    return l, row_x


FAILED_CHECK = WrongLine(
    name="failed-check",
    title="The check failed: where?",
    task=(
        "This program should return $l = \\sum_j a_j e^{a_j}$ with $a = W x$, and its derivative "
        "in $x$. All shapes are right, but a difference disagrees. Take $a$ itself as the input "
        "and return `row_a`: it still disagrees. Each `row_` is meant to hold the derivative of "
        "$l$ in the value after the underscore; `row_a` is first given its direct part, with $y$ "
        "held fixed. Which line is wrong?"
    ),
    hints=(
        "The product with W is acquitted. Which values does l use, and how often?",
        "A value that is used twice receives the sum of two contributions.",
        "l depends on a directly, and through y. Read how lines 6 and 7 store the two.",
    ),
    example=(
        "In  slope = 2;  slope = 5  for 2 x + 5 x the second line writes over the first: one use "
        "is lost."
    ),
    program=used_twice,
    mended=used_twice_mended,
    explanation=(
        "a is used directly and through y. Line 7 writes over what line 6 has stored, where it "
        "must add to it: row_a = row_a + row_y * y. The slope of a e^a is e^a + a e^a."
    ),
    reasons={
        1: "Line 1 only names what comes in: W of shape (m, n) and x of shape (n,).",
        2: "Line 2 is right: it is the linear map W x, of shape (m,).",
        3: "Line 3 is right: the exponential, entry by entry.",
        4: "Line 4 is right: the sum of a_j e^(a_j), and y_j is e^(a_j).",
        5: "Line 5 is right: in a_j y_j the slope in y_j is a_j.",
        6: "Line 6 is right: in a_j y_j the slope in a_j, with y held fixed, is y_j.",
        8: "Line 8 is right: row times matrix, with the Jacobian W of W x. What comes into it is "
        "wrong already.",
        9: "Line 9 only returns what was computed. The row is wrong before it gets there.",
    },
)

PREDICT_THE_BEST_STEP = Prediction(
    name="predict-the-best-step",
    title="Predict the best step in float32",
    task=(
        "In float32 the distance from 1 to the next float is $\\varepsilon \\approx 10^{-7}$. For "
        "which $k$ does the central difference of $x^3$ at 1.7 have its smallest error, among the "
        "steps $h = 10^{-k}$? Write a whole number. The check sets your panel there."
    ),
    hints=(
        "The truncation is of order h², the rounding of order ε / h. Where are they alike?",
        "h³ = (3/2) ε x³, with x = 1.7.",
        "The cube root of about (3/2) · 10⁻⁷ · 4.9; take the nearest power of ten.",
    ),
    example="In float64, ε is about 2 · 10⁻¹⁶, h is about 10⁻⁵, and the panel finds k = 5.",
    panel="trust",
    revision=2,
    settings={"precision": "float32", "method": "central"},
    measure=lambda checks: checks.curve.best,
    what="the best k",
    solution="my_prediction = 2",
    explanation=(
        "h is the cube root of about 7 · 10⁻⁷, near 9 · 10⁻³: next to 10⁻². One power further the "
        "truncation is next to nothing, but the rounding is larger."
    ),
    wrong=(
        Wrong("float64", 5, "That is the best k in float64. A larger ε wants a larger step."),
        Wrong(
            "one-sided",
            3,
            "There the one-sided difference is best, at √ε x. The central one truncates less, so "
            "it can take a larger step: a cube root, times x.",
        ),
        Wrong(
            "√ε",
            4,
            "That is √ε, and it belongs to the one-sided difference. Here a cube root is wanted, "
            "which is larger.",
        ),
        Wrong(
            "one power early",
            1,
            "There the truncation, h² / 3x², is still a hundred times what it is one power "
            "further, and the rounding is far below it.",
        ),
        Wrong("one-sided in float64", 8, "That is √ε in float64, for the one-sided difference."),
        Wrong(
            "ε itself", 7, "A step of the size of ε leaves no digits: rounding is ε / h, near 1."
        ),
        Wrong(
            "as small as possible",
            16,
            "The smallest step is the worst: it does not move x at all in float32.",
        ),
        Wrong("the power itself", -2, "The step is right. Write k, which counts upwards."),
        Wrong("the step itself", 0.01, "That is the step h. Asked for is k, with h = 10⁻ᵏ."),
    ),
)

EXERCISES = (CENTRAL_DIFFERENCE, COMPLEX_SLOPE, FAILED_CHECK, PREDICT_THE_BEST_STEP)
