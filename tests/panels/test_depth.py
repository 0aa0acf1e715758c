"""The panel of chapter 05: its model at the edges, its pictures, its resting sliders."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.panels import depth
from adlab.panels.depth import DepthPanel, depth_model
from adlab.pictures.depth import DEEPEST, WIDEST, factors_picture, layers_picture
from adlab.pictures.drawing import COTANGENT, TEXT, WIDTH
from tests.panels.agrees.depth import depth_agrees

SVG = "{http://www.w3.org/2000/svg}"
PLACES = [(L, i) for L in range(1, DEEPEST + 1) for i in range(1, L + 1)]


def texts(svg):
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(("L", "i"), PLACES)
@pytest.mark.parametrize("width", [1, 5, WIDEST])
def test_the_product_agrees_with_differences(L, i, width):
    model = depth_model([width] * (L + 1), i)
    assert model.product.shape == model.differences.shape == (depth.PARAMETERS[i - 1],)
    assert model.gap < 2e-9  # so that "within 10⁻⁸" holds on every processor
    assert np.any(model.product != 0)


@pytest.mark.parametrize("L", range(1, DEEPEST + 1))
def test_products_are_counted(L):
    model = depth_model(depth.WIDTHS[: L + 1], 1)
    assert model.one_by_one == L * (L + 1) // 2
    assert model.swept == 2 * L - 1
    assert sum(len(depth_model(depth.WIDTHS[: L + 1], i).shapes) - 1 for i in range(1, L + 1)) == (
        model.one_by_one
    )


@pytest.mark.parametrize("i", [5, 8])
def test_a_layer_beyond_the_depth_is_refused(i):
    with pytest.raises(ValueError, match=rf"no layer {i} in a chain of 4"):
        depth_model(depth.WIDTHS[:5], i)


def test_the_first_screen_has_no_square_jacobian():
    panel = DepthPanel()
    model = panel.shown
    shapes = list(zip(model.sizes[1:], model.sizes, strict=False))
    shapes += list(zip(model.sizes[1:], model.parameters, strict=True))
    assert all(rows != columns for rows, columns in shapes)


def test_sliders_beyond_the_depth_rest_and_say_so():
    panel = DepthPanel()
    for L in (1, 8, 3, 7):
        panel.set(L=L, i=1)
        assert [k for k in range(9) if panel.controls[f"d{k}"].disabled] == list(range(L + 1, 9))
        assert ("beyond the depth" in panel.words) == (L < 8)
    assert "d₈ rests" in panel.words
    before = panel.svg, panel.words
    panel.set(d8=12)
    assert (panel.svg, panel.words) == before


def test_a_sentence_says_which_layer_is_missing_and_leaves_again():
    panel = DepthPanel()
    before = panel.svg
    panel.set(i=6)
    assert "no layer 6 in a chain of 4" in panel.sentence
    assert panel.svg == before
    panel.set(L=6)
    assert panel.sentence == ""
    depth_agrees(panel)


def test_the_words_of_one_setting():
    panel = DepthPanel()
    panel.set(L=3, i=1, d0=2, d1=7, d2=4, d3=3)
    lines = panel.words.splitlines()
    assert lines[0] == "D₁l is 1 × 2: (1 × 3)(3 × 4)(4 × 7)(7 × 2)."
    assert lines[1] == "P₁ is taken at (x₁, y₀), A₂ at (x₂, y₁) and so on to A₃, Df at y₃."
    assert lines[4:] == [
        "They agree within 10⁻⁸.",
        "D₁l to D₃l: 6 products one by one, 5 with the row ū shared.",
        "d₄ to d₈ rest: they are beyond the depth.",
    ]


def test_a_wrong_product_is_said_to_differ(monkeypatch):
    right = depth.differences
    monkeypatch.setattr(depth, "differences", lambda *args: right(*args) + 0.5)
    assert depth.verdict(depth_model(depth.WIDTHS[:4], 2)) == "They differ by up to 5.0e-01."


def test_all_sliders_are_on_the_screen_once():
    panel = DepthPanel()
    rows = [row.children for row in panel.children[0].children]
    assert list(itertools.chain(*rows)) == list(panel.controls.values())


def test_rows_of_the_sweep_are_as_wide_as_the_factors_above_which_they_stand():
    root = ET.fromstring(factors_picture([4, 6, 3, 5, 2], [2, 4, 3, 5], 2))
    rects = list(root.iter(f"{SVG}rect"))
    rows = [(r.get("x"), r.get("width")) for r in rects if r.get("fill") == COTANGENT]
    lit = [(r.get("x"), r.get("width")) for r in rects if r.get("stroke-width") == "2"]
    assert sorted(rows) == sorted(lit)
    assert "(1 by 2) (2 by 5) (5 by 3) (3 by 4)" in root.get("aria-label")


@pytest.mark.parametrize(("L", "i"), PLACES)
@pytest.mark.parametrize("width", [1, WIDEST])
def test_everything_stays_in_the_picture(L, i, width):
    root = ET.fromstring(factors_picture([width] * (L + 1), [5] * L, i))
    height = float(root.get("height"))
    for rect in list(root.iter(f"{SVG}rect"))[1:]:
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        assert 0 < x < x + w < WIDTH
        assert 0 < y < y + h < height
    sizes = re.findall(r'font-size="([\d.]+)"', ET.tostring(root, encoding="unicode"))
    assert all(float(size) >= TEXT for size in sizes)


def test_what_moves_is_thick():
    svg = layers_picture([1, 3, 2, 4], 2)
    assert "Moving x2 moves y2, y3 and l, and nothing before." in svg
    bold = [
        "".join(t.itertext())
        for t in ET.fromstring(svg).iter(f"{SVG}text")
        if t.get("font-weight") == "bold"
    ]
    assert sorted(bold) == sorted(["x2", "g2", "y2", "g3", "y3", "f", "l"])
    assert texts(svg).count("y0") == 1
