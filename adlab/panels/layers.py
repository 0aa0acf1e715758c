"""Chapter 04: a layer and its two Jacobians, with their structure, their pushes and their pulls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from adlab import HalfSquare, LayerNorm, Linear, ReLU, Row, Softmax, SoftmaxCrossEntropy, Tanh
from adlab.panels.panel import Panel, choice, int_slider
from adlab.pictures.drawing import number
from adlab.pictures.layers import JacobianMap, decimals, jacobians_picture

MOST_N, MOST_M, MOST_BATCH = 5, 4, 3

# Numbers for the largest sizes: smaller ones use the first of them.
W = np.array(
    [
        [1.0, 0.0, -2.0, 3.0, 1.0],
        [3.0, 1.0, 1.0, -1.0, 2.0],
        [-1.0, 2.0, 0.0, 1.0, -2.0],
        [2.0, -1.0, 3.0, 0.0, 1.0],
    ]
)
WHOLE = np.array([[2.0, 1.0, 3.0, 1.0, 2.0], [1.0, 3.0, 2.0, 2.0, 1.0], [3.0, 2.0, 1.0, 2.0, 3.0]])
SIGNED = np.array(
    [
        [0.5, -1.0, 1.5, -0.5, 1.0],
        [-0.5, 1.0, 0.5, 2.0, -1.5],
        [1.0, 0.5, -1.0, -2.0, -0.5],
    ]
)
TARGET = np.array(
    [
        [-0.5, 0.0, 2.5, -2.5, 0.0],
        [1.5, 2.0, 1.5, 1.0, -0.5],
        [0.0, 2.5, -1.0, 0.0, -1.5],
    ]
)
LABELS = np.array([0, 1, 2])
BIAS = np.array([1.0, -2.0, 0.5, 1.0, -1.0])
GAIN = np.array([2.0, 1.0, 0.5, 3.0, 1.0])
TANGENT = np.array([1.0, -1.0, 2.0, 1.0, -2.0])  # repeated as often as there is need
COTANGENT = np.array([1.0, 2.0, -1.0, 1.0])


def of_examples(numbers, n, batch):
    """(n,) for one example, (batch, n) for several; an array of its own, without gaps."""
    return numbers[0, :n].copy() if batch == 1 else numbers[:batch, :n].copy()


@dataclass(frozen=True)
class Kind:
    """A layer to choose: its formula, the names of its parameters, and how it is made.

    `make(n, m, batch)` gives the layer and its arguments, the input `a` last; `largest` is the end
    of the colour scale.
    """

    formula: str
    parameters: tuple[str, ...]
    make: Callable
    largest: float
    m_counts: bool = False


def elementwise(layer):
    return lambda n, m, batch: (layer, (of_examples(SIGNED, n, batch),))


KINDS = {
    "Linear": Kind(
        "y = W a + b",
        ("W", "b"),
        lambda n, m, batch: (
            Linear(),
            (W[:m, :n].copy(), BIAS[:m], of_examples(WHOLE, n, batch)),
        ),
        largest=3,
        m_counts=True,
    ),
    "Tanh": Kind("y = tanh a", (), elementwise(Tanh()), largest=1),
    "ReLU": Kind("y = max(a, 0)", (), elementwise(ReLU()), largest=1),
    "Softmax": Kind("s = e^a / Σ e^a", (), elementwise(Softmax()), largest=0.25),
    "LayerNorm": Kind(
        "y = gain ⊙ z + bias",
        ("gain", "bias"),
        lambda n, m, batch: (LayerNorm(), (GAIN[:n], BIAS[:n], of_examples(SIGNED, n, batch))),
        largest=2,
    ),
    "HalfSquare": Kind(
        "l = ½ ‖a − t‖^2",
        (),
        lambda n, m, batch: (
            HalfSquare(of_examples(TARGET, n, batch)),
            (of_examples(SIGNED, n, batch),),
        ),
        largest=2,
    ),
    "SoftmaxCrossEntropy": Kind(
        "l = log Σ e^a − a_{label}",
        (),
        lambda n, m, batch: (
            SoftmaxCrossEntropy(np.array(LABELS[0] % n) if batch == 1 else LABELS[:batch] % n),
            (of_examples(SIGNED, n, batch),),
        ),
        largest=1,
    ),
}


@dataclass(frozen=True)
class OneJacobian:
    """A Jacobian (m, n) written down, and what a tangent and a cotangent become in it.

    `zeros` is true where an entry is zero whatever the numbers are; `held` counts the numbers that
    adlab's structured Jacobian holds.
    """

    name: str
    parts: tuple[tuple[str, int], ...]  # its blocks and their columns
    dense: np.ndarray
    zeros: np.ndarray
    v: np.ndarray
    Jv: np.ndarray
    u: np.ndarray
    uJ: np.ndarray
    held: int

    @property
    def shape(self):
        return self.dense.shape


@dataclass(frozen=True)
class LayerShown:
    """A layer at a point; `P` is None if it has no parameters."""

    kind: Kind
    shapes: tuple[tuple[str, tuple[int, ...]], ...]  # of the arguments
    y_shape: tuple[int, ...]
    batch: int
    P: OneJacobian | None
    A: OneJacobian


def layers_model(layer="Linear", n=3, m=2, batch=1):
    """A layer with n inputs and, where it can choose, m outputs, for one example or a batch."""
    kind = KINDS[layer]
    g, args = kind.make(n, m, batch)
    y, J = g.linearize(*args)
    names = (*kind.parameters, "a")
    generic = [np.cos(1 + k + np.arange(x.size)).reshape(x.shape) for k, x in enumerate(args)]
    elsewhere = [g.linearize(*(sign * x for x in generic))[1] for sign in (1, -1)]

    def one(name, start, stop):
        blocks = Row(*(J[k] for k in range(start, stop)))
        parts = tuple((names[k], args[k].size) for k in range(start, stop))
        dense = blocks.dense()
        nonzero = dense != 0
        for other in elsewhere:  # zero here and at two points where nothing is special
            nonzero |= Row(*(other[k] for k in range(start, stop))).dense() != 0
        v, u = np.resize(TANGENT, dense.shape[1]), np.resize(COTANGENT, dense.shape[0])
        ends = np.cumsum([count for _, count in parts])[:-1]
        shaped = [
            part.reshape(J[k].shape_in)
            for part, k in zip(np.split(v, ends), range(start, stop), strict=True)
        ]
        pulled = u.reshape(y.shape) @ blocks
        return OneJacobian(
            name=name,
            parts=parts,
            dense=dense,
            zeros=~nonzero,
            v=v,
            Jv=np.ravel(blocks @ tuple(shaped)),
            u=u,
            uJ=np.concatenate([np.ravel(part) for part in pulled]),
            held=blocks.nbytes // 8,
        )

    last = len(args) - 1
    return LayerShown(
        kind=kind,
        shapes=tuple((name, x.shape) for name, x in zip(names, args, strict=True)),
        y_shape=np.shape(y),
        batch=batch,
        P=one("P", 0, last) if last else None,
        A=one("A", last, last + 1),
    )


def layer_map(J, batch):
    """What the picture needs, as plain data."""
    rows, columns = J.shape
    each = rows // batch if rows % batch == 0 else rows
    columns_each = columns // batch if J.name == "A" else columns
    return JacobianMap(
        J.name,
        J.dense.tolist(),
        J.zeros.tolist(),
        J.parts,
        (each, columns_each),
        J.v.tolist(),
        J.Jv.tolist(),
        J.u.tolist(),
        J.uJ.tolist(),
        J.held,
    )


def layer_at(layer="Linear", n=3, m=2, batch=1):
    """The picture of the panel, for the text of the chapter."""
    return picture_of(layers_model(layer, n, m, batch))


def picture_of(shown):
    P = shown.P and layer_map(shown.P, shown.batch)
    A = layer_map(shown.A, shown.batch)
    return jacobians_picture(shown.kind.formula, P, A, shown.kind.largest)


class LayersPanel(Panel):
    title = "A layer and its two Jacobians"
    hint = "Before you drag, say the shapes of P and A."
    lines = 26

    def make_controls(self):
        return {
            "layer": choice("layer", list(KINDS)),
            "n": int_slider("n, inputs", 3, 1, MOST_N),
            "m": int_slider("m, outputs", 2, 1, MOST_M),
            "batch": int_slider("batch", 1, 1, MOST_BATCH),
        }

    def model(self, layer, n, m, batch):
        return layers_model(layer, n, m, batch)

    def picture(self, shown):
        return picture_of(shown)

    def text(self, shown):
        both = [J for J in (shown.P, shown.A) if J is not None]
        return "\n".join(
            [
                arguments(shown),
                shapes(shown),
                *(line for J in both for line in products(J)),
                pairing(both),
                counted(both),
            ]
        )


def arguments(shown):
    *first, last = [f"{name} {shape}" for name, shape in shown.shapes]
    given = f"{', '.join(first)} and {last}" if first else last
    result = "one number" if shown.y_shape == () else f"{result_name(shown)} {shown.y_shape}"
    makes = "make" if first else "makes"
    unused = "" if shown.kind.m_counts else " There is no m to choose."
    return f"{given} {makes} {result}.{unused}"


def shapes(shown):
    (rows, columns), P = shown.A.shape, shown.P
    A = f"A = ∂{result_name(shown)}/∂a is {rows} × {columns}."
    if P is None:
        return f"It has no parameters, so one Jacobian only: {A}"
    names = ", ".join(name for name, _ in P.parts)
    sizes = " + ".join(str(count) for _, count in P.parts)
    return f"P = ∂y/∂({names}) is {P.shape[0]} × ({sizes}). {A}"


def result_name(shown):
    return shown.kind.formula[0]


def products(J):
    yield f"tangent v = {vector(J.v)}: {J.name} v = {vector(J.Jv)}"
    yield f"cotangent u = {vector(J.u)}: u {J.name} = {vector(J.uJ)}"


def vector(values):
    places = decimals(values)
    return f"({', '.join(number(value, places) for value in values)})"


def pairing(both):
    said = []
    for J in both:
        value = float(np.dot(J.u, J.Jv))
        said.append(f"⟨u, {J.name} v⟩ = ⟨u {J.name}, v⟩ = {number(value, decimals([value]))}")
    return ", ".join(said) + "."


def counted(both):
    dense = " + ".join(str(J.dense.size) for J in both)
    held = " + ".join(str(J.held) for J in both)
    names = " and ".join(J.name for J in both)
    verb = "hold" if len(both) > 1 else "holds"
    return f"Dense, {names} {verb} {dense} numbers; the structure holds {held}."
