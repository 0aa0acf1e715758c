"""Odd arrays: empty, of no axes, of small types, not contiguous, subclasses, numbers and lists."""

import array

import numpy as np
import pytest

import adlab
from adlab import (
    Add,
    Column,
    Concatenate,
    Conv1D,
    Conv2D,
    Copy,
    Covector,
    Dense,
    Diagonal,
    Embedding,
    Gather,
    HalfSquare,
    Identity,
    Kronecker,
    LayerNorm,
    Linear,
    LogSumExp,
    MatMul,
    MaxPool,
    Mean,
    Multiply,
    Network,
    Permute,
    Reshape,
    Row,
    Softmax,
    SoftmaxCrossEntropy,
    Sum,
    Tanh,
    Transpose,
    Zero,
)
from tests.maths.truth import assert_close, assert_identical, flat
from tests.registry import numbers

# ---- Nothing at all ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "J",
    [
        Dense(numbers(3, 2)),
        Diagonal(numbers(3, 2)),
        Covector(numbers(3)),
        Kronecker(numbers(2, 3), numbers(5, 4), matrices=(3, 4)),
        Identity((3,)),
        Zero((2,), (3,)),
        Copy((3,), (2, 3)),
        Gather([2, 0], (3,)),
        Permute((2, 3), (1, 0)),
        Dense(numbers(3, 2)) @ Dense(numbers(2, 4)),
        Dense(numbers(3, 2)) + Zero((2,), (3,)),
        2 * Dense(numbers(3, 2)),
        Row(Dense(numbers(3, 2)), Identity((3,))),
        Column(Dense(numbers(3, 2)), Identity((2,))),
        Network(lambda x: x * x).linearize(numbers(3))[1],
    ],
    ids=repr,
)
def test_no_vectors(J):
    """A batch of no vectors gives a batch of no vectors."""

    def none(shape, first):
        if len(shape) and isinstance(shape[0], tuple):
            return tuple(none(s, first) for s in shape)
        return np.zeros((0, *shape) if first else (*shape, 0))

    for found, shape, first in [
        (J @ none(J.shape_in, False), J.shape_out, False),
        (none(J.shape_out, True) @ J, J.shape_in, True),
    ]:
        wanted = none(shape, first)
        assert flat(found).size == 0
        assert list(map(np.shape, as_list(found))) == list(map(np.shape, as_list(wanted)))


def as_list(x):
    return list(x) if isinstance(x, tuple) else [x]


@pytest.mark.parametrize(
    ("layer", "args"),
    [
        (Linear(), (numbers(3, 2), numbers(3), np.zeros((0, 2)))),
        (Tanh(), (np.zeros((0, 3)),)),
        (Tanh(), (np.zeros(0),)),
        (Add(), (np.zeros((0, 3)), numbers(3))),
        (Multiply(), (np.zeros((0, 3)), numbers(3))),
        (Softmax(), (np.zeros((0, 3)),)),
        (LogSumExp(), (np.zeros((0, 3)),)),
        (LayerNorm(), (numbers(3), numbers(3), np.zeros((0, 3)))),
        (Conv1D(), (numbers(3, 2, 4), numbers(3), np.zeros((0, 2, 5)))),
        (Conv2D(), (numbers(3, 2, 4, 1), numbers(3), np.zeros((0, 2, 5, 3)))),
        (MaxPool(2), (np.zeros((0, 4)),)),
        (MatMul(), (np.zeros((0, 2, 3)), np.zeros((0, 3, 4)))),
        (Embedding(np.zeros(0, int)), (numbers(3, 2),)),
        (Concatenate(), (np.zeros(0), numbers(3))),
        (Transpose(), (np.zeros((0, 3)),)),
        (Reshape((0, 3)), (np.zeros((3, 0)),)),
        (Sum(), (np.zeros(0),)),
        (Sum(0), (np.zeros((0, 3)),)),
    ],
    ids=lambda x: repr(x) if isinstance(x, adlab.Layer) else "",
)
def test_no_examples(layer, args):
    """A batch of no examples goes through; the parameters get zeros."""
    y, J = layer.linearize(*args)
    assert np.shape(y) == np.shape(layer(*args))
    pulled = np.ones(np.shape(y)) @ J
    assert [x.shape for x in pulled] == [a.shape for a in args]
    assert np.shape(J @ tuple(map(np.ones_like, args))) == np.shape(y)
    assert J.dense().shape == J.shape
    assert J.flops.push >= 0
    assert J.nbytes >= 0


# ---- Float types ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, ">f4", ">f8"])
def test_every_float_type_is_kept(dtype):
    W, b, x = (numbers(*s).astype(dtype) for s in [(3, 2), (3,), (2,)])

    def net(W, b, x):
        y = 2 * Tanh()(Linear()(W, b, x)) - 1
        return Mean()((y**2) / 3 + (1 - y) * 0.5)

    l, J = Network(net).linearize(W, b, x)
    native = np.dtype(dtype).newbyteorder("=")
    assert l.dtype == native
    assert {g.dtype.newbyteorder("=") for g in 1.0 @ J} == {native}
    assert J.dense().dtype == native


def test_plain_numbers_and_lists_take_the_type_of_the_arrays():
    x = numbers(3).astype(np.float32)
    assert Add()(x, 1.0).dtype == np.float32
    assert Multiply()([1.0, 2.0, 3.0], x).dtype == np.float32
    assert [J.dtype for J in Multiply().linearize(2.0, x)[1].blocks] == [np.float32] * 2
    assert Add()(1.0, 2.0).dtype == np.float64
    assert Tanh()([1.0, 2.0]).dtype == np.float64
    net = Network(lambda a, b: a * b)
    assert net(x, 2.0).dtype == np.float32
    assert adlab.grad(lambda a: Sum()(3 * a / 2 + a**2 - 1))(x).dtype == np.float32


def test_vectors_may_be_lists_and_integers():
    J = Dense(numbers(3, 2).astype(np.float32))
    for v in ([1, 2], [1.0, 2.0], (1, 2), np.array([1, 2]), np.array([1, 2], np.uint8)):
        assert_identical(J @ v, J @ np.array([1, 2], np.float32), "a tangent")
    for u in ([1, 2, 3], np.array([1, 2, 3])):
        assert_identical(u @ J, np.array([1, 2, 3], np.float32) @ J, "a cotangent")
    assert (J @ np.array([1.0, 2.0])).dtype == np.float64  # NumPy's rule: the wider one
    F = Covector(numbers(2).astype(np.float32))
    assert (1.0 @ F).dtype == (1 @ F).dtype == (True @ F).dtype == np.float32


@pytest.mark.parametrize("layer", [Sum(), Mean(), Reshape(-1), Add(), Transpose(), MaxPool(1)])
def test_layers_that_only_move_numbers_keep_float32(layer):
    a = numbers(2, 3).astype(np.float32)
    y, J = layer.linearize(a)
    u = np.ones(np.shape(y)).tolist()
    assert (u @ J)[0].dtype == (u @ J[0]).dtype == np.float32
    assert J.dense().dtype == J[0].dense().dtype == np.float32
    assert (J[0] @ Identity((2, 3))).dense().dtype == np.float32
    assert adlab.jacrev(layer)(a).dtype == adlab.jacfwd(layer)(a).dtype == np.float32


@pytest.mark.parametrize("x", [1.5, np.float64(1.5), np.array(1.5), np.float32(1.5)])
def test_scalars(x):
    y, J = Tanh().linearize(x)
    assert np.shape(y) == ()
    assert J.shape == (1, 1)
    assert_close((1.0 @ J)[0], 1 - np.tanh(1.5) ** 2, 1e-6, "the slope")
    assert (1.0 @ J)[0].dtype == (np.float32 if isinstance(x, np.float32) else np.float64)
    assert np.shape(J @ np.ones((4,))) == (4,)  # four tangents


# ---- Memory --------------------------------------------------------------------------------------


def test_views_of_every_kind():
    """Slices, transposed and reversed arrays give what their contiguous copies give."""
    W, b, x = numbers(6, 4)[::-2, ::2], numbers(6)[::2], numbers(2, 10).T[::2][:, ::-1]
    assert not any(a.flags.c_contiguous for a in (W, b, x))
    y, J = Linear().linearize(W, b, x)
    y_c, J_c = Linear().linearize(*(a.copy() for a in (W, b, x)))
    assert_close(y, y_c, 1e-15, "the value")
    u, v = numbers(3, 10).T[::-2], (W[::-1], b[::-1], x[:, ::-1])
    assert not u.flags.c_contiguous
    assert_close(u @ J, u.copy() @ J_c, 1e-14, "pulled")
    assert_close(J @ v, J_c @ tuple(a.copy() for a in v), 1e-14, "pushed")


def test_shapes_may_be_lists():
    v = numbers(2, 3)
    for J in (Identity([2, 3], [6]), Zero([2, 3], [4]), Permute([2, 3], [1, 0])):
        assert (J @ v).shape == J.shape_out
    for J in (Copy([3], [2, 3]), Gather([2, 0], [3]), Dense(numbers(2, 3), [3], [2])):
        assert (J @ v[0]).shape == J.shape_out


def test_values_to_look_at_are_copies():
    x = numbers(3)
    net = Network(lambda x: Reshape((3, 1))(x) * np.array([2.0]))
    values = net.values(x)
    for a in values.values():
        a[...] = 0.0
    assert_identical(x, numbers(3), "the argument")
    assert_identical(net(x), 2 * numbers(3).reshape(3, 1), "the network")


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_matrices_are_read_as_arrays():
    """np.matrix has another *: it would silently multiply matrices."""
    A, B = np.matrix([[1.0, 2.0, 3.0]]), np.matrix([[4.0, 5.0, 6.0]])
    y, J = Multiply().linearize(A, B)
    assert type(y) is np.ndarray
    assert_identical(y, np.array([[4.0, 10.0, 18.0]]), "entry by entry")
    assert_identical((np.matrix([[1.0, 1.0, 1.0]]) @ J)[0], np.asarray(B), "pulled")
    assert_identical(Dense(A) @ np.array([1.0, 1.0, 1.0]), np.array([6.0]), "a Dense matrix")


def test_memory_of_other_objects_is_not_handed_out():
    numbers_of_python = array.array("d", [1.0, 2.0, 3.0])
    for result in (
        Identity((3,)) @ numbers_of_python,
        numbers_of_python @ Identity((3,)),
        Reshape((3, 1))(numbers_of_python),
        Identity((3,)) @ memoryview(numbers_of_python),
        Reshape((3, 1))(memoryview(numbers_of_python)),
    ):
        result[...] = 9.0
    assert list(numbers_of_python) == [1.0, 2.0, 3.0]


def test_what_a_network_returns_is_not_what_it_keeps():
    constant = np.array([1.0, 2.0])
    net = Network(lambda x: (x, constant, Reshape((2, 1))(x), x))
    x = np.array([5.0, 6.0])
    for y in (net(x), net.linearize(x)[0], adlab.jvp(net, (x,), (x,))[0]):
        for part in y:
            part[...] = 0.0
    assert_identical(net(x)[1], np.array([1.0, 2.0]), "the constant")
    assert_identical(x, np.array([5.0, 6.0]), "the argument")
    assert_identical(constant, np.array([1.0, 2.0]), "the array that became a constant")


def test_nested_tuples_are_added_entry_by_entry():
    """Rows of Rows take tuples of tuples: + would join tuples instead of adding."""
    inner = Row(Dense(numbers(3, 2)), Identity((3,)))
    K = Row(inner, Dense(numbers(3, 1)))
    two = Column(K, 3 * K)
    u = numbers(3), numbers(3, seed=1)
    flat_K = np.hstack([numbers(3, 2), np.eye(3), numbers(3, 1)])
    assert_close(flat(u @ two), (u[0] + 3 * u[1]) @ flat_K, 1e-14, "pulled")
    assert_close(flat(u[0] @ (-2 * K)), -2 * u[0] @ flat_K, 1e-14, "scaled")


def test_rows_of_one_block_multiply_as_their_block():
    """y, J = layer.linearize(a) gives a Row; J2 @ J1 and 1.0 @ F @ J2 are the chain rule for it."""
    a = numbers(3)
    y1, J1 = Tanh().linearize(a)
    y2, J2 = adlab.Sin().linearize(y1)
    _, F = HalfSquare(np.zeros(3)).linearize(y2)
    wanted = F[0].dense() @ J2[0].dense() @ J1[0].dense()
    assert_close((F @ J2 @ J1).dense(), wanted, 1e-14, "the product")
    assert_close((1.0 @ F @ J2 @ J1)[0][None], wanted, 1e-14, "pulled step by step")
    one = Identity((1,))
    for u in ((np.array([2.0]),), (np.float64(2.0),), (2.0,), [2.0]):
        assert_identical(u @ one, np.array([2.0]), "a vector of one number")
    net = Network(lambda x: adlab.Sin()(x))
    assert_close((net.linearize(y1)[1] @ J1).dense(), (J2 @ J1).dense(), 1e-14, "a network's")


def test_losses_take_one_example_or_many():
    a = numbers(2, 3, 4)
    l, J = SoftmaxCrossEntropy(np.array([[0, 1, 2], [3, 0, 1]])).linearize(a)
    labels = [0, 1, 2, 3, 0, 1]
    rows = zip(labels, a.reshape(6, 4), strict=True)
    losses = [SoftmaxCrossEntropy(k)(row) for k, row in rows]
    assert_close(l, np.mean(losses), 1e-14, "the mean over examples")
    assert_close((1.0 @ J)[0].sum(-1), np.zeros((2, 3)), 1e-15, "each gradient sums to 0")
