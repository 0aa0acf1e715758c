"""Sparse Jacobians in few sweeps.

    J = sparse_jacobian(f)
    J(x)                      the numbers that are not zero, as a Jacobian of kind Sparse
    J.colouring(x).sweeps     how many pushes and pulls it takes

Columns of J that share no row can be pushed together: J (e_1 + e_4 + e_7) is the sum of three
columns, and shows each of their numbers in a place of its own. So every column is given a colour,
two that share a row never the same, and each colour takes one sweep: three for a tridiagonal
matrix of any size. Rows are pulled in the same way, and a few full rows may be pulled where all
else is pushed.

Which entries can differ from zero is asked of the Jacobian itself, once: tangents of "not a
number" are pushed, and infect whatever they reach, past slopes that happen to be zero.

Sources: Curtis, Powell & Reid, *On the estimation of sparse Jacobian matrices* (1974); Coleman &
Verma, *The efficient computation of sparse Jacobian matrices using automatic differentiation*
(1998), for rows and columns at once; Gebremedhin, Manne & Pothen, *What color is your Jacobian?*
(2005).
"""

from dataclasses import dataclass

import numpy as np

from adlab.custom import stop_gradient
from adlab.kinds import Mask, Sparse
from adlab.rules import RULES, contract
from adlab.tracing import TracedJacobian
from adlab.transforms import like, linearize_in, name
from adlab.vectors import many

BLOCK = 256  # tangents that are pushed at once when the pattern is looked for
HEAVY = 8  # full rows, or columns, that may be taken apart from the others


def sparse_jacobian(f, pattern=None):
    """A function that returns the Jacobian of f by its first argument as a Sparse: m x n numbers of
    which only those in the pattern are computed.

    Argument and result are one array each, of n and m numbers. `pattern` is an (m, n) matrix of
    truth values; without it, it is found at the first x and used from then on. One more push, of
    random numbers, checks that it holds: a ValueError says if a function with `if` or np.sort has
    taken another way. `.colouring(x)` tells the sweeps.
    """
    known = [] if pattern is None else [coloured(pattern)]

    def colours(J):
        if not known:
            known.append(coloured(pattern_of(J)))
        if known[0].pattern.shape != J.shape:
            raise ValueError(
                f"the pattern is {known[0].pattern.shape}, the Jacobian of {name(f)} {J.shape}"
            )
        return known[0]

    @like(f)
    def sparse(*primals):
        J = one_block(f, primals)
        return compressed(J, colours(J), name(f))

    sparse.colouring = lambda *primals: colours(one_block(f, primals))
    return sparse


def one_block(f, primals):
    """The Jacobian by the first argument alone."""
    _, J, _ = linearize_in(f, 0, primals)
    if len(J.shape_in) > 1 or many(J.shape_out):
        raise ValueError(
            f"sparse_jacobian wants {name(f)} to have one array for its argument and one for its "
            "result: put them together with np.concatenate"
        )
    return J


# ---- The pattern ------------------------------------------------------------------------------


def pattern(f, *primals):
    """Which entries of the Jacobian by the first argument may differ from zero: an (m, n) matrix.

    It holds wherever f takes the same way as at this point, with the same choices of `if`, of
    indices and of np.sort. It takes one forward sweep with n tangents.
    """
    return pattern_of(one_block(f, primals))


def pattern_of(J):
    """Push a tangent that is no number into each entry, and look where it arrives."""
    (shape,), (m, n) = J.shape_in, J.shape
    found = np.empty((m, n), bool)
    for start in range(0, n, BLOCK):
        k = min(BLOCK, n - start)
        V = np.zeros((k, n), J.dtype)
        V[np.arange(k), start + np.arange(k)] = np.nan
        with np.errstate(invalid="ignore"):
            Y = infected(J, V.reshape(k, *shape))
        found[:, start : start + k] = np.isnan(Y).reshape(k, m).T
    return found


def infected(J, V):
    """J V for tangents of zeros and nans. Zeros of a constant factor stop the infection."""
    if not isinstance(J, TracedJacobian):
        return J.push((V,))
    tangent = [V]
    for parents, blocks, called in J.trace.nodes:
        vs = [tangent[p] for p in parents]
        if called[0] in LINEAR and len(parents) == 1 and vs[0] is not None:
            K = with_positive_factors(blocks[0], *called)
            reached = K.push(np.isnan(vs[0]).astype(V.dtype)) > 0
            tangent.append(np.where(reached, np.nan, 0.0))
        else:
            tangent.append(arrived(blocks, vs))
    end = J.ends[0]
    y = None if end is None else tangent[end]
    return np.zeros((len(V), *J.shape_out)) if y is None else y


LINEAR = (np.matmul, np.multiply, contract)  # in each factor: zeros of a constant one are constant


def with_positive_factors(J, function, fixed, places, settings):
    """The Jacobian of such a node for factors |a|, so that nothing cancels in sums."""
    (k,) = places
    args = [a if a is None or isinstance(a, str) else np.abs(a) for a in fixed]
    args[k] = np.broadcast_to(np.zeros((), J.dtype), J.shape_in)
    y = np.broadcast_to(np.zeros((), J.dtype), J.shape_out)
    return RULES[function][k](y, *args, **settings)


def arrived(blocks, vs):
    """What arrives at the result of a node."""
    if not isinstance(blocks, list):  # they work together: what goes in may come out anywhere
        moved = [np.isnan(v).any(tuple(range(1, v.ndim))) for v in vs if v is not None]
        if not moved:
            return None
        shape = blocks.row.shape_out
        touched = np.any(moved, axis=0).reshape(-1, *(1 for _ in shape))
        return np.where(np.broadcast_to(touched, (len(touched), *shape)), np.nan, 0.0)
    moved = [past_masks(J, v) for J, v in zip(blocks, vs, strict=True) if v is not None]
    return sum(moved[1:], start=moved[0]) if moved else None


def past_masks(J, V):
    """J V, where all that a mask does not take is taken too: elsewhere it may be."""
    for factor in reversed(getattr(J, "factors", (J,))):
        V = V if isinstance(factor, Mask) else factor.push(V)
    return V


# ---- Colours ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Colouring:
    """Which columns are pushed together, and which rows are pulled together.

    `columns` (n,) and `rows` (m,): a colour 0, 1, ... for each, -1 for those that are not needed.
    `pulled` (m, n): the entries that are read from a pull; the others of the pattern from a push.
    """

    pattern: np.ndarray
    columns: np.ndarray
    rows: np.ndarray
    pulled: np.ndarray

    @property
    def pushes(self):
        return int(self.columns.max(initial=-1)) + 1

    @property
    def pulls(self):
        return int(self.rows.max(initial=-1)) + 1

    @property
    def sweeps(self):
        return self.pushes + self.pulls


def coloured(pattern):
    """The colouring with the fewest sweeps that the greedy method finds.

    It tries columns alone and rows alone, and both with up to 8 of the fullest rows, or columns,
    taken apart: an arrow, full in its first row and column, takes 3 sweeps.
    """
    pattern = np.asarray(pattern)
    if pattern.ndim != 2 or pattern.dtype != bool:
        raise ValueError(
            f"a pattern is an (m, n) matrix of truth values; shape {pattern.shape} of type "
            f"{pattern.dtype} came"
        )
    ways = [taken_apart(pattern, t) for t in range(min(HEAVY, len(pattern)) + 1)]
    for t in range(min(HEAVY, pattern.shape[1]) + 1):
        way = taken_apart(pattern.T, t)
        ways.append(Colouring(pattern, way.rows, way.columns, pattern & ~way.pulled.T))
    return min(ways, key=lambda way: way.sweeps)


def taken_apart(pattern, t):
    """The t fullest rows are pulled, all else is pushed."""
    heavy = np.zeros(len(pattern), bool)
    heavy[np.argsort(-pattern.sum(axis=1), kind="stable")[:t]] = True
    pulled = pattern & heavy[:, None]
    return Colouring(pattern, greedy(pattern & ~pulled), greedy(pulled.T), pulled)


def greedy(pattern):
    """A colour for each column, never one that a column in the same row has; -1 for empty ones.

    The fullest columns choose first, each the first colour that is free.
    """
    m, n = pattern.shape
    colours = np.full(n, -1)
    taken = [set() for _ in range(m)]  # the colours in each row
    for j in np.argsort(-pattern.sum(axis=0), kind="stable"):
        rows = np.flatnonzero(pattern[:, j])
        if len(rows):
            seen = set().union(*(taken[i] for i in rows))
            colours[j] = next(c for c in range(n) if c not in seen)
            for i in rows:
                taken[i].add(int(colours[j]))
    return colours


# ---- The numbers ------------------------------------------------------------------------------


def compressed(J, colours, name):
    """The Sparse Jacobian: one push for each colour of columns, one pull for each of rows."""
    (m, n), (shape,) = J.shape, J.shape_in
    rows, columns = np.nonzero(colours.pattern)
    pulled = colours.pulled[rows, columns]
    parts, places = [], []
    if colours.pushes:
        i, j = rows[~pulled], columns[~pulled]
        Y = J.push((seeds(colours.columns, colours.pushes, J.dtype).reshape(-1, *shape),))
        parts.append(Y.reshape(-1, m)[colours.columns[j], i])
        places.append(np.flatnonzero(~pulled))
    if colours.pulls:
        i, j = rows[pulled], columns[pulled]
        U = seeds(colours.rows, colours.pulls, J.dtype).reshape(-1, *J.shape_out)
        parts.append(J.pull(U)[0].reshape(-1, n)[colours.rows[i], j])
        places.append(np.flatnonzero(pulled))
    if not parts:
        return Sparse(np.zeros(0, J.dtype), rows, columns, shape, J.shape_out)
    values = np.concatenate(parts)[np.argsort(np.concatenate(places))]
    found = Sparse(values, rows, columns, shape, J.shape_out)
    confirm(J, found, name)
    return found


def seeds(colours, k, dtype):
    """(k, n): a row for each colour, ones in the places that have it."""
    return (np.arange(k)[:, None] == colours).astype(dtype)


def confirm(J, found, name):
    """One push of random numbers: an entry outside the pattern would show."""
    v = np.random.default_rng(0).normal(size=(1, *J.shape_in[0])).astype(J.dtype)
    wanted, values = stop_gradient((J.push((v,)), found.values))
    got = Sparse(values, found.rows, found.columns, found.shape_in, found.shape_out).push(v)
    size = np.max(np.abs(wanted), initial=1.0)
    if not np.max(np.abs(wanted - got), initial=0.0) <= 1e4 * np.finfo(J.dtype).eps * size:
        raise ValueError(
            f"the pattern does not hold for the Jacobian of {name} at this point: has the function "
            "taken another way? Make a new sparse_jacobian there"
        )
