"""The panel trust against numbers made another way."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal, localcontext

import numpy as np

from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SVG, UNRAISED

TRUST_SAYS = re.compile(
    r"step h = (?P<h>\S+)\.\nThe .* gives (?P<estimate>\S+)\.\n.*\n"
    r"Relative error (?P<error>\S+)\.\n"
    r"Expected: truncation (?P<truncation>\S+), rounding below (?P<rounding>\S+)\.\n"
    r".*\nBest of these steps: (?P<best>\S+), error (?P<least>\S+)\.$"
)


def slope_of_the_cube(method: str, precision: str, k: int) -> tuple[Decimal, Decimal]:
    """An estimate of the slope of x³ at 1.7, and its relative error in 60 digits."""
    x, h = np.array(["1.7", f"1e-{k}"]).astype(precision)
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
    h, slope = 10.0**-k, 3 * 1.7**2
    parts = (1.7 + h) ** 3 - 1.7**3 if method == "one-sided" else slope * h + h**3
    if k < 4:  # beyond, this way of computing it drowns in rounding
        assert abs(float(said["truncation"]) / (parts / h / slope - 1) - 1) < 0.06
    eps = np.finfo(precision).eps
    rounded = eps if method == "complex" else 1.7 * eps / h
    assert abs(float(said["rounding"]) / rounded - 1) < 0.06
    circle = next(ET.fromstring(panel.svg).iter(f"{SVG}circle"))
    at = float(circle.get("cx")), float(circle.get("cy"))
    across, up = 384 / 16, 264 / 22  # px for a power of ten
    expected = 456 - across * k, 310 - up * (20 + float(error.log10()))
    np.testing.assert_allclose(at, expected, atol=0.006)
