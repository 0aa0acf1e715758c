"""Chapter 03: how wrong an estimated derivative is, for every step, in two precisions."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import ipywidgets as widgets
import numpy as np

from adlab.panels.panel import SLIDER, Panel, choice, int_slider
from adlab.pictures.trust import error_picture

# f(x) = x³ uses * alone, which IEEE 754 rounds in one way on every machine: all of the curve, noise
# included, is the same everywhere. 1.7 is no short binary fraction, so its sums have to be rounded.
# And there the best steps that theory gives lie near powers of ten, for both kinds of difference in
# both precisions: who reasons finds what the curve shows.
X = 1.7
PRECISIONS = {"float64": np.float64, "float32": np.float32}
METHODS = {
    "central": "central difference",
    "one-sided": "one-sided difference",
    "complex": "complex step",
}
SMALLEST = 16  # the largest k
MANTISSAS = 1, 2, 5


def step_of(k, mantissa=1):
    """h = mantissa · 10⁻ᵏ, as the nearest float64: read from text, so without a library's power."""
    return float(f"{mantissa}e-{k}")


def cube(x):
    return x * x * x


def complex_cube(a, b):
    """(a + bi)³ in real arithmetic, so that no compiler chooses the order of rounding."""
    real, imaginary = a * a - b * b, a * b + b * a
    return real * a - imaginary * b, real * b + imaginary * a


def estimate(method, kind, h):
    """What a method says the slope of x³ at X is, computed in the precision `kind`."""
    x, h = kind(X), kind(h)
    if method == "central":
        return (cube(x + h) - cube(x - h)) / (h + h)
    if method == "one-sided":
        return (cube(x + h) - cube(x)) / h
    return complex_cube(x, h)[1] / h


def relative_error(estimate, kind):
    """Against 3x² in fractions, at the x that the precision can hold: nothing is rounded here."""
    exact = 3 * Fraction(float(kind(X))) ** 2
    return float(abs(Fraction(float(estimate)) - exact) / exact)


def truncation(method, h):
    """|estimate - 3x²| / 3x² if nothing were rounded."""
    return (3 * X * h + h * h if method == "one-sided" else h * h) / (3 * X * X)


def rounding(method, kind, h):
    """A bound on rounding for small h, relative to 3x²: ε x / h, or ε if nothing is subtracted."""
    eps = float(np.finfo(kind).eps)
    return eps if method == "complex" else eps * X / h


@dataclass(frozen=True)
class Curve:
    """Errors for all steps: `errors[k]` for h = 10⁻ᵏ, `points` on a finer grid."""

    points: tuple[tuple[float, float], ...]
    errors: tuple[float, ...]
    guides: tuple

    @property
    def best(self):
        """The k of the smallest error; of equal ones the largest step."""
        return self.errors.index(min(self.errors))


@cache
def curve(method, precision):
    """The Curve of a method in a precision; made once."""
    kind = PRECISIONS[precision]

    def error(h):
        return relative_error(estimate(method, kind, h), kind)

    coarse = [step_of(k) for k in range(SMALLEST + 1)]
    fine = [step_of(k, m) for k in range(SMALLEST, 0, -1) for m in MANTISSAS] + [1.0]
    ends = [coarse[-1], coarse[0]]
    law, growth = "truncation", "rounding"
    return Curve(
        points=tuple((h, error(h)) for h in fine),
        errors=tuple(error(h) for h in coarse),
        guides=(
            (law, tuple((h, truncation(method, h)) for h in coarse)),
            (growth, tuple((h, rounding(method, kind, h)) for h in ends)),
        ),
    )


def word_slider(name, words):
    """A slider over words."""
    return widgets.SelectionSlider(
        options=words,
        description=name,
        tooltip=name,
        style={"description_width": "108px"},
        layout=widgets.Layout(width=SLIDER, max_width="100%"),
    )


@dataclass(frozen=True)
class Checks:
    """One step on one curve."""

    method: str
    precision: str
    k: int
    estimate: float
    truncation: float
    rounding: float

    @property
    def curve(self):
        return curve(self.method, self.precision)

    @property
    def error(self):
        return self.curve.errors[self.k]

    @property
    def h(self):
        return step_of(self.k)


def checks_model(k, precision="float64", method="central"):
    kind, h = PRECISIONS[precision], step_of(k)
    return Checks(
        method=method,
        precision=precision,
        k=k,
        estimate=float(estimate(method, kind, h)),
        truncation=truncation(method, h),
        rounding=rounding(method, kind, h),
    )


class ChecksPanel(Panel):
    title = "The error of an estimated slope, step by step"
    hint = "Before you drag, say where the error will be smallest."
    lines = 11

    def make_controls(self):
        return {
            "k": int_slider("k, step 10⁻ᵏ", 2, 0, SMALLEST),
            "precision": word_slider("precision", list(PRECISIONS)),
            "method": choice("method", [(words, name) for name, words in METHODS.items()]),
        }

    def model(self, k, precision, method):
        return checks_model(k, precision, method)

    def picture(self, checks):
        return error_picture(
            checks.curve.points,
            checks.curve.guides,
            best=-checks.curve.best,
            point=(checks.h, checks.error),
            name=METHODS[checks.method],
        )

    def text(self, checks):
        best = checks.curve.best
        expected = f"truncation {checks.truncation:.1e}, rounding below {checks.rounding:.1e}"
        digits = 9 if checks.precision == "float32" else 17
        return "\n".join(
            [
                f"f(x) = x³ at x = {X}, {checks.precision}, step h = {power(checks.k)}.",
                f"The {METHODS[checks.method]} gives {checks.estimate:#.{digits}g}.",
                "The slope 3x² is 8.67.",
                f"Relative error {checks.error:.1e}.",
                f"Expected: {expected}.",
                verdict(checks),
                f"Best of these steps: {power(best)}, error {checks.curve.errors[best]:.1e}.",
            ]
        )


def verdict(checks):
    if checks.estimate == 0:
        return "The step is lost: both values are equal."
    if checks.k == checks.curve.best:
        return "No other power of ten does better."
    larger = "Truncation" if checks.truncation > checks.rounding else "Rounding"
    return f"{larger} is the larger part."


def power(k):
    return "1" if k == 0 else "10⁻" + str(k).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
