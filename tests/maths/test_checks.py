"""The checks themselves: right rules pass, wrong ones are named, by argument and entry."""

import numpy as np
import pytest

import adlab
from adlab import (
    Diagonal,
    HalfSquare,
    Identity,
    Linear,
    Multiply,
    Network,
    ReLU,
    Softmax,
    Sum,
    Tanh,
    check,
    complex_step,
    differences,
    dot_product_test,
    error_curve,
)
from adlab.jacobians import Dense, Kronecker
from adlab.layers import Elementwise, Layer

rng = np.random.default_rng(0)
W, b, a = rng.standard_normal((3, 4)), rng.standard_normal(3), rng.standard_normal(4)


def tanh_with(slope):
    class Wrong(Elementwise):
        def value(self, a):
            return np.tanh(a)

    Wrong.slope = slope
    return Wrong()


def linear_with(J_W=None, J_a=None):
    class Wrong(Linear):
        def jacobians(self, y, W, b, a):
            right = super().jacobians(y, W, b, a)
            return J_W(W, a) if J_W else right[0], right[1], J_a(W) if J_a else right[2]

    return Wrong()


class TestDifferences:
    def test_a_matrix_of_outputs_by_inputs(self):
        D = differences(Linear(), W, b, a, argnum=0)
        assert D.shape == (3, 12)
        np.testing.assert_allclose(D, np.kron(np.eye(3), a), atol=1e-9, strict=True)
        np.testing.assert_allclose(differences(Linear(), W, b, a, argnum=-1), W, atol=1e-9)

    def test_of_a_plain_function_of_layers_and_of_several_results(self):
        D = differences(lambda x: (Tanh()(x), 2 * x), b)
        expected = np.vstack([np.diag(1 - np.tanh(b) ** 2), 2 * np.eye(3)])
        np.testing.assert_allclose(D, expected, atol=1e-9, strict=True)

    def test_the_step_is_the_users(self):
        coarse = np.abs(differences(Tanh(), b, step=0.1) - np.diag(1 - np.tanh(b) ** 2)).max()
        assert 1e-4 < coarse < 1e-2

    def test_float32_loses_digits(self):
        x = b.astype(np.float32)
        D = differences(Tanh(), x)
        assert D.dtype == np.float32
        assert 1e-6 < np.abs(D - np.diag(1 - np.tanh(x) ** 2)).max() < 1e-2

    def test_where_the_value_is_not_finite(self):
        with pytest.raises(ValueError, match="Tanh is not finite here"):
            differences(Tanh(), np.array([1.0, np.nan]))

    def test_argnum(self):
        with pytest.raises(ValueError, match="argnum=3, but 3 arguments came"):
            differences(Linear(), W, b, a, argnum=3)


def test_complex_step_is_exact():
    s = Softmax()(a)
    C = complex_step(Softmax(), a)
    np.testing.assert_allclose(C, np.diag(s) - np.outer(s, s), rtol=0, atol=1e-16, strict=True)


class TestErrorCurve:
    def test_it_has_the_shape_of_a_u(self):
        """Truncation falls as h², rounding grows as ε / h; the best lies near ε^(1/3)."""
        steps = 10.0 ** -np.arange(1, 14)
        errors = error_curve(Tanh(), b, np.ones(3), steps)
        assert errors.shape == steps.shape
        assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)
        assert errors[1] / errors[2] == pytest.approx(100, rel=0.1)
        assert 1e-7 < steps[np.argmin(errors)] < 1e-3
        assert errors[-1] > 1e4 * errors.min()

    def test_float32_turns_earlier_and_higher(self):
        steps = 10.0 ** -np.arange(1, 7)
        x = b.astype(np.float32)
        single = error_curve(Tanh(), x, np.ones(3, np.float32), steps)
        double = error_curve(Tanh(), b, np.ones(3), steps)
        assert steps[np.argmin(single)] > steps[np.argmin(double)]
        assert single.min() > 1e3 * double.min()


class TestDotProduct:
    def test_right(self):
        _, J = Network(lambda W, a: Tanh()(Linear()(W, b, a))).linearize(W, a)
        assert dot_product_test(J) < 1e-15
        assert dot_product_test(J[0]) < 1e-15

    def test_push_and_pull_that_are_not_transposes(self):
        class Wrong(Diagonal):
            def pull(self, U):
                return -super().pull(U)

        assert dot_product_test(Wrong(b)) > 0.1

    def test_of_zero(self):
        assert dot_product_test(adlab.Zero((3,), (2,))) == 0.0


class TestCheck:
    def test_says_what_it_did(self):
        report = check(Linear(), W, b, a)
        assert report
        text = str(report)
        assert text.startswith("Linear is right\n")
        for argument in ("W (3, 4)", "b (3,)", "a (4,)", "Kronecker 3x12", "differences", "dot"):
            assert argument in text

    def test_networks_and_functions_of_layers(self):
        assert check(Network(lambda W, a: Tanh()(Linear()(W, b, a))), W, a)
        assert check(lambda a: (Tanh()(a), Sum()(a)), a)

    def test_float32_in_its_own_tolerance(self):
        assert check(Linear(), *(x.astype(np.float32) for x in (W, b, a)))
        assert not check(tanh_with(lambda self, y, a: 1 - 0.8 * y * y), a.astype(np.float32))

    @pytest.mark.parametrize(
        "layer, args, words",
        [
            (tanh_with(lambda self, y, a: y * y - 1), (a,), ["argument a", "the sign is wrong"]),
            (tanh_with(lambda self, y, a: 0 * a), (a,), ["argument a", "zero everywhere"]),
            (tanh_with(lambda self, y, a: 2 - 2 * y * y), (a,), ["2 times too large"]),
            (tanh_with(lambda self, y, a: 1 - a * a), (a,), ["differences say"]),
            (tanh_with(lambda self, y, a: a / 0), (a,), ["differences say"]),
            (linear_with(J_a=lambda W: Dense(W + np.eye(3, 4, k=2))), (W, b, a), ["argument a"]),
            (
                linear_with(J_a=lambda W: Dense(W[:, :3], (3,))),
                (W, b, a),
                ["argument a", "takes shape (3,)", "has (4,)"],
            ),
            (
                linear_with(J_W=lambda W, a: Dense(np.zeros((3, 12)), (4, 3))),
                (W, b, a),
                ["argument W", "transposed?"],
            ),
        ],
    )
    def test_wrong_rules_are_named(self, layer, args, words):
        report = check(layer, *args)
        assert not report
        assert "is WRONG" in str(report)
        for word in words:
            assert word in str(report)

    def test_the_entry_is_named(self):
        class OneEntry(Elementwise):
            def value(self, a):
                return np.tanh(a)

            def slope(self, y, a):
                return (1 - y * y) * np.where(np.arange(a.size).reshape(a.shape) == 4, 1.5, 1)

        report = check(OneEntry(), rng.standard_normal((2, 3)))
        assert "1 of 36 entries are wrong; the worst is output[1, 1] by input[1, 1]" in str(report)

    def test_only_the_wrong_argument_is_named(self):
        report = check(linear_with(J_a=lambda W: Dense(-W)), W, b, a)
        assert len(report.problems) == 1
        assert report.problems[0].startswith("argument a:")

    def test_a_transposed_rule(self):
        class Square(Layer):
            def value(self, a):
                return np.array([[1.0, 2.0], [3.0, 4.0]]) @ a

            def jacobians(self, y, a):
                return (Dense(np.array([[1.0, 3.0], [2.0, 4.0]])),)

        assert "the matrix is transposed" in str(check(Square(), np.ones(2)))

    def test_push_and_pull_that_disagree(self):
        class Half(Kronecker):
            def push(self, V):
                return 0.5 * super().push(V)

        def half(W, a):
            return Half(B=a[None, :], matrices=W.shape, shape_in=W.shape, shape_out=(3,))

        report = check(linear_with(J_W=half), W, b, a)
        assert "argument W: push and pull are not transposes" in str(report)

    def test_a_batch_that_differs_from_one_by_one(self):
        class First(Identity):
            def push(self, V):
                return np.broadcast_to(V[:1], V.shape) + 0.0

        class Wrong(Layer):
            def value(self, a):
                return a + 0.0

            def jacobians(self, y, a):
                return (First(a.shape),)

        assert "two tangents pushed at once differ" in str(check(Wrong(), a))

    def test_a_value_that_changes_its_input(self):
        class Wrong(Tanh):
            def jacobians(self, y, a):
                a += 1
                return super().jacobians(y, a)

        assert "argument a was changed in place" in str(check(Wrong(), a.copy()))

    def test_a_kink_is_no_fault(self):
        """At 0 the slope of ReLU may be anything from 0 to 1; away from it, not."""
        at_the_kink = np.array([1.0, 0.0, -3.0])
        assert check(ReLU(), at_the_kink)

        class Always(ReLU):
            def slope(self, y, a):
                return np.ones_like(a)

        assert not check(Always(), at_the_kink)

        class Outside(ReLU):
            def slope(self, y, a):
                return np.where(a == 0, 7.0, np.heaviside(a, 0))

        assert not check(Outside(), at_the_kink)

    def test_steep_and_large_functions_are_judged_fairly(self):
        assert check(adlab.Exp(), np.array([20.0, -20.0, 3.0]))
        assert check(adlab.Power(5), np.array([30.0, 1e-3, 2.0]))
        assert check(HalfSquare(1e6 * b), b)
        assert check(Multiply(), 1e-6 * b, 1e6 * b)

    def test_not_finite(self):
        with pytest.raises(ValueError, match="Log is not finite here"):
            check(adlab.Log(), np.array([1.0, -1.0]))

    def test_a_block_that_is_no_jacobian(self):
        with pytest.raises(TypeError, match="block 0 of Wrong is of type ndarray, wanted a Jacob"):
            check(linear_with(J_W=lambda W, a: a), W, b, a)

    def test_the_number_of_arguments(self):
        with pytest.raises(TypeError, match=r"Linear takes 3 arguments \(W, b, a\), got 2"):
            check(Linear(), W, b)


class TestSubtleFaults:
    """Faults that a tolerance too wide, or a kink seen where there is none, would let pass."""

    @pytest.mark.parametrize("at", [3.0, 10.0, 10.005, 10.01])
    def test_a_curve_is_no_kink(self, at):
        class Wiggle(Elementwise):
            factor = 1.0

            def value(self, a):
                return np.sin(100 * a)

            def slope(self, y, a):
                return 100 * np.cos(100 * a) * self.factor

        wrong = Wiggle()
        wrong.factor = 1.001
        assert check(Wiggle(), np.array([at]))
        assert not check(wrong, np.array([at]))

    @pytest.mark.parametrize("at", [12.0, 40.0, 100.0])
    def test_nor_is_a_steep_one(self, at):
        class Steep(Elementwise):
            def value(self, a):
                return np.exp(a)

            def slope(self, y, a):
                return y * 1.0001

        assert check(adlab.Exp(), np.array([at]))
        assert not check(Steep(), np.array([at]))

    def test_float32_sees_small_entries(self):
        class Missing(Elementwise):
            def value(self, a):
                return a * np.array([1, 0.02], a.dtype)

            def slope(self, y, a):
                return np.array([1, 0], a.dtype)

        assert not check(Missing(), np.array([1.0, 2.0], np.float32))
        assert not check(tanh_with(lambda self, y, a: 1.01 * (1 - y * y)), a.astype(np.float32))
        for x in (0.1, 3.0, 8.0, 15.0):  # where 1 - y² has few digits left, that is no fault
            assert check(Tanh(), np.array([x, -x], np.float32))

    def test_a_block_of_another_float_type(self):
        wide = tanh_with(lambda self, y, a: (1 - y * y).astype(float))
        said = str(check(wide, a.astype(np.float32)))
        assert "a float32 cotangent is pulled to float64" in said

    def test_small_jacobians_are_diagnosed_by_their_own_size(self):
        class Tiny(Elementwise):
            def value(self, a):
                return 1e-9 * a

            def slope(self, y, a):
                return 3e-9 + 0 * a

        assert "all entries are 3 times too large" in str(check(Tiny(), a))

    def test_a_step_that_is_none(self):
        with pytest.raises(ValueError, match="step=0 came, wanted a positive number"):
            differences(Tanh(), b, step=0)
