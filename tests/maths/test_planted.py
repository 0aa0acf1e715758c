"""Planted faults: the battery must see rules that are wrong in the ways rules go wrong.

Each fault is put into adlab for one test and taken out again; the very checks of the other tests
must then fail. A fault that nothing sees fails here.
"""

from functools import partial

import numpy as np
import pytest

import adlab
from adlab import jacobians, layers, networks
from tests.maths import graphs
from tests.maths.battery import check_jacobian_case, check_layer_bytes, check_layer_case
from tests.maths.truth import jacobian_by_complex_step
from tests.registry import JACOBIANS, LAYERS


def layer(kind):
    return lambda: [check_layer_case(case) for case in LAYERS[kind]]


def layer_bytes(kind):
    return lambda: [check_layer_bytes(case, float) for case in LAYERS[kind]]


def jacobian(kind):
    types = (np.float64, np.float32)
    return lambda: [check_jacobian_case(case, dtype) for case in JACOBIANS[kind] for dtype in types]


# ---- Faults -------------------------------------------------------------------------------------


def a_sign(self, y, a):
    return np.sin(a)


def a_softmax_that_forgets_its_outer_product(self, s, a):
    return (adlab.Diagonal(s),)


def a_mask_that_is_always_true(self, y, a):
    return np.ones_like(a)


def a_mask_of_the_output_at_the_wrong_side(self, y, a):
    return np.heaviside(-a, 0)


def a_forgotten_factor(self, l, a):
    return (adlab.Covector(a - self.target),)  # the mean over examples is lost


def a_transposed_weight(self, y, W, b, a):
    J_W, J_b, J_a = true_linear(self, y, W, b, a)
    if a.ndim == 1 and W.shape == W.T.shape:
        return J_W, J_b, adlab.Dense(W.T)
    return J_W, J_b, adlab.Zero(a.shape, y.shape)


true_linear = layers.Linear.jacobians


def a_swapped_pair(self, y, a, b):
    return adlab.Diagonal(np.broadcast_to(a, y.shape)), adlab.Diagonal(np.broadcast_to(b, y.shape))


def another_formula(self, a):
    e = np.exp(1.0000001 * a)
    return e / e.sum(-1, keepdims=True)


def an_output_that_is_the_argument(self, *args):
    args = self.arguments(args)
    y, J = self.rule(*args)
    return y, J


def a_transposed_kronecker(self, V):
    Y = jacobians.times(self.A, V.reshape(len(V), *self.X_shape), jacobians.transposed(self.B))
    return np.swapaxes(Y, -1, -2).reshape(len(V), *self.shape_out)


def a_pull_that_multiplies_on_the_wrong_side(self, U):
    A = None if self.A is None else self.A[..., ::-1, :]
    U = U.reshape(len(U), *self.Y_shape)
    return jacobians.times(jacobians.transposed(A), U, self.B).reshape(len(U), *self.shape_in)


def a_pull_that_is_no_transpose(self, U):
    return 1.001 * U * self.d


def a_gather_that_overwrites(self, U):
    X = np.zeros_like(U, shape=(len(U), int(np.prod(self.shape_in))))
    X[:, self.index.ravel()] = U.reshape(len(U), self.index.size)  # repeated places overwrite
    return X.reshape(len(U), *self.shape_in)


def a_copy_whose_transpose_is_a_mean(self, U):
    axes = tuple(1 + i for i in self.axes)
    return (np.mean(U, axis=axes) if axes else U).reshape(len(U), *self.shape_in)


def a_permutation_that_is_not_undone(self, U):
    back = np.transpose(U, (0, *(1 + i for i in self.axes)))
    return back.reshape(len(U), *self.shape_in)


def a_product_in_the_wrong_order(self, V):
    for J in self.factors:
        V = J.pull(V) if J.shape_out == V.shape[1:] else J.push(V)
    return V


def a_missing_addend(self, U):
    return self.terms[0].pull(U)


def a_row_that_adds_in_place(self, V):
    moved = [J.push(v) for J, v in zip(self.blocks, V, strict=True) if v is not None]
    result = moved[0]
    for term in moved[1:]:
        result += term
    return result


def a_column_that_adds_in_place(self, U):
    pulled = [J.pull(u) for J, u in zip(self.blocks, U, strict=True)]
    result = pulled[0]
    for term in pulled[1:]:
        result += term
    return result


def a_scaled_that_scales_in_place(self, V):
    V = self.J.push(V)
    V *= self.c
    return V


def results_that_are_not_owned(result, *given):
    return result


def flops_that_forget_the_additions(self):
    return sum((J.flops for J in self.terms), jacobians.Flops(0, 0))


def flops_of_a_kronecker_read_backwards(self):
    return jacobians.Flops(*true_kronecker_flops(self)[::-1])


true_kronecker_flops = jacobians.Kronecker.flops.fget


def bytes_counted_twice(self):
    return sum(a.nbytes for a in (*self.held(), *self.held()))


def float64_everywhere(self, V):
    return V.astype(float) * self.d


FAULTS = {
    "a sign": (layers.Cos, "slope", a_sign, layer(adlab.Cos)),
    "softmax without s sᵀ": (
        layers.Softmax,
        "jacobians",
        a_softmax_that_forgets_its_outer_product,
        layer(adlab.Softmax),
    ),
    "a ReLU mask that is always true": (
        layers.ReLU,
        "slope",
        a_mask_that_is_always_true,
        layer(adlab.ReLU),
    ),
    "a ReLU mask of the other side": (
        layers.ReLU,
        "slope",
        a_mask_of_the_output_at_the_wrong_side,
        layer(adlab.ReLU),
    ),
    "a loss that forgets the mean": (
        layers.HalfSquare,
        "jacobians",
        a_forgotten_factor,
        layer(adlab.HalfSquare),
    ),
    "a weight that gives zeros": (
        layers.Linear,
        "jacobians",
        a_transposed_weight,
        layer(adlab.Linear),
    ),
    "Multiply's two blocks swapped": (
        layers.Multiply,
        "jacobians",
        a_swapped_pair,
        layer(adlab.Multiply),
    ),
    "another formula in value than in the rule": (
        layers.Softmax,
        "value",
        another_formula,
        layer(adlab.Softmax),
    ),
    "a value that is a view of the argument": (
        layers.Layer,
        "linearize",
        an_output_that_is_the_argument,
        layer(adlab.Reshape),
    ),
    "a transposed Kronecker": (
        jacobians.Kronecker,
        "push",
        a_transposed_kronecker,
        jacobian(jacobians.Kronecker),
    ),
    "a transposed Kronecker, seen by a layer": (
        jacobians.Kronecker,
        "push",
        a_transposed_kronecker,
        layer(adlab.MatMul),
    ),
    "Kronecker's pull with A upside down": (
        jacobians.Kronecker,
        "pull",
        a_pull_that_multiplies_on_the_wrong_side,
        jacobian(jacobians.Kronecker),
    ),
    "a pull that is no transpose": (
        jacobians.Diagonal,
        "pull",
        a_pull_that_is_no_transpose,
        jacobian(jacobians.Diagonal),
    ),
    "a scatter that overwrites": (
        jacobians.Gather,
        "pull",
        a_gather_that_overwrites,
        jacobian(jacobians.Gather),
    ),
    "an embedding that overwrites": (
        jacobians.Gather,
        "pull",
        a_gather_that_overwrites,
        layer(adlab.Embedding),
    ),
    "the transpose of copy as a mean": (
        jacobians.Copy,
        "pull",
        a_copy_whose_transpose_is_a_mean,
        jacobian(jacobians.Copy),
    ),
    "a permutation that is not undone": (
        jacobians.Permute,
        "pull",
        a_permutation_that_is_not_undone,
        jacobian(jacobians.Permute),
    ),
    "a missing addend": (jacobians.Sum, "pull", a_missing_addend, jacobian(jacobians.Sum)),
    "a Row that adds in place": (
        jacobians.Row,
        "push",
        a_row_that_adds_in_place,
        jacobian(jacobians.Row),
    ),
    "a Column that adds in place": (
        jacobians.Column,
        "pull",
        a_column_that_adds_in_place,
        jacobian(jacobians.Column),
    ),
    "results that are aliased": (
        jacobians,
        "own",
        results_that_are_not_owned,
        jacobian(jacobians.Identity),
    ),
    "results that are read-only": (
        jacobians,
        "own",
        results_that_are_not_owned,
        jacobian(jacobians.Copy),
    ),
    "flops without the additions": (
        jacobians.Sum,
        "flops",
        property(flops_that_forget_the_additions),
        jacobian(jacobians.Sum),
    ),
    "push and pull flops swapped": (
        jacobians.Kronecker,
        "flops",
        property(flops_of_a_kronecker_read_backwards),
        jacobian(jacobians.Kronecker),
    ),
    "bytes counted twice": (
        jacobians.Jacobian,
        "nbytes",
        property(bytes_counted_twice),
        layer_bytes(adlab.Tanh),
    ),
    "float32 that is widened": (
        jacobians.Diagonal,
        "push",
        float64_everywhere,
        jacobian(jacobians.Diagonal),
    ),
}


@pytest.mark.parametrize(("where", "name", "fault", "checks"), FAULTS.values(), ids=FAULTS)
def test_the_battery_sees(monkeypatch, where, name, fault, checks):
    monkeypatch.setattr(where, name, fault)
    with pytest.raises(AssertionError):
        checks()
    monkeypatch.undo()
    checks()  # and nothing else was wrong


def test_the_battery_sees_a_scale_in_place(monkeypatch):
    """Seen only where the factor below hands on the array it was given: an Identity does."""
    monkeypatch.setattr(jacobians.Scaled, "push", a_scaled_that_scales_in_place)
    with pytest.raises((AssertionError, ValueError)):  # read-only vectors refuse to be written to
        layer(adlab.Scale)()


# ---- Faults of the sweep -------------------------------------------------------------------------


def check_graphs():
    """The gradient of a few branching networks against the complex step."""
    plans = [
        graphs.Plan(1, 0, [("sin", [0]), ("tanh", [1]), ("multiply", [1, 2])], [3]),
        graphs.Plan(2, 0, [("add", [0, 1]), ("multiply", [2, 0]), ("add3", [2, 3, 0])], [4, 2]),
        graphs.Plan(1, 0, [("multiply", [0, 0]), ("inner", [1, 0])], [2, 3, 2]),
        graphs.Plan(
            1,
            0,
            [("sin", [0]), ("tanh", [0]), ("multiply", [1, 1]), ("add", [1, 2]), ("add", [4, 3])],
            [5],
        ),
    ]
    for plan in plans:
        args = graphs.numbers_for(plan)
        _, J = graphs.build(plan).linearize(*args)
        for i in range(len(args)):
            M = jacobian_by_complex_step(partial(graphs.run, plan), args, i)
            rows = np.eye(len(M)) if plan.one_output else np.split(np.eye(len(M)), len(M) // 2, 1)
            pulled = (rows if plan.one_output else tuple(rows)) @ J
            assert np.allclose(pulled[i], M, rtol=0, atol=1e-12)
            assert np.allclose(J[i].dense(), M, rtol=0, atol=1e-12)
            assert np.allclose(np.concatenate(J[i] @ np.eye(2)), M, rtol=0, atol=1e-12)


def pull_of(receive):
    """NetworkJacobian.pull, with another way to receive a cotangent."""

    def pull(self, U, wanted=None):
        wanted = wanted or (True,) * len(self)
        cotangent = {}
        for name, u in zip(self.net.outputs, U if self.net.several else (U,), strict=True):
            if u is not None:
                receive(cotangent, name, u)
        given = tuple(cotangent)
        for equation, row, mask in self.reverse(self.names(wanted), given):
            us = tuple(cotangent.pop(name, None) for name in equation.outputs)
            bars = row.pull(us if equation.several else us[0], mask)
            for name, bar in zip(equation.inputs, bars, strict=True):
                if bar is not None:
                    receive(cotangent, name, bar)
        return tuple(
            cotangent.get(x, np.zeros((1, *s))) if w else None
            for x, s, w in zip(self.net.inputs, self.shape_in, wanted, strict=True)
        )

    return pull


def rightly(cotangent, name, u):
    cotangent[name] = cotangent[name] + u if name in cotangent else u


def overwritten(cotangent, name, u):
    cotangent[name] = u


def first_only(cotangent, name, u):
    cotangent.setdefault(name, u)


def in_place(cotangent, name, u):
    if name in cotangent:
        cotangent[name] += u
    else:
        cotangent[name] = u


def test_the_pull_of_this_test_is_right_when_it_receives_rightly(monkeypatch):
    monkeypatch.setattr(networks.NetworkJacobian, "pull", pull_of(rightly))
    check_graphs()


@pytest.mark.parametrize("receive", [overwritten, first_only, in_place])
def test_a_branch_that_is(monkeypatch, receive):
    """Overwritten, dropped, or added in place, where it is the cotangent of another value too."""
    check_graphs()
    monkeypatch.setattr(networks.NetworkJacobian, "pull", pull_of(receive))
    with pytest.raises(AssertionError):
        check_graphs()


def test_tangents_of_a_value_that_is_read_twice_and_let_go_too_early(monkeypatch):
    def push(self, V):
        tangent = {x: v for x, v in zip(self.net.inputs, V, strict=True) if v is not None}
        nothing = np.zeros((1, graphs.N))
        for equation, row, mask in self.forward(tuple(tangent)):
            reads = zip(equation.inputs, mask, strict=True)
            vs = tuple(tangent.pop(x, nothing) if m else None for x, m in reads)
            tangent.update(networks.named(equation, row.push(vs)))
        y_dot = tuple(tangent.get(name, nothing) for name in self.net.outputs)
        return y_dot if self.net.several else y_dot[0]

    monkeypatch.setattr(networks.NetworkJacobian, "push", push)
    with pytest.raises(AssertionError):
        check_graphs()
