"""What the panel of chapter 09 draws and says of an edited network, in each of its views."""

from dataclasses import dataclass

import numpy as np

from adlab.panels.editing import LOSS, Graph, name
from adlab.panels.sweeping import Study
from adlab.pictures.drawing import COTANGENT, TANGENT, VALUE, number
from adlab.pictures.graph import Box, Edge, blocks_picture, graph_picture, row_picture

VIEWS = {
    "network": "the network",
    "row": "the Row of the node",
    "blocks": "all blocks, C",
    "paths": "path by path",
    "forward": "forward sweep",
    "reverse": "reverse sweep",
}
LISTED = 4  # paths written out at a time
AGREE = 1e-10  # relative to the largest entry, and at least to 1


@dataclass(frozen=True)
class Branches:
    """A network, the node and the view that are chosen, and how many steps are taken."""

    study: Study
    node: int
    view: str
    step: int

    @property
    def graph(self) -> Graph:
        return self.study.graph

    @property
    def places(self) -> dict[int, int]:
        """Where each node stands in the order of evaluation; the loss is last."""
        return {number: k for k, number in enumerate([*self.graph.numbers, LOSS])}

    @property
    def sizes(self) -> list[int]:
        return [node.size for node in self.graph.nodes] + [1]

    @property
    def at(self) -> int | None:
        """The node at work in this step of a sweep."""
        order = [*self.graph.numbers, LOSS]
        if not self.step or self.view not in ("forward", "reverse"):
            return None
        return order[self.step - 1] if self.view == "forward" else order[-self.step]


def last_step(study: Study, view: str) -> int:
    """How many steps a view has: 0 if it has none."""
    sweep = len(study.graph.nodes) + 1
    return {"paths": len(study.paths), "forward": sweep, "reverse": sweep}.get(view, 0)


def plain(number: int) -> str:
    """The name as a formula of a picture."""
    return f"y_{number}" if number != LOSS else "l"


# ---- The picture ---------------------------------------------------------------------------------


def drawn(shown: Branches) -> str:
    if shown.view == "row":
        return row_drawn(shown)
    if shown.view == "blocks":
        return blocks_drawn(shown)
    notes, lit = {
        "network": network_notes,
        "paths": path_notes,
        "forward": forward_notes,
        "reverse": reverse_notes,
    }[shown.view](shown)
    colour = {"forward": TANGENT, "reverse": COTANGENT}.get(shown.view, VALUE)
    order, places = [*shown.graph.numbers, LOSS], shown.places
    framed, x = shown.node if shown.at is None else shown.at, shown.study.parameter
    kinds = {node.number: node.kind for node in shown.graph.nodes} | {LOSS: "loss"}
    boxes = [
        Box(plain(k), kinds[k], str(size), notes.get(k, ""), colour, k == framed, k == x.node)
        for k, size in zip(order, shown.sizes, strict=True)
    ]
    edges = [
        Edge(
            places[source],
            places[to],
            *((colour, lit[source, to]) if (source, to) in lit else ()),
            up=shown.view == "reverse",
        )
        for source, to in shown.graph.edges
    ]
    return graph_picture(boxes, edges, headline(shown), words_of(shown))


THIN, THICK = 1.5, 3.0


def headline(shown: Branches) -> str:
    if shown.view == "network":
        return counts(shown.graph)
    step, x = shown.step, formula_of(shown.study.parameter)
    if shown.view == "paths":
        count = len(shown.study.paths)
        which = f"path {step} of {count}," if step else counted(count, "path")
        return f"{which} from {x} to l"
    which = "tangents ẏ" if shown.view == "forward" else "cotangents ȳ"
    return f"{which}, step {step} of {last_step(shown.study, shown.view)}"


def counts(graph: Graph) -> str:
    return f"{counted(len(graph.nodes), 'node')}, {counted(len(graph.edges), 'edge')}"


def counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def formula_of(x) -> str:
    return f"x_{x.node}" if x.source is None else f"W_{{{x.node}{x.source}}}"


def words_of(shown: Branches) -> str:
    loss = f"l = loss({', '.join(map(name, shown.graph.read_by_loss))})"
    return f"{headline(shown)}. {'; '.join([*map(str, shown.graph.nodes), loss])}."


def network_notes(shown):
    """The shape of every Row; the edges into the chosen node are thick."""
    sizes = dict(zip([*shown.graph.numbers, LOSS], shown.sizes, strict=True))
    notes = {
        to: f"Row {sizes[to]} × {sum(sizes[k] for k in read)}"
        for to, read in shown.graph.reads.items()
        if read
    }
    return notes, {(source, shown.node): THICK for source in shown.graph[shown.node].reads}


def path_notes(shown):
    """The shape of each block along the path."""
    if not shown.step:
        return {}, {}
    path = shown.study.paths[shown.step - 1]
    edges = list(zip(path, path[1:], strict=False))
    x = shown.study.parameter
    notes = {to: block_shape(shown.study.blocks[to, source]) for source, to in edges}
    notes[x.node] = f"P {block_shape(shown.study.P)}"
    return notes, dict.fromkeys(edges, THICK)


def block_shape(block: np.ndarray) -> str:
    return " × ".join(map(str, block.shape))


def forward_notes(shown):
    tangents = shown.study.tangents[shown.step]
    lit = {(a, b): THICK if b == shown.at else THIN for a, b in shown.graph.edges if b in tangents}
    return {k: first_numbers(v) for k, v in tangents.items()}, lit


def reverse_notes(shown):
    """A cotangent is complete when all uses of its value are in; before that it waits."""
    cotangents = shown.study.cotangents[shown.step]
    order = [*shown.graph.numbers, LOSS]
    pulled = set(order[len(order) - shown.step :])
    notes = {}
    for k, u in cotangents.items():
        uses = [to for source, to in shown.graph.edges if source == k]
        there = sum(to in pulled for to in uses)
        notes[k] = first_numbers(u) if there == len(uses) else f"waits: {there} of {len(uses)}"
    lit = {(a, b): THICK if b == shown.at else THIN for a, b in shown.graph.edges if b in pulled}
    return notes, lit


def first_numbers(v: np.ndarray) -> str:
    shown = [short(entry) for entry in v[: 3 if len(v) <= 3 else 2]]
    return " ".join([*shown, "…"] if len(v) > 3 else shown)


def short(value: float) -> str:
    """At most five characters for what is usual here."""
    return number(value, 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0)


def blocks_drawn(shown: Branches) -> str:
    places = shown.places
    blocks = {(places[i], places[j]): b.tolist() for (i, j), b in shown.study.blocks.items()}
    title = "C: row y_{i}, column y_{j}, block ∂y_{i}/∂y_{j}"
    return blocks_picture(
        [plain(k) for k in places],
        shown.sizes,
        blocks,
        places[shown.node],
        title,
        f"The block matrix C, strictly lower triangular. {words_of(shown)}",
    )


def row_drawn(shown: Branches) -> str:
    node = shown.graph[shown.node]
    blocks = [shown.study.blocks[node.number, k] for k in node.reads]
    shapes = " + ".join(str(b.shape[1]) for b in blocks)
    title = f"Row of {plain(node.number)}, {node.kind}"
    note = (
        f"{node.size} × ({shapes})" if len(blocks) > 1 else block_shape(blocks[0]) if blocks else ""
    )
    words = f"{title}: one block for each value that it reads, {note}."
    names = [plain(k) for k in node.reads]
    return row_picture(names, [b.tolist() for b in blocks], title, note, words)


# ---- The text ------------------------------------------------------------------------------------


def said(shown: Branches) -> str:
    found, node = shown.study, shown.graph[shown.node]
    x, costs, count = found.parameter, found.costs, len(found.paths)
    order = " ".join(name(k) for k in [*shown.graph.numbers, LOSS])
    shapes = ", ".join(block_shape(found.blocks[node.number, k]) for k in node.reads)
    first = first_listed(shown)
    listed = [f"  {path_in_words(path, x)}" for path in found.paths[first : first + LISTED]]
    most = f"reverse {costs.reverse_bytes:,}, forward {costs.forward_bytes:,}"
    more = f" {first + 1} to {first + LISTED}:" if count > LISTED else ""
    return "\n".join(
        [
            f"{node}, {counted(node.size, 'number')}.",
            f"Its Row: {shapes}." if shapes else "It reads no value.",
            f"Order: {order}",
            f"{counts(shown.graph)}, {counted(count, 'path')} from {x} to l.{more}",
            *listed,
            *step_in_words(shown),
            f"Gradient in {x}, shape {' × '.join(map(str, x.shape))}:",
            f"  sum over paths {vector(found.summed)}",
            f"  reverse sweep  {vector(found.gradient)}",
            "  They agree." if agree(found) else "  They do not agree.",
            f"Flops: reverse sweep {costs.reverse:,}, for every parameter;",
            f"  forward sweep {costs.forward:,}, for 1 number of {x};",
            f"  path by path {costs.paths:,}, for {x}.",
            f"Bytes alive at most: {most}.",
        ]
    )


def first_listed(shown: Branches) -> int:
    """Path by path the list moves along, so that the path of the step is the last in it."""
    return max(0, shown.step - LISTED) if shown.view == "paths" else 0


def agree(found: Study) -> bool:
    return found.gap <= AGREE * max(1.0, float(np.abs(found.gradient).max()))


def path_in_words(path, x) -> str:
    return "←".join([name(k) for k in reversed(path)] + [str(x)])


def step_in_words(shown: Branches) -> list[str]:
    found, step, at = shown.study, shown.step, shown.at
    if shown.view == "paths" and step:
        part = np.sum(found.terms[:step], axis=0)
        return [
            f"Path {step} gives {vector(found.terms[step - 1])}.",
            f"Sum of the first {step}: {vector(part)}",
        ]
    if shown.view == "forward":
        if at is None:
            return [f"The tangent of {found.parameter} is (1, 0, …)."]
        return [f"{name(at)} pushes: its tangent is {vector(found.tangents[step][at])}."]
    if shown.view == "reverse":
        if at is None:
            return ["The cotangent of l is 1."]
        return [f"{name(at)} pulls its cotangent {vector(found.cotangents[step][at])}."]
    return []


def vector(v: np.ndarray, most: int = 3) -> str:
    entries = np.ravel(v)
    words = [short(entry) for entry in entries[:most]] + ["…"] * (entries.size > most)
    return f"({', '.join(words)})"
