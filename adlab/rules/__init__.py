"""The derivative of each NumPy function, one line each: the tables, put together.

    RULES       for each function the Jacobian in each argument
                    slopes.py      ufuncs: y = φ(a, b), entry by entry; φ's derivative in each
                    moves.py       sums, copies, and what picks and moves numbers
                    products.py    products of arrays
                    matrices.py    linear algebra
    COMPOSED    functions written with those above, in arrays.py, averages.py and the last two
    FLAT        functions that are constant wherever they have a derivative
    ADVICE      functions without a rule, and what to write in their place

In each rule `y` is the value and stands first, then come the arguments as NumPy has them; what a
rule does not name can't be set while a derivative is taken. Rules use NumPy alone, so that they
can be differentiated themselves.
"""

import numpy as np

from adlab.rules import arrays, averages, matrices, moves, products, slopes
from adlab.rules.averages import UFUNC_METHODS, outer
from adlab.rules.moves import as_type, index
from adlab.rules.products import contract

__all__ = [
    "ADVICE",
    "COMPOSED",
    "FLAT",
    "RULES",
    "UFUNC_METHODS",
    "as_type",
    "contract",
    "index",
    "outer",
]

RULES = {**slopes.RULES, **moves.JACOBIANS, **products.JACOBIANS, **matrices.JACOBIANS}
COMPOSED = {**arrays.COMPOSED, **averages.COMPOSED, **products.COMPOSED, **matrices.COMPOSED}

# ---- Without a slope -------------------------------------------------------------------------
FLAT = {
    *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    *(np.isfinite, np.isinf, np.isnan, np.isposinf, np.isneginf, np.isclose, np.signbit),
    *(np.allclose, np.array_equal, np.array_equiv, np.isin, np.isreal, np.iscomplex),
    *(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix),
    *(np.floor_divide, np.heaviside, np.angle),
    *(np.any, np.all, np.count_nonzero, np.nonzero, np.flatnonzero, np.argwhere),
    *(np.argmax, np.argmin, np.argsort, np.argpartition, np.nanargmax, np.nanargmin, np.lexsort),
    *(np.searchsorted, np.digitize, np.linalg.matrix_rank),
    *(np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.result_type),
    *(np.iscomplexobj, np.isrealobj, np.can_cast, np.common_type, np.min_scalar_type),
    *(np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.einsum_path),
    *(np.array_repr, np.array_str, np.array2string, np.shares_memory, np.may_share_memory),
}

# ---- Without a rule --------------------------------------------------------------------------
IN_PLACE = "it changes an array in place; np.where, np.stack and np.concatenate make a new one"
FOURIER = (
    "its result is complex, and adlab differentiates real functions; with the angles "
    "w = 2 * np.pi / n * np.outer(np.arange(n), np.arange(n)) the real part of np.fft.fft(x) is "
    "np.cos(w) @ x and the imaginary part -np.sin(w) @ x"
)
COUNTS = "how many fall into a bin does not move with the data: take it of stop_gradient(x)"
ONCE = (
    "which entries differ does not move: x[np.unique(stop_gradient(x), return_index=True)[1]] "
    "takes each once"
)
COMPLEX = "its result may be complex; a symmetric matrix has np.linalg.eigh"
CURVE = "np.linalg.lstsq(np.vander(x, degree + 1), y)[0] fits a polynomial"
ADVICE = {
    **dict.fromkeys((np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal), IN_PLACE),
    np.copyto: (
        "it writes into an array, as np.full and a[...] = x do; np.stack and np.broadcast_to make "
        "a new one"
    ),
    "np.add.at": "np.bincount(places, weights=x) adds x up at its places",
    np.insert: "np.concatenate([x[:i], v, x[i:]]) inserts v",
    **{
        getattr(np.fft, name): FOURIER for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    },
    **{getattr(np.fft, name): FOURIER for name in ("fft2", "ifft2", "rfft2", "irfft2")},
    **{getattr(np.fft, name): FOURIER for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **dict.fromkeys((np.histogram, np.histogram2d, np.histogramdd), COUNTS),
    **dict.fromkeys((np.unique, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d), ONCE),
    **dict.fromkeys((np.linalg.eig, np.linalg.eigvals), COMPLEX),
    np.polyfit: CURVE,
    np.polymul: "np.convolve(a, b) multiplies polynomials",
    np.polyder: "p[:-1] * np.arange(len(p) - 1, 0, -1) is the derivative",
}
