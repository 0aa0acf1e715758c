"""Chapter 01, Derivatives are linear maps: a Jacobian, J v and u J by hand, and a JVP in code."""

import numpy as np

from adlab.course.exercises import Function, Prediction, Value, linear_in, pushes
from adlab.course.grading import Wrong

G = "$g(x) = (x_1 x_2,\\; x_1 + 3 x_2,\\; x_1^2)$"

JACOBIAN_BY_HAND = Value(
    name="jacobian-by-hand",
    title="A Jacobian by hand",
    task=(
        f"Take {G}, from 2 numbers to 3. Work out its Jacobian at $x = (3, 2)$ on paper, and write "
        "it as an array with one row for each output."
    ),
    hints=(
        "Go row by row: one output at a time, and its slope in each of the two inputs.",
        "J_ij = ∂g_i / ∂x_j. In ∂/∂x_1 the other input, x_2, is a constant.",
        "J = np.array([[..., ...], [..., ...], [..., ...]])   # the first row is [x_2, x_1]",
    ),
    example=(
        "For g(x) = (x_1 + x_2, x_2²) at x = (4, 3) the rows are (1, 1) and (0, 6): "
        "np.array([[1, 1], [0, 6]])."
    ),
    answer="J",
    want=((2, 3), (1, 3), (6, 0)),
    solution="J = np.array([[2, 3], [1, 3], [6, 0]])",
    explanation=(
        "The rows are (x_2, x_1), (1, 3) and (2 x_1, 0), taken at x = (3, 2). The second row is "
        "the same everywhere, because that output is linear."
    ),
    wrong=(
        Wrong(
            "transposed",
            ((2, 1, 6), (3, 3, 0)),
            "This is the transpose: the right numbers, with inputs as rows. Rows are outputs and "
            "columns are inputs, so three outputs of two inputs make a 3 × 2 matrix.",
        ),
        Wrong(
            "swapped the columns",
            ((3, 2), (3, 1), (0, 6)),
            "The two columns have changed places. The first column is the slope in x_1, the second "
            "the slope in x_2.",
        ),
        Wrong(
            "swapped the point",
            ((3, 2), (1, 3), (4, 0)),
            "This is the Jacobian at (2, 3). The point is x_1 = 3, x_2 = 2.",
        ),
        Wrong(
            "forgot a factor",
            ((2, 3), (1, 3), (3, 0)),
            "All is right except the last row: the slope of x_1² is 2 x_1, and x_1 is 3.",
        ),
        Wrong(
            "kept the product",
            ((6, 3), (1, 3), (6, 0)),
            "The first row holds the value x_1 x_2 itself. In ∂/∂x_1 the factor x_2 is a constant "
            "and stays; x_1 goes.",
        ),
        Wrong(
            "lost the 3",
            ((2, 3), (1, 1), (6, 0)),
            "Look at the second row: x_1 + 3 x_2 rises by 3 when x_2 rises by 1.",
        ),
        Wrong(
            "the missing input",
            ((2, 3), (1, 3), (6, 6)),
            "In the last row, x_2 does not occur in x_1²: moving it changes nothing there, so the "
            "slope is 0.",
        ),
        Wrong(
            "the value",
            (6, 9, 9),
            "That is g(x), the three outputs. The Jacobian holds their slopes: two for each of "
            "them.",
        ),
    ),
)

PUSH_BY_HAND = Value(
    name="push-by-hand",
    title="Push a tangent: J v",
    task=(
        f"Stay with {G} at $x = (3, 2)$. Push the "
        '<span style="color:#0072B2">tangent</span> $v = (1, -2)$ through it: what is $J v$?'
    ),
    hints=(
        "v is a small change of the inputs; J v is the change of the outputs that goes with it.",
        "(J v)_i = J_i1 v_1 + J_i2 v_2: each row of J times v.",
        "J_v = np.array([J_11 * v_1 + J_12 * v_2, ..., ...])   # put your numbers in",
    ),
    example="With J = [[1, 1], [0, 6]] and v = (2, 1): J v = (1·2 + 1·1, 0·2 + 6·1) = (3, 6).",
    answer="J_v",
    want=(-4, -5, 6),
    solution="J_v = np.array([-4, -5, 6])",
    explanation=(
        "Row by row: 2·1 + 3·(−2) = −4, 1·1 + 3·(−2) = −5, 6·1 + 0·(−2) = 6. One number for each "
        "output."
    ),
    wrong=(
        Wrong(
            "not added",
            ((2, -6), (1, -6), (6, 0)),
            "Each row is multiplied by v, entry by entry, but not added up. J v adds along each "
            "row, so three numbers are left.",
        ),
        Wrong(
            "the moved value",
            (2, 4, 15),
            "This is g(x) + J v, the approximate new value. J v is the change alone.",
        ),
        Wrong(
            "the exact change",
            (-6, -5, 7),
            "This is g(x + v) − g(x), the true change for a step that is not small. J v is its "
            "linear part: no squares of v are in it.",
        ),
        Wrong(
            "g of v",
            (-2, -5, 1),
            "This is g(v). The tangent does not go through g, but through the Jacobian of g at x.",
        ),
        Wrong(
            "sign",
            (8, 7, 6),
            "The sign of v_2 got lost: v = (1, −2), so the second column counts −2 times.",
        ),
        Wrong(
            "swapped the tangent",
            (-1, 1, -12),
            "This belongs to v = (−2, 1). The first number of v goes with the first column.",
        ),
        Wrong(
            "summed",
            -3,
            "Everything is added to one number. J v keeps one number for each output: a cotangent "
            "would be needed to weigh them together.",
        ),
    ),
)

PULL_BY_HAND = Value(
    name="pull-by-hand",
    title="Pull a cotangent: u J",
    task=(
        f"Once more {G} at $x = (3, 2)$. Pull the "
        '<span style="color:#D55E00">cotangent</span> $u = (3, -1, 1)$ back through it: what is '
        "$u J$? Write it as an array with one axis."
    ),
    hints=(
        "u weighs the three outputs. u J says how their weighted sum moves with each input.",
        "(u J)_j = u_1 J_1j + u_2 J_2j + u_3 J_3j: u times each column of J.",
        "u_J = np.array([u_1 * J_11 + u_2 * J_21 + u_3 * J_31, ...])   # put your numbers in",
    ),
    example="With J = [[1, 1], [0, 6]] and u = (3, −1): u J = (3·1 − 1·0, 3·1 − 1·6) = (3, −3).",
    answer="u_J",
    want=(11, 6),
    solution="u_J = np.array([11, 6])",
    explanation=(
        "Column by column: 3·2 − 1·1 + 1·6 = 11 and 3·3 − 1·3 + 1·0 = 6: one number for an input, "
        "the gradient of 3 y_1 − y_2 + y_3."
    ),
    wrong=(
        Wrong(
            "forward for reverse",
            (3, 0, 18),
            "This is J times (3, −1): a push. u lives on the three outputs and stands on the left, "
            "so u J has one number for each input: two.",
        ),
        Wrong(
            "the push again",
            (-4, -5, 6),
            "This is J v of the exercise before. Now u comes from the left, and the result has one "
            "number for each input.",
        ),
        Wrong(
            "not added",
            ((6, 9), (-1, -3), (6, 0)),
            "Each row of J is weighed by its number of u, and that is right; now add the three "
            "rows.",
        ),
        Wrong(
            "without weights",
            (9, 6),
            "The rows are added without weights, as if u were (1, 1, 1). Multiply row i by u_i "
            "first.",
        ),
        Wrong(
            "sign",
            (13, 12),
            "The sign of u_2 got lost: u = (3, −1, 1), so the second row is taken away.",
        ),
        Wrong(
            "swapped",
            (6, 11),
            "The two numbers have changed places: the first belongs to x_1, the first column.",
        ),
        Wrong(
            "weighed the values",
            18,
            "This is u · g(x), the weighted sum of the outputs themselves. u J holds its slopes, "
            "one for each input.",
        ),
        Wrong(
            "summed",
            17,
            "The two numbers are added. They are slopes in different inputs and stay apart.",
        ),
    ),
)


def push_cube(a, v):
    return 3 * a**2 * v


def cube_case(rng, square=False):
    sizes = (3, 3) if square else rng.choice(np.arange(1, 6), 2, replace=False)
    shape = tuple(int(n) for n in sizes)[: 2 if square else int(rng.integers(1, 3))]
    return rng.standard_normal(shape), rng.standard_normal(shape)


PUSH_A_CUBE = Function(
    name="push-a-cube",
    title="A JVP in one line",
    task=(
        "The layer $y = a^3$ works entry by entry. Write its JVP: a function of the place `a` and "
        'the <span style="color:#0072B2">tangent</span> `v` that returns $J v$. Both have the same '
        "shape, with one axis or more, and so has the result."
    ),
    hints=(
        "Output i depends on input i alone, so J has numbers on its diagonal and zeros elsewhere.",
        "(J v)_i = y'(a_i) · v_i, and the slope of a³ is 3 a².",
        "slope = ...   # the shape of a\nreturn slope * v",
    ),
    reference=push_cube,
    fixed=(
        (np.array([1.0, 2.0]), np.array([3.0, -1.0])),
        (np.array([0.0]), np.array([2.0])),
        (np.array([-1.0, 2.0, 0.5]), np.zeros(3)),
        (np.array([[1.0, -2.0, 0.5]]), np.array([[2.0, 1.0, 4.0]])),
    ),
    random=cube_case,
    square=lambda rng: cube_case(rng, square=True),
    properties=(
        linear_in("v", 1),
        pushes(lambda a: a**3, lambda args: args),
    ),
    explanation=(
        "A diagonal matrix times a vector is a product entry by entry. So J is never built: n "
        "slopes and n multiplications are enough."
    ),
    wrong=(
        Wrong(
            "forgot a factor",
            lambda a, v: a**2 * v,
            "The factor 3 is missing: the slope of a³ is 3 a².",
        ),
        Wrong(
            "kept the power",
            lambda a, v: 3 * a**3 * v,
            "The power was not lowered: the slope of a³ is 3 a², one power less.",
        ),
        Wrong(
            "forgot the tangent",
            lambda a, v: 3 * a**2,
            "These are the slopes alone, the diagonal of J. Now push v through: multiply by it.",
        ),
        Wrong(
            "the exact change",
            lambda a, v: (a + v) ** 3 - a**3,
            "This is the true change from a to a + v. J v is its linear part: what is left of it "
            "when v is so small that v² and v³ vanish.",
        ),
        Wrong(
            "swapped a and v",
            lambda a, v: 3 * v**2 * a,
            "a and v have changed places: the slope is taken at a, and the result is linear in v.",
        ),
        Wrong(
            "the whole matrix",
            lambda a, v: np.diag(np.ravel(3 * a**2)),
            "This is the Jacobian itself, n × n and nearly all zeros. A JVP returns J v, in the "
            "shape of v, and never writes J down.",
        ),
        Wrong(
            "the matrix times v",
            lambda a, v: np.diag(np.ravel(3 * a**2)) * np.ravel(v),
            "Multiplying the matrix J by v with * keeps it a matrix. J v is a vector: for a "
            "diagonal J, the slopes times v, entry by entry.",
        ),
        Wrong(
            "summed",
            lambda a, v: np.sum(3 * a**2 * v),
            "The entries are added to one number, as if the layer had one output. It has as many "
            "as inputs: leave out the sum, or use * where @ stands.",
        ),
        Wrong(
            "value for slope",
            lambda a, v: a**3 * v,
            "v is multiplied by the value a³. It is to be multiplied by the slope, 3 a².",
        ),
        Wrong(
            "the moved value",
            lambda a, v: a**3 + 3 * a**2 * v,
            "This is y + J v, the approximate new value. A JVP returns the change J v alone.",
        ),
        Wrong(
            "sign",
            lambda a, v: -3 * a**2 * v,
            "The sign is turned round: a³ rises everywhere, so its slope is never negative.",
        ),
        Wrong(
            "the slope at v",
            lambda a, v: 3 * v**2 * v,
            "The slope is taken at v. It is taken at a, the place where you stand.",
        ),
    ),
)

PREDICT_THE_PUSH = Prediction(
    name="predict-the-push",
    title="Predict, then let the panel answer",
    task=(
        "Predict before you drag: the map “a fold” is $g(x, y) = (x + y/4,\\; y^2 - 1)$. At the "
        "point $x = 1$, $y = 1.5$ the "
        '<span style="color:#0072B2">tangent</span> $v = (0, 1)$ points straight up (its angle is '
        "90). What is $J v$? Write two numbers, as in `[2, 0.5]`. The check sets your panel there."
    ),
    hints=(
        "v = (0, 1) moves y alone. How fast does each output follow?",
        "J (0, 1) is the second column of J: ∂g_1/∂y and ∂g_2/∂y.",
        "[slope of x + y/4 in y, slope of y² − 1 in y, at y = 1.5]",
    ),
    example="With v = (1, 0) the push is the first column of J: [1, 0].",
    panel="plane",
    settings={"example": "a fold", "x": 1.0, "y": 1.5, "tangent": 90},
    measure=lambda plane: plane.Jv,
    what="J v",
    tolerance=0.005,
    solution="my_prediction = [0.25, 3]",
    explanation=(
        "J = [[1, 1/4], [0, 2y]] with y = 1.5. Pushing (0, 1) picks its second column, (1/4, 3)."
    ),
    wrong=(
        Wrong(
            "a row for a column",
            (0, 3),
            "That is the second row of J: what the pull of u = (0, 1) gives. A push of (0, 1) "
            "gives the second column.",
        ),
        Wrong(
            "forgot a factor",
            (0.25, 1.5),
            "The slope of y² − 1 is 2y, twice 1.5.",
        ),
        Wrong(
            "the other column",
            (1, 0),
            "That is the first column of J, the push of (1, 0). v = (0, 1) moves y.",
        ),
        Wrong(
            "the value",
            (1.375, 1.25),
            "That is g at the point. J v says how fast g moves when the point moves along v.",
        ),
        Wrong(
            "the exact change",
            (0.25, 4),
            "That is g(p + v) − g(p), the change for a whole step of length 1. J v is the speed at "
            "the start of the step, and y² − 1 becomes steeper on the way.",
        ),
        Wrong(
            "the old point",
            (0.25, 1),
            "That is J v at y = 0.5, where the panel starts. The slope 2y belongs to y = 1.5.",
        ),
    ),
)

EXERCISES = (JACOBIAN_BY_HAND, PUSH_BY_HAND, PULL_BY_HAND, PUSH_A_CUBE, PREDICT_THE_PUSH)
