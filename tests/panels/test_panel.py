"""The machinery that all panels share, on two small panels of its own."""

import json
from pathlib import Path

import ipywidgets as widgets
import pytest

from adlab.panels.panel import SVG, VIEW, Panel, int_slider
from adlab.pictures.drawing import Drawing
from tests.panels.demo import ControlsPanel, SizesPanel


class Faulty(Panel):
    """Fails at 2 by an error of its own, is invalid at 3."""

    title = "Faulty"
    fault: Exception = KeyError("planted")

    def make_controls(self):
        return {"n": int_slider("n", 1, 1, 3)}

    def model(self, n):
        if n == 3:
            raise ValueError("three is <too> many.")
        return n

    def picture(self, n):
        if n == 2:
            raise self.fault
        return Drawing(100, 50, f"n is {n}").svg()

    def text(self, n):
        return f"n is {n}"


@pytest.fixture
def drawn(monkeypatch):
    """How often a panel has drawn."""
    pictures = []
    plain = SizesPanel.picture
    monkeypatch.setattr(
        SizesPanel, "picture", lambda self, model: pictures.append(model) or plain(self, model)
    )
    return pictures


def test_one_change_draws_once_in_the_same_widget(drawn):
    panel = SizesPanel()
    widget, before = panel._svg, panel.svg
    drawn.clear()
    panel.controls["n"].value = 5
    assert len(drawn) == 1
    assert panel._svg is widget
    assert panel.svg != before


def test_set_draws_once_and_judges_all_values_together(drawn):
    panel = SizesPanel()
    panel.set(n=3, m=5)
    drawn.clear()
    panel.set(n=6, m=2)  # 6 x 5 would be invalid on the way
    assert len(drawn) == 1
    assert not panel.sentence
    assert (panel.values["n"], panel.values["m"]) == (6, 2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n": 5, "k": 1}, "no control 'k'; it has n, m, scale, entries, name"),
        ({"m": 3, "n": 99}, "n = 99 came; it goes from 1 to 6"),
        ({"m": 3, "entries": 7}, "entries = 7 came, which its control can't take"),
        ({"m": 3, "n": "four"}, "n = 'four' came, which its control can't take"),
    ],
)
def test_a_wrong_set_changes_nothing_and_says_why(drawn, wrong, says):
    panel = SizesPanel()
    before = panel.values
    drawn.clear()
    with pytest.raises(ValueError, match=says):
        panel.set(**wrong)
    assert panel.values == before
    assert not drawn


def test_an_invalid_setting_keeps_the_last_picture_until_it_is_valid_again():
    panel = Faulty()
    before = panel.svg, panel._words.value
    panel.controls["n"].value = 3
    assert panel.sentence == "three is <too> many."
    assert 'role="alert"' in panel._note.value
    assert "three is &lt;too&gt; many." in panel._note.value
    assert (panel.svg, panel._words.value) == before
    panel.controls["n"].value = 1
    assert panel.sentence == ""
    assert "alert" not in panel._note.value


@pytest.mark.parametrize("fault", [KeyError("planted"), ValueError("planted")])
def test_a_fault_of_the_picture_is_raised_and_shown(fault):
    panel = Faulty()
    panel.fault = fault
    with pytest.raises(type(fault), match="planted"):
        panel.controls["n"].value = 2
    assert panel.sentence.startswith(f"This panel has a fault: {type(fault).__name__}")


def test_a_button_does_what_it_is_for_and_draws_once():
    panel = ControlsPanel()
    panel.buttons["more"].click()
    panel.buttons["more"].click()
    assert "pressed 2" in panel.words
    assert not panel.sentence


def test_a_button_that_can_do_nothing_says_why_until_something_works():
    panel = ControlsPanel()
    before = panel.svg, panel.words
    panel.buttons["refused"].click()
    assert panel.sentence == "There is no room for one more."
    assert (panel.svg, panel.words) == before
    panel.buttons["more"].click()
    assert not panel.sentence


class Following(SizesPanel):
    """m is never more than n: it follows."""

    def follow(self):
        self.controls["m"].max = self.shown.J.shape[1]


def test_controls_that_follow_draw_nothing(drawn):
    panel = Following()
    drawn.clear()
    panel.set(n=1)
    assert panel.values["m"] == 1
    assert len(drawn) == 1


def test_a_fault_that_a_page_sets_off_is_found(no_swallowed_exception):
    """ipywidgets swallows what a message from the page raises: tests/conftest.py finds it."""
    panel = Faulty()
    slider = panel.controls["n"]
    message = {"content": {"data": {"method": "update", "state": {"value": 2}}}}
    slider._handle_msg(message)
    assert slider.value == 2
    assert len(no_swallowed_exception) == 1
    assert "planted" in no_swallowed_exception[0]
    no_swallowed_exception.clear()


def test_a_panel_that_starts_invalid_is_refused(monkeypatch):
    controls = {"n": int_slider("n", 3, 1, 3)}
    monkeypatch.setattr(Faulty, "make_controls", lambda self: controls)
    with pytest.raises(ValueError, match="Faulty: the first setting must be valid; three is"):
        Faulty()


def test_what_a_learner_types_is_escaped():
    panel = SizesPanel()
    panel.controls["name"].value = "<b>&"
    assert "&lt;b&gt;&amp; is 2 × 3" in panel._words.value
    assert "<b>&" in panel.words


def test_the_words_tangent_and_cotangent_wear_their_colours():
    panel = SizesPanel()
    assert panel._words.value.count("#0072B2") == 1
    panel.controls["name"].value = "Cotangents"
    assert panel._words.value.count("#D55E00") == 1


def test_the_bundle_holds_the_live_panel_the_picture_and_the_words():
    panel = SizesPanel()
    panel.set(n=6, m=5)
    bundle = panel._repr_mimebundle_()
    assert bundle[VIEW]["model_id"] == panel.model_id
    assert bundle[SVG] == panel.svg
    assert bundle["text/plain"] == (
        "A matrix and its push\n"
        "n, inputs: 6 · m, outputs: 5 · scale: 1.00 · entries: steps · name: J\n"
        "J is 2 × 3.\nThe tangent v counts from 1 to 3.\nIts push: −2.00  −0.50\n"
        "n times m is 30; at most 15 entries fit."
    )


def test_every_control_is_marked_and_named_for_the_page():
    panel = ControlsPanel()
    names = panel.children[-1].children[0]
    assert panel.children[-1].layout.display == "none"
    assert names.title == "Controls"
    assert names.names["whole"] == "whole number"
    assert names.names["run"] == "run"  # a Play has no description
    assert names.names["more"] == "one more"
    for key, control in (panel.controls | panel.buttons).items():
        assert f"adlab-control-{key}" in control._dom_classes


def test_sliders_send_while_they_are_dragged_and_text_when_it_is_done():
    panel = SizesPanel()
    for key, control in panel.controls.items():
        if isinstance(control, widgets.IntSlider | widgets.FloatSlider):
            assert control.continuous_update, key
    assert not panel.controls["name"].continuous_update


def test_the_script_goes_with_the_package():
    import adlab.panels.panel as module

    script = Path(module.__file__).with_name("names.js")
    assert "export default { render }" in script.read_text("utf-8")
    assert json.dumps(dict(ControlsPanel().children[-1].children[0].names))
