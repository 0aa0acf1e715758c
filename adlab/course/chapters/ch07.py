"""Chapter 07, Reverse mode: the VJP of a layer, what is kept, the order of the sweep."""

import numpy as np

from adlab.course.exercises import (
    Choice,
    Function,
    Option,
    Ordering,
    Prediction,
    WrongLine,
    linear_in,
    pulls,
)
from adlab.course.grading import Wrong


def shares(a, u):
    total = np.sum(a)
    return (u - u @ a / total) / total


def numbers_to_share(n, rng):
    return rng.uniform(0.5, 3.0, n), rng.standard_normal(n)


VJP_OF_SHARES = Function(
    name="vjp-of-shares",
    title="The VJP of a layer you have not seen",
    task=(
        "A layer turns positive numbers into shares: $y_i = a_i / S$ with $S = \\sum_j a_j$. Write "
        "its VJP: from $a$ and the "
        '<span style="color:#D55E00">cotangent</span> $u$, both of shape $(n,)$, return $u J$. '
        "Build no matrix."
    ),
    hints=(
        "a_j is used n times: once above the bar of its own share, and in S under every bar.",
        "∂y_i/∂a_j = δ_ij / S − a_i / S². Multiply by u_i and add over i.",
        "S = np.sum(a)\nreturn (u - ...) / S       # the dots: one number, a weighted sum of y",
    ),
    reference=shares,
    fixed=(
        (np.array([1.0, 2.0, 1.0]), np.array([4.0, 0.0, 8.0])),
        (np.array([2.0]), np.array([3.0])),
        (np.array([3.0, 1.0]), np.array([1.0, -1.0])),
        numbers_to_share(5, np.random.default_rng(1)),
    ),
    random=lambda rng: numbers_to_share(int(rng.integers(2, 7)), rng),
    properties=(
        linear_in("u", 1),
        pulls(lambda a: a / np.sum(a), lambda args: (args[0], args[1])),
    ),
    explanation=(
        "u J = (u − ⟨u, y⟩) / S. The first part is the direct use of a_j; the second comes through "
        "S, which every share reads, so it is a sum over all outputs, the same for each j. The "
        "output y and the number S are all that has to be kept."
    ),
    wrong=(
        Wrong(
            "the total held fixed",
            lambda a, u: u / np.sum(a),
            "Here S is held fixed. But S contains every a_j: when one grows, all shares move. The "
            "part through S is missing.",
        ),
        Wrong(
            "pushed",
            lambda a, u: (u - np.sum(u) * a / np.sum(a)) / np.sum(a),
            "This is J u, a push. In a pull the sum runs over the outputs: Σ u_i y_i, and not "
            "y_i Σ u_j.",
        ),
        Wrong(
            "the rule of softmax",
            lambda a, u: a / np.sum(a) * (u - u @ a / np.sum(a)),
            "This is the rule of softmax, whose slopes carry a factor y. Here the slope of a_i / S "
            "is 1 / S.",
        ),
        Wrong(
            "not divided",
            lambda a, u: u - u @ a / np.sum(a),
            "Nearly there: all of it still has to be divided by S.",
        ),
        Wrong(
            "a instead of y",
            lambda a, u: (u - u @ a) / np.sum(a),
            "The weighted sum is one of the shares y_i = a_i / S, not of the a_i: the slope of "
            "1 / S brings a second 1 / S.",
        ),
        Wrong(
            "sign",
            lambda a, u: (u + u @ a / np.sum(a)) / np.sum(a),
            "The second part has the wrong sign: when S grows, every share falls.",
        ),
        Wrong(
            "only the diagonal",
            lambda a, u: u * (1 - a / np.sum(a)) / np.sum(a),
            "Here each share depends on its own number alone. Through S it depends on all of them, "
            "so J is not diagonal.",
        ),
        Wrong(
            "the value",
            lambda a, u: a / np.sum(a),
            "This is the value y. Asked for is the row u J.",
        ),
        Wrong(
            "the whole Jacobian",
            lambda a, u: np.eye(len(a)) / np.sum(a) - a[:, None] / np.sum(a) ** 2,
            "This is the whole matrix J. The rule gives its product with u, and needs no matrix.",
        ),
    ),
)

PREDICT_WHAT_IS_KEPT = Prediction(
    name="predict-what-is-kept",
    title="Predict what has to wait",
    task=(
        "In the panel: 2 numbers go in, Linear makes 5, Softmax; Linear makes 3, ReLU; then the "
        "loss. How many bytes wait for the way back when the evaluation is over, values and grey "
        "cells together, at the first pull? A number has 8 bytes, `adlab` keeps the slopes of a "
        "ReLU as numbers, and the input $y_0$ is not counted. The check sets your panel there."
    ),
    hints=(
        "Go through the five equations. What does each rule read, and is it there already?",
        "Linear: its input. Softmax: its output. ReLU: its slopes. The loss: a − t.",
        "8 · (softmax's output + ... + ...). The second Linear keeps an array that is counted.",
    ),
    example=(
        "With Tanh and Softmax, sizes 3, 5, 2: 5 slopes of Tanh, 5 numbers y₂ that the second "
        "Linear reads, 2 of Softmax, 2 of the loss: 14 numbers, 112 bytes."
    ),
    panel="reverse",
    settings={
        "blocks": 2,
        "n0": 2,
        "n1": 5,
        "n2": 3,
        "kind1": "Softmax",
        "kind2": "ReLU",
        "step": 6,
    },
    measure=lambda shown: sum(shown.alive[:2]),
    what="the number of bytes that wait",
    solution="my_prediction = 88",
    explanation=(
        "y₂ has 5 numbers: Softmax reads it as its output, the second Linear as its input, and it "
        "is one array. ReLU keeps 3 slopes, the loss 3 differences. 8 · (5 + 3 + 3) = 88. y₁, y₃ "
        "and y₄ are read by no rule."
    ),
    wrong=(
        Wrong(
            "all values",
            128,
            "That is 16 numbers: all of y₁, ..., y₄, or y₂ twice. No rule reads the outputs of the "
            "Linears; and y₂, which two rules read, is one array.",
        ),
        Wrong(
            "with the input",
            104,
            "The input y₀ is among them. It is yours, it was there before, and is not counted.",
        ),
        Wrong(
            "with the cotangents",
            120,
            "That is all that is alive at the first pull, cotangents included. They are made by "
            "the sweep; what waits for it are values and grey cells.",
        ),
        Wrong(
            "with the loss's value",
            96,
            "The value l is among them. No rule reads it: it is handed to you.",
        ),
        Wrong(
            "numbers, not bytes",
            11,
            "That is how many numbers wait. Each of them has 8 bytes.",
        ),
        Wrong(
            "a mask of bytes",
            67,
            "With a mask of one byte an entry it would be this. adlab keeps the slopes of a ReLU "
            "as numbers of 8 bytes.",
        ),
        Wrong(
            "one layer of three",
            64,
            "Three numbers are missing: ReLU keeps its slopes, and the loss, a layer too, keeps "
            "the differences y₄ − t.",
        ),
        Wrong(
            "one value too many",
            112,
            "That is 14 numbers, three too many: ReLU reads the signs of y₃ and keeps its slopes "
            "alone, and the loss keeps y₄ − t and not y₄ besides.",
        ),
        Wrong(
            "y₂ alone",
            40,
            "That is y₂ alone. ReLU and the loss, a layer too, keep 3 numbers each.",
        ),
        Wrong(
            "without y₂",
            48,
            "The numbers y₂ are missing: Softmax reads its output, and the second Linear its "
            "input.",
        ),
    ),
)

ORDER_OF_THE_SWEEP = Ordering(
    name="order-of-the-sweep",
    title="The order of the reverse sweep",
    task=(
        "$y_1 = g_1(x_1, y_0)$, $y_2 = g_2(x_2, y_1)$, $l = f(y_2)$. The items `u2` and `u1` are "
        "the derivatives of $l$ in $y_2$ and $y_1$; `x2` and `x1` are those in $x_2$ and $x_1$. "
        "Put the six items `y1`, `y2`, `u2`, `u1`, `x2`, `x1` in an order in which one evaluation "
        "and one reverse sweep can make them, as a list of texts. There is more than one."
    ),
    hints=(
        "For each item, ask what it is made from. The derivative of f is taken at y2.",
        "u2 = Df(y2), x2 = u2 P2, u1 = u2 A2, x1 = u1 P1.",
        '["y1", "y2", ..., ..., ..., ...]',
    ),
    example="With one layer the items y1, u1, x1 can stand in this order only.",
    items=("y1", "y2", "u2", "u1", "x2", "x1"),
    before={
        ("y1", "y2"): "y2 stands before y1, but y2 = g_2(x_2, y_1): evaluate from the input on.",
        ("y2", "u2"): (
            "u2 stands before y2. It is Df, taken where f is entered, at y2: the sweep can only "
            "start when the evaluation is over."
        ),
        ("u2", "u1"): (
            "u1 stands before u2. The sweep comes from the loss: u1 = u2 A_2, one pull after the "
            "other."
        ),
        ("u2", "x2"): "x2 stands before u2, but the gradient of layer 2 is u2 P_2.",
        ("u1", "x1"): (
            "x1 stands before u1, but the gradient of layer 1 is u1 P_1: it must wait until the "
            "sweep has come back to layer 1."
        ),
    },
    solution='my_order = ["y1", "y2", "u2", "x2", "u1", "x1"]',
    explanation=(
        "The values come first, forwards; the cotangents follow, backwards, each made from the one "
        "before it. Only x2 has a choice: it needs u2, and nobody waits for it."
    ),
)

WHY_A_VECTOR = Choice(
    name="why-a-vector",
    title="Why does `backward` want a vector?",
    task=(
        "In PyTorch `y` has 3 numbers and was computed from `x`, which has 5. `y.backward()` "
        "raises an error; `y.backward(u)` works, with `u` of 3 numbers. Why is `u` wanted?"
    ),
    options={
        "a": Option(
            "`u` is the direction in which `x` is moved.",
            "A direction of x would have 5 numbers. That is a tangent v, and belongs to J v, the "
            "push. u has a number for each output.",
        ),
        "b": Option(
            "With three outputs there are three gradients, the rows of $J$. `u` says which "
            "weighted sum of the outputs is differentiated."
        ),
        "c": Option(
            "`u` holds the values of `y`, which were not kept.",
            "The values that the rules read are kept since the evaluation. u is a choice of yours, "
            "and any 3 numbers will do.",
        ),
        "d": Option(
            "`u` is the step size by which the gradient is multiplied.",
            "A step size is one number, and comes later, in the optimiser. u has a number for each "
            "output, and the rows of J are added with these weights.",
        ),
        "e": Option(
            "Without `u`, the whole $3 \\times 5$ Jacobian would be returned: it takes too long.",
            "No vector means no pull at all: a reverse sweep makes u J and never the whole J, "
            "which takes three pulls.",
        ),
    },
    hints=(
        "How many numbers has u, and to which side of J does it belong?",
        "u J = Σ u_i · (row i of J).",
        "It is the derivative of one number, u_1 y_1 + u_2 y_2 + u_3 y_3, in x.",
    ),
    example="For a loss y has one number, and u = 1 is understood: loss.backward().",
    explanation=(
        "u J is the derivative of the one number Σ u_i y_i. A loss has one output, so there u = 1 "
        "is understood."
    ),
)


def reverse_sweep(W, x):
    y1 = W @ x
    y2 = np.maximum(y1, 0)
    y3 = np.exp(y2) / np.sum(np.exp(y2))
    l = np.sum(y3**2) / 2
    u3 = y3
    u2 = y3 * (u3 - u3 @ y3)
    u1 = np.where(u2 > 0, u2, 0)
    u0 = u1 @ W
    return l, u0


def reverse_sweep_mended(W, x):
    y1 = W @ x
    y2 = np.maximum(y1, 0)
    y3 = np.exp(y2) / np.sum(np.exp(y2))
    l = np.sum(y3**2) / 2
    u3 = y3
    u2 = y3 * (u3 - u3 @ y3)
    u1 = np.where(y1 > 0, u2, 0)
    u0 = u1 @ W
    return l, u0


WRONG_VJP = WrongLine(
    name="wrong-vjp",
    title="Find the wrong VJP",
    task=(
        "This program should return $l = \\frac12 \\lVert \\mathrm{softmax}(\\mathrm{ReLU}(W x)) "
        "\\rVert^2$ and its derivative in $x$, by one reverse sweep: `u3` is the derivative of $l$ "
        "in `y3`, and so on. All shapes are right, but a difference disagrees, for some $x$ more "
        "than for others. Which line is wrong?"
    ),
    hints=(
        "Lines 2 to 6 are right. Go back from there, one rule at a time.",
        "Write down for each rule what it reads: an input, an output, a mask, a parameter.",
        "A ReLU passes a cotangent on where its input was positive.",
    ),
    example=(
        "In  y = tanh(a);  u_a = u_y * (1 - u_y**2)  the slope is taken from the cotangent. It "
        "must be taken from y."
    ),
    program=reverse_sweep,
    mended=reverse_sweep_mended,
    explanation=(
        "The mask of a ReLU belongs to its input: u2 is passed on where y1 > 0, whatever its own "
        "sign. Line 8 asks for the sign of the cotangent instead, as if the ReLU were applied to "
        "it. A slope depends on where you are, never on u: a VJP is linear in u."
    ),
    reasons={
        1: "Line 1 only names what comes in.",
        2: "Line 2 is right: a Linear without b.",
        3: "Line 3 is right: ReLU, entry by entry.",
        4: "Line 4 is right: softmax. No entry of y2 is large here, so e^y2 does not overflow.",
        5: "Line 5 is right: half the sum of the squares.",
        6: "Line 6 is right: the derivative of ½‖y3‖² in y3 is y3, times u = 1.",
        7: "Line 7 is right: the rule of softmax, s ⊙ (u − ⟨u, s⟩), with its output s = y3.",
        9: "Line 9 is right: the pull through W x is u W. What comes into it is wrong already.",
        10: "Line 10 only returns. The row is wrong before it gets there.",
    },
)

EXERCISES = (
    VJP_OF_SHARES,
    PREDICT_WHAT_IS_KEPT,
    ORDER_OF_THE_SWEEP,
    WHY_A_VECTOR,
    WRONG_VJP,
)
