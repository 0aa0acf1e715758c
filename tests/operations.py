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
    np.conjugate: Ufunc(analytic=False),
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


def increasing(*shape):
    return np.cumsum(positive(*shape), axis=-1)


def holed(x):
    """x with NaN in its places (0, 1) and (1, 2)."""
    return np.where([[0, 1, 0, 0], [0, 0, 1, 0]], np.nan, x)


def several(*parts):
    """The results of a function that has more than one, as one array."""
    return np.concatenate([np.ravel(part) for part in parts])


MATRICES = [[(1, 1)], [(3, 3)], [(2, 3, 3)]]
TAKEN = np.array([[2, 0], [1, 2]])
MASK = np.array([True, False, True])

FUNCTIONS = {
    np.sum: [
        *calls(np.sum, *[[s] for s in SHAPES]),
        *calls(lambda x: np.sum(x, 0), [(3,)], [(2, 3)], [(2, 0)]),
        *calls(lambda x: np.sum(x, axis=(0, -1), keepdims=True), [(2, 3, 4)]),
        *calls(lambda x: x.sum(-1), [(2, 3)]),
        *calls(lambda x: np.sum(x, where=[True, False, True], initial=7.0), [(2, 3)]),
        *calls(lambda x: np.sum(x, 1, float, None, True), [(2, 3)]),
    ],
    np.mean: [
        *calls(np.mean, [(3,)], [(2, 3)], [()]),
        *calls(lambda x: x.mean(axis=1, keepdims=True), [(2, 3)]),
        *calls(lambda x: np.mean(x, axis=0, where=[[1, 0, 1], [1, 1, 0]] > np.zeros(3)), [(2, 3)]),
        *calls(lambda x: np.mean(x, dtype=np.float64), [(2, 3)]),
    ],
    np.var: [
        *calls(np.var, [(3,)], [(2, 3)]),
        *calls(lambda x: np.var(x, axis=0, ddof=1), [(4, 3)]),
        *calls(lambda x: x.var(-1, keepdims=True), [(2, 3)]),
    ],
    np.std: [
        *calls(np.std, [(3,)]),
        *calls(lambda x: np.std(x, 1, ddof=1), [(2, 3)]),
        *calls(lambda x: np.std(x, -1, correction=1, keepdims=True), [(2, 3)]),
    ],
    np.average: calls(np.average, [(3,)])
    + calls(lambda x, w: np.average(x, axis=1, weights=w), [(2, 3), (3,)], make=positive)
    + calls(
        lambda x, w: several(*np.average(x, 0, w, returned=True)), [(2, 3), (2,)], make=positive
    )
    + calls(
        lambda x, w: np.average(x, (2, 0), w, keepdims=True), [(2, 3, 4), (4, 2)], make=positive
    )
    + calls(lambda x, w: np.average(x, weights=w), [(3,), (3,)], make=positive)
    + calls(lambda x, w: np.average(x, axis=0, weights=w), [(2, 3), (2, 3)], make=positive),
    np.max: calls(np.max, [(3,)], [(2, 3)], make=apart)
    + calls(lambda x: np.max(x, axis=1), [(2, 3)], make=apart)
    + calls(lambda x: np.max(x, axis=0, initial=0.1, where=MASK), [(2, 3)], make=apart)
    + calls(lambda x: x.max(axis=(0, 2), keepdims=True), [(2, 3, 4)], make=apart),
    np.amax: calls(lambda x: np.amax(x, axis=-1), [(2, 3)], make=apart),
    np.amin: calls(lambda x: np.amin(x, axis=0), [(2, 3)], make=apart),
    np.min: calls(np.min, [(3,)], make=apart) + calls(lambda x: x.min(0), [(2, 3)], make=apart),
    np.ptp: calls(np.ptp, [(4,)], make=apart) + calls(lambda x: np.ptp(x, 1), [(2, 3)], make=apart),
    np.prod: calls(np.prod, [(3,)], [(2, 3)], [()])
    + calls(lambda x: np.prod(x, axis=1), [(2, 3)])
    + calls(lambda x: np.prod(x, axis=(0, 2), keepdims=True), [(2, 3, 2)])
    + [Call(np.prod, (np.array([2.0, 0.0, 3.0]),)), Call(np.prod, (np.array([0.0, 0.0, 3.0]),))]
    + calls(lambda x: np.prod(x, 0, None, None, True), [(2, 3)])
    + calls(lambda x: np.prod(x, dtype=np.float64, out=None), [(2, 3)])
    + [Call(lambda x: np.prod(x, 0), (np.array([[2.0, 0.0], [0.5, -1.0], [0.0, 3.0]]),))],
    np.cumsum: calls(np.cumsum, [(4,)], [(2, 3)])
    + calls(lambda x: np.cumsum(x, axis=0), [(2, 3)])
    + calls(lambda x: x.cumsum(-1), [(2, 3)])
    + calls(lambda x: np.cumsum(x, None, np.float64, None), [(2, 3)]),
    np.diff: calls(np.diff, [(4,)], [(2, 3)])
    + calls(lambda x: np.diff(x, prepend=0.0, append=[[1.0], [2.0]]), [(2, 3)])
    + calls(lambda x: np.diff(x, 2, axis=0), [(4, 3)]),
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
    np.cross: calls(np.cross, [(3,), (3,)], [(2, 3), (3,)])
    + calls(lambda a, b: np.cross(a, b, axisa=0, axisc=0), [(3, 2), (2, 3)]),
    np.matvec: calls(np.matvec, [(2, 3, 4), (4,)]),
    np.vecmat: calls(np.vecmat, [(3,), (2, 3, 4)]),
    np.inner: calls(np.inner, [(3,), (3,)], [(2, 3), (4, 3)], [(), (3,)]),
    np.vdot: calls(np.vdot, [(2, 3), (2, 3)]),
    np.vecdot: calls(np.vecdot, [(2, 3), (3,)])
    + calls(lambda a, b: np.vecdot(a, b, axis=0), [(2, 3), (2, 3)]),
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
    + calls(lambda a: np.einsum("ij,ij->i", a, a), [(2, 3)])
    + calls(lambda a, b: np.einsum("ij,ij->ij", a, b), [(2, 1), (2, 3)])
    + calls(lambda a, b: np.einsum("...i,...i", a, b), [(2, 1, 3), (4, 3)])
    + calls(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), [(2, 3), (3, 4)])
    + calls(lambda a, b: np.einsum(a, [..., 0], b, [..., 0]), [(2, 3), (3,)]),
    np.trace: calls(np.trace, [(3, 2)]) + calls(lambda x: np.trace(x, 1, 0, 2), [(3, 2, 4)]),
    np.linalg.trace: calls(np.linalg.trace, [(2, 4, 3)]),
    np.diag: calls(np.diag, [(3,)], [(2, 3)])
    + calls(lambda x: np.diag(x, -1), [(3,)], [(3, 2)])
    + calls(lambda x: np.diag(x, 2), [(2,)]),
    np.diagonal: calls(np.diagonal, [(2, 3)])
    + calls(lambda x: x.diagonal(axis1=1, axis2=2), [(2, 3, 4)]),
    np.tril: calls(np.tril, [(3, 2)], [(2, 2, 3)], [(3,)])
    + calls(lambda x: np.tril(x, -1), [(3, 2)], [(3,)]),
    np.triu: calls(np.triu, [(3, 2)], [(1,)]) + calls(lambda x: np.triu(x, 1), [(3, 4)], [(4,)]),
    np.reshape: calls(lambda x: np.reshape(x, (3, 2)), [(2, 3)], [(6,)])
    + calls(lambda x: x.reshape(-1), [(2, 3)])
    + calls(lambda x: x.reshape(3, -1), [(2, 3)])
    + calls(lambda x: np.reshape(x, (3, 2), order="F"), [(2, 3)]),
    np.ravel: calls(np.ravel, [(2, 3)], [()])
    + calls(lambda x: np.ravel(x, order="F"), [(2, 3, 2)])
    + calls(lambda x: x.flatten(), [(2, 3)]),
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
    np.atleast_2d: calls(np.atleast_2d, [()], [(3,)], [(2, 3)])
    + calls(lambda x, y: several(*np.atleast_2d(x, y)), [(), (3,)]),
    np.atleast_3d: calls(np.atleast_3d, [()], [(3,)], [(2, 3)], [(2, 1, 2, 3)]),
    np.meshgrid: calls(lambda x, y: np.stack(np.meshgrid(x, y)), [(2,), (3,)])
    + calls(lambda x, y: several(*np.meshgrid(x, y, sparse=True)), [(2,), (3,)])
    + calls(lambda x, y: 1.0 * np.meshgrid(x, y, [1.0, 2.0])[1], [(3,), (4,)])
    + calls(lambda x, y: np.stack(np.meshgrid(x, y, indexing="ij")), [(2,), (3,)]),
    np.broadcast_arrays: calls(
        lambda x, y: np.stack(np.broadcast_arrays(x, y)), [(2, 1), (3,)], [(), (2,)]
    ),
    np.concatenate: calls(lambda x, y: np.concatenate([x, y]), [(2,), (3,)], [(1, 3), (2, 3)])
    + calls(lambda x, y: np.concatenate((x, [[7.0]], y), axis=1), [(1, 2), (1, 3)])
    + calls(lambda x: np.concatenate([[x[0], [x[1], 2.0]][1], x, (x[2],)]), [(3,)])
    + calls(lambda x, y: np.concatenate([x, y, x], axis=None), [(2, 3), (2,)]),
    np.stack: calls(lambda x, y: np.stack([x, y]), [(3,), (3,)], [(), ()])
    + calls(lambda x, y: np.stack([x, y, x], axis=-1), [(2, 3), (2, 3)]),
    np.vstack: calls(lambda x, y: np.vstack([x, y]), [(3,), (2, 3)])
    + calls(lambda x: np.vstack([x, [[x[1], 0.0], [x[0], x[1]]]]), [(2,)]),
    np.hstack: calls(lambda x, y: np.hstack([x, y]), [(2,), (3,)], [(2, 1), (2, 3)], [(), ()]),
    np.dstack: calls(lambda x, y: np.dstack([x, y]), [(3,), (3,)], [(2, 3), (2, 3)]),
    np.append: calls(np.append, [(2, 3), (2,)], [(), ()])
    + calls(lambda x, y: np.append(x, y, axis=0), [(2, 3), (1, 3)]),
    np.block: calls(lambda x: np.block([[x, np.ones((2, 1))], [np.zeros((1, 2)), 7.0]]), [(2, 2)])
    + calls(lambda x: np.block([x, x[0], 2.0]), [(3,)])
    + calls(lambda x: np.block([[x], [2 * x]]), [(2, 3)], [(2, 2, 3)]),
    np.unstack: calls(lambda x: np.unstack(x, axis=-1)[2], [(2, 3)]),
    np.vsplit: calls(lambda x: np.vsplit(x, 2)[1], [(4, 3)]),
    np.hsplit: calls(lambda x: np.hsplit(x, [1])[1], [(2, 3)], [(4,)]),
    np.dsplit: calls(lambda x: np.dsplit(x, 2)[0], [(2, 3, 4)]),
    np.column_stack: calls(lambda x, y: np.column_stack([x, y]), [(3,), (3, 2)]),
    np.split: calls(lambda x: np.split(x, 3)[1], [(6,)], [(3, 2)])
    + calls(lambda x: np.split(x, [1, 2], axis=1)[2], [(2, 5)])
    + calls(lambda x: several(*np.split(x, [3, 1])), [(5,)]),
    np.array_split: calls(lambda x: np.array_split(x, 2)[0], [(5,)]),
    np.tile: calls(lambda x: np.tile(x, 2), [(3,)], [(2, 3)])
    + calls(lambda x: np.tile(x, (2, 3)), [(2,)]),
    np.repeat: calls(lambda x: np.repeat(x, 2), [(2, 3)])
    + calls(lambda x: x.repeat([2, 0, 1], axis=0), [(3, 2)]),
    np.resize: calls(lambda x: np.resize(x, (3, 3)), [(4,)], [(2, 2, 3)]),
    np.unwrap: calls(lambda x: np.unwrap(5 * x), [(6,)]),
    np.fft.fftshift: calls(np.fft.fftshift, [(5,)], [(2, 3)])
    + calls(lambda x: np.fft.fftshift(x, axes=1), [(2, 3)]),
    np.fft.ifftshift: calls(np.fft.ifftshift, [(5,)], [(2, 3)]),
    np.roll: calls(lambda x: np.roll(x, 2), [(3,)]) + calls(lambda x: np.roll(x, 1, 0), [(2, 3)]),
    np.flip: calls(np.flip, [(2, 3)]) + calls(lambda x: np.flip(x, 1), [(2, 3)]),
    np.fliplr: calls(np.fliplr, [(2, 3)]),
    np.flipud: calls(np.flipud, [(2, 3)]),
    np.rot90: calls(np.rot90, [(2, 3)]),
    np.pad: calls(lambda x: np.pad(x, 1), [(2, 3)])
    + calls(lambda x: np.pad(x, ((1, 0), (2, 3))), [(2, 3)])
    + calls(lambda x: np.pad(x, 2, mode="edge"), [(3,)])
    + calls(lambda x: np.pad(x, 1, "wrap"), [(2, 3)])
    + calls(lambda x: np.pad(x, 1, constant_values=7.0), [(3,)])
    + calls(lambda x: np.pad(x, {0: (1, 2), -1: 3}), [(2, 3)]),
    np.take: calls(lambda x: np.take(x, TAKEN), [(3, 2)], [(4,)])
    + calls(lambda x: x.take([2, 2, 0], axis=1), [(2, 3)]),
    np.take_along_axis: calls(lambda x: np.take_along_axis(x, TAKEN, 1), [(2, 3)]),
    np.compress: calls(lambda x: np.compress([True, False, True], x, axis=1), [(2, 3)]),
    np.extract: calls(lambda x: np.extract(x > 0, x), [(2, 3)]),
    np.bincount: calls(lambda w: np.bincount([3, 0, 3], weights=w), [(3,)])
    + calls(lambda w: np.bincount(np.array([0, 1, 0]), w, minlength=4), [(3,)]),
    np.select: calls(lambda x: np.select([x > 1, x > 0], [x * x, 3 * x], -x), [(7,)])
    + calls(lambda x: np.select([MASK, x[0] > 9], [x, x[0]]), [(2, 3)]),
    np.choose: calls(lambda x, y: np.choose([0, 1, 1], [x, y]), [(3,), (2, 3)]),
    np.piecewise: calls(
        lambda x: np.piecewise(x, [x < -0.3, x > 0.3], [np.sin, lambda t: t * t]), [(7,)], [(2, 3)]
    )
    + calls(lambda x: np.piecewise(x, [x < 0], [lambda t: -t, lambda t: np.sqrt(t)]), [(7,)])
    + calls(lambda x: np.piecewise(x, x < 0, [np.sin, lambda t: t * t]), [(7,)], [()]),
    np.apply_along_axis: calls(lambda x: np.apply_along_axis(np.sum, 0, x * x), [(2, 3)])
    + calls(lambda x: np.apply_along_axis(lambda r: r[:2] * r[2], 1, x), [(2, 3, 2)]),
    np.full_like: calls(lambda x: np.full_like(x, x[0]), [(3,)]),
    np.linspace: calls(lambda a, b: np.linspace(a, b, 4), [(), ()], [(2,), ()])
    + calls(lambda a: np.linspace(0.0, a, 3, endpoint=False, axis=-1), [(2,)]),
    np.logspace: calls(lambda a: np.logspace(a, 1.0, 3), [()]),
    np.geomspace: calls(lambda a: np.geomspace(a, 9.0, 3), [()], make=positive),
    np.real: calls(np.real, [(3,)]),
    np.imag: calls(np.imag, [(3,)]),
    np.real_if_close: calls(np.real_if_close, [(3,)]),
    np.lib.stride_tricks.sliding_window_view: calls(
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), [(5,)]
    )
    + calls(lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1), [(2, 4)]),
    np.delete: calls(lambda x: np.delete(x, 1, axis=0), [(3, 2)]),
    np.where: calls(lambda x, y: np.where(MASK, x, y), [(3,), (3,)], [(2, 3), ()])
    + calls(lambda x: np.where(x > 0, x, 0.1 * x), [(2, 3)])
    + calls(lambda x, y: np.where([2.0, 0.0, -0.5], x, y), [(3,), (2, 3)]),
    np.clip: calls(lambda x: np.clip(x, -0.5, 0.8), [(2, 3)], [(7,)])
    + calls(lambda x: x.clip(min=0), [(7,)])
    + calls(lambda x, a: np.clip(x, a, None), [(3,), ()]),
    np.partition: calls(lambda x: np.partition(x, 2), [(5,)], [(2, 4)], make=apart)
    + calls(lambda x: np.partition(x, 1, axis=None), [(2, 3)], make=apart),
    np.diagflat: calls(lambda x: np.diagflat(x, 1), [(2, 2)]),
    np.sort: calls(lambda x: np.sort(x, kind="stable"), [(3,)], make=apart)
    + calls(np.sort, [(5,)], [(2, 3)], make=apart)
    + calls(lambda x: np.sort(x, axis=0), [(4, 3)], make=apart)
    + calls(lambda x: np.sort(x, axis=None), [(2, 3)], make=apart),
    np.copy: calls(np.copy, [(2, 3)]) + calls(lambda x: x.copy(), [()]),
    np.astype: calls(lambda x: np.astype(x, np.float64), [(3,)])
    + calls(lambda x: x.astype(float), [(3,)]),
    np.cumprod: calls(np.cumprod, [(5,)], [(2, 3)])
    + calls(lambda x: np.cumprod(x, axis=-1), [(2, 4)])
    + [Call(np.cumprod, (np.array([2.0, 0.0, 3.0, 0.0, 0.5]),))],
    np.cumulative_sum: calls(np.cumulative_sum, [(4,)])
    + calls(lambda x: np.cumulative_sum(x, axis=1, include_initial=True), [(2, 3)]),
    np.cumulative_prod: calls(np.cumulative_prod, [(4,)])
    + calls(lambda x: np.cumulative_prod(x, axis=0, include_initial=True), [(2, 3)]),
    np.ediff1d: calls(np.ediff1d, [(2, 3)]),
    np.cov: calls(np.cov, [(4,)], [(2, 4)], [(4,), (4,)], [(2, 4), (3, 4)])
    + calls(lambda x: np.cov(x, rowvar=False, bias=True), [(4, 2)])
    + calls(lambda x: np.cov(x, ddof=0), [(2, 4)]),
    np.corrcoef: calls(np.corrcoef, [(2, 4)], [(4,), (4,)]),
    np.gradient: calls(np.gradient, [(4,)], [(2,)])
    + calls(lambda x: np.stack(np.gradient(x)), [(3, 4)])
    + calls(lambda x: np.stack(np.gradient(x, 0.5, [0.0, 1.0, 3.0, 3.5])), [(3, 4)])
    + calls(lambda x: np.gradient(x, 0.5, axis=1, edge_order=2), [(2, 4)])
    + calls(lambda x: np.gradient(x, np.array([0.0, 1.0, 3.0, 3.5]), edge_order=2), [(4,)])
    + [Call(np.gradient, (numbers(4), increasing(4)))],
    np.trapezoid: calls(np.trapezoid, [(4,)], [(2, 4)])
    + calls(lambda y: np.trapezoid(y, dx=0.5, axis=0), [(3, 2)])
    + [Call(np.trapezoid, (numbers(4), increasing(4)))],
    np.convolve: calls(np.convolve, [(5,), (3,)], [(2,), (4,)])
    + calls(lambda a, b: np.convolve(a, b, mode="same"), [(5,), (2,)], [(4,), (3,)], [(2,), (5,)])
    + calls(lambda a, b: np.convolve(a, b, "valid"), [(5,), (3,)], [(2,), (5,)]),
    np.correlate: calls(np.correlate, [(5,), (3,)], [(2,), (5,)])
    + calls(lambda a, b: np.correlate(a, b, "full"), [(5,), (3,)], [(2,), (4,)])
    + calls(lambda a, b: np.correlate(a, b, "same"), [(5,), (2,)], [(2,), (5,)], [(3,), (4,)]),
    np.median: calls(np.median, [(5,)], [(2, 3)], make=apart)
    + calls(lambda x: np.median(x, axis=(0, 2), keepdims=True), [(2, 3, 4)], make=apart),
    np.quantile: calls(lambda x: np.quantile(x, 0.3), [(5,)], [(2, 3)], make=apart)
    + calls(lambda x: np.quantile(x, [0.0, 0.25, 1.0], axis=1), [(2, 3)], make=apart)
    + [
        call
        for method in ("lower", "higher", "nearest", "midpoint")
        for call in calls(lambda x, m=method: np.quantile(x, 0.3, method=m), [(5,)], make=apart)
    ],
    np.percentile: calls(lambda x: np.percentile(x, 30, axis=0), [(4, 3)], make=apart)
    + calls(lambda x: np.percentile(x, [10, 90], axis=-1, keepdims=True), [(2, 3)], make=apart),
    np.nansum: calls(lambda x: np.nansum(holed(x), axis=1), [(2, 4)]),
    np.nanprod: calls(lambda x: np.nanprod(holed(x)), [(2, 4)]),
    np.nanmax: calls(lambda x: np.nanmax(holed(x), axis=0), [(2, 4)], make=apart),
    np.nanmin: calls(lambda x: np.nanmin(holed(x), keepdims=True), [(2, 4)], make=apart),
    np.nancumsum: calls(lambda x: np.nancumsum(holed(x)), [(2, 4)]),
    np.nancumprod: calls(lambda x: np.nancumprod(holed(x), axis=1), [(2, 4)]),
    np.nanmean: calls(lambda x: np.nanmean(holed(x), axis=1), [(2, 4)]),
    np.nanvar: calls(lambda x: np.nanvar(holed(x), axis=1, ddof=1), [(2, 4)]),
    np.nanstd: calls(lambda x: np.nanstd(holed(x)), [(2, 4)]),
    np.nanmedian: calls(lambda x: np.nanmedian(holed(x), axis=1), [(2, 4)], make=apart),
    np.nanquantile: calls(lambda x: np.nanquantile(holed(x), 0.2), [(2, 4)], make=apart),
    np.nanpercentile: calls(
        lambda x: np.nanpercentile(holed(x), [20, 70], axis=1), [(2, 4)], make=apart
    ),
    np.nan_to_num: calls(lambda x: np.nan_to_num(holed(x), nan=2.0), [(2, 4)]),
    np.interp: [
        Call(lambda x: np.interp(x, [0.0, 1.0, 3.0], [1.0, -1.0, 5.0]), (0.25 + np.arange(4.0),)),
        Call(np.interp, (np.array([[-0.5, 1.5], [2.2, 9.0]]), increasing(4), numbers(4))),
        Call(
            lambda x, f: np.interp(x, [0, 1, 2], f, left=-1.0, right=f[0]), (spread(5), numbers(3))
        ),
    ],
    np.polyval: calls(np.polyval, [(4,), (2, 3)], [(3,), ()]),
    np.vander: calls(np.vander, [(3,)]) + calls(lambda x: np.vander(x, 4, True), [(2,)]),
    np.sinc: [Call(np.sinc, (np.array([-2.5, -0.21, -0.1, 0.0, 0.02, 0.19, 1.0]),))],
    np.ldexp: calls(lambda x: np.ldexp(x, [2, -1, 0]), [(3,)]),
    np.modf: calls(lambda x: np.stack(np.modf(3 * x)), [(5,)]),
    np.divmod: calls(lambda x: np.stack(np.divmod(3 * x, 0.7)), [(5,)]),
    np.linalg.outer: calls(np.linalg.outer, [(2,), (3,)]),
    np.linalg.matmul: calls(np.linalg.matmul, [(2, 3), (3, 4)]),
    np.linalg.tensordot: calls(lambda a, b: np.linalg.tensordot(a, b, axes=1), [(2, 3), (3, 4)]),
    np.linalg.vecdot: calls(np.linalg.vecdot, [(2, 3), (3,)]),
    np.linalg.cross: calls(np.linalg.cross, [(2, 3), (2, 3)]),
    np.linalg.diagonal: calls(lambda x: np.linalg.diagonal(x, offset=1), [(2, 3, 4)]),
    np.linalg.multi_dot: calls(lambda a, b: np.linalg.multi_dot([a, b, a]), [(2, 3), (3, 2)]),
    np.linalg.matrix_power: [
        call
        for n in (-2, 0, 1, 2, 5)
        for call in calls(lambda A, n=n: np.linalg.matrix_power(A, n), [(2, 2)], make=well_posed)
    ],
    np.linalg.pinv: calls(np.linalg.pinv, [(4, 3)], [(2, 2, 3)], [(3, 3)]),
    np.linalg.svd: calls(lambda A: np.linalg.svd(A)[0], *MATRICES)
    + calls(lambda A: np.linalg.svd(A).Vh, *MATRICES)
    + calls(lambda A: np.linalg.svd(A, compute_uv=False), [(4, 3)], [(2, 2, 3)])
    + calls(lambda A: np.linalg.svd(A, full_matrices=False)[0], [(4, 3)], [(2, 2, 3)])
    + calls(lambda A: np.linalg.svd(A, full_matrices=False)[2], [(4, 3)], [(2, 2, 3)])
    + calls(lambda A: np.linalg.svd(A, False).S, [(4, 2)]),
    np.linalg.svdvals: calls(np.linalg.svdvals, [(3, 2)]),
    np.linalg.qr: calls(lambda A: np.linalg.qr(A)[0], [(4, 3)], [(2, 3, 3)])
    + calls(lambda A: np.linalg.qr(A).R, [(4, 3)])
    + calls(lambda A: np.linalg.qr(A, mode="r"), [(3, 2)]),
    np.linalg.lstsq: calls(lambda A, b: np.linalg.lstsq(A, b)[0], [(4, 3), (4,)], [(4, 2), (4, 3)])
    + calls(lambda A, b: np.linalg.lstsq(A, b, rcond=None)[1], [(4, 2), (4, 3)])
    + calls(lambda A, b: np.linalg.lstsq(A, b)[3] * np.linalg.lstsq(A, b)[2], [(2, 3), (2,)]),
    np.linalg.cond: calls(np.linalg.cond, [(3, 3)], [(4, 3)])
    + calls(lambda A: np.linalg.cond(A, -2), [(3, 3)])
    + calls(lambda A: np.linalg.cond(A, "fro"), [(2, 3, 3)], make=well_posed),
    np.linalg.tensorsolve: calls(
        np.linalg.tensorsolve,
        [(2, 2, 4), (2, 2)],
        make=lambda *s: well_posed(4, 4).reshape(s) if len(s) == 3 else numbers(*s),
    ),
    np.linalg.tensorinv: [Call(np.linalg.tensorinv, (well_posed(4, 4).reshape(2, 2, 1, 4),))],
    np.linalg.matrix_norm: calls(np.linalg.matrix_norm, [(2, 3, 4)])
    + calls(lambda x: np.linalg.matrix_norm(x, ord=2, keepdims=True), [(2, 3, 4)]),
    np.linalg.inv: calls(np.linalg.inv, *MATRICES, make=well_posed),
    np.linalg.det: [
        *calls(np.linalg.det, *MATRICES, make=well_posed),
        Call(np.linalg.det, (np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]]),)),
        Call(np.linalg.det, (np.zeros((1, 1)),)),
        Call(np.linalg.det, (np.zeros((3, 3)),)),
        Call(np.linalg.det, (np.diag([*np.linspace(0.5, 2.0, 12), 0.0]),)),
        Call(np.linalg.det, (np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [3.0, 1.0]]]),)),
    ],
    np.linalg.slogdet: calls(lambda A: np.linalg.slogdet(A)[1], *MATRICES, make=well_posed)
    + calls(lambda A: np.linalg.slogdet(A).logabsdet, [(3, 3)], make=well_posed)
    + calls(lambda A: np.linalg.slogdet(A).sign * A[0, 0], [(3, 3)], make=well_posed),
    np.linalg.solve: [
        Call(np.linalg.solve, (well_posed(3, 3), numbers(3))),
        Call(np.linalg.solve, (well_posed(2, 3, 3), numbers(3))),
        Call(np.linalg.solve, (well_posed(3, 3), numbers(3, 2))),
        Call(np.linalg.solve, (well_posed(2, 3, 3), numbers(2, 3, 4))),
        Call(np.linalg.solve, (well_posed(3, 3), numbers(2, 3, 4))),
        Call(np.linalg.solve, (well_posed(2, 3, 3), numbers(3, 4))),
    ],
    np.linalg.cholesky: calls(np.linalg.cholesky, *MATRICES, make=positive_definite)
    + calls(lambda A: np.linalg.cholesky(A, upper=True), [(3, 3)], make=positive_definite),
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
    + calls(lambda x: np.linalg.norm(x, np.inf), [(3,)], make=apart)
    + [
        call
        for ord in (-np.inf, -1, 0.5, 2)
        for call in calls(lambda x, o=ord: np.linalg.norm(x, o, axis=0), [(3, 2)], make=apart)
    ]
    + [
        call
        for ord in (1, -1, 2, -2, np.inf, -np.inf, "nuc")
        for call in calls(lambda x, o=ord: np.linalg.norm(x, o), [(3, 2)], make=apart)
    ]
    + calls(lambda x: np.linalg.norm(x, 1, (2, 0), keepdims=True), [(2, 3, 4)], make=apart)
    + calls(lambda x: np.linalg.norm(x, 2, axis=(0, 2)), [(2, 3, 4)], make=apart),
    np.linalg.vector_norm: calls(np.linalg.vector_norm, [(3,)], [(2, 3)])
    + calls(lambda x: np.linalg.vector_norm(x, axis=(0, 1), ord=3, keepdims=True), [(2, 3, 2)])
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
