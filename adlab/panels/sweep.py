"""The network that a sweep is stepped through: a chain of layers of the learner's sizes.

Nothing is said here about what a layer keeps: it is read off the arrays that its Jacobian holds.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.array_utils import byte_bounds

from adlab import HalfSquare, Linear, Network, ReLU, Softmax, Tanh
from adlab.cost import caller_spans, spans, total_bytes
from adlab.networks import NetworkJacobian, weak
from adlab.pictures.sweep import BYTES, Equation, Moment, Sweep

MOST_BLOCKS = 3
KINDS = {"Tanh": Tanh(), "ReLU": ReLU(), "Softmax": Softmax(), "nothing": None}

# Numbers for the largest sizes: smaller ones use the first rows and columns.
WEIGHTS = np.array(
    [
        [[1, -2, 1, 0, 2], [0, 1, -1, 2, 1], [2, 0, 1, -1, -1], [-1, 1, 2, 1, 0], [1, 2, 0, -1, 1]],
        [[1, 1, -1, 0, 2], [-1, 2, 0, 1, 1], [0, -1, 1, 2, -1], [2, 1, 1, -1, 0], [1, 0, 2, 1, -1]],
        [[-1, 2, 1, 1, 0], [1, 1, 0, -1, 2], [2, -1, 1, 0, 1], [0, 1, -1, 2, 1], [1, 0, 2, 1, -1]],
    ]
) / 2  # fmt: skip
BIASES = np.array(  # chosen so that no entry comes near the kink of ReLU, whatever the sizes
    [[1.2, 1.4, -0.3, 1.2, 0.2], [-0.6, 1.4, 1.4, -0.6, 0.7], [1.2, 1.1, 0.3, 1.2, 1.2]]
)
INPUT = np.array([1.0, -1.0, 2.0, 1.0, -2.0]) / 2
TARGET = np.array([1.0, 0.0, -1.0, 1.0, 0.0])


@dataclass(frozen=True)
class Chain:
    """A network y_i = g_i(x_i, y_{i-1}), l = f(y_L), evaluated: `values` are y_0, ..., y_L, l.

    `J` is its Jacobian by all parameters; `J.rows[i - 1]` belongs to equation i. The input is a
    constant. `parameters[i - 1]` are those of equation i, (W, b) or ().
    """

    J: NetworkJacobian
    values: tuple[np.ndarray, ...]
    parameters: tuple[tuple[np.ndarray, ...], ...]

    @property
    def length(self):
        """How many equations there are, the loss included."""
        return len(self.J.rows)

    @cached_property
    def cotangents(self):
        """(ū, x̄) of one reverse sweep: ū_i for each value, x̄_i for each equation.

        The input is a constant, so ū_0 is not asked for.
        """
        u, x = {self.length: np.ones(())}, {}
        for k in range(self.length, 0, -1):
            *x[k], u[k - 1] = u[k] @ self.J.rows[k - 1]
        del u[0]
        return u, x


def chain(sizes, kinds):
    """n_0, n_1, ..., and for each n_i after the first what follows Linear: a name of `KINDS`."""
    layers, parameters = [], []
    for i, (n, m, kind) in enumerate(zip(sizes, sizes[1:], kinds, strict=False)):
        layers.append(Linear())
        parameters.append((WEIGHTS[i, :m, :n].copy(), BIASES[i, :m].copy()))
        if KINDS[kind]:
            layers.append(KINDS[kind])
            parameters.append(())
    layers.append(HalfSquare(TARGET[: sizes[-1]]))
    parameters.append(())
    return evaluated(layers, tuple(parameters), INPUT[: sizes[0]])


def evaluated(layers, parameters, y0):
    """The Chain of these layers; each takes its own parameters, then the value before it."""
    y0 = y0.copy()
    y0.flags.writeable = False  # so the network holds it as it is, and no copy

    def h(*args):
        args, y = iter(args), y0
        for layer, own in zip(layers, parameters, strict=True):
            y = layer(*(next(args) for _ in own), y)
        return y

    args = [a for own in parameters for a in own]
    net = Network(h, [f"x{i + 1}" for i in range(len(args))])
    values, rows, alive = [y0], [], {}

    def step(equation, xs):
        y, row = equation.layer.rule(*xs)
        values.append(y)
        rows.append(row)
        alive[equation.outputs[0]] = weak(y)
        return y

    l = net.evaluate(args, step)
    return Chain(NetworkJacobian(net, rows, args, l, alive), tuple(values), parameters)


# ---- What a picture shows -----------------------------------------------------------------------


def equations(chain):
    """The rows of the picture, with what each Jacobian holds, read off its arrays."""
    given = caller_spans(chain.J) | {byte_bounds(chain.values[0])}
    homes = {byte_bounds(y): i for i, y in enumerate(chain.values[:-1])}
    found = []
    for i, (row, own) in enumerate(zip(chain.J.rows, chain.parameters, strict=True), 1):
        held = spans(row)
        shared = sorted(homes[span] for span in held & homes.keys())
        found.append(
            Equation(
                name=row.name if i < chain.length else "loss",
                result=f"y_{i}" if i < chain.length else "l",
                size=chain.values[i].size,
                kept=total_bytes(held - given - homes.keys()) // BYTES,
                holds=shared[0] if shared else None,
                parameters=tuple(a.shape if a.ndim == 2 else (a.size, 1) for a in own),
            )
        )
    return tuple(found)


def sweep(chain, mode):
    """Every moment of one sweep: "reverse", which evaluates first, or "forward"."""
    rows = equations(chain)
    K = len(rows)
    with_parameters = {i for i, row in enumerate(rows, 1) if row.parameters}

    def moment(k, doing, kept, values=(), vectors=(), parameters=()):
        """The input is the caller's: it is never counted, and has no tangent or cotangent."""
        held = {rows[i - 1].holds for i in kept} - {None}
        return Moment(
            k,
            doing,
            values=frozenset((held | {*values}) - {0}),
            kept=frozenset(kept),
            vectors=frozenset({*vectors} - {0}),
            parameters=frozenset(with_parameters & {*parameters}),
        )

    there, back = range(1, K + 1), range(K, 0, -1)
    if mode == "forward":
        found = [moment(k, "push", {k}, (k - 1, k), (k - 1, k), range(k, K + 1)) for k in there]
    else:
        found = [moment(k, "evaluate", range(1, k + 1), (k - 1, k)) for k in there]
        found += [moment(k, "pull", range(1, k + 1), (), (k - 1, k), range(k, K + 1)) for k in back]
    return Sweep(mode, chain.values[0].size, rows, (Moment(), *found))


def swept(sizes, kinds, mode):
    """(Chain, Sweep)"""
    network = chain(sizes, kinds)
    return network, sweep(network, mode)
