"""A plan: a Network compiled once, for arguments of given shapes and types, to be run often.

    plan = Plan(net, *args)
    y = plan.value(*args)
    l, gradients = plan.value_and_grad(*args)
    y, pullback = plan.vjp(*args);  pullback(u)
    y, y_dot = plan.jvp(args, tangents)
    products = plan.hvp(args, tangents)     # H v
    J = plan.jacobian(*args)

The sweeps of `networks.py` are run once more, on arrays that stand in for any: what NumPy is asked
to do is written on a tape, and the tape becomes a flat list of bound calls in memory of its own. So
a plan does what the Jacobians of the layers do, without making them again each time, and needs no
derivatives of its own; one, for Linear, is there because it is faster.

A layer that asks for numbers while it is traced, as MaxPool does, is run as it is, once for its
value and once more for its vectors: so it must not draw at random. What is decided while a question
is traced, when it is first asked, stays: shapes, the settings of layers, what another layer draws
at random, and the numbers of constants, which are copied.

    y = tanh(W a + b) of one vector a, pulled to W and b:

                    phase 0: the value          phase 1: what is pulled or pushed
        written     W a   + b   tanh   y²   s = 1 - y²  |  z = ȳ s   W̄ = z aᵀ   (b̄ is z)
        made        W a   + b   tanh  |  y²   s = 1 - y²   z = ȳ s   W̄ = z aᵀ

    y² and s are written down with the value, but only phase 1 reads them: so they are made there.

To be read in this order:

    written down    calls.py      a call, and the memory it reads and writes
                    standin.py    an array that stands in for any array of its shape
                    tape.py       what NumPy is asked to do, call by call
                    sweeps.py     the sweeps, on stand-ins
    arranged        program.py    what is done to the calls, step by step
                    loops.py      in which order they are made, at once or turn by turn
                    arenas.py     where each array lies
                    forms.py      how NumPy is asked, so that it answers soonest
                    binding.py    calls bound to their memory: functions without arguments
                    exchange.py   what comes in, and what goes out

    faster          simpler.py    cheaper calls of the same result
                    scalars.py    chains of single numbers

A plan is right without the last two (skip `simpler` and `in_python` where they are called), and
with its calls in the order of the tape in place of loops.py, but slower: `python -m
benchmarks.improvements` measures what each idea brings.

Sources: FFTW's plans; Griewank & Walther, *Evaluating Derivatives*, chapter 6.
"""

import gc
from contextlib import contextmanager
from functools import wraps
from itertools import accumulate
from operator import attrgetter
from types import SimpleNamespace

import numpy as np

from adlab.duals import push_along
from adlab.networks import Network, function_name
from adlab.plan.program import Program
from adlab.plan.standin import Untraceable
from adlab.plan.sweeps import Node, evaluated, pulled, pushed
from adlab.plan.tape import Tape
from adlab.transforms import Function, as_layer, hvp, numbered, places_among
from adlab.trees import is_tree
from adlab.vectors import basis, floats, size

KIND = attrgetter("__class__", "shape", "dtype")  # what a plan is made for


class Plan:
    """A Network, or a function made of layers, compiled for arguments like these.

    `argnums` are the arguments to differentiate by, as in `grad`: a number, or several; without it
    all, and gradients are a tuple of all. Results are the caller's own; with `reuse=True` arrays
    lie in the same memory each time, overwritten by the next call, which saves copies: don't hand
    them in as arguments, nor write into a value before you have pulled through it.

    What is asked first is compiled when it is asked first. A plan has one memory, so threads that
    share it wait for each other; give each its own plan where they should not.

    Arguments of other shapes or types are a ValueError: a plan is made for one size.
    """

    def __init__(self, net, *args, argnums=None, reuse=False):
        from threading import Lock  # here, so that `import adlab` loads little besides NumPy

        self.net = as_network(net, len(args))
        arrays = self.net.arguments(args)
        y = self.net.value(*arrays)  # says where shapes do not fit
        self.kinds = list(map(KIND, arrays))
        self.results = list(map(KIND, map(np.asarray, y if self.net.several else (y,))))
        everything = tuple(range(len(arrays)))
        self.chosen = everything if argnums is None else places_among(argnums, len(arrays))
        self.single = isinstance(argnums, int | np.integer)
        self.reuse = reuse
        self.programs, self.by_columns = {}, ()
        self.lock = Lock()
        self.kept = 0  # the number of the vjp whose values are in memory

    def value(self, *args):
        """net(*args)"""
        args = self.checked(args)
        with self.lock:
            return self.as_returned(self.run("value", args))

    def value_and_grad(self, *args):
        """(l, gradients): the value, one scalar, and a gradient for each chosen argument."""
        args = self.checked(args)
        with self.lock:
            l, *bars = self.run("value_and_grad", args)
        return l, self.as_asked(bars)

    def vjp(self, *args):
        """(y, pullback): pullback(u) are the cotangents of the arguments, by one reverse sweep.

        A pullback reads `args`: do not change them in place while you use it.
        """
        args = self.checked(args)
        with self.lock:
            number = self.next_vjp()
            y = self.as_returned(self.run("vjp", args, stage=0))

        def pullback(u):
            nonlocal number
            us = self.like("cotangent", u if self.net.several else (u,), self.results)
            with self.lock:
                if number != self.kept:  # the memory holds the values of another vjp
                    again = self.next_vjp()
                    self.run("vjp", args, stage=0)
                    number = again  # not before: the run may fail
                return self.as_asked(self.run("vjp", us, stage=1))

        return y, pullback

    def jvp(self, args, tangents):
        """(y, y_dot): the value, and its change along the tangents of the chosen arguments."""
        args = self.checked(args)
        tangents = self.along(tangents)
        with self.lock:
            found = self.run("jvp", (*args, *tangents))
        n = len(self.results)
        return self.as_returned(found[:n]), self.as_returned(found[n:])

    def hvp(self, args, tangents):
        """H v, the Hessian of a scalar by the chosen arguments times a vector, as in `hvp`.

        Where a layer asks for numbers, as MaxPool does, `hvp` itself is run: no faster than that.
        """
        args = self.checked(args)
        tangents = self.along(tangents)
        with self.lock:
            return self.as_asked(self.run("hvp", (*args, *tangents)))

    def jacobian(self, *args):
        """The whole Jacobian by the chosen arguments, each block of shape output + input.

        In one sweep, matrix-valued: of all columns or of all rows, whichever are fewer. What was
        pushed column by column is handed out as it lies in memory, transposed.
        """
        args = self.checked(args)
        with self.lock:
            blocks = self.run("jacobian", args)
        if self.by_columns:
            blocks = [X.transpose(axes) for X, axes in zip(blocks, self.by_columns, strict=True)]
        if self.single and not self.net.several:
            return blocks[0]
        n = len(self.chosen)
        return self.as_returned(
            [self.as_asked(blocks[i : i + n]) for i in range(0, len(blocks), n)]
        )

    def next_vjp(self):
        self.kept += 1
        return self.kept

    def as_returned(self, ys):
        return tuple(ys) if self.net.several else ys[0]

    def as_asked(self, parts):
        return parts[0] if self.single else tuple(parts)

    # ---- What comes in ----------------------------------------------------------------------

    def checked(self, args):
        """The arguments, arrays of the shapes and types that the plan was made for."""
        if fit(args, self.kinds):
            return args
        self.net.names_of(len(args))
        return self.like("argument", args, self.kinds, self.net.inputs)

    def along(self, tangents):
        """The tangents of the chosen arguments, a tuple."""
        tangents = (tangents,) if self.single else tangents
        return self.like("tangent", tangents, [self.kinds[i] for i in self.chosen])

    def like(self, role, arrays, kinds, names=None):
        """Arrays of these shapes and types; a ValueError that says what came and what is wanted."""
        if isinstance(arrays, tuple) and fit(arrays, kinds):
            return arrays
        if not isinstance(arrays, tuple | list) or len(arrays) != len(kinds):
            came = len(arrays) if isinstance(arrays, tuple | list) else type(arrays).__name__
            raise ValueError(f"{self!r} wants {len(kinds)} {role}s, {came} came")
        found = []
        for i, (x, (_, shape, dtype)) in enumerate(zip(arrays, kinds, strict=True)):
            name = f"{role} {names[i] if names else i + 1}"
            a = floats(x, f"{name} of {self.net.name}", dtype)
            if not isinstance(a, np.ndarray):
                raise TypeError(f"{name}: a plan takes arrays, {type(a).__name__} came")
            if (a.shape, a.dtype) != (shape, dtype):
                raise ValueError(
                    f"{name} of {self.net.name} has shape {a.shape} and type {a.dtype}, the plan "
                    f"was made for {shape} and {dtype}: make another with Plan(net, *args)"
                )
            found.append(a)
        return found

    def __repr__(self):
        shapes = ", ".join(
            f"{name} {shape}"
            for name, (_, shape, _) in zip(self.net.inputs, self.kinds, strict=True)
        )
        return f"Plan of {self.net.name}({shapes})"

    # ---- Programs ---------------------------------------------------------------------------

    def run(self, what, arrays, stage=0):
        program = self.programs.get(what) or self.compiled(what, arrays)
        return program.run(arrays, stage)

    def compiled(self, what, arrays):
        """The program for `what`, which is made when it is needed for the first time."""
        with no_search_for_garbage():
            program = self.programs[what] = getattr(self, f"compile_{what}")(arrays)
        return program

    def recorded(self, arrays):
        """(tape, nodes of the arguments, of the results, the steps that move); phase 1 begins."""
        tape = Tape()
        inputs = [Node(tape.input(a)) for a in arrays]
        for i in self.chosen:
            inputs[i].moves = True
        outputs, steps = evaluated(tape, self.net, inputs)
        tape.phase = 1
        return tape, inputs, outputs, steps

    def compile_value(self, arrays):
        tape = Tape()
        outputs, _ = evaluated(tape, self.net, [Node(tape.input(a)) for a in arrays])
        return Program(tape, [[node.value for node in outputs]], reuse=self.reuse)

    def compile_value_and_grad(self, arrays):
        tape, inputs, outputs, steps = self.recorded(arrays)
        bars = self.gradient(steps, outputs, inputs)
        return Program(tape, [[], [outputs[0].value, *bars]], reuse=self.reuse)

    def gradient(self, steps, outputs, inputs):
        """1 J, for a network with one scalar result."""
        if self.net.several or self.results[0][1] != ():
            shapes = ", ".join(str(shape) for _, shape, _ in self.results)
            raise ValueError(
                f"a gradient wants one scalar, {self.net.name} gives {shapes}: "
                "use vjp with a cotangent"
            )
        return self.cotangents(steps, outputs, inputs, [np.ones(1, self.results[0][2])])

    def compile_hvp(self, arrays):
        """Forward over reverse: the sweeps once more, on dual numbers of stand-ins."""
        n, tape = len(self.kinds), Tape()
        xs = [tape.input(a) for a in arrays[:n]]
        V = [tape.input(v) for v in arrays[n:]]

        def gradient(*moving):
            inputs = list(map(Node, xs))
            for i, x in zip(self.chosen, moving, strict=True):
                inputs[i] = Node(x, True)
            outputs, steps = evaluated(tape, self.net, inputs)
            tape.phase = 1
            return self.gradient(steps, outputs, inputs)

        moving = [xs[i] for i in self.chosen]
        try:
            _, dots = push_along(gradient, moving, [v.reshape(1, *v.shape) for v in V])
        except Untraceable:
            return SimpleNamespace(run=self.hvp_as_it_is)  # in place of a Program
        dots = [one_of(v, *self.kinds[i][1:]) for v, i in zip(dots, self.chosen, strict=True)]
        return Program(tape, [[], dots], reuse=self.reuse)

    def hvp_as_it_is(self, arrays, stage):
        args, V = list(arrays[: len(self.kinds)]), arrays[len(self.kinds) :]

        def moved(*moving):
            xs = list(args)
            for i, x in zip(self.chosen, moving, strict=True):
                xs[i] = x
            return self.net(*xs)

        return hvp(moved, tuple(args[i] for i in self.chosen), tuple(V))

    def compile_vjp(self, arrays):
        tape, inputs, outputs, steps = self.recorded(arrays)
        U = [tape.input(np.ones(shape, dtype)) for _, shape, dtype in self.results]
        bars = self.cotangents(steps, outputs, inputs, [u.reshape(1, *u.shape) for u in U])
        ys = [node.value for node in outputs]
        return Program(tape, [ys, bars], again=True, reuse=self.reuse)

    def cotangents(self, steps, outputs, inputs, U):
        bars = pulled(steps, outputs, inputs, U)
        return [one_of(bars[i], *self.kinds[i][1:]) for i in self.chosen]

    def compile_jvp(self, arrays):
        n = len(self.kinds)
        tape, inputs, outputs, steps = self.recorded(arrays[:n])
        V = [tape.input(v) for v in arrays[n:]]
        moving = [inputs[i] for i in self.chosen]
        dots = pushed(steps, outputs, moving, [v.reshape(1, *v.shape) for v in V])
        dots = [one_of(v, *kind) for v, (_, *kind) in zip(dots, self.results, strict=True)]
        return Program(tape, [[], [*(node.value for node in outputs), *dots]], reuse=self.reuse)

    def compile_jacobian(self, arrays):
        tape, inputs, outputs, steps = self.recorded(arrays)
        rows = tuple(shape for _, shape, _ in self.results)
        columns = tuple(self.kinds[i][1] for i in self.chosen)
        moving = [inputs[i] for i in self.chosen]
        dtype = np.result_type(*(dtype for *_, dtype in (*self.kinds, *self.results)))
        if size(rows) <= size(columns):  # e_i J, for all i at once
            bars = pulled(steps, outputs, moving, basis(rows, dtype))
            blocks = [cut(bar, rows)[j] for j in range(len(rows)) for bar in bars]
            shapes = [(*m, *n) for m in rows for n in columns]
        else:  # J e_j
            dots = pushed(steps, outputs, moving, basis(columns, dtype))
            blocks = [block for dot in dots for block in cut(dot, columns)]
            shapes = [(*n, *m) for m in rows for n in columns]
            self.by_columns = [swapped(len(n), len(m)) for m in rows for n in columns]
        blocks = [one_of(X, shape, dtype) for X, shape in zip(blocks, shapes, strict=True)]
        return Program(tape, [[], blocks], reuse=self.reuse)


def fit(arrays, kinds):
    """Are these plain arrays of the kinds?"""
    try:
        return list(map(KIND, arrays)) == kinds
    except AttributeError:  # a number, a list
        return False


@contextmanager
def no_search_for_garbage():
    """What a compilation makes is not garbage, and looking through it takes half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def one_of(V, shape, dtype):
    """V, which has a leading axis, in this shape; zeros, if there is nothing."""
    return np.zeros(shape, dtype) if V is None else V.reshape(shape)


def swapped(n, m):
    """The axes of an array of shape (m axes, n axes) in one of shape (n axes, m axes)."""
    return (*range(n, n + m), *range(n))


def cut(V, shapes):
    """The vectors along the leading axis, cut so that each shape has its basis."""
    if V is None:
        return [None] * len(shapes)
    sizes = [size(shape) for shape in shapes]
    return [V[end - n : end] for n, end in zip(sizes, accumulate(sizes), strict=True)]


def as_network(f, given):
    """f as a Network; a plain function that asks for numbers becomes one step of it."""
    layer = as_layer(f, given)
    if isinstance(layer, Network):
        return layer
    if isinstance(layer, Function):
        try:
            return Network(layer.f, layer.inputs)
        except (TypeError, AttributeError, ValueError):  # it needs what names do not have: numbers
            return Network(Function(one_result(layer.f), given), layer.inputs)
    return Network(layer, numbered(given))


def one_result(f):
    """f, which can't be recorded, as one step of a network: a step has one result."""

    @wraps(f)
    def checked(*args):
        y = f(*args)
        if is_tree(y):
            raise TypeError(
                f"{function_name(f)} returns several results, and can't be recorded as a network: "
                "it asks for numbers, or uses what names lack, as x.sum(); write np.sum(x), return "
                "one array, or do without a plan"
            )
        return y

    return checked
