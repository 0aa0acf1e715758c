"""A program: the calls of a tape, arranged once, in memory of their own, to be run often.

    program = Program(tape, [[y], [x_bar]])     # the results of each phase
    y, x_bar = program.run([x, u])

What is done to the calls, in this order:

1. What is a result gets a slot to itself (`set_apart`). Calls whose results nobody needs are left
   out (`needed`); what only a later phase reads is made there (`postponed`).
2. Calls that are made again and again are put in loops (`loops.py`): where none waits for another
   they are made at once, else turn by turn.
3. Every slot gets memory (`arenas.py`): what is read or made at once lies side by side; all else
   uses again what is over. Parts of a concatenation are made where they belong in it, if they lie
   there in one piece.
4. Calls are bound to their memory (`forms.py`, `binding.py`), as functions without arguments. Calls
   at once are one call on arrays with one more axis: the gradients of a hundred equal layers are
   one product. All turns of a loop that reads inputs where they lie are one call too, and chains of
   single numbers one of Python's (`scalars.py`).
5. Inputs are copied side by side or read where they lie, results are handed out (`exchange.py`).

A *phase* is a stretch of the tape: 0 the value, 1 what is pulled or pushed. A *stage* is the phases
that are run together: each by itself with `again`, else all.
"""

import numpy as np

from adlab.plan import arenas, exchange
from adlab.plan.binding import Binder
from adlab.plan.loops import arranged, note_turns
from adlab.plan.standin import StandIn


class Program:
    """The calls of a tape as a flat list of bound calls, run at once or, with `again`, phase by
    phase: then a phase may be run again without those before it.

    `reuse`: the results are the same arrays at each run, overwritten by the next.
    """

    def __init__(self, tape, results, again=False, reuse=False):
        results = set_apart(tape, results)
        placed = arranged(postponed(needed(tape.calls)))
        joined = arenas.joins(placed)
        wholes = {whole for whole, _ in joined.values()}
        placed = [p for p in placed if p.call.out not in wholes]  # nothing is left to do for these
        note_turns(placed)  # of what is left
        place = arenas.laid_out(tape.inputs, placed, joined, again, reuse)
        binder = Binder(place, tape.inputs)
        stages = [[k] for k in range(len(results))] if again else [range(len(results))]
        self.calls = [binder.calls([p for p in placed if p.phase in stage]) for stage in stages]
        given = [[slot for slot in tape.inputs if slot.phase in stage] for stage in stages]
        self.end = [  # before `begin`, which has to know all that is looked up
            exchange.handing_out(
                binder,
                [y for k in stage for y in results[k]],
                inputs if stage is stages[-1] else [],  # a later stage may read those of this one
                reuse,
            )
            for stage, inputs in zip(stages, given, strict=True)
        ]
        self.begin = [
            exchange.receiving(binder, inputs, stage)
            for stage, inputs in zip(stages, given, strict=True)
        ]

    def run(self, inputs, stage=0):
        """The results of a stage, for its inputs."""
        self.begin[stage](inputs)
        for call in self.calls[stage]:
            call()
        return self.end[stage]()


# ---- 1: which calls, and when --------------------------------------------------------------------


def set_apart(tape, results):
    """Each result as a View of all of a slot, constants as arrays.

    A small one may be read by others and lie anywhere, since it can be copied when it is handed
    out. A large one is mostly handed out as it lies, in memory that is the caller's: so it has to
    be made by a call, and read by none. A part of a slot, a large argument, and what is a result
    already get a slot of their own.
    """
    read, found = {view.slot for call in tape.calls for view in call.views}, []
    for phase, several in enumerate(results):
        tape.phase = phase
        found.append([])
        for y in several:
            if isinstance(y, StandIn):
                slot, small = y.slot, arenas.is_small(y.slot)
                made = slot.call and slot not in read
                if slot.handed_out or not y.as_view.complete or not (small or made):
                    y = tape.copy(y)
                y.slot.handed_out = True
            found[-1].append(y.as_view if isinstance(y, StandIn) else np.array(y))
    return found


def needed(calls):
    wanted, kept = set(), []
    for call in reversed(calls):
        if call.out.handed_out or call.out in wanted:
            wanted.update(v.slot for v in call.views)
            kept.append(call)
    return kept[::-1]


def postponed(calls):
    """The calls, where those that only a later phase reads stand in it, right before they are read.

    From the last call back: so one that is moved takes along what only it reads.
    So the forward sweep computes values, and a slope is computed when its cotangent has arrived.

    A moved call takes the (phase, place) of its first reader, which has been moved already if it
    is. Its own number is smaller, so it is sorted in front of it; other readers stand further on.
    """
    first, stands = {}, []  # where the first call that reads a slot stands: (phase, place)
    for i, call in reversed(list(enumerate(calls))):
        here = call.out.phase, i
        reader = first.get(call.out, here)
        if not call.out.handed_out and reader[0] > call.out.phase:
            here = reader
        for view in call.views:
            first[view.slot] = min(first.get(view.slot, here), here)
        stands.append((*here, i))
    for phase, _, i in stands:
        calls[i].out.phase = phase
    return [calls[i] for _, _, i in sorted(stands)]
