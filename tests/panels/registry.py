"""For every panel a function that checks what the panel shows against numbers made another way.

`AGREES[name](panel)` reads the numbers from the panel's text and picture, as a learner does, and
compares them with numbers computed here: by differences or by plain NumPy, never by the code that
the panel itself calls. A panel of `adlab.panels.PANELS` without an entry fails
`tests/panels/test_panels.py`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np

from adlab.panels import hello
from adlab.panels.panel import Panel

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
SHOWN = 0.005 + 1e-9  # two decimals are right to half a unit of the last


def numbers(text: str) -> list[float]:
    """The numbers in a text, true minus signs included."""
    return [float(found.replace("−", "-")) for found in NUMBER.findall(text)]


def labels(panel: Panel) -> list[str]:
    """The texts of the picture in the order they are drawn."""
    return ["".join(text.itertext()) for text in ET.fromstring(panel.svg).iter(f"{SVG}text")]


def cells(panel: Panel) -> list[float]:
    """The texts of the picture that are one number with two decimals."""
    return [numbers(text)[0] for text in labels(panel) if re.fullmatch(r"[-−]?\d+\.\d\d", text)]


def differences(g: Callable, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Jacobian of g at x (n,) by central differences: (m, n)."""
    steps = step * np.eye(x.size)
    return np.stack([(g(x + h) - g(x - h)) / (2 * step) for h in steps], axis=1)


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


def hello_agrees(panel: Panel) -> None:
    n, m = panel.controls["n"].value, panel.controls["m"].value
    W, b, a = hello.WEIGHTS[:m, :n], hello.BIASES[:m], hello.INPUTS[:n]
    J = differences(lambda a: np.tanh(W @ a + b), a)
    count, *rows = panel.words.splitlines()
    assert numbers(count) == [m, n, m * n]
    assert len(rows) == m
    for i, row in enumerate(rows):
        index, y, again, *entries = numbers(row)
        assert (index, again) == (i + 1, i + 1)
        np.testing.assert_allclose(y, np.tanh(W @ a + b)[i], atol=SHOWN)
        np.testing.assert_allclose(entries, J[i], atol=SHOWN, strict=True)
    np.testing.assert_allclose(cells(panel), J.ravel(), atol=SHOWN, strict=True)


AGREES: dict[str, Callable[[Panel], None]] = {
    "demo": demo_agrees,
    "hello": hello_agrees,
}
