"""The panel plane against numbers made another way."""

from collections.abc import Callable

import numpy as np

from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SHOWN, differences, numbers

PLANE_MAPS = {
    "squares": lambda x, y: ((x**2 - y**2) / 2, x * y),
    "linear": lambda x, y: (x - 0.5 * y, 0.5 * (x + y)),
    "polar": lambda x, y: (x * np.cos(y), x * np.sin(y)),
    "waves": lambda x, y: (x + np.sin(2 * y) / 3, y + np.sin(2 * x) / 3),
    "a tanh layer": lambda x, y: np.tanh([x - y / 2, x / 3 + y / 2]),
    "a fold": lambda x, y: (x + y / 4, y**2 - 1),
}
TYPED_MAPS = {
    "x*y": lambda x, y: x * y,
    "y - x*x/2": lambda x, y: y - x**2 / 2,
    "x": lambda x, y: x,
    "0": lambda x, y: 0.0,
}


def plane_map(values: dict) -> Callable:
    """The map that the panel is set to, as plain NumPy: (2,) <- (2,)."""
    if values["example"] == "typed":
        first, second = TYPED_MAPS[values["first"].strip()], TYPED_MAPS[values["second"].strip()]
        return lambda p: np.array([first(*p), second(*p)])
    return lambda p: np.array(PLANE_MAPS[values["example"]](*p))


def plane_agrees(panel: Panel) -> None:
    values = panel.values
    g, p, h = plane_map(values), np.array([values["x"], values["y"]]), 1 / values["zoom"]
    v, u = (
        np.array([np.cos(np.radians(values[name])), np.sin(np.radians(values[name]))])
        for name in ("tangent", "cotangent")
    )
    J = differences(g, p)
    Jv, uJ = np.einsum("ij,j->i", J, v), np.einsum("i,ij->j", u, J)
    said = [line.split("=", 1)[-1] for line in panel.words.splitlines()]
    _, point, _, first, second, tangent, cotangent, pairing, _, miss = said
    near = {"atol": SHOWN, "strict": True}
    np.testing.assert_allclose(numbers(point), [*p, *g(p)], **near)
    np.testing.assert_allclose(numbers(first), J[0], **near)
    np.testing.assert_allclose(numbers(second), J[1], **near)
    np.testing.assert_allclose(numbers(tangent), [*v, *Jv], **near)
    np.testing.assert_allclose(numbers(cotangent), [*u, *uJ], **near)
    np.testing.assert_allclose(numbers(pairing), [np.dot(u, Jv), np.dot(uJ, v)], **near)
    gap = np.linalg.norm(g(p + h * v) - g(p) - h * Jv)
    assert abs(numbers(miss)[-1] - gap) < 0.00005 + 1e-8
