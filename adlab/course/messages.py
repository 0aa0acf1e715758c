"""Texts for the learner: as plain text in a terminal, as HTML in a notebook, escaped in one place.

Whatever a learner has typed may stand in them: names, exceptions, what was printed.
"""

import html
import textwrap
from dataclasses import dataclass

LINE = 88  # characters

BOX = (
    "white-space:pre-wrap;overflow-wrap:anywhere;max-width:46em;line-height:1.5;"
    "color:var(--jp-content-font-color1,inherit)"
)
CODE = (
    "white-space:pre;overflow:auto;max-width:46em;margin:0.5em 0 0 0;"
    "color:var(--jp-content-font-color1,inherit)"
)


@dataclass(frozen=True)
class Message:
    """A heading, a text of one or more lines, and code that stands below it as it is."""

    heading: str
    text: str = ""
    code: str = ""

    def __post_init__(self):
        """Half characters, such as "\\ud800", can't be written to a terminal or a notebook."""
        for name in ("heading", "text", "code"):
            whole = getattr(self, name).encode("utf-8", "replace").decode()
            object.__setattr__(self, name, whole)

    def __repr__(self):
        lines = "\n".join([self.heading, *([self.text] if self.text else [])]).split("\n")
        filled = [
            textwrap.fill(line, LINE, break_long_words=False, break_on_hyphens=False)
            for line in lines
        ]
        return "\n".join(filled) + (f"\n\n{self.code}" if self.code else "")

    def _repr_html_(self):
        text = f"\n{html.escape(self.text)}" if self.text else ""
        code = f'<pre style="{CODE}">{html.escape(self.code)}</pre>' if self.code else ""
        return f'<div style="{BOX}"><b>{html.escape(self.heading)}</b>{text}</div>{code}'
