"""Products of arrays: the Jacobian of each, as a structured object.

JACOBIANS    the structured Jacobian in each array argument
COMPOSED     products written with those
"""

import string
from functools import reduce
from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from adlab.jacobians import Copy, Covector, Dense, Identity, Kronecker
from adlab.kinds import Contraction
from adlab.rules.moves import Each, array, followed


@followed
def contract(subscripts, *operands):
    """An einsum that names every axis, none twice in an operand, and its output."""
    return np.einsum(subscripts, *operands, optimize=True)


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
    if A.ndim == B.ndim == 2:
        return Kronecker(B=B.T, matrices=A.shape)
    if A.ndim == 1 and B.ndim <= 2:
        return Covector(B) if B.ndim == 1 else Dense(B.T)
    left, right, stack = matrices(A, B)
    shape = (*stack, *left.shape[-2:])
    right = np.swapaxes(stacked(right, stack), -1, -2)
    J = Kronecker(B=right, matrices=shape, shape_out=Y.shape)
    return J if shape == A.shape else J @ spread(A.shape, shape)


def matmul_right(Y, A, B):
    """Y = A B        J_B = A ⊗ I"""
    A = of_floats(A, Y)
    if A.ndim == B.ndim == 2:
        return Kronecker(A=A, matrices=B.shape)
    if B.ndim == 1 and A.ndim <= 2:
        return Covector(A) if A.ndim == 1 else Dense(A)
    if A.ndim == 1 and B.ndim == 2:
        return Kronecker(A=A[None, :], matrices=B.shape, shape_out=Y.shape)
    left, right, stack = matrices(A, B)
    if right.ndim == 2 and stack:  # one B for all of the stack: one long matrix A
        left, stack = left.reshape(prod(left.shape[:-1]), left.shape[-1]), ()
    shape = (*stack, *right.shape[-2:])
    J = Kronecker(A=stacked(left, stack), matrices=shape, shape_out=Y.shape)
    return J if shape == B.shape else J @ spread(B.shape, shape, column=B.ndim == 1)


def spread(shape_in, shape_out, column=False):
    """From an argument of matmul to the stack of matrices that it stands for."""
    if prod(shape_in) == prod(shape_out):
        return Identity(shape_in, shape_out)
    return Copy(shape_in, shape_out, axes=range(len(shape_out) - 2) if column else None)


def contracted(k, y, subscripts, *operands):
    inputs, output = subscripts.split("->")
    return Contraction(inputs.split(","), output, operands, k - 1)


JACOBIANS = {
    np.matmul: (matmul_left, matmul_right),
    contract: Each(contracted),
}


# ---- Written with those ----------------------------------------------------------------------
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
        subscripts, operands = in_letters(subscripts, *operands)
    operands = [array(x) for x in operands]
    inputs, output = named_axes(subscripts.replace(" ", ""), operands)
    plain = [without_repeats(term, x) for term, x in zip(inputs, operands, strict=True)]
    sizes = {}
    for term, x in plain:
        for c, n in zip(term, x.shape, strict=True):
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    plain = [without_ones(term, x, sizes) for term, x in plain]
    terms = ",".join(term for term, _ in plain)
    return contract(f"{terms}->{output}", *(x for _, x in plain))


def in_letters(*given):
    """einsum(x, [0, 1], y, [1, 2], [0, 2]) in the form of einsum("ab,bc->ac", x, y)"""

    def term(places):
        return "".join("..." if i is Ellipsis else string.ascii_letters[i] for i in places)

    operands, terms = given[: len(given) // 2 * 2 : 2], map(term, given[1::2])
    output = "->" + term(given[-1]) if len(given) % 2 else ""
    return ",".join(terms) + output, operands


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


def without_ones(term, x, sizes):
    """An axis of size 1 that stands beside a longer one broadcasts: it is left out."""
    ones = tuple(i for i, c in enumerate(term) if x.shape[i] != sizes[c])
    kept = "".join(c for i, c in enumerate(term) if i not in ones)
    return kept, np.squeeze(x, ones) if ones else x


def kron(a, b):
    """All products of an entry of a and one of b."""
    ndim = max(np.ndim(a), np.ndim(b))
    a, b = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (a, b))
    rows = np.reshape(a, [n for pair in zip(a.shape, (1,) * ndim, strict=True) for n in pair])
    columns = np.reshape(b, [n for pair in zip((1,) * ndim, b.shape, strict=True) for n in pair])
    return np.reshape(rows * columns, [n * m for n, m in zip(a.shape, b.shape, strict=True)])


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(array(a), axisa, -1), np.moveaxis(array(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError("np.cross wants 3 entries; of 2, write a[0] * b[1] - a[1] * b[0]")
    after, before = [1, 2, 0], [2, 0, 1]
    y = a[..., after] * b[..., before] - a[..., before] * b[..., after]
    return np.moveaxis(y, -1, axisc)


def vecdot(x1, x2, axis=-1):
    if axis != -1:
        x1, x2 = np.moveaxis(array(x1), axis, -1), np.moveaxis(array(x2), axis, -1)
    return np.sum(x1 * x2, axis=-1)


def outer(a, b):
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


COMPOSED = {
    np.dot: dot,
    np.inner: lambda a, b: a * b if 0 in (np.ndim(a), np.ndim(b)) else tensordot(a, b, (-1, -1)),
    np.vdot: lambda a, b: np.ravel(a) @ np.ravel(b),
    np.vecdot: vecdot,
    np.outer: outer,
    np.tensordot: tensordot,
    np.einsum: einsum,
    np.kron: kron,
    np.cross: cross,
    np.linalg.multi_dot: lambda arrays: reduce(np.matmul, arrays),
    np.linalg.cross: lambda x1, x2, axis=-1: cross(x1, x2, axis=axis),
    np.linalg.matmul: lambda x1, x2: np.matmul(x1, x2),
    np.linalg.outer: outer,
    np.linalg.tensordot: lambda x1, x2, axes=2: tensordot(x1, x2, axes),
    np.linalg.vecdot: vecdot,
}
