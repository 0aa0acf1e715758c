"""A chain of layers as pictures: who moves whom, and the product of Jacobians behind it."""

from collections.abc import Sequence

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    JACOBIAN,
    JACOBIAN_PAPER,
    PAPER,
    TEXT,
    VALUE,
    WIDTH,
    Drawing,
)

DEEPEST, WIDEST = 8, 12  # layers, and numbers in a value: there is room for so many
MARGIN = 16
SLOT = 89  # the widest column of the table of Jacobians
ROOM = 66  # px for the widest matrix
THICK = 5.5  # px for a row of the sweep, at most
ROW_Y, A_Y, P_Y, SWEPT_Y, RECURSION_Y = 72, 118, 244, 342, 398
LINE, LINES = 26, 5
HEIGHT = RECURSION_Y + LINE * LINES + 4


def factors_picture(
    sizes: Sequence[int], parameters: Sequence[int], i: int, widest: int = WIDEST
) -> str:
    """The Jacobians of a chain, to scale, with the factors of D_i l lit.

    `sizes` are d_0, ..., d_L, `parameters` n_1, ..., n_L. The columns stand in the order of the
    product: Df, then layer L, ..., layer 1, A_k above P_k. Sizes stand between the columns, so that
    A_k has its rows on its left and its columns on its right. Above each lit factor is the row
    that the product has become there, as wide as the factor. Below: the recursion, line by line.
    There is room for sizes up to `widest`; with it and the depth the scale stays the same.
    """
    depth, n = len(parameters), parameters[i - 1]
    slot = min(SLOT, (WIDTH - 2 * MARGIN) / (depth + 1))
    unit = min(ROOM, slot - 7) / widest
    names = ["Df", *(f"A_{k}" for k in range(depth, i, -1)), f"P_{i}"]
    drawing = Drawing(WIDTH, HEIGHT, _words(names, sizes, n, i))
    drawing.formula(MARGIN, 26, f"D_{i}l = {' '.join(names)}", anchor="start", bold=True)
    drawing.text(WIDTH - MARGIN, 26, f"1 × {n}", anchor="end", bold=True)

    def left_of(layer):
        """Where the column of a layer begins; that of Df begins at the margin."""
        return MARGIN + (depth + 1 - layer) * slot

    def matrix(layer, top, rows, columns, name, lit):
        middle = left_of(layer) + slot / 2
        width, height = columns * unit, rows * unit
        x, y = middle - width / 2, top + (ROOM - height) / 2
        drawing.rect(x, y, width, height, fill=JACOBIAN_PAPER if lit else PAPER)
        if lit:
            drawing.hatch(x, y, width, height, spacing=6)
        ink, thickness = (VALUE, 2) if lit else (GUIDE, 1)
        drawing.rect(x, y, width, height, stroke=ink, thickness=thickness)
        drawing.formula(middle, top - 18, name, colour=VALUE if lit else JACOBIAN, bold=lit)

    def row(layer, y, columns, name, below):
        """A row of the sweep, in the colour of cotangents, as wide as the factor that made it."""
        middle, width = left_of(layer) + slot / 2, columns * unit
        drawing.rect(middle - width / 2, y, width, min(unit, THICK), fill=COTANGENT)
        drawing.formula(middle, y + (20 if below else -17), name, colour=COTANGENT)

    def size(layer, y, d, lit=True):
        drawing.text(left_of(layer), y, str(d), colour=VALUE if lit else JACOBIAN, bold=lit)

    def times(layer, y):
        drawing.text(left_of(layer) + slot / 2, y, "×")

    below_A, below_P = A_Y + ROOM + 12, P_Y + ROOM + 12
    matrix(depth + 1, A_Y, 1, sizes[depth], "Df", True)
    drawing.text(MARGIN, below_A, "1", bold=True)
    for k in range(depth, 0, -1):
        matrix(k, A_Y, sizes[k], sizes[k - 1], f"A_{k}", k > i)
        matrix(k, P_Y, sizes[k], parameters[k - 1], f"P_{k}", k == i)
        size(k, below_A, sizes[k], k >= i)
        if k >= i:
            row(k + 1, ROW_Y, sizes[k], f"ū_{k}", below=False)
            times(k + 1, below_A)
    size(0, below_A, sizes[0], lit=False)
    size(i, below_P, sizes[i])
    times(i, below_P)
    size(i - 1, below_P, n)
    row(i, SWEPT_Y, n, f"D_{i}l", below=True)
    _recursion(drawing, sizes, n, i)
    return drawing.svg()


def _words(names: Sequence[str], sizes: Sequence[int], n: int, i: int) -> str:
    inner = [1, *reversed(sizes[i:]), n]
    shapes = " ".join(f"({a} by {b})" for a, b in zip(inner, inner[1:], strict=False))
    product = " ".join(names).replace("_", "")
    return f"D{i} l, 1 by {n}, is the product {product}, of sizes {shapes}."


def _recursion(drawing: Drawing, sizes: Sequence[int], n: int, i: int) -> None:
    """D_i y_k for the layer before i, for i, and for those after it, with shapes; at last D_i l."""
    depth = len(sizes) - 1
    lines = [(f"D_{i}y_{i - 1} = 0", sizes[i - 1]), (f"D_{i}y_{i} = P_{i}", sizes[i])]
    lines += [(f"D_{i}y_{k} = A_{k} D_{i}y_{k - 1}", sizes[k]) for k in range(i + 1, depth + 1)]
    lines += [(f"D_{i}l = Df D_{i}y_{depth}", 1)]
    drawing.line(MARGIN, RECURSION_Y - 16, WIDTH - MARGIN, RECURSION_Y - 16, colour=GUIDE)
    half = (WIDTH - 2 * MARGIN) / 2
    for place, (formula, rows) in enumerate(lines):
        x = MARGIN + (half + 8) * (place // LINES)
        y = RECURSION_Y + LINE * (place % LINES)
        drawing.formula(x, y, formula, anchor="start", size=TEXT)
        drawing.text(x + half - 8, y, f"{rows} × {n}", anchor="end")


CELL = 16
CHAIN_HEIGHT = 196


def layers_picture(sizes: Sequence[int], i: int) -> str:
    """A chain of layers from y_0 to l; whatever moves with the parameters x_i is drawn thick.

    Each value is a stack of as many cells as it has numbers, each layer a box that takes the value
    before it and its own parameters, a square.
    """
    depth = len(sizes) - 1
    step = (WIDTH - 2 * 34) / (depth + 1)
    middle = 70
    moved = ", ".join(f"y{k}" for k in range(i, depth + 1))
    words = (
        f"A chain of {depth} layers: each takes the value before it and its own parameters. "
        f"Moving x{i} moves {moved} and l, and nothing before."
    )
    drawing = Drawing(WIDTH, CHAIN_HEIGHT, words)
    for k in range(depth + 1):
        x = 34 + k * step
        box = x + step / 2
        name, moves = (f"g_{k + 1}", k + 1 >= i) if k < depth else ("f", True)
        _stack(drawing, x, middle, sizes[k], f"y_{k}", k >= i)
        _arrow(drawing, x + CELL / 2 + 2, middle, box - 18, middle, k >= i)
        _arrow(drawing, box + 18, middle, x + step - CELL / 2 - 2, middle, moves)
        drawing.rect(
            box - 17, middle - 17, 34, 34, stroke=VALUE if moves else JACOBIAN, fill=PAPER, radius=6
        )
        drawing.formula(box, middle - 2, name, bold=moves, colour=VALUE if moves else JACOBIAN)
        if k < depth:
            mine = k + 1 == i
            _arrow(drawing, box, middle + 62, box, middle + 20, mine)
            drawing.rect(box - 9, middle + 62, 18, 18, fill=VALUE if mine else PAPER, stroke=VALUE)
            drawing.formula(box, middle + 98, f"x_{k + 1}", bold=mine)
    _stack(drawing, 34 + (depth + 1) * step, middle, 1, "l", True)
    return drawing.svg()


def _stack(drawing: Drawing, x: float, y: float, cells: int, name: str, moves: bool) -> None:
    top = y - cells * CELL / 2
    for k in range(cells):
        fill = JACOBIAN_PAPER if moves else PAPER
        drawing.rect(x - CELL / 2, top + k * CELL, CELL, CELL, fill=fill, stroke=VALUE)
    ink = VALUE if moves else JACOBIAN
    drawing.formula(x, top + cells * CELL + 18, name, bold=moves, colour=ink)


def _arrow(drawing: Drawing, x1: float, y1: float, x2: float, y2: float, moves: bool) -> None:
    ink, thickness = (VALUE, 2.5) if moves else (JACOBIAN, 1.2)
    drawing.arrow(x1, y1, x2, y2, colour=ink, thickness=thickness)
