"""The pictures of the appendices: every matrix in them has the shape that is written."""

import xml.etree.ElementTree as ET

import pytest

from adlab.pictures.appendices import BLOCK, UNIT, blocks_picture, readings_picture
from adlab.pictures.drawing import COTANGENT, JACOBIAN, TANGENT, WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg):
    root = ET.fromstring(svg)
    assert root.get("width") == str(WIDTH)
    return root


def sizes(root, unit, stroke):
    """(rows, columns) of every rectangle with this outline, in units."""
    return [
        (float(r.get("height")) / unit, float(r.get("width")) / unit)
        for r in root.iter(f"{SVG}rect")
        if r.get("stroke") == stroke
    ]


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(("m", "n"), [(3, 5), (2, 4), (4, 3)])
def test_a_jacobian_is_read_from_both_sides(m, n):
    svg = readings_picture(m, n)
    assert svg == readings_picture(m, n)
    root = drawn(svg)
    assert sizes(root, UNIT, JACOBIAN) == [(m, n)] * 2
    assert sizes(root, UNIT, TANGENT) == [(1, 1)] * (n + m)
    assert sizes(root, UNIT, COTANGENT) == [(1, 1)] * (m + n)
    words = {f"v is {n} × 1", f"J v is {m} × 1", f"u is 1 × {m}", f"u J is 1 × {n}"}
    assert words < set(texts(root))
    assert f"J, {m} by {n}, read twice" in root.get("aria-label")


def test_tangents_run_right_and_cotangents_left():
    ways = {TANGENT: [], COTANGENT: []}
    for line in drawn(readings_picture(3, 5)).iter(f"{SVG}line"):
        if line.get("stroke") in ways:
            ways[line.get("stroke")].append(float(line.get("x2")) - float(line.get("x1")))
    assert len(ways[TANGENT]) == len(ways[COTANGENT]) == 2
    assert min(ways[TANGENT]) > 0 > max(ways[COTANGENT])


@pytest.mark.parametrize("shape", [(5, 3, 4, 2), (4, 2, 3, 1)])
def test_blocks_are_drawn_to_scale_in_both_arrangements(shape):
    m3, m1, m2, n = shape
    svg = blocks_picture(*shape)
    assert svg == blocks_picture(*shape)
    root = drawn(svg)
    printed = [(m1, m3), (m2, m3), (m1, n), (m2, n)]
    corrected = [(m3, m1), (m3, m2), (m1, n), (m2, n), (m3, n)]
    assert sizes(root, BLOCK, JACOBIAN) == printed + corrected
    assert f"({m3} × {m1 + m2})({m1 + m2} × {n}) = ({m3} × {n})" in texts(root)
    assert f"{m1 + m2} by {n}, is {m3} by {n}." in root.get("aria-label")


@pytest.mark.parametrize("svg", [readings_picture(3, 5), blocks_picture(5, 3, 4, 2)])
def test_everything_lies_inside_the_card(svg):
    root = drawn(svg)
    height = float(root.get("height"))
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= WIDTH
        assert 0 <= y <= y + h <= height
    for text in root.iter(f"{SVG}text"):
        assert 17 <= float(text.get("y")) <= height - 8
