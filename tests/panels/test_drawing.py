"""The drawing tools: what they write, to the last digit."""

import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest

from adlab.pictures import drawing
from adlab.pictures.drawing import (
    GUIDE,
    JACOBIAN_PAPER,
    TEXT,
    TITLE,
    Drawing,
    caption_height,
    diverging,
    heatmap,
    matrix_to_scale,
    number,
)

SVG = "{http://www.w3.org/2000/svg}"


def tree(card: Drawing) -> ET.Element:
    return ET.fromstring(card.svg())


def find(card: Drawing, tag: str) -> list[ET.Element]:
    return list(tree(card).iter(f"{SVG}{tag}"))


def paths(card: Drawing) -> list[list[tuple[float, float]]]:
    """The corners of every path."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+) ([-\d.]+)", path.get("d"))]
        for path in find(card, "path")
    ]


def test_a_drawing_is_a_white_card_with_a_name():
    root = tree(Drawing(300, 200, 'u J < "v" & w'))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.find(f"{SVG}title").text == 'u J < "v" & w'
    assert (root.get("width"), root.get("viewBox")) == ("300", "0 0 300 200")
    assert "max-width:100%" in root.get("style")
    card = root.find(f"{SVG}rect")
    assert card.get("fill") == "#FFFFFF"
    assert float(card.get("width")) == 299


def test_the_same_data_give_the_same_text_on_every_processor():
    def draw(nudge):
        card = Drawing(300, 200, "card")
        card.arrow(10 + nudge, 20, 200, 100 + nudge)
        card.hatch(20, 30 + nudge, 50, 40)
        heatmap(card, [[1 + nudge, -2], [0.5, nudge]], 10, 10, 200, 100)
        return card.svg()

    assert draw(0) == draw(0) == draw(1e-9)
    assert draw(0) != draw(0.1)
    assert not re.search(r"\d\.\d{3}", draw(0))
    assert " id=" not in draw(0)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.005, 1, "1.0"),
        (-0.004, 2, "0.00"),
        (-1.5, 2, "−1.50"),
        (12, 0, "12"),
        (1e3, 2, "1000.00"),
    ],
)
def test_numbers_have_fixed_decimals_and_a_true_minus(value, decimals, text):
    assert number(value, decimals) == text


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_length_that_is_not_finite_is_refused(wrong):
    with pytest.raises(ValueError, match="a finite number of px was wanted"):
        Drawing(300, 200, "card").rect(0, wrong, 10, 10)


def test_a_polyline_has_a_gap_where_it_is_not_finite():
    card = Drawing(300, 200, "card")
    card.polyline([(0, 0), (1, 1), (2, math.nan), (3, 3), (math.inf, 4), (5, 5), (6, 6)])
    assert find(card, "path")[0].get("d") == "M0 0L1 1M3 3M5 5L6 6"


def test_small_text_is_refused():
    with pytest.raises(ValueError, match="17 px is the least"):
        Drawing(300, 200, "card").text(10, 10, "a", size=TEXT - 1)


def test_text_is_written_as_it_is_and_a_formula_has_indices():
    card = Drawing(300, 200, "card")
    card.text(10, 10, "x_1 < y^2")
    card.formula(10, 40, "y_{i-1} = e^x z")
    plain, formula = find(card, "text")
    assert plain.text == "x_1 < y^2"
    assert "".join(formula.itertext()) == "yi-1 = ex z"
    spans = list(formula)
    assert [span.text for span in spans] == ["y", "i-1", " = e", "x", " z"]
    shifts = [float(span.get("dy", 0)) for span in spans]
    assert shifts[1] > 0  # an index hangs below the line
    assert shifts[3] < 0  # an exponent stands above it
    assert sum(shifts) == 0  # and the line goes on where it was
    sizes = [float(span.get("font-size", TITLE)) for span in spans]
    assert min(sizes) >= TEXT


def test_a_character_that_svg_cannot_hold_is_replaced():
    card = Drawing(300, 200, "bell \x07")
    card.text(10, 10, "lone \ud800 half, whole 💥")
    root = tree(card)
    assert root.get("aria-label") == "bell �"
    assert root.find(f"{SVG}text").text == "lone � half, whole 💥"


@pytest.mark.parametrize(("x", "y"), [(90, 0), (-30, 40), (0, -7)])
def test_the_head_of_an_arrow_points_where_it_goes(x, y):
    card = Drawing(300, 200, "card")
    card.arrow(100, 100, 100 + x, 100 + y)
    corners = [
        tuple(map(float, p.split(","))) for p in find(card, "polygon")[0].get("points").split()
    ]
    assert corners[0] == (100 + x, 100 + y)
    middle = [sum(c) / 2 - 100 for c in zip(*corners[1:], strict=True)]
    assert middle[0] * y - middle[1] * x == pytest.approx(0, abs=1)
    assert math.hypot(*middle) < math.hypot(x, y)


def test_an_arrow_of_no_length_is_a_dot():
    card = Drawing(300, 200, "card")
    card.arrow(10, 10, 10, 10)
    assert len(find(card, "circle")) == 1


@pytest.mark.parametrize(("width", "height"), [(50, 20), (5, 80), (3, 3)])
def test_hatching_rises_to_the_right_and_stays_inside(width, height):
    card = Drawing(300, 200, "card")
    card.hatch(20, 30, width, height)
    corners = paths(card)[0] if paths(card)[0:] else []
    for (x1, y1), (x2, y2) in zip(corners[::2], corners[1::2], strict=True):
        assert x2 - x1 == pytest.approx(y1 - y2, abs=0.02)
        for x, y in ((x1, y1), (x2, y2)):
            assert 20 <= x <= 20 + width
            assert 30 <= y <= 30 + height


def test_what_is_clipped_stands_in_a_window_of_its_own_with_the_same_coordinates():
    card = Drawing(300, 200, "card")
    with card.clipped(10, 20, 30, 40):
        card.line(0, 0, 100, 100)
    card.circle(5, 5, 2)
    inner = tree(card).find(f"{SVG}svg")
    assert inner.get("viewBox") == "10 20 30 40"
    assert (inner.get("x"), inner.get("width")) == ("10", "30")
    assert inner.find(f"{SVG}line") is not None
    assert tree(card).find(f"{SVG}circle") is not None


def channels(colour: str) -> list[float]:
    return [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def lightness(colour: str) -> float:
    """CIE L*, another measure of lightness than the one that the colours are made by."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_the_colours_are_even_centred_at_zero_and_carry_black_numbers():
    assert diverging(0) == "#FFFFFF"
    assert diverging(1) == diverging(7)
    for sign in (-1, 1):
        ladder = [lightness(diverging(sign * k / 8)) for k in range(9)]
        steps = [high - low for high, low in itertools.pairwise(ladder)]
        assert max(steps) < 1.25 * min(steps)
        assert luminance(diverging(sign)) > 0.3  # black on it: contrast 7
    for k in range(1, 9):
        assert lightness(diverging(k / 8)) == pytest.approx(lightness(diverging(-k / 8)), abs=3)
    red, _, blue = channels(diverging(-1))
    assert red > blue
    red, _, blue = channels(diverging(1))
    assert red < blue


def test_a_heatmap_writes_its_numbers_where_they_fit():
    card = Drawing(300, 200, "card")
    heatmap(card, [[1, -2], [0, math.nan], [0.25, 2]], 10, 10, 160, 90)
    assert [text.text for text in find(card, "text")] == [
        "1.00",
        "−2.00",
        "0.00",
        "nan",
        "0.25",
        "2.00",
    ]
    small = Drawing(300, 200, "card")
    heatmap(small, [[1, -2], [0, 1], [0.25, 2]], 10, 10, 40, 90)
    assert find(small, "text") == []
    fills = [rect.get("fill") for rect in find(small, "rect")[1:-1]]
    assert fills == [diverging(v / 2) for v in (1, -2, 0, 1, 0.25, 2)]


def test_a_zero_by_structure_has_no_cell_and_no_number():
    card = Drawing(200, 100, "")
    heatmap(card, [[1, 0.123]], 10, 10, 160, 40, decimals=0, zeros=[[False, True]])
    assert [text.text for text in find(card, "text")] == ["1"]
    cells = [r for r in find(card, "rect") if r.get("stroke") == GUIDE and not r.get("rx")]
    assert [(c.get("x"), c.get("width")) for c in cells] == [("10", "80")]
    grounds = [r.get("width") for r in find(card, "rect") if r.get("fill") == JACOBIAN_PAPER]
    assert grounds == ["160"]


def test_a_heatmap_of_zeros_is_white():
    card = Drawing(300, 200, "card")
    heatmap(card, [[0.0, 0.0]], 10, 10, 100, 30)
    assert {rect.get("fill") for rect in find(card, "rect")[1:-1]} == {"#FFFFFF"}


@pytest.mark.parametrize(("shape", "unit"), [((2, 9), 12), ((8, 5), 20), ((1, 1), 6)])
def test_a_matrix_is_to_scale_and_its_words_stand_where_it_was_said(shape, unit):
    card = Drawing(400, 300, "card")
    matrix_to_scale(card, 30, 40, shape, unit, name="A_2")
    box = find(card, "rect")[-1]
    m, n = shape
    assert (float(box.get("width")), float(box.get("height"))) == (n * unit, m * unit)
    name, words = find(card, "text")
    assert "".join(name.itertext()) == "A2"
    assert words.text == f"{m} × {n}"
    room = caption_height(shape, unit, "A_2")
    bottom = 40 + m * unit
    assert (float(name.get("y")) > bottom) == (room > 0)
    assert float(words.get("y")) <= bottom + room


def test_an_unknown_structure_is_refused():
    with pytest.raises(ValueError, match="dense, diagonal or plain was wanted"):
        matrix_to_scale(Drawing(9, 9, "card"), 0, 0, (1, 2), 3, structure="sparse")


def test_the_colours_of_meaning():
    assert (drawing.VALUE, drawing.TANGENT, drawing.COTANGENT) == ("#000000", "#0072B2", "#D55E00")
