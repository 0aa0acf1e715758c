"""What comes in, and what goes out: how a program gets its inputs, and hands out its results.

    receive(inputs)     copies small inputs side by side; what calls look up is put into `env`: the
                        inputs, the new memory of results, and looks at both, as W.T
    hand_out()          the results, arrays that are the caller's own; `env` forgets them, and the
                        inputs, unless a later stage may read them

Both are made after all calls are bound: only then it is known how they look at arrays. For the
gradient of y = W a by a large W and a small a, `env` may hold

    0   W               as it came
    1   None            a: it is copied to an arena
    2   W.T             a look at 0
    3   W_bar           new memory, from `Lent`
    4   (1, 1, ..., 1)  fixed: it is never emptied
"""

from functools import partial
from itertools import accumulate
from operator import attrgetter, itemgetter

import numpy as np

from adlab.plan.arenas import Lent
from adlab.plan.calls import in_c_order
from adlab.plan.forms import Look


def receiving(binder, inputs, stage):
    """A function that takes the inputs of a stage."""
    start = binder.inputs.index(inputs[0]) if inputs else 0
    copied, env = {}, binder.env
    looks = []  # (place to fill, place of the input, what makes the one of the other)
    for k, slot in enumerate(inputs):
        arena, _ = binder.place[slot]
        if arena.array is None:
            looks += [(i, start + k, way) for i, way in ways(arena, slot.shape)]
        else:
            copied.setdefault(arena, []).append(k)
    in_place = any(binder.place[slot][0].array is None for slot in inputs)
    copies = [gather(arena.array, places) for arena, places in copied.items()]
    arenas = {arena: None for arena, _ in binder.place.values()}  # in their order
    new = [a for a in arenas if a.array is None and a.phase in stage and a.slots[0].call]
    new = [(Lent(a.shape, a.dtype), ways(a, a.shape)) for a in new]

    def receive(arrays):
        if in_place:
            env[start : start + len(arrays)] = arrays
        for copy in copies:
            copy(arrays)
        for i, k, way in looks:
            env[i] = way(env[k])
        for lent, several in new:
            array = lent.array()
            for i, way in several:
                env[i] = way(array)

    return receive


def gather(memory, places):
    """A function that copies the inputs at these places side by side into an arena's memory."""
    pick, (k, *others) = picker(places), places
    if not others:
        return lambda arrays: memory.__setitem__(0, arrays[k])
    if memory.ndim == 1:  # of single numbers
        return lambda arrays: memory.__setitem__(..., pick(arrays))
    rows = memory.reshape(memory.shape[0] * memory.shape[1], *memory.shape[2:])
    return lambda arrays: np.concatenate(pick(arrays), out=rows)


def ways(arena, shape):
    """For each look at an array of this shape: its place in env, and what makes it of the array."""
    return [(k, way(arena.dtype, shape, *look)) for k, *look in arena.looks]


def way(dtype, whole, shape, strides, offset):
    """A function that makes of an array in C order what a call looks at: itself, if that is it, or
    the same with its axes in reverse order, which `.T` makes sooner than `np.ndarray`."""
    rows = in_c_order(whole, dtype.itemsize)
    if (shape, strides) == (whole, rows):
        return lambda array: array
    if (shape, strides, offset) == (whole[::-1], rows[::-1], 0):
        return attrgetter("T")
    return lambda array: np.ndarray(shape, dtype, np.asarray(array, order="C"), offset, strides)


# ---- Results -------------------------------------------------------------------------------------


def handing_out(binder, results, read, reuse):
    """A function that hands out the results of a stage and forgets them, and inputs that were read.

    Results W1, b, W2 lie in two arenas, (W1, W2) and (b). What these give is W1, W2, b; of that
    0, 2, 1 are picked, which is W1, b, W2. An arena may be asked for in two shapes.
    """
    groups, wanted = {}, []  # {where results lie: (what gives them, how many)}, [(where, which)]
    for y in results:
        if isinstance(y, np.ndarray):  # a constant
            where, which = id(y), 0
            groups[where] = partial(constant, y), 1
        else:
            arena, offset = binder.place[y.slot]
            where, which = (arena, y.shape), offset // max(arena.step, 1)  # no part of another
            if where not in groups:
                groups[where] = arrays_of(binder, arena, y.shape, reuse), len(arena.slots)
        wanted.append((where, which))
    starts = accumulate((n for _, n in groups.values()), initial=0)
    begins = dict(zip(groups, starts, strict=False))
    picked = picker([begins[where] + which for where, which in wanted])
    gives, env = [give for give, _ in groups.values()], binder.env

    over = {binder.place[y.slot][0] for y in results if not isinstance(y, np.ndarray)}
    over |= {binder.place[slot][0] for slot in read}
    looks = [i for arena in over for i, *_ in arena.looks]
    start = binder.inputs.index(read[0]) if read else 0
    places, nothing = slice(start, start + len(read)), [None] * len(read)

    def hand_out():
        found = []
        for give in gives:
            found.extend(give())
        env[places] = nothing
        for i in looks:
            env[i] = None
        return picked(found)

    return hand_out


def arrays_of(binder, arena, shape, reuse):
    """A function that gives the arrays of an arena, in this shape, as the caller's own."""
    shape = (len(arena.slots), *shape)
    if arena.array is not None:
        arrays = arena.array.reshape(shape)
        return (lambda: arrays) if reuse or arrays.ndim == 1 else arrays.copy  # numbers are copied
    strides, env = in_c_order(shape, arena.dtype.itemsize), binder.env
    k = binder.looked_up(Look(arena, shape, strides, 0))
    return lambda: env[k]


def constant(y):
    return (y.copy()[()],)


def picker(places):
    """A function that gives the tuple of the items at these places."""
    if len(places) == 1:
        return lambda items: (items[places[0]],)
    return itemgetter(*places) if places else lambda items: ()
