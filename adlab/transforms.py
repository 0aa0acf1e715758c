"""What one does with functions, under JAX's names and in its order of arguments.

A function here is a plain Python function, written with NumPy and with layers, or a Layer or a
Network. Its arguments and results are arrays, or lists, tuples and dicts of arrays.

    jvp(f, primals, tangents) -> y, y_dot        one forward sweep
    vjp(f, *primals) -> y, pullback              pullback(u) is one reverse sweep
    linearize(f, *primals) -> y, J               J @ v and u @ J, as often as you like
    grad(f), value_and_grad(f)                   the row u J for u = 1, shaped as the argument
    jacfwd(f), jacrev(f), jacobian(f)            all of J, by columns, by rows, by the cheaper
    hvp(f, primals, tangents), hessian(f)        second order: forward over reverse

`jvp` follows a plain function with dual numbers, all others trace it; a Layer or a Network already
knows its equations. Transforms nest: `grad(grad(f))`, `jvp` of `grad`, one inside the other.

Source of names and signatures: the JAX documentation, *The Autodiff Cookbook*. Two differences:
`linearize` returns the Jacobian itself, where JAX returns the function v -> J v, and `jacobian`
chooses the cheaper mode, where JAX's is `jacrev`.
"""

from functools import cached_property, wraps

import numpy as np

from adlab.duals import push_along
from adlab.layers import Layer
from adlab.networks import Network, function_name, input_names
from adlab.tracing import TracedJacobian, trace
from adlab.trees import holds_arrays, is_tree, leaves, matched, rebuilt
from adlab.vectors import basis, count, in_dtype, many, own, size, stack, unstack


def jvp(f, primals, tangents):
    """(f(x), J v): the value, and its change along the tangents, by one forward sweep.

    `primals` and `tangents` are tuples, one for each argument. Nothing is kept for later.
    """
    check_tuples("jvp", primals, tangents)
    layer, arrays = on_leaves(f, primals)
    if any(map(holds_arrays, primals)):
        tangents = matched(tuple(primals), tuple(tangents), "tangent", holds_arrays)
    args = layer.arguments(arrays)
    shapes = tuple(a.shape for a in args)
    V, single = stack(tuple(tangents), shapes, "tangent", layer.name, np.result_type(*args))
    y, Y_dot = layer.pushforward(args, V)
    ys = leaves(y)
    Y_dot = tuple(filled(v, part, count(V)) for part, v in zip(ys, leaves(Y_dot), strict=True))
    ys, Y_dot = own((tuple(ys), unstack(Y_dot, single, -1)), args, V)
    return rebuilt(y, ys), rebuilt(y, Y_dot)


def check_tuples(transform, primals, tangents):
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError(
            f"{transform}(f, primals, tangents) wants tuples: {transform}(f, (x,), (v,))"
        )


def filled(v, y, k):
    """The k tangents of the result y, in its type, zeros where it does not move."""
    dtype = np.result_type(y)
    return np.zeros((k, *np.shape(y)), dtype) if v is None else in_dtype(v, dtype)


def vjp(f, *primals):
    """(f(x), pullback): pullback(u) gives the tuple of u J, one cotangent for each argument."""
    y, J = linearize(f, *primals)

    def pullback(u):
        u = tuple(matched(y, u, "cotangent")) if is_tree(y) else u
        return arranged(u @ J, primals)

    return y, pullback


def linearize(f, *primals):
    """(f(x), J): the value and the Jacobian at x, a Row with one block for each array."""
    layer, arrays = on_leaves(f, primals)
    return layer.linearize(*arrays)


def value_and_grad(f, argnums=0):
    """A function that returns (f(x), gradient): the row Df laid out in the shape of the argument.

    `argnums`: the argument to differentiate by, or a tuple of them (then the gradient is a tuple).
    """

    @like(f, argnums)
    def value_and_gradient(*primals):
        y, J, chosen = linearize_in(f, argnums, primals)
        if J.shape_out != ():
            raise ValueError(
                f"grad wants a function with a scalar value, {name(f)} gives shape "
                f"{J.shape_out}: use jacrev, or vjp with a cotangent"
            )
        if isinstance(J, TracedJacobian) and J.jumps:
            raise TypeError(
                f"grad wants a function with a float for its value, {name(f)} gives a whole number "
                "or a truth value: these jump, and have no derivative"
            )
        return y, as_asked(pulled_once(J), chosen, argnums)

    return value_and_gradient


def pulled_once(J):
    """1 J for the Jacobian of a scalar that nobody else has, in the types of the arguments."""
    one = np.ones((1,), J.dtype)
    if not isinstance(J, TracedJacobian):
        return own(unstack(J.pull(one), True, 0))
    return own(unstack(J.pull(one, once=True), True, 0))


def grad(f, argnums=0):
    """A function that returns the gradient of f; see value_and_grad."""
    both = value_and_grad(f, argnums)

    @like(f, argnums)
    def gradient(*primals):
        return both(*primals)[1]

    return gradient


def jacfwd(f, argnums=0):
    """A function that returns the Jacobian, of shape output + input: n columns J e_j, pushed."""
    return like(f, argnums)(lambda *primals: whole(columns, f, argnums, primals))


def jacrev(f, argnums=0):
    """A function that returns the Jacobian, of shape output + input: m rows e_i J, pulled."""
    return like(f, argnums)(lambda *primals: whole(rows, f, argnums, primals))


def jacobian(f, argnums=0):
    """A function that returns the Jacobian by the mode that costs fewer flops.

    Its `.mode(*primals)` says which: "forward" or "reverse".
    """

    def cheaper_way(J):
        return columns(J) if cheaper(J) == "forward" else rows(J)

    @like(f, argnums)
    def by_cheaper(*primals):
        return whole(cheaper_way, f, argnums, primals)

    by_cheaper.mode = lambda *primals: cheaper(linearize_in(f, argnums, primals)[1])
    return by_cheaper


def hvp(f, primals, tangents):
    """H v, the Hessian of a scalar f times a vector: the push of the gradient, forward over
    reverse.

    `primals` and `tangents` are tuples, one for each argument; so is the result. No Hessian is
    built: it costs a few gradients. Source: Pearlmutter, *Fast exact multiplication by the
    Hessian* (1994).
    """
    check_tuples("hvp", primals, tangents)
    everything = tuple(range(len(primals)))
    return jvp(grad(f, everything), primals, tangents)[1]


def hessian(f, argnums=0):
    """A function that returns the Hessian of a scalar f, of shape input + input.

    All columns at once: one forward sweep, with a matrix of tangents, over the reverse sweep.
    """
    return jacfwd(grad(f, argnums), argnums)


# ---- Whole Jacobians ------------------------------------------------------------------------


def cheaper(J):
    """The mode that makes the whole of J in fewer flops: n pushes or m pulls."""
    forward = sum(size(shape) * J[i].flops.push for i, shape in enumerate(J.shape_in))
    return "forward" if forward < size(J.shape_out) * J.flops.pull else "reverse"


def whole(way, f, argnums, primals):
    """All blocks of the Jacobian: in the form of the result, and inside of the arguments."""
    y, J, chosen = linearize_in(f, argnums, primals)
    by_output = [as_asked(blocks, chosen, argnums) for blocks in way(J)]
    return rebuilt(y, by_output)


def columns(J):
    """For each output the blocks of J from pushes of basis vectors."""
    blocks = []
    for i, shape in enumerate(J.shape_in):
        pushed = J[i].push(basis(shape, J.dtype))
        outputs = pushed if many(J.shape_out) else (pushed,)
        blocks.append([np.moveaxis(Y, 0, -1).reshape((*Y.shape[1:], *shape)) for Y in outputs])
    return [own(tuple(row)) for row in zip(*blocks, strict=True)]


def rows(J):
    """For each output the blocks of J from pulls of basis vectors."""
    pulled = J.pull(basis(J.shape_out, J.dtype))
    shapes = J.shape_out if many(J.shape_out) else (J.shape_out,)
    by_output, start = [], 0
    for shape in shapes:
        end = start + size(shape)
        row = tuple(X[start:end].reshape((*shape, *X.shape[1:])) for X in pulled)
        by_output.append(tuple(x.copy() for x in row))
        start = end
    return by_output


# ---- Functions and their arguments ---------------------------------------------------------------


class Function(Layer):
    """A plain function of `given` arrays as a layer: it is followed when a derivative is wanted."""

    def __init__(self, f, given):
        self.f, self.given = f, given

    @property
    def name(self):
        return function_name(self.f)

    @cached_property
    def inputs(self):
        """The names of its arguments, or x1, x2, ..."""
        try:
            names = input_names(self.f)
        except (TypeError, ValueError):  # *args, or a callable without a signature
            names = ()
        return names if len(names) == self.given else numbered(self.given)

    def names_of(self, given):
        if given != self.given:
            raise TypeError(f"{self.name} takes {self.given} arguments, got {given}")
        return self.inputs

    def arguments(self, args):
        plain = all(type(a) is np.ndarray and a.dtype.kind == "f" for a in args)
        return args if plain and len(args) == self.given else super().arguments(args)

    def value(self, *args):
        return self.f(*args)

    def rule(self, *args):
        return trace(self.f, args, self)

    def pushforward(self, args, V):
        return push_along(self.f, args, V)

    def __repr__(self):
        return self.name


def as_layer(f, given):
    """f as a Layer that takes this many arrays."""
    if isinstance(f, Layer):
        return f
    check_function(f)
    if not given:
        raise TypeError(f"{function_name(f)} takes no arguments: there is nothing to differentiate")
    return Function(f, given)


def on_leaves(f, primals):
    """(layer, arrays): f as a layer of the arrays among its arguments, and these."""
    if not any(map(holds_arrays, primals)):
        return as_layer(f, len(primals)), primals
    arrays = [leaf for p in primals for leaf in leaves(p, holds_arrays)]

    def on_arrays(*arrays):
        return f(*arranged(arrays, primals))

    on_arrays.__name__ = name(f)
    return as_layer(on_arrays, len(arrays)), arrays


def arranged(arrays, primals):
    """The arrays in the form of the primals: a tuple with one entry for each."""
    if not any(map(holds_arrays, primals)):
        return tuple(arrays)
    left = iter(arrays)
    return tuple(rebuilt(p, left, holds_arrays) for p in primals)


def outline(tree, is_tree=holds_arrays):
    """The form of a tree, and the shapes and types of its arrays, without their numbers."""

    def empty(leaf):
        known = not hasattr(leaf, "recording")  # a value of a Network has no shape yet
        one = np.zeros((), np.result_type(leaf) if known else float)
        return np.broadcast_to(one, np.shape(leaf) if known else ())

    return rebuilt(tree, map(empty, leaves(tree, is_tree)), is_tree)


def like(f, argnums=0):
    """For a function with the arguments of f, by place: it is called as f is, in errors too."""
    check_function(f)
    places(argnums)

    def decorated(function):
        @wraps(f, updated=())
        def called(*primals, **named):
            for key in named:
                raise TypeError(
                    f"here {name(f)} takes its arguments by place, {key}= came: leave the name "
                    f"out, or hand over lambda x: f(x, {key}=...)"
                )
            return function(*primals)

        called.__name__ = name(f)
        return called

    return decorated


def check_function(f):
    if not callable(f):
        raise TypeError(
            f"wanted a function or a layer, got {type(f).__name__}: write grad(f)(x) for grad(f(x))"
        )


def places(argnums):
    """argnums as a tuple, of whole numbers."""
    numbers = (argnums,) if np.ndim(argnums) == 0 else tuple(argnums)
    if not all(type(i) is int or isinstance(i, np.integer) for i in numbers):
        raise TypeError(
            f"argnums is a whole number or a tuple of them, got {argnums!r}: write grad(f)(x) for "
            "grad(f, x)"
        )
    return numbers


def places_among(argnums, given):
    """The places that argnums names among so many arguments, counted from the first."""
    numbers = places(argnums)
    if not -given <= min(numbers, default=0) <= max(numbers, default=0) < given:
        raise ValueError(f"argnums={argnums}, but {given} arguments came")
    numbers = tuple(i % given for i in numbers)
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"argnums={argnums} must name one argument at least, and none twice")
    return numbers


def name(f):
    return f.name if isinstance(f, Layer) else function_name(f)


def linearize_in(f, argnums, primals):
    """(y, J, chosen): by the arguments `argnums` alone; the others are constants."""
    numbers = places_among(argnums, len(primals))
    chosen = tuple(primals[i] for i in numbers)
    if numbers == tuple(range(len(primals))):
        return *linearize(f, *primals), chosen

    fixed = list(map(locked, primals)) if isinstance(f, Layer) else primals

    def restricted(*values):
        args = list(fixed)
        for i, value in zip(numbers, values, strict=True):
            args[i] = value
        return f(*args)

    restricted.__name__ = name(f)
    if isinstance(f, Layer):
        arrays = [a for a in fixed if isinstance(a, np.ndarray)]
        restricted = Network(restricted, numbered(len(numbers)), arrays)
    return *linearize(restricted, *chosen), chosen


def locked(a):
    """A view of an array that cannot be written to; what is none as it is."""
    if not isinstance(a, np.ndarray):
        return a
    a = a.view()
    a.flags.writeable = False
    return a


def numbered(n):
    return [f"x{i}" for i in range(1, n + 1)]


def as_asked(arrays, chosen, argnums):
    """One entry for a single argument, a tuple for a tuple of them, each in its argument's form."""
    parts = arranged(arrays, chosen)
    return parts[0] if np.ndim(argnums) == 0 else parts
