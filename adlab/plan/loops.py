"""Loops: which calls of a program are made again and again, and which of these can be made at once.

A network of a hundred equal layers makes the same calls a hundred times: a loop, though nobody has
written one. Calls get the same `colour` if they are of one kind, and what they read was made by
calls of one colour. A colour waits for those that make what it reads; so the colours are a graph.

    values      W a + b, tanh          each waits for the layer before: made in their order
    slopes      1 - y²                 none waits for another: made at once, when all y are there
    cotangents  z = ȳ ⊙ slope, z W     each waits for the layer behind
    gradients   z aᵀ                   made at once

Colours that wait for each other, its strongly connected components, are one loop, and its calls
keep their order; chains that do not touch are loops of their own. A colour that never waits for
itself is one call on arrays with one more axis.

Sources: Allen & Kennedy, "Automatic translation of Fortran programs to vector form" (1987), where
this is called loop distribution; Tarjan, "Depth-first search and linear graph algorithms" (1972);
colours as in the isomorphism test of Weisfeiler & Leman (1968).
"""

from collections import Counter
from heapq import heapify, heappop, heappush
from itertools import groupby

from adlab.plan.arenas import is_small
from adlab.plan.calls import View, identity

STACKABLE = ("entrywise", "matmul", "reduce")  # forms that arrays with one more axis can have
# So many calls back, what was read is told apart. Too few, and different steps of a loop get one
# colour: they seem to wait for themselves, and are made one by one. 3 was found by trying, on the
# ladders of the benchmarks.
DEPTH = 3
FEWEST_TURNS = 8  # of a loop that is made as one


class Placed:
    """A call and the loop that it stands in.

    `at_once`: may the calls of this loop be made in any order? `period`: or are they so many steps,
    made in turn many times? `readers`: how many times is the result read, or handed out?

    Results of one `kind` lie side by side in memory, colour by colour, and there in the order of
    `oldest`, the number of the oldest slot that the call reads: so what belongs to one layer lies
    where the layer lies among others. `age` is what they are sorted by.
    """

    def __init__(self, call):
        self.call, self.phase = call, call.out.phase
        self.kind, self.colour, self.loop, self.readers = kind(call), None, None, 0
        self.at_once, self.period = False, 0
        self.oldest = min((v.slot.number for v in call.views), default=call.out.number)
        self.age = (self.oldest,)  # until its loop is known
        self.small = all(map(is_small, (*call.views, call.out)))


def arranged(calls):
    """The calls as Placed, loop by loop."""
    placed = list(map(Placed, calls))

    # Which calls have made what a call reads, by number. An input is made by none: it has a
    # negative number, how often it is read: W, read twice, is -2, its tangent, read once, -1; so
    # W a and W_dot a differ in colour.
    number = {p.call.out: i for i, p in enumerate(placed)}
    readers = Counter(v.slot for call in calls for v in call.views)
    makers = [[number.get(v.slot, -readers[v.slot]) for v in p.call.views] for p in placed]
    waits = [{i for i in made_by if i >= 0} for made_by in makers]

    # Which loop each stands in, and whether its calls wait for each other.
    colours = coloured(placed, makers)
    loops, in_turn = loops_of(colours, waits)
    oldest, many = {}, Counter(loops)
    for p, colour in zip(placed, colours, strict=True):
        oldest[colour] = min(p.oldest, oldest.get(colour, p.oldest))
    for p, colour, loop in zip(placed, colours, loops, strict=True):
        p.colour, p.loop, several = colour, loop, loop not in in_turn and many[loop] > 1
        p.at_once = several and p.small and p.call.form[0] in STACKABLE
        p.age = oldest[colour], colour, p.oldest
        p.readers = readers[p.call.out] + p.call.out.handed_out

    # Loop by loop, each when those that it waits for have had their turn.
    turn = {loop: k for k, loop in enumerate(in_order(placed, waits))}
    placed.sort(key=lambda p: (p.phase, turn[p.loop], p.age if p.at_once else ()))
    for loop, several in groupby(placed, lambda p: p.loop):
        if loop in in_turn:
            several = list(several)
            period, n = turns([p.kind for p in several])
            for p in several[:n]:
                p.period = period
    return placed


def turns(items):
    """(p, n): the first n items are the first p again and again, (0, 0) if that is too seldom.

    The longest such beginning, by the failure function of Knuth, Morris & Pratt.
    """
    found, same, k = (0, 0), [], 0
    for n, item in enumerate(items, 1):
        while k and item != items[k]:
            k = same[k - 1]
        k += n > 1 and item == items[k]
        same.append(k)  # so many of the first n items are the last of them too, and not all
        if n >= FEWEST_TURNS * (n - k):
            found = n - k, n // (n - k) * (n - k)
    return found


# ---- Colours -----------------------------------------------------------------------------------


def coloured(placed, makers):
    """A number for each call, equal for calls that are the same step of a loop.

    It begins with what a call is, and adds what made its operands, three calls back: so the steps
    of one layer differ, and the same step of two layers does not. Large calls of a phase have one
    colour: they keep their order, for the sake of memory.
    """
    colours = numbered(p.kind if p.small else ("large", p.phase) for p in placed)
    for _ in range(DEPTH):
        colours = numbered(
            (c, *(colours[i] if i >= 0 else i for i in made_by)) if p.small else c
            for p, c, made_by in zip(placed, colours, makers, strict=True)
        )
    shared = Counter(
        (c, v) for p, c in zip(placed, colours, strict=True) for v in inputs_of(p.call)
    )
    return numbered(  # p x1 and p x2 share p, so they lie evenly spaced; q x3 gets another colour
        (c, *(v for v in inputs_of(p.call) if shared[c, v] > 1)) if p.small else c
        for p, c in zip(placed, colours, strict=True)
    )


def numbered(keys):
    known = {}
    return [known.setdefault(key, len(known)) for key in keys]


def inputs_of(call):
    return [v for v in call.views if v.slot.call is None]


def kind(call):
    """Equal for calls of equal form in one phase, on arrays that look equal."""
    operands = [
        (x.shape, x.strides, x.offset, x.slot.shape, x.slot.dtype)
        if isinstance(x, View)
        else identity(x)
        for x in call.operands
    ]
    return call.form, call.out.phase, call.out.shape, call.out.dtype, *operands


# ---- Loops -------------------------------------------------------------------------------------


def loops_of(colours, waits):
    """(a loop for each call, those whose calls wait for each other)

    Colours that wait for each other are one loop, or several where their calls are not linked; each
    other colour is one of its own.
    """
    graph = {c: set() for c in colours}
    for c, others in zip(colours, waits, strict=True):
        graph[c].update(colours[i] for i in others)
    part = components(graph)
    many = Counter(part.values())
    in_turn = {part[c] for c in part if many[part[c]] > 1 or c in graph[c]}
    parts = [part[c] for c in colours]
    loops = numbered(
        (n, chain if n in in_turn else None)
        for n, chain in zip(parts, apart(parts, waits), strict=True)
    )
    return loops, {loop for loop, n in zip(loops, parts, strict=True) if n in in_turn}


def apart(parts, waits):
    """A number for each call, equal for calls of a part that are linked within it.

    Two chains of products have one colour, but do not wait for each other.
    """
    found = list(range(len(parts)))

    def first(i):
        while found[i] != i:
            found[i] = i = found[found[i]]
        return i

    for i, others in enumerate(waits):
        for other in others:
            if parts[i] == parts[other]:
                found[first(i)] = first(other)
    return list(map(first, range(len(parts))))


def components(graph):
    """{node: number of its strongly connected component}, of {node: nodes that it leads to}."""
    found, place, low, path, todo = {}, {}, {}, [], []

    def enter(node):
        place[node] = low[node] = len(place)
        path.append(node)
        todo.append((node, iter(graph[node])))

    for root in graph:
        if root not in place:
            enter(root)
        while todo:
            node, others = todo[-1]
            other = next(others, None)
            if other is None:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == place[node]:  # no node before this one can be reached from it
                    while node not in found:
                        found[path.pop()] = place[node]
            elif other not in place:
                enter(other)
            elif other not in found:
                low[node] = min(low[node], place[other])
    return found


def in_order(placed, waits):
    """The loops, each after those it waits for; among these the one that was begun first."""
    begun, left, followers = {}, {}, {}
    for i, (p, others) in enumerate(zip(placed, waits, strict=True)):
        begun.setdefault(p.loop, (p.phase, i))
        left.setdefault(p.loop, set()).update(placed[k].loop for k in others)
    for loop, others in left.items():
        others.discard(loop)
        for other in others:
            followers.setdefault(other, []).append(loop)
    ready = [(begun[loop], loop) for loop, others in left.items() if not others]
    heapify(ready)
    while ready:
        _, loop = heappop(ready)
        yield loop
        for other in followers.get(loop, ()):
            left[other].remove(loop)
            if not left[other]:
                heappush(ready, (begun[other], other))
