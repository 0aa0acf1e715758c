"""The panel demo against numbers made another way."""

import numpy as np

from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SHOWN, cells, numbers


def demo_agrees(panel: Panel) -> None:
    n, m = panel.shown.v.size, panel.shown.J.shape[0]
    J = [
        [panel.controls["scale"].value * (i - j) / 4 for j in range(n)]
        if panel.controls["entries"].value == 0
        else [panel.controls["scale"].value * (-1) ** (i + j) for j in range(n)]
        for i in range(m)
    ]
    pushed = [sum(row[j] * (j + 1) for j in range(n)) for row in J]
    last = panel.words.split("Its push:")[1]
    np.testing.assert_allclose(numbers(last), pushed, atol=SHOWN)
    np.testing.assert_allclose(cells(panel), np.ravel(J), atol=SHOWN)
