"""The derivative of each function of NumPy that works entry by entry, a ufunc, one line each.

    SLOPES    y = φ(a, b), entry by entry; φ's derivative in each argument

Source: school calculus. At a kink: equal arguments of maximum share the slope, |x| has 0 at 0, as
in JAX; so does hypot.
"""

from functools import lru_cache
from math import log

import numpy as np

from adlab.jacobians import Copy, Diagonal, Identity, Scaled
from adlab.kinds import OfResult

NUMBERS = (int, float, np.number)


def larger(a, b):
    """1 where a > b, 1/2 where they are equal, 0 elsewhere."""
    return 0.5 * ((a > b) * 1.0 + (a >= b) * 1.0)


def alone(a, b):
    """1 where a is a number and b is none."""
    return (np.isnan(b) & ~np.isnan(a)) * 1.0


def power_base(y, a, p):
    if isinstance(p, NUMBERS):
        return 2 * a if p == 2 else p * a ** (p - 1) if p else 0
    flat = np.equal(p, 0)  # a⁰ is 1 everywhere, and 0 · a⁻¹ may be no number
    return np.where(flat, 0.0, p * np.power(a, np.where(flat, 1.0, p - 1)))


def power_exponent(y, a, p):
    return y * np.log(np.where(a > 0, a, 1.0))


def apart_from_0(y):
    """y, and 1 where it is 0: the slope there is 0, as that of |x|."""
    return np.where(y == 0, 1.0, y)


def share(exp, y, a, b):
    """e^a / (e^a + e^b), also where both are infinite."""
    finite = np.isfinite(y)
    if finite.all():
        return exp(a - y)
    inside = exp(np.where(finite, a, 0.0) - np.where(finite, y, 0.0))
    return np.where(finite, inside, larger(a, b))


SLOPES = {
    np.add: (lambda y, a, b: 1, lambda y, a, b: 1),
    np.subtract: (lambda y, a, b: 1, lambda y, a, b: -1),
    np.multiply: (lambda y, a, b: b, lambda y, a, b: a),
    np.divide: (lambda y, a, b: np.divide(1, b), lambda y, a, b: -y / b),
    np.power: (power_base, power_exponent),
    np.float_power: (power_base, power_exponent),
    np.remainder: (lambda y, a, b: 1, lambda y, a, b: -np.floor(a / b)),
    np.fmod: (lambda y, a, b: 1, lambda y, a, b: -np.trunc(a / b)),
    np.maximum: (lambda y, a, b: larger(a, b), lambda y, a, b: larger(b, a)),
    np.minimum: (lambda y, a, b: larger(b, a), lambda y, a, b: larger(a, b)),
    np.fmax: (
        lambda y, a, b: larger(a, b) + alone(a, b),
        lambda y, a, b: larger(b, a) + alone(b, a),
    ),
    np.fmin: (
        lambda y, a, b: larger(b, a) + alone(a, b),
        lambda y, a, b: larger(a, b) + alone(b, a),
    ),
    np.logaddexp: (
        lambda y, a, b: share(np.exp, y, a, b),
        lambda y, a, b: share(np.exp, y, b, a),
    ),
    np.logaddexp2: (
        lambda y, a, b: share(np.exp2, y, a, b),
        lambda y, a, b: share(np.exp2, y, b, a),
    ),
    np.hypot: (lambda y, a, b: a / apart_from_0(y), lambda y, a, b: b / apart_from_0(y)),
    np.arctan2: (
        lambda y, a, b: b / np.hypot(a, b) / np.hypot(a, b),  # a² + b² may be too large
        lambda y, a, b: -a / np.hypot(a, b) / np.hypot(a, b),
    ),
    np.copysign: (lambda y, a, b: np.sign(a) * np.sign(y), lambda y, a, b: 0),
    np.positive: (lambda y, a: 1,),
    np.negative: (lambda y, a: -1,),
    np.conjugate: (lambda y, a: 1,),
    np.absolute: (lambda y, a: np.sign(a),),
    np.fabs: (lambda y, a: np.sign(a),),
    np.square: (lambda y, a: 2 * a,),
    np.sqrt: (lambda y, a: 0.5 / y,),
    np.cbrt: (lambda y, a: 1 / (3 * y * y),),
    np.reciprocal: (lambda y, a: -y * y,),
    np.exp: (lambda y, a: y,),
    np.exp2: (lambda y, a: y * log(2),),
    np.expm1: (lambda y, a: y + 1,),
    np.log: (lambda y, a: 1 / a,),
    np.log2: (lambda y, a: 1 / (a * np.log(2)),),
    np.log10: (lambda y, a: 1 / (a * np.log(10)),),
    np.log1p: (lambda y, a: 1 / (1 + a),),
    np.sin: (lambda y, a: np.cos(a),),
    np.cos: (lambda y, a: -np.sin(a),),
    np.tan: (lambda y, a: 1 + y * y,),
    np.arcsin: (lambda y, a: 1 / np.sqrt((1 - a) * (1 + a)),),
    np.arccos: (lambda y, a: -1 / np.sqrt((1 - a) * (1 + a)),),
    np.arctan: (lambda y, a: 1 / np.hypot(a, 1) / np.hypot(a, 1),),
    np.sinh: (lambda y, a: np.cosh(a),),
    np.cosh: (lambda y, a: np.sinh(a),),
    np.tanh: (lambda y, a: 1 - y * y,),
    np.arcsinh: (lambda y, a: 1 / np.hypot(a, 1),),
    np.arccosh: (lambda y, a: 1 / (np.sqrt(a - 1) * np.sqrt(a + 1)),),
    np.arctanh: (lambda y, a: 1 / ((1 - a) * (1 + a)),),
    np.deg2rad: (lambda y, a: np.pi / 180,),
    np.radians: (lambda y, a: np.pi / 180,),
    np.rad2deg: (lambda y, a: 180 / np.pi,),
    np.degrees: (lambda y, a: 180 / np.pi,),
}


def entrywise(slope, k):
    """The rule of a ufunc in argument k: a diagonal, times a copy where the argument broadcasts."""

    def jacobian(y, *args):
        return times_copy(slope(y, *args), args[k].shape, y)

    return jacobian


# Ufuncs whose slope is a formula in the result alone.
OF_RESULT = (np.sqrt, np.cbrt, np.reciprocal, np.exp2, np.expm1, np.tan, np.tanh)


def from_result(slope):
    """The rule of such a ufunc: nothing is held but y."""

    def at(y):
        return slope(y, None)

    return lambda y, a: OfResult(y, at)


def times_copy(d, shape, y):
    """diag(d) after the broadcasting of `shape` to the shape of y."""
    if isinstance(d, NUMBERS):
        copy = copied(shape, y.shape, y.dtype)
        return copy if d == 1 else Scaled(float(d), copy)
    if d.dtype != y.dtype:
        d = d.astype(y.dtype)
    if d.shape != y.shape:
        d = np.broadcast_to(d, y.shape)
    if shape == y.shape:
        return Diagonal(d)
    return Diagonal(d) @ copied(shape, y.shape, y.dtype)


@lru_cache(4096)
def copied(shape_in, shape_out, dtype, axes=None):
    """Broadcasting. What depends on shapes alone is made once."""
    J = Identity(shape_in) if shape_in == shape_out else Copy(shape_in, shape_out, axes)
    J.dtype = dtype
    return J


@lru_cache(4096)
def reshaped(shape_in, shape_out, dtype):
    J = Identity(shape_in, shape_out)
    J.dtype = dtype
    return J


RULES = {
    **{f: tuple(entrywise(s, k) for k, s in enumerate(slopes)) for f, slopes in SLOPES.items()},
    **{f: (from_result(SLOPES[f][0]),) for f in OF_RESULT},
}
