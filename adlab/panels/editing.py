"""A network to edit: nodes with a kind, a size and the values they read. No numbers yet.

A `Graph` never changes; each edit gives a new one, or is a `ValueError` whose text says why it
can't be. So whoever holds a graph holds one that can be evaluated: every value has a size, and its
nodes stand in an order in which each one reads only what stands before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

KINDS = ("linear", "tanh", "add", "multiply", "concat")
FREE = ("linear", "tanh")  # their size is chosen; that of the others follows from what they read
MOST_NODES = 8
MOST_SIZE = 5  # that can be chosen
WIDEST = 8  # that a concat may become
LOSS = 0  # the number that stands for l where nodes are counted from 1


@dataclass(frozen=True)
class Node:
    """y_number, computed from the values with the numbers `reads`, in the order of reading.

    linear      W a + W' a' + ... + x, and x alone if nothing is read
    tanh        the same, then tanh of each number
    add         a + a' + ...
    multiply    a ⊙ a' ⊙ ...
    concat      [a ; a' ; ...]
    """

    number: int
    kind: str
    size: int
    reads: tuple[int, ...] = ()

    def __str__(self):
        return f"{name(self.number)} = {self.kind}({', '.join(map(name, self.reads))})"


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def name(number: int) -> str:
    return f"y{number}".translate(SUBSCRIPTS) if number != LOSS else "l"


@dataclass(frozen=True)
class Graph:
    """The nodes in an order of evaluation. The loss l reads every value that no node reads."""

    nodes: tuple[Node, ...]

    def __getitem__(self, number: int) -> Node:
        return next(node for node in self.nodes if node.number == number)

    @property
    def numbers(self) -> tuple[int, ...]:
        """In the order of evaluation."""
        return tuple(node.number for node in self.nodes)

    @property
    def read_by_loss(self) -> tuple[int, ...]:
        read = {number for node in self.nodes for number in node.reads}
        return tuple(number for number in self.numbers if number not in read)

    @property
    def reads(self) -> dict[int, tuple[int, ...]]:
        """What each node reads, and last what the loss reads."""
        return {node.number: node.reads for node in self.nodes} | {LOSS: self.read_by_loss}

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(from, to), those into the loss last."""
        return tuple((source, to) for to, read in self.reads.items() for source in read)

    def with_edge(self, source: int, to: int) -> "Graph":
        node = self[to]
        if source in node.reads:
            return self
        if source == to:
            raise ValueError(
                f"{name(to)} can't read itself: it would have to be computed before itself."
            )
        return self.with_node(replace(node, reads=(*node.reads, source)))

    def without_edge(self, source: int, to: int) -> "Graph":
        node = self[to]
        return self.with_node(replace(node, reads=tuple(k for k in node.reads if k != source)))

    def with_kind(self, number: int, kind: str) -> "Graph":
        """A size that followed from what is read can be chosen from now on: it stays, if it may."""
        node = self[number]
        return self.with_node(replace(node, kind=kind, size=min(node.size, MOST_SIZE)))

    def with_size(self, number: int, size: int) -> "Graph":
        node = self[number]
        if node.kind not in FREE and size != node.size:
            raise ValueError(
                f"The size of {node} follows from what it reads: change the size of "
                f"{' or '.join(map(name, node.reads))}."
            )
        return self.with_node(replace(node, size=size))

    def with_node(self, node: Node) -> "Graph":
        """The node takes the place of the one with its number."""
        return resolved([node if old.number == node.number else old for old in self.nodes])

    def with_new(self, source: int) -> tuple["Graph", int]:
        """A graph with one node more, which reads `source`, and its number."""
        if len(self.nodes) == MOST_NODES:
            raise ValueError(f"There are {MOST_NODES} nodes, and there is no room for more.")
        number = next(k for k in range(1, MOST_NODES + 1) if k not in self.numbers)
        size = 2 if self[source].size != 2 else 3
        return resolved([*self.nodes, Node(number, "linear", size, (source,))]), number

    def without(self, number: int) -> "Graph":
        if len(self.nodes) == 1:
            raise ValueError(f"{name(number)} is the last node: without it there is no network.")
        left = [node for node in self.nodes if node.number != number]
        for node in left:
            if node.reads == (number,) and node.kind not in FREE:
                raise ValueError(
                    f"{node} would read nothing without {name(number)}: give it another edge first."
                )
        return resolved(
            [replace(node, reads=tuple(k for k in node.reads if k != number)) for node in left]
        )


def resolved(nodes: Sequence[Node]) -> Graph:
    """The nodes in an order of evaluation, each with its size; a ValueError if there is none."""
    known: dict[int, Node] = {}
    for node in ordered(nodes):
        sizes = [known[number].size for number in node.reads]
        known[node.number] = replace(node, size=size_of(node, sizes))
    return Graph(tuple(known.values()))


def ordered(nodes: Sequence[Node]) -> list[Node]:
    """A topological order: again and again the first node that reads only what stands already."""
    left, placed, found = sorted(nodes, key=lambda node: node.number), set(), []
    while left:
        ready = next((node for node in left if placed.issuperset(node.reads)), None)
        if ready is None:
            raise ValueError(
                f"That would close a cycle: {' → '.join(map(name, cycle(left)))}. "
                "Each of these values would have to be computed before itself."
            )
        left.remove(ready)
        placed.add(ready.number)
        found.append(ready)
    return found


def cycle(nodes: Sequence[Node]) -> list[int]:
    """Numbers along a cycle, the first repeated at the end; there must be one."""
    waiting = {node.number: node.reads for node in nodes}
    walk = [nodes[0].number]
    while walk[-1] not in walk[:-1]:
        walk.append(next(number for number in waiting[walk[-1]] if number in waiting))
    return walk[walk.index(walk[-1]) :][::-1]


def size_of(node: Node, sizes: Sequence[int]) -> int:
    """How many numbers the node has if it reads values of these sizes."""
    if node.kind in FREE:
        return node.size
    if not sizes:
        raise ValueError(f"{node} must read a value: {node.kind} has nothing else to work on.")
    if node.kind == "concat":
        if sum(sizes) > WIDEST:
            raise ValueError(f"{node} would have {sum(sizes)} numbers; {WIDEST} are the most.")
        return sum(sizes)
    if len(set(sizes)) > 1:
        read = f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"
        raise ValueError(f"{node} wants values of one size: these have {read} numbers.")
    return sizes[0]


def built(*rows: tuple) -> Graph:
    """A graph from (kind, size, numbers of what is read), counted from 1."""
    return resolved([Node(k, *row[:2], tuple(row[2:])) for k, row in enumerate(rows, 1)])


DIAMONDS = built(
    ("linear", 3), ("tanh", 4, 1), ("linear", 2, 1, 2), ("tanh", 3, 3), ("concat", 0, 3, 4)
)
EXAMPLES = {
    "two diamonds": DIAMONDS,
    "a chain": built(("linear", 3), ("tanh", 4, 1), ("linear", 2, 2), ("tanh", 3, 3)),
    "residual": built(
        ("linear", 3),
        *[("tanh", 4, 1), ("linear", 3, 2), ("add", 0, 1, 3)],
        *[("tanh", 2, 4), ("linear", 3, 5), ("add", 0, 4, 6)],
    ),
    "a gate": built(("linear", 3), ("tanh", 4, 1), ("linear", 4, 1), ("multiply", 0, 2, 3)),
    "dense": built(*[(KINDS[k % 2], 2 + k % 4, *range(1, k + 1)) for k in range(MOST_NODES)]),
}
