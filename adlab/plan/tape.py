"""A tape: the NumPy calls that a function makes, written down while it runs.

    tape = Tape()
    x = tape.input(a)           # stands for any array of this shape and type
    y = f(x)                    # NumPy itself, on stand-ins
    tape.calls                  # what was called, on what

What a stand-in is asked for comes here and is written down; its numbers are computed only
when somebody wants to see them (`fill`). What only looks at memory in another way (`.T`, `reshape`,
slices) is a view, and no call.

A call that was made before, on the same operands, is not made again: where a rule computes what
the value had computed, the tape notices. (Compilers call it common subexpressions.)

Source: "tape": Griewank & Walther, *Evaluating Derivatives*, chapter 6.
"""

from functools import partial
from itertools import count
from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from adlab.plan.calls import Call, Slot, View, identity, type_of, writing
from adlab.plan.simpler import SIMPLER
from adlab.plan.standin import StandIn, Untraceable, holds_stand_in, item, plain
from adlab.trees import leaves
from adlab.vectors import as_now


class Tape:
    """The calls in their order. `phase` numbers stretches of it that are run one by one."""

    def __init__(self):
        self.calls = []
        self.inputs = []
        self.phase = 0
        self.numbers = count()  # of slots, in the order in which they are made
        self.known = {}  # what was called on what -> the Slot of the result; matrices of ones too
        self.copies = {}  # of constants, as they were when they were used

    def input(self, array):
        """A StandIn for an argument of the phase."""
        slot = Slot(np.asarray(array, order="C"), next(self.numbers), self.phase, True)
        self.inputs.append(slot)
        return StandIn(self, slot.array, slot)

    def record(self, form, operands, shape, dtype):
        """The result of one more call, or of the same call made before."""
        operands = self.kept(operands)
        key = form, tuple(map(identity, operands))
        if key not in self.known or self.known[key].written:
            self.known[key] = self.slot(form, operands, np.empty(shape, dtype), False)
        slot = self.known[key]
        return StandIn(self, slot.array, slot)

    def slot(self, form, operands, array, filled):
        """The Slot that one more call makes."""
        slot = Slot(array, next(self.numbers), self.phase, filled)
        slot.call = Call(form, operands, slot)
        self.calls.append(slot.call)
        return slot

    def kept(self, operands):
        """Operands as a call keeps them: Views of stand-ins, and constants as they are now."""
        return tuple(as_now(x, self.copies) for x in map(viewed, operands))

    def copy(self, x):
        """x in memory of its own: a call that is made whether it was made before or not."""
        slot = self.slot(
            ("entrywise", np.positive), self.kept([x]), np.empty(x.shape, x.dtype), False
        )
        return StandIn(self, slot.array, slot)

    def fill(self, stand_ins):
        """Compute the numbers of these arrays: somebody wants to see them."""
        wanted, todo = set(), [x.slot for x in stand_ins]
        while todo:
            slot = todo.pop()
            if not slot.filled and slot not in wanted:
                wanted.add(slot)
                todo += [view.slot for view in slot.call.views]
        for slot in sorted(wanted, key=lambda slot: slot.number):
            operands = [self.seen(x) if isinstance(x, View) else x for x in slot.call.operands]
            writing(slot.call.form)(*plain(operands), slot.array)
            slot.filled = True

    def seen(self, view):
        """The StandIn that looks at memory like this."""
        slot, shape, strides, offset = view
        return StandIn(self, np.ndarray(shape, slot.dtype, slot.array, offset, strides), slot)

    # ---- What NumPy asks for --------------------------------------------------------------

    def ufunc(self, ufunc, method, inputs, settings):
        if method == "at" and isinstance(inputs[0], StandIn):
            return self.scatter(ufunc, *inputs)
        inputs = tuple(map(as_array, inputs))
        if "out" in settings or method == "at":
            raise Untraceable(f"np.{ufunc.__name__} writes into an array that exists")
        if method == "reduce" and set(settings) <= {"axis", "keepdims"}:
            return self.reduce(ufunc, *inputs, **settings)
        if ufunc is np.matmul and not settings:
            return self.matmul(*inputs)
        if method != "__call__" or settings or ufunc.nout > 1 or ufunc.signature:
            return self.other(getattr(ufunc, method), inputs, settings)
        return self.entrywise(ufunc, *inputs)

    def function(self, function, args, settings):
        if function in ABOUT:
            return function(*plain(args), **plain(settings))
        if not args:  # all by name
            return self.other(function, args, settings)
        any_length = function in OF_ANY_LENGTH and isinstance(args[0], StandIn)
        if any_length or (function is item and picks_by_truth(args[1])):
            raise Untraceable(f"the numbers decide how many {function.__name__} gives")
        if function in LOOKS and not (function is item and holds_stand_in(args[1])):
            seen = seen_in(function(args[0].array, *args[1:], **settings), args[:1])
            if seen is not None:
                return seen
        if function in WRITTEN_OUT and len(args) <= 2 and set(settings) <= {"axis", "keepdims"}:
            return WRITTEN_OUT[function](self, *args, **settings)
        return self.other(function, args, settings)

    def simpler(self, function, *operands):
        """The same by a simpler call, or by none; None, if nothing is known."""
        return SIMPLER[function](self, *operands) if function in SIMPLER else None

    def entrywise(self, ufunc, *inputs):
        y = self.simpler(ufunc, *inputs)
        if y is not None:
            return y
        shape = np.broadcast_shapes(*map(np.shape, plain(inputs)))
        *_, dtype = ufunc.resolve_dtypes((*map(type_of, inputs), None))
        return self.record(("entrywise", ufunc), inputs, shape, dtype)

    def matmul(self, A, B):
        """A @ B as products of matrices."""
        if A.ndim == 1 or B.ndim == 1:
            rows = (1, len(A)) if A.ndim == 1 else A.shape
            columns = (len(B), 1) if B.ndim == 1 else B.shape
            shape = (*A.shape[:-1], *(() if B.ndim == 1 else (*B.shape[:-2], B.shape[-1])))
            return self.matmul(A.reshape(rows), B.reshape(columns)).reshape(shape)
        if A.ndim + B.ndim > 4 and prod(A.shape[:-2]) == prod(B.shape[:-2]) == 1:
            lead = max(A.shape[:-2], B.shape[:-2], key=len)
            Y = self.matmul(A.reshape(A.shape[-2:]), B.reshape(B.shape[-2:]))
            return Y.reshape(*lead, *Y.shape)
        if A.shape[-1] != B.shape[-2]:
            raise ValueError(f"{A.shape} @ {B.shape} does not conform")
        Y = self.simpler(np.matmul, A, B)
        if Y is not None:
            return Y
        lead = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
        shape = (*lead, A.shape[-2], B.shape[-1])
        return self.record(("matmul",), (A, B), shape, np.result_type(A.dtype, B.dtype))

    def reduce(self, ufunc, a, axis=0, keepdims=False):
        axes = tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)
        shape = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
        left = tuple(n for i, n in enumerate(a.shape) if i not in axes)
        y = self.simpler(np.sum, a) if ufunc is np.add and not left else None
        if y is None:
            y = self.reduced(ufunc, a, axes, left)
        return y.reshape(shape) if keepdims else y

    def reduced(self, ufunc, a, axes, left):
        """The reduction along the axes, of shape `left`."""
        dtype = ufunc.reduce(np.ones(1, a.dtype)).dtype
        if a.size == prod(left) and a.dtype == dtype:
            return a.reshape(left)
        if ufunc is np.add and len(axes) == 1 and a.dtype.kind == "f" and a.as_view.complete:
            return self.summed(a, *axes).reshape(left)
        form = ("reduce", ufunc, tuple(sorted(axes)))
        return self.record(form, (a,), left, dtype)

    def summed(self, a, axis):
        """Σ over one axis, as a product with ones: that is faster than to add up rows."""
        n, before, behind = a.shape[axis], prod(a.shape[:axis]), prod(a.shape[axis + 1 :])
        if behind == 1:
            return self.matmul(a.reshape(before, n), self.ones(n, 1, a.dtype))
        return self.matmul(self.ones(1, n, a.dtype), a.reshape(before, n, behind))

    def ones(self, rows, columns, dtype):
        """The constant matrix of ones, the same each time: constants are told apart by memory."""
        key = "ones", rows, columns, dtype
        if key not in self.known:
            self.known[key] = np.ones((rows, columns), dtype)
        return self.known[key]

    def mean(self, a, axis=None, keepdims=False):
        if a.dtype == np.float16:  # whose sums NumPy makes in another type here
            return self.other(np.mean, (a, axis), {"keepdims": keepdims})
        total = self.reduce(np.add, a, axis, keepdims)
        return total / (a.size // max(total.size, 1))

    def concatenate(self, parts, axis=0):
        if axis is None:
            raise Untraceable("np.concatenate with axis=None")
        parts = list(map(as_array, parts))
        axis = axis % parts[0].ndim
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        dtype = np.result_type(*(part.dtype for part in parts))
        return self.record(("concatenate", axis), parts, tuple(shape), dtype)

    def scatter(self, ufunc, X, index, *rows):
        """ufunc.at(X, index, rows); X becomes the array that results."""

        def scattered(X, index, *rows):
            Y = X.copy()
            ufunc.at(Y, index, *rows)
            return Y

        Y = self.other(scattered, (X, index, *rows), {})
        X.slot.written = True  # so that nobody takes it for what it was: zeros, say, made once more
        X.array, X.slot, X.as_view = Y.array, Y.slot, Y.as_view

    def other(self, function, args, settings):
        """Any function: its result is a view of an operand, or that of a call, to be copied."""
        stand_ins = [x for x in leaves([args, settings]) if isinstance(x, StandIn)]
        self.fill(stand_ins)
        result = unwritten(function, args, settings)
        if not isinstance(result, np.ndarray | np.generic):
            raise Untraceable(f"{function} gives {type(result).__name__}, which is no array")
        view = seen_in(result, stand_ins)
        if view is not None:
            return view
        if any(isinstance(x, tuple | list) and holds_stand_in(x) for x in args):
            raise Untraceable(f"{function} takes arrays in a list")
        if any(holds_stand_in(x) for x in settings.values()):
            raise Untraceable(f"{function} takes a stand-in by name")
        args = self.kept(args)
        settings = {name: as_now(x, self.copies) for name, x in settings.items()}
        form = "other", partial(function, **settings) if settings else function
        key = function, identity(args), identity([*settings.items()])
        if key not in self.known or self.known[key].written:
            self.known[key] = self.slot(form, args, owned(result), True)
        slot = self.known[key]
        return StandIn(self, slot.array, slot)


def picks_by_truth(key):
    return any(isinstance(x, StandIn) and x.dtype == bool for x in leaves(key))


def viewed(x):
    """The View of a StandIn; a constant itself."""
    if isinstance(x, StandIn) and x.slot.written:
        raise Untraceable("a stand-in that was written to under another name")
    return x.as_view if isinstance(x, StandIn) else x


def unwritten(function, args, settings):
    """function(*args, **settings) of the numbers at hand; if it writes into them, which a tape
    would not see, an Untraceable."""
    try:
        return function(*plain(args, locked), **plain(settings, locked))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise Untraceable(f"{function} writes into an array that exists") from error


def locked(x):
    """The numbers of a StandIn, not to be written to."""
    array = x.array.view()
    array.flags.writeable = False
    return array


def as_array(x):
    """A list of numbers as an array."""
    if not isinstance(x, list | tuple):
        return x
    if holds_stand_in(x):
        raise Untraceable("stand-ins in a list of numbers")
    return np.asarray(x)


def owned(array):
    """An array in C order with memory of its own."""
    array = np.asarray(array, order="C")
    return array if array.base is None and array.flags.writeable else array.copy()


def seen_in(result, stand_ins):
    """`result` as a view of one of these arrays, None if it has memory of its own."""
    if isinstance(result, list):
        views = [seen_in(part, stand_ins) for part in result]
        return None if any(view is None for view in views) else views
    for x in stand_ins:
        if np.may_share_memory(result, x.array):
            if result.dtype != x.dtype:
                raise Untraceable(f"memory of {x.dtype} read as {result.dtype}")
            return StandIn(x.tape, result, x.slot)
    return None


# Questions about shapes and types, which the numbers at hand answer.
ABOUT = {np.shape, np.ndim, np.size, np.result_type, np.broadcast_shapes}

# Functions of which the numbers of the first argument decide how many they give, or hand on.
OF_ANY_LENGTH = {np.extract, np.compress, np.nonzero, np.flatnonzero, np.argwhere, np.unique}
OF_ANY_LENGTH |= {np.piecewise, np.trim_zeros}

# Functions that look at the memory of an array in another way, if they can.
LOOKS = {np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.broadcast_to, np.split, item}

# Functions that are calls of another form.
WRITTEN_OUT = {
    np.sum: lambda tape, a, axis=None, **keepdims: tape.reduce(np.add, a, axis, **keepdims),
    np.max: lambda tape, a, axis=None, **keepdims: tape.reduce(np.maximum, a, axis, **keepdims),
    np.min: lambda tape, a, axis=None, **keepdims: tape.reduce(np.minimum, a, axis, **keepdims),
    np.mean: Tape.mean,
    np.concatenate: Tape.concatenate,
}
