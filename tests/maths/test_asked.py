"""What learners ask for: it works as NumPy has it, or says what to write instead."""

import copy
import pickle
import traceback
from fractions import Fraction

import numpy as np
import pytest

from adlab import (
    Sum,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)

x3 = np.array([1.0, -2.0, 3.0])
A = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])


def forward(f):
    return lambda x: jvp(f, (x,), (np.ones_like(x),))[1]


WAYS = {"reverse": grad, "forward": forward, "second order": hessian}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def last_line(error):
    return traceback.format_exception(error)[-1].strip().splitlines()[-1]


# ---- Into a plain array -------------------------------------------------------------------------


def squares(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = x[i] ** 2
    return y.sum()


@ways
def test_what_to_write_for_an_entry_is_said_last(way):
    with pytest.raises(ValueError, match="sequence") as caught:
        way(squares)(x3)
    assert "collect the values in a list, and make the array of them with np.stack" in last_line(
        caught.value
    )
    assert len(caught.value.__notes__) == 1  # however many transforms it has passed
    np.testing.assert_allclose(grad(lambda x: np.stack([a**2 for a in x]).sum())(x3), 2 * x3)


def test_other_errors_get_no_advice():
    def wrong(x):
        np.zeros(3)[0] = [1.0, 2.0]
        return np.sum(x)

    with pytest.raises(ValueError, match="sequence") as caught:
        grad(wrong)(x3)
    assert not hasattr(caught.value, "__notes__")


@ways
@pytest.mark.parametrize("made", [np.asarray, np.array])
def test_an_array_needs_not_be_made_one(way, made):
    with pytest.raises(TypeError, match=r"leave np.asarray\(x\) out, x is an array already"):
        way(lambda x: np.sum(made(x) ** 2))(x3)


# ---- Values that outlive their function -----------------------------------------------------


def inner_vjp(f, x):
    vjp(f, x)


def inner_jvp(f, x):
    jvp(f, (x,), (1.0,))


@ways
@pytest.mark.parametrize("inner", [inner_vjp, inner_jvp])
def test_a_value_of_a_transform_that_is_over_is_no_result(way, inner):
    def f(x):
        kept = []
        inner(lambda v: kept.append(np.sin(v)) or kept[0], x)
        return kept[0]

    with pytest.raises(ValueError, match="is used after its end: return what you need"):
        way(f)(1.0)


def test_numbers_that_are_read_after_the_end():
    kept = []
    grad(lambda x: kept.extend(x) or np.sum(x))(x3)
    for read in (float, np.asarray, lambda a: a.item(), lambda _: np.array(kept)):
        with pytest.raises(ValueError, match="is used after its end"):
            read(kept[0])
    assert stop_gradient(kept) == [1.0, -2.0, 3.0]


@ways
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_are_followed(way, copied):
    np.testing.assert_array_equal(
        way(lambda x: copied(x) ** 3 + copied([x])[0])(2.0), way(lambda x: x**3 + x)(2.0)
    )


@ways
def test_nothing_that_is_followed_is_pickled(way):
    with pytest.raises(TypeError, match=r"can't be pickled: pickle stop_gradient\(x\)"):
        way(lambda x: pickle.loads(pickle.dumps(x)) ** 2)(2.0)


def sine_times(x):
    return np.sin(x) * x


def test_jacobians_of_a_function_are_copied_and_pickled():
    x = x3.copy()
    _, J = linearize(sine_times, x)
    rows = np.diag(np.cos(x) * x + np.sin(x))
    for other in (copy.copy(J), copy.deepcopy(J), pickle.loads(pickle.dumps(J))):
        np.testing.assert_allclose(other @ np.eye(3), rows, rtol=1e-15)
        np.testing.assert_allclose((np.eye(3) @ other)[0], rows, rtol=1e-15)
        assert str(other.net) == str(J.net)


# ---- Types ----------------------------------------------------------------------------------


@ways
@pytest.mark.parametrize("dtype", [complex, object, str])
def test_types_that_would_lose_the_derivative(way, dtype):
    with pytest.raises(TypeError, match=r"gives numbers of type .* adlab differentiates real"):
        way(lambda x: np.sum(x.astype(dtype)).real)(x3)


def test_advice_for_types():
    with pytest.raises(TypeError, match="of a complex number with the real and the imaginary part"):
        grad(lambda x: np.sum(x.astype(complex)).real)(x3)
    with pytest.raises(TypeError, match=r"object; .* \(float\(a\) for a Fraction a\)"):
        grad(lambda x: np.sum(x * Fraction(1, 2)))(x3)


@ways
def test_a_range_is_an_array(way):
    def weighed(k):
        return lambda x: np.sum(x**2 * k) + np.sum(k - x) + np.sum(x[range(2)])

    np.testing.assert_array_equal(way(weighed(range(3)))(x3), way(weighed(np.arange(3)))(x3))


@ways
def test_what_is_no_number_is_not_equal(way):
    def f(x):
        assert not (x == "a").any() and (x != "a").all() and x[0] != "a"
        assert x[0] not in ["a", None] and x[0] in [2.0, 1.0]
        assert (x == [1.0, -2.0, 0.0]).tolist() == [True, True, False]
        assert (A == x).sum() == 0 and np.float64(1.0) == x[0] and 1.0 == x[0]
        return np.sum(x**2)

    np.testing.assert_array_equal(way(f)(x3), way(lambda x: np.sum(x**2))(x3))


@ways
@pytest.mark.parametrize("inner", [grad, forward])
def test_values_of_two_transforms_are_compared(way, inner):
    def f(x):
        def g(y):
            assert x == y and y == x and y + 1 != x and x + 1 != y
            assert bool(x != y) is False and bool(y != x) is False
            return y**3

        return inner(g)(x)

    np.testing.assert_allclose(way(f)(2.0), way(lambda x: 3 * x**2)(2.0))


@ways
def test_the_places_where_a_number_is_not_zero(way):
    np.testing.assert_array_equal(
        way(lambda x: np.sum(x[np.where(x)] ** 2) + np.sum(x[np.where(x > 0)]))(x3),
        way(lambda x: np.sum(x**2) + x[0] + x[2])(x3),
    )


# ---- Arguments ------------------------------------------------------------------------------


@ways
@pytest.mark.parametrize(
    ("call", "who"),
    [
        (lambda x: np.roll(x, x[0]), "np.roll .* argument 2"),
        (lambda x: np.repeat(x, x[0]), "np.repeat .* argument 2"),
        (lambda x: np.linalg.pinv(A * x, x[0]), "np.linalg.pinv .* argument 2"),
    ],
)
def test_arguments_that_have_no_derivative(way, call, who):
    with pytest.raises(TypeError, match=who + r": hand over stop_gradient\(\.\.\.\) of it"):
        way(lambda x: np.sum(call(x)))(x3)
    np.testing.assert_array_equal(
        way(lambda x: np.sum(np.roll(x, int(stop_gradient(x[0]))) ** 2))(x3),
        way(lambda x: np.sum(x**2))(x3),
    )


@pytest.mark.parametrize("came", [((2.0,), 1.0), (2.0, (1.0,)), (2.0, 1.0), (x3, x3)])
@pytest.mark.parametrize("transform", [jvp, hvp])
def test_primals_and_tangents_are_tuples(transform, came):
    wanted = r"{0}\(f, primals, tangents\) wants tuples: {0}\(f, \(x,\), \(v,\)\)"
    with pytest.raises(TypeError, match=wanted.format(transform.__name__)):
        transform(np.sum, *came)


MAKERS = [grad, value_and_grad, jacfwd, jacrev, jacobian, hessian]


def ridge(w, reg=1.0):
    return reg * w**2


@pytest.mark.parametrize("make", MAKERS)
def test_arguments_go_by_their_place(make):
    message = r"here ridge takes its arguments by place, reg= came: leave the name out, or hand"
    with pytest.raises(TypeError, match=message):
        make(ridge)(3.0, reg=0.5)
    with pytest.raises(TypeError, match="here Sum takes its arguments by place, axis= came"):
        make(Sum())(x3, axis=0)
    assert make(ridge)(3.0, 0.5) == make(lambda w: ridge(w, reg=0.5))(3.0)
    assert make(ridge).__name__ == "ridge" and make(Sum()).__name__ == "Sum"


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_no_function_is_refused_at_once(make):
    with pytest.raises(TypeError, match=r"or a layer, got float64: write grad\(f\)\(x\) for grad"):
        make(np.sin(2.0))
    for argnums in (2.0, x3, "w", True, None):
        with pytest.raises(TypeError, match=r"a whole number or .*: write grad\(f\)\(x\) for grad"):
            make(ridge, argnums)


# ---- By the places that NumPy has ---------------------------------------------------------------

AT_PLACES = {
    "var": lambda x: np.var(x, 0, None, None, 1, True),
    "std": lambda x: np.std(x, 1, None, None, 1),
    "median": lambda x: np.median(x, 0, None, False, True),
    "quantile": lambda x: np.quantile(x, 0.3, 1, None, False, "lower"),
    "ptp": lambda x: np.ptp(x, 0, None, True),
    "nanmean": lambda x: np.nanmean(x, 0, None, None, True),
    "nansum": lambda x: np.nansum(x, 0, None),
    "linspace": lambda x: np.linspace(x[0], x[1], 4, False),
    "outer": lambda x: np.linalg.outer(x[0], x[1]),
    "gradient": lambda x: np.gradient(x, 2.0, 3.0)[1],
    "norm": lambda x: np.linalg.norm(x, None, 0, True),
}


@pytest.mark.parametrize("name", AT_PLACES)
def test_settings_may_be_handed_over_by_their_place(name):
    f = AT_PLACES[name]
    found, J = linearize(f, A)
    np.testing.assert_allclose(found, f(A), rtol=1e-14, strict=True)
    v, h = np.cos(np.arange(6.0)).reshape(2, 3), 1e-6
    np.testing.assert_allclose(J @ v, (f(A + h * v) - f(A - h * v)) / (2 * h), atol=1e-7)


def test_a_setting_that_is_refused_is_named_wherever_it_stood():
    with pytest.raises(TypeError, match=r"np\.var can't be differentiated with dtype="):
        grad(lambda x: np.var(x, 0, np.float32).sum())(A)
