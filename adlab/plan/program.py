"""A program: the calls of a tape, arranged once, in memory of their own, to be run often.

    program = Program(tape, [[y], [x_bar]])     # the results of each phase
    y, x_bar = program.run([x, u])

What is done to the calls, in this order:

1. Those whose results nobody needs are left out.
2. Small calls that wait for nobody in their phase go to its beginning (slopes such as 1 - y²),
   small calls for which nobody waits go to its end (gradients of parameters).
3. Every result gets memory once: small ones of a kind side by side, small inputs too; a large one
   takes the memory of another that is not needed any more.
   A small result is written over an operand that nobody else reads, and the parts of a
   concatenation are made where they belong in it, if they lie there in one piece.
4. Equal calls at the beginning or end of a phase, whose operands are evenly spaced in memory,
   become one call on arrays with one more axis: the gradients of a hundred equal layers are one
   product.
5. What remains is bound to its memory: a function without arguments. Only large inputs and
   results are looked up at each run, since they are not copied but read and written where they lie.
"""

import numpy as np

from adlab.plan import arenas
from adlab.plan.binding import Binder
from adlab.plan.calls import View, identity
from adlab.plan.tape import Traced

HEIGHT = 3  # so many calls in a row are moved to the end of a phase at most


class Program:
    """The calls of a tape as a flat list of bound calls, run at once or, with `again`, phase by
    phase: then a phase may be run again without those before it.

    `reuse`: the results are the same arrays at each run, overwritten by the next.
    """

    def __init__(self, tape, results, again=False, reuse=False):
        results = handed_out(tape, results)
        outputs = {y.slot for several in results for y in several if isinstance(y, View)}
        placed = arranged(postponed(needed(tape.calls, outputs), outputs), outputs)
        joined = arenas.joins(placed, outputs)
        wholes = {whole for whole, _ in joined.values()}
        placed = [p for p in placed if p.call.out not in wholes]
        binder = Binder(arenas.laid_out(tape.inputs, placed, outputs, joined, again, reuse))
        stages = [[k] for k in range(len(results))] if again else [range(len(results))]
        self.calls = [binder.calls([p for p in placed if p.phase in stage]) for stage in stages]
        self.end = [binder.end([y for k in stage for y in results[k]], reuse) for stage in stages]
        self.begin = [
            binder.begin([slot for slot in tape.inputs if slot.phase in stage], stage)
            for stage in stages
        ]

    def run(self, inputs, stage=0):
        """The results of a stage, for its inputs."""
        self.begin[stage](inputs)
        for call in self.calls[stage]:
            call()
        return self.end[stage]()


# ---- 1, 2: which calls, in which order -----------------------------------------------------------


def handed_out(tape, results):
    """Each result as a View of all of a slot, constants as arrays.

    Small ones are copied when they are handed out. A large one is made in its own memory, which is
    the caller's afterwards: so it is the result of a call that no call reads.
    """
    read, taken, found = {view.slot for call in tape.calls for view in call.views}, set(), []
    for phase, several in enumerate(results):
        tape.phase = phase
        found.append([])
        for y in several:
            if isinstance(y, Traced):
                alone = arenas.is_small(y.slot) or (y.slot.call and y.slot not in read)
                if not (alone and y.view.complete) or y.slot in taken:
                    y = tape.copy(y)
                taken.add(y.slot)
            found[-1].append(y.view if isinstance(y, Traced) else np.array(y))
    return found


def needed(calls, outputs):
    wanted, kept = set(outputs), []
    for call in reversed(calls):
        if call.out in wanted:
            wanted.update(v.slot for v in call.views)
            kept.append(call)
    return kept[::-1]


def postponed(calls, outputs):
    """The calls, where those that only a later phase reads stand in it, right before they are read.

    So the forward sweep computes values, and a slope is computed when its cotangent has arrived.
    """
    first, stands = {}, []  # where the first call that reads a slot stands: (phase, place)
    for i, call in reversed(list(enumerate(calls))):
        here = call.phase, i
        reader = first.get(call.out, here)
        if call.out not in outputs and reader[0] > call.phase:
            here = reader
        for view in call.views:
            first[view.slot] = min(first.get(view.slot, here), here)
        stands.append((*here, i))
    for phase, _, i in stands:
        calls[i].out.phase = phase
    return [calls[i] for _, _, i in sorted(stands)]


class Placed:
    """A call, the part of its phase where it stands (0, 1 or 2), and the level within that part.

    Equal calls have one `kind`; those whose operands were made by equal calls, one `family`. `age`
    is the number of the oldest slot it reads: in that order the results of equal calls lie in
    memory, so that what belongs to one layer lies where the layer lies among others.
    """

    def __init__(self, call):
        self.call, self.phase = call, call.out.phase
        self.part, self.level, self.kind, self.family = 1, 0, None, None
        self.age = min((v.slot.number for v in call.views), default=call.out.number)
        self.readers = 0
        self.small = all(arenas.is_small(x) for x in (*call.views, call.out))


def arranged(calls, outputs):
    """The calls in a new order: early ones first, late ones last in each phase, by kinds."""
    placed = {call.out: Placed(call) for call in calls}
    made_by = {
        p: [placed[v.slot] for v in p.call.views if v.slot in placed] for p in placed.values()
    }
    users = {p: [] for p in made_by}
    for p, makers in made_by.items():
        for maker in makers:
            users[maker].append(p)
    for p in reversed(made_by):
        p.readers = len(users[p]) + (p.call.out in outputs)
        move_late(p, users[p])
    for p, makers in made_by.items():
        move_early(p, [q for q in makers if q.phase == p.phase])
    kinds, families = {}, {}
    for p, makers in made_by.items():
        p.kind = kinds.setdefault(kind(p.call), len(kinds))
        p.family = p.kind, p.part, p.level, *((q.kind, q.part) for q in makers)
        families[p.family] = min(p.age, families.get(p.family, p.age))

    def place(p):
        among_equals = (p.kind, families[p.family], p.age) if p.part != 1 else ()
        return p.phase, p.part, p.level, among_equals

    return sorted(made_by, key=place)


def move_late(p, users):
    """To part 2, if only calls that stand there wait for it. Level: minus how many follow.

    What was postponed is better early.
    """
    level = min((q.level for q in users), default=1) - 1
    late = p.phase == p.call.phase and all(q.part == 2 and q.phase == p.phase for q in users)
    if p.small and late and level > -HEIGHT:
        p.part, p.level = 2, level


def move_early(p, makers):
    """To part 0, if it waits only for calls that stand there. Level: how many are before it.

    What was postponed, such as slopes, or reads an input, such as the tangent of a parameter.
    """
    postponed = p.phase > p.call.phase
    reads = any(v.slot.call is None and v.slot.phase == p.phase > 0 for v in p.call.views)
    if p.part == 1 and p.small and (postponed or reads) and all(q.part == 0 for q in makers):
        p.part, p.level = 0, 1 + max((q.level for q in makers), default=-1)


def kind(call):
    """Equal for calls of equal form in one phase, on arrays that look equal."""
    operands = [
        (x.shape, x.strides, x.offset, x.slot.shape, x.slot.dtype)
        if isinstance(x, View)
        else identity(x)
        for x in call.operands
    ]
    return call.form, call.out.phase, call.out.shape, call.out.dtype, *operands
