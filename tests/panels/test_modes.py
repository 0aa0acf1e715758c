"""The panel of chapter 08, both modes by one clock, and the map of which is cheaper."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab import ledger
from adlab.panels import modes
from adlab.panels.modes import DIRECTIONS, MOVES, Modes, ModesPanel, pair
from adlab.panels.sweep import swept
from adlab.pictures.drawing import COTANGENT, TANGENT
from adlab.pictures.modes import both_picture, mode_map, winner

SVG = "{http://www.w3.org/2000/svg}"
SIZES = [(3, 4, 2), (1, 1, 1), (5, 2, 4), (5, 5, 5), (1, 5, 1)]
SETTINGS = list(itertools.product(SIZES, MOVES.values(), DIRECTIONS.values()))


@pytest.mark.parametrize(("sizes", "moves", "direction"), SETTINGS)
def test_both_modes_give_one_slope(sizes, moves, direction):
    both = pair(*sizes, moves, direction)
    u, x = both.chain.cotangents
    assert np.isclose(sum(map(np.vdot, x[moves], both.v)), both.slope)
    for k in range(moves, both.chain.length + 1):
        assert np.isclose(np.vdot(u[k], both.tangents[k]), both.slope)


@pytest.mark.parametrize(("sizes", "moves", "direction"), SETTINGS)
def test_the_tangent_starts_where_v_moves_something(sizes, moves, direction):
    both = pair(*sizes, moves, direction)
    assert min(both.tangents) == moves
    for k, moment in enumerate(both.forward.moments):
        assert moment.vectors == {i for i in (k - 1, k) if i >= moves}
        assert (moment.doing == "push") == (k >= moves)


@pytest.mark.parametrize("sizes", SIZES)
def test_a_pass_from_the_first_layer_is_the_forward_sweep_but_for_the_tangents_of_layer_3(sizes):
    ours = pair(*sizes, moves=1).forward
    _, theirs = swept(sizes, modes.KINDS, "forward")
    layer3 = 8 * (sizes[1] * sizes[2] + sizes[2])
    for k, (a, b) in enumerate(zip(ours.bars, theirs.bars, strict=True)):
        assert a == (*b[:2], b[2] - layer3 * (1 <= k <= 3))


@pytest.mark.parametrize("sizes", SIZES)
def test_the_peak_of_the_reverse_sweep_is_that_of_the_ledger(sizes):
    both = pair(*sizes)
    assert max(map(sum, both.reverse.bars[6:])) == ledger(both.chain.J).peak


def test_one_entry_of_w_gives_one_entry_of_the_gradient():
    both = pair(3, 4, 2, 3, "e1")
    assert np.isclose(both.slope, both.chain.cotangents[1][3][0][0, 0])


@pytest.mark.parametrize("moves", MOVES.values())
def test_passes_are_the_numbers_of_the_layer(moves):
    both = pair(3, 4, 2, moves)
    assert both.passes == {1: 4 * 3 + 4, 3: 2 * 4 + 2}[moves]


def test_who_is_done_waits():
    both = pair(3, 4, 2)
    assert Modes(both, 5).moments[0] == Modes(both, 9).moments[0] == both.forward.moments[-1]
    assert "done" not in modes.forward_words(Modes(both, 5))
    assert "done" in modes.forward_words(Modes(both, 6))
    assert "Done" in modes.reverse_words(Modes(both, modes.STEPS))
    assert both.reverse.last == modes.STEPS


def test_forward_mode_is_told_to_wait_for_the_layer_that_moves():
    panel = ModesPanel()
    panel.set(moves=3, step=2)
    assert "no tangent yet" in panel.words
    assert panel.shown.moments[0].parameters == {3}, "v is there from the start"


def test_arrows_go_down_in_blue_and_up_in_vermilion():
    both = pair(3, 4, 2)
    root = ET.fromstring(both_picture(both.forward, both.reverse, 4))
    down = [line for line in root.iter(f"{SVG}line") if line.get("stroke") == TANGENT]
    assert [float(line.get("y2")) > float(line.get("y1")) for line in down] == [True]
    root = ET.fromstring(both_picture(both.forward, both.reverse, 7))
    up = [
        line
        for line in root.iter(f"{SVG}line")
        if line.get("stroke") == COTANGENT and line.get("y1") != line.get("y2")
    ]
    assert [float(line.get("y2")) < float(line.get("y1")) for line in up] == [True]


def test_the_bars_of_both_have_one_scale():
    both = pair(3, 4, 2)
    root = ET.fromstring(both_picture(both.forward, both.reverse, 0))
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("width") not in ("6.5", "479")]
    drawn = sum(float(r.get("height")) for r in bars if r.get("fill") != "#FFF3C4")
    frame = sum(float(r.get("height")) for r in bars if r.get("rx"))
    total = sum(map(sum, both.forward.bars + both.reverse.bars))
    assert np.isclose(drawn - frame / 2, 74 * total / both.reverse.peak, rtol=1e-3)


# The map.

RATIOS = [[1, 1 / 10, 1 / 1000], [20, 2, 1 / 50]]


def test_the_map_says_who_wins_and_by_how_much():
    svg = mode_map(RATIOS, inputs=[1, 10, 1000], outputs=[1, 20])
    root = ET.fromstring(svg)
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert {"10", "1,000", "20", "2.0", "50"} <= set(texts)
    words = root.get("aria-label")
    assert "n = 10, m = 20: forward mode, 2.0 times" in words
    assert "n = 1,000, m = 1: reverse mode, 1,000 times" in words
    assert "n = 1, m = 1: no difference" in words


def test_the_arrows_of_the_map_point_with_the_mode():
    root = ET.fromstring(mode_map(RATIOS, [1, 10, 1000], [1, 20]))
    for colour, sign, cells in [(TANGENT, 1, 2), (COTANGENT, -1, 3)]:
        lines = [line for line in root.iter(f"{SVG}line") if line.get("stroke") == colour]
        assert len(lines) == cells + 1  # and one in the legend
        assert all(sign * (float(a.get("x2")) - float(a.get("x1"))) > 0 for a in lines)


def test_many_outputs_stand_at_the_top():
    root = ET.fromstring(mode_map(RATIOS, [1, 10, 1000], [1, 20]))
    heads = [t for t in root.iter(f"{SVG}text") if float(t.get("x")) < 100]
    height = {"".join(t.itertext()): float(t.get("y")) for t in heads}
    assert height["outputs m"] < height["20"] < height["1"]


def test_a_tie_is_no_win():
    assert winner(1.04) == winner(1 / 1.04) == "equal"
    assert winner(1.3, tie=1.5) == "equal"
    assert winner(1.3) == "forward"
    assert winner(1 / 1.3) == "reverse"


def test_too_many_sizes_are_refused():
    with pytest.raises(ValueError, match="room for 5"):
        mode_map([[1] * 6], range(1, 7), [1])
