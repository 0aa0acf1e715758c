"""The battery: what must hold for every Jacobian and for every layer.

Plain functions that raise an AssertionError, so that the tests call them on what is right, and
`test_planted.py` on what is wrong.
"""

import numpy as np

from tests.maths.counting import bytes_held, flops_of
from tests.maths.truth import (
    arrays_in,
    assert_close,
    assert_identical,
    assert_same_shape,
    flat,
    jacobian_by_complex_step,
    jacobian_by_differences,
    one_of,
    size,
    together,
    unflat,
    vector,
)

FLOAT_TYPES = [np.float64, np.float32]


def exact(dtype):
    """The error allowed where only the order of additions differs."""
    return 500 * float(np.finfo(dtype).eps)


# ---- A Jacobian and its matrix ------------------------------------------------------------------


def check_shapes(J, M):
    assert J.shape == M.shape
    assert (size(J.shape_out), size(J.shape_in)) == M.shape


def check_products(J, M, dtype):
    """J @ v and u @ J are M v and u M, in the shapes that J tells and in the float type given."""
    v, u = vector(J.shape_in, 1, dtype), vector(J.shape_out, 2, dtype)
    Jv, uJ = J @ v, u @ J
    assert_same_shape(Jv, u, "J @ v")
    assert_same_shape(uJ, v, "u @ J")
    assert_close(flat(Jv), M @ flat(v).astype(float), exact(dtype), "J @ v")
    assert_close(flat(uJ), flat(u).astype(float) @ M, exact(dtype), "u @ J")
    assert flat(Jv).dtype == flat(uJ).dtype == dtype


def check_dot_product(J, dtype):
    """<u, J v> = <u J, v>"""
    for seed in range(3):
        v, u = vector(J.shape_in, seed, dtype), vector(J.shape_out, seed + 5, dtype)
        left, right = flat(u) * flat(J @ v), flat(u @ J) * flat(v)
        scale = np.abs(left).sum() + np.abs(right).sum() + 1
        assert abs(left.sum() - right.sum()) <= exact(dtype) * scale


def check_dense(J, M, dtype):
    """J.dense() = the pushes of basis vectors as columns = the pulls as rows."""
    m, n = J.shape
    dense = J.dense()
    pushes = [flat(J @ unflat(e, J.shape_in)) for e in np.eye(n, dtype=dtype)]
    pulls = [flat(unflat(e, J.shape_out) @ J) for e in np.eye(m, dtype=dtype)]
    assert_close(dense, M, exact(dtype), "J.dense()")
    assert_close(np.stack(pushes, axis=1), M, exact(dtype), "pushes of basis vectors")
    assert_close(np.stack(pulls, axis=0), M, exact(dtype), "pulls of basis vectors")
    assert_close(J.T.dense(), M.T, exact(dtype), "J.T.dense()")


def check_linear(J, dtype):
    """J (2 v - 3 w) = 2 J v - 3 J w, and for rows too."""

    def combined(a, b, shape):
        return unflat(2 * flat(a) - 3 * flat(b), shape)

    v, w = vector(J.shape_in, 1, dtype), vector(J.shape_in, 2, dtype)
    u, t = vector(J.shape_out, 3, dtype), vector(J.shape_out, 4, dtype)
    right = combined(J @ v, J @ w, J.shape_out)
    assert_close(J @ combined(v, w, J.shape_in), right, exact(dtype), "linearity of push")
    right = combined(u @ J, t @ J, J.shape_in)
    assert_close(combined(u, t, J.shape_out) @ J, right, exact(dtype), "linearity of pull")


def check_batches(J, dtype):
    """J @ V has the columns J v, U @ J the rows u J."""
    for k in (1, 3):
        vs = [vector(J.shape_in, i, dtype) for i in range(k)]
        us = [vector(J.shape_out, i, dtype) for i in range(k)]
        JV, UJ = J @ together(vs, -1), together(us, 0) @ J
        assert_same_shape(JV, together(us, -1), "J @ V")
        assert_same_shape(UJ, together(vs, 0), "U @ J")
        assert flat(JV).dtype == flat(UJ).dtype == dtype
        for i in range(k):
            assert_close(one_of(JV, i, -1), J @ vs[i], exact(dtype), "a column of J @ V")
            assert_close(one_of(UJ, i, 0), us[i] @ J, exact(dtype), "a row of U @ J")


def check_transpose(J, dtype):
    """The same rule, read the other way; and the other way again."""
    v, u = vector(J.shape_in, 1, dtype), vector(J.shape_out, 2, dtype)
    assert J.T.shape == J.shape[::-1]
    assert (J.T.shape_in, J.T.shape_out) == (J.shape_out, J.shape_in)
    assert J.T.flops == J.flops[::-1]
    assert J.T.nbytes == J.nbytes
    assert_identical(J.T @ u, u @ J, "J.T @ u")
    assert_identical(v @ J.T, J @ v, "v @ J.T")
    assert_identical(J.T.T @ v, J @ v, "J.T.T @ v")


def check_ownership(J, dtype, others=()):
    """Results share memory with nothing, and writing into them changes nothing.

    The vectors can be written to here: a copy that is only made for read-only ones is no copy.
    """
    for single in (True, False):
        for seed in (1, 2):
            v, u = vector(J.shape_in, seed, dtype), vector(J.shape_out, seed, dtype)
            if not single:
                v, u = together([v, v], -1), together([u, u], 0)
            before_v, before_u = flat(v).copy(), flat(u).copy()
            results = [J @ v, u @ J, J.dense(), J @ v, u @ J, J.dense()]
            kept = [flat(x).copy() for x in results[:2]]
            arrays = arrays_in(results)
            given = [*arrays_in(v), *arrays_in(u), *arrays_in(J.held()), *arrays_in(others)]
            for i, a in enumerate(arrays):
                for b in [*arrays[:i], *given]:
                    assert not np.shares_memory(a, b), "a result shares memory"
                assert a.flags.writeable, "a result can't be written to"
                a[...] = np.nan
            assert_identical(flat(v), before_v, "the tangent")
            assert_identical(flat(u), before_u, "the cotangent")
            assert_identical(flat(J @ v), kept[0], "J @ v after its result was overwritten")
            assert_identical(flat(u @ J), kept[1], "u @ J after its result was overwritten")


def check_repeatable(J, dtype):
    """Run twice, the same bits; what J holds is not changed by use; read-only vectors will do."""
    held = [a.copy() for a in J.held()]
    v, u = vector(J.shape_in, 1, dtype), vector(J.shape_out, 2, dtype)
    for a in [*arrays_in(v), *arrays_in(u)]:
        a.setflags(write=False)
    first = (J @ v, u @ J, J.dense())
    second = (J @ v, u @ J, J.dense())
    assert_identical(first, second, "run twice")
    for a, b in zip(held, J.held(), strict=True):
        assert_identical(b, a, "an array that J holds")


def check_flops(J, dtype):
    """The flops that J tells are those that NumPy does."""
    v, u = vector(J.shape_in, 1, dtype), vector(J.shape_out, 2, dtype)
    assert flops_of(J.push, v) == J.flops.push, "flops of push"
    assert flops_of(J.pull, u) == J.flops.pull, "flops of pull"


def check_bytes(J):
    """The bytes that J tells are those that can be found by walking through what it refers to."""
    assert bytes_held(J) == J.nbytes


def check_weak_vectors(J, dtype):
    """Plain numbers and lists take on the float type of J; they never widen it."""
    if J.shape_out == ():
        assert {flat(2.0 @ J).dtype, flat(2 @ J).dtype} == {np.dtype(dtype)}
    elif not isinstance(J.shape_out[0], tuple):
        u = vector(J.shape_out, 1, dtype).astype(int)
        assert {flat(u.tolist() @ J).dtype, flat(u @ J).dtype} == {np.dtype(dtype)}
    assert J.dense().dtype == dtype


JACOBIAN_CHECKS = {
    "shapes": lambda J, M, dtype: check_shapes(J, M),
    "products": check_products,
    "dot product": lambda J, M, dtype: check_dot_product(J, dtype),
    "dense": check_dense,
    "linear": lambda J, M, dtype: check_linear(J, dtype),
    "batches": lambda J, M, dtype: check_batches(J, dtype),
    "transpose": lambda J, M, dtype: check_transpose(J, dtype),
    "ownership": lambda J, M, dtype: check_ownership(J, dtype),
    "repeatable": lambda J, M, dtype: check_repeatable(J, dtype),
    "flops": lambda J, M, dtype: check_flops(J, dtype),
}


def check_jacobian(J, M, dtype):
    for check in JACOBIAN_CHECKS.values():
        check(J, M, dtype)


def check_jacobian_case(case, dtype):
    for read_only in (True, False):
        check_jacobian(*case.at(dtype, read_only), dtype)


# ---- A layer at a point -------------------------------------------------------------------------


def true_jacobians(case, dtype):
    """The matrix in each argument, in float64 at the very numbers that `dtype` can hold."""
    layer, _ = case.at(np.float64)
    args = [a.astype(float) for a in case.at(dtype)[1]]
    if case.analytic:
        return [jacobian_by_complex_step(layer.value, args, i) for i in range(len(args))]
    return [jacobian_by_differences(layer.value, args, i) for i in range(len(args))]


def check_value(case, dtype):
    """g(*args) is the y of linearize; its type is kept; it is new; run twice, the same bits."""
    for read_only in (True, False):
        layer, args = case.at(dtype, read_only)
        before = [a.copy() for a in args]
        value = layer(*args)
        y, J = layer.linearize(*args)
        assert_identical(y, value, "the value of linearize")
        assert_identical(layer(*args), value, "the value, run twice")
        assert flat(value).dtype == dtype
        shapes = tuple(map(np.shape, y)) if isinstance(y, tuple) else np.shape(y)
        assert J.shape_out == shapes
        assert J.shape_in == tuple(a.shape for a in args)
        arrays = arrays_in([value, y])
        others = [*args, *arrays_in(list(vars(layer).values())), *J.held()]
        for i, a in enumerate(arrays):
            for b in [*arrays[:i], *others]:
                assert not np.shares_memory(a, b), "a value shares memory"
            a[...] = np.nan
        assert_identical(layer(*args), layer.linearize(*args)[0], "the value, after overwriting")
        for a, b in zip(args, before, strict=True):
            assert_identical(a, b, "an argument")


def check_differences(case):
    """Central differences of the value, and the complex step where the formula is analytic."""
    layer, args = case.at(np.float64)
    _, J = layer.linearize(*args)
    for i in range(len(args)):
        D = jacobian_by_differences(layer.value, args, i)
        assert_close(J[i].dense(), D, 1e-8, f"argument {i} against differences")
        if case.analytic:
            C = jacobian_by_complex_step(layer.value, args, i)
            assert_close(J[i].dense(), C, 1e-13, f"argument {i} against the complex step")


def check_blocks(case, dtype):
    """The whole battery of Jacobians on the Row and on each of its blocks."""
    Ms = true_jacobians(case, dtype)
    tolerance = exact(dtype) if case.analytic else max(1e-8, exact(dtype))
    layer, args = case.at(dtype)
    _, J = layer.linearize(*args)
    for i, M in enumerate(Ms):
        assert_close(J[i].dense(), M, tolerance, f"argument {i}")
        check_jacobian(J[i], J[i].dense().astype(float), dtype)
        check_weak_vectors(J[i], dtype)
    check_jacobian(J, np.hstack([J[i].dense() for i in range(len(args))]).astype(float), dtype)
    check_weak_vectors(J, dtype)


def check_layer_ownership(case, dtype):
    """With arguments that can be written to: no result of a product is a view of them."""
    layer, args = case.at(dtype, read_only=False)
    before = [a.copy() for a in args]
    y, J = layer.linearize(*args)
    settings = arrays_in(list(vars(layer).values()))
    check_ownership(J, dtype, [*args, *arrays_in([y]), *settings])
    for i in range(len(args)):
        check_ownership(J[i], dtype, [*args, *arrays_in([y]), *settings])
    for a, b in zip(args, before, strict=True):
        assert_identical(a, b, "an argument")


def check_layer_bytes(case, dtype):
    """Bytes counted by walking the objects: nothing is held that is not told."""
    layer, args = case.at(dtype)
    y, J = layer.linearize(*args)
    if hasattr(J, "net"):  # which knows the caller's arrays and its constants besides
        assert bytes_held(J.rows) == J.nbytes
        return
    check_bytes(J)
    for i in range(len(args)):
        check_bytes(J[i])


def check_layer_case(case):
    check_differences(case)
    for dtype in FLOAT_TYPES:
        check_value(case, dtype)
        check_blocks(case, dtype)
        check_layer_ownership(case, dtype)
