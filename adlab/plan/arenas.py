"""Arenas: the memory of a program. Each slot has a place in one, an offset in bytes.

    y = tanh(W a + b), three layers:    W W W    b b b    y y y    z

What is read or made at once, all slopes 1 - y² of a network say, lies side by side in one arena, in
the order that `loops.py` gives it, and so do small results, and small inputs that are copied. All
else has an arena to itself, as z = W a + b, and takes memory that is over: that of the z of the
layer before. Single numbers of a kind lie side by side too.

An arena is `anew` if its memory is another at each run: inputs that are read where they lie, and
results that are made in memory which is the caller's afterwards.
"""

from collections import Counter
from math import prod
from sys import getrefcount

import numpy as np

from adlab.plan.calls import all_of

SMALL = 1024  # numbers of one slot: many of such arrays together stay near the processor
OFTEN = 8  # times that loops read an input in one run: then it is worth a copy
OVERWRITING = (
    "entrywise",
)  # what may lie where an operand lies, without NumPy making a copy first
FEW_PAGES = 2**15  # bytes of all results of an arena: copied sooner than looked up


def is_small(x):
    """Of a slot or a view."""
    return prod(getattr(x, "slot", x).shape) <= SMALL


def nbytes(slot):
    return prod(slot.shape) * slot.dtype.itemsize


class Arena:
    """Memory for `slots`, arrays of one shape and type, side by side, and for others of the same
    extent, when these are over.

    `array` is that memory, (n, *shape), or None if it is another at each run. Then `looks` says how
    calls look at it, [(place in `Binder.env`, shape, strides, offset)].
    """

    def __init__(self, slots, anew):
        first = slots[0]
        self.slots, self.phase = slots, first.phase
        self.shape, self.dtype = (len(slots), *first.shape), first.dtype
        self.step = nbytes(first)
        self.array = None if anew else np.zeros(self.shape, self.dtype)
        self.looks = []


def laid_out(inputs, placed, joined, again, reuse):
    """{slot: (arena, offset in bytes)}: inputs, results, what is made on the way, and its parts."""
    read = {view.slot for p in placed for view in p.call.views}
    where_it_lies, place = read_in_place(inputs, placed), {}

    def lie(slots, arena):
        place.update((slot, (arena, k * arena.step)) for k, slot in enumerate(slots))

    for slots in grouped(inputs, lambda slot: slot if slot in where_it_lies else None):
        lie(slots, Arena(slots, anew=slots[0] in where_it_lies))
    results = [p.call.out for p in sorted(placed, key=lambda p: p.oldest) if p.call.out.handed_out]
    for slots in grouped(results, lambda slot: (slot in read, None if is_small(slot) else slot)):
        lie(slots, Arena(slots, is_anew(slots, read, reuse)))
    for slots, arena in used_again(families(placed, joined), placed, again):
        lie(slots, arena)

    for slot in reversed(joined):  # the last first: what it lies in may be a part of another
        whole, offset = joined[slot]
        if whole not in place:
            lie([whole], Arena([whole], anew=False))
        arena, start = place[whole]
        place[slot] = arena, start + offset
    return place


def grouped(slots, key):
    """Slots in lists, of one phase, shape, type and key."""
    groups = {}
    for slot in slots:
        groups.setdefault((slot.phase, slot.shape, slot.dtype, key(slot)), []).append(slot)
    return groups.values()


def read_in_place(inputs, placed):
    """The inputs that are not copied but read where they lie: large ones, and those that loops
    read turn by turn, another in each, as the W of a chain. Calls at once want theirs side by side.
    """
    reads = Counter(view.slot for p in placed if p.period for view in p.call.views)
    in_turn = {slot for slot, n in reads.items() if n < OFTEN}
    at_once = {view.slot for p in placed if p.at_once for view in p.call.views}
    copied = {slot for slot in inputs if slot.handed_out}  # the result is the caller's own
    copied |= {slot for slot in inputs if prod(slot.shape) == 1}  # all of them at once, quickly
    in_turn -= at_once | copied
    return {slot for slot in inputs if not is_small(slot) or slot in in_turn}


def is_anew(results, read, reuse):
    """Is the memory of these results another at each run?"""
    if results[0] in read or reuse:
        return False
    return sum(map(nbytes, results)) > FEW_PAGES


def joins(placed):
    """{slot: (the array that it is a part of, offset in bytes)}: concatenations that need no call.

    [a ; b] in memory of its own; a and b are made there, where they belong:

    - they lie there in one piece each: along the first axis that is longer than 1;
    - they are made in this phase, since a later one may run again, and no constants;
    - neither lies elsewhere: made at once beside others, handed out, or in another concatenation;
    - all of each is wanted, in the type of the whole, and once;
    - they are small: what lies so keeps its memory to itself, which costs little then.
    """
    made, found = {p.call.out: p for p in placed}, {}
    for p in placed:
        whole, parts = p.call.out, p.call.views
        slots = {view.slot for view in parts}
        if p.call.form[0] != "concatenate" or prod(whole.shape[: p.call.form[1]]) > 1:
            continue
        together = all(
            slot in made and made[slot].phase == p.phase and not made[slot].at_once
            for slot in slots
        )
        kept = any(slot.handed_out for slot in (whole, *slots))
        free = slots.isdisjoint(found) and not kept
        fit = all(v.complete and v.slot.dtype == whole.dtype and is_small(v) for v in parts)
        if together and not p.at_once and free and fit and len(slots) == len(p.call.operands):
            offset = 0
            for view in parts:
                found[view.slot] = whole, offset
                offset += prod(view.shape) * whole.dtype.itemsize
    return found


# ---- Memory that is used again -------------------------------------------------------------------


def families(placed, joined):
    """What is made on the way, in lists of what has to lie side by side: what is made or read at
    once, and single numbers, which Python reads and writes by the list. Most are of one slot."""
    at_once = [(*p.call.views, all_of(p.call.out)) for p in placed if p.at_once]
    at_once = {view.slot for views in at_once for view in views}
    found = {}
    for p in sorted(placed, key=lambda p: p.oldest):
        slot = p.call.out
        if not slot.handed_out and slot not in joined:
            together = p.small and (slot in at_once or prod(slot.shape) == 1)
            found.setdefault(p.kind if together else slot, []).append(slot)
    return found.values()


def used_again(families, placed, again):
    """(slots, their arena) for each family: memory that is over if there is any, else new memory.

        z1 = W1 a       new memory
        y1 = tanh(z1)   is written over z1, which nobody reads afterwards
        z2 = W2 y1      new memory
        z3 = W3 z2      lies where y1 lay, if nobody reads that afterwards

    The less there is in all, the more of it stays near the processor. A family begins when its
    first is made, and is over when its last is read.

    A call may take memory that it is the last to read for its own result, if it goes entry by
    entry, since NumPy reads an entry before it writes it, or makes a copy where they overlap in
    another way; any other call leaves memory free only for those behind it. Of calls that are made
    at once the first takes memory for all. If that is memory which it is the last to read, all of
    that memory is over, so the others read other arenas: the first is made by itself then
    (`Binder.evenly_spaced`).
    """
    when = {p.call.out: i for i, p in enumerate(placed)}
    last = last_reads(placed, again)
    begun = {min(slots, key=when.get): slots for slots in families}
    over, free = {}, {}  # {number of a call: arenas that it is the last to read}, {extent: such}

    def release(i):
        for arena in over.pop(i, ()):
            free.setdefault(extent(arena.slots), []).append(arena)

    for i, p in enumerate(placed):
        if p.call.form[0] in OVERWRITING:
            release(i)
        if p.call.out in begun:
            slots = begun[p.call.out]
            several = free.get(extent(slots))
            arena = several.pop() if several else Arena(slots, anew=False)
            over.setdefault(max(last.get(slot, when[slot]) for slot in slots), []).append(arena)
            yield slots, arena
        release(i)


def extent(slots):
    return len(slots), nbytes(slots[0]), slots[0].dtype


def last_reads(placed, again):
    """{slot: the number of the last call that reads it}; more than any, if a later phase does that
    may run again."""
    last = {}
    for i, p in enumerate(placed):
        for view in p.call.views:
            again_needed = again and view.slot.phase < p.phase
            last[view.slot] = len(placed) if again_needed else max(i, last.get(view.slot, i))
    return last


# ---- Memory of results ---------------------------------------------------------------------------


class Lent:
    """Memory for results, which is the caller's own as long as the caller knows it.

    When nobody else refers to an array any more, nor to a part of it, it is lent again: memory
    that was used before is there at once, where new memory comes page by page. Two are remembered.
    """

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, dtype
        self.arrays = []

    def array(self):
        arrays = self.arrays
        for i in range(len(arrays)):
            if getrefcount(arrays[i]) == ALONE:
                return arrays[i]
        self.arrays = [*arrays[-1:], np.empty(self.shape, self.dtype)]
        return self.arrays[-1]


SAMPLE = [np.empty(0)]
ALONE = getrefcount(SAMPLE[0])  # how many know an array that only a list knows: getrefcount too
