"""Bound calls: a call of NumPy whose arrays are settled, a function without arguments.

    partial(W.dot, a, y)()          # y = W a, into memory that exists

Equal calls on evenly spaced arrays are bound as one: an array of n of them has one more axis in
front, whose stride is the space between them.

What is made anew at each run, large inputs and results, is looked up instead: `env[k]`.
"""

from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from sys import getrefcount

import numpy as np

from adlab.tape import View, identity

STACKABLE = ("entrywise", "matmul", "reduce")


def whole(slot):
    return View(slot, slot.shape, slot.strides, 0)


def look(array, shape, strides, offset, n=None, step=0):
    """The memory of an array as a view looks at it, or as n such views, `step` bytes apart."""
    if n is not None:
        shape, strides = (n, *shape), (step, *strides)
    return np.ndarray(shape, array.dtype, array, offset, strides)


class Binder:
    """Binds calls to memory: `place` says of each slot in which arena it lies, and where.

    Slots in `anew` lie elsewhere at each run: their views stand in `env` while it lasts.
    """

    def __init__(self, place, anew):
        self.place, self.anew = place, anew
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
            if a.slot in self.anew or b.slot in self.anew:
                return None
            (arena, start), (other, end) = self.place[a.slot], self.place[b.slot]
            if arena is not other:
                return None
            found.append(end + b.offset - start - a.offset)
        return found

    def stacked(self, run):
        """Equal calls as one."""
        form, operands, out, _ = run[0]
        steps = iter(self.distance(run[0], run[1]))
        arrays = [
            self.array(x, len(run), next(steps)) if isinstance(x, View) else x
            for x in numbers_as_arrays(form, operands)
        ]
        result = self.array(whole(out), len(run), next(steps))
        if form == ("matmul",) and arrays[0].shape[-1] == 1:  # a column times a row
            form = ("entrywise", np.multiply)
        if form[0] == "entrywise":  # (n, 1, 3) beside (n, 2, 3)
            arrays = [
                np.expand_dims(x, tuple(range(1, 1 + result.ndim - x.ndim)))
                if isinstance(v, View)
                else x
                for x, v in zip(arrays, operands, strict=True)
            ]
        if form[0] == "reduce":
            form = (*form[:2], tuple(1 + axis for axis in form[2]))
        return settled(form, arrays, result)

    def bound(self, call):
        operands, out = numbers_as_arrays(call.form, call.operands), whole(call.out)
        if not any(v.slot in self.anew for v in (*call.views, out)):
            arrays = [self.array(x) if isinstance(x, View) else x for x in operands]
            return settled(call.form, arrays, self.array(out))
        function, env = writing(call.form), self.env
        get = itemgetter(*(self.looked_up(x) for x in (*operands, out)))
        return lambda: function(*get(env))

    def array(self, view, n=None, step=0):
        arena, offset = self.place[view.slot]
        return look(arena, view.shape, view.strides, offset + view.offset, n, step)

    def looked_up(self, x):
        """The place of an operand in env."""
        key = identity(x)
        if key not in self.index:
            self.index[key] = len(self.env)
            stays = isinstance(x, View) and x.slot not in self.anew
            self.env.append(self.array(x) if stays else x)
        return self.index[key]

    # ---- What comes in, and what goes out -----------------------------------------------------

    def begin(self, slots):
        """A function that takes the inputs of a phase and binds what is made anew.

        It comes after all calls are bound: only then it is known what is looked up.
        """
        looks, env = {slot: [] for slot in slots}, self.env
        for view, k in self.index.items():
            if isinstance(view, View) and view.slot in looks:
                looks[view.slot].append((k, None if view.whole else view[1:]))
        inputs = [slot for slot in slots if slot.call is None]
        gathers = {}
        for i, slot in enumerate(inputs):
            if slot not in self.anew:
                arena, _ = self.place[slot]
                gathers.setdefault(id(arena), (arena, []))[1].append(i)
        gathers = [gather(arena, places) for arena, places in gathers.values()]
        large = [(i, looks[slot]) for i, slot in enumerate(inputs) if slot in self.anew]
        made = [(Lent(s.shape, s.dtype), looks[s]) for s in slots if s.call and s in self.anew]

        def begin(arrays):
            for copy in gathers:
                copy(arrays)
            for i, views in large:
                bind(env, np.asarray(arrays[i], order="C"), views)
            for lent, views in made:
                bind(env, lent.array().view(), views)

        return begin

    def end(self, results, reuse):
        """A function that hands out the results of a phase, arrays that are the caller's own.

        Small ones are rows of a copy of their arena.
        """
        arenas, fresh, constants, where = {}, [], [], []
        for y in results:
            if isinstance(y, np.ndarray):
                where.append(("constants", len(constants)))
                constants.append(y)
            elif y.slot in self.anew:
                where.append(("fresh", len(fresh)))
                fresh.append(self.looked_up(y))
            else:
                arena, offset = self.place[y.slot]
                rows = arena.reshape(len(arena), *y.shape)
                key = id(arena), y.shape
                arenas.setdefault(key, (rows, copier(rows, reuse)))
                where.append((key, offset // max(rows[0].nbytes, 1)))
        starts, n = {}, 0
        for key, (rows, _) in arenas.items():
            starts[key], n = n, n + len(rows)
        starts |= {"fresh": n, "constants": n + len(fresh)}
        picked = picker([starts[key] + i for key, i in where])
        arenas, env = list(arenas.values()), self.env

        def end():
            found = []
            for _, copied in arenas:
                found.extend(copied())
            for k in fresh:
                found.append(env[k])
                env[k] = None
            found.extend(a.copy()[()] for a in constants)
            return picked(found)

        return end


def bind(env, array, views):
    """Put the array, as each view looks at it, where the calls look it up."""
    for k, view in views:
        env[k] = array if view is None else look(array, *view)


class Lent:
    """Memory for a result, which is the caller's own as long as the caller knows it.

    When nobody else refers to an array any more, nor to a part of it, it is lent again: memory
    that was used before is there at once, where new memory comes page by page.
    """

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, dtype
        self.arrays = []

    def array(self):
        for a, n in zip(self.arrays, references(self.arrays), strict=True):
            if n == ALONE:
                return a
        self.arrays = [*self.arrays[-1:], np.empty(self.shape, self.dtype)]
        return self.arrays[-1]


def copier(rows, reuse):
    """A function that gives the array of results as the caller's own."""
    if reuse or rows.ndim == 1:  # numbers are copied one by one
        return lambda: rows
    if rows.nbytes <= FEW_PAGES:
        return rows.copy
    lent = Lent(rows.shape, rows.dtype)

    def copied():
        copy = lent.array()
        copy[...] = rows
        return copy

    return copied


FEW_PAGES = 2**15  # bytes of memory that is there sooner than looked for


def references(arrays):
    """How many know each of these arrays, this function included."""
    return [getrefcount(a) for a in arrays]


ALONE = references([np.empty(0)])[0]  # what an array has that only a list knows


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


def settled(form, arrays, out):
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
