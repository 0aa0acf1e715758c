"""Chains of calls on single numbers, in Python's own floats.

A call of NumPy takes some 150 ns, whatever it does; of Python's `math` 30. Where each call reads
what the one before has made, and all of it are numbers, Python is faster:

    y_k = f(y_{k-1})            a chain of tanh
    y_k = f(y_{k-1}, c_k)       its reverse sweep, a product of slopes
"""

import math
from functools import reduce
from itertools import accumulate, pairwise, repeat
from operator import add, mul

import numpy as np

# What NumPy's functions are in Python, where both give the same for every number.
PYTHON = {np.tanh: math.tanh, np.multiply: mul, np.add: add}
LEAST = 16  # calls: what it takes to read and write arrays is paid back


def is_chain(calls):
    """Does each call read one number that the call before has made, and at most one other?"""
    form, operands = calls[0].form, calls[0].operands
    if len(calls) < LEAST or form[0] != "entrywise" or form[1] not in PYTHON:
        return False
    numbers = all(x.out.array.size == 1 and x.out.dtype == np.float64 for x in calls)
    if not numbers or any(len(x.views) < len(operands) for x in calls):
        return False
    places = {tuple(v.slot is one.out for v in two.views) for one, two in pairwise(calls)}
    return len(places) == 1 and sum(*places) == 1


def chain_of_numbers(calls, *arrays, read):
    """The chain as a function without arguments: of each operand, and of the result, the numbers
    of all calls in one array. `read`: are results before the last one needed too?"""
    *operands, outs = arrays
    f, reads = PYTHON[calls[0].form[1]], [v.slot is calls[0].out for v in calls[1].views]
    starts = operands[reads.index(True)]
    others = operands[reads.index(False)] if len(reads) == 2 else None

    def every():
        """y_k for all k."""
        outs[...] = list(accumulate(others.tolist(), f, initial=starts[0].item()))[1:]

    def last_alone():
        outs[-1] = reduce(f, others.tolist(), starts[0].item())

    def repeated():
        y, found = starts[0].item(), []
        for _ in repeat(None, len(outs)):
            y = f(y)
            found.append(y)
        outs[...] = found

    return repeated if others is None else every if read else last_alone
