"""Bound calls: a call of NumPy whose arrays are settled, a function without arguments.

    partial(W.dot, a, y)()                          y = W a, into memory that exists
    partial(np.multiply, Y, Y, S)()                 all y y at once: Y[k] is the y of layer k
    for _ in zip(map(dot, Ws, As, Zs), ...): pass   a loop: in each turn, each map makes one call

Calls at once are one call on arrays with one more axis in front, whose stride is the space between
those of two layers. What is another array at each run is looked up when it is needed: `env[k]`.
"""

from collections import deque
from functools import partial
from itertools import groupby
from operator import itemgetter

import numpy as np

from adlab.plan.calls import View, all_of
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

    `env` holds what calls look up, each Look at its place `index`: the inputs as they come, looks
    at them and at new memory of results, and fixed arrays and constants that are read beside these.
    Binding a call settles the places: `looked_up` appends one, and notes at the arena that it has
    to be filled (`looks`). `exchange.py` fills them before each run and empties them behind it, all
    but the fixed ones. An input that is copied is not looked up.
    """

    def __init__(self, place, inputs):
        self.place, self.inputs = place, inputs
        self.arrays = {}  # of each Look
        self.env = [None] * len(inputs)
        whole = [self.look(all_of(slot)) for slot in inputs]
        self.index = {look: k for k, look in enumerate(whole) if made_anew(look)}

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
                found += in_python(self, group) or self.in_turn(calls, group[0].period)
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
        """A loop of so many steps as one bound call, if it reads what is looked up: that is faster
        than to look it up for each call. Else one by one, which is faster if all is settled."""
        if not any(made_anew(self.look(v)) for x in calls for v in (*x.views, all_of(x.out))):
            return list(map(self.bound, calls))
        body = []
        for k in range(period):
            turns = list(map(self.step, calls[k::period]))
            form, looks = turns[0]
            columns = zip(*(looks for _, looks in turns), strict=True)
            body.append((unbound(form, *looks), list(map(self.column, columns))))
        return [partial(turned, body)]

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


def turned(body):
    """A loop: each turn makes the calls of the body, with the next array of each column."""
    steps = [map(f, *(column() for column in columns)) for f, columns in body]
    deque(zip(*steps, strict=False), maxlen=0)  # asks each map in its turn
