"""The panel branches against numbers made another way.

The values come from the graph by plain NumPy, every derivative of them by the complex step, and the
number of paths from powers of the matrix of edges.
"""

import re

import numpy as np

from adlab.panels.panel import Panel
from adlab.panels.sweeping import Parameter, parameters
from tests.panels.agrees.reading import SHOWN, labels, numbers

LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
COUNTS = re.compile(r"(\d+) nodes?, (\d+) edges?, (\d+) paths? from \S+ to l\.")
GRADIENT = re.compile(r"sum over paths \((.*)\)\n  reverse sweep  \((.*)\)\n  They agree\.")
H = 1e-30


def evaluated(graph, nudge):
    """All values by number, the loss as 0. `nudge(name, a)` may change a parameter or a value."""
    ys = {}
    for node in graph.nodes:
        read = [ys[k] for k in node.reads]
        if node.kind in ("linear", "tanh"):
            own = {p.source: nudge(p, p.numbers.astype(complex)) for p in parameters(graph)
                   if p.node == node.number}  # fmt: skip
            y = own[None] + sum(own[k] @ ys[k] for k in node.reads)
            y = np.tanh(y) if node.kind == "tanh" else y
        elif node.kind == "concat":
            y = np.concatenate(read)
        else:
            y = np.sum(read, axis=0) if node.kind == "add" else np.prod(read, axis=0)
        ys[node.number] = nudge(node.number, y)
    used = {k for node in graph.nodes for k in node.reads}
    ys[0] = sum(np.sum(ys[k] ** 2) / 2 for k in graph.numbers if k not in used).reshape(1)
    return ys


def slopes(graph, where, number):
    """The derivative of the value `number` in `where`, a parameter or the number of a value."""
    plain = evaluated(graph, lambda _, a: a)
    count = where.numbers.size if isinstance(where, Parameter) else plain[where].size
    columns = []
    for j in range(count):

        def nudge(name, a, j=j):
            if name != where:
                return a
            moved = a.copy()
            moved.flat[j] += 1j * H
            return moved

        columns.append(evaluated(graph, nudge)[number].imag / H)
    return np.stack(columns, axis=1)


def path_count(graph, start):
    places = {k: i for i, k in enumerate([*graph.numbers, 0])}
    M = np.zeros((len(places), len(places)), int)
    for source, to in graph.edges:
        M[places[source], places[to]] = 1
    walks = sum(np.linalg.matrix_power(M, k) for k in range(len(places)))
    return walks[places[start], places[0]]


def close(shown, exact):
    """Numbers with two decimals, or fewer if they are large."""
    exact = np.ravel(exact)
    assert len(shown) <= exact.size
    for a, b in zip(shown, exact, strict=False):
        size = abs(b)
        assert abs(a - b) <= (SHOWN if size < 9.9 else 0.06 if size < 99 else 0.6), (a, b)


def branches_agree(panel: Panel) -> None:
    graph, view, step = panel.graph, panel.values["view"], panel.values["step"]
    x, said = panel.parameter, panel.words.translate(LOWERED)
    nodes, edges, paths = map(int, COUNTS.search(said).groups())
    used = {k for node in graph.nodes for k in node.reads}
    ends = [k for k in graph.numbers if k not in used]
    assert (nodes, paths) == (len(graph.nodes), path_count(graph, x.node))
    assert edges == sum(len(node.reads) for node in graph.nodes) + len(ends)
    gradient = slopes(graph, x, 0)
    for found in GRADIENT.search(said).groups():
        close(numbers(found), gradient)
    texts = labels(panel)
    if view in ("network", "paths", "forward", "reverse"):
        for node in graph.nodes:
            at = texts.index(f"y{node.number}")
            assert texts[at + 1 : at + 3] == [node.kind, str(node.size)]
    read_by = {k: [n.number for n in graph.nodes if k in n.reads] for k in graph.numbers}
    read_by |= {k: [0] for k in ends}
    order = [*graph.numbers, 0]
    if view == "forward":
        notes = notes_of(texts, order)
        assert [k for k in order if notes[k]] == order[:step]
        for k in order[:step]:
            close(numbers(notes[k]), slopes(graph, x, k)[:, 0])
    elif view == "reverse":
        notes, pulled = notes_of(texts, order), order[len(order) - step :]
        for k in graph.numbers:
            there = sum(to in pulled for to in read_by[k])
            if there == len(read_by[k]):
                close(numbers(notes[k]), slopes(graph, k, 0))
            else:
                waits = f"waits: {there} of {len(read_by[k])}"
                assert notes[k] == (waits if there else "")
    elif view == "row":
        node = graph[panel.values["node"]]
        cells = [t for t in texts if re.fullmatch(r"[-−]?\d+\.\d\d", t)]
        direct = [direct_block(graph, node.number, k) for k in node.reads]
        if cells and len(cells) == sum(block.size for block in direct):
            close([numbers(t)[0] for t in cells], np.concatenate([b.ravel() for b in direct]))
    elif view == "blocks":
        sizes = [str(node.size) for node in graph.nodes] + ["1"]
        assert [t for t in texts if t.isdigit()][-len(sizes) :] == sizes  # entries stand before


def direct_block(graph, to, source):
    """∂y_to/∂y_source with all other values held fixed."""
    values = evaluated(graph, lambda _, a: a)
    columns = []
    for j in range(values[source].size):

        def nudge(name, a, j=j):
            if isinstance(name, Parameter) or name == to:
                return a
            a = values[name].copy()
            if name == source:
                a[j] += 1j * H
            return a

        columns.append(evaluated(graph, nudge)[to].imag / H)
    return np.stack(columns, axis=1)


def notes_of(texts, order):
    """What stands beside each box."""
    names = [f"y{k}" if k else "l" for k in order]
    at = [texts.index(name) for name in names] + [len(texts)]
    return {
        k: texts[a + 3] if b > a + 3 else "" for k, a, b in zip(order, at, at[1:], strict=False)
    }
