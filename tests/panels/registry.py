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
from decimal import Decimal, localcontext

import numpy as np

from adlab.panels import chain, hello
from adlab.panels.panel import Panel

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
UNRAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
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


def chain_agrees(panel: Panel) -> None:
    values = panel.values
    n, m, k = values["n"], values["m"], values["k"]
    x, W, C = chain.X[:n], chain.W[:m, :n], chain.C[:k, :m]
    b = chain.INSIDE_G[:m] - W @ x
    y = (W @ x + b) ** 2 / 2
    d = chain.INSIDE_F[:k] - C @ y
    J_g = differences(lambda x: (W @ x + b) ** 2 / 2, x)
    Df = differences(lambda y: (C @ y + d) ** 2 / 2, y)
    Dh = differences(lambda x: (C @ ((W @ x + b) ** 2 / 2) + d) ** 2 / 2, x)
    left, right = (J_g, Df) if values["swapped"] else (Df, J_g)
    product = np.einsum("ij,jl->il", left, right)

    drawn = [numbers(text)[0] for text in labels(panel) if re.fullmatch(r"−?\d+", text)]
    expected = np.concatenate([left.ravel(), right.ravel(), product.ravel()])
    np.testing.assert_allclose(drawn, expected, atol=1e-6, strict=True)
    factors, shape, framed, place, verdict = panel.words.splitlines()
    inner = left.shape[1]
    assert numbers(factors) == [*left.shape, *right.shape, inner, inner]
    assert numbers(shape) == list(product.shape)
    *terms, entry = numbers(framed)
    np.testing.assert_allclose(terms[0::2], left[0], atol=1e-6, strict=True)
    np.testing.assert_allclose(terms[1::2], right[:, 0], atol=1e-6, strict=True)
    np.testing.assert_allclose(entry, product[0, 0], atol=1e-6)
    assert numbers(place) == y.tolist()
    same = product.shape == Dh.shape and np.abs(product - Dh).max() < 1e-6
    assert ("agree within" in verdict) == same
    assert ("not the derivative" in verdict) != same
    if "away" in verdict:
        assert abs(numbers(verdict)[-1] - np.abs(product - Dh).max()) < 0.5


TRUST_SAYS = re.compile(
    r"step h = (?P<h>\S+)\.\nThe .* gives (?P<estimate>\S+)\.\n.*\n"
    r"Relative error (?P<error>\S+)\.\n"
    r"Expected: truncation (?P<truncation>\S+), rounding (?P<rounding>\S+)\.\n"
    r".*\nBest of these steps: (?P<best>\S+), error (?P<least>\S+)\.$"
)


def slope_of_the_cube(method: str, precision: str, k: int) -> tuple[Decimal, Decimal]:
    """An estimate of the slope of x³ at 0.7, and its relative error in 60 digits."""
    x, h = np.array(["0.7", f"1e-{k}"]).astype(precision)
    if method == "complex":  # Im (x + ih)³ = (x² - h²) h + 2xh x
        guess = ((x * x - h * h) * h + (x * h + h * x) * x) / h
    else:
        behind, distance = (x - h, h + h) if method == "central" else (x, h)
        guess = (np.prod([x + h] * 3) - np.prod([behind] * 3)) / distance
    with localcontext(prec=60):
        slope, guess = 3 * Decimal(float(x)) ** 2, Decimal(float(guess))
        return guess, abs(guess - slope) / slope


def trust_agrees(panel: Panel) -> None:
    values = panel.values
    k, precision, method = values["k"], values["precision"], values["method"]
    said = TRUST_SAYS.search(panel.words)
    estimate, error = slope_of_the_cube(method, precision, k)
    all_errors = [slope_of_the_cube(method, precision, j)[1] for j in range(17)]
    assert said["h"].replace("10⁻", "").translate(UNRAISED) == str(k or 1)
    assert float(said["estimate"]) == float(f"{estimate:.{9 if precision == 'float32' else 17}g}")
    assert said["error"] == f"{float(error):.1e}"
    best = all_errors.index(min(all_errors))
    assert said["best"].replace("10⁻", "").translate(UNRAISED) == str(best)
    assert said["least"] == f"{float(all_errors[best]):.1e}"
    h, slope = 10.0**-k, 3 * 0.7**2
    parts = (0.7 + h) ** 3 - 0.7**3 if method == "one-sided" else slope * h + h**3
    if k < 4:  # beyond, this way of computing it drowns in rounding
        assert abs(float(said["truncation"]) / (parts / h / slope - 1) - 1) < 0.06
    eps = np.finfo(precision).eps
    rounded = eps if method == "complex" else 0.7 * eps / h
    assert abs(float(said["rounding"]) / rounded - 1) < 0.06
    circle = next(ET.fromstring(panel.svg).iter(f"{SVG}circle"))
    at = float(circle.get("cx")), float(circle.get("cy"))
    across, up = 384 / 16, 264 / 22  # px for a power of ten
    expected = 456 - across * k, 310 - up * (20 + float(error.log10()))
    np.testing.assert_allclose(at, expected, atol=0.006)


AGREES: dict[str, Callable[[Panel], None]] = {
    "demo": demo_agrees,
    "hello": hello_agrees,
    "plane": plane_agrees,
    "chain": chain_agrees,
    "trust": trust_agrees,
}
