"""Every NumPy function that can be differentiated, with the cases that test its rule.

`UFUNCS` says where to try a ufunc; `FUNCTIONS` has calls of all others. A function of
`adlab.rules` without an entry turns `tests/maths/test_operations.py` red.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.registry import apart, numbers, positive


def between(*shape):
    """Numbers between -0.9 and 0.9, none near 0."""
    return 0.9 * np.tanh(numbers(*shape, seed=3))


def above_one(*shape):
    return 1.0 + positive(*shape)


def spread(*shape):
    return 2 * numbers(*shape, seed=4)


SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (2, 1, 3), (0,), (2, 0)]
PAIRS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((1,), (2, 1, 3)),
    ((4, 1, 3), (2, 1)),
    ((1, 0), (2, 1)),
]


@dataclass(frozen=True)
class Ufunc:
    """Where to try a ufunc: what makes its first and its second argument."""

    first: Any = numbers
    second: Any = None
    analytic: bool = True


TWO = Ufunc(numbers, spread)
UFUNCS = {
    np.add: TWO,
    np.subtract: TWO,
    np.multiply: TWO,
    np.divide: Ufunc(numbers, above_one),
    np.power: Ufunc(positive, spread),
    np.float_power: Ufunc(positive, spread),
    np.remainder: Ufunc(spread, above_one, analytic=False),
    np.fmod: Ufunc(spread, above_one, analytic=False),
    np.maximum: Ufunc(numbers, spread, analytic=False),
    np.minimum: Ufunc(numbers, spread, analytic=False),
    np.fmax: Ufunc(numbers, spread, analytic=False),
    np.fmin: Ufunc(numbers, spread, analytic=False),
    np.logaddexp: Ufunc(numbers, spread, analytic=False),
    np.logaddexp2: Ufunc(numbers, spread, analytic=False),
    np.hypot: Ufunc(numbers, spread, analytic=False),
    np.arctan2: Ufunc(numbers, spread, analytic=False),
    np.copysign: Ufunc(numbers, spread, analytic=False),
    np.positive: Ufunc(),
    np.negative: Ufunc(),
    np.absolute: Ufunc(analytic=False),
    np.fabs: Ufunc(analytic=False),
    np.square: Ufunc(),
    np.sqrt: Ufunc(positive),
    np.cbrt: Ufunc(positive, analytic=False),
    np.reciprocal: Ufunc(positive),
    np.exp: Ufunc(),
    np.exp2: Ufunc(),
    np.expm1: Ufunc(),
    np.log: Ufunc(positive),
    np.log2: Ufunc(positive),
    np.log10: Ufunc(positive),
    np.log1p: Ufunc(positive),
    np.sin: Ufunc(),
    np.cos: Ufunc(),
    np.tan: Ufunc(between),
    np.arcsin: Ufunc(between),
    np.arccos: Ufunc(between),
    np.arctan: Ufunc(),
    np.sinh: Ufunc(),
    np.cosh: Ufunc(),
    np.tanh: Ufunc(),
    np.arcsinh: Ufunc(),
    np.arccosh: Ufunc(above_one),
    np.arctanh: Ufunc(between),
    np.deg2rad: Ufunc(analytic=False),
    np.radians: Ufunc(analytic=False),
    np.rad2deg: Ufunc(analytic=False),
    np.degrees: Ufunc(analytic=False),
}


@dataclass(frozen=True)
class Call:
    """f at a point: `f(*args)` calls the function that is tested, with its settings."""

    f: Any
    args: tuple

    def __str__(self):
        return "-".join("x".join(map(str, a.shape)) or "0d" for a in self.args)


def calls(f, *shapes_of_each, make=numbers):
    """One Call for each tuple of shapes."""
    return [
        Call(f, tuple(make(*s, seed=i) if make is numbers else make(*s) for i, s in enumerate(ss)))
        for ss in shapes_of_each
    ]


def well_posed(*shape):
    """Matrices that are far from singular, and not symmetric."""
    n = shape[-1]
    return numbers(*shape, seed=5) / n + 2 * np.eye(n)


def positive_definite(*shape):
    A = well_posed(*shape)
    return A @ np.swapaxes(A, -1, -2)


MATRICES = [[(1, 1)], [(3, 3)], [(2, 3, 3)]]
TAKEN = np.array([[2, 0], [1, 2]])
MASK = np.array([True, False, True])

FUNCTIONS = {
    np.sum: [
        *calls(np.sum, *[[s] for s in SHAPES]),
        *calls(lambda x: np.sum(x, 0), [(3,)], [(2, 3)], [(2, 0)]),
        *calls(lambda x: np.sum(x, axis=(0, -1), keepdims=True), [(2, 3, 4)]),
        *calls(lambda x: x.sum(-1), [(2, 3)]),
    ],
    np.mean: [
        *calls(np.mean, [(3,)], [(2, 3)], [()]),
        *calls(lambda x: x.mean(axis=1, keepdims=True), [(2, 3)]),
    ],
    np.var: [
        *calls(np.var, [(3,)], [(2, 3)]),
        *calls(lambda x: np.var(x, axis=0, ddof=1), [(4, 3)]),
        *calls(lambda x: x.var(-1, keepdims=True), [(2, 3)]),
    ],
    np.std: [*calls(np.std, [(3,)]), *calls(lambda x: np.std(x, 1, ddof=1), [(2, 3)])],
    np.average: calls(np.average, [(3,)])
    + calls(lambda x, w: np.average(x, weights=w), [(3,), (3,)], make=positive)
    + calls(lambda x, w: np.average(x, axis=0, weights=w), [(2, 3), (2, 3)], make=positive),
    np.max: calls(np.max, [(3,)], [(2, 3)], make=apart)
    + calls(lambda x: np.max(x, axis=1), [(2, 3)], make=apart)
    + calls(lambda x: x.max(axis=(0, 2), keepdims=True), [(2, 3, 4)], make=apart),
    np.min: calls(np.min, [(3,)], make=apart) + calls(lambda x: x.min(0), [(2, 3)], make=apart),
    np.ptp: calls(np.ptp, [(4,)], make=apart) + calls(lambda x: np.ptp(x, 1), [(2, 3)], make=apart),
    np.prod: calls(np.prod, [(3,)], [(2, 3)], [()])
    + calls(lambda x: np.prod(x, axis=1), [(2, 3)])
    + calls(lambda x: np.prod(x, axis=(0, 2), keepdims=True), [(2, 3, 2)])
    + [Call(np.prod, (np.array([2.0, 0.0, 3.0]),)), Call(np.prod, (np.array([0.0, 0.0, 3.0]),))]
    + [Call(lambda x: np.prod(x, 0), (np.array([[2.0, 0.0], [0.5, -1.0], [0.0, 3.0]]),))],
    np.cumsum: calls(np.cumsum, [(4,)], [(2, 3)])
    + calls(lambda x: np.cumsum(x, axis=0), [(2, 3)])
    + calls(lambda x: x.cumsum(-1), [(2, 3)]),
    np.diff: calls(np.diff, [(4,)], [(2, 3)]) + calls(lambda x: np.diff(x, 2, axis=0), [(4, 3)]),
    np.matmul: calls(
        np.matmul,
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(3,), (3, 2)],
        [(2, 3), (3, 4)],
        [(5, 2, 3), (3, 4)],
        [(5, 2, 3), (3,)],
        [(3,), (5, 3, 2)],
        [(2, 3), (5, 3, 4)],
        [(5, 2, 3), (5, 3, 4)],
        [(6, 1, 2, 3), (5, 3, 4)],
        [(1, 1), (1, 1)],
        [(2, 0), (0, 3)],
    )
    + calls(lambda A, x: A @ x, [(2, 3), (3,)]),
    np.dot: calls(
        np.dot, [(3,), (3,)], [(2, 3), (3, 4)], [(), (2, 3)], [(2, 3), (4, 3, 5)], [(5, 2, 3), (3,)]
    ),
    np.inner: calls(np.inner, [(3,), (3,)], [(2, 3), (4, 3)], [(), (3,)]),
    np.vdot: calls(np.vdot, [(2, 3), (2, 3)]),
    np.vecdot: calls(np.vecdot, [(2, 3), (3,)]),
    np.outer: calls(np.outer, [(3,), (2,)], [(2, 3), (4,)]),
    np.kron: calls(np.kron, [(2, 3), (3, 1)], [(3,), (2,)], [(2,), (2, 3)]),
    np.tensordot: calls(lambda a, b: np.tensordot(a, b, 1), [(2, 3), (3, 4)])
    + calls(lambda a, b: np.tensordot(a, b, 0), [(2,), (3,)])
    + calls(lambda a, b: np.tensordot(a, b, ((0, 2), (1, 0))), [(2, 3, 4), (4, 2, 5)])
    + calls(np.tensordot, [(2, 3, 4), (3, 4)]),
    np.einsum: calls(lambda a, b: np.einsum("ij,jk->ik", a, b), [(2, 3), (3, 4)])
    + calls(lambda a, b: np.einsum("ij,jk", a, b), [(2, 3), (3, 4)])
    + calls(lambda a: np.einsum("ij->j", a), [(2, 3)])
    + calls(lambda a: np.einsum("ij->ji", a), [(2, 3)])
    + calls(lambda a: np.einsum("ii", a), [(3, 3)])
    + calls(lambda a: np.einsum("iji->j", a), [(3, 2, 3)])
    + calls(lambda a, b: np.einsum("...ij, ...j -> ...i", a, b), [(5, 2, 3), (5, 3)])
    + calls(lambda a, b: np.einsum("...ij,...j->...i", a, b), [(5, 2, 3), (3,)])
    + calls(lambda a, b, c: np.einsum("i,ij,j->", a, b, c), [(2,), (2, 3), (3,)])
    + calls(lambda a, b: np.einsum("ij,k->jk", a, b), [(2, 3), (4,)])
    + calls(lambda a: np.einsum("ij,ij->i", a, a), [(2, 3)]),
    np.trace: calls(np.trace, [(3, 2)]) + calls(lambda x: np.trace(x, 1, 0, 2), [(3, 2, 4)]),
    np.linalg.trace: calls(np.linalg.trace, [(2, 4, 3)]),
    np.diag: calls(np.diag, [(3,)], [(2, 3)])
    + calls(lambda x: np.diag(x, -1), [(3,)], [(3, 2)])
    + calls(lambda x: np.diag(x, 2), [(2,)]),
    np.diagonal: calls(np.diagonal, [(2, 3)])
    + calls(lambda x: x.diagonal(axis1=1, axis2=2), [(2, 3, 4)]),
    np.tril: calls(np.tril, [(3, 2)], [(2, 2, 3)]) + calls(lambda x: np.tril(x, -1), [(3, 2)]),
    np.triu: calls(np.triu, [(3, 2)]) + calls(lambda x: np.triu(x, 1), [(3, 4)]),
    np.reshape: calls(lambda x: np.reshape(x, (3, 2)), [(2, 3)], [(6,)])
    + calls(lambda x: x.reshape(-1), [(2, 3)])
    + calls(lambda x: x.reshape(3, -1), [(2, 3)]),
    np.ravel: calls(np.ravel, [(2, 3)], [()]) + calls(lambda x: x.flatten(), [(2, 3)]),
    np.squeeze: calls(np.squeeze, [(2, 1, 3)]) + calls(lambda x: x.squeeze(0), [(1, 3, 1)]),
    np.expand_dims: calls(lambda x: np.expand_dims(x, 1), [(2, 3)])
    + calls(lambda x: x[:, None], [(3,)]),
    np.broadcast_to: calls(lambda x: np.broadcast_to(x, (2, 3)), [(3,)], [(2, 1)], [()], [(2, 3)]),
    np.transpose: calls(np.transpose, [(2, 3)], [(3,)], [(2, 3, 4)])
    + calls(lambda x: np.transpose(x, (2, 0, 1)), [(2, 3, 4)])
    + calls(lambda x: x.T, [(2, 3)])
    + calls(lambda x: x.transpose(1, 0), [(2, 3)]),
    np.matrix_transpose: calls(np.matrix_transpose, [(4, 2, 3)]) + calls(lambda x: x.mT, [(2, 3)]),
    np.linalg.matrix_transpose: calls(np.linalg.matrix_transpose, [(2, 3)]),
    np.swapaxes: calls(lambda x: np.swapaxes(x, 0, -1), [(2, 3, 4)]),
    np.moveaxis: calls(lambda x: np.moveaxis(x, 0, -1), [(2, 3, 4)]),
    np.rollaxis: calls(lambda x: np.rollaxis(x, 2), [(2, 3, 4)]),
    np.atleast_1d: calls(np.atleast_1d, [()], [(3,)]),
    np.atleast_2d: calls(np.atleast_2d, [()], [(3,)], [(2, 3)]),
    np.concatenate: calls(lambda x, y: np.concatenate([x, y]), [(2,), (3,)], [(1, 3), (2, 3)])
    + calls(lambda x, y: np.concatenate((x, [[7.0]], y), axis=1), [(1, 2), (1, 3)])
    + calls(lambda x, y: np.concatenate([x, y, x], axis=None), [(2, 3), (2,)]),
    np.stack: calls(lambda x, y: np.stack([x, y]), [(3,), (3,)], [(), ()])
    + calls(lambda x, y: np.stack([x, y, x], axis=-1), [(2, 3), (2, 3)]),
    np.vstack: calls(lambda x, y: np.vstack([x, y]), [(3,), (2, 3)]),
    np.hstack: calls(lambda x, y: np.hstack([x, y]), [(2,), (3,)], [(2, 1), (2, 3)], [(), ()]),
    np.column_stack: calls(lambda x, y: np.column_stack([x, y]), [(3,), (3, 2)]),
    np.split: calls(lambda x: np.split(x, 3)[1], [(6,)], [(3, 2)])
    + calls(lambda x: np.split(x, [1, 2], axis=1)[2], [(2, 5)]),
    np.array_split: calls(lambda x: np.array_split(x, 2)[0], [(5,)]),
    np.tile: calls(lambda x: np.tile(x, 2), [(3,)], [(2, 3)])
    + calls(lambda x: np.tile(x, (2, 3)), [(2,)]),
    np.repeat: calls(lambda x: np.repeat(x, 2), [(2, 3)])
    + calls(lambda x: x.repeat([2, 0, 1], axis=0), [(3, 2)]),
    np.roll: calls(lambda x: np.roll(x, 2), [(3,)]) + calls(lambda x: np.roll(x, 1, 0), [(2, 3)]),
    np.flip: calls(np.flip, [(2, 3)]) + calls(lambda x: np.flip(x, 1), [(2, 3)]),
    np.fliplr: calls(np.fliplr, [(2, 3)]),
    np.flipud: calls(np.flipud, [(2, 3)]),
    np.rot90: calls(np.rot90, [(2, 3)]),
    np.pad: calls(lambda x: np.pad(x, 1), [(2, 3)])
    + calls(lambda x: np.pad(x, ((1, 0), (2, 3))), [(2, 3)])
    + calls(lambda x: np.pad(x, 2, mode="edge"), [(3,)])
    + calls(lambda x: np.pad(x, 1, "wrap"), [(2, 3)])
    + calls(lambda x: np.pad(x, 1, constant_values=7.0), [(3,)]),
    np.take: calls(lambda x: np.take(x, TAKEN), [(3, 2)], [(4,)])
    + calls(lambda x: x.take([2, 2, 0], axis=1), [(2, 3)]),
    np.take_along_axis: calls(lambda x: np.take_along_axis(x, TAKEN, 1), [(2, 3)]),
    np.compress: calls(lambda x: np.compress([True, False, True], x, axis=1), [(2, 3)]),
    np.delete: calls(lambda x: np.delete(x, 1, axis=0), [(3, 2)]),
    np.where: calls(lambda x, y: np.where(MASK, x, y), [(3,), (3,)], [(2, 3), ()])
    + calls(lambda x: np.where(x > 0, x, 0.1 * x), [(2, 3)]),
    np.clip: calls(lambda x: np.clip(x, -0.5, 0.8), [(2, 3)], [(7,)])
    + calls(lambda x: x.clip(min=0), [(7,)])
    + calls(lambda x, a: np.clip(x, a, None), [(3,), ()]),
    np.sort: calls(np.sort, [(5,)], [(2, 3)], make=apart)
    + calls(lambda x: np.sort(x, axis=0), [(4, 3)], make=apart)
    + calls(lambda x: np.sort(x, axis=None), [(2, 3)], make=apart),
    np.copy: calls(np.copy, [(2, 3)]) + calls(lambda x: x.copy(), [()]),
    np.astype: calls(lambda x: np.astype(x, np.float64), [(3,)])
    + calls(lambda x: x.astype(float), [(3,)]),
    np.linalg.inv: calls(np.linalg.inv, *MATRICES, make=well_posed),
    np.linalg.det: calls(np.linalg.det, *MATRICES, make=well_posed),
    np.linalg.slogdet: calls(lambda A: np.linalg.slogdet(A)[1], *MATRICES, make=well_posed)
    + calls(lambda A: np.linalg.slogdet(A).logabsdet, [(3, 3)], make=well_posed)
    + calls(lambda A: np.linalg.slogdet(A).sign * A[0, 0], [(3, 3)], make=well_posed),
    np.linalg.solve: [
        Call(np.linalg.solve, (well_posed(3, 3), numbers(3))),
        Call(np.linalg.solve, (well_posed(3, 3), numbers(3, 2))),
        Call(np.linalg.solve, (well_posed(2, 3, 3), numbers(2, 3, 4))),
        Call(np.linalg.solve, (well_posed(3, 3), numbers(2, 3, 4))),
        Call(np.linalg.solve, (well_posed(2, 3, 3), numbers(3, 4))),
    ],
    np.linalg.cholesky: calls(np.linalg.cholesky, *MATRICES, make=positive_definite),
    np.linalg.eigvalsh: calls(np.linalg.eigvalsh, *MATRICES, make=well_posed)
    + calls(lambda A: np.linalg.eigvalsh(A, "U"), [(3, 3)], make=well_posed),
    np.linalg.eigh: calls(lambda A: np.linalg.eigh(A)[0], [(3, 3)], make=well_posed)
    + calls(lambda A: np.linalg.eigh(A).eigenvectors, *MATRICES, make=well_posed)
    + calls(lambda A: np.linalg.eigh(A, UPLO="U")[1], [(3, 3)], make=well_posed),
    np.linalg.norm: calls(np.linalg.norm, [(3,)], [(2, 3)], [(2, 3, 2)])
    + calls(lambda x: np.linalg.norm(x, axis=1), [(2, 3)])
    + calls(lambda x: np.linalg.norm(x, axis=0, keepdims=True), [(2, 3)])
    + calls(lambda x: np.linalg.norm(x, "fro"), [(2, 3)])
    + calls(lambda x: np.linalg.norm(x, 1), [(3,)])
    + calls(lambda x: np.linalg.norm(x, 3, axis=-1), [(2, 3)])
    + calls(lambda x: np.linalg.norm(x, np.inf), [(3,)], make=apart),
    np.linalg.vector_norm: calls(np.linalg.vector_norm, [(3,)], [(2, 3)])
    + calls(lambda x: np.linalg.vector_norm(x, axis=0), [(2, 3)]),
}

INDEXING = [
    *calls(lambda x: x[1], [(3,)], [(2, 3)]),
    *calls(lambda x: x[-1, 1:], [(2, 3)]),
    *calls(lambda x: x[..., ::-2], [(2, 5)]),
    *calls(lambda x: x[:, None, 1], [(2, 3)]),
    *calls(lambda x: x[[2, 0, 2]], [(3,)], [(3, 2)]),
    *calls(lambda x: x[np.array([[0, 1], [1, 1]])], [(2, 3)]),
    *calls(lambda x: x[np.array([0, 1, 1]), np.array([2, 0, 0])], [(2, 3)]),
    *calls(lambda x: x[MASK], [(3,)], [(3, 2)]),
    *calls(lambda x: x[x > 0], [(7,)]),
    *calls(lambda x: x[:, [0, 0]], [(2, 3)]),
    *calls(lambda x: x[()], [()]),
    *calls(lambda x: x[:0], [(3,)]),
    *calls(lambda x: np.stack(list(x)), [(3,)], [(2, 3)]),
]
