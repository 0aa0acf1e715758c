"""Chapter 04, Layers and their Jacobians: shapes, two kinds of argument, batches, what is held."""

import numpy as np

from adlab.course.exercises import (
    Function,
    Prediction,
    Value,
    is_jacobian_of,
    linear_in,
    pulls,
)
from adlab.course.grading import Wrong


def two_sizes(rng):
    return (int(size) for size in rng.choice(np.arange(1, 7), 2, replace=False))


SHAPES_OF_A_LAYER = Value(
    name="shapes-of-a-layer",
    title="Three shapes before any code",
    task=(
        "A linear layer $y = a W^\\top + b$ takes 5 numbers and gives 3, and a batch of 4 examples "
        "goes through it. What are the shapes of its Jacobians in $W$, in $b$ and in $a$, all "
        "arrays read as vectors? Write three pairs, in this order: "
        "`[(rows, columns), (rows, columns), (rows, columns)]`."
    ),
    hints=(
        "All three share their rows. How many numbers does y hold, for the whole batch?",
        "Rows: numbers of y. Columns: numbers of W, of b, of a. There is one W for all examples.",
        "[(4 · 3, numbers of W), (4 · 3, numbers of b), (4 · 3, numbers of a)]",
    ),
    example=(
        "With 3 numbers in, 2 out and 4 examples: [(8, 6), (8, 2), (8, 12)], for y has 8 numbers, "
        "W 6, b 2 and a 12."
    ),
    answer="my_shapes",
    want=((12, 15), (12, 3), (12, 20)),
    solution="my_shapes = [(12, 15), (12, 3), (12, 20)]",
    explanation=(
        "y holds 4 · 3 = 12 numbers, the rows of all three. W holds 3 · 5, b holds 3, and a holds "
        "4 · 5. The batch makes rows everywhere, and columns only for a."
    ),
    wrong=(
        Wrong(
            "forgot the batch",
            ((3, 15), (3, 3), (3, 5)),
            "These are the shapes for one example. Four examples give 4 · 3 outputs, and a holds "
            "4 · 5 numbers.",
        ),
        Wrong(
            "transposed",
            ((15, 12), (3, 12), (20, 12)),
            "The numbers are right, but rows are outputs and columns are inputs: swap each pair.",
        ),
        Wrong(
            "one example's input",
            ((12, 15), (12, 3), (12, 5)),
            "The first two are right. The argument a is the whole batch, with 4 · 5 numbers.",
        ),
        Wrong(
            "parameters for each example",
            ((12, 60), (12, 12), (12, 20)),
            "There is one W and one b, which all examples share. A batch adds rows to their "
            "Jacobians and no columns.",
        ),
        Wrong(
            "summed over the batch",
            ((3, 15), (3, 3), (12, 20)),
            "In the parameters the examples are stacked: 12 rows. The sum over the examples "
            "happens when a cotangent is pulled, not in the Jacobian.",
        ),
        Wrong(
            "in and out exchanged",
            ((20, 15), (20, 5), (20, 12)),
            "This layer would take 3 numbers and give 5. Here 5 go in and 3 come out.",
        ),
        Wrong(
            "a bias for each example",
            ((12, 15), (12, 12), (12, 20)),
            "There is one b for all examples, with 3 numbers. Its copies are rows of the "
            "Jacobian, not columns.",
        ),
        Wrong(
            "a alone, for one example",
            ((12, 15), (12, 3), (3, 5)),
            "The first two are right. In a, too, the rows are all 12 numbers of y, and the "
            "columns all numbers of the batch.",
        ),
        Wrong(
            "b before W",
            ((12, 3), (12, 15), (12, 20)),
            "The shapes are right, but the order asked for is W, then b, then a.",
        ),
        Wrong(
            "added the sizes",
            ((12, 8), (12, 3), (12, 20)),
            "W is 3 × 5 and has 3 · 5 entries, each with a column of its own. 8 is 3 + 5.",
        ),
        Wrong(
            "the arguments",
            ((3, 5), (3, 1), (4, 5)),
            "These are the shapes of W, b and a themselves. A Jacobian has a row for each number "
            "of y and a column for each number of its argument.",
        ),
    ),
)


def both(x, a):
    P = (a @ a) * np.eye(len(x))
    A = 2 * np.outer(x, a)
    return np.hstack([P, A])


def beside(P, A):
    return np.hstack([P, A])


def P_of(x, a):
    return (a @ a) * np.eye(len(x))


BOTH_JACOBIANS = Function(
    name="both-jacobians",
    title="Both Jacobians of a new layer",
    task=(
        "The layer $y = x \\, (a_1^2 + \\dots + a_n^2)$ has a parameter vector $x$ with $m$ "
        "numbers and an input $a$ with $n$: the parameters, times one number made of the input. "
        "Return its Jacobian $[P \\; A]$ as one matrix, $P$ in the parameters and $A$ in the input "
        "side by side."
    ),
    hints=(
        "Write one output: y_i = x_i (a_1² + … + a_n²). Which numbers of x does it contain?",
        "P_ij = (a·a) [i = j], A_ij = 2 x_i a_j.",
        "P = ... * np.eye(...)\nA = ... * np.outer(..., ...)   # (m, n)\nreturn np.hstack([P, A])",
    ),
    reference=both,
    fixed=(
        (np.array([3.0, -1.0]), np.array([1.0, 0.0, 2.0])),
        (np.array([2.0]), np.array([1.0, -1.0, 3.0])),
        (np.array([1.0, 2.0, -2.0]), np.array([-3.0])),
        (np.array([1.0, 0.0, 2.0, -1.0]), np.array([0.5, -2.0])),
    ),
    random=lambda rng: tuple(rng.standard_normal(size) for size in two_sizes(rng)),
    square=lambda rng: (rng.standard_normal(3), rng.standard_normal(3)),
    properties=(
        is_jacobian_of(
            lambda both, m: both[:m] * (both[m:] @ both[m:]),
            lambda args: (np.concatenate(args), len(args[0])),
        ),
    ),
    explanation=(
        "Output i contains x_i and no other parameter, so P is a diagonal, with the same number "
        "a·a in every place. Every output contains every input: A is full, and an outer product."
    ),
    wrong=(
        Wrong(
            "exchanged",
            lambda x, a: beside(2 * np.outer(x, a), P_of(x, a)),
            "The two blocks have changed places: P, the Jacobian in the parameters x, stands "
            "left, and A, the one in the input a, right.",
        ),
        Wrong(
            "stacked",
            lambda x, a: np.vstack([P_of(x, a), 2 * np.outer(x, a)]),
            "The blocks stand on top of each other, which fits only if m = n. They share their "
            "rows, the outputs, so they stand side by side: np.hstack.",
        ),
        Wrong(
            "A transposed",
            lambda x, a: beside(P_of(x, a), 2 * np.outer(a, x)),
            "A lies on its side: its rows are the outputs, one for each x_i, and its columns the "
            "inputs a_j. Transposed it fits beside P only if m = n.",
        ),
        Wrong(
            "forgot a factor",
            lambda x, a: beside(P_of(x, a), np.outer(x, a)),
            "P is right. In A a factor is missing: the slope of a_j² is 2 a_j.",
        ),
        Wrong(
            "a column for P",
            lambda x, a: beside((a @ a) * np.ones((len(x), 1)), 2 * np.outer(x, a)),
            "P has one column only. x holds m numbers, so P has m columns: the diagonal becomes a "
            "matrix, with zeros elsewhere.",
        ),
        Wrong(
            "a full P",
            lambda x, a: beside((a @ a) * np.ones((len(x), len(x))), 2 * np.outer(x, a)),
            "P is full of a·a. Output i contains x_i only, so it does not move with the other "
            "parameters: off the diagonal there are zeros.",
        ),
        Wrong(
            "kept x in P",
            lambda x, a: beside(np.diag(x * (a @ a)), 2 * np.outer(x, a)),
            "The diagonal of P holds the outputs themselves. y_i is linear in x_i, so its slope "
            "contains a only.",
        ),
        Wrong(
            "the same row m times",
            lambda x, a: beside(P_of(x, a), 2 * np.outer(np.ones(len(x)), a)),
            "P is right, and all rows of A are alike. Row i belongs to y_i, and is multiplied by "
            "x_i.",
        ),
        Wrong(
            "a root",
            lambda x, a: beside(np.sqrt(a @ a) * np.eye(len(x)), 2 * np.outer(x, a)),
            "The diagonal of P holds the length of a. The layer contains the sum of the squares, "
            "a·a, and no root.",
        ),
        Wrong(
            "P alone",
            P_of,
            "This is P alone. The input a moves the outputs too: its Jacobian A belongs beside P.",
        ),
        Wrong(
            "A alone",
            lambda x, a: 2 * np.outer(x, a),
            "This is A alone. The parameters move the outputs too: their Jacobian P belongs on "
            "the left.",
        ),
    ),
)


def pull_bias(u):
    return u.reshape(-1, u.shape[-1]).sum(axis=0)


def weights_on_a_batch(rng):
    """A cotangent with one or two axes of examples, no two sizes alike."""
    sizes = rng.choice(np.arange(1, 6), int(rng.integers(2, 4)), replace=False)
    return (rng.standard_normal([int(size) for size in sizes]),)


PULL_THE_BIAS = Function(
    name="pull-the-bias",
    title="The pull of a broadcast bias",
    task=(
        "In $y = z + b$ the bias $b$ has shape $(m,)$, and $z$ has the shape $(\\dots, m)$: one "
        "axis or more in front of the last, such as (batch, m) or (batch, time, m). $b$ is "
        'broadcast. `u` is a <span style="color:#D55E00">cotangent</span> in the shape of $y$. '
        "Pull it back to $b$: return $u J_b$, with the shape $(m,)$."
    ),
    hints=(
        "How often is b_l used? Each use sends something back.",
        "b_bar_l is the sum of u over all places that end in l: the transpose of a copy is a sum.",
        "return u.reshape(..., u.shape[-1]).sum(axis=...)",
    ),
    reference=pull_bias,
    fixed=(
        (np.array([[1.0, 2.0, -1.0], [1.0, 1.0, 2.0]]),),
        (np.array([[4.0, -2.0]]),),
        (np.array([[1.0], [2.0], [-5.0]]),),
        (np.arange(24.0).reshape(2, 4, 3) - 7,),
    ),
    random=weights_on_a_batch,
    square=lambda rng: (rng.standard_normal((3, 3)),),
    properties=(
        linear_in("u", 0),
        pulls(
            lambda b, u: np.broadcast_to(b, u.shape),
            lambda args: (np.zeros(args[0].shape[-1]), args[0], args[0]),
        ),
    ),
    explanation=(
        "Broadcasting copies b_l to every place that ends in l. The Jacobian is a stack of "
        "identities, and a row times that stack adds up its parts."
    ),
    wrong=(
        Wrong(
            "the first axis only",
            lambda u: u.sum(axis=0),
            "This adds over the first axis. With (batch, time, m) there are two axes of copies: "
            "add over every axis but the last.",
        ),
        Wrong(
            "over the outputs",
            lambda u: u.sum(axis=-1),
            "This adds over the last axis, the outputs of each example. b_l was copied along the "
            "axes in front: add over those, so that m numbers are left.",
        ),
        Wrong(
            "not added",
            lambda u: u,
            "u itself came back. b has m numbers: what its copies send back is added up.",
        ),
        Wrong(
            "a mean",
            lambda u: u.reshape(-1, u.shape[-1]).mean(axis=0),
            "This is the mean. Every copy counts fully, so it is the sum. Where a loss takes a "
            "mean, the division is in u already.",
        ),
        Wrong(
            "a mean over the first axis",
            lambda u: u.mean(axis=0),
            "This is a mean. Every copy counts fully, so it is the sum, over every axis but the "
            "last.",
        ),
        Wrong(
            "everything",
            lambda u: u.sum(),
            "Everything is added to one number. The m numbers of b stay apart.",
        ),
        Wrong(
            "the first example",
            lambda u: u.reshape(-1, u.shape[-1])[0],
            "This is what the first copy sends back. The others send something too: add them.",
        ),
        Wrong(
            "one axis left",
            lambda u: u.sum(axis=-2),
            "This adds over the last axis but one. If there are more axes in front, add over them "
            "as well.",
        ),
        Wrong(
            "two axes",
            lambda u: u.sum(axis=(0, 1)),
            "This always adds over two axes. With (batch, m) the second one is the last, which "
            "stays: let the number of axes depend on u.ndim, or reshape u first.",
        ),
        Wrong(
            "counted the copies",
            lambda u: np.full(u.shape[-1], u.size // u.shape[-1]),
            "This counts the copies of each number of b, as if all weights were 1. Add the "
            "weights u.",
        ),
    ),
)


def pull_glu(a, u):
    n = len(u)
    p, q = a[:n], a[n:]
    s = 1 / (1 + np.exp(-q))
    return np.concatenate([u * s, u * p * s * (1 - s)])


def halves(a):
    """p, q and σ(q)."""
    p, q = np.split(a, 2)
    return p, q, 1 / (1 + np.exp(-q))


def glu(a):
    p, _, s = halves(a)
    return p * s


def glu_case(rng):
    n = int(rng.integers(1, 6))
    return rng.standard_normal(2 * n), rng.standard_normal(n)


def wrong_glu(pieces):
    """A wrong pull: `pieces(u, p, s)` are the parts that are put one after the other."""

    def pull(a, u):
        p, _, s = halves(a)
        return np.concatenate(pieces(u, p, s))

    return pull


PULL_A_GLU = Function(
    name="pull-a-glu",
    title="The pull of a layer you have not seen",
    task=(
        "A gated linear unit takes $2n$ numbers and gives $n$. Its input $a$ has two halves, first "
        "$p$ and then $q$, and the output is $y = p \\odot \\sigma(q)$ with "
        "$\\sigma(q) = 1 / (1 + e^{-q})$, whose slope is $\\sigma (1 - \\sigma)$. Pull a "
        '<span style="color:#D55E00">cotangent</span> `u` with $n$ numbers back through it: return '
        "$u J$, with $2n$ numbers in the order of $a$. No matrix is needed."
    ),
    hints=(
        "J is n × 2n: two blocks side by side, one in p and one in q. Each is a diagonal.",
        "J = [diag(σ(q))   diag(p ⊙ σ(q) ⊙ (1 − σ(q)))], and u J = (u J_p, u J_q).",
        "p, q = a[:n], a[n:]\ns = ...\nreturn np.concatenate([u * ..., u * ...])",
    ),
    reference=pull_glu,
    fixed=(
        (np.array([2.0, -1.0, 3.0, 0.0, 0.0, 0.0]), np.array([1.0, 2.0, -4.0])),
        (np.array([1.0, 2.0]), np.array([2.0])),
        (np.array([1.0, -2.0, 0.5, -1.0]), np.array([1.0, 3.0])),
        (np.array([0.0, 2.0, 1.0, -3.0]), np.zeros(2)),
    ),
    random=glu_case,
    properties=(linear_in("u", 1), pulls(glu, lambda args: args)),
    explanation=(
        "Both halves of a reach the same output, so J has two diagonal blocks side by side. u is "
        "sent to both halves, each with its own slope, and the parts stand one after the other."
    ),
    wrong=(
        Wrong(
            "forgot the gate",
            wrong_glu(lambda u, p, s: (u * s, 0 * u)),
            "The gate q is treated as a constant. It is the second half of the input, and y moves "
            "with it: its block is diag(p σ (1 − σ)).",
        ),
        Wrong(
            "one half only",
            wrong_glu(lambda u, p, s: (u * s,)),
            "This is the part of p alone. The input has 2n numbers, and so has u J: the part of q "
            "follows.",
        ),
        Wrong(
            "forgot p",
            wrong_glu(lambda u, p, s: (u * s, u * s * (1 - s))),
            "In the part of q the factor p is missing: q moves σ(q), and y is p times that.",
        ),
        Wrong(
            "value for slope",
            wrong_glu(lambda u, p, s: (u * s, u * p * s)),
            "In the part of q stands the value σ(q) where its slope belongs, σ (1 − σ).",
        ),
        Wrong(
            "slope in p",
            wrong_glu(lambda u, p, s: (u * s * (1 - s), u * p * s * (1 - s))),
            "In the part of p σ is differentiated too. There q rests, and the slope of p σ(q) in "
            "p is σ(q).",
        ),
        Wrong(
            "parts exchanged",
            wrong_glu(lambda u, p, s: (u * p * s * (1 - s), u * s)),
            "The two parts have changed places: p is the first half of a, so its part is first.",
        ),
        Wrong(
            "added",
            wrong_glu(lambda u, p, s: (u * s + u * p * s * (1 - s),)),
            "The two parts are added. They belong to different inputs, so they stand one after "
            "the other: 2n numbers. Sums appear when one input is used twice.",
        ),
        Wrong(
            "forgot the cotangent",
            wrong_glu(lambda u, p, s: (s, p * s * (1 - s))),
            "These are the slopes, the diagonals of the two blocks. Weigh each with its u.",
        ),
        Wrong(
            "sign",
            wrong_glu(lambda u, p, s: (u * s, -u * p * s * (1 - s))),
            "The part of q has the wrong sign: σ rises, so its slope σ (1 − σ) is positive.",
        ),
        Wrong(
            "in two rows",
            lambda a, u: pull_glu(a, u).reshape(2, -1),
            "Both parts are right. They belong into one array with one axis, one after the other: "
            "np.concatenate.",
        ),
        Wrong(
            "q first",
            lambda a, u: pull_glu(np.roll(a, len(u)), u),
            "p and q are exchanged: p is the first half of a, and q, which goes into σ, the "
            "second.",
        ),
        Wrong(
            "halves exchanged",
            lambda a, u: np.roll(pull_glu(np.roll(a, len(u)), u), len(u)),
            "The halves are exchanged: p is the first half, and q, which goes into σ, the second.",
        ),
    ),
)

PREDICT_WHAT_DENSE_HOLDS = Prediction(
    name="predict-what-dense-holds",
    title="Predict what a dense Jacobian would hold",
    task=(
        "A linear layer takes 5 numbers and gives 2, and the batch has 3 examples. How many "
        "numbers would $P$, its Jacobian in $W$ and $b$ together, hold as a dense matrix? And how "
        "many does its structure hold? Write two numbers, as in `[16, 3]`. The check sets your "
        "panel there."
    ),
    hints=(
        "Dense: rows times columns. Structure: which numbers do you need to write P down?",
        "P has B m rows and m n + m columns. Apart from zeros and ones it consists of a.",
        "[(3 · 2) · (2 · 5 + 2), numbers of a]",
    ),
    example=(
        "With 3 numbers in, 2 out and one example P is 2 × 8 and consists of the 3 numbers of a, "
        "zeros and ones: [16, 3]."
    ),
    panel="layers",
    settings={"layer": "Linear", "n": 5, "m": 2, "batch": 3},
    measure=lambda shown: (shown.P.dense.size, shown.P.held),
    what="what P holds",
    solution="my_prediction = [72, 15]",
    explanation=(
        "P is 6 × 12, so 72 numbers. All of it can be told from the input, 3 · 5 numbers: the rest "
        "is zero or one, in known places."
    ),
    wrong=(
        Wrong(
            "forgot the bias",
            (60, 15),
            "60 is the Jacobian in W alone, 6 × 10. b has 2 numbers, so P has two columns more.",
        ),
        Wrong(
            "forgot the batch",
            (24, 5),
            "That is one example. Three of them are stacked: three times as many rows, and three "
            "inputs to hold.",
        ),
        Wrong(
            "held the parameters",
            (72, 12),
            "72 is right. P does not consist of W and b, but of the other argument, the input a.",
        ),
        Wrong(
            "held W",
            (72, 10),
            "72 is right. It is A that consists of W; P consists of the input a.",
        ),
        Wrong(
            "counted the entries",
            (72, 36),
            "72 is right, and 36 entries are not zero by structure. But a number of a stands in P "
            "once for each output: held once, it serves all of them. And ones need no memory.",
        ),
        Wrong(
            "held for each output",
            (72, 30),
            "72 is right. Each number of a stands in P twice, once for each output. It has to be "
            "held once.",
        ),
        Wrong(
            "held the bias",
            (72, 17),
            "72 is right, and so are the 15 numbers of a. The block of b consists of identities, "
            "and these hold nothing.",
        ),
        Wrong(
            "held all",
            (72, 72),
            "72 is right. The structure knows where the zeros are, and that each number of a "
            "comes back in every output: it holds only a.",
        ),
        Wrong(
            "the other Jacobian",
            (90, 10),
            "These are the numbers of A, 6 × 15, which holds W. P has a column for each number of "
            "W and b, and holds a.",
        ),
        Wrong("exchanged", (15, 72), "The two have changed places: the dense matrix comes first."),
        Wrong(
            "parameters for each example",
            (216, 15),
            "15 is right. But all examples share one W and one b: a batch adds rows to P, and no "
            "columns.",
        ),
    ),
)

EXERCISES = (
    SHAPES_OF_A_LAYER,
    BOTH_JACOBIANS,
    PULL_THE_BIAS,
    PULL_A_GLU,
    PREDICT_WHAT_DENSE_HOLDS,
)
