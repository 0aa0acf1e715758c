"""Functions that put arrays together, take them apart and choose from them, written with others.

COMPOSED    the function of NumPy, and how it is written with functions that have a rule
NEWER       the same, for functions that not every NumPy has yet
"""

from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from adlab.rules.moves import (
    array,
    as_type,
    concatenate,
    counted,
    in_type,
    is_followed,
    on_diagonal,
    stack,
)


# ---- Axes ------------------------------------------------------------------------------------
def rearranged(function):
    """Functions that only change the order of axes: what they do to the shape (0, 1, 2, ...)."""

    def permuted(x, *args, **settings):
        shape = function(np.empty(range(x.ndim)), *args, **settings).shape
        return np.transpose(x, shape)

    return permuted


def at_least(form):
    """np.atleast_1d and the like take one array or several."""

    def formed(*arrays):
        made = tuple(map(form, map(array, arrays)))
        return made[0] if len(made) == 1 else made

    return formed


def as_vector(x):
    return np.reshape(x, (1,)) if x.ndim == 0 else x


def as_row(x):
    return np.reshape(x, (1, -1)) if x.ndim < 2 else x


def as_sheet(x):
    return (
        np.reshape(x, (1, -1, 1)) if x.ndim < 2 else np.reshape(x, (*x.shape, 1)[: max(3, x.ndim)])
    )


def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """One array for each axis, the same along all others; "xy" lets the first two change places."""
    turned = [1, 0, *range(2, len(xi))] if indexing == "xy" and len(xi) > 1 else range(len(xi))
    shape = [1] * len(xi)
    lines = [
        np.reshape(x, (*shape[:k], -1, *shape[k + 1 :])) for k, x in zip(turned, xi, strict=True)
    ]
    return tuple(lines) if sparse else broadcast_arrays(*lines)


def broadcast_arrays(*args):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(x, shape) for x in args)


# ---- Together --------------------------------------------------------------------------------
def append(arr, values, axis=None):
    if axis is None:
        arr, values, axis = np.ravel(arr), np.ravel(values), 0
    return concatenate(array(arr), array(values), axis=axis)


def block(arrays):
    """The innermost lists are put together along the last axis, those around them before it."""
    depth, ndim = depth_of(arrays), max(map(np.ndim, flattened(arrays)))
    ndim = max(depth, ndim)

    def together(part, level):
        if not isinstance(part, list):
            return np.reshape(part, (1,) * (ndim - np.ndim(part)) + np.shape(part))
        return concatenate(*(together(p, level - 1) for p in part), axis=-level)

    return together(arrays, depth)


def depth_of(arrays):
    return 1 + depth_of(arrays[0]) if isinstance(arrays, list) else 0


def flattened(arrays):
    return [x for part in arrays for x in flattened(part)] if isinstance(arrays, list) else [arrays]


def hstack(tup):
    parts = [as_vector(array(x)) for x in tup]
    return concatenate(*parts, axis=0 if parts[0].ndim == 1 else 1)


# ---- Apart -----------------------------------------------------------------------------------
def split(ary, indices_or_sections, axis=0):
    """The parts as slices; NumPy itself says where they begin and end."""
    ends = np.array_split if np.ndim(indices_or_sections) == 0 else np.split
    parts = ends(np.arange(ary.shape[axis]), indices_or_sections)
    before = (slice(None),) * normalize_axis_index(axis, ary.ndim)
    starts = [int(part[0]) if part.size else 0 for part in parts]
    return [
        ary[(*before, slice(start, start + part.size))]
        for start, part in zip(starts, parts, strict=True)
    ]


def even_split(ary, indices_or_sections, axis=0):
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ValueError(
            f"np.split: {ary.shape[axis]} entries along axis {axis} do not make "
            f"{indices_or_sections} equal parts"
        )
    return split(ary, indices_or_sections, axis)


def unstack(x, axis=0):
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return tuple(x[(*before, k)] for k in range(x.shape[axis]))


def diag(v, k=0):
    return np.diagonal(v, k) if v.ndim == 2 else on_diagonal(v, k)


def tril(m, k=0):
    return np.where(np.tri(*m.shape[-2:], k=k, dtype=bool), m, 0.0)


def triu(m, k=0):
    return np.where(np.tri(*m.shape[-2:], k=k - 1, dtype=bool), 0.0, m)


def shifted(sign):
    """np.fft.fftshift: each axis is rolled by half of its length."""

    def shift(x, axes=None):
        axes = range(x.ndim) if axes is None else np.atleast_1d(axes)
        halves = tuple(sign * (x.shape[i] // 2) for i in axes)
        return np.roll(x, halves, tuple(int(i) for i in axes))

    return shift


# ---- Choices ---------------------------------------------------------------------------------
def bincount(x, weights=None, minlength=0):
    if is_followed(x):
        raise TypeError(
            "np.bincount: nothing can be differentiated by the places, only by the weights"
        )
    return counted(x, weights, minlength=minlength)


def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    a_min, a_max = (min if a_min is None else a_min), (max if a_max is None else a_max)
    a = a if a_min is None else np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def sort(a, axis=-1, kind=None, *, stable=None):
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis)


def partition(a, kth, axis=-1):
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, np.argpartition(a, kth, axis=axis), axis)


def select(condlist, choicelist, default=0):
    """The first of the choices whose condition holds."""
    y = default
    for condition, choice in reversed([*zip(condlist, choicelist, strict=True)]):
        y = np.where(condition, choice, y)
    return y


def choose(a, choices):
    if not np.all((0 <= np.asarray(a)) & (np.asarray(a) < len(choices))):
        raise ValueError(f"np.choose: {a} is to pick among {len(choices)} choices, 0 the first")
    y = choices[0]
    for k, choice in enumerate(choices[1:], start=1):
        y = np.where(np.equal(a, k), choice, y)
    return y


def piecewise(x, condlist, funclist):
    """Each function sees the numbers of its own piece alone; later pieces win."""
    if np.ndim(condlist) == 0 or (x.ndim and np.ndim(condlist[0]) == 0):  # a condition alone
        condlist = [condlist]
    conditions = [np.broadcast_to(c, x.shape) for c in condlist]
    winner = np.full(x.shape, len(conditions))
    for k, condition in enumerate(conditions):
        winner = np.where(condition, k, winner)
    flat, parts, places = np.ravel(x), [], []
    for k, f in enumerate([*funclist, 0.0][: len(conditions) + 1]):
        here = np.flatnonzero(winner == k)
        piece = f(flat[here]) if callable(f) else f
        parts.append(np.broadcast_to(as_type(piece, x.dtype), here.shape))
        places.append(here)
    back = np.argsort(np.concatenate(places))
    return np.reshape(np.concatenate(parts)[back], x.shape)


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    lines = np.moveaxis(arr, axis, -1)
    shape = lines.shape[:-1]
    rows = lines.reshape(prod(shape), arr.shape[axis])
    made = np.stack([func1d(line, *args, **kwargs) for line in rows])
    made = np.reshape(made, (*shape, *made.shape[1:]))
    axis = normalize_axis_index(axis, arr.ndim)
    last = range(len(shape), made.ndim)
    return np.moveaxis(made, [*last], [axis + i - len(shape) for i in last])


# ---- New arrays ------------------------------------------------------------------------------
def full_like(a, fill_value, dtype=None, *, shape=None):
    shape = np.shape(a) if shape is None else shape
    if is_followed(fill_value):
        return np.broadcast_to(as_type(fill_value, a.dtype if dtype is None else dtype), shape)
    return np.full(shape, fill_value, a.dtype if dtype is None else dtype)


def linspace(start, stop, num=50, endpoint=True, *, axis=0):
    start, stop = (x if np.ndim(x) == 0 else array(x) for x in (start, stop))
    dtype = np.result_type(start, stop, 1.0)
    t = np.linspace(0.0, 1.0, num, endpoint).astype(dtype)
    t = t.reshape(-1, *(1,) * max(np.ndim(start), np.ndim(stop)))
    y = start + (np.subtract(stop, start)) * t
    return y if axis == 0 else np.moveaxis(y, 0, axis)


def logspace(start, stop, num=50, endpoint=True, base=10.0, *, axis=0):
    return base ** linspace(start, stop, num, endpoint, axis=axis)


def geomspace(start, stop, num=50, endpoint=True, *, axis=0):
    """Each is the one before times the same factor; NumPy computes with double precision here."""
    start, stop = in_type(start, float), in_type(stop, float)
    t = linspace(0.0, np.ones(np.broadcast_shapes(start.shape, stop.shape)), num, endpoint)
    y = start * (stop / start) ** t
    return y if axis == 0 else np.moveaxis(y, 0, axis)


COMPOSED = {
    np.swapaxes: rearranged(np.swapaxes),
    np.moveaxis: rearranged(np.moveaxis),
    np.rollaxis: rearranged(np.rollaxis),
    np.atleast_1d: at_least(as_vector),
    np.atleast_2d: at_least(as_row),
    np.atleast_3d: at_least(as_sheet),
    np.meshgrid: meshgrid,
    np.broadcast_arrays: broadcast_arrays,
    np.concatenate: lambda arrays, axis=0: concatenate(*map(array, arrays), axis=axis),
    np.stack: lambda arrays, axis=0: stack(*map(array, arrays), axis=axis),
    np.vstack: lambda tup: concatenate(*(as_row(array(x)) for x in tup), axis=0),
    np.hstack: hstack,
    np.dstack: lambda tup: concatenate(*(as_sheet(array(x)) for x in tup), axis=2),
    np.column_stack: lambda tup: concatenate(
        *(np.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in map(array, tup)), axis=1
    ),
    np.append: append,
    np.block: block,
    np.split: even_split,
    np.array_split: split,
    np.vsplit: lambda ary, indices_or_sections: even_split(ary, indices_or_sections, 0),
    np.hsplit: lambda ary, indices_or_sections: even_split(
        ary, indices_or_sections, min(ary.ndim - 1, 1)
    ),
    np.dsplit: lambda ary, indices_or_sections: even_split(ary, indices_or_sections, 2),
    np.diag: diag,
    np.diagflat: lambda v, k=0: on_diagonal(np.ravel(v), k),
    np.tril: tril,
    np.triu: triu,
    np.fft.fftshift: shifted(1),
    np.fft.ifftshift: shifted(-1),
    np.compress: lambda condition, a, axis=None: np.take(a, np.flatnonzero(condition), axis),
    np.extract: lambda condition, arr: np.ravel(arr)[np.flatnonzero(condition)],
    np.bincount: bincount,
    np.clip: clip,
    np.sort: sort,
    np.partition: partition,
    np.select: select,
    np.choose: choose,
    np.piecewise: piecewise,
    np.apply_along_axis: apply_along_axis,
    np.full_like: full_like,
    np.linspace: linspace,
    np.logspace: logspace,
    np.geomspace: geomspace,
    np.real: lambda val: val,
    np.imag: lambda val: np.zeros(val.shape, val.dtype),
    np.real_if_close: lambda a, tol=100: a,
}

NEWER = {
    "astype": lambda x, dtype: as_type(x, dtype),
    "unstack": unstack,
    "matvec": lambda x1, x2: np.matmul(x1, np.expand_dims(x2, -1))[..., 0],
    "vecmat": lambda x1, x2: np.matmul(np.expand_dims(x1, -2), x2)[..., 0, :],
}
COMPOSED |= {getattr(np, name): f for name, f in NEWER.items() if hasattr(np, name)}
