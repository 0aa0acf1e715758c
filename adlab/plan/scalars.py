"""Chains of calls on single numbers, in Python's own floats.

A call of NumPy takes some 150 ns, whatever it does; of Python's `math` 30. Where each call reads
what the one before has made, and all of it are numbers, Python is faster:

    y ← f(y)                    a chain of tanh
    y ← f(y, c_k)               its reverse sweep, a product of slopes
    y ← g(f(y, c_k), d_k)       the change of that sweep, y s_k + d_k: two links in turn
"""

import math
from collections.abc import Callable
from functools import reduce
from itertools import accumulate, cycle, pairwise, repeat
from operator import add, mul
from typing import NamedTuple

import numpy as np

from adlab.plan.calls import all_of
from adlab.plan.forms import made_anew

# What NumPy's functions are in Python: the same up to the last bits. Those of two numbers don't
# mind which one comes first.
PYTHON = {np.tanh: math.tanh, np.multiply: mul, np.add: add}
LEAST = 16  # calls: what it takes to read and write arrays is paid back


class Link(NamedTuple):
    """One step of a chain: arrays of what it reads and makes, a number for each time it is made.

    `starts` were made by the step before, `others` elsewhere, or are None. `read`: does anything
    but the next step read what it makes?
    """

    f: Callable
    starts: np.ndarray
    others: np.ndarray | None
    outs: np.ndarray
    read: bool


def is_chain(calls):
    """Does each call read one number that the call before has made, and at most one other?"""
    if len(calls) < LEAST or any(x.form[0] != "entrywise" for x in calls):
        return False
    made = {x.out for x in calls}
    return all(
        x.form[1] in PYTHON
        and len(x.views) == len(x.operands)
        and x.out.array.size == 1
        and x.out.dtype == np.float64
        and sum(v.slot in made for v in x.views) == (x is not calls[0])
        for x in calls
    ) and all(one.out in {v.slot for v in two.views} for one, two in pairwise(calls))


def chains(binder, group):
    """The bound calls of a chain: as one, where its numbers lie evenly spaced.

    A chain of two links, say x ← tanh(c x), has calls of two kinds in turn: multiply, tanh,
    multiply, tanh, ... Link k consists of the calls k, k + 2, k + 4, ... of a run.
    """
    found, period = [], len({p.kind for p in group})
    read = {p.call.out for p in group if p.readers > 1}  # not by the next in the chain alone
    for run in binder.evenly_spaced([p.call for p in group], period):
        n = len(run) // period * period
        if n >= max(LEAST, 2 * period):
            # Of the second turn: the first operand of the first one comes from elsewhere.
            places = [place_of(*run[period + k - 1 : period + k + 1]) for k in range(period)]
            links = [link(binder, run[k:n:period], place, read) for k, place in enumerate(places)]
            if not any(made_anew(x) for several in links for x in several):
                links = [Link(*map(binder.array, several)) for several in links]
                found.append(in_turn(links) if period > 1 else one_by_one(*links))
                run = run[n:]
        found += map(binder.bound, run)
    return found


def place_of(one, two):
    """The number of the operand of `two` that `one` has made."""
    return next(k for k, v in enumerate(two.views) if v.slot is one.out)


def link(binder, calls, place, read):
    """A Link of Looks: the calls of one step; the step before makes their operand `place`."""
    views, steps = [*calls[0].views, all_of(calls[0].out)], binder.distance(*calls[:2])
    *looks, outs = [
        binder.look(view)._replace(shape=(len(calls),), strides=(step,))
        for view, step in zip(views, steps, strict=True)
    ]
    f, starts, others = PYTHON[calls[0].form[1]], looks.pop(place), looks[0] if looks else None
    return Link(f, starts, others, outs, any(x.out in read for x in calls))


def one_by_one(link):
    """The chain as a function without arguments, if it has one step."""
    f, starts, others, outs, read = link

    def repeated():
        y, found = starts[0].item(), []
        for _ in repeat(None, len(outs)):
            y = f(y)
            found.append(y)
        outs[...] = found

    def every():
        outs[...] = list(accumulate(others.tolist(), f, initial=starts[0].item()))[1:]

    def last_alone():
        outs[-1] = reduce(f, others.tolist(), starts[0].item())

    return repeated if others is None else every if read else last_alone


def in_turn(links):
    """The chain, if its steps are made in turn, again and again."""
    starts, n = links[0].starts, len(links)
    others = np.zeros((len(starts), n))
    columns = [(others[:, k], x.others) for k, x in enumerate(links) if x.others is not None]
    functions = [x.f if x.others is not None else lambda y, _, f=x.f: f(y) for x in links]

    def run():
        for column, numbers in columns:
            column[...] = numbers
        y, found = starts[0].item(), []
        for f, c in zip(cycle(functions), others.ravel().tolist(), strict=False):
            y = f(y, c)
            found.append(y)
        for k, link in enumerate(links):
            if link.read:
                link.outs[...] = found[k::n]
        links[-1].outs[-1] = y

    return run
