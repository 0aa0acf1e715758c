"""Chapter 07: an evaluation and a reverse sweep, step by step, with the bytes that are alive."""

from dataclasses import dataclass

import numpy as np

from adlab.panels.panel import Panel, choice, int_slider
from adlab.panels.sweep import KINDS, MOST_BLOCKS, Chain, swept
from adlab.pictures.drawing import number
from adlab.pictures.sweep import (
    MOST_EQUATIONS,
    MOST_SIZE,
    Equation,
    Moment,
    Sweep,
    reverse_picture,
)

LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
FORMULAS = {"Linear": "W y{} + b", "Tanh": "tanh y{}", "ReLU": "ReLU(y{})"}
FORMULAS |= {"Softmax": "softmax(y{})", "loss": "½ ‖y{} − t‖²"}


@dataclass(frozen=True)
class Reverse:
    """One step on the way there and back."""

    step: int
    chain: Chain
    sweep: Sweep

    @property
    def moment(self) -> Moment:
        return self.sweep.moments[self.step]

    @property
    def equation(self) -> Equation:
        """The one at work."""
        return self.sweep.equations[self.moment.work - 1]

    @property
    def alive(self):
        """Bytes of values, of what Jacobians keep, and of cotangents."""
        return self.sweep.bars[self.step]

    @property
    def peak_step(self):
        """The first step with the most bytes alive."""
        return max(range(len(self.sweep.bars)), key=lambda k: sum(self.sweep.bars[k]))


def reverse_model(sizes, kinds, step):
    """Sizes n_0, n_1, ... and what follows each Linear; beyond the last step, the last one."""
    chain, sweep = swept(tuple(sizes), tuple(kinds), "reverse")
    return Reverse(min(step, sweep.last), chain, sweep)


class ReversePanel(Panel):
    title = "A reverse sweep, step by step"
    hint = "Before you step, say which cells will fill, and which will be let go."
    lines = 13

    def make_controls(self):
        boxes = {
            "blocks": int_slider("Linear layers", 2, 1, MOST_BLOCKS),
            "n0": int_slider("numbers in", 3, 1, MOST_SIZE),
        }
        for i, (n, kind) in enumerate([(5, "Tanh"), (2, "Softmax"), (4, "ReLU")], 1):
            boxes[f"n{i}"] = int_slider(f"Linear {i} gives", n, 1, MOST_SIZE)
            boxes[f"kind{i}"] = choice(f"after Linear {i}", list(KINDS), kind)
        return boxes | {"step": int_slider("step", 0, 0, 2 * MOST_EQUATIONS)}

    def model(self, blocks, step, **values):
        sizes = [values[f"n{i}"] for i in range(blocks + 1)]
        kinds = [values[f"kind{i}"] for i in range(1, blocks + 1)]
        return reverse_model(sizes, kinds, step)

    def picture(self, reverse):
        return reverse_picture(reverse.sweep, reverse.step)

    def text(self, reverse):
        values, kept, vectors = reverse.alive
        doing = {"": start, "evaluate": evaluated, "pull": pulled}[reverse.moment.doing]
        most = f"at most {reverse.sweep.peak}, in step {reverse.peak_step}"
        return "\n".join(
            [
                f"Step {reverse.step} of {reverse.sweep.last}.",
                *doing(reverse),
                f"Bytes alive: values {values}, kept {kept}, cotangents {vectors}.",
                f"In all {values + kept + vectors}; {most}.",
            ]
        )


def start(reverse):
    chain = ", ".join(equation.name for equation in reverse.sweep.equations)
    return [f"The chain: {chain}.", f"y₀ = {vector(reverse.chain.values[0])} is yours."]


def evaluated(reverse):
    i, equation = reverse.moment.work, reverse.equation
    name = f"y{low(i)}" if i < reverse.chain.length else "l"
    value = vector(reverse.chain.values[i])
    lines = [f"Evaluate {name} = {FORMULAS[equation.name].format(low(i - 1))} = {value}."]
    lines.append(f"Its Jacobian keeps {keeps(equation, i)}.")
    gone = reverse.sweep.moments[reverse.step - 1].values - reverse.moment.values
    return lines + [f"Let go: y{low(k)}, nobody reads it any more." for k in gone]


def keeps(equation, i):
    """What the Jacobian of equation i holds, in words."""
    if equation.holds is None:
        return f"{equation.kept} numbers of its own"
    if equation.holds == i:
        return f"its output y{low(i)}"
    yours = ", which is yours" if equation.holds == 0 else ""
    return f"its input y{low(equation.holds)}{yours}"


def pulled(reverse):
    i, equation = reverse.moment.work, reverse.equation
    u, x = reverse.chain.cotangents
    inside = f"ū{low(i)}" if i < reverse.chain.length else "u"
    lines = [f"Pull through {equation.name}. The cotangent {inside} = {vector(u[i])} comes in."]
    if i > 1:
        lines.append(f"ū{low(i - 1)} = {inside} A{low(i)} = {vector(u[i - 1])} goes out.")
    if equation.parameters:
        W_bar, b_bar = x[i]
        m, n = W_bar.shape
        lines.append(f"W̄ is {m} × {n}, its first row {vector(W_bar[0])}.")
        lines.append(f"b̄ = {inside}.")
    return [*lines, freed(reverse)]


def freed(reverse):
    """What is let go when the equation at work has been pulled through."""
    equation, moments = reverse.equation, reverse.sweep.moments
    left = moments[reverse.step + 1].values if reverse.step < reverse.sweep.last else set()
    gone = [f"y{low(k)}" for k in sorted(reverse.moment.values - left)]
    gone += [f"{equation.kept} kept numbers"] if equation.kept else []
    if gone:
        return f"Then let go: {', '.join(gone)}."
    whose = "still held" if equation.holds else "yours"
    return f"Nothing to let go: y{low(equation.holds)} is {whose}."


def low(i):
    return str(i).translate(LOWERED)


def vector(a):
    """(1.00, −0.50); a number without brackets."""
    if np.ndim(a) == 0:
        return number(float(a))
    return f"({', '.join(number(float(entry)) for entry in a)})"
