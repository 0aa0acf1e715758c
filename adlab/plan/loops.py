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
itself can be made at once: of small arrays, in one call on arrays with one more axis.

Sources: Allen & Kennedy, "Automatic translation of Fortran programs to vector form" (1987), where
this is called loop distribution; Tarjan, "Depth-first search and linear graph algorithms" (1972);
colours as in the isomorphism test of Weisfeiler & Leman (1968).
"""

from collections import Counter
from itertools import count, groupby

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

    `kind`: equal for calls that are alike. `small`: are all its arrays? `at_once`: are the calls
    of this loop made together? `period`: or are they so many steps, made in turn many times?
    `readers`: how many times is the result read, or handed out?

    What is made at once lies side by side in memory, in the order of `oldest`, the number of the
    oldest slot that the call reads: so what belongs to one layer lies where the layer lies among
    others.
    """

    def __init__(self, call):
        self.call, self.phase, self.kind = call, call.out.phase, kind(call)
        self.loop, self.at_once, self.period, self.readers = None, False, 0, 0
        self.oldest = min((v.slot.number for v in call.views), default=call.out.number)
        self.small = all(map(is_small, (*call.views, call.out)))


def arranged(calls):
    """The calls as Placed, loop by loop."""
    placed = list(map(Placed, calls))
    made = {p.call.out: i for i, p in enumerate(placed)}
    readers = Counter(v.slot for call in calls for v in call.views)
    waits = [{made[v.slot] for v in p.call.views if v.slot in made} for p in placed]
    colours = coloured(placed, made, readers)
    loops, waiting = loops_of(colours, waits)
    many = Counter(loops)
    for p, loop in zip(placed, loops, strict=True):
        p.loop, several = loop, loop not in waiting and many[loop] > 1
        p.at_once = several and p.small and p.call.form[0] in STACKABLE
        p.readers = readers[p.call.out] + p.call.out.handed_out
    return sorted(placed, key=lambda p: (p.phase, p.loop, p.oldest if p.at_once else 0))


def note_turns(placed):
    """Give a period to the calls that are made turn by turn."""
    for _, loop in groupby(placed, lambda p: p.loop):
        loop = list(loop)
        period, n = (0, 0) if loop[0].at_once else turns([p.kind for p in loop])
        for p in loop[:n]:
            p.period = period


def turns(items):
    """(p, n): the first n items are the first p again and again, (0, 0) if that is too seldom.

    The longest such beginning, by the failure function of Knuth, Morris & Pratt:

        a b a b a b a       items
        0 0 1 2 3 4 5       same: so many of the first n items are also the last of them

    So after n = 7 items the period is 7 - 5 = 2, and 6 items are whole turns. To begin with the
    first call is enough: what stands before a loop has colours of its own.
    """
    found, same, k = (0, 0), [], 0
    for n, item in enumerate(items, 1):
        while k and item != items[k]:
            k = same[k - 1]
        k += n > 1 and item == items[k]
        same.append(k)
        if n >= FEWEST_TURNS * (n - k):
            found = n - k, n // (n - k) * (n - k)
    return found


# ---- Colours -----------------------------------------------------------------------------------


def coloured(placed, made, readers):
    """A number for each call, equal for calls that are the same step of a loop.

    It begins with what a call is, and adds what made its operands, DEPTH times: so the steps of one
    layer differ, and the same step of two layers does not. Of five layers y = tanh(W y):

                    W x  tanh    W y  tanh    W y  tanh    W y  tanh    W y  tanh
        what it is    0     1      0     1      0     1      0     1      0     1
        once more     0     1      2     1      2     1      2     1      2     1
        once more     0     1      2     3      2     3      2     3      2     3
        once more     0     1      2     3      4     3      4     3      4     3

    The loop is 3, 4: what is near the input stays outside. An input is told by how often it is
    read: so W a and W_dot a differ. Large calls of a phase have one colour: they keep their order,
    for the sake of memory.
    """
    colours = numbered(p.kind if p.small else ("large", p.phase) for p in placed)

    def maker(slot):
        return colours[made[slot]] if slot in made else ("input", readers[slot])

    for _ in range(DEPTH):
        colours = numbered(
            (c, *(maker(v.slot) for v in p.call.views)) if p.small else c
            for p, c in zip(placed, colours, strict=True)
        )
    return told_by_shared_inputs(placed, colours)


def told_by_shared_inputs(placed, colours):
    """Calls of one colour that share an input, p x1 and p x2, differ from those that share another,
    q x3 and q x4: so what is made at once is evenly spaced in memory, p with distance 0.

    Else p x1, p x2, q x3, ... would be cut where the distance changes. It saves the JVP of ladders
    a seventh of its time.
    """
    read = [[(c, v) for v in inputs_of(p.call)] for p, c in zip(placed, colours, strict=True)]
    often = Counter(pair for pairs in read for pair in pairs)
    return numbered(
        (c, *(pair for pair in pairs if often[pair] > 1)) if p.small else c
        for p, c, pairs in zip(placed, colours, read, strict=True)
    )


def numbered(keys):
    known = {}
    return [known.setdefault(key, len(known)) for key in keys]


def inputs_of(call):
    return list(dict.fromkeys(v for v in call.views if v.slot.call is None))


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
    """(the loop of each call, those loops whose calls wait for each other)

    Colours that wait for each other are one loop, or several where their calls are not linked: two
    chains of products have one colour too. Each other colour is a loop of its own. A loop is a pair
    of numbers. Sorted by phase, for no call waits for a later one, and by these pairs, each loop
    comes after those that it waits for: the first number grows with waiting, and chains that have
    it in common do not wait for each other.
    """
    graph = {c: set() for c in colours}
    for c, others in zip(colours, waits, strict=True):
        graph[c].update(colours[i] for i in others)
    part = components(graph)
    many = Counter(part.values())
    waiting = {n for c, n in part.items() if many[n] > 1 or c in graph[c]}

    parts = [part[c] for c in colours]
    links = {i: set() for i, n in enumerate(parts) if n in waiting}
    for i in links:
        for k in waits[i]:
            if parts[k] == parts[i]:
                links[i].add(k)
                links[k].add(i)
    chain = components(links)  # links lead both ways: so these are connected components
    loops = [(n, chain.get(i, 0)) for i, n in enumerate(parts)]
    return loops, {loop for loop in loops if loop[0] in waiting}


def components(graph):
    """{node: number of its strongly connected component}, of {node: nodes that it leads to}.

    The numbers of those that it leads to are smaller.
    """
    found, place, low, path, todo, done = {}, {}, {}, [], [], count()

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
                    number = next(done)
                    while node not in found:
                        found[path.pop()] = number
            elif other not in place:
                enter(other)
            elif other not in found:
                low[node] = min(low[node], place[other])
    return found
