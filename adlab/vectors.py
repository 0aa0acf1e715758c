"""Vectors: one array, or a tuple of them. How they come in from the user, and how they go out.

The shape of one array is a tuple of integers, that of several a tuple of shapes. Inside, k vectors
stand along a leading axis; outside, k tangents are columns (last axis), k cotangents rows (first).
"""

from functools import reduce
from math import prod

import numpy as np
from numpy.lib.array_utils import byte_bounds

from adlab.trees import is_tree, leaves, rebuilt


def many(shape):
    """Is this the shape of several arrays (a tuple of shapes) or of one (a tuple of integers)?"""
    return bool(shape) and isinstance(shape[0], tuple)


def size(shape):
    """How many numbers an array, or several, of this shape have."""
    return sum(map(size, shape)) if many(shape) else prod(shape)


def total(terms):
    """The sum of the terms, made of new arrays: nothing is added in place."""
    return reduce(plus, terms)


def plus(x, y):
    if isinstance(x, tuple):
        return tuple(plus(a, b) for a, b in zip(x, y, strict=True))
    return x + y


def scale(c, x):
    return tuple(scale(c, a) for a in x) if isinstance(x, tuple) else c * x


def floats(x, who, dtype=None):
    """x as an array of floats. `dtype`: integers become this type; without it they are refused."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return x
    if isinstance(x, np.ndarray) and hasattr(x, "filled"):  # np.ma, loaded for nobody else
        raise TypeError(f"{who} is a masked array: fill in numbers first, with .filled(0.0)")
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return np.asarray(x)  # a plain array, where * is entry by entry
    if isinstance(x, np.floating):
        return np.asarray(x)
    if hasattr(x, "__array_function__") and not isinstance(x, np.ndarray | np.generic):
        return x  # a duck array: it knows its own rules
    try:
        a = np.asarray(x)
    except ValueError:
        raise TypeError(f"{who} is no array: rows of different lengths?") from None
    weak = not hasattr(x, "dtype")  # a list or a Python number takes on the type asked for
    if a.dtype.kind == "f":
        return a.astype(dtype) if weak and dtype is not None else a
    if a.dtype.kind in "iub" and dtype is not None:
        return a.astype(dtype)
    if a.dtype.kind in "iub":
        raise TypeError(
            f"{who} holds integers ({a.dtype}); derivatives need floats: "
            "write 1.0 for 1, or use .astype(float)"
        )
    if a.dtype.kind == "c":
        raise TypeError(f"{who} is complex; adlab differentiates real functions: use its .real")
    raise TypeError(f"{who} must be numbers, got {type(x).__name__} of type {a.dtype}")


def in_dtype(x, dtype):
    """x in this float type: as it is, if it has it."""
    return x if x.dtype == dtype else x.astype(dtype)


def alike(arrays, given):
    """The arrays, where what was given as lists and plain numbers takes on the others' type."""
    weak = [not hasattr(x, "dtype") for x in given]
    if not any(weak) or all(weak):
        return tuple(arrays)
    dtype = np.result_type(*(a.dtype for a, w in zip(arrays, weak, strict=True) if not w))
    return tuple(a.astype(dtype) if w else a for a, w in zip(arrays, weak, strict=True))


def stack(v, shape, role, who, dtype=None, other=None):
    """v with the vectors along a leading axis, and whether it was a single vector.

    `who`, and the `other` shape that it knows, are for the error if v does not fit.
    """
    if not many(shape):
        if isinstance(v, tuple) and len(v) == 1 and hasattr(v[0], "shape") and np.shape(v) != shape:
            (v,) = v  # what a Row of one block gave
        return stack_one(v, shape, role, who, dtype, other)
    if len(shape) == 1 and not isinstance(v, tuple):
        v = (v,)
    if not isinstance(v, tuple | list) or len(v) != len(shape):
        came = len(v) if isinstance(v, tuple | list) else f"one {type(v).__name__}"
        raise ValueError(
            f"{who} wants a tuple of {len(shape)} {role}s, of shapes "
            f"{', '.join(map(str, shape))}; {came} came{mixed_up(v, other, role)}"
        )
    parts = [stack(x, s, role, who, dtype, other) for x, s in zip(v, shape, strict=True)]
    if len({(single, count(V)) for V, single in parts}) > 1:
        raise ValueError(f"{who}: each of the {role}s must hold equally many vectors")
    return tuple(V for V, _ in parts), parts[0][1]


def stack_one(v, shape, role, who, dtype, other):
    v = floats(v, f"the {role} given to {who}", dtype or np.dtype(float))
    if v.shape == shape:
        return v[None], True
    if v.ndim == len(shape) + 1:
        if role == "tangent" and v.shape[:-1] == shape:
            return np.moveaxis(v, -1, 0), False
        if role == "cotangent" and v.shape[1:] == shape:
            return v, False
    end, side = ("last", "input") if role == "tangent" else ("first", "output")
    hint = mixed_up(v, other, role)
    if hint == "" and shape in (v.shape[1:], v.shape[:-1]):
        hint = f": the {role}s of a batch go along the {end} axis"
    elif hint == "" and v.size == prod(shape):
        hint = f": use .reshape({shape})"
    raise ValueError(f"{role} has shape {v.shape}, the {side} of {who} is {shape}{hint}")


def mixed_up(v, other, role):
    """A question, if v fits the other side of the Jacobian."""
    shape = getattr(v, "shape", None)
    fits = other is not None and shape in (other if many(other) else (other,))
    return f": did you mean {'u @ J' if role == 'tangent' else 'J @ v'}?" if fits else ""


def count(V):
    """How many vectors are in this stack."""
    return count(V[0]) if isinstance(V, tuple) else len(V)


def unstack(Y, single, axis):
    """The inverse of `stack`: a single vector, or the vectors along the axis that users see."""
    if isinstance(Y, tuple):
        return tuple(unstack(y, single, axis) for y in Y)
    return Y[0] if single else np.moveaxis(Y, 0, axis)


def basis(shape, dtype):
    """All basis vectors of the space of arrays of this shape, along the leading axis."""
    n = size(shape)
    return split(np.eye(n, dtype=dtype), shape)


def split(V, shape):
    """(k, n) cut into arrays (k, *s), one for each shape s."""
    if not many(shape):
        return V.reshape(len(V), *shape)
    ends = np.cumsum([size(s) for s in shape])
    parts = np.split(V, ends[:-1], axis=1)
    return tuple(split(part, s) for part, s in zip(parts, shape, strict=True))


def joined(V, k):
    """The inverse of `split`: a new matrix (k, n)."""
    if isinstance(V, tuple):
        return np.concatenate([joined(part, k) for part in V], axis=1)
    return np.array(V.reshape(k, prod(V.shape[1:])))


def memory(a):
    """The array that owns the memory that `a` looks at."""
    while (base := getattr(a, "base", None)) is not None:
        a = base
    return a


def as_now(a, copies):
    """A constant, also in lists and tuples, as it is now, whatever is written into it later.

    `copies`: those made so far, by `place_of`. What is used again and has not changed is copied
    once, and what nobody can write to is not.
    """
    if type(a) in (list, tuple):
        return type(a)(as_now(part, copies) for part in a)
    if not isinstance(a, np.ndarray):
        return a
    place = place_of(a)
    known = copies.get(place)
    if known is a or (known is not None and np.array_equal(known, a)):
        return known
    if not getattr(memory(a), "flags", a.flags).writeable:
        return a
    copies[place] = a.copy("K")
    copies[place].setflags(write=False)
    return copies[place]


def place_of(a):
    """Which memory an array looks at, and how."""
    return byte_bounds(a), a.shape, a.strides, a.dtype


def own(result, *given):
    """The result as the caller's own: copied where it shares memory with something else."""
    seen = {id(memory(a)) for a in flat(given)}

    def mine(y):
        if isinstance(y, np.ndarray):
            y = y.copy() if id(memory(y)) in seen or not y.flags.writeable else y
            seen.add(id(memory(y)))
            return y
        if type(y) is tuple:
            return tuple(map(mine, y))
        return rebuilt(y, map(mine, leaves(y))) if is_tree(y) else y

    return mine(result)


def flat(arrays):
    for a in arrays:
        if isinstance(a, tuple | list):
            yield from flat(a)
        elif isinstance(a, np.ndarray):
            yield a
