"""Chapter 09: a network to edit, its blocks, its paths, and both sweeps step by step."""

from typing import Any

from traitlets import TraitError

from adlab.panels.editing import EXAMPLES, FREE, KINDS, MOST_SIZE, WIDEST, Graph, name
from adlab.panels.panel import Panel, button, check_box, choice, int_slider
from adlab.panels.saying import VIEWS, Branches, drawn, last_step, said
from adlab.panels.sweeping import Parameter, parameters, study

EDITED = "edited"


class BranchesPanel(Panel):
    title = "An editable network, its paths and its sweeps"
    hint = "Choose a node, then change it. Say first how many paths there will be."
    lines = 24
    sentence_lines = 5

    def __init__(self):
        self.graph = EXAMPLES["two diamonds"]
        self.edited: Graph | None = None
        self.chosen: dict[str, Any] = {
            "example": "two diamonds",
            "node": 2,
            "source": 1,
            "parameter": "x1",
            "view": "network",
            "step": 0,
        }
        self.asked: dict[str, Any] = {}
        self.refused: dict[str, Any] = {}
        super().__init__()

    def make_controls(self):
        return {
            "example": choice("start from", [*EXAMPLES, EDITED]),
            "node": choice("node", self.node_menu, self.chosen["node"]),
            "kind": choice("kind", list(KINDS), "tanh"),
            "size": int_slider("size", 4, 1, MOST_SIZE),
            "source": choice("edge from", self.node_menu, self.chosen["source"]),
            "edge": check_box("edge to the node", True),
            "parameter": choice("parameter", self.parameter_menu),
            "view": choice("view", [(words, view) for view, words in VIEWS.items()]),
            "step": int_slider("step", 0, 0, len(self.graph.nodes) + 1),
        }

    def make_buttons(self):
        return {"add": button("add a node"), "remove": button("remove the node")}

    # -- what the controls say

    @property
    def node_menu(self):
        return [(name(k), k) for k in sorted(self.graph.numbers)]

    @property
    def parameter_menu(self):
        return [(str(x), key_of(x)) for x in parameters(self.graph)]

    @property
    def facts(self) -> dict[str, Any]:
        """The value of every control, by what is shown."""
        node = self.graph[self.chosen["node"]]
        edge = self.chosen["source"] in node.reads
        facts = {"kind": node.kind, "size": node.size, "edge": edge}
        return {key: (self.chosen | facts)[key] for key in self.controls}

    def follow(self):
        """A kind that is refused stays in its box until something else is done.

        So an arrow on the closed list goes on from there, and gets past it.
        """
        box = self.controls
        for key, options in {
            "node": self.node_menu,
            "source": self.node_menu,
            "parameter": self.parameter_menu,
        }.items():
            if list(box[key].options) != options:
                box[key].options = options
        free = self.graph[self.chosen["node"]].kind in FREE
        box["size"].max = MOST_SIZE if free else WIDEST
        sweep = len(self.graph.nodes) + 1
        box["step"].max = last_step(self.shown.study, self.chosen["view"]) or sweep
        for key, value in (self.facts | self.refused).items():
            box[key].value = value
        self.asked = self.values

    def set(self, **values):
        """Sets the controls one after the other, in their order: first the node, then its kind.

        What an earlier one made impossible is said in the panel, as if a learner had done it.
        """
        self.refuse_unknown(values)
        before = self.graph, self.edited, dict(self.chosen)
        possible = {key for key, value in values.items() if self.takes(key, value)}
        said = ""
        for key in [key for key in self.controls if key in values]:
            if self.takes(key, values[key]):
                self.controls[key].value = values[key]
            elif key in possible:
                self._say(f"The {key} that was to be chosen is gone with the edit before.")
            else:
                self.graph, self.edited, self.chosen = before
                self._redraw()
                super().set(**{key: values[key]})  # which says why it can't
            said = said or self.sentence
        self._say(said)

    def takes(self, key, value):
        """Can the control be set to it now? Nothing is drawn."""
        box = self.controls[key]
        with self._holding():
            now = box.value
            try:
                box.value = value
                return box.value == value
            except TraitError:
                return False
            finally:
                box.value = now

    # -- what they do

    def model(self, **values):
        asked = [key for key in values if self.asked and values[key] != self.asked[key]]
        self.refused = {}
        for key in asked:
            self.do(key, values[key])
        x = self.parameter
        if self.shown is None or (self.shown.graph, self.shown.study.parameter) != (self.graph, x):
            found = study(self.graph, x)
        else:
            found = self.shown.study
        view = self.chosen["view"]
        last = last_step(found, view)
        self.chosen["step"] = min(self.chosen["step"], last)
        return Branches(found, self.chosen["node"], view, self.chosen["step"])

    def do(self, key, value):
        """One change that a learner asks for; a ValueError changes nothing."""
        number, source = self.chosen["node"], self.chosen["source"]
        if key == "kind":
            self.refused = {key: value}  # until it is taken
            self.edit(self.graph.with_kind(number, value))
            self.refused = {}
        elif key == "size":
            self.edit(self.graph.with_size(number, value))
        elif key == "edge":
            change = self.graph.with_edge if value else self.graph.without_edge
            self.edit(change(source, number))
        elif key == "example":
            self.take(value)
        elif key == "step" and not last_step(self.shown.study, self.chosen["view"]):
            raise ValueError("Steps are taken path by path, and in the two sweeps: choose a view.")
        else:
            self.chosen[key] = value

    def press(self, key):
        self.refused = {}
        if key == "add":
            graph, number = self.graph.with_new(self.chosen["node"])
            self.edit(graph)
            self.chosen |= {"source": self.chosen["node"], "node": number}
        else:
            self.edit(self.graph.without(self.chosen["node"]))

    def edit(self, graph):
        if graph != self.graph:
            self.graph = self.edited = graph
            self.keep_what_is_there(EDITED)

    def take(self, example):
        if example == EDITED and self.edited is None:
            raise ValueError("Nothing is edited yet: change a node, and it will be kept there.")
        self.graph = self.edited if example == EDITED else EXAMPLES[example]
        self.keep_what_is_there(example)
        self.chosen["step"] = 0

    def keep_what_is_there(self, example):
        """Node, source and parameter stay chosen if they still exist."""
        self.chosen["example"] = example
        for key in ("node", "source"):
            if self.chosen[key] not in self.graph.numbers:
                self.chosen[key] = self.graph.numbers[-1]
        self.chosen["parameter"] = key_of(self.parameter)

    @property
    def parameter(self) -> Parameter:
        """The chosen one, or another of its node, or the first."""
        known = {key_of(x): x for x in parameters(self.graph)}
        wanted = self.chosen["parameter"]
        return known.get(wanted) or known.get(f"x{wanted[1]}") or next(iter(known.values()))

    # -- what is shown

    def picture(self, shown):
        return drawn(shown)

    def text(self, shown):
        return said(shown)


def key_of(x: Parameter) -> str:
    """x3, or W31 for the weights with which node 3 reads node 1: what its menu has for a value."""
    return f"x{x.node}" if x.source is None else f"W{x.node}{x.source}"
