"""What is true without adlab: derivatives from values alone, and vectors to test with.

Nothing here imports adlab, so that a fault of its rules, or of `adlab.checks`, can't excuse
itself.
"""

from math import prod

import numpy as np


def flat(x):
    """One array or (nested) tuples of them as one vector."""
    if isinstance(x, tuple | list):
        return np.concatenate([flat(part) for part in x])
    return np.ravel(x)


def jacobian_by_differences(f, args, i, h=1e-3):
    """The matrix (m, n) of f in args[i]: central differences of fourth order, in float64.

    (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h: truncation h⁴, rounding ε / h, so
    about twelve digits of a smooth function of size 1. Abramowitz & Stegun, 25.3.6.
    """
    x = np.asarray(args[i], float)

    def at(j, step):
        moved = x.copy()
        moved.reshape(-1)[j] += step
        return flat(f(*args[:i], moved, *args[i + 1 :]))

    columns = [
        (at(j, -2 * h) - 8 * at(j, -h) + 8 * at(j, h) - at(j, 2 * h)) / (12 * h)
        for j in range(x.size)
    ]
    return np.stack(columns, axis=1)


def jacobian_by_complex_step(f, args, i, h=1e-30):
    """The matrix (m, n) of an analytic f in args[i]: Im f(x + i h e_j) / h, to all digits."""
    x = np.asarray(args[i], complex)

    def column(j):
        moved = x.copy()
        moved.reshape(-1)[j] += 1j * h
        return flat(f(*args[:i], moved, *args[i + 1 :])).imag / h

    return np.stack([column(j) for j in range(x.size)], axis=1)


# ---- Vectors of the shapes that Jacobians take --------------------------------------------------


def is_several(shape):
    return len(shape) > 0 and isinstance(shape[0], tuple)


def size(shape):
    return sum(map(size, shape)) if is_several(shape) else prod(shape)


def vector(shape, seed, dtype=float):
    """Random numbers in this shape, or in a tuple of arrays of these shapes."""
    if is_several(shape):
        return tuple(vector(s, seed + 10 * (k + 1), dtype) for k, s in enumerate(shape))
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)


def unflat(v, shape):
    """The inverse of `flat`."""
    if not is_several(shape):
        return v.reshape(shape)
    ends = np.cumsum([size(s) for s in shape])[:-1]
    return tuple(unflat(part, s) for part, s in zip(np.split(v, ends), shape, strict=True))


def together(vectors, axis):
    """Several vectors as one batch: stacked along this axis, in each array of a tuple."""
    if isinstance(vectors[0], tuple):
        return tuple(together(parts, axis) for parts in zip(*vectors, strict=True))
    return np.stack(vectors, axis=axis)


def one_of(batch, k, axis):
    """The k-th vector of a batch."""
    if isinstance(batch, tuple):
        return tuple(one_of(part, k, axis) for part in batch)
    return np.take(batch, k, axis=axis)


def arrays_in(x):
    """The arrays of nested tuples."""
    if isinstance(x, tuple | list):
        return [a for part in x for a in arrays_in(part)]
    return [x] if isinstance(x, np.ndarray) else []


# ---- Comparing, with the shape first ------------------------------------------------------------


def assert_same_shape(a, b, what):
    if isinstance(b, tuple):
        assert isinstance(a, tuple) and len(a) == len(b), f"{what}: {a!r} against {b!r}"
        for x, y in zip(a, b, strict=True):
            assert_same_shape(x, y, what)
    else:
        assert np.shape(a) == np.shape(b), f"{what}: shape {np.shape(a)} against {np.shape(b)}"


def assert_close(a, b, tolerance, what):
    """Equal shapes, finite, and equal up to tolerance times the size of the numbers."""
    assert_same_shape(a, b, what)
    a, b = flat(a).astype(float), flat(b).astype(float)
    assert np.all(np.isfinite(a)), f"{what}: not finite"
    error = np.max(np.abs(a - b), initial=0.0)
    scale = max(1.0, np.max(np.abs(b), initial=0.0))
    assert error <= tolerance * scale, f"{what}: error {error:.1e} at size {scale:.1e}"


def assert_identical(a, b, what):
    """Equal to the last bit, and of one type."""
    assert_same_shape(a, b, what)
    if isinstance(b, tuple):
        for x, y in zip(a, b, strict=True):
            assert_identical(x, y, what)
    else:
        a, b = np.asarray(a), np.asarray(b)
        assert a.dtype == b.dtype, f"{what}: {a.dtype} against {b.dtype}"
        assert a.tobytes() == b.tobytes(), f"{what}: not the same bits"
