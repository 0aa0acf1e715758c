"""The chain rule as pictures: a product of two matrices, and the paths through the middle."""

import math
from collections.abc import Sequence

from adlab.pictures.drawing import (
    GUIDE,
    JACOBIAN,
    PAPER,
    TEXT,
    TITLE,
    VALUE,
    WIDTH,
    Drawing,
    heatmap,
    number,
)

Matrix = Sequence[Sequence[float]]

UNIT, GAP = 40, 14
MOST_N, MOST_M, MOST_K = 6, 4, 4  # the sizes that there is room for
CORNER_X = 200  # where the gaps between the three matrices meet
ABOVE, BELOW = 89, 41  # room for the words


def product_picture(
    left: Matrix,
    right: Matrix,
    product: Matrix,
    *,
    names: tuple[str, str, str] = ("Df", "J_g", "Dh"),
    middle: str = "y",
    largest: float | None = None,
    room: tuple[int, int] | None = None,
) -> str:
    """left (k, m) times right (m, n) is product (k, n), to scale: every entry is a square.

    The product stands below the right factor and beside the left one, so that each of its entries
    stands where a row of the left meets a column of the right (Sigurd Falk's scheme, 1951). The
    inner index runs around the corner: an arc joins column j of the left factor with row j of the
    right one, and carries the j-th middle value; with `middle` empty it carries nothing. The
    first entry of the product, and what it is made of, is framed.

    `room` is the m and k that the height of the picture is for, their own without it. Pictures with
    the same room have the corner in the same place: a matrix that grows moves nothing else.
    """
    (k, m), n = _shape(left), len(right[0])
    matrices = left, right, product
    scale = largest or max(abs(entry) for matrix in matrices for row in matrix for entry in row)
    room_m, room_k = room or (m, k)
    corner_y = ABOVE + room_m * UNIT + GAP / 2
    height = corner_y + GAP / 2 + room_k * UNIT + BELOW
    drawing = Drawing(WIDTH, height, _product_words(names, k, m, n))
    name_left, name_right, name_product = names
    formula = f"{name_product} = {name_left} · {name_right}"
    drawing.formula(16, 26, formula, anchor="start", bold=True)
    drawing.text(WIDTH - 16, 26, f"{k} × {n} = ({k} × {m})({m} × {n})", anchor="end")

    inner_x, outer_x = CORNER_X - GAP / 2, CORNER_X + GAP / 2
    inner_y, outer_y = corner_y - GAP / 2, corner_y + GAP / 2
    places = [
        (left, inner_x - m * UNIT, outer_y),
        (right, outer_x, inner_y - m * UNIT),
        (product, outer_x, outer_y),
    ]
    for matrix, x, y in places:
        rows, columns = _shape(matrix)
        size = columns * UNIT, rows * UNIT
        heatmap(drawing, matrix, x, y, *size, largest=scale, decimals=0)
    _frame(drawing, inner_x - m * UNIT, outer_y, m, 1)
    _frame(drawing, outer_x, inner_y - m * UNIT, 1, m)
    _frame(drawing, outer_x, outer_y, 1, 1)

    for j in range(m):
        radius = GAP / 2 + (m - 0.5 - j) * UNIT
        _around_the_corner(drawing, corner_y, radius, middle and f"{middle}_{j + 1}")

    above = inner_y - m * UNIT - 22
    below = outer_y + k * UNIT + 20
    drawing.formula(outer_x, above, f"{name_right} is {m} × {n}", anchor="start")
    drawing.formula(inner_x, below, f"{name_left} is {k} × {m}", anchor="end")
    drawing.formula(outer_x, below, f"{name_product} is {k} × {n}", anchor="start")
    return drawing.svg()


def _product_words(names: tuple[str, str, str], k: int, m: int, n: int) -> str:
    left, right, product = names
    return (
        f"{product}, {k} by {n}, is {left}, {k} by {m}, times {right}, {m} by {n}. "
        f"The inner size {m} is the columns of {left} and the rows of {right}."
    )


def _frame(drawing: Drawing, x: float, y: float, columns: int, rows: int) -> None:
    drawing.rect(x, y, columns * UNIT, rows * UNIT, stroke=VALUE, thickness=3)


def _around_the_corner(drawing: Drawing, corner_y: float, radius: float, label: str) -> None:
    """A quarter circle from the top of a column to the left end of a row."""
    quarter = [math.pi / 2 * step / 16 for step in range(17)]
    arc = [(CORNER_X - radius * math.cos(t), corner_y - radius * math.sin(t)) for t in quarter]
    ends = (CORNER_X - radius, corner_y + GAP / 2), (CORNER_X + GAP / 2, corner_y - radius)
    drawing.polyline([ends[0], *arc, ends[1]], colour=JACOBIAN)
    if label:
        x, y = arc[8]
        drawing.formula(x, y, label, size=TEXT, halo=True)


NODE = 22
PATHS_HEIGHT = 340
COLUMNS_X = 50, 240, 430


def paths_picture(
    left: Matrix, right: Matrix, source: int, names: tuple[str, str, str] = ("x", "y", "h")
) -> str:
    """Each entry of right (m, n) and left (1, m) is an edge; the paths from one source are thick.

    `names` are those of the inputs, the middle values and the scalar at the end; `source` counts
    from 0. An entry 0 is a dashed edge.
    """
    m, n = _shape(right)
    (weights,) = left
    x_name, y_name, end_name = names
    xs = [(COLUMNS_X[0], y) for y in _spread(n, 60, PATHS_HEIGHT - 100)]
    ys = [(COLUMNS_X[1], y) for y in _spread(m, 40, PATHS_HEIGHT - 80)]
    end = COLUMNS_X[2], (PATHS_HEIGHT - 40) / 2

    edges = [(xs[j], ys[i], right[i][j], j == source) for i in range(m) for j in range(n)]
    edges += [(ys[i], end, weights[i], True) for i in range(m)]
    terms = [(weights[i], right[i][source]) for i in range(m)]
    total = sum(a * b for a, b in terms)
    summed = " + ".join(f"{_short(a)}·{_short(b)}" for a, b in terms)
    formula = f"∂{end_name}/∂{x_name}_{source + 1} = {summed} = {_short(total)}"

    words = (
        f"Paths from {x_name}_{source + 1} to {end_name}, one through each of the {m} middle "
        f"values. The product along each path, summed: {formula}."
    )
    drawing = Drawing(WIDTH, PATHS_HEIGHT, words)
    for start, stop, entry, thick in sorted(edges, key=lambda edge: edge[3]):
        colour, width = (VALUE, 2.5) if thick else (JACOBIAN, 1)
        drawing.line(*start, *stop, colour=colour, thickness=width, dash="" if entry else "4 4")
    for (x1, y1), (x2, y2), entry, thick in edges:
        at = 0.36
        x, y = x1 + at * (x2 - x1), y1 + at * (y2 - y1)
        drawing.text(x, y, _short(entry), halo=True, bold=thick, size=TITLE)
    for points, name in [(xs, x_name), (ys, y_name), ([end], "")]:
        for j, (x, y) in enumerate(points):
            drawing.circle(x, y, NODE, fill=PAPER, stroke=VALUE, thickness=1.5)
            drawing.formula(x, y, f"{name}_{j + 1}" if name else end_name)
    drawing.line(16, PATHS_HEIGHT - 44, WIDTH - 16, PATHS_HEIGHT - 44, colour=GUIDE)
    drawing.formula(WIDTH / 2, PATHS_HEIGHT - 22, formula)
    return drawing.svg()


def _spread(count: int, low: float, high: float) -> list[float]:
    """`count` places from low to high; a single one in the middle."""
    if count == 1:
        return [(low + high) / 2]
    return [low + (high - low) * k / (count - 1) for k in range(count)]


def _short(value: float) -> str:
    """A number with as many decimals as it needs, two at most; negative ones in brackets."""
    text = number(value).rstrip("0").rstrip(".")
    return f"({text})" if value < 0 else text


def _shape(matrix: Matrix) -> tuple[int, int]:
    return len(matrix), len(matrix[0])
