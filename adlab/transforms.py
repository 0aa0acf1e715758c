"""What one does with functions, under JAX's names and in its order of arguments.

A function here is a Layer, a Network, or a plain Python function made of layers, such as
`lambda W, b: HalfSquare(t)(Linear()(W, b, a))`.

    jvp(f, primals, tangents) -> y, y_dot        one forward sweep
    vjp(f, *primals) -> y, pullback              pullback(u) is one reverse sweep
    linearize(f, *primals) -> y, J               J @ v and u @ J, as often as you like
    grad(f), value_and_grad(f)                   the row u J for u = 1, shaped as the argument
    jacfwd(f), jacrev(f), jacobian(f)            all of J, by columns, by rows, by the cheaper

Source of names and signatures: the JAX documentation, *The Autodiff Cookbook*. Two differences:
`linearize` returns the Jacobian itself, where JAX returns the function v -> J v, and `jacobian`
chooses the cheaper mode, where JAX's is `jacrev`.
"""

import numpy as np

from adlab.layers import Layer
from adlab.networks import Network, function_name, input_names
from adlab.vectors import basis, count, many, own, size, stack, unstack


def jvp(f, primals, tangents):
    """(f(x), J v): the value, and its change along the tangents, by one forward sweep.

    `primals` and `tangents` are tuples, one array for each argument. Nothing is kept for later.
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError("jvp(f, primals, tangents) wants tuples: jvp(f, (x,), (v,))")
    layer = as_layer(f, len(primals))
    args = layer.arguments(primals)
    shapes = tuple(a.shape for a in args)
    V, single = stack(tuple(tangents), shapes, "tangent", layer.name, np.result_type(*args))
    y, Y_dot = layer.pushforward(args, V)
    return own((y, unstack(filled(Y_dot, y, count(V)), single, -1)), args, V)


def filled(y_dot, y, k):
    """The k tangents of each result y, zeros where it does not move."""
    if isinstance(y, tuple):
        return tuple(filled(v, part, k) for v, part in zip(y_dot, y, strict=True))
    return np.zeros((k, *np.shape(y)), np.result_type(y)) if y_dot is None else y_dot


def vjp(f, *primals):
    """(f(x), pullback): pullback(u) gives the tuple of u J, one cotangent for each argument."""
    y, J = linearize(f, *primals)
    return y, lambda u: u @ J


def linearize(f, *primals):
    """(f(x), J): the value and the Jacobian at x, a Row with one block for each argument."""
    return as_layer(f, len(primals)).linearize(*primals)


def value_and_grad(f, argnums=0):
    """A function that returns (f(x), gradient): the row Df laid out in the shape of the argument.

    `argnums`: the argument to differentiate by, or a tuple of them (then the gradient is a tuple).
    """

    def value_and_gradient(*primals):
        y, J = linearize_in(f, argnums, primals)
        if J.shape_out != ():
            raise ValueError(
                f"grad wants a function with a scalar value, {function_name(f)} gives shape "
                f"{J.shape_out}: use jacrev, or vjp with a cotangent"
            )
        return y, as_asked(np.ones((), J.dtype) @ J, argnums)

    return value_and_gradient


def grad(f, argnums=0):
    """A function that returns the gradient of f; see value_and_grad."""
    both = value_and_grad(f, argnums)
    return lambda *primals: both(*primals)[1]


def jacfwd(f, argnums=0):
    """A function that returns the Jacobian, of shape output + input: n columns J e_j, pushed."""
    return lambda *primals: columns(linearize_in(f, argnums, primals)[1], argnums)


def jacrev(f, argnums=0):
    """A function that returns the Jacobian, of shape output + input: m rows e_i J, pulled."""
    return lambda *primals: rows(linearize_in(f, argnums, primals)[1], argnums)


def jacobian(f, argnums=0):
    """A function that returns the Jacobian by the mode that costs fewer flops.

    Its `.mode(*primals)` says which: "forward" or "reverse".
    """

    def whole(*primals):
        J = linearize_in(f, argnums, primals)[1]
        return columns(J, argnums) if cheaper(J) == "forward" else rows(J, argnums)

    whole.mode = lambda *primals: cheaper(linearize_in(f, argnums, primals)[1])
    return whole


def cheaper(J):
    """The mode that makes the whole of J in fewer flops: n pushes or m pulls."""
    forward = sum(size(shape) * J[i].flops.push for i, shape in enumerate(J.shape_in))
    return "forward" if forward < size(J.shape_out) * J.flops.pull else "reverse"


def columns(J, argnums):
    """The blocks of J from pushes of basis vectors, in the structure: outputs, then arguments."""
    blocks = []
    for i, shape in enumerate(J.shape_in):
        pushed = J[i].push(basis(shape, J.dtype))
        outputs = pushed if many(J.shape_out) else (pushed,)
        blocks.append([np.moveaxis(Y, 0, -1).reshape((*Y.shape[1:], *shape)) for Y in outputs])
    by_output = [as_asked(own(tuple(row)), argnums) for row in zip(*blocks, strict=True)]
    return tuple(by_output) if many(J.shape_out) else by_output[0]


def rows(J, argnums):
    """The blocks of J from pulls of basis vectors, in the structure: outputs, then arguments."""
    pulled = J.pull(basis(J.shape_out, J.dtype))
    shapes = J.shape_out if many(J.shape_out) else (J.shape_out,)
    by_output, start = [], 0
    for shape in shapes:
        end = start + size(shape)
        row = tuple(X[start:end].reshape((*shape, *X.shape[1:])) for X in pulled)
        by_output.append(as_asked(tuple(map(np.array, row)), argnums))
        start = end
    return tuple(by_output) if many(J.shape_out) else by_output[0]


def as_layer(f, given):
    """f as a Layer that takes this many arguments."""
    if isinstance(f, Layer):
        return f
    if not callable(f):
        raise TypeError(f"wanted a function or a layer, got {type(f).__name__}")
    try:
        names = input_names(f)
    except (TypeError, ValueError):  # *args, or a callable without a signature
        names = ()
    return Network(f, names if len(names) == given else numbered(given))


def linearize_in(f, argnums, primals):
    """(y, J) by the arguments `argnums` alone: the others are constants of the network."""
    chosen = (argnums,) if np.ndim(argnums) == 0 else tuple(argnums)
    if any(isinstance(i, bool) or not isinstance(i, int | np.integer) for i in chosen):
        raise TypeError(f"argnums is a whole number or a tuple of them, got {argnums!r}")
    if any(not -len(primals) <= i < len(primals) for i in chosen):
        raise ValueError(f"argnums={argnums}, but {len(primals)} arguments came")
    chosen = tuple(i % len(primals) for i in chosen)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"argnums={argnums} must name one argument at least, and none twice")
    if len(chosen) == len(primals) and chosen == tuple(range(len(primals))):
        return linearize(f, *primals)

    def restricted(*values):
        args = list(primals)
        for i, value in zip(chosen, values, strict=True):
            args[i] = value
        return f(*args)

    restricted.__name__ = function_name(f)
    return Network(restricted, numbered(len(chosen))).linearize(*(primals[i] for i in chosen))


def numbered(n):
    return [f"x{i}" for i in range(1, n + 1)]


def as_asked(parts, argnums):
    """One array for a single argument, a tuple for a tuple of them."""
    return parts[0] if np.ndim(argnums) == 0 else parts
