"""Chapter 02: the Jacobian of h(x) = f(g(x)) is a product, if the sizes meet."""

from dataclasses import dataclass

import numpy as np

from adlab import Linear, Network, Power, Scale, differences
from adlab.panels.panel import Panel, check_box, choice, int_slider
from adlab.pictures.chain import MOST_K, MOST_M, MOST_N, product_picture
from adlab.pictures.drawing import number

# Numbers for the largest sizes: smaller ones use the first rows and columns. They are small whole
# numbers, and so are all Jacobians below, so that a learner can check any entry by hand.
X = np.array([1.0, -1.0, 1.0, 0.0, -1.0, 1.0])
W = np.array(
    [
        [2.0, -2.0, 3.0, -2.0, 1.0, -1.0],
        [-1.0, -1.0, -1.0, 3.0, 2.0, 3.0],
        [-2.0, -2.0, -1.0, 2.0, -1.0, 3.0],
        [-2.0, 1.0, -1.0, -1.0, -2.0, 0.0],
    ]
)
C = np.array(
    [
        [1.0, 1.0, 2.0, 2.0],
        [-1.0, 1.0, 1.0, 1.0],
        [-1.0, 1.0, 1.0, 0.0],
        [-2.0, 1.0, 1.0, -1.0],
    ]
)
INSIDE_G = np.array([2.0, -1.0, 1.0, -2.0])  # what W x + b is to be, by the choice of b
INSIDE_F = np.array([1.0, -2.0, 2.0, -1.0])  # what C y + d is to be, by the choice of d
LARGEST = 14.0  # the end of the colour scale, one for all sizes
AGREE = 1e-8


def half_square(A, inside, a):
    """The layer y = ½ (A a + c)², entry by entry, with c so that A a + c is `inside` at a.

    Its Jacobian there is diag(inside) A.
    """
    c = inside - A @ a
    return Network(lambda a: Scale(0.5)(Power(2)(Linear()(A, c, a))))


@dataclass(frozen=True)
class Chain:
    """The two Jacobians of h = f∘g, and their product in the order asked for.

    `gap` is the largest difference between the product and the Jacobian of h by central
    differences; None if the product has not even its shape.
    """

    swapped: bool
    left: np.ndarray
    right: np.ndarray
    product: np.ndarray
    y: np.ndarray  # (m,)
    shape: tuple[int, int]  # of the Jacobian of h
    gap: float | None

    @property
    def names(self):
        """Of the left factor, the right factor and the product."""
        return ("J_g", "Df", "Q") if self.swapped else ("Df", "J_g", "Dh")


def chain_model(n, m, k, extra=False, swapped=False):
    """h = f∘g with x (n,), g(x) (m,) and f (k,), all of it computed by adlab.

    `extra`: f takes m + 1 numbers. `swapped`: the factors in the wrong order. A ValueError if the
    inner sizes do not meet.
    """
    if extra:
        raise ValueError(
            f"f takes {m + 1} numbers and g(x) has {m}: in Df · J_g, ({k} × {m + 1})({m} × {n}), "
            f"the inner sizes {m + 1} and {m} do not meet."
        )
    if swapped and n != k:
        raise ValueError(
            f"J_g · Df is ({m} × {n})({k} × {m}): the inner sizes {n} and {k} do not meet."
        )
    x = X[:n]
    g = half_square(W[:m, :n], INSIDE_G[:m], x)
    y, G = g.linearize(x)
    f = half_square(C[:k, :m], INSIDE_F[:k], y)
    _, F = f.linearize(y)
    left, right = (G[0], F[0]) if swapped else (F[0], G[0])
    product = (left @ right).dense()
    gap = None
    if product.shape == (k, n):
        gap = float(np.abs(product - differences(lambda x: f(g(x)), x)).max())
    return Chain(swapped, left.dense(), right.dense(), product, y, (k, n), gap)


class ChainPanel(Panel):
    title = "The chain rule: two Jacobians and their product"
    hint = "Before you drag, say which matrices will change, and how."
    lines = 10
    sentence_lines = 4

    def make_controls(self):
        return {
            "n": int_slider("n, size of x", 4, 1, MOST_N),
            "m": int_slider("m, size of g", 3, 1, MOST_M),
            "k": int_slider("k, size of f", 2, 1, MOST_K),
            "swapped": choice("order", [("Df · J_g", False), ("J_g · Df", True)]),
            "extra": check_box("f takes one number more than g gives"),
        }

    def model(self, n, m, k, swapped, extra):
        return chain_model(n, m, k, extra, swapped)

    def picture(self, chain):
        return product_picture(
            chain.left.tolist(),
            chain.right.tolist(),
            chain.product.tolist(),
            names=chain.names,
            middle="" if chain.swapped else "y",
            largest=LARGEST,
            room=(MOST_M, MOST_K),
        )

    def text(self, chain):
        return "\n".join([sizes(chain), framed(chain), place(chain), verdict(chain)])


def sizes(chain):
    (k, m), (_, n) = chain.left.shape, chain.right.shape
    left, right, product = chain.names
    factors = f"{left} is {k} × {m}, {right} is {m} × {n}: {m} meets {m}."
    return f"{factors}\n{product} is {k} × {n}."


def framed(chain):
    """The framed entry of the product, as a sum over the inner index."""
    row, column = chain.left[0], chain.right[:, 0]
    terms = " + ".join(f"{factor(a)}·{factor(b)}" for a, b in zip(row, column, strict=True))
    return f"The framed entry: {terms} = {number(chain.product[0, 0], 0)}."


def factor(value):
    text = number(value, 0)
    return f"({text})" if value < 0 else text


def place(chain):
    return f"Df is taken at y = g(x) = ({', '.join(f'{value:g}' for value in chain.y)})."


def verdict(chain):
    k, n = chain.shape
    if chain.gap is None:
        return f"Q exists because n = k, but Dh is {k} × {n}: Q is not the derivative of h."
    if chain.gap < AGREE:
        commute = "1 × 1 matrices commute. " if chain.swapped else ""
        return f"{commute}The product and central differences agree within 10⁻⁸."
    return (
        "Q has the shape of Dh because n = m = k, but it is not the derivative of h: "
        f"central differences are up to {number(chain.gap, 0)} away."
    )
