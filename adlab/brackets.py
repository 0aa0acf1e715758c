"""The order of multiplication: what each bracketing of a product of matrices costs.

A chain of matrices  M_0 M_1 ... M_{k-1}  is given by its sizes (d_0, d_1, ..., d_k): M_i is
d_i x d_{i+1}. Where the brackets stand is a tree: a number i is the matrix M_i, a pair
(left, right) is a product of two trees. ((0, 1), 2) is (M_0 M_1) M_2.

A p x q times a q x r costs 2pqr flops. Left to right is reverse mode, right to left forward mode,
and the best may be neither. The best bracketing is found by dynamic programming:
Cormen, Leiserson, Rivest & Stein, *Introduction to Algorithms*, section "Matrix-chain
multiplication"; Godbole (1973), "On efficient computation of matrix chain products".
"""

from typing import NamedTuple


class Bracketing(NamedTuple):
    """A tree of brackets, and what the product costs when it is multiplied in that order.

    `flops`: two for each multiply-add. `storage`: the most numbers that intermediate products
    hold at one time, the result among them, the given matrices not. The left operand is computed
    before the right one, and both are let go when their product is made.
    """

    tree: object
    shape: tuple
    flops: int
    storage: int

    def __str__(self):
        return f"{written(self.tree)}: {self.flops:,} flops, {self.storage:,} numbers"


def cost(sizes, tree):
    """The Bracketing of this tree for matrices of these sizes.

    A ValueError if the tree does not hold every matrix once, from left to right.
    """
    sizes = checked(sizes)
    found = leaves_of(tree)
    if found != list(range(len(sizes) - 1)):
        raise ValueError(
            f"the tree {tree} holds the matrices {found}, wanted each of "
            f"0..{len(sizes) - 2} once, from left to right"
        )
    return combine(sizes, tree)


def combine(sizes, tree):
    """The cost of a tree from the costs of its two branches."""
    if isinstance(tree, int):
        return Bracketing(tree, (sizes[tree], sizes[tree + 1]), 0, 0)
    return product(combine(sizes, tree[0]), combine(sizes, tree[1]))


def product(left, right):
    """Bracketing of (left right): left is computed, held while right is, then both give way."""
    (p, q), (_, r) = left.shape, right.shape
    held_left, held_right = held(left), held(right)
    storage = max(left.storage, held_left + right.storage, held_left + held_right + p * r)
    flops = left.flops + right.flops + 2 * p * q * r
    return Bracketing((left.tree, right.tree), (p, r), flops, storage)


def held(part):
    """The numbers that a finished product holds; a given matrix costs no room of ours."""
    p, r = part.shape
    return 0 if isinstance(part.tree, int) else p * r


def left_to_right(sizes):
    """((M_0 M_1) M_2) ...: reverse mode, where the thin row stands on the left."""
    sizes = checked(sizes)
    result = combine(sizes, 0)
    for i in range(1, len(sizes) - 1):
        result = product(result, combine(sizes, i))
    return result


def right_to_left(sizes):
    """... (M_{k-2} (M_{k-1} M_k)): forward mode, in the order of evaluation."""
    sizes = checked(sizes)
    result = combine(sizes, len(sizes) - 2)
    for i in range(len(sizes) - 3, -1, -1):
        result = product(combine(sizes, i), result)
    return result


def best(sizes):
    """The bracketing with the fewest flops (the least storage among equals), in O(k³) steps.

    best(i..j) is the cheapest of best(i..s) · best(s+1..j): every part of a best bracketing is
    itself best, so each part is worked out once.
    """
    sizes = checked(sizes)
    k = len(sizes) - 1
    table = {(i, i): combine(sizes, i) for i in range(k)}
    for length in range(1, k):
        for i in range(k - length):
            j = i + length
            splits = (product(table[i, s], table[s + 1, j]) for s in range(i, j))
            table[i, j] = min(splits, key=lambda b: (b.flops, b.storage))
    return table[0, k - 1]


def every(sizes):
    """All bracketings. There are as many as the Catalan number C_{k-1}: 1, 1, 2, 5, 14, 42, ..."""
    sizes = checked(sizes)

    def trees(i, j):
        if i == j:
            yield i
        for s in range(i, j):
            yield from ((a, b) for a in trees(i, s) for b in trees(s + 1, j))

    return [cost(sizes, tree) for tree in trees(0, len(sizes) - 2)]


def written(tree, letter="M"):
    """The tree as a formula: (M0 M1) M2."""
    if isinstance(tree, int):
        return f"{letter}{tree}"
    parts = (written(t, letter) if isinstance(t, int) else f"({written(t, letter)})" for t in tree)
    return " ".join(parts)


def leaves_of(tree):
    """The matrices of a tree from left to right."""
    if isinstance(tree, int):
        return [tree]
    if not isinstance(tree, tuple | list) or len(tree) != 2:
        raise ValueError(f"a tree is a number or a pair of trees, got {tree!r}")
    return leaves_of(tree[0]) + leaves_of(tree[1])


def checked(sizes):
    """The sizes as a tuple of positive integers: at least two, for one matrix."""
    sizes = tuple(sizes)
    if len(sizes) < 2 or any(not is_size(d) for d in sizes):
        raise ValueError(
            f"sizes must be two or more positive integers d_0, d_1, ..., one more than there are "
            f"matrices; got {sizes}"
        )
    return tuple(int(d) for d in sizes)


def is_size(d):
    return not isinstance(d, bool) and hasattr(d, "__index__") and d.__index__() > 0
