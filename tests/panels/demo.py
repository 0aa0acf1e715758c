"""Two small panels to test the machinery with: one like those of the course, one with every
kind of control."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np

from adlab.panels.panel import (
    Panel,
    button,
    check_box,
    choice,
    float_slider,
    int_slider,
    text_box,
)
from adlab.pictures.drawing import (
    COTANGENT,
    TANGENT,
    TEXT,
    TITLE,
    WIDTH,
    Drawing,
    caption_height,
    heatmap,
    matrix_to_scale,
    number,
)

MOST = 15


@dataclass(frozen=True)
class Sizes:
    """A matrix J (m, n), a tangent v (n,), and its push J v (m,)."""

    name: str
    J: np.ndarray
    v: np.ndarray

    @property
    def push(self):
        return self.J @ self.v


def sizes_picture(sizes: Sizes) -> str:
    m, n = sizes.J.shape
    drawing = Drawing(WIDTH, 355, f"The matrix {sizes.name}, {m} by {n}, as a heat map.")
    drawing.formula(20, 26, f"{sizes.name[:12]} = ∂y_{{i}} / ∂x_{{j}}", anchor="start")
    heatmap(drawing, sizes.J, 20, 50, 70 * n, 32 * m, largest=2)
    drawing.arrow(20, 235, 20 + 70 * n, 235, colour=TANGENT)
    drawing.text(30 + 70 * n, 235, "v", colour=TANGENT, anchor="start", size=TITLE)
    drawing.arrow(458, 50 + 32 * m, 458, 50, colour=COTANGENT)
    drawing.text(446, 40 + 16 * m, "u", colour=COTANGENT, anchor="end", size=TITLE)
    matrix_to_scale(drawing, 20, 255, (m, n), 12, colour=TANGENT, structure="diagonal")
    assert caption_height((m, n), 12) > 0
    with drawing.clipped(200, 250, 240, 60):
        drawing.rect(200, 250, 240, 60, stroke="#767676")
        drawing.polyline([(200 + 4 * k, 280 + 40 * np.sin(k / 4)) for k in range(60)])
    drawing.text(320, 280, "clipped", halo=True, size=TEXT)
    return drawing.svg()


class SizesPanel(Panel):
    title = "A matrix and its push"
    hint = f"Choose two sizes with at most {MOST} entries."
    lines = 5

    def make_controls(self):
        return {
            "n": int_slider("n, inputs", 3, 1, 6),
            "m": int_slider("m, outputs", 2, 1, 5),
            "scale": float_slider("scale", 1.0, -2.0, 2.0, 0.25),
            "entries": choice("entries", [("steps", 0), ("signs", 1)]),
            "name": text_box("name", "J"),
        }

    def model(self, n, m, scale, entries, name):
        if n * m > MOST:
            raise ValueError(f"n times m is {n * m}; at most {MOST} entries fit.")
        if not name.strip():
            raise ValueError("The matrix has no name; type one letter.")
        i, j = np.indices((m, n))
        J = scale * ((i - j) / 4 if entries == 0 else (-1.0) ** (i + j))
        return Sizes(name.strip()[:40], J, np.arange(1.0, n + 1))

    def picture(self, sizes):
        return sizes_picture(sizes)

    def text(self, sizes):
        m, n = sizes.J.shape
        pushed = "  ".join(number(entry) for entry in sizes.push)
        return (
            f"{sizes.name} is {m} × {n}.\nThe tangent v counts from 1 to {n}.\nIts push: {pushed}"
        )


class ControlsPanel(Panel):
    """Every kind of control that a panel may have."""

    title = "Controls"
    lines = 12
    pressed = 0

    def make_controls(self):
        return {
            "whole": int_slider("whole number", 3, 0, 20),
            "real": float_slider("real number", 0.5, -1, 1, 0.25),
            "range": widgets.IntRangeSlider(value=(2, 5), min=0, max=9, description="range"),
            "step": widgets.SelectionSlider(options=["tiny", "small", "big"], description="step"),
            "list": choice("list", ["a", "b"]),
            "word": text_box("word", "q"),
            "tick": check_box("tick"),
            "run": widgets.Play(min=0, max=5, value=0),
            "mode": widgets.ToggleButtons(options=["forward", "reverse"], description="mode"),
            "kind": widgets.RadioButtons(options=["p", "q"], description="kind"),
        }

    def make_buttons(self):
        return {"more": button("one more"), "refused": button("one too many")}

    def press(self, key):
        if key == "refused":
            raise ValueError("There is no room for one more.")
        self.pressed += 1

    def model(self, **values):
        return values | {"pressed": self.pressed}

    def picture(self, values):
        drawing = Drawing(WIDTH, 60, "All settings")
        drawing.text(240, 30, f"{values['whole']}, {values['real']:.2f}, {values['list']}")
        return drawing.svg()

    def text(self, values):
        return "\n".join(f"{name} {value}" for name, value in values.items())
