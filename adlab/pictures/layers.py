"""A layer and its Jacobians: a box with arrows, and heat maps with what is pushed and pulled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    JACOBIAN,
    PAPER,
    TANGENT,
    TEXT,
    VALUE,
    WIDTH,
    Drawing,
    always_zero,
    heatmap,
    number,
    text_width,
)

Vector = Sequence[float]
Matrix = Sequence[Sequence[float]]

LEFT, MAP = 64, 132  # where the maps begin, and the height that there is for one
THIN, WIDE, GAP = 40, 62, 4  # a strip beside a map: its width, the width with room, the gap
ROOM = WIDTH - LEFT - 2 * (THIN + GAP) - 10  # for the columns of a map
STRIP = TEXT + 4  # the height of a strip above a map
TALLEST = 40  # of a cell
HEAD, ABOVE, BELOW = 44, 34, 24  # room for the formula, the line of words, the names of the blocks
SECTION = ABOVE + 2 * (STRIP + 3) + MAP + BELOW
HEIGHT = HEAD + 2 * SECTION + 6


class JacobianMap(NamedTuple):
    """One Jacobian (m, n) as plain data, with a tangent and a cotangent on it.

    `zeros` (m, n) is true for entries that are zero whatever the numbers; `parts` are the names of
    its blocks and their columns; `each` is how many rows and how many columns of the last block
    belong to one example. `held` counts the numbers that its structure holds.
    """

    name: str
    matrix: Matrix
    zeros: Sequence[Sequence[bool]]
    parts: Sequence[tuple[str, int]]
    each: tuple[int, int]
    v: Vector
    Jv: Vector
    u: Vector
    uJ: Vector
    held: int

    @property
    def shape(self):
        return len(self.matrix), len(self.matrix[0])


def jacobians_picture(
    formula: str, P: JacobianMap | None, A: JacobianMap, largest: float | None = None
) -> str:
    """Both Jacobians of a layer, P in its parameters above A in its input.

    A tangent v comes down into the map, and J v leaves it to the right; a cotangent u comes in from
    the right, and u J leaves it upwards. `largest` is the end of the colour scale. A layer without
    parameters has None for P; the picture keeps its size.
    """
    drawing = Drawing(WIDTH, HEIGHT, _words(formula, P, A))
    drawing.formula(16, 25, formula, anchor="start", bold=True)
    always_zero(drawing, 360, 15, 24, 20)
    drawing.text(391, 25, "always 0", anchor="start")
    if P is None:
        drawing.line(16, HEAD, WIDTH - 16, HEAD, colour=GUIDE)
        middle = HEAD + SECTION / 2
        drawing.text(WIDTH / 2, middle, "No parameters: this layer has no P.")
    else:
        _section(drawing, HEAD, P, largest)
    _section(drawing, HEAD + SECTION, A, largest)
    return drawing.svg()


def _words(formula: str, P: JacobianMap | None, A: JacobianMap) -> str:
    shown = [map_ for map_ in (P, A) if map_ is not None]
    sizes = " and ".join(f"{map_.name}, {map_.shape[0]} by {map_.shape[1]}" for map_ in shown)
    none = " There are no parameters." if P is None else ""
    return f"The layer {formula} and its Jacobian{'s' * (P is not None)} {sizes}.{none}"


def _section(drawing: Drawing, top: float, J: JacobianMap, largest: float | None) -> None:
    rows, columns = J.shape
    drawing.line(16, top, WIDTH - 16, top, colour=GUIDE)
    title = f"{J.name} is {rows} × {columns}"
    drawing.text(16, top + 18, title, anchor="start", bold=True)
    held = f"dense {rows * columns}, held {J.held}"
    drawing.text(WIDTH - 16, top + 18, held, anchor="end")

    cell_width, cell_height = cell_size(J)
    width, height = columns * cell_width, rows * cell_height
    y = top + ABOVE + 2 * (STRIP + 3)
    heatmap(
        drawing,
        J.matrix,
        LEFT,
        y,
        width,
        height,
        largest=largest,
        decimals=decimals(_entries(J)),
        zeros=J.zeros,
    )
    _borders(drawing, J, y, cell_width, cell_height)

    first, second = y - 2 * (STRIP + 3), y - STRIP - 3
    _strip(drawing, LEFT, first, cell_width, STRIP, J.uJ, COTANGENT)
    _strip(drawing, LEFT, second, cell_width, STRIP, J.v, TANGENT)
    drawing.text(LEFT - 8, first + STRIP / 2, f"u {J.name}", colour=COTANGENT, anchor="end")
    drawing.text(LEFT - 8, second + STRIP / 2, "v", colour=TANGENT, anchor="end")

    across = WIDE if width <= ROOM - 2 * (WIDE - THIN) else THIN
    near = LEFT + width + GAP
    far = near + across + GAP
    _strip(drawing, near, y, across, cell_height, J.Jv, TANGENT, down=True)
    _strip(drawing, far, y, across, cell_height, J.u, COTANGENT, down=True)
    label = y - 13
    drawing.text(near + across / 2, label, f"{J.name} v", colour=TANGENT)
    drawing.text(far + across / 2, label, "u", colour=COTANGENT)


def cell_size(J: JacobianMap) -> tuple[float, float]:
    """Width and height of a cell: a square, wider or narrower where that makes room for numbers."""
    rows, columns = J.shape
    entries = _entries(J)
    places = decimals(entries)
    wanted = max((text_width(number(entry, places)) + 6 for entry in entries), default=0)
    most_wide, most_high = ROOM / columns, min(TALLEST, MAP / rows)
    square = min(most_wide, most_high)
    if wanted <= most_wide and TEXT + 4 <= most_high:
        return max(square, wanted), max(square, TEXT + 4)
    return square, square


def _entries(J: JacobianMap) -> list[float]:
    """The entries that are not zero by structure."""
    rows = zip(J.matrix, J.zeros, strict=True)
    return [e for row, blank in rows for e, no in zip(row, blank, strict=True) if not no]


def decimals(numbers: Vector) -> int:
    """None for whole numbers, two for others."""
    return 0 if all(float(value).is_integer() for value in numbers) else 2


def _borders(drawing: Drawing, J: JacobianMap, y: float, width: float, height: float) -> None:
    """Lines between blocks and between examples, and the names of the blocks."""
    rows, columns = J.shape
    right, bottom = LEFT + columns * width, y + rows * height
    rows_each, columns_each = J.each
    for row in range(rows_each, rows, rows_each):
        drawing.line(LEFT, y + row * height, right, y + row * height, colour=JACOBIAN)
    start = 0
    for name, count in J.parts:
        x = LEFT + start * width
        if start:
            drawing.line(x, y, x, bottom, thickness=3)
        drawing.text(x + count * width / 2, bottom + 13, name)
        start += count
    start -= J.parts[-1][1]
    for column in range(start + columns_each, columns, columns_each):
        x = LEFT + column * width
        drawing.line(x, y, x, bottom, colour=JACOBIAN)


def _strip(
    drawing: Drawing,
    x: float,
    y: float,
    width: float,
    height: float,
    values: Vector,
    colour: str,
    down: bool = False,
) -> None:
    """A vector as a strip of cells: numbers where they fit in all of them, bars elsewhere."""
    places = decimals(values)
    words = [number(value, places) for value in values]
    fits = max(map(text_width, words)) + 4 <= width and TEXT + 4 <= height
    largest = max(abs(value) for value in values) or 1.0
    step_x, step_y = (0, height) if down else (width, 0)
    for k, (value, word) in enumerate(zip(values, words, strict=True)):
        left, top = x + k * step_x, y + k * step_y
        drawing.rect(left, top, width, height, stroke=colour, fill=PAPER)
        if fits:
            drawing.text(left + width / 2, top + height / 2, word, colour=colour)
        elif value:
            _bar(drawing, left, top, width, height, value / largest, colour, down)


def _bar(drawing, x, y, width, height, value, colour, sideways) -> None:
    """A bar from the middle of a cell: up or right for a positive value, down or left otherwise."""
    if sideways:
        length = abs(value) * (width / 2 - 1)
        middle = x + width / 2
        drawing.rect(middle - (length if value < 0 else 0), y + 1, length, height - 2, fill=colour)
    else:
        length = abs(value) * (height / 2 - 1)
        middle = y + height / 2
        drawing.rect(x + 1, middle - (length if value > 0 else 0), width - 2, length, fill=colour)


BOX_HEIGHT = 236


def layer_picture() -> str:
    """One layer as a box: two arrows in, each with its Jacobian, and one arrow out."""
    words = (
        "A layer g_i takes parameters x_i from above and an input y_{i-1} from the left, and gives "
        "y_i. The Jacobian in the parameters is P_i, the Jacobian in the input is A_i."
    )
    drawing = Drawing(WIDTH, BOX_HEIGHT, words)
    left, right, top, bottom = 212, 300, 128, 200
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    drawing.rect(left, top, right - left, bottom - top, stroke=VALUE, thickness=2, radius=6)
    drawing.formula(middle_x, middle_y, "g_i")
    drawing.rect(middle_x - 22, 18, 44, 44, stroke=VALUE, thickness=1.5)
    drawing.formula(middle_x, 40, "x_i")
    drawing.arrow(middle_x, 64, middle_x, top - 2, thickness=2)
    for x, name in ((46, "y_{i−1}"), (434, "y_i")):
        drawing.circle(x, middle_y, 30, fill=PAPER, stroke=VALUE, thickness=1.5)
        drawing.formula(x, middle_y, name)
    drawing.arrow(78, middle_y, left - 2, middle_y, thickness=2)
    drawing.arrow(right + 2, middle_y, 402, middle_y, thickness=2)
    drawing.formula(middle_x + 14, 94, "P_i = ∂g_i / ∂x_i", anchor="start")
    drawing.formula(139, middle_y - 24, "A_i = ∂g_i / ∂y_{i−1}")
    return drawing.svg()
