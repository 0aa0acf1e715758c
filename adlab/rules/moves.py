"""The Jacobian of each function of NumPy that adds, copies, picks or moves numbers.

    MOVES        functions that only move numbers: the same function, applied to the places
    JACOBIANS    the structured Jacobian in each array argument

In each rule `y` is the value and stands first, then come the arguments as NumPy has them.
"""

from functools import lru_cache
from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from adlab.jacobians import Diagonal, Gather, Permute
from adlab.kinds import Cast, Cumulative, Mask, Part, Slice
from adlab.rules.slopes import copied, reshaped


# ---- Functions of our own that NumPy has under another form ----------------------------------
def followed(function):
    """`function` asks its arguments first, as NumPy's own functions do."""

    def asking(*args, **settings):
        for a in args:
            if hasattr(type(a), "record"):
                return a.__array_function__(asking, (), args, settings)
        return function(*args, **settings)

    asking.__name__ = function.__name__
    return asking


@followed
def index(x, key):
    """x[key]"""
    return x[key]


@followed
def as_type(x, dtype):
    return np.asarray(x).astype(dtype)


@followed
def on_diagonal(v, k=0):
    """The matrix that is zero but for v on its k-th diagonal."""
    return np.diag(v, k)


@followed
def counted(places, weights, minlength=0):
    """y_i = the sum of the weights whose place is i."""
    return np.bincount(places, weights, minlength)  # in double precision


def array(x):
    """x as an array; lists with numbers in them that are followed too."""
    if hasattr(x, "shape"):
        return x
    if isinstance(x, list | tuple) and any(map(holds_followed, x)):
        return stack(*map(array, x))
    return np.asarray(x)


def in_type(x, dtype):
    x = array(x)
    return x if x.dtype == dtype else as_type(x, dtype)


def is_followed(x):
    return hasattr(type(x), "record")


def holds_followed(x):
    return is_followed(x) or (isinstance(x, list | tuple) and any(map(holds_followed, x)))


class Each:
    """The same rule for each of the arguments from the first array on: `rule(k, y, *args)`."""

    def __init__(self, rule):
        self.rule = rule

    def __getitem__(self, k):
        return lambda y, *args, **settings: self.rule(k, y, *args, **settings)


# ---- Sums ------------------------------------------------------------------------------------
def reduced(axis, ndim):
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def summed(y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=None):
    """J = 1ᵀ, the transpose of a copy along the axes that are summed."""
    J = added_up(a.shape, y.shape, y.dtype, reduced(axis, a.ndim))
    if where is not None:
        J = J @ Mask(np.broadcast_to(where, a.shape), y.dtype)
    return J if y.dtype == a.dtype else J @ Cast(a.shape, a.dtype, y.dtype)


@lru_cache(4096)
def added_up(shape_in, shape_out, dtype, axes):
    return copied(shape_out, shape_in, dtype, axes).T


def beside(y, a, axes):
    """The result y of a reduction of a along the axes, so that it broadcasts beside a."""
    return np.reshape(y, tuple([1 if i in axes else n for i, n in enumerate(a.shape)]))


def averaged(y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    J = summed(y, a, axis, dtype, where=where)
    if where is None:
        return (y.size / a.size) * J if a.size else J
    count = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)
    return Diagonal(1 / count.astype(y.dtype)) @ J


def extreme(y, a, axis=None, out=None, keepdims=False, initial=None, where=None):
    """The entries that attain the extreme share its slope equally; `initial` has none."""
    axes = reduced(axis, a.ndim)
    hit = a == beside(y, a, axes)
    if where is not None:
        hit = np.logical_and(hit, where)
    count = hit.sum(axes, keepdims=True, dtype=y.dtype)
    if initial is not None:
        count = np.maximum(count, 1)
    share = Diagonal(np.reshape(1 / count, y.shape))
    return share @ summed(y, a, axis) @ Mask(hit, y.dtype)


def multiplied(y, a, axis=None, dtype=None, out=None, keepdims=False):
    """∂(a_1 a_2 ... )/∂a_i is the product of the others."""
    axes = reduced(axis, a.ndim)
    others = beside(y, a, axes) / a if (a != 0).all() else products_of_others(a, axes)
    return summed(y, a, axis) @ Diagonal(others)


def products_of_others(a, axes):
    """For each entry the product of all others along the axes, also where some are 0."""
    kept = [i for i in range(a.ndim) if i not in axes]
    order = (*kept, *axes)
    moved = np.transpose(a, order)
    n = prod(a.shape[i] for i in axes)
    rows = moved.reshape(*(a.shape[i] for i in kept), 1, n)
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    return np.transpose(others.reshape(moved.shape), np.argsort(order))


def placed_on_diagonal(Y, v, k=0):
    return Gather(np.diagonal(places(Y), k), Y.shape).T


def accumulated(y, a, axis=None, dtype=None, out=None):
    if axis is None:
        J = Cumulative(y.shape, -1) @ reshaped(a.shape, y.shape, y.dtype)
    else:
        J = Cumulative(a.shape, normalize_axis_index(axis, a.ndim) - a.ndim)
    return J if y.dtype == a.dtype else J @ Cast(a.shape, a.dtype, y.dtype)


# ---- Putting arrays together and taking them apart -------------------------------------------
def indexed(y, x, key):
    if all(isinstance(part, BASIC) for part in (key if isinstance(key, tuple) else (key,))):
        return Slice(key, x.shape, y.shape)
    return Gather(places(x)[key], x.shape)


BASIC = (int, np.integer, slice, type(...), type(None))


def places(x):
    """Where each number of x stands in x.ravel()."""
    return np.arange(x.size).reshape(x.shape)


part_of = lru_cache(4096)(Part)


def concatenated(k, y, *parts, axis=0):
    if axis is None:
        lengths = list(map(np.size, parts))
        axis = 0
    else:
        axis = normalize_axis_index(axis, y.ndim)
        lengths = [x.shape[axis] for x in parts]
    return part_of(parts[k].shape, y.shape, y.dtype, axis, sum(lengths[:k]))


def stacked_up(k, y, *parts, axis=0):
    axis = normalize_axis_index(axis, y.ndim)
    return part_of(parts[k].shape, y.shape, y.dtype, axis, k)


@followed
def concatenate(*parts, axis=0):
    return np.concatenate(parts, axis)


@followed
def stack(*parts, axis=0):
    return np.stack(parts, axis)


def chosen(k):
    """np.where(condition, x1, x2): the identity where x_k is taken."""

    def jacobian(y, condition, *xs):
        taken = np.not_equal(condition, 0) if k == 1 else np.equal(condition, 0)
        J, shape = Mask(np.broadcast_to(taken, y.shape), y.dtype), np.shape(xs[k - 1])
        return J if shape == y.shape else J @ copied(shape, y.shape, y.dtype)

    return jacobian


def no_condition(*_, **__):
    raise TypeError("np.where (or np.bincount): nothing can be differentiated by the condition")


def reordered(y, x, order="C"):
    """The same numbers in another shape: C order reads them row by row, F column by column."""
    if order == "C":
        return reshaped(x.shape, y.shape, y.dtype)
    if order != "F":
        raise TypeError(f'order={order!r} depends on how memory lies: write order="C" or "F"')
    rows = np.arange(x.size).reshape(x.shape)
    return Gather(np.reshape(np.ravel(rows, order="F"), y.shape, order="F"), x.shape)


def transposed(y, x, axes=None):
    return permuted(x.shape, y.dtype, None if axes is None else tuple(axes))


@lru_cache(4096)
def permuted(shape, dtype, axes):
    J = Permute(shape, range(len(shape))[::-1] if axes is None else axes)
    J.dtype = dtype
    return J


def padded(y, x, pad_width, mode="constant", constant_values=0):
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise TypeError(
            f"np.pad with mode={mode!r} has no rule of differentiation here: put the parts "
            "together with np.concatenate"
        )
    if mode != "constant":
        return moved(np.pad)(y, x, pad_width, mode)
    if isinstance(pad_width, dict):  # {axis: width or (before, behind)}
        widths = [pad_width.get(i, pad_width.get(i - x.ndim, 0)) for i in range(x.ndim)]
        pad_width = [np.broadcast_to(width, 2) for width in widths]
    before = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))[:, 0]
    key = tuple(slice(int(b), int(b) + n) for b, n in zip(before, x.shape, strict=True))
    return Slice(key, y.shape, x.shape).T


def moved(function):
    """What moves numbers moves their places in the same way."""

    def jacobian(y, x, *args, **settings):
        return Gather(function(places(x), *args, **settings), x.shape)

    return jacobian


def unwrapped(y, p, discont=None, axis=-1, *, period=None):
    """Whole periods are added, and they do not move."""
    return reshaped(p.shape, y.shape, y.dtype)


def counted_places(y, places, weights, minlength=0):
    return Gather(places, y.shape).T @ Cast(weights.shape, weights.dtype, y.dtype)


# ---- The tables ------------------------------------------------------------------------------
MOVES = (
    np.tile,
    np.repeat,
    np.resize,
    np.roll,
    np.flip,
    np.fliplr,
    np.flipud,
    np.rot90,
    np.take,
    np.take_along_axis,
    np.diagonal,
    np.delete,
    np.lib.stride_tricks.sliding_window_view,
)

JACOBIANS = {
    **{f: (moved(f),) for f in MOVES},
    np.sum: (summed,),
    np.mean: (averaged,),
    np.max: (extreme,),
    np.amax: (extreme,),
    np.min: (extreme,),
    np.amin: (extreme,),
    np.prod: (multiplied,),
    np.cumsum: (accumulated,),
    index: (indexed,),
    as_type: (lambda y, x, dtype: Cast(x.shape, x.dtype, y.dtype),),
    np.copy: (lambda y, x: reshaped(x.shape, y.shape, y.dtype),),
    np.unwrap: (unwrapped,),
    np.where: (no_condition, chosen(1), chosen(2)),
    concatenate: Each(concatenated),
    stack: Each(stacked_up),
    np.reshape: (lambda y, x, shape, order="C": reordered(y, x, order),),
    np.ravel: (reordered,),
    np.squeeze: (lambda y, x, axis=None: reshaped(x.shape, y.shape, y.dtype),),
    np.expand_dims: (lambda y, x, axis: reshaped(x.shape, y.shape, y.dtype),),
    np.broadcast_to: (lambda y, x, shape: copied(x.shape, y.shape, y.dtype),),
    np.transpose: (transposed,),
    np.pad: (padded,),
    on_diagonal: (placed_on_diagonal,),
    counted: (no_condition, counted_places),
}
