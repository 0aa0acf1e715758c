"""Answers to every exercise: differently written right ones, and wrong ones beyond the known.

Each chapter has its file here; `test_exercises.py` asks for an entry for each exercise of
`adlab.course.chapters.CHAPTERS`.
"""

import numpy as np

from adlab.course.chapters import CHAPTERS
from adlab.course.exercises import Brackets, Function, Ordering
from tests.course.answers import (
    ch00,
    ch01,
    ch02,
    ch03,
    ch04,
    ch05,
    ch06,
    ch07,
    ch08,
    ch09,
)

EXERCISES = {
    f"{key}/{exercise.name}": exercise
    for key, chapter in CHAPTERS.items()
    for exercise in chapter.exercises
}

FILES = (
    ch00,
    ch01,
    ch02,
    ch03,
    ch04,
    ch05,
    ch06,
    ch07,
    ch08,
    ch09,
)
RIGHT = {key: answers for file in FILES for key, answers in file.RIGHT.items()}
WRONG = {key: answers for file in FILES for key, answers in file.WRONG.items()}


def submission(exercise, wrong):
    """What a learner would hand in who gives this known wrong answer."""
    if not isinstance(exercise, Ordering):
        return wrong.gives
    earlier, later = wrong.gives
    order = [item for item in orders(exercise) if item != later]
    order.insert(order.index(earlier), later)
    return order


def orders(exercise):
    """An order in which nothing comes too early."""
    done, left = [], list(exercise.items)
    while left:
        free = [b for b in left if not any(a in left for a, late in exercise.before if late == b)]
        done.append(free[0])
        left.remove(free[0])
    return done


# ---- For every function -------------------------------------------------------------------------


def in_float32(exercise):
    return lambda *args: np.asarray(exercise.reference(*args), np.float32)


def in_lists(exercise):
    return lambda *args: np.asarray(exercise.reference(*args)).tolist()


def talking(exercise):
    def answer(*args):
        print("<b>I am here</b>", args)
        return exercise.reference(*args)

    return answer


def learnt_by_heart(exercise):
    """Right on the hand-made cases and nowhere else."""

    def known(args, fixed):
        pairs = zip(args, fixed, strict=True)
        return all(np.array_equal(a, b) if isinstance(b, np.ndarray) else a == b for a, b in pairs)

    def answer(*args):
        value = exercise.reference(*args)
        return value if any(known(args, fixed) for fixed in exercise.fixed) else 0 * value

    return answer


def with_an_axis_more(exercise):
    return lambda *args: np.asarray(exercise.reference(*args))[None]


def off_in_the_last_entry(exercise):
    """Wrong in one entry, and only where the result has more than one."""

    def answer(*args):
        value = np.array(exercise.reference(*args))
        if value.size > 1:
            value.flat[-1] += 1e-4
        return value

    return answer


def writes_to_its_argument(exercise):
    def answer(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray):
                a += 1
        return value

    return answer


def opens_and_writes(exercise):
    """As before, but takes off the protection first."""

    def answer(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray):
                a.flags.writeable = True
                a += 1
        return value

    return answer


def nan_at_one_place(exercise):
    def answer(*args):
        value = np.array(exercise.reference(*args))
        value.flat[0] = np.nan
        return value

    return answer


def tired(exercise):
    """Right ten times, then nothing."""
    calls = []

    def answer(*args):
        calls.append(args)
        return exercise.reference(*args) if len(calls) < 10 else None

    return answer


RIGHT_FOR_FUNCTIONS = (in_float32, in_lists, talking)
WRONG_FOR_FUNCTIONS = (
    learnt_by_heart,
    with_an_axis_more,
    off_in_the_last_entry,
    writes_to_its_argument,
    opens_and_writes,
    nan_at_one_place,
    tired,
)


def right_answers(key):
    exercise = EXERCISES[key]
    more = RIGHT_FOR_FUNCTIONS if isinstance(exercise, Function) else ()
    return [*RIGHT.get(key, []), *(make(exercise) for make in more)]


def wrong_answers(key):
    exercise = EXERCISES[key]
    more = WRONG_FOR_FUNCTIONS if isinstance(exercise, Function) else ()
    known = () if isinstance(exercise, Brackets) else exercise.wrong
    return [
        *(submission(exercise, wrong) for wrong in known),
        *WRONG.get(key, []),
        *(make(exercise) for make in more),
    ]
