"""Every rule for a NumPy function: against differences, the complex step and NumPy itself."""

import numpy as np
import pytest

import adlab
from adlab import rules
from adlab.rules import matrices, moves, products, slopes
from tests.operations import FUNCTIONS, INDEXING, PAIRS, SHAPES, UFUNCS, Call

INNER = {  # functions of our own, and the function of NumPy by which they are reached
    moves.index: None,
    moves.as_type: np.astype,
    moves.on_diagonal: np.diag,
    moves.counted: np.bincount,
    moves.concatenate: np.concatenate,
    moves.stack: np.stack,
    products.contract: np.einsum,
    matrices.log_det: np.linalg.slogdet,
    matrices.eigenvectors: np.linalg.eigh,
    matrices.singular_values: np.linalg.svd,
    matrices.left_vectors: np.linalg.svd,
    matrices.right_vectors: np.linalg.svd,
    matrices.triangle: np.linalg.qr,
    matrices.length: np.linalg.norm,
}


def ufunc_calls():
    for ufunc, where in UFUNCS.items():
        if where.second is None:
            for shape in SHAPES:
                yield ufunc, Call(ufunc, (where.first(*shape),))
        else:
            for a, b in PAIRS:
                yield ufunc, Call(ufunc, (where.first(*a), where.second(*b)))


CALLS = [
    *ufunc_calls(),
    *((f, call) for f, calls in FUNCTIONS.items() for call in calls),
    *((moves.index, call) for call in INDEXING),
]
IDS = [f"{f.__name__}-{k}-{call}" for k, (f, call) in enumerate(CALLS)]
every_call = pytest.mark.parametrize("call", [call for _, call in CALLS], ids=IDS)


def read_only(*arrays, dtype=float):
    copies = tuple(np.array(a, dtype) for a in arrays)
    for a in copies:
        a.setflags(write=False)
    return copies


def central(f, args, k, step=1e-6):
    """The Jacobian of f in argument k, of shape output + input, by central differences."""
    x = args[k]
    columns = []
    for e in np.eye(x.size).reshape(x.size, *x.shape):
        ahead = f(*args[:k], x + step * e, *args[k + 1 :])
        behind = f(*args[:k], x - step * e, *args[k + 1 :])
        columns.append((ahead - behind) / (2 * step))
    if not columns:
        return np.zeros((*np.shape(f(*args)), *x.shape))
    return np.stack(columns, axis=-1).reshape((*np.shape(columns[0]), *x.shape))


def test_every_rule_has_cases():
    public = {f for f in rules.RULES if f not in INNER} | set(rules.COMPOSED)
    assert public == set(UFUNCS) | set(FUNCTIONS)
    assert set(INNER) <= set(rules.RULES)
    assert {f for f in INNER.values() if f} <= set(FUNCTIONS)
    assert set(UFUNCS) == set(slopes.SLOPES)
    assert not set(rules.RULES) & set(rules.COMPOSED)
    assert not rules.FLAT & (set(rules.RULES) | set(rules.COMPOSED))
    assert not set(rules.ADVICE) & (rules.FLAT | set(rules.RULES) | set(rules.COMPOSED))


@every_call
def test_jacobian_against_differences(call):
    args = read_only(*call.args)
    everything = tuple(range(len(args)))
    rev = adlab.jacrev(call.f, everything)(*args)
    fwd = adlab.jacfwd(call.f, everything)(*args)
    for k, (r, c) in enumerate(zip(rev, fwd, strict=True)):
        truth = central(call.f, args, k)
        assert r.shape == c.shape == truth.shape
        np.testing.assert_allclose(r, truth, rtol=1e-6, atol=1e-6, equal_nan=False)
        np.testing.assert_allclose(c, r, rtol=1e-12, atol=1e-12, equal_nan=False)


@every_call
def test_value_and_push(call):
    args = read_only(*call.args)
    plain = call.f(*args)
    y, J = adlab.linearize(call.f, *args)
    assert np.shape(y) == np.shape(plain)
    np.testing.assert_allclose(y, plain, rtol=1e-12)
    assert adlab.dot_product_test(J) < 1e-12
    rng = np.random.default_rng(8)
    V = tuple(rng.normal(size=a.shape) for a in args)
    y, y_dot = adlab.jvp(call.f, args, V)
    np.testing.assert_allclose(y, plain, rtol=1e-12)
    np.testing.assert_allclose(y_dot, J @ V, rtol=1e-10, atol=1e-12)


ANALYTIC = [(u, c) for u, c in ufunc_calls() if UFUNCS[u].analytic]


@pytest.mark.parametrize(("ufunc", "call"), ANALYTIC, ids=lambda x: getattr(x, "__name__", str(x)))
def test_slopes_to_all_digits(ufunc, call):
    """The complex step has no rounding of its own: 12 digits."""
    for k, a in enumerate(call.args):
        h = 1e-30
        moved = [x + 1j * h if i == k else x for i, x in enumerate(call.args)]
        truth = ufunc(*moved).imag / h
        V = tuple(np.ones_like(x) if i == k else np.zeros_like(x) for i, x in enumerate(call.args))
        assert a.size == 0 or np.isfinite(truth).all()
        _, y_dot = adlab.jvp(ufunc, call.args, V)
        np.testing.assert_allclose(y_dot, truth, rtol=1e-11, atol=1e-13)


@every_call
def test_float32_stays(call):
    args = read_only(*call.args, dtype=np.float32)
    plain = call.f(*args)
    y, J = adlab.linearize(call.f, *args)
    assert np.result_type(y) == plain.dtype
    if plain.dtype == np.float32:
        for a, bar in zip(args, adlab.vjp(call.f, *args)[1](np.ones_like(plain)), strict=True):
            assert bar.dtype == np.float32
            assert bar.shape == a.shape
        for _, blocks, _ in J.trace.nodes:  # on the way too
            for block in blocks:
                if block.dtype == np.float32:
                    u = np.ones((1, *block.shape_out), np.float32)
                    assert block.pull(u).dtype == np.float32
                else:
                    assert block.dtype is None


@every_call
def test_second_order(call):
    """H v of a curved function of the result, against differences of its gradient."""
    args = read_only(*call.args)

    def curved(*xs):
        y = call.f(*xs)
        return np.sum(np.sin(y) + y * y / 3)

    rng = np.random.default_rng(9)
    V = tuple(rng.normal(size=a.shape) for a in args)
    everything = tuple(range(len(args)))
    gradient, h = adlab.grad(curved, everything), 1e-6
    ahead = gradient(*(a + h * v for a, v in zip(args, V, strict=True)))
    behind = gradient(*(a - h * v for a, v in zip(args, V, strict=True)))
    for Hv, p, m in zip(adlab.hvp(curved, args, V), ahead, behind, strict=True):
        np.testing.assert_allclose(Hv, (p - m) / (2 * h), rtol=2e-5, atol=2e-5, equal_nan=False)


PAIRED = [
    pytest.param(f, call, k, id=f"{f.__name__}-{n}-{call}-{k}")
    for n, (f, call) in enumerate(CALLS)
    for k in range(2)
    if len(call.args) == 2
]


@pytest.mark.parametrize(("f", "call", "k"), PAIRED)
def test_beside_integers_and_lists(f, call, k):
    """The other argument is fixed: integers, or a list of them."""
    x, other = call.args[k], np.ceil(3 * np.abs(call.args[1 - k])).astype(int) + 1
    if f is np.linalg.solve and k == 1:
        other = other + 9 * np.eye(other.shape[-1], dtype=int)

    def beside(fixed):
        return lambda x: call.f(x, fixed) if k == 0 else call.f(fixed, x)

    truth = central(beside(other), [x], 0)
    for fixed in (other, other.tolist()) if other.size else (other,):
        for transform in (adlab.jacrev, adlab.jacfwd):
            found = transform(beside(fixed))(x)
            np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-5, equal_nan=False)
