"""Records what JAX says of the networks below: run it with JAX installed to write jax.npz anew.

    python tests/recorded/record.py

For each network: the arguments, a cotangent for each result and a tangent for each argument (all
stored as numbers, so that nothing depends on a random generator), and from JAX, in float64, the
results, the VJP and the JVP. The tests build the same networks of adlab's layers and compare;
neither the tests nor adlab need JAX.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

NETWORKS = {}


def network(*shapes, scale=0.7, dtype=np.float64):
    """Register a function with the shapes of its arguments (or with the arguments themselves)."""

    def register(function):
        NETWORKS[function.__name__] = (function, shapes, scale, dtype)
        return function

    return register


def half_square(a, t):
    return 0.5 * jnp.sum((a - t) ** 2) / max(1, np.prod(a.shape[:-1]))


def cross_entropy(a, labels):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(a), np.array(labels)[..., None], -1)
    return -jnp.mean(chosen)


def layer_norm(gain, bias, a, epsilon=1e-5):
    mean, variance = a.mean(-1, keepdims=True), a.var(-1, keepdims=True)
    return gain * (a - mean) / jnp.sqrt(variance + epsilon) + bias


def conv(K, b, a):
    """Batches of one or two axes, no padding, steps of 1."""
    axes = K.ndim - 2
    y = jax.lax.conv_general_dilated(a, K, (1,) * axes, "VALID")
    return y + b.reshape(-1, *(1,) * axes)


def max_pool(a, *window):
    full = (1,) * (a.ndim - len(window)) + window
    return jax.lax.reduce_window(a, -jnp.inf, jax.lax.max, full, full, "VALID")


def attention(Q, K, V, mask=0.0):
    scores = Q @ jnp.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return jax.nn.softmax(scores + mask) @ V


def causal(n):
    return np.where(np.tri(n, dtype=bool), 0.0, -np.inf)


@network((5, 3), (5,), (4, 5), (4,), (2, 4), (2,), (3,))
def mlp_tanh(W1, b1, W2, b2, W3, b3, a):
    y = jnp.tanh(W2 @ jnp.tanh(W1 @ a + b1) + b2)
    return half_square(W3 @ y + b3, np.array([0.5, -1.0]))


@network((5, 3), (5,), (4, 5), (4,), (6, 3))
def mlp_relu_batch(W1, b1, W2, b2, a):
    y = jax.nn.relu(a @ W1.T + b1)
    return cross_entropy(y @ W2.T + b2, [0, 3, 1, 1, 2, 0])


@network((4, 3), (4,), (5, 4), (5,), (2, 3))
def mlp_gelu_softplus(W1, b1, W2, b2, a):
    y = jax.nn.gelu(a @ W1.T + b1, approximate=True)
    return jnp.mean(jax.nn.softplus(y @ W2.T + b2))


@network((3, 2), (3,), (2,))
def sigmoid_sin_cos(W, b, a):
    y = W @ a + b
    return jnp.sum(jax.nn.sigmoid(y) * jnp.sin(y) + jnp.cos(y))


@network((3, 3), (3,), (3, 3), (3,), (4, 3))
def residual(W1, b1, W2, b2, a):
    y = a + jnp.tanh(a @ W1.T + b1)
    y = y + jnp.tanh(y @ W2.T + b2)
    return half_square(y, np.ones((4, 3)))


@network((2, 3), (2,), (2, 5), (2,), (2, 7), (2,), (3,))
def densely_connected(W1, b1, W2, b2, W3, b3, a):
    y0 = a
    y1 = jnp.concatenate([y0, jnp.tanh(W1 @ y0 + b1)])
    y2 = jnp.concatenate([y1, jnp.tanh(W2 @ y1 + b2)])
    return jnp.sum(jnp.sin(W3 @ y2 + b3))


@network((4, 3), (4,), (4, 3), (4,), (2, 3))
def gated_linear_unit(W, b, V, c, a):
    return jnp.mean((a @ W.T + b) * jax.nn.sigmoid(a @ V.T + c))


@network((4, 3), (5, 3), (5, 2))
def attention_plain(Q, K, V):
    return attention(Q, K, V)


@network((2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 6))
def attention_batched_causal(Q, K, V):
    return jnp.sum(jnp.sin(attention(Q, K, V, causal(4))))


@network((6,), (6,), (6, 6), (6, 6), (6, 6), (6,), (6,), (8, 6), (8,), (6, 8), (6,), (4, 6))
def transformer_block(g1, h1, Q, K, V, g2, h2, W1, b1, W2, b2, a):
    z = layer_norm(g1, h1, a)
    a = a + attention(z @ Q, z @ K, z @ V, causal(4))
    z = layer_norm(g2, h2, a)
    return a + jax.nn.gelu(z @ W1.T + b1) @ W2.T + b2


@network((5,), (5,), (3, 5))
def layer_norm_batch(gain, bias, a):
    return jnp.sum(jnp.tanh(layer_norm(gain, bias, a)))


@network((3, 2, 3), (3,), (4, 12), (4,), (2, 2, 10))
def conv_1d_and_pool(K, b, W, c, a):
    y = max_pool(jnp.tanh(conv(K, b, a)), 2).reshape(2, 12)
    return cross_entropy(y @ W.T + c, [3, 1])


@network((2, 1, 3, 2), (2,), (3, 2, 2, 2), (3,), (4, 9), (4,), (2, 1, 7, 9))
def conv_2d_and_pool(K1, b1, K2, b2, W, c, a):
    y = max_pool(jax.nn.relu(conv(K1, b1, a)), 1, 2)
    y = max_pool(jnp.tanh(conv(K2, b2, y)), 2, 1)[:, :, :1].reshape(2, 9)
    return cross_entropy(y @ W.T + c, [0, 2])


@network((6, 3), (2, 3), (2,))
def embedding_bag(table, W, b):
    y = table[np.array([[4, 1, 1, 0], [5, 4, 2, 1]])].mean(1)
    return cross_entropy(y @ W.T + b, [1, 0])


@network((4, 3), (4, 4), (4,), (2, 4), (5, 2, 3))
def recurrent(U, W, b, h, xs):
    total = 0.0
    for x in xs:
        h = jnp.tanh(x @ U.T + h @ W.T + b)
        total = total + jnp.sum(h * h)
    return total


@network((3, 5), (3,), (3, 5), (3,), (3,), (2,), (2,), (2,))
def recurrent_gated(W, b, V, c, h, x1, x2, x3):
    for x in (x1, x2, x3):
        both = jnp.concatenate([h, x])
        gate = jax.nn.sigmoid(W @ both + b)
        h = gate * h + (1 - gate) * jnp.tanh(V @ both + c)
    return h


@network((), ())
def scalar_chain(x, y):
    for k in range(1, 6):
        x = jnp.sin(jnp.exp(0.3 * x) + y / k)
    return jnp.log(2 + x) ** 2.5


@network((3, 2), (3,), (2,))
def several_results(W, b, a):
    y = jnp.tanh(W @ a + b)
    return y, jnp.sum(y * y), jnp.outer(y, a), a


@network(np.array([[1000.0, -1000.0, 999.0], [-1000.0, 1000.0, 0.5], [1000.0, 1000.0, -1000.0]]))
def cross_entropy_of_large_logits(a):
    return cross_entropy(a, [0, 0, 1])


@network(np.array([[1000.0, 999.0, -1000.0, 998.5], [-1000.0, -1000.5, -999.0, -1002.0]]))
def log_sum_exp_and_softmax_of_large_logits(a):
    return jax.nn.logsumexp(a, -1), jax.nn.softmax(a), jax.nn.sigmoid(a), jax.nn.softplus(a)


@network((2,), (2,))
def ladder(x, w):
    for _ in range(12):
        left, right = jnp.sin(w * x), jnp.cos(x)
        x = left * right + x
    return jnp.sum(x)


@network((2, 3, 4), (4, 2), (3, 2))
def reshaped_and_transposed(A, B, C):
    y = jnp.transpose(A, (2, 0, 1)).reshape(4, 6)
    z = (B.T @ y).reshape(3, 4)
    return jnp.swapaxes(z, 0, 1) @ C


@network((2, 3), (3,), (2, 1), ())
def broadcasting(A, b, c, d):
    return jnp.mean(jnp.exp(A * b + c) * d + b * c, axis=0)


@network((4,), (4,))
def cosine_similarity(a, b):
    return jnp.sum(a * b) * (jnp.sum(a * a) * jnp.sum(b * b)) ** -0.5


@network((3, 4), (3,), (4,), (5, 4))
def autoencoder_with_tied_weights(W, b, c, a):
    y = jnp.tanh(a @ W.T + b)
    return half_square(y @ W + c, np.zeros((5, 4))) + 0.01 * jnp.sum(W**2)


@network((5, 3), (5,), (4, 5), (4,), (6, 3), dtype=np.float32)
def mlp_in_float32(W1, b1, W2, b2, a):
    return mlp_relu_batch(W1, b1, W2, b2, a)


@network((6,), (6,), (6, 6), (6, 6), (6, 6), (4, 6), dtype=np.float32)
def attention_in_float32(g, h, Q, K, V, a):
    z = layer_norm(g, h, a)
    return jnp.sum((a + attention(z @ Q, z @ K, z @ V)) ** 2)


def as_tuple(y):
    return y if isinstance(y, tuple) else (y,)


def record(name, function, shapes, scale, dtype):
    """All numbers of one network, under name/role/index."""
    rng = np.random.default_rng(sum(map(ord, name)))

    def numbers(shape):
        return (scale * rng.normal(size=shape)).astype(dtype)

    args = [s if isinstance(s, np.ndarray) else numbers(s) for s in shapes]
    tangents = [numbers(a.shape) for a in args]
    wide = [jnp.asarray(a, jnp.float64) for a in args]
    y, pullback = jax.vjp(function, *wide)
    cotangents = [numbers(r.shape) for r in as_tuple(y)]
    u = tuple(jnp.asarray(c, jnp.float64) for c in cotangents)
    bars = pullback(u if isinstance(y, tuple) else u[0])
    v = tuple(jnp.asarray(t, jnp.float64) for t in tangents)
    _, y_dot = jax.jvp(function, tuple(wide), v)
    found = {
        "argument": args,
        "tangent": tangents,
        "cotangent": cotangents,
        "result": as_tuple(y),
        "vjp": bars,
        "jvp": as_tuple(y_dot),
    }
    return {
        f"{name}/{role}/{i}": np.asarray(a)
        for role, several in found.items()
        for i, a in enumerate(several)
    }


if __name__ == "__main__":
    arrays = {}
    for name, (function, *settings) in NETWORKS.items():
        arrays |= record(name, function, *settings)
        assert all(np.all(np.isfinite(a)) for a in arrays.values()), name
    arrays["made with"] = np.array(f"jax {jax.__version__}, numpy {np.__version__}, float64")
    np.savez_compressed(Path(__file__).parent / "jax.npz", **arrays)
    print(f"{len(NETWORKS)} networks, {arrays['made with']}")
