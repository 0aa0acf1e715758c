"""The panel of chapter 01: a map of the plane, and the linear map that it is close up."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from adlab.networks import Network
from adlab.panels.formulas import plane_map
from adlab.panels.panel import Panel, choice, float_slider, int_slider, text_box
from adlab.pictures.drawing import number
from adlab.pictures.plane import Plane, Window, plane_picture

TYPED = "typed"
MAPS = {
    "squares": ("(x*x - y*y)/2", "x*y"),
    "linear": ("x - y/2", "x/2 + y/2"),
    "polar": ("x*cos(y)", "x*sin(y)"),
    "waves": ("x + sin(2*y)/3", "y + sin(2*x)/3"),
    "a tanh layer": ("tanh(x - y/2)", "tanh(x/3 + y/2)"),
    "a fold": ("x + y/4", "y*y - 1"),
}
INPUT = Window(0, 0, 2)
SIDE = 0.5  # half the side of the small square, at zoom 1
LINES, SAMPLES = 9, 25
LARGEST = 10000
WINDOWS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
STEPS = (1, 2, 5, 10)


class PlanePanel(Panel):
    title = "A map of the plane and its linear approximation"
    hint = "The two formulas count when the map is “typed”."
    lines = 15
    sentence_lines = 3

    def make_controls(self):
        first, second = text_box("g₁(x, y)", "x*y"), text_box("g₂(x, y)", "y - x*x/2")
        chosen = choice("map", [*((name, name) for name in MAPS), (TYPED, TYPED)])

        def show_which_count(_change=None):
            first.disabled = second.disabled = chosen.value != TYPED

        chosen.observe(show_which_count, names="value")
        show_which_count()
        return {
            "example": chosen,
            "zoom": int_slider("zoom", 1, 1, 16),
            "x": float_slider("x", 1.0, -1.5, 1.5, 0.05),
            "y": float_slider("y", 0.5, -1.5, 1.5, 0.05),
            "tangent": int_slider("angle of v", 30, -180, 180, 5),
            "cotangent": int_slider("angle of u", 90, -180, 180, 5),
            "first": first,
            "second": second,
        }

    def model(self, example, zoom, x, y, tangent, cotangent, first, second):
        formulas = (first, second) if example == TYPED else MAPS[example]
        return at_point(formulas, (x, y), zoom, unit(tangent), unit(cotangent))

    def picture(self, plane):
        return plane_picture(plane)

    def text(self, plane):
        (a, b), (c, d) = plane.J
        uJv, uJ_v = plane.u @ plane.Jv, plane.uJ @ plane.v
        return "\n".join(
            [
                f"g(x, y) = ({plane.formulas[0]}, {plane.formulas[1]})",
                f"p = {pair(plane.p)},  g(p) = {pair(plane.y)}",
                "Rows of J are outputs, columns inputs:",
                f"∂g₁/∂x = {number(a)}    ∂g₁/∂y = {number(b)}",
                f"∂g₂/∂x = {number(c)}    ∂g₂/∂y = {number(d)}",
                f"tangent v = {pair(plane.v)},  J v = {pair(plane.Jv)}",
                f"cotangent u = {pair(plane.u)},  u J = {pair(plane.uJ)}",
                f"⟨u, J v⟩ = {number(uJv)},  ⟨u J, v⟩ = {number(uJ_v)}",
                f"From line to line ⟨u, w⟩ grows by {plane.step / plane.zoom:.3g}.",
                f"{small(plane.zoom)}: g(p + h v) misses g(p) + h J v by {number(plane.miss, 4)}.",
            ]
        )


def at_point(formulas, p, zoom, v, u) -> Plane:
    """All that the panel shows, computed by adlab.

    A ValueError where a formula can't be read, and where g or its Jacobian is not finite.
    """
    g = network(*formulas)
    p = np.array(p, float)
    with np.errstate(all="ignore"):
        value, J = g.linearize(*p)
        y, matrix = np.array(value), J.dense()
    check_finite(p, y, matrix)

    window, step = output_window(*formulas)
    window_in, window_out = INPUT.zoomed(zoom, p), window.holding(*y).zoomed(zoom, y)
    grid = grid_lines(window_in)
    square = SIDE / zoom * outline()
    return Plane(
        formulas=formulas,
        zoom=zoom,
        p=p,
        y=y,
        J=matrix,
        v=np.array(v),
        Jv=np.array(J @ v),
        u=np.array(u),
        uJ=np.array(u @ J),
        moved=image(g, p + np.array(v) / zoom),
        window_in=window_in,
        window_out=window_out,
        step=step,
        grid=grid,
        grid_image=image(g, grid),
        square=p + square,
        square_image=image(g, p + square),
        parallelogram=y + np.stack(J @ tuple(square.T), axis=-1),
    )


@lru_cache(maxsize=64)
def network(first: str, second: str) -> Network:
    return plane_map(first, second)


def image(g: Network, points: np.ndarray) -> np.ndarray:
    """g at every one of the points (..., 2); what is no number there is NaN or infinite."""
    with np.errstate(all="ignore"):
        results = g(points[..., 0], points[..., 1])
    return np.stack([np.broadcast_to(r, points.shape[:-1]) for r in results], axis=-1)


def check_finite(p, y, J) -> None:
    for value, name in zip(y, ("g₁", "g₂"), strict=True):
        if not np.isfinite(value):
            raise ValueError(f"{name} is no number at {pair(p)}: move the point, or change g.")
    if not np.isfinite(J).all():
        raise ValueError(
            f"g has no derivative at {pair(p)}, a slope is not finite: move the point."
        )
    if max(np.abs(y).max(), np.abs(J).max()) > LARGEST:
        raise ValueError(f"g or its slope is larger than {LARGEST} at {pair(p)}: move the point.")


@lru_cache(maxsize=64)
def output_window(first: str, second: str) -> tuple[Window, float]:
    """A window that holds nearly all of the image of the input plane, and a step for its lines.

    It depends on the map alone, so nothing jumps when the point is dragged.
    """
    points = image(network(first, second), 0.85 * grid_lines(INPUT)).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return INPUT, 1.0
    low, high = np.clip(np.percentile(points, [2, 98], axis=0), -LARGEST, LARGEST)
    half = at_least(0.55 * float(np.max(high - low)) or 1.0, WINDOWS)
    x, y = (round(float(c) / half, 1) * half for c in (low + high) / 2)
    return Window(x, y, half), at_least(half / 5, STEPS)


def at_least(length: float, rounds: tuple[float, ...]) -> float:
    """The first of the round numbers, times a power of ten, that is not smaller."""
    power = 10.0 ** math.floor(math.log10(max(length, 0.1)))
    return next(n * power for n in rounds if n * power >= length)


def grid_lines(window: Window) -> np.ndarray:
    """Vertical and horizontal lines through the window: (2 LINES, SAMPLES, 2)."""
    gap = 2 * window.half / (LINES - 1)
    reach = np.linspace(-window.half, window.half, SAMPLES)
    places = gap * np.arange(LINES)
    x = first(window.x - window.half, gap) + places[:, None]
    y = first(window.y - window.half, gap) + places[:, None]
    upright = np.stack(np.broadcast_arrays(x, window.y + reach), axis=-1)
    level = np.stack(np.broadcast_arrays(window.x + reach, y), axis=-1)
    return np.concatenate([upright, level])


def first(low: float, gap: float) -> float:
    """The first multiple of the gap from here on."""
    return gap * math.ceil(low / gap)


def outline() -> np.ndarray:
    """The square [-1, 1]² once around, in small steps: (33, 2)."""
    t = np.linspace(-1, 1, 9)[:-1]
    ones = np.ones_like(t)
    sides = [(t, -ones), (ones, t), (-t, ones), (-ones, -t)]
    around = np.concatenate([np.stack(side, axis=-1) for side in sides])
    return np.concatenate([around, around[:1]])


def unit(degrees: int) -> tuple[float, float]:
    angle = math.radians(degrees)
    return round(math.cos(angle), 12) + 0.0, round(math.sin(angle), 12) + 0.0


def small(zoom: int) -> str:
    """How long the arrow for v is drawn."""
    return "h = 1" if zoom == 1 else f"h = 1/{zoom}"


def pair(numbers) -> str:
    return f"({', '.join(number(float(a)) for a in numbers)})"
