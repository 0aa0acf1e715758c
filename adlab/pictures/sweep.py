"""A sweep through a chain of layers, one moment of it: what is alive, and the bytes over time.

The network runs down the page, one row for each equation. A number in memory is a cell: black in a
value, grey where a Jacobian keeps it, blue in a tangent, vermilion in a cotangent. A pale cell is a
number that is not there, not yet or no longer. So the filled cells, 8 bytes each, are the height of
the bar that belongs to this moment.

`draw_rows` and `draw_timeline` draw one sweep, of either mode, where a `Layout` says; a picture of
two sweeps side by side calls them twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    JACOBIAN,
    PAPER,
    TANGENT,
    VALUE,
    WIDTH,
    Drawing,
)

BYTES = 8  # of a float64
MOST_EQUATIONS = 7  # that there is room for
MOST_SIZE = 5  # of a value
GAP = 1.5  # px between cells
ROW = 30
NOT_THERE = "#EDEDED"
AT_WORK = "#FFF3C4"
COLOURS = {"forward": TANGENT, "reverse": COTANGENT}


@dataclass(frozen=True)
class Equation:
    """One row: result = layer(parameters, result of the row above). Sizes are in numbers.

    `kept` are those that its Jacobian alone holds; `holds` is the row of a value that it holds as
    well (0 is the input of the network), or None. `parameters` are the (rows, columns) of each.
    """

    name: str
    result: str
    size: int
    kept: int = 0
    holds: int | None = None
    parameters: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Moment:
    """What is alive while equation `work` is at work; 0 before the first.

    Equations and values are counted from 1; value 0, the input, belongs to the caller and is not
    counted. `doing` is evaluate, push or pull. `kept` are the equations whose Jacobian is held,
    `vectors` the values, and `parameters` the equations, whose tangent or cotangent is alive.
    """

    work: int = 0
    doing: str = ""
    values: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    vectors: frozenset[int] = frozenset()
    parameters: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sweep:
    """All moments of one sweep in one `mode`, forward or reverse; `size` is that of the input."""

    mode: str
    size: int
    equations: tuple[Equation, ...]
    moments: tuple[Moment, ...]

    @property
    def colour(self) -> str:
        return COLOURS[self.mode]

    @property
    def last(self) -> int:
        return len(self.moments) - 1

    @cached_property
    def bars(self) -> tuple[tuple[int, int, int], ...]:
        """For each moment the bytes of values, of what Jacobians keep, and of the vectors."""
        return tuple(self.bytes_at(moment) for moment in self.moments)

    @property
    def peak(self) -> int:
        return max(map(sum, self.bars))

    def bytes_at(self, moment: Moment) -> tuple[int, int, int]:
        values = sum(self.equations[i - 1].size for i in moment.values)
        kept = sum(self.equations[i - 1].kept for i in moment.kept)
        vectors = sum(self.equations[i - 1].size for i in moment.vectors)
        for i in moment.parameters:
            vectors += sum(m * n for m, n in self.equations[i - 1].parameters)
        return BYTES * values, BYTES * kept, BYTES * vectors

    def name(self, i: int) -> str:
        """Of value i, as a formula."""
        return self.equations[i - 1].result if i else "y_0"


@dataclass(frozen=True)
class Layout:
    """Where the columns of one sweep begin, in px. None: this is not drawn.

    `kept_below` lays what Jacobians keep that far below the middle of the row, to save a column.
    """

    values: float
    kept: float
    vectors: float
    parameters: float
    span: tuple[float, float]  # of the timeline, and of the band that marks the row at work
    names: float | None = None
    results: float | None = None
    vector_names: float | None = None
    cell: float = 8
    kept_below: float = 0

    def row(self, equation: Equation) -> float:
        """The height of a row."""
        return MOST_SIZE * self.cell + 6 if equation.parameters else ROW

    @property
    def height(self) -> float:
        """Of all rows, if there are as many as can be: every second one has parameters."""
        pairs = MOST_EQUATIONS // 2
        return ROW + pairs * (MOST_SIZE * self.cell + 6 + ROW) + ROW


ALONE = Layout(
    values=128,
    kept=202,
    vectors=298,
    parameters=392,
    span=(12, WIDTH - 12),
    names=14,
    results=107,
    vector_names=276,
    cell=11,
)
LEFT = Layout(118, 118, 174, 226, (12, 280), names=12, results=96, kept_below=11)
RIGHT = Layout(300, 300, 358, 410, (290, WIDTH - 12), kept_below=11)

TOP = 42  # of the first row
SPACE = 12  # between rows and timeline
TIMELINE = 138


def reverse_picture(sweep: Sweep, step: int) -> str:
    """The moment `step` of a reverse sweep, with the evaluation before it."""
    height = TOP + ALONE.height + SPACE + TIMELINE
    drawing = Drawing(WIDTH, height, in_words(sweep, step))
    drawing.text(ALONE.values, 24, "values", anchor="start", bold=True)
    drawing.text(ALONE.kept, 24, "kept", anchor="start", bold=True, colour=JACOBIAN)
    drawing.text(ALONE.vectors - 30, 24, "cotangents", anchor="start", bold=True, colour=COTANGENT)
    drawing.text(ALONE.parameters, 24, "of W, b", anchor="start", bold=True, colour=COTANGENT)
    draw_rows(drawing, sweep, step, ALONE)
    draw_timeline(drawing, sweep, step, ALONE)
    return drawing.svg()


def in_words(sweep: Sweep, step: int) -> str:
    moment, alive = sweep.moments[step], sum(sweep.bars[step])
    rows = ", ".join(e.name for e in sweep.equations)
    doing = "nothing is computed yet"
    if moment.work:
        doing = f"{moment.doing} row {moment.work}, {sweep.equations[moment.work - 1].name}"
    return (
        f"A chain of {rows}. Step {step} of {sweep.last} of the {sweep.mode} sweep: {doing}. "
        f"{alive} bytes are alive; at most {sweep.peak}."
    )


# ---- The rows ---------------------------------------------------------------------------------


def middles(sweep: Sweep, layout: Layout, top: float = TOP) -> list[float]:
    """The height at which each row stands: the input, then the equations."""
    heights = [ROW, *(layout.row(equation) for equation in sweep.equations)]
    return [top + sum(heights[:i]) + h / 2 for i, h in enumerate(heights)]


def draw_rows(drawing: Drawing, sweep: Sweep, step: int, layout: Layout, top: float = TOP) -> None:
    """The network with everything that is alive at this step."""
    moment, rows = sweep.moments[step], middles(sweep, layout, top)
    if moment.work:
        high = layout.row(sweep.equations[moment.work - 1])
        left, right = layout.span
        y = rows[moment.work] - high / 2
        drawing.rect(left - 4, y, right - left + 8, high, fill=AT_WORK, radius=4)
    if layout.results is not None:
        drawing.formula(layout.results, rows[0], "y_0")
    _strip(drawing, layout, layout.values, rows[0], sweep.size, PAPER, stroke=VALUE)
    for i, (equation, y) in enumerate(zip(sweep.equations, rows[1:], strict=True), 1):
        if layout.names is not None:
            drawing.text(layout.names, y, equation.name, anchor="start", bold=i == moment.work)
        if layout.results is not None:
            drawing.formula(layout.results, y, equation.result)
        _draw_row(drawing, sweep, moment, i, y, layout)
    _arrows(drawing, sweep, moment, rows, layout)


def _draw_row(
    drawing: Drawing, sweep: Sweep, moment: Moment, i: int, y: float, layout: Layout
) -> None:
    equation, colour = sweep.equations[i - 1], sweep.colour
    at_end = i == len(sweep.equations) and moment.doing == "pull"  # the caller has it
    fill = VALUE if i in moment.values else PAPER if at_end else NOT_THERE
    stroke = VALUE if at_end else NOT_THERE if fill == NOT_THERE else fill
    _strip(drawing, layout, layout.values, y, equation.size, fill, stroke=stroke)
    held = i in moment.kept
    below = y + layout.kept_below
    if equation.kept:
        fill = JACOBIAN if held else NOT_THERE
        _strip(drawing, layout, layout.kept, below, equation.kept, fill)
    elif held and equation.holds is not None and not layout.kept_below:
        drawing.formula(layout.kept, y, sweep.name(equation.holds), anchor="start")

    alive = i in moment.vectors
    fill = colour if alive else NOT_THERE
    _strip(drawing, layout, layout.vectors, y, equation.size, fill)
    if alive and layout.vector_names is not None:
        drawing.formula(layout.vector_names, y, vector_name(sweep, i), colour=colour)
    x = layout.parameters
    for m, n in equation.parameters:
        fill = colour if i in moment.parameters else NOT_THERE
        for row in range(m):
            _strip(drawing, layout, x, y + (row - (m - 1) / 2) * layout.cell, n, fill)
        x += (n + 0.5) * layout.cell


def vector_name(sweep: Sweep, i: int) -> str:
    """ū_2 for the cotangent of y_2, ẏ_2 for its tangent."""
    index = sweep.name(i).partition("_")[2]
    if sweep.mode == "reverse":
        return f"ū_{index}" if index else "u"
    return f"ẏ_{index}" if index else "l\N{COMBINING DOT ABOVE}"


def _arrows(
    drawing: Drawing, sweep: Sweep, moment: Moment, rows: Sequence[float], layout: Layout
) -> None:
    """From the row that is read to the row that is written: down, and up for a pull."""
    if not moment.work:
        return
    above, here = rows[moment.work - 1], rows[moment.work]
    if moment.doing != "pull":
        x = layout.values - 5
        drawing.arrow(x, above, x, here, thickness=2)
    x = layout.vectors - 5
    if moment.doing == "push" and moment.work - 1 in moment.vectors:
        drawing.arrow(x, above, x, here, thickness=2, colour=sweep.colour)
    if moment.doing == "pull" and moment.work - 1 in moment.vectors:
        drawing.arrow(x, here, x, above, thickness=2, colour=sweep.colour)
    if moment.doing != "evaluate" and sweep.equations[moment.work - 1].parameters:
        size = sweep.equations[moment.work - 1].size
        ends = layout.vectors + size * layout.cell + 3, layout.parameters - 4
        start, end = ends if moment.doing == "pull" else ends[::-1]
        drawing.arrow(start, here, end, here, thickness=2, colour=sweep.colour)


def _strip(
    drawing: Drawing, layout: Layout, x: float, y: float, count: int, fill: str, stroke: str = ""
) -> None:
    """`count` cells from x on, around the height y."""
    side = layout.cell - GAP
    for k in range(count):
        place = x + k * layout.cell, y - side / 2, side, side
        drawing.rect(*place, fill=fill, stroke=stroke or fill, thickness=0.8)


# ---- The timeline -----------------------------------------------------------------------------


def draw_timeline(
    drawing: Drawing,
    sweep: Sweep,
    step: int,
    layout: Layout,
    *,
    top: float | None = None,
    most: int = 0,
) -> None:
    """A bar for each moment: values black, kept grey, vectors in their colour; `step` is framed.

    `most` is the number of bytes at the top, by default the peak of this sweep. `top` is below the
    rows, unless you say.
    """
    left, right = layout.span
    wide, high = right - left, 74
    top = TOP + layout.height + SPACE if top is None else top
    floor = top + 30 + high
    most = most or sweep.peak
    pitch = wide / len(sweep.bars)
    bar = min(pitch - 3, 34)
    words = f"{sum(sweep.bars[step]):,} bytes alive, at most {sweep.peak:,}"
    if wide < 300:
        words = f"{sum(sweep.bars[step]):,} of {sweep.peak:,} bytes"
    drawing.text(left, top + 8, words, anchor="start")
    for k, parts in enumerate(sweep.bars):
        x, y = left + (k + 0.5) * pitch - bar / 2, floor
        if k == step:
            drawing.rect(x - 2.5, floor - high - 4, bar + 5, high + 8, fill=AT_WORK, radius=3)
        for count, fill in zip(parts, (VALUE, JACOBIAN, sweep.colour), strict=True):
            tall = high * count / most
            y -= tall
            if count:
                drawing.rect(x, y, bar, tall, fill=fill)
        if k == step:
            drawing.rect(x - 2.5, floor - high - 4, bar + 5, high + 8, stroke=VALUE, radius=3)
    drawing.line(left, floor, right, floor, colour=GUIDE)
    below, half = floor + 20, len(sweep.equations) + 1
    if sweep.mode == "forward":
        drawing.text((left + right) / 2, below, "values and tangents", colour=sweep.colour)
    else:
        turn = left + half * pitch
        drawing.line(turn, floor - high, turn, floor + 6, colour=GUIDE)
        word = "evaluation" if wide >= 300 else "evaluate"
        drawing.text((left + turn) / 2, below, word)
        word = "reverse sweep" if wide >= 300 else "reverse"
        drawing.text((turn + right) / 2, below, word, colour=sweep.colour)
