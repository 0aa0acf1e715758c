"""The checkers are proved: right answers pass however they are written, wrong ones never do.

All tests run over every exercise of `CHAPTERS`. One that is added without right and wrong answers
in `answers/` makes `test_every_exercise_has_enough_answers` fail.
"""

import dataclasses
import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest

from adlab.course import exercises, grading
from adlab.course.chapters import CHAPTERS
from adlab.course.exercises import (
    Brackets,
    Choice,
    Function,
    Ordering,
    Prediction,
    Property,
    Value,
    WrongLine,
)
from adlab.course.grading import Status, Wrong, grade
from adlab.course.progress import EXERCISE
from tests.course import junk
from tests.course.answers import (
    EXERCISES,
    RIGHT,
    WRONG,
    orders,
    right_answers,
    submission,
    wrong_answers,
)

FUNCTIONS = [key for key, exercise in EXERCISES.items() if isinstance(exercise, Function)]
every_exercise = pytest.mark.parametrize("key", EXERCISES)
every_function = pytest.mark.parametrize("key", FUNCTIONS)


def check(key, answer, **options):
    return grade(EXERCISES[key], answer, key, **options)


# ---- The proofs, as functions, so that they can be tried on checkers that are broken on purpose --


def prove_right_answers_pass(key):
    for answer in [getattr(EXERCISES[key], "reference", None), *right_answers(key)]:
        if answer is not None:
            result = check(key, answer)
            assert result, f"{answer}: {result}"


def prove_wrong_answers_fail(key):
    for answer in wrong_answers(key):
        result = check(key, answer)
        assert not result, f"{answer} passed: {result}"
        assert result.status in (Status.NOT_YET, Status.RAISED), f"{answer}: {result}"


def prove_known_mistakes_are_named(key):
    exercise = EXERCISES[key]
    for wrong in exercise.wrong:
        result = check(key, submission(exercise, wrong))
        assert result.diagnosis == wrong.name, f"{wrong.name}: {result}"
        assert result.message.startswith(wrong.says)


@every_exercise
def test_right_answers_pass(key):
    prove_right_answers_pass(key)


@every_exercise
def test_wrong_answers_fail(key):
    prove_wrong_answers_fail(key)


@every_exercise
def test_known_mistakes_are_named(key):
    prove_known_mistakes_are_named(key)


@every_exercise
def test_every_exercise_has_enough_answers(key):
    exercise = EXERCISES[key]
    assert len(RIGHT[key]) >= 3
    assert len(wrong_answers(key)) >= 8
    assert key in WRONG
    if isinstance(exercise, Choice):
        assert len(exercise.wrong) == len(exercise.options) - 1 >= 3
    else:
        assert len(exercise.wrong) >= 5
    assert len({wrong.name for wrong in exercise.wrong}) == len(exercise.wrong)
    assert len({wrong.says for wrong in exercise.wrong}) == len(exercise.wrong)


def test_no_answers_for_exercises_that_do_not_exist():
    assert set(RIGHT) == set(WRONG) == set(EXERCISES)


def test_an_exercise_without_answers_is_caught(monkeypatch):
    monkeypatch.setitem(EXERCISES, "01/new", EXERCISES["01/push-a-cube"])
    with pytest.raises(KeyError):
        test_every_exercise_has_enough_answers("01/new")
    with pytest.raises(AssertionError):
        test_no_answers_for_exercises_that_do_not_exist()
    monkeypatch.setitem(RIGHT, "01/new", [abs, abs])
    with pytest.raises(AssertionError):
        test_every_exercise_has_enough_answers("01/new")


@every_exercise
def test_unanswered_is_not_attempted(key):
    for answer in (None, ..., NotImplemented):
        assert check(key, answer).status is Status.NOT_ATTEMPTED
    if isinstance(EXERCISES[key], Function):

        def later(*args):
            raise NotImplementedError

        for answer in (later, lambda *args: None, lambda *args: ...):
            assert check(key, answer).status is Status.NOT_ATTEMPTED


# ---- The junk -----------------------------------------------------------------------------------

HARMLESS = (Status.NOT_YET, Status.NOT_ATTEMPTED, Status.RAISED, Status.INTERRUPTED)


@every_exercise
def test_junk_never_passes_and_never_breaks_the_checker(key):
    pieces = {name: make() for name, make in junk.VALUES.items()} | junk.FUNCTIONS
    for name, piece in pieces.items():
        result = check(key, piece)
        assert result.status in HARMLESS, f"{name}: {result}"
        assert len(repr(result)) < 3000, name


@every_exercise
def test_what_never_ends_is_too_slow(key):
    exercise = EXERCISES[key]
    pieces = {name: make() for name, make in junk.ENDLESS_VALUES.items()}
    pieces |= junk.ENDLESS_FUNCTIONS if isinstance(exercise, Function) else {}
    for name, piece in pieces.items():
        result = check(key, piece, seconds=0.1)
        assert result.status in (Status.TOO_SLOW, Status.NOT_YET, Status.RAISED), (
            f"{name}: {result}"
        )
        if name in junk.ENDLESS_FUNCTIONS:
            assert result.status is Status.TOO_SLOW, f"{name}: {result}"


# ---- Seeds --------------------------------------------------------------------------------------


@every_function
def test_a_thousand_seeds_of_the_reference_pass(key):
    for seed in range(1000):
        result = check(key, EXERCISES[key].reference, seed=seed)
        assert result, result


@every_function
def test_the_cases(key):
    exercise = EXERCISES[key]
    cases = exercise.cases(seed=3)
    assert len(exercise.fixed) >= 3
    assert len(cases) - len(exercise.fixed) >= 20
    labels = [label for label, _ in cases]
    assert labels[0] == "hand-made case 1"
    assert all("seed 3" in label for label in labels[len(exercise.fixed) :])
    again = [exercises.described(exercise.parameters, args) for _, args in exercise.cases(3)]
    other = [exercises.described(exercise.parameters, args) for _, args in exercise.cases(4)]
    assert again == [exercises.described(exercise.parameters, args) for _, args in cases]
    assert again[-1] != other[-1]
    for _, args in cases:
        matrices = [a for a in args if isinstance(a, np.ndarray) and a.ndim == 2]
        matrices += [getattr(a, "W", getattr(a, "A", None)) for a in args if callable(a)]
        assert not any(M is not None and M.shape[0] == M.shape[1] != 1 for M in matrices)


@every_function
def test_the_solution_is_the_reference(key):
    exercise = EXERCISES[key]
    assert exercise.solution.startswith(f"def {exercise.answer}(")
    assert exercise.stub.startswith(f"def {exercise.answer}({', '.join(exercise.parameters)}):")


@every_exercise
def test_the_texts_are_there(key):
    exercise = EXERCISES[key]
    assert EXERCISE.fullmatch(key)
    assert len(exercise.hints) == 3
    assert all([exercise.title, exercise.task, exercise.explanation, exercise.example_text])
    assert exercise.solution
    assert exercise.revision >= 1
    texts = [exercise.full_task, *exercise.hints, exercise.explanation, exercise.example_text]
    texts += [wrong.says for wrong in exercise.wrong]
    for text in texts:
        words = text.lower().replace(",", " ").replace(".", " ").split()
        banned = {"simply", "just", "obviously", "clearly", "trivial", "trivially"}
        assert not banned & set(words), text
        assert "!" not in text
        assert "of course" not in text.lower()
    for wrong in exercise.wrong:
        assert len(wrong.says) >= 30, wrong.name


def test_three_to_five_exercises_a_chapter():
    for chapter in CHAPTERS.values():
        assert 3 <= len(chapter.exercises) <= 5
        assert len({exercise.name for exercise in chapter.exercises}) == len(chapter.exercises)


# ---- Each kind for itself -----------------------------------------------------------------------


@pytest.mark.parametrize("key", [k for k, e in EXERCISES.items() if isinstance(e, Ordering)])
def test_every_valid_order_passes_and_no_other(key):
    exercise = EXERCISES[key]
    assert check(key, orders(exercise))
    for order in itertools.permutations(exercise.items):
        valid = all(order.index(a) < order.index(b) for a, b in exercise.before)
        assert bool(check(key, order)) == valid, order


@pytest.mark.parametrize("key", [k for k, e in EXERCISES.items() if isinstance(e, WrongLine)])
def test_the_wrong_line_is_wrong_and_the_mended_program_right(key):
    exercise = EXERCISES[key]
    rng = np.random.default_rng(0)
    W, x = rng.standard_normal((3, 2)), rng.standard_normal(2)
    (l, row), (same, right) = exercise.program(W, x), exercise.mended(W, x)
    h = 1e-6
    central = [
        (exercise.mended(W, x + h * e)[0] - exercise.mended(W, x - h * e)[0]) / (2 * h)
        for e in np.eye(2)
    ]
    assert l == same
    assert row.shape == right.shape
    assert np.allclose(right, central, atol=1e-8)
    assert not np.allclose(row, central, atol=1e-3)
    assert len(exercise.reasons) == len(exercise.lines) - 1
    assert exercise.right not in exercise.reasons
    assert f"{exercise.right}  " in exercise.listing


@pytest.mark.parametrize("key", [k for k, e in EXERCISES.items() if isinstance(e, Choice)])
def test_each_wrong_option_has_its_own_reason(key):
    exercise = EXERCISES[key]
    for letter, option in exercise.options.items():
        result = check(key, letter)
        assert bool(result) == (letter == exercise.right)
        if letter != exercise.right:
            assert result.message == option.why_not
        assert option.text in exercise.full_task


@pytest.mark.parametrize("key", [k for k, e in EXERCISES.items() if isinstance(e, Prediction)])
def test_a_prediction_is_confronted_with_the_panel(key):
    from adlab.panels import PANELS

    exercise = EXERCISES[key]
    panel = PANELS[exercise.panel]()
    start = panel.values
    assert any(start[name] != value for name, value in exercise.settings.items())
    assert check(key, ..., panel=panel).status is Status.NOT_ATTEMPTED
    assert panel.values == start, "an unanswered exercise moves nothing"
    wrong = check(key, exercise.wrong[0].gives, panel=panel)
    assert not wrong
    assert "now stands at" in wrong.message
    assert {name: panel.values[name] for name in exercise.settings} == exercise.settings
    truth = exercise.measure(panel.shown)
    result = check(key, truth, panel=panel)
    assert result
    assert "already, so this was read" in result.message
    assert "Pass the panel of this chapter" in check(key, truth, panel="the panel").message


BRACKETS = Brackets(
    name="cheapest",
    title="The cheapest way",
    task="F is 1 × 4, A is 4 × 3, P is 3 × 5. Where do the brackets go?",
    hints=("idea", "formula", "skeleton"),
    explanation="A row on the left stays thin.",
    solution='my_brackets = (("F", "A"), "P")',
    matrices=("F", "A", "P"),
    sizes=(1, 4, 3, 5),
    wrong=(Wrong("from the right", ("F", ("A", "P")), "A P is a whole matrix, 4 × 5."),),
)


def test_brackets():
    assert grade(BRACKETS, (("F", "A"), "P"))
    assert grade(BRACKETS, [["F", "A"], "P"])
    assert "54 flops" in grade(BRACKETS, (("F", "A"), "P")).message
    assert grade(BRACKETS, ("F", ("A", "P"))).diagnosis == "from the right"
    for answer, words in {
        ("F", "A", "P"): "one of yours holds 3",
        ("F", ("P", "A")): "Brackets move, matrices do not",
        ("F", "A"): "your brackets hold F, A",
        "F A P": "one of yours holds 3",
        (("F", "A"), 3): "a whole number came",
    }.items():
        result = grade(BRACKETS, answer)
        assert result.status is Status.NOT_YET
        assert words in result.message
    nested = "F"
    for _ in range(100):
        nested = (nested, "A")
    assert grade(BRACKETS, nested).status is Status.NOT_YET
    for make in junk.VALUES.values():
        assert grade(BRACKETS, make()).status in HARMLESS


@pytest.mark.parametrize(
    "text",
    [
        "(F A) P",
        "((F A) P)",
        " ( F A )P",
        "(F·A)·P",
        "(F @ A) @ P",
        "[F A] P",
        '(("F", "A"), "P")',
        "((F, A), P)",
        "((((F) A)) (P))",
        ("F A", "P"),
        ["(F A)", "(P)"],
        np.array("(F A) P"),
    ],
)
def test_brackets_written_as_a_text_are_read(text):
    assert "54 flops" in grade(BRACKETS, text).message
    turned = str(text).replace("A", "?").replace("F", "A").replace("?", "F")
    if isinstance(text, str):
        assert "Brackets move, matrices do not" in grade(BRACKETS, turned).message


def test_brackets_from_the_other_side_are_recognised_as_a_text_too():
    assert grade(BRACKETS, "F (A P)").diagnosis == "from the right"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(F A P)", "one of yours holds 3"),
        ("(F A)", "your brackets hold F, A"),
        ("(FA) P", "your brackets hold FA, P"),
        ("((F A) P", "A bracket is opened and not closed"),
        ("(F A)) P", "A bracket is closed that was not opened"),
        ("F) (A P", "A bracket is closed that was not opened"),
        ("", 'as in (("P", "Q"), "R")'),
        ("() (F A P)", "one of yours holds 0"),
        ("(" * 3000 + "F A" + ")" * 3000, "not closed"),
        ("(" * 99 + "F" + " A)" * 99, "a list came"),
    ],
)
def test_a_text_that_brackets_no_product_is_told_what_is_wanted(text, words):
    result = grade(BRACKETS, text)
    assert result.status is Status.NOT_YET
    assert words in result.message
    assert 'as in (("P", "Q"), "R")' in result.message or "Brackets move" in result.message


def test_two_bracketings_that_cost_the_same_are_both_right():
    even = dataclasses.replace(BRACKETS, sizes=(2, 2, 2, 2))
    assert grade(even, (("F", "A"), "P"))
    assert grade(even, ("F", ("A", "P")))


def both(W, u, x):
    return u @ W, np.outer(u, x)


PAIR = Function(
    name="pair",
    title="Two cotangents",
    task="Return u W and uᵀ xᵀ.",
    hints=("idea", "formula", "skeleton"),
    explanation="Both are outer or inner products.",
    reference=both,
    fixed=((np.ones((2, 3)), np.ones(2), np.arange(3.0)),),
    random=lambda rng: (
        rng.standard_normal((2, 3)),
        rng.standard_normal(2),
        rng.standard_normal(3),
    ),
    results=("x_bar", "W_bar"),
    wrong=(Wrong("exchanged", lambda W, u, x: (np.outer(u, x), u @ W), "Exchanged."),),
)


def test_several_results():
    assert grade(PAIR, both)
    assert grade(PAIR, lambda W, u, x: [(u @ W).tolist(), np.outer(u, x)])
    assert grade(PAIR, lambda W, u, x: (..., ...)).status is Status.NOT_ATTEMPTED
    assert "return ..., ..." in PAIR.stub
    one = grade(PAIR, lambda W, u, x: u @ W)
    assert "2 results are wanted, (x_bar, W_bar)" in one.message
    three = grade(PAIR, lambda W, u, x: (u @ W, np.outer(u, x), x))
    assert "your answer has 3" in three.message
    flat = grade(PAIR, lambda W, u, x: (u @ W, np.outer(u, x).T))
    assert flat.message.startswith("W_bar: Expected shape (2, 3), got (3, 2): it looks transposed")
    assert grade(PAIR, lambda W, u, x: (np.outer(u, x), u @ W)).diagnosis == "exchanged"


# ---- A checker that is broken on purpose is found out -------------------------------------------


@pytest.fixture
def without_laws(monkeypatch):
    """The laws catch many of these faults on their own; here the others are to be seen at work."""
    monkeypatch.setattr(Function, "obey", lambda *args: None)


def test_a_checker_that_accepts_everything_is_caught(monkeypatch, without_laws):
    monkeypatch.setattr(exercises, "problem", lambda *args, **options: "")
    for key, exercise in EXERCISES.items():
        if isinstance(exercise, Function | Value):
            with pytest.raises(AssertionError, match="passed"):
                prove_wrong_answers_fail(key)


def test_a_checker_without_random_cases_is_caught(monkeypatch, without_laws):
    monkeypatch.setattr(exercises, "RANDOM_CASES", 0)
    for key in FUNCTIONS:
        with pytest.raises(AssertionError, match="passed"):
            prove_wrong_answers_fail(key)


def test_a_checker_that_compares_without_the_shape_is_caught(monkeypatch, without_laws):
    monkeypatch.setattr(grading, "shape_problem", lambda got, want: "")
    caught = 0
    for key, exercise in EXERCISES.items():
        if isinstance(exercise, Function | Value) and np.ndim(getattr(exercise, "want", [0])):
            with pytest.raises((AssertionError, ValueError)):
                prove_wrong_answers_fail(key)
            caught += 1
    assert caught >= 6


def test_a_checker_that_does_not_look_for_changed_arguments_is_caught(monkeypatch, without_laws):
    monkeypatch.setattr(exercises, "differ", lambda a, b: False)
    for key in FUNCTIONS:
        with pytest.raises(AssertionError, match="passed"):
            prove_wrong_answers_fail(key)


def test_a_checker_that_lets_nan_through_is_caught(monkeypatch, without_laws):
    monkeypatch.setattr(grading, "finite_problem", lambda array: "")
    monkeypatch.setattr(
        grading,
        "value_problem",
        lambda got, want, secret, tolerance: (
            "wrong" if np.any(np.abs(got.array - want) > 1e-9 * max(1, np.abs(want).max())) else ""
        ),
    )
    for key in FUNCTIONS:
        with pytest.raises(AssertionError, match="passed"):
            prove_wrong_answers_fail(key)


def test_a_checker_that_names_nothing_is_caught(monkeypatch):
    monkeypatch.setattr(exercises.Exercise, "recognised", lambda self, matches: None)
    for key in EXERCISES:
        with pytest.raises(AssertionError):
            prove_known_mistakes_are_named(key)


def rounds(key):
    """Are there results that no float32 can hold, so that right answers differ in rounding?"""
    exercise = EXERCISES[key]
    results = [np.asarray(exercise.reference(*args), float) for args in exercise.fixed]
    return any((result != result.astype(np.float32)).any() for result in results)


def test_a_checker_that_is_too_strict_is_caught(monkeypatch):
    monkeypatch.setattr(grading, "allowed", lambda got, want, tolerance=0: 0.0)
    for key in filter(rounds, FUNCTIONS):
        with pytest.raises(AssertionError):
            prove_right_answers_pass(key)


WITH_A_WITNESS = [
    key for key in FUNCTIONS if any("agreement" in law.name for law in EXERCISES[key].properties)
]


@pytest.mark.parametrize("key", WITH_A_WITNESS)
def test_a_wrong_reference_is_our_fault(key):
    """The law knows nothing of the reference: with a wrong one the fault is named as ours."""
    exercise = EXERCISES[key]
    ours = dataclasses.replace(exercise)
    object.__setattr__(ours, "reference", twice(exercise.reference))
    result = grade(ours, ours.reference)
    assert result.status is Status.FAULT
    assert "fault, not yours" in result.message
    assert grade(exercise, exercise.reference)


def twice(reference):
    @functools.wraps(reference)
    def doubled(*args):
        return 2 * np.asarray(reference(*args))

    return doubled


def test_a_law_catches_what_values_do_not():
    law = Property("odd", lambda f, args, rng: abs(float(f(-args[0]) + f(args[0]))))

    def odd(a):
        return a**3

    exercise = Function(
        name="odd",
        title="odd",
        task="a³",
        hints=("", "", ""),
        explanation="",
        reference=odd,
        fixed=((np.array(2.0),),),
        random=lambda rng: (np.abs(rng.standard_normal(())),),
        properties=(law,),
    )
    assert grade(exercise, odd)
    result = grade(exercise, lambda a: abs(a) ** 3)
    assert result.status is Status.NOT_YET
    assert "it is not odd" in result.message


def test_the_numbers_of_chapter_01_are_those_of_its_function():
    """The exercises by hand, and each of their known mistakes, computed."""

    def g(x):
        return np.array([x[0] * x[1], x[0] + 3 * x[1], x[0] ** 2])

    x, v, u = np.array([3.0, 2.0]), np.array([1.0, -2.0]), np.array([3.0, -1.0, 1.0])

    def jacobian(x):  # central differences are exact for squares
        return np.stack([(g(x + e / 2) - g(x - e / 2)) for e in np.eye(2)], axis=1)

    J = jacobian(x)
    push, pull = J @ v, u @ J
    chapter = CHAPTERS["01"]
    assert np.allclose(chapter["jacobian-by-hand"].want, J)
    assert np.allclose(chapter["push-by-hand"].want, push)
    assert np.allclose(chapter["pull-by-hand"].want, pull)
    gives = {
        "jacobian-by-hand": {
            "transposed": J.T,
            "swapped the columns": J[:, ::-1],
            "swapped the point": jacobian(x[::-1]),
            "the value": g(x),
        },
        "push-by-hand": {
            "not added": J * v,
            "the moved value": g(x) + push,
            "the exact change": g(x + v) - g(x),
            "g of v": g(v),
            "sign": J @ np.abs(v),
            "swapped the tangent": J @ v[::-1],
            "summed": push.sum(),
        },
        "pull-by-hand": {
            "forward for reverse": J @ u[:2],
            "the push again": push,
            "not added": u[:, None] * J,
            "without weights": J.sum(axis=0),
            "sign": np.abs(u) @ J,
            "swapped": pull[::-1],
            "weighed the values": u @ g(x),
            "summed": pull.sum(),
        },
    }
    for name, expected in gives.items():
        known = {wrong.name: wrong.gives for wrong in chapter[name].wrong}
        for mistake, value in expected.items():
            assert np.shape(known[mistake]) == np.shape(value), (name, mistake)
            assert np.allclose(known[mistake], value, atol=1e-6), (name, mistake)


# ---- Found by readers ---------------------------------------------------------------------------

BY_NAME = {e.name: e for e in EXERCISES.values()}


@pytest.mark.parametrize("size", [10**400, 10**5000, -(10**5000)], ids=["1", "2", "3"])
def test_an_axis_without_measure_is_refused(size):
    result = grade(BY_NAME["read-a-shape"], (size, 6))
    assert result.status is Status.NOT_YET
    assert "An axis of more than 1,000,000,000 came" in result.message


@pytest.mark.parametrize("kind", [np.float32, np.float64, Fraction, np.int8])
def test_a_whole_number_of_any_type_is_one(kind):
    line, shape = BY_NAME["wrong-line"], BY_NAME["read-a-shape"]
    assert grade(line, kind(line.right))
    assert grade(shape, tuple(map(kind, shape.want)))
    assert not grade(line, kind(line.right) / 3)


@pytest.mark.parametrize("written", ["{}", " {} ", "line {}", "Line {}.", "{}:"])
def test_the_number_of_a_line_may_be_a_text(written):
    line = BY_NAME["wrong-line"]
    assert grade(line, written.format(line.right))
    assert grade(line, np.array(written.format(line.right)))
    other = next(iter(line.reasons))
    assert grade(line, written.format(other)).diagnosis == f"line {other}"
    for text in ("", "line", "the last", "6 or 7", "6.5", "-6", "²", "9" * 5000):
        result = grade(line, written.format(text))
        assert result.status is Status.NOT_YET
        assert "number of a line is wanted" in result.message or "numbered from" in result.message


ORDERINGS = [key for key, e in EXERCISES.items() if isinstance(e, Ordering)]


@pytest.mark.parametrize("between", [" ", ", ", ",", "\n", "  ", " → ", "->", " -> ", "; "])
@pytest.mark.parametrize("key", ORDERINGS)
def test_an_order_may_be_one_text(key, between):
    order = next(answer for answer in right_answers(key) if isinstance(answer, list | tuple))
    assert check(key, between.join(order))
    assert check(key, f"[{between.join(order)}]")
    assert check(key, between.join(reversed(order))).diagnosis
    assert "is none of the items" in check(key, between.join([*order, "y9"])).message


@pytest.mark.parametrize("written", ["( {} )", "'{}'", '"{}"', "{}.", "“{}”"])
def test_a_letter_passes_however_it_is_written(written):
    choice = BY_NAME["rows-or-columns"]
    assert grade(choice, written.format(choice.right))
    assert grade(choice, np.array(choice.right))


def test_an_array_of_texts_is_a_list_of_them():
    key = next(key for key, e in EXERCISES.items() if e.name == "order-of-work")
    order = next(answer for answer in right_answers(key) if isinstance(answer, list | tuple))
    assert check(key, np.array(order))
    assert check(key, np.array(order)[::-1]).status is Status.NOT_YET
    assert check(key, np.array([order])).status is Status.NOT_YET


def test_one_predicted_number_may_stand_in_an_array():
    for answer in (15, [15], np.array([15]), np.array([[15.0]])):
        assert grade(BY_NAME["count-the-slopes"], answer)
    assert grade(BY_NAME["count-the-slopes"], [14]).status is Status.NOT_YET


def test_a_prediction_of_another_shape_is_told_its_shape():
    result = grade(BY_NAME["predict-the-push"], [[0.25], [3]])
    assert result.status is Status.NOT_YET
    assert "(2, 1) came where (2,) was wanted" in result.message
    assert "is another" not in result.message
