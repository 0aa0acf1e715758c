"""The sweeps of a network, for a plan: run on stand-ins, with nested networks written out.

They do what `Network.rule`, `NetworkJacobian.push` and `.pull` do, for values of which nothing is
known but that NumPy's functions take them: stand-ins or, for `hvp`, dual numbers of these,
which are `Followed`.
"""

from math import prod

import numpy as np

from adlab.followed import Followed
from adlab.layers import Linear
from adlab.networks import Network
from adlab.plan.standin import StandIn, Untraceable, plain
from adlab.plan.tape import viewed


class Node:
    """A value of the network; `moves`: does it depend on an argument we differentiate by?"""

    def __init__(self, value, moves=False):
        self.value, self.moves = value, moves


def evaluated(tape, net, inputs):
    """(outputs, steps): each step is (Local, nodes in, node out) of an equation that moves.

    The equations of nested networks stand among the others.
    """
    constants = net.constants_like([numbers(node.value) for node in inputs])
    nodes = {name: Node(a) for name, a in constants.items()}
    nodes |= dict(zip(net.inputs, inputs, strict=True))
    steps = []
    for equation in net.equations:
        ins = [nodes[name] for name in equation.inputs]
        if isinstance(equation.layer, Network):
            outs, inner = evaluated(tape, equation.layer, ins)
            nodes.update(zip(equation.outputs, outs, strict=True))
            steps += inner
            continue
        moves = any(node.moves for node in ins)
        y, local = applied(tape, equation.layer, [node.value for node in ins], moves)
        out = nodes[equation.outputs[0]] = Node(y, moves)
        if moves:
            steps.append((local, ins, out))
    return [nodes[name] for name in net.outputs], steps


def numbers(x):
    """The numbers at hand in place of an array that stands for many."""
    while isinstance(x, Followed):
        x = x.value
    return plain(x)


def is_known(x):
    return not isinstance(x, StandIn | Followed)


def pushed(steps, outputs, inputs, V):
    """The forward sweep: tangents of the outputs, None where they do not move."""
    tangent = dict(zip(inputs, V, strict=True))
    for local, ins, out in steps:
        tangent[out] = local.push(tuple(tangent.get(node) for node in ins))
    return [tangent.get(node) for node in outputs]


def pulled(steps, outputs, inputs, U):
    """The reverse sweep: cotangents of the inputs, None where nothing reaches them."""
    cotangent = {}

    def receive(node, u):
        if u is not None and node.moves:
            cotangent[node] = cotangent[node] + u if node in cotangent else u

    for node, u in zip(outputs, U, strict=True):
        receive(node, u)
    for local, ins, out in reversed(steps):
        if out in cotangent:
            bars = local.pull(cotangent.pop(out), tuple(node.moves for node in ins))
            for node, bar in zip(ins, bars, strict=True):
                receive(node, bar)
    return [cotangent.get(node) for node in inputs]


# ---- Layers on stand-ins ----------------------------------------------------------------------


def applied(tape, layer, xs, moves):
    """(y, Local): the value, and what pushes and pulls its vectors, if it moves."""
    if all(map(is_known, xs)):
        return layer.value(*xs), None
    rule = CHEAPER.get(type(layer), type(layer).rule)
    try:
        y, row = rule(layer, *xs) if moves else (layer.value(*xs), None)
        viewed(y)  # is it what it was when it was made?
    except Untraceable:  # it wants numbers, so it is given them, at each run
        y, row = None, None
    if is_known(y):  # not made of stand-ins: None, or numbers that hold for these xs alone
        y = as_it_is(tape, layer, xs)
    return y, Local(tape, layer, xs, row)


def as_it_is(tape, layer, xs):
    """The value of a layer that asks for numbers, by its own function at each run."""
    if any(isinstance(x, Followed) for x in xs):
        raise Untraceable(f"{layer.name} asks for numbers, of which it is to be differentiated")
    return tape.other(lambda *xs: np.array(layer.value(*xs)), xs, {})  # no view: numbers decide


class Local:
    """The Jacobian of one equation: its Row on stand-ins or, where that asks for numbers, the
    layer's own rule, run as it is."""

    def __init__(self, tape, layer, xs, row):
        self.tape, self.layer, self.xs, self.row = tape, layer, xs, row

    def push(self, V):
        if self.row is not None:
            try:
                return self.row.push(V)
            except Untraceable:
                pass  # so by the layer's own rule
        n, moving = len(self.xs), [i for i, v in enumerate(V) if v is not None]
        rule = self.layer.rule  # all that the function below keeps alive

        def push(*arrays):
            vs = [None] * n
            for i, v in zip(moving, arrays[n:], strict=True):
                vs[i] = v
            return np.array(rule(*arrays[:n])[1].push(tuple(vs)))

        return self.tape.other(push, (*self.xs, *(V[i] for i in moving)), {})

    def pull(self, U, wanted):
        if self.row is not None:
            try:
                return self.row.pull(U, wanted)
            except Untraceable:
                pass  # so by the layer's own rule, and all together by one call

        rule = self.layer.rule

        def pull(*arrays):  # one call gives one array: the bars side by side, cut apart below
            bars = rule(*arrays[:-1])[1].pull(arrays[-1], wanted)
            rows = [bar.reshape(len(bar), prod(bar.shape[1:])) for bar in bars if bar is not None]
            return np.concatenate(rows, 1)

        together, start, bars = self.tape.other(pull, (*self.xs, U), {}), 0, []
        for x, w in zip(self.xs, wanted, strict=True):
            n = prod(x.shape) if w else 0
            bar = together[:, start : start + n].reshape(len(U), *x.shape)
            own = np.result_type(numbers(U), numbers(x))  # side by side they took on the widest
            bars.append(bar.astype(own) if w else None)
            start += n
        return tuple(bars)


# ---- Layers that do better than their rule -----------------------------------------------------


class Rows:
    """The Jacobian of y = a Wᵀ + b for a batch: tangents are pushed as rows, as values are."""

    def __init__(self, row, W, a):
        self.row, self.W, self.a = row, W, a

    def push(self, V):
        dW, *others = V
        if dW is None:
            return self.row.push(V)
        moved = self.a @ np.swapaxes(dW, -1, -2)
        still = all(v is None for v in others)
        return moved if still else moved + self.row.push((None, *others))

    def pull(self, U, wanted):
        return self.row.pull(U, wanted)


def linear(layer, W, b, a):
    y, row = layer.rule(W, b, a)
    return y, Rows(row, W, a) if a.ndim == 2 else row


# Layer -> (y, what pushes and pulls), for layers whose own Jacobian is general but slow.
CHEAPER = {Linear: linear}
