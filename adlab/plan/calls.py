"""A call of NumPy, written down: what is called, on which memory, and how it is carried out.

Forms:  ("entrywise", ufunc)  ("matmul",)  ("reduce", ufunc, axes)  ("concatenate", axis)  and
("other", function), whose result is copied to its place; and ("outer",) for many products of a
column and a row.
"""

from math import prod
from typing import NamedTuple

import numpy as np


class Slot:
    """The memory of one array, in C order: an input, or the result of a call.

    `array` stands for it while the tape is written; its numbers are there if it is `filled`. Is it
    a result that is `handed_out`? `written`: its numbers have become those of another slot.
    """

    def __init__(self, array, number, phase, filled):
        self.array, self.number, self.phase, self.filled = array, number, phase, filled
        self.call, self.handed_out, self.written = None, False, False
        self.shape, self.strides, self.dtype = array.shape, array.strides, array.dtype
        self.start = address(array)


class View(NamedTuple):
    """How an array looks at the memory of its slot. Strides and offset count bytes."""

    slot: Slot
    shape: tuple
    strides: tuple
    offset: int

    @property
    def whole(self):
        """Is it the slot itself, in its own shape?"""
        return self.shape == self.slot.shape and self.strides == self.slot.strides

    @property
    def complete(self):
        """Does it show all numbers of the slot, in their order?"""
        in_order = self.strides == in_c_order(self.shape, self.slot.dtype.itemsize)
        return in_order and prod(self.shape) == prod(self.slot.shape)


def all_of(slot):
    """The View of a slot in its own shape."""
    return View(slot, slot.shape, slot.strides, 0)


class Call:
    """out = form(operands). Operands are Views and constants, `views` the Views, `out` a Slot."""

    __slots__ = ("form", "operands", "out", "views")

    def __init__(self, form, operands, out):
        self.form, self.operands, self.out = form, operands, out
        self.views = [x for x in operands if isinstance(x, View)]


def in_c_order(shape, itemsize):
    """The strides of an array in C order."""
    strides = []
    for n in reversed(shape):
        strides.append(itemsize)
        itemsize *= n
    return tuple(reversed(strides))


def address(array):
    return array.__array_interface__["data"][0]


def identity(x):
    """Equal for operands that are the same: arrays, which are constants, if they look at the same
    memory in the same way."""
    if isinstance(x, View):
        return x
    if isinstance(x, tuple | list):
        return type(x), *map(identity, x)
    if isinstance(x, np.ndarray):
        return address(x), x.shape, x.strides, x.dtype
    return type(x), repr(x)


def type_of(x):
    """The type of an operand as ufuncs see it: plain numbers take on that of the others."""
    if isinstance(x, bool):
        return np.dtype(bool)
    return type(x) if isinstance(x, int | float) and not isinstance(x, np.generic) else x.dtype


def writing(form):
    """The function (*operands, out) that carries out a form."""
    kind, *settings = form
    if kind == "entrywise":
        return OUT_BY_NAME.get(settings[0], settings[0])
    if kind == "matmul":
        return np.matmul
    if kind == "outer":
        return outer_products
    if kind == "reduce":
        ufunc, axes = settings
        axes = axes[0] if len(axes) == 1 else axes
        return lambda x, out: ufunc.reduce(x, axes, None, out)
    if kind == "concatenate":
        return lambda *arrays: np.concatenate(arrays[:-1], settings[0], arrays[-1])
    (function,) = settings
    return lambda *arrays: keep(function(*arrays[:-1]), arrays[-1])


def keep(result, out):
    """Copy what a function of no known form has made."""
    if np.shape(result) != out.shape:
        raise ValueError(
            f"a plan holds arrays of one shape: {out.shape} came when it was made, now "
            f"{np.shape(result)} of the same function; do without a plan where the numbers decide"
        )
    np.copyto(out, result)


# `out` by its place is faster than `out=`, but for these NumPy deprecates it.
OUT_BY_NAME = {
    np.maximum: lambda a, b, out: np.maximum(a, b, out=out),
    np.minimum: lambda a, b, out: np.minimum(a, b, out=out),
}


def outer_products(columns, rows, out):
    """x yᵀ for each column x and each row y of two stacks"""
    np.einsum("ki,kj->kij", columns[..., 0], rows[:, 0], out=out)
