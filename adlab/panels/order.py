"""Chapter 06: a product of matrices in any order, counted, and measured on demand."""

import time
from dataclasses import dataclass

import numpy as np

from adlab import brackets
from adlab.brackets import Bracketing, written
from adlab.panels.panel import Panel, check_box, choice, int_slider
from adlab.pictures.order import MOST_MATRICES, MOST_SIZE, Cost, order_picture

START = (50, 100, 2, 100, 50, 3)  # d_0, d_1, ...; as many as there are matrices and one are used
SUBSCRIPTS = "₀₁₂₃₄₅"
MODES = {
    "left to right": brackets.left_to_right,
    "right to left": brackets.right_to_left,
    "best": brackets.best,
}
COUNTS = {2: 1, 3: 2, 4: 5, 5: 14}  # bracketings: Catalan numbers

# A product of a few numbers takes no time that could be measured, so sizes are multiplied by a
# factor: each product then has `factor`³ times the flops, and the orders compare as before.
MOST_FLOPS = 20_000_000  # of the slowest order that is measured, if the least factor allows
MOST_ENTRIES = 500_000  # of the largest matrix
MOST_TIME = 0.012  # seconds; no further round is begun then
ROUNDS = 7

# A larger product, in multiply-adds, wakes a second thread. On a busy machine that one may be kept
# waiting for longer than all the rest takes.
ONE_THREAD = 250_000


@dataclass(frozen=True)
class Order:
    """A chain of matrices with sizes d_0, ..., d_k, the order that is drawn, and the known ones.

    `seconds` are those of `modes` and of `drawn`, measured with every size times `factor`; None if
    nothing was measured.
    """

    sizes: tuple[int, ...]
    drawn: Bracketing
    modes: dict[str, Bracketing]
    ways: int
    factor: int | None = None
    seconds: dict[object, float] | None = None  # by tree

    def milliseconds(self, order):
        return None if self.seconds is None else 1000 * self.seconds[order.tree]

    @property
    def costs(self):
        """The rows of the table: the known orders, then the one that is drawn."""
        rows = self.modes | {"drawn": self.drawn}
        return [Cost(name, o.flops, o.storage, self.milliseconds(o)) for name, o in rows.items()]


def order_model(sizes, which="best", measure=False):
    """`which` is a name of MODES, or the number of a bracketing, counted from 1."""
    ways = COUNTS[len(sizes) - 1]
    modes = {name: find(sizes) for name, find in MODES.items()}
    if which in MODES:
        drawn = modes[which]
    elif which <= ways:
        drawn = brackets.every(sizes)[which - 1]
    else:
        raise ValueError(
            f"{len(sizes) - 1} matrices can be bracketed in {ways} "
            f"{'way' if ways == 1 else 'ways'}: there is no number {which}."
        )
    if not measure:
        return Order(sizes, drawn, modes, ways)
    orders = [*modes.values(), drawn]
    factor = scaled(sizes, max(order.flops for order in orders))
    seconds = measured(tuple(factor * d for d in sizes), {order.tree for order in orders})
    return Order(sizes, drawn, modes, ways, factor, seconds)


def scaled(sizes, flops):
    """The largest factor that keeps flops and matrices small enough to be measured quickly.

    At least 2 where a size is 1: a vector would be multiplied by other routines than a matrix.
    """
    largest = max(p * q for p, q in zip(sizes, sizes[1:], strict=False))
    by_flops, by_room = (MOST_FLOPS / flops) ** (1 / 3), (MOST_ENTRIES / largest) ** (1 / 2)
    return max(2 if 1 in sizes else 1, int(min(by_flops, by_room)))


def multiplied(matrices, tree):
    """The product, in the order of the tree."""
    if isinstance(tree, int):
        return matrices[tree]
    return times(multiplied(matrices, tree[0]), multiplied(matrices, tree[1]))


def times(A, B):
    """A @ B on one thread, a few rows at a time."""
    C = np.empty((len(A), B.shape[1]))
    rows = max(1, ONE_THREAD // B.size)
    for i in range(0, len(A), rows):
        np.matmul(A[i : i + rows], B, out=C[i : i + rows])
    return C


def measured(sizes, trees):
    """{tree: seconds}, the quickest of a few rounds; in each round every tree has its turn."""
    matrices = [np.ones(shape) for shape in zip(sizes, sizes[1:], strict=False)]
    seconds = dict.fromkeys(trees, float("inf"))
    began = time.perf_counter()
    for _ in range(ROUNDS):
        for tree in trees:
            start = time.perf_counter()
            multiplied(matrices, tree)
            seconds[tree] = min(seconds[tree], time.perf_counter() - start)
        if time.perf_counter() - began > MOST_TIME:
            break
    return seconds


def crossing(sizes):
    """The last size n at which both modes cost the same for three matrices (m, a, b, n).

    2mb(a + n) = 2an(b + m), so 1/n = 1/m + 1/b - 1/a; infinity if right to left is always cheaper.
    """
    m, a, b, _ = sizes
    over = a * b + a * m - m * b
    return m * a * b / over if over > 0 else float("inf")


class OrderPanel(Panel):
    title = "The order of multiplication"
    hint = "Before you drag, say which order will be cheapest."
    lines = 17
    sentence_lines = 3

    def make_controls(self):
        sizes = {
            f"d{i}": int_slider(f"d{SUBSCRIPTS[i]}", d, 1, MOST_SIZE) for i, d in enumerate(START)
        }
        k = int_slider("k, matrices", 4, 2, MOST_MATRICES)

        def grey_out(_change=None):
            for i, slider in enumerate(sizes.values()):
                slider.disabled = i > k.value

        k.observe(grey_out, names="value")
        grey_out()
        numbers = [(f"number {i}", i) for i in range(1, COUNTS[MOST_MATRICES] + 1)]
        return {
            "k": k,
            "which": choice("order", [(name, name) for name in MODES] + numbers),
            **sizes,
            "measure": check_box("measure the time as well"),
        }

    def model(self, k, which, measure, **sizes):
        return order_model(tuple(sizes.values())[: k + 1], which, measure)

    def picture(self, order):
        return order_picture(order.sizes, order.drawn.tree, order.costs, written(order.drawn.tree))

    def text(self, order):
        best = order.modes["best"]
        return "\n".join(
            [
                f"Drawn: {written(order.drawn.tree)}.",
                *products(order.sizes, order.drawn.tree),
                f"In all {total(order.drawn)}.",
                *(against_the_best(order, name) for name in ("left to right", "right to left")),
                f"Best of {order.ways}: {written(best.tree)}: {total(best)}.",
                timing(order),
            ]
        )


def products(sizes, tree):
    """One line for each product, in the order in which they are made."""
    if isinstance(tree, int):
        return []
    left, right = (brackets.leaves_of(part) for part in tree)
    p, q, r = sizes[left[0]], sizes[right[0]], sizes[right[-1] + 1]
    line = f"{span(left)} · {span(right)}: 2·{p}·{q}·{r} = {2 * p * q * r:,}"
    return [*products(sizes, tree[0]), *products(sizes, tree[1]), line]


def span(leaves):
    return f"M{leaves[0]}" if len(leaves) == 1 else f"M{leaves[0]}…{leaves[-1]}"


def total(order):
    return f"{order.flops:,} flops, {order.storage:,} numbers at the peak"


def against_the_best(order, name):
    mode, least = order.modes[name], order.modes["best"].flops
    many = f"{mode.flops / least:.2f} times the best" if mode.flops > least else "as the best"
    return f"{name.capitalize()}: {total(mode)}; {many}."


def timing(order):
    if order.seconds is None:
        return "No time is measured."
    each = ", ".join(f"{cost.name} {cost.milliseconds:.3f} ms" for cost in order.costs)
    sizes = f", each size times {order.factor}" if order.factor > 1 else ""
    return f"Measured on this machine{sizes}: {each}."
