"""Chapter 05: in a chain of layers, the derivative in the parameters of one of them."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np

from adlab import HalfSquare, Linear, Network, Tanh, differences
from adlab.panels.panel import Panel, int_slider
from adlab.pictures.depth import DEEPEST, WIDEST, factors_picture
from adlab.pictures.drawing import number

# Layer k is y_k = tanh(W_k y_{k-1} + C_k x_k + b_k): x_k are its parameters, all else is fixed.
# Numbers for the largest sizes: smaller ones use the first rows and columns. W_k is divided by the
# root of its columns, so that a product of many of them neither grows nor vanishes.
PARAMETERS = (2, 4, 3, 5, 2, 5, 3, 4)  # n_1, ..., n_8: how many numbers x_k has
WIDTHS = (4, 6, 3, 5, 2, 7, 4, 6, 3)  # d_0, ..., d_8 at first
MOST = max(PARAMETERS)
CHANCE = np.random.default_rng(26)
W = CHANCE.choice([-1.5, -1.25, -1.0, 1.0, 1.25, 1.5], (DEEPEST, WIDEST, WIDEST))
C = CHANCE.choice([-1.0, -0.5, 0.5, 1.0], (DEEPEST, WIDEST, MOST))
B = CHANCE.choice([-0.25, 0.0, 0.25], (DEEPEST, WIDEST))
X = CHANCE.choice([-0.5, -0.25, 0.25, 0.5], (DEEPEST, MOST))
DATA, TARGET = CHANCE.choice([-1.0, -0.5, 0.5, 1.0], (2, WIDEST))
AGREE = 1e-8


def g(w, c, b):
    """A layer as a function of (x, y): its parameters, and what comes in."""
    return Network(lambda x, y: Tanh()(Linear()(w, Linear()(c, b, x), y)))


def numbers_of(sizes):
    """[(W_k, C_k, b_k, x_k)] for k = 1, ..., L."""
    found = []
    for k, (d, before, n) in enumerate(zip(sizes[1:], sizes, PARAMETERS, strict=False)):
        found.append((W[k, :d, :before] / np.sqrt(before), C[k, :d, :n], B[k, :d], X[k, :n]))
    return found


@dataclass(frozen=True)
class Depth:
    """The chain that is shown, and D_i l in it: by the product, and by differences."""

    sizes: tuple[int, ...]  # d_0, ..., d_L
    i: int
    product: np.ndarray  # (n_i,)
    differences: np.ndarray  # (n_i,)

    @property
    def depth(self):
        return len(self.sizes) - 1

    @property
    def parameters(self):
        """n_1, ..., n_L."""
        return PARAMETERS[: self.depth]

    @property
    def shapes(self):
        """Of the factors of D_i l, from the left."""
        inner = [1, *reversed(self.sizes[self.i :]), PARAMETERS[self.i - 1]]
        return list(zip(inner, inner[1:], strict=False))

    @property
    def gap(self):
        return float(np.abs(self.product - self.differences).max())

    @property
    def one_by_one(self):
        """Products of two matrices, if each D_i l is read for itself."""
        return sum(self.depth - i + 1 for i in range(1, self.depth + 1))

    @property
    def swept(self):
        """Products of two matrices, if the row is shared: all ū_k P_k, and ū_k A_k but for ū_1."""
        return 2 * self.depth - 1


def depth_model(sizes, i):
    """A chain with these sizes d_0, ..., d_L. A ValueError if it has no layer i."""
    depth = len(sizes) - 1
    if i > depth:
        raise ValueError(f"There is no layer {i} in a chain of {depth}.")
    chain, target = numbers_of(sizes), TARGET[: sizes[-1]]
    y, A, P = DATA[: sizes[0]], [], []
    for k, (w, c, b, x) in enumerate(chain, 1):
        if k == i:
            before = y
        y, J = g(w, c, b).linearize(x, y)
        P.append(J[0])
        A.append(J[1])
    l, F = HalfSquare(target).linearize(y)
    u = 1.0 @ F[0]
    for k in range(depth, i, -1):
        u = u @ A[k - 1]

    def loss(x):
        """l as a function of x_i, in plain NumPy, from layer i on."""
        y = before
        for k, (w, c, b, x_k) in enumerate(chain[i - 1 :]):
            y = np.tanh(w @ y + c @ (x if k == 0 else x_k) + b)
        return 0.5 * np.sum((y - target) ** 2)

    return Depth(tuple(sizes), i, u @ P[i - 1], differences(loss, chain[i - 1][-1])[0])


class DepthPanel(Panel):
    title = "A chain of layers: the factors of D_i l"
    hint = "Before you drag, say which factors will light up, and their shapes."
    lines = 14
    sentence_lines = 3

    def __init__(self):
        super().__init__()
        first = self.children[0]
        depth, i, *widths = first.children
        first.children = (widgets.VBox((depth, i)), widgets.HBox(widths))

    def make_controls(self):
        depth = int_slider("L, depth", 4, 1, DEEPEST)
        controls = {"L": depth, "i": int_slider("i, layer", 2, 1, DEEPEST)}
        controls |= {f"d{k}": upright_slider(f"d{below(k)}", d) for k, d in enumerate(WIDTHS)}

        def rest(_=None):
            for k in range(DEEPEST + 1):
                controls[f"d{k}"].disabled = k > depth.value

        depth.observe(rest, "value")
        rest()
        return controls

    def model(self, L, i, **widths):
        return depth_model([widths[f"d{k}"] for k in range(L + 1)], i)

    def picture(self, chain):
        return factors_picture(chain.sizes, chain.parameters, chain.i)

    def text(self, chain):
        i, L = below(chain.i), below(chain.depth)
        alone, shared = chain.one_by_one, chain.swept
        return "\n".join(
            [
                f"D{i}l is 1 × {chain.product.size}: {product_of(chain)}.",
                places(chain),
                f"Product: {row(chain.product)}.",
                f"Differences: {row(chain.differences)}.",
                verdict(chain),
                f"D₁l to D{L}l: {alone} products one by one, {shared} with the row ū shared."
                if chain.depth > 1
                else "One layer: 1 product, and no row to share.",
                *resting(chain),
            ]
        )


def upright_slider(name, value):
    """One of many sliders side by side: narrow, and as high as a short list."""
    slider = int_slider(name, value, 1, WIDEST)
    slider.orientation = "vertical"
    slider.style = {"description_width": "initial"}
    slider.layout = widgets.Layout(width="34px", height="172px", margin="0")
    return slider


def below(k):
    return str(k).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def product_of(chain):
    return "".join(f"({a} × {b})" for a, b in chain.shapes)


def places(chain):
    """Where the factors are taken."""
    i, L = chain.i, chain.depth
    said = f"P{below(i)} is taken at (x{below(i)}, y{below(i - 1)})"
    if i < L:
        said += f", A{below(i + 1)} at (x{below(i + 1)}, y{below(i)})"
    if i + 1 < L:
        said += f" and so on to A{below(L)}"
    return f"{said}, Df at y{below(L)}."


def row(numbers):
    return f"({', '.join(number(value, 3) for value in numbers)})"


def verdict(chain):
    if chain.gap < AGREE:
        return "They agree within 10⁻⁸."
    return f"They differ by up to {chain.gap:.1e}."


def resting(chain):
    if chain.depth == DEEPEST:
        return []
    if chain.depth == DEEPEST - 1:
        return [f"d{below(DEEPEST)} rests: it is beyond the depth."]
    return [f"d{below(chain.depth + 1)} to d{below(DEEPEST)} rest: they are beyond the depth."]
