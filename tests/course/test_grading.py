"""The order of judging, one step after the other, and what each step says."""

import dataclasses
import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest

import adlab
from adlab.course import exercises, grading, reading
from adlab.course.exercises import Function, Ordering, Shape, Value, in_place
from adlab.course.grading import Result, Status, Wrong, grade
from adlab.course.limits import Verdict
from adlab.course.messages import Message
from tests.course import junk


def product(W, v):
    return W @ v


PRODUCT = Function(
    name="product",
    title="A product",
    task="W v",
    hints=("", "", ""),
    explanation="Row times column.",
    reference=product,
    fixed=(
        (np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]]), np.array([1.0, 1.0, 2.0])),
        (np.array([[2.0], [3.0]]), np.array([4.0])),
    ),
    random=lambda rng: (rng.standard_normal((2, 3)), rng.standard_normal(3)),
    square=lambda rng: (rng.standard_normal((3, 3)), rng.standard_normal(3)),
    wrong=(
        Wrong("transposed", lambda W, v: W.T @ v, "W stands there, not its transpose."),
        Wrong("mean", lambda W, v: W @ v / len(v), "The terms are added, not averaged."),
    ),
)
MATRIX = Value(
    name="matrix",
    title="A matrix",
    task="",
    hints=("", "", ""),
    explanation="So it is.",
    want=((1, 2, 3), (4, 5, 6)),
)
COLUMN = Value(
    name="column",
    title="A column",
    task="",
    hints=("",) * 3,
    explanation="",
    want=((1,), (2,), (3,)),
)
ORDER = Ordering(
    name="order",
    title="An order",
    task="",
    hints=("", "", ""),
    explanation="",
    items=("a", "b"),
    before={("a", "b"): "a first."},
)


def said(answer, exercise=PRODUCT, **options):
    result = grade(exercise, answer, "07/it", **options)
    assert not result
    return result.status, result.message


# ---- The result ---------------------------------------------------------------------------------


def test_only_passed_is_true():
    for status in Status:
        assert bool(Result("07/it", status, "")) == (status is Status.PASSED)


def test_the_words_of_the_statuses():
    assert [str(status) for status in Status] == [
        "PASSED",
        "NOT YET",
        "NOT ATTEMPTED",
        "YOUR CODE RAISED",
        "TOO SLOW",
        "INTERRUPTED",
        "CHECKER FAULT",
    ]


def test_a_result_is_one_calm_text():
    result = grade(PRODUCT, lambda W, v: W, "07/it")
    assert repr(result) == (
        "NOT YET · 07/it\n"
        "Expected shape (2,), got (2, 3).\n"
        "The call: W = [[1, 2, 0], [0, 1, 3]]; v = [1, 1, 2] (hand-made case 1)."
    )
    assert all(len(line) <= 88 for line in repr(result).splitlines())
    assert repr(grade(PRODUCT, product, "07/it", seed=7)) == (
        "PASSED · 07/it\nRight in 2 hand-made and 20 random cases (seed 7).\nRow times column."
    )


def test_every_part_of_a_message_is_escaped():
    page = Message("<h>", "<t>", "<c>")._repr_html_()
    for part in ("h", "t", "c"):
        assert f"<{part}>" not in page
        assert f"&lt;{part}&gt;" in page
    assert repr(Message("<h>", "<t>", "<c>")) == "<h>\n<t>\n\n<c>"
    assert repr(Message("alone")) == "alone"


# ---- The steps, in their order ------------------------------------------------------------------


def test_attempted():
    assert said(...) == (Status.NOT_ATTEMPTED, grading.UNANSWERED)
    assert said(lambda W, v: None) == (Status.NOT_ATTEMPTED, exercises.RETURNS_NONE)


def test_callable():
    status, message = said(np.ones(2))
    assert status is Status.NOT_YET
    assert "you passed an array. Pass the function itself" in message


def test_signature():
    assert (
        "Your function takes (W); it will be called with 2 arguments, (W, v)"
        in said(lambda W: W)[1]
    )
    assert "Your function takes (a, b, c)" in said(lambda a, b, c: a)[1]
    assert grade(PRODUCT, lambda *args: args[0] @ args[1])
    assert grade(PRODUCT, lambda W, v, scale=1.0: scale * (W @ v))
    assert grade(PRODUCT, np.matmul)
    assert grade(PRODUCT, np.dot)


def test_arguments_are_copies_that_can_not_be_written_to():
    def adds(W, v):
        v += 1
        return W @ v

    def scales_both(W, v):
        W *= 2
        v /= 2
        return W @ v

    assert said(adds) == (Status.NOT_YET, in_place(["v"]))
    assert said(scales_both) == (Status.NOT_YET, in_place(["W", "v"]))
    assert "changes `W` and `v` in place" in said(scales_both)[1]
    first = PRODUCT.fixed[0][0]
    grade(PRODUCT, lambda W, v: W.setflags(write=True) or np.multiply(W, 0, out=W) @ v)
    assert first[0, 0] == 1.0


def test_what_the_function_is_given_is_closed_for_writing():
    open_for_writing = []

    def looks(W, v):
        open_for_writing.extend(a.flags.writeable for a in (W, v))
        return W @ v

    assert grade(PRODUCT, looks)
    assert not any(open_for_writing)


def test_type():
    assert "Your answer holds True and False" in said(lambda W, v: W @ v > 0)[1]
    assert "Your answer is a dict; an array is wanted" in said(lambda W, v: {})[1]
    assert "Write it without quotes" in said(lambda W, v: "[5, 7]")[1]
    assert "Did you mean to call it?" in said(lambda W, v: np.add)[1]
    assert "Inside your answer stands a text" in said(lambda W, v: ["5", "7"])[1]
    assert "Your answer is complex" in said(lambda W, v: (W @ v).astype(complex))[1]
    assert "return where yield stands" in said(junk.yields)[1]
    assert "def in place of async def" in said(junk.coroutine)[1]
    assert "different lengths" in said(lambda W, v: [[1.0], [1.0, 2.0]])[1]
    assert "2 arrays, of shapes (2, 1), (2, 3);" in said(lambda W, v: (W[:, :1], W[:, :3]))[1]


def test_shape():
    assert said([[1, 4], [2, 5], [3, 6]], MATRIX)[1] == (
        "Expected shape (2, 3), got (3, 2): it looks transposed."
    )
    assert said([1, 2, 3], COLUMN)[1] == (
        "(3,) came where (3, 1) was wanted: an axis of length 1 is missing, and .reshape(3, 1) "
        "mends it."
    )
    assert "it looks transposed" in said([[1, 2, 3]], COLUMN)[1]
    assert "an axis is too many" in said([[[1], [2], [3]]], COLUMN)[1]
    assert "one number came" in said(6, COLUMN)[1]
    assert "Expected shape (2, 3), got (4,)." == said([1, 2, 3, 4], MATRIX)[1]
    number = Value(name="n", title="", task="", hints=("",) * 3, explanation="", want=3.0)
    assert "Is a sum missing?" in said([1, 2], number)[1]
    assert grade(number, 3)


def test_finite():
    assert "entry [0, 1] is nan" in said([[1, np.nan, 3], [4, 5, 6]], MATRIX)[1]
    assert "entry [1, 2] is inf" in said([[1, 2, 3], [4, 5, np.inf]], MATRIX)[1]


def test_values():
    assert (
        "Expected [3, 7], got [6, 14]: every entry is 2 times what it should be"
        in said(lambda W, v: 2 * W @ v)[1]
    )
    assert ": the sign is wrong" in said(lambda W, v: -W @ v)[1]
    assert "Close, but not exact: off by 1.0e-05" in said(lambda W, v: W @ v + 1e-5)[1]
    assert ": zero everywhere" in said(lambda W, v: 0 * (W @ v))[1]


def test_whole_numbers_are_counted_not_rounded():
    counts = Value(name="n", title="", task="", hints=("",) * 3, explanation="", want=(5050, 199))
    assert said([5049, 199], counts)[1] == "1 of 2 entries are right. Look again at entry [0]."
    assert "Close, but not exact" in said([5049.5, 199], counts)[1]


@pytest.mark.parametrize(
    ("want", "got", "near"),
    [
        ((5000.5, 0.5), (5000.5, 3), False),  # 2.5 is little beside 5000 and much beside 0.5
        ((5000.5, 0.5), (5000.6, 0.5), True),
        ((5000.5, 0.5), (5000.6, 3), False),
        ((5000.5, 0.0004), (5000.5, 0), False),
        ((5000.5, 0.0004), (5000.5, 0.0009), False),
        ((5000.5, 0.0004), (5000.5, -0.0004), False),
        ((5000.5, 0.00123), (5000.5, 0.0012), True),
        ((5000.5, 0), (5000.5, 5e-7), False),  # within the tolerance: this one is right
        ((0.5, 0), (0.5, 5e-7), True),
        ((0.5, 0), (0.5, 5e-4), False),
        ((1 / 3, 2 / 3), (0.333, 0.667), True),
        ((5050, 0.5), (5049, 0.5), False),  # counted wrong
        ((5050, 0.25), (5050, 0.2501), True),
        ((5050, 0.25), (5049, 0.2501), False),
        ((5050.4, 0.25), (5050, 0.25), True),
        ((-2000.3, 0.2), (-2000.0, 0.2), True),
    ],
)
def test_closeness_is_judged_entry_by_entry(want, got, near):
    exercise = Value(name="n", title="", task="", hints=("",) * 3, explanation="", want=want)
    result = grade(exercise, got)
    right = np.abs(np.subtract(want, got)) <= 1e-9 * max(1, *want)
    assert bool(result) == right.all()
    assert ("Close, but not exact" in result.message) == near
    if not result and not near:
        assert "Look again at entry" in result.message


def test_a_value_worked_out_by_hand_is_not_given_away():
    message = said([[1, 2, 3], [4, 5, 7]], MATRIX)[1]
    assert message == "5 of 6 entries are right. Look again at entry [1, 2]."
    for answer in ([[0, 0, 0], [0, 0, 0]], [[7, 8, 9], [4, 5, 6]], [[-1, -2, -3], [-4, -5, -6]]):
        message = said(answer, MATRIX)[1]
        assert "Expected" not in message
        assert "[1, 2, 3]" not in message


def test_a_random_case_says_its_seed_and_can_be_repeated():
    def fails_at_random(W, v):
        return W @ v if W[0, 0] == round(W[0, 0]) else W @ v + 1

    message = said(fails_at_random, seed=7)[1]
    assert "(random case 1, seed 7: .check(product, seed=7) repeats it)" in message
    assert said(fails_at_random, seed=7)[1] == message
    assert said(fails_at_random, seed=8)[1] != message


def test_the_steps_come_in_this_order():
    """An answer with every fault from some step on is told the first of them."""
    steps = [
        (lambda W: 1 / 0, "Your function takes"),
        (lambda W, v: np.add(v, 1, out=v), "in place"),
        (lambda W, v: "text", "Your answer is a text"),
        (lambda W, v: np.full((3, 4), np.nan), "Expected shape (2,)"),
        (lambda W, v: np.full(2, np.nan), "Not all of it is finite"),
        (lambda W, v: np.zeros(2), "Expected [3, 7]"),
    ]
    for answer, words in steps:
        assert words in said(answer)[1]


def test_a_mistake_that_raises_is_recognised_on_square_sizes():
    result = grade(PRODUCT, lambda W, v: np.transpose(W) @ v)
    assert result.status is Status.RAISED
    assert result.diagnosis == "transposed"
    assert result.message.startswith("W stands there, not its transpose.\nValueError, in line")
    assert grade(PRODUCT, lambda W, v: W @ v / v.size).diagnosis == "mean"
    assert grade(PRODUCT, lambda W, v: W @ v / 3).diagnosis == "", "only alike on one size"
    assert grade(PRODUCT, junk.raises(ValueError("always"))).diagnosis == ""
    unseen = dataclasses.replace(PRODUCT, square=None)
    assert grade(unseen, junk.raises(ValueError("always"))).diagnosis == "", "both only raise"


def test_an_exception_names_the_line():
    def broken(W, v):
        scale = len(v)
        return W @ v / undefined_name * scale  # noqa: F821

    status, message = said(broken)
    assert status is Status.RAISED
    assert "NameError, in line 3, `return W @ v / undefined_name * scale" in message
    assert "name 'undefined_name' is not defined" in message


def test_what_was_printed_is_told_once():
    def talks(W, v):
        print("I am\nhere\nagain\nand again")
        return W

    message = said(talks)[1]
    assert message.endswith("Your code printed: I am | here | again … and 1 lines more")


def test_interrupted():
    status, message = said(junk.raises(KeyboardInterrupt()))
    assert status is Status.INTERRUPTED
    assert "You stopped the check" in message


def test_too_slow():
    status, message = said(junk.endless, seconds=0.05)
    assert status is Status.TOO_SLOW
    assert "stopped after 0.05 seconds" in message


def test_the_time_is_for_all_calls_together():
    def slow(W, v):
        import time

        time.sleep(0.02)
        return W @ v

    assert said(slow, seconds=0.1)[0] is Status.TOO_SLOW


def test_a_fault_of_ours_is_neither_a_pass_nor_a_traceback(monkeypatch):
    def broken(*args, **options):
        raise TypeError("our own mistake")

    monkeypatch.setattr(exercises, "problem", broken)
    for exercise, answer in ((PRODUCT, product), (MATRIX, MATRIX.want)):
        status, message = said(answer, exercise)
        assert status is Status.FAULT
        assert "(TypeError: our own mistake). That is our fault, not yours" in message
        assert "Traceback" not in message


def test_a_shape_exercise_reads_shapes():
    shape = Shape(name="s", title="", task="", hints=("",) * 3, explanation="", want=(2, 3))
    assert grade(shape, np.array([2, 3]))
    assert "without quotes" in said("(2, 3)", shape)[1]
    assert "A shape is a tuple" in said(6, shape)[1]
    assert "The array has 2 axes" in said((2, 3, 1), shape)[1]
    assert "a whole number for each axis" in said((2.5, 3), shape)[1].lower()
    assert "a whole number for each axis" in said((True, 3), shape)[1].lower()


# ---- Reading ------------------------------------------------------------------------------------


def test_equivalent_numbers_are_read_alike():
    want = np.array([[1.0, 2.0], [3.0, 4.0]])
    for answer in (
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        want,
        want.astype(int),
        np.asfortranarray(want),
        [np.array([1, 2]), (Fraction(3), 4.0)],
        np.array([[1, Fraction(2)], [3, 4]], dtype=object),
        want.view(np.matrix),
        np.ma.masked_array(want),
        adlab.Dense(want),
        want[::-1][::-1],
    ):
        got = reading.numbers(answer)
        assert type(got.array) is np.ndarray
        assert got.array.dtype == float
        assert np.array_equal(got.array, want)
        assert got.eps == np.finfo(float).eps


def test_float32_is_remembered_and_judged_by_its_own_tolerance():
    for answer in (np.float32(1 / 3), [np.float32(1 / 3), 1.0], np.ones(2, np.float32)):
        assert reading.numbers(answer).eps == np.finfo(np.float32).eps
    third = Value(name="t", title="", task="", hints=("",) * 3, explanation="", want=(1 / 3, 2 / 3))
    assert grade(third, np.array([1 / 3, 2 / 3], np.float32))
    assert not grade(third, np.array([1 / 3, 2 / 3 + 1e-4], np.float32))
    assert not grade(third, np.array([1 / 3, 2 / 3 + 1e-7]))
    assert not grade(third, np.array([1 / 3, 2 / 3], np.float16))


def test_what_is_read_is_our_own_copy():
    given = np.ones(3)
    got = reading.numbers(given).array
    given[0] = 5
    assert got[0] == 1


def test_huge_answers_are_refused_without_being_copied():
    import tracemalloc

    pieces = [
        np.broadcast_to(1.0, (100_000, 100_000)),
        junk.HugeArray(),
        junk.exponential(),
        junk.in_itself(),
        junk.ListThatNeverEnds(),
    ]
    for piece in pieces:
        tracemalloc.start()
        with pytest.raises(Verdict, match=r"far too many|no end"):
            reading.numbers(piece)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100e6


def test_type_names_come_from_the_class_alone():
    assert reading.a_thing(junk.OfANamelessClass()) == "an object of type OfANamelessClass"
    assert reading.a_thing(junk.LiesAboutItsClass()) == "an object of type LiesAboutItsClass"
    assert reading.a_thing(junk.Raises()) == "an object of type Raises"


def test_shapes_are_never_broadcast():
    """NumPy compares (3,) with (3, 1), and one number with everything; the judge does not."""
    shapes = [(), (1,), (3,), (1, 3), (3, 1), (2, 3), (3, 2)]
    for got, want in itertools.product(shapes, shapes):
        problem = grading.problem(reading.Numbers(np.ones(got)), np.ones(want))
        assert (problem == "") == (got == want)
        assert grading.close(reading.Numbers(np.ones(got)), np.ones(want)) == (got == want)


def test_nan_is_close_to_nothing():
    nan = np.full(2, np.nan)
    assert not grading.close(reading.Numbers(nan), nan)
    assert grading.problem(reading.Numbers(nan), nan)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda W, *, v: W @ v, "`v`"),
        (lambda **k: 1, "`k`"),
        (functools.partial(product, v=1.0), "`v`"),
    ],
)
def test_arguments_by_name_only_are_said(answer, named):
    assert said(answer)[1].startswith(
        f"Your function takes {named} by name only; it will be called with 2 arguments by position"
    )


def test_an_exception_without_words_has_no_colon():
    def silent(W, v):
        raise AssertionError

    line = said(silent)[1].split("\n")[0]
    assert line.startswith("AssertionError")
    assert not line.rstrip().endswith(":")


def test_half_characters_can_be_written_to_a_terminal():
    def raises(W, v):
        print("\ud800")
        raise ValueError("\ud800")

    for exercise, answer in ((PRODUCT, raises), (ORDER, "\ud800")):
        result = grade(exercise, answer, "07/it")
        assert repr(result).encode()
        assert result._repr_html_().encode()
    assert Message("\ud800", "\udfff", "é").heading == "?"
