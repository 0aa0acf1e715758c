"""The ledger of a sweep against an instrumented run: flops, bytes held, bytes alive."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

from adlab import (
    HalfSquare,
    Linear,
    Multiply,
    Network,
    ReLU,
    Sin,
    Sum,
    Tanh,
    jvp,
    ledger,
    linearize,
)

KIB = 1024


def branching(x1, b1, x2, a):
    y1 = Tanh()(Linear()(x1, b1, a))
    y2 = Sin()(y1)
    return Sum()(Multiply()(y1, y2 * x2))


def branching_at():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(s) for s in [(3, 4), (3,), (3,), (4,)]]


def chain(depth, width):
    """A network of `depth` layers whose values are wide and whose parameters are none."""

    def h(a):
        for _ in range(depth):
            a = Tanh()(a)
        return Sum()(a)

    rng = np.random.default_rng(0)
    return Network(h), rng.standard_normal(width)


def measured(run):
    """The peak of traced memory while `run` works, over what was there before."""
    run()  # so that caches are warm
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_the_steps_add_up_to_the_flops_of_the_jacobian(mode):
    _, J = Network(branching).linearize(*branching_at())
    assert ledger(J, mode).flops == (J.flops.pull if mode == "reverse" else J.flops.push)
    names = [step.equation.split(" ")[0] for step in ledger(J, mode).steps]
    assert names == sorted(names, reverse=mode == "reverse")


def test_flops_by_hand():
    """Per entry of 3: y1 y2' is a product, so is its sum; Linear costs 2 · 3 · 4 twice."""
    _, J = Network(branching).linearize(*branching_at())
    pulled = {s.equation.split(" ")[0]: s.flops for s in ledger(J, "reverse").steps}
    #  y1 Linear, y2 Tanh, y3 Sin, y4 = y3 x2, y5 = y2 y4, y6 Sum
    assert pulled == {
        "y6": 0,  # a copy
        "y5": 6,  # two products of 3
        "y4": 6,
        "y3": 3 + 3,  # the product, and the sum with what y2 received from y5
        "y2": 3,
        "y1": 24 + 24,
    }


def test_held_bytes_are_let_go_on_the_way_back():
    net, a = chain(depth=5, width=1000)
    _, J = net.linearize(a)
    held = [step.held for step in ledger(J, "reverse").steps]
    assert held == [5 * 8000, 5 * 8000, 4 * 8000, 3 * 8000, 2 * 8000, 8000]


@pytest.mark.parametrize("depth", [3, 12])
def test_bytes_of_reverse_mode_agree_with_traced_memory(depth):
    net, a = chain(depth, 64 * KIB)

    def reverse():
        y, J = net.linearize(a)
        return 1.0 @ J

    _, J = net.linearize(a)
    assert measured(reverse) == pytest.approx(
        ledger(J, "reverse").peak, rel=0.05, abs=1.2 * a.nbytes
    )


@pytest.mark.parametrize("depth", [3, 12])
def test_bytes_of_forward_mode_do_not_grow_with_depth(depth):
    net, a = chain(depth, 64 * KIB)
    v = np.ones_like(a)
    _, J = net.linearize(a)
    counted = ledger(J, "forward").peak
    assert counted == 6 * a.nbytes - a.nbytes  # 2 values, 2 tangents and the Jacobian at work
    assert measured(lambda: jvp(net, (a,), (v,))) == pytest.approx(counted, abs=1.2 * a.nbytes)


def test_what_the_caller_owns_is_not_counted():
    rng = np.random.default_rng(0)
    W, b, a = rng.standard_normal((300, 40)), rng.standard_normal(300), rng.standard_normal(40)
    _, J = Network(lambda W, b, a: Linear()(W, b, a)).linearize(W, b, a)
    assert ledger(J).steps[0].held == 0
    assert J.nbytes == W.nbytes + a.nbytes


def test_layers_keep_different_things():
    """Tanh keeps a slope for each entry; so does ReLU; a loss keeps its row; Sum nothing."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal(50)
    for layer, kept in [(Tanh(), 400), (ReLU(), 400), (HalfSquare(0 * a), 400), (Sum(), 0)]:
        _, J = Network(lambda a, layer=layer: layer(a)).linearize(a)
        assert ledger(J).steps[0].held == kept


def test_the_table_is_readable():
    _, J = Network(branching).linearize(*branching_at())
    lines = str(ledger(J)).splitlines()
    assert lines[0].split() == ["reverse", "mode", "flops", "held", "values", "vectors", "alive"]
    assert lines[1].startswith("y6 = Sum")
    assert lines[-1].split()[-1] == str(ledger(J).peak)


def test_what_is_no_network_is_refused():
    _, J = Tanh().linearize(np.ones(3))
    with pytest.raises(TypeError, match="wants the Jacobian of a Network, got Row"):
        ledger(J)
    _, J = Network(branching).linearize(*branching_at())
    with pytest.raises(ValueError, match="got 'backward'"):
        ledger(J, "backward")


def test_a_value_that_a_jacobian_holds_counts_once():
    """y2 is read by the last equation and held by its Jacobian: 40 bytes, not 80."""
    net = Network(
        lambda W1, W2: Linear()(W2, np.zeros(2), Tanh()(Linear()(W1, np.zeros(5), np.ones(3))))
    )
    _, J = net.linearize(np.ones((5, 3)), np.ones((2, 5)))
    last = ledger(J, "forward").steps[-1]
    tangents = 8 * (5 * 3 + 2 * 5 + 5 + 2)  # of W1 and W2, which the caller gave, of y2 and y3
    assert (last.held, last.values) == (0, 8 * (5 + 2))
    assert last.vectors in (tangents, tangents - 8 * 5 * 3)


def test_the_ledger_of_a_traced_function_is_that_of_its_equations():
    W = np.ones((3, 2))
    _, traced = linearize(lambda x: np.tanh(W @ x) * 2.0, np.ones(2))
    _, J = Network(lambda x: 2.0 * Tanh()(np.matmul(W, x))).linearize(np.ones(2))
    for mode in ("forward", "reverse"):
        assert ledger(traced, mode).flops == ledger(J, mode).flops
        assert ledger(traced, mode).peak > 0


def two_values(a):
    """Its Jacobian holds values between, and no argument."""
    y = Tanh()(a)
    return Sum()(Multiply()(y, Sin()(y)))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda J: pickle.loads(pickle.dumps(J))])
def test_a_jacobian_can_be_copied_and_pickled(again):
    """What it knows of its values goes along: pushes, pulls and the ledger are the same."""
    a = np.array([0.5, -1.0, 2.0])
    _, J = Network(two_values).linearize(a)
    copied = again(J)
    assert copied @ a == J @ a
    assert np.array_equal(1.0 @ copied, 1.0 @ J)
    assert ledger(copied, "forward") == ledger(J, "forward")
