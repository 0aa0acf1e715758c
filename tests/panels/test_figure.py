"""A figure shows its picture and says its sentence."""

import xml.etree.ElementTree as ET
from urllib.parse import unquote

from adlab.pictures.drawing import Drawing
from adlab.pictures.figure import Figure

WORDS = 'A <white> card & nothing "else"'


def test_the_bundle_has_the_picture_and_its_sentence():
    svg = Drawing(200, 100, WORDS).svg()
    bundle = Figure(svg)._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == svg
    assert bundle["text/plain"] == WORDS


def test_the_page_shows_the_same_picture_as_an_image_that_shrinks_to_fit():
    svg = Drawing(200, 100, WORDS).svg()
    bundle = Figure(svg)._repr_mimebundle_(include=None, exclude=None)
    image = ET.fromstring(bundle["text/html"].removesuffix(">") + "/>")
    assert image.tag == "img"
    assert unquote(image.get("src").removeprefix("data:image/svg+xml,")) == svg
    assert image.get("alt") == WORDS
    assert "max-width:calc(100% + 20px)" in image.get("style")
