"""Loops in a plan: what is made again and again, and what of that can be made at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adlab
from adlab.plan import Plan, binding, loops, scalars
from tests.maths.test_plan import agree, chain
from tests.registry import numbers

# ---- Strongly connected components --------------------------------------------------------------


def reached(graph):
    """[i, j]: is there a way from i to j? By Warshall's algorithm, on a matrix."""
    R = np.eye(len(graph), dtype=bool)
    for i, others in graph.items():
        R[i, list(others)] = True
    for k in graph:
        R |= np.outer(R[:, k], R[k])
    return R


def graphs_of(most=9):
    def of(n):
        others = st.sets(st.integers(0, n - 1), max_size=3)
        return st.lists(others, min_size=n, max_size=n).map(lambda found: dict(enumerate(found)))

    return st.integers(1, most).flatmap(of)


@given(graphs_of())
@settings(max_examples=300)
def test_components_are_the_nodes_that_reach_each_other(graph):
    R, part = reached(graph), loops.components(graph)
    for i in graph:
        for j in graph:
            assert (part[i] == part[j]) == (R[i, j] and R[j, i])
    for i, others in graph.items():  # whom a component leads to has a smaller number
        assert all(part[j] <= part[i] for j in others)


def test_long_chains_need_no_recursion():
    n = 50_000
    line = loops.components({i: {i + 1} for i in range(n)} | {n: set()})
    assert len(set(line.values())) == n + 1
    ring = loops.components({i: {(i + 1) % n} for i in range(n)})
    assert set(ring.values()) == {0}


# ---- Random loops ------------------------------------------------------------------------------

STEPS = {
    "tanh": lambda a, b, own, shared: adlab.Tanh()(a),
    "sin": lambda a, b, own, shared: adlab.Sin()(a),
    "mean": lambda a, b, own, shared: adlab.Scale(0.5)(a + b),
    "product": lambda a, b, own, shared: adlab.Tanh()(a * b),
    "plus": lambda a, b, own, shared: adlab.Sin()(a + b),
    "own": lambda a, b, own, shared: own * a,
    "shared": lambda a, b, own, shared: shared * a,
}
P = numbers(3, 6)
OF_COLUMNS = {  # bounded by tanh: a loop must not overflow
    "joined": lambda a, b, own, shared: adlab.Tanh()(adlab.MatMul()(P, adlab.Concatenate(0)(a, b))),
    "matrix": lambda a, b, own, shared: adlab.Tanh()(
        adlab.MatMul()(own, adlab.MatMul()(adlab.Transpose()(a), b))
    ),
}


@st.composite
def bodies(draw, names):
    """(what a loop does each time, how large its state is): steps, and the values that remain."""
    state = draw(st.integers(1, 3))
    steps = []
    for _ in range(draw(st.integers(1, 5))):
        known = st.integers(0, state + len(steps) - 1)
        steps.append((draw(st.sampled_from(sorted(names))), draw(known), draw(known)))
    values = st.integers(0, state + len(steps) - 1)
    return steps, draw(st.lists(values, min_size=state, max_size=state))


def looped(body, times, kept):
    """A function of the state, a shared parameter, and one for each time."""
    steps, remain = body

    def h(*args):
        n = len(remain)
        state, shared, own, total = args[:n], args[n], args[n + 1 :], 0
        for k in range(times):
            values = list(state)
            for name, i, j in steps:
                step = (STEPS | OF_COLUMNS)[name]
                values.append(step(values[i], values[j], own[k], shared))
            state = [values[i] for i in remain]
            if kept:
                total = total + adlab.Sum()(values[-1])
        for x in state:
            total = total + adlab.Sum()(x * x)
        return total

    return adlab.Network(h, [f"x{i}" for i in range(len(remain) + 1 + times)])


def loops_agree(body, shape, times, kept):
    rng = np.random.default_rng(times)
    args = [rng.uniform(-0.9, 0.9, shape) for _ in range(len(body[1]) + 1 + times)]
    agree(looped(body, times, kept), args)


@given(bodies(STEPS), st.sampled_from([(), (3,)]), st.integers(9, 24), st.booleans())
@settings(max_examples=80, deadline=None)
def test_random_loops(body, shape, times, kept):
    loops_agree(body, shape, times, kept)


@given(bodies(STEPS | OF_COLUMNS), st.integers(9, 24), st.booleans())
@settings(max_examples=80, deadline=None)
def test_random_loops_of_products_and_concatenations(body, times, kept):
    loops_agree(body, (3, 1), times, kept)


# ---- What is made at once ------------------------------------------------------------------------


def number_of_calls(net, args, what):
    plan = Plan(net, *args)
    getattr(plan, what)(*((args, args) if what in ("jvp", "hvp") else (args)))
    (calls,) = plan.programs[what].calls
    return len(calls)


def rungs(times):
    def h(x, p, q):
        for _ in range(times):
            x = adlab.Tanh()(p * x) + adlab.Sin()(q * x)
        return adlab.Sum()(x)

    return adlab.Network(h), [numbers(4, seed=k) for k in range(3)]


def numbers_in_a_row(times):
    def h(x):
        for _ in range(times):
            x = adlab.Tanh()(x)
        return x

    return adlab.Network(h), [np.array(0.7)]


# (network of so many layers, what is asked, calls for each layer more)
PER_LAYER = [
    (lambda n: chain(n, 3), "value_and_grad", 5),  # W a, + b, tanh; slope, W
    (lambda n: chain(n, 3), "jvp", 6),  # W a, + b, tanh; W a_dot, + W_dot a + b_dot, slope
    (lambda n: chain(n, 3), "hvp", 13),
    (rungs, "value_and_grad", 12),
    (rungs, "hvp", 28),
    (numbers_in_a_row, "value_and_grad", 2),
    (numbers_in_a_row, "hvp", 5),
]


@pytest.mark.parametrize(("network", "what", "most"), PER_LAYER)
def test_only_what_waits_is_made_one_by_one(network, what, most, monkeypatch):
    monkeypatch.setattr(loops, "FEWEST_TURNS", 10**6)  # no turns made as one, so they are counted
    few, many = (number_of_calls(*network(n), what) for n in (30, 50))
    assert many - few <= 20 * most, (many - few) / 20


NOT_SETTLED = [row[:2] for row in PER_LAYER if row[0] is not rungs]


@pytest.mark.parametrize(("network", "what"), NOT_SETTLED)
def test_all_turns_of_a_loop_that_reads_its_inputs_are_one_call(network, what):
    few, many = (number_of_calls(*network(n), what) for n in (30, 50))
    assert few == many


@given(st.lists(st.integers(0, 1), max_size=12), st.integers(1, 4), st.lists(st.integers(0, 1)))
def test_turns_are_the_longest_beginning_that_repeats(body, times, end):
    items = body * times + end
    repeated = [
        (n // p * p, -p)
        for p in range(1, len(items) + 1)
        for n in range(1, len(items) + 1)
        if n >= 3 * p and items[p:n] == items[: n - p]
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "FEWEST_TURNS", 3)
        p, n = loops.turns(items)
    assert (n > 0) == (len(repeated) > 0)
    if n:
        assert n >= 3 * p and n % p == 0 and items[p:n] == items[: n - p]
        assert n + p > max(repeated)[0]


@pytest.mark.parametrize("shape", [(), (2,)])
def test_sums_that_are_read_in_between(shape):
    def h(x, c):
        y, found = x, []
        for _ in range(12):
            x = adlab.Tanh()(x)
            y = y + x
            found.append(y)
        return found[-1], found[4], found[4] * c

    agree(adlab.Network(h), [np.full(shape, 0.3), np.full(shape, 0.2)])


@pytest.mark.parametrize("step", [lambda x, y: x * y, lambda x, y: x + y])
def test_numbers_that_read_two_before_them(step):
    """x, y ← y, x + y: no chain, as each reads the last but one too."""

    def h(x, y):
        for _ in range(24):
            x, y = y, step(x, y)
        return y

    agree(adlab.Network(h), [np.array(0.99), np.array(1.01)])


def test_numbers_of_which_each_reads_two_made_before():
    def h(x, c):
        found = [x, adlab.Tanh()(x)]
        for k in range(24):
            found.append(found[-1] + found[k] if k % 2 else found[-1] * c)
        return found[-1]

    agree(adlab.Network(h), [np.array(0.9), np.array(0.8)])


def test_a_chain_with_several_steps_runs_in_python(monkeypatch):
    """x ← tanh(c x) + d: three links in turn, and nothing of it left to NumPy."""

    def h(x, *c):
        for k in range(0, 80, 2):
            x = adlab.Tanh()(c[k] * x) + c[k + 1]
        return x

    net = adlab.Network(h, [f"x{i}" for i in range(81)])
    args = [np.array(a) for a in np.linspace(0.5, 0.9, 81)]
    agree(net, args)
    monkeypatch.setattr(binding.Binder, "in_turn", None)  # of NumPy's calls
    assert number_of_calls(net, args, "value") < 20


def test_chains_of_numbers_with_a_step_that_comes_twice():
    """Two kinds of calls, three steps: tanh, tanh, product."""

    def h(x, *c):
        for k in c:
            x = adlab.Tanh()(adlab.Tanh()(x)) * adlab.Tanh()(k)
        return x

    net = adlab.Network(h, [f"x{i}" for i in range(9)])
    agree(net, [np.array(a) for a in np.linspace(0.1, 0.9, 9)])


def test_many_outer_products_of_stacks():
    """Twenty (300, 1, 1) times (300, 1, 3): stacks of stacks."""
    net = adlab.Network(
        lambda *args: tuple(
            adlab.MatMul()(a, b) for a, b in zip(args[::2], args[1::2], strict=True)
        ),
        [f"x{i}" for i in range(40)],
    )
    agree(net, [numbers(50, 1, 1, seed=1), numbers(50, 1, 3)] * 20)


@pytest.mark.parametrize("batch", [None, 1])
def test_many_outer_products(batch):
    """More than 4,096 numbers in all: there NumPy is asked in another way."""
    net, args = chain(60, 11, batch)
    agree(net, args)


def test_large_calls_that_do_not_wait_for_each_other():
    """They have one colour, but are of several kinds."""

    def h(a, b):
        return adlab.Tanh()(a), adlab.MatMul()(a, b), a + a

    agree(adlab.Network(h), [numbers(100, 60), numbers(60, 70, seed=1)])


# ---- Planted faults ------------------------------------------------------------------------------


def all_at_once(patch):
    loops_of = loops.loops_of
    patch.setattr(loops, "loops_of", lambda *args: (loops_of(*args)[0], set()))


def any_order(patch):
    components = loops.components
    patch.setattr(loops, "components", lambda graph: {c: -n for c, n in components(graph).items()})


def chains_read_themselves(patch):
    def careless(calls):
        return len(calls) > 16 and all(
            x.form[0] == "entrywise" and x.form[1] in scalars.PYTHON and x.out.array.size == 1
            for x in calls
        )

    patch.setattr(scalars, "is_chain", careless)


@pytest.mark.parametrize(
    ("fault", "seen_by"),
    [
        (all_at_once, lambda: agree(*chain(10, 3))),
        (any_order, lambda: agree(*chain(10, 3))),
        (chains_read_themselves, test_numbers_of_which_each_reads_two_made_before),
        (chains_read_themselves, lambda: test_numbers_that_read_two_before_them(np.add)),
    ],
)
def test_planted_faults_are_seen(fault, seen_by):
    seen_by()
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        with pytest.raises((AssertionError, KeyError, StopIteration, IndexError)):
            seen_by()
