"""Typed formulas: right ones have the right values and derivatives, all others get a sentence."""

import builtins
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab import check
from adlab.panels.formulas import FUNCTIONS, LONGEST, plane_map

POINTS = [(0.5, 0.25), (1.25, -0.75), (0.125, 2.0)]

RIGHT = {
    "x": lambda x, y: x,
    "3": lambda x, y: 3.0,
    " x + y ": lambda x, y: x + y,
    "x - y - x/2": lambda x, y: x / 2 - y,
    "x - (y - 1)": lambda x, y: x - y + 1,
    "2*x**2*y": lambda x, y: 2 * x * x * y,
    "-x**2": lambda x, y: -(x * x),
    "+x": lambda x, y: x,
    "--x": lambda x, y: x,
    "x/y": lambda x, y: x / y,
    "1/x": lambda x, y: 1 / x,
    "(x + y)/4": lambda x, y: (x + y) / 4,
    "x**-2": lambda x, y: 1 / x**2,
    "x**0.5": lambda x, y: math.sqrt(x),
    "x**(1/2 + 1/2)": lambda x, y: x,
    "2**3*x": lambda x, y: 8 * x,
    "1e-1*x": lambda x, y: 0.1 * x,
    "pi*x + e": lambda x, y: math.pi * x + math.e,
    "sin(x)*cos(y)": lambda x, y: math.sin(x) * math.cos(y),
    "tan(x/2)": lambda x, y: math.tan(x / 2),
    "tanh(x - y)": lambda x, y: math.tanh(x - y),
    "exp(-x*x)": lambda x, y: math.exp(-x * x),
    "log(x)": lambda x, y: math.log(x),
    "sqrt(x*x + y*y)": lambda x, y: math.hypot(x, y),
    "abs(y)": lambda x, y: abs(y),
    "relu(y)": lambda x, y: max(y, 0.0),
    "sigmoid(y)": lambda x, y: 1 / (1 + math.exp(-y)),
    "softplus(y)": lambda x, y: math.log1p(math.exp(y)),
    "sin(2) + sqrt(4) + log(e) + abs(0 - 3)": lambda x, y: math.sin(2) + 6,
    "+".join(["x"] * 30): lambda x, y: 30 * x,
}

REFUSED = {
    "": "empty",
    "   ": "empty",
    "x" * (LONGEST + 1): f"has {LONGEST + 1} characters",
    "1" * 10_000: "10000 characters",
    "x +": "complete",
    "(x": "bracket is missing",
    "x))": "bracket is missing",
    "sin x": r"write sin\(x\)",
    "2x": r"is a \* missing in '2x'",
    "x y": r"is a \* missing in 'x y'",
    "1or x": "complete",
    "x(y)": r"no function: is a \* missing",
    "(x)(y)": r"no function: is a \* missing",
    "sn(x)": "Did you mean sin",
    "X": "Did you mean x",
    "z": "'z' is unknown",
    "sin": r"sin needs an argument: sin\(x\)",
    "sin()": "takes one argument",
    "sin(x, y)": "takes one argument",
    "sin(*x)": "no formula",
    "sin(**x)": "takes one argument",
    "x.real": "'x.real' is no formula",
    "x.__class__": "no formula",
    "__import__(x)": "unknown",
    "print(x)": "unknown",
    "eval(x)": "unknown",
    "x, y": "no formula",
    "x if y else 1": "no formula",
    "x and y": "no formula",
    "not x": "no formula",
    "x is y": "no formula",
    "x in y": "no formula",
    "await x": "no formula",
    "yield": "complete",
    "x//y": "no formula",
    "lambda: x": "':' is not allowed",
    "[x for x in y]": r"'\[' is not allowed",
    "x[0]": r"'\[' is not allowed",
    "{x}": r"'\{' is not allowed",
    "'x'": "is not allowed",
    '"x"': "is not allowed",
    'f"{x}"': "is not allowed",
    "x^2": r"a power is written x\*\*2",
    "x²": r"a square is written x\*\*2",
    "x·y": r"a product is written x\*y",
    "x − y": "a minus is written -",
    "x = 3": "type the right-hand side alone",
    "x := 3": "':' is not allowed",
    "x == y": "'=' is not allowed",
    "x; y": "';' is not allowed",
    "x # y": "'#' is not allowed",
    "x\ny": "is not allowed",
    "x\x00": "is not allowed",
    "\ud800": "is not allowed",
    "ｘ + 1": "'ｘ' is not allowed",
    "１": "is not allowed",
    "💥": "is not allowed",
    "<b>x</b>": "'<' is not allowed",
    "True": "no formula",
    "None": "no formula",
    "...": "no formula",
    "1j": "no formula",
    "9**9**9": "from -9 to 9",
    "x**10": "from -9 to 9",
    "2**x": r"write exp\(x\*log\(2\)\)",
    "x**y": r"exp\(y\*log\(x\)\)",
    "1/0": "divides by zero",
    "x/0": "divides by zero",
    "x/(2 - 2)": "divides by zero",
    "0**-1": "divides by zero",
    "log(-1)": "not a finite number",
    "log(0)": "not a finite number",
    "(0 - 8)**0.5": "not a finite number",
    "1e999": "too large",
    "9e307*100*x": "not a finite number",
    "(1e90**9)": "too large",
    "-" * 60 + "x": "nested more than 20",
    "-(" * 21 + "x" + ")" * 21: "nested more than 20",
    "x**(" * 19 + "1" + ")" * 19: "characters",
}


def value(formula, x, y):
    return float(plane_map(formula, "y")(x, y)[0])


@pytest.mark.parametrize("formula", RIGHT)
def test_a_formula_has_its_value_and_its_derivatives(formula):
    g = plane_map(formula, "x - y")
    for x, y in POINTS:
        if formula in ("log(x)", "x**0.5") and x <= 0:
            continue
        first, second = g(x, y)
        assert first == pytest.approx(RIGHT[formula](x, y), rel=1e-14, abs=1e-14)
        assert second == x - y
        report = check(g, x, y)
        assert report, report


def test_a_formula_takes_many_points_at_once():
    x, y = np.array([[0.5, 1.0, 2.0], [3.0, 0.25, 1.5]]), np.array([[1.0], [2.0]])
    y = np.broadcast_to(y, x.shape)
    first, second = plane_map("x*y + 1", "sin(x)/y")(x, y)
    np.testing.assert_array_equal(first, x * y + 1, strict=True)
    np.testing.assert_allclose(second, np.sin(x) / y, rtol=1e-15, strict=True)


@pytest.mark.parametrize("formula", REFUSED)
def test_anything_else_is_refused_in_a_sentence(formula):
    with pytest.raises(ValueError, match=REFUSED[formula]) as caught:
        plane_map(formula, "y")
    sentence = str(caught.value)
    assert sentence.startswith("g₁ can't be read: ")
    assert sentence[-1] in ".?"
    assert len(sentence) < 240
    assert "\n" not in sentence
    with pytest.raises(ValueError, match=r"^g₂ can't be read: "):
        plane_map("x", formula)


def test_brackets_may_be_nested_up_to_a_limit():
    assert value("-(" * 10 + "x" + ")" * 10, 0.5, 1.0) == 0.5
    assert value("(" * 30 + "x" + ")" * 30, 0.5, 1.0) == 0.5  # not in the tree


def test_every_function_that_is_named_can_be_called():
    for f in FUNCTIONS:
        assert math.isfinite(value(f"{f}(x)", 0.5, 0.0))
        assert value(f"{f}(1/2)", 0.1, 0.0) == value(f"{f}(x)", 0.5, 0.0)


@pytest.fixture
def _nothing_runs(monkeypatch):
    """What is typed must not reach these."""

    def refuse(*args, **kwargs):
        raise AssertionError("typed text was compiled or run")

    real = builtins.compile

    def only_parse(source, filename, mode, flags=0, *args, **kwargs):
        if not flags & 0x400:  # ast.PyCF_ONLY_AST: a tree, no code
            refuse()
        return real(source, filename, mode, flags, *args, **kwargs)

    with monkeypatch.context() as patch:
        for name in ("eval", "exec"):
            patch.setattr(builtins, name, refuse)
        patch.setattr(builtins, "compile", only_parse)
        yield


@pytest.mark.usefixtures("_nothing_runs")
@pytest.mark.parametrize("formula", ["x*sin(y)", *REFUSED])
def test_nothing_that_is_typed_is_run(formula):
    if formula not in REFUSED:
        assert value(formula, 2.0, 0.5) == 2 * math.sin(0.5)
        return
    with pytest.raises(ValueError, match="can't be read"):
        plane_map(formula, "y")


PIECES = ["x", "y", "1", "2.5", "9", "+", "-", "*", "/", "**", "(", ")", " ", ",", ".", "_", "e"]
PIECES += [
    *FUNCTIONS,
    "if",
    "else",
    "lambda",
    "for",
    "in",
    "not",
    "__class__",
    "0x",
    "1e9",
    "=",
    "[",
]


def network_or_sentence(text):
    try:
        return plane_map(text, "y")
    except ValueError as error:
        return str(error)


@given(st.text(max_size=100) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_text_is_a_network_or_a_sentence(text):
    g = network_or_sentence(text)
    if isinstance(g, str):
        assert g.startswith("g₁ can't be read: ")
        return
    with np.errstate(all="ignore"):
        first, second = g(0.5, 0.25)
    assert np.shape(first) == ()
    assert second == 0.25
