"""Functions with a rule of their own, and values without a derivative.

    custom_rule(f, jacobians)     f, differentiated by the Jacobians that you give
    stop_gradient(x)              the value of x, a constant to every derivative

A rule of one's own is for what tracing sees badly: a formula that loses digits, a result of a
solver, a loop that is cheaper to differentiate on paper. JAX calls it `custom_jvp` and
`custom_vjp`; here both are read from the same Jacobians.
"""

from math import prod

import numpy as np

from adlab.followed import Followed
from adlab.jacobians import Dense, Jacobian, Zero
from adlab.layers import Layer
from adlab.networks import function_name, input_names
from adlab.trees import holds_arrays, leaves, rebuilt
from adlab.vectors import floats


def custom_rule(f=None, jacobians=None):
    """The function f with a rule of its own: one Layer, whatever happens inside.

    `jacobians(y, *args)` returns a tuple with one entry for each argument: a Jacobian, or an array
    of shape y.shape + arg.shape. Written with NumPy and layers, it can be differentiated itself.

        def softplus(x):
            return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))

        softplus = custom_rule(softplus, lambda y, x: (Diagonal(-np.expm1(-y)),))

    As a decorator: `@custom_rule(jacobians=...)`. f takes arrays by their place and returns one;
    what it takes from outside must be constant: a value that is being differentiated has to be an
    argument.
    """
    if not callable(jacobians):
        raise TypeError(
            "custom_rule wants a function `jacobians(y, *args)`, which returns a tuple with one "
            f"Jacobian for each argument; {type(jacobians).__name__} came"
        )
    if f is None:
        return lambda f: Custom(f, jacobians)
    if not callable(f):
        raise TypeError(f"custom_rule wants a function, got {type(f).__name__}")
    return Custom(f, jacobians)


class Custom(Layer):
    """A plain function with Jacobians of its own."""

    def __init__(self, f, rule):
        self.f, self.own_rule = f, rule
        self.__doc__ = f.__doc__

    @property
    def name(self):
        return function_name(self.f)

    def names_of(self, given):
        try:
            names = input_names(self.f)
        except (TypeError, ValueError):  # *args, or a callable without a signature
            return [f"x{i}" for i in range(1, given + 1)]
        if given != len(names):
            wanted = f"{len(names)} argument{'s' * (len(names) != 1)} ({', '.join(names)})"
            raise TypeError(f"{self.name} takes {wanted}, got {given}")
        return names

    def value(self, *args):
        for a in args:  # of a transform further out, to which this is one step too
            if isinstance(a, Followed):
                return a.record(self, args)
        return constant_result(self.f(*args), args, self.name)

    def jacobians(self, y, *args):
        blocks = self.own_rule(y, *args)
        if not isinstance(blocks, tuple) or len(blocks) != len(args):
            return blocks  # which Layer.rule refuses in a sentence
        names = self.names_of(len(args))
        return tuple(
            as_jacobian(J, np.shape(y), a.shape, f"the Jacobian of {self.name} in {x}")
            for J, a, x in zip(blocks, args, names, strict=True)
        )

    def written(self, names):
        return f"{self.name}({', '.join(names)})"

    def __repr__(self):
        return self.name


def constant_result(y, args, name):
    """One array of floats, whose function has taken nothing from outside that is followed.

    Complex arguments (of a complex step) may give complex numbers.
    """
    if any(isinstance(part, Followed) for part in leaves(y)):
        raise ValueError(
            f"{name} uses a value that is being differentiated and is none of its arguments: "
            "hand it over as an argument, or keep it constant with stop_gradient"
        )
    if isinstance(y, tuple | list | dict):
        raise TypeError(f"{name} returns a {type(y).__name__}: here a function returns one array")
    if any(np.iscomplexobj(a) for a in args):
        return y
    return floats(y, f"the result of {name}", np.dtype(float))


def as_jacobian(J, shape_out, shape_in, who):
    """J, or the array J of shape output + input, as a Jacobian between these shapes."""
    if isinstance(J, Jacobian):
        if (J.shape_in, J.shape_out) != (shape_in, shape_out):
            raise ValueError(
                f"{who} maps {J.shape_in} to {J.shape_out}, wanted {shape_in} to {shape_out}"
            )
        return J
    A = floats(J, who, np.dtype(float))
    if A.shape != shape_out + shape_in:
        raise ValueError(
            f"{who} has shape {A.shape}, wanted output + input: {shape_out} + {shape_in} = "
            f"{shape_out + shape_in}"
        )
    return Dense(np.reshape(A, (prod(shape_out), prod(shape_in))), shape_in, shape_out)


# ---- Without a derivative ---------------------------------------------------------------------


def stop_gradient(x):
    """The value of x, a constant to every derivative, however deep transforms are nested.

    x is an array, or a list, tuple or dict of them. In a Network that is being recorded it is an
    equation whose Jacobian is zero.
    """
    if holds_arrays(x):
        return rebuilt(x, map(stop_gradient, leaves(x, holds_arrays)), holds_arrays)
    if hasattr(type(x), "record") and not isinstance(x, Followed):
        return StopGradient()(x)
    return at_rest(x)


def at_rest(x):
    """x without all who follow it: to be read, for their Jacobians may hold the same memory."""
    if not isinstance(x, Followed):
        return x
    while isinstance(x, Followed):
        x = x.value
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x


class StopGradient(Layer):
    """y = a        J = 0"""

    def __call__(self, a):
        return at_rest(a) if isinstance(a, Followed) else super().__call__(a)

    def value(self, a):
        return at_rest(a)

    def jacobians(self, y, a):
        return (Zero(a.shape, a.shape),)

    def pushforward(self, args, V):
        return at_rest(*args), None  # it does not move
