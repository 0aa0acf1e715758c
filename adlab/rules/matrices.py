"""Linear algebra: the Jacobian of each function, as a structured object.

    JACOBIANS    the structured Jacobian in each array argument
    COMPOSED     functions written with those

Sources: inv, solve, det, cholesky, svd: Giles, *Collected matrix derivative results for forward and
reverse mode algorithmic differentiation* (2008); eigh: Magnus & Neudecker, *Matrix Differential
Calculus*, chapter 8; pinv: Golub & Pereyra, *The differentiation of pseudo-inverses* (1973).
"""

from math import prod
from operator import index

import numpy as np

from adlab.jacobians import Copy, Diagonal, Kronecker, Permute
from adlab.rules.moves import array, followed, moved, products_of_others, reduced, summed
from adlab.rules.products import matmul_right, spread, stacked


# ---- Functions of our own that NumPy has under another form ----------------------------------
@followed
def log_det(A):
    return np.linalg.slogdet(A)[1]


@followed
def eigenvectors(A, UPLO="L"):
    return np.linalg.eigh(A, UPLO)[1]


@followed
def singular_values(A):
    return np.linalg.svd(A, compute_uv=False)


@followed
def left_vectors(A):
    return np.linalg.svd(A, full_matrices=False)[0]


@followed
def right_vectors(A):
    return np.linalg.svd(A, full_matrices=False)[2]


@followed
def triangle(A):
    return np.linalg.qr(A, mode="r")


@followed
def length(a, axis=None, keepdims=False):
    """√ Σ a², with slope 0 where it is 0, as a convention: so the second derivative of its square
    is 0 there, where that of Σ a² itself is 2."""
    return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))


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
        x = y[..., None] if np.ndim(b) == 1 else y
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
    """d det A = tr(Cᵀ dA), C: the cofactors, det A A⁻ᵀ where A has an inverse"""
    if np.all(np.linalg.matrix_rank(A) == A.shape[-1]):
        C = t(np.linalg.inv(A)) * np.reshape(y, (*np.shape(y), 1, 1))
    else:
        C = by_minors(A) if A.shape[-1] <= 12 else by_singular_values(A)
    return Copy(np.shape(y), A.shape, (-2, -1)).T @ Diagonal(C)


def by_minors(A):
    """C_ij = ± det of A without row i and column j: of any rank, and to any order."""
    n = A.shape[-1]
    rest = np.array([[k for k in range(n) if k != i] for i in range(n)], int)
    minors = A[..., rest[:, None, :, None], rest[None, :, None, :]]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return np.linalg.det(minors) * signs.astype(A.dtype)


def by_singular_values(A):
    """A = U diag(s) Vᵀ        C = det U det V  U diag(products of the other s) Vᵀ"""
    U, s, Vt = np.linalg.svd(A)
    sign = np.rint(np.linalg.det(U) * np.linalg.det(Vt))[..., None]
    others = products_of_others(s, (s.ndim - 1,)) * sign
    return (U * others[..., None, :]) @ Vt


def log_determined(y, A):
    """d log |det A| = tr(A⁻¹ dA)"""
    return Copy(np.shape(y), A.shape, (-2, -1)).T @ Diagonal(t(np.linalg.inv(A)))


def symmetric(A, UPLO="L"):
    """NumPy reads one triangle of a symmetric matrix: the map from it to the whole."""
    below = np.tri(A.shape[-1], k=-1)
    read, other = (below + np.eye(A.shape[-1]), below)
    if UPLO.upper() == "U":
        read, other = read.T, other.T
    return masked(read, A) + swapped(A.shape) @ masked(other, A)


def swapped(shape):
    """A ↦ Aᵀ"""
    return Permute(shape, (*range(len(shape) - 2), -1, -2))


def masked(M, A):
    """A ↦ M ⊙ A"""
    return Diagonal(np.broadcast_to(M, A.shape).astype(A.dtype))


def factored(Y, A, upper=False):
    """A = L Lᵀ        dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ: the lower triangle, half of its diagonal"""
    if upper:  # A = Lᵀ L, and L is lower with the same rule
        return swapped(A.shape) @ lower_factor(t(Y), A, "U")
    return lower_factor(Y, A, "L")


def lower_factor(Y, A, UPLO):
    inverse = np.linalg.inv(Y)
    n = A.shape[-1]
    half = np.broadcast_to(np.tri(n) - 0.5 * np.eye(n), A.shape).astype(A.dtype)
    between = Diagonal(half) @ Kronecker(A=inverse, B=inverse, matrices=A.shape)
    return Kronecker(A=Y, matrices=A.shape) @ between @ symmetric(A, UPLO)


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


def singular_valued(s, A):
    """A = U diag(s) Vᵀ        ds = diag(Uᵀ dA V)"""
    U, _, Vt = np.linalg.svd(A, full_matrices=False)
    rotated = Kronecker(A=t(U), B=Vt, matrices=A.shape)
    return moved(np.diagonal)(s, np.empty(rotated.shape_out), axis1=-2, axis2=-1) @ rotated


def singular_gaps(s):
    """F_ij = 1 / (s_j² - s_i²) off the diagonal, 0 on it"""
    eye = np.eye(s.shape[-1], dtype=s.dtype)
    i, j = s[..., :, None], s[..., None, :]
    return (1 - eye) / ((j - i) * (j + i) + eye)


def left_vectored(U, A):
    """dU = U (F ⊙ (M + Mᵀ)) + (I - U Uᵀ) dA V / s,   M = Uᵀ dA V diag(s)"""
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    M = Kronecker(A=t(U), B=Vt * s[..., :, None], matrices=A.shape)
    inside = Diagonal(singular_gaps(s)) @ (M + swapped(M.shape_out) @ M)
    J = Kronecker(A=U, matrices=M.shape_out) @ inside
    if U.shape[-2] == U.shape[-1]:
        return J
    beside = np.eye(U.shape[-2], dtype=U.dtype) - U @ t(U)
    return J + Kronecker(A=beside, B=Vt / s[..., :, None], matrices=A.shape)


def right_vectored(Vt, A):
    """That of the left vectors, for Aᵀ."""
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    M = Kronecker(A=t(U * s[..., None, :]), B=Vt, matrices=A.shape)
    inside = Diagonal(-singular_gaps(s)) @ (M + swapped(M.shape_out) @ M)
    J = Kronecker(B=t(Vt), matrices=M.shape_out) @ inside
    if Vt.shape[-2] == Vt.shape[-1]:
        return J
    beside = np.eye(Vt.shape[-1], dtype=Vt.dtype) - t(Vt) @ Vt
    return J + Kronecker(A=t(U / s[..., None, :]), B=beside, matrices=A.shape)


def pseudo_inverted(P, A, rcond=None, *, rtol=None):
    """dP = -P dA P + P Pᵀ dAᵀ (I - A P) + (I - P A) dAᵀ Pᵀ P, where the rank stays"""
    m, n = A.shape[-2:]
    turned = swapped(A.shape)
    above, below = np.eye(m, dtype=A.dtype) - A @ P, np.eye(n, dtype=A.dtype) - P @ A
    return (
        Kronecker(A=-P, B=t(P), matrices=A.shape)
        + Kronecker(A=P @ t(P), B=t(above), matrices=turned.shape_out) @ turned
        + Kronecker(A=below, B=t(P) @ P, matrices=turned.shape_out) @ turned
    )


def triangled(R, A):
    """A = Q R        dR = (W's upper triangle + its lower one, transposed) R,   W = Qᵀ dA R⁻¹"""
    inverse = np.linalg.inv(R)
    W = Kronecker(A=t(A @ inverse), B=t(inverse), matrices=A.shape)
    lower = masked(np.tri(R.shape[-1], k=-1), R)
    upper = masked(1 - np.tri(R.shape[-1], k=-1), R)
    return Kronecker(B=t(R), matrices=R.shape) @ (upper + swapped(R.shape) @ lower) @ W


def length_jacobian(y, a, axis=None, keepdims=False):
    axes = reduced(axis, a.ndim)
    whole = np.expand_dims(np.reshape(y, np.delete(a.shape, axes)), axes)
    return summed(y, a, axis) @ Diagonal(a / np.where(whole == 0, 1.0, whole))


JACOBIANS = {
    length: (length_jacobian,),
    np.linalg.inv: (inverted,),
    np.linalg.solve: (solved(0), solved(1)),
    np.linalg.det: (determined,),
    log_det: (log_determined,),
    np.linalg.cholesky: (factored,),
    np.linalg.eigvalsh: (eigenvalued,),
    eigenvectors: (eigenvectored,),
    singular_values: (singular_valued,),
    left_vectors: (left_vectored,),
    right_vectors: (right_vectored,),
    np.linalg.pinv: (pseudo_inverted,),
    triangle: (triangled,),
}


# ---- Written with those above ----------------------------------------------------------------
def norm(x, ord=None, axis=None, keepdims=False):
    if ord is None:
        return length(x, axis=axis, keepdims=keepdims)
    axes = reduced(axis, x.ndim)
    if len(axes) == 2:
        return matrix_norm(x, ord, axes, keepdims)
    if len(axes) != 1:
        raise ValueError(f"np.linalg.norm with ord={ord!r} wants one axis or two, not {len(axes)}")
    if ord in FARTHEST:
        return FARTHEST[ord](np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis=axes, keepdims=keepdims).astype(x.dtype)
    if ord == 1:
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 2:
        return length(x, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"np.linalg.norm of a vector with ord={ord!r}: use a number")
    return np.sum(np.abs(x) ** ord, axis=axes, keepdims=keepdims) ** (1 / ord)


FARTHEST = {np.inf: np.max, -np.inf: np.min}
OF_SINGULAR_VALUES = {2: np.max, -2: np.min, "nuc": np.sum}
OF_SUMS = {1: (np.max, 0), -1: (np.min, 0), np.inf: (np.max, 1), -np.inf: (np.min, 1)}


def matrix_norm(x, ord, axes, keepdims):
    """The norm of the matrices that stand in two axes (rows, columns)."""
    if ord == "fro":
        return length(x, axis=axes, keepdims=keepdims)
    if ord in OF_SINGULAR_VALUES:
        s = singular_values(np.moveaxis(x, axes, (-2, -1)))
        y = OF_SINGULAR_VALUES[ord](s, axis=-1)
    elif ord in OF_SUMS:
        largest, k = OF_SUMS[ord]
        sums = np.sum(np.abs(x), axis=axes[k], keepdims=True)
        y = np.squeeze(largest(sums, axis=axes[1 - k], keepdims=True), axes)
    else:
        raise ValueError(
            f"np.linalg.norm of a matrix: ord={ord!r} is none of fro, nuc, ±1, ±2, ±inf"
        )
    return np.expand_dims(y, axes) if keepdims else y


def slogdet(a):
    return type(np.linalg.slogdet(np.eye(1)))(np.sign(np.linalg.det(a)), log_det(a))


def eigh(a, UPLO="L"):
    made = type(np.linalg.eigh(np.eye(1)))
    return made(np.linalg.eigvalsh(a, UPLO), eigenvectors(a, UPLO))


SVD, QR = type(np.linalg.svd(np.eye(1))), type(np.linalg.qr(np.eye(1)))


def svd(a, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return singular_values(a)
    if full_matrices and a.shape[-2] != a.shape[-1]:
        raise TypeError(
            "np.linalg.svd: the further vectors of a full basis are not determined, so they have "
            "no derivative: write full_matrices=False"
        )
    return SVD(left_vectors(a), singular_values(a), right_vectors(a))


def qr(a, mode="reduced"):
    if a.shape[-2] < a.shape[-1] or mode not in ("reduced", "r"):
        raise TypeError(
            "np.linalg.qr has a rule for matrices with at least as many rows as columns, and for "
            'mode="reduced" or "r"'
        )
    R = triangle(a)
    return R if mode == "r" else QR(t(np.linalg.solve(t(R), t(a))), R)


def lstsq(a, b, rcond=None):
    """(x, residuals, rank, singular values), with x = A⁺ b"""
    a, b = array(a), array(b)
    x, s = np.linalg.pinv(a, rcond) @ b, singular_values(a)
    cutoff = np.finfo(s.dtype).eps * max(a.shape) if rcond is None else rcond
    rank = np.sum(s > cutoff * np.max(s))
    determined = rank == a.shape[1] < a.shape[0]
    rest = np.reshape(a @ x - b, (a.shape[0], -1))
    return x, np.sum(rest**2, axis=0) if determined else np.empty(0, s.dtype), rank, s


def matrix_power(a, n):
    """By squaring: as few products as the binary digits of n."""
    n = index(n)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    y = None
    while n:
        if n % 2:
            y = a if y is None else y @ a
        a, n = (a @ a, n // 2) if n > 1 else (a, 0)
    return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape).copy() if y is None else y


def cond(x, p=None):
    if p in (None, 2, -2):
        s = singular_values(x)
        first, last = s[..., 0], s[..., -1]
        return last / first if p == -2 else first / last
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))


def vector_norm(x, axis=None, keepdims=False, ord=2):
    """Of all entries along several axes, as if they were one."""
    axes = reduced(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = [x.shape[i] for i in kept]
    y = norm(np.reshape(np.transpose(x, (*kept, *axes)), (*shape, -1)), ord, -1)
    return np.expand_dims(y, axes) if keepdims else y


def tensorsolve(a, b):
    a = array(a)
    rest = a.shape[np.ndim(b) :]
    return np.reshape(np.linalg.solve(a.reshape(-1, prod(rest)), np.ravel(b)), rest)


def tensorinv(a, ind=2):
    rows, columns = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(a.reshape(prod(rows), -1)), (*columns, *rows))


COMPOSED = {
    np.trace: lambda a, offset=0, axis1=0, axis2=1: np.sum(
        np.diagonal(a, offset, axis1, axis2), axis=-1
    ),
    np.linalg.norm: norm,
    np.linalg.vector_norm: vector_norm,
    np.linalg.matrix_norm: lambda x, keepdims=False, ord="fro": norm(x, ord, (-2, -1), keepdims),
    np.linalg.slogdet: slogdet,
    np.linalg.eigh: eigh,
    np.linalg.svd: svd,
    np.linalg.svdvals: lambda x: singular_values(x),
    np.linalg.qr: qr,
    np.linalg.lstsq: lstsq,
    np.linalg.cond: cond,
    np.linalg.matrix_power: matrix_power,
    np.linalg.tensorsolve: tensorsolve,
    np.linalg.tensorinv: tensorinv,
    np.linalg.diagonal: lambda x, offset=0: np.diagonal(x, offset, -2, -1),
    np.linalg.matrix_transpose: lambda x: t(x),
    np.linalg.trace: lambda x, offset=0: np.trace(x, offset, -2, -1),
    np.matrix_transpose: lambda x: t(x),
}
