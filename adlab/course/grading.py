"""Judges answers by mathematics, in a fixed order, and stops at the first thing that is amiss.

    attempted · callable with this signature · called on copies · type · structure · shape ·
    finite · values · properties

A step that fails raises a `Verdict`; `grade` turns it into the `Result` that a learner reads. The
learner's code runs in `limits.attempt` alone, and what it returns is read by `reading` alone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from adlab.course.limits import Attempt, Verdict, attempt, shortened
from adlab.course.messages import Message
from adlab.course.reading import EPSILON, type_name

LIMIT = 5.0  # seconds for all that a check runs of the learner's code
TOLERANCE = 1e-9  # relative to the largest entry, and at least to 1; for float32: 100 ε
NEARLY = 1e-3  # an error below this, relative to the entry and at least to 1, is one of precision,
PART = 0.1  # not of thought, if it is also below this part of the entry,
NEXT_TO_ZERO = 1e-6  # or below this where the entry is 0


class Status(StrEnum):
    PASSED = "PASSED"
    NOT_YET = "NOT YET"
    NOT_ATTEMPTED = "NOT ATTEMPTED"
    RAISED = "YOUR CODE RAISED"
    TOO_SLOW = "TOO SLOW"
    INTERRUPTED = "INTERRUPTED"
    FAULT = "CHECKER FAULT"


@dataclass(frozen=True)
class Result:
    """What a check found; only PASSED is true. Shown, it is the message for the learner.

    `diagnosis` is the name of the wrong answer that this one behaves like, if it is a known one.
    """

    exercise: str
    status: Status
    message: str
    diagnosis: str = ""

    def __bool__(self):
        return self.status is Status.PASSED

    @property
    def shown(self):
        return Message(f"{self.status} · {self.exercise}", self.message)

    def __repr__(self):
        return repr(self.shown)

    def _repr_html_(self):
        return self.shown._repr_html_()


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that learners really give, and the sentence that helps them on.

    `gives` is the answer: a function, an array, a shape, whatever the exercise asks for.
    """

    name: str
    gives: object
    says: str


def grade(exercise, answer, label="", seed=0, seconds=LIMIT, panel=None) -> Result:
    """Judges an answer: a Result, whatever the answer is and whatever goes wrong."""
    judge = Judge(seed, seconds, panel)
    try:
        status, message, diagnosis = Status.PASSED, exercise.judge(judge, answer), ""
    except Verdict as verdict:
        status, diagnosis = Status(verdict.status), verdict.diagnosis
        message = verdict.message or UNANSWERED
    except KeyboardInterrupt:
        message = "You stopped the check. Nothing was written down; run the cell again any time."
        return Result(label, Status.INTERRUPTED, message)
    except Exception as error:
        return Result(label, Status.FAULT, fault(error))
    return Result(label, status, "\n".join([message, *printed_note(judge.printed)]), diagnosis)


UNANSWERED = (
    "Put your answer in the place of the dots and run the cell again. "
    "If you don't know where to begin, .hint() helps."
)


def fault(error):
    words = shortened(" ".join(str(error).split()), 200)
    return (
        f"The checker of this exercise failed ({type_name(type(error))}: {words}). That is our "
        "fault, not yours: nothing was written down, and nothing says that your answer is wrong. "
        "You can go on, or compare with .reveal()."
    )


def printed_note(text):
    lines = text.strip().splitlines()
    if not lines:
        return []
    more = "" if len(lines) <= 3 else f" … and {len(lines) - 3} lines more"
    return [f"Your code printed: {shortened(' | '.join(lines[:3]), 200)}{more}"]


class Judge:
    """What a check carries along: the seed, the time that is left, what the code has printed."""

    def __init__(self, seed=0, seconds=LIMIT, panel=None):
        self.seed = seed
        self.seconds = seconds
        self.left = seconds
        self.panel = panel
        self.printed = ""

    def run(self, call: Callable, code=None) -> Attempt:
        """Runs code of the learner's, in the time that is left. Too slow is a Verdict."""
        began = time.monotonic()
        try:
            tried = attempt(call, max(self.left, 1e-3), code)
        finally:
            self.left -= time.monotonic() - began
        if tried.slow:
            raise Verdict(
                Status.TOO_SLOW,
                f"Your code was stopped after {self.seconds:g} seconds. Does a loop never end? The "
                "cases are small: a right answer takes a moment.",
            )
        self.printed = self.printed or tried.printed
        return tried

    def read(self, call: Callable):
        """What `call()` reads from an answer that is plain data."""
        tried = self.run(call)
        if tried.raised:
            raise Verdict(Status.RAISED, f"Your answer can't be read: it raises {exception(tried)}")
        return tried.value


def exception(tried):
    """What an Attempt raised, where, and with which words, as far as they are known."""
    where = f", in {tried.where}" if tried.where else ""
    words = f": {tried.error}" if tried.error else ""
    return f"{type_name(tried.kind)}{where}{words}"


# ---- One array against another ------------------------------------------------------------------


def problem(got, want, secret=False, tolerance=TOLERANCE):
    """What is wrong with the Numbers `got` where the array `want` is right; "" if nothing is.

    `secret`: do not say what would be right.
    """
    return (
        shape_problem(got.array.shape, want.shape)
        or finite_problem(got.array)
        or value_problem(got, want, secret, tolerance)
    )


def close(got, want, tolerance=TOLERANCE):
    """Same shape, and each entry within the tolerance; NaN is close to nothing."""
    if got.array.shape != want.shape:
        return False
    return bool(np.all(np.abs(got.array - want) <= allowed(got, want, tolerance)))


def allowed(got, want, tolerance=TOLERANCE):
    coarse = 100 * got.eps if got.eps > EPSILON[8] else 0.0
    return max(tolerance, coarse) * max(1.0, float(np.max(np.abs(want), initial=0.0)))


def shape_problem(got, want):
    if got == want:
        return ""
    said = f"Expected shape {want}, got {got}"
    if len(got) > 1 and got == want[::-1]:
        return f"{said}: it looks transposed."
    if [n for n in got if n != 1] == [n for n in want if n != 1]:
        what = "an axis of length 1 is missing" if len(got) < len(want) else "an axis is too many"
        if len(got) == len(want):
            what = "the axis of length 1 stands in the wrong place"
        return f"{got} came where {want} was wanted: {what}, and .reshape{want} mends it."
    if got == ():
        return f"{said}: one number came. Was something summed that should stay apart?"
    if want == ():
        return f"{said}: one number is wanted. Is a sum missing?"
    return f"{said}."


def finite_problem(array):
    if np.isfinite(array).all():
        return ""
    where = first(~np.isfinite(array))
    return f"Not all of it is finite: {named(where)} is {array[where]}."


def value_problem(got, want, secret, tolerance):
    limit = allowed(got, want, tolerance)
    error = np.abs(got.array - want)
    if np.all(error <= limit):
        return ""
    worst = np.unravel_index(np.argmax(error), error.shape)
    if np.all(near(got.array, want)[error > limit]):
        return (
            f"Close, but not exact: off by {np.max(error):.1e}. Was it rounded, or computed with a "
            "difference quotient? The exact value is wanted."
        )
    like = resemblance(got.array, want)
    if secret:
        right = int(np.sum(error <= limit))
        if want.shape == ():
            return f"The number is not right yet{like}."
        place = named(first(error > limit))
        return f"{right} of {want.size} entries are right. Look again at {place}{like}."
    if want.size <= 8:
        return f"Expected {shown(want)}, got {shown(got.array)}{like}."
    return f"At {named(worst)}: expected {want[worst]:.6g}, got {got.array[worst]:.6g}{like}."


def near(got, want):
    """For each entry: may it be the right one, rounded, or computed with a difference quotient?

    Small entries count as large ones do: 3 for 0.5 is wrong, whatever else the array holds. And
    5049 for 5050 is no rounding.
    """
    error, size = np.abs(got - want), np.abs(want)
    most = np.minimum(NEARLY * np.maximum(1.0, size), np.maximum(PART * size, NEXT_TO_ZERO))
    return (error <= most) & ~(whole(got) & whole(want))


def whole(array):
    return array == np.round(array)


def resemblance(got, want):
    """Which famous mistake gives `got` where `want` is right, as the end of a sentence."""

    def alike(a, b):
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9)

    if not got.any():
        return ": zero everywhere"
    if alike(got, -want):
        return ": the sign is wrong"
    if want.ndim > 1 and alike(got, want.T):
        return ": it is transposed"
    ratio = float(np.vdot(want, got) / np.vdot(want, want)) if want.any() else 0.0
    if ratio and alike(got, ratio * want):
        return f": {'every entry' if want.ndim else 'it'} is {ratio:.4g} times what it should be"
    return ""


def first(mask):
    return tuple(int(i) for i in np.argwhere(mask)[0])


def named(index):
    """An entry, as NumPy counts: `entry [2, 0]`."""
    return f"entry {[int(i) for i in index]}" if index else "it"


def shown(array):
    """A small array on one line, rounded."""
    text = np.array2string(
        np.asarray(array) + 0.0,
        precision=4,
        suppress_small=True,
        separator=", ",
        max_line_width=10_000,
        formatter={"float_kind": lambda x: f"{round(float(x), 4) + 0.0:g}"},
    )
    return " ".join(text.split())
