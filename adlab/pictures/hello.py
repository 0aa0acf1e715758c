"""One Jacobian with its rows and columns named, as chapter 00 shows it."""

from adlab.pictures.drawing import TITLE, WIDTH, Drawing, heatmap

CELL_WIDTH, CELL_HEIGHT = 66, 38
LEFT, TOP = 62, 96
MOST = 6  # rows, columns


def hello_picture(matrix, largest):
    """The matrix (m, n) as coloured numbers: row i is output y_i, column j is input a_j.

    Cells have one place and `largest` one colour, so a matrix that grows moves nothing.
    """
    m, n = len(matrix), len(matrix[0])
    height = TOP + MOST * CELL_HEIGHT + 16
    drawing = Drawing(WIDTH, height, f"The Jacobian of y = tanh(W a + b), {m} rows and {n} columns")
    drawing.formula(16, 24, f"J = ∂y/∂a  is  {m} × {n}", anchor="start", bold=True)
    drawing.text(LEFT, 52, "columns: the inputs", anchor="start")
    for j in range(n):
        drawing.formula(LEFT + (j + 0.5) * CELL_WIDTH, TOP - 18, f"a_{j + 1}", size=TITLE)
    for i in range(m):
        drawing.formula(
            LEFT - 12, TOP + (i + 0.5) * CELL_HEIGHT, f"y_{i + 1}", size=TITLE, anchor="end"
        )
    size = n * CELL_WIDTH, m * CELL_HEIGHT
    heatmap(drawing, matrix, LEFT, TOP, *size, largest=largest)
    return drawing.svg()
