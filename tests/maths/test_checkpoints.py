"""Checkpoints: the same derivatives, evaluations counted and calls made, bytes counted and held."""

import tracemalloc
from functools import cache

import numpy as np
import pytest

from adlab import (
    Network,
    Schedule,
    Sum,
    Tanh,
    binomial,
    checkpoint,
    checkpointed_chain,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    square_root,
    stop_gradient,
    store_all,
    value_and_grad,
    vjp,
)
from tests.maths.truth import assert_close
from tests.registry import numbers

W, x3 = numbers(3, 3, seed=2), numbers(3, seed=1)


def block(W, x):
    return np.tanh(W @ x) * x


def composed(c):
    return lambda W, x: np.sum(np.sin(c(W, c(W, x))))


TRANSFORMS = {
    "grad": lambda f: grad(f, (0, 1))(W, x3),
    "value_and_grad": lambda f: value_and_grad(f)(W, x3),
    "jvp": lambda f: jvp(f, (W, x3), (W, x3)),
    "vjp": lambda f: vjp(f, W, x3)[1](2.0),
    "jacfwd": lambda f: jacfwd(f, 1)(W, x3),
    "linearize": lambda f: linearize(f, W, x3)[1].dense(),
    "hvp": lambda f: hvp(f, (W, x3), (W, x3)),
    "hessian": lambda f: hessian(f, (0, 1))(W, x3)[0],
    "jacrev of jacrev": lambda f: jacrev(jacrev(f, 1), 1)(W, x3),
    "jacrev of jacfwd": lambda f: jacrev(jacfwd(f, 1), 1)(W, x3),
    "jacfwd of jacfwd": lambda f: jacfwd(jacfwd(f, 1), 1)(W, x3),
    "third order": lambda f: jacfwd(hessian(f, 1), 1)(W, x3),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_derivatives_are_the_same(transform):
    wanted = transform(composed(block))
    assert_close(transform(composed(checkpoint(block))), wanted, 1e-13, "checkpointed")
    again = composed(checkpoint(lambda W, x: checkpoint(block)(W, checkpoint(np.sin)(x))))
    wanted = transform(composed(lambda W, x: block(W, np.sin(x))))
    assert_close(transform(again), wanted, 1e-13, "checkpoints in checkpoints")


def test_the_value_alone_is_just_the_function():
    assert_close(checkpoint(block)(W, x3), block(W, x3), 0, "the value")
    assert checkpoint(lambda x: "anything")(x3) == "anything"


def calls_of(transform):
    calls = []

    def counted(W, x):
        calls.append(1)
        return block(W, x)

    transform(composed(checkpoint(counted)))
    return len(calls)


def test_calls():
    """Two evaluations, and each again when it is pulled; forward mode evaluates once."""
    assert calls_of(lambda f: grad(f, (0, 1))(W, x3)) == 2 + 2
    assert calls_of(lambda f: jvp(f, (W, x3), (W, x3))) == 2
    assert calls_of(lambda f: f(W, x3)) == 2


def test_trees():
    def f(p):
        y = p["W"] @ p["x"][0]
        return {"a": y**2, "b": [np.sum(y), (p["x"][0],)], "c": 2.0}

    def loss(c):
        def g(p):
            r = c(p)
            return np.sum(r["a"] * r["b"][1][0]) * r["c"] + r["b"][0]

        return g

    p = {"W": W, "x": [x3]}
    found, wanted = (grad(loss(c))(p) for c in (checkpoint(f), f))
    assert_close(found["W"], wanted["W"], 1e-14, "W")
    assert_close(found["x"][0], wanted["x"][0], 1e-14, "x")
    found, wanted = (hessian(loss(c))(p)["W"]["x"][0] for c in (checkpoint(f), f))
    assert_close(found, wanted, 1e-13, "second order")


def test_in_a_network_and_around_one():
    net = Network(lambda W, x: Sum()(checkpoint(block)(W, Tanh()(x))))
    assert "block(W, y1)" in str(net)

    def plain(W, x):
        return np.sum(block(W, np.tanh(x)))

    assert_close(grad(net, (0, 1))(W, x3), grad(plain, (0, 1))(W, x3), 1e-14, "grad")
    assert_close(hessian(net, 1)(W, x3), hessian(plain, 1)(W, x3), 1e-13, "hessian")
    assert_close(grad(lambda W: checkpoint(net)(W, x3))(W), grad(plain)(W, x3), 1e-14, "around")
    layered = checkpoint(lambda x: Tanh()(x))
    assert_close(jacrev(layered)(x3), np.diag(1 - np.tanh(x3) ** 2), 1e-15, "a layer inside")


@pytest.mark.parametrize("transform", [grad, jacfwd, lambda f: grad(lambda W: jacfwd(f)(W)[0, 0])])
def test_values_from_outside_are_refused(transform):
    message = "is none of its arguments: hand it over as an argument, or keep it constant with stop"
    with pytest.raises(ValueError, match=message):
        transform(lambda W: np.sum(checkpoint(lambda x: W @ x)(W[0])))(W)
    g = transform(lambda W: np.sum(checkpoint(lambda x: stop_gradient(W) @ x)(W[0])))(W)
    assert np.shape(g) == (3, 3)


def test_what_does_not_move():
    g = grad(lambda W, x: np.sum(checkpoint(lambda W, x: 2.0 * x)(W, x)), (0, 1))(W, x3)
    assert_close(g, (np.zeros((3, 3)), np.full(3, 2.0)), 0, "an unused argument")
    constant = checkpoint(lambda x: np.ones(2))
    assert_close(grad(lambda x: np.sum(constant(x)))(x3), np.zeros(3), 0, "a constant, reverse")
    assert_close(jacfwd(lambda x: constant(x))(x3), np.zeros((2, 3)), 0, "a constant, forward")
    with pytest.raises(TypeError, match="checkpoint wants a function, got float"):
        checkpoint(3.0)


# ---- Schedules -----------------------------------------------------------------------------------


@cache
def fewest(steps, snapshots):
    """The fewest evaluations that repeat others, by trying every first piece."""
    if steps == 1:
        return 0
    if snapshots == 1:
        return steps * (steps - 1) // 2
    return min(
        first + fewest(first, snapshots) + fewest(steps - first, snapshots - 1)
        for first in range(1, steps)
    )


def test_binomial_is_the_best():
    for steps in range(1, 26):
        for snapshots in range(1, 8):
            schedule = binomial(steps, snapshots)
            assert schedule.steps == steps
            assert schedule.recomputed == fewest(steps, snapshots)
            assert schedule.peak <= snapshots + 1


def test_binomial_reaches_what_the_binomial_says():
    """(s + r)! / s! r! steps with s snapshots, each evaluated again r times at most."""
    for s, r, steps in [(3, 2, 10), (4, 3, 35), (5, 4, 126), (10, 2, 66)]:
        assert binomial(steps, s).depth == r
        assert binomial(steps + 1, s).depth == r + 1


def test_square_root():
    for steps in (1, 2, 3, 10, 16, 17, 100, 200, 1000):
        schedule = square_root(steps)
        assert schedule.steps == steps
        assert schedule.recomputed < steps
        assert schedule.peak <= 2 * np.sqrt(steps) + 1
    assert str(square_root(10)) == "[[3] [3] 4]"


def test_by_hand():
    schedule = Schedule((Schedule((2, Schedule((1,)), 1)), 3))
    assert (schedule.steps, schedule.depth) == (7, 2)
    assert schedule.evaluations == 7 + 4 + 1
    assert schedule.peak == 1 + 2 + 1 + 1  # start, two steps, the state after them, the last step
    assert str(schedule) == "[[2 [1] 1] 3]"
    assert store_all(5).peak == 6 and store_all(5).recomputed == 0


def test_the_known_case():
    """200 steps: about 2 √L states for one more evaluation; 11 snapshots need three each."""
    assert (square_root(200).peak, square_root(200).recomputed) == (28, 185)
    assert (binomial(200, 10).peak, binomial(200, 10).recomputed) == (11, 522)


SCHEDULES = {
    "store all": store_all(30),
    "square root": square_root(30),
    "3 snapshots": binomial(30, 3),
    "6 snapshots": binomial(30, 6),
    "29 snapshots": binomial(30, 29),
    "by hand": Schedule((Schedule((2, Schedule((5, 1)), Schedule((3,)), 4)), 7, Schedule((8,)))),
}
schedules = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


@schedules
def test_counted_evaluations_are_those_that_are_made(schedule):
    calls = []

    def step(W, x):
        calls.append(1)
        return np.tanh(W @ x) + 0.1 * x

    def chain(W, x):
        return np.sum(checkpointed_chain([(step, W)] * 30, x, schedule))

    def plain(W, x):
        for _ in range(30):
            x = step(W, x)
        return np.sum(x)

    found = grad(chain, (0, 1))(W, x3)
    assert len(calls) == schedule.evaluations
    assert_close(found, grad(plain, (0, 1))(W, x3), 1e-12, "the gradients")
    assert_close(jvp(chain, (W, x3), (W, x3)), jvp(plain, (W, x3), (W, x3)), 1e-12, "forward")
    assert_close(hvp(chain, (W, x3), (W, x3)), hvp(plain, (W, x3), (W, x3)), 1e-11, "second order")


def measured(f, *args):
    """(the result, the highest memory in bytes while it was computed)."""
    tracemalloc.start()
    try:
        return f(*args), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@schedules
def test_counted_states_are_those_that_are_held(schedule):
    """Beside the states: a cotangent for each level, and two or three arrays to compute with."""
    x = numbers(64, 256)  # 128 KiB

    def chain(x):
        return np.sum(checkpointed_chain([np.tanh] * 30, x, schedule))

    grad(chain)(x)
    _, peak = measured(grad(chain), x)
    held = schedule.peak + schedule.depth
    assert held - 2 <= peak / x.nbytes <= held + 3.2


def test_two_hundred_layers_of_a_mebibyte():
    """512 x 256 numbers: 200 MiB of activations, or at most 40 with checkpoints."""
    x = numbers(512, 256)

    def layers(schedule):
        return lambda x: np.sum(checkpointed_chain([np.tanh] * 200, x, schedule))

    plain, most = measured(grad(layers(store_all(200))), x)
    assert 195 * 2**20 <= most <= 210 * 2**20
    for schedule in (square_root(200), binomial(200, 12)):
        found, peak = measured(grad(layers(schedule)), x)
        assert peak <= 40 * 2**20
        assert_close(found, plain, 1e-11, "the gradient")


def layer(W, x):
    return np.tanh(x @ W)


def many_layers(schedule):
    return lambda x, W: np.sum(checkpointed_chain([(layer, W)] * 200, x, schedule))


def pieces_by_hand(x, W):
    def ten(x, W):
        for _ in range(10):
            x = layer(W, x)
        return x

    for _ in range(20):
        x = checkpoint(ten)(x, W)
    return np.sum(x)


def test_two_hundred_smaller_layers():
    """With parameters: a layer of tanh(x W) holds one array too, for both of its operations."""
    x, W = numbers(64, 64), numbers(64, 64, seed=1) / 8
    plain, most = measured(grad(many_layers(store_all(200)), (0, 1)), x, W)
    assert 195 <= most / x.nbytes <= 210 + 10  # and 400 small nodes
    for f in (pieces_by_hand, many_layers(binomial(200, 10)), many_layers(binomial(200, 5))):
        found, peak = measured(grad(f, (0, 1)), x, W)
        assert peak / x.nbytes <= 40
        assert_close(found, plain, 1e-11, "the gradients")


def test_states_and_parameters_may_be_trees():
    steps = [
        (lambda p, s: {"h": np.tanh(p["W"] @ s["h"]), "sum": s["sum"] + np.sum(s["h"])}, {"W": W})
    ] * 7 + [lambda s: {"h": s["h"] ** 2, "sum": s["sum"]}]

    def loss(p, x, schedule):
        mine = [(g[0], p) if isinstance(g, tuple) else g for g in steps]
        s = checkpointed_chain(mine, {"h": x, "sum": np.zeros(())}, schedule)
        return np.sum(s["h"]) * s["sum"]

    wanted = grad(lambda p, x: loss(p, x, store_all(8)), (0, 1))({"W": W}, x3)
    for schedule in (square_root(8), binomial(8, 2)):
        found = grad(lambda p, x, s=schedule: loss(p, x, s), (0, 1))({"W": W}, x3)
        assert_close(found[0]["W"], wanted[0]["W"], 1e-13, "by the parameters")
        assert_close(found[1], wanted[1], 1e-13, "by the state")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: store_all(0), ValueError, "steps=0 came, wanted a whole number of at least 1"),
        (lambda: square_root(2.5), ValueError, "steps=2.5 came"),
        (lambda: binomial(10, 0), ValueError, "snapshots=0 came"),
        (lambda: binomial(1000, 1), ValueError, "evaluated 999 times: give 3 snapshots at least"),
        (
            lambda: checkpointed_chain([np.sin] * 3, x3, store_all(4)),
            ValueError,
            "the schedule is for 4 steps, 3 came",
        ),
        (
            lambda: checkpointed_chain([3.0], x3, store_all(1)),
            TypeError,
            r"a step is a function or \(function, \*parameters\), not 3.0",
        ),
    ],
)
def test_wrong_uses(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
