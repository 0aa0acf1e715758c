"""Kinds of Jacobian that NumPy's own functions ask for, beyond those that layers need.

    OfResult       diag(φ'), where φ' is a formula in the result y: y is all that is held
    Mask           y = x where it is taken, 0 elsewhere
    Cast           the same numbers in another float type
    Slice          y = x[key]            its transpose puts y back into zeros
    Part           y = [0 ; x ; 0], what a concatenation makes of one of its parts
    Cumulative     y_i = x_1 + ... + x_i    its transpose adds from the other end
    Contraction    an einsum that is linear in one operand, all others fixed
    Sparse         a matrix of which the numbers that are not zero are written down

They are kinds as those of `jacobians.py`: each says how it pushes and how it pulls.
"""

import string
from math import prod

import numpy as np

from adlab.jacobians import Flops, Jacobian, common_type
from adlab.vectors import floats


class OfResult(Jacobian):
    """diag(s(y)): the slope is computed from the result y each time it is used.

    The next step mostly holds y anyway, so this one holds nothing of its own.
    """

    def __init__(self, y, slope):
        self.y, self.slope = floats(y, "OfResult"), slope
        super().__init__(self.y.shape, self.y.shape, self.y.dtype)

    def push(self, V):
        return V * self.slope(self.y)

    def pull(self, U):
        return U * self.slope(self.y)

    @property
    def flops(self):
        return Flops(self.y.size, self.y.size)

    def held(self):
        return (self.y,)


class Mask(Jacobian):
    """Entries that are `taken` stay as they are, all others become 0:  J = diag(1 or 0).

    A diagonal of numbers would make 0 · ∞ = NaN of an infinite tangent that is not taken.
    """

    def __init__(self, taken, dtype):
        super().__init__(taken.shape, taken.shape, np.dtype(dtype))
        self.taken = taken

    def push(self, V):
        return np.where(self.taken, V, 0)

    def pull(self, U):
        return np.where(self.taken, U, 0)

    def held(self):
        return (self.taken,)


class Cast(Jacobian):
    """The identity between two float types: what is pushed and pulled takes on the other one."""

    def __init__(self, shape, dtype_in, dtype_out):
        super().__init__(shape, shape, np.dtype(dtype_out))
        self.dtype_in = np.dtype(dtype_in)

    def push(self, V):
        return V.astype(self.dtype)

    def pull(self, U):
        return U.astype(self.dtype_in)


class Slice(Jacobian):
    """y = x[key] for a basic key: integers, slices, `...` and None, so no place is taken twice."""

    def __init__(self, key, shape_in, shape_out):
        super().__init__(shape_in, shape_out)
        self.key = key if isinstance(key, tuple) else (key,)

    def push(self, V):
        return V[(slice(None), *self.key)]

    def pull(self, U):
        if hasattr(U, "through"):
            return U.through(self.of_many(len(U)).T)
        X = np.zeros_like(U, shape=(len(U), *self.shape_in))
        X[(slice(None), *self.key)] = U
        return X

    def of_many(self, k):
        """The same for k arrays at once, as one map."""
        key = (slice(None), *self.key)
        return Slice(key, (k, *self.shape_in), (k, *self.shape_out))


class Part(Jacobian):
    """y = [0 ; x ; 0] along an axis of y, x in the places from `start` on; pulling cuts it out.

    x may come in another shape, as long as its numbers fill those places in their order.
    """

    def __init__(self, shape_in, shape_out, dtype, axis, start):
        super().__init__(shape_in, shape_out, dtype)
        self.axis, self.start = 1 + axis, start
        around = prod(shape_out[:axis]) * prod(shape_out[axis + 1 :])
        self.stop = start + (prod(shape_in) // around if around else 0)

    def shape_of(self, k, length):
        """The shape of k arrays like y, but so long."""
        shape = (k, *self.shape_out)
        return (*shape[: self.axis], length, *shape[self.axis + 1 :])

    def push(self, V):
        behind = self.shape_out[self.axis - 1] - self.stop
        before, behind = (np.zeros(self.shape_of(len(V), n), V.dtype) for n in (self.start, behind))
        V = V.reshape(self.shape_of(len(V), self.stop - self.start))
        parts = [x for x in (before, V, behind) if x is V or x.shape[self.axis]]
        return np.concatenate(parts, self.axis)

    def pull(self, U):
        key = (slice(None),) * self.axis + (slice(self.start, self.stop),)
        return U[key].reshape(len(U), *self.shape_in)


class Cumulative(Jacobian):
    """y_i = x_1 + ... + x_i along an axis (counted from the end):  J = lower triangle of ones."""

    def __init__(self, shape, axis):
        super().__init__(shape, shape)
        self.axis = axis

    def push(self, V):
        return np.cumsum(V, axis=self.axis)

    def pull(self, U):
        return np.flip(np.cumsum(np.flip(U, axis=self.axis), axis=self.axis), axis=self.axis)

    @property
    def flops(self):
        return Flops(prod(self.shape_in), prod(self.shape_in))


class Contraction(Jacobian):
    """y = einsum("inputs->output"), as a function of operand k; the other operands are fixed.

    Every operand names its axes by letters, none twice; a letter that stands in operand k alone is
    summed over. Pulling is an einsum again, in which the output and operand k change places.
    """

    def __init__(self, inputs, output, operands, k):
        shape_in = operands[k].shape
        sizes = {c: n for term, x in zip(inputs, operands, strict=True) for c, n in axes(term, x)}
        others = [(t, x) for i, (t, x) in enumerate(zip(inputs, operands, strict=True)) if i != k]
        super().__init__(
            shape_in,
            tuple(sizes[c] for c in output),
            common_type(*(x for _, x in others)) if others else None,
        )
        self.letters, self.output, self.others = inputs[k], output, others
        used = set(output).union(*(t for t, _ in others))
        self.alone = [c for c in self.letters if c not in used]
        self.sizes = sizes

    def push(self, V):
        return self.product(V, self.letters, self.output)

    def pull(self, U):
        spread = "".join(c for c in self.letters if c not in self.alone)
        X = self.product(U, self.output, spread)
        if not self.alone:
            return X
        kept = (1 if c in self.alone else self.sizes[c] for c in self.letters)
        return np.broadcast_to(X.reshape(len(X), *kept), (len(X), *self.shape_in))

    def product(self, V, given, wanted):
        k = next(c for c in string.ascii_letters if c not in self.sizes)  # names the k vectors
        terms = [k + given, *(t for t, _ in self.others)]
        subscripts = f"{','.join(terms)}->{k}{wanted}"
        return np.einsum(subscripts, V, *(x for _, x in self.others), optimize=True)

    @property
    def flops(self):
        """For all letters at once; NumPy may find a way that takes less."""
        spread = "".join(c for c in self.letters if c not in self.alone)
        return Flops(self.work(self.letters, self.output), self.work(self.output, spread))

    def work(self, given, wanted):
        """One term has a product for each of the others, and an addition if a letter is summed."""
        letters = set(given).union(*(t for t, _ in self.others))
        summed = not letters <= set(wanted)
        return (len(self.others) + summed) * prod(self.sizes[c] for c in letters)

    def held(self):
        return tuple(x for _, x in self.others)


class Sparse(Jacobian):
    """J_ij = values_k for i = rows_k, j = columns_k, and 0 elsewhere; no place is named twice."""

    def __init__(self, values, rows, columns, shape_in, shape_out):
        self.values = floats(values, "Sparse")
        self.rows, self.columns = np.asarray(rows), np.asarray(columns)
        super().__init__(shape_in, shape_out, self.values.dtype)
        if not self.values.shape == self.rows.shape == self.columns.shape or self.values.ndim != 1:
            raise ValueError(
                "Sparse wants values, rows and columns of one length; their shapes are "
                f"{self.values.shape}, {self.rows.shape}, {self.columns.shape}"
            )

    def push(self, V):
        return self.spread(V, self.columns, self.rows, self.shape_out)

    def pull(self, U):
        return self.spread(U, self.rows, self.columns, self.shape_in)

    def spread(self, V, come, go, shape):
        """Each number is taken from where it comes, multiplied, and added where it goes."""
        Y = np.zeros_like(V, shape=(prod(shape), len(V)))
        np.add.at(Y, go, (V.reshape(len(V), -1)[:, come] * self.values).T)
        return Y.T.reshape(len(V), *shape)

    @property
    def flops(self):
        return Flops(2 * self.values.size, 2 * self.values.size)

    def held(self):
        return self.values, self.rows, self.columns


def axes(term, x):
    """(letter, size) for each axis of an operand."""
    return zip(term, x.shape, strict=True)
