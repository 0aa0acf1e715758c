"""Chapter 09, Branching networks: paths and edges, the order of the sweep, sums over uses."""

import numpy as np

from adlab.course.exercises import Function, Ordering, Value, linear_in, pulls
from adlab.course.grading import Wrong

BY_TWO_WAYS = Value(
    name="by-two-ways",
    title="A gradient by two ways",
    task=(
        "$y_1 = g_1(x_1)$, $y_2 = g_2(y_1)$ and $y_3 = g_3(y_1, y_2)$, where $y_3$ is one number, "
        "and the Jacobians are\n\n"
        "$$ P_1 = \\begin{pmatrix} 1 & 0 & 2 \\\\ 2 & 1 & 0 \\end{pmatrix}, \\quad "
        "A_2 = \\begin{pmatrix} 2 & 1 \\end{pmatrix} $$\n\n$$ "
        "B_1 = \\begin{pmatrix} 3 & -1 \\end{pmatrix}, \\quad "
        "B_2 = \\begin{pmatrix} 2 \\end{pmatrix} . $$\n\n"
        "Compute the gradient of $y_3$ in $x_1$ by hand, first as a sum over the two paths, then "
        "as a sweep. Hand in the row, three numbers."
    ),
    hints=(
        "One path goes from y_1 straight to y_3, the other through y_2. Both begin with P_1.",
        "B_1 P_1 + B_2 A_2 P_1, or the sweep: (B_1 + B_2 A_2) P_1.",
        "The cotangent of y_1 is (3, −1) + 2 · (2, 1). Multiply this row with P_1.",
    ),
    example=(
        "With P_1 = (1, 4), A_2 = (5), B_1 = (2), B_2 = (3): paths (2, 8) + (15, 60) = (17, 68); "
        "sweep (2 + 15) · (1, 4)."
    ),
    answer="my_gradient",
    want=[9.0, 1.0, 14.0],
    solution="my_gradient = [9, 1, 14]",
    explanation=(
        "Paths: (1, −1, 6) + (8, 2, 8). Sweep: the cotangent of y_1 is (3, −1) + (4, 2) = (7, 1), "
        "and one product with P_1 is left. The sweep multiplies with P_1 once, not once a path."
    ),
    wrong=(
        Wrong(
            "around only",
            [1, -1, 6],
            "That is B_1 P_1, the path around layer 2. The path through it is missing.",
        ),
        Wrong(
            "through only",
            [8, 2, 8],
            "That is B_2 A_2 P_1, the path through layer 2. y_1 also reaches y_3 directly.",
        ),
        Wrong(
            "difference",
            [-7, -3, -2],
            "The two paths are subtracted. Contributions of paths are added.",
        ),
        Wrong(
            "product of paths",
            [8, -2, 48],
            "The two paths are multiplied. Multiply along a path, add over the paths.",
        ),
        Wrong(
            "mean of paths",
            [4.5, 0.5, 7],
            "That is the mean of the two paths. A branch adds; nothing is divided.",
        ),
        Wrong(
            "forgot B_2",
            [5, 0, 10],
            "The path through layer 2 ends at y_2 here: its last factor B_2 is missing.",
        ),
        Wrong(
            "at y_1",
            [7, 1],
            "That is the cotangent of y_1. It is still to be pulled through P_1, to x_1.",
        ),
    ),
)

PATHS_AND_EDGES = Value(
    name="paths-and-edges",
    title="Count paths and edges",
    task=(
        "A value splits into **three**, and the three meet in one value again. Ten of these stand "
        "in a row. How many paths lead from the first value to the last, and how many edges are "
        "there? Hand in both numbers, `[paths, edges]`. The first is what a sum over paths walks, "
        "the second what a sweep does."
    ),
    hints=(
        "In how many ways can you go through one of them? And through two?",
        "Ways multiply from one to the next; edges add.",
        "[3 ** ..., ... * 10]: count the edges that split and those that meet.",
    ),
    example="For ten diamonds, which split into two, it is [2 ** 10, 4 * 10] = [1024, 40].",
    answer="my_counts",
    want=[3.0**10, 60.0],
    solution="my_counts = [3**10, 60]",
    explanation=(
        "3 ways through each, so 3¹⁰ = 59,049 paths; 3 + 3 edges each, so 60. One more of them "
        "triples the work of the sum over paths, and adds 6 edges to the sweep."
    ),
    wrong=(
        Wrong(
            "ways added",
            [30, 60],
            "The edges are right. Ways multiply: each of the 3 ways through the first can go on "
            "in 3 ways through the second.",
        ),
        Wrong(
            "two branches",
            [1024, 40],
            "Those are the counts of ten diamonds. Here a value splits into three.",
        ),
        Wrong(
            "ways of diamonds",
            [1024, 60],
            "The edges are right. 2¹⁰ would be ten diamonds: here each has 3 ways through.",
        ),
        Wrong(
            "power turned round",
            [1000, 60],
            "The edges are right. 10³ would be three in a row with ten ways each.",
        ),
        Wrong(
            "edges that split",
            [3**10, 30],
            "The paths are right. Three edges split and three more meet: count both.",
        ),
        Wrong(
            "edges of diamonds",
            [3**10, 40],
            "The paths are right. A diamond has 4 edges; here each has 3 + 3.",
        ),
        Wrong(
            "edges multiplied",
            [3**10, 6**10],
            "The paths are right. Edges add up: each part has its own, whatever the others do.",
        ),
        Wrong("exchanged", [60, 3**10], "Both numbers are right; the paths come first."),
    ),
)


def cotangents(reads, s):
    bar = s.copy()
    for k in reversed(range(len(reads))):
        for source, slope in reads[k]:
            bar[source] += bar[k] * slope
    return bar


def swept_with(step, order=reversed):
    """A sweep in which `step(bar, s, k, read)` is done for value after value."""

    def answer(reads, s):
        bar = s.copy()
        for k in order(range(len(reads))):
            step(bar, s, k, reads[k])
        return bar

    return answer


def add(bar, s, k, read):
    for source, slope in read:
        bar[source] += bar[k] * slope


def overwrite(bar, s, k, read):
    for source, slope in read:
        bar[source] = bar[k] * slope


def first_only(bar, s, k, read):
    add(bar, s, k, read[:1])


def without_slope(bar, s, k, read):
    add(bar, s, k, [(source, 1.0) for source, _ in read])


def slope_alone(bar, s, k, read):
    for source, slope in read:
        bar[source] += slope


def push(bar, s, k, read):
    for source, slope in read:
        bar[k] += slope * bar[source]


def from_the_last(reads, s):
    return cotangents(reads, np.eye(len(s))[-1])


def sent_once(reads, s):
    """Recursion from the last value: who is reached again receives, and does not send on."""
    bar, sent = s.copy(), set()

    def send(k):
        if k in sent:
            return
        sent.add(k)
        for source, slope in reads[k]:
            bar[source] += bar[k] * slope
            send(source)

    for k in reversed(range(len(reads))):
        send(k)
    return bar


def equations(n, rng):
    """n values, each reading up to three earlier ones, and what is asked for."""
    slopes = np.array([-2.0, -1.0, -0.5, 0.5, 1.5, 2.0, 3.0])
    reads = [()]
    for k in range(1, n):
        sources = rng.integers(0, k, rng.integers(1, 4))
        reads.append(tuple((int(j), float(rng.choice(slopes))) for j in sources))
    return tuple(reads), np.round(4 * rng.standard_normal(n)) / 4


TWICE = ((), ((0, 2.0),), ((0, 3.0), (1, -1.0)))

COTANGENTS = Function(
    name="sweep-a-list",
    title="Write the reverse sweep",
    task=(
        "A network of plain numbers is given as in step 4: `reads[k]` holds what value `k` reads, "
        "pairs `(source, slope)`, and every source comes before `k`. `s` holds what is asked for, "
        "one number for each value, as in step 6: often 1 for the last and 0 for the others. "
        "Return $\\bar y$ with $\\bar y = \\bar y \\, C + \\bar s$: the "
        '<span style="color:#D55E00">cotangent</span> of every value, an array like `s`.'
    ),
    hints=(
        "Begin with a copy of s. A value may send only when all its readers have sent.",
        "From the last value to the first: ȳ_source = ȳ_source + ȳ_k · slope, for all it reads.",
        "bar = s.copy()\nfor k in ...:\n  for source, slope in reads[k]:\n    bar[...] += ...",
    ),
    reference=cotangents,
    fixed=(
        (TWICE, np.array([0.0, 0.0, 1.0])),
        (((), ((0, 3.0), (0, 3.0))), np.array([0.5, 2.0])),
        (((), ((0, 2.0),), ((0, 0.5),), ((2, 4.0),)), np.array([0.0, 0.0, 0.0, 1.0])),
        (((),), np.array([4.0])),
        equations(6, np.random.default_rng(1)),
    ),
    random=lambda rng: equations(int(rng.integers(2, 9)), rng),
    properties=(linear_in("s", 1),),
    explanation=(
        "Readers come after what they read, so from the last to the first every cotangent is "
        "complete when it is sent on. Each edge is touched once. It is back substitution."
    ),
    wrong=(
        Wrong(
            "overwrites",
            swept_with(overwrite),
            "A second part writes over the first. A value that is used twice receives the sum.",
        ),
        Wrong(
            "in the order of evaluation",
            swept_with(add, order=iter),
            "Every value sends what was asked of it, and not what its readers have sent: paths of "
            "two edges are lost. Go from the last to the first, and send what has arrived.",
        ),
        Wrong(
            "once",
            sent_once,
            "A value sends when it is first reached, and what arrives later is lost. It has to "
            "wait for all its readers: visit the values from the last to the first.",
        ),
        Wrong(
            "tangents",
            swept_with(push, order=iter),
            "This pushes tangents from what is read to the reader: the forward sweep. Cotangents "
            "go from the reader to what it reads.",
        ),
        Wrong(
            "tangents, last first",
            swept_with(push),
            "The reader receives here. In the reverse sweep it sends, to every value it reads.",
        ),
        Wrong(
            "first read only",
            swept_with(first_only),
            "Only the first value of each equation receives its part. All that is read does.",
        ),
        Wrong(
            "without the slope",
            swept_with(without_slope),
            "What is sent is not multiplied by the slope of the edge.",
        ),
        Wrong(
            "slopes alone",
            swept_with(slope_alone),
            "The slopes of the edges are added up. What is sent is the reader's cotangent times "
            "the slope.",
        ),
        Wrong(
            "s ignored",
            from_the_last,
            "You begin with 1 at the last value and 0 elsewhere. Begin with s.",
        ),
    ),
)

WAITS = "{1} sends before {0} has: {0} reads {1}, and its part is still missing."


def waits(reader, read):
    return (reader, read), WAITS.format(reader, read)


ORDER_OF_THE_SWEEP = Ordering(
    name="order-of-visits",
    title="In which order does the sweep visit?",
    task=(
        "$y_2 = g_2(y_1)$, $y_3 = g_3(y_1)$, $y_4 = g_4(y_2, y_3)$, $y_5 = g_5(y_2, y_4)$ and "
        "$l = f(y_3, y_5)$. Put `y1`, `y2`, `y3`, `y4`, `y5`, `l` in an order in which the "
        "**reverse** sweep can visit them, as a list of texts. At its visit a value adds up what "
        "it has received and sends it on. There is more than one."
    ),
    hints=(
        "List for each value who reads it. It waits for all of these.",
        "y_2 is read by y_4 and y_5; y_3 by y_4 and l. Begin with what nobody reads.",
        '["l", ..., ..., ..., ..., "y1"]',
    ),
    example="For y2 = g(y1), l = f(y1, y2) there is one order: l, y2, y1.",
    items=("y1", "y2", "y3", "y4", "y5", "l"),
    before=dict(
        [
            waits("l", "y5"),
            waits("l", "y3"),
            waits("y5", "y4"),
            waits("y5", "y2"),
            waits("y4", "y2"),
            waits("y4", "y3"),
            waits("y2", "y1"),
            waits("y3", "y1"),
        ]
    ),
    solution='my_order = ["l", "y5", "y4", "y3", "y2", "y1"]',
    explanation=(
        "Every reader stands before what it reads: a topological order of the arrows turned "
        "round. y2 and y3 may change places, since neither reads the other."
    ),
)


def shared_gradient(w, s, a):
    states = [s]
    for a_k in a:
        states.append(w * states[-1] + a_k)
    u, w_bar = states[-1], np.zeros(len(w))
    for before in reversed(states[:-1]):
        w_bar = w_bar + u * before
        u = u * w
    return w_bar


def all_states(w, s, a):
    states = [s]
    for a_k in a:
        states.append(w * states[-1] + a_k)
    return states


def recurrent_loss(w, s, a):
    return np.sum(all_states(w, s, a)[-1] ** 2) / 2


def uses(w, s, a):
    """The part of each use of w, the first use first: rows."""
    states = all_states(w, s, a)
    n = len(a)
    return np.array([states[-1] * w ** (n - 1 - k) * states[k] for k in range(n)])


def recurrence(m, n, rng):
    return rng.uniform(-1.5, 1.5, m), rng.standard_normal(m), rng.standard_normal((n, m))


def sizes(rng):
    return (int(size) for size in rng.choice(np.arange(2, 7), 2, replace=False))


SHARED_GRADIENT = Function(
    name="shared-parameter",
    title="A shared parameter",
    task=(
        "A small recurrent net: $s_k = w \\odot s_{k-1} + a_k$, entry by entry, for "
        "$k = 1, \\dots, n$, with the **same** $w$ every time, and $l = \\frac12 \\lVert s_n "
        "\\rVert^2$. `w` and `s` (that is $s_0$) have shape $(m,)$, `a` has shape $(n, m)$, row "
        "by row. Return the gradient of $l$ in $w$, shape $(m,)$."
    ),
    hints=(
        "Run forward and keep all states. Then sweep back: each step is one use of w.",
        "The cotangent u begins as s_n. Use k adds u ⊙ s_{k−1} to w̄; then u becomes u ⊙ w.",
        "for before in reversed(states[:-1]):\n    w_bar = w_bar + ...\n    u = ...",
    ),
    reference=shared_gradient,
    fixed=(
        (
            np.array([2.0, -1.0, 3.0]),
            np.array([1.0, 2.0, 0.0]),
            np.array([[0.0, 1.0, 1.0], [1.0, 0.0, -2.0]]),
        ),
        recurrence(1, 3, np.random.default_rng(1)),
        recurrence(4, 1, np.random.default_rng(2)),
        recurrence(2, 5, np.random.default_rng(3)),
    ),
    random=lambda rng: recurrence(*sizes(rng), rng),
    square=lambda rng: recurrence(3, 3, rng),
    properties=(pulls(recurrent_loss, lambda args: (args[0], 1.0, args[1], args[2])),),
    explanation=(
        "w is copied to n uses, and the transpose of copy is sum: every use gives u ⊙ s_{k−1}, "
        "with the cotangent u of its own step."
    ),
    wrong=(
        Wrong(
            "last use only",
            lambda w, s, a: uses(w, s, a)[-1],
            "This is the part of the last use of w. The earlier states contain w too: sum over "
            "all uses.",
        ),
        Wrong(
            "first use only",
            lambda w, s, a: uses(w, s, a)[0],
            "This is the part of the first use of w, the one that comes last in the sweep. Add "
            "the parts, do not write over them.",
        ),
        Wrong(
            "cotangent stays",
            lambda w, s, a: sum(all_states(w, s, a)[-1] * t for t in all_states(w, s, a)[:-1]),
            "Every use is weighted with s_n. On the way back through a step the cotangent is "
            "multiplied by w.",
        ),
        Wrong(
            "state after the step",
            lambda w, s, a: sum(
                all_states(w, s, a)[-1] * w ** (len(a) - 1 - k) * t
                for k, t in enumerate(all_states(w, s, a)[1:])
            ),
            "Each part has the state after the step. w multiplies the state before it, s_{k−1}.",
        ),
        Wrong(
            "not summed",
            lambda w, s, a: uses(w, s, a)[::-1],
            "There is one row for each use of w. w is one parameter, so add the rows.",
        ),
        Wrong(
            "n times the last use",
            lambda w, s, a: len(a) * uses(w, s, a)[-1],
            "This is n times the part of the last use. Each use has a state and a cotangent of "
            "its own.",
        ),
        Wrong(
            "mean over uses",
            lambda w, s, a: np.mean(uses(w, s, a), axis=0),
            "This is the mean over the uses. The transpose of copy is the sum.",
        ),
        Wrong(
            "without the loss",
            lambda w, s, a: sum(uses(w, s, a)) / all_states(w, s, a)[-1],
            "The sweep begins with ones. It begins with the derivative of the loss, s_n.",
        ),
        Wrong(
            "in the start",
            lambda w, s, a: all_states(w, s, a)[-1] * w ** len(a),
            "That is the gradient in s_0. In w there is a part for each use, u ⊙ s_{k−1}.",
        ),
    ),
)

EXERCISES = (
    BY_TWO_WAYS,
    PATHS_AND_EDGES,
    COTANGENTS,
    ORDER_OF_THE_SWEEP,
    SHARED_GRADIENT,
)
