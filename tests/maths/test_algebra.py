"""The algebra: random expressions of Jacobians against the same expressions of dense matrices.

Products, sums, numbers, transposes, rows and columns of each other, to any depth. Where there are
several arguments or results, shapes are tuples.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adlab import (
    Column,
    Copy,
    Covector,
    Dense,
    Diagonal,
    Gather,
    Identity,
    Kronecker,
    Network,
    Permute,
    Row,
    Zero,
)
from tests.maths.battery import check_jacobian
from tests.maths.truth import assert_close, assert_identical, is_several, size
from tests.registry import numbers, one_hot, places

SINGLE = [(), (1,), (2,), (3,), (2, 3), (1, 2)]
SEVERAL = [((2,),), ((2,), (3,)), ((3,), (), (1, 2)), ((2, 3), (2,))]


def numbers_of(draw, *shape):
    return numbers(*shape, seed=draw(st.integers(0, 9)))


def leaf(draw, out, into):
    """One of the kinds that map `into` to `out`, and its matrix."""
    m, n = size(out), size(into)
    kinds = ["dense", "dense", "zero", "gather"]
    kinds += ["identity"] if m == n else []
    kinds += ["diagonal"] if out == into else []
    kinds += ["covector"] if out == () else []
    kinds += ["permute"] if into == (2, 3) and out == (3, 2) else []
    kinds += ["copy"] if (into, out) in [((3,), (2, 3)), ((), (2, 3)), ((2,), (1, 2))] else []
    kinds += ["kronecker"] if into == (2, 3) and len(out) == 2 else []
    kind = draw(st.sampled_from(kinds))
    if kind == "zero":
        return Zero(into, out), np.zeros((m, n))
    if kind == "gather":
        index = np.array(draw(st.lists(st.integers(0, n - 1), min_size=m, max_size=m)), int)
        return Gather(index.reshape(out), into), one_hot(index, n)
    if kind == "identity":
        return Identity(into, out), np.eye(n)
    if kind == "diagonal":
        d = numbers_of(draw, *into)
        return Diagonal(d), np.diag(d.ravel())
    if kind == "covector":
        g = numbers_of(draw, *into)
        return Covector(g), g.reshape(1, n)
    if kind == "permute":
        return Permute(into, (1, 0)), one_hot(places(2, 3).T, 6)
    if kind == "copy":
        return Copy(into, out), one_hot(np.broadcast_to(places(*into), out), n)
    if kind == "kronecker":
        A, B = numbers_of(draw, out[0], 2), numbers_of(draw, out[1], 3)
        return Kronecker(A, B, matrices=into), np.kron(A, B)
    A = numbers_of(draw, m, n)
    return Dense(A, into, out), A


def expression(draw, out, into, depth):
    """(a Jacobian, its matrix) from `into` to `out`."""
    kinds = [] if depth == 0 else ["sum", "scaled", "product", "product", "transposed"]
    kinds += ["row"] if is_several(into) else []
    kinds += ["column"] if is_several(out) else []
    kinds += [] if is_several(into) or is_several(out) else ["leaf"]
    kind = draw(st.sampled_from(kinds))
    depth = max(depth - 1, 0)
    if kind == "leaf":
        return leaf(draw, out, into)
    if kind == "row":
        blocks = [expression(draw, out, shape, depth) for shape in into]
        return Row(*(J for J, _ in blocks)), np.hstack([M for _, M in blocks])
    if kind == "column":
        blocks = [expression(draw, shape, into, depth) for shape in out]
        return Column(*(J for J, _ in blocks)), np.vstack([M for _, M in blocks])
    if kind == "transposed":
        J, M = expression(draw, into, out, depth)
        return J.T, M.T
    if kind == "scaled":
        J, M = expression(draw, out, into, depth)
        c = draw(st.sampled_from([-1, 0.5, 3]))
        return c * J, c * M
    if kind == "sum":
        (J, M), (K, N) = (expression(draw, out, into, depth) for _ in range(2))
        return (J - K, M - N) if draw(st.booleans()) else (J + K, M + N)
    middle = draw(st.sampled_from(SINGLE + SEVERAL))
    (J, M), (K, N) = expression(draw, out, middle, depth), expression(draw, middle, into, depth)
    return J @ K, M @ N


@st.composite
def expressions(draw):
    out, into = (draw(st.sampled_from(SINGLE + SEVERAL)) for _ in range(2))
    J, M = expression(draw, out, into, draw(st.integers(0, 4)))
    assert J.shape_in == into
    assert J.shape_out == out
    return J, M


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(expressions())
def test_random_expressions(pair):
    check_jacobian(*pair, np.float64)


# ---- Laws ---------------------------------------------------------------------------------------

A, B, C = Dense(numbers(3, 2)), Dense(numbers(3, 2, seed=1)), Dense(numbers(2, 4))
D, E = Dense(numbers(5, 3)), Dense(numbers(5, 2))
LAWS = {
    "products associate": ((D @ A) @ C, D @ (A @ C)),
    "sums commute": (A + B, B + A),
    "products distribute": (D @ (A + B), D @ A + D @ B),
    "from the right too": ((A + B) @ C, A @ C + B @ C),
    "a number moves through": (2 * (D @ A), D @ (2 * A)),
    "subtraction": (A - B, A + -1 * B),
    "minus": (-A, A - 2 * A),
    "transposed product": ((D @ A).T, A.T @ D.T),
    "transposed sum": ((A + B).T, A.T + B.T),
    "transposed twice": (A.T.T, A),
    "row times column": (Row(D, E) @ Column(A, Identity((2,))), D @ A + E),
    "matrix times row": (E @ Row(C, Identity((2,))), Row(E @ C, E)),
    "column times matrix": (Column(A, B) @ C, Column(A @ C, B @ C)),
    "column times row": (
        Column(A, B) @ Row(C, Identity((2,))),
        Column(Row(A @ C, A), Row(B @ C, B)),
    ),
    "transposed row": (Row(D, E).T, Column(D.T, E.T)),
    "transposed column": (Column(A, B).T, Row(A.T, B.T)),
    "sum of rows": (Row(D, E) + 2 * Row(D, E), Row(3 * D, 3 * E)),
    "sum of columns": (Column(A, B) - Column(B, A), Column(A - B, B - A)),
    "identity": (Identity((3,)) @ A @ Identity((2,)), A),
    "zero": (A + Zero((2,), (3,)), A),
}


@pytest.mark.parametrize(("left", "right"), LAWS.values(), ids=LAWS)
def test_law(left, right):
    assert (left.shape_in, left.shape_out) == (right.shape_in, right.shape_out)
    assert_close(left.dense(), right.dense(), 1e-14, "both sides")


def test_blocks_of_rows_and_columns():
    row, column = Row(D, E), Column(A, B)
    assert (len(row), row[0], row[-1], list(row)) == (2, D, E, [D, E])
    assert (len(column), column[1], list(column)) == (2, B, [A, B])
    assert (E @ Row(C, C))[1].shape == (5, 4)
    assert (2 * row)[0].shape == D.shape


def test_a_network_s_jacobian_is_a_factor_like_others():
    net = Network(lambda x, y: (x * y, x + y))
    _, J = net.linearize(numbers(3), numbers(3, seed=1))
    M = J.dense()
    left, right = Row(D, 2 * D), Column(A, B)
    assert_close((left @ J).dense(), left.dense() @ M, 1e-14, "from the left")
    assert_close((J @ right).dense(), M @ right.dense(), 1e-14, "from the right")
    assert_close((J.T @ J).dense(), M.T @ M, 1e-14, "with itself")
    assert_close((J + 2 * J - J).dense(), 2 * M, 1e-14, "added")
    assert_close((Column(J[0], J[1])).dense(), np.vstack([M[:, :3], M[:, 3:]]), 1e-14, "blocks")


def test_shared_blocks_are_held_once():
    twice = Row(A, A) @ Column(A.T @ A, A.T @ A)
    assert twice.nbytes == A.nbytes
    assert A.dense() is not A.dense()
    assert_identical(A.dense(), numbers(3, 2), "and not handed out")
