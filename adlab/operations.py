"""NumPy's functions as layers, so that a Network can hold them: `power(y1, 2)` is an equation."""

import numpy as np

from adlab.layers import Add, Cos, Exp, Layer, Log, Multiply, Sin, Tanh
from adlab.rules import ADVICE, RULES

LAYERS = {  # functions that are layers already
    np.add: Add(),
    np.multiply: Multiply(),
    np.tanh: Tanh(),
    np.exp: Exp(),
    np.log: Log(),
    np.sin: Sin(),
    np.cos: Cos(),
}


class Operation(Layer):
    """A NumPy function as a layer. Its arguments are those at `places`; all else is fixed."""

    def __init__(self, function, args, places, settings):
        self.function, self.args, self.places, self.settings = function, args, places, settings

    def arguments(self, args):
        return args

    def filled(self, xs):
        args = list(self.args)
        for k, x in zip(self.places, xs, strict=True):
            args[k] = x
        return args

    def value(self, *xs):
        y = self.function(*self.filled(xs), **self.settings)
        if y.dtype.kind != "f":
            raise TypeError(not_real(y, self.function))
        return y

    def jacobians(self, y, *xs):
        rules, args = RULES[self.function], self.filled(xs)
        return tuple(rules[k](y, *args, **self.settings) for k in self.places)

    @property
    def name(self):
        return self.function.__name__

    def written(self, names):
        """`power(y1, 2)`, `sum(y2, axis=0)`: the call with the names of what is followed."""
        parts = list(map(brief, self.args))
        for k, name in zip(self.places, names, strict=True):
            parts[k] = name
        parts += [f"{key}={brief(x)}" for key, x in self.settings.items()]
        return f"{self.name}({', '.join(parts)})"

    def __repr__(self):
        return self.written([f"x{i}" for i in range(1, len(self.places) + 1)])


def brief(x):
    """A fixed argument in a few words."""
    return f"array {x.shape}" if getattr(x, "ndim", 0) else str(x)


class Through(Layer):
    """y = J a, for a linear map J that is fixed."""

    def __init__(self, J):
        self.J = J

    def arguments(self, args):
        return args

    def value(self, a):
        return self.J.push(a[None])[0]

    def jacobians(self, y, a):
        return (self.J,)


def as_layer(function, args, places, settings):
    """The layer that a call is, where only the arguments at `places` are free."""
    free = len(places) == len(args) and not settings
    if free and function in LAYERS:
        return LAYERS[function]
    return Operation(function, args, places, settings)


# ---- Errors ---------------------------------------------------------------------------------


def not_real(y, function):
    return (
        f"{function.__name__} gives numbers of type {y.dtype}; adlab differentiates real "
        "functions: compute with floats (float(a) for a Fraction a), of a complex number with the "
        "real and the imaginary part on their own"
    )


def no_rule(function):
    name = function if isinstance(function, str) else full_name(function)
    default = (
        "write it with functions that have one (the tables of adlab.rules list them), or give it "
        "one with custom_rule"
    )
    return f"{name} has no rule of differentiation here: {ADVICE.get(function, default)}"


def full_name(function):
    name, module = function.__name__, getattr(function, "__module__", None)
    if module is None:  # a ufunc: NumPy's, or that of another library
        return f"np.{name}" if getattr(np, name, None) is function else name
    return f"{module.replace('numpy', 'np', 1)}.{name}"


def refuse_unknown(function, rule, settings):
    """A TypeError for what the rule has no name for."""
    code = rule.__code__
    if "out" in settings:
        raise TypeError(
            f"{full_name(function)} with out= (or a += b, a *= b, ...) writes in place: use the "
            "value that it returns, as in a = a + b"
        )
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    unknown = [key for key in settings if key not in names]
    if unknown and not code.co_flags & CO_VARKEYWORDS:
        raise TypeError(
            f"{full_name(function)} can't be differentiated with {unknown[0]}=: "
            f"{INSTEAD.get(unknown[0], 'leave it out')}"
        )


INSTEAD = {  # of a setting
    "where": "write np.where(condition, x, 0.0) for what it takes (1.0 in a product)",
    "initial": "leave it out, and add it to the result (in a product multiply, of a maximum take "
    "np.maximum of both)",
    "dtype": "leave it out, and write x.astype(...)",
    "casting": "leave it out, and write x.astype(...)",
    "fweights": "write np.repeat(m, fweights, axis=1)",
    "period": "write np.interp(np.mod(x, period), ...), with the first point once more at the end",
}


CO_VARKEYWORDS = 0x08  # a code object's flag for **settings
