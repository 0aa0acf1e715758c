"""A figure shows its picture and says its sentence."""

from adlab.pictures.drawing import Drawing
from adlab.pictures.figure import Figure


def test_the_bundle_has_the_picture_and_its_sentence():
    svg = Drawing(200, 100, "A <white> card & nothing else").svg()
    bundle = Figure(svg)._repr_mimebundle_(include=None, exclude=None)
    assert bundle == {"image/svg+xml": svg, "text/plain": "A <white> card & nothing else"}
