"""Layers: functions of arrays that know their Jacobians.

    y    = g(*args)              the value
    y, J = g.linearize(*args)    the value and its Jacobian, a Row with one block per argument

A layer states its formula once as a value and once as a structured Jacobian, line under line.
How to push and how to pull is the business of the kinds of Jacobian, so JVP and VJP of a layer
are two readings of one rule and can't drift apart.

Parameters x and inputs y are arguments alike. All arrays are floats; float32 stays float32.
Every layer takes a batch as well as one example, with the examples along the leading axes.
"""

import inspect
from functools import cache
from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from adlab.jacobians import (
    Copy,
    Covector,
    Dense,
    Diagonal,
    Gather,
    Identity,
    Kronecker,
    Permute,
    Row,
)
from adlab.kinds import Part
from adlab.signatures import check_shapes
from adlab.vectors import alike, floats, own


class Layer:
    """A differentiable function g of one or more arrays.

    A new layer says `value(*args)`, and `jacobians(y, *args)`: a tuple with one Jacobian for each
    argument, at that point. `signature` tells the shapes it takes; where letters can't,
    `check(*args)` is overridden and raises.
    """

    signature = None

    def value(self, *args):
        raise NotImplementedError

    def jacobians(self, y, *args):
        raise NotImplementedError

    def check(self, *args):
        """Raise a ValueError if the shapes of the arguments do not fit."""
        if self.signature:
            shapes = tuple([a.shape for a in args])
            check_shapes(self.signature, self.name, argument_names(type(self), len(args)), shapes)

    def __call__(self, *args):
        """The value g(*args), or, while a Network is being recorded, a new equation."""
        for a in args:
            if hasattr(type(a), "record"):
                return a.record(self, args)
        args = self.arguments(args)
        return own(self.value(*args), args)

    def linearize(self, *args):
        """(y, J): the value and the Row of its Jacobians at args.

        J reads `args`: do not change them in place while you use it.
        """
        args = self.arguments(args)
        y, J = self.rule(*args)
        return (y if isinstance(y, np.floating) else own(y, args, J.held())), J

    def rule(self, *args):
        """`linearize` for arguments that have been checked, of which nothing is copied."""
        y = self.value(*args)
        blocks = self.jacobians(y, *args)
        if not isinstance(blocks, tuple) or len(blocks) != len(args):
            raise TypeError(
                f"{self.name}.jacobians must return a tuple, one Jacobian for each of "
                f"{len(args)} argument(s); it returned {blocks!r}"
            )
        for J in blocks:
            if J.dtype is None:  # it only moves numbers, and these are of the type of y
                J.dtype = np.result_type(y)
        return y, Row(*blocks, name=self.name)

    def pushforward(self, args, V):
        """(y, y_dot) at checked args, for k tangents V along leading axes; None does not move."""
        y, J = self.rule(*args)
        return y, J.push(V)

    def arguments(self, args):
        """The arguments as arrays of floats, checked: how many, of what type, of which shapes."""
        names = self.names_of(len(args))
        arrays = [
            floats(a, f"argument {name} of {self.name}")
            for name, a in zip(names, args, strict=True)
        ]
        arrays = alike(arrays, args)
        self.check(*arrays)
        return arrays

    def names_of(self, given):
        """The names of the arguments; a TypeError if this many can't be taken."""
        return argument_names(type(self), given)

    @property
    def name(self):
        return type(self).__name__

    def written(self, names):
        """The call, as an equation shows it: `Linear(W, b, x)`, `Scale(c=0.5)(y1)`."""
        return f"{repr(self) if vars(self) else self.name}({', '.join(names)})"

    def __repr__(self):
        settings = ", ".join(f"{k}={show(v)}" for k, v in vars(self).items())
        return f"{self.name}({settings})"


def show(x):
    """A setting in one short word."""
    return f"array of shape {x.shape}" if isinstance(x, np.ndarray) and x.ndim else repr(x)


@cache
def argument_names(kind, given):
    """The names of a layer's arguments, as its formula calls them; a TypeError if not `given`."""
    parameters = list(inspect.signature(kind.value).parameters.values())[1:]
    names = [p.name for p in parameters]
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL:
        names = [f"{names[-1]}{i}" for i in range(1, given + 1)]
    if given != len(names) or not names:
        wanted = f"{len(names)} argument{'s' * (len(names) != 1)} ({', '.join(names)})"
        raise TypeError(f"{kind.__name__} takes {wanted if names else 'arguments'}, got {given}")
    return tuple(names)


# ---- Affine ---------------------------------------------------------------------------------


class Linear(Layer):
    """y = W a + b        J_W = I ⊗ aᵀ,  J_b = I,  J_a = W

    A batch has its examples as rows, a (batch, n):  y = a Wᵀ + b, and J_a = I ⊗ W is
    block-diagonal, one W for each example.
    """

    signature = "(m,n),(m),(...,n)"

    def value(self, W, b, a):
        return a @ W.T + b  # (..., m) <- (..., n) (n, m)

    def jacobians(self, y, W, b, a):
        if a.ndim == 1:
            J_W = Kronecker(B=a[None, :], matrices=W.shape, shape_in=W.shape, shape_out=b.shape)
            return J_W, Identity(b.shape), Dense(W)
        rows = a.reshape(prod(a.shape[:-1]), a.shape[-1])
        wa = Kronecker(B=rows, matrices=W.shape)  # W ↦ W aᵀ, whose transpose is y
        J_W = Identity((len(rows), len(b)), y.shape) @ Permute(wa.shape_out, (1, 0)) @ wa
        J_a = Kronecker(B=W, matrices=rows.shape, shape_in=a.shape, shape_out=y.shape)
        return J_W, Copy(b.shape, y.shape), J_a


class Add(Layer):
    """y = a_1 + a_2 + ...        J_k = I, or a copy where a_k is broadcast"""

    def value(self, *a):
        return sum(a[1:], start=a[0])

    def jacobians(self, y, *a):
        return tuple(copied(x.shape, y.shape) for x in a)

    def check(self, *a):
        check_broadcast(self, a)


class Multiply(Layer):
    """y = a ⊙ b        J_a = diag(b),  J_b = diag(a), times a copy where one is broadcast"""

    def value(self, a, b):
        return a * b

    def jacobians(self, y, a, b):
        return factor(b, a.shape, y.shape), factor(a, b.shape, y.shape)

    def check(self, a, b):
        check_broadcast(self, (a, b))


def factor(d, shape_in, shape_out):
    """diag(d), and before it a copy where the other factor is broadcast."""
    J = Diagonal(d if d.shape == shape_out else np.broadcast_to(d, shape_out))
    return J if shape_in == shape_out else J @ Copy(shape_in, shape_out)


def copied(shape_in, shape_out):
    return Identity(shape_in) if shape_in == shape_out else Copy(shape_in, shape_out)


def check_broadcast(layer, args):
    shapes = [a.shape for a in args]
    if len({*shapes}) == 1:
        return
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"{layer.name} wants shapes that broadcast together, got {', '.join(map(str, shapes))}"
        ) from None


class Scale(Layer):
    """y = c a        J = c I        (c is a number, not an argument)"""

    def __init__(self, c):
        self.c = float(c)

    def value(self, a):
        return self.c * a

    def jacobians(self, y, a):
        return (self.c * Identity(a.shape),)


class Shift(Layer):
    """y = a + c        J = I        (c is a number, not an argument)"""

    def __init__(self, c):
        self.c = float(c)

    def value(self, a):
        return a + self.c

    def jacobians(self, y, a):
        return (Identity(a.shape),)


class MatMul(Layer):
    """Y = A B        J_A = I ⊗ Bᵀ,  J_B = A ⊗ I"""

    signature = "(...,p,q),(...,q,r)"

    def value(self, A, B):
        return A @ B  # (..., p, r) <- (..., p, q) (..., q, r)

    def jacobians(self, Y, A, B):
        return Kronecker(B=B.swapaxes(-1, -2), matrices=A.shape), Kronecker(A=A, matrices=B.shape)


# ---- Entry by entry -------------------------------------------------------------------------


class Elementwise(Layer):
    """y_i = φ(a_i)        J = diag(φ'(a)).   A subclass says `value` and `slope`, φ and φ'."""

    def slope(self, y, a):
        raise NotImplementedError

    def jacobians(self, y, a):
        return (Diagonal(self.slope(y, a)),)


class Tanh(Elementwise):
    """y = tanh a        J = diag(1 - y²)"""

    def value(self, a):
        return np.tanh(a)

    def slope(self, y, a):
        return 1 - y * y


class Sigmoid(Elementwise):
    """y = 1 / (1 + e⁻ᵃ)        J = diag(y (1 - y))"""

    def value(self, a):
        return np.exp(np.minimum(a, 0)) / (1 + np.exp(-magnitude(a)))

    def slope(self, y, a):
        e = np.exp(-magnitude(a))
        return e / (1 + e) ** 2  # y (1 - y), without the 1 - 1 of large a


class Softplus(Elementwise):
    """y = log(1 + eᵃ)        J = diag(sigmoid a)"""

    def value(self, a):
        return np.maximum(a, 0) + np.log1p(np.exp(-magnitude(a)))

    def slope(self, y, a):
        return Sigmoid().value(a)


def magnitude(a):
    """|a|, by a sign that complex numbers have too: e to the power of -|a| never overflows."""
    return np.where(a > 0, a, -a)


class ReLU(Elementwise):
    """y = max(a, 0)        J = diag(1 where a > 0, else 0)        (0 at the kink, by convention)"""

    def value(self, a):
        return np.maximum(a, 0)

    def slope(self, y, a):
        return np.heaviside(a, 0)


class GELU(Elementwise):
    """y = a (1 + tanh s) / 2,   s = √(2/π) (a + 0.044715 a³)        J = diag(φ'(a))

    The tanh form, which JAX's `gelu` takes by default. Source: Hendrycks & Gimpel (2016).
    """

    root, cubic = float(np.sqrt(2 / np.pi)), 0.044715

    def value(self, a):
        return 0.5 * a * (1 + self.bend(near(a)))

    def slope(self, y, a):
        b = near(a)
        t = self.bend(b)
        ds = self.root * (1 + 3 * self.cubic * b**2)
        return 0.5 * (1 + t) + 0.5 * b * (1 - t * t) * ds

    def bend(self, b):
        return np.tanh(self.root * (b + self.cubic * b**3))  # tanh s


def near(a):
    """a, held between -20 and 20: beyond, tanh s is 1 or -1 to all digits, and a³ may overflow."""
    return np.maximum(np.minimum(a, 20), -20)


class Exp(Elementwise):
    """y = eᵃ        J = diag(y)"""

    def value(self, a):
        return np.exp(a)

    def slope(self, y, a):
        return y


class Log(Elementwise):
    """y = log a        J = diag(1 / a)"""

    def value(self, a):
        return np.log(a)

    def slope(self, y, a):
        return 1 / a


class Sin(Elementwise):
    """y = sin a        J = diag(cos a)"""

    def value(self, a):
        return np.sin(a)

    def slope(self, y, a):
        return np.cos(a)


class Cos(Elementwise):
    """y = cos a        J = diag(-sin a)"""

    def value(self, a):
        return np.cos(a)

    def slope(self, y, a):
        return -np.sin(a)


class Power(Elementwise):
    """y = aᵖ        J = diag(p aᵖ⁻¹)        (p is a number, not an argument)"""

    def __init__(self, p):
        self.p = float(p)

    def value(self, a):
        return a**self.p

    def slope(self, y, a):
        return self.p * a ** (self.p - 1) if self.p else 0 * a


# ---- Along the last axis ----------------------------------------------------------------------


class Softmax(Layer):
    """s = eᵃ / Σ eᵃ        J = diag(s) - s sᵀ        (along the last axis)"""

    signature = "(...,n)"

    def value(self, a):
        e = np.exp(a - largest(a))
        return e / e.sum(-1, keepdims=True)

    def jacobians(self, s, a):
        D, ones = Diagonal(s), Copy(a.shape[:-1], a.shape, axes=(-1,))  # ones = 1, ones.T = Σ
        return (D - D @ ones @ ones.T @ D,)  # s sᵀ = diag(s) 1 1ᵀ diag(s)


class LogSumExp(Layer):
    """y = log Σ eᵃ        J = softmax(a)ᵀ        (along the last axis)"""

    signature = "(...,n)"

    def value(self, a):
        top = largest(a)
        return np.log(np.exp(a - top).sum(-1)) + top[..., 0]

    def jacobians(self, y, a):
        s = Softmax().value(a)
        return (Copy(a.shape[:-1], a.shape, axes=(-1,)).T @ Diagonal(s),)


def largest(a):
    """The largest entry along the last axis: taken off before e is raised to it."""
    return a.real.max(-1, keepdims=True)


class LayerNorm(Layer):
    """y = gain ⊙ z + bias,   z = (a - mean) / σ,   σ² = variance + ε        (along the last axis)

    J_gain = diag(z),  J_bias = I,  J_a = diag(gain / σ) (I - (1 1ᵀ + z zᵀ) / n)
    """

    signature = "(n),(n),(...,n)"

    def __init__(self, epsilon=1e-5):
        self.epsilon = float(epsilon)

    def value(self, gain, bias, a):
        z, _ = self.normalized(a)
        return gain * z + bias

    def normalized(self, a):
        centred = a - a.mean(-1, keepdims=True)
        sigma = np.sqrt((centred * centred).mean(-1, keepdims=True) + self.epsilon)
        return centred / sigma, sigma

    def jacobians(self, y, gain, bias, a):
        z, sigma = self.normalized(a)
        Z, ones = Diagonal(z), Copy(a.shape[:-1], a.shape, axes=(-1,))
        mean = (1 / a.shape[-1]) * ones.T
        J_z = Identity(a.shape) - ones @ mean - Z @ ones @ mean @ Z
        return (
            Z @ copied(gain.shape, a.shape),
            copied(bias.shape, a.shape),
            Diagonal(gain / sigma) @ J_z,
        )


# ---- Windows ----------------------------------------------------------------------------------


class Conv(Layer):
    """y = K ⋆ a + b: each output looks at a window of the input (no padding, steps of 1).

    The windows are columns of a matrix, then it is a product:  Y = K windows(a) + b,
    J_K = I ⊗ windowsᵀ,  J_b = copy,  J_a = (K ⊗ I) gather.   K is the kernel, not flipped, so this
    is the cross-correlation that frameworks call convolution.
    """

    axes = None  # how many axes a window has

    def check(self, K, b, a):
        check_shapes(self.signature, self.name, ("K", "b", "a"), (K.shape, b.shape, a.shape))
        window, room = K.shape[2:], a.shape[-self.axes :]
        if any(w > r for w, r in zip(window, room, strict=True)):
            raise ValueError(f"{self.name}: the window {window} does not fit into the input {room}")

    def parts(self, K, a):
        """The kernel as a matrix, where the windows' entries stand in a, the output's shape."""
        *batch, channels = a.shape[: -self.axes]
        index = windows(a.shape, K.shape[2:])  # (*batch, channels, *positions, *window)
        positions = index.shape[len(batch) + 1 : -self.axes]
        index = np.moveaxis(index, len(batch), -1 - self.axes)  # channels beside the window
        index = index.reshape(*batch, prod(positions), channels * prod(K.shape[2:]))
        return K.reshape(len(K), -1), index.swapaxes(-1, -2), (*batch, len(K), *positions)

    def value(self, K, b, a):
        M, index, shape = self.parts(K, a)
        return (M @ a.ravel()[index] + b[:, None]).reshape(shape)  # (o, P) <- (o, q) (q, P)

    def jacobians(self, y, K, b, a):
        M, index, shape = self.parts(K, a)
        *batch, q, P = index.shape
        seen = a.ravel()[index].swapaxes(-1, -2)
        J_K = Kronecker(B=seen, matrices=(*batch, *M.shape), shape_out=shape)
        J_K = J_K @ Copy(K.shape, (*batch, *M.shape), axes=range(len(batch)))
        b_axes = [i for i in range(len(shape)) if i != len(batch)]
        J_a = Kronecker(A=M, matrices=(*batch, q, P), shape_out=shape) @ Gather(index, a.shape)
        return J_K, Copy(b.shape, shape, axes=b_axes), J_a


class Conv1D(Conv):
    __doc__ = Conv.__doc__
    axes = 1
    signature = "(o,c,w),(o),(...,c,t)"


class Conv2D(Conv):
    __doc__ = Conv.__doc__
    axes = 2
    signature = "(o,c,h,w),(o),(...,c,s,t)"


class MaxPool(Layer):
    """y = the largest entry of each window; windows stand side by side along the last axes.

    J gathers the places of the largest (the first, if several are equal). What does not fill a
    window is left out.
    """

    def __init__(self, *window):
        if not window or not all(isinstance(w, int | np.integer) and w > 0 for w in window):
            raise ValueError(
                f"MaxPool wants the sizes of a window, such as MaxPool(2) or MaxPool(2, 3), "
                f"got {window}"
            )
        self.window = window

    def check(self, a):
        room = a.shape[-len(self.window) :]
        if a.ndim < len(self.window) or any(w > r for w, r in zip(self.window, room, strict=True)):
            raise ValueError(f"MaxPool: windows {self.window} do not fit into a {a.shape}")

    def places(self, a):
        """Where the largest entry of each window stands in a.ravel()."""
        w = len(self.window)
        steps = (..., *(slice(None, None, n) for n in self.window), *(slice(None),) * w)
        index = windows(a.shape, self.window)[steps]
        index = index.reshape(*index.shape[:-w], prod(self.window))
        best = a.ravel()[index].argmax(-1)
        return np.take_along_axis(index, best[..., None], -1)[..., 0]

    def value(self, a):
        return a.ravel()[self.places(a)]

    def jacobians(self, y, a):
        return (Gather(self.places(a), a.shape),)


def windows(shape, window):
    """The places in ravel() of each window over the last axes, which come last: as integers."""
    places = np.arange(prod(shape)).reshape(shape)
    axes = tuple(range(-len(window), 0))
    return np.lib.stride_tricks.sliding_window_view(places, window, axes)


# ---- Moving and adding numbers ------------------------------------------------------------------


class Concatenate(Layer):
    """y = [a_1 ; a_2 ; ...] along an axis (the last, unless you say)        J_k = k-th places"""

    def __init__(self, axis=-1):
        self.axis = axis

    def check(self, *a):
        def others(x):
            k = self.axis % x.ndim
            return x.shape[:k] + x.shape[k + 1 :]

        there = all(-x.ndim <= self.axis < x.ndim for x in a)
        if not there or len(set(map(others, a))) > 1:
            shapes = ", ".join(str(x.shape) for x in a)
            raise ValueError(
                f"Concatenate: {shapes} must have an axis {self.axis} and agree in all others"
            )

    def value(self, *a):
        return np.concatenate(a, self.axis)

    def jacobians(self, y, *a):
        axis = self.axis % y.ndim
        ends = np.cumsum([x.shape[axis] for x in a])
        return tuple(
            Part(x.shape, y.shape, y.dtype, axis, int(end) - x.shape[axis])
            for x, end in zip(a, ends, strict=True)
        )


class Embedding(Layer):
    """y = table[ids]        J gathers rows; its transpose adds the cotangents of equal ids

    `ids` are integers, not an argument: nothing can be differentiated by them.
    """

    signature = "(v,d)"

    def __init__(self, ids):
        self.ids = whole_numbers(ids, "Embedding: ids")

    def check(self, table):
        super().check(table)
        check_range(self.ids, len(table), "Embedding: ids")

    def value(self, table):
        return table[self.ids]

    def jacobians(self, y, table):
        places = np.arange(table.size).reshape(table.shape)
        return (Gather(places[self.ids], table.shape),)


class Transpose(Layer):
    """y = a with its axes in another order (the last two swapped, unless you say)"""

    def __init__(self, axes=None):
        self.axes = None if axes is None else tuple(axes)

    def order(self, ndim):
        if self.axes is None:
            return (*range(ndim - 2), ndim - 1, ndim - 2)
        return tuple(i + ndim if i < 0 else i for i in self.axes)

    def check(self, a):
        if sorted(self.order(a.ndim)) != list(range(a.ndim)):
            raise ValueError(f"{self} can't reorder the axes of a {a.shape}")

    def value(self, a):
        return np.transpose(a, self.order(a.ndim))

    def jacobians(self, y, a):
        return (Permute(a.shape, self.order(a.ndim)),)


class Reshape(Layer):
    """y = a in another shape, in C order        J = I        (-1 stands for what is left)"""

    def __init__(self, shape):
        self.shape = tuple(shape) if np.ndim(shape) else (shape,)

    def check(self, a):
        try:
            a.reshape(self.shape)
        except ValueError:
            raise ValueError(
                f"Reshape: {a.shape} has {a.size} numbers, they do not fill {self.shape}"
            ) from None

    def value(self, a):
        return a.reshape(self.shape)

    def jacobians(self, y, a):
        return (Identity(a.shape, y.shape),)


class Sum(Layer):
    """y = Σ a along an axis, or over all        J = 1ᵀ, the transpose of a copy"""

    def __init__(self, axis=None):
        self.axis = tuple(axis) if isinstance(axis, list) else axis

    def check(self, a):
        try:
            normalize_axis_tuple(() if self.axis is None else self.axis, a.ndim)
        except (TypeError, ValueError):  # NumPy's AxisError
            raise ValueError(f"{self}: a {a.shape} has no such axis") from None

    def value(self, a):
        return np.sum(a, self.axis)

    def jacobians(self, y, a):
        axes = range(a.ndim) if self.axis is None else np.atleast_1d(self.axis).tolist()
        return (Copy(np.shape(y), a.shape, axes).T,)


class Mean(Sum):
    """y = Σ a / n along an axis, or over all        J = 1ᵀ / n"""

    def check(self, a):
        super().check(a)
        if not a.size:
            raise ValueError(f"{self}: a {a.shape} holds no numbers, so it has no mean")

    def value(self, a):
        return np.mean(a, self.axis)

    def jacobians(self, y, a):
        (ones,) = super().jacobians(y, a)
        return ((max(np.size(y), 1) / a.size) * ones,)


# ---- Losses -----------------------------------------------------------------------------------


class HalfSquare(Layer):
    """l = ½ ‖a - t‖²        J = (a - t)ᵀ        (a batch (batch, n): the mean over its examples)

    The target t is a constant, and takes on the float type of a.
    """

    def __init__(self, target):
        self.target = floats(target, "HalfSquare: the target")  # takes on the float type of a

    def check(self, a):
        if a.shape != self.target.shape:
            raise ValueError(
                f"HalfSquare: the target has shape {self.target.shape}, a has {a.shape}"
            )

    def value(self, a):
        r = a - self.target.astype(a.dtype, copy=False)
        return 0.5 * (r * r).sum() / examples(a)

    def jacobians(self, l, a):
        return (Covector((a - self.target.astype(a.dtype, copy=False)) / examples(a)),)


class SoftmaxCrossEntropy(Layer):
    """l = log Σ eᵃ - a_label        J = (softmax(a) - e_label)ᵀ

    `labels` are integers, one for each example; a batch (batch, n) has the mean of its losses.
    """

    signature = "(...,n)"

    def __init__(self, labels):
        self.labels = whole_numbers(labels, "SoftmaxCrossEntropy: labels")

    def check(self, a):
        super().check(a)
        if a.shape[:-1] != self.labels.shape:
            raise ValueError(
                f"SoftmaxCrossEntropy: labels of shape {self.labels.shape} want logits "
                f"{(*self.labels.shape, 'n')}, a has shape {a.shape}"
            )
        check_range(self.labels, a.shape[-1], "SoftmaxCrossEntropy: labels")

    def value(self, a):
        chosen = np.take_along_axis(a, self.labels[..., None], -1)[..., 0]
        return (LogSumExp().value(a) - chosen).sum() / examples(a)

    def jacobians(self, l, a):
        hit = np.arange(a.shape[-1]) == self.labels[..., None]  # e_label, as True and False
        return (Covector((Softmax().value(a) - hit) / examples(a)),)


def examples(a):
    """How many examples a batch has: the leading axes counted, 1 without any."""
    if not a.size:
        raise ValueError(f"a loss is the mean over examples, and a {a.shape} holds none")
    return prod(a.shape[:-1])


def whole_numbers(x, who):
    a = np.asarray(x)
    if a.dtype.kind not in "iu":
        raise TypeError(f"{who} must be integers, got {a.dtype}")
    return a


def check_range(ids, n, who):
    if ids.size and not (0 <= ids.min() and ids.max() < n):
        raise ValueError(f"{who} run from {ids.min()} to {ids.max()}, wanted 0 to {n - 1}")
