"""Checkpoints: memory against recomputation.

    checkpoint(f)      f as one step that keeps its arguments alone; what happens inside is
                       evaluated again when a cotangent comes back

Reverse mode needs the values of the evaluation in the opposite order. A chain of L steps that
stores all of them holds L states. A Schedule says which states are stored, and which steps are
evaluated again from them:

    store_all(L)                 L + 1 states, nothing is evaluated again
    square_root(L)               about 2 √L states, each step is evaluated once more
    binomial(L, snapshots)       the fewest evaluations for that many snapshots

    checkpointed_chain(steps, x, schedule)       the chain, to be differentiated in any way

Sources: Griewank & Walther, *Algorithm 799: revolve* (2000), and *Evaluating Derivatives*, chapter
12; Chen et al., *Training deep nets with sublinear memory cost* (2016), for the square root.
"""

from dataclasses import dataclass
from math import comb, isqrt

import numpy as np

from adlab.custom import constant_result
from adlab.duals import push_along
from adlab.followed import Followed
from adlab.jacobians import Jacobian, Row, Transposed
from adlab.networks import Argument
from adlab.tracing import trace
from adlab.transforms import Function, arranged, like, name, outline
from adlab.trees import holds_arrays, is_tree, leaves, rebuilt
from adlab.vectors import count

# ---- A function that is evaluated again ----------------------------------------------------------


def checkpoint(f):
    """f, of which a reverse sweep keeps the arguments alone: it is evaluated again when pulled.

    Arguments and results are arrays, or lists, tuples and dicts of them; in a Network that is being
    recorded, single arrays. What f takes from outside must be constant: a value that is being
    differentiated has to be an argument. JAX calls it `checkpoint` too, or `remat`.
    """
    if not callable(f):
        raise TypeError(f"checkpoint wants a function, got {type(f).__name__}")

    @like(f)
    def checkpointed(*args):
        arrays = [leaf for a in args for leaf in leaves(a, holds_arrays)]
        if not any(hasattr(type(a), "record") for a in arrays):
            return f(*args)
        form_in, form_out = tuple(map(outline, args)), []

        def packed(*arrays):
            y = f(*arranged(arrays, form_in))
            form_out[:] = [outline(y, is_tree)]
            return joined(y) if is_tree(y) else y

        packed.__name__ = name(f)
        y = Checkpointed(packed, len(arrays))(*arrays)
        return parted(y, *form_out) if any(map(is_tree, form_out)) else y

    return checkpointed


def joined(tree):
    """The arrays of a tree as one vector."""
    return np.concatenate([np.ravel(leaf) for leaf in leaves(tree)])


def parted(y, tree):
    """The inverse: the vector y cut into arrays like those of the tree."""
    parts, start = [], 0
    for leaf in leaves(tree):
        end = start + np.size(leaf)
        part = np.reshape(y[start:end], np.shape(leaf))
        parts.append(part.astype(np.result_type(leaf)))
        start = end
    return rebuilt(tree, parts)


class Checkpointed(Function):
    """A plain function of arrays with one result, as a layer that keeps its arguments alone."""

    def value(self, *args):
        for a in args:  # of a transform further out, for which this is one step too
            if isinstance(a, Followed):
                return a.record(self, args)
        return constant_result(self.f(*args), args, self.name)

    def rule(self, *args):
        y = self.value(*args)
        return y, Again(self, args, y)

    def pushforward(self, args, V):
        """For a transform further out, that is a checkpoint again: of the arguments and of V."""
        moving = [k for k, v in enumerate(V) if v is not None]

        def pushed(*both):
            tangents = dict(zip(moving, both[len(args) :], strict=True))
            V = tuple(tangents.get(k) for k in range(len(args)))
            y, y_dot = push_along(self.f, both[: len(args)], V)
            if y_dot is None:
                y_dot = np.zeros((count(both[-1]), *np.shape(y)), np.result_type(y))
            return y, y_dot

        both = (*args, *(V[k] for k in moving))
        if any(isinstance(a, Followed) for a in both):
            return checkpoint(pushed)(*both)
        return tuple(constant_result(part, args, self.name) for part in pushed(*both))


class Again(Row):
    """The Jacobian of a checkpointed function: each push and each pull evaluates it again."""

    def __init__(self, layer, args, y):
        Jacobian.__init__(self, [a.shape for a in args], np.shape(y), np.result_type(y))
        self.layer, self.args = layer, args
        self.name = layer.name

    def push(self, V):
        return self.layer.pushforward(self.args, V)[1]

    def pull(self, U, wanted=None):
        """For a transform further out, that is a checkpoint again: of the arguments and of U."""
        wanted = wanted or (True,) * len(self)
        if not any(isinstance(a, Followed) for a in (*self.args, U)):
            return self.again().pull(U, wanted, once=True)

        def pulled(U, *args):
            _, J = trace(self.layer.f, args, self.layer)
            return [bar for bar in J.pull(U, wanted, once=True) if bar is not None]

        bars = iter(checkpoint(pulled)(U, *self.args))
        return tuple(next(bars) if w else None for w in wanted)

    def again(self):
        """The Jacobian that is kept nowhere: of f, traced."""
        return trace(self.layer.f, self.args, self.layer)[1]

    def held(self):
        return tuple(self.args)

    def push_flops(self, wanted):
        """As for the function itself; the evaluation is not counted, here as elsewhere."""
        return self.again().push_flops(wanted)

    def pull_flops(self, wanted, given=None):
        return self.again().pull_flops(wanted, given)

    def __getitem__(self, i):
        return tuple(Argument(self, k) for k in range(len(self)))[i]

    def __len__(self):
        return len(self.args)

    @property
    def T(self):
        return Transposed(self)

    def __repr__(self):
        m, n = self.shape
        return f"Jacobian of {self.name} {m}x{n}, evaluated again"


# ---- Schedules -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Schedule:
    """How a chain is evaluated: part after part. A number: so many steps, whose Jacobians are kept.
    A Schedule: a piece of which only the state at its start is kept; when the reverse sweep comes
    to it, it is evaluated again, as that schedule says.
    """

    parts: tuple

    @property
    def steps(self):
        """How many steps it is for."""
        return sum(part if isinstance(part, int) else part.steps for part in self.parts)

    @property
    def peak(self):
        """The most states that are held at a time, by the sweep that lets go what it has done.

        The state at the start counts, and each step whose Jacobian is kept, as one. To these come
        a cotangent for each level of `depth`, and two or three arrays to compute with.
        """
        held, most = 1, 1
        for i, part in enumerate(self.parts):
            if isinstance(part, int):
                held += part
            else:
                held += i > 0  # the state at the start of all is held already
                most = max(most, held - 1 + part.peak)
        return max(most, held)

    @property
    def evaluations(self):
        """How often a step is evaluated in all, for value and gradient."""
        again = sum(part.evaluations for part in self.parts if not isinstance(part, int))
        return self.steps + again

    @property
    def recomputed(self):
        """How many of these evaluations repeat an earlier one."""
        return self.evaluations - self.steps

    @property
    def depth(self):
        """How deep pieces are nested: no step is evaluated again more often than that."""
        inner = [part.depth for part in self.parts if not isinstance(part, int)]
        return 1 + max(inner) if inner else 0

    def __str__(self):
        """`[[3] [3] 2]`: brackets around pieces that are evaluated again."""
        return f"[{' '.join(map(str, self.parts))}]"


def store_all(steps):
    """Every step's Jacobian is kept: the plain reverse sweep."""
    return Schedule((whole_number(steps, "steps"),))


def square_root(steps):
    """Pieces of about √L steps, all but the last evaluated once more: about 2 √L states."""
    n = isqrt(whole_number(steps, "steps") - 1) + 1
    pieces = -(-steps // n)
    ends = [steps * i // pieces for i in range(pieces + 1)]
    *lengths, last = (b - a for a, b in zip(ends, ends[1:], strict=False))
    return Schedule((*(Schedule((n,)) for n in lengths), last))


def binomial(steps, snapshots):
    """The schedule with the fewest evaluations that holds at most `snapshots` states and one step.

    The state at the start is one of the snapshots. With s of them and no step advanced over more
    than r times, chains of (s + r)! / s! r! steps can be reversed. Source: Griewank & Walther.
    """
    whole_number(steps, "steps")
    whole_number(snapshots, "snapshots")
    if repetitions(steps, snapshots) > MOST:
        enough = next(s for s in range(snapshots, steps + 1) if repetitions(steps, s) <= MOST)
        raise ValueError(
            f"with {snapshots} snapshots, steps of a chain of {steps} would be evaluated "
            f"{repetitions(steps, snapshots)} times: give {enough} snapshots at least"
        )
    return revolve(steps, snapshots)


MOST = 25  # times that a step is evaluated again: pieces are nested as deep


def whole_number(n, role):
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"{role}={n!r} came, wanted a whole number of at least 1")
    return n


def repetitions(steps, snapshots):
    """The least r with steps <= (s + r)! / s! r!."""
    r = 0
    while comb(snapshots + r, snapshots) < steps:
        r += 1
    return r


def revolve(steps, snapshots):
    """The pieces from left to right: each is one snapshot less for those after it."""
    parts = []
    while steps > 1:
        r = repetitions(steps, snapshots)
        # the longest first piece that r repetitions allow, if enough is left for the others
        first = min(
            comb(snapshots + r - 1, snapshots),
            steps - (comb(snapshots + r - 2, snapshots - 1) if r > 1 else 1),
        )
        parts.append(revolve(first, snapshots))
        steps, snapshots = steps - first, max(snapshots - 1, 1)
    return Schedule((*parts, 1))


# ---- A chain -------------------------------------------------------------------------------------


def checkpointed_chain(steps, x, schedule):
    """x_L = g_L(... g_2(g_1(x))), held as the schedule says when it is differentiated.

    Each step is a function of x, or a tuple (g, *parameters) for g(*parameters, x); what shall be
    differentiated, parameters too, has to be in the tuple. The state x may be a list, tuple or dict
    of arrays.
    """
    steps = [step if isinstance(step, tuple) else (step,) for step in steps]
    for g, *_ in steps:
        if not callable(g):
            raise TypeError(f"a step is a function or (function, *parameters), not {g!r}")
    if schedule.steps != len(steps):
        raise ValueError(f"the schedule is for {schedule.steps} steps, {len(steps)} came")
    for part in schedule.parts:
        many = part if isinstance(part, int) else part.steps
        piece, steps = steps[:many], steps[many:]
        x = along(piece, x) if isinstance(part, int) else piece_again(piece, x, part)
    return x


def along(steps, x):
    for g, *parameters in steps:
        x = g(*parameters, x)
    return x


def piece_again(steps, x, schedule):
    """A checkpointed piece: its arguments are the state and the parameters of its steps.

    A parameter that several steps share is one argument, and has one cotangent.
    """
    functions = [g for g, *_ in steps]
    shared = {id(p): p for _, *ps in steps for p in ps}
    places = {key: k for k, key in enumerate(shared)}
    numbers = [[places[id(p)] for p in ps] for _, *ps in steps]

    def piece(x, *parameters):
        mine = [(g, *(parameters[k] for k in ks)) for g, ks in zip(functions, numbers, strict=True)]
        arrays = [leaf for part in (x, *parameters) for leaf in leaves(part, holds_arrays)]
        if any(isinstance(a, Followed) for a in arrays):
            return checkpointed_chain(mine, x, schedule)
        return along(mine, x)

    return checkpoint(piece)(x, *shared.values())
