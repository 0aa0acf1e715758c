"""Bound calls: a call of NumPy whose arrays are settled, a function without arguments.

    partial(W.dot, a, y)()          # y = W a, into memory that exists

Equal calls on evenly spaced arrays are bound as one: an array of n of them has one more axis in
front, whose stride is the space between them.

What is made anew at each run, large inputs and results, is looked up instead: `env[k]`.
"""

from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from adlab.arenas import Arena, Lent
from adlab.tape import View

STACKABLE = ("entrywise", "matmul", "reduce")


def whole(slot):
    return View(slot, slot.shape, slot.strides, 0)


class Binder:
    """Binds calls to memory: `place` says of each slot in which arena it lies, and where.

    What lies in arenas that are made anew stands in `env` while the program runs.
    """

    def __init__(self, place):
        self.place = place
        self.env, self.index = [], {}

    # ---- Calls ------------------------------------------------------------------------------

    def calls(self, placed):
        """The bound calls of a phase."""
        found = []
        for (part, _, _), group in groupby(placed, lambda p: (p.part, p.level, p.kind)):
            calls = [p.call for p in group]
            can = part != 1 and calls[0].form[0] in STACKABLE
            runs = self.evenly_spaced(calls) if can else [[call] for call in calls]
            found += [self.stacked(run) if len(run) > 1 else self.bound(run[0]) for run in runs]
        return found

    def evenly_spaced(self, calls):
        """The calls, cut where the distance to the next in memory changes."""
        runs, step = [[calls[0]]], None
        for one, two in pairwise(calls):
            distance = self.distance(one, two)
            if distance is not None and (step is None or distance == step):
                runs[-1].append(two)
                step = distance
            else:
                runs.append([two])
                step = None
        return runs

    def distance(self, one, two):
        """How many bytes lie between the arrays of two equal calls; None, if they lie apart."""
        found = []
        for a, b in zip((*one.views, whole(one.out)), (*two.views, whole(two.out)), strict=True):
            (arena, start), (other, end) = self.place[a.slot], self.place[b.slot]
            if arena is not other:
                return None
            found.append(end + b.offset - start - a.offset)
        return found

    def stacked(self, run):
        """Equal calls as one, on arrays with one more axis in front."""
        form, operands, out, _ = run[0]
        n, steps = len(run), iter(self.distance(run[0], run[1]))
        arrays = [
            self.look(with_axes(x, out.shape, form), n, next(steps)) if isinstance(x, View) else x
            for x in numbers_as_arrays(form, operands)
        ]
        if form == ("matmul",) and operands[0].shape[-1] == 1:  # a column times a row
            form = ("entrywise", np.multiply)
        if form[0] == "reduce":
            form = (*form[:2], tuple(1 + axis for axis in form[2]))
        return self.settled(form, arrays, self.look(whole(out), n, next(steps)))

    def bound(self, call):
        """One call."""
        operands = numbers_as_arrays(call.form, call.operands)
        arrays = [self.look(x) if isinstance(x, View) else x for x in operands]
        return self.settled(call.form, arrays, self.look(whole(call.out)))

    def settled(self, form, arrays, out):
        """A function without arguments, of arrays and of Looks at what is made anew."""
        if not any(isinstance(x, Look) for x in (*arrays, out)):
            return fixed(form, arrays, out)
        function, env = writing(form), self.env
        get = itemgetter(*map(self.looked_up, (*arrays, out)))
        return lambda: function(*get(env))

    def look(self, view, n=None, step=0):
        """The array of a view, or n of them `step` bytes apart; a Look, if it is made anew."""
        arena, offset = self.place[view.slot]
        shape, strides, offset = view.shape, view.strides, offset + view.offset
        if n is not None:
            shape, strides = (n, *shape), (step, *strides)
        if arena.array is None:
            return Look(arena, shape, strides, offset)
        return np.ndarray(shape, arena.dtype, arena.array, offset, strides)

    def looked_up(self, x):
        """The place in env of an array or a Look."""
        key = x if isinstance(x, Look) else id(x)
        if key not in self.index:
            self.index[key] = len(self.env)
            self.env.append(x)
            if isinstance(x, Look):
                x.arena.looks.append((self.index[key], *x[1:]))
        return self.index[key]

    # ---- What comes in, and what goes out -----------------------------------------------------

    def begin(self, inputs, phase):
        """A function that takes the inputs of a phase and binds what is made anew.

        It comes after all calls are bound: only then it is known what is looked up.
        """
        gathers, reads, env = {}, [], self.env
        for i, slot in enumerate(inputs):
            arena, _ = self.place[slot]
            if arena.array is None:
                reads.append((i, arena.looks))
            else:
                gathers.setdefault(arena, []).append(i)
        gathers = [gather(arena.array, places) for arena, places in gathers.items()]
        arenas = {arena: None for arena, _ in self.place.values()}  # in their order
        made = [a for a in arenas if a.array is None and a.phase == phase and a.slots[0].call]
        made = [(Lent(a.shape, a.dtype), a.looks) for a in made]

        def begin(arrays):
            for copy in gathers:
                copy(arrays)
            for i, looks in reads:
                bind(env, np.asarray(arrays[i], order="C"), looks)
            for lent, looks in made:
                bind(env, lent.array(), looks)

        return begin

    def end(self, results, reuse):
        """A function that hands out the results of a phase, arrays that are the caller's own.

        They are rows of arenas: of a copy, or of memory that was made anew.
        """
        rows, constants, where = {}, [], []
        for y in results:
            if isinstance(y, np.ndarray):
                where.append((None, len(constants)))
                constants.append(y)
            else:
                arena, offset = self.place[y.slot]
                rows.setdefault((arena, y.shape), self.rows(arena, y.shape, reuse))
                where.append(((arena, y.shape), offset // max(arena.step, 1)))
        starts, n = {}, 0
        for arena, shape in rows:
            starts[arena, shape], n = n, n + len(arena.slots)
        starts[None] = n
        picked = picker([starts[key] + i for key, i in where])
        rows = list(rows.values())

        def end():
            found = []
            for several in rows:
                found.extend(several())
            found.extend(a.copy()[()] for a in constants)
            return picked(found)

        return end

    def rows(self, arena, shape, reuse):
        """A function that gives the arena's arrays, in this shape, as the caller's own."""
        shape = (len(arena.slots), *shape)
        if arena.array is not None:
            rows = arena.array.reshape(shape)
            return (lambda: rows) if reuse or rows.ndim == 1 else rows.copy  # numbers are copied
        env, strides = self.env, np.empty(shape, arena.dtype).strides
        k = self.looked_up(Look(arena, shape, strides, 0))
        looks = arena.looks

        def lent():
            rows = env[k]
            for place, *_ in looks:
                env[place] = None  # the program forgets it
            return rows

        return lent


class Look(NamedTuple):
    """How to look at the memory of an arena that is made anew."""

    arena: Arena
    shape: tuple
    strides: tuple
    offset: int


def bind(env, array, looks):
    """Put the array, as each call looks at it, where the calls look it up."""
    for k, shape, strides, offset in looks:
        same = shape == array.shape and strides == array.strides
        env[k] = array if same else np.ndarray(shape, array.dtype, array, offset, strides)


def with_axes(view, shape, form):
    """An operand with as many axes as the result has: then n of them broadcast like one."""
    more = len(shape) - len(view.shape) if form[0] == "entrywise" else 0
    return view._replace(shape=(1,) * more + view.shape, strides=(0,) * more + view.strides)


def gather(arena, places):
    """A function that copies the inputs with these numbers side by side into the arena."""
    pick = picker(places)
    if arena.ndim == 1:  # numbers
        return lambda arrays: arena.__setitem__(..., pick(arrays))
    rows = arena.reshape(-1, *arena.shape[2:])
    return lambda arrays: np.concatenate(pick(arrays), out=rows)


def picker(places):
    """A function that gives the tuple of the items with these numbers."""
    if len(places) == 1:
        return lambda items: (items[places[0]],)
    return itemgetter(*places) if places else lambda items: ()


# ---- Forms ---------------------------------------------------------------------------------------


def writing(form):
    """The function (*operands, out) that carries out a form."""
    kind, *settings = form
    if kind == "entrywise":
        return OUT_BY_NAME.get(settings[0], settings[0])
    if kind == "matmul":
        return product
    if kind == "reduce":
        ufunc, axes = settings
        axes = axes[0] if len(axes) == 1 else axes
        return lambda x, out: ufunc.reduce(x, axes, None, out)
    if kind == "concatenate":
        return lambda *arrays: np.concatenate(arrays[:-1], settings[0], arrays[-1])
    function, keywords = settings
    return lambda *arrays: np.copyto(arrays[-1], function(*arrays[:-1], **dict(keywords)))


# `out` by its place costs a third of `out=`, but these would warn.
OUT_BY_NAME = {
    np.maximum: lambda a, b, out: np.maximum(a, b, out=out),
    np.minimum: lambda a, b, out: np.minimum(a, b, out=out),
}


def product(A, B, out):
    """A B; `dot` costs half of what `matmul` does where matrices are small."""
    return A.dot(B, out) if A.ndim == B.ndim == 2 else np.matmul(A, B, out)


def fixed(form, arrays, out):
    """A call whose arrays stay where they are, as a function without arguments."""
    if form[0] == "entrywise":
        return partial(writing(form), *plainer(arrays, out))
    if form == ("matmul",) and out.ndim == 2 and out.flags.c_contiguous:
        return partial(arrays[0].dot, arrays[1], out)
    if form == ("matmul",):
        return partial(np.matmul, *arrays, out)
    if form[0] == "reduce":
        _, ufunc, axes = form
        axes = None if len(axes) == arrays[0].ndim else axes[0] if len(axes) == 1 else axes
        return partial(ufunc.reduce, arrays[0], axes, None, out)
    return partial(writing(form), *arrays, out)


def plainer(arrays, out):
    """The same arrays in as few axes as possible: NumPy is faster where there is one."""
    arrays = [x.reshape(()) if x.size == 1 else x for x in arrays]
    together = [x for x in (*arrays, out) if x.ndim]
    if all(x.shape == out.shape and x.flags.c_contiguous for x in together):
        return [x.reshape(-1) if x.ndim else x for x in (*arrays, out)]
    ones = tuple(i for i, n in enumerate(out.shape) if n == 1)
    spread = [np.broadcast_to(x, out.shape) if x.ndim else x for x in arrays]
    return [x.squeeze(ones) if x.ndim else x for x in (*spread, out)]


def numbers_as_arrays(form, operands):
    """Plain numbers as arrays of the type that the call needs, so that nothing is converted."""
    if form[0] != "entrywise" or all(hasattr(x, "dtype") or isinstance(x, View) for x in operands):
        return operands
    types = [
        x.slot.dtype if isinstance(x, View) else getattr(x, "dtype", type(x)) for x in operands
    ]
    wanted = form[1].resolve_dtypes((*types, None))
    return [
        x if isinstance(x, View) else np.asarray(x, dtype)
        for x, dtype in zip(operands, wanted, strict=False)
    ]
