"""The panel chain against numbers made another way."""

import re

import numpy as np

from adlab.panels import chain
from adlab.panels.panel import Panel
from tests.panels.agrees.reading import differences, labels, numbers


def chain_agrees(panel: Panel) -> None:
    values = panel.values
    n, m, k = values["n"], values["m"], values["k"]
    x, W, C = chain.X[:n], chain.W[:m, :n], chain.C[:k, :m]
    b = chain.INSIDE_G[:m] - W @ x
    y = (W @ x + b) ** 2 / 2
    d = chain.INSIDE_F[:k] - C @ y
    J_g = differences(lambda x: (W @ x + b) ** 2 / 2, x)
    Df = differences(lambda y: (C @ y + d) ** 2 / 2, y)
    Dh = differences(lambda x: (C @ ((W @ x + b) ** 2 / 2) + d) ** 2 / 2, x)
    left, right = (J_g, Df) if values["swapped"] else (Df, J_g)
    product = np.einsum("ij,jl->il", left, right)

    drawn = [numbers(text)[0] for text in labels(panel) if re.fullmatch(r"−?\d+", text)]
    expected = np.concatenate([left.ravel(), right.ravel(), product.ravel()])
    np.testing.assert_allclose(drawn, expected, atol=1e-6, strict=True)
    factors, shape, framed, place, verdict = panel.words.splitlines()
    inner = left.shape[1]
    assert numbers(factors) == [*left.shape, *right.shape, inner, inner]
    assert numbers(shape) == list(product.shape)
    *terms, entry = numbers(framed)
    np.testing.assert_allclose(terms[0::2], left[0], atol=1e-6, strict=True)
    np.testing.assert_allclose(terms[1::2], right[:, 0], atol=1e-6, strict=True)
    np.testing.assert_allclose(entry, product[0, 0], atol=1e-6)
    assert numbers(place) == y.tolist()
    same = product.shape == Dh.shape and np.abs(product - Dh).max() < 1e-6
    assert ("agree within" in verdict) == same
    assert ("not the derivative" in verdict) != same
    if "away" in verdict:
        assert abs(numbers(verdict)[-1] - np.abs(product - Dh).max()) < 0.5
