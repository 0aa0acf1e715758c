"""Tracing: a function written with NumPy is run once, and what it does is written down.

    y, J = linearize(f, x1, x2)

The arguments are followed (`followed.py`). Each operation leaves a node: where its inputs come
from, and its Jacobian in each of them at this point. `if` and `for` see the values, so what is
written down is the way that was taken. `u @ J` goes up the list of nodes, a reverse sweep; `J @ v`
goes down, a forward sweep. To be looked at, the nodes are the equations of a Network:

    print(J.net)                   the equations
    J.local["y3"]                  the Row of one of them

Source: tracing by running on special values is HIPS autograd's and JAX's way.
"""

from functools import cached_property

import numpy as np

from adlab.followed import Followed, Follower, in_use, rule_of
from adlab.jacobians import Jacobian, Row
from adlab.layers import Layer
from adlab.networks import Equation, Network, NetworkJacobian, spans, with_last_uses
from adlab.operations import as_layer, not_real
from adlab.trees import is_tree, leaves, rebuilt
from adlab.vectors import count, floats, in_dtype, memory, total

IN_PLACE = (
    "adlab: an array that the derivative reads can't be changed in place before the function has "
    "returned: write into a copy, or make a new array"
)

SMALL = 2**12  # bytes of a constant that is copied at each use


class Traced(Followed):
    """A value and its number."""

    __slots__ = ("number",)

    def __init__(self, value, follower, number):
        self.value, self.follower, self.number = value, follower, number


class Trace(Follower):
    """The nodes of a function that is being run.

    A node is (parents, blocks, called): the numbers of its inputs, its Jacobians in them, and what
    was called: (function, arguments without those that are followed, the places of these, settings)
    or (layer, arguments in this way, Row). Values are counted through, first the arguments, then
    the nodes' results.
    """

    def __init__(self, given):
        super().__init__()
        self.given = given  # how many arguments
        self.nodes = []
        self.locked = []  # constants that can't be written to until the function has returned

    def operate(self, function, rules, args, settings):
        """A function of NumPy: its value, and a Jacobian for each argument that is followed."""
        values, places, parents, constants = [*args], [], [], []
        for k, a in enumerate(args):
            if type(a) is Traced and a.follower is self:
                values[k] = a.value
                places.append(k)
                parents.append(a.number)
            elif type(a) is np.ndarray:
                constants.append(k)
        y = function(*values, **settings)
        if y.dtype.kind != "f":
            raise TypeError(not_real(y, function))
        for k in constants:
            values[k] = steady(values[k])
        blocks, fixed = [], values.copy()
        for k in places:
            J = rule_of(function, rules, k)(y, *values, **settings)
            blocks.append(J)
            fixed[k] = None
        for k in constants:
            self.keep(values[k], blocks)
        self.nodes.append((parents, blocks, (function, fixed, places, settings)))
        return Traced(y, self, self.given + len(self.nodes) - 1)

    def step(self, layer, args):
        """A layer; what is not followed is a constant to it. A Network leaves its equations."""
        if isinstance(layer, Network):
            return layer.evaluate(layer.arguments(args), lambda equation, xs: equation.layer(*xs))
        mine = [k for k, a in enumerate(args) if self.follows(a)]
        values = layer.arguments([a.value if k in mine else steady(a) for k, a in enumerate(args)])
        y, row = layer.rule(*values)
        fixed = [None if k in mine else a for k, a in enumerate(values)]
        parents = [args[k].number for k in mine]
        blocks = [row[k] for k in mine] if type(row) is Row else Whole(row, mine)
        for a in fixed:
            self.keep(a, each(blocks))
        return self.note(y, (parents, blocks, (layer, fixed, row)))

    def keep(self, a, blocks):
        """A constant that these blocks may hold must not change before the function has returned.

        A small one they have as a copy (`steady`). A large one can't be written to for so long: who
        tries is told so by NumPy, in the line that would have made the derivative wrong. What is
        not noticed: a write through a view that was made before, and one after the function has
        returned, while the Jacobian is still used.
        """
        if type(a) is not np.ndarray or a.nbytes <= SMALL:
            return
        owner = memory(a)
        if any(J.held() for J in blocks):
            for array in (a, owner):
                if isinstance(array, np.ndarray) and array.flags.writeable:
                    array.flags.writeable = False
                    self.locked.append(array)

    def advice(self, error):
        return IN_PLACE if self.locked and "read-only" in str(error) else super().advice(error)

    def close(self):
        """The function has returned: nobody follows any more, and what was locked is free."""
        super().close()
        owners_first = sorted(self.locked, key=lambda a: isinstance(a.base, np.ndarray))
        self.locked.clear()
        for array in owners_first:  # NumPy lets a view be written to only if its owner is
            array.flags.writeable = True

    def note(self, y, node):
        number = self.given + len(self.nodes)
        self.nodes.append(node)
        return Traced(y, self, number)

    def follows(self, a):
        return type(a) is Traced and a.follower is self

    def value_of(self, a):
        return a.value if self.follows(a) else a


def steady(a):
    """A small constant as it is now, whatever the function does to it later; see `Trace.keep`."""
    return a.copy("K") if type(a) is np.ndarray and a.nbytes <= SMALL else a


class Pulled:
    """A block that has been pulled already."""

    def __init__(self, bar):
        self.bar = bar

    def pull(self, u):
        return self.bar


class Whole:
    """The blocks `mine` of a Row whose blocks do their work together: it is asked as a whole."""

    def __init__(self, row, mine):
        self.row, self.mine = row, mine

    def push(self, vs):
        given = dict(zip(self.mine, vs, strict=True))
        return self.row.push(tuple(given.get(k) for k in range(len(self.row))))

    def pulled(self, u, wanted):
        """What its blocks pull from u: one Pulled for each."""
        asked = [k for k, w in zip(self.mine, wanted, strict=True) if w]
        bars = self.row.pull(u, tuple(k in asked for k in range(len(self.row))))
        return [Pulled(bars[k]) for k in self.mine]

    def held(self):
        return self.row.held()


class TracedJacobian(NetworkJacobian):
    """The Jacobian of a traced function, a Row with one block per argument.

    `jumps`: is a result a whole number or a truth value? It does not move, but steps.
    """

    jumps = False

    def __init__(self, trace, results, args, several, layer):
        self.trace, self.args, self.several, self.layer = trace, args, several, layer
        self.ends = [y.number if trace.follows(y) else None for y in results]
        self.results = [None if trace.follows(y) else y for y in results]  # the constant ones
        self.shapes = tuple(y.shape for y in results)
        self.dtypes = tuple(y.dtype for y in results)
        shape_out = self.shapes if several else self.shapes[0]
        self.values = {}  # none is known by its name
        dtype = self.dtypes[0] if len(results) == 1 else np.result_type(*self.dtypes)
        Jacobian.__init__(self, [a.shape for a in args], shape_out, dtype)

    def push(self, V):
        """The forward sweep: down the nodes, each pushes the tangents of its inputs."""
        tangent = [*V, *(None for _ in self.trace.nodes)]
        for number, (parents, blocks, _) in enumerate(self.trace.nodes, len(V)):
            vs = [tangent[p] for p in parents]
            if type(blocks) is Whole:
                moved = [blocks.push(vs)] if any(v is not None for v in vs) else []
            else:
                moved = [J.push(v) for J, v in zip(blocks, vs, strict=True) if v is not None]
            tangent[number] = total(moved) if moved else None
        k = count(next(v for v in V if v is not None))
        tangent = [None if end is None else tangent[end] for end in self.ends]
        Y_dot = tuple(
            np.zeros((k, *shape), dtype) if v is None else in_dtype(v, dtype)
            for v, shape, dtype in zip(tangent, self.shapes, self.dtypes, strict=True)
        )
        return Y_dot if self.several else Y_dot[0]

    def pull(self, U, wanted=None, once=False):
        """The reverse sweep: up the nodes, each pulls the cotangent of its result to its inputs.

        A value that is used twice receives two cotangents, and they are added. `once`: nobody will
        ask again, so each node is let go after its turn, with what it holds.
        """
        nodes = self.trace.nodes if once else [*self.trace.nodes]
        n = len(self.args)
        cotangent = [None] * (n + len(nodes))
        given = U if self.several else (U,)
        for end, u in zip(self.ends, given, strict=True):
            if end is not None and u is not None:
                cotangent[end] = u if cotangent[end] is None else cotangent[end] + u
        needed = None if wanted is None or all(wanted) else self.moved_by_arguments(wanted)
        while len(cotangent) > n:
            u, (parents, blocks, _) = cotangent.pop(), nodes.pop()
            if u is None:
                continue
            if type(blocks) is Whole:
                J = None  # that of the last node goes, before this one needs memory
                blocks = blocks.pulled(u, [needed is None or needed[p] for p in parents])
            for p, J in zip(parents, blocks, strict=True):
                if needed is None or needed[p]:
                    bar, so_far = J.pull(u), cotangent[p]
                    cotangent[p] = bar if so_far is None else so_far + bar
        some = next(u for u in given if u is not None)

        def bar_of(u, a):
            if u is None:
                return np.zeros_like(some, a.dtype, shape=(len(some), *a.shape))
            return in_dtype(u, a.dtype)

        pairs = zip(cotangent, self.args, wanted or (True,) * n, strict=True)
        return tuple(bar_of(u, a) if w else None for u, a, w in pairs)

    def moved_by_arguments(self, wanted):
        """For each value, whether it moves when the wanted arguments do."""
        moved = list(wanted)
        for parents, _, _ in self.trace.nodes:
            moved.append(any(moved[p] for p in parents))
        return moved

    # ---- To be looked at, and counted ----

    @property
    def name(self):
        return self.layer.name

    @cached_property
    def net(self):
        return TracedNetwork(self)

    @cached_property
    def rows(self):
        return [row_of(node) for node in self.trace.nodes]

    @cached_property
    def given(self):
        return spans(self.args)

    def held(self):
        blocks = (block for _, blocks, _ in self.trace.nodes for block in each(blocks))
        return tuple(a for block in blocks for a in block.held())


def each(blocks):
    return (blocks,) if type(blocks) is Whole else blocks


def row_of(node):
    """The Row of one node; that of a layer has its constants too."""
    _, blocks, (function, *_, last) = node
    return last if isinstance(function, Layer) else Row(*blocks, name=function.__name__)


class TracedNetwork(Network):
    """The nodes as equations: the way that the function took, for these shapes of arguments."""

    def __init__(self, J):
        trace = J.trace
        self.title, self.inputs, self.several = J.name, tuple(J.layer.inputs), J.several
        self.constants, self.weak = {}, set()
        results = (self.free(f"y{i}") for i in range(1, len(trace.nodes) + 1))
        names = [*self.inputs, *results]
        equations = [
            self.equation(node, name, names)
            for node, name in zip(trace.nodes, names[len(self.inputs) :], strict=True)
        ]
        self.outputs = tuple(
            self.constant(y) if end is None else names[end]
            for end, y in zip(J.ends, J.results, strict=True)
        )
        self.equations = with_last_uses(equations, self.outputs)

    def free(self, name):
        """A name that no argument has."""
        return self.free(name + "_") if name in self.inputs else name

    def constant(self, a):
        name = self.free(f"c{len(self.constants) + 1}")
        self.constants[name] = a
        return name

    def equation(self, node, name, names):
        parents, _, called = node
        inputs = [names[p] for p in parents]
        if isinstance(called[0], Layer):
            layer, fixed, _ = called
            left = iter(inputs)
            inputs = [next(left) if a is None else self.constant(a) for a in fixed]
        else:
            layer = as_layer(*called)
        return Equation((name,), layer, tuple(inputs))


def is_whole(y):
    """Is it of whole numbers or truth values of NumPy's, or a truth value?"""
    return type(y) is bool or getattr(getattr(y, "dtype", None), "kind", "f") in "iub"


def trace(f, args, layer):
    """(y, J): f(*args), and its Jacobian, a Row with one block for each argument.

    A result that is a list, tuple or dict of arrays comes back in its form, and J has its arrays
    from left to right as outputs. `layer` knows the names, for the equations and for errors.
    """
    follower = Trace(len(args))
    tree = follower.run(f, [Traced(a, follower, k) for k, a in enumerate(args)])
    if tree is None:
        raise TypeError(f"{layer.name} returns None: does it lack a `return`?")
    results = [y if follower.follows(y) else in_use(y) for y in leaves(tree)]
    results = [floats(y, "a result", float) for y in results]
    if not results:
        raise TypeError(f"{layer.name} returns no value: there is nothing to differentiate")
    J = TracedJacobian(follower, results, args, is_tree(tree), layer)
    J.jumps = any(map(is_whole, leaves(tree)))
    ys = [follower.value_of(y) for y in results]
    return (rebuilt(tree, ys) if is_tree(tree) else ys[0]), J
