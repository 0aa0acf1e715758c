"""Chapter 08, Forward mode: a JVP, dual numbers that divide, one direction, passes, which mode."""

import numpy as np

from adlab.course.exercises import Function, Property, Value, linear_in, pushes, relative
from adlab.course.grading import Wrong

T = '<span style="color:#0072B2">tangent</span>'


def push_unit_vector(a, a_dot):
    length = np.sqrt(a @ a)
    y = a / length
    return (a_dot - y * (y @ a_dot)) / length


def two_vectors(n, rng):
    return rng.standard_normal(n), rng.standard_normal(n)


PUSH_UNIT_VECTOR = Function(
    name="push-unit-vector",
    title="The JVP of a layer you have not seen",
    task=(
        "A layer divides a vector by its length: $y = a / \\lVert a \\rVert$ with "
        "$\\lVert a \\rVert = \\sqrt{\\sum_j a_j^2}$. Write its JVP: from $a$ and the "
        f"{T} $\\dot a$, both of shape $(n,)$, return $\\dot y$. Build no matrix. $a$ is never "
        "zero."
    ),
    hints=(
        "a moves in two places: above the line, and inside the length below it.",
        "Let r = ‖a‖. Then ṙ = ⟨a, ȧ⟩ / r, and ẏ = ȧ / r − a ṙ / r².",
        "length = ...\nslope_of_length = ...   # a number\nreturn a_dot / length - ...",
    ),
    reference=push_unit_vector,
    fixed=(
        (np.array([3.0, 4.0]), np.array([1.0, 0.0])),
        (np.array([0.0, 2.0, 0.0]), np.array([1.0, 5.0, -1.0])),
        (np.array([-2.0]), np.array([3.0])),
        (np.array([1.0, 2.0, -2.0, 4.0]), np.zeros(4)),
        (np.array([1.0, 2.0, -2.0]), np.array([2.0, 4.0, -4.0])),
    ),
    random=lambda rng: two_vectors(int(rng.integers(2, 7)), rng),
    properties=(
        linear_in("the tangent", 1),
        pushes(lambda a: a / np.linalg.norm(a), lambda args: args),
    ),
    explanation=(
        "With r = ‖a‖ and y = a / r it is (ȧ − y ⟨y, ȧ⟩) / r: the part of ȧ that points along y "
        "is taken off, since it changes the length alone. One inner product, no matrix; the "
        "Jacobian (I − y yᵀ) / r is symmetric, so the VJP has the same formula."
    ),
    wrong=(
        Wrong(
            "length as a constant",
            lambda a, v: v / np.linalg.norm(a),
            "The length is held fixed here. It moves with a as well, and its change is missing.",
        ),
        Wrong(
            "forgot to divide",
            lambda a, v: v - a / (a @ a) * (a @ v),
            "The part along a is taken off, and that is right. Now divide by the length.",
        ),
        Wrong(
            "a for y",
            lambda a, v: (v - a * (a @ v)) / np.linalg.norm(a),
            "The part to take off is y ⟨y, ȧ⟩, with y = a / ‖a‖. With a itself it is too large by "
            "the square of the length.",
        ),
        Wrong(
            "plus",
            lambda a, v: (v + a * (a @ v) / (a @ a)) / np.linalg.norm(a),
            "The sign of the second addend is turned round: a longer a makes y smaller.",
        ),
        Wrong(
            "the slope of the length",
            lambda a, v: a @ v / np.linalg.norm(a),
            "This is the change of the length, one number. The layer gives a vector, and so does "
            "its JVP.",
        ),
        Wrong(
            "the tangent divided by its own length",
            lambda a, v: v / np.linalg.norm(v) if v.any() else v,
            "Here the tangent is sent through the layer. A tangent goes through the Jacobian of "
            "the layer at a.",
        ),
        Wrong(
            "the value",
            lambda a, v: a / np.linalg.norm(a),
            "This is y. Asked for is its change when a changes by the tangent.",
        ),
        Wrong(
            "entry by entry",
            lambda a, v: v / np.linalg.norm(a) - a * a * v / np.linalg.norm(a) ** 3,
            "This uses the diagonal of the Jacobian alone. Every y_i depends on every a_j, through "
            "the length: ⟨a, ȧ⟩ is a sum over all entries.",
        ),
        Wrong(
            "two factors",
            lambda a, v: v / np.linalg.norm(a) - 2 * a * (a @ v) / np.linalg.norm(a) ** 3,
            "The second addend is twice too large. The length is a root: ṙ = ⟨a, ȧ⟩ / r, and the 2 "
            "of the square is cancelled by the ½ of the root.",
        ),
        Wrong(
            "value and tangent",
            lambda a, v: (a / np.linalg.norm(a), push_unit_vector(a, v)),
            "This is the pair, as the rules of step 1 return it. Here the tangent alone is asked "
            "for.",
        ),
        Wrong(
            "the Jacobian",
            lambda a, v: np.eye(len(a)) / np.linalg.norm(a) - np.outer(a, a) / (a @ a) ** 1.5,
            "This is the Jacobian itself. Its product with the tangent is asked for, and that "
            "needs no matrix.",
        ),
    ),
)


def tangent_of_quotient(a, a_dot, b, b_dot):
    return (a_dot - a / b * b_dot) / b


def dual_pair(n, rng):
    b = rng.uniform(0.5, 2, n) * rng.choice([-1.0, 1.0], n)
    return rng.standard_normal(n), rng.standard_normal(n), b, rng.standard_normal(n)


def quotient_gap(f, args, _rng, h=1e-6):
    """The tangent against a central difference of a / b along both tangents."""
    a, a_dot, b, b_dot = args
    ahead, behind = ((a + s * a_dot) / (b + s * b_dot) for s in (h, -h))
    return relative(f(*args), (ahead - behind) / (2 * h))


DIVIDE_DUALS = Function(
    name="divide-duals",
    title="Dual numbers that divide",
    task=(
        "The dual numbers of this chapter can add and multiply. Teach them to divide: the value "
        f"of $(a + \\dot a \\varepsilon) / (b + \\dot b \\varepsilon)$ is $a / b$. What is its "
        f"{T}? All four are arrays of shape $(n,)$, and so is the result: it works entry by entry. "
        "No $b_i$ is zero."
    ),
    hints=(
        "The quotient c + ċ ε is what gives a + ȧ ε when it is multiplied by b + ḃ ε.",
        "c b = a and ċ b + c ḃ = ȧ. Solve for c, then for ċ.",
        "c = a / b\nreturn (... - ...) / b",
    ),
    reference=tangent_of_quotient,
    fixed=(
        (np.array([6.0]), np.array([1.0]), np.array([2.0]), np.array([4.0])),
        (np.array([1.0, 2.0]), np.zeros(2), np.array([2.0, -1.0]), np.array([1.0, 1.0])),
        (np.array([3.0, 0.0]), np.array([1.0, 0.0]), np.array([1.0, 4.0]), np.array([2.0, 1.0])),
        (np.ones(3), np.ones(3), np.array([1.0, 2.0, -4.0]), np.array([1.0, 2.0, 3.0])),
    ),
    random=lambda rng: dual_pair(int(rng.integers(2, 6)), rng),
    properties=(Property("in agreement with central differences", quotient_gap),),
    explanation=(
        "ċ = (ȧ − c ḃ) / b = ȧ / b − a ḃ / b²: the quotient rule. It follows from ε² = 0 and the "
        "product alone; nothing about derivatives had to be put in."
    ),
    wrong=(
        Wrong(
            "tangents divided",
            lambda a, v, b, w: v / w,
            "ȧ / ḃ is no tangent of a quotient, and it fails where b stands still. Multiply the "
            "quotient c + ċ ε by b + ḃ ε and compare.",
        ),
        Wrong(
            "b stands still",
            lambda a, v, b, w: v / b,
            "This is right where b stands still. The addend with ḃ is missing: −a ḃ / b².",
        ),
        Wrong(
            "a stands still",
            lambda a, v, b, w: -a * w / b**2,
            "This is right where a stands still. The addend with ȧ is missing: ȧ / b.",
        ),
        Wrong(
            "plus",
            lambda a, v, b, w: (v * b + a * w) / b**2,
            "The sign in the middle is the one of the product. A growing b makes the quotient "
            "smaller.",
        ),
        Wrong(
            "turned round",
            lambda a, v, b, w: (a * w - v * b) / b**2,
            "Both signs are turned round: ȧ b comes first, and a ḃ is taken off.",
        ),
        Wrong(
            "not squared",
            lambda a, v, b, w: (v * b - a * w) / b,
            "One division by b is missing: (ȧ b − a ḃ) / b², or (ȧ − c ḃ) / b with c = a / b.",
        ),
        Wrong(
            "the product",
            lambda a, v, b, w: v * b + a * w,
            "This is the tangent of the product.",
        ),
        Wrong(
            "the value",
            lambda a, v, b, w: a / b,
            "This is the value of the quotient. Its tangent is asked for.",
        ),
        Wrong(
            "value and tangent",
            lambda a, v, b, w: (a / b, tangent_of_quotient(a, v, b, w)),
            "This is the whole dual number. Its tangent alone is asked for.",
        ),
        Wrong(
            "not divided",
            lambda a, v, b, w: v * b - a * w,
            "The difference is right, and the division is missing: (ȧ b − a ḃ) / b².",
        ),
    ),
)

NETWORK = (
    "$y_1 = W_1 y_0 + b_1$, $y_2 = \\mathrm{ReLU}(y_1)$, $y_3 = W_2 y_2 + b_2$, "
    "$l = \\frac12 \\lVert y_3 - t \\rVert^2$"
)

DIRECTIONAL_BY_HAND = Value(
    name="directional-by-hand",
    title="A directional derivative by hand",
    task=(
        f"Take the network of this chapter with its numbers, {NETWORK}. Two things move at once: "
        "the entry of $W_1$ in row 3, column 1 has tangent 1, and $b_2$ has tangent $(4, -1)$. "
        "Everything else stands still. What is $\\dot l$?"
    ),
    hints=(
        "One pass, on paper: ẏ_1, ẏ_2, ẏ_3, l_dot. In the second Linear two addends meet.",
        "ẏ_1 = Ẇ_1 y_0, ẏ_3 = W_2 ẏ_2 + ḃ_2, l_dot = ⟨y_3 − t, ẏ_3⟩ with y_3 − t = (2, 1).",
        "ẏ_1 = (0, 0, ?, 0), ẏ_2 = (0, 0, ?, 0), ẏ_3 = ? · (third column of W_2) + (4, −1)",
    ),
    example=(
        "If only b_1 moves, by (1, 0, 0, 0): ẏ_1 = ẏ_2 = (1, 0, 0, 0), ẏ_3 = (1, 0), and "
        "l_dot = 2·1 + 1·0 = 2."
    ),
    answer="my_slope",
    want=9,
    solution="my_slope = 9",
    explanation=(
        "ẏ_1 = (0, 0, 2, 0), because the entry meets the first number of y_0, which is 2. ReLU "
        "lets it pass, as y_1 is 3 there. ẏ_3 = 2·(0, 1) + (4, −1) = (4, 1), and "
        "l_dot = 2·4 + 1·1 = 9. One pass for two things that move."
    ),
    wrong=(
        Wrong(
            "forgot b_2",
            2,
            "This is the share of W_1 alone. In the second Linear the tangent of b_2 is added.",
        ),
        Wrong(
            "forgot W_1",
            7,
            "This is the share of b_2 alone. The entry of W_1 moves y_1, y_2 and so y_3 as well.",
        ),
        Wrong(
            "forgot the data",
            8,
            "The entry of W_1 is multiplied by the first number of y_0, which is 2: "
            "ẏ_1 = (0, 0, 2, 0).",
        ),
        Wrong(
            "without weights",
            5,
            "The two numbers of ẏ_3 are added. The loss weighs them with y_3 − t = (2, 1).",
        ),
        Wrong(
            "the exact change",
            17.5,
            "That is the true change of l for a whole step, squares included. l_dot is its linear "
            "part.",
        ),
        Wrong(
            "the moved value",
            11.5,
            "That is l + l_dot. The directional derivative is l_dot alone.",
        ),
        Wrong("sign", -9, "The sign is turned round: y_3 − t is (2, 1), not (−2, −1)."),
        Wrong(
            "stopped before the loss",
            (4, 1),
            "That is ẏ_3. One layer is left: l_dot = ⟨y_3 − t, ẏ_3⟩, a number.",
        ),
        Wrong(
            "a sign in b_2",
            11,
            "The second number of the tangent of b_2 is −1: it takes from what W_1 sends there.",
        ),
    ),
)

COUNT_PASSES = Value(
    name="count-passes",
    title="How many passes?",
    task=(
        "The data are 6 numbers. Linear with $W_1$, $b_1$ makes 5 of them, then Tanh, Linear with "
        "$W_2$, $b_2$ makes 3, then a loss. How many passes of forward mode, one tangent each, "
        "give: the gradient in $W_2$; the gradient in all parameters; the directional derivative "
        "along one tangent that moves all parameters? Write a list of three numbers."
    ),
    hints=(
        "A pass gives one number. How many numbers do you want?",
        "The gradient in x has as many numbers as x: n_i passes, one for each e_j.",
        "[entries of W_2, entries of W_1 + b_1 + W_2 + b_2, ...]",
    ),
    example=(
        "For Linear from 2 to 4 numbers and a loss: 8 passes for W, 12 for W and b, 1 along a "
        "direction."
    ),
    answer="my_passes",
    want=(15, 53, 1),
    solution="my_passes = [15, 53, 1]",
    explanation=(
        "W_2 is 3 × 5. All parameters are 30 + 5 + 15 + 3 = 53 numbers. A direction is one "
        "tangent, however many things it moves. One reverse sweep gives all 53 slopes at once."
    ),
    wrong=(
        Wrong(
            "a direction as a gradient",
            (15, 53, 53),
            "The first two are right. A direction is one tangent: all parameters move together, in "
            "one pass.",
        ),
        Wrong(
            "with the bias",
            (18, 53, 1),
            "The first number counts b_2 as well. The gradient in W_2 alone has 3 · 5 numbers.",
        ),
        Wrong(
            "without the biases",
            (15, 45, 1),
            "The second number counts the matrices only. The biases, 5 and 3 numbers, are "
            "parameters too.",
        ),
        Wrong(
            "as reverse mode",
            (1, 1, 1),
            "One sweep is enough in reverse mode. In forward mode one pass gives one number.",
        ),
        Wrong(
            "one pass for each argument",
            (1, 4, 1),
            "A pass is counted for each array here. It takes one for each number in it: a pass "
            "moves along one tangent.",
        ),
        Wrong(
            "with the data",
            (15, 59, 1),
            "The second number counts the data. They are no parameters, and stand still.",
        ),
        Wrong(
            "a pass for each argument of the direction",
            (15, 53, 4),
            "The first two are right. Tangents of all four arrays can travel in the same pass: the "
            "addends meet in each layer.",
        ),
        Wrong(
            "outputs of the layer",
            (3, 8, 1),
            "These are numbers of outputs. Passes are counted by inputs, here the parameters: a "
            "pass for each entry.",
        ),
    ),
)

CHEAPER_MODE = Value(
    name="cheaper-mode",
    title="Forward or reverse, for these sizes?",
    revision=2,
    task=(
        "A function takes 4 numbers and gives 60: Linear to 30 numbers, Tanh, Linear to 60. Its "
        "whole Jacobian is wanted. Count the pushes or pulls as in step 6, without the "
        "evaluation: how many flops does forward mode take, and how many reverse mode? Then "
        "memory, as in step 7: in a chain of 100 layers of Tanh on 1000 numbers each, how many "
        "arrays are alive at most in one pass of forward mode, and how many in a reverse sweep? "
        "Write a list of four numbers."
    ),
    hints=(
        "First one push through the three layers. How many pushes does forward mode take?",
        "Matrix p × q: 2pq flops, Tanh: p. n pushes, m pulls. Slopes kept: of one layer; of all.",
        "one = 2 * 30 * 4 + ... + ...\n[4 * one, ... * one, 2 + 2 + ..., 100 + ...]",
    ),
    example=(
        "From 2 numbers over 5 to 3: one push takes 20 + 5 + 30 = 55 flops, so 110 in forward and "
        "165 in reverse mode. With 40 layers: 5 and 42 arrays."
    ),
    answer="my_costs",
    want=(15480, 232200, 5, 102),
    solution="my_costs = [15480, 232200, 5, 102]",
    explanation=(
        "One push or pull takes 240 + 30 + 3600 = 3870 flops; forward mode needs 4 of them, "
        "reverse mode 60: 15 times as many. In the deep chain one pass has two values, two "
        "tangents and the slopes of one layer; the reverse sweep the slopes of all 100, and two "
        "cotangents."
    ),
    wrong=(
        Wrong(
            "exchanged",
            (232200, 15480, 5, 102),
            "The two modes have changed places: forward mode pushes one basis vector for each "
            "input, and there are 4.",
        ),
        Wrong(
            "forgot the 2",
            (7800, 117000, 5, 102),
            "A matrix with p rows and q columns takes pq multiplications and as many additions: "
            "2pq flops.",
        ),
        Wrong(
            "forgot Tanh",
            (15360, 230400, 5, 102),
            "The Tanh between the matrices is missing: 30 flops for each push or pull.",
        ),
        Wrong(
            "one push, one pull",
            (3870, 3870, 5, 102),
            "That is one push and one pull. The whole Jacobian takes 4 pushes or 60 pulls.",
        ),
        Wrong(
            "counted by the middle",
            (116100, 116100, 5, 102),
            "The 30 numbers in the middle do not count. Forward mode takes a push for each input, "
            "reverse mode a pull for each output.",
        ),
        Wrong(
            "the slopes alone",
            (15480, 232200, 5, 100),
            "The flops are right. In reverse mode two cotangents are alive besides the 100 slopes.",
        ),
        Wrong(
            "values and cotangents",
            (15480, 232200, 5, 200),
            "The flops are right. The values are let go, since Tanh reads its slopes alone; and of "
            "the cotangents only two are alive at a time.",
        ),
        Wrong(
            "one array in forward mode",
            (15480, 232200, 1, 102),
            "The flops are right. One pass has more than one array alive: two values, two tangents "
            "and the slopes of the layer at work.",
        ),
        Wrong(
            "the pair alone",
            (15480, 232200, 2, 102),
            "The flops are right. The pair that comes in and the one that goes out are both alive "
            "while a layer is at work, and so are its slopes.",
        ),
        Wrong(
            "equal memory",
            (15480, 232200, 102, 102),
            "The flops are right. The memory is not equal: forward mode forgets each layer when "
            "the next one is done.",
        ),
        Wrong(
            "numbers for arrays",
            (15480, 232200, 5000, 102000),
            "The flops are right. The last two count numbers here; arrays of 1000 numbers are "
            "asked for.",
        ),
    ),
)

EXERCISES = (
    PUSH_UNIT_VECTOR,
    DIVIDE_DUALS,
    DIRECTIONAL_BY_HAND,
    COUNT_PASSES,
    CHEAPER_MODE,
)
