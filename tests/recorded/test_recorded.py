"""The networks of record.py, made of adlab's layers, against the numbers that JAX gave for them."""

from pathlib import Path

import numpy as np
import pytest

import adlab
from adlab import (
    GELU,
    Add,
    Concatenate,
    Conv1D,
    Conv2D,
    Cos,
    Embedding,
    Exp,
    HalfSquare,
    LayerNorm,
    Linear,
    Log,
    LogSumExp,
    MatMul,
    MaxPool,
    Mean,
    Multiply,
    ReLU,
    Reshape,
    Scale,
    Sigmoid,
    Sin,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Sum,
    Tanh,
    Transpose,
)

FILE = Path(__file__).parent / "jax.npz"
NETWORKS = {}


def network(function):
    NETWORKS[function.__name__] = function
    return function


def attention(Q, K, V, size, mask=None):
    scores = (Q @ Transpose()(K)) * (1 / np.sqrt(size))
    if mask is not None:
        scores = scores + mask
    return Softmax()(scores) @ V


def causal(*shape):
    return np.broadcast_to(np.where(np.tri(shape[-1], dtype=bool), 0.0, -np.inf), shape)


@network
def mlp_tanh(W1, b1, W2, b2, W3, b3, a):
    y = Tanh()(Linear()(W2, b2, Tanh()(Linear()(W1, b1, a))))
    return HalfSquare(np.array([0.5, -1.0]))(Linear()(W3, b3, y))


@network
def mlp_relu_batch(W1, b1, W2, b2, a):
    y = ReLU()(Linear()(W1, b1, a))
    return SoftmaxCrossEntropy([0, 3, 1, 1, 2, 0])(Linear()(W2, b2, y))


@network
def mlp_gelu_softplus(W1, b1, W2, b2, a):
    y = GELU()(Linear()(W1, b1, a))
    return Mean()(Softplus()(Linear()(W2, b2, y)))


@network
def sigmoid_sin_cos(W, b, a):
    y = Linear()(W, b, a)
    return Sum()(Sigmoid()(y) * Sin()(y) + Cos()(y))


@network
def residual(W1, b1, W2, b2, a):
    y = a + Tanh()(Linear()(W1, b1, a))
    y = y + Tanh()(Linear()(W2, b2, y))
    return HalfSquare(np.ones((4, 3)))(y)


@network
def densely_connected(W1, b1, W2, b2, W3, b3, a):
    y1 = Concatenate()(a, Tanh()(Linear()(W1, b1, a)))
    y2 = Concatenate()(y1, Tanh()(Linear()(W2, b2, y1)))
    return Sum()(Sin()(Linear()(W3, b3, y2)))


@network
def gated_linear_unit(W, b, V, c, a):
    return Mean()(Linear()(W, b, a) * Sigmoid()(Linear()(V, c, a)))


@network
def attention_plain(Q, K, V):
    return attention(Q, K, V, 3)


@network
def attention_batched_causal(Q, K, V):
    return Sum()(Sin()(attention(Q, K, V, 5, causal(2, 3, 4, 4))))


@network
def transformer_block(g1, h1, Q, K, V, g2, h2, W1, b1, W2, b2, a):
    z = LayerNorm()(g1, h1, a)
    a = a + attention(z @ Q, z @ K, z @ V, 6, causal(4, 4))
    z = LayerNorm()(g2, h2, a)
    return a + Linear()(W2, b2, GELU()(Linear()(W1, b1, z)))


@network
def layer_norm_batch(gain, bias, a):
    return Sum()(Tanh()(LayerNorm()(gain, bias, a)))


@network
def conv_1d_and_pool(K, b, W, c, a):
    y = Reshape((2, 12))(MaxPool(2)(Tanh()(Conv1D()(K, b, a))))
    return SoftmaxCrossEntropy([3, 1])(Linear()(W, c, y))


@network
def conv_2d_and_pool(K1, b1, K2, b2, W, c, a):
    y = MaxPool(1, 2)(ReLU()(Conv2D()(K1, b1, a)))
    y = MaxPool(2, 1)(Tanh()(Conv2D()(K2, b2, y)))  # (2, 3, 2, 3): the first row is taken
    first = Reshape((2, 3, 1, 3))(MatMul()(np.broadcast_to([[1.0, 0.0]], (2, 3, 1, 2)), y))
    return SoftmaxCrossEntropy([0, 2])(Linear()(W, c, Reshape((2, 9))(first)))


@network
def embedding_bag(table, W, b):
    y = Mean(1)(Embedding([[4, 1, 1, 0], [5, 4, 2, 1]])(table))
    return SoftmaxCrossEntropy([1, 0])(Linear()(W, b, y))


@network
def recurrent(U, W, b, h, xs):
    total = 0.0
    rows = Reshape((5, 6))(xs)
    for k in range(5):
        x = Reshape((2, 3))(MatMul()(np.eye(5)[[k]], rows))
        h = Tanh()(Linear()(U, b, x) + h @ Transpose()(W))
        total = total + Sum()(h * h)
    return total


@network
def recurrent_gated(W, b, V, c, h, x1, x2, x3):
    for x in (x1, x2, x3):
        both = Concatenate()(h, x)
        gate = Sigmoid()(Linear()(W, b, both))
        h = gate * h + (1 - gate) * Tanh()(Linear()(V, c, both))
    return h


@network
def scalar_chain(x, y):
    for k in range(1, 6):
        x = Sin()(Exp()(0.3 * x) + y / k)
    return Log()(2 + x) ** 2.5


@network
def several_results(W, b, a):
    y = Tanh()(Linear()(W, b, a))
    outer = MatMul()(Reshape((3, 1))(y), Reshape((1, 2))(a))
    return y, Sum()(y * y), outer, a


@network
def cross_entropy_of_large_logits(a):
    return SoftmaxCrossEntropy([0, 0, 1])(a)


@network
def log_sum_exp_and_softmax_of_large_logits(a):
    return LogSumExp()(a), Softmax()(a), Sigmoid()(a), Softplus()(a)


@network
def ladder(x, w):
    for _ in range(12):
        x = Sin()(w * x) * Cos()(x) + x
    return Sum()(x)


@network
def reshaped_and_transposed(A, B, C):
    y = Reshape((4, 6))(Transpose((2, 0, 1))(A))
    z = Reshape((3, 4))(MatMul()(Transpose()(B), y))
    return Transpose()(z) @ C


@network
def broadcasting(A, b, c, d):
    return Mean(0)(Exp()(A * b + c) * d + b * c)


@network
def cosine_similarity(a, b):
    return Sum()(a * b) * (Sum()(a * a) * Sum()(b * b)) ** -0.5


@network
def autoencoder_with_tied_weights(W, b, c, a):
    y = Tanh()(Linear()(W, b, a))
    decoded = Linear()(Transpose()(W), c, y)
    return Add()(HalfSquare(np.zeros((5, 4)))(decoded), Scale(0.01)(Sum()(Multiply()(W, W))))


@network
def mlp_in_float32(W1, b1, W2, b2, a):
    return mlp_relu_batch(W1, b1, W2, b2, a)


@network
def attention_in_float32(g, h, Q, K, V, a):
    z = LayerNorm()(g, h, a)
    return Sum()((a + attention(z @ Q, z @ K, z @ V, 6)) ** 2)


def recorded(name, role):
    with np.load(FILE) as file:
        count = sum(key.startswith(f"{name}/{role}/") for key in file)
        return tuple(file[f"{name}/{role}/{i}"] for i in range(count))


def as_tuple(y):
    return y if isinstance(y, tuple) else (y,)


def compare(found, wanted, dtype, what):
    """Entries agree to 1e-10 of the largest (1e-5 in float32), their shapes and types too."""
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    for k, (a, b) in enumerate(zip(as_tuple(found), wanted, strict=True)):
        assert np.shape(a) == b.shape, f"{what} {k}"
        assert np.asarray(a).dtype == dtype, f"{what} {k}"
        error, scale = np.max(np.abs(a - b)), np.max(np.abs(b))
        assert error <= tolerance * scale, f"{what} {k}: {error:.1e} at size {scale:.1e}"


def test_the_same_networks_stand_in_both_files():
    with np.load(FILE) as file:
        names = {key.split("/")[0] for key in file if "/" in key}
        assert str(file["made with"]).startswith("jax ")
    assert names == set(NETWORKS)
    assert len(names) >= 20
    assert FILE.stat().st_size < 300_000


@pytest.mark.parametrize("name", NETWORKS)
def test_results_vjp_and_jvp_are_those_of_jax(name):
    net = adlab.Network(NETWORKS[name])
    args, tangents = recorded(name, "argument"), recorded(name, "tangent")
    cotangents = recorded(name, "cotangent")
    dtype = args[0].dtype
    assert dtype == (np.float32 if "float32" in name else np.float64)
    y, J = net.linearize(*args)
    compare(y, recorded(name, "result"), dtype, "result")
    u = cotangents if net.several else cotangents[0]
    compare(u @ J, recorded(name, "vjp"), dtype, "vjp of argument")
    compare(J @ tangents, recorded(name, "jvp"), dtype, "jvp of result")
    compare(adlab.jvp(net, args, tangents)[1], recorded(name, "jvp"), dtype, "adlab.jvp")
    _, pullback = adlab.vjp(net, *args)
    compare(pullback(u), recorded(name, "vjp"), dtype, "adlab.vjp")
