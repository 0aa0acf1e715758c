"""The derivative of each NumPy function, one line each.

Four tables:

    SLOPES      ufuncs: y = φ(a, b), entry by entry; φ's derivative in each argument
    JACOBIANS   other functions: the structured Jacobian in each array argument
    MOVES       functions that only move numbers: the same function, applied to the places
    COMPOSED    functions written with those above
    FLAT        functions that are constant wherever they have a derivative

In each rule `y` is the value and stands first, then come the arguments as NumPy has them; what a
rule does not name can't be set while a derivative is taken. Rules use NumPy alone, so that they
can be differentiated themselves.

Sources: the ufuncs are school calculus; inv, solve, det, cholesky: Giles, *Collected matrix
derivative results for forward and reverse mode algorithmic differentiation* (2008); eigh:
Magnus & Neudecker, *Matrix Differential Calculus*, chapter 8. At a kink: equal arguments of
maximum share the slope, |x| has 0 at 0, as in JAX.
"""

import string
from functools import lru_cache
from math import log, prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from adlab.jacobians import (
    Copy,
    Covector,
    Dense,
    Diagonal,
    Gather,
    Identity,
    Kronecker,
    Permute,
    Scaled,
)
from adlab.kinds import Contraction, Cumulative, OfResult, Slice


# ---- Entry by entry --------------------------------------------------------------------------
def larger(a, b):
    """1 where a > b, 1/2 where they are equal, 0 elsewhere."""
    return 0.5 * ((a > b) * 1.0 + (a >= b) * 1.0)


def power_base(y, a, p):
    if isinstance(p, int | float):
        return p * a ** (p - 1) if p else 0
    flat = np.equal(p, 0)  # a⁰ is 1 everywhere, and 0 · a⁻¹ may be no number
    return np.where(flat, 0.0, p * np.power(a, np.where(flat, 1.0, p - 1)))


def power_exponent(y, a, p):
    return y * np.log(np.where(a > 0, a, 1.0))


SLOPES = {
    np.add: (lambda y, a, b: 1, lambda y, a, b: 1),
    np.subtract: (lambda y, a, b: 1, lambda y, a, b: -1),
    np.multiply: (lambda y, a, b: b, lambda y, a, b: a),
    np.divide: (lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    np.power: (power_base, power_exponent),
    np.float_power: (power_base, power_exponent),
    np.remainder: (lambda y, a, b: 1, lambda y, a, b: -np.floor(a / b)),
    np.fmod: (lambda y, a, b: 1, lambda y, a, b: -np.trunc(a / b)),
    np.maximum: (lambda y, a, b: larger(a, b), lambda y, a, b: larger(b, a)),
    np.minimum: (lambda y, a, b: larger(b, a), lambda y, a, b: larger(a, b)),
    np.fmax: (lambda y, a, b: larger(a, b), lambda y, a, b: larger(b, a)),
    np.fmin: (lambda y, a, b: larger(b, a), lambda y, a, b: larger(a, b)),
    np.logaddexp: (lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y)),
    np.logaddexp2: (lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y)),
    np.hypot: (lambda y, a, b: a / y, lambda y, a, b: b / y),
    np.arctan2: (
        lambda y, a, b: b / (a * a + b * b),
        lambda y, a, b: -a / (a * a + b * b),
    ),
    np.copysign: (lambda y, a, b: np.sign(a) * np.sign(y), lambda y, a, b: 0),
    np.positive: (lambda y, a: 1,),
    np.negative: (lambda y, a: -1,),
    np.absolute: (lambda y, a: np.sign(a),),
    np.fabs: (lambda y, a: np.sign(a),),
    np.square: (lambda y, a: 2 * a,),
    np.sqrt: (lambda y, a: 0.5 / y,),
    np.cbrt: (lambda y, a: 1 / (3 * y * y),),
    np.reciprocal: (lambda y, a: -y * y,),
    np.exp: (lambda y, a: y,),
    np.exp2: (lambda y, a: y * log(2),),
    np.expm1: (lambda y, a: y + 1,),
    np.log: (lambda y, a: 1 / a,),
    np.log2: (lambda y, a: 1 / (a * np.log(2)),),
    np.log10: (lambda y, a: 1 / (a * np.log(10)),),
    np.log1p: (lambda y, a: 1 / (1 + a),),
    np.sin: (lambda y, a: np.cos(a),),
    np.cos: (lambda y, a: -np.sin(a),),
    np.tan: (lambda y, a: 1 + y * y,),
    np.arcsin: (lambda y, a: 1 / np.sqrt(1 - a * a),),
    np.arccos: (lambda y, a: -1 / np.sqrt(1 - a * a),),
    np.arctan: (lambda y, a: 1 / (1 + a * a),),
    np.sinh: (lambda y, a: np.cosh(a),),
    np.cosh: (lambda y, a: np.sinh(a),),
    np.tanh: (lambda y, a: 1 - y * y,),
    np.arcsinh: (lambda y, a: 1 / np.sqrt(a * a + 1),),
    np.arccosh: (lambda y, a: 1 / np.sqrt(a * a - 1),),
    np.arctanh: (lambda y, a: 1 / (1 - a * a),),
    np.deg2rad: (lambda y, a: np.pi / 180,),
    np.radians: (lambda y, a: np.pi / 180,),
    np.rad2deg: (lambda y, a: 180 / np.pi,),
    np.degrees: (lambda y, a: 180 / np.pi,),
}


def entrywise(slope, k):
    """The rule of a ufunc in argument k: a diagonal, times a copy where the argument broadcasts."""

    def jacobian(y, *args):
        return times_copy(slope(y, *args), np.shape(args[k]), y)

    return jacobian


# Ufuncs whose slope is a formula in the result alone.
OF_RESULT = (np.sqrt, np.cbrt, np.reciprocal, np.exp2, np.expm1, np.tan, np.tanh)


def from_result(slope):
    """The rule of such a ufunc: nothing is held but y."""

    def at(y):
        return slope(y, None)

    return lambda y, a: OfResult(y, at)


def times_copy(d, shape, y):
    """diag(d) after the broadcasting of `shape` to the shape of y."""
    if isinstance(d, int | float | np.number):
        copy = copied(shape, y.shape, y.dtype)
        return copy if d == 1 else Scaled(float(d), copy)
    if d.dtype != y.dtype:
        d = d.astype(y.dtype)
    if d.shape != y.shape:
        d = np.broadcast_to(d, y.shape)
    if shape == y.shape:
        return Diagonal(d)
    return Diagonal(d) @ copied(shape, y.shape, y.dtype)


@lru_cache(4096)
def copied(shape_in, shape_out, dtype, axes=None):
    """Broadcasting. What depends on shapes alone is made once."""
    J = Identity(shape_in) if shape_in == shape_out else Copy(shape_in, shape_out, axes)
    J.dtype = dtype
    return J


@lru_cache(4096)
def reshaped(shape_in, shape_out, dtype):
    J = Identity(shape_in, shape_out)
    J.dtype = dtype
    return J


# ---- Functions of our own that NumPy has under another form ----------------------------------
def followed(function):
    """`function` asks its arguments first, as NumPy's own functions do."""

    def asking(*args, **settings):
        for a in args:
            if hasattr(type(a), "record"):
                return a.__array_function__(asking, (), args, settings)
        return function(*args, **settings)

    asking.__name__ = function.__name__
    return asking


@followed
def index(x, key):
    """x[key]"""
    return x[key]


@followed
def as_type(x, dtype):
    return np.asarray(x).astype(dtype)


@followed
def contract(subscripts, *operands):
    """An einsum that names every axis, none twice in an operand, and its output."""
    return np.einsum(subscripts, *operands, optimize=True)


@followed
def on_diagonal(v, k=0):
    """The matrix that is zero but for v on its k-th diagonal."""
    return np.diag(v, k)


@followed
def log_det(A):
    return np.linalg.slogdet(A)[1]


@followed
def eigenvectors(A, UPLO="L"):
    return np.linalg.eigh(A, UPLO)[1]


# ---- Sums ------------------------------------------------------------------------------------
def reduced(axis, ndim):
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def summed(y, a, axis=None, keepdims=False):
    """J = 1ᵀ, the transpose of a copy along the axes that are summed."""
    return copied(y.shape, a.shape, y.dtype, reduced(axis, a.ndim)).T


def averaged(y, a, axis=None, keepdims=False):
    return (y.size / a.size) * summed(y, a, axis) if a.size else summed(y, a, axis)


def extreme(y, a, axis=None, keepdims=False):
    """The entries that attain the extreme share its slope equally."""
    axes = reduced(axis, a.ndim)
    hit = a == np.expand_dims(np.reshape(y, np.delete(a.shape, axes)), axes)
    return summed(y, a, axis) @ Diagonal(hit / hit.sum(axes, keepdims=True, dtype=y.dtype))


def multiplied(y, a, axis=None, keepdims=False):
    """∂(a_1 a_2 ... )/∂a_i is the product of the others."""
    axes = reduced(axis, a.ndim)
    if (a != 0).all():
        others = np.expand_dims(np.reshape(y, np.delete(a.shape, axes)), axes) / a
    else:
        others = products_of_others(a, axes)
    return summed(y, a, axis) @ Diagonal(others)


def products_of_others(a, axes):
    """For each entry the product of all others along the axes, also where some are 0."""
    kept = [i for i in range(a.ndim) if i not in axes]
    order = (*kept, *axes)
    moved = np.transpose(a, order)
    n = prod(a.shape[i] for i in axes)
    rows = moved.reshape(*(a.shape[i] for i in kept), 1, n)
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    return np.transpose(others.reshape(moved.shape), np.argsort(order))


def placed_on_diagonal(Y, v, k=0):
    return Gather(np.diagonal(places(Y), k), Y.shape).T


def accumulated(y, a, axis=None):
    if axis is None:
        return Cumulative(y.shape, -1) @ reshaped(a.shape, y.shape, y.dtype)
    return Cumulative(a.shape, normalize_axis_index(axis, a.ndim) - a.ndim)


# ---- Products --------------------------------------------------------------------------------
def matrices(A, B):
    """Both as matrices, and the stack (leading axes) that they have together."""
    left = A[None, :] if A.ndim == 1 else A
    right = B[:, None] if B.ndim == 1 else B
    return left, right, np.broadcast_shapes(left.shape[:-2], right.shape[:-2])


def stacked(M, stack):
    return M if M.ndim == 2 else np.broadcast_to(M, (*stack, *M.shape[-2:]))


def of_floats(M, Y):
    """A matrix of integers in the float type of the product."""
    return M if M.dtype.kind == "f" else M.astype(Y.dtype)


def matmul_left(Y, A, B):
    """Y = A B        J_A = I ⊗ Bᵀ"""
    B = of_floats(B, Y)
    if A.ndim == 1 and B.ndim <= 2:
        return Covector(B) if B.ndim == 1 else Dense(B.T)
    if A.ndim == B.ndim == 2:
        return Kronecker(B=B.T, matrices=A.shape)
    left, right, stack = matrices(A, B)
    shape = (*stack, *left.shape[-2:])
    right = np.swapaxes(stacked(right, stack), -1, -2)
    J = Kronecker(B=right, matrices=shape, shape_out=Y.shape)
    return J if shape == A.shape else J @ spread(A.shape, shape)


def matmul_right(Y, A, B):
    """Y = A B        J_B = A ⊗ I"""
    A = of_floats(A, Y)
    if B.ndim == 1 and A.ndim <= 2:
        return Covector(A) if A.ndim == 1 else Dense(A)
    if A.ndim == B.ndim == 2:
        return Kronecker(A=A, matrices=B.shape)
    left, right, stack = matrices(A, B)
    if right.ndim == 2 and stack:  # one B for all of the stack: one long matrix A
        left, stack = left.reshape(-1, left.shape[-1]), ()
    shape = (*stack, *right.shape[-2:])
    J = Kronecker(A=stacked(left, stack), matrices=shape, shape_out=Y.shape)
    return J if shape == B.shape else J @ spread(B.shape, shape, column=B.ndim == 1)


def spread(shape_in, shape_out, column=False):
    """From an argument of matmul to the stack of matrices that it stands for."""
    if prod(shape_in) == prod(shape_out):
        return Identity(shape_in, shape_out)
    return Copy(shape_in, shape_out, axes=range(len(shape_out) - 2) if column else None)


class Each:
    """The same rule for each of the arguments from the first array on: `rule(k, y, *args)`."""

    def __init__(self, rule):
        self.rule = rule

    def __getitem__(self, k):
        return lambda y, *args, **settings: self.rule(k, y, *args, **settings)


def contracted(k, y, subscripts, *operands):
    inputs, output = subscripts.split("->")
    return Contraction(inputs.split(","), output, operands, k - 1)


# ---- Putting arrays together and taking them apart -------------------------------------------
def indexed(y, x, key):
    if all(isinstance(part, BASIC) for part in (key if isinstance(key, tuple) else (key,))):
        return Slice(key, x.shape, np.shape(y))
    return Gather(places(x)[key], x.shape)


BASIC = int | np.integer | slice | type(...) | None


def places(x):
    """Where each number of x stands in x.ravel()."""
    return np.arange(x.size).reshape(x.shape)


def part_of(y, start, stop, axis, shape):
    """The Jacobian of a part that is put into y, from `start` to `stop` along the axis."""
    key = (slice(None),) * axis + (slice(start, stop),)
    taken = tuple(stop - start if i == axis else n for i, n in enumerate(y.shape))
    return Slice(key, y.shape, taken).T @ Identity(shape, taken)


def concatenated(k, y, *parts, axis=0):
    if axis is None:
        ends = np.cumsum([np.size(x) for x in parts])
        axis = 0
    else:
        axis = normalize_axis_index(axis, y.ndim)
        ends = np.cumsum([x.shape[axis] for x in parts])
    x = parts[k]
    stop = int(ends[k])
    return part_of(y, int(ends[k - 1]) if k else 0, stop, axis, np.shape(x))


def stacked_up(k, y, *parts, axis=0):
    return part_of(y, k, k + 1, normalize_axis_index(axis, y.ndim), np.shape(parts[k]))


@followed
def concatenate(*parts, axis=0):
    return np.concatenate(parts, axis)


@followed
def stack(*parts, axis=0):
    return np.stack(parts, axis)


def chosen(k):
    """np.where(condition, x1, x2): the identity where x_k is taken."""

    def jacobian(y, condition, *xs):
        taken = condition if k == 1 else np.logical_not(condition)
        return times_copy(np.broadcast_to(taken, y.shape), np.shape(xs[k - 1]), y)

    return jacobian


def no_condition(*_, **__):
    raise TypeError("np.where: nothing can be differentiated by the condition")


def transposed(y, x, axes=None):
    return Permute(x.shape, range(x.ndim)[::-1] if axes is None else axes)


def padded(y, x, pad_width, mode="constant", constant_values=0):
    if mode != "constant":
        return moved(np.pad)(y, x, pad_width, mode)
    before = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))[:, 0]
    key = tuple(slice(int(b), int(b) + n) for b, n in zip(before, x.shape, strict=True))
    return Slice(key, y.shape, x.shape).T


def moved(function):
    """What moves numbers moves their places in the same way."""

    def jacobian(y, x, *args, **settings):
        return Gather(function(places(x), *args, **settings), x.shape)

    return jacobian


# ---- Linear algebra --------------------------------------------------------------------------
def t(A):
    return np.swapaxes(A, -1, -2)


def inverted(Y, A):
    """dY = -Y dA Y"""
    return Kronecker(A=-Y, B=t(Y), matrices=A.shape)


def solved(k):
    """A x = b        dx = A⁻¹ db - A⁻¹ dA x"""

    def jacobian(y, A, b):
        inverse = np.linalg.inv(A)
        x = y[:, None] if np.ndim(b) == 1 else y
        if k == 0:
            stack = np.broadcast_shapes(A.shape[:-2], x.shape[:-2])
            shape = (*stack, *A.shape[-2:])
            J = Kronecker(
                A=-stacked(inverse, stack),
                B=t(stacked(x, stack)),
                matrices=shape,
                shape_out=y.shape,
            )
            return J @ spread(A.shape, shape)
        return matmul_right(y, inverse, b)

    return jacobian


def determined(y, A):
    """d det A = det A tr(A⁻¹ dA)"""
    g = t(np.linalg.inv(A)) * np.reshape(y, (*np.shape(y), 1, 1))
    return Copy(np.shape(y), A.shape, (-2, -1)).T @ Diagonal(g)


def log_determined(y, A):
    """d log |det A| = tr(A⁻¹ dA)"""
    return Copy(np.shape(y), A.shape, (-2, -1)).T @ Diagonal(t(np.linalg.inv(A)))


def symmetric(A, UPLO="L"):
    """NumPy reads one triangle of a symmetric matrix: the map from it to the whole."""
    below = np.tri(A.shape[-1], k=-1)
    read, other = (below + np.eye(A.shape[-1]), below)
    if UPLO.upper() == "U":
        read, other = read.T, other.T
    swap = Permute(A.shape, (*range(A.ndim - 2), -1, -2))
    mask = [Diagonal(np.broadcast_to(M, A.shape).astype(A.dtype)) for M in (read, other)]
    return mask[0] + swap @ mask[1]


def factored(Y, A):
    """A = L Lᵀ        dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ: the lower triangle, half of its diagonal"""
    inverse = np.linalg.inv(Y)
    n = A.shape[-1]
    half = np.broadcast_to(np.tri(n) - 0.5 * np.eye(n), A.shape).astype(A.dtype)
    between = Diagonal(half) @ Kronecker(A=inverse, B=inverse, matrices=A.shape)
    return Kronecker(A=Y, matrices=A.shape) @ between @ symmetric(A)


def eigenvalued(y, A, UPLO="L"):
    """A = V diag(w) Vᵀ        dw = diag(Vᵀ dA V)"""
    V = eigenvectors(A, UPLO)
    rotated = Kronecker(A=t(V), B=t(V), matrices=A.shape)
    return moved(np.diagonal)(y, A, axis1=-2, axis2=-1) @ rotated @ symmetric(A, UPLO)


def eigenvectored(V, A, UPLO="L"):
    """dV = V (F ⊙ Vᵀ dA V),   F_ij = 1 / (w_j - w_i) off the diagonal, 0 on it"""
    w = np.linalg.eigvalsh(A, UPLO)
    eye = np.eye(A.shape[-1], dtype=A.dtype)
    gaps = w[..., None, :] - w[..., :, None] + eye
    F = (1 - eye) / gaps
    rotated = Kronecker(A=t(V), B=t(V), matrices=A.shape)
    return Kronecker(A=V, matrices=A.shape) @ Diagonal(F) @ rotated @ symmetric(A, UPLO)


@followed
def length(a, axis=None, keepdims=False):
    """√ Σ a², with slope 0 where it is 0."""
    return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))


def length_jacobian(y, a, axis=None, keepdims=False):
    axes = reduced(axis, a.ndim)
    whole = np.expand_dims(np.reshape(y, np.delete(a.shape, axes)), axes)
    return summed(y, a, axis) @ Diagonal(a / np.where(whole == 0, 1.0, whole))


# ---- The tables ------------------------------------------------------------------------------
MOVES = (
    np.tile,
    np.repeat,
    np.roll,
    np.flip,
    np.fliplr,
    np.flipud,
    np.rot90,
    np.take,
    np.take_along_axis,
    np.diagonal,
    np.delete,
)

JACOBIANS = {
    np.sum: (summed,),
    np.mean: (averaged,),
    np.max: (extreme,),
    np.min: (extreme,),
    np.prod: (multiplied,),
    np.cumsum: (accumulated,),
    length: (length_jacobian,),
    np.matmul: (matmul_left, matmul_right),
    contract: Each(contracted),
    index: (indexed,),
    as_type: (lambda y, x, dtype: reshaped(x.shape, y.shape, y.dtype),),
    np.copy: (lambda y, x: reshaped(x.shape, y.shape, y.dtype),),
    np.where: (no_condition, chosen(1), chosen(2)),
    concatenate: Each(concatenated),
    stack: Each(stacked_up),
    np.reshape: (lambda y, x, shape: reshaped(x.shape, y.shape, y.dtype),),
    np.ravel: (lambda y, x: reshaped(x.shape, y.shape, y.dtype),),
    np.squeeze: (lambda y, x, axis=None: reshaped(x.shape, y.shape, y.dtype),),
    np.expand_dims: (lambda y, x, axis: reshaped(x.shape, y.shape, y.dtype),),
    np.broadcast_to: (lambda y, x, shape: copied(x.shape, y.shape, y.dtype),),
    np.transpose: (transposed,),
    np.pad: (padded,),
    on_diagonal: (placed_on_diagonal,),
    np.linalg.inv: (inverted,),
    np.linalg.solve: (solved(0), solved(1)),
    np.linalg.det: (determined,),
    log_det: (log_determined,),
    np.linalg.cholesky: (factored,),
    np.linalg.eigvalsh: (eigenvalued,),
    eigenvectors: (eigenvectored,),
}

RULES = {
    **{f: tuple(entrywise(s, k) for k, s in enumerate(slopes)) for f, slopes in SLOPES.items()},
    **{f: (from_result(SLOPES[f][0]),) for f in OF_RESULT},
    **{f: (moved(f),) for f in MOVES},
    **JACOBIANS,
}


# ---- Written with those above ----------------------------------------------------------------
def array(x):
    return x if hasattr(x, "shape") else np.asarray(x)


def reordered(function):
    """Functions that only change the order of axes: what they do to the shape (0, 1, 2, ...)."""

    def permuted(x, *args, **settings):
        shape = function(np.empty(range(x.ndim)), *args, **settings).shape
        return np.transpose(x, shape)

    return permuted


def dot(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, (-1, -2))


def tensordot(a, b, axes=2):
    """One matrix product of both, their common axes brought together."""
    a, b = array(a), array(b)
    if isinstance(axes, int | np.integer):
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    left, right = (
        normalize_axis_tuple(tuple(np.atleast_1d(x)), m.ndim)
        for x, m in zip(axes, (a, b), strict=True)
    )
    keep_a = [i for i in range(a.ndim) if i not in left]
    keep_b = [i for i in range(b.ndim) if i not in right]
    shape = (*(a.shape[i] for i in keep_a), *(b.shape[i] for i in keep_b))
    common = prod(a.shape[i] for i in left)
    rows = np.transpose(a, (*keep_a, *left)).reshape(-1, common)
    columns = np.transpose(b, (*right, *keep_b)).reshape(common, -1)
    return np.reshape(rows @ columns, shape)


def einsum(subscripts, *operands, optimize=False):
    if not isinstance(subscripts, str):
        raise TypeError('np.einsum: write the subscripts as text, such as "ij,jk->ik"')
    operands = [array(x) for x in operands]
    inputs, output = named_axes(subscripts.replace(" ", ""), operands)
    plain = [without_repeats(term, x) for term, x in zip(inputs, operands, strict=True)]
    terms = ",".join(term for term, _ in plain)
    return contract(f"{terms}->{output}", *(x for _, x in plain))


def named_axes(subscripts, operands):
    """The letters of each operand and of the output, with `...` written out."""
    left, arrow, output = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(
            f"np.einsum: {subscripts!r} names {len(terms)} operands, not {len(operands)}"
        )
    free = [c for c in string.ascii_letters if c not in subscripts]
    most = max(np.ndim(x) - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True))
    dots = "".join(free[:most]) if "..." in left else ""
    inputs = []
    for term, x in zip(terms, operands, strict=True):
        n = np.ndim(x) - len(term.replace("...", ""))
        inputs.append(term.replace("...", dots[len(dots) - n :] if n else ""))
    if not arrow:
        counted = "".join(terms).replace(".", "")
        output = ("..." if dots else "") + "".join(
            sorted(c for c in set(counted) if counted.count(c) == 1)
        )
    return inputs, output.replace("...", dots)


def without_repeats(term, x):
    """An operand such as "iji" has the diagonal of its equal axes taken."""
    for c in term:
        while term.count(c) > 1:
            first, second = term.index(c), term.rindex(c)
            x = np.diagonal(x, axis1=first, axis2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + c
    return term, x


def norm(x, ord=None, axis=None, keepdims=False):
    x = np.ravel(x) if ord is None and axis is None and not keepdims else x
    lone = x.ndim == 1 or (np.ndim(axis) == 0 and axis is not None)
    if ord is None or (ord == 2 and lone) or ord == "fro":
        return length(x, axis=axis, keepdims=keepdims)
    if lone and ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if lone and ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if lone and ord > 0:
        return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    raise TypeError(f"np.linalg.norm with ord={ord!r} of a matrix has no rule: 'fro' has")


def var(a, axis=None, ddof=0, keepdims=False):
    centred = a - np.mean(a, axis=axis, keepdims=True)
    count = prod(a.shape[i] for i in reduced(axis, a.ndim)) - ddof
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / count


def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    a_min, a_max = (min if a_min is None else a_min), (max if a_max is None else a_max)
    a = a if a_min is None else np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def sort(a, axis=-1):
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis)


def diag(v, k=0):
    return np.diagonal(v, k) if v.ndim == 2 else on_diagonal(v, k)


def tril(m, k=0):
    return np.where(np.tri(*m.shape[-2:], k, dtype=bool), m, 0.0)


def triu(m, k=0):
    return np.where(np.tri(*m.shape[-2:], k - 1, dtype=bool), 0.0, m)


def kron(a, b):
    """All products of an entry of a and one of b."""
    ndim = max(np.ndim(a), np.ndim(b))
    a, b = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (a, b))
    rows = np.reshape(a, [n for pair in zip(a.shape, (1,) * ndim, strict=True) for n in pair])
    columns = np.reshape(b, [n for pair in zip((1,) * ndim, b.shape, strict=True) for n in pair])
    return np.reshape(rows * columns, [n * m for n, m in zip(a.shape, b.shape, strict=True)])


def split(ary, indices_or_sections, axis=0):
    """The parts as slices; NumPy itself says where they begin and end."""
    ends = np.array_split if np.ndim(indices_or_sections) == 0 else np.split
    parts = ends(np.arange(ary.shape[axis]), indices_or_sections)
    before = (slice(None),) * normalize_axis_index(axis, ary.ndim)
    starts = np.cumsum([0, *map(len, parts)])
    return [ary[(*before, slice(int(a), int(b)))] for a, b in zip(starts, starts[1:], strict=False)]


def even_split(ary, indices_or_sections, axis=0):
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ValueError(
            f"np.split: {ary.shape[axis]} entries along axis {axis} do not make "
            f"{indices_or_sections} equal parts"
        )
    return split(ary, indices_or_sections, axis)


def differences(a, n=1, axis=-1):
    for _ in range(n):
        before = (slice(None),) * normalize_axis_index(axis, a.ndim)
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def slogdet(a):
    return type(np.linalg.slogdet(np.eye(1)))(np.sign(np.linalg.det(a)), log_det(a))


def eigh(a, UPLO="L"):
    made = type(np.linalg.eigh(np.eye(1)))
    return made(np.linalg.eigvalsh(a, UPLO), eigenvectors(a, UPLO))


COMPOSED = {
    np.concatenate: lambda arrays, axis=0: concatenate(*map(array, arrays), axis=axis),
    np.stack: lambda arrays, axis=0: stack(*map(array, arrays), axis=axis),
    np.vstack: lambda tup: concatenate(*map(np.atleast_2d, tup), axis=0),
    np.hstack: lambda tup: concatenate(*map(np.atleast_1d, tup), axis=min(np.ndim(tup[0]), 2) // 2),
    np.column_stack: lambda tup: concatenate(
        *(np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else array(x) for x in tup), axis=1
    ),
    np.atleast_1d: lambda x: np.reshape(x, (1,)) if np.ndim(x) == 0 else x,
    np.atleast_2d: lambda x: np.reshape(x, (1, -1)) if np.ndim(x) < 2 else x,
    np.swapaxes: reordered(np.swapaxes),
    np.moveaxis: reordered(np.moveaxis),
    np.rollaxis: reordered(np.rollaxis),
    np.matrix_transpose: lambda x: np.swapaxes(x, -1, -2),
    np.compress: lambda condition, a, axis=None: np.take(a, np.flatnonzero(condition), axis),
    np.dot: dot,
    np.inner: lambda a, b: a * b if 0 in (np.ndim(a), np.ndim(b)) else np.tensordot(a, b, (-1, -1)),
    np.vdot: lambda a, b: np.ravel(a) @ np.ravel(b),
    np.vecdot: lambda x1, x2: np.sum(x1 * x2, axis=-1),
    np.outer: lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)),
    np.tensordot: tensordot,
    np.einsum: einsum,
    np.kron: kron,
    np.trace: lambda a, offset=0, axis1=0, axis2=1: np.sum(
        np.diagonal(a, offset, axis1, axis2), axis=-1
    ),
    np.diag: diag,
    np.tril: tril,
    np.triu: triu,
    np.split: even_split,
    np.array_split: split,
    np.var: var,
    np.std: lambda a, axis=None, ddof=0, keepdims=False: np.sqrt(var(a, axis, ddof, keepdims)),
    np.average: lambda a, axis=None, weights=None: (
        np.mean(a, axis=axis)
        if weights is None
        else np.sum(a * weights, axis=axis) / np.sum(weights * np.ones_like(a), axis=axis)
    ),
    np.ptp: lambda a, axis=None: np.max(a, axis=axis) - np.min(a, axis=axis),
    np.diff: differences,
    np.clip: clip,
    np.sort: sort,
    np.astype: lambda x, dtype: as_type(x, dtype),
    np.linalg.norm: norm,
    np.linalg.slogdet: slogdet,
    np.linalg.eigh: eigh,
    np.linalg.vector_norm: lambda x, axis=None, keepdims=False, ord=2: norm(
        x if axis is not None else np.ravel(x), ord, axis, keepdims
    ),
    np.linalg.trace: lambda x, offset=0: np.trace(x, offset, -2, -1),
    np.linalg.matrix_transpose: lambda x: np.swapaxes(x, -1, -2),
}

# ---- Without a slope -------------------------------------------------------------------------
FLAT = {
    *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    *(np.isfinite, np.isinf, np.isnan, np.isclose, np.allclose, np.array_equal, np.signbit),
    *(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.floor_divide),
    *(np.heaviside, np.any, np.all, np.count_nonzero, np.nonzero, np.flatnonzero),
    *(np.argmax, np.argmin, np.argsort, np.searchsorted, np.digitize),
    *(np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.result_type),
    *(np.iscomplexobj, np.isrealobj, np.can_cast),
}
