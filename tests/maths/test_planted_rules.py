"""Planted faults in the rules for NumPy's functions: their tests must see each of them."""

import numpy as np
import pytest

from adlab import rules
from adlab.jacobians import Copy, Diagonal, Identity, Zero
from adlab.rules import matrices, moves, products
from adlab.rules.slopes import entrywise
from tests.maths import test_operations

CALLS = test_operations.CALLS
CHECKS = {
    "differences": test_operations.test_jacobian_against_differences,
    "push": test_operations.test_value_and_push,
    "float32": test_operations.test_float32_stays,
    "second order": test_operations.test_second_order,
}


def calls_of(function):
    return [call for f, call in CALLS if function in reached(f)]


def reached(f):
    """The function itself, and the ones of ours by which NumPy's are done."""
    return {f, *(inner for inner, public in test_operations.INNER.items() if f is public)}


def seen(function, check):
    """Does this check fail for some call of the function?"""
    for call in calls_of(function):
        try:
            CHECKS[check](call)
        except (AssertionError, ValueError, TypeError):
            return True
    return False


ARGUMENTS = [(f, k) for f, each in rules.RULES.items() if isinstance(each, tuple)
             for k in range(len(each)) if each[k] is not moves.no_condition]  # fmt: skip
ARGUMENTS += [(f, None) for f, each in rules.RULES.items() if not isinstance(each, tuple)]


def planted(monkeypatch, function, k, fault):
    """The rule in argument k (all, for a rule of each) gives what `fault` makes of it."""
    each = rules.RULES[function]

    def wrong(rule):
        return lambda y, *args, **settings: fault(rule(y, *args, **settings))

    if k is None:
        broken = moves.Each(lambda i, *args, **settings: fault(each.rule(i, *args, **settings)))
    else:
        broken = tuple(wrong(rule) if i == k else rule for i, rule in enumerate(each))
    monkeypatch.setitem(rules.RULES, function, broken)


FAULTS = {
    "a little too large": lambda J: 1.0001 * J,
    "the wrong sign": lambda J: -J,
    "nothing": lambda J: Zero(J.shape_in, J.shape_out),
}
SIGNLESS = {(np.copysign, 1)}  # whose slope is 0: nothing is left to be wrong


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("f", "k"), ARGUMENTS, ids=lambda x: getattr(x, "__name__", x))
def test_a_rule_that_is_wrong(monkeypatch, f, k, fault):
    assert calls_of(f)
    planted(monkeypatch, f, k, fault)
    assert seen(f, "differences") or (f, k) in SIGNLESS


def slopes(k, slope):
    return lambda each: tuple(
        entrywise(slope, i) if i == k else rule for i, rule in enumerate(each)
    )


def only(k, rule):
    return lambda each: tuple(rule if i == k else r for i, r in enumerate(each))


def forgets_to_broadcast(y, a, b):
    return Diagonal(np.broadcast_to(b, y.shape)) if a.shape == y.shape else Zero(a.shape, y.shape)


def softened(J):
    """A pull that is not the transpose of the push."""

    class Lopsided(type(J)):
        def pull(self, U):
            return 1.001 * super().pull(U)

    J.__class__ = Lopsided
    return J


SPECIAL = {
    "divide: the quotient rule without its minus": (
        np.divide, slopes(1, lambda y, a, b: y / b), "differences"),
    "multiply: broadcasting forgotten": (
        np.multiply, only(0, forgets_to_broadcast), "differences"),
    "power: its exponent is forgotten": (
        np.power, slopes(0, lambda y, a, p: y / a), "second order"),
    "prod: the product over the entry, where it is 0": (
        np.prod, only(0, lambda y, a, axis=None, keepdims=False: divided(y, a, axis)),
        "differences"),
    "max: every entry": (
        np.max, only(0, moves.summed), "differences"),
    "mean: the sum": (
        np.mean, only(0, moves.summed), "differences"),
    "take: a repeated place is overwritten": (
        np.take, only(0, lambda y, x, i, axis=None: overwriting(y, x, i, axis)),
        "differences"),
    "matmul: the matrix is not transposed": (
        np.matmul, only(0, lambda Y, A, B: products.matmul_left(Y, A, B) @ Diagonal(np.sign(A))),
        "differences"),
    "inv: one factor is forgotten": (
        np.linalg.inv, only(0, lambda Y, A: matrices.Kronecker(A=-Y, matrices=A.shape)),
        "differences"),
    "cholesky: the whole diagonal": (
        np.linalg.cholesky, only(0, lambda Y, A: 2 * matrices.factored(Y, A)),
        "differences"),
    "tanh: computed from the argument": (
        np.tanh, slopes(0, lambda y, a: 1 - a * a), "differences"),
    "tanh: a fixed slope, right at first order": (
        np.tanh, slopes(0, lambda y, a: 1 - bare(y) ** 2), "second order"),
    "exp: in double precision": (
        np.exp, only(0, lambda y, a: Diagonal(np.asarray(y, float))), "float32"),
    "sin: push and pull differ": (
        np.sin, lambda each: (lambda y, a: softened(each[0](y, a)),), "push"),
    "reshape: the numbers change places": (
        np.reshape, only(0, lambda y, x, shape: flipped(x, y)), "differences"),
    "sum: one entry too few": (
        np.sum, only(0, lambda y, a, axis=None, keepdims=False: short(y, a, axis)),
        "differences"),
}  # fmt: skip


def bare(y):
    while hasattr(y, "value"):
        y = y.value
    return y


def overwriting(y, x, i, axis):
    J = moves.moved(np.take)(y, x, i, axis)

    class Overwriting(type(J)):
        def pull(self, U):
            X = np.zeros((len(U), int(np.prod(self.shape_in))))
            X[:, self.index.ravel()] = U.reshape(len(U), -1)
            return X.reshape(len(U), *self.shape_in)

    J.__class__ = Overwriting
    return J


def divided(y, a, axis):
    axes = moves.reduced(axis, a.ndim)
    whole = np.expand_dims(np.reshape(y, np.delete(a.shape, axes)), axes)
    return moves.summed(y, a, axis) @ Diagonal(whole / np.where(a == 0, 1.0, a))


def flipped(x, y):
    return moves.Gather(np.flip(np.arange(x.size)).reshape(y.shape), x.shape)


def short(y, a, axis):
    mask = np.ones(a.shape)
    mask.ravel()[-1:] = 0
    return moves.summed(y, a, axis) @ Diagonal(mask)


@pytest.mark.parametrize("name", SPECIAL)
def test_faults_as_people_make_them(monkeypatch, name):
    function, fault, check = SPECIAL[name]
    assert not seen(function, check)
    monkeypatch.setitem(rules.RULES, function, fault(rules.RULES[function]))
    assert seen(function, check)


def test_without_a_fault_nothing_is_seen():
    for function in (np.multiply, np.take, np.linalg.inv):
        assert not seen(function, "differences")


def test_copies_that_forget_to_add(monkeypatch):
    """The transpose of copy is sum."""
    monkeypatch.setattr(Copy, "pull", lambda self, U: U.max(tuple(1 + i for i in self.axes)))
    assert seen(np.add, "differences")


def test_an_identity_that_shifts(monkeypatch):
    monkeypatch.setattr(
        Identity, "pull", lambda self, U: np.roll(U, 1, -1).reshape(len(U), *self.shape_in)
    )
    assert seen(np.ravel, "differences")
