"""Chapter 08: a forward and a reverse sweep of one network, side by side, by one clock."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from adlab.panels.panel import Panel, choice, int_slider
from adlab.panels.reverse import low, vector
from adlab.panels.sweep import Chain, swept
from adlab.pictures.drawing import number
from adlab.pictures.modes import both_picture
from adlab.pictures.sweep import MOST_SIZE, Moment, Sweep

KINDS = "Tanh", "Tanh"  # after the first and the second Linear: five equations with the loss
MOVES = {"Linear 1": 1, "Linear 2": 3}  # the equations with parameters
STEPS = 10  # evaluation and reverse sweep, five equations each
DIRECTIONS = {"all ones": "ones", "e₁, one entry of W": "e1"}


def forward_moments(equations, moves):
    """Every moment of one pass: before layer `moves` it evaluates, and from there on it pushes.

    At work on equation k, values k - 1 and k are alive, with their tangents if they have one.
    """
    found = [Moment()]
    for k, equation in enumerate(equations, 1):
        pushes = k >= moves
        held = {equation.holds} - {None} if pushes else set()
        found.append(
            Moment(
                k,
                "push" if pushes else "evaluate",
                values=frozenset({k - 1, k, *held} - {0}),
                kept=frozenset({k} if pushes else ()),
                vectors=frozenset(i for i in (k - 1, k) if i >= moves),
                parameters=frozenset({moves} if k <= moves else ()),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Pair:
    """Both sweeps of one network, in forward mode along `v`, a tangent of W and b of layer `moves`.

    Values and equations are counted as in a `Chain`.
    """

    chain: Chain
    moves: int
    v: tuple[np.ndarray, ...]
    forward: Sweep
    reverse: Sweep

    @cached_property
    def tangents(self):
        """ẏ_k for each value from layer `moves` on, by pushes."""
        found = {}
        for k in range(self.moves, self.chain.length + 1):
            row, own = self.chain.J.rows[k - 1], self.chain.parameters[k - 1]
            still = tuple(map(np.zeros_like, (*own, self.chain.values[k - 1])))
            given = (*self.v, still[-1]) if k == self.moves else (*still[:-1], found[k - 1])
            found[k] = row @ given
        return found

    @property
    def slope(self):
        """l̇: the directional derivative of the loss along v."""
        return float(self.tangents[self.chain.length])

    @property
    def name(self):
        """Of the layer that moves, as the panel calls it."""
        return next(name for name, i in MOVES.items() if i == self.moves)

    @property
    def passes(self):
        """How many passes give the gradient of layer `moves`: one for each of its numbers."""
        return sum(a.size for a in self.v)

    @cached_property
    def flops(self):
        """Of one pass from layer `moves`, and of one reverse sweep down to it."""
        owners = [i for i, own in enumerate(self.chain.parameters, 1) for _ in own]
        return self.chain.J.flops_of(tuple(i == self.moves for i in owners))


def pair(n0, n1, n3, moves=1, direction="ones"):
    """The Pair for Linear, Tanh, Linear, Tanh, HalfSquare; `direction` is a value of `DIRECTIONS`.

    `n0`, `n1` and `n3` are the sizes of y_0, of y_1 and y_2, of y_3 and y_4.
    """
    chain, reverse = swept((n0, n1, n3), KINDS, "reverse")
    forward = Sweep("forward", n0, reverse.equations, forward_moments(reverse.equations, moves))
    fill = np.ones_like if direction == "ones" else np.zeros_like
    v = tuple(map(fill, chain.parameters[moves - 1]))
    v[0][0, 0] = 1
    return Pair(chain, moves, v, forward, reverse)


@dataclass(frozen=True)
class Modes:
    """One tick of the clock."""

    pair: Pair
    step: int

    @property
    def ticks(self):
        """Where each of the two stands: who has come to the end waits there."""
        return tuple(min(self.step, s.last) for s in (self.pair.forward, self.pair.reverse))

    @property
    def moments(self):
        """What each of the two is at."""
        both = self.pair.forward, self.pair.reverse
        return tuple(s.moments[tick] for s, tick in zip(both, self.ticks, strict=True))


class ModesPanel(Panel):
    title = "Forward mode beside reverse mode, by one clock"
    hint = "Before you step, say what each of the two does next, and what it lets go."
    lines = 12

    def make_controls(self):
        return {
            "n0": int_slider("numbers in", 3, 1, MOST_SIZE),
            "n1": int_slider("Linear 1 gives", 4, 1, MOST_SIZE),
            "n3": int_slider("Linear 2 gives", 2, 1, MOST_SIZE),
            "moves": choice("v moves W, b of", list(MOVES.items())),
            "direction": choice("v is", list(DIRECTIONS.items())),
            "step": int_slider("step", 0, 0, STEPS),
        }

    def model(self, n0, n1, n3, moves, direction, step):
        return Modes(pair(n0, n1, n3, moves, direction), step)

    def picture(self, modes):
        return both_picture(modes.pair.forward, modes.pair.reverse, modes.step)

    def text(self, modes):
        both = modes.pair
        forward, reverse = (
            sweep.bars[tick]
            for sweep, tick in zip((both.forward, both.reverse), modes.ticks, strict=True)
        )
        n = both.passes
        return "\n".join(
            [
                f"Step {modes.step} of {STEPS}.",
                f"Forward: {forward_words(modes)}",
                f"Reverse: {reverse_words(modes)}",
                f"Bytes alive: forward {sum(forward)}, reverse {sum(reverse)}.",
                f"At most: {both.forward.peak} and {both.reverse.peak}.",
                f"The gradient of {both.name} has {n} numbers:",
                f"forward {n} pass{'es' * (n > 1)}, {n * both.flops.push:,} flops,",
                f"reverse 1 sweep, {both.flops.pull:,} flops.",
            ]
        )


def forward_words(modes):
    both, (moment, _) = modes.pair, modes.moments
    k = moment.work
    if not k:
        return "nothing yet."
    if modes.step > both.forward.last:
        return f"done. Slope of l along v = {vector(both.slope)}."
    name = both.forward.equations[k - 1].name
    if moment.doing == "evaluate":
        return f"evaluates y{low(k)}, no tangent yet."
    moved = f"ẏ{low(k)}" if k < both.chain.length else "slope of l along v"
    return f"pushes through {name}, {moved} = {vector(both.tangents[k])}."


def reverse_words(modes):
    both, (_, moment) = modes.pair, modes.moments
    k = moment.work
    if not k:
        return "nothing yet."
    name = both.reverse.equations[k - 1].name
    if moment.doing == "evaluate":
        return f"evaluates {name}, y{low(k)}." if k < both.chain.length else f"evaluates {name}, l."
    u, x = both.chain.cotangents
    words = f"pulls through {name}"
    words += f", ū{low(k - 1)} = {vector(u[k - 1])}." if k > 1 else ". Done."
    if k - 1 in both.tangents:
        meet = float(np.vdot(u[k - 1], both.tangents[k - 1]))
        words += f"\n⟨ū{low(k - 1)}, ẏ{low(k - 1)}⟩ = {number(meet)}, that slope."
    if k == both.moves:
        meet = float(sum(map(np.vdot, x[k], both.v)))
        words += f"\n⟨W̄, Ẇ⟩ + ⟨b̄, ḃ⟩ = {number(meet)}, that slope."
    return words
