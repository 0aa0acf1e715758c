"""Orders of multiplication as pictures: a tree of products to scale, and what the orders cost."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from adlab.pictures.drawing import (
    GUIDE,
    JACOBIAN,
    JACOBIAN_PAPER,
    PAPER,
    TEXT,
    VALUE,
    WIDTH,
    Drawing,
    number,
)

MOST_MATRICES, MOST_SIZE = 5, 100  # what there is room for
UNIT = 0.4  # px for one row or column of a matrix

SIDE, EDGE = 12, 6
RULER_Y, LEAF_Y = 22, 58
FIRST_Y, LAST_Y = 116, 365  # middles of the first and of the last product
LINE = 18

TABLE_Y, ROW = 450, 27
BAR_Y, BAR = 10, 4  # below the middle of a number
NAME_X = 16
COLUMNS = (("flops", 132, 256), ("peak", 272, 358), ("time", 374, 464))
HEIGHT = TABLE_Y + 5 * ROW


class Cost(NamedTuple):
    """A row of the table. `milliseconds` is None where nothing was measured."""

    name: str
    flops: int
    storage: int
    milliseconds: float | None = None


def order_picture(sizes: Sequence[int], tree, costs: Sequence[Cost], written: str) -> str:
    """A chain of matrices, multiplied in the order of `tree`, above a table of `costs`.

    `sizes` are d_0, ..., d_k, at most six of them, none above 100; `tree` is a tree of
    `adlab.brackets`, `written` the same as a formula. All matrices are drawn to one scale; under
    each product stand its shape and the flops that it takes.
    """
    drawing = Drawing(WIDTH, HEIGHT, _words(sizes, costs, written))
    _tree(drawing, sizes, tree)
    drawing.line(SIDE, TABLE_Y - 18, WIDTH - SIDE, TABLE_Y - 18, colour=GUIDE)
    _table(drawing, costs)
    return drawing.svg()


def _words(sizes, costs, written) -> str:
    shapes = ", ".join(f"{p} by {q}" for p, q in zip(sizes, sizes[1:], strict=False))
    said = "; ".join(f"{c.name} {c.flops:,} flops and {c.storage:,} numbers" for c in costs)
    return f"Matrices of sizes {shapes}, multiplied as {written}. {said}."


# ---- The tree -----------------------------------------------------------------------------------


class Node(NamedTuple):
    """The matrices first, ..., last - 1 multiplied: a matrix of d_first x d_last.

    `split` is where its two factors meet; None for a given matrix. `height` counts the products
    below each other, down from the given matrices.
    """

    first: int
    last: int
    split: int | None = None
    height: int = 0
    parts: tuple = ()


def _nodes(tree, first: int = 0) -> Node:
    if isinstance(tree, int):
        return Node(first, first + 1)
    left = _nodes(tree[0], first)
    right = _nodes(tree[1], left.last)
    height = 1 + max(left.height, right.height)
    return Node(first, right.last, left.last, height, (left, right))


def _tree(drawing: Drawing, sizes, tree) -> None:
    root = _nodes(tree)
    column = (WIDTH - 2 * SIDE) / (len(sizes) - 1)

    def place(node):
        x = SIDE + column * (node.first + node.last) / 2
        if not node.height:
            return x, LEAF_Y
        return x, _level(node.height, root.height)

    for i, d in enumerate(sizes):
        x = SIDE + column * i
        if i == 0:
            drawing.text(EDGE, RULER_Y, str(d), anchor="start")
            continue
        last = i == len(sizes) - 1
        drawing.formula(x - column / 2, RULER_Y, f"M_{i - 1}", size=TEXT, bold=True)
        drawing.text(
            WIDTH - EDGE if last else x, RULER_Y, str(d), anchor="end" if last else "middle"
        )
    todo = [root]
    while todo:
        node = todo.pop()
        _product(drawing, sizes, node, place)
        todo += node.parts


def _level(height: int, highest: int) -> float:
    """The middle of a product; the last one is always at the same place."""
    return LAST_Y - (highest - height) * (LAST_Y - FIRST_Y) / max(highest - 1, 1)


def _product(drawing: Drawing, sizes, node: Node, place) -> None:
    x, y = place(node)
    width, height = sizes[node.last] * UNIT, sizes[node.first] * UNIT
    for part, side in zip(node.parts, (-1, 1), strict=False):
        part_x, part_y = place(part)
        below = part_y + sizes[part.first] * UNIT / 2
        below = below + 2 * LINE + 3 if part.height else below
        drawing.polyline([(part_x, below), (part_x, y), (x + side * width / 2, y)], colour=JACOBIAN)
    left, top = x - width / 2, y - height / 2
    drawing.rect(left, top, width, height, fill=JACOBIAN_PAPER)
    drawing.hatch(left, top, width, height, spacing=7)
    drawing.rect(left, top, width, height, stroke=VALUE)
    if node.height:
        p, q, r = sizes[node.first], sizes[node.split], sizes[node.last]
        drawing.text(x, y + height / 2 + 12, f"{p} × {r}")
        drawing.text(x, y + height / 2 + 12 + LINE, f"{2 * p * q * r:,}", bold=True)


# ---- The table ----------------------------------------------------------------------------------


def _table(drawing: Drawing, costs: Sequence[Cost]) -> None:
    """Numbers above bars; in each column the longest bar is the largest number."""
    for name, _, end in COLUMNS:
        drawing.text(end, TABLE_Y, name, anchor="end")
    columns = [
        ([c.flops for c in costs], "{:,}".format),
        ([c.storage for c in costs], "{:,}".format),
        ([c.milliseconds for c in costs], _milliseconds),
    ]
    for k, cost in enumerate(costs):
        y = TABLE_Y + (k + 1) * ROW
        drawing.text(NAME_X, y, cost.name, anchor="start", bold=cost.name == "best")
        for (_, start, end), (values, write) in zip(COLUMNS, columns, strict=True):
            value = values[k]
            largest = max((v for v in values if v is not None), default=0)
            if value is not None and largest:
                length = (end - start) * value / largest
                drawing.rect(end - length, y + BAR_Y, length, BAR, fill=JACOBIAN)
            drawing.text(end, y, write(value), anchor="end")


def _milliseconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f} ms" if value < 1 else f"{value:.2f} ms"


# ---- Where the two modes cross ------------------------------------------------------------------

CROSSING_HEIGHT = 380
LEFT, RIGHT, TOP, BOTTOM = 72, 456, 66, 300
COST_STEP = 50_000


def crossing_picture(sizes: tuple[int, int, int], most: int, crossing: int) -> str:
    """The flops of both modes for sizes (m, a, b, n), n from 1 to `most`; they cross at `crossing`.

    Left to right costs 2mb(a + n), right to left 2an(b + m).
    """
    m, a, b = sizes

    def reverse(n):
        return 2 * m * b * (a + n)

    def forward(n):
        return 2 * a * n * (b + m)

    top = COST_STEP * math.ceil(max(reverse(most), forward(most)) / COST_STEP)

    def place(n, flops):
        return LEFT + (RIGHT - LEFT) * n / most, BOTTOM - (BOTTOM - TOP) * flops / top

    drawing = Drawing(
        WIDTH,
        CROSSING_HEIGHT,
        f"Flops of M0 M1 M2 with sizes {m}, {a}, {b}, n against the number of inputs n. Right to "
        f"left rises faster: it costs less up to n = {crossing}, left to right beyond.",
    )
    drawing.text(16, 24, f"flops for sizes {m}, {a}, {b}, n", anchor="start", bold=True)
    for flops in range(0, top + 1, 2 * COST_STEP):
        y = place(0, flops)[1]
        drawing.line(LEFT, y, RIGHT, y, colour=GUIDE, thickness=1)
        drawing.text(LEFT - 8, y, f"{flops // 1000}k" if flops else "0", anchor="end")
    for n in range(0, most + 1, 10):
        drawing.text(place(n, 0)[0], BOTTOM + 20, str(n))
    drawing.text((LEFT + RIGHT) / 2, CROSSING_HEIGHT - 26, "n, number of inputs")
    x, y = place(crossing, reverse(crossing))
    drawing.line(x, TOP - 24, x, BOTTOM, colour=JACOBIAN, dash="2 4")
    drawing.text(x - 10, TOP - 16, "few inputs", anchor="end")
    drawing.text(x + 10, TOP - 16, "many inputs", anchor="start")
    drawing.polyline([place(n, reverse(n)) for n in (0, most)], thickness=2.5)
    drawing.polyline([place(n, forward(n)) for n in (0, most)], thickness=2.5, dash="6 4")
    drawing.text(
        RIGHT - 4, place(most, reverse(0.75 * most))[1] + 22, "left to right", anchor="end"
    )
    drawing.text(*place(0.88 * most, forward(0.95 * most)), "right to left", anchor="end")
    drawing.circle(x, y, 6, fill=PAPER, stroke=VALUE, thickness=2.5)
    return drawing.svg()


# ---- Elimination on a graph ---------------------------------------------------------------------

GRAPH_HEIGHT = 250
NODE = 20


def graph_picture(places: dict[str, tuple[float, float]], slopes: dict[tuple[str, str], float]):
    """A graph whose edges carry slopes. `places` are in [0, 1] x [0, 1], x to the right, y down."""
    at = {
        name: (40 + (WIDTH - 80) * x, 40 + (GRAPH_HEIGHT - 80) * y)
        for name, (x, y) in places.items()
    }
    listed = ", ".join(f"{a} to {b} with slope {number(s, 0)}" for (a, b), s in slopes.items())
    drawing = Drawing(WIDTH, GRAPH_HEIGHT, f"A graph with the edges {listed}.")
    for a, b in slopes:
        (x1, y1), (x2, y2) = at[a], at[b]
        length = math.hypot(x2 - x1, y2 - y1)
        end = 1 - (NODE + 2) / length
        drawing.arrow(x1, y1, x1 + end * (x2 - x1), y1 + end * (y2 - y1), thickness=1.5)
    for (a, b), slope in slopes.items():
        (x1, y1), (x2, y2) = at[a], at[b]
        drawing.text((x1 + x2) / 2, (y1 + y2) / 2, number(slope, 0), halo=True)
    for name, (x, y) in at.items():
        drawing.circle(x, y, NODE, fill=PAPER, stroke=VALUE, thickness=1.5)
        drawing.formula(x, y, name)
    return drawing.svg()
