"""Chapter 05, A chain of layers: the unrolled product, its shapes, its price, and the sweep."""

import numpy as np

from adlab.course.exercises import Function, Property, Value, closed, relative
from adlab.course.grading import Wrong

PARTIAL_AND_TOTAL = Value(
    name="partial-and-total",
    title="Partial against total",
    task=(
        "Take $y_1 = 3x$ and $y_2 = g_2(x, y_1) = x y_1 + y_1^2$, at $x = 2$. Work out the partial "
        "derivative $\\partial g_2 / \\partial x$ and the total derivative $D y_2$ in $x$, and "
        "write them in this order, as in `[1, 2]`."
    ),
    hints=(
        "For the partial one y_1 is a constant. For the total one y_1 moves as well.",
        "D y_2 = ∂g_2/∂x + ∂g_2/∂y_1 · D y_1.",
        "[y_1, y_1 + (x + 2 y_1) · ...] with x = 2 and y_1 = 6",
    ),
    example="In y_1 = x², y_2 = x y_1 at x = 2 the partial one is 4 and the total one is 12.",
    want=(6, 48),
    solution="my_answer = [6, 48]",
    explanation=(
        "With y_1 = 6 held, y_2 moves by y_1 = 6. Through y_1 it moves by (x + 2 y_1) · 3 = 42 "
        "more. Put in, y_2 = 12 x², and 24 x is 48."
    ),
    wrong=(
        Wrong(
            "the path alone",
            (6, 42),
            "42 is the path through y_1 alone. x also stands in g_2 itself, and moves y_2 from "
            "there: the total derivative is the sum of both.",
        ),
        Wrong(
            "swapped",
            (48, 6),
            "Both numbers are right, in the other order: the partial derivative first.",
        ),
        Wrong(
            "total twice",
            (48, 48),
            "48 is the total derivative. For the partial one hold y_1 = 6 still, whatever x does.",
        ),
        Wrong(
            "partial twice",
            (6, 6),
            "6 is the partial derivative. For the total one y_1 = 3x moves as well.",
        ),
        Wrong(
            "the other argument",
            (6, 14),
            "14 is the partial derivative in the other argument, ∂g_2/∂y_1. It is one factor of "
            "the path through y_1.",
        ),
        Wrong(
            "forgot the slope of y_1",
            (6, 20),
            "The path through y_1 has two factors: ∂g_2/∂y_1 = 14, and the slope of y_1 in x.",
        ),
        Wrong(
            "partial in y_1",
            (14, 48),
            "48 is right. 14 is ∂g_2/∂y_1, with x held; asked for is ∂g_2/∂x, with y_1 held.",
        ),
        Wrong(
            "y_1 half held",
            (12, 48),
            "48 is right. In the partial derivative y_1 is the number 6 throughout: only the x "
            "that is written in g_2 moves.",
        ),
        Wrong(
            "values",
            (6, 12),
            "12 is the product x y_1, a value, or the slope of this product alone. The total "
            "derivative follows y_1 in both terms of g_2.",
        ),
    ),
)

UNROLL_BY_HAND = Value(
    name="unroll-by-hand",
    title="Unroll the product by hand",
    task=(
        "A chain of three layers and a loss. At the point where it stands, the Jacobians are\n\n"
        "$$ Df = \\begin{pmatrix} 2 & -1 \\end{pmatrix}, \\quad"
        " A_3 = \\begin{pmatrix} 1 & 0 & 2 \\\\ 3 & 1 & -1 \\end{pmatrix}, $$\n\n"
        "$$ A_2 = \\begin{pmatrix} 1 & 0 \\\\ 0 & 2 \\\\ -1 & 1 \\end{pmatrix}, \\quad"
        " A_1 = \\begin{pmatrix} 1 \\\\ -1 \\end{pmatrix}, $$\n\n"
        "$$ P_3 = \\begin{pmatrix} 1 \\\\ 4 \\end{pmatrix}, \\quad"
        " P_2 = \\begin{pmatrix} 1 \\\\ 0 \\\\ 1 \\end{pmatrix}, $$\n\n"
        "$$ P_1 = \\begin{pmatrix} 1 & 0 & 2 \\\\ 0 & 1 & -1 \\end{pmatrix}. $$\n\n"
        "What is $D_1 l$? You do not need all of them. Work on paper, and write the row as an "
        "array with one axis."
    ),
    hints=(
        "Begin at the loss and go back to layer 1. Which matrices lie between?",
        "D_1 l = Df · A_3 · A_2 · P_1.",
        "row = Df · A_3 has 3 numbers; row · A_2 has 2; times P_1 it has ... numbers",
    ),
    example=(
        "D_2 l needs Df, A_3 and P_2: Df · A_3 = (−1, −1, 5), and (−1, −1, 5) · P_2 = −1 + 5 = 4."
    ),
    answer="D_1_l",
    want=(-6, 3, -15),
    solution="D_1_l = np.array([-6, 3, -15])",
    explanation=(
        "Df · A_3 = (−1, −1, 5); times A_2 it is (−6, 3); times P_1 it is (−6, 3, −15). A_1 leads "
        "to the data, P_2 and P_3 to the parameters of other layers."
    ),
    wrong=(
        Wrong(
            "the data",
            (-9,),
            "This ends with A_1, so it is the derivative in the data y_0. The parameters of layer "
            "1 enter through P_1.",
        ),
        Wrong(
            "stopped at y_1",
            (-6, 3),
            "This is the row on y_1, Df · A_3 · A_2. The last factor, P_1, is missing.",
        ),
        Wrong(
            "stopped at y_2",
            (-1, -1, 5),
            "This is the row on y_2, Df · A_3. Two factors are missing: A_2, then P_1.",
        ),
        Wrong(
            "another layer",
            (4,),
            "This is D_2 l = Df · A_3 · P_2. For layer 1 go one matrix further, through A_2.",
        ),
        Wrong(
            "the last layer",
            (-2,),
            "This is D_3 l = Df · P_3. For layer 1 go back through A_3 and A_2.",
        ),
        Wrong(
            "all weights 1",
            (3, 3, 3),
            "Df is missing: here the rows of A_3 are added, as if both numbers of y_3 weighed 1.",
        ),
        Wrong(
            "sign of Df",
            (2, 5, -1),
            "The sign of the second number of Df got lost: it is −1.",
        ),
        Wrong(
            "without the loss side",
            ((1, 0, 2), (0, 2, -2), (-1, 1, -3)),
            "This is A_2 · P_1, how y_2 moves with x_1. The two factors of the loss side, Df and "
            "A_3, are missing.",
        ),
        Wrong(
            "the partial derivative",
            ((1, 0, 2), (0, 1, -1)),
            "This is P_1, how y_1 moves with x_1. From y_1 the change goes on through A_2 and A_3 "
            "to the loss.",
        ),
    ),
)

SHAPES_ALONG_THE_CHAIN = Value(
    name="shapes-along-the-chain",
    title="Every shape in the product",
    task=(
        "In a chain of four layers the widths are $d_0 = 7$, $d_1 = 4$, $d_2 = 6$, $d_3 = 3$, "
        "$d_4 = 5$, and $x_2$ has 8 numbers. Write down the shapes of all factors of $D_2 l$, from "
        "left to right: a list of pairs (rows, columns), as in `[(2, 3), (3, 4)]`."
    ),
    hints=(
        "First write the product with its names: which A_k lie between the loss and layer 2?",
        "D_2 l = Df · A_4 · A_3 · P_2, where A_k is d_k × d_{k−1} and P_k is d_k × n_k.",
        "[(1, d_4), (d_4, d_3), (d_3, d_2), (d_2, n_2)]",
    ),
    example=("With d = (2, 3, 4) and n_1 = 5: D_1 l = Df · A_2 · P_1 is (1 × 4)(4 × 3)(3 × 5)."),
    answer="my_shapes",
    want=((1, 5), (5, 3), (3, 6), (6, 8)),
    solution="my_shapes = [(1, 5), (5, 3), (3, 6), (6, 8)]",
    explanation=(
        "Neighbours share a size: 1 × 5 × 3 × 6 × 8. The outer sizes are left, so D_2 l is 1 × 8, "
        "a number for each number of x_2."
    ),
    wrong=(
        Wrong(
            "transposed",
            ((5, 1), (3, 5), (6, 3), (8, 6)),
            "Each shape lies on its side. Rows are outputs, columns are inputs: A_4 gives d_4 = 5 "
            "numbers and takes d_3 = 3.",
        ),
        Wrong(
            "transposed, and from right to left",
            ((8, 6), (6, 3), (3, 5), (5, 1)),
            "This is the product for the column, the transpose of D_2 l. In this course the "
            "derivative of the loss is a row, and the product begins with Df, 1 × 5.",
        ),
        Wrong(
            "Df as a column",
            ((5, 1), (5, 3), (3, 6), (6, 8)),
            "Df belongs to one output, l, and to the 5 numbers of y_4: it is a row. As it stands, "
            "its columns do not meet the rows of A_4.",
        ),
        Wrong(
            "P on its side",
            ((1, 5), (5, 3), (3, 6), (8, 6)),
            "Three are right. P_2 has a row for each number of y_2 and a column for each number "
            "of x_2, so its rows meet the columns of A_3.",
        ),
        Wrong(
            "the A on their sides",
            ((1, 5), (3, 5), (6, 3), (6, 8)),
            "Df and P_2 are right. A_4 gives 5 numbers and takes 3, so it has 5 rows: neighbours "
            "must share a size.",
        ),
        Wrong(
            "from right to left",
            ((6, 8), (3, 6), (5, 3), (1, 5)),
            "The shapes are right, and stand in the order of the evaluation. The product begins "
            "with Df on the left.",
        ),
        Wrong(
            "A_i too",
            ((1, 5), (5, 3), (3, 6), (6, 4), (4, 8)),
            "A_2 is in your product. A nudge of x_2 enters layer 2 through P_2, so A_2 does not "
            "occur.",
        ),
        Wrong(
            "the data",
            ((1, 5), (5, 3), (3, 6), (6, 4)),
            "Your last factor is A_2, in the value y_1. Asked for is the derivative in x_2: P_2 "
            "has a column for each of its 8 numbers.",
        ),
        Wrong(
            "a factor too few",
            ((1, 5), (5, 3), (3, 8)),
            "A_3 is missing, or P_2 has the rows of layer 3. From y_2 the change goes through A_3 "
            "and A_4.",
        ),
        Wrong(
            "without Df",
            ((5, 3), (3, 6), (6, 8)),
            "That is the product for D_2 y_4. For the loss the row Df, 1 × d_4, stands in front.",
        ),
        Wrong(
            "the result",
            (1, 8),
            "(1, 8) is the shape of D_2 l itself. Write the shapes of its factors, four pairs.",
        ),
        Wrong(
            "the result, in a list",
            ((1, 8),),
            "This is what is left when the factors are multiplied. Asked for are the factors: Df, "
            "the A_k after layer 2, and P_2.",
        ),
    ),
)

COUNT_THE_PRODUCTS = Value(
    name="count-the-products",
    title="Count the products",
    task=(
        "You want the gradients in the parameters of all 100 layers of a chain. How many products "
        "of a row and a matrix does it take if each $D_i l$ is read for itself, and how many if "
        "the row is shared? Write two numbers, as in `[30, 20]`."
    ),
    hints=(
        "How many products does D_i l take alone? The one for i = 100 has two factors.",
        "L + (L − 1) + ... + 1, and 2L − 1.",
        "[100 · 101 / 2, ...]",
    ),
    example="For 10 layers it is 55 one by one, and 19 with the row shared.",
    want=(5050, 199),
    solution="my_answer = [5050, 199]",
    explanation=(
        "One by one D_i l takes L − i + 1 products, and 100 + 99 + ... + 1 = 5050. Shared, there "
        "are 100 products with a P_k and 99 with an A_k."
    ),
    wrong=(
        Wrong(
            "the square itself",
            (10000, 199),
            "10,000 is L². O(L²) allows a constant in front: D_i l is the shorter, the nearer "
            "layer i is to the loss. Add L − i + 1 over all i.",
        ),
        Wrong(
            "orders, not counts",
            (10000, 100),
            "L² and L tell how the counts grow, up to a constant factor. Count the products "
            "themselves.",
        ),
        Wrong(
            "the longest alone",
            (100, 199),
            "199 is right. 100 products is what D_1 l takes alone; the other layers want their "
            "products too.",
        ),
        Wrong(
            "counted factors",
            (5150, 199),
            "You counted factors. A product of m factors takes m − 1 multiplications of a row and "
            "a matrix.",
        ),
        Wrong(
            "forgot the products with P",
            (4950, 99),
            "These are the products with the A_k alone. Each gradient ends with one product more, "
            "with its P_i.",
        ),
        Wrong(
            "down to the data",
            (5050, 200),
            "The second count holds one too many: the row is not needed on y_0, since the data "
            "has no gradient here.",
        ),
        Wrong(
            "one for each layer",
            (5050, 100),
            "In the sweep each layer takes two products: one for its gradient, and one that moves "
            "the row on. The last step needs no second one.",
        ),
        Wrong(
            "only the row",
            (5050, 99),
            "99 products move the row. The gradients themselves are one more product each, with P.",
        ),
        Wrong("swapped", (199, 5050), "The numbers have changed places: one by one comes first."),
    ),
)


class Matrices(tuple):
    """Some matrices, one for each layer; described by their shapes. Nothing can write to them."""

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __new__(cls, matrices):
        return super().__new__(cls, map(closed, matrices))

    def __str__(self):
        return f"{len(self)} matrices, {' '.join('{} × {}'.format(*M.shape) for M in self)}"


def chain(sizes, n, rng):
    """Df, (A_1, ..., A_L) and (P_1, ..., P_L); every layer has n parameters."""
    pairs = list(zip(sizes[1:], sizes, strict=False))
    A = Matrices(rng.integers(-2, 3, (d, before)) + 0.5 for d, before in pairs)
    P = Matrices(rng.integers(-2, 3, (d, n)) + 0.5 for d in sizes[1:])
    return rng.integers(1, 4, sizes[-1]).astype(float), A, P


def random_chain(rng):
    """From 2 to 6 layers; neighbours differ in width, and nothing is square."""
    n, depth = int(rng.integers(1, 7)), int(rng.integers(2, 7))
    sizes = [int(rng.integers(1, 7))]
    while len(sizes) <= depth:
        d = int(rng.integers(1, 7))
        if d not in (sizes[-1], n):
            sizes.append(d)
    return chain(sizes, n, rng)


def gap_of_products(f, args, rng):
    """x̄ pulls what the recursion pushes: Σ x̄_k v_k = Df y, where y = A_k y + P_k v_k."""
    Df, A, P = args
    V = rng.standard_normal((len(P), P[0].shape[1]))
    y = np.zeros(A[0].shape[1])
    for A_k, P_k, v in zip(A, P, V, strict=True):
        y = A_k @ y + P_k @ v
    return relative(np.sum(f(*args) * V), Df @ y)


def x_bars(Df, A, P):
    u, rows = Df, []
    for A_k, P_k in zip(reversed(A), reversed(P), strict=True):
        rows.append(u @ P_k)
        u = u @ A_k
    return np.array(rows[::-1])


def swept(start, take, move):
    """A sweep with one thing changed in it: what a gradient is, or how the row moves on."""

    def answer(Df, A, P):
        u, rows = start(Df), []
        for A_k, P_k in zip(A[::-1], P[::-1], strict=True):
            rows.append(take(u, A_k, P_k))
            u = move(u, A_k)
        return np.array(rows[::-1])

    return answer


X_BARS = Function(
    name="x-bars",
    title="The sweep",
    task=(
        "Write the sweep. `Df` is the row $Df(y_L)$ as an array with one axis. `A` is a tuple of "
        "$A_1, \\dots, A_L$ and `P` one of $P_1, \\dots, P_L$, so that `A[0]` is $A_1$. Every "
        "layer has the same number $n$ of parameters. Return $\\bar x_1, \\dots, \\bar x_L$ as an "
        "array of shape $(L, n)$, with $\\bar x_1$ in the first row, or as a list of its rows."
    ),
    hints=(
        "Keep one row u. Walk from the last layer to the first, and take a gradient at each.",
        "u = Df; then for k = L, ..., 1: x̄_k = u P_k, after it u = u A_k.",
        (
            "u, rows = ..., []\nfor k in range(len(P) - 1, -1, -1):\n    rows.append(...)\n"
            "    u = ...\nreturn np.array(rows[::-1])"
        ),
    ),
    reference=x_bars,
    fixed=(
        (
            np.array([2.0, -1.0]),
            Matrices([[[1.0], [0.0], [2.0]], [[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]]]),
            Matrices([[[1.0], [0.0], [1.0]], [[1.0], [4.0]]]),
        ),
        chain((2, 3), 4, np.random.default_rng(1)),
        chain((1, 3, 2, 4), 5, np.random.default_rng(2)),
        chain((3, 1, 4, 1, 3, 2), 5, np.random.default_rng(3)),
    ),
    random=random_chain,
    square=lambda rng: chain((3, 3, 3, 3), 3, rng),
    properties=(Property("in agreement with the dot-product test", gap_of_products),),
    explanation=(
        "The row stands on y_k when layer k takes its gradient, and moves on to y_{k-1} only "
        "then. Each matrix is used once: 2L − 1 products, or 2L with the last, idle, move."
    ),
    wrong=(
        Wrong(
            "first to last",
            lambda Df, A, P: x_bars(Df, A, P)[::-1],
            "The gradients are right, in the order in which the sweep finds them: the last layer "
            "first. Turn the list round.",
        ),
        Wrong(
            "moved too early",
            lambda Df, A, P: np.array([row_on(Df, A, k) @ A[k] @ P[k] for k in range(len(P))]),
            "The row moves on before the gradient is taken: P_k meets the row of the layer before. "
            "Take u P_k first, then u A_k.",
        ),
        Wrong(
            "never moved",
            swept(lambda Df: Df, lambda u, A, P: u @ P, lambda u, A: u),
            "Every layer gets Df. The row must move: after layer k it is u A_k.",
        ),
        Wrong(
            "from the first layer",
            lambda Df, A, P: swept(lambda Df: Df, lambda u, A, P: u @ P, lambda u, A: u @ A)(
                Df, A[::-1], P[::-1]
            )[::-1],
            "The walk goes from the first layer to the last. Df stands on y_L, so the row begins "
            "at the last one.",
        ),
        Wrong(
            "A transposed",
            swept(lambda Df: Df, lambda u, A, P: u @ P, lambda u, A: A @ u),
            "A @ u is u times the transpose. The row stands on the left: u @ A.",
        ),
        Wrong(
            "P transposed",
            swept(lambda Df: Df, lambda u, A, P: P @ u, lambda u, A: u @ A),
            "P @ u is u times the transpose. The row stands on the left: u @ P.",
        ),
        Wrong(
            "without Df",
            swept(np.ones_like, lambda u, A, P: u @ P, lambda u, A: u @ A),
            "The sweep begins with ones. It begins with Df, the derivative of the loss in y_L.",
        ),
        Wrong(
            "only one",
            lambda Df, A, P: x_bars(Df, A, P)[0],
            "This is the gradient of the first layer alone. Keep one for each layer, in a list.",
        ),
        Wrong(
            "summed",
            lambda Df, A, P: np.sum(x_bars(Df, A, P), axis=0),
            "The gradients of the layers are added. They belong to different parameters: keep "
            "them apart.",
        ),
        Wrong(
            "A for P",
            swept(lambda Df: Df, lambda u, A, P: u @ A, lambda u, A: u @ A),
            "u A_k is the row on y_{k-1}, the next running row. The gradient of layer k is u P_k.",
        ),
    ),
)


def row_on(Df, A, k):
    """The running row on the output of the layer with index k."""
    row = Df
    for A_j in A[:k:-1]:
        row = row @ A_j
    return row


EXERCISES = (
    PARTIAL_AND_TOTAL,
    UNROLL_BY_HAND,
    SHAPES_ALONG_THE_CHAIN,
    COUNT_THE_PRODUCTS,
    X_BARS,
)
