"""The picture of chapter 01 against plain geometry, and the panel where g gives out."""

import dataclasses
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.panels.plane import MAPS, PlanePanel, at_point, unit
from adlab.pictures.drawing import COTANGENT, TANGENT
from adlab.pictures.plane import (
    BOX,
    LEFT_INPUT,
    LEFT_OUTPUT,
    TOP,
    Window,
    clip,
    lens_picture,
    matrix_picture,
    plane_picture,
)
from tests.panels.agrees.plane import PLANE_MAPS
from tests.panels.agrees.reading import differences, numbers

SVG = "{http://www.w3.org/2000/svg}"
SETTINGS = [
    {},
    {"zoom": 7, "x": -0.35, "y": 1.2},
    {"example": "polar", "x": 0.8, "y": -0.6, "tangent": -110, "cotangent": 35},
    {"example": "waves", "x": -1.5, "y": -1.5, "zoom": 2, "cotangent": -180},
    {"example": "a tanh layer", "tangent": 180, "cotangent": 5},
    {"example": "typed", "first": "exp(x)/4", "second": "x*y", "y": 1.5, "zoom": 16},
]


def shown(**settings):
    panel = PlanePanel()
    panel.set(**settings)
    assert not panel.sentence
    return panel.shown, ET.fromstring(panel.svg)


def arrow_tips(root, colour):
    """The tips of the arrows of a colour: the first corner of each arrow head."""
    heads = [e for e in root.iter(f"{SVG}polygon") if e.get("fill") == colour]
    return [[float(n) for n in e.get("points").split()[0].split(",")] for e in heads]


def to_px(point, window, left):
    return [
        left + BOX * (point[0] - window.x + window.half) / (2 * window.half),
        TOP + BOX * (window.y + window.half - point[1]) / (2 * window.half),
    ]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_arrows_end_where_v_and_its_push_end(settings):
    plane, root = shown(**settings)
    ends = [
        to_px(plane.p + plane.v / plane.zoom, plane.window_in, LEFT_INPUT),
        to_px(plane.y + plane.Jv / plane.zoom, plane.window_out, LEFT_OUTPUT),
    ]
    np.testing.assert_allclose(arrow_tips(root, TANGENT), ends, atol=0.011)


@pytest.mark.parametrize("settings", SETTINGS)
def test_v_crosses_as_many_lines_of_uJ_as_its_push_crosses_lines_of_u(settings):
    """The lines are read from the picture: their distance along the arrow counts u J v."""
    plane, root = shown(**settings)
    for left, window, w in (
        (LEFT_INPUT, plane.window_in, plane.v),
        (LEFT_OUTPUT, plane.window_out, plane.Jv),
    ):
        lines = [
            [float(line.get(key)) for key in ("x1", "y1", "x2", "y2")]
            for line in root.iter(f"{SVG}line")
            if line.get("stroke") == COTANGENT
        ]
        lines = [line for line in lines if on_edge(line[:2], left) and on_edge(line[2:], left)]
        lines = [line for line in lines if np.ptp(line[::2]) + np.ptp(line[1::2]) > 9]
        assert len(lines) >= 2
        normal = np.array([lines[0][3] - lines[0][1], lines[0][0] - lines[0][2]])
        normal = normal / np.linalg.norm(normal)
        places = sorted(float(normal @ line[:2]) for line in lines)
        gap = (places[-1] - places[0]) / (len(places) - 1)
        np.testing.assert_allclose(np.diff(places), gap, atol=0.03)
        arrow = np.array(w) / plane.zoom * BOX / (2 * window.half) * (1, -1)
        crossed = abs(normal @ arrow) / gap
        assert crossed == pytest.approx(abs(plane.u @ plane.Jv) / plane.step, abs=0.03)


def on_edge(point, left):
    depth = min(min(x, BOX - x) for x in (point[0] - left, point[1] - TOP))
    return abs(depth) < 0.02


def test_zooming_in_straightens_the_image_and_keeps_the_point_in_place():
    """Halving the square quarters its distance from the parallelogram."""
    misses, places = [], []
    for zoom in (2, 4, 8, 16):
        plane, _ = shown(example="waves", x=0.4, y=-0.7, zoom=zoom)
        misses.append(np.abs(plane.square_image - plane.parallelogram).max())
        places.append(to_px(plane.p, plane.window_in, LEFT_INPUT))
        places[-1] += to_px(plane.y, plane.window_out, LEFT_OUTPUT)
    ratios = np.divide(misses[:-1], misses[1:])
    np.testing.assert_allclose(ratios, 4, rtol=0.2)
    np.testing.assert_allclose(places, [places[0]] * 4, atol=1e-9)


@pytest.mark.parametrize("example", MAPS)
def test_grid_square_and_parallelogram_are_images(example):
    panel = PlanePanel()
    panel.set(example=example, x=0.45, y=-1.05, zoom=3)
    plane = panel.shown
    g = PLANE_MAPS[example]
    images = np.stack(g(*np.moveaxis(plane.grid, -1, 0)), axis=-1)
    np.testing.assert_allclose(plane.grid_image, images, atol=1e-13, strict=True)
    J = differences(lambda p: np.array(g(*p)), plane.p)
    corners = plane.y + (plane.square - plane.p) @ J.T
    np.testing.assert_allclose(plane.parallelogram, corners, atol=1e-9, strict=True)
    assert np.abs(plane.square - plane.p).max() == pytest.approx(0.5 / 3)


@pytest.mark.parametrize("example", MAPS)
@pytest.mark.parametrize("x", [-1.5, 0, 1.5])
@pytest.mark.parametrize("y", [-1.5, 0, 1.5])
def test_the_point_and_its_image_are_inside_the_windows(example, x, y):
    plane = at_point(MAPS[example], (x, y), 1, unit(30), unit(90))
    for point, window in ((plane.p, plane.window_in), (plane.y, plane.window_out)):
        assert np.abs(point - (window.x, window.y)).max() <= window.half


def test_windows_do_not_move_when_the_point_does():
    windows = {shown(x=x, y=y)[0].window_out for x in (-1.5, 0.1, 1.5) for y in (-1.0, 1.5)}
    assert len(windows) == 1


def test_a_picture_is_a_function_of_its_numbers():
    plane, _ = shown(example="polar")
    before = {f.name: np.array(getattr(plane, f.name)) for f in dataclasses.fields(plane)
              if isinstance(getattr(plane, f.name), np.ndarray)}  # fmt: skip
    assert plane_picture(plane) == plane_picture(dataclasses.replace(plane))
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(plane, name), array, strict=True)


SENTENCES = [
    ({"first": "log(x)", "x": -1.0}, r"g₁ is no number at \(−1.00, 0.50\)"),
    ({"second": "1/y", "y": 0.0}, r"g₂ is no number at \(1.00, 0.00\)"),
    ({"second": "sqrt(x)", "x": 0.0}, "g has no derivative"),
    ({"first": "exp(9*x)", "x": 1.5}, "g or its slope is larger than 10000"),
    ({"second": "sn(x)"}, "g₂ can't be read: .* Did you mean sin"),
    ({"first": "<script>alert(1)</script>"}, "g₁ can't be read: '<' is not allowed"),
]


@pytest.mark.parametrize("settings, sentence", SENTENCES)
def test_where_g_gives_out_a_sentence_stands_over_the_last_picture(settings, sentence):
    panel = PlanePanel()
    panel.set(example="typed")
    svg, words = panel.svg, panel.words
    panel.set(**settings)
    assert re.search(sentence, panel.sentence), panel.sentence
    assert (panel.svg, panel.words) == (svg, words)
    assert "<script" not in panel._note.value
    panel.set(**{"first": "x", "second": "y"} | {key: 1.0 for key in settings if key in "xy"})
    assert not panel.sentence


EDGES = ["0", "3", "x", "x*x*x*x*x*x*x*x*x", "log(x)", "1/(x*y)", "exp(-9*x*x)", "1e90", "x*1e-9"]


@pytest.mark.parametrize("first", EDGES)
@pytest.mark.parametrize("second", EDGES)
def test_odd_maps_are_drawn_or_refused(first, second):
    """Constants, maps with holes, huge and tiny ones."""
    panel = PlanePanel()
    for zoom in (1, 16):
        panel.set(example="typed", first=first, second=second, x=0.75, y=-0.5, zoom=zoom)
        ET.fromstring(panel.svg)
        if panel.sentence:
            assert "1e90" in (first, second)


def test_a_map_to_a_constant_has_the_jacobian_zero():
    plane, root = shown(example="typed", first="3", second="0")
    assert not plane.J.any()
    assert not plane.uJ.any()
    assert len(arrow_tips(root, COTANGENT)) == 1  # u has lines, u J = 0 has none


def test_the_boxes_count_only_when_they_are_chosen():
    panel = PlanePanel()
    boxes = panel.controls["first"], panel.controls["second"]
    assert [box.disabled for box in boxes] == [True, True]
    before = panel.svg
    panel.set(first="x/3")
    assert panel.svg == before
    panel.set(example="typed")
    assert [box.disabled for box in boxes] == [False, False]
    assert numbers(panel.words.splitlines()[0].split("=")[1])[0] == 3


@pytest.mark.parametrize("first, second, chord", [
    ((0, 50), (1, 50), [(0, 50), (BOX, 50)]),
    ((50, 7), (50, 9), [(50, 0), (50, BOX)]),
    ((0, 0), (3, 3), [(0, 0), (BOX, BOX)]),
    ((-10, 0), (-10, 5), []),
    ((0, BOX + 9), (9, BOX + 18), []),
])  # fmt: skip
def test_a_line_is_cut_at_the_box(first, second, chord):
    np.testing.assert_allclose(clip(first, second), chord, atol=1e-9)


def test_a_window_zooms_about_a_point():
    window = Window(0, 0, 2).zoomed(4, (1, 0.5))
    assert window == Window(0.75, 0.375, 0.5)
    assert Window(0, 0, 2).holding(3, -1) == Window(3 - 1.7, 0, 2)


def test_the_lens_shows_a_curve_that_becomes_the_line():
    """The vertical gap at the right edge, in px, falls by the zoom."""
    svg = lens_picture(lambda x: x * x / 2, 1.0, 1.0, (1, 4, 16))
    paths = [e.get("d") for e in ET.fromstring(svg).iter(f"{SVG}path")]
    ends = [float(path.split()[-1]) for path in paths]
    gaps = np.subtract(ends[1::2], ends[::2])
    np.testing.assert_allclose(gaps, gaps[0] / np.array([1, 4, 16]), atol=0.02)
    assert gaps[0] > 20


def test_the_matrix_has_its_numbers_and_names():
    svg = matrix_picture([[1, 2], [3, 4], [0, -5]], row=3, column=1)
    words = ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]
    for expected in ("1", "2", "3", "4", "0", "−5", "x1", "x2", "y1", "y2", "y3", "J e1", "e3 J"):
        assert expected in words
