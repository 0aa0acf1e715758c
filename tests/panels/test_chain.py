"""The panel of chapter 02 against numbers that are computed here with plain NumPy."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.panels import chain
from adlab.panels.chain import ChainPanel, chain_model
from adlab.pictures.chain import MOST_K, MOST_M, MOST_N, UNIT, paths_picture, product_picture
from adlab.pictures.drawing import WIDTH

SVG = "{http://www.w3.org/2000/svg}"
SIZES = list(itertools.product(*(range(1, most + 1) for most in (MOST_N, MOST_M, MOST_K))))


def jacobians(n, m, k):
    """Df and J_g of g = ½ (W x + b)² and f = ½ (C y + d)², differentiated on paper."""
    x, W, C = chain.X[:n], chain.W[:m, :n], chain.C[:k, :m]
    b = chain.INSIDE_G[:m] - W @ x
    y = (W @ x + b) ** 2 / 2
    d = chain.INSIDE_F[:k] - C @ y
    J_g = np.array([[(W[i] @ x + b[i]) * W[i, j] for j in range(n)] for i in range(m)])
    Df = np.array([[(C[i] @ y + d[i]) * C[i, j] for j in range(m)] for i in range(k)])
    return Df, J_g


def cells(svg):
    """The whole numbers in the picture, in the order they are drawn."""
    texts = [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]
    return [int(text.replace("−", "-")) for text in texts if re.fullmatch(r"−?\d+", text)]


@pytest.mark.parametrize(("n", "m", "k"), SIZES)
def test_in_the_right_order_the_product_is_the_jacobian(n, m, k):
    Df, J_g = jacobians(n, m, k)
    model = chain_model(n, m, k)
    np.testing.assert_array_equal(model.left, Df, strict=True)
    np.testing.assert_array_equal(model.right, J_g, strict=True)
    Dh = np.einsum("ij,jl->il", Df, J_g)
    np.testing.assert_array_equal(model.product, Dh, strict=True)
    assert model.gap < 5e-9  # so that "within 10⁻⁸" holds on every processor


@pytest.mark.parametrize(("n", "m", "k"), SIZES)
def test_in_the_wrong_order_it_conforms_only_where_n_is_k(n, m, k):
    if n != k:
        with pytest.raises(ValueError, match=rf"sizes {n} and {k} do not meet"):
            chain_model(n, m, k, swapped=True)
        return
    Df, J_g = jacobians(n, m, k)
    model = chain_model(n, m, k, swapped=True)
    assert model.product.shape == (m, m)
    np.testing.assert_array_equal(model.product, J_g @ Df, strict=True)
    if m != n:
        assert model.gap is None
    else:
        assert model.gap == pytest.approx(np.abs(J_g @ Df - Df @ J_g).max(), abs=1e-8)


@pytest.mark.parametrize(("n", "m", "k"), SIZES)
@pytest.mark.parametrize("swapped", [False, True])
def test_an_input_too_many_names_the_two_sizes(n, m, k, swapped):
    with pytest.raises(ValueError, match=rf"inner sizes {m + 1} and {m} do not meet"):
        chain_model(n, m, k, extra=True, swapped=swapped)


def test_the_panel_at_every_setting():
    """Sizes and numbers in words and picture, or a sentence and the last picture that was right."""
    panel = ChainPanel()
    for (n, m, k), swapped, extra in itertools.product(SIZES, [False, True], [False, True]):
        before = panel.svg, panel.words
        panel.set(n=n, m=m, k=k, swapped=swapped, extra=extra)
        if extra or (swapped and n != k):
            assert "do not meet" in panel.sentence
            assert (panel.svg, panel.words) == before
            continue
        assert panel.sentence == ""
        Df, J_g = jacobians(n, m, k)
        left, right = (J_g, Df) if swapped else (Df, J_g)
        product = left @ right
        drawn = np.concatenate([left.ravel(), right.ravel(), product.ravel()])
        assert cells(panel.svg) == drawn.tolist()
        assert f"{'J_g' if swapped else 'Df'} is {left.shape[0]} × {left.shape[1]}" in panel.words
        assert f"= {product[0, 0]:.0f}.".replace("-", "−") in panel.words
        assert ("agree within 10⁻⁸" in panel.words) == (not swapped or n == m == k == 1)
        assert ("not the derivative" in panel.words) == (swapped and not n == m == k == 1)


def test_the_words_of_one_setting():
    panel = ChainPanel()
    panel.set(n=5, m=3, k=2)
    assert panel.words == (
        "Df is 2 × 3, J_g is 3 × 5: 3 meets 3.\n"
        "Dh is 2 × 5.\n"
        "The framed entry: 1·4 + 1·1 + 2·(−2) = 1.\n"
        "Df is taken at y = g(x) = (2, 0.5, 0.5).\n"
        "The product and central differences agree within 10⁻⁸."
    )


def test_a_product_that_is_wrong_is_said_to_be(monkeypatch):
    wrong = chain.differences
    monkeypatch.setattr(chain, "differences", lambda *args: wrong(*args) + 3)
    assert "up to 3 away" in chain.verdict(chain_model(3, 2, 1))


def test_a_sentence_leaves_when_the_setting_is_mended():
    panel = ChainPanel()
    panel.set(extra=True)
    assert "f takes 4 numbers and g(x) has 3" in panel.sentence
    panel.set(m=2)
    assert "f takes 3 numbers and g(x) has 2" in panel.sentence
    panel.set(extra=False)
    assert panel.sentence == ""
    assert "Df is 2 × 2" in panel.words


def test_two_panels_draw_the_same():
    one, two = ChainPanel(), ChainPanel()
    start = one.svg
    height = ET.fromstring(start).get("height")
    one.set(n=6, k=1)
    assert one.svg != start == two.svg
    assert ET.fromstring(one.svg).get("height") == height
    one.set(n=4, k=2)
    assert one.svg == start


DF, J_G = [[1, 2, 3]], [[1, 3], [1, 2], [0, 2]]


def test_the_product_is_drawn_to_scale_and_changes_nothing():
    left, right, product = [[2, -1, 1]], [[1, 3], [0, 2], [4, 1]], [[6, 5]]
    svg = product_picture(left, right, product)
    assert svg == product_picture(left, right, product)
    assert (left, right, product) == ([[2, -1, 1]], [[1, 3], [0, 2], [4, 1]], [[6, 5]])
    root = ET.fromstring(svg)
    assert root.get("width") == str(WIDTH)
    outlines = [
        (float(r.get("width")) / UNIT, float(r.get("height")) / UNIT)
        for r in root.iter(f"{SVG}rect")
        if r.get("stroke-width") == "1" and r.get("fill") == "none" and not r.get("rx")
    ]
    assert outlines == [(3, 1), (2, 3), (2, 1)]
    assert cells(svg) == [2, -1, 1, 1, 3, 0, 2, 4, 1, 6, 5]
    assert "Dh, 1 by 2, is Df, 1 by 3, times J_g, 3 by 2." in root.get("aria-label")
    roomy = ET.fromstring(product_picture(left, right, product, room=(4, 4)))
    assert float(roomy.get("height")) == float(root.get("height")) + (4 - 3 + 4 - 1) * UNIT


@pytest.mark.parametrize(("source", "total"), [(0, 3), (1, 13)])
def test_paths_add_up_to_the_entry_of_the_product(source, total):
    svg = paths_picture(DF, J_G, source)
    assert svg == paths_picture(DF, J_G, source)
    assert total == (np.array(DF) @ np.array(J_G))[0, source]
    root = ET.fromstring(svg)
    assert root.get("aria-label").endswith(f"= {total}.")
    bold = [int(t.text) for t in root.iter(f"{SVG}text") if t.get("font-weight") == "bold"]
    assert bold == [row[source] for row in J_G] + DF[0]  # the edges of the three paths
    assert svg.count('stroke-width="2.5"') == len(bold)


def test_a_negative_factor_on_a_path_stands_in_brackets():
    assert "2·(−1) + 3·4 = 10" in paths_picture([[2, 3]], [[-1], [4]], 0)
