"""Wrong uses: the type of the error, and the words a reader needs to find the cause.

Each message names the object, what came and what was wanted.
"""

import numpy as np
import pytest

import adlab
from adlab import (
    Add,
    Column,
    Concatenate,
    Conv1D,
    Copy,
    Covector,
    Dense,
    Diagonal,
    Embedding,
    Gather,
    HalfSquare,
    Identity,
    Kronecker,
    LayerNorm,
    Linear,
    LogSumExp,
    MatMul,
    MaxPool,
    Mean,
    Multiply,
    Network,
    Permute,
    Reshape,
    Row,
    Softmax,
    SoftmaxCrossEntropy,
    Sum,
    Tanh,
    Transpose,
)
from tests.registry import numbers

J = Dense(numbers(3, 2))
W, b, x = numbers(3, 2), numbers(3), numbers(2)
_, ROW = Linear().linearize(W, b, x)
_, NET = Network(lambda x, y: (x * y, Sum()(x))).linearize(x, x)


def recorded(function):
    return lambda: Network(function)


def leak():
    """A value of one recording, used in another."""
    kept = []
    Network(lambda x: kept.append(x) or Tanh()(x))
    return Network(lambda y: y * kept[0])


class NoTuple(adlab.Layer):
    def value(self, a):
        return 2 * a

    def jacobians(self, y, a):
        return Identity(a.shape)


class Forgetful(adlab.Layer):
    def value(self, a, b):
        return a + b

    def jacobians(self, y, a, b):
        return (Identity(a.shape),)


TABLE = {
    # ---- products
    "u where v is wanted": (
        lambda: J @ b,
        ValueError,
        ["tangent", "(3,)", "Dense 3x2", "(2,)", "u @ J?"],
    ),
    "v where u is wanted": (
        lambda: x @ J,
        ValueError,
        ["cotangent", "(2,)", "Dense 3x2", "(3,)", "J @ v?"],
    ),
    "neither": (lambda: J @ numbers(5), ValueError, ["tangent", "(5,)", "input", "(2,)"]),
    "a batch the wrong way round": (
        lambda: J @ numbers(5, 2),
        ValueError,
        ["(5, 2)", "(2,)", "last axis"],
    ),
    "a batch of rows the wrong way round": (
        lambda: numbers(3, 5) @ J,
        ValueError,
        ["(3, 5)", "(3,)", "first axis"],
    ),
    "another shape of as many numbers": (
        lambda: Diagonal(numbers(2, 3)) @ numbers(6),
        ValueError,
        ["(6,)", "(2, 3)", ".reshape((2, 3))"],
    ),
    "one tangent for three arguments": (
        lambda: ROW @ x,
        ValueError,
        ["Linear", "tuple of 3 tangents", "(3, 2), (3,), (2,)", "ndarray"],
    ),
    "a cotangent pushed through a Row": (
        lambda: ROW @ b,
        ValueError,
        ["Linear", "tuple of 3 tangents", "u @ J?"],
    ),
    "two tangents for three arguments": (
        lambda: ROW @ (W, b),
        ValueError,
        ["tuple of 3 tangents", "2 came"],
    ),
    "one of the tangents of the wrong shape": (
        lambda: ROW @ (W, b, b),
        ValueError,
        ["tangent", "(3,)", "(2,)", "Linear"],
    ),
    "unequal batches": (
        lambda: ROW @ (numbers(3, 2, 4), numbers(3, 4), numbers(2, 5)),
        ValueError,
        ["Linear", "equally many"],
    ),
    "a batch beside a single vector": (
        lambda: ROW @ (W, b, numbers(2, 4)),
        ValueError,
        ["Linear", "equally many"],
    ),
    "one cotangent for two results": (
        lambda: x @ NET,
        ValueError,
        ["tuple of 2 cotangents", "(2,), ()"],
    ),
    "a word": (lambda: J @ "abc", TypeError, ["tangent", "Dense 3x2", "numbers", "str"]),
    "nothing": (lambda: J @ None, TypeError, ["tangent", "Dense 3x2", "NoneType"]),
    "a ragged list": (lambda: J @ [[1.0, 2.0], [3.0]], TypeError, ["tangent", "different lengths"]),
    "a complex vector": (lambda: J @ (1j * x), TypeError, ["tangent", "complex", ".real"]),
    # ---- the algebra
    "factors that do not fit": (
        lambda: J @ Dense(numbers(4, 5)),
        ValueError,
        ["does not conform", "Dense 4x5", "(4,)", "Dense 3x2", "(2,)"],
    ),
    "factors the wrong way round": (
        lambda: J @ Dense(numbers(5, 3)),
        ValueError,
        ["does not conform", "J1 @ J2?"],
    ),
    "a sum of unequal shapes": (
        lambda: J + Dense(numbers(2, 3)),
        ValueError,
        ["J + K", "(2,)", "(3,)"],
    ),
    "* between Jacobians": (lambda: J * J, TypeError, ["number", "Dense 3x2", "J2 @ J1"]),
    "* with an array": (lambda: J * x, TypeError, ["number", "Dense 3x2"]),
    "* with a word": (lambda: J * "2", TypeError, ["number", "Dense 3x2"]),
    "J + 1": (lambda: J + 1, TypeError, ["Dense", "int"]),
    "blocks of unequal output": (
        lambda: Row(J, Identity((2,))),
        ValueError,
        ["same output", "Dense 3x2", "(3,)", "(2,)"],
    ),
    "blocks of unequal input": (
        lambda: Column(J, Identity((3,))),
        ValueError,
        ["same input", "Dense 3x2", "(2,)", "(3,)"],
    ),
    "no blocks side by side": (lambda: Row(), ValueError, ["Row", "one block"]),
    "no blocks on top of each other": (lambda: Column(), ValueError, ["Column", "one block"]),
    # ---- kinds
    "Dense of a vector": (lambda: Dense(x), ValueError, ["Dense", "matrix", "(2,)"]),
    "Dense of integers": (lambda: Dense([[1, 2]]), TypeError, ["Dense", "integers", "float"]),
    "Dense between wrong shapes": (
        lambda: Dense(W, (3,)),
        ValueError,
        ["Dense", "3x2", "(3,)"],
    ),
    "Diagonal of a word": (lambda: Diagonal("abc"), TypeError, ["Diagonal", "numbers", "str"]),
    "Covector of a complex number": (lambda: Covector(1j), TypeError, ["Covector", "complex"]),
    "Kronecker that does not multiply": (
        lambda: Kronecker(W, matrices=(4, 5)),
        ValueError,
        ["Kronecker", "(3, 2)", "(4, 5)"],
    ),
    "Kronecker of another stack": (
        lambda: Kronecker(numbers(5, 2, 3), matrices=(3, 4)),
        ValueError,
        ["Kronecker", "(5, 2, 3)"],
    ),
    "Identity of unequal sizes": (
        lambda: Identity((3,), (2,)),
        ValueError,
        ["Identity", "(3,)", "(2,)"],
    ),
    "Copy that is no broadcasting": (
        lambda: Copy((3,), (3, 4)),
        ValueError,
        ["Copy", "(3,)", "(3, 4)"],
    ),
    "Copy along a wrong axis": (
        lambda: Copy((3,), (3, 4), axes=(0,)),
        ValueError,
        ["Copy", "(3,)", "(3, 4)"],
    ),
    "Copy along an axis there is not": (
        lambda: Copy((3,), (3, 4), axes=(2,)),
        ValueError,
        ["axis 2"],
    ),
    "Gather by floats": (lambda: Gather([0.0], (3,)), TypeError, ["Gather", "integers", "float64"]),
    "Gather out of range": (lambda: Gather([3], (3,)), ValueError, ["Gather", "0..2", "(3,)"]),
    "Gather with a negative index": (lambda: Gather([-1], (3,)), ValueError, ["Gather", "0..2"]),
    "Permute without all axes": (
        lambda: Permute((2, 3), (0,)),
        ValueError,
        ["Permute", "(0,)", "(2, 3)"],
    ),
    "Permute with an axis twice": (lambda: Permute((2, 3), (0, 0)), ValueError, ["repeated axis"]),
    # ---- layers
    "too few arguments": (
        lambda: Linear()(W, b),
        TypeError,
        ["Linear", "3 arguments (W, b, a)", "got 2"],
    ),
    "too many arguments": (lambda: Tanh()(x, x), TypeError, ["Tanh", "1 argument (a)", "got 2"]),
    "no arguments": (lambda: Add()(), TypeError, ["Add", "got 0"]),
    "integers": (
        lambda: Tanh()([1, 2]),
        TypeError,
        ["argument a of Tanh", "integers (int64)", "1.0 for 1"],
    ),
    "truth values": (lambda: Tanh()(x > 0), TypeError, ["argument a of Tanh", "(bool)", "float"]),
    "a word for an argument": (
        lambda: Tanh()("abc"),
        TypeError,
        ["argument a of Tanh", "numbers", "str"],
    ),
    "None for an argument": (
        lambda: Linear()(W, None, x),
        TypeError,
        ["argument b of Linear", "NoneType"],
    ),
    "a Jacobian for an argument": (lambda: Tanh()(J), TypeError, ["argument a of Tanh", "Dense"]),
    "complex numbers": (
        lambda: Tanh()(1j * x),
        TypeError,
        ["argument a of Tanh", "complex", ".real"],
    ),
    "a ragged argument": (
        lambda: Tanh()([[1.0], [1.0, 2.0]]),
        TypeError,
        ["argument a of Tanh", "lengths"],
    ),
    "objects": (
        lambda: Tanh()(np.array([1.0, None])),
        TypeError,
        ["argument a of Tanh", "numbers"],
    ),
    "a masked array": (
        lambda: Tanh()(np.ma.array([1.0, 2.0], mask=[0, 1])),
        TypeError,
        ["masked", ".filled(0.0)"],
    ),
    "Linear with a transposed W": (
        lambda: Linear()(W.T, b, x),
        ValueError,
        ["Linear wants W (m, n), b (m,), a (..., n)", "m = 2", "b with shape (3,) has m = 3"],
    ),
    "Linear with a vector for W": (
        lambda: Linear()(x, b, x),
        ValueError,
        ["Linear wants W (m, n)", "W has shape (2,)"],
    ),
    "Linear with examples as columns": (
        lambda: Linear()(W, b, numbers(2, 5)),
        ValueError,
        ["n = 2", "a with shape (2, 5) has n = 5"],
    ),
    "Linear with an empty axis": (
        lambda: Linear()(np.zeros((3, 0)), b, np.zeros(0)),
        ValueError,
        ["Linear", "W", "(3, 0)", "empty"],
    ),
    "MatMul of unequal stacks": (
        lambda: MatMul()(numbers(4, 2, 3), numbers(5, 3, 2)),
        ValueError,
        ["MatMul", "... = (4,)", "... = (5,)"],
    ),
    "MatMul of a vector": (
        lambda: MatMul()(W, x),
        ValueError,
        ["MatMul wants A (..., p, q)", "B has shape (2,)"],
    ),
    "Add of shapes that do not broadcast": (
        lambda: Add()(x, b),
        ValueError,
        ["Add", "broadcast", "(2,), (3,)"],
    ),
    "Multiply of such": (
        lambda: Multiply()(x, b),
        ValueError,
        ["Multiply", "broadcast", "(2,), (3,)"],
    ),
    "Softmax of a scalar": (lambda: Softmax()(1.0), ValueError, ["Softmax wants a (..., n)", "()"]),
    "LogSumExp of nothing": (
        lambda: LogSumExp()(np.zeros((2, 0))),
        ValueError,
        ["LogSumExp", "(2, 0)", "empty"],
    ),
    "LayerNorm with another gain": (
        lambda: LayerNorm()(b, b, numbers(4, 2)),
        ValueError,
        ["LayerNorm", "gain", "n = 3", "n = 2"],
    ),
    "Conv1D with a window too wide": (
        lambda: Conv1D()(numbers(3, 2, 6), b, numbers(2, 5)),
        ValueError,
        ["Conv1D", "(6,)", "(5,)"],
    ),
    "Conv1D with other channels": (
        lambda: Conv1D()(numbers(3, 4, 2), b, numbers(2, 5)),
        ValueError,
        ["Conv1D", "c = 4", "c = 2"],
    ),
    "MaxPool without a window": (lambda: MaxPool(), ValueError, ["MaxPool(2)", "got ()"]),
    "MaxPool with a window of 0": (lambda: MaxPool(0), ValueError, ["MaxPool", "got (0,)"]),
    "MaxPool with a window of 1.5": (lambda: MaxPool(1.5), ValueError, ["MaxPool", "got (1.5,)"]),
    "MaxPool with a window too wide": (
        lambda: MaxPool(3)(x),
        ValueError,
        ["MaxPool", "(3,)", "(2,)"],
    ),
    "Concatenate of unequal shapes": (
        lambda: Concatenate()(W, numbers(2, 4)),
        ValueError,
        ["Concatenate", "(3, 2), (2, 4)", "axis -1"],
    ),
    "Concatenate of scalars": (
        lambda: Concatenate()(1.0, 2.0),
        ValueError,
        ["Concatenate", "(), ()", "axis"],
    ),
    "Embedding by floats": (
        lambda: Embedding([0.5]),
        TypeError,
        ["Embedding", "integers", "float64"],
    ),
    "Embedding out of range": (
        lambda: Embedding([0, 5])(W),
        ValueError,
        ["Embedding", "from 0 to 5", "wanted 0 to 2"],
    ),
    "Embedding of a negative id": (
        lambda: Embedding([-1])(W),
        ValueError,
        ["Embedding", "-1", "0 to 2"],
    ),
    "Transpose of a vector": (lambda: Transpose()(x), ValueError, ["Transpose", "(2,)"]),
    "Transpose by other axes": (
        lambda: Transpose((0, 0))(W),
        ValueError,
        ["Transpose", "(0, 0)", "(3, 2)"],
    ),
    "Reshape that does not fill": (
        lambda: Reshape((4,))(W),
        ValueError,
        ["Reshape", "(3, 2)", "6 numbers", "(4,)"],
    ),
    "Sum along an axis there is not": (lambda: Sum(2)(W), ValueError, ["Sum(axis=2)", "(3, 2)"]),
    "Sum along half an axis": (lambda: Sum(0.5)(W), ValueError, ["Sum(axis=0.5)", "(3, 2)"]),
    "Mean of nothing": (lambda: Mean()(np.zeros(0)), ValueError, ["Mean", "(0,)", "no numbers"]),
    "HalfSquare with another target": (
        lambda: HalfSquare(b)(x),
        ValueError,
        ["HalfSquare", "target", "(3,)", "a has (2,)"],
    ),
    "HalfSquare with an integer target": (
        lambda: HalfSquare([1, 2]),
        TypeError,
        ["HalfSquare", "target", "integers"],
    ),
    "HalfSquare of no examples": (
        lambda: HalfSquare(np.zeros((0, 3)))(np.zeros((0, 3))),
        ValueError,
        ["mean", "(0, 3)"],
    ),
    "labels that are floats": (
        lambda: SoftmaxCrossEntropy([1.0]),
        TypeError,
        ["SoftmaxCrossEntropy", "labels", "integers", "float64"],
    ),
    "labels that are one-hot": (
        lambda: SoftmaxCrossEntropy([[0, 1, 0]])(numbers(1, 3)),
        ValueError,
        ["SoftmaxCrossEntropy", "labels of shape (1, 3)", "(1, 3, 'n')", "a has shape (1, 3)"],
    ),
    "a label out of range": (
        lambda: SoftmaxCrossEntropy([0, 3])(numbers(2, 3)),
        ValueError,
        ["labels", "0 to 3", "wanted 0 to 2"],
    ),
    # ---- networks
    "a network with too many arguments": (
        lambda: Network(lambda x1, x2: x1 * x2)(x),
        TypeError,
        ["2 arguments (x1, x2)", "got 1"],
    ),
    "a network with integers": (
        lambda: Network(lambda x1: x1 * x1)([1]),
        TypeError,
        ["argument x1 of", "integers"],
    ),
    "a shape that does not fit inside": (
        lambda: Network(lambda W, b, x: Tanh()(Linear()(W, b, x)))(W, x, x),
        ValueError,
        ["in y1 = Linear(W, b, x)", "m = 3", "b with shape (2,)"],
    ),
    "too many arguments, while recording": (
        recorded(lambda x: Tanh()(x, x)),
        TypeError,
        ["Tanh", "1 argument (a)", "got 2"],
    ),
    "too few, for a network inside": (
        recorded(lambda x: Network(lambda a, b: a * b)(x)),
        TypeError,
        ["2 arguments (a, b)", "got 1"],
    ),
    "a name twice": (
        lambda: Network(lambda *a: a[0] * a[1], ["x", "x"]),
        ValueError,
        ["x, x", "twice"],
    ),
    "a layer whose rule returns no tuple": (
        lambda: NoTuple().linearize(x),
        TypeError,
        ["NoTuple.jacobians", "tuple", "1 argument", "Identity 2x2"],
    ),
    "a layer whose rule forgets an argument": (
        lambda: Forgetful().linearize(x, x),
        TypeError,
        ["Forgetful.jacobians", "tuple", "2 argument", "Identity 2x2"],
    ),
    "no return": (recorded(lambda x: None), TypeError, ["None", "return"]),
    "no results": (recorded(lambda x: ()), TypeError, ["no value"]),
    "no inputs": (recorded(lambda: 1.0), TypeError, ["no arguments"]),
    "results in a dict": (
        recorded(lambda x: {"y": x}),
        TypeError,
        ["dict", "one value or a plain tuple"],
    ),
    "results in nested tuples": (
        recorded(lambda x: (x, (x, x))),
        TypeError,
        ["tuple", "one by one"],
    ),
    "a list of values for an argument": (
        recorded(lambda x: Add()([x, x])),
        TypeError,
        ["argument a1 of Add", "numbers", "list"],
    ),
    "*args without names": (
        recorded(lambda *a: a[0]),
        TypeError,
        ["*a", "names", 'Network(h, ["x1", "x2"])'],
    ),
    "np.floor": (recorded(lambda x: np.floor(x)), TypeError, ["np.floor", "adlab.rules", "grad"]),
    "np.sort": (recorded(lambda x: np.sort(x)), TypeError, ["np.sort", "leave out Network"]),
    "np.concatenate": (
        recorded(lambda x: np.concatenate([x, x])),
        TypeError,
        ["np.concatenate can't be recorded", "use a layer or a function that has a rule"],
    ),
    "np.prod, initial=": (
        recorded(lambda x: np.prod(x, initial=2.0)),
        TypeError,
        ["np.prod can't be differentiated with initial=", "in a product multiply"],
    ),
    "np.add.reduce": (recorded(lambda x: np.add.reduce(x)), TypeError, ["np.add"]),
    "if": (recorded(lambda x: x if x else 0.0), TypeError, ["x has no number", "`if`", "ReLU"]),
    "a comparison": (recorded(lambda x: x > 0), TypeError, ["x has no number", "comparisons"]),
    "float": (recorded(lambda x: float(x)), TypeError, ["x has no number", "float()"]),
    "a power of a value": (recorded(lambda x: x**x), TypeError, ["x has no number"]),
    "unpacking": (recorded(lambda x: [a for a in x]), TypeError, ["x is one value", "taken apart"]),  # noqa: C416
    "indexing": (recorded(lambda x: x[0]), TypeError, ["x can't be indexed"]),
    "writing in place": (
        recorded(lambda x: x.__setitem__(0, 1.0)),
        TypeError,
        ["x can't be changed in place", "new name"],
    ),
    ".shape": (recorded(lambda x: x.shape), AttributeError, ["x has no .shape", "recorded"]),
    ".T": (recorded(lambda x: x.T), AttributeError, ["x has no .T", "Transpose"]),
    "a value of another recording": (
        leak,
        ValueError,
        ["x belongs to another recording", "argument"],
    ),
    "a word as a constant": (
        recorded(lambda x: Add()(x, "abc")),
        TypeError,
        ["constant", "numbers", "str"],
    ),
    # ---- transforms
    "grad of a vector": (
        lambda: adlab.grad(Tanh())(x),
        ValueError,
        ["grad", "scalar", "Tanh", "(2,)", "jacrev"],
    ),
    "grad of several results": (
        lambda: adlab.grad(lambda x: (Sum()(x), Sum()(x)))(x),
        ValueError,
        ["grad", "scalar", "((), ())"],
    ),
    "argnums out of range": (
        lambda: adlab.grad(Sum(), 1)(W),
        ValueError,
        ["argnums=1", "1 arguments"],
    ),
    "argnums below range": (
        lambda: adlab.jacrev(Sum(), -2)(W),
        ValueError,
        ["argnums=-2", "1 arguments"],
    ),
    "argnums twice": (
        lambda: adlab.grad(Sum(), (0, 0))(W),
        ValueError,
        ["argnums=(0, 0)", "twice"],
    ),
    "argnums twice, once from behind": (
        lambda: adlab.grad(lambda a, b: Sum()(a * b), (1, -1))(x, x),
        ValueError,
        ["argnums=(1, -1)", "twice"],
    ),
    "no argnums": (
        lambda: adlab.jacfwd(Sum(), ())(W),
        ValueError,
        ["argnums=()", "one argument at least"],
    ),
    "jvp without tuples": (
        lambda: adlab.jvp(Sum(), W, W),
        TypeError,
        ["tuples", "jvp(f, (x,), (v,))"],
    ),
    "jvp with a tangent of another shape": (
        lambda: adlab.jvp(Linear(), (W, b, x), (W, b, b)),
        ValueError,
        ["tangent", "(3,)", "Linear", "(2,)"],
    ),
    "jvp with too few tangents": (
        lambda: adlab.jvp(Linear(), (W, b, x), (W, b)),
        ValueError,
        ["tuple of 3 tangents", "2 came"],
    ),
    "jvp of integers": (
        lambda: adlab.jvp(Tanh(), ([1],), ([1],)),
        TypeError,
        ["argument a of Tanh", "integers"],
    ),
    "the pullback of a wrong cotangent": (
        lambda: adlab.vjp(Linear(), W, b, x)[1](x),
        ValueError,
        ["cotangent", "(2,)", "Linear", "(3,)"],
    ),
    "a transform of no function": (
        lambda: adlab.grad(3.0)(x),
        TypeError,
        ["function", "layer", "float"],
    ),
}


@pytest.mark.parametrize(("wrong", "kind", "words"), TABLE.values(), ids=TABLE)
def test_the_message_says_what_is_wrong(wrong, kind, words):
    with pytest.raises(kind) as error:
        wrong()
    message = str(error.value)
    missing = [word for word in words if word not in message]
    assert not missing, f"{missing} not in: {message}"
    assert len(message) < 400


def test_a_column_of_what_is_no_jacobian():
    with pytest.raises(TypeError, match="block 0 of Column is of type ndarray, wanted a Jacobian"):
        adlab.Column(np.ones((2, 3)))


@pytest.mark.parametrize("argnums", ["0", 0.0, True, None, (0, "1")])
def test_argnums_are_whole_numbers(argnums):
    with pytest.raises(TypeError, match="argnums is a whole number or a tuple of them, got"):
        adlab.grad(lambda a, b: adlab.Sum()(a * b), argnums)(np.ones(2), np.ones(2))
