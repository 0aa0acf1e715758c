"""Chapter 00: two sizes, one Jacobian."""

from dataclasses import dataclass

import numpy as np

from adlab import Linear, Tanh
from adlab.panels.panel import Panel, int_slider
from adlab.pictures.drawing import number
from adlab.pictures.hello import MOST, hello_picture

# Weights, biases and inputs for the largest sizes: a smaller layer uses the upper left corner.
WEIGHTS = np.array(
    [
        [1.0, -0.5, 0.5, 2.0, -1.0, 0.5],
        [0.5, 1.5, -1.0, 0.0, 1.0, -0.5],
        [-1.0, 0.5, 1.0, -0.5, 0.5, 1.5],
        [0.0, 1.0, -1.5, 0.5, 2.0, -1.0],
        [1.5, -1.0, 0.5, 1.0, -0.5, 0.0],
        [-0.5, 2.0, 0.0, -1.0, 1.5, 1.0],
    ]
)
BIASES = np.array([0.0, 0.5, -0.5, 0.0, 0.5, -0.5])
INPUTS = np.array([0.5, -0.25, 0.75, 0.0, 0.25, -0.5])


@dataclass(frozen=True)
class Hello:
    """The layer y = tanh(W a + b) with n inputs and m outputs, its value and its Jacobian."""

    n: int
    m: int
    y: np.ndarray  # (m,)
    J: np.ndarray  # (m, n)


def hello_model(n, m):
    z, Z = Linear().linearize(WEIGHTS[:m, :n], BIASES[:m], INPUTS[:n])
    y, Y = Tanh().linearize(z)
    return Hello(n, m, y, (Y[0] @ Z[2]).dense())


class HelloPanel(Panel):
    title = "The Jacobian of a small layer"
    hint = "Drag a slider, or click it and press the arrow keys."
    lines = 14
    sentence_lines = 2

    def make_controls(self):
        return {
            "n": int_slider("n, inputs", 4, 1, MOST),
            "m": int_slider("m, outputs", 3, 1, MOST),
        }

    def model(self, n, m):
        return hello_model(n, m)

    def picture(self, hello):
        return hello_picture(hello.J, largest=float(np.abs(WEIGHTS).max()))

    def text(self, hello):
        rows = [
            f"y_{i + 1} = {number(y)}, row {i + 1} of J: {', '.join(map(number, row))}"
            for i, (y, row) in enumerate(zip(hello.y, hello.J, strict=True))
        ]
        count = f"J has {hello.m} rows (outputs) and {hello.n} columns (inputs)"
        return "\n".join([f"{count}: {hello.m * hello.n} numbers.", *rows])
