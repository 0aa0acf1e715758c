"""Pictures of chapter 01: a map of the plane and its linear approximation; a curve under a lens;
a matrix with its rows and columns named.

A covector has no arrow. Its picture is its level lines: u stands for the lines on which ⟨u, w⟩ is
0, 1, 2, ..., and ⟨u, w⟩ is the number of lines that a tangent w crosses. Source of the picture:
Misner, Thorne & Wheeler, *Gravitation*, section 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    JACOBIAN,
    JACOBIAN_PAPER,
    PAPER,
    TANGENT,
    TEXT,
    VALUE,
    WIDTH,
    Drawing,
    heatmap,
)

BOX = 228
TOP = 36
HEIGHT = TOP + BOX + 34
LEFT_INPUT, LEFT_OUTPUT = 6, WIDTH - BOX - 6
AXIS = "#8A8A8A"
MOST_LINES = 12
CLOSEST = 4  # px between level lines that can be told apart
FAR = 2000  # px: what lies farther off than this is not drawn


@dataclass(frozen=True)
class Window:
    """A square piece of a plane: its centre, and half its side."""

    x: float
    y: float
    half: float

    def zoomed(self, zoom: float, fixed: Sequence[float]) -> Window:
        """The window after zooming in on a point, which stays where it is on the screen."""
        x, y = fixed
        return Window(x + (self.x - x) / zoom, y + (self.y - y) / zoom, self.half / zoom)

    def holding(self, x: float, y: float) -> Window:
        """The window moved as little as possible, so that the point is well inside."""
        reach = 0.85 * self.half
        return Window(
            min(max(self.x, x - reach), x + reach),
            min(max(self.y, y - reach), y + reach),
            self.half,
        )


@dataclass(frozen=True)
class Plane:
    """A map g of the plane at a point p: everything that its picture shows, as numbers.

    p, v and J v, u and u J are arrays (2,), y = g(p), J is (2, 2); a grid is (lines, k, 2), an
    outline (k, 2). The arrows and the square are drawn `zoom` times smaller, so they keep their
    size on the screen. `step / zoom` is how much ⟨u, w⟩ changes from one level line to the next.
    """

    formulas: tuple[str, str]
    zoom: int
    p: np.ndarray
    y: np.ndarray
    J: np.ndarray
    v: np.ndarray
    Jv: np.ndarray
    u: np.ndarray
    uJ: np.ndarray
    moved: np.ndarray  # g(p + v / zoom)
    window_in: Window
    window_out: Window
    step: float
    grid: np.ndarray
    grid_image: np.ndarray
    square: np.ndarray
    square_image: np.ndarray
    parallelogram: np.ndarray

    @property
    def miss(self) -> float:
        """|g(p + v / zoom) - (g(p) + J v / zoom)|: how wrong the linear approximation is."""
        return float(np.linalg.norm(self.moved - self.y - self.Jv / self.zoom))


def plane_picture(plane: Plane) -> str:
    """The input plane on the left, the output plane on the right, as SVG text."""
    label = (
        "Left the input plane with a square grid, the point p, a tangent v and the level lines of "
        "the cotangent u J. Right the output plane with the image of the grid, the point g(p), "
        "the parallelogram that J makes of a small square, the tangent J v and the level lines of "
        f"u. Zoom {plane.zoom}."
    )
    drawing = Drawing(WIDTH, HEIGHT, label)
    left = View(drawing, LEFT_INPUT, TOP, plane.window_in)
    right = View(drawing, LEFT_OUTPUT, TOP, plane.window_out)
    with left.clipped():
        left.shade(plane.square)
        left.axes()
        left.lines(plane.grid[:, [0, -1]], colour=GUIDE)  # straight: the ends are enough
        left.square(plane.square, plane.square)
        left.levels(plane.uJ, plane.p, plane.step / plane.zoom, "u J", aside=plane.v)
        left.tangent(plane.p, plane.v / plane.zoom, "v")
        left.point(plane.p, "p", away_from=plane.v)
    with right.clipped():
        right.shade(plane.parallelogram)
        right.axes()
        right.lines(plane.grid_image, colour=GUIDE)
        right.square(plane.square_image, plane.parallelogram)
        right.levels(plane.u, plane.y, plane.step / plane.zoom, "u", aside=plane.Jv)
        right.tangent(plane.y, plane.Jv / plane.zoom, "J v")
        right.circle(plane.moved, 4, fill=PAPER, stroke=VALUE)
        right.point(plane.y, "g(p)", away_from=plane.Jv)
    for view, title, covector in ((left, "input", "u J"), (right, "output", "u")):
        middle = view.left + BOX / 2
        drawing.rect(view.left, TOP, BOX, BOX, stroke=VALUE)
        drawing.text(middle, TOP / 2 + 1, f"{title}, {wide(view.window)} wide")
        drawing.text(middle, TOP + BOX + 17, f"lines of {covector}", colour=COTANGENT)
    return drawing.svg()


def wide(window: Window) -> str:
    return f"{2 * window.half:.3g}"


class View:
    """A window on a plane, drawn into a square box of a drawing: y grows upwards here."""

    def __init__(self, drawing: Drawing, left: float, top: float, window: Window):
        self.drawing, self.left, self.top, self.window = drawing, left, top, window
        self.unit = BOX / (2 * window.half)

    def clipped(self):
        return self.drawing.clipped(self.left, self.top, BOX, BOX)

    def px(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the plane in px; NaN where they lie far outside or are no numbers."""
        centre = np.array([self.window.x, self.window.y])
        middle = np.array([self.left + BOX / 2, self.top + BOX / 2])
        with np.errstate(all="ignore"):
            places = middle + (points - centre) * (self.unit, -self.unit)
            return np.where(np.abs(places) < FAR, places, np.nan)

    def lines(self, lines: np.ndarray, **ink) -> None:
        for line in self.px(lines).tolist():
            self.drawing.polyline(line, **ink)

    def shade(self, outline: np.ndarray) -> None:
        corners = self.px(outline)
        if np.isfinite(corners).all():
            self.drawing.polygon(corners.tolist(), fill=JACOBIAN_PAPER)

    def axes(self) -> None:
        """Where x = 0 and where y = 0."""
        x, y = self.px(np.zeros(2))
        if x == x:
            self.drawing.line(x, self.top, x, self.top + BOX, colour=AXIS, thickness=1)
        if y == y:
            self.drawing.line(self.left, y, self.left + BOX, y, colour=AXIS, thickness=1)

    def square(self, true: np.ndarray, linear: np.ndarray) -> None:
        """The image of a small square, and what the Jacobian makes of it: dashed."""
        self.drawing.polyline(self.px(true).tolist(), colour=VALUE, thickness=1.5)
        self.drawing.polyline(self.px(linear).tolist(), colour=JACOBIAN, thickness=3, dash="6 5")

    def point(self, point: np.ndarray, name: str, away_from: np.ndarray) -> None:
        """A dot with its name, which stands on the other side than the arrow `away_from`."""
        x, y = self.px(point).tolist()
        if math.isfinite(x + y):
            dx, dy = direction(*away_from)
            self.drawing.circle(x, y, 5)
            self.write(x - 24 * dx, y + 18 * dy, name)

    def write(self, x: float, y: float, name: str, **dress) -> None:
        """A short name, inside the box whatever happens."""
        half = 0.3 * TEXT * len(name) + 3
        x = min(max(x, self.left + half), self.left + BOX - half)
        y = min(max(y, self.top + 12), self.top + BOX - 12)
        self.drawing.text(x, y, name, halo=True, **dress)

    def circle(self, point: np.ndarray, radius: float, **ink) -> None:
        x, y = self.px(point)
        if math.isfinite(x + y):
            self.drawing.circle(x, y, radius, thickness=1.5, **ink)

    def tangent(self, start: np.ndarray, change: np.ndarray, name: str) -> None:
        ends = self.px(np.stack([start, start + change]))
        if np.isfinite(ends).all():
            (x1, y1), (x2, y2) = ends.tolist()
            self.drawing.arrow(x1, y1, x2, y2, colour=TANGENT, thickness=3)
            dx, dy = direction(x2 - x1, y2 - y1)
            x, y = x1 + 0.6 * (x2 - x1) + 20 * dy, y1 + 0.6 * (y2 - y1) - 16 * dx
            self.write(x, y, name, colour=TANGENT, bold=True)

    def levels(self, covector, base: np.ndarray, step: float, name: str, aside) -> None:
        """The lines on which covector (w - base) is 0, ± step, ...; none where all of it is 0."""
        length = float(np.linalg.norm(covector))
        if length == 0 or self.unit * step / length < CLOSEST:
            return
        across = covector / length
        along = np.array([-across[1], across[0]])
        k = np.arange(-MOST_LINES, MOST_LINES + 1)
        feet = base + np.multiply.outer(k * step / length, across)
        ends = self.px(np.stack([feet, feet + along], axis=1)) - (self.left, self.top)
        seen = np.isfinite(ends).all(axis=(1, 2))
        for j, line in zip(k[seen].tolist(), ends[seen].tolist(), strict=True):
            self.level(j, *line)
        self.growth(base, across, along, step / length, name, aside)

    def growth(self, base, across, along, gap, name: str, aside: np.ndarray) -> None:
        """An arrow to the next line: which way the value grows, and the covector's name.

        It stands on line 0, on the other side of the point than the tangent `aside`; where that is
        outside, on the line nearest to the middle.
        """
        middle = np.array([self.window.x, self.window.y])
        start = base - 0.56 * self.window.half * math.copysign(1, aside @ along) * along
        if np.max(np.abs(start - middle)) > 0.85 * self.window.half:
            lines = (middle - base) @ across / gap
            start = middle + gap * (round(lines) - lines) * across
        length = min(gap, 0.4 * self.window.half)
        (x1, y1), (x2, y2) = self.px(np.stack([start, start + length * across])).tolist()
        if math.isfinite(x1 + y1 + x2 + y2):
            self.drawing.arrow(x1, y1, x2, y2, colour=COTANGENT, thickness=2)
            dx, dy = direction(x2 - x1, y2 - y1)
            x, y = (x1 + x2) / 2 + 19 * dy, (y1 + y2) / 2 - 15 * dx
            self.write(x, y, name, colour=COTANGENT, bold=True)

    def level(self, k: int, first: Sequence[float], second: Sequence[float]) -> None:
        """The line through two points of the box, from edge to edge; the zeroth is solid."""
        chord = clip(first, second)
        if chord:
            (x1, y1), (x2, y2) = chord
            ink = {"thickness": 2} if k == 0 else {"thickness": 1.2, "dash": "5 3"}
            x, y = self.left, self.top
            self.drawing.line(x + x1, y + y1, x + x2, y + y2, colour=COTANGENT, **ink)


def lens_picture(f: Callable[[float], float], a: float, slope: float, zooms: Sequence[int]) -> str:
    """A curve at a under stronger and stronger lenses, with the line of that slope: dashed."""
    room = WIDTH / len(zooms)
    side = room - 12
    label = (
        "A curve and the straight line with its slope at one point, under a lens that magnifies "
        f"{', '.join(map(str, zooms))} times: the curve becomes the line."
    )
    drawing = Drawing(WIDTH, side + 42, label)
    for k, zoom in enumerate(zooms):
        left = 6 + k * room
        half = 2 / zoom
        t = np.linspace(-half, half, 41)
        curve = np.stack([t, [f(a + d) - f(a) for d in t]], axis=-1)
        line = np.stack([t, slope * t], axis=-1)
        with drawing.clipped(left, 36, side, side):
            for points, ink in (
                (curve, {"colour": VALUE, "thickness": 2.5}),
                (line[[0, -1]], {"colour": JACOBIAN, "thickness": 2.5, "dash": "7 5"}),
            ):
                scaled = points * (1, -1) * side / (2 * half) + (left + side / 2, 36 + side / 2)
                drawing.polyline(scaled.tolist(), **ink)
        drawing.circle(left + side / 2, 36 + side / 2, 4.5)
        drawing.rect(left, 36, side, side, stroke=VALUE)
        drawing.text(left + side / 2, 19, f"{2 * half:.3g} wide")
    return drawing.svg()


def matrix_picture(matrix, row: int, column: int) -> str:
    """A Jacobian (m, n) with its outputs and inputs named, one row and one column framed."""
    m, n = np.shape(matrix)
    width, height, left, top = 92, 44, 150, 62
    label = (
        f"A Jacobian with a row for each of {m} outputs and a column for each of {n} inputs. "
        f"Column {column} is J e_{column}, row {row} is e_{row} J."
    )
    drawing = Drawing(WIDTH, top + m * height + 44, label)
    heatmap(drawing, matrix, left, top, n * width, m * height, decimals=0)
    drawing.text(left + n * width / 2, 18, "a column for each input")
    for j in range(n):
        drawing.formula(left + (j + 0.5) * width, 42, f"x_{j + 1}")
    for i in range(m):
        drawing.formula(left - 14, top + (i + 0.5) * height, f"y_{i + 1}", anchor="end")
    for k, words in enumerate(("a row", "for each", "output")):
        drawing.text(14, top + (m * height) / 2 + 22 * (k - 1), words, anchor="start")
    x, y = left + (column - 1) * width, top + (row - 1) * height
    right, bottom = left + n * width, top + m * height
    drawing.rect(x + 2, top + 2, width - 4, m * height - 4, stroke=TANGENT, thickness=4)
    drawing.rect(left + 2, y + 2, n * width - 4, height - 4, stroke=COTANGENT, thickness=4)
    drawing.formula(x + width / 2, bottom + 22, f"J e_{column}", colour=TANGENT, bold=True)
    drawing.formula(
        right + 12, y + height / 2, f"e_{row} J", colour=COTANGENT, anchor="start", bold=True
    )
    return drawing.svg()


def direction(x: float, y: float) -> tuple[float, float]:
    """(x, y) at length 1; to the upper right if it is zero."""
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (0.6, 0.8)


def clip(first: Sequence[float], second: Sequence[float]) -> list[tuple[float, float]]:
    """Where the line through two points enters and leaves the box [0, BOX]²; [] if it misses."""
    low, high = -math.inf, math.inf
    steps = [b - a for a, b in zip(first, second, strict=True)]
    for start, step in zip(first, steps, strict=True):
        if abs(step) < 1e-9:
            low, high = (low, high) if 0 <= start <= BOX else (1, 0)
        else:
            enter, leave = sorted((-start / step, (BOX - start) / step))
            low, high = max(low, enter), min(high, leave)
    if low >= high:
        return []
    return [tuple(a + t * d for a, d in zip(first, steps, strict=True)) for t in (low, high)]
