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

# What NumPy's functions are in Python, where both give the same for every number. Those of two
# numbers don't mind which one comes first.
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


def place_of(one, two):
    """The number of the operand of `two` that `one` has made."""
    return next(k for k, v in enumerate(two.views) if v.slot is one.out)


def chain_of_numbers(links):
    """The chain as a function without arguments; its steps are made in turn, again and again."""
    start, (f, _, others, outs, read) = links[0].starts, links[0]

    def repeated():
        y, found = start[0].item(), []
        for _ in repeat(None, len(outs)):
            y = f(y)
            found.append(y)
        outs[...] = found

    def every():
        outs[...] = list(accumulate(others.tolist(), f, initial=start[0].item()))[1:]

    def last_alone():
        outs[-1] = reduce(f, others.tolist(), start[0].item())

    if len(links) > 1:
        return in_turn(links)
    return repeated if others is None else every if read else last_alone


def in_turn(links):
    """The chain, if it has several steps."""
    start, n = links[0].starts, len(links)
    others = np.zeros((len(start), n))
    columns = [
        (others[:, k], link.others) for k, link in enumerate(links) if link.others is not None
    ]
    functions = [x.f if x.others is not None else lambda y, _, f=x.f: f(y) for x in links]
    written = [(link.outs, k) for k, link in enumerate(links) if link.read]
    outs = links[-1].outs

    def run():
        for column, numbers in columns:
            column[...] = numbers
        y, found = start[0].item(), []
        for f, c in zip(cycle(functions), others.ravel().tolist(), strict=False):
            y = f(y, c)
            found.append(y)
        for several, k in written:
            several[...] = found[k::n]
        outs[-1] = y

    return run
