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
from itertools import accumulate, chain, cycle, pairwise, repeat
from operator import add, mul
from typing import NamedTuple

import numpy as np

from adlab.plan.calls import all_of
from adlab.plan.forms import made_anew

# What NumPy's functions are in Python: the same up to the last bits. Those of two numbers don't
# mind which one comes first.
PYTHON = {np.tanh: math.tanh, np.multiply: mul, np.add: add}


class Numbers:
    """Single numbers in memory, one for each turn of a loop.

    `arrays`: one for each piece that lies evenly spaced in one arena; mostly it is one in all.
    """

    def __init__(self, looks):
        pieces = []
        for look in looks:
            piece = pieces[-1] if pieces else None
            if piece and piece[0].arena is look.arena:
                step = piece[-1].offset - piece[-2].offset if piece[1:] else None
                if step in (None, look.offset - piece[-1].offset):
                    piece.append(look)
                    continue
            pieces.append([look])
        self.arrays = [spaced(piece) for piece in pieces]

        self.length = len(looks)

    def read(self):
        return chain.from_iterable(a.tolist() for a in self.arrays)

    def write_last(self, number):
        self.arrays[-1][-1] = number

    def write(self, numbers):
        start = 0
        for a in self.arrays:
            a[...] = numbers[start : start + len(a)]
            start += len(a)


def spaced(looks):
    """The array of these numbers, which lie evenly spaced."""
    (arena, _, _, start), step = looks[0], looks[-1].offset - looks[0].offset
    steps = (step // max(len(looks) - 1, 1),)
    return np.ndarray((len(looks),), arena.dtype, arena.array, start, steps)


class Link(NamedTuple):
    """One step of a chain: f of what the step before has made, and of one of `others`, or of
    nothing else.

    `last_alone`: no result has more than one reader. In a chain that is the next step, so only the
    last result is read by anybody else, and it alone is written.
    """

    f: Callable
    others: Numbers | None
    outs: Numbers
    last_alone: bool


def is_chain(calls):
    """Does each call read one number that the call before has made, and at most one other?

    The first reads none that the chain has made, all others one.
    """
    if any(x.form[0] != "entrywise" for x in calls):
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


def in_python(binder, group):
    """A loop as one bound call in Python's numbers, in a list; None, if it is no chain.

    It reads all others before it writes anything. That is right, though memory is used again: what
    a link makes may lie over others that were read for the last time, not over those still needed.
    What two links make lies apart: both are families that live at the same time, made and read in
    every turn.

    A chain of two links, say x ← tanh(c x), has calls of two kinds in turn: multiply, tanh,
    multiply, tanh, ... Link k consists of the calls k, k + 2, k + 4, ...
    """
    calls, n = [p.call for p in group], group[0].period
    if not is_chain(calls):
        return None
    first = calls[0].views[0]  # or the second operand: which one it is does not matter to PYTHON
    before = [first.slot, *(x.out for x in calls)]
    views = [[*others(x, y), all_of(x.out)] for x, y in zip(calls, before, strict=False)]
    looks, start = [list(map(binder.look, v)) for v in views], binder.look(first)
    if any(made_anew(x) for x in (start, *chain.from_iterable(looks))):
        return None
    links = []
    for k in range(n):
        *other, outs = map(Numbers, zip(*looks[k::n], strict=True))
        last_alone = all(p.readers <= 1 for p in group[k::n])
        links.append(Link(PYTHON[calls[k].form[1]], *(other or [None]), outs, last_alone))
    run = one_link if n == 1 else several_links
    return [run(binder.array(start), links)]


def others(call, slot):
    """The operands of a call but for this one."""
    k = [v.slot for v in call.views].index(slot)
    return call.views[:k] + call.views[k + 1 :]


def one_link(start, links):
    """A chain of one link as a function without arguments."""
    ((f, others, outs, last_alone),) = links
    n = outs.length

    def repeated():
        y, found = start.item(), []
        for _ in repeat(None, n):
            y = f(y)
            found.append(y)
        outs.write(found)

    def accumulated():
        outs.write(list(accumulate(others.read(), f, initial=start.item()))[1:])

    def reduced():
        outs.write_last(reduce(f, others.read(), start.item()))

    return repeated if not others else reduced if last_alone else accumulated


def several_links(start, links):
    """A chain of several links as a function without arguments."""
    n = links[0].outs.length
    functions = [x.f if x.others else lambda y, _, f=x.f: f(y) for x in links]
    nothing = [None] * n

    def run():
        columns = [x.others.read() if x.others else nothing for x in links]
        y, found = start.item(), []
        for f, c in zip(cycle(functions), chain.from_iterable(zip(*columns, strict=True))):
            y = f(y, c)
            found.append(y)
        for k, link in enumerate(links):
            if link.last_alone:
                link.outs.write_last(found[k - len(links)])  # what link k made in the last turn
            else:
                link.outs.write(found[k :: len(links)])

    return run
