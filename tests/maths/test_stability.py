"""Large numbers, infinities, NaN and the small float types: right, and without a warning.

Warnings are errors in this suite, so an overflow on the way would fail these tests too.
"""

import warnings

import numpy as np
import pytest

import adlab
from adlab import (
    GELU,
    LayerNorm,
    LogSumExp,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
)
from tests.maths.truth import assert_close, assert_identical

INF = np.inf
float_types = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        yield


def value_and_slope(layer, a):
    y, J = layer.linearize(a)
    return y, J.dense().diagonal() if y.ndim else J.dense()[0]


@float_types
@pytest.mark.parametrize(
    ("layer", "values", "slopes"),
    [
        (Sigmoid(), [0, 0, 0.5, 1, 1], [0, 0, 0.25, 0, 0]),
        (Softplus(), [0, 0, np.log(2), 1000, INF], [0, 0, 0.5, 1, 1]),
        (Tanh(), [-1, -1, 0, 1, 1], [0, 0, 1, 0, 0]),
        (ReLU(), [0, 0, 0, 1000, INF], [0, 0, 0, 1, 1]),
    ],
    ids=["Sigmoid", "Softplus", "Tanh", "ReLU"],
)
def test_at_the_far_ends(layer, values, slopes, dtype):
    y, slope = value_and_slope(layer, np.array([-INF, -1000, 0, 1000, INF], dtype))
    np.testing.assert_allclose(y, np.array(values, dtype), rtol=1e-6)
    np.testing.assert_allclose(slope, np.array(slopes, dtype), rtol=1e-6)
    assert y.dtype == slope.dtype == dtype


@float_types
def test_gelu_at_1000(dtype):
    y, slope = value_and_slope(GELU(), np.array([-1000, 1000], dtype))
    assert_close(y, np.array([0.0, 1000.0]), 0, "the value")
    assert_close(slope, np.array([0.0, 1.0]), 0, "the slope")


def test_sigmoid_keeps_the_digits_of_small_slopes():
    """y (1 - y) at 40 would be 1 - 1 = 0; the slope is e^-40."""
    _, slope = value_and_slope(Sigmoid(), np.array([-40.0, 40.0]))
    np.testing.assert_allclose(slope, np.exp(-40.0) * np.ones(2), rtol=1e-14)


def test_softplus_keeps_the_digits_of_small_values():
    np.testing.assert_allclose(Softplus()(np.array([-40.0])), np.exp([-40.0]), rtol=1e-14)


@float_types
def test_softmax_at_1000(dtype):
    s, J = Softmax().linearize(np.array([1000, 999, -1000], dtype))
    e = np.array([1, np.exp(-1), 0]) / (1 + np.exp(-1))
    np.testing.assert_allclose(s, e, rtol=1e-6)
    np.testing.assert_allclose(J.dense(), np.diag(e) - np.outer(e, e), rtol=1e-5, atol=1e-7)


@float_types
def test_softmax_with_masks(dtype):
    """-inf is a mask: the weight is 0, and so is its row and column of the Jacobian."""
    s, J = Softmax().linearize(np.array([[0.5, -INF, 1.5], [-INF, 2, -INF]], dtype))
    part, J_part = Softmax().linearize(np.array([0.5, 1.5], dtype))
    np.testing.assert_allclose(s, [[part[0], 0, part[1]], [0, 1, 0]], rtol=1e-6)
    wanted = np.zeros((6, 6))
    wanted[np.ix_([0, 2], [0, 2])] = J_part.dense()
    np.testing.assert_allclose(J.dense(), wanted, rtol=1e-5, atol=1e-7)


@float_types
def test_log_sum_exp_at_1000(dtype):
    y, J = LogSumExp().linearize(np.array([[1000, 1000], [-1000, -1001], [-INF, 3]], dtype))
    wanted = [1000 + np.log(2), -1000 + np.log1p(np.exp(-1)), 3]
    np.testing.assert_allclose(y, wanted, rtol=1e-6)
    weights = np.ones(3, dtype) @ J
    np.testing.assert_allclose(weights[0].sum(-1), np.ones(3), rtol=1e-6)


@float_types
def test_cross_entropy_at_1000(dtype):
    """The loss of a label that is sure is 0, of one that is ruled out 2000; no NaN, no inf."""
    a = np.array([[1000, -1000, -1000], [1000, -1000, -1000]], dtype)
    l, J = SoftmaxCrossEntropy([0, 1]).linearize(a)
    assert l == 1000  # the mean of 0 and 2000
    assert_identical((1.0 @ J)[0], np.array([[0, 0, 0], [0.5, -0.5, 0]], dtype), "the gradient")


@float_types
def test_cross_entropy_in_the_middle_of_large_numbers(dtype):
    a = np.array([1000, 999, 998], dtype)
    l, J = SoftmaxCrossEntropy(0).linearize(a)
    l_small, J_small = SoftmaxCrossEntropy(0).linearize(a - 1000)
    np.testing.assert_allclose(l, l_small, rtol=1e-3 if dtype == np.float32 else 1e-12)
    assert_identical(J.dense(), J_small.dense(), "the gradient does not see the shift")


@float_types
def test_a_masked_class_in_cross_entropy(dtype):
    l, J = SoftmaxCrossEntropy(0).linearize(np.array([1, -INF, 2], dtype))
    assert np.isfinite(l)
    assert (1.0 @ J)[0][1] == 0


@float_types
def test_layer_norm_of_equal_and_of_large_numbers(dtype):
    gain, bias = np.ones(3, dtype), np.zeros(3, dtype)
    y, J = LayerNorm().linearize(gain, bias, np.full((2, 3), 1000, dtype))
    assert_identical(y, np.zeros((2, 3), dtype), "the value")
    assert np.all(np.isfinite(J.dense()))


@float_types
@pytest.mark.parametrize(
    "layer", [ReLU(), Tanh(), Sigmoid(), Softplus(), GELU(), Softmax(), LogSumExp(), MaxPool(3)]
)
def test_nan_is_never_swallowed(layer, dtype):
    """A NaN going in comes out of the value, and out of the products."""
    a = np.array([1, np.nan, 2], dtype)
    y, J = layer.linearize(a)
    assert np.isnan(y).any()
    if not isinstance(layer, MaxPool):  # whose Jacobian only says where the largest stands
        assert np.isnan(J @ np.ones(3, dtype)).any()


def test_the_kinks_are_as_documented():
    """ReLU's slope at 0 is 0; the first of several largest gets all of the cotangent."""
    assert_identical(value_and_slope(ReLU(), np.array([-0.0, 0.0]))[1], np.zeros(2), "ReLU at 0")
    _, J = MaxPool(3).linearize(np.array([2.0, 2.0, 2.0]))
    assert_identical((np.ones(1) @ J)[0], np.array([1.0, 0.0, 0.0]), "equal entries")


@float_types
def test_a_whole_classifier_at_1000(dtype):
    def net(W, b, x):
        return SoftmaxCrossEntropy([2, 0])(adlab.Linear()(W, b, adlab.ReLU()(x)))

    W = np.array([[500, -500], [100, 300], [-700, 900]], dtype)
    x = np.array([[1, 2], [-1, 1]], dtype)
    l, J = Network(net).linearize(W, np.zeros(3, dtype), x)
    gradients = 1.0 @ J
    assert l.dtype == dtype
    assert all(g.dtype == dtype and np.all(np.isfinite(g)) for g in gradients)
    _, J64 = Network(net).linearize(W.astype(float), np.zeros(3), x.astype(float))
    assert_close(gradients, 1.0 @ J64, 1e-5, "the same in float64")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gelu_is_the_identity_or_nothing_far_out(dtype):
    far = (
        np.array([1000.0, -1000.0], dtype)
        if dtype == np.float16
        else np.array([1e30, -1e30], dtype)
    )
    y, J = adlab.GELU().linearize(far)
    np.testing.assert_allclose(y, [far[0], 0], rtol=1e-12)
    np.testing.assert_allclose(np.diag(J.dense()), [1, 0], rtol=1e-12)


# ---- Plain NumPy functions -----------------------------------------------------------------------


def slope(f, *args, dtype=float):
    args = tuple(np.array(a, dtype) for a in args)
    gradient = adlab.grad(lambda *xs: np.sum(f(*xs)), tuple(range(len(args))))(*args)
    forward = [adlab.jvp(f, args, tuple(np.ones_like(b) * (a is b) for b in args))[1] for a in args]
    for g, v, a in zip(gradient, forward, args, strict=True):
        assert g.dtype == dtype and g.shape == a.shape
        np.testing.assert_allclose(np.sum(g), np.sum(v), rtol=1e-6)
    return gradient[0] if len(args) == 1 else gradient


@float_types
@pytest.mark.parametrize(
    ("f", "points", "slopes"),
    [
        (np.hypot, (0, 0), (0, 0)),
        (np.hypot, (3e30, 4e30), (0.6, 0.8)),
        (np.hypot, (3e-30, -4e-30), (0.6, -0.8)),
        (np.arctan2, (1e25, 1e25), (5e-26, -5e-26)),
        (np.arctan2, (0, 2), (0.5, 0)),
        (np.logaddexp, (1000, -1000), (1, 0)),
        (np.logaddexp, (-INF, 2), (0, 1)),
        (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
        (np.logaddexp, (INF, 1), (1, 0)),
        (np.logaddexp2, (-INF, -INF), (0.5, 0.5)),
        (np.maximum, (2, 2), (0.5, 0.5)),
        (np.minimum, (2, 2), (0.5, 0.5)),
        (np.fmax, (np.nan, 2), (0, 1)),
        (np.power, (0, 2), (0, 0)),
        (np.power, (0, 1), (1, 0)),
        (np.power, (0, 0), (0, 0)),
        (np.power, (-2, 3), (12, 0)),
        (np.multiply, (0, 0), (0, 0)),
        (np.arctan, (1e30,), 0),
        (np.arctan, (-3,), 0.1),
        (np.arcsinh, (1e30,), 1e-30),
        (np.arccosh, (1e30,), 1e-30),
        (np.tanh, (1000,), 0),
        (np.abs, (0,), 0),
        (np.sinc, (0,), 0),
        (np.sinc, (1e-30,), -3.2898681e-30),
        (lambda x: x**2, (0,), 0),
        (lambda x: x**1, (0,), 1),
        (lambda x: x**0, (0,), 0),
        (lambda x: x * np.abs(x), (0,), 0),
        (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0), (0,), 0),
    ],
)
def test_slopes_where_formulas_break(f, points, slopes, dtype):
    found = slope(f, *points, dtype=dtype)
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-37, equal_nan=False)


@float_types
@pytest.mark.parametrize(
    ("f", "x", "gradient"),
    [
        (np.linalg.norm, [0, 0, 0], [0, 0, 0]),
        (lambda x: np.linalg.norm(x, axis=1), [[0, 0], [3, 4]], [[0, 0], [0.6, 0.8]]),
        (np.std, [7, 7, 7], [0, 0, 0]),
        (np.var, [7, 7, 7], [0, 0, 0]),
        (np.max, [2, 1, 2, 2], [1 / 3, 0, 1 / 3, 1 / 3]),
        (np.median, [1, 2, 3, 4], [0, 0.5, 0.5, 0]),
        (np.prod, [0, 2, 0], [0, 0, 0]),
        (np.prod, [0, 2, 3], [6, 0, 0]),
        (np.cumprod, [2, 0, 3], [1, 2 + 6, 0]),
        (np.sort, [1, 1, 1], [1, 1, 1]),
        (lambda x: np.clip(x, 0, 1), [0, 1, 0.5, 2], [0.5, 0.5, 1, 0]),
        (np.logaddexp.reduce, [-INF, 0, 0], [0, 0.5, 0.5]),
        (np.logaddexp.reduce, [1000, 1000], [0.5, 0.5]),
        (lambda x: np.where(np.isnan(x), 0, x), [np.nan, 1], [0, 1]),
        (np.nansum, [np.nan, 1], [0, 1]),
        (np.nan_to_num, [np.nan, INF, -INF, 1], [0, 0, 0, 1]),
        (lambda x: np.linalg.det(x), [[1, 2], [2, 4]], [[4, -2], [-2, 1]]),
        (lambda x: np.linalg.det(x), [[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        (lambda x: np.interp(x, [0, 1, 2], [0, 1, 5]), [-1, 0.5, 1, 3], [0, 1, 4, 0]),
        (lambda x: x[:0], [1, 2], [0, 0]),
    ],
)
def test_gradients_where_formulas_break(f, x, gradient, dtype):
    found = slope(f, x, dtype=dtype)
    np.testing.assert_allclose(found, gradient, rtol=1e-5, atol=2e-6, equal_nan=False)


def test_the_curvature_of_a_determinant_that_is_rounding():
    A = np.arange(1.0, 10.0).reshape(3, 3) / 10
    assert 0 < np.linalg.det(A) < 1e-16
    H = adlab.hessian(np.linalg.det)(A)
    np.testing.assert_allclose(H[0, 0], [[0, 0, 0], [0, 0.9, -0.8], [0, -0.6, 0.5]], atol=1e-12)


@np.errstate(divide="ignore", invalid="ignore")
def test_division_by_the_number_0_is_that_of_numpy():
    for zero in (0, 0.0):
        y, slopes = adlab.value_and_grad(lambda x, z=zero: np.sum(x / z))(np.array([1.0, 2.0]))
        assert y == INF
        np.testing.assert_array_equal(slopes, [INF, INF])
    assert np.isnan(adlab.value_and_grad(lambda x: np.var(x, ddof=1))(np.ones(1))[0])


@float_types
def test_softmax_by_hand_with_a_mask(dtype):
    mask = np.array([True, False, True])

    def second_weight(x):
        x = np.where(mask, x, -INF)
        e = np.exp(x - np.max(x))
        return (e / np.sum(e))[2]

    found = slope(second_weight, [1000, 5, 999], dtype=dtype)
    weight = 1 / (1 + np.e)
    np.testing.assert_allclose(found, weight * (1 - weight) * np.array([-1, 0, 1]), rtol=1e-5)


@float_types
def test_the_curvature_of_sinc_at_0(dtype):
    found = adlab.hessian(lambda x: np.sinc(x))(dtype(0))
    np.testing.assert_allclose(found, -(np.pi**2) / 3, rtol=1e-6)
