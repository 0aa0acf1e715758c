"""The panel of chapter 07: what is alive, against the ledger; what is drawn; edges."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.cost import ledger
from adlab.panels.reverse import ReversePanel, reverse_model
from adlab.panels.sweep import KINDS, chain, sweep
from adlab.pictures.drawing import COTANGENT, TANGENT, WIDTH, Drawing
from adlab.pictures.sweep import (
    ALONE,
    GAP,
    LEFT,
    MOST_EQUATIONS,
    MOST_SIZE,
    RIGHT,
    SPACE,
    TIMELINE,
    TOP,
    draw_rows,
    draw_timeline,
    reverse_picture,
)

SVG = "{http://www.w3.org/2000/svg}"
CHAINS = [
    ((3, 5, 2, 4), ("Tanh", "ReLU", "Softmax")),
    ((3, 5, 2), ("Tanh", "Softmax")),
    ((2, 4, 3, 5), ("nothing", "Softmax", "nothing")),
    ((1, 1, 1, 1), ("Softmax", "Softmax", "Softmax")),
    ((5, 1), ("nothing",)),
    ((5, 4, 5, 4), ("ReLU", "ReLU", "ReLU")),
]
LARGEST = ((5, 5, 5, 5), ("Tanh", "Tanh", "Tanh"))


@pytest.fixture(params=CHAINS, ids=str)
def network(request):
    return chain(*request.param)


def test_every_pull_has_the_bytes_of_the_ledger(network):
    """The one difference: the ledger counts what Jacobians hold as one number."""
    bars = sweep(network, "reverse").bars[network.length + 1 :]
    steps = ledger(network.J, "reverse").steps
    assert [(v + kept, u) for v, kept, u in bars] == [(s.held, s.vectors) for s in steps]


def test_every_push_has_the_bytes_of_the_ledger(network):
    found = sweep(network, "forward")
    steps = ledger(network.J, "forward").steps
    for (values, kept, tangents), step in zip(found.bars[1:], steps, strict=True):
        assert (values, kept, tangents) == (step.values, step.held, step.vectors)


def test_a_step_of_the_evaluation_holds_what_the_jacobians_so_far_hold(network):
    """Beyond it only the value that was read and the value that was made."""
    found = sweep(network, "reverse")
    K = network.length
    held = [step.held for step in ledger(network.J, "reverse").steps][::-1]
    for k in range(1, K + 1):
        values, kept, none = found.bars[k]
        assert none == 0
        assert (
            0
            <= values + kept - held[k - 1]
            <= 8 * sum(network.values[i].size for i in {k - 1, k} - {0})
        )
    assert found.bars[0] == (0, 0, 0)


def test_what_each_layer_keeps():
    rows = sweep(chain((3, 5, 2, 4), ("Tanh", "ReLU", "Softmax")), "reverse").equations
    assert [(row.name, row.kept, row.holds) for row in rows] == [
        ("Linear", 0, 0),
        ("Tanh", 5, None),
        ("Linear", 0, 2),
        ("ReLU", 2, None),
        ("Linear", 0, 4),
        ("Softmax", 0, 6),
        ("loss", 4, None),
    ]


def test_the_cotangents_are_those_of_one_sweep_of_the_network(network):
    _, x = network.cotangents
    ours = [a for k in range(1, network.length + 1) for a in x[k]]
    for mine, theirs in zip(ours, 1.0 @ network.J, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)


def test_beyond_the_last_step_nothing_changes():
    panel = ReversePanel()
    panel.set(blocks=1, kind1="nothing", step=4)
    last = panel.svg, panel.words
    assert panel.words.startswith("Step 4 of 4.")
    panel.set(step=2 * MOST_EQUATIONS)
    assert (panel.svg, panel.words) == last


def test_the_words_of_one_step():
    panel = ReversePanel()
    panel.set(step=3)
    assert panel.words == (
        "Step 3 of 10.\n"
        "Evaluate y₃ = W y₂ + b = (−0.17, 1.92).\n"
        "Its Jacobian keeps its input y₂.\n"
        "Let go: y₁, nobody reads it any more.\n"
        "Bytes alive: values 56, kept 40, cotangents 0.\n"
        "In all 96; at most 296, in step 10."
    )


def test_a_value_that_two_jacobians_hold_is_let_go_by_the_second():
    """Softmax holds its output, the Linear after it the same array as its input."""
    panel = ReversePanel()
    panel.set(blocks=2, kind1="Softmax", kind2="nothing", step=6)
    assert "Pull through Linear." in panel.words
    assert "Nothing to let go: y₂ is still held." in panel.words
    panel.set(step=7)
    assert "Then let go: y₂." in panel.words
    panel.set(step=8)
    assert "Nothing to let go: y₀ is yours." in panel.words


def test_the_bar_of_the_step_is_framed_and_the_tallest_reaches_the_top():
    shown = reverse_model((3, 5, 2), ("Tanh", "Softmax"), 10)
    root = ET.fromstring(reverse_picture(shown.sweep, 10))
    frame = [r for r in root.iter(f"{SVG}rect") if r.get("rx") == "3" and r.get("stroke")]
    assert len(frame) == 1
    bars = [r for r in root.iter(f"{SVG}rect") if float(r.get("y")) > TOP + ALONE.height
            and r.get("fill") == COTANGENT]  # fmt: skip
    assert len(bars) == 5
    tallest = max(bars, key=lambda bar: float(bar.get("height")))
    assert float(tallest.get("height")) == 74
    assert float(frame[0].get("x")) < float(tallest.get("x"))
    assert "296 bytes are alive; at most 296." in root.get("aria-label")


def test_arrows_run_down_with_values_and_up_with_cotangents():
    shown = reverse_model((3, 5, 2), ("Tanh", "Softmax"), 0)

    def rises(step):
        """For each upright arrow: does it go up?"""
        root = ET.fromstring(reverse_picture(shown.sweep, step))
        return [
            (line.get("stroke"), float(line.get("y2")) < float(line.get("y1")))
            for line in root.iter(f"{SVG}line")
            if line.get("stroke-width") == "2" and line.get("x1") == line.get("x2")
        ]

    assert [rises(k) for k in (0, 2, 7, 10)] == [[], [("#000000", False)], [(COTANGENT, True)], []]


def pair(step):
    network = chain(*LARGEST)
    forward, reverse = sweep(network, "forward"), sweep(network, "reverse")
    drawing = Drawing(WIDTH, TOP + LEFT.height + SPACE + TIMELINE, "pair")
    draw_rows(drawing, forward, min(step, forward.last), LEFT)
    draw_rows(drawing, reverse, step, RIGHT)
    draw_timeline(drawing, forward, min(step, forward.last), LEFT, most=900)
    draw_timeline(drawing, reverse, step, RIGHT, most=900)
    return ET.fromstring(drawing.svg())


def boxes(root, tags=("rect",)):
    return [
        tuple(float(e.get(key)) for key in ("x", "y", "width", "height"))
        for tag in tags
        for e in root.iter(f"{SVG}{tag}")
    ]


@pytest.mark.parametrize("step", [0, 3, 7, 8, 14])
def test_two_sweeps_fit_beside_each_other(step):
    root = pair(step)
    for x, y, wide, high in boxes(root):
        assert 0 <= x <= x + wide <= WIDTH
        assert 0 <= y <= y + high <= float(root.get("height"))
    side = LEFT.cell - GAP
    cells = [box for box in boxes(root) if box[2] == box[3] == side]
    for a, b in itertools.combinations(cells, 2):
        apart = abs(a[0] - b[0]) >= side or abs(a[1] - b[1]) >= side
        assert apart, (a, b)


def test_forward_mode_is_blue_and_runs_down():
    root = pair(4)
    fills = [r.get("fill") for r in root.iter(f"{SVG}rect")]
    assert TANGENT in fills
    lines = [e for e in root.iter(f"{SVG}line") if e.get("stroke") == TANGENT]
    assert lines
    for line in lines:
        assert float(line.get("y2")) >= float(line.get("y1"))


def test_the_largest_chain_fits_the_picture():
    found = sweep(chain(*LARGEST), "reverse")
    assert len(found.equations) == MOST_EQUATIONS
    for step in range(len(found.moments)):
        root = ET.fromstring(reverse_picture(found, step))
        assert max(y + high for x, y, wide, high in boxes(root)) <= float(root.get("height"))
        assert max(x + wide for x, y, wide, high in boxes(root)) <= WIDTH
    assert MOST_SIZE == max(LARGEST[0])
    assert set(KINDS) == {"Tanh", "ReLU", "Softmax", "nothing"}
