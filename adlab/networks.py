"""Networks: equations in the order of evaluation, recorded from a plain function of layers.

    def h(x1, x2, x3):
        y1 = g1(x1)
        y2 = g2(x2, y1)
        y3 = g3(x3, y1, y2)       # y1 is used twice
        return f(y3)

    net = Network(h)
    l, J = net.linearize(x1, x2, x3)
    J @ (v1, v2, v3)              # one forward sweep
    x1_bar, x2_bar, x3_bar = 1.0 @ J      # one reverse sweep: every gradient
    J.local["y3"]                 # the Row of one equation

A sweep visits each equation once, so its cost grows with the edges of the network and never with
the number of paths, which may double with every branch. Where a value is used twice, its tangent
is copied and its cotangents are added: the transpose of copy is sum.

The equations stand in an order in which every value is computed before it is used: a topological
order. The forward sweep goes down the list, the reverse sweep up.

Sources: Griewank & Walther, *Evaluating Derivatives*, chapter 3 (evaluation procedures and both
sweeps); the recording of a function by running it once on placeholders is JAX's and autograd's.
"""

import inspect
from itertools import compress
from typing import NamedTuple
from weakref import ref

import numpy as np
from numpy.lib.array_utils import byte_bounds

from adlab.jacobians import Jacobian, Row, Transposed
from adlab.layers import Add, Layer, Multiply, Power, Scale, Shift
from adlab.operations import as_layer, full_name, refuse_unknown
from adlab.rules import RULES
from adlab.trees import is_tree, leaves
from adlab.vectors import as_now, count, floats, own, place_of, size


class Equation(NamedTuple):
    """outputs = layer(inputs), all values by name; `done` are the names not needed after it."""

    outputs: tuple
    layer: Layer
    inputs: tuple
    done: tuple = ()

    @property
    def several(self):
        """Does the layer return a tuple?"""
        return returns_several(self.layer)

    def __str__(self):
        return f"{', '.join(self.outputs)} = {self.layer.written(self.inputs)}"


def returns_several(layer):
    return isinstance(layer, Network) and layer.several


# ---- Recording ------------------------------------------------------------------------------


class Recording:
    """The equations of a function that is being run on placeholders."""

    def __init__(self, inputs, fixed):
        self.inputs = frozenset(inputs)
        self.equations = []
        self.constants = {}
        self.weak = set()  # constants without a float type of their own: lists and integers
        self.copies = {place_of(a): a for a in fixed}  # of constants, as they were when used
        self.numbers = {"y": 0, "c": 0}

    def new(self, letter):
        """y1, y2, ... for results, c1, c2, ... for constants; never the name of an argument."""
        self.numbers[letter] += 1
        name = f"{letter}{self.numbers[letter]}"
        return self.new(letter) if name in self.inputs else name

    def add(self, layer, args):
        """One more equation; its results are new Values."""
        layer.names_of(len(args))  # a TypeError here points at the line that is wrong
        names = tuple(self.name_of(a) for a in args)
        several = returns_several(layer)
        outputs = tuple(self.new("y") for _ in range(len(layer.outputs) if several else 1))
        self.equations.append(Equation(outputs, layer, names))
        values = tuple(Value(name, self) for name in outputs)
        return values if several else values[0]

    def name_of(self, a):
        """The name of a Value of this recording, or of a new constant."""
        if isinstance(a, Value) and a.recording is not self:
            raise ValueError(
                f"{a.name} belongs to another recording: a Network may use its arguments and "
                "what it computes from them, so hand the value over as an argument"
            )
        if isinstance(a, Value):
            return a.name
        if is_tree(a) and any(isinstance(part, Value) for part in leaves(a)):
            raise TypeError(
                f"a {type(a).__name__} of values is no array: hand values over one by one, and "
                "return one value or a plain tuple of them"
            )
        name = self.new("c")
        constant = floats(a, "a constant of the network", np.dtype(float))
        self.constants[name] = as_now(constant, self.copies)
        if not (hasattr(a, "dtype") and a.dtype.kind == "f"):
            self.weak.add(name)
        return name


class Value:
    """A value of a network that is being recorded: a name, and no number yet."""

    def __init__(self, name, recording):
        self.name = name
        self.recording = recording

    def record(self, layer, args):
        return self.recording.add(layer, args)

    def operand(self, other):
        """The other side of - or /: a number, a Value, or an array as a constant that is one."""
        if isinstance(other, Value | int | float):
            return other
        return Value(self.recording.name_of(other), self.recording)

    def __add__(self, other):
        return Shift(other)(self) if isinstance(other, int | float) else Add()(self, other)

    def __radd__(self, other):
        return Shift(other)(self) if isinstance(other, int | float) else Add()(other, self)

    def __neg__(self):
        return Scale(-1)(self)

    def __sub__(self, other):
        return self + -self.operand(other)

    def __rsub__(self, other):
        return other + -self

    def __mul__(self, other):
        return Scale(other)(self) if isinstance(other, int | float) else Multiply()(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if isinstance(other, int | float):
            return Scale(1 / other)(self)
        return self * Power(-1)(self.operand(other))

    def __rtruediv__(self, other):
        return other * Power(-1)(self)

    def __pow__(self, p):
        return Power(p)(self)

    def __matmul__(self, other):
        return self.__array_function__(np.matmul, (), (self, other), {})

    def __rmatmul__(self, other):
        return self.__array_function__(np.matmul, (), (other, self), {})

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        """NumPy asks here when a function of its own meets a Value."""
        name = OPERATORS.get(ufunc)
        if method == "__call__" and name and not settings:
            left, right = inputs
            if isinstance(left, Value):
                return getattr(left, f"__{name}__")(right)
            return getattr(right, f"__r{name}__")(left)
        if method != "__call__":
            raise unrecordable(f"np.{ufunc.__name__}.{method}")
        return self.__array_function__(ufunc, (), inputs, settings)

    def __array_function__(self, function, types, args, settings):
        """A function with a rule becomes an equation; its values need not be known for that."""
        if function not in RULES:
            raise unrecordable(full_name(function))
        if settings:
            refuse_unknown(function, RULES[function][0], settings)
        places = [k for k, a in enumerate(args) if isinstance(a, Value)]
        copies = self.recording.copies
        fixed = [None if k in places else as_now(a, copies) for k, a in enumerate(args)]
        settings = {key: as_now(a, copies) for key, a in settings.items()}
        return self.record(as_layer(function, fixed, places, settings), [args[k] for k in places])

    def no_number(self, *_):
        raise TypeError(
            f"{self.name} has no number while a Network is recorded, so `if`, comparisons and "
            "float() can't ask for one: decide by something that is no argument, or use a layer "
            "such as ReLU or MaxPool"
        )

    __bool__ = __float__ = __int__ = __lt__ = __le__ = __gt__ = __ge__ = no_number
    __contains__ = no_number
    __eq__ = __ne__ = no_number  # which else would say "no" in silence
    __hash__ = object.__hash__

    def __getattr__(self, attribute):
        name = vars(self).get("name", "a Value")
        raise AttributeError(
            f"{name} has no .{attribute} while a Network is recorded: it is a name and holds no "
            "numbers yet; take shapes from the data, and use layers such as Transpose and Sum"
        )

    def __iter__(self):
        raise TypeError(f"{self.name} is one value of unknown shape, it can't be taken apart")

    def __getitem__(self, key):
        raise TypeError(f"{self.name} can't be indexed while a Network is recorded")

    def __setitem__(self, key, value):
        raise TypeError(f"{self.name} can't be changed in place: give the new value a new name")

    def __repr__(self):
        return f"Value({self.name})"


OPERATORS = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.divide: "truediv",
    np.matmul: "matmul",
}


def unrecordable(what):
    return TypeError(
        f"{what} can't be recorded in a Network, where values are names without numbers: use a "
        "layer or a function that has a rule in adlab.rules; or leave out Network(...) and hand "
        "the plain function to grad, jvp or linearize"
    )


def input_names(function):
    """The names of a function's arguments, as its definition has them."""
    names = []
    for p in inspect.signature(function).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise TypeError(
                f"{function_name(function)} takes {p}: tell Network the names of its arguments, "
                'for example Network(h, ["x1", "x2"])'
            )
        if p.default is p.empty:
            names.append(p.name)
    return names


def function_name(function):
    return function.__name__ if hasattr(function, "__name__") else repr(function)


# ---- The network ------------------------------------------------------------------------------


class Network(Layer):
    """A function of layers as a list of equations; itself a Layer, so networks nest.

    The function is run once, on placeholders. Its arguments are those without a default; of one
    that takes `*args`, say the names. It returns one value, or a tuple of several.

    Constants are copied as they are when the function uses them, but for arrays that are `fixed`:
    nobody writes into these as long as the network is used.
    """

    def __init__(self, function, names=None, fixed=()):
        self.inputs = tuple(input_names(function) if names is None else names)
        self.title = function_name(function)
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError(f"{self.title}: of {', '.join(self.inputs)} one name stands twice")
        recording = Recording(self.inputs, fixed)
        returned = function(*(Value(name, recording) for name in self.inputs))
        if returned is None:
            raise TypeError(f"{self.title} returns None: does it lack a `return`?")
        self.several = isinstance(returned, tuple | list)
        if not self.inputs or (self.several and not returned):
            lacks = "returns no value" if self.inputs else "takes no arguments"
            raise TypeError(f"{self.title} {lacks}: there is nothing to differentiate")
        self.outputs = tuple(
            recording.name_of(r) for r in (returned if self.several else [returned])
        )
        self.equations = with_last_uses(recording.equations, self.outputs)
        self.constants = recording.constants
        self.weak = recording.weak

    @property
    def name(self):
        return self.title

    def written(self, names):
        return f"{self.name}({', '.join(names)})"

    def names_of(self, given):
        if given != len(self.inputs):
            raise TypeError(
                f"{self.name} takes {len(self.inputs)} argument{'s' * (len(self.inputs) != 1)} "
                f"({', '.join(self.inputs)}), got {given}"
            )
        return self.inputs

    def value(self, *args):
        return self.evaluate(args, lambda equation, xs: equation.layer.value(*xs))

    def rule(self, *args):
        rows, values = [], {}

        def linearized(equation, xs):
            y, row = equation.layer.rule(*xs)
            rows.append(row)
            values.update((name, weak(part)) for name, part in named(equation, y))
            return y

        y = self.evaluate(args, linearized)
        return y, NetworkJacobian(self, rows, args, y, values)

    def pushforward(self, args, V):
        """Tangents that travel with the evaluation: forward mode, which keeps nothing for later.

        A result that does not move has None for its tangent.
        """
        tangent = {x: v for x, v in zip(self.inputs, V, strict=True) if v is not None}

        def pushed(equation, xs):
            vs = tuple(tangent.get(name) for name in equation.inputs)
            if all(v is None for v in vs):
                return equation.layer.value(*xs)
            y, y_dot = equation.layer.pushforward(xs, vs)
            tangent.update((name, v) for name, v in named(equation, y_dot) if v is not None)
            for name in equation.done:
                tangent.pop(name, None)
            return y

        y = self.evaluate(args, pushed)
        y_dot = tuple(tangent.get(name) for name in self.outputs)
        return y, y_dot if self.several else y_dot[0]

    def values(self, *args):
        """All values by name, to look at: arguments, constants, results of equations."""
        args = self.arguments(args)
        found = dict(zip(self.inputs, args, strict=True)) | self.constants_like(args)

        def kept(equation, xs):
            y = equation.layer.value(*xs)
            found.update(named(equation, y))
            return y

        self.evaluate(args, kept)
        return dict(zip(found, own(tuple(found.values()), args), strict=True))

    def constants_like(self, args):
        """The constants, where those without a float type take on that of the arguments."""
        dtype = np.result_type(*args)
        weak = {name: self.constants[name].astype(dtype, copy=False) for name in self.weak}
        return self.constants | weak

    def evaluate(self, args, step):
        """The outputs, by `step(equation, inputs)` for one equation after the other.

        A value is let go after its last use: what outlives it is what some Jacobian holds.
        """
        values = dict(zip(self.inputs, args, strict=True)) | self.constants_like(args)
        for equation in self.equations:
            xs = [values[name] for name in equation.inputs]
            try:
                equation.layer.check(*xs)
            except ValueError as error:
                raise ValueError(f"in {equation}: {error}") from None
            values.update(named(equation, step(equation, xs)))
            for name in equation.done:
                del values[name]
        outputs = tuple(values[name] for name in self.outputs)
        return outputs if self.several else outputs[0]

    def __str__(self):
        lines = [f"{name} = constant {a.shape}" for name, a in self.constants.items()]
        lines += map(str, self.equations)
        returned = ", ".join(self.outputs)
        return "\n  ".join(
            [f"{self.name}({', '.join(self.inputs)}):", *lines, f"return {returned}"]
        )

    def __repr__(self):
        return f"Network {self.name}({', '.join(self.inputs)}): {len(self.equations)} equations"


def named(equation, y):
    """(name, result) for each result of an equation."""
    return zip(equation.outputs, y if isinstance(y, tuple) else (y,), strict=True)


def with_last_uses(equations, outputs):
    """The equations, each with the names that are not needed after it."""
    needed, found = set(outputs), []
    for equation in reversed(equations):
        used = {*equation.inputs, *equation.outputs}
        found.append(equation._replace(done=tuple(sorted(used - needed))))
        needed |= used
    return found[::-1]


# ---- Its Jacobian -------------------------------------------------------------------------------


class NetworkJacobian(Row):
    """The Jacobian of a network, a Row with one block per argument, pushed and pulled by sweeps.

    `local[name]` is the Row of the equation that makes this value. `values[name]()` is the value
    itself, if a Jacobian holds it or somebody else; otherwise it is gone, and this is None.
    """

    def __init__(self, net, rows, args, y, values):
        ys = y if net.several else (y,)
        self.shapes = tuple(map(np.shape, ys))
        self.dtypes = tuple(map(np.result_type, ys))
        shape_out = self.shapes if net.several else self.shapes[0]
        Jacobian.__init__(self, [a.shape for a in args], shape_out, np.result_type(*self.dtypes))
        self.net = net
        self.rows = rows
        self.values = values
        self.given = spans(args)  # where they lie, not the arrays
        self.name = net.name

    def __getstate__(self):
        """For pickle: the values that are alive, in the place of references to them."""
        return vars(self) | {"values": {name: value() for name, value in self.values.items()}}

    def __setstate__(self, state):
        vars(self).update(state, values={name: weak(a) for name, a in state["values"].items()})

    @property
    def local(self):
        pairs = zip(self.net.equations, self.rows, strict=True)
        return {name: row for equation, row in pairs for name in equation.outputs}

    def held(self):
        return tuple(a for row in self.rows for a in row.held())

    def push(self, V):
        """The forward sweep: each equation pushes the tangents of its inputs to its outputs."""
        tangent = {x: v for x, v in zip(self.net.inputs, V, strict=True) if v is not None}
        k = count(next(iter(tangent.values())))
        moved = self.moved_by(tangent)
        for equation, row, mask in self.forward(tuple(tangent)):
            vs = (tangent[x] if m else None for x, m in zip(equation.inputs, mask, strict=True))
            results = named(equation, row.push(tuple(vs)))
            tangent.update((name, v) for name, v in results if name in moved)
            for name in equation.done:
                tangent.pop(name, None)
        y_dot = tuple(
            tangent[name] if name in tangent else np.zeros((k, *shape), dtype)
            for name, shape, dtype in zip(self.net.outputs, self.shapes, self.dtypes, strict=True)
        )
        return y_dot if self.net.several else y_dot[0]

    def pull(self, U, wanted=None):
        """The reverse sweep: each equation pulls the cotangents of its outputs to its inputs.

        A value that is used twice receives two cotangents, and they are added.
        """
        cotangent = {}

        def receive(name, u):
            if u is not None:
                cotangent[name] = cotangent[name] + u if name in cotangent else u

        for name, u in zip(self.net.outputs, U if self.net.several else (U,), strict=True):
            receive(name, u)
        some = next(iter(cotangent.values()))
        wanted = wanted or (True,) * len(self)
        for equation, row, mask in self.reverse(self.names(wanted), tuple(cotangent)):
            us = tuple(cotangent.pop(name, None) for name in equation.outputs)
            bars = row.pull(us if equation.several else us[0], mask)
            for name, bar in zip(equation.inputs, bars, strict=True):
                receive(name, bar)

        def cotangent_of(x, shape):
            if x in cotangent:
                return cotangent[x]
            return np.zeros_like(some, shape=(len(some), *shape))

        arguments = zip(self.net.inputs, self.shape_in, wanted, strict=True)
        return tuple(cotangent_of(x, shape) if w else None for x, shape, w in arguments)

    def moved_by(self, names):
        """The names of all values that move when these do."""
        moved = set(names)
        for equation, row in zip(self.net.equations, self.rows, strict=True):
            mask = tuple(name in moved for name in equation.inputs)
            if any(mask):
                moved.update(compress(equation.outputs, row.moves(mask)))
        return moved

    def moves(self, wanted):
        moved = self.moved_by(self.names(wanted))
        return tuple(name in moved for name in self.net.outputs)

    def forward(self, names):
        """(equation, its Row, which of its inputs move), where results do, in evaluation order."""
        moved = self.moved_by(names)
        for equation, row in zip(self.net.equations, self.rows, strict=True):
            mask = tuple(name in moved for name in equation.inputs)
            if any(mask) and not moved.isdisjoint(equation.outputs):
                yield equation, row, mask

    def reverse(self, wanted, given=None):
        """(equation, its Row, which cotangents of its inputs are needed), in the reverse order.

        They are needed if the value depends on a wanted argument and reaches a given output:
        one that has a cotangent.
        """
        needed = self.moved_by(wanted)
        reached = set(self.net.outputs if given is None else given)
        for equation, row in zip(reversed(self.net.equations), reversed(self.rows), strict=True):
            mask = tuple(name in needed for name in equation.inputs)
            if any(mask) and not reached.isdisjoint(equation.outputs):
                reached.update(name for name, m in zip(equation.inputs, mask, strict=True) if m)
                yield equation, row, mask

    def names(self, wanted):
        return tuple(x for x, w in zip(self.net.inputs, wanted, strict=True) if w)

    def push_flops(self, wanted):
        """Flops of a forward sweep from the wanted arguments."""
        return sum(row.push_flops(mask) for _, row, mask in self.forward(self.names(wanted)))

    def pull_flops(self, wanted, given=None):
        """Flops of a reverse sweep from the given results to the wanted arguments."""
        flops, sizes = 0, {}  # sizes of the values that have a cotangent

        def received(name, n):
            """A value that has a cotangent adds the next one to it, in n additions."""
            additions = n if name in sizes else 0
            sizes[name] = n
            return additions

        outputs = zip(self.net.outputs, self.shapes, given or self.net.outputs, strict=True)
        for name, shape, g in outputs:
            flops += received(name, size(shape)) if g else 0
        for equation, row, mask in self.reverse(self.names(wanted), tuple(sizes)):
            flops += row.pull_flops(mask, tuple(name in sizes for name in equation.outputs))
            for name, shape, m in zip(equation.inputs, row.shape_in, mask, strict=True):
                flops += received(name, size(shape)) if m else 0
        return flops

    def __getitem__(self, i):
        return tuple(Argument(self, k) for k in range(len(self)))[i]

    def __len__(self):
        return len(self.net.inputs)

    @property
    def T(self):
        return Transposed(self)

    def __repr__(self):
        m, n = self.shape
        return f"Jacobian of {self.name} {m}x{n}"


def spans(arrays):
    """The pieces of memory that arrays look at, as addresses."""
    return {place(a) for a in arrays} - {None}


def weak(a):
    """A reference to an array that does not keep it alive; what is none is not there."""
    return ref(a) if isinstance(a, np.ndarray) else lambda: None


def place(a):
    """Where an array lies; None for one that is followed, which lies nowhere itself."""
    return byte_bounds(a) if isinstance(a, np.ndarray) else None


class Argument(Jacobian):
    """One block of a network's Jacobian: a sweep that starts or ends at one argument."""

    def __init__(self, J, i):
        super().__init__(J.shape_in[i], J.shape_out, J.dtype)
        self.J, self.i = J, i
        self.wanted = tuple(k == i for k in range(len(J)))

    def push(self, V):
        return self.J.push(tuple(V if w else None for w in self.wanted))

    def pull(self, U):
        return self.J.pull(U, self.wanted)[self.i]

    @property
    def flops(self):
        return self.J.flops_of(self.wanted)

    def held(self):
        return self.J.held()
