"""The argument of the course as tests, in its own letters: read this first.

x_i are parameters, y_i the outputs of layers, f the loss, l its value. A Jacobian has a row for
each output and a column for each input. v is a tangent, a column; u a cotangent, a row. JVP: J v.
VJP: u J.
"""

import numpy as np
import pytest

import adlab
from adlab import (
    Add,
    Column,
    Copy,
    Dense,
    HalfSquare,
    Identity,
    Linear,
    Log,
    Multiply,
    Network,
    Row,
    Scale,
    Sin,
    Sum,
    Tanh,
)
from tests.maths.counting import flops_of
from tests.maths.truth import jacobian_by_differences


def close(a, b, tolerance=1e-12):
    assert np.shape(a) == np.shape(b)
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=False)


def random(*shape):
    return np.random.default_rng(list(shape)).normal(size=shape)


# ---- 1. Composition ------------------------------------------------------------------------------


def test_composition():
    """h(x) = f(g(x)):  Dh(x) = Df(g(x)) · J_g(x),  (1 x n) = (1 x m)(m x n)."""
    W, b, x, t = random(3, 2), random(3), random(2), random(1, 3)[0]
    g = Network(lambda x: Tanh()(Linear()(W, b, x)))
    f = HalfSquare(t)
    y, J_g = g.linearize(x)
    l, Df = f.linearize(y)
    h = Network(lambda x: f(g(x)))

    assert J_g.shape == (3, 2)
    assert Df.shape == (1, 3)
    Dh = Df.dense() @ J_g.dense()
    assert Dh.shape == (1, 2)
    close(Dh, jacobian_by_differences(h.value, [x], 0), 1e-10)
    close((Df @ J_g).dense(), Dh)
    close(h.linearize(x)[1].dense(), Dh)
    close(adlab.grad(h)(x), Dh[0])  # the gradient is that row, in the shape of x


def test_the_derivative_of_a_scalar_is_a_row():
    A = random(2, 3)
    _, Df = Network(lambda A: 0.5 * Sum()(A * A)).linearize(A)
    assert Df.shape == (1, 6)
    close(Df.dense(), A.reshape(1, 6))  # arrays are read in C order
    close((1.0 @ Df)[0], A)


# ---- 2. A chain of layers with parameters --------------------------------------------------------


class Chain:
    """y_i = tanh(W_i y_{i-1} + b_i), and l = f(y_L); x_i is b_i. No two sizes are equal."""

    sizes = (2, 3, 4, 5, 6)
    L = 4

    def __init__(self):
        self.W = [None, *(random(m, n) for n, m in zip(self.sizes, self.sizes[1:], strict=False))]
        self.x = [None, *(random(m) for m in self.sizes[1:])]
        self.y = [random(self.sizes[0])]
        self.P, self.A = [None], [None]  # partial Jacobians of g_i, both at (x_i, y_{i-1})
        for i in range(1, self.L + 1):
            y_i, J = self.g(i).linearize(self.x[i], self.y[i - 1])
            self.y.append(y_i)
            self.P.append(J[0])
            self.A.append(J[1])
        self.f = HalfSquare(np.ones(self.sizes[-1]))
        self.l, Df = self.f.linearize(self.y[-1])
        self.Df = Df[0]

    def g(self, i):
        return Network(lambda x, y: Tanh()(Linear()(self.W[i], x, y)))

    def value(self, k, *x):
        """y_k as a function of all parameters."""
        y = self.y[0]
        for i in range(1, k + 1):
            y = self.g(i)(x[i - 1], y)
        return y

    def total(self, i, k):
        """D_i y_k, by differences."""
        return jacobian_by_differences(lambda *x: self.value(k, *x), self.x[1:], i - 1)


@pytest.fixture(scope="module")
def chain():
    return Chain()


def test_partial_derivatives(chain):
    """P_i = ∂g_i/∂x_i and A_i = ∂g_i/∂y_{i-1}, both at (x_i, y_{i-1})."""
    for i in range(1, chain.L + 1):
        point = [chain.x[i], chain.y[i - 1]]
        close(chain.P[i].dense(), jacobian_by_differences(chain.g(i).value, point, 0), 1e-10)
        close(chain.A[i].dense(), jacobian_by_differences(chain.g(i).value, point, 1), 1e-10)
        assert chain.P[i].shape == (chain.sizes[i], chain.sizes[i])
        assert chain.A[i].shape == (chain.sizes[i], chain.sizes[i - 1])


def test_the_recursion_of_total_derivatives(chain):
    """D_i y_i = P_i;  D_i y_k = A_k · D_i y_{k-1} for k > i;  0 for k < i."""
    for i in range(1, chain.L + 1):
        D = chain.P[i].dense()
        close(D, chain.total(i, i), 1e-10)
        for k in range(i + 1, chain.L + 1):
            D = chain.A[k].dense() @ D
            close(D, chain.total(i, k), 1e-10)
        for k in range(1, i):
            close(chain.total(i, k), np.zeros((chain.sizes[k], chain.sizes[i])), 1e-10)


def test_a_total_derivative_is_no_partial_one(chain):
    """∂g_3/∂x_1 does not exist, g_3 does not read x_1; D_1 y_3 is not zero."""
    assert len(chain.g(3).inputs) == 2
    assert abs(chain.total(1, 3)).max() > 0.01


def test_the_unrolled_product(chain):
    """D_i l = Df(y_L) · A_L · A_{L-1} ··· A_{i+1} · P_i, with A_k at (x_k, y_{k-1})."""
    for i in range(1, chain.L + 1):
        product = chain.Df
        for k in range(chain.L, i, -1):
            product = product @ chain.A[k]
        product = product @ chain.P[i]
        D_l = jacobian_by_differences(
            lambda *x: chain.f(chain.value(chain.L, *x)), chain.x[1:], i - 1
        )
        close(product.dense(), D_l, 1e-10)


def test_a_layer_s_jacobian_at_the_wrong_point_is_another_one(chain):
    """A_{i+1} is taken at (x_{i+1}, y_i), not at (x_{i+1}, y_{i-1}), which may not even fit."""
    with pytest.raises(ValueError, match="n = 3"):
        chain.g(3).linearize(chain.x[3], chain.y[1])


def test_the_running_row(chain):
    """ū_L = Df(y_L),  x̄_k = ū_k P_k,  ū_{k-1} = ū_k A_k  gives what the products give."""
    u = 1.0 @ chain.Df
    x_bar = {}
    for k in range(chain.L, 0, -1):
        x_bar[k] = u @ chain.P[k]
        u = u @ chain.A[k]

    def loss(*x):
        return chain.f(chain.value(chain.L, *x))

    for k in range(1, chain.L + 1):
        close(x_bar[k][None], jacobian_by_differences(loss, chain.x[1:], k - 1), 1e-10)


@pytest.mark.parametrize("L", [1, 5, 20])
def test_products_grow_with_L_squared_apart_and_with_L_together(L):
    """Read separately for every i: L(L+1)/2 products. Sharing the running row: 2L - 1."""
    row, matrices = np.ones((1, 2)), [np.eye(2)] * (L + 1)
    products = []

    def times(a, b):
        products.append(1)
        return a @ b

    for i in range(1, L + 1):
        u = row
        for k in range(L, i, -1):
            u = times(u, matrices[k])
        times(u, matrices[i])
    assert len(products) == L * (L + 1) // 2

    products.clear()
    u = row
    for k in range(L, 0, -1):
        times(u, matrices[k])  # x̄_k = ū_k P_k
        u = times(u, matrices[k]) if k > 1 else u  # ū_{k-1}: y_0 is a constant
    assert len(products) == 2 * L - 1


# ---- 3. Branches ---------------------------------------------------------------------------------


class Branch:
    """y_1 = g_1(x_1), y_2 = g_2(x_2, y_1), y_3 = g_3(x_3, y_1, y_2): y_1 is used twice."""

    n1, m1, m2, m3 = 2, 3, 4, 5

    def __init__(self):
        W1, W2 = random(self.m1, self.n1), random(self.m2, self.m1)
        V1, V2 = random(self.m3, self.m1), random(self.m3, self.m2)
        zero1, zero3 = np.zeros(self.m1), np.zeros(self.m3)
        self.g1 = Network(lambda x1: Tanh()(Linear()(W1, zero1, x1)))
        self.g2 = Network(lambda x2, y1: Sin()(Linear()(W2, x2, y1)))
        self.g3 = Network(lambda x3, y1, y2: Tanh()(Linear()(V1, x3, y1) * Linear()(V2, zero3, y2)))
        self.x = random(self.n1), random(self.m2), random(self.m3)
        x1, x2, x3 = self.x
        y1, J1 = self.g1.linearize(x1)
        y2, J2 = self.g2.linearize(x2, y1)
        self.y3, J3 = self.g3.linearize(x3, y1, y2)
        self.P1, self.A2 = J1[0], J2[1]
        self.B1, self.B2 = J3[1], J3[2]  # both at (x_3, y_1, y_2)
        self.point = x3, y1, y2

    def h(self, x1, x2, x3):
        y1 = self.g1(x1)
        return self.g3(x3, y1, self.g2(x2, y1))


@pytest.fixture(scope="module")
def branch():
    return Branch()


def test_both_partials_at_the_same_point(branch):
    """B_1 = ∂g_3/∂y_1 and B_2 = ∂g_3/∂y_2 are taken at (x_3, y_1, y_2)."""
    point = list(branch.point)
    close(branch.B1.dense(), jacobian_by_differences(branch.g3.value, point, 1), 1e-9)
    close(branch.B2.dense(), jacobian_by_differences(branch.g3.value, point, 2), 1e-9)


def test_the_stacked_value_has_a_stacked_jacobian(branch):
    """y'_2 = [y_1 ; y_2] is a function of x_1 and x_2; in x_1: [P_1 ; A_2 P_1]."""
    stacked = Column(branch.P1, branch.A2 @ branch.P1)
    assert stacked.shape == (branch.m1 + branch.m2, branch.n1)

    def carried(x1, x2):
        y1 = branch.g1(x1)
        return np.concatenate([y1, branch.g2(x2, y1)])

    close(stacked.dense(), jacobian_by_differences(carried, list(branch.x[:2]), 0), 1e-10)
    in_x2 = jacobian_by_differences(carried, list(branch.x[:2]), 1)
    close(in_x2[: branch.m1], np.zeros((branch.m1, branch.m2)), 1e-10)
    assert abs(in_x2[branch.m1 :]).max() > 0.01


def test_side_by_side_times_stacked(branch):
    """D_1 y_3 = [B_1 B_2][P_1 ; A_2 P_1] = B_1 P_1 + B_2 A_2 P_1 = [B_1 B_2][I ; A_2] P_1."""
    P1, A2, B1, B2 = branch.P1, branch.A2, branch.B1, branch.B2
    side_by_side = Row(B1, B2)
    assert side_by_side.shape == (branch.m3, branch.m1 + branch.m2)
    D = jacobian_by_differences(branch.h, list(branch.x), 0)
    carried_past_layer_2 = Column(Identity((branch.m1,)), A2)
    for formula in (
        side_by_side @ Column(P1, A2 @ P1),
        B1 @ P1 + B2 @ A2 @ P1,
        side_by_side @ carried_past_layer_2 @ P1,
        Network(branch.h).linearize(*branch.x)[1][0],
    ):
        close(formula.dense(), D, 1e-9)
    identity = carried_past_layer_2.dense()[: branch.m1]
    close(identity, np.eye(branch.m1))


def test_what_does_not_conform(branch):
    """[B_1 B_2]^T [P_1, A_2 P_1], as it is sometimes written, is no product."""
    P1, A2, B1, B2 = branch.P1, branch.A2, branch.B1, branch.B2
    with pytest.raises(ValueError, match="same output"):
        Row(P1, A2 @ P1)
    with pytest.raises(ValueError, match="same input"):
        Column(B1, B2)
    with pytest.raises(ValueError, match="does not conform"):
        Column(P1, A2 @ P1) @ Row(B1, B2)


def diamonds(n, slope=0.5):
    """n diamonds: y_{k+1} = a(y_k) + b(y_k), and all paths through them."""
    return Network(lambda x: _diamonds(x, n, slope))


def _diamonds(y, n, slope):
    for _ in range(n):
        y = Scale(slope)(y) + Scale(2 * slope)(y)
    return y


@pytest.mark.parametrize("n", [1, 2, 6])
def test_n_diamonds_have_2_to_the_n_paths(n):
    """The product of sums, expanded, is a sum over paths: one product of Jacobians for each."""
    paths = [()]
    for _ in range(n):
        paths = [(*path, slope) for path in paths for slope in (0.5, 1.0)]
    assert len(paths) == 2**n
    by_paths = sum(np.prod(path) for path in paths)
    _, J = diamonds(n).linearize(np.array([3.0, 5.0]))
    close(J.dense(), by_paths * np.eye(2))
    assert len(J.net.equations) == 3 * n  # and the sweep goes along the edges


def test_the_transpose_of_copy_is_sum():
    """A value used twice receives the sum of two cotangents. Broadcasting is a copy."""
    copy = Copy((3,), (2, 3))
    x, u = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    close(copy @ x, np.array([x, x]))
    close(u @ copy, u.sum(axis=0))
    twice = Column(Identity((3,)), Identity((3,)))
    close(twice.T.dense(), np.hstack([np.eye(3), np.eye(3)]))
    close((u[0], u[1]) @ twice, u[0] + u[1])
    _, J = Add().linearize(u, x)  # NumPy broadcasts x
    close((u @ J)[1], u.sum(axis=0))


def test_a_shared_parameter_gets_the_sum_over_its_uses():
    """h = w · (w · (w · x)):  D_w h = w²x + w·w·x + w·(w·x)."""
    w, x = 2.0, 5.0
    h = Network(lambda w: Multiply()(w, Multiply()(w, Multiply()(w, np.array(x)))))
    uses = [w * w * x, w * (w * x), (w * (w * x))]
    assert adlab.grad(h)(w) == sum(uses) == 3 * w**2 * x


def test_a_naive_recursion_is_exponential():
    """Asked for backwards from the output, each value asks again for those it was made of."""
    calls = []

    def derivative(k):
        """D y_k of the ladder y_k = y_{k-1} / 2 + y_{k-1}, by the formula and without a table."""
        calls.append(k)
        return 1.0 if k == 0 else 0.5 * derivative(k - 1) + 1.0 * derivative(k - 1)

    for n in (1, 5, 10):
        calls.clear()
        close(derivative(n), 1.5**n)
        assert len(calls) == 2 ** (n + 1) - 1
        _, J = diamonds(n).linearize(np.ones(1))
        assert J.flops.push == flops_of(J.push, (np.ones(1),)) == 3 * n


def test_a_sweep_needs_a_topological_order():
    """Equations taken in another order find a cotangent that is not complete yet: wrong."""
    edges = [("y1", "x", 2.0), ("y2", "y1", 3.0), ("y3", "y1", 5.0), ("y3", "y2", 7.0)]

    def sweep(order):
        bar = dict.fromkeys(("x", "y1", "y2", "y3"), 0.0) | {"y3": 1.0}
        for to, source, slope in order:
            bar[source] += bar[to] * slope
        return bar["x"]

    assert sweep(reversed(edges)) == 2 * (5 + 7 * 3)
    assert sweep(edges) != 2 * (5 + 7 * 3)


def test_the_whole_graph_is_one_triangular_system(branch):
    """(I - C) ẏ = seed, forwards; ȳ (I - C) = seed, backwards."""
    m1, m2, m3 = branch.m1, branch.m2, branch.m3
    C = np.zeros((m1 + m2 + m3, m1 + m2 + m3))  # between y_1, y_2, y_3
    y1, y2, y3 = slice(0, m1), slice(m1, m1 + m2), slice(m1 + m2, None)
    C[y2, y1] = branch.A2.dense()
    C[y3, y1] = branch.B1.dense()
    C[y3, y2] = branch.B2.dense()
    assert not np.triu(C).any()
    system = np.eye(len(C)) - C

    v = random(branch.n1)
    seed = np.zeros(len(C))
    seed[y1] = branch.P1 @ v
    y_dot = np.zeros(len(C))
    for i in range(len(C)):  # forward substitution: the forward sweep
        y_dot[i] = seed[i] + C[i] @ y_dot
    close(system @ y_dot, seed)
    _, J = Network(branch.h).linearize(*branch.x)
    close(y_dot[y3], J[0] @ v)

    u = random(m3)
    seed = np.zeros(len(C))
    seed[y3] = u
    y_bar = np.zeros(len(C))
    for i in reversed(range(len(C))):  # back substitution: the reverse sweep
        y_bar[i] = seed[i] + y_bar @ C[:, i]
    close(y_bar @ system, seed)
    close(y_bar[y1] @ branch.P1, u @ J[0])


# ---- 4. Order of multiplication ------------------------------------------------------------------


def test_a_dense_product_takes_2pqr_flops():
    p, q, r = 3, 4, 5
    A, B = Dense(random(p, q)), random(q, r)
    assert A.flops == (2 * p * q, 2 * p * q)  # for one vector; r of them cost r times that
    assert r * A.flops.push == 2 * p * q * r
    close(A @ B, A.dense() @ B)


def test_the_brackets_do_not_change_the_product():
    F, J3, J2, J1 = (Dense(random(*s)) for s in [(1, 5), (5, 4), (4, 3), (3, 2)])
    left_to_right = ((F @ J3) @ J2) @ J1
    right_to_left = F @ (J3 @ (J2 @ J1))
    close(left_to_right.dense(), right_to_left.dense())
    close(left_to_right.dense(), F.dense() @ J3.dense() @ J2.dense() @ J1.dense())


def test_the_thin_row_costs_2_sum_of_sizes():
    """Left to right, for d_L = 1: 2 Σ d_k d_{k-1} flops."""
    sizes = (2, 3, 4, 5, 1)
    factors = [Dense(random(m, n)) for n, m in zip(sizes, sizes[1:], strict=False)]
    product = factors[0]
    for J in factors[1:]:
        product = J @ product
    assert product.flops.pull == 2 * sum(m * n for n, m in zip(sizes, sizes[1:], strict=False))
    assert flops_of(product.pull, random(1)) == product.flops.pull


def test_the_columns_one_at_a_time(chain):
    """∂l/∂x_{i,j} = D_i l · e_j, with e_j in R^{n_i}; a pass starts at layer i."""
    for i in range(1, chain.L + 1):
        row = chain.Df
        for k in range(chain.L, i, -1):
            row = row @ chain.A[k]
        row = (row @ chain.P[i]).dense()
        n_i = chain.x[i].size
        for j in range(n_i):
            v = chain.P[i] @ np.eye(n_i)[j]  # starts at layer i
            for k in range(i + 1, chain.L + 1):
                v = chain.A[k] @ v
            close(chain.Df @ v, row[0, j])


def test_a_general_direction_costs_one_pass(chain):
    """D_i l · v is a directional derivative, and costs what one column costs."""
    net = Network(lambda x1: chain.f(chain.value(4, x1, *chain.x[2:])))
    v = random(3)
    h = 1e-4
    l, l_dot = adlab.jvp(net, (chain.x[1],), (v,))
    assert l == chain.l
    close(l_dot, (net(chain.x[1] + h * v) - net(chain.x[1] - h * v)) / (2 * h), 1e-6)


def test_q_vjps_or_n_jvps():
    """For f: R^n -> R^q few inputs favour forward, few outputs reverse."""
    tall, wide = Linear().linearize(random(7, 2), random(7), random(2))[1], random(2, 7)
    assert tall.shape_out == (7,)
    few_inputs = Network(lambda a: Linear()(random(7, 2), random(7), a))
    few_outputs = Network(lambda a: Linear()(wide, random(2), a))
    assert adlab.jacobian(few_inputs).mode(random(2)) == "forward"
    assert adlab.jacobian(few_outputs).mode(random(7)) == "reverse"


def test_the_cheap_gradient():
    """Value and gradient cost about 3 matrix products per linear layer, the value 1."""
    sizes = (20, 50, 40, 30)
    parameters = []
    for n, m in zip(sizes, sizes[1:], strict=False):
        parameters += [random(m, n), random(m)]
    batch = random(64, sizes[0])

    def net(W1, b1, W2, b2, W3, b3):
        y = batch
        for W, b in ((W1, b1), (W2, b2), (W3, b3)):
            y = Linear()(W, b, y)
        return HalfSquare(np.zeros((64, 30)))(y)

    value = 2 * 64 * sum(m * n for n, m in zip(sizes, sizes[1:], strict=False))
    _, J = Network(net).linearize(*parameters)
    assert J.shape == (1, sum(p.size for p in parameters))
    assert value < J.flops.pull < 2.1 * value  # besides the value: 3.1 times in all


# ---- 5. VJP and JVP ------------------------------------------------------------------------------


def test_the_dot_product_test(branch):
    """<u, J v> = <u J, v>"""
    _, J = Network(branch.h).linearize(*branch.x)
    v, u = tuple(random(*x.shape, 1)[:, 0] for x in branch.x), random(branch.m3)
    uJ = u @ J
    close(u @ (J @ v), sum(a @ b for a, b in zip(uJ, v, strict=True)))


def test_no_matrix_is_built():
    """A million by a million diagonal, pushed and pulled."""
    n = 1_000_000
    y, J = Tanh().linearize(np.zeros(n))
    assert J.shape == (n, n)
    assert J.nbytes == 8 * n
    close((np.ones(n) @ J)[0], np.ones(n))


def test_full_jacobians_are_batches_of_vectors(branch):
    """J I, all columns in one forward sweep; I J, all rows in one reverse sweep."""
    _, J = Network(branch.h).linearize(*branch.x)
    D = jacobian_by_differences(branch.h, list(branch.x), 0)
    close(J[0] @ np.eye(branch.n1), D, 1e-9)
    close(np.eye(branch.m3) @ J[0], D, 1e-9)


def test_the_modes_are_the_steps_repeated():
    """Reverse mode: VJPs from the last layer to the first. Forward mode: JVPs, the other way."""
    a = random(2)
    y1, J1 = Linear().linearize(random(3, 2), random(3), a)
    y2, J2 = Tanh().linearize(y1)
    y3, J3 = Linear().linearize(random(4, 3), random(4), y2)
    l, F = HalfSquare(np.ones(4)).linearize(y3)
    v, W1_dot = random(2), np.zeros((3, 2))
    reverse = 1.0 @ F[0] @ J3[2] @ J2[0] @ J1[2]
    forward = F[0] @ (J3[2] @ (J2[0] @ (J1[2] @ v)))
    close(reverse @ v, forward)
    close(((F[0].dense() @ J3[2].dense()) @ J2[0].dense() @ J1[1].dense())[0],
          1.0 @ F[0] @ J3[2] @ J2[0] @ J1[1])  # fmt: skip
    close(J1 @ (W1_dot, np.zeros(3), v), J1[2] @ v)


def test_what_must_be_kept_depends_on_the_layer():
    """The input, the output, both, or nothing."""
    a = random(1000)
    size = a.nbytes
    kept = {
        layer: layer.linearize(a)[1].nbytes for layer in (Scale(2.0), adlab.Exp(), Sin(), Tanh())
    }
    assert list(kept.values()) == [0, size, size, size]
    y, J = adlab.Exp().linearize(a)
    close(J.held()[0], y)  # its own output
    assert Add().linearize(a, a)[1].nbytes == 0
    assert Multiply().linearize(a, a + 1)[1].nbytes == 2 * size
    assert Log().linearize(a * a)[1].nbytes == size
