"""What adlab says of an edited network: its blocks, its paths, both sweeps step by step, the cost.

The graph becomes a `Network` with one equation for each node, y = g(its parameters, what it reads),
and all numbers are read from that network's Jacobian. Found once for a graph and a parameter, they
are plain arrays; a step is a look at them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from adlab import Add, Concatenate, HalfSquare, Linear, Multiply, Network, Tanh, ledger
from adlab.panels.editing import FREE, LOSS, SUBSCRIPTS, Graph, Node

PATTERN = (1.0, -0.5, 0.5, -1.0, 0.5, 1.0, -0.5)


@dataclass(frozen=True)
class Parameter:
    """x of a node, `source` None, or the weights with which it reads `source`."""

    node: int
    source: int | None
    shape: tuple[int, ...]

    def __str__(self):
        plain = f"x{self.node}" if self.source is None else f"W{self.node}{self.source}"
        return plain.translate(SUBSCRIPTS)

    @property
    def numbers(self) -> np.ndarray:
        """Fixed ones, small enough that no value grows large."""
        index = np.indices(self.shape)
        turns = 3 * index[0] + 5 * index[-1] * (len(self.shape) - 1)
        shift = 2 * self.node + (self.source or 0)
        scale = 2 / max(3, self.shape[-1]) if self.source else 1.0
        return scale * np.take(PATTERN, (turns + shift) % len(PATTERN))


def parameters(graph: Graph) -> tuple[Parameter, ...]:
    """All of them in the order of evaluation: x of a linear or tanh node, then its weights."""
    return tuple(p for node in graph.nodes for p in parameters_of(node, graph))


def parameters_of(node: Node, graph: Graph) -> list[Parameter]:
    if node.kind not in FREE:
        return []
    weights = [Parameter(node.number, k, (node.size, graph[k].size)) for k in node.reads]
    return [Parameter(node.number, None, (node.size,)), *weights]


def formula(kind: str, count: int):
    """g of a node that reads `count` values, as a function of its arguments: parameters first."""

    def free(x, *others):
        weights, read = others[:count], others[count:]
        for W, a in zip(weights, read, strict=True):
            x = Linear()(W, x, a)  # W a + what was there
        return Tanh()(x) if kind == "tanh" else x

    def product(*read):
        y = read[0]
        for a in read[1:]:
            y = Multiply()(y, a)
        return y

    ways = {"add": lambda *a: Add()(*a), "multiply": product}
    ways["concat"] = lambda *a: Concatenate()(*a)
    return free if kind in FREE else ways[kind]


@cache
def node_layer(kind: str, count: int) -> Network:
    """g of a node that reads `count` values."""
    names = [f"a{k}" for k in range(count)]
    if kind in FREE:
        names = ["x", *(f"W{k}" for k in range(count)), *names]
    return Network(formula(kind, count), names)


def loss_layer(graph: Graph) -> Network:
    read = graph.read_by_loss
    size = sum(graph[number].size for number in read)
    f = HalfSquare(np.zeros(size))
    stacked = Concatenate() if len(read) > 1 else lambda y: y
    return Network(lambda *ys: f(stacked(*ys)), [f"a{k}" for k in range(len(read))])


def network_of(graph: Graph) -> Network:
    """The loss as a function of all parameters, one equation for each node and one for the loss."""
    layers = {node.number: node_layer(node.kind, len(node.reads)) for node in graph.nodes}
    last = loss_layer(graph)

    def h(*xs):
        given, ys = iter(xs), {}
        for node in graph.nodes:
            own = [next(given) for _ in parameters_of(node, graph)]
            ys[node.number] = layers[node.number](*own, *(ys[k] for k in node.reads))
        return last(*(ys[k] for k in graph.read_by_loss))

    return Network(h, [str(p) for p in parameters(graph)])


@dataclass(frozen=True)
class Costs:
    """Flops of one sweep with one vector, and of the sum over paths; the most bytes alive."""

    reverse: int
    forward: int
    paths: int
    reverse_bytes: int
    forward_bytes: int


@dataclass(frozen=True)
class Study:
    """All that the panel shows of one graph and one parameter x.

    `blocks[to, source]` are the direct Jacobians between values, `P` that of the parameter.
    `paths` go from the node of x to the loss, `terms` are their products of Jacobians, rows.
    `tangents[k]` is ẏ after k steps of the forward sweep from the first basis vector of x,
    `cotangents[k]` after k steps of the reverse sweep; a dict {number of the node: vector}.
    """

    graph: Graph
    parameter: Parameter
    blocks: dict
    P: np.ndarray
    paths: tuple[tuple[int, ...], ...]
    terms: tuple[np.ndarray, ...]
    gradient: np.ndarray  # by the reverse sweep, as a row
    slope: float  # of l along the first basis vector, by the forward sweep
    tangents: tuple[dict, ...]
    cotangents: tuple[dict, ...]
    costs: Costs

    @property
    def summed(self) -> np.ndarray:
        """The gradient as a sum over paths."""
        return np.sum(self.terms, axis=0)

    @property
    def gap(self) -> float:
        return float(np.abs(self.summed - self.gradient).max())


def study(graph: Graph, x: Parameter) -> Study:
    net, known = network_of(graph), parameters(graph)
    l, J = net.linearize(*(p.numbers for p in known))
    rows = dict(zip([*graph.numbers, LOSS], J.rows, strict=True))
    reads, own = graph.reads, {LOSS: 0}
    own |= {node.number: len(parameters_of(node, graph)) for node in graph.nodes}
    local = {
        (to, source): rows[to][own[to] + k]
        for to, read in reads.items()
        for k, source in enumerate(read)
    }
    blocks = {edge: block.dense() for edge, block in local.items()}
    mine = parameters_of(graph[x.node], graph).index(x)
    seed = np.zeros(x.shape)
    seed.flat[0] = 1.0
    paths = paths_to_loss(graph, x.node)
    P = rows[x.node][mine].dense()
    wanted = tuple(p == x for p in known)
    pulls = {edge: block.flops.pull for edge, block in local.items()}
    last = rows[x.node][mine].flops.pull
    walked = sum(pulls[to, source] for path in paths for source, to in steps_of(path))
    books = {mode: ledger(J, mode) for mode in ("reverse", "forward")}
    return Study(
        graph=graph,
        parameter=x,
        blocks=blocks,
        P=P,
        paths=paths,
        terms=tuple(term(path, blocks, P) for path in paths),
        gradient=(1.0 @ J)[known.index(x)].reshape(1, -1),
        slope=float(J @ tuple(seed if p == x else np.zeros(p.shape) for p in known)),
        tangents=forward_steps(reads, rows, own, (x, mine, seed)),
        cotangents=reverse_steps(reads, rows, own),
        costs=Costs(
            reverse=books["reverse"].flops,
            forward=J.push_flops(wanted),
            paths=walked + len(paths) * last + (len(paths) - 1) * seed.size,
            reverse_bytes=books["reverse"].peak,
            forward_bytes=books["forward"].peak,
        ),
    )


def paths_to_loss(graph: Graph, start: int) -> tuple[tuple[int, ...], ...]:
    """All paths from a node to the loss, by their nodes."""
    readers = {}
    for source, to in graph.edges:
        readers.setdefault(source, []).append(to)
    found, todo = [], [(start,)]
    while todo:
        path = todo.pop()
        if path[-1] == LOSS:
            found.append(path)
        else:
            todo.extend((*path, to) for to in reversed(readers[path[-1]]))
    return tuple(found)


def steps_of(path):
    """(source, to) from the loss back to the parameter."""
    return [(source, to) for source, to in zip(path, path[1:], strict=False)][::-1]


def term(path, blocks, P):
    """The product along one path, from left to right: a row."""
    row = np.ones((1, 1))
    for source, to in steps_of(path):
        row = row @ blocks[to, source]
    return row @ P


def forward_steps(reads, rows, own, seeded):
    """ẏ after each step down the list: every node pushes the tangents of what it reads."""
    x, mine, seed = seeded
    ys, found = {}, [{}]
    for to, read in reads.items():
        row = rows[to]
        moved = [None] * own[to] + [ys[source] for source in read]
        if to == x.node:
            moved[mine] = seed
        full = [np.zeros(s) if v is None else v for v, s in zip(moved, row.shape_in, strict=True)]
        ys = ys | {to: np.ravel(row @ tuple(full))}
        found.append(ys)
    return tuple(found)


def reverse_steps(reads, rows, own):
    """ȳ after each step up the list: every node pulls its cotangent back to what it reads."""
    us, found = {LOSS: np.ones(1)}, [{LOSS: np.ones(1)}]
    for to, read in reversed(reads.items()):
        u = us[to].reshape(rows[to].shape_out)
        us = dict(us)
        for source, bar in zip(read, (u @ rows[to])[own[to] :], strict=True):
            us[source] = us[source] + bar if source in us else bar
        found.append(us)
    return tuple(found)
