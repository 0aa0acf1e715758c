"""Chapter 00, Start here: rows and columns of a Jacobian, one column by nudging."""

from dataclasses import dataclass

import numpy as np

from adlab.course.exercises import Choice, Function, Option, Prediction, Shape, closed
from adlab.course.grading import Wrong, shown


@dataclass(frozen=True)
class Affine:
    """The layer y = W a + b, as it is passed to a learner's function."""

    W: np.ndarray  # (m, n)
    b: np.ndarray  # (m,)

    def __post_init__(self):
        object.__setattr__(self, "W", closed(self.W))
        object.__setattr__(self, "b", closed(self.b))

    def __call__(self, a):
        m, n = self.W.shape
        if np.shape(a) != (n,):
            raise ValueError(f"this layer takes shape ({n},); {np.shape(a)} came")
        return self.W @ a + self.b

    def __str__(self):
        m, n = self.W.shape
        if m * n > 12:
            return f"takes {n} numbers and gives {m}"
        return f"W a + b with W = {shown(self.W)}, b = {shown(self.b)}"


READ_A_SHAPE = Shape(
    name="read-a-shape",
    title="Read a shape",
    task=(
        "A layer takes 6 numbers and makes 2. What is the shape of its Jacobian? "
        "Write it as a tuple, as in `(7, 5)`."
    ),
    hints=(
        "There is one row for each output, and one column for each input.",
        "From n inputs to m outputs, J is m × n; NumPy writes that (m, n).",
        "(number of outputs, number of inputs)",
    ),
    example="A layer that takes 7 numbers and makes 5 has a Jacobian of shape (5, 7).",
    answer="my_shape",
    want=(2, 6),
    solution="my_shape = (2, 6)",
    explanation=(
        "Two outputs are two rows. Each row says how one output moves with each of the six inputs, "
        "so it has six entries."
    ),
    wrong=(
        Wrong(
            "transposed",
            (6, 2),
            "This is the transpose. Rows are outputs and columns are inputs: the size that comes "
            "out is named first.",
        ),
        Wrong(
            "counted",
            (12,),
            "Twelve is the number of slopes, all of them in one row. The Jacobian keeps them "
            "as a table, with one axis for the outputs and one for the inputs.",
        ),
        Wrong(
            "inputs only",
            (6,),
            "That is the shape of the input a. Each of the six inputs has a slope for every "
            "output, so an axis for the outputs is missing.",
        ),
        Wrong(
            "outputs only",
            (2,),
            "That is the shape of the output y. The Jacobian says how each output moves with each "
            "input, so an axis for the inputs is missing.",
        ),
        Wrong(
            "square in the inputs",
            (6, 6),
            "The rows belong to the outputs, and this layer makes two numbers, not six.",
        ),
        Wrong(
            "square in the outputs",
            (2, 2),
            "The columns belong to the inputs, and this layer takes six numbers, not two.",
        ),
    ),
)


def one_column(layer, a, j, h):
    e = np.zeros(len(a))
    e[j] = h
    return (layer(a + e) - layer(a)) / h


def nudged(a, j, h):
    a = np.array(a)
    a[j] += h
    return a


def affine_case(m, n, rng):
    layer = Affine(rng.standard_normal((m, n)), rng.standard_normal(m))
    h = float(rng.choice([0.25, 0.5, 0.125]))
    return layer, rng.standard_normal(n), int(rng.integers(n)), h


def two_sizes(rng):
    """Two sizes between 1 and 6 that differ."""
    return (int(size) for size in rng.choice(np.arange(1, 7), 2, replace=False))


ONE_COLUMN = Function(
    name="one-column",
    title="One column by nudging",
    task=(
        "Write a function that nudges one input of a layer and returns one column of its "
        "Jacobian. `layer` is a function of one array, `a` the place where you stand, `j` the "
        "number of the input as NumPy counts (the second input is `j = 1`), and `h` the size of "
        "the nudge. The result has as many entries as the layer has outputs. Leave `a` as it is: "
        "others may need it."
    ),
    hints=(
        "Do what step 2 of this chapter did, with `layer` in the place of `W @`.",
        "column j = (layer(a + h e_j) − layer(a)) / h, where e_j is 1 at place j and 0 elsewhere.",
        "nudge = np.zeros(len(a))\nnudge[...] = ...\nreturn (layer(...) - layer(...)) / ...",
    ),
    reference=one_column,
    fixed=(
        (
            Affine(np.array([[1.0, 2.0, 0.0], [-1.0, 3.0, 5.0]]), np.array([1.0, 0.0])),
            np.array([2.0, 1.0, 3.0]),
            1,
            0.25,
        ),
        (Affine(np.array([[3.0, -2.0, 4.0, 1.0]]), np.array([5.0])), np.ones(4), 3, 0.5),
        (Affine(np.array([[2.0], [0.0], [-1.0]]), np.array([0.0, 1.0, 2.0])), np.zeros(1), 0, 0.25),
    ),
    random=lambda rng: affine_case(*two_sizes(rng), rng),
    square=lambda rng: affine_case(3, 3, rng),
    explanation=(
        "Only input j moves, by h. What the outputs gain, divided by h, is their slope in that "
        "input: column j. The difference takes the value at a away, so an added bias drops out."
    ),
    wrong=(
        Wrong(
            "forgot to divide",
            lambda layer, a, j, h: layer(nudged(a, j, h)) - layer(a),
            "This is how much the outputs change, not how fast. A slope is the change per unit of "
            "nudge: divide by h.",
        ),
        Wrong(
            "multiplied by h",
            lambda layer, a, j, h: (layer(nudged(a, j, h)) - layer(a)) * h,
            "The change is multiplied by h where it should be divided. A smaller nudge makes a "
            "smaller change, but the slope stays what it is.",
        ),
        Wrong(
            "nudged all inputs",
            lambda layer, a, j, h: (layer(a + h) - layer(a)) / h,
            "`a + h` moves every input at once, so this is the sum of all columns. Add h at place "
            "j alone, and 0 elsewhere.",
        ),
        Wrong(
            "sign",
            lambda layer, a, j, h: (layer(a) - layer(nudged(a, j, h))) / h,
            "The sign is turned round: a slope is the value after the nudge minus the one before.",
        ),
        Wrong(
            "no difference",
            lambda layer, a, j, h: layer(nudged(a, j, h)) / h,
            "This divides the whole output by h. Take the value at a away first: the slope belongs "
            "to the change, not to the value.",
        ),
        Wrong(
            "counted from 1",
            lambda layer, a, j, h: (layer(nudged(a, j - 1, h)) - layer(a)) / h,
            "This is the column beside it: j is counted from 0, as NumPy does, so no 1 is taken "
            "away.",
        ),
        Wrong(
            "a row",
            lambda layer, a, j, h: np.array(
                [(layer(nudged(a, i, h)) - layer(a))[min(j, len(layer(a)) - 1)] / h
                 for i in range(len(a))]
            ),
            "This is a row: one output and every input. A column has one input, number j, and "
            "every output.",
        ),
        Wrong(
            "h in place of a",
            lambda layer, a, j, h: (layer(nudged(0 * a, j, h))) / h,
            "The layer is asked at h e_j, far from a, and nothing is taken away. Stand at a: "
            "compare layer(a + h e_j) with layer(a).",
        ),
        Wrong(
            "summed",
            lambda layer, a, j, h: np.sum(layer(nudged(a, j, h)) - layer(a)) / h,
            "The slopes of all outputs are added to one number. They stay apart: the column has "
            "one entry for each output.",
        ),
        Wrong(
            "divided twice",
            lambda layer, a, j, h: (layer(nudged(a, j, h)) - layer(a)) / (2 * h),
            "The distance between a + h e_j and a is h, not 2h. 2h belongs to the central "
            "difference, which also steps back to a − h e_j.",
        ),
    ),
)  # fmt: skip

ENTRY_OF_J = Choice(
    name="rows-or-columns",
    title="Rows or columns?",
    task="A Jacobian J has the entry 4 in row 2, column 5. What does that say?",
    hints=(
        "Ask first what a row stands for, then what a column stands for.",
        "J_ij = ∂y_i / ∂a_j.",
        "Row i belongs to output i, column j to input j: put i = 2 and j = 5.",
    ),
    example=(
        "The entry 3 in row 1, column 2 says: when input 2 moves a little, output 1 moves 3 times "
        "as much."
    ),
    options={
        "a": Option(
            "When output 2 moves a little, input 5 moves 4 times as much.",
            "Inputs are what you move and outputs are what follows. The entry is ∂y₂/∂a₅: the "
            "input below the line moves first.",
        ),
        "b": Option("When input 5 moves a little, output 2 moves 4 times as much."),
        "c": Option(
            "When input 2 moves a little, output 5 moves 4 times as much.",
            "That is the entry in row 5, column 2. Rows are outputs and columns are inputs, and "
            "the row is named first.",
        ),
        "d": Option(
            "When input 5 moves a little, all outputs together move by 4.",
            "All outputs are the whole column 5. One entry of it is about one output.",
        ),
        "e": Option(
            "Output 2 is 4 times input 5.",
            "An entry compares changes, not values: the other inputs and the bias add to output 2 "
            "as well.",
        ),
    },
    explanation="The row is the output that follows, the column is the input that is moved.",
)

COUNT_THE_SLOPES = Prediction(
    name="count-the-slopes",
    title="Predict, then let the panel answer",
    task=(
        "Predict before you drag: with **n = 5** inputs and **m = 3** outputs, how many slopes "
        "does the table in the panel hold? The check sets your panel there."
    ),
    hints=(
        "Count the rows, then the entries in one row.",
        "An m × n table holds m n numbers.",
        "m outputs are rows, n inputs are columns: multiply them.",
    ),
    example="With n = 4 and m = 2 the table has 2 rows of 4 slopes: 8 slopes.",
    panel="hello",
    settings={"n": 5, "m": 3},
    measure=lambda hello: hello.J.size,
    what="the number of slopes",
    solution="my_prediction = 15",
    explanation="Three rows, one for each output, of five slopes each, one for each input.",
    wrong=(
        Wrong(
            "added",
            8,
            "Eight is 5 + 3, the numbers that go in and come out. Each input has a slope for "
            "each output, so the sizes are multiplied.",
        ),
        Wrong("inputs only", 5, "Five is one row: the slopes of a single output. There are three."),
        Wrong(
            "outputs only", 3, "Three is one column: the slopes in a single input. There are five."
        ),
        Wrong("shape", (3, 5), "That is the shape. How many numbers are in a table of that shape?"),
        Wrong(
            "with the biases",
            18,
            "Eighteen counts the weights and the biases. The table holds slopes in the inputs; a "
            "bias is added and has no slope there.",
        ),
    ),
)

EXERCISES = (READ_A_SHAPE, ONE_COLUMN, ENTRY_OF_J, COUNT_THE_SLOPES)
