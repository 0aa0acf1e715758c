"""Dual numbers: a value and its tangent, which travel together through a function.

    jvp: the arguments are (x, v), the result is (f(x), J v); nothing is written down.

Each operation takes the values of its arguments to a value, and pushes their tangents through its
Jacobian at that point. What the tangents are pushed through may itself be traced, or dual: so
`jvp` of `grad` is a Hessian times a vector.

Source: Clifford's dual numbers a + b ε with ε² = 0 (1873); as forward mode: Griewank & Walther,
*Evaluating Derivatives*, chapter 3.
"""

from adlab.followed import Followed, Follower, in_use, rule_of
from adlab.networks import returns_several
from adlab.operations import not_real
from adlab.trees import leaves, rebuilt
from adlab.vectors import floats


class Dual(Followed):
    """A value and k tangents of it, along a leading axis."""

    __slots__ = ("tangents",)

    def __init__(self, value, follower, tangents):
        self.value, self.follower, self.tangents = value, follower, tangents


class Duals(Follower):
    """Pushes tangents along, step by step."""

    def operate(self, function, rules, args, settings):
        """A function of NumPy: its value, and the tangents pushed through its Jacobians."""
        values, moving = [*args], []
        for k, a in enumerate(args):
            if type(a) is Dual and a.follower is self:
                values[k] = a.value
                moving.append((k, a.tangents))
        y = function(*values, **settings)
        if y.dtype.kind != "f":
            raise TypeError(not_real(y, function))
        Y_dot = None
        for k, V in moving:
            moved = rule_of(function, rules, k)(y, *values, **settings).push(V)
            Y_dot = moved if Y_dot is None else Y_dot + moved
        return Dual(y, self, Y_dot)

    def step(self, layer, args):
        values = layer.arguments([self.parts(a)[0] for a in args])
        y, Y_dot = layer.pushforward(values, tuple(self.parts(a)[1] for a in args))
        if returns_several(layer):
            return tuple(self.dual(part, v) for part, v in zip(y, Y_dot, strict=True))
        return self.dual(y, Y_dot)

    def dual(self, y, V):
        """A value that does not move is a plain one."""
        return y if V is None else Dual(y, self, V)

    def parts(self, a):
        """(value, tangents) of a, None for tangents that are zero."""
        if isinstance(a, Dual) and a.follower is self:
            return a.value, a.tangents
        return a, None


def push_along(f, args, V):
    """(y, Y_dot): f(*args), and its tangents for the tangents V of the arguments.

    Both have the form of what f returns; where a result does not move its tangents are None.
    """
    follower = Duals()
    y = follower.run(f, [follower.dual(a, v) for a, v in zip(args, V, strict=True)])
    if y is None:
        raise TypeError("the function returns None: does it lack a `return`?")
    parts = list(map(follower.parts, leaves(y)))
    if not parts:
        raise TypeError("the function returns no value: there is nothing to differentiate")
    values, tangents = zip(*parts, strict=True)
    values = [floats(in_use(a), "a result", float) for a in values]
    return rebuilt(y, values), rebuilt(y, tangents)
