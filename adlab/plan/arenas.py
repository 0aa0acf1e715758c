"""Arenas: the memory of a program. Each slot has a place in one, an offset in bytes.

Small slots of a kind lie side by side in one arena, in the order that `loops.py` gives them: then
what belongs to one layer lies where the layer lies among others. A large slot has an arena to
itself, and shares it with another whose last use is over.

An arena is `anew` if its memory is another at each run: large inputs are read where they lie, and
results are made in memory that is the caller's afterwards.
"""

from math import prod
from sys import getrefcount

import numpy as np

SMALL = 1024  # numbers of one slot: many of such arrays together stay near the processor
FEW_PAGES = 2**15  # bytes of all results of an arena: copied sooner than looked up


def is_small(x):
    """Of a slot or a view."""
    return prod(getattr(x, "slot", x).shape) <= SMALL


class Arena:
    """Memory for `slots`, arrays of one shape and type, side by side.

    `array` is that memory, (n, *shape), or None if it is another at each run. Then `looks` says
    what is looked up: [(place in env, shape, strides, offset)].
    """

    def __init__(self, slots, anew):
        first = slots[0]
        self.slots, self.phase = slots, first.phase
        self.shape, self.dtype = (len(slots), *first.shape), first.dtype
        self.step = prod(first.shape) * first.dtype.itemsize
        self.array = None if anew else np.zeros(self.shape, self.dtype)
        self.looks = []


def laid_out(inputs, placed, joined, again, reuse):
    """{slot: (arena, offset in bytes)}

    For three layers tanh(W a + b) the arenas are W W W, b b b and y y y, layer k in place k.
    """
    calls = [p.call for p in placed]
    read = {view.slot for call in calls for view in call.views}
    heir = heirs(placed, joined)

    # Slots that lie side by side: equal inputs, equal results, what equal calls make.
    groups = {}
    where_it_lies = read_in_place(inputs, placed)
    for slot in inputs:
        alone = slot if slot in where_it_lies else None  # with a key and an arena of its own
        groups.setdefault(("input", slot.phase, slot.shape, slot.dtype, alone), []).append(slot)
    for p in sorted(placed, key=lambda p: p.age):
        slot = p.call.out
        if slot.handed_out:
            alone = None if is_small(slot) else slot
            kind = ("result", p.phase, slot.shape, slot.dtype, slot in read, alone)
            groups.setdefault(kind, []).append(slot)
        elif is_small(slot) and slot not in heir and slot not in joined:
            groups.setdefault(p.kind, []).append(slot)
    for whole, _ in joined.values():
        if whole not in joined:
            groups[whole] = [whole]
    place = {}
    for slots in groups.values():
        arena = Arena(slots, is_anew(slots, where_it_lies, read, reuse))
        place |= {slot: (arena, i * arena.step) for i, slot in enumerate(slots)}

    # Slots that lie in another: the last first, since that may lie in one made later.
    for slot in reversed(joined):
        whole, offset = joined[slot]
        arena, start = place[whole]
        place[slot] = arena, start + offset
    for slot in reversed(heir):
        place[slot] = place[heir[slot]]
    return place | recycled(calls, place, again)


def joins(placed):
    """{slot: (the array that it is a part of, offset in bytes)}: concatenations that need no call.

    Where all parts lie one behind the other in the result, and are small results of this phase
    that nobody hands out, they are made where they belong.
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


def heirs(placed, joined):
    """{small slot: the result of the only call that reads it}, which is written over it.

    The two share memory that nobody else has; what was in it is not needed any more. The first
    cache of a processor holds some thousand numbers: so the fewer arrays, the better.
    Results of equal calls that may be stacked have to lie evenly spaced: all of them have an heir
    in one loop, or none.
    """
    made, readers, loops = {p.call.out: p for p in placed}, {}, {}
    for p in placed:
        for slot in {view.slot for view in p.call.views}:
            readers.setdefault(slot, []).append(p)
    found, taken = {}, set()
    for slot, p in made.items():
        heir = only_reader(slot, p, readers.get(slot, ()))
        if heir is not None and slot not in joined and heir.call.out not in taken:
            found[slot] = heir.call.out
            taken.add(heir.call.out)
        if p.at_once:
            loops.setdefault(p.loop, []).append((slot, heir and heir.loop))
    for several in loops.values():  # z1, z2, z3 lie over y1, y2, y3, or none of them does
        alike = len({loop for _, loop in several}) == 1 and all(s in found for s, _ in several)
        for slot, _ in several:
            if not alike:
                found.pop(slot, None)
    return found


def only_reader(slot, p, readers):
    """The one call that reads this result, if it may be written over it."""
    if len(readers) != 1 or not is_small(slot) or prod(slot.shape) == 1 or slot.handed_out:
        return None
    (q,) = readers
    together = (q.at_once, q.phase) == (p.at_once, p.phase) and not q.call.out.handed_out
    return q if together and can_be_overwritten(slot, q.call) else None


def read_in_place(inputs, placed):
    """The inputs that are not copied but read where they lie: large ones, and those that loops
    read one by one, as the W of a chain. Calls at once want theirs side by side."""
    in_turn = {view.slot for p in placed if p.period for view in p.call.views}
    at_once = {view.slot for p in placed if p.at_once for view in p.call.views}
    found = {slot for slot in inputs if not is_small(slot)}
    return found | {slot for slot in in_turn - at_once if not slot.call and prod(slot.shape) > 1}


def is_anew(slots, where_it_lies, read, reuse):
    """Is the memory of these slots another at each run?"""
    first = slots[0]
    if first.call is None:
        return first in where_it_lies
    if not first.handed_out or first in read or reuse:
        return False
    return len(slots) * prod(first.shape) * first.dtype.itemsize > FEW_PAGES


def recycled(calls, place, again):
    """Places of the large slots that remain: each takes that of one whose last use is over."""
    last, found, free = last_uses(calls, again), {}, {}
    for i, call in enumerate(calls):
        out = call.out
        over = [s for s in {v.slot for v in call.views} if last[s] == i and s in found]
        if out not in place:
            store = free.setdefault((prod(out.shape), out.dtype), [])
            same = next((s for s in over if can_be_overwritten(s, call)), None)
            if same is not None:
                found[out] = found[same]
                over.remove(same)
            else:
                found[out] = store.pop() if store else (Arena([out], False), 0)
        for slot in over:
            free.setdefault((prod(slot.shape), slot.dtype), []).append(found[slot])
    return found


def last_uses(calls, again):
    """{slot: the number of the last call that reads it}; none, if a later phase that may run again
    reads it."""
    last = {}
    for i, call in enumerate(calls):
        for view in call.views:
            again_needed = again and view.slot.phase < call.out.phase
            last[view.slot] = len(calls) if again_needed else max(i, last.get(view.slot, i))
    return last


def can_be_overwritten(slot, call):
    """May the result of an entrywise call lie where this operand lies?"""
    alike = (prod(slot.shape), slot.dtype) == (prod(call.out.shape), call.out.dtype)
    complete = all(v.complete for v in call.views if v.slot is slot)
    return call.form[0] == "entrywise" and alike and complete


# ---- Memory of results ---------------------------------------------------------------------------


class Lent:
    """Memory for results, which is the caller's own as long as the caller knows it.

    When nobody else refers to an array any more, nor to a part of it, it is lent again: memory
    that was used before is there at once, where new memory comes page by page.
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
