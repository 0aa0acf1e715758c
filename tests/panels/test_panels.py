"""Every panel of the course, moved through its settings without a browser."""

import gc
import importlib
import pkgutil
import random
import re
import tracemalloc
import xml.etree.ElementTree as ET
from itertools import pairwise

import ipywidgets as widgets
import psutil
import pytest

import adlab.panels
from adlab.panels import PANELS, Panel
from tests.panels.demo import SizesPanel
from tests.panels.registry import AGREES

ALL = PANELS | {"demo": SizesPanel}
SETTINGS = 200
PRESSES = 100  # each followed by a change of some control
MOVES, MOST_BYTES = 500, 20_000_000  # of the process
TRACED, MOST_TRACED = 60, 50_000  # of Python objects; 60 moves that kept their pictures hold more
ODD = [
    *("", " ", "0", "x", "x*y", "x y", "sin(x", "1/0", "x**y**9", "lambda: 0", "__import__('os')"),
    *("<script>alert(1)</script>", "<b id=planted>", "&amp;", "{0}", "%s", "ẏ = ∂g/∂x·ẋ", "💥"),
    *("x, y", "y, x*y, 3", "nan", "1e400", "9" * 400, "(" * 200, "x" * 500, "a\tb", "\x07"),
]
NOT_A_SENTENCE = re.compile(r"operands|broadcast|matmul|gufunc|object is not|Traceback|<class")


@pytest.fixture(params=ALL)
def name(request):
    return request.param


def ends(control) -> list:
    """The values at both ends of a control."""
    if isinstance(control, widgets.IntRangeSlider | widgets.FloatRangeSlider):
        return [(control.min, control.min), (control.max, control.max)]
    if hasattr(control, "min") and hasattr(control, "max"):
        return [control.min, control.max]
    if hasattr(control, "options"):
        values = [option[1] for option in control._options_full]
        return [values[0], values[-1]]
    if isinstance(control.value, bool):
        return [False, True]
    if isinstance(control, widgets.Text | widgets.Combobox | widgets.Textarea):
        return ["", "x" * 500]
    return pytest.fail(f"what are the ends of a {type(control).__name__}? Say it here")


def anywhere(control, chance: random.Random):
    """A value that a learner can set."""
    low, high = ends(control)
    if isinstance(control, widgets.IntRangeSlider | widgets.FloatRangeSlider):
        return tuple(sorted((chance.randint(low[0], high[0]), chance.randint(low[0], high[0]))))
    if isinstance(control, widgets.FloatSlider | widgets.BoundedFloatText):
        steps = round((high - low) / control.step)
        return min(high, low + control.step * chance.randint(0, steps))
    if isinstance(low, bool):
        return chance.random() < 0.5
    if hasattr(control, "options"):
        return chance.choice([option[1] for option in control._options_full])
    if isinstance(low, str):
        return chance.choice([*ODD, control.value])
    return chance.randint(low, high)


def look(panel: Panel) -> None:
    """What holds at every setting: one picture of one size that parses, words, one sentence."""
    root = ET.fromstring(panel.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label")
    for element in root.iter():
        lengths = [value for key, value in element.items() if key != "aria-label"]
        assert not any(re.search(r"\b(nan|inf)\b", value) for value in lengths), element.items()
    assert not [element for element in root.iter() if element.get("id")], "ids clash on a page"
    assert panel.words.strip()
    tags = re.findall(r"<[^>]*>", panel._words.value + panel._note.value)
    assert not any("planted" in tag or "script" in tag for tag in tags), tags
    if panel.sentence:
        assert panel.sentence.rstrip()[-1] in ".?", panel.sentence
        assert not NOT_A_SENTENCE.search(panel.sentence), panel.sentence
        assert len(panel.sentence) <= 80 * panel.sentence_lines, panel.sentence


def size(panel: Panel) -> tuple:
    root = ET.fromstring(panel.svg)
    heights = [re.search(r"height:([\d.]+em)", box.value)[1] for box in (panel._words, panel._note)]
    return root.get("width"), root.get("height"), root.get("viewBox"), *heights


def test_every_class_of_panel_is_registered():
    found = set()
    for module in pkgutil.iter_modules(adlab.panels.__path__, "adlab.panels."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Panel) and value is not Panel:
                found.add(value)
    assert found == set(PANELS.values())


def test_every_panel_has_a_check_of_its_numbers():
    assert set(AGREES) == set(ALL)


def test_it_starts_valid_and_says_what_it_is(name):
    panel = ALL[name]()
    look(panel)
    assert panel.title
    assert not panel.sentence
    AGREES[name](panel)


def test_two_fresh_panels_are_the_same(name):
    first, second = ALL[name](), ALL[name]()
    assert first.svg == second.svg
    assert first.words == second.words


def test_each_control_goes_to_both_ends(name):
    panel = ALL[name]()
    start = size(panel)
    before = panel.values
    for key, control in panel.controls.items():
        for value in ends(control):
            control.value = value
            look(panel)
            assert size(panel) == start, f"{key} = {value}"
            if not panel.sentence:
                AGREES[name](panel)
        control.value = before[key]


def test_random_settings_show_right_numbers(name):
    panel, chance = ALL[name](), random.Random(name)
    start = size(panel)
    valid, pictures = 0, set()
    for _ in range(SETTINGS):
        panel.set(**{key: anywhere(box, chance) for key, box in panel.controls.items()})
        look(panel)
        assert size(panel) == start, panel.values
        if not panel.sentence:
            valid += 1
            AGREES[name](panel)
        pictures.add(panel.svg)
    assert valid >= SETTINGS // 20, f"only {valid} of {SETTINGS} settings were valid"
    assert len(pictures) >= 5


def test_buttons_pressed_in_any_order_show_right_numbers(name):
    panel, chance = ALL[name](), random.Random(name)
    start = size(panel)
    for _ in range(PRESSES if panel.buttons else 0):
        panel.buttons[chance.choice(list(panel.buttons))].click()
        look(panel)
        key = chance.choice(list(panel.controls))
        panel.controls[key].value = anywhere(panel.controls[key], chance)
        look(panel)
        assert size(panel) == start, panel.values
        if not panel.sentence:
            AGREES[name](panel)


def test_moving_it_for_long_holds_no_memory(name):
    panel, chance = ALL[name](), random.Random(name)
    sliders = [box for box in panel.controls.values() if hasattr(box, "max")]

    def move(times):
        for _ in range(times):
            box = chance.choice(sliders)
            box.value = anywhere(box, chance)

    move(TRACED)  # whatever is made once is made now
    assert min(grown(lambda: move(TRACED))) < MOST_TRACED
    process = psutil.Process()
    before = process.memory_info().rss
    move(MOVES)
    gc.collect()
    assert process.memory_info().rss - before < MOST_BYTES


def grown(action) -> list[int]:
    """By how many bytes of Python objects the second and the third `action` leave more than the
    one before. What is kept is kept each time; what is shown now, or made once, is not counted."""
    held = []
    tracemalloc.start()
    try:
        for _ in range(3):
            action()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return [after - before for before, after in pairwise(held)]
