"""A Jacobian is an object, and `@` is the calculus.

    J @ v      the JVP: pushes a tangent v (a small change of the input) forward
    u @ J      the VJP: pulls a cotangent u (a weight on the outputs) back
    J2 @ J1    the chain rule
    J + K      two paths that meet
    J.T        the same rule, read the other way
    J.dense()  the matrix, m x n: rows are outputs, columns are inputs

No matrix is written down before somebody asks for `dense()`: a Jacobian is a rule that pushes
and a rule that pulls. Arrays of any shape are read as vectors in C order, as `ravel` does.

Many vectors at once: `J @ V` takes columns (one extra last axis), `U @ J` takes rows (one extra
first axis). Inside, `push` and `pull` both see the k vectors along a leading axis, so a rule for
one vector is the rule for many, and costs one matrix product.

A Jacobian of several arguments is a `Row` of blocks side by side, one of several results a
`Column` of blocks on top of each other. Where there are several arrays, their shapes, tangents
and cotangents are tuples.

A Jacobian reads the arrays it was made from and never changes them: leave them alone while you
use it. What `@` and `dense()` return belongs to the caller.

Source of the idea of lazy `@` and `+`: SciPy's `LinearOperator`. The kinds and their transposes:
Griewank & Walther, *Evaluating Derivatives*, 2nd ed., chapter 3.
"""

from functools import cached_property
from itertools import compress
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds, normalize_axis_tuple

from adlab.vectors import basis, floats, joined, own, scale, size, stack, total, unstack

NUMBER = int | float | np.integer | np.floating


class Flops(NamedTuple):
    """Floating-point operations of one product: additions and multiplications count one each.

    A product of p x q with q x r counts 2pqr, a sum of n numbers n, a copy nothing.
    """

    push: int
    pull: int

    def __add__(self, other):
        return Flops(self.push + other.push, self.pull + other.pull)


class Jacobian:
    """A linear map from arrays of `shape_in` to arrays of `shape_out`.

    A kind of Jacobian says how it pushes and pulls k vectors at once, what that costs for one,
    and which arrays it holds. `dtype` is the float type of its numbers, which lists and plain
    numbers take on; a kind that only moves numbers is told it by its layer, or has None.
    """

    __array_ufunc__ = None  # so that NumPy leaves `array @ J` to __rmatmul__

    def __init__(self, shape_in, shape_out, dtype=None):
        self.shape_in = tuple(shape_in)
        self.shape_out = tuple(shape_out)
        self.dtype = dtype

    def push(self, V):
        """J v for k tangents at once: (k, *shape_out) <- (k, *shape_in)."""
        raise NotImplementedError

    def pull(self, U):
        """u J for k cotangents at once: (k, *shape_in) <- (k, *shape_out)."""
        raise NotImplementedError

    flops = Flops(0, 0)

    def held(self):
        """The arrays that must be kept for the products."""
        return ()

    @property
    def shape(self):
        """(m, n): how many numbers come out and go in."""
        return size(self.shape_out), size(self.shape_in)

    @property
    def nbytes(self):
        """Bytes of memory that the arrays held look at, each counted once however often used."""
        return sum(end - start for start, end in {byte_bounds(a) for a in self.held()})

    def __matmul__(self, other):
        if isinstance(other, Jacobian):
            return compose(self, other)
        V, single = stack(other, self.shape_in, "tangent", self, self.dtype, self.shape_out)
        return own(unstack(self.push(V), single, -1), V)

    def __rmatmul__(self, u):
        U, single = stack(u, self.shape_out, "cotangent", self, self.dtype, self.shape_in)
        return own(unstack(self.pull(U), single, 0), U)

    def dense(self):
        """The matrix (m, n), by pushing or pulling the basis vectors, whichever are fewer."""
        m, n = self.shape
        if m <= n:
            return joined(self.pull(basis(self.shape_out, self.dtype)), m)
        return joined(self.push(basis(self.shape_in, self.dtype)), n).T

    @property
    def T(self):
        return Transposed(self)

    def __add__(self, other):
        return Sum(self, other) if isinstance(other, Jacobian) else NotImplemented

    def __sub__(self, other):
        return self + -1 * other if isinstance(other, Jacobian) else NotImplemented

    def __mul__(self, c):
        if not isinstance(c, NUMBER) and not (isinstance(c, np.ndarray) and c.shape == ()):
            raise TypeError(f"* takes a number and {self}; for the chain rule write J2 @ J1")
        return Scaled(float(c), self)

    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def __repr__(self):
        m, n = self.shape
        return f"{type(self).__name__} {m}x{n}"


def common_type(*parts):
    """The float type that arrays or Jacobians have together; None if none of them has one."""
    found = None
    for part in parts:
        dtype = None if part is None else part.dtype
        if found is None:
            found = dtype
        elif dtype is not None and dtype != found:
            found = np.result_type(found, dtype)
    return found


# ---- Kinds that hold numbers ---------------------------------------------------------------


class Dense(Jacobian):
    """A matrix that is written down:  J = A."""

    def __init__(self, A, shape_in=None, shape_out=None):
        self.A = floats(A, "Dense")
        if self.A.ndim != 2:
            raise ValueError(f"Dense wants a matrix (m, n), got shape {self.A.shape}")
        m, n = self.A.shape
        shape_in = (n,) if shape_in is None else shape_in
        shape_out = (m,) if shape_out is None else shape_out
        super().__init__(shape_in, shape_out, self.A.dtype)
        if self.shape != (m, n):
            raise ValueError(
                f"Dense: a {m}x{n} matrix does not map {self.shape_in} to {self.shape_out}"
            )

    def push(self, V):
        m, n = self.A.shape
        return (V.reshape(len(V), n) @ self.A.T).reshape(len(V), *self.shape_out)

    def pull(self, U):
        m, n = self.A.shape
        return (U.reshape(len(U), m) @ self.A).reshape(len(U), *self.shape_in)

    @property
    def flops(self):
        return Flops(2 * self.A.size, 2 * self.A.size)

    def held(self):
        return (self.A,)

    def dense(self):
        return self.A.copy()


class Diagonal(Jacobian):
    """Every entry is multiplied by a number of its own:  J = diag(d)."""

    def __init__(self, d):
        self.d = floats(d, "Diagonal")
        super().__init__(self.d.shape, self.d.shape, self.d.dtype)

    def push(self, V):
        return V * self.d

    def pull(self, U):
        return U * self.d

    @property
    def flops(self):
        return Flops(self.d.size, self.d.size)

    def held(self):
        return (self.d,)


class Covector(Jacobian):
    """The derivative of a scalar, a row laid out in the shape of its argument:  J = gᵀ."""

    def __init__(self, g):
        self.g = floats(g, "Covector")
        super().__init__(self.g.shape, (), self.g.dtype)

    def push(self, V):
        return V.reshape(len(V), self.g.size) @ self.g.ravel()

    def pull(self, U):
        return U.reshape(len(U), *(1,) * self.g.ndim) * self.g

    @property
    def flops(self):
        return Flops(2 * self.g.size, self.g.size)

    def held(self):
        return (self.g,)


class Kronecker(Jacobian):
    """X ↦ A X Bᵀ on matrices:  J = A ⊗ B, in C order. `None` stands for an identity.

    A (..., p, q), X (..., q, s), B (..., r, s): leading axes are a stack of such maps. `shape_in`
    and `shape_out` are the shapes of X and of the result, if these are not the plain ones.
    The rule for vec in C order: Magnus & Neudecker, *Matrix Differential Calculus*, chapter 2.
    """

    def __init__(self, A=None, B=None, *, matrices, shape_in=None, shape_out=None):
        self.A = None if A is None else floats(A, "Kronecker")
        self.B = None if B is None else floats(B, "Kronecker")
        *stacked, q, s = matrices
        p = q if A is None else self.A.shape[-2]
        r = s if B is None else self.B.shape[-2]
        if not (fits(self.A, q, stacked) and fits(self.B, s, stacked)):
            raise ValueError(
                f"Kronecker: A {np.shape(A)}, X {tuple(matrices)} and the transpose of "
                f"B {np.shape(B)} do not multiply"
            )
        self.X_shape = (*stacked, q, s)
        self.Y_shape = (*stacked, p, r)
        super().__init__(
            self.X_shape if shape_in is None else shape_in,
            self.Y_shape if shape_out is None else shape_out,
            common_type(self.A, self.B),
        )

    def push(self, V):
        Y = times(self.A, V.reshape(len(V), *self.X_shape), transposed(self.B))  # A V Bᵀ
        return Y.reshape(len(V), *self.shape_out)

    def pull(self, U):
        X = times(transposed(self.A), U.reshape(len(U), *self.Y_shape), self.B)  # Aᵀ U B
        return X.reshape(len(U), *self.shape_in)

    @property
    def flops(self):
        *stacked, q, s = self.X_shape
        *_, p, r = self.Y_shape
        push = (self.A is not None) * p * q * s + (self.B is not None) * p * s * r
        pull = (self.A is not None) * q * p * r + (self.B is not None) * q * r * s
        return Flops(2 * prod(stacked) * push, 2 * prod(stacked) * pull)

    def held(self):
        return tuple(M for M in (self.A, self.B) if M is not None)


def fits(A, n, stacked):
    """Does A, one matrix or a stack of them, have n columns?"""
    return A is None or (A.shape[-1] == n and (A.ndim == 2 or [*A.shape[:-2]] == stacked))


def times(A, X, B):
    """A X B for a stack of matrices X; where A or B is None it is left out."""
    if A is not None:
        X = A @ X
    if B is None:
        return X
    if B.ndim == 2 and X.shape[:-2] != (1,):  # all rows of all matrices in one product
        *lead, s = X.shape
        return (X.reshape(prod(lead), s) @ B).reshape(*lead, B.shape[-1])
    return X @ B


def transposed(A):
    return None if A is None else A.swapaxes(-1, -2)


# ---- Kinds that only move numbers ----------------------------------------------------------


class Identity(Jacobian):
    """Nothing changes but, perhaps, the shape:  J = I."""

    def __init__(self, shape_in, shape_out=None):
        super().__init__(shape_in, shape_in if shape_out is None else shape_out)
        if prod(self.shape_in) != prod(self.shape_out):
            raise ValueError(f"Identity: {self.shape_in} has not as many numbers as {shape_out}")

    def push(self, V):
        return V.reshape(len(V), *self.shape_out)

    def pull(self, U):
        return U.reshape(len(U), *self.shape_in)


class Zero(Jacobian):
    """The output does not depend on the input:  J = 0."""

    def push(self, V):
        return np.zeros_like(V, shape=(len(V), *self.shape_out))

    def pull(self, U):
        return np.zeros_like(U, shape=(len(U), *self.shape_in))


class Copy(Jacobian):
    """Broadcasting: each number is copied along `axes` of the output. Its transpose is the sum.

    `axes` are those that NumPy's broadcasting rule gives, or named: (3,) is copied to (3, 4) with
    axes=(1,).
    """

    def __init__(self, shape_in, shape_out, axes=None):
        super().__init__(shape_in, shape_out)
        shape_in, shape_out = self.shape_in, self.shape_out
        if axes is None:
            ones = (1,) * (len(shape_out) - len(shape_in)) + shape_in
            if [n if n != 1 else m for n, m in zip(ones, shape_out, strict=False)] != [*shape_out]:
                raise ValueError(f"Copy: {shape_in} does not broadcast to {shape_out}")
            axes = [i for i, n in enumerate(ones) if n == 1 and shape_out[i] != 1]
            axes += [i for i in range(len(shape_out) - len(shape_in)) if shape_out[i] == 1]
        self.axes = tuple(sorted(normalize_axis_tuple(tuple(axes), len(shape_out))))
        self.kept = tuple(1 if i in self.axes else n for i, n in enumerate(shape_out))
        if prod(self.kept) != prod(shape_in):
            raise ValueError(f"Copy: {shape_in} copied along axes {axes} is not {shape_out}")

    def push(self, V):
        k = len(V)
        return np.broadcast_to(V.reshape(k, *self.kept), (k, *self.shape_out))

    def pull(self, U):
        axes = tuple([1 + i for i in self.axes])
        return (U.sum(axis=axes) if axes else U).reshape(len(U), *self.shape_in)

    @property
    def flops(self):
        return Flops(0, prod(self.shape_out) if self.axes else 0)


class Gather(Jacobian):
    """y = x.ravel()[index], in the shape of `index`. Its transpose adds into those places."""

    def __init__(self, index, shape_in):
        self.index = np.asarray(index)
        super().__init__(shape_in, self.index.shape)
        n = prod(self.shape_in)
        if self.index.dtype.kind not in "iu":
            raise TypeError(f"Gather: the index must be integers, not {self.index.dtype}")
        if self.index.size and not (0 <= self.index.min() and self.index.max() < n):
            raise ValueError(f"Gather: an index lies outside 0..{n - 1}, the entries of {shape_in}")

    def push(self, V):
        return V.reshape(len(V), prod(self.shape_in))[:, self.index]

    def pull(self, U):
        if hasattr(U, "through"):  # one that is followed takes the whole of it as one step
            return U.through(self.of_many(len(U)).T)
        X = np.zeros_like(U, shape=(prod(self.shape_in), len(U)))
        rows = U.reshape(len(U), self.index.size).T
        np.add.at(X, self.index.ravel(), rows)  # repeated places add up
        return X.T.reshape(len(U), *self.shape_in)

    def of_many(self, k):
        """The same for k arrays at once, as one map."""
        starts = prod(self.shape_in) * np.arange(k).reshape(k, *(1,) * self.index.ndim)
        return Gather(self.index + starts, (k, *self.shape_in))

    @property
    def flops(self):
        return Flops(0, self.index.size)

    def held(self):
        return (self.index,)


class Permute(Jacobian):
    """The axes change places, as in np.transpose(x, axes)."""

    def __init__(self, shape_in, axes):
        self.axes = normalize_axis_tuple(tuple(axes), len(shape_in))  # -1 is the last
        if len(self.axes) != len(shape_in):
            raise ValueError(f"Permute: {tuple(axes)} does not name every axis of {shape_in}")
        super().__init__(tuple(shape_in), tuple(shape_in[i] for i in self.axes))

    def push(self, V):
        return V.transpose(0, *(1 + i for i in self.axes))

    def pull(self, U):
        return U.transpose(0, *(1 + self.axes.index(i) for i in range(len(self.axes))))


# ---- Kinds made of others ------------------------------------------------------------------


class Transposed(Jacobian):
    """Push and pull change places."""

    def __init__(self, J):
        super().__init__(J.shape_out, J.shape_in, J.dtype)
        self.J = J

    def push(self, V):
        return self.J.pull(V)

    def pull(self, U):
        return self.J.push(U)

    @property
    def flops(self):
        return Flops(self.J.flops.pull, self.J.flops.push)

    def held(self):
        return self.J.held()

    @property
    def T(self):
        return self.J


class Product(Jacobian):
    """The chain rule, J2 J1: pushed from the right, pulled from the left."""

    def __init__(self, J2, J1):
        if J2.shape_in != J1.shape_out:
            hint = ": the other way round, J1 @ J2?" if J1.shape_in == J2.shape_out else ""
            raise ValueError(
                f"J2 @ J1 does not conform: J1 = {J1} gives {J1.shape_out}, "
                f"J2 = {J2} takes {J2.shape_in}{hint}"
            )
        super().__init__(J1.shape_in, J2.shape_out, common_type(J2, J1))
        self.pair = (J2, J1)

    @cached_property
    def factors(self):
        """All factors from left to right, however the brackets stood."""
        return leaves(self, Product)

    def push(self, V):
        for J in reversed(self.factors):
            V = J.push(V)
        return V

    def pull(self, U):
        for J in self.factors:
            U = J.pull(U)
        return U

    @property
    def flops(self):
        return sum((J.flops for J in self.factors), Flops(0, 0))

    def held(self):
        return tuple(a for J in self.factors for a in J.held())

    def __repr__(self):
        if len(self.factors) > 4:
            return f"{super().__repr__()} of {len(self.factors)} factors"
        return f"({' @ '.join(map(repr, self.factors))})"


class Sum(Jacobian):
    """Two paths that meet: J + K."""

    def __init__(self, J, K):
        if (J.shape_in, J.shape_out) != (K.shape_in, K.shape_out):
            raise ValueError(
                f"J + K wants two maps between the same shapes: J maps {J.shape_in} to "
                f"{J.shape_out}, K maps {K.shape_in} to {K.shape_out}"
            )
        super().__init__(J.shape_in, J.shape_out, common_type(J, K))
        self.pair = (J, K)

    @cached_property
    def terms(self):
        return leaves(self, Sum)

    def push(self, V):
        return total(J.push(V) for J in self.terms)

    def pull(self, U):
        return total(J.pull(U) for J in self.terms)

    @property
    def flops(self):
        m, n = self.shape
        additions = len(self.terms) - 1
        return sum((J.flops for J in self.terms), Flops(additions * m, additions * n))

    def held(self):
        return tuple(a for J in self.terms for a in J.held())


class Scaled(Jacobian):
    """c J, a number times a Jacobian."""

    def __init__(self, c, J):
        super().__init__(J.shape_in, J.shape_out, J.dtype)
        self.c, self.J = c, J

    def push(self, V):
        return scale(self.c, self.J.push(V))

    def pull(self, U):
        return scale(self.c, self.J.pull(U))

    @property
    def flops(self):
        return self.J.flops + Flops(*self.shape)

    def held(self):
        return self.J.held()


class Blocks(Jacobian):
    """What Row and Column share: their blocks are looked at, added and scaled one by one."""

    def held(self):
        return tuple(a for J in self.blocks for a in J.held())

    def __getitem__(self, i):
        return self.blocks[i]

    def __len__(self):
        return len(self.blocks)

    def __add__(self, other):
        if type(self) is type(other) in (Row, Column) and len(self) == len(other):
            return type(self)(*(J + K for J, K in zip(self.blocks, other.blocks, strict=True)))
        return super().__add__(other)

    def __mul__(self, c):
        scaled = super().__mul__(c)
        if type(self) not in (Row, Column):
            return scaled
        return type(self)(*(scaled.c * J for J in self.blocks), name=self.name)

    __rmul__ = __mul__


def check_blocks(blocks, name):
    for i, J in enumerate(blocks):
        if not isinstance(J, Jacobian):
            raise TypeError(
                f"block {i} of {name} is of type {type(J).__name__}, wanted a Jacobian: "
                "a matrix is one as Dense(A)"
            )


class Row(Blocks):
    """Blocks side by side, [J_1 J_2 ...]: one for each argument. `J[i]` is a block.

    J @ (v1, v2)  =  J_1 v1 + J_2 v2, and u @ J  =  (u J_1, u J_2).
    """

    def __init__(self, *blocks, name="Row"):
        if not blocks:
            raise ValueError("a Row needs one block at least")
        check_blocks(blocks, name)
        for J in blocks:
            if J.shape_out != blocks[0].shape_out:
                raise ValueError(
                    f"blocks side by side must have the same output: the first, {blocks[0]}, "
                    f"gives {blocks[0].shape_out}, and {J} gives {J.shape_out}"
                )
        shape_in = tuple(J.shape_in for J in blocks)
        super().__init__(shape_in, blocks[0].shape_out, common_type(*blocks))
        self.blocks = tuple(blocks)
        self.name = name

    def push(self, V):
        """Where a tangent is None, that argument does not move, and costs nothing."""
        moved = [J.push(v) for J, v in zip(self.blocks, V, strict=True) if v is not None]
        return total(moved)

    def pull(self, U, wanted=None):
        """`wanted`: True for each argument whose cotangent is asked for; the others get None."""
        wanted = wanted or (True,) * len(self.blocks)
        return tuple(J.pull(U) if w else None for J, w in zip(self.blocks, wanted, strict=True))

    @property
    def flops(self):
        return self.flops_of((True,) * len(self))

    def flops_of(self, wanted, given=None):
        """Flops when only some arguments move, or only their cotangents are asked for.

        `given`: True for each result that has a cotangent; only a network has several.
        """
        return Flops(self.push_flops(wanted), self.pull_flops(wanted, given))

    def push_flops(self, wanted):
        used = list(compress(self.blocks, wanted))
        return sum(J.flops.push for J in used) + max(len(used) - 1, 0) * size(self.shape_out)

    def pull_flops(self, wanted, given=None):
        return sum(J.flops.pull for J in compress(self.blocks, wanted))

    def moves(self, wanted):
        """For each result, whether it moves when the wanted arguments do."""
        return (True,)

    @property
    def T(self):
        return Column(*(J.T for J in self.blocks))

    def __repr__(self):
        m, n = self.shape
        return f"{self.name} {m}x{n} [{' | '.join(map(repr, self.blocks))}]"


class Column(Blocks):
    """Blocks on top of each other, [J_1 ; J_2 ; ...]: one for each result.

    J @ v  =  (J_1 v, J_2 v), and (u1, u2) @ J  =  u1 J_1 + u2 J_2.
    """

    def __init__(self, *blocks, name="Column"):
        if not blocks:
            raise ValueError("a Column needs one block at least")
        check_blocks(blocks, name)
        for J in blocks:
            if J.shape_in != blocks[0].shape_in:
                raise ValueError(
                    f"blocks on top of each other must have the same input: the first, "
                    f"{blocks[0]}, takes {blocks[0].shape_in}, and {J} takes {J.shape_in}"
                )
        shape_out = tuple(J.shape_out for J in blocks)
        super().__init__(blocks[0].shape_in, shape_out, common_type(*blocks))
        self.blocks = tuple(blocks)
        self.name = name

    def push(self, V):
        return tuple(J.push(V) for J in self.blocks)

    def pull(self, U):
        return total(J.pull(u) for J, u in zip(self.blocks, U, strict=True))

    @property
    def flops(self):
        additions = (len(self.blocks) - 1) * size(self.shape_in)
        return sum((J.flops for J in self.blocks), Flops(0, additions))

    @property
    def T(self):
        return Row(*(J.T for J in self.blocks))

    def __repr__(self):
        m, n = self.shape
        return f"{self.name} {m}x{n} [{' ; '.join(map(repr, self.blocks))}]"


def compose(J2, J1):
    """J2 @ J1. Block matrices multiply as matrices do: row times column, summed over the blocks.

    A Row of one block multiplies as its block does.
    """
    if isinstance(J2, Row) and J2.shape_in == (J1.shape_out,):
        J2 = J2[0]
    if J2.shape_in != J1.shape_out:
        return Product(J2, J1)  # which says what does not conform
    if type(J2) is Column:
        return Column(*(J @ J1 for J in J2.blocks))
    if type(J1) is Row:
        return Row(*(J2 @ J for J in J1.blocks), name=J1.name)
    if type(J2) is Row and type(J1) is Column:
        return total(J @ K for J, K in zip(J2.blocks, J1.blocks, strict=True))
    return Product(J2, J1)


def leaves(node, kind):
    """The operands of a nested `kind`, from left to right, without recursion."""
    found, todo = [], [node]
    while todo:
        J = todo.pop()
        if type(J) is kind:
            todo.extend(reversed(J.pair))
        else:
            found.append(J)
    return found
