"""Chapter 02, The chain rule: shapes and order of a product, where each factor is taken."""

from dataclasses import dataclass

import numpy as np

from adlab.course.exercises import Function, Ordering, Shape, WrongLine, closed, is_jacobian_of
from adlab.course.grading import Wrong

SHAPE_OF_A_PRODUCT = Shape(
    name="shape-of-a-product",
    title="The shape of a product",
    task=(
        "$g$ takes 5 numbers and gives 3, $f$ takes 3 and gives 2, and $h(x) = f(g(x))$. What is "
        "the shape of $Dh(x)$?"
    ),
    hints=(
        "Think of h as one box: how many numbers go in, how many come out?",
        "Dh = Df · J_g, (k × n) = (k × m)(m × n): the inner sizes meet and disappear.",
        "(outputs of f, inputs of g)",
    ),
    example="If g goes from 4 to 6 numbers and f from 6 to 1, then Dh is (1 × 6)(6 × 4): (1, 4).",
    answer="my_shape",
    want=(2, 5),
    solution="my_shape = (2, 5)",
    explanation=(
        "h takes 5 numbers and gives 2. The product says the same: (2 × 3)(3 × 5) = 2 × 5, and the "
        "3 in the middle is summed over."
    ),
    wrong=(
        Wrong(
            "transposed",
            (5, 2),
            "This is the transpose. h gives 2 numbers, and outputs are rows; it takes 5, and "
            "inputs are columns.",
        ),
        Wrong(
            "only the outer factor",
            (2, 3),
            "That is the shape of Df alone: its columns belong to y = g(x). In Dh the columns "
            "belong to x.",
        ),
        Wrong(
            "only the inner factor",
            (3, 5),
            "That is the shape of J_g alone: its rows belong to y = g(x). In Dh the rows belong to "
            "the outputs of f.",
        ),
        Wrong(
            "the inner sizes",
            (3, 3),
            "The two 3s are the inner sizes: they meet and disappear. The outer ones stay.",
        ),
        Wrong(
            "nothing summed",
            (2, 3, 5),
            "The middle index is summed over, one term for each number of y, so it is gone from "
            "the product.",
        ),
        Wrong(
            "multiplied the sizes",
            (6, 15),
            "The sizes themselves are not multiplied. A k × m matrix times an m × n matrix is "
            "k × n.",
        ),
    ),
)


@dataclass(frozen=True)
class Squares:
    """The map ½ (A x + c)², entry by entry: its Jacobian depends on where it is taken."""

    A: np.ndarray  # (m, n)
    c: np.ndarray  # (m,)

    def __post_init__(self):
        object.__setattr__(self, "A", closed(self.A))
        object.__setattr__(self, "c", closed(self.c))

    def inside(self, x):
        m, n = self.A.shape
        if np.shape(x) != (n,):
            raise ValueError(f"a point of shape {np.shape(x)} came; this map takes shape ({n},)")
        return self.A @ x + self.c

    def __call__(self, x):
        return self.inside(x) ** 2 / 2

    def __str__(self):
        m, n = self.A.shape
        return f"takes {n} numbers and gives {m}"


@dataclass(frozen=True)
class Derivative:
    """The Jacobian of a map, as a function of the point: diag(A x + c) A."""

    of: Squares

    def __call__(self, x):
        return self.of.inside(x)[:, None] * self.of.A  # (m, n)

    def __str__(self):
        m, n = self.of.A.shape
        return f"gives a {m} × {n} matrix at each point"


def composed(n, m, k, rng):
    g = Squares(rng.standard_normal((m, n)), rng.standard_normal(m))
    f = Squares(rng.standard_normal((k, m)), rng.standard_normal(k))
    return g, Derivative(g), Derivative(f), rng.standard_normal(n)


def three_sizes(rng):
    """Sizes n, m, k between 1 and 6, no two alike."""
    return (int(size) for size in rng.choice(np.arange(1, 7), 3, replace=False))


def whole_numbers():
    """A case with numbers that can be followed by hand: from 2 over 3 to 1."""
    g = Squares(np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 1.0]]), np.array([1.0, 0.0, 2.0]))
    f = Squares(np.array([[2.0, 0.0, -2.0]]), np.array([1.0]))
    return g, Derivative(g), Derivative(f), np.array([1.0, 2.0])


def chain(g, J_g, Df, x):
    y = g(x)
    return Df(y) @ J_g(x)


CHAIN_RULE = Function(
    name="chain-rule",
    title="The chain rule as a function",
    task=(
        "Write the chain rule. `g` is a function, `J_g` and `Df` give the Jacobians of $g$ and $f$ "
        "at a point, and `x` is where you stand. Return the matrix $Dh(x)$ of $h(x) = f(g(x))$."
    ),
    hints=(
        "Two matrices, and each is taken at the point that enters its own function.",
        "Dh(x) = Df(g(x)) · J_g(x).",
        "y = ...\nreturn Df(...) @ J_g(...)",
    ),
    reference=chain,
    fixed=(
        whole_numbers(),
        composed(1, 3, 2, np.random.default_rng(1)),
        composed(3, 1, 2, np.random.default_rng(2)),
        composed(4, 2, 1, np.random.default_rng(3)),
    ),
    random=lambda rng: composed(*three_sizes(rng), rng),
    square=lambda rng: composed(3, 3, 3, rng),
    properties=(
        is_jacobian_of(lambda x, g, Df: Df.of(g(x)), lambda args: (args[3], args[0], args[2])),
    ),
    explanation=(
        "g is entered at x, f is entered at y = g(x): each Jacobian is taken where its function "
        "is. A change of x meets J_g first, so J_g stands on the right."
    ),
    wrong=(
        Wrong(
            "evaluated at x",
            lambda g, J_g, Df, x: Df(x) @ J_g(x),
            "Df is taken at x. The number that enters f is g(x), so its derivative is taken there: "
            "Df(g(x)). Where x and g(x) are equally long, nothing warns you.",
        ),
        Wrong(
            "wrong order",
            lambda g, J_g, Df, x: J_g(x) @ Df(g(x)),
            "The factors stand in the wrong order. A change of x goes through g first, and what is "
            "applied first stands on the right: Df · J_g.",
        ),
        Wrong(
            "transposed",
            lambda g, J_g, Df, x: (Df(g(x)) @ J_g(x)).T,
            "The numbers are right, but the matrix lies on its side: this is the transpose. Rows "
            "are the outputs of f, columns the inputs of g.",
        ),
        Wrong(
            "only the outer factor",
            lambda g, J_g, Df, x: Df(g(x)),
            "This is Df alone: how h moves with y. How y moves with x is missing: multiply by "
            "J_g(x).",
        ),
        Wrong(
            "only the inner factor",
            lambda g, J_g, Df, x: J_g(x),
            "This is J_g alone: how y moves with x. How h moves with y is missing: multiply by Df, "
            "from the left.",
        ),
        Wrong(
            "inner factor at y",
            lambda g, J_g, Df, x: Df(g(x)) @ J_g(g(x)),
            "J_g is taken at g(x). What enters g is x, so its Jacobian is taken at x.",
        ),
        Wrong(
            "the points exchanged",
            lambda g, J_g, Df, x: Df(x) @ J_g(g(x)),
            "The two points have changed places: f is entered at g(x), g is entered at x.",
        ),
        Wrong(
            "entry by entry",
            lambda g, J_g, Df, x: Df(g(x)) * J_g(x),
            "* multiplies entry by entry. Composing linear maps is the matrix product: use @.",
        ),
        Wrong(
            "added",
            lambda g, J_g, Df, x: Df(g(x)) + J_g(x),
            "The factors are added. Along one path slopes multiply; only different paths add.",
        ),
        Wrong(
            "a factor transposed",
            lambda g, J_g, Df, x: Df(g(x)) @ J_g(x).T,
            "J_g is transposed. The columns of Df and the rows of J_g both belong to y, so the two "
            "matrices fit as they are.",
        ),
    ),
)


def gradient(W, t, x):
    r = W @ x - t
    return r[None, :] @ W


def least_squares(m, n, rng):
    return rng.standard_normal((m, n)), rng.standard_normal(m), rng.standard_normal(n)


GRADIENT_ROW = Function(
    name="gradient-row",
    title="The gradient of a loss, as a row",
    task=(
        "The loss is $l = \\frac12 \\lVert W x - t \\rVert^2$, with $W$ of shape $(m, n)$. Return "
        "its derivative in $x$ as a row: an array of shape $(1, n)$."
    ),
    hints=(
        "l is a composition: first y = W x, then f(y) = ½‖y − t‖².",
        "Dl = Df(y) · J_g with Df(y) = (y − t) as a row, and J_g = W.",
        "r = ...                  # y - t, shape (m,)\nreturn r[None, :] @ ...   # (1, n)",
    ),
    reference=gradient,
    fixed=(
        (np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]), np.ones(3), np.array([2.0, -1.0])),
        (np.array([[2.0, -1.0, 0.5]]), np.array([1.0]), np.array([1.0, 2.0, 4.0])),
        (np.array([[1.0], [-2.0]]), np.array([3.0, 0.0]), np.array([2.0])),
        (np.array([[1.0, 0.0, 2.0], [0.0, 3.0, -1.0]]), np.array([3.0, 2.0]), np.ones(3)),
    ),
    random=lambda rng: least_squares(*list(three_sizes(rng))[:2], rng),
    square=lambda rng: least_squares(3, 3, rng),
    properties=(
        is_jacobian_of(
            lambda x, W, t: np.sum((W @ x - t) ** 2) / 2,
            lambda args: (args[2], args[0], args[1]),
        ),
    ),
    explanation=(
        "The derivative of ½‖y − t‖² in y is the row (y − t), and the Jacobian of W x in x is W. "
        "Row times matrix is a row: (1 × m)(m × n)."
    ),
    wrong=(
        Wrong(
            "flat",
            lambda W, t, x: (W @ x - t) @ W,
            "The numbers are right. This is NumPy's gradient array, with one axis; asked for is "
            "the row as a matrix, (1, n): write [None, :] behind it.",
        ),
        Wrong(
            "a column",
            lambda W, t, x: (W.T @ (W @ x - t))[:, None],
            "This is the gradient as a column, the transpose. The derivative of a scalar is a row "
            "here, so that Dl · v works without a transpose.",
        ),
        Wrong(
            "forgot the inner factor",
            lambda W, t, x: (W @ x - t)[None, :],
            "This is the derivative in y, one number for each output of W x. To get to x, multiply "
            "by the Jacobian of W x, from the right.",
        ),
        Wrong(
            "forgot the outer factor",
            lambda W, t, x: np.sum(W, axis=0)[None, :],
            "Here the rows of W are added, as if the loss were the sum of W x. The row (W x − t) "
            "belongs in front.",
        ),
        Wrong(
            "sign",
            lambda W, t, x: (t - W @ x)[None, :] @ W,
            "The sign is turned round: the derivative of ½(y − t)² in y is y − t.",
        ),
        Wrong(
            "twice too large",
            lambda W, t, x: 2 * (W @ x - t)[None, :] @ W,
            "This is twice the derivative: the 2 of the square and the ½ in front cancel.",
        ),
        Wrong(
            "mean for sum",
            lambda W, t, x: (W @ x - t)[None, :] @ W / len(t),
            "This is divided by m. The loss is half the sum of the squares, not their mean.",
        ),
        Wrong(
            "forgot the target",
            lambda W, t, x: (W @ x)[None, :] @ W,
            "The target t is missing. The derivative of ½‖y − t‖² is y − t, not y.",
        ),
        Wrong(
            "the loss",
            lambda W, t, x: np.sum((W @ x - t) ** 2) / 2,
            "This is the loss itself. Its derivative has one slope for each number of x.",
        ),
        Wrong(
            "the product with W transposed",
            lambda W, t, x: (W @ x - t)[None, :] @ W.T,
            "W is transposed. The row (W x − t) has m numbers and W has m rows: they meet as they "
            "are. With a square W nothing warns you.",
        ),
        Wrong(
            "a row for each output",
            lambda W, t, x: (W @ x - t)[:, None] * W,
            "Each row of W is weighed by its residual; now add the rows, and one row is left. That "
            "is what the matrix product does.",
        ),
    ),
)

TOO_EARLY = "Dh is the product of all three factors: {} must be there before it."

ORDER_OF_WORK = Ordering(
    name="order-of-work",
    title="What must be computed before what?",
    task=(
        "For $h = f \\circ g_2 \\circ g_1$ you need $y_1 = g_1(x)$, $y_2 = g_2(y_1)$, the "
        "Jacobians $A_1$ of $g_1$, $A_2$ of $g_2$, $Df$ of $f$, each taken where it belongs, and "
        "their product $Dh$. Put the six items `y1`, `y2`, `A1`, `A2`, `Df`, `Dh` in an order in "
        "which they can be computed, as a list of texts. There is more than one."
    ),
    hints=(
        "For each item, ask what must be known already. Begin with what needs x alone.",
        "Dh(x) = Df(y_2) · A_2(y_1) · A_1(x), y_1 = g_1(x), y_2 = g_2(y_1).",
        '["y1", ..., ..., ..., ..., "Dh"]',
    ),
    example=(
        "For h = f∘g the items y, J_g, Df, Dh can stand as y, Df, J_g, Dh, or as J_g, y, Df, Dh."
    ),
    items=("y1", "y2", "A1", "A2", "Df", "Dh"),
    before={
        ("y1", "y2"): "y2 stands before y1, but y2 = g_2(y1): the evaluation runs from x outwards.",
        ("y1", "A2"): (
            "A2 stands before y1. The Jacobian of g_2 is taken where g_2 is entered, at y1, so y1 "
            "comes first."
        ),
        ("y2", "Df"): (
            "Df stands before y2. The derivative of f is taken where f is entered, at y2 and not "
            "at x, so y2 comes first."
        ),
        ("A1", "Dh"): TOO_EARLY.format("A1"),
        ("A2", "Dh"): TOO_EARLY.format("A2"),
        ("Df", "Dh"): TOO_EARLY.format("Df"),
    },
    solution='my_order = ["y1", "A1", "y2", "A2", "Df", "Dh"]',
    explanation=(
        "Each Jacobian has to wait for the value at which it is taken, and for nothing else. So "
        "the values come first, inside out, and the last factor, Df, waits longest."
    ),
)


def gradient_of_tanh(W, x):
    a = W @ x
    y = np.tanh(a)
    l = np.sum(y**2) / 2
    row_y = y
    row_a = row_y * (1 - a**2)
    row_x = row_a @ W
    return l, row_x


def gradient_of_tanh_mended(W, x):
    a = W @ x
    y = np.tanh(a)
    l = np.sum(y**2) / 2
    row_y = y
    row_a = row_y * (1 - y**2)
    row_x = row_a @ W
    return l, row_x


WRONG_LINE = WrongLine(
    name="wrong-line",
    title="Find the wrong line",
    task=(
        "This program should return the loss $l = \\frac12 \\lVert \\tanh(W x) \\rVert^2$ and its "
        "derivative in $x$. It runs, and all shapes are right, but one line is wrong. Each `row_` "
        "is the derivative of $l$ in the value after the underscore. Which line is it?"
    ),
    hints=(
        "The values of lines 2 to 4 are right. Go on from there, one factor at a time.",
        "The slope of tanh at a is 1 − tanh(a)².",
        "Write down what tanh(a) is called in this program, and read lines 5 to 7 once more.",
    ),
    example=(
        "In  y = x**2;  slope = 2 * y  the second line is wrong: the slope of x² is 2 x, and y is "
        "not x."
    ),
    program=gradient_of_tanh,
    mended=gradient_of_tanh_mended,
    explanation=(
        "The slope of tanh at a is 1 − tanh(a)², and tanh(a) is y, so the line must read "
        "row_a = row_y * (1 - y**2). Near a = 0 both are nearly the same: the fault can hide."
    ),
    reasons={
        1: "Line 1 only names what comes in: W of shape (m, n) and x of shape (n,).",
        2: "Line 2 is right: it is the linear map W x, of shape (m,).",
        3: "Line 3 is right: tanh, entry by entry.",
        4: "Line 4 is right: ½‖y‖² is half the sum of the squares.",
        5: "Line 5 is right: the derivative of ½‖y‖² in y is y, as a row.",
        7: "Line 7 is right: row times matrix, (m,) @ (m, n), with the Jacobian W of W x. What "
        "comes into it is wrong already.",
        8: "Line 8 only returns what was computed. The row is wrong before it gets there.",
    },
)

EXERCISES = (SHAPE_OF_A_PRODUCT, CHAIN_RULE, GRADIENT_ROW, ORDER_OF_WORK, WRONG_LINE)
