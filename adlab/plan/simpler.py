"""Calls that have the same result as another, up to rounding, and are cheaper, or none at all.

For a function of NumPy there is one (tape, *operands) that gives its result, or None where
the call has to be made as it is.
"""

from math import prod

import numpy as np

from adlab.plan.calls import View
from adlab.plan.standin import StandIn


def without_one(tape, a, b):
    """1 a = a 1 = a"""
    return unchanged(b, a) if is_one(a) else unchanged(a, b) if is_one(b) else None


def unchanged(a, constant):
    """a, if it keeps its type beside the constant, in the shape that they have together."""
    if not isinstance(a, StandIn) or np.result_type(constant, a.array) != a.dtype:
        return None
    return a.reshape(np.broadcast_shapes(np.shape(constant), a.shape))


def as_multiple(tape, a, c):
    """a / c = (1 / c) a, where 1 / c is a number of a's type with all its digits"""
    if not (isinstance(a, StandIn) and a.dtype.kind == "f" and isinstance(c, int | float) and c):
        return None
    kind = np.finfo(a.dtype)
    exact = float(kind.tiny) <= abs(1 / c) <= float(kind.max)
    return tape.entrywise(np.multiply, a, 1 / c) if exact else None


def as_sum(tape, a, b):
    """a + 0 = a,   [a ; 0] + [0 ; b] = [a ; b]"""
    if is_zero(b) and isinstance(a, StandIn) and np.shape(b) in (a.shape, a.shape[-1:]):
        return unchanged(a, b)
    (form, ours), (other, theirs) = parts_of(a), parts_of(b)
    if form is None or form != other or list(map(np.shape, ours)) != list(map(np.shape, theirs)):
        return None
    pairs = list(zip(ours, theirs, strict=True))
    kept = [y if is_zero(x) else x for x, y in pairs]
    parts = [tape.seen(x) if isinstance(x, View) else x for x in kept]
    alike = np.result_type(a.dtype, b.dtype) == np.result_type(*(x.dtype for x in parts))
    if not (alike and all(is_zero(x) or is_zero(y) for x, y in pairs)):
        return None
    return tape.concatenate(parts, form[1])


def parts_of(x):
    """(form, operands), if x was made as a concatenation."""
    call = x.slot.call if isinstance(x, StandIn) and x.as_view.whole else None
    joined = call is not None and call.form[0] == "concatenate"
    return (call.form, call.operands) if joined else (None, ())


def as_product(tape, a, p):
    """a¹ = a,   a² = square(a),   a³ = a a²,   a^½ = sqrt(a),   a⁻¹ = 1 / a"""
    if type(p) not in (int, float) or a.dtype.kind != "f":
        return None
    if p == 3:
        return a * np.square(a)
    ufunc = {1: np.positive, 2: np.square, 0.5: np.sqrt, -1: np.reciprocal}.get(p)
    return None if ufunc is None else tape.entrywise(ufunc, a)


def as_inner_product(tape, a):
    """Σ a b = aᵀ b, where the sum is over all of an entrywise product"""
    call = a.slot.call
    if not (call and a.as_view.whole and call.form == ("entrywise", np.multiply)):
        return None
    alike = [isinstance(x, View) and x.shape == a.shape and x.complete for x in call.operands]
    if a.dtype.kind != "f" or not all(alike):
        return None
    x, y = map(tape.seen, call.operands)
    return tape.matmul(x.reshape(1, a.size), y.reshape(a.size, 1)).reshape(())


def as_scaling(tape, A, B):
    """diag(d) B = each row of B, multiplied by a number"""
    d = diagonal_of(A)
    return None if d is None else tape.seen(d).reshape(-1, 1) * B


def diagonal_of(A):
    """The View of d, if A was made as I d = diag(d), of a row d."""
    call = A.slot.call if isinstance(A, StandIn) and A.as_view.complete and A.ndim == 2 else None
    if not call or call.form != ("entrywise", np.multiply):
        return None
    one, d = call.operands
    row = isinstance(d, View) and d.shape[-1:] == (len(A),) == (prod(d.shape),)
    return d if row and d.slot.dtype == A.dtype and is_identity(one) else None


def is_identity(x):
    constant = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[0] == x.shape[1]
    return constant and np.array_equal(x, np.eye(len(x)))


def is_zero(x):
    return isinstance(x, np.ndarray) and not x.any()


def is_one(x):
    return not isinstance(x, StandIn) and np.size(x) == 1 and bool(np.all(x == 1))


SIMPLER = {
    np.multiply: without_one,
    np.divide: as_multiple,
    np.add: as_sum,
    np.power: as_product,
    np.matmul: as_scaling,
    np.sum: as_inner_product,  # of all numbers of an array
}
