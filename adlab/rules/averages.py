"""Averages, order statistics, differences and curves, written with functions that have a rule.

COMPOSED    the function of NumPy, and how it is written with others
NEWER       the same, for functions that not every NumPy has yet
"""

from math import prod, sqrt

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from adlab.rules.arrays import sort
from adlab.rules.matrices import length
from adlab.rules.moves import array, in_type, reduced


# ---- Means and spreads -----------------------------------------------------------------------
def centred(a, axis):
    return a - np.mean(a, axis=axis, keepdims=True)


def count(a, axis):
    return prod(a.shape[i] for i in reduced(axis, a.ndim))


def var(a, axis=None, ddof=0, keepdims=False, *, correction=None):
    c, ddof = centred(a, axis), ddof if correction is None else correction
    return np.sum(c * c, axis=axis, keepdims=keepdims) / max(count(a, axis) - ddof, 0)


def std(a, axis=None, ddof=0, keepdims=False, *, correction=None):
    """A length, so that the slope is 0 where all are equal."""
    ddof = ddof if correction is None else correction
    n = max(count(a, axis) - ddof, 0)
    return length(centred(a, axis), axis=axis, keepdims=keepdims) / sqrt(n)


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        y, total = np.mean(a, axis=axis, keepdims=keepdims), count(a, axis) * np.ones(())
    else:
        a, weights = array(a), array(weights)
        if weights.shape != a.shape:  # one weight for each place along the axis
            axes = reduced(axis, a.ndim)
            order = np.argsort(axes)
            shape = [a.shape[i] if i in axes else 1 for i in range(a.ndim)]
            weights = np.reshape(np.transpose(weights, order), shape)
        weights = np.broadcast_to(weights, a.shape)
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, y.shape)) if returned else y


def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    rows = as_variables(m, rowvar)
    if y is not None:
        rows = np.concatenate([rows, as_variables(y, rowvar)], axis=0)
    ddof = int(not bias) if ddof is None else ddof
    c = centred(rows, 1)
    return np.squeeze(c @ np.transpose(c) / max(rows.shape[1] - ddof, 0))


def as_variables(m, rowvar):
    """One variable in each row; NumPy computes with double precision here."""
    m = in_type(m, float)
    return np.transpose(m) if m.ndim == 2 and not rowvar else np.atleast_2d(m)


def corrcoef(x, y=None, rowvar=True):
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    s = np.sqrt(np.diagonal(c))
    return c / s[:, None] / s[None, :]


def log_sum_exp(a, axis=0, keepdims=False):
    """np.logaddexp.reduce: a whole number near the largest is taken out, which does not move."""
    large = np.floor(np.max(a, axis=axis, keepdims=True))
    large = np.where(np.isfinite(large), large, 0.0)
    y = large + np.log(np.sum(np.exp(a - large), axis=axis, keepdims=True))
    return y if keepdims else np.squeeze(y, axis=reduced(axis, a.ndim))


# ---- One after the other ---------------------------------------------------------------------
def scanned(op):
    """y_i = op(x_1, ..., x_i) in log n rounds: each adds what stands 1, 2, 4, ... before.

    Source: Hillis & Steele, *Data parallel algorithms* (1986).
    """

    def scan(a, axis=None):
        a, axis = (np.ravel(a), 0) if axis is None else (a, normalize_axis_index(axis, a.ndim))
        before, step = (slice(None),) * axis, 1
        while step < a.shape[axis]:
            first, last = a[(*before, slice(step))], a[(*before, slice(step, None))]
            earlier = a[(*before, slice(-step))]
            a = np.concatenate([first, op(earlier, last)], axis=axis)
            step *= 2
        return a

    return scan


cumprod = scanned(np.multiply)


def cumulative(scan, start):
    def accumulated(x, axis=None, *, include_initial=False):
        axis = 0 if axis is None else axis
        y = scan(x, axis)
        if not include_initial:
            return y
        shape = [1 if i == normalize_axis_index(axis, x.ndim) else n for i, n in enumerate(x.shape)]
        return np.concatenate([np.full(shape, start, x.dtype), y], axis=axis)

    return accumulated


def differences(a, n=1, axis=-1, prepend=None, append=None):
    axis = normalize_axis_index(axis, a.ndim)
    one = [1 if i == axis else size for i, size in enumerate(a.shape)]
    ends = [None if x is None else np.broadcast_to(x, one) if np.ndim(x) == 0 else x
            for x in (prepend, append)]  # fmt: skip
    if prepend is not None or append is not None:
        parts = [ends[0], a, ends[1]]
        a = np.concatenate([part for part in parts if part is not None], axis=axis)
    before = (slice(None),) * axis
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def gradient(f, *varargs, axis=None, edge_order=1):
    """Differences of both neighbours; at the ends of the nearest two or three."""
    f = array(f)
    axes = reduced(axis, f.ndim)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"np.gradient: {len(varargs)} spacings for {len(axes)} axes")
    made = [slope_along(f, h, i, edge_order) for i, h in zip(axes, spacings, strict=True)]
    return made[0] if len(axes) == 1 else tuple(made)


def slope_along(f, h, axis, edge_order):
    f = np.moveaxis(f, axis, -1)
    dtype = f.dtype if f.dtype.kind == "f" else float
    h = np.diff(h) if np.ndim(h) else h * np.ones(f.shape[-1] - 1)
    h = in_type(h, dtype)
    d = np.diff(f) / h  # the slopes between neighbours
    left, right = h[:-1], h[1:]
    middle = (d[..., :-1] * right + d[..., 1:] * left) / (left + right)
    first, last = d[..., :1], d[..., -1:]
    if edge_order == 2:
        first = first + (first - d[..., 1:2]) * h[0] / (h[0] + h[1])
        last = last + (last - d[..., -2:-1]) * h[-1] / (h[-1] + h[-2])
    return np.moveaxis(np.concatenate([first, middle, last], axis=-1), -1, axis)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(array(y), axis, -1)
    if x is not None:
        dx = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(array(x), axis, -1))
    return np.sum(dx * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)


def convolve(a, v, mode="full"):
    """Windows of the longer one, each times the shorter one turned round."""
    if np.ndim(a) > 1 or np.ndim(v) > 1 or mode not in ("full", "same", "valid"):
        raise ValueError(
            f"np.convolve takes vectors and the modes full, same and valid; shapes {np.shape(a)} "
            f"and {np.shape(v)} and {mode!r} came"
        )
    a, v = np.ravel(a), np.ravel(v)
    a, v = (v, a) if len(v) > len(a) else (a, v)
    n, m = len(a), len(v)
    start, size = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[
        mode
    ]
    windows = start + np.arange(size)[:, None] + np.arange(m)
    return np.pad(a, m - 1)[windows] @ v[::-1]


def correlate(a, v, mode="valid"):
    a, v = np.ravel(a), np.ravel(v)
    if len(v) > len(a):
        return convolve(v, a[::-1], mode)[::-1]
    return convolve(a, v[::-1], mode)


# ---- By their order --------------------------------------------------------------------------
METHODS = {
    "linear": lambda position: position,
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda position: (np.floor(position) + np.ceil(position)) / 2,
}


def quantile(a, q, axis=None, method="linear", keepdims=False, *, ignore_nan=False):
    """Between the two entries that stand next to q (n - 1) in the sorted array."""
    if method not in METHODS:
        raise TypeError(
            f"np.quantile with method={method!r} has no rule: {', '.join(METHODS)} have"
        )
    if np.any((array(q) < 0) | (array(q) > 1)):
        raise ValueError("quantiles lie between 0 and 1 (percentiles between 0 and 100)")
    dtype = a.dtype if isinstance(q, int | float) else np.result_type(a, array(q))
    axes = reduced(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in axes]
    lines = np.transpose(a, (*kept, *axes)).reshape(*(a.shape[i] for i in kept), count(a, axis))
    lines = sort(lines)
    numbers = np.sum(~np.isnan(lines), axis=-1, keepdims=True)
    total = np.maximum(numbers, 1) if ignore_nan else np.full_like(numbers, lines.shape[-1])
    position = METHODS[method](np.reshape(q, -1) * (total - 1))
    low = np.floor(position).astype(int)
    weight = (position - low).astype(dtype)
    y = np.take_along_axis(lines, low, -1) * (1 - weight)
    y = y + np.take_along_axis(lines, np.minimum(low + 1, total - 1), -1) * weight
    if not ignore_nan and (numbers < total).any():
        y = np.where(numbers < total, np.nan, y)
    y = np.reshape(np.moveaxis(y, -1, 0), (*np.shape(q), *(a.shape[i] for i in kept)))
    return np.expand_dims(y, tuple(np.ndim(q) + i for i in axes)) if keepdims else y


def share(a, percent):
    return np.true_divide(percent, a.dtype.type(100))


def percentile(a, q, axis=None, method="linear", keepdims=False):
    return quantile(a, share(a, q), axis, method, keepdims)


def median(a, axis=None, keepdims=False):
    if not count(a, axis):
        return np.mean(a, axis=axis, keepdims=keepdims)  # NaN
    return quantile(a, 0.5, axis, keepdims=keepdims)


# ---- Without what is no number ---------------------------------------------------------------
def filled(function, value):
    """A function of an array in which NaN is taken for `value`."""

    def of_numbers(a, axis=None, **settings):
        return function(np.where(np.isnan(a), value, a), axis=axis, **settings)

    return of_numbers


def nanmean(a, axis=None, keepdims=False):
    there = np.isnan(a)
    n = np.sum(~there, axis=axis, keepdims=keepdims).astype(a.dtype)
    return np.sum(np.where(there, 0.0, a), axis=axis, keepdims=keepdims) / n


def nancentred(a, axis, ddof, keepdims):
    """(a without its mean, 0 in the place of NaN; how many numbers there are, less ddof)"""
    there = np.isnan(a)
    c = np.where(there, 0.0, a - nanmean(a, axis, True))
    return c, np.sum(~there, axis=axis, keepdims=keepdims).astype(a.dtype) - ddof


def nanvar(a, axis=None, ddof=0, keepdims=False):
    c, n = nancentred(a, axis, ddof, keepdims)
    return np.sum(c * c, axis=axis, keepdims=keepdims) / n


def nanstd(a, axis=None, ddof=0, keepdims=False):
    c, n = nancentred(a, axis, ddof, keepdims)
    return length(c, axis=axis, keepdims=keepdims) / np.sqrt(n)


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    largest = np.finfo(x.dtype).max
    x = np.where(np.isnan(x), nan, x)
    x = np.where(np.isposinf(x), largest if posinf is None else posinf, x)
    return np.where(np.isneginf(x), -largest if neginf is None else neginf, x)


# ---- Curves ----------------------------------------------------------------------------------
def interp(x, xp, fp, left=None, right=None):
    """The straight line between the neighbours in xp; beyond the ends a constant."""
    x, xp, fp = in_type(x, float), in_type(xp, float), in_type(fp, float)
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    t = (x - xp[k]) / (xp[k + 1] - xp[k])
    y = fp[k] + t * (fp[k + 1] - fp[k])
    y = np.where(x < xp[0], fp[0] if left is None else left, y)
    return np.where(x > xp[-1], fp[-1] if right is None else right, y)


def polyval(p, x):
    """Horner's rule."""
    x = array(x)
    y = np.zeros_like(x)
    for c in p:
        y = y * x + c
    return y


def vander(x, N=None, increasing=False):
    powers = np.arange(len(x) if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1])


def sinc(x):
    """sin(πx) / πx; near 0 its series, whose derivatives keep their digits."""
    near = np.abs(x) < 0.2
    a = np.pi * np.where(near, 1.0, x)
    square = (np.pi * np.where(near, x, 0.0)) ** 2
    series = np.ones_like(x)
    for n in (16, 14, 12, 10, 8, 6, 4, 2):
        series = 1 - square / (n * (n + 1)) * series
    return np.where(near, series, np.sin(a) / a)


COMPOSED = {
    np.var: var,
    np.std: std,
    np.average: average,
    np.ptp: lambda a, axis=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
    np.cov: cov,
    np.corrcoef: corrcoef,
    np.cumprod: cumprod,
    np.diff: differences,
    np.ediff1d: lambda ary: differences(np.ravel(ary)),
    np.gradient: gradient,
    np.trapezoid: trapezoid,
    np.convolve: convolve,
    np.correlate: correlate,
    np.quantile: quantile,
    np.percentile: percentile,
    np.median: median,
    np.nansum: filled(np.sum, 0.0),
    np.nanprod: filled(np.prod, 1.0),
    np.nanmax: filled(np.max, -np.inf),
    np.nanmin: filled(np.min, np.inf),
    np.nancumsum: filled(np.cumsum, 0.0),
    np.nancumprod: filled(cumprod, 1.0),
    np.nanmean: nanmean,
    np.nanvar: nanvar,
    np.nanstd: nanstd,
    np.nanmedian: lambda a, axis=None, keepdims=False: quantile(
        a, 0.5, axis, keepdims=keepdims, ignore_nan=True
    ),
    np.nanquantile: lambda a, q, axis=None, method="linear", keepdims=False: quantile(
        a, q, axis, method, keepdims, ignore_nan=True
    ),
    np.nanpercentile: lambda a, q, axis=None, method="linear", keepdims=False: quantile(
        a, share(a, q), axis, method, keepdims, ignore_nan=True
    ),
    np.nan_to_num: nan_to_num,
    np.interp: interp,
    np.polyval: polyval,
    np.vander: vander,
    np.sinc: sinc,
    np.ldexp: lambda x1, x2: x1 * np.ldexp(np.ones((), x1.dtype), x2),
    np.modf: lambda x: (x - np.trunc(x), np.trunc(x)),
    np.divmod: lambda x1, x2: (np.floor_divide(x1, x2), np.remainder(x1, x2)),
}

NEWER = {
    "cumulative_sum": cumulative(np.cumsum, 0),
    "cumulative_prod": cumulative(cumprod, 1),
}
COMPOSED |= {getattr(np, name): f for name, f in NEWER.items() if hasattr(np, name)}

# What a ufunc does along an axis: its method and the function that does the same.
UFUNC_METHODS = {
    ("reduce", np.add): np.sum,
    ("reduce", np.multiply): np.prod,
    ("reduce", np.maximum): np.max,
    ("reduce", np.minimum): np.min,
    ("reduce", np.logaddexp): log_sum_exp,
    ("accumulate", np.add): np.cumsum,
    ("accumulate", np.multiply): np.cumprod,
    ("accumulate", np.maximum): scanned(np.maximum),
    ("accumulate", np.minimum): scanned(np.minimum),
}


def outer(ufunc, a, b):
    """ufunc.outer(a, b): each entry of a with each entry of b."""
    return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
