"""Forward mode beside reverse mode: two sweeps of one network, and a map of which is cheaper.

The sweeps are drawn by `adlab.pictures.sweep`.
"""

from collections.abc import Sequence

from adlab.pictures.drawing import (
    COTANGENT,
    GUIDE,
    PAPER,
    TANGENT,
    TITLE,
    VALUE,
    WIDTH,
    Drawing,
)
from adlab.pictures.sweep import (
    LEFT,
    RIGHT,
    ROW,
    SPACE,
    TIMELINE,
    Layout,
    Sweep,
    draw_rows,
    draw_timeline,
    in_words,
)

HEADS = 70  # of the first row of a sweep, below its headings
HEADINGS = {"forward": ("y", "y", "x"), "reverse": ("y", "u", "x")}  # dots and bars are drawn


def both_picture(forward: Sweep, reverse: Sweep, step: int) -> str:
    """Both sweeps of one network after `step` ticks of one clock; who is done stays at the end.

    The bars of both have one scale.
    """
    rows = ROW + sum(LEFT.row(equation) for equation in forward.equations)
    below = HEADS + rows + SPACE
    shown = [(forward, min(step, forward.last), LEFT), (reverse, min(step, reverse.last), RIGHT)]
    words = " ".join(in_words(sweep, at) for sweep, at, _ in shown)
    drawing = Drawing(WIDTH, below + TIMELINE, words)
    most = max(forward.peak, reverse.peak)
    for sweep, at, layout in shown:
        _headings(drawing, sweep, layout)
        draw_rows(drawing, sweep, at, layout, top=HEADS)
        draw_timeline(drawing, sweep, at, layout, top=below, most=most)
    return drawing.svg()


def _headings(drawing: Drawing, sweep: Sweep, layout: Layout) -> None:
    """The mode, and its columns: y, ẏ, ẋ or y, ū, x̄. Few fonts have an x with a bar."""
    drawing.text(layout.values, 22, f"{sweep.mode} mode", anchor="start", bold=True)
    places = layout.values, layout.vectors, layout.parameters
    for k, (x, letter) in enumerate(zip(places, HEADINGS[sweep.mode], strict=True)):
        drawing.text(x + 6, 52, letter, size=TITLE, colour=sweep.colour if k else VALUE)
        if k and sweep.mode == "forward":
            drawing.circle(x + 6, 39, 2, fill=sweep.colour)
        elif k:
            drawing.line(x + 1, 40, x + 11, 40, colour=sweep.colour, thickness=1.8)


TINTS = {"forward": "#DCEBF5", "reverse": "#FBE6D9", "equal": PAPER}
MAP_LEFT, MAP_TOP, MAP_RIGHT = 100, 84, WIDTH - 16
ROW_HEIGHT = 50
LEGEND = 96
MOST_SIZES = 5  # cells of 72 px hold an arrow and "1,000"


def mode_map(
    ratios: Sequence[Sequence[float]],
    inputs: Sequence[int],
    outputs: Sequence[int],
    *,
    tie: float = 1.05,
) -> str:
    """Which mode is cheaper for a whole Jacobian m x n, and how many times: a cell for each (n, m).

    `ratios[i][j]` is the cost of reverse mode divided by that of forward mode for `outputs[i]` and
    `inputs[j]`, both ascending. Ratios within a factor of `tie` from 1 count as equal.
    """
    if len(inputs) > MOST_SIZES:
        raise ValueError(f"{len(inputs)} sizes came; there is room for {MOST_SIZES}")
    bottom = MAP_TOP + ROW_HEIGHT * len(outputs)
    drawing = Drawing(WIDTH, bottom + LEGEND, _map_words(ratios, inputs, outputs, tie))
    wide = (MAP_RIGHT - MAP_LEFT) / len(inputs)
    drawing.text(16, 24, "Which mode is cheaper, and how many times?", anchor="start", bold=True)
    drawing.text(16, MAP_TOP - 16, "outputs m", anchor="start")
    drawing.text((MAP_LEFT + MAP_RIGHT) / 2, MAP_TOP - 35, "inputs n")
    for j, n in enumerate(inputs):
        drawing.text(MAP_LEFT + (j + 0.5) * wide, MAP_TOP - 13, f"{n:,}")
    for i, (m, row) in enumerate(zip(outputs, ratios, strict=True)):
        y = MAP_TOP + ROW_HEIGHT * (len(outputs) - 1 - i)
        drawing.text(MAP_LEFT - 12, y + ROW_HEIGHT / 2, f"{m:,}", anchor="end")
        for j, (_, ratio) in enumerate(zip(inputs, row, strict=True)):
            x = MAP_LEFT + j * wide
            mode = winner(ratio, tie)
            drawing.rect(x, y, wide, ROW_HEIGHT, fill=TINTS[mode], stroke=GUIDE)
            _sign(drawing, x + 8, y + ROW_HEIGHT / 2, mode)
            factor = max(ratio, 1 / ratio)
            if mode != "equal":
                drawing.text(x + wide - 8, y + ROW_HEIGHT / 2, short(factor), anchor="end")
    drawing.rect(MAP_LEFT, MAP_TOP, MAP_RIGHT - MAP_LEFT, bottom - MAP_TOP, stroke=VALUE)

    legend = {
        "forward": "forward mode is cheaper",
        "equal": "no difference",
        "reverse": "reverse mode is cheaper",
    }
    for k, (mode, words) in enumerate(legend.items()):
        y = bottom + 24 + 26 * k
        drawing.rect(MAP_LEFT, y - 11, 34, 22, fill=TINTS[mode], stroke=GUIDE)
        _sign(drawing, MAP_LEFT + 5, y, mode)
        drawing.text(MAP_LEFT + 44, y, words, anchor="start")
    return drawing.svg()


def winner(ratio: float, tie: float = 1.05) -> str:
    """The cheaper mode, if reverse mode costs `ratio` times as much as forward mode."""
    if max(ratio, 1 / ratio) < tie:
        return "equal"
    return "forward" if ratio > 1 else "reverse"


def short(factor: float) -> str:
    """A factor above 1 with two digits at least."""
    return f"{factor:,.0f}" if factor >= 9.95 else f"{factor:.1f}"


def _sign(drawing: Drawing, x: float, y: float, mode: str) -> None:
    """An arrow to the right for tangents, to the left for cotangents, two strokes for neither."""
    if mode == "forward":
        drawing.arrow(x, y, x + 24, y, colour=TANGENT)
    elif mode == "reverse":
        drawing.arrow(x + 24, y, x, y, colour=COTANGENT)
    else:
        for dy in (-4, 4):
            drawing.line(x + 4, y + dy, x + 20, y + dy, thickness=2)


def _map_words(ratios, inputs, outputs, tie) -> str:
    cells = [
        f"n = {n:,}, m = {m:,}: {_verdict(ratio, tie)}"
        for m, row in zip(outputs, ratios, strict=True)
        for n, ratio in zip(inputs, row, strict=True)
    ]
    return f"The cheaper mode for a whole Jacobian of n inputs and m outputs. {'; '.join(cells)}."


def _verdict(ratio: float, tie: float) -> str:
    mode = winner(ratio, tie)
    if mode == "equal":
        return "no difference"
    return f"{mode} mode, {short(max(ratio, 1 / ratio))} times"
