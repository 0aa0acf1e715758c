"""Formulas that a learner types, read into adlab layers: "x*x - sin(y)" becomes a Network.

Python's own parser makes the tree, and a walk over it knows a short list of things: x, y, numbers,
+ - * / **, brackets, and the functions below. Nothing that is typed is ever run; whatever is not
on the list is a ValueError, a sentence for the panel to show.

The walk does arithmetic: on numbers it gives a number, on the placeholders of a Network that is
being recorded it gives equations. So there is no second language here, and the derivative of a
typed formula is adlab's.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import re
import warnings

import numpy as np

from adlab.layers import Cos, Exp, Log, Power, ReLU, Sigmoid, Sin, Softplus, Tanh
from adlab.networks import Network, Value

LONGEST = 80  # characters
DEEPEST = 20  # brackets in brackets
LARGEST_POWER = 9

FUNCTIONS = {
    "sin": Sin(),
    "cos": Cos(),
    "tan": lambda a: Sin()(a) / Cos()(a),
    "tanh": Tanh(),
    "exp": Exp(),
    "log": Log(),
    "sqrt": Power(0.5),
    "abs": lambda a: ReLU()(a) + ReLU()(-a),
    "relu": ReLU(),
    "sigmoid": Sigmoid(),
    "softplus": Softplus(),
}
CONSTANTS = {"pi": math.pi, "e": math.e}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
INSTEAD = {
    "^": "a power is written x**2",
    "=": "type the right-hand side alone",
    "·": "a product is written x*y",
    "×": "a product is written x*y",
    "÷": "a quotient is written x/y",
    "−": "a minus is written -",
    "²": "a square is written x**2",
    "√": "a root is written sqrt(x)",
    "π": "write pi",
}
ALLOWED = f"Use x, y, numbers, + - * / ** ( ), {', '.join(FUNCTIONS)}."


def plane_map(first: str, second: str) -> Network:
    """g(x, y) = (first, second): a Network of two numbers, or of two arrays entry by entry.

    A ValueError says in a sentence which formula can't be read, what came, and what is allowed.
    """

    def g(x, y):
        variables = {"x": x, "y": y}
        return read(first, "g₁", variables), read(second, "g₂", variables)

    return Network(g)


def read(formula: str, name: str, variables: dict):
    """The formula as a number or as a Value of the network that is being recorded.

    `name` is what the formula is called in the sentence of a ValueError.
    """
    try:
        with np.errstate(all="ignore"):
            return walk(parsed(formula), {**CONSTANTS, **variables})
    except ZeroDivisionError:
        problem = "it divides by zero."
    except OverflowError:
        problem = "a number in it is too large."
    except ValueError as error:
        problem = str(error)
    raise ValueError(f"{name} can't be read: {problem}")


def parsed(formula: str) -> ast.expr:
    """The tree of a short formula made of plain characters."""
    if not formula.strip():
        raise ValueError(f"the box is empty. {ALLOWED}")
    if len(formula) > LONGEST:
        raise ValueError(f"it has {len(formula)} characters, {LONGEST} are allowed.")
    strange = re.search(r"[^A-Za-z0-9_.,+\-*/() ]", formula)
    if strange:
        hint = INSTEAD.get(strange[0])
        raise ValueError(f"{strange[0]!r} is not allowed{f': {hint}' if hint else ''}. {ALLOWED}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "1or x" is a warning to Python, an error here
            return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{shown(formula)} is no complete formula: {slip(formula)}") from None


def slip(formula: str) -> str:
    """What is probably wrong with a formula that Python can't parse."""
    words = "|".join(FUNCTIONS)
    if formula.count("(") != formula.count(")"):
        return "a bracket is missing."
    if found := re.search(rf"\b({words})\s+\w", formula):
        return f"write {found[1]}(x), with brackets."
    if found := re.search(rf"([\d)]\s*|[xy]\s+)([xy\d(]|({words})\b)", formula):
        return f"is a * missing in {found[0]!r}?"
    return "is something missing before or after an operator?"


def walk(node: ast.expr, names: dict, depth: int = 0):
    """The value of a tree; a ValueError for everything that is not on the list."""
    if depth > DEEPEST:
        raise ValueError(f"brackets and signs are nested more than {DEEPEST} deep.")
    deeper = depth + 1
    match node:
        case ast.Constant(value=int() | float() as c) if not isinstance(c, bool):
            if math.isinf(float(c)):
                raise OverflowError
            return float(c)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -walk(inner, names, deeper)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return walk(inner, names, deeper)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            a = walk(left, names, left_depth(node, depth))
            b = walk(right, names, deeper)
            if isinstance(op, ast.Pow):
                check_power(b, right)
            return finite(OPERATORS[type(op)](a, b), node)
        case ast.Call(func=ast.Name(id=f), args=[inner], keywords=[]) if f in FUNCTIONS:
            return finite(FUNCTIONS[f](walk(inner, names, deeper)), node)
    raise ValueError(refusal(node, names))


def left_depth(node: ast.BinOp, depth: int) -> int:
    """A long sum leans to the left in the tree, but to the eye it is flat: x + x + x."""
    return depth if isinstance(node.left, ast.BinOp) else depth + 1


def finite(value, node: ast.expr):
    """A number as a plain float, if it is one: log(-1) and 9**9**9 are none."""
    if isinstance(value, Value):
        return value
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError(f"{written(node)} is not a finite number.")
    return float(value)


def check_power(power, node: ast.expr) -> None:
    if isinstance(power, Value):
        raise ValueError(
            f"the power {written(node)} is no number. For 2**x write exp(x*log(2)); for x**y write "
            "exp(y*log(x))."
        )
    if abs(power) > LARGEST_POWER:
        raise ValueError(
            f"the power {written(node)} is out of range: from -{LARGEST_POWER} to {LARGEST_POWER}."
        )


def refusal(node: ast.expr, names: dict) -> str:
    """What came, and what is allowed."""
    match node:
        case ast.Name(id=f) if f in FUNCTIONS:
            return f"{f} needs an argument: {f}(x)."
        case ast.Name(id=name):
            return f"{shown(name)} is unknown. {guess(name, names)}{ALLOWED}"
        case ast.Call(func=ast.Name(id=f)) if f in FUNCTIONS:
            return f"{written(node)} came, but {f} takes one argument: {f}(x)."
        case ast.Call(func=ast.Name(id=f)) if f not in names:
            return f"the function {shown(f)} is unknown. {guess(f, FUNCTIONS)}{ALLOWED}"
        case ast.Call(func=f):
            return f"{written(f)} is no function: is a * missing before the bracket?"
    return f"{written(node)} is no formula. {ALLOWED}"


def guess(name: str, known) -> str:
    close = difflib.get_close_matches(name.lower(), known, 1, 0.6)
    return f"Did you mean {close[0]}? " if close else ""


def written(node: ast.expr) -> str:
    return shown(ast.unparse(node))


def shown(text: str) -> str:
    """What came, in quotes and short."""
    return repr(text if len(text) <= 24 else text[:23] + "…")
