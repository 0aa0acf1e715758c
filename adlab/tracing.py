"""Tracing: a function written with NumPy is run once, and what it does is written down.

    y, J = trace(f, (x1, x2))

The arguments are followed (`followed.py`). Each operation becomes an equation, with the Row of its
Jacobians at this point; the equations are a Network, and J is its Jacobian, so `J @ v` is a forward
sweep and `u @ J` a reverse sweep, as ever. `if` and `for` see the values: what is written down is
the way that was taken.

    print(J.net)                   the equations
    J.local["y3"]                  the Row of one of them

Source: tracing by running on special values is HIPS autograd's and JAX's way.
"""

import numpy as np

from adlab.followed import Followed, Follower
from adlab.networks import Equation, Network, NetworkJacobian, returns_several, with_last_uses
from adlab.trees import is_tree, leaves, rebuilt
from adlab.vectors import floats


class Traced(Followed):
    """A value and its name in the equations."""

    __slots__ = ("name",)

    def __init__(self, value, follower, name):
        self.value, self.follower, self.name = value, follower, name


class Trace(Follower):
    """The equations that a function has gone through, and their Jacobians."""

    def __init__(self, inputs):
        super().__init__()
        self.inputs = tuple(inputs)
        self.equations = []
        self.rows = []
        self.constants = {}

    def step(self, layer, args):
        self.check_open(args)
        names = tuple(self.name_of(a) for a in args)
        y, row = layer.rule(*layer.arguments([self.value_of(a) for a in args]))
        several = returns_several(layer)
        outputs = tuple(self.new("y") for _ in y) if several else (self.new("y"),)
        self.equations.append(Equation(outputs, layer, names))
        self.rows.append(row)
        if several:
            return tuple(Traced(part, self, n) for part, n in zip(y, outputs, strict=True))
        return Traced(y, self, outputs[0])

    def mine(self, a):
        return isinstance(a, Traced) and a.follower is self

    def value_of(self, a):
        return a.value if self.mine(a) else a

    def name_of(self, a):
        """The name of a value that is followed, or of a new constant."""
        if self.mine(a):
            return a.name
        name = self.new("c")
        self.constants[name] = floats(a, "a constant", np.dtype(float))
        return name

    def new(self, letter):
        """A name that no argument has: the equations are counted, and so are the constants."""
        made = self.equations if letter == "y" else self.constants
        name = f"{letter}{len(made) + 1}"
        return name if name not in self.inputs else name + "_"


class TracedNetwork(Network):
    """The equations of a Trace as a Network: the way that the function took at these arguments."""

    def __init__(self, trace, returned, title, several):
        self.title, self.inputs, self.several = title, trace.inputs, several
        self.outputs = tuple(trace.name_of(y) for y in returned)
        self.equations = with_last_uses(trace.equations, self.outputs)
        self.constants, self.weak = trace.constants, set()


def trace(f, args, names, title):
    """(y, J): f(*args), and its Jacobian, a Row with one block for each argument.

    A result that is a list, tuple or dict of arrays comes back in its form, and J has its arrays
    from left to right as outputs.
    """
    follower = Trace(names)
    try:
        returned = f(*(Traced(a, follower, n) for a, n in zip(args, names, strict=True)))
    finally:
        follower.open = False
    if returned is None:
        raise TypeError(f"{title} returns None: does it lack a `return`?")
    results = [y if follower.mine(y) else floats(y, "a result", None) for y in leaves(returned)]
    net = TracedNetwork(follower, results, title, is_tree(returned))
    ys = tuple(follower.value_of(y) for y in results)
    J = NetworkJacobian(net, follower.rows, args, ys if net.several else ys[0])
    return rebuilt(returned, ys), J
