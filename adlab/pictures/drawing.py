"""The few drawing tools that all pictures share: plain numbers in, SVG text out.

**Size.** A picture is `WIDTH` = 480 px wide, and no text in it is smaller than `TEXT` = 17 px.
The two numbers belong together. Measured in JupyterLab 4.6 with the file browser open, as it
stands after `jupyter lab`: in a window of 1280 px a panel gets 829 px, so the picture is shown at
full size; in a window of 768 px it gets 317 px (332 px where scroll bars take no room), so the
picture is shrunk to 66 % and a text of 17 px is 11.2 px on the screen. A wider picture would need
larger letters by the same factor and gain nothing.

**Same input, same text.** Coordinates are written with at most two decimals, so that stored
pictures compare across processors. Nothing in a picture has an id: arrow heads and hatching are
drawn out and clipping is done by nested `<svg>` elements, so two pictures on a page cannot clash.

**Colour is meaning.** Values are black, tangents blue, cotangents vermilion, Jacobians grey and
hatched (Okabe and Ito's palette, *Color Universal Design*, 2008). Every picture stands on a white
card of its own, so it reads the same on a dark page and in print.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

WIDTH = 480
TEXT = 17
TITLE = 20

VALUE = "#000000"
TANGENT = "#0072B2"
COTANGENT = "#D55E00"
JACOBIAN = "#767676"
JACOBIAN_PAPER = "#ECECEC"
PAPER = "#FFFFFF"
GUIDE = "#C8C8C8"

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
WIDEST_DIGIT = 0.64  # em, in DejaVu Sans, the widest of the fonts above
SCRIPT = re.compile(r"([_^])(?:\{([^}]*)\}|(.))")
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
NO_FILL = "none"


def number(value: float, decimals: int = 2) -> str:
    """`value` with fixed decimals, a true minus sign, and no negative zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}")


def text_width(text: str, size: float = TEXT) -> float:
    """An upper estimate in px of the width of a line of digits and lower-case letters."""
    return WIDEST_DIGIT * size * len(text)


class Drawing:
    """A white card of `width` x `height` px to draw on; `svg()` gives the text.

    `label` says in words what the picture shows: it is the picture's accessible name. The origin
    is the upper left corner, y grows downwards, lengths are in px. A coordinate that is not finite
    is a `ValueError`; only `polyline` accepts such points, and leaves a gap there.
    """

    def __init__(self, width: float, height: float, label: str):
        self.width, self.height = width, height
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "width": _px(width),
                "height": _px(height),
                "viewBox": f"0 0 {_px(width)} {_px(height)}",
                "role": "img",
                "aria-label": label,
                "style": "display:block;max-width:100%;height:auto",
                "font-family": FONT,
                "font-size": _px(TEXT),
            },
        )
        self._parent = self.root
        ET.SubElement(self.root, "title").text = label
        self.rect(0.5, 0.5, width - 1, height - 1, fill=PAPER, stroke=GUIDE, radius=8)

    def svg(self) -> str:
        """The picture as SVG text. A character that XML can't hold becomes a question mark."""
        return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", ET.tostring(self.root, encoding="unicode"))

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = NO_FILL,
        stroke: str = NO_FILL,
        thickness: float = 1,
        radius: float = 0,
    ) -> None:
        attributes = _place(x=x, y=y, width=width, height=height) | _ink(stroke, thickness)
        if radius:
            attributes["rx"] = _px(radius)
        self._add("rect", attributes | {"fill": fill})

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        *,
        fill: str = VALUE,
        stroke: str = NO_FILL,
        thickness: float = 1,
    ) -> None:
        self._add("circle", _place(cx=x, cy=y, r=radius) | _ink(stroke, thickness) | {"fill": fill})

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        colour: str = VALUE,
        thickness: float = 1.5,
        dash: str = "",
    ) -> None:
        self._add("line", _place(x1=x1, y1=y1, x2=x2, y2=y2) | _ink(colour, thickness, dash))

    def polyline(
        self,
        points: Iterable[Sequence[float]],
        *,
        colour: str = VALUE,
        thickness: float = 1.5,
        dash: str = "",
        fill: str = NO_FILL,
    ) -> None:
        """A line through `points`, with a gap at each point that is not finite."""
        steps, pen = [], "M"
        for x, y in points:
            if math.isfinite(x) and math.isfinite(y):
                steps.append(f"{pen}{_px(x)} {_px(y)}")
                pen = "L"
            else:
                pen = "M"
        if steps:
            ink = _ink(colour, thickness, dash) | {"stroke-linejoin": "round", "fill": fill}
            self._add("path", {"d": "".join(steps)} | ink)

    def polygon(
        self,
        points: Iterable[Sequence[float]],
        *,
        fill: str,
        stroke: str = NO_FILL,
        thickness: float = 1,
        opacity: float = 1,
    ) -> None:
        corners = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
        attributes = {"points": corners, "fill": fill} | _ink(stroke, thickness)
        if opacity != 1:
            attributes["fill-opacity"] = _px(opacity)
        self._add("polygon", attributes)

    def arrow(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        colour: str = VALUE,
        thickness: float = 2.5,
        dash: str = "",
    ) -> None:
        """An arrow from (x1, y1) to (x2, y2); one shorter than 1 px is drawn as a dot."""
        length = math.hypot(x2 - x1, y2 - y1)
        if length < 1:
            self.circle(x2, y2, thickness, fill=colour)
            return
        across = (x2 - x1) / length, (y2 - y1) / length
        head = min(4.5 * thickness, length)
        neck_x, neck_y = x2 - head * across[0], y2 - head * across[1]
        half = 0.42 * head
        self.line(x1, y1, neck_x, neck_y, colour=colour, thickness=thickness, dash=dash)
        left = neck_x - half * across[1], neck_y + half * across[0]
        right = neck_x + half * across[1], neck_y - half * across[0]
        self.polygon([(x2, y2), left, right], fill=colour)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = TEXT,
        colour: str = VALUE,
        anchor: str = "middle",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """One line of text, written as it is. `y` is the middle of its small letters.

        `anchor` is start, middle or end; `halo` lays a white rim around the letters, for text that
        stands on lines. A `size` below `TEXT` is a `ValueError`: it could not be read on a small
        window.
        """
        self._text(x, y, [(text, 0)], size, colour, anchor, bold, halo)

    def formula(
        self,
        x: float,
        y: float,
        formula: str,
        *,
        size: float = TITLE,
        colour: str = VALUE,
        anchor: str = "middle",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """Like `text`, with `_` and `^` for indices: `"y_1"`, `"y_{i-1}"`, `"e^x"`."""
        self._text(x, y, list(_scripts(formula)), size, colour, anchor, bold, halo)

    def hatch(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        spacing: float = 9,
        colour: str = JACOBIAN,
    ) -> None:
        """Strokes at 45 degrees, rising to the right, that fill the rectangle."""
        steps = []
        reach = spacing / 2
        while reach < width + height:
            low_x, low_y = max(0.0, reach - height), min(reach, height)
            high_x, high_y = min(reach, width), max(0.0, reach - width)
            steps.append(f"M{_px(x + low_x)} {_px(y + low_y)}L{_px(x + high_x)} {_px(y + high_y)}")
            reach += spacing
        self._add("path", {"d": "".join(steps)} | _ink(colour, 0.8))

    @contextmanager
    def clipped(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """Whatever is drawn inside is cut off at the rectangle; coordinates stay the same."""
        outer = self._parent
        box = " ".join(_px(v) for v in (x, y, width, height))
        self._parent = ET.SubElement(
            outer, "svg", _place(x=x, y=y, width=width, height=height) | {"viewBox": box}
        )
        try:
            yield
        finally:
            self._parent = outer

    def _add(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        return ET.SubElement(self._parent, tag, attributes)

    def _text(self, x, y, pieces, size, colour, anchor, bold, halo) -> None:
        if size < TEXT:
            raise ValueError(f"a text of {size} px came; {TEXT} px is the least, see {__name__}")
        attributes = _place(x=x, y=y + 0.35 * size) | {"text-anchor": anchor, "fill": colour}
        if size != TEXT:
            attributes["font-size"] = _px(size)
        if bold:
            attributes["font-weight"] = "bold"
        if halo:
            attributes |= {"paint-order": "stroke", "stroke": PAPER, "stroke-width": "4"}
        element = self._add("text", attributes)
        height = 0.0
        for piece, level in pieces:
            if level == 0 and height == 0 and len(pieces) == 1:
                element.text = piece
                return
            drop = -0.3 * size * level
            span = {"dy": _px(drop - height)} if drop != height else {}
            if level:
                span["font-size"] = _px(max(TEXT, 0.75 * size))
            ET.SubElement(element, "tspan", span).text = piece
            height = drop


def heatmap(
    drawing: Drawing,
    matrix: Sequence[Sequence[float]],
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    largest: float | None = None,
    decimals: int = 2,
    zeros: Sequence[Sequence[bool]] | None = None,
) -> None:
    """A matrix (m, n) as m x n coloured cells, with the numbers where they fit.

    Zero is white, and equal steps of value are equal steps of lightness on both sides:
    `largest` (by default the largest absolute value) is the end of the scale. An entry that is not
    finite is hatched. Where `zeros` is true there is no cell, but the ground of `always_zero`.
    """
    rows, columns = len(matrix), len(matrix[0])
    entries = [float(entry) for row in matrix for entry in row]
    finite = [abs(entry) for entry in entries if math.isfinite(entry)]
    scale = largest or max(finite, default=0.0) or 1.0
    cell_width, cell_height = width / columns, height / rows
    words = [number(entry, decimals) for entry in entries]
    empty = [False] * len(entries)
    if zeros is not None:
        empty = [blank for row in zeros for blank in row]
        always_zero(drawing, x, y, width, height)
    written = [text_width(word) for word, blank in zip(words, empty, strict=True) if not blank]
    room = max(written, default=0) + 6 <= cell_width and TEXT + 4 <= cell_height
    for k, (entry, word) in enumerate(zip(entries, words, strict=True)):
        if empty[k]:
            continue
        left, top = x + k % columns * cell_width, y + k // columns * cell_height
        fill = diverging(entry / scale) if math.isfinite(entry) else PAPER
        drawing.rect(left, top, cell_width, cell_height, fill=fill, stroke=GUIDE)
        if not math.isfinite(entry):
            drawing.hatch(left, top, cell_width, cell_height, spacing=6)
        if room:
            halo = not math.isfinite(entry)
            drawing.text(left + cell_width / 2, top + cell_height / 2, word, halo=halo)
    drawing.rect(x, y, width, height, stroke=VALUE)


def always_zero(drawing: Drawing, x: float, y: float, width: float, height: float) -> None:
    """The ground of entries that are zero by structure: grey, with fine strokes."""
    drawing.rect(x, y, width, height, fill=JACOBIAN_PAPER)
    drawing.hatch(x, y, width, height, spacing=7, colour=GUIDE)


def matrix_to_scale(
    drawing: Drawing,
    x: float,
    y: float,
    shape: tuple[int, int],
    unit: float,
    *,
    name: str = "",
    colour: str = JACOBIAN,
    structure: str = "dense",
) -> None:
    """A matrix of `shape` (m, n) drawn to scale, `unit` px an entry, with its shape written on it.

    (x, y) is its upper left corner. `structure` is dense (hatched), diagonal (a band) or plain.
    `name` is a formula. Where name and shape do not fit inside they stand below, the name first;
    `caption_height` says how much room that takes.
    """
    rows, columns = shape
    width, height = columns * unit, rows * unit
    drawing.rect(x, y, width, height, fill=JACOBIAN_PAPER if structure != "plain" else PAPER)
    if structure == "dense":
        drawing.hatch(x, y, width, height, colour=colour)
    elif structure == "diagonal":
        ends = [(0, 0), (unit, 0), (width, height - unit), (width, height)]
        ends += [(width - unit, height), (0, unit)]
        drawing.polygon([(x + dx, y + dy) for dx, dy in ends], fill=colour, opacity=0.6)
    elif structure != "plain":
        raise ValueError(f"structure {structure!r} came; dense, diagonal or plain was wanted")
    drawing.rect(x, y, width, height, stroke=colour, thickness=1.5)

    lines = [line for line in (name, f"{rows} × {columns}") if line]
    middle = x + width / 2
    inside = caption_height(shape, unit, name) == 0
    first = y + (height - LINE * (len(lines) - 1)) / 2 if inside else y + height + 0.7 * LINE
    for k, line in enumerate(lines):
        write = drawing.formula if line == name else drawing.text
        write(middle, first + k * LINE, line, halo=inside)


LINE = 1.3 * TITLE


def caption_height(shape: tuple[int, int], unit: float, name: str = "") -> float:
    """The room in px that `matrix_to_scale` needs below the matrix: 0 if its words fit inside."""
    rows, columns = shape
    words = [f"{rows} × {columns}"] + ([re.sub(r"[_^{}]", "", name)] if name else [])
    wide = max(text_width(word, TITLE) for word in words) + 8
    high = LINE * len(words) + 4
    fits = wide <= columns * unit and high <= rows * unit
    return 0 if fits else LINE * len(words)


def diverging(value: float) -> str:
    """A colour for `value` in [-1, 1]: brown, white at 0, teal.

    Lightness falls in a straight line from the middle to either end in OKLab (Björn Ottosson, *A
    perceptual color space for image processing*, 2020), to 0.68, where black numbers still read
    well. Blue and vermilion are left to tangents and cotangents.
    """
    strength = min(abs(value), 1.0)
    hue = math.radians(195 if value > 0 else 65)
    lightness, chroma = 1 - 0.32 * strength, 0.115 * strength
    return _oklab(lightness, chroma * math.cos(hue), chroma * math.sin(hue))


def _oklab(lightness: float, a: float, b: float) -> str:
    cones = (
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    )
    long, medium, short = (cone**3 for cone in cones)
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_srgb(channel):02X}" for channel in linear)


def _srgb(channel: float) -> int:
    channel = min(max(channel, 0.0), 1.0)
    if channel <= 0.0031308:
        return round(255 * 12.92 * channel)
    return round(255 * (1.055 * channel ** (1 / 2.4) - 0.055))


def _scripts(formula: str) -> Iterator[tuple[str, int]]:
    """Pieces of a formula with their level: 0 on the line, -1 below, 1 above."""
    end = 0
    for found in SCRIPT.finditer(formula):
        if found.start() > end:
            yield formula[end : found.start()], 0
        yield found[2] or found[3] or "", 1 if found[1] == "^" else -1
        end = found.end()
    if end < len(formula) or not formula:
        yield formula[end:], 0


def _place(**lengths: float) -> dict[str, str]:
    return {name: _px(length) for name, length in lengths.items()}


def _ink(stroke: str, thickness: float, dash: str = "") -> dict[str, str]:
    if stroke == NO_FILL:
        return {}
    ink = {"stroke": stroke, "stroke-width": _px(thickness)}
    return ink | {"stroke-dasharray": dash} if dash else ink


def _px(length: float) -> str:
    if not math.isfinite(length):
        raise ValueError(f"a length of {length} came; a finite number of px was wanted")
    text = f"{length:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
