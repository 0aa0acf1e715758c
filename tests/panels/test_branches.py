"""The panel of chapter 09: its edits, and its counts by hand."""

import itertools
import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from adlab.panels.branches import BranchesPanel
from adlab.panels.editing import (
    EXAMPLES,
    KINDS,
    LOSS,
    MOST_NODES,
    Node,
    built,
    resolved,
)
from adlab.panels.sweeping import Parameter, parameters, paths_to_loss, study
from adlab.pictures.graph import BOX_LEFT, BOX_WIDTH

DIAMONDS = EXAMPLES["two diamonds"]
SVG = "{http://www.w3.org/2000/svg}"


def first(graph):
    return study(graph, parameters(graph)[0])


# ---- Edits ---------------------------------------------------------------------------------------


def test_nodes_stand_in_an_order_of_evaluation_whatever_their_numbers():
    graph = DIAMONDS.without_edge(1, 2).without_edge(2, 3).with_edge(4, 2)
    assert graph.numbers == (1, 3, 4, 2, 5)
    for k, node in enumerate(graph.nodes):
        assert set(node.reads) <= set(graph.numbers[:k])


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda g: g.with_edge(3, 2), "cycle: y₂ → y₃ → y₂"),
        (lambda g: g.with_edge(5, 1), "cycle: y₁ → "),
        (lambda g: g.with_edge(2, 2), "y₂ can't read itself"),
        (lambda g: g.with_kind(5, "add"), "wants values of one size: these have 2 and 3 numbers"),
        (lambda g: g.with_kind(1, "add"), "y₁ = add() must read a value"),
        (lambda g: g.with_size(5, 4), "follows from what it reads: change the size of y₃ or y₄"),
        (lambda g: g.with_edge(2, 5), "would have 9 numbers; 8 are the most"),
        (lambda g: g.without_edge(3, 5).without(4), "would read nothing without y₄"),
        (lambda g: g.without_edge(3, 5).without_edge(4, 5), "concat has nothing else"),
        (lambda g: built(("linear", 2)).without(1), "y₁ is the last node"),
        (lambda g: EXAMPLES["dense"].with_new(1), "There are 8 nodes"),
        (lambda g: EXAMPLES["residual"].with_size(3, 2), "these have 3 and 2 numbers"),
    ],
)
def test_an_impossible_edit_says_why(edit, says):
    before = str(DIAMONDS)
    with pytest.raises(ValueError, match=re.escape(says)):
        edit(DIAMONDS)
    assert str(DIAMONDS) == before


def test_a_cycle_is_named_along_its_arrows():
    nodes = [Node(1, "linear", 2, (3,)), Node(2, "linear", 2, (1,)), Node(3, "linear", 2, (2,))]
    with pytest.raises(ValueError, match="y₁ → y₂ → y₃ → y₁"):
        resolved(nodes)


def test_sizes_follow_along_the_edges():
    graph = DIAMONDS.with_size(4, 5)
    assert graph[5].size == 7
    assert graph.with_new(5)[0][6].reads == (5,)
    assert EXAMPLES["residual"][7].size == 3


def test_the_loss_reads_what_nobody_reads():
    assert DIAMONDS.read_by_loss == (5,)
    assert DIAMONDS.without(5).read_by_loss == (4,)
    assert DIAMONDS.without_edge(3, 5).without_edge(2, 3).read_by_loss == (2, 5)


# ---- Numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("example", "paths"), [*zip(EXAMPLES, (4, 1, 4, 2, 64), strict=True)])
def test_paths_of_the_examples(example, paths):
    found = first(EXAMPLES[example])
    assert len(found.paths) == len(set(found.paths)) == len(found.terms) == paths
    assert all(path[0] == 1 and path[-1] == LOSS for path in found.paths)
    assert found.gap < 1e-12


def test_paths_double_and_edges_grow_by_three():
    """Each small diamond is two nodes: one beside the way, one where the two ways meet."""
    rows = [("linear", 2)]
    for k in range(1, MOST_NODES - 1, 2):
        rows += [("tanh", 3, k), ("linear", 2, k, k + 1)]
        graph = built(*rows)
        assert len(graph.edges) == 3 * (k + 1) // 2 + 1
        assert len(paths_to_loss(graph, 1)) == 2 ** ((k + 1) // 2)


def test_the_sweeps_end_where_the_sum_over_paths_ends():
    for graph in EXAMPLES.values():
        for x in parameters(graph):
            found = study(graph, x)
            assert found.gap < 1e-12
            np.testing.assert_allclose(found.tangents[-1][LOSS], found.gradient[0, 0], atol=1e-12)
            bar = found.cotangents[-1][x.node].reshape(1, -1) @ found.P
            np.testing.assert_allclose(bar, found.gradient, atol=1e-12)


def test_a_linear_chain_has_the_cost_that_is_counted_by_hand():
    graph = built(("linear", 3), ("linear", 4, 1), ("linear", 2, 2))
    costs = first(graph).costs
    # W: 2 flops for each entry and vector; half the square: a push is 2 for each number, a pull 1.
    assert costs.forward == 2 * 4 * 3 + 2 * 2 * 4 + 2 * 2
    weights = 2 * (4 * 3 + 2 * 4)  # u J_W, an outer product: 2 for each entry, as adlab counts it
    assert costs.paths == 2 * (4 * 3 + 2 * 4) + 2
    assert costs.reverse == costs.paths + weights
    assert costs.reverse_bytes > 0 < costs.forward_bytes


def test_a_parameter_has_its_own_numbers():
    assert Parameter(3, 1, (2, 3)).numbers.shape == (2, 3)
    assert str(Parameter(3, 1, (2, 3))) == "W₃₁"
    assert all(np.all(p.numbers) for g in EXAMPLES.values() for p in parameters(g))


# ---- The panel -----------------------------------------------------------------------------------


@pytest.fixture
def panel():
    return BranchesPanel()


def test_an_impossible_edit_says_why_and_the_controls_go_back(panel):
    start = panel.svg, panel.words, panel.values
    panel.controls["source"].value = 3
    panel.controls["edge"].value = True
    assert panel.sentence.startswith("That would close a cycle: y₂ → y₃ → y₂.")
    assert panel.controls["edge"].value is False
    assert (panel.svg, panel.words) == start[:2]
    assert panel.values == start[2] | {"source": 3, "edge": False}
    panel.controls["source"].value = 1
    assert not panel.sentence
    assert panel.values == start[2]


def test_a_size_that_does_not_match_goes_back(panel):
    panel.set(example="residual", node=3)
    panel.controls["size"].value = 2
    assert "wants values of one size" in panel.sentence
    assert panel.values["size"] == 3


def test_the_arrows_go_past_a_kind_that_is_refused(panel):
    """A press on the closed list asks for the next kind: its box stays where the press led."""
    start = panel.svg, panel.words
    for kind in ("add", "multiply"):
        panel.set(node=5)  # concat of 2 and 3 numbers
        panel.controls["kind"].value = kind
        assert "wants values of one size" in panel.sentence
        assert panel.values["kind"] == kind
        assert panel.graph[5].kind == "concat"
    shown = panel.svg
    panel.controls["kind"].value = "add"
    assert "wants values of one size" in panel.sentence
    panel.controls["kind"].value = "tanh"
    assert not panel.sentence
    assert panel.graph[5].kind == "tanh"
    assert panel.svg != shown
    panel.controls["kind"].value = "multiply"
    panel.controls["kind"].value = "concat"
    assert (panel.graph[5].kind, panel.sentence) == ("concat", "")
    assert panel.graph[5] == EXAMPLES["two diamonds"][5]
    assert panel.words != start[1]  # another node is chosen


@pytest.mark.parametrize(
    "change",
    [
        lambda panel: panel.set(node=4),
        lambda panel: panel.set(view="paths"),
        lambda panel: panel.set(size=4),
        lambda panel: panel.buttons["add"].click(),
        lambda panel: panel.buttons["remove"].click(),
        lambda panel: panel.set(example="a chain"),
    ],
)
def test_any_other_change_takes_a_refused_kind_back(panel, change):
    panel.set(node=1)
    panel.controls["kind"].value = "add"
    assert "must read a value" in panel.sentence
    assert panel.values["kind"] == "add"
    change(panel)
    assert panel.values == panel.facts
    assert panel.values["kind"] == panel.graph[panel.values["node"]].kind


def test_nodes_come_and_go(panel):
    for _ in range(10):
        panel.buttons["add"].click()
    assert len(panel.graph.nodes) == MOST_NODES
    assert "no room for more" in panel.sentence
    assert len(panel.controls["node"].options) == MOST_NODES
    for _ in range(10):
        panel.buttons["remove"].click()
    assert panel.graph.numbers == (1,) or "would read nothing" in panel.sentence
    panel.set(example="a chain")
    for _ in range(10):
        panel.buttons["remove"].click()
    assert len(panel.graph.nodes) == 1
    assert "is the last node" in panel.sentence
    assert [label for label, _ in panel.controls["node"].options] == [
        f"y{'₀₁₂₃₄₅₆₇₈'[panel.graph.numbers[0]]}"
    ]


def test_edits_are_kept_beside_the_examples(panel):
    assert panel.values["example"] == "two diamonds"
    panel.controls["example"].value = "edited"
    assert panel.sentence.startswith("Nothing is edited yet")
    assert panel.values["example"] == "two diamonds"
    panel.controls["size"].value = 5
    assert panel.values["example"] == "edited"
    mine = panel.svg
    panel.controls["example"].value = "dense"
    panel.set(example="edited", node=2)
    assert panel.svg == mine


def test_set_goes_in_the_order_of_the_controls(panel):
    panel.set(view="forward", node=8, example="dense", kind="linear", size=3, step=9)
    assert not panel.sentence
    assert (panel.graph[8].kind, panel.graph[8].size) == ("linear", 3)
    assert "step 9 of 9" in panel.svg


def test_a_wrong_set_changes_nothing(panel):
    before = panel.values, panel.svg, panel.graph
    with pytest.raises(ValueError, match="node = 9 came"):
        panel.set(size=5, example="dense", node=9)
    assert (panel.values, panel.svg, panel.graph) == before


def test_a_parameter_that_goes_makes_room_for_another_of_its_node(panel):
    panel.set(parameter="W31")
    panel.set(node=3, source=1, edge=False)
    assert panel.values["parameter"] == "x3"
    panel.set(node=3, kind="concat")
    assert panel.values["parameter"] == "x1"


def test_steps_belong_to_some_views(panel):
    panel.controls["step"].value = 2
    assert panel.sentence.startswith("Steps are taken")
    assert panel.values["step"] == 0
    panel.set(view="paths", step=4)
    assert not panel.sentence
    summed = panel.words.split("Sum of the first 4: ")[1].split("\n")[0]
    assert f"reverse sweep  {summed}\n" in panel.words
    panel.controls["view"].value = "network"
    assert panel.values["step"] == 0


def test_the_list_of_paths_goes_with_the_steps(panel):
    panel.set(example="dense", view="paths")
    listed = []
    for step in range(4, 65, 4):
        panel.controls["step"].value = step
        assert f"64 paths from x₁ to l. {step - 3} to {step}:" in panel.words
        listed += re.findall(r"^  l←.*$", panel.words, re.MULTILINE)
    assert len(set(listed)) == len(listed) == 64


def test_the_controls_always_say_what_is_shown(panel):
    chance = random.Random(9)
    for _ in range(150):
        key = chance.choice(["kind", "edge", "source", "node", "size", "add", "remove"])
        if key in panel.buttons:
            panel.buttons[key].click()
        else:
            box = panel.controls[key]
            options = [option[1] for option in getattr(box, "_options_full", ())]
            some = options or ([True, False] if key == "edge" else range(box.min, box.max + 1))
            box.value = chance.choice(list(some))
        assert panel.values == panel.facts | panel.refused
        assert panel.sentence or not panel.refused
        assert panel.shown.graph == panel.graph


def test_no_arc_runs_through_a_box(panel):
    panel.set(example="dense")
    for path in ET.fromstring(panel.svg).iter(f"{SVG}path"):
        xs = [float(point.split()[0]) for point in path.get("d")[1:].split("L")]
        assert 10 <= min(xs) and max(xs) <= BOX_LEFT
    for line in ET.fromstring(panel.svg).iter(f"{SVG}line"):
        assert BOX_LEFT < float(line.get("x1")) == float(line.get("x2")) < BOX_LEFT + BOX_WIDTH
        assert abs(float(line.get("y1")) - float(line.get("y2"))) < 40


def test_every_kind_in_every_place():
    for kinds in itertools.product(KINDS, repeat=2):
        graph = built(("linear", 3), (kinds[0], 2, 1), (kinds[1], 4, 2), ("concat", 0, 1, 3))
        assert first(graph).gap < 1e-12
