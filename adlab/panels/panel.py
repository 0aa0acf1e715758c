"""What every panel does: controls over one picture, redrawn in place, with its numbers in words.

A panel of the course says four things, and nothing about widgets beyond its controls::

    class SizesPanel(Panel):
        title = "A layer and its Jacobian"

        def make_controls(self):
            return {"n": int_slider("n, inputs", 3, 1, 6), "m": int_slider("m, outputs", 2, 1, 6)}

        def model(self, n, m):          # plain data; a ValueError says what is wrong
            return Sizes(n, m)

        def picture(self, sizes):       # plain data in, SVG text out: a function of adlab.pictures
            return sizes_picture(sizes)

        def text(self, sizes):          # the numbers of the picture, in words, as plain text
            return f"J is {sizes.m} × {sizes.n}."

A panel whose controls depend on each other, or that has buttons, also says `follow`, or
`make_buttons` and `press`.

The SVG stands in one `widgets.HTML`: of all the ways that were timed, from a matplotlib PNG to
plotly, it is the one that follows a key press within 50 ms and holds no memory in the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from adlab.pictures.drawing import COTANGENT, TANGENT, WIDTH

LINE = 1.5  # em
SLIDER = "300px"
SVG = "image/svg+xml"
VIEW = "application/vnd.jupyter.widget-view+json"


class Panel(widgets.VBox):
    """Controls over one picture and its text. A subclass gives the four methods below.

    `title` names the panel for screen readers; `hint`, one short sentence, stands where the
    sentence about an invalid setting appears. `lines` is the room kept for the text, counted in
    lines of 40 characters; with that and pictures of one size nothing moves while a learner drags.
    `shown` is the model on display.
    """

    title = ""
    hint = ""
    lines = 6
    sentence_lines = 2

    def __init__(self):
        self.controls: dict[str, widgets.ValueWidget] = self.make_controls()
        self.buttons: dict[str, widgets.Button] = self.make_buttons()
        self.shown: Any = None
        self.sentence = ""
        self._held = False
        self._svg = widgets.HTML(layout=widgets.Layout(flex=f"0 1 {WIDTH}px", min_width="0"))
        self._words = widgets.HTML(
            layout=widgets.Layout(flex="1 1 280px", max_width=f"{WIDTH}px", min_width="0")
        )
        self._note = widgets.HTML()
        self._svg.add_class("adlab-picture")
        self._words.add_class("adlab-words")
        self._note.add_class("adlab-note")
        for name, control in self.controls.items():
            control.add_class(f"adlab-control-{name}")
            control.observe(self._redraw, names="value")
        for key, box in self.buttons.items():
            box.add_class(f"adlab-control-{key}")
            box.on_click(lambda _, key=key: self._redraw(pressed=key))
        everything = self.controls | self.buttons
        names = {name: _name(name, control) for name, control in everything.items()}
        super().__init__(
            [
                _wrapping_row(tuple(everything.values())),
                self._note,
                _wrapping_row((self._svg, self._words)),
                hidden(Names(title=self.title, names=names)),
            ],
            layout=widgets.Layout(width="100%", min_width="0", overflow="hidden"),
        )
        self.add_class("adlab-panel")
        self._redraw()
        if self.sentence:
            raise ValueError(f"{self.title}: the first setting must be valid; {self.sentence}")

    def make_controls(self) -> dict[str, widgets.ValueWidget]:
        """The controls by the name of the value they set, in the order they are shown."""
        raise NotImplementedError

    def make_buttons(self) -> dict[str, widgets.Button]:
        """The buttons by their key, shown after the controls."""
        return {}

    def press(self, key: str) -> None:
        """What a button does before the panel is drawn. A `ValueError` says why it can't be."""
        raise NotImplementedError

    def follow(self) -> None:
        """Sets controls by what is shown now, after every change. Nothing is drawn for it."""

    def model(self, **values: Any) -> Any:
        """What is to be shown, as plain data. An invalid combination is a `ValueError`."""
        raise NotImplementedError

    def picture(self, model: Any) -> str:
        """The SVG of a model; its size is the same for every model."""
        raise NotImplementedError

    def text(self, model: Any) -> str:
        """The numbers of the picture in words. Plain text: it is escaped here, once."""
        raise NotImplementedError

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def svg(self) -> str:
        """The picture on display."""
        return self._svg.value

    @property
    def words(self) -> str:
        """The text on display, as plain text."""
        return "" if self.shown is None else self.text(self.shown)

    def set(self, **values: Any) -> None:
        """Sets several controls at once and draws once.

        A control that does not exist or can't take its value is a `ValueError`, and then no
        control is changed. A combination that the model refuses is said in the panel, as if a
        learner had dragged there.
        """
        self.refuse_unknown(values)
        before = self.values
        with self._holding():
            try:
                for name, value in values.items():
                    _assign(name, self.controls[name], value)
            except ValueError:
                for name in values:
                    self.controls[name].value = before[name]
                raise
        self._redraw()

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """A `ValueError` if one of them is the name of no control."""
        unknown = [name for name in names if name not in self.controls]
        if unknown:
            raise ValueError(
                f"{self.title!r} has no control {unknown[0]!r}; it has {', '.join(self.controls)}"
            )

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Controls that are set inside draw nothing."""
        held, self._held = self._held, True
        try:
            yield
        finally:
            self._held = held

    def _redraw(self, _change: Any = None, pressed: str = "") -> None:
        if self._held:
            return
        try:
            self._draw(pressed)
            with self._holding():
                self.follow()
        except Exception as error:
            self._say(f"This panel has a fault: {type(error).__name__}: {error}.")
            raise

    def _draw(self, pressed: str) -> None:
        try:
            if pressed:
                self.press(pressed)
            model = self.model(**self.values)
        except ValueError as error:
            self._say(str(error))
            return
        svg, words = self.picture(model), self.text(model)
        self.shown = model
        self._svg.value = svg
        self._words.value = _words_html(words, self.lines)
        self._say("")

    def _say(self, sentence: str) -> None:
        self.sentence = sentence
        self._note.value = _note_html(sentence, self.hint, self.sentence_lines)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live panel, the picture for a reader without a kernel, and the panel in words."""
        bundle = super()._repr_mimebundle_(**kwargs)
        settings = [f"{_name(key, box)}: {_said(box)}" for key, box in self.controls.items()]
        lines = [self.title, " · ".join(settings), self.words, self.sentence]
        bundle["text/plain"] = "\n".join(line for line in lines if line)
        bundle[SVG] = self.svg
        return bundle


class Names(anywidget.AnyWidget):
    """Names the controls of the panel or desk around it, and keeps their keys to them, by
    `names.js`."""

    _esm = Path(__file__).with_name("names.js")
    title = traitlets.Unicode().tag(sync=True)
    names = traitlets.Dict().tag(sync=True)


def int_slider(name: str, value: int, low: int, high: int, step: int = 1) -> widgets.IntSlider:
    return widgets.IntSlider(value, min=low, max=high, step=step, **_dress(name))


def float_slider(
    name: str, value: float, low: float, high: float, step: float, decimals: int = 2
) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        value, min=low, max=high, step=step, readout_format=f".{decimals}f", **_dress(name)
    )


def choice(name: str, options: Sequence[Any], value: Any = None) -> widgets.Dropdown:
    """A list to choose from; `options` are values, or pairs (words, value)."""
    box = widgets.Dropdown(options=options, **_dress(name))
    if value is not None:
        box.value = value
    return box


def check_box(name: str, value: bool = False) -> widgets.Checkbox:
    return widgets.Checkbox(value, indent=False, **_dress(name))


def button(name: str) -> widgets.Button:
    return widgets.Button(description=name, tooltip=name, layout=widgets.Layout(width="auto"))


def text_box(name: str, value: str) -> widgets.Text:
    """A line to type in; it counts when Enter is pressed or the box is left."""
    return widgets.Text(value, continuous_update=False, **_dress(name))


def _dress(name: str) -> dict[str, Any]:
    return {
        "description": name,
        "tooltip": name,
        "style": {"description_width": "108px"},
        "layout": widgets.Layout(width=SLIDER, max_width="100%"),
    }


def _assign(name: str, control: widgets.ValueWidget, value: Any) -> None:
    try:
        control.value = value
    except traitlets.TraitError as error:
        raise ValueError(
            f"{name} = {value!r} came, which its control can't take: {error}"
        ) from error
    if control.value != value:
        raise ValueError(
            f"{name} = {value!r} came; it goes from {control.min!r} to {control.max!r}"
        )


def _wrapping_row(children: Sequence[widgets.Widget]) -> widgets.Box:
    layout = widgets.Layout(flex_flow="row wrap", min_width="0", grid_gap="0 12px")
    return widgets.Box(children, layout=layout)


def hidden(widget: widgets.Widget) -> widgets.Box:
    """Takes no room, and hides the complaint of a page that has no anywidget."""
    return widgets.Box([widget], layout=widgets.Layout(display="none"))


def _words_html(words: str, lines: int) -> str:
    style = (
        f"height:{LINE * lines}em;line-height:{LINE};overflow:auto;white-space:pre-wrap;"
        "overflow-wrap:anywhere;font-variant-numeric:tabular-nums;color:var(--jp-ui-font-color1)"
    )
    return f'<div style="{style}">{_coloured(html.escape(words))}</div>'


def _note_html(sentence: str, hint: str, lines: int) -> str:
    style = f"height:{LINE * lines}em;line-height:{LINE};overflow:auto;overflow-wrap:anywhere"
    if sentence:
        words = html.escape(f"{sentence} The picture shows the last setting that works.")
        inner = f'<div role="alert" style="{style};font-weight:bold">{words}</div>'
    else:
        inner = f'<div style="{style}">{html.escape(hint)}</div>'
    return inner


def _coloured(escaped: str) -> str:
    """The words tangent and cotangent in their colours, mixed towards the colour of the text."""

    def wear(found: re.Match) -> str:
        colour = COTANGENT if found[1] else TANGENT
        mixed = f"color-mix(in srgb, {colour} 70%, var(--jp-ui-font-color1))"
        return f'<span style="color:{mixed};font-weight:bold">{found[0]}</span>'

    return re.sub(r"\b(co)?tangents?\b", wear, escaped, flags=re.IGNORECASE)


def _name(key: str, control: widgets.ValueWidget) -> str:
    return getattr(control, "description", "") or key


def _said(control: widgets.ValueWidget) -> str:
    """A control's value as the learner reads it."""
    if isinstance(control, widgets.Dropdown):
        return str(control.label)
    if isinstance(control, widgets.Checkbox):
        return "on" if control.value else "off"
    if isinstance(control.value, float):
        return format(control.value, getattr(control, "readout_format", ".2f"))
    return str(control.value)
