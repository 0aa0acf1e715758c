"""The networks of the measurements. Each is written three times, for three kinds of reader:

- `layers(*x)`    of adlab's layers, recorded as a Network;
- `formula(n, *x)`  in NumPy's words, `n` is numpy, autograd.numpy, mygrad, jax.numpy or torch;
- `by_hand(*x)`   value and gradient in plain NumPy, as one writes it who knows the chain rule:
                  one product per layer and gradient, new arrays, no tricks.

`jvp_by_hand` and `hvp_by_hand` are the same for a tangent v; `products` are the matrix products
of value and gradient alone, into memory that exists: no program is faster than that.

The data are constants, the parameters arguments. All numbers are float64.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from adlab import Add, Concatenate, HalfSquare, Linear, MatMul, Scale, Sin, Softmax, Tanh, Transpose


@dataclass
class Case:
    """A network at a point."""

    name: str
    args: tuple
    layers: Any
    formula: Any
    by_hand: Any
    products: Any = None
    jvp_by_hand: Any = None
    hvp_by_hand: Any = None
    data: tuple = ()


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def parameters(*sizes):
    """W1, b1, W2, b2, ...: each W scaled so that values neither grow nor fade."""
    found = []
    for k, (n, m) in enumerate(pairwise(sizes)):
        found += [random(m, n, seed=k) / np.sqrt(n), random(m, seed=k) / 4]
    return tuple(found)


def pairs(x):
    return list(zip(x[::2], x[1::2], strict=True))


# ---- Layers one after the other ------------------------------------------------------------------


def chain(name, depth, width, batch=None):
    """a_k = tanh(W_k a_{k-1} + b_k),   l = ½ ‖a_L - t‖² / batch. Without a batch: one vector."""
    shape = (width,) if batch is None else (batch, width)
    x, t, n = random(*shape, seed=97), random(*shape, seed=98), batch or 1
    args = parameters(*[width] * (depth + 1))

    def layers(*p):
        a = x
        for W, b in pairs(p):
            a = Tanh()(Linear()(W, b, a))
        return HalfSquare(t)(a)

    def formula(np, *p):
        a = like(np, x)
        for W, b in pairs(p):
            a = np.tanh(a @ W.T + b)
        return 0.5 * np.sum((a - like(np, t)) ** 2) / n

    def by_hand(*p):
        a = [x]
        for W, b in pairs(p):
            a.append(np.tanh(a[-1] @ W.T + b))
        r = a.pop() - t
        l, y = 0.5 * np.sum(r * r) / n, r + t
        bar, bars = r / n, []
        for W, _ in reversed(pairs(p)):
            z = bar * (1 - y * y)  # cotangent of W a + b
            y = a.pop()
            bars += [z, np.outer(z, y)] if batch is None else [z.sum(0), z.T @ y]
            if a:
                bar = z @ W
        return l, tuple(bars[::-1])

    def jvp_by_hand(p, v):
        a, da = x, None
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            dz = a @ dW.T + db if da is None else a @ dW.T + da @ W.T + db
            a = np.tanh(a @ W.T + b)
            da = (1 - a * a) * dz
        r = a - t
        return 0.5 * np.sum(r * r) / n, np.sum(r * da) / n

    def hvp_by_hand(p, v):
        """The tangent of each line of by_hand."""
        a, da = [x], [None]
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            dz = a[-1] @ dW.T + db if da[-1] is None else a[-1] @ dW.T + da[-1] @ W.T + db
            a.append(np.tanh(a[-1] @ W.T + b))
            da.append((1 - a[-1] * a[-1]) * dz)
        y, dy = a.pop(), da.pop()
        bar, dbar, dbars = (y - t) / n, dy / n, []
        for (W, _), (dW, _) in zip(reversed(pairs(p)), reversed(pairs(v)), strict=True):
            s = 1 - y * y
            z, dz = bar * s, dbar * s - 2 * bar * y * dy
            y, dy = a.pop(), da.pop()
            if batch is None:
                dW_bar = np.outer(dz, y)
                dbars += [dz, dW_bar if dy is None else dW_bar + np.outer(z, dy)]
            else:
                dW_bar = dz.T @ y
                dbars += [dz.sum(0), dW_bar if dy is None else dW_bar + z.T @ dy]
            if a:
                bar, dbar = z @ W, dz @ W + z @ dW
        return tuple(dbars[::-1])

    rows, bars = random(batch or 1, width), random(batch or 1, width, seed=1)
    out = np.empty((batch or 1, width))
    squares = [np.empty((width, width)) for _ in range(depth)]

    def products(*p):
        for W, _ in pairs(p):
            np.dot(rows, W.T, out)
        for k, (W, _) in enumerate(pairs(p)):
            np.dot(bars.T, rows, squares[k])  # A.T @ A would be another routine
            if k:
                np.dot(bars, W, out)

    by = jvp_by_hand, hvp_by_hand, (x, t)
    return Case(name, args, layers, formula, by_hand, products, *by)


# ---- Branches ------------------------------------------------------------------------------------


def residual(name, depth, width, batch):
    """a_k = a_{k-1} + tanh(W_k a_{k-1} + b_k)"""
    x, t = random(batch, width, seed=97), random(batch, width, seed=98)
    args = parameters(*[width] * (depth + 1))

    def layers(*p):
        a = x
        for W, b in pairs(p):
            a = a + Tanh()(Linear()(W, b, a))
        return HalfSquare(t)(a)

    def formula(np, *p):
        a = like(np, x)
        for W, b in pairs(p):
            a = a + np.tanh(a @ W.T + b)
        return 0.5 * np.sum((a - like(np, t)) ** 2) / batch

    def by_hand(*p):
        a, y = [x], []
        for W, b in pairs(p):
            y.append(np.tanh(a[-1] @ W.T + b))
            a.append(a[-1] + y[-1])
        r = a.pop() - t
        bar, bars = r / batch, []
        for W, _ in reversed(pairs(p)):
            y_k = y.pop()
            z = bar * (1 - y_k * y_k)
            bars += [z.sum(0), z.T @ a.pop()]
            if a:
                bar = bar + z @ W
        return 0.5 * np.sum(r * r) / batch, tuple(bars[::-1])

    def jvp_by_hand(p, v):
        a, da = x, np.zeros_like(x)
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            y = np.tanh(a @ W.T + b)
            da = da + (1 - y * y) * (a @ dW.T + da @ W.T + db)
            a = a + y
        r = a - t
        return 0.5 * np.sum(r * r) / batch, np.sum(r * da) / batch

    def hvp_by_hand(p, v):
        a, da, y, dy = [x], [np.zeros_like(x)], [], []
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            y.append(np.tanh(a[-1] @ W.T + b))
            dy.append((1 - y[-1] * y[-1]) * (a[-1] @ dW.T + da[-1] @ W.T + db))
            a.append(a[-1] + y[-1])
            da.append(da[-1] + dy[-1])
        bar, dbar, dbars = (a.pop() - t) / batch, da.pop() / batch, []
        for (W, _), (dW, _) in zip(reversed(pairs(p)), reversed(pairs(v)), strict=True):
            y_k, dy_k = y.pop(), dy.pop()
            s = 1 - y_k * y_k
            z, dz = bar * s, dbar * s - 2 * bar * y_k * dy_k
            dbars += [dz.sum(0), dz.T @ a.pop() + z.T @ da.pop()]
            if a:
                bar, dbar = bar + z @ W, dbar + dz @ W + z @ dW
        return tuple(dbars[::-1])

    by = jvp_by_hand, hvp_by_hand
    return Case(name, args, layers, formula, by_hand, None, *by)


def dense(name, nodes, growth, batch):
    """y_k = tanh(W_k [x ; y_1 ; ... ; y_{k-1}] + b_k): each node reads all before it."""
    x, t = random(batch, growth, seed=97), random(batch, growth, seed=98)
    args = ()
    for k in range(nodes):
        args += parameters(growth * (k + 1), growth)

    def layers(*p):
        a = x
        for W, b in pairs(p):
            y = Tanh()(Linear()(W, b, a))
            a = Concatenate()(a, y)
        return HalfSquare(t)(y)

    def formula(np, *p):
        a = like(np, x)
        for W, b in pairs(p):
            y = np.tanh(a @ W.T + b)
            a = np.concatenate((a, y), -1)
        return 0.5 * np.sum((y - like(np, t)) ** 2) / batch

    def by_hand(*p):
        a, y = [x], []
        for W, b in pairs(p):
            y.append(np.tanh(a[-1] @ W.T + b))
            a.append(np.concatenate((a[-1], y[-1]), 1))
        r = y[-1] - t
        bars = []
        y_bar, a_bar = r / batch, np.zeros_like(a[-2])
        for k in range(nodes - 1, -1, -1):
            z = y_bar * (1 - y[k] * y[k])
            bars += [z.sum(0), z.T @ a[k]]
            if k:
                a_bar = a_bar + z @ p[2 * k]
                y_bar, a_bar = a_bar[:, -growth:], a_bar[:, :-growth]
        return 0.5 * np.sum(r * r) / batch, tuple(bars[::-1])

    def jvp_by_hand(p, v):
        a, da = x, np.zeros_like(x)
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            y = np.tanh(a @ W.T + b)
            dy = (1 - y * y) * (a @ dW.T + da @ W.T + db)
            a, da = np.concatenate((a, y), 1), np.concatenate((da, dy), 1)
        r = y - t
        return 0.5 * np.sum(r * r) / batch, np.sum(r * dy) / batch

    def hvp_by_hand(p, v):
        a, da, y, dy = [x], [np.zeros_like(x)], [], []
        for (W, b), (dW, db) in zip(pairs(p), pairs(v), strict=True):
            y.append(np.tanh(a[-1] @ W.T + b))
            dy.append((1 - y[-1] * y[-1]) * (a[-1] @ dW.T + da[-1] @ W.T + db))
            a.append(np.concatenate((a[-1], y[-1]), 1))
            da.append(np.concatenate((da[-1], dy[-1]), 1))
        dbars, a_bar, da_bar = [], np.zeros_like(a[-2]), np.zeros_like(a[-2])
        y_bar, dy_bar = (y[-1] - t) / batch, dy[-1] / batch
        for k in range(nodes - 1, -1, -1):
            s = 1 - y[k] * y[k]
            z, dz = y_bar * s, dy_bar * s - 2 * y_bar * y[k] * dy[k]
            dbars += [dz.sum(0), dz.T @ a[k] + z.T @ da[k]]
            if k:
                a_bar = a_bar + z @ p[2 * k]
                da_bar = da_bar + dz @ p[2 * k] + z @ v[2 * k]
                y_bar, a_bar = a_bar[:, -growth:], a_bar[:, :-growth]
                dy_bar, da_bar = da_bar[:, -growth:], da_bar[:, :-growth]
        return tuple(dbars[::-1])

    by = jvp_by_hand, hvp_by_hand
    return Case(name, args, layers, formula, by_hand, None, *by)


def attention(name, tokens, width):
    """y = softmax(q kᵀ / √n) v O   with q = a Q, k = a K, v = a V"""
    a, t = random(tokens, width, seed=97), random(tokens, width, seed=98)
    args = tuple(random(width, width, seed=k) / np.sqrt(width) for k in range(4))
    c = float(1 / np.sqrt(width))

    def layers(Q, K, V, O):
        scores = Scale(c)(MatMul()(MatMul()(a, Q), Transpose()(MatMul()(a, K))))
        return HalfSquare(t)(MatMul()(MatMul()(Softmax()(scores), MatMul()(a, V)), O))

    def formula(np, Q, K, V, O):
        x = like(np, a)
        s = softmax(np, c * ((x @ Q) @ (x @ K).T))
        return 0.5 * np.sum((s @ (x @ V) @ O - like(np, t)) ** 2) / tokens

    def forward(Q, K, V, O):
        q, k, v = a @ Q, a @ K, a @ V
        s = softmax(np, c * (q @ k.T))
        h = s @ v
        return q, k, v, s, h, h @ O - t

    def by_hand(Q, K, V, O):
        q, k, v, s, h, r = forward(Q, K, V, O)
        y_bar = r / tokens
        O_bar, h_bar = h.T @ y_bar, y_bar @ O.T
        v_bar, s_bar = s.T @ h_bar, h_bar @ v.T
        z = c * (s * (s_bar - (s * s_bar).sum(1, keepdims=True)))
        bars = a.T @ (z @ k), a.T @ (z.T @ q), a.T @ v_bar, O_bar
        return 0.5 * np.sum(r * r) / tokens, bars

    def jvp_by_hand(p, tangents):
        Q, K, V, O = p
        dQ, dK, dV, dO = tangents
        q, k, v, s, h, r = forward(Q, K, V, O)
        dz = c * ((a @ dQ) @ k.T + q @ (a @ dK).T)
        ds = s * (dz - (s * dz).sum(1, keepdims=True))
        dh = ds @ v + s @ (a @ dV)
        return 0.5 * np.sum(r * r) / tokens, np.sum(r * (dh @ O + h @ dO)) / tokens

    def hvp_by_hand(p, tangents):
        """The tangent of each line of by_hand."""
        Q, K, V, O = p
        dQ, dK, dV, dO = tangents
        q, k, v, s, h, r = forward(Q, K, V, O)
        dq, dk, dv = a @ dQ, a @ dK, a @ dV
        dz = c * (dq @ k.T + q @ dk.T)
        ds = s * (dz - (s * dz).sum(1, keepdims=True))
        dh = ds @ v + s @ dv
        y_bar, dy_bar = r / tokens, (dh @ O + h @ dO) / tokens
        h_bar, dh_bar = y_bar @ O.T, dy_bar @ O.T + y_bar @ dO.T
        s_bar, ds_bar = h_bar @ v.T, dh_bar @ v.T + h_bar @ dv.T
        w = s_bar - (s * s_bar).sum(1, keepdims=True)
        dw = ds_bar - (ds * s_bar + s * ds_bar).sum(1, keepdims=True)
        z, dz = c * (s * w), c * (ds * w + s * dw)
        return (
            a.T @ (dz @ k + z @ dk),
            a.T @ (dz.T @ q + z.T @ dq),
            a.T @ (ds.T @ h_bar + s.T @ dh_bar),
            dh.T @ y_bar + h.T @ dy_bar,
        )

    by = jvp_by_hand, hvp_by_hand
    return Case(name, args, layers, formula, by_hand, None, *by)


def ladder(name, rungs, width):
    """x ← tanh(p ⊙ x) + sin(q ⊙ x), again and again: two paths at each rung."""
    args = random(width, seed=1), random(width, seed=2), random(width, seed=3)

    def layers(x, p, q):
        for _ in range(rungs):
            x = Add()(Tanh()(p * x), Sin()(q * x))
        return HalfSquare(np.zeros(width))(x)

    def formula(np, x, p, q):
        for _ in range(rungs):
            x = np.tanh(p * x) + np.sin(q * x)
        return 0.5 * np.sum(x * x)

    def by_hand(x, p, q):
        kept = []
        for _ in range(rungs):
            y, z = np.tanh(p * x), q * x
            kept.append((x, y, z))
            x = y + np.sin(z)
        l, bar = 0.5 * np.sum(x * x), x
        p_bar, q_bar = np.zeros_like(p), np.zeros_like(q)
        for x, y, z in reversed(kept):
            u, w = bar * (1 - y * y), bar * np.cos(z)
            p_bar, q_bar = p_bar + u * x, q_bar + w * x
            bar = u * p + w * q
        return l, (bar, p_bar, q_bar)

    def jvp_by_hand(primals, tangents):
        (x, p, q), (dx, dp, dq) = primals, tangents
        for _ in range(rungs):
            y, z = np.tanh(p * x), q * x
            dx = (1 - y * y) * (dp * x + p * dx) + np.cos(z) * (dq * x + q * dx)
            x = y + np.sin(z)
        return 0.5 * np.sum(x * x), np.sum(x * dx)

    def hvp_by_hand(primals, tangents):
        (x, p, q), (dx, dp, dq) = primals, tangents
        kept = []
        for _ in range(rungs):
            y, z = np.tanh(p * x), q * x
            dy, dz = (1 - y * y) * (dp * x + p * dx), dq * x + q * dx
            kept.append((x, y, z, dx, dy, dz))
            x, dx = y + np.sin(z), dy + np.cos(z) * dz
        bar, dbar = x, dx
        p_dbar, q_dbar = np.zeros_like(p), np.zeros_like(q)
        for x, y, z, dx, dy, dz in reversed(kept):
            s, co = 1 - y * y, np.cos(z)
            u, du = bar * s, dbar * s - 2 * bar * y * dy
            w, dw = bar * co, dbar * co - bar * np.sin(z) * dz
            p_dbar, q_dbar = p_dbar + du * x + u * dx, q_dbar + dw * x + w * dx
            bar, dbar = u * p + w * q, du * p + u * dp + dw * q + w * dq
        return dbar, p_dbar, q_dbar

    by = jvp_by_hand, hvp_by_hand
    return Case(name, args, layers, formula, by_hand, None, *by)


def scalars(name, depth):
    """x ← tanh(x), a number"""

    def layers(x):
        for _ in range(depth):
            x = Tanh()(x)
        return x

    def formula(np, x):
        for _ in range(depth):
            x = np.tanh(x)
        return x

    def by_hand(x):
        kept = []
        for _ in range(depth):
            x = np.tanh(x)
            kept.append(x)
        bar = 1.0
        for y in reversed(kept):
            bar = bar * (1 - y * y)
        return x, (bar,)

    def jvp_by_hand(primals, tangents):
        (x,), (dx,) = primals, tangents
        for _ in range(depth):
            x = np.tanh(x)
            dx = (1 - x * x) * dx
        return x, dx

    def hvp_by_hand(primals, tangents):
        (x,), (dx,), kept = primals, tangents, []
        for _ in range(depth):
            x = np.tanh(x)
            dx = (1 - x * x) * dx
            kept.append((x, dx))
        bar, dbar = 1.0, 0.0
        for y, dy in reversed(kept):
            s = 1 - y * y
            bar, dbar = bar * s, dbar * s - 2 * bar * y * dy
        return (dbar,)

    by = jvp_by_hand, hvp_by_hand
    return Case(name, (np.array(0.7),), layers, formula, by_hand, None, *by)


# ---- Whole Jacobians -----------------------------------------------------------------------------


def wide(name, m, n, hidden=64):
    """y = tanh(W2 tanh(W1 x)): its Jacobian (m, n) in x, by the cheaper order of brackets."""
    W1, W2 = random(hidden, n) / np.sqrt(n), random(m, hidden) / np.sqrt(hidden)
    zeros1, zeros2 = np.zeros(hidden), np.zeros(m)

    def layers(x):
        return Tanh()(Linear()(W2, zeros2, Tanh()(Linear()(W1, zeros1, x))))

    def formula(np, x):
        return np.tanh(like(np, W2) @ np.tanh(like(np, W1) @ x))

    def by_hand(x):
        y1 = np.tanh(W1 @ x)
        y2 = np.tanh(W2 @ y1)
        left = (1 - y2 * y2)[:, None] * W2 * (1 - y1 * y1)  # (m, hidden)
        return y2, left @ W1

    return Case(name, (random(n),), layers, formula, by_hand)


# ---- Where the words differ ----------------------------------------------------------------------


def like(np, a):
    """The array as the library `np` holds constants."""
    return np.asarray(a)


def softmax(np, a):
    if hasattr(np, "softmax"):
        return np.softmax(a)
    e = np.exp(a - np.max(a, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


MAKERS = {
    "mlp-3x8": lambda name: chain(name, 3, 8),
    "mlp-3x64": lambda name: chain(name, 3, 64, 32),
    "mlp-4x512": lambda name: chain(name, 4, 512, 128),
    "mlp-4x2048": lambda name: chain(name, 4, 2048, 128),
    "chain-100": lambda name: chain(name, 100, 16),
    "chain-1000": lambda name: chain(name, 1000, 16),
    "chain-10000": lambda name: chain(name, 10_000, 16),
    "chain-100000": lambda name: chain(name, 100_000, 16),
    "residual-50": lambda name: residual(name, 50, 32, 8),
    "dense-20": lambda name: dense(name, 20, 8, 8),
    "dense-20-alone": lambda name: dense(name, 20, 8, 1),
    "attention-32x64": lambda name: attention(name, 32, 64),
    "ladder-30": lambda name: ladder(name, 30, 16),
    "ladder-60": lambda name: ladder(name, 60, 16),
    "scalars-1000": lambda name: scalars(name, 1000),
    "jacobian-64x64": lambda name: wide(name, 64, 64),
    "jacobian-8x512": lambda name: wide(name, 8, 512),
    "jacobian-512x8": lambda name: wide(name, 512, 8),
}


def case(name):
    """The network of this name, made now: some are large."""
    return MAKERS[name](name)
