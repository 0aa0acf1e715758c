"""Networks: random graphs against other arithmetic, deep ones, wide ones, nested ones."""

import gc
import sys
import weakref

import numpy as np
import pytest
from hypothesis import assume, given, settings

import adlab
from adlab.jacobians import Flops
from adlab.networks import NetworkJacobian
from tests.maths import graphs
from tests.maths.battery import check_jacobian
from tests.maths.counting import arrays_held, bytes_held, counted, flops_of
from tests.maths.truth import (
    assert_close,
    assert_identical,
    flat,
    jacobian_by_complex_step,
    jacobian_by_differences,
    vector,
)

many_graphs = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def at_a_point(plan):
    net = graphs.build(plan)
    args = graphs.numbers_for(plan)
    for a in args:
        a.setflags(write=False)
    y, J = net.linearize(*args)
    return net, args, y, J


# ---- Random graphs ------------------------------------------------------------------------------


@many_graphs
@given(graphs.plans())
def test_value_and_jacobian_against_numpy(plan):
    net, args, y, J = at_a_point(plan)

    def f(*x):
        return graphs.run(plan, *x)

    assert_close(flat(y), flat(f(*args)), 1e-14, "the value")
    assert_identical(net(*args), y, "calling and linearizing")
    for i in range(len(args)):
        C = jacobian_by_complex_step(f, args, i)
        D = jacobian_by_differences(f, args, i)
        assert_close(J[i].dense(), C, 1e-12, "against the complex step")
        assert_close(J[i].dense(), D, 1e-7, "against differences")


@many_graphs
@given(graphs.plans())
def test_the_battery_on_random_graphs(plan):
    """Dot product, batches, ownership, the same bits twice, and flops counted in a run."""
    _, args, _, J = at_a_point(plan)
    matrices = [
        jacobian_by_complex_step(lambda *x: graphs.run(plan, *x), args, i) for i in range(len(args))
    ]
    check_jacobian(J, np.hstack(matrices), np.float64)
    for i, M in enumerate(matrices):
        check_jacobian(J[i], M, np.float64)


@many_graphs
@given(graphs.plans())
def test_nested_equals_flat(plan):
    args = graphs.numbers_for(plan)
    y, J = graphs.build(plan).linearize(*args)
    y_flat, J_flat = graphs.build(plan, flat=True).linearize(*args)
    v, u = vector(J.shape_in, 1), vector(J.shape_out, 2)
    assert_identical(y, y_flat, "the value")
    assert_close(J @ v, J_flat @ v, 1e-13, "J @ v")
    assert_close(u @ J, u @ J_flat, 1e-13, "u @ J")
    assert J.nbytes == J_flat.nbytes


@many_graphs
@given(graphs.plans())
def test_jvp_without_keeping_anything(plan):
    """adlab.jvp, where tangents travel with the values, against the sweep over what was kept."""
    net, args, y, J = at_a_point(plan)
    v = vector(J.shape_in, 3)
    value, y_dot = adlab.jvp(net, tuple(args), v)
    assert_identical(value, y, "the value")
    assert_close(y_dot, J @ v, 1e-14, "y_dot")


@many_graphs
@given(graphs.plans())
def test_float32_stays_float32(plan):
    assume(not plan.constants and "linear" not in dict(plan.steps))  # constants are float64
    net = graphs.build(plan)
    args = [a.astype(np.float32) for a in graphs.numbers_for(plan)]
    y, J = net.linearize(*args)
    v, u = vector(J.shape_in, 1, np.float32), vector(J.shape_out, 2, np.float32)
    assert {flat(y).dtype, flat(J @ v).dtype, flat(u @ J).dtype, J.dense().dtype} == {
        np.dtype(np.float32)
    }


@many_graphs
@given(graphs.plans(most_steps=8, nesting=False))
def test_the_sum_over_paths(plan):
    """J = the sum over all paths of the product of the matrices along each."""
    _, args, _, J = at_a_point(plan)
    sums = graphs.by_paths(plan, *args)
    M = np.block([[sums[i, j] for j in range(plan.arguments)] for i in plan.outputs])
    assert_close(J.dense(), M, 1e-12, "sum over paths")


@many_graphs
@given(graphs.plans(nesting=False))
def test_the_product_in_both_orders(plan):
    """Dense matrices, values eliminated in the order of evaluation and in the opposite one."""
    _, args, _, J = at_a_point(plan)
    for forward in (True, False):
        found = graphs.by_elimination(plan, *args, forward=forward)
        M = np.block([[found[i, j] for j in range(plan.arguments)] for i in plan.outputs])
        assert_close(J.dense(), M, 1e-12, f"eliminated, forward={forward}")


@many_graphs
@given(graphs.plans(nesting=False))
def test_the_triangular_system(plan):
    """(I - C) ẏ = seed by forward substitution, ȳ (I - C) = seed by back substitution."""
    _, args, _, J = at_a_point(plan)
    C = graphs.triangular(plan, *args)
    assert not np.triu(C).any()
    system = np.eye(len(C)) - C
    tangents = np.linalg.solve(system, np.eye(len(C)))  # one column for each seed
    cotangents = np.linalg.solve(system.T, np.eye(len(C))).T
    for all_pairs in (tangents, cotangents):
        M = np.block(
            [[graphs.block(all_pairs, i, j) for j in range(plan.arguments)] for i in plan.outputs]
        )
        assert_close(J.dense(), M, 1e-11, "triangular system")


# ---- One thing at a time ------------------------------------------------------------------------


def test_a_shared_parameter_receives_the_sum_over_its_uses():
    W, b, x = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.1, -0.2]), np.array([1.0, 2.0])

    def recurrent(W, b, x):
        for _ in range(3):
            x = adlab.Tanh()(adlab.Linear()(W, b, x))
        return adlab.Sum()(x)

    def with_three(W1, W2, W3, b, x):
        for W in (W1, W2, W3):
            x = adlab.Tanh()(adlab.Linear()(W, b, x))
        return adlab.Sum()(x)

    shared = adlab.grad(recurrent)(W, b, x)
    apart = adlab.grad(with_three, argnums=(0, 1, 2))(W, W, W, b, x)
    assert_close(shared, sum(apart), 1e-15, "the sum over the uses")


def test_unused_arguments_and_constant_results_give_zeros():
    def h(x, unused):
        return adlab.Sin()(x), np.array([1.0, 2.0, 3.0])

    y, J = adlab.Network(h).linearize(np.array([0.5]), np.ones((2, 3)))
    assert_identical(y[1], np.array([1.0, 2.0, 3.0]), "a constant result")
    x_bar, unused_bar = (np.array([2.0]), np.ones(3)) @ J
    assert_close(x_bar, 2 * np.cos([0.5]), 1e-15, "x")
    assert_identical(unused_bar, np.zeros((2, 3)), "unused")
    assert_identical((J @ (np.ones(1), np.ones((2, 3))))[1], np.zeros(3), "constant")


def test_results_of_a_nested_network_that_nobody_uses_cost_nothing_and_do_no_harm():
    """log at 0 has an infinite slope: 0 times it would be NaN."""

    def two(x):
        return x * x, adlab.Log()(x)

    inner = adlab.Network(two)
    net = adlab.Network(lambda x: adlab.Sum()(inner(x)[0]))
    flat_net = adlab.Network(lambda x: adlab.Sum()(x * x))
    with np.errstate(divide="ignore"):
        _, J = net.linearize(np.array([0.0, 2.0]))
    _, J_flat = flat_net.linearize(np.array([0.0, 2.0]))
    assert_identical(1.0 @ J, 1.0 @ J_flat, "the gradient")
    assert J.flops.pull == J_flat.flops.pull


def test_results_of_a_nested_network_that_do_not_move_push_nothing():
    """The slope of log at 0 is infinite: a tangent of zeros instead of none would give NaN."""

    def two(x, c):
        return x * 2.0, c * 1.0

    def h(two, x, c):
        y1, y2 = two(x, c)
        return adlab.Sum()(y1 + adlab.Log()(y2))

    x, c = np.array([1.0, 3.0]), np.zeros(2)
    with np.errstate(divide="ignore"):
        for inner in (two, adlab.Network(two)):
            net = adlab.Network(lambda x, c, inner=inner: h(inner, x, c))
            _, J = net.linearize(x, c)
            assert J[0] @ x == 8.0
            assert J[0].flops.push == flops_of(J[0].push, x) == 4
            y, y_dot = adlab.jvp(lambda x, inner=inner: h(inner, x, c), (x,), (x,))
            assert y_dot == 8.0


@pytest.mark.parametrize("levels", [1, 40])
def test_networks_in_networks_in_networks(levels):
    """Each sweep, and each count of flops, visits every level once: not 2^40 times."""
    asked = []

    class Watched(TalliedHalf):
        @property
        def flops(self):
            asked.append(self)
            return Flops(1, 1)

    class Half(adlab.Layer):
        def value(self, a):
            return 0.5 * a

        def jacobians(self, y, a):
            return (Watched(a.shape, y.shape),)

    def around(net):
        return adlab.Network(lambda x: net(x))

    net = Half()
    for _ in range(levels):
        net = around(net)
    x = np.array([2.0, 4.0])
    y, J = net.linearize(x)
    assert_identical(y, 0.5 * x, "the value")
    Tally.calls = 0
    assert_identical((x @ J)[0], 0.5 * x, "pulled")
    assert_identical(J @ x, 0.5 * x, "pushed")
    assert_identical(adlab.jvp(net, (x,), (x,))[1], 0.5 * x, "pushed without keeping")
    assert Tally.calls == 3
    assert J.flops == (1, 1)
    assert len(asked) == 2


def test_the_rows_of_equations_can_be_looked_at():
    def h(W, b, x):
        y1 = adlab.Linear()(W, b, x)
        return adlab.Sum()(adlab.Tanh()(y1))

    W, b, x = np.ones((3, 2)), np.zeros(3), np.array([0.5, -1.0])
    net = adlab.Network(h)
    _, J = net.linearize(W, b, x)
    assert list(J.local) == ["y1", "y2", "y3"]
    assert_identical(J.local["y1"][2].dense(), W, "dy1/dx")
    product = J.local["y3"][0] @ J.local["y2"][0] @ J.local["y1"][2]
    assert_close(product.dense(), J[2].dense(), 1e-15, "the product of local Jacobians")
    values = net.values(W, b, x)
    assert list(values) == ["W", "b", "x", "y1", "y2", "y3"]
    assert_identical(values["y2"], np.tanh(W @ x + b), "y2")


def test_equations_are_printed_as_they_are_written():
    def h(x1, x2):
        y1 = adlab.Tanh()(x1)
        return adlab.Add()(x2, y1 * 0.5)

    assert str(adlab.Network(h)) == (
        "h(x1, x2):\n  y1 = Tanh(x1)\n  y2 = Scale(c=0.5)(y1)\n  y3 = Add(x2, y2)\n  return y3"
    )


def test_names_never_collide():
    net = adlab.Network(lambda y1, c1: adlab.Tanh()(y1) * np.array([2.0]) + c1)
    assert net.inputs == ("y1", "c1")
    values = net.values(np.array([0.3]), np.array([5.0]))
    assert len(values) == 2 + 1 + len(net.equations)
    assert_close(values[net.outputs[0]], 2 * np.tanh([0.3]) + 5, 1e-15, "the value")


# ---- Large ones ---------------------------------------------------------------------------------


def test_100_000_layers_without_recursion():
    depth = 100_000
    assert depth > 50 * sys.getrecursionlimit()

    def chain(x):
        layer = adlab.Scale(0.9999)
        for _ in range(depth):
            x = layer(x)
        return x

    net = adlab.Network(chain)
    x = np.array([1.0, -2.0])
    y, J = net.linearize(x)
    assert_identical(net(x), y, "the value")
    slope = 0.9999**depth
    assert_close(J @ (np.ones(2),), np.full(2, slope), 1e-9 * slope, "push")
    assert_close((np.ones(2) @ J)[0], np.full(2, slope), 1e-9 * slope, "pull")
    assert_close(adlab.jvp(net, (x,), (np.ones(2),))[1], np.full(2, slope), 1e-9 * slope, "jvp")
    assert J.flops == (2 * depth, 2 * depth)
    del net, J
    gc.collect()


def test_a_product_of_100_000_factors_without_recursion():
    J = adlab.Diagonal(np.array([0.9999, 1.0]))
    product = J
    for _ in range(99_999):
        product = J @ product
    assert_close(product @ np.ones(2), np.array([0.9999**100_000, 1.0]), 1e-12, "push")
    assert product.flops == (200_000, 200_000)
    assert product.nbytes == J.nbytes
    assert len(repr(product)) < 100
    del product
    gc.collect()


def test_a_sum_of_100_000_terms_without_recursion():
    J = adlab.Identity((2,))
    total = J
    for _ in range(99_999):
        total = total + J
    assert_identical(np.ones(2) @ total, np.full(2, 100_000.0), "pull")
    del total
    gc.collect()


class Tally(adlab.Layer):
    """y = a + b, in a way that counts how often its Jacobians are pushed and pulled."""

    calls = 0

    def value(self, a, b):
        return 0.5 * (a + b)

    def jacobians(self, y, a, b):
        return TalliedHalf(a.shape, y.shape), TalliedHalf(b.shape, y.shape)


class TalliedHalf(adlab.Jacobian):
    def push(self, V):
        Tally.calls += 1
        return 0.5 * V

    def pull(self, U):
        Tally.calls += 1
        return 0.5 * U


@pytest.mark.parametrize("rungs", [5, 60])
def test_a_ladder_of_diamonds_is_swept_along_its_edges(rungs):
    """2^60 paths, 120 edges: every edge is pushed once and pulled once."""

    def ladder(x):
        for _ in range(rungs):
            x = Tally()(x, x)
        return x

    x = np.array([1.0, 2.0, 3.0])
    y, J = adlab.Network(ladder).linearize(x)
    assert_identical(y, x, "the value")
    for product in (lambda: J @ (x,), lambda: x @ J, lambda: adlab.jvp(ladder, (x,), (x,))):
        Tally.calls = 0
        product()
        assert Tally.calls == 2 * rungs
    Tally.calls = 0
    J.dense()
    assert Tally.calls == 2 * rungs  # all basis vectors at once


def test_wide_diamonds_too():
    """Each value of a rung is used by all values of the next: 4^10 paths, 4 * 4 * 9 edges."""
    width, depth = 4, 10

    def net(x):
        values = [adlab.Scale(k + 1.0)(x) for k in range(width)]
        for _ in range(depth - 1):
            total = adlab.Scale(0.1)(adlab.Add()(*values))
            values = [adlab.Scale(k + 1.0)(total) for k in range(width)]
        return adlab.Add()(*values)

    x = np.array([2.0, -1.0])
    _, J = adlab.Network(net).linearize(x)
    assert_close(J.dense(), 10.0 * np.eye(2), 1e-12, "the sum over all paths")
    assert J.flops.pull == flops_of(J.pull, np.ones(2))
    assert J.flops.pull < 2 * x.size * 3 * width * depth


def test_only_what_the_wanted_arguments_need_is_swept():
    def h(x, W):
        y = x
        for _ in range(50):
            y = Tally()(y, y)
        return adlab.Sum()(Tally()(y, W))

    x, W = np.ones(3), np.ones(3)
    _, J = adlab.Network(h).linearize(x, W)
    Tally.calls = 0
    (1.0 @ J[1], J[1] @ W)
    assert Tally.calls == 2  # pulled and pushed through the last equation alone
    _, J = adlab.Network(lambda x: h(x, W)).linearize(x)
    Tally.calls = 0
    1.0 @ J
    assert Tally.calls == 101  # the constant W asks for nothing


# ---- Nothing is changed in place ----------------------------------------------------------------


def test_no_value_is_ever_changed_in_place():
    """Every array a sweep makes is read-only here: an in-place addition would raise."""

    class Frozen(adlab.Layer):
        def value(self, a):
            y = np.sin(a)
            y.setflags(write=False)
            return y

        def jacobians(self, y, a):
            return (FrozenDiagonal(np.cos(a)),)

    class FrozenDiagonal(adlab.Diagonal):
        def push(self, V):
            return frozen(V * self.d)

        def pull(self, U):
            return frozen(U * self.d)

    def frozen(a):
        a.setflags(write=False)
        return a

    def h(x):
        y = Frozen()(x)
        z = [Frozen()(y) for _ in range(4)]
        return adlab.Add()(y, *z, y), y, x

    net = adlab.Network(h)
    x = np.array([0.3, -0.7, 1.1])
    _, J = net.linearize(x)
    u = tuple(map(frozen, (np.ones(3), np.ones(3), np.ones(3))))
    first, second = (u @ J, J @ (frozen(np.ones(3)),)), (u @ J, J @ (np.ones(3),))
    assert_identical(first, second, "run twice")


def test_two_networks_that_share_layers_do_not_disturb_each_other():
    layer = adlab.Tanh()
    net = adlab.Network(lambda x: layer(layer(x)))
    a, b = np.array([0.1, 0.2]), np.array([-1.0, 3.0])
    _, Ja = net.linearize(a)
    before = np.ones(2) @ Ja
    _, Jb = net.linearize(b)
    np.ones(2) @ Jb
    net(b)
    assert_identical(np.ones(2) @ Ja, before, "the first Jacobian")
    assert isinstance(Ja, NetworkJacobian)


def test_pushes_see_counted_arrays_throughout():
    """A check of the instrument: what a network computes with stays counted to the end."""
    net = adlab.Network(lambda x, y: (adlab.Sin()(x) * y, y * 2.0))
    _, J = net.linearize(np.ones(3), np.ones(3))
    assert all(type(a).__name__ == "Counted" for a in J.push(counted(vector(J.shape_in, 0))))


# ---- What is kept -------------------------------------------------------------------------------


def test_values_that_no_jacobian_holds_are_let_go():
    """Scale holds nothing, Exp its own output: of a chain of both, the outputs of Exp stay."""
    alive = []

    def watched(layer):
        class Watched(type(layer)):
            def value(self, a):
                y = super().value(a)
                alive.append((type(layer), weakref.ref(y)))
                return y

        return Watched(*vars(layer).values())

    def chain(x):
        for _ in range(5):
            x = watched(adlab.Exp())(watched(adlab.Scale(-0.5))(x))
        return adlab.Sum()(x)

    net = adlab.Network(chain)
    x = np.array([0.1, 0.2, 0.3])
    _, J = net.linearize(x)
    kept = [kind for kind, ref in alive if ref() is not None]
    assert kept == [adlab.Exp] * 5
    assert J.nbytes == 5 * x.nbytes
    alive.clear()
    net(x)
    assert not [ref for _, ref in alive if ref() is not None]
    alive.clear()
    adlab.jvp(net, (x,), (x,))
    assert not [ref for _, ref in alive if ref() is not None]


@many_graphs
@given(graphs.plans())
def test_a_network_s_jacobian_holds_what_it_tells_and_the_constants(plan):
    """Not the arguments, nor the results, of networks inside it either."""
    net, args, _, J = at_a_point(plan)
    told = [*J.held(), *net.constants.values()]
    starts = {a.__array_interface__["data"][0] for a in [*told, graphs.W, graphs.b]}
    assert {a.__array_interface__["data"][0] for a in arrays_held(J)} <= starts
    assert bytes_held(J.rows) == J.nbytes


@many_graphs
@given(graphs.plans())
def test_the_ledger_adds_up_to_the_flops(plan):
    *_, J = at_a_point(plan)
    assert adlab.ledger(J, "forward").flops == J.flops.push
    reverse = adlab.ledger(J, "reverse")
    assert reverse.flops == (J.flops.pull if reverse.steps else 0)


# ---- Constants beside placeholders -----------------------------------------------------------


@pytest.mark.parametrize(
    "constant",
    [
        np.array([1, 2], np.uint8),
        np.array([True, False]),
        [1.0, 2.0],
        np.array([1.0, 2.0]),
        np.array([1.0, 2.0], np.float32),
    ],
    ids=["uint8", "bool", "list", "float64", "float32"],
)
def test_a_constant_on_either_side_of_each_operator(constant):
    x = np.array([3.0, 5.0])
    c = np.asarray(constant, float)
    np.testing.assert_allclose(adlab.Network(lambda a: a - constant)(x), x - c, rtol=1e-12)
    np.testing.assert_allclose(adlab.Network(lambda a: constant - a)(x), c - x, rtol=1e-12)
    np.testing.assert_allclose(adlab.Network(lambda a: a + constant)(x), x + c, rtol=1e-12)
    np.testing.assert_allclose(adlab.Network(lambda a: a * constant)(x), x * c, rtol=1e-12)
    np.testing.assert_allclose(adlab.Network(lambda a: constant / a)(x), c / x, rtol=1e-12)
    if c.all():
        np.testing.assert_allclose(adlab.Network(lambda a: a / constant)(x), x / c, rtol=1e-12)


def test_an_unsigned_number_is_taken_off():
    np.testing.assert_allclose(
        adlab.Network(lambda a: a - np.uint8(1))(np.array([3.0, 5.0])), [2.0, 4.0], rtol=1e-12
    )


@pytest.mark.parametrize("constant", [2.0, [1.0, 2.0], np.array([1, 2])], ids=["2", "list", "ints"])
def test_constants_without_a_float_type_take_on_that_of_the_arguments(constant):
    x = np.array([3.0, 5.0], np.float32)
    net = adlab.Network(lambda a: adlab.Multiply()(a, constant) - constant)
    y, J = net.linearize(x)
    assert y.dtype == J.dense().dtype == np.float32
    assert adlab.HalfSquare([0.0, 1.0])(x).dtype == np.float32
    assert adlab.grad(lambda a, b: adlab.Sum()(a * b))(x, [1.0, 2.0]).dtype == np.float32


@pytest.mark.parametrize(
    "ask", [lambda a: a == 0, lambda a: a != 0, lambda a: a in (0.0,)], ids=["==", "!=", "in"]
)
def test_a_comparison_is_no_silent_no(ask):
    with pytest.raises(TypeError, match="has no number while a Network is recorded"):
        adlab.Network(lambda a: adlab.Sin()(a) if ask(a) else adlab.Cos()(a))
