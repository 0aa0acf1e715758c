"""How NumPy is asked to carry out each form of a call, and with which arrays it does so fastest.

Small calls cost what it takes to call, and that depends on how: on one axis less than on two, with
`out` by its place less than by name, `A.dot` less than `np.matmul`.
"""

from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from adlab.plan.arenas import Arena
from adlab.plan.calls import View, in_c_order, type_of, writing

MANY = 4096  # numbers, of which an einsum is faster than a ufunc that broadcasts


class Look(NamedTuple):
    """How to look at the memory of an arena. Strides and offset count bytes."""

    arena: Arena
    shape: tuple
    strides: tuple
    offset: int

    @property
    def itemsize(self):
        return self.arena.dtype.itemsize


def made_anew(x):
    return isinstance(x, Look) and x.arena.array is None


def fixed(form, *arrays):
    """A call whose arrays stay where they are, as a function without arguments."""
    function = unbound(form, *arrays)
    *arrays, out = arrays
    if form[0] == "concatenate":
        return partial(np.concatenate, tuple(arrays), form[1], out)
    if form[0] == "reduce":
        _, ufunc, axes = form
        axes = None if len(axes) == arrays[0].ndim else axes[0] if len(axes) == 1 else axes
        return partial(ufunc.reduce, arrays[0], axes, None, out)
    return partial(function, *arrays, out)


def unbound(form, *looks):
    """The function (*operands, out) of a call on such Looks or arrays."""
    *_, out = looks
    plain = out.strides == in_c_order(out.shape, out.itemsize)
    if form == ("matmul",) and plain and all(len(x.shape) <= 2 for x in looks):
        return np.ndarray.dot
    return writing(form)


def as_arrays(form, operands):
    """Plain numbers as arrays of the type that the call needs, so that nothing is converted."""
    if form[0] != "entrywise" or all(isinstance(x, View | np.ndarray) for x in operands):
        return operands
    types = [x.slot.dtype if isinstance(x, View) else type_of(x) for x in operands]
    wanted = form[1].resolve_dtypes((*types, None))
    pairs = zip(operands, wanted, strict=False)
    return [x if isinstance(x, View) else np.asarray(x, dtype) for x, dtype in pairs]


# ---- Stacks of equal calls -----------------------------------------------------------------------


def in_front(look, n, step, ndim):
    """n arrays, `step` bytes apart, as one with an axis in front, and ndim or more behind it."""
    more = ndim - len(look.shape)
    shape, strides = (1,) * more + look.shape, (0,) * more + look.strides
    return look._replace(shape=(n, *shape), strides=(step, *strides))


def stacked_form(form, operands, n):
    """The form of n equal calls on arrays with one more axis in front."""
    if form == ("matmul",) and operands[0].shape[-1] == 1:  # a column times a row
        stacks = all(isinstance(x, View) and len(x.shape) == 2 for x in operands)
        many = n * operands[0].shape[-2] * operands[1].shape[-1] > MANY
        return ("outer",) if stacks and many else ("entrywise", np.multiply)
    if form[0] == "reduce":
        return (*form[:2], tuple(1 + axis for axis in form[2]))
    return form


# ---- As few axes as possible ---------------------------------------------------------------------


def plainer(form, operands, out):
    """The operands and the result without axes that the call can do without."""
    if form[0] == "entrywise":
        return fewest_axes(operands, out)
    if form == ("matmul",) and len(out.shape) == 2:
        return without_ones(*operands, out)
    return [*operands, out]


def without_ones(A, B, out):
    """(m, n) (n, 1) as (m, n) (n,), and (1, n) (n, p) as (n,) (n, p); Wᵀ a as a W, a Wᵀ as W a."""
    rows, columns = out.shape
    if rows == 1:
        A, out = with_axes(A, axes=[1]), with_axes(out, axes=[1])
    if columns == 1:
        B, out = with_axes(B, axes=[0]), with_axes(out, axes=[] if rows == 1 else [0])
    turned = [with_axes(x, axes=[*range(len(x.shape))][::-1]) for x in (B, A)]
    if len(out.shape) == 1 and all(map(in_order, turned)):
        A, B = turned  # so that W, if it is an input, is read as it is
    return [A, B, out]


def fewest_axes(operands, out):
    """One axis where all lie in C order in equal shapes; else those in which the result is long."""
    axes = [i for i, n in enumerate(out.shape) if n != 1]
    behind = [i - len(out.shape) for i in axes]  # counted from the last, where operands align
    found = [with_axes(x, [] if prod(x.shape) == 1 else behind) for x in operands]
    out = with_axes(out, axes)
    several = [x for x in (*found, out) if x.shape != ()]
    if all(x.shape == out.shape and in_order(x) for x in several):
        return [flat(x) if x.shape else x for x in (*found, out)]
    return [*found, out]


def with_axes(x, axes):
    """x with these of its axes alone; the others have length 1. Negative ones that x lacks are left
    out."""
    axes = [i for i in axes if i >= -len(x.shape)]
    shape, strides = tuple(x.shape[i] for i in axes), tuple(x.strides[i] for i in axes)
    if isinstance(x, Look):
        return x._replace(shape=shape, strides=strides)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def in_order(x):
    return x.strides == in_c_order(x.shape, x.itemsize)


def flat(x):
    if isinstance(x, Look):
        return x._replace(shape=(prod(x.shape),), strides=(x.itemsize,))
    return x.reshape(-1)
