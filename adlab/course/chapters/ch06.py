"""Chapter 06, The order of multiplication: what brackets cost, and where to put them."""

import numpy as np

from adlab.course.exercises import Brackets, Function, Prediction, Value
from adlab.course.grading import Wrong

BOTH_MODES_BY_HAND = Value(
    name="both-modes-by-hand",
    title="Both modes by hand",
    task=(
        "Four Jacobians have the sizes $(2, 30, 5, 40, 20)$: two outputs, twenty inputs. Write "
        "four numbers in one list: the flops left to right, the flops right to left, the peak "
        "storage left to right, the peak storage right to left."
    ),
    hints=(
        "Left to right every result has 2 rows. Right to left every result has 20 columns.",
        "Flops: 2 d₀ (d₁d₂ + d₂d₃ + d₃d₄) and 2 d₄ (d₀d₁ + d₁d₂ + d₂d₃). Peaks: see step 3.",
        "my_answer = [4 * (150 + 200 + ...), 40 * (60 + ...), 2 * (40 + ...), 20 * (30 + ...)]",
    ),
    example=(
        "For the sizes (3, 2, 4, 1, 5) the answer is [6 · (8 + 4 + 5), 10 · (6 + 8 + 4), "
        "3 · (1 + 5), 5 · (2 + 4)] = [102, 180, 18, 30]."
    ),
    want=[4600, 16400, 120, 700],
    solution="my_answer = [4 * (150 + 200 + 800), 40 * (60 + 150 + 200), 2 * 60, 20 * 35]",
    explanation=(
        "Reverse mode takes less than a third of the flops and about a sixth of the room: there "
        "are 2 outputs and 20 inputs."
    ),
    wrong=(
        Wrong(
            "forgot the 2",
            [2300, 8200, 120, 700],
            "The peaks are right. The flops are half of what they should be: each multiplication "
            "comes with an addition.",
        ),
        Wrong(
            "swapped",
            [16400, 4600, 700, 120],
            "The numbers are right, but the modes are swapped: left to right keeps the 2 rows.",
        ),
        Wrong(
            "swapped the peaks",
            [4600, 16400, 700, 120],
            "The flops are right, and the two peaks are swapped: left to right keeps the 2 rows.",
        ),
        Wrong(
            "the largest result alone",
            [4600, 16400, 80, 600],
            "The flops are right. A peak holds two results at a time: the one that is used and "
            "the one that is being made.",
        ),
        Wrong(
            "all results together",
            [4600, 16400, 130, 740],
            "The flops are right. The peaks add up all results, but a result can go once the next "
            "one is made.",
        ),
        Wrong(
            "a given matrix counted",
            [4600, 16400, 120, 900],
            "Three are right. The last peak counts a given matrix: 900 = 800 + 100 holds the one "
            "of 40 × 20, which every order needs. Count results only.",
        ),
        Wrong(
            "one row, one column",
            [2300, 820, 60, 35],
            "This is the price of one row and of one column. There are 2 rows and 20 columns.",
        ),
        Wrong(
            "every pair of neighbours",
            [4840, 48400, 120, 700],
            "The flops have a product too many. Four matrices take three products: left to right "
            "the pair d₀, d₁ does not count, right to left the pair d₃, d₄.",
        ),
    ),
)


def crossing_on_the_panel(order):
    from adlab.panels.order import crossing  # ipywidgets: only where a panel is shown

    return crossing(order.sizes)


PREDICT_THE_CROSSING = Prediction(
    name="predict-the-crossing",
    title="Predict where the modes cross",
    task=(
        "Three matrices of sizes $(60, 30, 15, n)$: 60 outputs and $n$ inputs. For which $n$ do "
        "left to right and right to left take equally many flops? The check sets your panel to "
        "$k = 3$ and to the first three sizes; then move $d_3$ and look."
    ),
    hints=(
        "Write both costs, set them equal, and divide by the product of all four sizes.",
        "1/n + 1/a = 1/m + 1/b with m = 60, a = 30, b = 15.",
        "1/n = 1/60 + 1/15 − 1/30 = 1/60 + 4/60 − .../60",
    ),
    example="For (20, 30, 60, n) it is n = 30: 1/20 + 1/60 − 1/30 = 1/30.",
    panel="order",
    settings={"k": 3, "d0": 60, "d1": 30, "d2": 15},
    measure=crossing_on_the_panel,
    what="the size at the crossing",
    solution="my_prediction = 20",
    explanation=(
        "With 20 inputs both take 90,000 flops. With fewer inputs forward mode is cheaper, with "
        "more of them reverse mode."
    ),
    wrong=(
        Wrong(
            "as many as outputs",
            60,
            "As many inputs as outputs: that is the crossing where both inner sizes are equal. "
            "Here they are 30 and 15.",
        ),
        Wrong(
            "of the storage",
            30,
            "That is where the peaks of storage are equal, n = mb/a. The flops cross elsewhere.",
        ),
        Wrong(
            "inner sizes swapped",
            -60,
            "A negative size: the inner sizes are swapped. 1/a stands with 1/n, and 1/b with 1/m.",
        ),
        Wrong(
            "forgot a",
            12,
            "That is 1/n = 1/m + 1/b. The inner size a = 30 is missing: subtract 1/a.",
        ),
        Wrong(
            "sums in place of reciprocals",
            45,
            "That is n + a = m + b. The equation holds for the reciprocals: 1/n + 1/a = 1/m + 1/b.",
        ),
        Wrong(
            "the reciprocal",
            1 / 20,
            "That is 1/n. Turn it round: the number of inputs is wanted.",
        ),
    ),
)

NAMES = ("F", "A3", "A2", "A1", "P")

BRACKET_THE_PRODUCT = Brackets(
    name="bracket-the-product",
    title="Bracket the product",
    task=(
        "The product F A3 A2 A1 P has the sizes $(60, 20, 30, 2, 12, 25)$: F is $60 \\times 20$, "
        "A3 is $20 \\times 30$, and so on. Put the brackets where they cost the least, as nested "
        'pairs of the names. In that form $(P Q) R$ is `(("P", "Q"), "R")`.'
    ),
    hints=(
        "Where is the thin place? Which two matrices touch it?",
        "The last product should multiply through the size 2: both parts are thin there.",
        'my_brackets = (("F", ("...", "...")), ("...", "..."))',
    ),
    example=(
        'For P, Q, R of sizes (5, 1, 6, 2) it is ("P", ("Q", "R")): 24 + 20 flops = 44, and '
        "180 the other way."
    ),
    matrices=NAMES,
    sizes=(60, 20, 30, 2, 12, 25),
    solution='my_brackets = (("F", ("A3", "A2")), ("A1", "P"))',
    explanation=(
        "Left of the thin place A3 A2 comes first, since it is thin already; then both parts meet "
        "at the size 2. Left to right costs 8.2 times as much, right to left 6.5 times."
    ),
    wrong=(
        Wrong(
            "left to right",
            (((("F", "A3"), "A2"), "A1"), "P"),
            "This is left to right, 118,080 flops. It begins with 60 rows times 30 columns, before "
            "it comes to the thin place.",
        ),
        Wrong(
            "right to left",
            ("F", ("A3", ("A2", ("A1", "P")))),
            "This is right to left, 94,200 flops. It carries 25 columns through every product.",
        ),
        Wrong(
            "the left part from the left",
            ((("F", "A3"), "A2"), ("A1", "P")),
            "86,400 flops. The two parts meet at the thin place, which is right. But in the left "
            "part F A3 is a 60 × 30 matrix: begin at the thin end.",
        ),
        Wrong(
            "thin part first, then to the right",
            ((("F", ("A3", "A2")), "A1"), "P"),
            "46,080 flops. The left part is right. Then 60 rows go through A1 and P one after the "
            "other: multiply A1 and P first.",
        ),
        Wrong(
            "across the thin place",
            ("F", (("A3", "A2"), ("A1", "P"))),
            "65,600 flops. A3 A2 and A1 P are right. Their product is 20 × 25 and no longer thin: "
            "take F to the left part before.",
        ),
        Wrong(
            "around the thin place",
            ((("F", "A3"), ("A2", "A1")), "P"),
            "152,640 flops. A2 A1 multiplies through the thin size 2 first, and what is left is "
            "30 × 12. Keep the thin size for the last product.",
        ),
        Wrong(
            "in pairs",
            (("F", "A3"), (("A2", "A1"), "P")),
            "181,440 flops, the dearest of all 14: every result is wide on both sides.",
        ),
    ),
)


def table_of_costs(d):
    k = len(d) - 1
    T = np.zeros((k + 1, k + 1))
    for length in range(2, k + 1):
        for i in range(k + 1 - length):
            j = i + length
            T[i, j] = min(T[i, s] + T[s, j] + 2 * d[i] * d[s] * d[j] for s in range(i + 1, j))
    return T


def table(d, entry, rows=None):
    """T with T[i, j] = entry(T, d, i, j), short parts first, or row by row."""
    k = len(d) - 1
    T = np.zeros((k + 1, k + 1))
    pairs = [(i, j) for i in range(k + 1) for j in range(i + 2, k + 1)]
    for i, j in pairs if rows else sorted(pairs, key=lambda pair: pair[1] - pair[0]):
        T[i, j] = entry(T, d, i, j)
    return T


def all_ends(T, d, i, j):
    return [T[i, s] + T[s, j] + 2 * d[i] * d[s] * d[j] for s in range(i + 1, j)]


def sizes_of_chain(rng):
    return (rng.integers(1, 30, int(rng.integers(4, 8))),)


SKELETON = """\
for length in range(2, k + 1):
    for i in range(...):
        j = i + length
        T[i, j] = min(... for s in range(i + 1, j))"""

TABLE_OF_COSTS = Function(
    name="table-of-costs",
    title="The table of all parts",
    task=(
        "Write the dynamic programming of step 5 as a table. `d` is an array of the sizes "
        "$d_0, \\dots, d_k$. Return an array of shape $(k+1, k+1)$ whose entry $[i, j]$ is "
        "$c(i, j)$, the least flops for $M_i \\cdots M_{j-1}$, for every $i < j$. All others are 0."
    ),
    hints=(
        "A part needs the costs of shorter parts only. In which order do you fill the table?",
        "c(i, j) is the least of c(i, s) + c(s, j) + 2 d_i d_s d_j over i < s < j; c(i, i+1) is 0.",
        SKELETON,
    ),
    reference=table_of_costs,
    fixed=(
        (np.array([2, 3, 1, 4]),),
        (np.array([7, 5]),),
        (np.array([50, 100, 2, 100, 50]),),
        (np.array([1, 1, 2, 1]),),
        (np.array([401, 307, 211, 503, 109]),),
    ),
    random=sizes_of_chain,
    explanation=(
        "The corner [0, k] is the cost of the whole chain. There are about k²/2 entries with up "
        "to k splits each: k³ steps, where the number of orders grows like 4ᵏ."
    ),
    wrong=(
        Wrong(
            "forgot the 2",
            lambda d: table_of_costs(d) / 2,
            "Every entry is half of the flops: each multiplication comes with an addition.",
        ),
        Wrong(
            "forgot the last product",
            lambda d: 0 * table_of_costs(d),
            "The table stays empty. The two parts must be multiplied with each other: add "
            "2 d_i d_s d_j.",
        ),
        Wrong(
            "the dearest",
            lambda d: table(d, lambda *at: max(all_ends(*at))),
            "This is the table of the dearest orders: take the least of the splits.",
        ),
        Wrong(
            "left to right",
            lambda d: table(d, lambda *at: all_ends(*at)[-1]),
            "This is the cost of left to right for every part. Try all splits s, and take the "
            "least.",
        ),
        Wrong(
            "right to left",
            lambda d: table(d, lambda *at: all_ends(*at)[0]),
            "This is the cost of right to left for every part. Try all splits s, and take the "
            "least.",
        ),
        Wrong(
            "in the middle",
            lambda d: table(d, lambda *at: all_ends(*at)[(at[3] - at[2]) // 2 - 1]),
            "Every part is split in the middle. Try all splits s, and take the least.",
        ),
        Wrong(
            "row by row",
            lambda d: table(d, lambda *at: min(all_ends(*at)), rows=True),
            "The table is filled row by row, so c(s, j) is not there yet when it is needed. Fill "
            "short parts first.",
        ),
        Wrong(
            "the next size",
            lambda d: table(
                d,
                lambda T, d, i, j: min(
                    T[i, s] + T[s, j] + 2 * d[i] * d[s] * d[s + 1] for s in range(i + 1, j)
                ),
            ),
            "The last product is d_i × d_s times d_s × d_j: the third size is d_j, not the one "
            "after d_s.",
        ),
        Wrong(
            "transposed",
            lambda d: table_of_costs(d).T,
            "The numbers are right, and stand below the diagonal. The entry [i, j] with i < j is "
            "wanted: row i, column j.",
        ),
    ),
)


TAKE_THE_VERTICES_OUT = Value(
    name="take-the-vertices-out",
    title="Take the vertices out",
    task=(
        "A graph has three inputs, two outputs and the vertices $a$, $b$, $c$ between them. Its "
        "edges: from each of $x_1, x_2, x_3$ to $a$; from $a$ to $b$ and from $a$ to $c$; from $b$ "
        "to $c$; from $c$ to each of $y_1, y_2$. How many multiplications does it take to get the "
        "Jacobian by vertex elimination in the order *abc*, in the order *cba*, and in the "
        "cheapest order of all? Write three numbers in one list."
    ),
    hints=(
        "Draw the graph again each time a vertex is out: edges have come and others have gone.",
        "Each vertex costs (edges in) · (edges out), counted in the graph as it is then.",
        "my_answer = [3 * 2 + 3 * 1 + ..., 2 * 2 + ... + ..., 1 * 1 + ... + ...]",
    ),
    example=(
        "For a chain of two vertices, x₁ and x₂ to a, a to b, b to y: the order ab costs "
        "2 · 1 + 2 · 1 = 4, the order ba costs 1 · 1 + 2 · 1 = 3, which is the least."
    ),
    want=[15, 12, 9],
    solution="my_answer = [3 * 2 + 3 * 1 + 3 * 2, 2 * 2 + 1 * 2 + 3 * 2, 1 * 1 + 1 * 2 + 3 * 2]",
    explanation=(
        "The order bca is the cheapest: b leaves one edge from a to c, the old one with the new "
        "slope added. Then the graph is a chain from three inputs to two outputs, and for that "
        "reverse mode is the best."
    ),
    wrong=(
        Wrong(
            "swapped",
            [12, 15, 9],
            "The numbers are right, but two are swapped. The order abc begins at the inputs: a "
            "has three edges in and two out.",
        ),
        Wrong(
            "a mode is the best",
            [15, 12, 12],
            "Both modes are right. But there are six orders, and these are two of them: what if b "
            "goes first?",
        ),
        Wrong(
            "the third order begins well",
            [15, 12, 10],
            "Both modes are right, and 10 is the order bac. It begins well, but a leaves three "
            "edges into c: take c before it.",
        ),
        Wrong(
            "the graph stays as it is",
            [11, 11, 11],
            "That is 6 + 1 + 4, with the edges of the graph as it was at first. Each vertex that "
            "is taken out changes the edges of its neighbours.",
        ),
        Wrong(
            "no new edges",
            [6, 4, 3],
            "The new edges are missing. Each pair of an edge in and an edge out leaves an edge "
            "behind, and that one counts for the next vertex.",
        ),
        Wrong(
            "edges side by side",
            [21, 18, 17],
            "Two edges with the same ends count as two here. A product is added to the edge that "
            "is there already, and the two are one.",
        ),
        Wrong(
            "edges in + edges out",
            [14, 12, 10],
            "You add the edges. Each edge in meets each edge out: multiply the two counts.",
        ),
        Wrong(
            "twice",
            [30, 24, 18],
            "Twice as many as wanted: only multiplications are counted, not additions.",
        ),
        Wrong(
            "path by path",
            [30, 30, 30],
            "That is each path for itself: 3 · 2 ends, and 3 + 2 multiplications for the two "
            "paths between them. Elimination shares what paths have in common.",
        ),
    ),
)

EXERCISES = (
    BOTH_MODES_BY_HAND,
    PREDICT_THE_CROSSING,
    BRACKET_THE_PRODUCT,
    TABLE_OF_COSTS,
    TAKE_THE_VERTICES_OUT,
)
