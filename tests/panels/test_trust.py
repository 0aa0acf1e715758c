"""The panel of chapter 03: its curve against theory, against adlab, and digit by digit."""

import itertools
import math
import re
import xml.etree.ElementTree as ET
from fractions import Fraction

import numpy as np
import pytest

from adlab import Power
from adlab.checks import complex_step, error_curve
from adlab.panels import trust
from adlab.panels.trust import METHODS, PRECISIONS, SMALLEST, ChecksPanel, checks_model, curve
from adlab.pictures.drawing import WIDTH
from adlab.pictures.trust import BOTTOM, LEFT, RIGHT, TOP, error_picture, kink_picture, place

SVG = "{http://www.w3.org/2000/svg}"
CURVES = list(itertools.product(METHODS, PRECISIONS))
BEST = {  # √ε is enough for the complex step; the others as by_theory
    ("central", "float64"): 5,
    ("central", "float32"): 2,
    ("one-sided", "float64"): 8,
    ("one-sided", "float32"): 3,
    ("complex", "float64"): 8,
    ("complex", "float32"): 3,
}


@pytest.mark.parametrize(("method", "precision"), CURVES)
def test_the_best_step_is_where_theory_says(method, precision):
    found = curve(method, precision)
    assert found.best == BEST[method, precision]
    assert min(found.errors) == found.errors[found.best] > 0


def by_theory(method, precision):
    """The best k by three ways of reasoning: a formula with its constant, one without, the sum."""
    eps, x = float(np.finfo(precision).eps), trust.X
    exact, rough = {
        "central": ((1.5 * eps) ** (1 / 3) * x, eps ** (1 / 3) * x),
        "one-sided": (eps**0.5 * x, eps**0.5 * x),
    }[method]
    models = [checks_model(k, precision, method) for k in range(SMALLEST + 1)]
    sums = [m.truncation + m.rounding for m in models]
    return {round(-math.log10(exact)), round(-math.log10(rough)), sums.index(min(sums))}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("method", ["central", "one-sided"])
def test_reasoning_finds_the_step_that_is_best(method, precision):
    assert by_theory(method, precision) == {curve(method, precision).best}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_for_the_central_best_step_reasoning_has_room(precision):
    """Its neighbours are at least three times worse, on paper and as measured."""
    models = [checks_model(k, precision) for k in range(SMALLEST + 1)]
    for error in ([m.truncation + m.rounding for m in models], [m.error for m in models]):
        best, second = sorted(error)[:2]
        assert second > 3 * best


@pytest.mark.parametrize("precision", PRECISIONS)
def test_rounding_stays_below_its_bound(precision):
    for h, error in curve("central", precision).points:
        size = trust.rounding("central", PRECISIONS[precision], h)
        slack = np.finfo(precision).eps * (trust.truncation("central", h) + 1)
        assert error - trust.truncation("central", h) <= size + slack


@pytest.mark.parametrize(("method", "precision"), CURVES)
def test_the_error_is_the_truncation_plus_some_rounding(method, precision):
    for k, error in enumerate(curve(method, precision).errors):
        m = checks_model(k, precision, method)
        slack = np.finfo(precision).eps * m.truncation + 2 * m.rounding
        assert m.truncation - slack <= error <= m.truncation + slack


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_library_draws_the_same_curve(precision):
    x = np.array([trust.X], precision)
    steps = [trust.step_of(k) for k in range(SMALLEST + 1)]
    errors = error_curve(Power(3), x, np.ones(1, precision), steps)
    ours = np.array(curve("central", precision).errors)
    rounded = [checks_model(k, precision).rounding for k in range(SMALLEST + 1)]
    assert np.all(np.abs(errors - ours) <= np.maximum(1e-6 * ours, 3 * np.array(rounded)))


def test_the_complex_step_of_the_library_is_as_exact():
    J = complex_step(Power(3), np.array([trust.X]))
    assert trust.relative_error(J[0, 0], np.float64) < 1e-15


def test_errors_are_measured_without_rounding():
    assert trust.relative_error(0.0, np.float64) == 1
    exact = 3 * Fraction(1.7) ** 2
    nearest = float(exact)
    assert trust.relative_error(nearest, np.float64) == float(
        abs(Fraction(nearest) - exact) / exact
    )


def test_nothing_depends_on_a_mathematical_library():
    """Rounding noise is stored in a notebook: these digits must come out on every machine."""
    assert [checks_model(k).estimate.hex() for k in (5, 12)] == [
        (((1.7 + h) * (1.7 + h) * (1.7 + h) - (1.7 - h) * (1.7 - h) * (1.7 - h)) / (2 * h)).hex()
        for h in (1e-5, 1e-12)
    ]
    assert checks_model(12).error == float.fromhex(TWELVE)


TWELVE = "0x1.97400954bf188p-14"


@pytest.mark.parametrize("k", [8, 12, 16])
def test_a_lost_step_is_said_to_be(k):
    assert "The step is lost" in trust.verdict(checks_model(k, "float32"))
    lost = k == 16  # 10⁻¹⁶ is less than half of the distance from 1.7 to the next float64
    assert ("The step is lost" in trust.verdict(checks_model(k, "float64"))) is lost


def test_the_larger_part_is_named():
    assert trust.verdict(checks_model(2)) == "Truncation is the larger part."
    assert trust.verdict(checks_model(9)) == "Rounding is the larger part."
    assert trust.verdict(checks_model(5)) == "No other power of ten does better."


@pytest.mark.parametrize(("method", "precision"), CURVES)
def test_all_of_every_curve_is_inside_the_picture(method, precision):
    for pair in curve(method, precision).points:
        x, y = place(*pair)
        assert LEFT - 0.01 <= x <= RIGHT + 0.01
        assert TOP < y < BOTTOM


def test_the_picture_marks_step_and_best():
    svg = error_picture([(1e-4, 1e-6), (1e-2, 1e-2)], best=-4, point=(1e-2, 1e-2))
    root = ET.fromstring(svg)
    assert root.get("width") == str(WIDTH)
    circle = next(root.iter(f"{SVG}circle"))
    assert (float(circle.get("cx")), float(circle.get("cy"))) == pytest.approx((408, 310 - 12 * 18))
    assert "best 10−4" in ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert "The best power of ten is h = 1e-4." in root.get("aria-label")
    plain = error_picture([(1e-4, 1e-6), (1e-2, 1e-2)])
    assert "best" not in plain
    assert "circle" not in plain


def test_the_kink_is_drawn_with_its_three_slopes():
    texts = ["".join(t.itertext()) for t in ET.fromstring(kink_picture()).iter(f"{SVG}text")]
    assert {"slope 0", "slope ½", "slope 1"} < set(texts)


def test_the_panel_moves_its_point():
    panel = ChecksPanel()
    start = panel.svg
    panel.set(k=5)
    assert panel.svg != start
    assert "Relative error 1.3e-11." in panel.words
    panel.set(k=2)
    assert panel.svg == start
    panel.set(k=8, precision="float32")
    assert "gives 0.00000000." in panel.words
    assert math.isclose(panel.shown.error, 1)
    assert len(re.findall("<circle", panel.svg)) == 1
