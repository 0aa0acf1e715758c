"""Bracketings: counted costs against multiplied matrices, the best against all."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab import brackets

FOUR = (50, 100, 2, 100, 50)
sizes_of_chains = st.lists(st.integers(1, 9), min_size=2, max_size=7)


def multiplied(sizes, tree):
    """(flops, most numbers alive) of a product that is really carried out, counted as it goes."""
    rng = np.random.default_rng(0)
    given_matrices = [rng.standard_normal(pair) for pair in zip(sizes, sizes[1:], strict=False)]
    alive, most, flops = {}, 0, 0

    def product(node):
        nonlocal most, flops
        if isinstance(node, int):
            return given_matrices[node]
        left = product(node[0])
        right = product(node[1])
        result = left @ right
        flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        alive[id(result)] = result
        most = max(most, sum(a.size for a in alive.values()))
        alive.pop(id(left), None)
        alive.pop(id(right), None)
        return result

    return product(tree), flops, most


def test_the_four_matrices_of_the_course():
    assert brackets.left_to_right(FOUR).flops == 540_000
    assert brackets.right_to_left(FOUR).flops == 540_000
    assert brackets.best(FOUR).flops == 50_000
    assert brackets.best(FOUR).tree == ((0, 1), (2, 3))


@given(sizes_of_chains)
def test_every_bracketing_costs_what_a_counted_run_costs(sizes):
    for bracketing in brackets.every(sizes):
        _, flops, storage = multiplied(sizes, bracketing.tree)
        assert (bracketing.flops, bracketing.storage) == (flops, storage)
        assert bracketing.shape == (sizes[0], sizes[-1])
        assert brackets.cost(sizes, bracketing.tree) == bracketing


@given(sizes_of_chains)
def test_the_best_is_the_best_of_all(sizes):
    everything = brackets.every(sizes)
    assert brackets.best(sizes).flops == min(b.flops for b in everything)
    assert brackets.best(sizes) in everything


@given(sizes_of_chains)
def test_there_are_catalan_many(sizes):
    k = len(sizes) - 2
    trees = {b.tree for b in brackets.every(sizes)}
    assert len(trees) == comb(2 * k, k) // (k + 1)
    assert brackets.left_to_right(sizes).tree in trees
    assert brackets.right_to_left(sizes).tree in trees


@given(st.lists(st.integers(2, 9), min_size=1, max_size=7))
def test_a_scalar_loss_is_cheapest_from_the_left(sizes):
    """d_0 = 1: the row stays thin, 2 Σ d_k d_{k-1} flops, and no bracketing beats it,

    unless another size is 1 too: then there is a second thin place to start from.
    """
    sizes = [1, *sizes]
    left = brackets.left_to_right(sizes)
    assert left.flops == 2 * sum(a * b for a, b in zip(sizes[1:], sizes[2:], strict=False))
    assert left.flops == brackets.best(sizes).flops


def test_a_scalar_loss_of_a_scalar_may_be_cheaper_from_the_right():
    sizes = (1, 1, 2, 1)
    assert brackets.best(sizes).flops == brackets.right_to_left(sizes).flops == 6
    assert brackets.left_to_right(sizes).flops == 8


def test_every_order_gives_the_same_product():
    results = [multiplied(FOUR, b.tree)[0] for b in brackets.every(FOUR)]
    assert len(results) == 5
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-9, atol=1e-10)


def test_a_long_chain_is_found_without_trying_all():
    sizes = [(7 * i) % 11 + 1 for i in range(41)]
    assert brackets.best(sizes).flops <= brackets.left_to_right(sizes).flops
    long = brackets.left_to_right([3] * 3000)
    assert long.flops == 2998 * 2 * 27


def test_written():
    assert brackets.written(((0, 1), (2, 3))) == "(M0 M1) (M2 M3)"
    assert str(brackets.best(FOUR)) == "(M0 M1) (M2 M3): 50,000 flops, 2,700 numbers"


@pytest.mark.parametrize(
    "sizes, tree, words",
    [
        ((3, 4, 5), (1, 0), "from left to right"),
        ((3, 4, 5), 0, "from left to right"),
        ((3, 4, 5, 6), (0, 1, 2), "a pair of trees"),
        ((3,), 0, "positive integers"),
        ((3, 0), 0, "positive integers"),
        ((3, 2.5), 0, "positive integers"),
        ((3, True), 0, "positive integers"),
    ],
)
def test_what_is_no_chain_is_refused(sizes, tree, words):
    with pytest.raises(ValueError, match=words):
        brackets.cost(sizes, tree)
