"""The panel order against products that are carried out and counted as they go."""

import re
from itertools import pairwise

import numpy as np

from adlab.panels.panel import Panel
from tests.panels.agrees.reading import labels

ORDERS = ("left to right", "right to left", "best", "drawn")


def order_agrees(panel: Panel) -> None:
    values = panel.values
    k, which = values["k"], values["which"]
    sizes = [values[f"d{i}"] for i in range(k + 1)]
    every = formulas([f"M{i}" for i in range(k)])
    counted = {formula: carried_out(formula, sizes) for formula in every}
    left, right = every[-1], every[0]  # the last product splits off the last or the first matrix
    least = min(flops for flops, _, _ in counted.values())

    said = panel.words.splitlines()
    drawn = said[0].removeprefix("Drawn: ").removesuffix(".")
    best = re.match(rf"Best of {len(every)}: (.*): ", said[k + 3])[1]
    assert counted[best][0] == least
    assert drawn == {"left to right": left, "right to left": right, "best": best}.get(
        which, every[which - 1] if isinstance(which, int) else None
    )
    steps = counted[drawn][2]
    assert [line.split(" = ")[1] for line in said[1:k]] == [f"{flops:,}" for _, flops in steps]
    expected = [counted[formula] for formula in (left, right, best, drawn)]
    for line, (flops, peak, _) in zip(
        (said[k + 1], said[k + 2], said[k + 3], said[k]), expected, strict=True
    ):
        assert f"{flops:,} flops, {peak:,} numbers at the peak" in line
    for line, (flops, _, _) in zip(said[k + 1 : k + 3], expected, strict=False):
        assert line.endswith(
            f"; {flops / least:.2f} times the best." if flops > least else "; as the best."
        )

    drawn_labels = labels(panel)
    for name, (flops, peak, _) in zip(ORDERS, expected, strict=True):
        at = len(drawn_labels) - drawn_labels[::-1].index(name)
        assert drawn_labels[at : at + 2] == [f"{flops:,}", f"{peak:,}"]
        time = drawn_labels[at + 2]
        assert time == "—" if not values["measure"] else re.fullmatch(r"\d+\.\d{2,3} ms", time)
    assert ("on this machine" in said[-1]) == values["measure"]
    tree = drawn_labels[: drawn_labels.index("flops")]
    for shape, flops in steps:
        assert (shape, f"{flops:,}") in pairwise(tree)
    assert [text for text in tree if re.fullmatch(r"\d+", text)][: k + 1] == list(map(str, sizes))


def formulas(names: list[str]) -> list[str]:
    """Every bracketing, written; first those whose last product splits off the first matrix."""
    if len(names) == 1:
        return names
    return [
        f"{bracket(a)} {bracket(b)}"
        for s in range(1, len(names))
        for a in formulas(names[:s])
        for b in formulas(names[s:])
    ]


def bracket(formula: str) -> str:
    return f"({formula})" if " " in formula else formula


class Traced:
    """A matrix that notes what products of it cost, and how many numbers are alive."""

    log, alive, most = [], 0, 0

    def __init__(self, array, made=False):
        self.array, self.made = array, made

    def __mul__(self, other):
        p, q, r = len(self.array), len(other.array), other.array.shape[1]
        Traced.log.append((f"{p} × {r}", p * r * (q + q)))
        Traced.alive += p * r
        Traced.most = max(Traced.most, Traced.alive)
        for factor in (self, other):
            Traced.alive -= factor.array.size if factor.made else 0
        return Traced(self.array @ other.array, made=True)


def carried_out(formula: str, sizes: list[int]) -> tuple[int, int, list]:
    """(flops, most numbers alive, [(shape, flops)]) of a product that Python itself brackets."""
    Traced.log, Traced.alive, Traced.most = [], 0, 0
    matrices = {f"M{i}": Traced(np.ones(pair)) for i, pair in enumerate(pairwise(sizes))}
    product = eval(formula.replace(" ", "*"), {}, matrices)
    assert product.array.shape == (sizes[0], sizes[-1])
    return sum(flops for _, flops in Traced.log), Traced.most, Traced.log
