"""Bound calls: a call of NumPy whose arrays are settled, a function without arguments.

    partial(W.dot, a, y)()          # y = W a, into memory that exists

Equal calls on evenly spaced arrays are bound as one: an array of n of them has one more axis in
front, whose stride is the space between them.

What is made anew at each run, large inputs and results, is looked up instead: `env[k]`.
"""

from collections import deque
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter

import numpy as np

from adlab.plan.arenas import Lent
from adlab.plan.calls import View, all_of, in_c_order
from adlab.plan.forms import (
    Look,
    as_arrays,
    fixed,
    in_front,
    made_anew,
    plainer,
    stacked_form,
    unbound,
)
from adlab.plan.scalars import in_python


class Binder:
    """Binds calls to memory: `place` says of each slot in which arena it lies, and where.

    What lies in arenas that are made anew stands in `env` while the program runs: first the inputs.
    """

    def __init__(self, place, inputs):
        self.place, self.inputs = place, inputs
        self.arrays = {}  # of each Look
        self.env = [None] * len(inputs)
        self.index = {self.look(all_of(slot)): k for k, slot in enumerate(inputs)}

    # ---- Calls ------------------------------------------------------------------------------

    def calls(self, placed):
        """The bound calls of a stage."""
        found = []
        for _, group in groupby(placed, lambda p: (p.loop, p.period)):
            group = list(group)
            calls = [p.call for p in group]
            if group[0].at_once:
                found += map(self.stacked, self.evenly_spaced(calls))
            elif group[0].period:
                found.append(in_python(self, group) or self.in_turn(calls, group[0].period))
            else:
                found += map(self.bound, calls)
        return found

    def evenly_spaced(self, calls):
        """The calls, cut where the distance to the next in memory changes."""
        runs, step = [], None
        for call in calls:
            distance = self.distance(runs[-1][-1], call) if runs else None
            if distance is None or (len(runs[-1]) > 1 and distance != step):
                runs.append([])
            step = distance
            runs[-1].append(call)
        return runs

    def distance(self, one, two):
        """How many bytes lie between the arrays of two calls; None, if they lie apart or the
        calls are not of one form."""
        if one.form != two.form:
            return None
        found = []
        for a, b in zip((*one.views, all_of(one.out)), (*two.views, all_of(two.out)), strict=True):
            (arena, start), (other, end) = self.place[a.slot], self.place[b.slot]
            if arena is not other:
                return None
            found.append(end + b.offset - start - a.offset)
        return found

    def stacked(self, run):
        """Equal calls as one, on arrays with one more axis in front."""
        if len(run) == 1:
            return self.bound(run[0])
        form, operands, out = run[0].form, run[0].operands, run[0].out
        n, steps = len(run), iter(self.distance(run[0], run[1]))
        looks = [
            in_front(self.look(x), n, next(steps), len(out.shape)) if isinstance(x, View) else x
            for x in as_arrays(form, operands)
        ]
        result = in_front(self.look(all_of(out)), n, next(steps), len(out.shape))
        form = stacked_form(form, operands, n)
        return self.settled(form, plainer(form, looks, result))

    def in_turn(self, calls, period):
        """A loop of so many steps as one bound call."""
        body = []
        for k in range(period):
            turns = list(map(self.step, calls[k::period]))
            form, looks = turns[0]
            columns = zip(*(looks for _, looks in turns), strict=True)
            body.append((unbound(form, *looks), list(map(self.column, columns))))
        return partial(turned, body)

    def column(self, looks):
        """A function that gives the arrays of these Looks, one for each turn of a loop."""
        if any(made_anew(x) for x in looks):
            get, env = itemgetter(*map(self.looked_up, looks)), self.env
            return lambda: get(env)
        arrays = list(map(self.array, looks))
        return lambda: arrays

    def bound(self, call):
        """One call."""
        return self.settled(*self.step(call))

    def step(self, call):
        """(form, Looks at the operands and the result) of one call."""
        operands = as_arrays(call.form, call.operands)
        looks = [self.look(x) if isinstance(x, View) else x for x in operands]
        return call.form, plainer(call.form, looks, self.look(all_of(call.out)))

    def look(self, view):
        arena, offset = self.place[view.slot]
        return Look(arena, view.shape, view.strides, offset + view.offset)

    def settled(self, form, looks):
        """A function without arguments, of Looks at memory and constant arrays."""
        if not any(map(made_anew, looks)):
            return fixed(form, *map(self.array, looks))
        function, env = unbound(form, *looks), self.env
        get = itemgetter(*map(self.looked_up, looks))
        return lambda: function(*get(env))

    def array(self, x):
        """The array of a Look, made once for all calls."""
        if not isinstance(x, Look):
            return x
        if x not in self.arrays:
            arena, shape, strides, offset = x
            self.arrays[x] = np.ndarray(shape, arena.dtype, arena.array, offset, strides)
        return self.arrays[x]

    def looked_up(self, x):
        """The place in env of an operand."""
        key = x if isinstance(x, Look) else id(x)
        if key not in self.index:
            self.index[key] = len(self.env)
            self.env.append(None if made_anew(x) else self.array(x))
            if made_anew(x):
                x.arena.looks.append((self.index[key], *x[1:]))
        return self.index[key]

    # ---- What comes in, and what goes out -----------------------------------------------------

    def begin(self, inputs, stage):
        """A function that takes the inputs of a stage and binds what is made anew.

        It comes after all calls are bound: only then it is known what is looked up.
        """
        start = self.inputs.index(inputs[0]) if inputs else 0
        in_place = any(self.place[slot][0].array is None for slot in inputs)
        gathers, reads, env = {}, [], self.env
        for i, slot in enumerate(inputs):
            arena, _ = self.place[slot]
            if arena.array is None:
                reads += [(k, start + i, seen) for k, seen in ways(arena, slot.shape)]
            else:
                gathers.setdefault(arena, []).append(i)
        gathers = [gather(arena.array, places) for arena, places in gathers.items()]
        arenas = {arena: None for arena, _ in self.place.values()}  # in their order
        made = [a for a in arenas if a.array is None and a.phase in stage and a.slots[0].call]
        made = [(Lent(a.shape, a.dtype), ways(a, a.shape)) for a in made]

        def begin(arrays):
            if in_place:
                env[start : start + len(arrays)] = arrays
            for copy in gathers:
                copy(arrays)
            for k, i, seen in reads:
                env[k] = seen(env[i])
            for lent, looks in made:
                array = lent.array()
                for k, seen in looks:
                    env[k] = seen(array)

        return begin

    def end(self, results, read, reuse):
        """A function that hands out the results of a stage, arrays that are the caller's own.

        They are rows of arenas: of a copy, or of memory that was made anew. Results W1, b, W2 lie
        in the arenas (W1, W2) and (b): what is found is W1, W2, b, of which 0, 2, 1 are picked.
        What is handed out, and what was `read`, slots of inputs, the program forgets.
        """
        rows, constants, where = {}, [], []
        for y in results:
            if isinstance(y, np.ndarray):
                where.append((None, len(constants)))
                constants.append(y)
            else:
                arena, offset = self.place[y.slot]
                key = arena, y.shape
                rows[key] = rows.get(key) or self.rows(*key, reuse)
                where.append((key, offset // max(arena.step, 1)))
        starts, n = {}, 0
        for arena, shape in rows:
            starts[arena, shape], n = n, n + len(arena.slots)
        starts[None] = n
        picked = picker([starts[key] + i for key, i in where])
        over = {arena for arena, _ in rows} | {self.place[slot][0] for slot in read}
        looks = [k for arena in over for k, *_ in arena.looks]
        nothing = [None] * len(read)
        rows, env = list(rows.values()), self.env

        def end():
            found = []
            for several in rows:
                found.extend(several())
            found.extend(a.copy()[()] for a in constants)
            env[: len(nothing)] = nothing
            for k in looks:
                env[k] = None
            return picked(found)

        return end

    def rows(self, arena, shape, reuse):
        """A function that gives the arena's arrays, in this shape, as the caller's own."""
        shape = (len(arena.slots), *shape)
        if arena.array is not None:
            rows = arena.array.reshape(shape)
            return (lambda: rows) if reuse or rows.ndim == 1 else rows.copy  # numbers are copied
        strides, env = in_c_order(shape, arena.dtype.itemsize), self.env
        k = self.looked_up(Look(arena, shape, strides, 0))
        return lambda: env[k]


def turned(body):
    """A loop: each turn makes the calls of the body, with the next array of each column."""
    steps = [map(f, *(column() for column in columns)) for f, columns in body]
    deque(zip(*steps, strict=False), maxlen=0)  # asks each map in its turn


def ways(arena, shape):
    """For each look at an array of this shape: its place in env, and what makes it of the array."""
    return [(k, way(arena.dtype, shape, *look)) for k, *look in arena.looks]


def way(dtype, whole, shape, strides, offset):
    """A function that makes of an array in C order what a call looks at: itself, if that is it."""
    rows = in_c_order(whole, dtype.itemsize)
    if (shape, strides) == (whole, rows):
        return lambda array: array
    if (shape, strides, offset) == (whole[::-1], rows[::-1], 0):
        return attrgetter("T")
    return lambda array: np.ndarray(shape, dtype, np.asarray(array, order="C"), offset, strides)


def gather(memory, places):
    """A function that copies the inputs at these places side by side into an arena's memory."""
    pick, (k, *others) = picker(places), places
    if not others:
        return lambda arrays: memory.__setitem__(0, arrays[k])
    if memory.ndim == 1:  # of single numbers
        return lambda arrays: memory.__setitem__(..., pick(arrays))
    rows = memory.reshape(memory.shape[0] * memory.shape[1], *memory.shape[2:])
    return lambda arrays: np.concatenate(pick(arrays), out=rows)


def picker(places):
    """A function that gives the tuple of the items at these places."""
    if len(places) == 1:
        return lambda items: (items[places[0]],)
    return itemgetter(*places) if places else lambda items: ()
