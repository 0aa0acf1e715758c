"""A stand-in: a duck array that stands for any array of its shape and type.

Ufuncs, functions and operators that get one hand themselves to its tape (`__array_ufunc__`,
`__array_function__`), which writes them down. Who asks for the numbers themselves (`if y > 0`,
`float(y)`, `np.asarray(y)`) gets an Untraceable.

Sources: NumPy Enhancement Proposals 13 and 18.
"""

from operator import attrgetter

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from adlab.followed import Followed
from adlab.plan.calls import View, address
from adlab.trees import leaves


class Untraceable(TypeError, AttributeError):
    """An operation that a tape can't hold. An AttributeError too: so `hasattr` says no."""


def method(function):
    """A function of NumPy as a method."""
    return lambda x, *args, **settings: function(x, *args, **settings)


class StandIn(NDArrayOperatorsMixin):
    """Stands for any array of this shape and type. What is done with it is written on a tape.

    `array` has the right shape, type and strides, but its numbers hold only if `slot.filled`. Its
    memory tells which views look at it: `as_view` is this one, as calls keep it.
    """

    def __init__(self, tape, array, slot):
        self.tape, self.array, self.slot = tape, array, slot
        self.as_view = View(slot, array.shape, array.strides, address(array) - slot.start)

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        if any(isinstance(x, Followed) for x in inputs):
            return NotImplemented  # a dual number takes the step, and comes here with its parts
        return self.tape.ufunc(ufunc, method, inputs, settings)

    def __array_function__(self, function, types, args, settings):
        if any(issubclass(kind, Followed) for kind in types):
            return NotImplemented
        return self.tape.function(function, args, settings)

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    real = property(lambda self: self)
    T = property(lambda self: np.transpose(self))

    def __len__(self):
        return len(self.array)

    def __getitem__(self, key):
        return self.tape.function(item, (self, key), {})

    def reshape(self, *shape, **order):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **order)

    def ravel(self):
        return self.reshape(-1)

    def transpose(self, *axes):
        several = len(axes) != 1 or isinstance(axes[0], int)
        return np.transpose(self, (axes or None) if several else axes[0])

    def astype(self, dtype, copy=True, **settings):
        if settings:
            return self.no_numbers()
        if self.dtype == dtype:
            return self.copy()
        return self.tape.other(np.astype, (self, dtype), {})

    def sum(self, *axis, dtype=None, **settings):
        return np.sum(self if dtype is None else self.astype(dtype), *axis, **settings)

    mean, swapaxes = method(np.mean), method(np.swapaxes)
    max, min = method(np.max), method(np.min)

    def through(self, J):
        """J a, for a linear map that moves numbers in its own way."""
        return self.tape.other(lambda a: J.push(a[None])[0], (self,), {})

    def copy(self, *_):
        return self.tape.copy(self)

    def no_numbers(self, *_, **__):
        raise Untraceable("a stand-in stands for many arrays and has no numbers to ask for")

    def __getattr__(self, name):
        raise Untraceable(f"a stand-in has no .{name}")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __iter__ = __setitem__ = no_numbers
    __format__ = __round__ = __contains__ = __trunc__ = __floor__ = __ceil__ = no_numbers
    __copy__ = __deepcopy__ = copy
    __hash__ = object.__hash__


def item(a, key):
    """a[key], a view where that is possible: a[2] is a number, a[2, ...] an array that shows it."""
    keys = key if isinstance(key, tuple) else (key,)
    return a[key if any(k is ... for k in keys) else (*keys, ...)]


def plain(x, numbers=attrgetter("array")):
    """The numbers at hand in place of stand-ins."""
    if isinstance(x, tuple | list):
        return type(x)(plain(part, numbers) for part in x)
    if isinstance(x, dict):
        return {key: plain(part, numbers) for key, part in x.items()}
    return numbers(x) if isinstance(x, StandIn) else x


def holds_stand_in(x):
    return any(isinstance(leaf, StandIn) for leaf in leaves(x))
