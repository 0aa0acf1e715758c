"""A picture as a notebook shows it: SVG for the eye, a sentence for every other reader."""

import html
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import quote

# JupyterLab pads HTML by 20 px on the right; a picture takes that room too, as a panel does.
FIT = "max-width:calc(100% + 20px);margin-right:-20px;height:auto"


@dataclass(frozen=True)
class Figure:
    """SVG text that displays itself when it is the last line of a cell.

    JupyterLab would show bare SVG at full width, cut off in a narrow window, and without its
    accessible name; as the image of an HTML page it shrinks to fit, has its sentence as `alt`, and
    shows in a notebook that is not trusted yet. The bare SVG goes along for readers that want it.
    """

    svg: str

    def _repr_mimebundle_(self, **kwargs):
        return {
            "text/html": f'<img src="data:image/svg+xml,{quote(self.svg)}" '
            f'alt="{html.escape(self.words)}" style="{FIT}">',
            "image/svg+xml": self.svg,
            "text/plain": self.words,
        }

    @property
    def words(self):
        """What the picture shows: the `aria-label` of the SVG."""
        return ET.fromstring(self.svg).get("aria-label", "")
