"""The panel of chapter 04: structure, edges of the sizes, and what the picture draws."""

import itertools
import re
import textwrap
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.panels import layers
from adlab.panels.layers import KINDS, LayersPanel, layer_at, layers_model
from adlab.pictures.drawing import COTANGENT, JACOBIAN_PAPER, TANGENT, WIDTH
from adlab.pictures.layers import HEIGHT, LEFT, JacobianMap, jacobians_picture, layer_picture
from tests.panels.agrees.layers import layers_agrees

SVG = "{http://www.w3.org/2000/svg}"
SIZES = list(itertools.product(*(range(1, most + 1) for most in (5, 4, 3))))
EDGES = [(1, 1, 1), (5, 4, 3), (5, 1, 1), (1, 4, 1), (1, 1, 3), (3, 2, 1)]


@pytest.mark.parametrize("layer", KINDS)
def test_the_numbers_at_the_edges_of_the_sizes(layer):
    panel = LayersPanel()
    for n, m, batch in EDGES:
        panel.set(layer=layer, n=n, m=m, batch=batch)
        assert panel.sentence == ""
        layers_agrees(panel)


@pytest.mark.parametrize("layer", KINDS)
def test_the_words_have_room_at_every_size(layer):
    panel = LayersPanel()
    for n, m, batch in SIZES:
        words = panel.text(layers_model(layer, n, m, batch))
        lines = sum(len(textwrap.wrap(line, 40)) for line in words.splitlines())
        assert lines <= panel.lines, (n, m, batch)


@pytest.mark.parametrize("layer", KINDS)
def test_nothing_leaves_the_card(layer):
    for n, m, batch in SIZES:
        root = ET.fromstring(layer_at(layer, n, m, batch))
        assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT))
        for rect in root.iter(f"{SVG}rect"):
            assert float(rect.get("x")) + float(rect.get("width")) <= WIDTH
            assert float(rect.get("y")) + float(rect.get("height")) <= HEIGHT


def test_the_words_of_one_setting():
    panel = LayersPanel()
    assert panel.words == (
        "W (2, 3), b (2,) and a (3,) make y (2,).\n"
        "P = ∂y/∂(W, b) is 2 × (6 + 2). A = ∂y/∂a is 2 × 3.\n"
        "tangent v = (1, −1, 2, 1, −2, 1, −1, 2): P v = (6, 5)\n"
        "cotangent u = (1, 2): u P = (2, 1, 3, 4, 2, 6, 1, 2)\n"
        "tangent v = (1, −1, 2): A v = (−3, 4)\n"
        "cotangent u = (1, 2): u A = (7, 2, 0)\n"
        "⟨u, P v⟩ = ⟨u P, v⟩ = 16, ⟨u, A v⟩ = ⟨u A, v⟩ = 5.\n"
        "Dense, P and A hold 16 + 6 numbers; the structure holds 3 + 6."
    )


def test_a_batch_stacks_in_the_parameters_and_is_block_diagonal_in_the_input():
    one, batch = layers_model("Linear", 4, 3, 1), layers_model("Linear", 4, 3, 3)
    np.testing.assert_array_equal(batch.P.dense[:3], one.P.dense)
    np.testing.assert_array_equal(batch.A.dense, np.kron(np.eye(3), layers.W[:3, :4]))
    assert batch.A.zeros.sum() == 3 * 3 * 3 * 4 - 3 * 3 * 4
    assert (one.P.held, batch.P.held) == (4, 12)
    assert one.A.held == batch.A.held == 12


def test_a_zero_of_the_numbers_is_not_a_zero_of_the_structure():
    linear = layers_model("Linear", 3, 2)
    assert linear.A.dense[0, 1] == 0
    assert not linear.A.zeros.any()
    relu = layers_model("ReLU", 4)
    np.testing.assert_array_equal(relu.A.zeros, ~np.eye(4, dtype=bool))
    assert (np.diag(relu.A.dense) == [1, 0, 1, 0]).all()


def test_one_number_in_a_softmax_is_a_constant():
    for layer in ("Softmax", "SoftmaxCrossEntropy"):
        shown = layers_model(layer, 1, 1, 3)
        assert shown.A.zeros.all()
        assert not shown.A.dense.any()


def test_a_layer_without_parameters_says_so_and_keeps_its_picture():
    panel = LayersPanel()
    panel.set(layer="Tanh")
    assert panel.shown.P is None
    assert "no parameters, so one Jacobian only: A = ∂y/∂a is 3 × 3" in panel.words
    assert "There is no m to choose." in panel.words
    assert "There are no parameters." in ET.fromstring(panel.svg).get("aria-label")
    before = panel.svg
    panel.set(m=4)
    assert panel.svg == before


def test_two_panels_draw_the_same():
    one, two = LayersPanel(), LayersPanel()
    start = one.svg
    one.set(layer="Softmax", n=5)
    assert one.svg != start == two.svg == layer_at()
    one.set(layer="Linear", n=3)
    assert one.svg == start


MATRIX, ZEROS = [[2, 0, 0], [0, -1, 0]], [[False, False, True], [True, False, False]]
SMALL = JacobianMap(
    "A", MATRIX, ZEROS, [("a", 3)], (2, 3), [1, 2, 3], [2, -2], [1, 0.5], [2, -0.5, 0], 4
)


def test_a_map_draws_a_cell_for_each_entry_that_is_no_structural_zero():
    root = ET.fromstring(jacobians_picture("y = g(a)", None, SMALL, 2))
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    start = texts.index("dense 6, held 4")
    assert texts[start + 1 : start + 6] == ["2", "0", "−1", "0", "a"]
    grounds = [r for r in root.iter(f"{SVG}rect") if r.get("fill") == JACOBIAN_PAPER]
    assert [float(r.get("x")) for r in grounds][1:] == [LEFT]  # after the one of the legend


def test_a_strip_has_numbers_or_bars():
    root = ET.fromstring(jacobians_picture("y = g(a)", None, SMALL))
    in_colour = [
        (text.text, text.get("fill"))
        for text in root.iter(f"{SVG}text")
        if text.get("fill") in (TANGENT, COTANGENT)
    ]
    assert ("−2", TANGENT) in in_colour
    assert ("0.50", COTANGENT) in in_colour  # u, where there is room
    assert ("−0.50", COTANGENT) not in in_colour  # u J, in cells of 40 px
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("fill") == COTANGENT]
    assert len(bars) == 2  # and none for the zero
    lengths = [float(r.get("height")) for r in bars]
    assert lengths[1] == pytest.approx(lengths[0] / 4, abs=0.01)


def test_the_box_names_both_jacobians():
    root = ET.fromstring(layer_picture())
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert {"P_i", "A_i"} == set(re.findall(r"[PA]_i", root.get("aria-label")))
    assert any(text.startswith("Pi = ∂gi") for text in texts)
    assert any(text.startswith("Ai = ∂gi") for text in texts)
