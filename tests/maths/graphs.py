"""Random branching networks, made by hypothesis, and three other ways to their Jacobian.

A plan is a list of steps, each a layer and the numbers of the values it reads. `build` makes a
Network of it, `run` evaluates it with NumPy alone, and the local matrices of its equations are
multiplied out with dense arithmetic: as a sum over paths, as a triangular system, by elimination
of the values in either order.
"""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

import adlab
from tests.maths.truth import jacobian_by_complex_step

N = 2  # the length of every value, so that every layer fits everywhere

W = np.array([[0.5, -1.0], [0.75, 0.25]])  # not symmetric: a transpose would be seen
b = np.array([0.25, -0.5])

FORMULAS = {
    "tanh": (adlab.Tanh(), np.tanh, 1),
    "sin": (adlab.Sin(), np.sin, 1),
    "scale": (adlab.Scale(-0.5), lambda a: -0.5 * a, 1),
    "softmax": (adlab.Softmax(), lambda a: np.exp(a) / np.exp(a).sum(), 1),
    "linear": (lambda a: adlab.Linear()(W, b, a), lambda a: W @ a + b, 1),
    "add": (adlab.Add(), lambda a, b: a + b, 2),
    "multiply": (adlab.Multiply(), lambda a, b: a * b, 2),
    "add3": (adlab.Add(), lambda a, b, c: a + b + c, 3),
}


def inner_function(a, b):
    """A network inside networks, with two results."""
    y1 = adlab.Tanh()(a * b)
    return y1 + a, y1 * y1


def inner_formula(a, b):
    y1 = np.tanh(a * b)
    return y1 + a, y1 * y1


INNER = adlab.Network(inner_function)


@dataclass
class Plan:
    """`arguments` values come first, then constants, then one for each step (two for "inner")."""

    arguments: int
    constants: int
    steps: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    one_output: bool = False


@st.composite
def plans(draw, most_steps=12, nesting=True):
    """Any fan-out, unused values, a value twice in one layer, outputs repeated or just inputs."""
    plan = Plan(draw(st.integers(1, 3)), draw(st.integers(0, 1)))
    known = plan.arguments + plan.constants
    kinds = [*FORMULAS, "inner", "nest"] if nesting else list(FORMULAS)
    for _ in range(draw(st.integers(0, most_steps))):
        kind = draw(st.sampled_from(kinds))
        reads = {"inner": 2, "nest": 1}.get(kind) or FORMULAS[kind][2]
        recent = st.integers(max(0, known - 4), known - 1) | st.integers(0, known - 1)
        plan.steps.append((kind, [draw(recent) for _ in range(reads)]))
        known += 2 if kind == "inner" else 1
    plan.outputs = draw(st.lists(st.integers(0, known - 1), min_size=1, max_size=3))
    plan.one_output = len(plan.outputs) == 1 and draw(st.booleans())
    return plan


def numbers_for(plan, seed=0):
    rng = np.random.default_rng([seed, plan.arguments])
    return [rng.uniform(-1, 1, N) for _ in range(plan.arguments)]


def constants_of(plan):
    return [np.array([0.5, -1.25]) for _ in range(plan.constants)]


def outputs_of(plan, values):
    found = tuple(values[i] for i in plan.outputs)
    return found[0] if plan.one_output else found


def build(plan, flat=False):
    """The plan as a Network; `flat`: what would be nested is written out instead."""

    def nested(a):
        return adlab.Network(lambda b: adlab.Network(lambda c: adlab.Sin()(c) * c)(b) + b)(a)

    def written_out(a):
        return adlab.Sin()(a) * a + a

    def function(*arguments):
        values = [*arguments, *constants_of(plan)]
        for kind, reads in plan.steps:
            read = [values[i] for i in reads]
            if kind == "inner":
                values.extend((inner_function if flat else INNER)(*read))
            elif kind == "nest":
                values.append(written_out(read[0]) if flat else nested(read[0]))
            else:
                values.append(FORMULAS[kind][0](*read))
        return outputs_of(plan, values)

    return adlab.Network(function, [f"x{i + 1}" for i in range(plan.arguments)])


def run(plan, *arguments):
    """The same, with NumPy alone."""
    values = [*arguments, *constants_of(plan)]
    for kind, reads in plan.steps:
        read = [values[i] for i in reads]
        if kind == "inner":
            values.extend(inner_formula(*read))
        elif kind == "nest":
            values.append(np.sin(read[0]) * read[0] + read[0])
        else:
            values.append(FORMULAS[kind][1](*read))
    return outputs_of(plan, values)


# ---- The same Jacobian, by dense matrices ----------------------------------------------------


def edges(plan, *arguments):
    """(to, from, matrix) for each use of a value, and how many values there are.

    The matrices come from the formulas by the complex step, so no rule of adlab is in them.
    """
    values = [*arguments, *constants_of(plan)]
    found = []
    for kind, reads in plan.steps:
        formula = FORMULAS[kind][1]
        read = [values[i] for i in reads]
        for k, source in enumerate(reads):
            found.append((len(values), source, jacobian_by_complex_step(formula, read, k)))
        values.append(formula(*read))
    return found, len(values)


def by_paths(plan, *arguments):
    """The sum over all paths of the products of matrices along them: {(output, argument): sum}."""
    uses, _ = edges(plan, *arguments)
    sums = {}
    for i in plan.outputs:
        for j in range(plan.arguments):
            sums[i, j] = np.zeros((N, N))
        todo = [(i, np.eye(N))]
        while todo:
            value, product = todo.pop()
            if value < plan.arguments:
                sums[i, value] += product
            todo.extend((source, product @ M) for to, source, M in uses if to == value)
    return sums


def triangular(plan, *arguments):
    """C, the strictly lower triangular matrix of direct Jacobians between all values."""
    uses, count = edges(plan, *arguments)
    C = np.zeros((count * N, count * N))
    for to, source, M in uses:
        C[to * N : (to + 1) * N, source * N : (source + 1) * N] += M
    return C


def block(M, i, j):
    return M[i * N : (i + 1) * N, j * N : (j + 1) * N]


def by_elimination(plan, *arguments, forward=True):
    """Values between are eliminated one by one: each path through one becomes an edge of its own.

    In the order of evaluation this multiplies from right to left, in the opposite order from left
    to right. Griewank & Walther, chapter 9.
    """
    uses, count = edges(plan, *arguments)
    direct = {}
    for to, source, M in uses:
        direct[to, source] = direct.get((to, source), 0) + M
    for i in plan.outputs:  # an output is looked at from outside, by a last edge of its own
        direct["out", i] = np.eye(N)
    results = {}
    for i in set(plan.outputs):
        left = {edge: M for edge, M in direct.items() if edge[0] != "out" or edge[1] == i}
        between = range(plan.arguments, count)
        for value in between if forward else reversed(between):
            ahead = [(to, M) for (to, source), M in left.items() if source == value]
            behind = [(source, M) for (to, source), M in left.items() if to == value]
            for to, A in ahead:
                for source, B in behind:
                    left[to, source] = left.get((to, source), 0) + A @ B
            left = {edge: M for edge, M in left.items() if value not in edge}
        for j in range(plan.arguments):
            results[i, j] = left.get(("out", j), np.zeros((N, N)))
    return results
