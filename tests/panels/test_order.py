"""The panel of chapter 06: its orders, its picture to scale, and that it measures on demand."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab import brackets
from adlab.panels import order
from adlab.panels.order import COUNTS, MODES, START, OrderPanel, crossing, order_model
from adlab.pictures.drawing import WIDTH
from adlab.pictures.order import (
    LEAF_Y,
    UNIT,
    Cost,
    crossing_picture,
    graph_picture,
    order_picture,
)

SVG = "{http://www.w3.org/2000/svg}"
FOUR = (50, 100, 2, 100, 50)


def texts(svg):
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def matrices(svg):
    """(width, height) in rows and columns of the matrices in the picture, as they are drawn."""
    return [
        (float(r.get("height")) / UNIT, float(r.get("width")) / UNIT)
        for r in ET.fromstring(svg).iter(f"{SVG}rect")
        if r.get("stroke") == "#000000"
    ]


def test_the_example_of_the_course():
    panel = OrderPanel()
    assert panel.values["k"] == 4
    assert START[:5] == FOUR
    assert panel.words == (
        "Drawn: ((M0 M1) M2) M3.\n"
        "M0 · M1: 2·50·100·2 = 20,000\n"
        "M0…1 · M2: 2·50·2·100 = 20,000\n"
        "M0…2 · M3: 2·50·100·50 = 500,000\n"
        "In all 540,000 flops, 7,500 numbers at the peak.\n"
        "Left to right: 540,000 flops, 7,500 numbers at the peak; 10.80 times the best.\n"
        "Right to left: 540,000 flops, 7,500 numbers at the peak; 10.80 times the best.\n"
        "Best of 5: (M0 M1) (M2 M3): 50,000 flops, 2,700 numbers at the peak.\n"
        "No time is measured."
    )


@pytest.mark.parametrize("k", COUNTS)
def test_the_menu_reaches_every_bracketing_and_no_other(k):
    sizes = START[: k + 1]
    drawn = [order_model(sizes, i).drawn for i in range(1, COUNTS[k] + 1)]
    assert drawn == brackets.every(sizes)
    assert len({b.tree for b in drawn}) == COUNTS[k]
    for name, find in MODES.items():
        assert order_model(sizes, name).drawn == find(sizes)
        assert find(sizes) in drawn
    with pytest.raises(ValueError, match=rf"{k} matrices can be bracketed in {COUNTS[k]} way"):
        order_model(sizes, COUNTS[k] + 1)


def test_a_number_too_high_is_a_sentence_and_leaves_when_mended():
    panel = OrderPanel()
    panel.set(k=5, which=14)
    assert panel.sentence == ""
    before = panel.svg
    panel.set(k=3)
    assert panel.sentence == "3 matrices can be bracketed in 2 ways: there is no number 14."
    assert panel.svg == before
    panel.set(which=2)
    assert panel.sentence == ""
    panel.set(k=2)
    assert panel.sentence == "2 matrices can be bracketed in 1 way: there is no number 2."


def test_sizes_that_are_not_used_change_nothing():
    panel = OrderPanel()
    before = panel.svg, panel.words
    panel.set(d5=77)
    assert (panel.svg, panel.words) == before
    assert [panel.controls[f"d{i}"].disabled for i in range(6)] == [False] * 5 + [True]
    panel.set(k=5)
    assert not panel.controls["d5"].disabled
    assert "77" in texts(panel.svg)


def test_all_matrices_are_drawn_to_scale():
    sizes = (3, 40, 2, 100, 7)
    bracketing = brackets.best(sizes)
    svg = order_picture(sizes, bracketing.tree, [], str(bracketing))

    def shapes(tree):
        if isinstance(tree, int):
            return [(sizes[tree], sizes[tree + 1])]
        leaves = brackets.leaves_of(tree)
        own = sizes[leaves[0]], sizes[leaves[-1] + 1]
        return [own, *shapes(tree[0]), *shapes(tree[1])]

    expected = sorted(shapes(bracketing.tree))
    np.testing.assert_allclose(sorted(matrices(svg)), expected, atol=0.02 / UNIT)


@pytest.mark.parametrize("k", COUNTS)
def test_matrices_and_words_keep_clear_of_each_other(k):
    """With the largest sizes: no two matrices overlap, and no words stand on a matrix."""
    sizes = (100,) * (k + 1)
    for bracketing in brackets.every(sizes):
        svg = order_picture(sizes, bracketing.tree, [Cost("best", 1, 1)], "")
        root = ET.fromstring(svg)
        boxes = [
            tuple(float(r.get(name)) for name in ("x", "y", "width", "height"))
            for r in root.iter(f"{SVG}rect")
            if r.get("stroke") == "#000000"
        ]
        assert len(boxes) == 2 * k - 1
        words = []
        for text in root.iter(f"{SVG}text"):
            x, y, said = float(text.get("x")), float(text.get("y")), "".join(text.itertext())
            width = 0.6 * 17 * len(said)
            x -= {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
            words.append((x, y - 12, width, 12))
        things = boxes + words
        for i, (x, y, w, h) in enumerate(things):
            assert x >= 0
            assert x + w <= WIDTH
            for X, Y, W, H in things[i + 1 :]:
                assert x + w <= X or X + W <= x or y + h <= Y or Y + H <= y, (bracketing, x, y)
        assert min(y + h / 2 for _, y, _, h in boxes) == LEAF_Y


def test_it_measures_on_demand_only(monkeypatch):
    calls = []
    honest = order.measured
    monkeypatch.setattr(order, "measured", lambda *args: calls.append(args) or honest(*args))
    panel = OrderPanel()
    panel.set(d0=7, which="best")
    assert not calls
    assert "machine" not in panel.words
    panel.set(measure=True)
    assert len(calls) == 1
    sizes, trees = calls[0]
    factor = panel.shown.factor
    assert sizes == tuple(factor * d for d in panel.shown.sizes)
    assert trees == {o.tree for o in [*panel.shown.modes.values(), panel.shown.drawn]}
    assert f"Measured on this machine, each size times {factor}: left to right " in panel.words
    assert texts(panel.svg).count("—") == 0
    panel.set(measure=False)
    assert texts(panel.svg).count("—") == 4


@pytest.mark.parametrize("sizes", [(1, 1, 1), (100,) * 6, (1, 100, 100, 100, 100, 1), FOUR])
def test_what_is_measured_stays_small(sizes):
    flops = max(b.flops for b in brackets.every(sizes))
    factor = order.scaled(sizes, flops)
    least = 2 if 1 in sizes else 1
    assert factor >= least
    scaled = [factor * d for d in sizes]
    largest = max(p * q for p, q in zip(scaled, scaled[1:], strict=False))
    if factor > least:
        assert flops * factor**3 <= order.MOST_FLOPS
        assert largest <= order.MOST_ENTRIES
    for b in brackets.every(sizes):  # sizes times s: flops times s³, storage times s²
        scaled_up = brackets.cost(scaled, b.tree)
        assert scaled_up.flops == factor**3 * b.flops
        assert scaled_up.storage == factor**2 * b.storage


def test_what_is_measured_is_the_product():
    rng = np.random.default_rng(0)
    for sizes in (FOUR, (2, 700, 3, 600)):
        chain = [rng.standard_normal(pair) for pair in zip(sizes, sizes[1:], strict=False)]
        expected = np.linalg.multi_dot(chain)
        for b in brackets.every(sizes):
            product = order.multiplied(chain, b.tree)
            np.testing.assert_allclose(product, expected, rtol=1e-9, atol=1e-9, strict=True)
    wide = rng.standard_normal((3, 400)), rng.standard_normal((400, 900))
    np.testing.assert_allclose(order.times(*wide), wide[0] @ wide[1], rtol=1e-9, atol=1e-9)


def test_measured_gives_a_positive_time_for_each_tree():
    found = order.measured((4, 6, 2, 8), {((0, 1), 2), (0, (1, 2))})
    assert set(found) == {((0, 1), 2), (0, (1, 2))}
    assert all(0 < seconds < 60 for seconds in found.values())


@pytest.mark.parametrize("sizes", [(20, 30, 60), (60, 30, 15), (6, 4, 4), (5, 3, 7)])
def test_the_modes_cross_where_it_is_said(sizes):
    n = crossing((*sizes, 1))
    for other in range(1, 101):
        all_sizes = (*sizes, other)
        left, right = brackets.left_to_right(all_sizes), brackets.right_to_left(all_sizes)
        assert np.sign(left.flops - right.flops) == np.sign(n - other)
    assert crossing((*sizes, 99)) == n


def test_they_need_not_cross():
    """1/m + 1/b <= 1/a: right to left is cheaper for every n."""
    sizes = (60, 4, 30)
    assert crossing((*sizes, 1)) == float("inf")
    for n in (1, 10, 100, 10**6):
        left, right = MODES["left to right"]((*sizes, n)), MODES["right to left"]((*sizes, n))
        assert right.flops < left.flops


def test_the_picture_of_the_crossing():
    svg = crossing_picture((20, 30, 60), 60, 30)
    assert svg == crossing_picture((20, 30, 60), 60, 30)
    root = ET.fromstring(svg)
    assert "up to n = 30" in root.get("aria-label")
    lines = [
        [tuple(map(float, point)) for point in re.findall(r"([\d.]+) ([\d.]+)", path.get("d"))]
        for path in root.iter(f"{SVG}path")
    ]
    (x1, y1), (x2, y2) = lines[0]
    (_, v1), (_, v2) = lines[1]
    circle = next(root.iter(f"{SVG}circle"))
    x, y = float(circle.get("cx")), float(circle.get("cy"))
    share = (x - x1) / (x2 - x1)
    assert share == pytest.approx(30 / 60)
    assert y1 + share * (y2 - y1) == pytest.approx(y, abs=0.01)
    assert v1 + share * (v2 - v1) == pytest.approx(y, abs=0.01)
    assert (y1 < v1, y2 > v2) == (True, True)  # a smaller y is a larger cost


def test_the_picture_of_a_graph():
    places = {"x": (0, 0.5), "a": (0.5, 0), "y": (1, 0.5)}
    svg = graph_picture(places, {("x", "a"): 2, ("a", "y"): -3})
    assert sorted(texts(svg)) == sorted(["2", "−3", "x", "a", "y"])
    assert "x to a with slope 2, a to y with slope −3" in ET.fromstring(svg).get("aria-label")
