"""A network as a graph, and the Jacobians of its edges as blocks of one matrix.

The nodes stand in a column, in an order of evaluation, so every edge goes down the page. An edge to
the next node is a short arrow; every other one is an arc on the left of the column, so no edge runs
through a node, however many there are. The space on the right is for what is said about a node.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from adlab.pictures.drawing import (
    GUIDE,
    JACOBIAN,
    JACOBIAN_PAPER,
    PAPER,
    TEXT,
    TITLE,
    VALUE,
    WIDTH,
    Drawing,
    diverging,
    heatmap,
)

HEIGHT = 470
MARGIN = 14
TOP = 52  # below the title
HIGHEST_PITCH = 66  # from node to node
BOX_LEFT, BOX_WIDTH, BOX_HEIGHT = 144, 132, 30
NOTE_X = BOX_LEFT + BOX_WIDTH + 10
NEAREST, NEXT, FARTHEST = 14, 34, 118  # how far the arcs reach to the left
ARC = 24  # points
APART = 7  # edges leave below the middle of a box, and arrive above it


class Box(NamedTuple):
    """A node: name, kind and note are formulas; the note stands beside it in `colour`.

    `marked`: the parameter that is looked at belongs to it, and a square says so.
    """

    name: str
    kind: str
    size: str
    note: str = ""
    colour: str = VALUE
    chosen: bool = False
    marked: bool = False


class Edge(NamedTuple):
    """From one box to a later one, by their places. `up`: the arrow head is at the start."""

    source: int
    to: int
    colour: str = JACOBIAN
    thickness: float = 1.5
    up: bool = False


def graph_picture(
    boxes: Sequence[Box], edges: Sequence[Edge], title: str, words: str, height: float = HEIGHT
) -> str:
    """The boxes from top to bottom; `title` is a formula, `words` the accessible name."""
    drawing = Drawing(WIDTH, height, words)
    drawing.formula(16, 26, title, anchor="start", bold=True)
    pitch = min(HIGHEST_PITCH, (height - TOP - MARGIN) / len(boxes))
    ys = [TOP + pitch * (k + 0.5) for k in range(len(boxes))]
    reach = min(NEXT, (FARTHEST - NEAREST) / max(1, len(boxes) - 2))
    for edge in sorted(edges, key=lambda edge: edge.thickness):
        span = edge.to - edge.source
        ends = ys[edge.source], ys[edge.to]
        if span == 1:
            _step(drawing, edge, *ends)
        else:
            _arc(drawing, edge, *ends, NEAREST + reach * (span - 1))
    for box, y in zip(boxes, ys, strict=True):
        thickness = 3.5 if box.chosen else 1.5
        top = y - BOX_HEIGHT / 2
        drawing.rect(
            *(BOX_LEFT, top, BOX_WIDTH, BOX_HEIGHT),
            fill=PAPER,
            stroke=VALUE,
            thickness=thickness,
            radius=6,
        )
        drawing.formula(BOX_LEFT + 8, y - 2, box.name, anchor="start", size=TEXT)
        drawing.formula(BOX_LEFT + 37, y, box.kind, anchor="start", size=TEXT)
        drawing.text(BOX_LEFT + BOX_WIDTH - 9, y, box.size, anchor="end", bold=True)
        if box.marked:
            drawing.rect(BOX_LEFT + BOX_WIDTH - 5, y - 5, 10, 10, fill=VALUE)
        if box.note:
            drawing.formula(NOTE_X, y, box.note, anchor="start", colour=box.colour, size=TEXT)
    return drawing.svg()


def _step(drawing: Drawing, edge: Edge, above: float, below: float) -> None:
    x = BOX_LEFT + 22
    start, end = above + BOX_HEIGHT / 2, below - BOX_HEIGHT / 2
    if edge.up:
        start, end = end, start
    drawing.arrow(x, start, x, end, colour=edge.colour, thickness=edge.thickness)


def _arc(drawing: Drawing, edge: Edge, above: float, below: float, reach: float) -> None:
    """Half an ellipse, so that it leaves one box and enters the other sideways."""
    start, end = above + APART, below - APART
    if edge.up:
        start, end = end, start
    head = 4.5 * edge.thickness
    left, middle, half = BOX_LEFT - head, (start + end) / 2, (end - start) / 2
    angles = [math.pi * k / ARC for k in range(ARC + 1)]
    points = [(left - reach * math.sin(t), middle - half * math.cos(t)) for t in angles]
    line = [(BOX_LEFT, start), *points]
    drawing.polyline(line, colour=edge.colour, thickness=edge.thickness)
    wide = 0.42 * head
    corners = [(BOX_LEFT, end), (left, end - wide), (left, end + wide)]
    drawing.polygon(corners, fill=edge.colour)


def branch_picture() -> str:
    """y_2 reads y_1, y_3 reads both: the smallest network with a branch."""
    boxes = [
        Box("y_1", "g_1(x_1)", "2", "P_1 is 2 × 4"),
        Box("y_2", "g_2", "3", "A_2 is 3 × 2"),
        Box("y_3", "g_3", "1", "[B_1 B_2] is 1 × 5"),
    ]
    words = "y_1 = g_1(x_1), y_2 = g_2(x_2, y_1), y_3 = g_3(x_3, y_1, y_2): y_1 is used twice."
    edges = [Edge(0, 1), Edge(1, 2), Edge(0, 2, VALUE, 3.0)]
    return graph_picture(boxes, edges, "y_1 is used twice", words, height=264)


LADDER_HEIGHT, LADDER_MIDDLE, RISE = 190, 104, 36
DOT = 15  # radius of a value


def ladder_picture(n: int) -> str:
    """n diamonds in a row, from left to right: value 3k splits in two, which meet in 3k + 3."""
    title = f"{n} diamonds: {4 * n} edges, {2**n} paths from 0 to {3 * n}"
    drawing = Drawing(WIDTH, LADDER_HEIGHT, f"{title}. At each meeting the paths double.")
    drawing.text(16, 26, title, anchor="start", bold=True, size=TITLE)
    step = (WIDTH - 90) / (2 * n)
    places = {0: (45.0, LADDER_MIDDLE)}
    for k in range(0, 3 * n, 3):
        x = places[k][0]
        places[k + 1] = x + step, LADDER_MIDDLE - RISE
        places[k + 2] = x + step, LADDER_MIDDLE + RISE
        places[k + 3] = x + 2 * step, LADDER_MIDDLE
        for source, to in [(k, k + 1), (k, k + 2), (k + 1, k + 3), (k + 2, k + 3)]:
            _between(drawing, places[source], places[to])
    for number, (x, y) in places.items():
        drawing.circle(x, y, DOT, fill=PAPER, stroke=VALUE, thickness=1.5)
        drawing.text(x, y, str(number))
    for k in range(n + 1):
        paths = "1 path" if k == 0 else f"{2**k} paths"
        drawing.text(places[3 * k][0], LADDER_HEIGHT - 22, paths)
    return drawing.svg()


def _between(drawing: Drawing, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from the rim of one value to that of another."""
    length = math.dist(start, end)
    x, y = (DOT * (b - a) / length for a, b in zip(start, end, strict=True))
    ends = start[0] + x, start[1] + y, end[0] - x, end[1] - y
    drawing.arrow(*ends, colour=JACOBIAN, thickness=1.5)


# ---- Blocks --------------------------------------------------------------------------------------

Matrix = Sequence[Sequence[float]]
LARGEST_CELL, LARGEST_UNIT = 96, 62
SCALE = 1.0  # the end of the colour scale
LABEL = 34  # px that a name below a block needs


def blocks_picture(
    names: Sequence[str],
    sizes: Sequence[int],
    blocks: dict[tuple[int, int], Matrix],
    chosen: int,
    title: str,
    words: str,
) -> str:
    """The block matrix C: `blocks[i, j]`, i > j, stands in row i and column j, to scale.

    The row with number `chosen` is framed. On and above the diagonal, in grey, nothing can stand.
    """
    count = len(names)
    drawing = Drawing(WIDTH, HEIGHT, words)
    drawing.formula(16, 26, title, anchor="start", bold=True)
    cell = min(LARGEST_CELL, (HEIGHT - MARGIN - TOP - 24) / count)
    left, top = 86, TOP + 24
    unit = (cell - 6) / max(sizes)
    for i in range(count):
        for j in range(count):
            fill = PAPER if j < i else JACOBIAN_PAPER
            drawing.rect(left + j * cell, top + i * cell, cell, cell, fill=fill, stroke=GUIDE)
    for (i, j), block in blocks.items():
        rows, columns = len(block), len(block[0])
        x = left + (j + 0.5) * cell - columns * unit / 2
        y = top + (i + 0.5) * cell - rows * unit / 2
        _small_heatmap(drawing, block, x, y, unit)
    drawing.rect(left, top + chosen * cell, count * cell, cell, stroke=VALUE, thickness=3)
    for k, (name, size) in enumerate(zip(names, sizes, strict=True)):
        middle = (k + 0.5) * cell
        drawing.formula(left - 30, top + middle, name, anchor="end")
        drawing.text(left - 8, top + middle, str(size), anchor="end", bold=True)
        drawing.formula(left + middle, top - 16, name)
    return drawing.svg()


def _small_heatmap(drawing: Drawing, block: Matrix, x: float, y: float, unit: float) -> None:
    rows, columns = len(block), len(block[0])
    for i, row in enumerate(block):
        for j, entry in enumerate(row):
            if entry:
                fill = diverging(entry / SCALE)
                drawing.rect(x + j * unit, y + i * unit, unit, unit, fill=fill)
    drawing.rect(x, y, columns * unit, rows * unit, stroke=VALUE)


def row_picture(
    names: Sequence[str], blocks: Sequence[Matrix], title: str, note: str, words: str
) -> str:
    """Blocks side by side, to scale, each with the name of what its columns belong to."""
    drawing = Drawing(WIDTH, HEIGHT, words)
    drawing.formula(16, 26, title, anchor="start", bold=True)
    drawing.formula(16, HEIGHT - 26, note, anchor="start")
    if not blocks:
        drawing.text(WIDTH / 2, HEIGHT / 2, "It reads no value: its Row has no block.")
        return drawing.svg()
    gap = 6
    columns = [len(block[0]) for block in blocks]
    rows = len(blocks[0])
    room = WIDTH - 32 - gap * (len(blocks) - 1)
    unit = min(LARGEST_UNIT, room / sum(columns), (HEIGHT - 150) / rows)
    x, top = 16.0, TOP + 14
    middles = []
    for block, n in zip(blocks, columns, strict=True):
        heatmap(drawing, block, x, top, n * unit, rows * unit, largest=SCALE)
        middles.append(x + n * unit / 2)
        x += n * unit + gap
    bottom = top + rows * unit
    for name, middle, label in zip(names, middles, _apart(middles), strict=True):
        drawing.line(middle, bottom + 2, label, bottom + 16, colour=JACOBIAN, thickness=1)
        drawing.formula(label, bottom + 30, name, size=TITLE)
    return drawing.svg()


def _apart(places: Sequence[float]) -> list[float]:
    """The places moved until each is LABEL px from the next, and none leaves the picture."""
    found = []
    for place in places:
        found.append(max(place, found[-1] + LABEL) if found else max(place, 16 + LABEL / 2))
    last = WIDTH - 16 - LABEL / 2
    for k in reversed(range(len(found))):
        found[k] = min(found[k], last)
        last = found[k] - LABEL
    return found
