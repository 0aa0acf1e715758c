"""The ledger of a sweep: step by step, the flops it takes and the bytes that are alive.

    y, J = net.linearize(*args)
    print(ledger(J, "reverse"))

Everything is counted from the Jacobians, nothing is run. A reverse sweep starts when the
evaluation is over: all that the Jacobians hold is alive then, and is let go on the way back, one
equation after the other. A forward sweep travels with the evaluation: alive are the values and
tangents that a later equation still reads, and the Jacobian of the equation at work.

The flops are those of the sweep; evaluating the function comes on top of either. The caller's
own arrays (arguments, constants) are not counted as alive: they are there anyway.

Source: Griewank & Walther, *Evaluating Derivatives*, chapters 3 and 4.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from adlab.networks import NetworkJacobian
from adlab.tracing import TracedJacobian
from adlab.vectors import size


class Step(NamedTuple):
    """One equation: its flops, and the bytes alive while it is at work.

    `held` is what Jacobians hold, `values` those that a later equation reads (forward mode; one
    that a Jacobian holds as well counts once, here), `vectors` the tangents or cotangents.
    """

    equation: str
    flops: int
    held: int
    values: int
    vectors: int

    @property
    def alive(self):
        return self.held + self.values + self.vectors

    def __str__(self):
        return (
            f"{self.equation:<32}{self.flops:>12,}{self.held:>12,}"
            f"{self.values:>12,}{self.vectors:>12,}{self.alive:>12,}"
        )


class Ledger(NamedTuple):
    """The steps of one sweep with one vector, in the order in which they are taken."""

    mode: str
    steps: tuple

    @property
    def flops(self):
        return sum(step.flops for step in self.steps)

    @property
    def peak(self):
        """The most bytes alive at one time."""
        return max((step.alive for step in self.steps), default=0)

    def __str__(self):
        head = f"{self.mode + ' mode':<32}" + "".join(
            f"{word:>12}" for word in ("flops", "held", "values", "vectors", "alive")
        )
        foot = f"{'in all; at most':<32}{self.flops:>12,}{'':>36}{self.peak:>12,}"
        return "\n".join([head, *map(str, self.steps), foot])


def ledger(J, mode="reverse"):
    """The Ledger of one sweep over the Jacobian of a network, in "reverse" or "forward" mode."""
    if not isinstance(J, NetworkJacobian):
        raise TypeError(f"ledger wants the Jacobian of a Network, got {type(J).__name__}")
    if mode not in ("reverse", "forward"):
        raise ValueError(f'mode is "reverse" or "forward", got {mode!r}')
    if isinstance(J, TracedJacobian):
        _, J = J.net.linearize(*J.args)  # as equations, of which each value's place is known
    return Ledger(mode, tuple(reverse_steps(J) if mode == "reverse" else forward_steps(J)))


def reverse_steps(J):
    net, item = J.net, np.dtype(J.dtype).itemsize
    held = held_up_to(J)
    cotangents = {}  # name -> bytes
    repeated = 0
    for name, shape in zip(net.outputs, J.shapes, strict=True):
        repeated += size(shape) if name in cotangents else 0
        cotangents[name] = size(shape) * item
    for equation, row, mask in J.reverse(net.inputs):
        given = tuple(name in cotangents for name in equation.outputs)
        flops, repeated = row.pull_flops(mask, given) + repeated, 0
        outgoing = [cotangents.pop(name, 0) for name in equation.outputs]
        waiting = sum(cotangents.values()) + sum(outgoing)
        for name, shape, m in zip(equation.inputs, row.shape_in, mask, strict=True):
            if m:
                waiting += size(shape) * item
                flops += size(shape) if name in cotangents else 0
                cotangents[name] = size(shape) * item
        yield Step(str(equation), flops, held[equation.outputs[0]], 0, waiting)


def forward_steps(J):
    net, item = J.net, np.dtype(J.dtype).itemsize
    own = caller_spans(J)
    values, tangents = {}, dict(zip(net.inputs, (size(s) * item for s in J.shape_in), strict=True))
    moving = {id(row): mask for _, row, mask in J.forward(net.inputs)}
    for equation, row in zip(net.equations, J.rows, strict=True):
        shapes = row.shape_out if equation.several else (row.shape_out,)
        made = {
            name: size(shape) * item for name, shape in zip(equation.outputs, shapes, strict=True)
        }
        values.update(made)
        mask = moving.get(id(row))
        if mask:
            tangents.update(made)
        flops = row.flops_of(mask).push if mask else 0
        alive = (J.values[name]() for name in values)
        held = total_bytes(spans(row) - own - {byte_bounds(a) for a in alive if a is not None})
        yield Step(str(equation), flops, held, sum(values.values()), sum(tangents.values()))
        for name in equation.done:
            values.pop(name, None)
            tangents.pop(name, None)


def held_up_to(J):
    """For each equation, the bytes that the Jacobians of it and of all before it hold."""
    seen, held = caller_spans(J), {}
    bytes_so_far = 0
    for equation, row in zip(J.net.equations, J.rows, strict=True):
        new = spans(row) - seen
        seen |= new
        bytes_so_far += total_bytes(new)
        held[equation.outputs[0]] = bytes_so_far
    return held


def caller_spans(J):
    """The memory of the arguments and constants."""
    return J.given | {byte_bounds(a) for a in J.net.constants.values()}


def spans(row):
    """The pieces of memory that a Jacobian holds, as addresses."""
    return {byte_bounds(a) for a in row.held()}


def total_bytes(pieces):
    return sum(end - start for start, end in pieces)
