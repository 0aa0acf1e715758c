"""The pictures of the appendices: a Jacobian read twice, and blocks that multiply."""

from collections.abc import Sequence

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    JACOBIAN,
    JACOBIAN_PAPER,
    PAPER,
    TANGENT,
    TITLE,
    VALUE,
    WIDTH,
    Drawing,
    matrix_to_scale,
)

UNIT = 22
PUSH_Y, PULL_Y, READINGS_HEIGHT = 108, 300, 404
LEFT_X, RIGHT_X = 80, 410  # the middles of what stands left and right of J


def readings_picture(m: int, n: int) -> str:
    """J (m, n) pushes v (n, 1) to the right and pulls u (1, m) to the left, all to scale."""
    drawing = Drawing(
        WIDTH,
        READINGS_HEIGHT,
        f"One Jacobian J, {m} by {n}, read twice. From left to right it pushes the tangent v, "
        f"{n} by 1, to J v, {m} by 1: the JVP. From right to left it pulls the cotangent u, "
        f"1 by {m}, to u J, 1 by {n}: the VJP.",
    )
    drawing.text(16, 26, "push: the JVP", anchor="start", bold=True, colour=TANGENT)
    drawing.text(WIDTH - 16, 234, "pull: the VJP", anchor="end", bold=True, colour=COTANGENT)
    drawing.line(16, 208, WIDTH - 16, 208, colour=GUIDE)
    for y in (PUSH_Y, PULL_Y):
        corner = WIDTH / 2 - n * UNIT / 2, y - m * UNIT / 2
        matrix_to_scale(drawing, *corner, (m, n), UNIT, name="J")

    edges = WIDTH / 2 - n * UNIT / 2 - 8, WIDTH / 2 + n * UNIT / 2 + 8
    _vector(drawing, LEFT_X, PUSH_Y, (n, 1), "v", TANGENT)
    _vector(drawing, RIGHT_X, PUSH_Y, (m, 1), "J v", TANGENT)
    drawing.arrow(LEFT_X + UNIT / 2 + 8, PUSH_Y, edges[0], PUSH_Y, colour=TANGENT)
    drawing.arrow(edges[1], PUSH_Y, RIGHT_X - UNIT / 2 - 8, PUSH_Y, colour=TANGENT)
    _vector(drawing, RIGHT_X, PULL_Y, (1, m), "u", COTANGENT)
    _vector(drawing, LEFT_X, PULL_Y, (1, n), "u J", COTANGENT)
    drawing.arrow(RIGHT_X - m * UNIT / 2 - 8, PULL_Y, edges[1], PULL_Y, colour=COTANGENT)
    drawing.arrow(edges[0], PULL_Y, LEFT_X + n * UNIT / 2 + 8, PULL_Y, colour=COTANGENT)
    drawing.text(WIDTH / 2, READINGS_HEIGHT - 24, "⟨u, J v⟩ = ⟨u J, v⟩", size=TITLE)
    return drawing.svg()


def _vector(
    drawing: Drawing, x: float, y: float, shape: tuple[int, int], name: str, colour: str
) -> None:
    """A row or column of cells around (x, y), its name and shape below it."""
    rows, columns = shape
    left, top = x - columns * UNIT / 2, y - rows * UNIT / 2
    for k in range(max(shape)):
        dx, dy = (k * UNIT, 0) if rows == 1 else (0, k * UNIT)
        drawing.rect(left + dx, top + dy, UNIT, UNIT, fill=PAPER, stroke=colour, thickness=1.5)
    drawing.text(x, top + rows * UNIT + 18, f"{name} is {rows} × {columns}", colour=colour)


BLOCK, BLOCK_GAP = 19, 3
BLOCKS_HEIGHT = 440


def blocks_picture(m3: int, m1: int, m2: int, n: int) -> str:
    """Above, the four blocks as the article prints them; below, as they multiply. To scale.

    B_1 is (m3, m1), B_2 (m3, m2), J_1 (m1, n) and J_2 (m2, n).
    """
    drawing = Drawing(
        WIDTH,
        BLOCKS_HEIGHT,
        "Above, as printed: B_1 and B_2, transposed and on top of each other, stand before J_1 and "
        f"J_2 side by side, of {m1} and {m2} rows, and nothing fits. Below, corrected: B_1 and B_2 "
        f"side by side, {m3} by {m1 + m2}, times J_1 over J_2, {m1 + m2} by {n}, is {m3} by {n}.",
    )
    drawing.text(16, 26, "as printed", anchor="start", bold=True)
    high = (m1 + m2) * BLOCK + BLOCK_GAP
    top, middle = 48, 48 + high / 2
    _block(drawing, 40, top, (m1, m3), "B_1^T")
    _block(drawing, 40, top + m1 * BLOCK + BLOCK_GAP, (m2, m3), "B_2^T")
    x = 40 + m3 * BLOCK + 70
    drawing.text(x - 35, middle, "·", size=28, bold=True)
    _block(drawing, x, middle - m1 * BLOCK / 2, (m1, n), "J_1")
    _block(drawing, x + n * BLOCK + BLOCK_GAP, middle - m2 * BLOCK / 2, (m2, n), "J_2")
    lines = (
        f"{m1 + m2} × {m3} meets",
        f"blocks of {m1} and",
        f"of {m2} rows: there",
        "is no product",
    )
    for k, line in enumerate(lines):
        drawing.text(WIDTH - 16, middle + 26 * (k - 1.5), line, anchor="end")

    drawing.line(16, 214, WIDTH - 16, 214, colour=GUIDE)
    drawing.text(16, 240, "corrected", anchor="start", bold=True)
    top, middle = 262, 262 + high / 2
    level = middle - m3 * BLOCK / 2
    _block(drawing, 20, level, (m3, m1), "B_1")
    _block(drawing, 20 + m1 * BLOCK + BLOCK_GAP, level, (m3, m2), "B_2")
    x = 20 + high + 34
    drawing.text(x - 17, middle, "·", size=28, bold=True)
    _block(drawing, x, top, (m1, n), "J_1")
    _block(drawing, x, top + m1 * BLOCK + BLOCK_GAP, (m2, n), "J_2")
    x += n * BLOCK
    drawing.text(x + 20, middle, "=", size=24)
    _block(drawing, x + 40, level, (m3, n), "")
    x += n * BLOCK + 54
    drawing.formula(x, middle - 14, "= B_1 J_1", anchor="start")
    drawing.formula(x, middle + 16, "+ B_2 J_2", anchor="start")
    words = f"({m3} × {m1 + m2})({m1 + m2} × {n}) = ({m3} × {n})"
    drawing.text(WIDTH / 2, BLOCKS_HEIGHT - 22, words)
    return drawing.svg()


def _block(drawing: Drawing, x: float, y: float, shape: Sequence[int], name: str) -> None:
    """A block of a matrix to scale, its name in the middle."""
    rows, columns = shape
    width, height = columns * BLOCK, rows * BLOCK
    drawing.rect(x, y, width, height, fill=JACOBIAN_PAPER, stroke=JACOBIAN, thickness=1.5)
    drawing.hatch(x, y, width, height)
    drawing.formula(x + width / 2, y + height / 2, name, colour=VALUE, halo=True)
