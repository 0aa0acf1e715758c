"""The error of an estimated derivative against its step, both axes logarithmic."""

import math
from collections.abc import Sequence

from adlab.pictures.drawing import GUIDE, JACOBIAN, PAPER, TITLE, VALUE, WIDTH, Drawing

Points = Sequence[tuple[float, float]]

HEIGHT = 380
LEFT, RIGHT, TOP, BOTTOM = 72, 456, 46, 310  # of the field of the curve
LOWEST_STEP, LOWEST_ERROR, HIGHEST_ERROR = -16, -20, 2  # powers of ten


def place(step: float, error: float) -> tuple[float, float]:
    """Where a step and a relative error stand, in px."""
    across = (math.log10(step) - LOWEST_STEP) / -LOWEST_STEP
    up = (math.log10(error) - LOWEST_ERROR) / (HIGHEST_ERROR - LOWEST_ERROR)
    return LEFT + across * (RIGHT - LEFT), BOTTOM - up * (BOTTOM - TOP)


def error_picture(
    curve: Points,
    guides: Sequence[tuple[str, Points]] = (),
    *,
    best: int | None = None,
    point: tuple[float, float] | None = None,
    name: str = "central difference",
) -> str:
    """`curve` is pairs (step, relative error), both positive; `guides` are named dashed lines.

    `best` is a power of ten, marked by an upright line; `point` is the pair on display. A guide is
    cut off where it leaves the field.
    """
    drawing = Drawing(WIDTH, HEIGHT, _words(name, best, point))
    drawing.text(16, 24, f"relative error, {name}", anchor="start", bold=True)
    for power in range(-16, 1, 4):
        _, y = place(1, 10.0**power)
        drawing.line(LEFT, y, RIGHT, y, colour=GUIDE, thickness=1)
        drawing.formula(LEFT - 8, y, _power(power), anchor="end")
    for power in range(LOWEST_STEP, 1, 4):
        x, _ = place(10.0**power, 1)
        drawing.line(x, TOP, x, BOTTOM, colour=GUIDE, thickness=1)
        drawing.formula(x, BOTTOM + 22, _power(power))
    drawing.text((LEFT + RIGHT) / 2, HEIGHT - 18, "step h")

    with drawing.clipped(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP):
        for _, line in guides:
            ends = [place(*pair) for pair in line]
            drawing.polyline(ends, colour=JACOBIAN, thickness=1.5, dash="6 5")
        drawing.polyline([place(*pair) for pair in curve], thickness=2)
    drawing.rect(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, stroke=VALUE)
    for k, (label, _) in enumerate(guides):  # the first rises to the right, the second to the left
        x, anchor = (RIGHT - 8, "end") if k == 0 else (LEFT + 8, "start")
        drawing.text(x, BOTTOM - 14, label, anchor=anchor, halo=True)
    if best is not None:
        x, _ = place(10.0**best, 1)
        drawing.line(x, TOP, x, BOTTOM, thickness=1.5, dash="2 4")
        drawing.formula(x, TOP + 16, f"best {_power(best)}", halo=True, size=TITLE)
    if point is not None:
        drawing.circle(*place(*point), 8, fill=PAPER, stroke=VALUE, thickness=3)
    return drawing.svg()


def kink_picture(step: float = 1.0) -> str:
    """ReLU at its kink, with the slopes that three differences report: 0, ½ and 1."""
    drawing = Drawing(
        WIDTH,
        260,
        "ReLU is flat left of 0 and has slope 1 right of it. At 0 the chord from the left has "
        "slope 0, the chord from the right slope 1, the chord over both sides slope one half.",
    )
    origin_x, origin_y, unit = 240, 190, 130
    drawing.line(40, origin_y, 440, origin_y, colour=GUIDE)
    drawing.line(origin_x, 30, origin_x, 230, colour=GUIDE)
    right = origin_x + step * unit, origin_y - step * unit
    left = origin_x - step * unit, origin_y
    drawing.polyline([(60, origin_y), (origin_x, origin_y), right], thickness=3)
    drawing.line(*left, *right, colour=JACOBIAN, thickness=2, dash="6 5")
    for x, y in [left, (origin_x, origin_y), right]:
        drawing.circle(x, y, 5, fill=VALUE)
    drawing.text(left[0] + 30, origin_y + 26, "slope 0")
    drawing.text(right[0] - 6, right[1] + 74, "slope 1", anchor="start", halo=True)
    drawing.text(origin_x - 60, 116, "slope ½", halo=True)
    drawing.text(16, 26, "ReLU(a) at a = 0", anchor="start", bold=True)
    return drawing.svg()


def _power(power: int) -> str:
    sign = "\N{MINUS SIGN}" if power < 0 else ""
    return f"10^{{{sign}{abs(power)}}}"


def _words(name: str, best: int | None, point: tuple[float, float] | None) -> str:
    words = [f"The relative error of the {name} against the step h, on logarithmic axes."]
    if best is not None:
        words.append(f"The best power of ten is h = 1e{best}.")
    if point is not None:
        words.append(f"At h = {point[0]:.0e} the error is {point[1]:.1e}.")
    return " ".join(words)
