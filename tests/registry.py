"""Every kind of Jacobian and every layer, with the cases that test it; every public name, with the
place where it is tested.

What exists in adlab and has no entry here turns `tests/maths/test_registry.py` red. Sizes are
never square, unless they are 1: a square hides a transpose.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

import adlab
from adlab import (
    checkpoints,
    custom,
    implicit,
    jacobians,
    kinds,
    layers,
    networks,
    operations,
    tracing,
    transforms,
)


def numbers(*shape, seed=0):
    """Normal numbers that stay away from 0, where ReLU has its kink."""
    a = np.random.default_rng([seed, *shape]).normal(size=shape)
    return a + 0.1 * np.sign(a)


def positive(*shape):
    return 0.5 + np.abs(numbers(*shape, seed=1))


def apart(*shape):
    """Numbers no two of which are nearer than 0.1: the largest of them stays the largest."""
    order = np.random.default_rng(2).permutation(prod(shape))
    return (0.13 * order - 1.0).reshape(shape)


# ---- Layers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerCase:
    """A layer at a point. `analytic`: its formula works for complex numbers too.

    `make(dtype)` makes the layer, `args` are its arguments as float64.
    """

    make: Any
    args: tuple
    analytic: bool = True

    def at(self, dtype, read_only=True):
        """The layer and its arguments in this float type; nobody can write to them."""
        args = tuple(np.array(a, dtype) for a in self.args)
        for a in args:
            a.setflags(write=not read_only)
        return self.make(dtype), args

    def __str__(self):
        shapes = " ".join("x".join(map(str, a.shape)) or "0d" for a in self.args)
        return f"{self.make(float)!r} {shapes}"


def points(layer, *args_of_each, analytic=True):
    """One case for each tuple of arguments."""
    make = layer if callable(layer) and not isinstance(layer, adlab.Layer) else lambda dtype: layer
    return [
        LayerCase(make, args if isinstance(args, tuple) else (args,), analytic)
        for args in args_of_each
    ]


def shaped(layer, *shapes_of_each, make=numbers, analytic=True):
    """One case for each tuple of shapes, filled with numbers."""
    arguments = [
        tuple(
            make(*shape, seed=i) if make is numbers else make(*shape) for i, shape in enumerate(s)
        )
        for s in shapes_of_each
    ]
    return points(layer, *arguments, analytic=analytic)


ONE_ARRAY = [[()], [(1,)], [(3,)], [(2, 3)], [(3, 1)], [(2, 1, 3)], [(1, 1)]]
ROWS = [[(1,)], [(4,)], [(2, 3)], [(3, 1)], [(2, 1, 3)], [(2, 3, 4)]]


def half_square(*shape):
    return points(
        lambda dtype: adlab.HalfSquare(numbers(*shape, seed=7).astype(dtype)), numbers(*shape)
    )


LAYERS = {
    adlab.Linear: shaped(
        adlab.Linear(),
        [(3, 2), (3,), (2,)],
        [(1, 4), (1,), (4,)],
        [(4, 1), (4,), (1,)],
        [(1, 1), (1,), (1,)],
        [(3, 2), (3,), (4, 2)],
        [(3, 2), (3,), (1, 2)],
        [(1, 2), (1,), (3, 2)],
        [(3, 2), (3,), (5, 1, 2)],
        [(2, 3), (2,), (4, 5, 3)],
    ),
    adlab.Add: shaped(
        adlab.Add(),
        [(3,), (3,)],
        [(3,)],
        [(2, 3), (3,)],
        [(3,), (2, 3), (2, 1)],
        [(), (1, 1)],
        [(), ()],
        [(2, 1, 3), (4, 1), ()],
        [(1, 3), (1, 1)],
        [(2, 3), (2, 3), (2, 3)],
    ),
    adlab.Multiply: shaped(
        adlab.Multiply(),
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(3,), (2, 3)],
        [(2, 1), (1, 3)],
        [(), (2, 3)],
        [(2, 3), ()],
        [(), ()],
        [(1,), (1, 1)],
        [(2, 1, 3), (4, 1)],
    ),
    adlab.Scale: shaped(adlab.Scale(-1.5), *ONE_ARRAY) + shaped(adlab.Scale(0), [(3,)]),
    adlab.Shift: shaped(adlab.Shift(0.75), *ONE_ARRAY),
    adlab.MatMul: shaped(
        adlab.MatMul(),
        [(2, 3), (3, 4)],
        [(1, 3), (3, 1)],
        [(3, 1), (1, 2)],
        [(1, 1), (1, 1)],
        [(5, 2, 3), (5, 3, 4)],
        [(1, 2, 3), (1, 3, 4)],
        [(2, 3, 4, 5), (2, 3, 5, 1)],
    ),
    adlab.Tanh: shaped(adlab.Tanh(), *ONE_ARRAY),
    adlab.Sigmoid: shaped(adlab.Sigmoid(), *ONE_ARRAY),
    adlab.ReLU: shaped(adlab.ReLU(), *ONE_ARRAY, analytic=False),
    adlab.GELU: shaped(adlab.GELU(), *ONE_ARRAY),
    adlab.Softplus: shaped(adlab.Softplus(), *ONE_ARRAY),
    adlab.Exp: shaped(adlab.Exp(), *ONE_ARRAY),
    adlab.Log: shaped(adlab.Log(), *ONE_ARRAY, make=positive),
    adlab.Sin: shaped(adlab.Sin(), *ONE_ARRAY),
    adlab.Cos: shaped(adlab.Cos(), *ONE_ARRAY),
    adlab.Power: shaped(adlab.Power(3), *ONE_ARRAY)
    + shaped(adlab.Power(0.5), *ONE_ARRAY, make=positive)
    + shaped(adlab.Power(-1), [(3,)], [()], make=positive)
    + shaped(adlab.Power(1), [(2, 3)])
    + shaped(adlab.Power(0), [(2, 3)])
    + points(adlab.Power(2), np.array([0.0, -1.5, 2.0])),
    adlab.Softmax: shaped(adlab.Softmax(), *ROWS),
    adlab.LogSumExp: shaped(adlab.LogSumExp(), *ROWS),
    adlab.LayerNorm: shaped(
        adlab.LayerNorm(),
        [(3,), (3,), (3,)],
        [(4,), (4,), (2, 4)],
        [(1,), (1,), (1,)],
        [(1,), (1,), (3, 1)],
        [(3,), (3,), (2, 1, 3)],
    )
    + shaped(adlab.LayerNorm(epsilon=0.1), [(3,), (3,), (2, 3)]),
    adlab.Conv1D: shaped(
        adlab.Conv1D(),
        [(3, 2, 4), (3,), (2, 5)],
        [(1, 2, 1), (1,), (2, 3)],
        [(3, 1, 4), (3,), (1, 4)],
        [(1, 1, 1), (1,), (1, 1)],
        [(2, 3, 4), (2,), (4, 3, 5)],
        [(2, 3, 2), (2,), (1, 3, 5)],
        [(1, 2, 3), (1,), (2, 3, 2, 4)],
    ),
    adlab.Conv2D: shaped(
        adlab.Conv2D(),
        [(3, 2, 2, 1), (3,), (2, 3, 4)],
        [(1, 1, 2, 3), (1,), (1, 4, 5)],
        [(2, 1, 3, 2), (2,), (1, 3, 2)],
        [(1, 2, 1, 1), (1,), (2, 1, 3)],
        [(2, 1, 3, 2), (2,), (3, 1, 3, 4)],
        [(2, 3, 1, 2), (2,), (1, 2, 3, 2, 3)],
    ),
    adlab.MaxPool: shaped(adlab.MaxPool(2), [(6,)], [(5,)], [(3, 4)], make=apart, analytic=False)
    + shaped(adlab.MaxPool(2, 3), [(4, 6)], [(5, 7)], [(2, 3, 4)], make=apart, analytic=False)
    + shaped(adlab.MaxPool(1), [(1,)], [(2, 3)], make=apart, analytic=False)
    + shaped(adlab.MaxPool(1, 4), [(2, 1, 4)], make=apart, analytic=False),
    adlab.Concatenate: shaped(
        adlab.Concatenate(), [(2,), (3,)], [(3,)], [(1,), (1,), (4,)], [(2, 3), (2, 1)]
    )
    + shaped(adlab.Concatenate(axis=0), [(2, 3), (1, 3), (4, 3)], [(1, 1), (2, 1)])
    + shaped(adlab.Concatenate(axis=1), [(2, 1, 3), (2, 4, 3)])
    + shaped(adlab.Concatenate(axis=-2), [(2, 1, 3), (2, 4, 3)]),
    adlab.Embedding: shaped(adlab.Embedding([3, 0, 3]), [(5, 2)], [(4, 1)])
    + shaped(adlab.Embedding([[1, 1, 0], [2, 1, 0]]), [(3, 4)])
    + shaped(adlab.Embedding(2), [(3, 2)])
    + shaped(adlab.Embedding([0]), [(1, 1)]),
    adlab.Transpose: shaped(adlab.Transpose(), [(2, 3)], [(4, 2, 3)], [(1, 3)], [(1, 1)])
    + shaped(adlab.Transpose((2, 0, 1)), [(2, 3, 4)], [(1, 2, 1)])
    + shaped(adlab.Transpose((0, 1)), [(2, 3)])
    + shaped(adlab.Transpose((-1, 0, 1)), [(2, 3, 4)])
    + shaped(adlab.Transpose((0,)), [(3,)]),
    adlab.Reshape: shaped(adlab.Reshape((3, 2)), [(2, 3)], [(6,)], [(1, 6, 1)])
    + shaped(adlab.Reshape(-1), [(2, 3)], [()], [(1, 1)])
    + shaped(adlab.Reshape((2, -1)), [(3, 4)])
    + shaped(adlab.Reshape(()), [(1, 1)], [()])
    + shaped(adlab.Reshape(6), [(2, 3)]),
    adlab.Sum: shaped(adlab.Sum(), *ONE_ARRAY)
    + shaped(adlab.Sum(0), [(3,)], [(2, 3)], [(1, 3)], [(2, 1, 3)])
    + shaped(adlab.Sum(-1), [(2, 3)], [(3, 1)])
    + shaped(adlab.Sum((0, -1)), [(2, 3, 4)], [(2, 1, 1)])
    + shaped(adlab.Sum(()), [(2, 3)]),
    adlab.Mean: shaped(adlab.Mean(), *ONE_ARRAY)
    + shaped(adlab.Mean(0), [(3,)], [(2, 3)], [(1, 3)], [(2, 1, 3)])
    + shaped(adlab.Mean(-1), [(2, 3)], [(3, 1)])
    + shaped(adlab.Mean((0, -1)), [(2, 3, 4)], [(2, 1, 1)])
    + shaped(adlab.Mean(()), [(2, 3)]),
    adlab.HalfSquare: half_square()
    + half_square(1)
    + half_square(3)
    + half_square(4, 3)
    + half_square(2, 1, 3),
    adlab.SoftmaxCrossEntropy: shaped(adlab.SoftmaxCrossEntropy(2), [(4,)])
    + shaped(adlab.SoftmaxCrossEntropy(0), [(1,)])
    + shaped(adlab.SoftmaxCrossEntropy([1, 0]), [(2, 3)])
    + shaped(adlab.SoftmaxCrossEntropy([[1], [0]]), [(2, 1, 3)]),
}


# ---- Networks ---------------------------------------------------------------------------------


def network(function):
    return lambda dtype: adlab.Network(function)


def gated(W, b, x):
    y1 = adlab.Linear()(W, b, x)
    y2 = adlab.Tanh()(y1)
    return adlab.Multiply()(y1, y2) + 0.5 * y1


def two_results(x1, x2, unused):
    y1 = adlab.Sin()(x1)
    y2 = y1 * x2
    return y2, adlab.Sum()(y1 * y1), x2, y2


def nested(W, b, x):
    inner = adlab.Network(gated)
    y1 = inner(W, b, x)
    y2, y3, y4, _ = adlab.Network(two_results)(y1, y1, x)
    return y2 + y3 * y4 + np.array([1.0, -2.0, 0.5])


LAYERS[networks.Network] = (
    shaped(network(gated), [(3, 2), (3,), (2,)], [(1, 4), (1,), (3, 4)])
    + shaped(network(two_results), [(3,), (3,), (2,)], [(2, 3), (3,), ()], [(), (), (1,)])
    + shaped(network(lambda x: x), [(2, 3)])
)
NETWORKS_IN_FLOAT64_ALONE = shaped(network(nested), [(3, 2), (3,), (2,)])  # an array constant


# ---- Plain NumPy ------------------------------------------------------------------------------


def written_in_numpy(W, b, x):
    y1 = x @ W.T + b
    return np.tanh(y1) * y1 + 0.5 * np.cos(y1)


def two_in_numpy(x1, x2, unused):
    y1 = np.sin(x1)
    return y1 * x2, np.sum(y1 * y1), x2


def operation(function, *args, places=(0,), **settings):
    return operations.Operation(function, list(args), list(places), settings)


def traced(function, *shapes):
    """The equations of a plain function, with one case to run them at."""

    def make(dtype):
        args = [numbers(*shape, seed=i).astype(dtype) for i, shape in enumerate(shapes)]
        return adlab.linearize(function, *args)[1].net

    return shaped(make, list(shapes), analytic=False)


LAYERS[operations.Operation] = (
    shaped(operation(np.power, None, 3), [(3,)], [(2, 3)], [()], analytic=False)
    + shaped(operation(np.sum, None, axis=0), [(2, 3)], analytic=False)
    + shaped(operation(np.matmul, None, None, places=(0, 1)), [(2, 3), (3,)], analytic=False)
)
LAYERS[operations.Through] = (
    points(lambda dtype: operations.Through(adlab.Dense(numbers(3, 2).astype(dtype))), numbers(2))
    + points(lambda dtype: operations.Through(adlab.Gather([2, 0, 2, 2], (3,))), numbers(3))
    + points(lambda dtype: operations.Through(adlab.Copy((3,), (2, 3))), numbers(3))
)


def own_rule(x, w):
    return np.tanh(x) @ w


LAYERS[custom.Custom] = shaped(
    adlab.custom_rule(
        own_rule,
        lambda y, x, w: (adlab.Dense(((1 - np.tanh(x) ** 2) * w)[None], x.shape, ()), np.tanh(x)),
    ),
    [(3,), (3,)],
) + shaped(adlab.custom_rule(np.sinh, lambda y, a: (adlab.Diagonal(np.cosh(a)),)), [()], [(2, 3)])
LAYERS[transforms.Function] = (
    shaped(transforms.Function(written_in_numpy, 3), [(3, 2), (3,), (2,)], [(3, 2), (3,), (4, 2)])
    + shaped(transforms.Function(two_in_numpy, 3), [(3,), (3,), (2,)], [(2, 3), (3,), ()])
    + shaped(transforms.Function(lambda x: x, 1), [(2, 3)])
)
LAYERS[checkpoints.Checkpointed] = shaped(
    checkpoints.Checkpointed(written_in_numpy, 3), [(3, 2), (3,), (2,)], [(3, 2), (3,), (4, 2)]
) + shaped(checkpoints.Checkpointed(lambda x: np.sum(np.sin(x)), 1), [(2, 3)], [()])
LAYERS[tracing.TracedNetwork] = traced(written_in_numpy, (3, 2), (3,), (2,)) + traced(
    two_in_numpy, (2, 3), (3,), ()
)


# ---- Jacobians --------------------------------------------------------------------------------


@dataclass(frozen=True)
class JacobianCase:
    """A Jacobian and, written down by other means, its matrix.

    `make(r)` makes the Jacobian and `matrix(r)` the matrix, of arrays that `r(*shape)` gives.
    """

    name: str
    make: Any
    matrix: Any

    def at(self, dtype, read_only=True):
        """The Jacobian in this float type, and its matrix in float64."""

        def arrays(*shape, seed=0):
            a = numbers(*shape, seed=seed).astype(dtype)
            a.setflags(write=not read_only)
            return a

        def exactly(*shape, seed=0):
            return arrays(*shape, seed=seed).astype(float)

        return self.make(arrays), self.matrix(exactly)

    def __str__(self):
        return self.name


def one_hot(places, n):
    """The matrix of y = x.ravel()[places]."""
    M = np.zeros((np.size(places), n))
    M[np.arange(np.size(places)), np.ravel(places)] = 1
    return M


def places(*shape):
    return np.arange(prod(shape)).reshape(shape)


def block_diagonal(*blocks):
    M = np.zeros(np.sum([B.shape for B in blocks], axis=0))
    i = j = 0
    for B in blocks:
        M[i : i + len(B), j : j + B.shape[1]] = B
        i, j = i + len(B), j + B.shape[1]
    return M


def copy_case(shape_in, shape_out, axes=None):
    def matrix(r):
        source = places(*shape_in)
        if axes is not None:
            kept = [
                1 if i in [k % len(shape_out) for k in axes] else n for i, n in enumerate(shape_out)
            ]
            source = source.reshape(kept)
        return one_hot(np.broadcast_to(source, shape_out), prod(shape_in))

    return JacobianCase(
        f"Copy {shape_in} to {shape_out}, axes={axes}",
        lambda r: adlab.Copy(shape_in, shape_out, axes),
        matrix,
    )


def gather_case(index, shape):
    return JacobianCase(
        f"Gather {np.shape(index)} from {shape}",
        lambda r: adlab.Gather(index, shape),
        lambda r: one_hot(index, prod(shape)),
    )


def permute_case(shape, axes):
    return JacobianCase(
        f"Permute {shape} by {axes}",
        lambda r: adlab.Permute(shape, axes),
        lambda r: one_hot(np.transpose(places(*shape), axes), prod(shape)),
    )


def case(name, make, matrix):
    return JacobianCase(name, make, matrix)


def argument(i):
    """One block of the Jacobian of `gated`, and of its matrix written out by hand."""

    def make(r):
        W, b, x = r(3, 2), r(3, seed=1), r(2, seed=2)
        return adlab.Network(gated).linearize(W, b, x)[1][i]

    return make, lambda r: gated_matrices(r)[i]


def gated_matrices(r):
    W, b, x = r(3, 2), r(3, seed=1), r(2, seed=2)
    a = W @ x + b
    slope = np.diag(np.tanh(a) + a * (1 - np.tanh(a) ** 2) + 0.5)
    return slope @ np.kron(np.eye(3), x[None, :]), slope, slope @ W


def slice_case(key, shape):
    taken = places(*shape)[key]
    return JacobianCase(
        f"Slice {key} of {shape}",
        lambda r: kinds.Slice(key, shape, taken.shape),
        lambda r: one_hot(taken, prod(shape)),
    )


def sparse_matrix(values, rows, columns, shape):
    M = np.zeros(shape)
    M[rows, columns] = values
    return M


def contraction(subscripts, k, *operands):
    inputs, output = subscripts.split("->")
    return kinds.Contraction(inputs.split(","), output, operands, k)


def gated_in_numpy(W, b, x):
    y1 = W @ x + b
    return y1 * np.tanh(y1) + 0.5 * y1


JACOBIANS = {
    jacobians.Dense: [
        case("Dense 3x2", lambda r: adlab.Dense(r(3, 2)), lambda r: r(3, 2)),
        case("Dense 1x4", lambda r: adlab.Dense(r(1, 4)), lambda r: r(1, 4)),
        case("Dense 4x1", lambda r: adlab.Dense(r(4, 1)), lambda r: r(4, 1)),
        case("Dense 1x1", lambda r: adlab.Dense(r(1, 1)), lambda r: r(1, 1)),
        case(
            "Dense (2, 3) to (2, 2)",
            lambda r: adlab.Dense(r(4, 6), (2, 3), (2, 2)),
            lambda r: r(4, 6),
        ),
        case("Dense (2, 3) to ()", lambda r: adlab.Dense(r(1, 6), (2, 3), ()), lambda r: r(1, 6)),
        case("Dense () to (3,)", lambda r: adlab.Dense(r(3, 1), ()), lambda r: r(3, 1)),
    ],
    jacobians.Diagonal: [
        case(
            f"Diagonal {s}",
            lambda r, s=s: adlab.Diagonal(r(*s)),
            lambda r, s=s: np.diag(r(*s).ravel()),
        )
        for s in [(), (1,), (3,), (2, 3), (2, 1, 3)]
    ],
    jacobians.Covector: [
        case(
            f"Covector {s}",
            lambda r, s=s: adlab.Covector(r(*s)),
            lambda r, s=s: r(*s).reshape(1, -1),
        )
        for s in [(), (1,), (3,), (2, 3), (2, 1, 3)]
    ],
    jacobians.Kronecker: [
        case(
            "A X Bᵀ",
            lambda r: adlab.Kronecker(r(2, 3), r(5, 4, seed=1), matrices=(3, 4)),
            lambda r: np.kron(r(2, 3), r(5, 4, seed=1)),
        ),
        case(
            "A X",
            lambda r: adlab.Kronecker(r(2, 3), matrices=(3, 4)),
            lambda r: np.kron(r(2, 3), np.eye(4)),
        ),
        case(
            "X Bᵀ",
            lambda r: adlab.Kronecker(B=r(5, 4), matrices=(3, 4)),
            lambda r: np.kron(np.eye(3), r(5, 4)),
        ),
        case("X", lambda r: adlab.Kronecker(matrices=(3, 4)), lambda r: np.eye(12)),
        case(
            "A X Bᵀ, sizes 1",
            lambda r: adlab.Kronecker(r(1, 1), r(1, 1, seed=1), matrices=(1, 1), shape_in=()),
            lambda r: r(1, 1) * r(1, 1, seed=1),
        ),
        case(
            "A X, a row to a scalar",
            lambda r: adlab.Kronecker(r(1, 3), matrices=(3, 1), shape_in=(3,), shape_out=()),
            lambda r: r(1, 3),
        ),
        case(
            "a stack of A X Bᵀ",
            lambda r: adlab.Kronecker(r(2, 3, 4), r(2, 1, 5, seed=1), matrices=(2, 4, 5)),
            lambda r: block_diagonal(*map(np.kron, r(2, 3, 4), r(2, 1, 5, seed=1))),
        ),
        case(
            "one A for a stack of X",
            lambda r: adlab.Kronecker(r(2, 3), matrices=(5, 3, 1)),
            lambda r: block_diagonal(*[r(2, 3)] * 5),
        ),
    ],
    jacobians.Identity: [
        case("Identity ()", lambda r: adlab.Identity(()), lambda r: np.eye(1)),
        case("Identity (3,)", lambda r: adlab.Identity((3,)), lambda r: np.eye(3)),
        case("Identity to a shape", lambda r: adlab.Identity((2, 3), (3, 2)), lambda r: np.eye(6)),
        case("Identity (1,) to ()", lambda r: adlab.Identity((1,), ()), lambda r: np.eye(1)),
    ],
    jacobians.Zero: [
        case("Zero (2,) to (3,)", lambda r: adlab.Zero((2,), (3,)), lambda r: np.zeros((3, 2))),
        case("Zero (2, 3) to ()", lambda r: adlab.Zero((2, 3), ()), lambda r: np.zeros((1, 6))),
        case("Zero () to (1,)", lambda r: adlab.Zero((), (1,)), lambda r: np.zeros((1, 1))),
    ],
    jacobians.Copy: [
        copy_case((3,), (2, 3)),
        copy_case((2, 1), (2, 3)),
        copy_case((), (2, 3)),
        copy_case((), ()),
        copy_case((1,), (1, 1)),
        copy_case((3,), (1, 3)),
        copy_case((1, 3), (2, 4, 3)),
        copy_case((3,), (3, 4), axes=(1,)),
        copy_case((2, 3), (2, 4, 3), axes=(-2,)),
        copy_case((4,), (2, 4, 3), axes=(0, 2)),
        copy_case((2, 3), (2, 3), axes=()),
    ],
    jacobians.Gather: [
        gather_case(np.array([2, 0, 2, 2]), (3,)),
        gather_case(np.array([[5, 0], [0, 1], [5, 5]]), (2, 3)),
        gather_case(np.array(1), (4,)),
        gather_case(np.array([0]), ()),
        gather_case(np.array([0, 0], np.uint8), (1, 1)),
    ],
    jacobians.Permute: [
        permute_case((2, 3), (1, 0)),
        permute_case((2, 3, 4), (2, 0, 1)),
        permute_case((2, 1, 3), (1, 2, 0)),
        permute_case((2, 3, 4), (-1, 0, -2)),
        permute_case((), ()),
    ],
    jacobians.Transposed: [
        case("Transposed Dense", lambda r: adlab.Dense(r(3, 2)).T, lambda r: r(3, 2).T),
        case(
            "Transposed Covector",
            lambda r: adlab.Covector(r(2, 3)).T,
            lambda r: r(2, 3).reshape(-1, 1),
        ),
        case(
            "Transposed Product",
            lambda r: (adlab.Dense(r(3, 2)) @ adlab.Dense(r(2, 4))).T,
            lambda r: (r(3, 2) @ r(2, 4)).T,
        ),
        case(
            "Transposed network",
            lambda r: adlab.Network(gated).linearize(r(3, 2), r(3, seed=1), r(2, seed=2))[1].T,
            lambda r: np.hstack(gated_matrices(r)).T,
        ),
    ],
    jacobians.Product: [
        case(
            "Product of two",
            lambda r: adlab.Dense(r(3, 2)) @ adlab.Dense(r(2, 4)),
            lambda r: r(3, 2) @ r(2, 4),
        ),
        case(
            "Product of three, brackets right",
            lambda r: adlab.Covector(r(3)) @ (adlab.Dense(r(3, 2)) @ adlab.Diagonal(r(2))),
            lambda r: r(3)[None] @ r(3, 2) @ np.diag(r(2)),
        ),
        case(
            "Product with the Jacobian of a network",
            lambda r: (
                adlab.Dense(r(4, 3))
                @ adlab.Network(gated).linearize(r(3, 2), r(3, seed=1), r(2, seed=2))[1]
            ),
            lambda r: r(4, 3) @ np.hstack(gated_matrices(r)),
        ),
    ],
    jacobians.Sum: [
        case(
            "Sum of two",
            lambda r: adlab.Dense(r(3, 2)) + adlab.Dense(r(3, 2, seed=1)),
            lambda r: r(3, 2) + r(3, 2, seed=1),
        ),
        case(
            "Sum of three, one subtracted",
            lambda r: (
                adlab.Dense(r(2, 3)) + (adlab.Zero((3,), (2,)) - adlab.Dense(r(2, 3, seed=1)))
            ),
            lambda r: r(2, 3) - r(2, 3, seed=1),
        ),
        case(
            "Sum of identities",
            lambda r: adlab.Identity((3,)) + adlab.Identity((3,)),
            lambda r: 2 * np.eye(3),
        ),
        case(
            "Sum of a Row and the Jacobian of a network",
            lambda r: (
                adlab.Row(
                    *(
                        adlab.Dense(M.astype(r(1).dtype), s)
                        for M, s in zip(gated_matrices(r), [(3, 2), (3,), (2,)], strict=True)
                    )
                )
                + adlab.Network(gated).linearize(r(3, 2), r(3, seed=1), r(2, seed=2))[1]
            ),
            lambda r: 2 * np.hstack(gated_matrices(r)),
        ),
    ],
    jacobians.Scaled: [
        case("Scaled Dense", lambda r: 2.5 * adlab.Dense(r(3, 2)), lambda r: 2.5 * r(3, 2)),
        case("minus Dense", lambda r: -adlab.Dense(r(3, 2)), lambda r: -r(3, 2)),
        case(
            "Scaled Jacobian of a network",
            lambda r: 2.5 * adlab.Network(gated).linearize(r(3, 2), r(3, seed=1), r(2, seed=2))[1],
            lambda r: 2.5 * np.hstack(gated_matrices(r)),
        ),
        case("Scaled by an integer", lambda r: adlab.Dense(r(3, 2)) * 3, lambda r: 3 * r(3, 2)),
    ],
    jacobians.Row: [
        case(
            "Scaled Row",
            lambda r: 2.5 * adlab.Row(adlab.Dense(r(3, 2)), adlab.Identity((3,))),
            lambda r: 2.5 * np.hstack([r(3, 2), np.eye(3)]),
        ),
        case("Row of one", lambda r: adlab.Row(adlab.Dense(r(3, 2))), lambda r: r(3, 2)),
        case(
            "Row of three",
            lambda r: adlab.Row(
                adlab.Dense(r(3, 2)), adlab.Identity((3,)), adlab.Zero((4, 1), (3,))
            ),
            lambda r: np.hstack([r(3, 2), np.eye(3), np.zeros((3, 4))]),
        ),
        case(
            "Row with an Identity first",
            lambda r: adlab.Row(adlab.Identity((3,)), adlab.Dense(r(3, 2))),
            lambda r: np.hstack([np.eye(3), r(3, 2)]),
        ),
        case(
            "Row of scalars",
            lambda r: adlab.Row(adlab.Covector(r(2, 3)), adlab.Covector(r())),
            lambda r: np.hstack([r(2, 3).reshape(1, -1), r().reshape(1, 1)]),
        ),
        case(
            "matrix times Row",
            lambda r: adlab.Dense(r(4, 3)) @ adlab.Row(adlab.Dense(r(3, 2)), adlab.Identity((3,))),
            lambda r: r(4, 3) @ np.hstack([r(3, 2), np.eye(3)]),
        ),
        case(
            "Row of Rows",
            lambda r: adlab.Row(
                adlab.Row(adlab.Dense(r(3, 2)), adlab.Identity((3,))), adlab.Dense(r(3, 1))
            ),
            lambda r: np.hstack([r(3, 2), np.eye(3), r(3, 1)]),
        ),
    ],
    jacobians.Column: [
        case(
            "Scaled Column",
            lambda r: 2.5 * adlab.Column(adlab.Dense(r(2, 3)), adlab.Identity((3,))),
            lambda r: 2.5 * np.vstack([r(2, 3), np.eye(3)]),
        ),
        case("Column of one", lambda r: adlab.Column(adlab.Dense(r(3, 2))), lambda r: r(3, 2)),
        case(
            "Column of three",
            lambda r: adlab.Column(
                adlab.Dense(r(3, 2)), adlab.Identity((2,)), adlab.Zero((2,), (1, 2))
            ),
            lambda r: np.vstack([r(3, 2), np.eye(2), np.zeros((2, 2))]),
        ),
        case(
            "Column with an Identity first",
            lambda r: adlab.Column(adlab.Identity((3,)), adlab.Dense(r(2, 3))),
            lambda r: np.vstack([np.eye(3), r(2, 3)]),
        ),
        case(
            "Column times matrix",
            lambda r: (
                adlab.Column(adlab.Dense(r(4, 3)), adlab.Identity((3,))) @ adlab.Dense(r(3, 2))
            ),
            lambda r: np.vstack([r(4, 3), np.eye(3)]) @ r(3, 2),
        ),
        case(
            "Column times Row",
            lambda r: (
                adlab.Column(adlab.Dense(r(2, 3)), adlab.Identity((3,)))
                @ adlab.Row(adlab.Dense(r(3, 1)), adlab.Dense(r(3, 2)))
            ),
            lambda r: np.vstack([r(2, 3), np.eye(3)]) @ np.hstack([r(3, 1), r(3, 2)]),
        ),
        case(
            "Column of Rows, minus itself, doubled",
            lambda r: (
                2
                * (
                    adlab.Column(adlab.Row(adlab.Dense(r(2, 3)), adlab.Dense(r(2, 1))))
                    - 3 * adlab.Column(adlab.Row(adlab.Dense(r(2, 3)), adlab.Dense(r(2, 1))))
                )
            ),
            lambda r: -4 * np.hstack([r(2, 3), r(2, 1)]),
        ),
    ],
    networks.NetworkJacobian: [
        case(
            "Jacobian of a network",
            lambda r: adlab.Network(gated).linearize(r(3, 2), r(3, seed=1), r(2, seed=2))[1],
            lambda r: np.hstack(gated_matrices(r)),
        ),
    ],
    networks.Argument: [
        case(f"argument {i} of a network's Jacobian", *argument(i)) for i in range(3)
    ],
    tracing.TracedJacobian: [
        case(
            "Jacobian of a plain function",
            lambda r: adlab.linearize(gated_in_numpy, r(3, 2), r(3, seed=1), r(2, seed=2))[1],
            lambda r: np.hstack(gated_matrices(r)),
        ),
    ],
    checkpoints.Again: [
        case(
            "Jacobian of a checkpointed function",
            lambda r: checkpoints.Checkpointed(gated_in_numpy, 3).linearize(
                r(3, 2), r(3, seed=1), r(2, seed=2)
            )[1],
            lambda r: np.hstack(gated_matrices(r)),
        ),
    ],
    kinds.OfResult: [
        case(
            f"OfResult {s}",
            lambda r, s=s: kinds.OfResult(r(*s), lambda y: 1 - y * y),
            lambda r, s=s: np.diag(1 - r(*s).ravel() ** 2),
        )
        for s in [(), (1,), (3,), (2, 3)]
    ],
    kinds.Sparse: [
        case(
            "Sparse 3x4",
            lambda r: kinds.Sparse(r(4), [0, 2, 2, 0], [3, 0, 1, 1], (4,), (3,)),
            lambda r: sparse_matrix(r(4), [0, 2, 2, 0], [3, 0, 1, 1], (3, 4)),
        ),
        case(
            "Sparse (2, 2) to (1, 3)",
            lambda r: kinds.Sparse(r(3), [1, 1, 2], [0, 3, 2], (2, 2), (1, 3)),
            lambda r: sparse_matrix(r(3), [1, 1, 2], [0, 3, 2], (3, 4)),
        ),
        case(
            "Sparse without a number",
            lambda r: kinds.Sparse(r(0), np.zeros(0, int), np.zeros(0, int), (2,), (3,)),
            lambda r: np.zeros((3, 2)),
        ),
    ],
    kinds.Slice: [
        slice_case(1, (3,)),
        slice_case((slice(None), 2), (2, 3)),
        slice_case((Ellipsis, slice(None, None, -2)), (2, 5)),
        slice_case((None, slice(0, 1)), (3, 2)),
        slice_case((), ()),
    ],
    kinds.Part: [
        case(
            f"Part {shape} of {shape_out} from {start} along {axis}",
            lambda r, key=(shape, shape_out, None, axis, start): kinds.Part(*key),
            lambda r, taken=(shape_out, axis, start, stop): (
                one_hot(np.take(places(*taken[0]), range(*taken[2:]), taken[1]), prod(taken[0])).T
            ),
        )
        for shape, shape_out, axis, start, stop in [
            ((2,), (5,), 0, 1, 3),
            ((2,), (5,), 0, 3, 5),
            ((2, 3), (4, 3), 0, 0, 2),
            ((3, 2), (3, 5), 1, 2, 4),
            ((2, 3), (6,), 0, 0, 6),
            ((3,), (3, 2), 1, 1, 2),
        ]
    ],
    kinds.Mask: [
        case(
            f"Mask {s}",
            lambda r, s=s: kinds.Mask(np.asarray(r(*s) > 0), r(*s).dtype),
            lambda r, s=s: np.diag((r(*s) > 0).ravel() * 1.0),
        )
        for s in [(), (3,), (2, 3)]
    ],
    kinds.Cast: [
        case(
            f"Cast {s}",
            lambda r, s=s: kinds.Cast(s, r(*s).dtype, r(*s).dtype),
            lambda r, s=s: np.eye(r(*s).size),
        )
        for s in [(), (3,), (2, 3)]
    ],
    kinds.Cumulative: [
        case("Cumulative (4,)", lambda r: kinds.Cumulative((4,), -1), lambda r: np.tri(4)),
        case("Cumulative (1,)", lambda r: kinds.Cumulative((1,), -1), lambda r: np.eye(1)),
        case(
            "Cumulative (2, 3), last axis",
            lambda r: kinds.Cumulative((2, 3), -1),
            lambda r: np.kron(np.eye(2), np.tri(3)),
        ),
        case(
            "Cumulative (2, 3), first axis",
            lambda r: kinds.Cumulative((2, 3), -2),
            lambda r: np.kron(np.tri(2), np.eye(3)),
        ),
    ],
    kinds.Contraction: [
        case(
            "Contraction ij,jk->ik in the first",
            lambda r: contraction("ij,jk->ik", 0, r(2, 3), r(3, 4)),
            lambda r: np.kron(np.eye(2), r(3, 4).T),
        ),
        case(
            "Contraction ij,jk->ik in the second",
            lambda r: contraction("ij,jk->ik", 1, r(2, 3), r(3, 4)),
            lambda r: np.kron(r(2, 3), np.eye(4)),
        ),
        case(
            "Contraction ij->j",
            lambda r: contraction("ij->j", 0, r(2, 3)),
            lambda r: np.kron(np.ones((1, 2)), np.eye(3)),
        ),
        case(
            "Contraction ij,k->jk, an axis that is summed alone",
            lambda r: contraction("ij,k->jk", 0, r(2, 3), r(4)),
            lambda r: np.kron(np.ones((1, 2)), np.kron(np.eye(3), r(4)[:, None])),
        ),
        case(
            "Contraction i,ij,j-> in the last",
            lambda r: contraction("i,ij,j->", 2, r(2), r(2, 3), r(3)),
            lambda r: (r(2) @ r(2, 3))[None],
        ),
    ],
}

# What only gives others their shape and can't be used itself; what is not the derivative of its
# value; and what is found by iteration, in test_implicit.py.
ABSTRACT = {jacobians.Jacobian, jacobians.Blocks, layers.Layer, layers.Elementwise, layers.Conv}
ABSTRACT |= {custom.StopGradient}
ABSTRACT |= {
    implicit.Implicit,
    implicit.FixedPoint,
    implicit.Root,
    implicit.ImplicitJacobian,
}

# Public functions and classes of other kinds, and the file that tests each.
FUNCTIONS = {
    "Plan": "test_plan.py",
    "check": "test_checks.py",
    "complex_step": "test_checks.py",
    "differences": "test_checks.py",
    "dot_product_test": "test_checks.py",
    "error_curve": "test_checks.py",
    "ledger": "test_cost.py",
    "jvp": "test_transforms.py",
    "vjp": "test_transforms.py",
    "linearize": "test_transforms.py",
    "grad": "test_transforms.py",
    "value_and_grad": "test_transforms.py",
    "jacfwd": "test_transforms.py",
    "jacrev": "test_transforms.py",
    "jacobian": "test_transforms.py",
    "checkpoint": "test_checkpoints.py",
    "checkpointed_chain": "test_checkpoints.py",
    "Schedule": "test_checkpoints.py",
    "store_all": "test_checkpoints.py",
    "square_root": "test_checkpoints.py",
    "binomial": "test_checkpoints.py",
    "custom_rule": "test_custom.py",
    "stop_gradient": "test_custom.py",
    "fixed_point": "test_implicit.py",
    "root": "test_implicit.py",
    "sparse_jacobian": "test_colouring.py",
    "hvp": "test_tracing.py",
    "hessian": "test_tracing.py",
}


def layer_cases():
    return [case for cases in LAYERS.values() for case in cases]


def jacobian_cases():
    return [case for cases in JACOBIANS.values() for case in cases]
