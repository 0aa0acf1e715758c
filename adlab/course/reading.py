"""Reads an answer, whatever it is, into plain data that the judge can trust.

Everything that could run code of the learner's happens here, inside `limits.attempt`: an object may
have an `__array__`, an `__iter__` or a `__class__` that raises or never ends. What comes out is of
exactly these types: `Numbers`, str, int, tuples of those. What can't be read is a `Verdict` that
says what came and what was wanted.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from types import CoroutineType

import numpy as np

from adlab.course.limits import Verdict, shortened
from adlab.jacobians import Jacobian

NOT_YET, NOT_ATTEMPTED = "NOT YET", "NOT ATTEMPTED"
MOST = 1_000_000  # numbers in an array
MOST_LISTED = 100_000  # numbers and lists in a list
DEEPEST = 12  # lists within lists
LONGEST = 10**9  # numbers along an axis
EPSILON = {8: float(np.finfo(np.float64).eps), 4: float(np.finfo(np.float32).eps)}


@dataclass(frozen=True)
class Numbers:
    """An array of our own, in float64; `eps` is the precision of the answer that it was."""

    array: np.ndarray
    eps: float = EPSILON[8]


def numbers(answer, wanted="an array"):
    """Numbers, from an array, a number, lists or tuples of them, or a Jacobian of adlab's."""
    stop_if_unanswered(answer)
    kind = type(answer)
    if kind is Numbers:
        return answer
    if issubclass(kind, Jacobian):
        stop_if_huge(answer.shape)
        return plain(answer.dense())
    if issubclass(kind, np.ndarray | np.generic):
        return from_array(answer, wanted)
    if issubclass(kind, list | tuple):
        return from_nested(answer, wanted)
    if issubclass(kind, int | float | Fraction):
        return from_nested(answer, wanted)
    if issubclass(kind, complex):
        raise complex_numbers()
    if not issubclass(kind, type) and hasattr(kind, "__array__"):
        array = answer.__array__()
        if issubclass(type(array), np.ndarray):
            return from_array(array, wanted)
    raise not_numbers(answer, wanted)


def from_array(array, wanted):
    stop_if_huge(np.ndarray.shape.__get__(array) if isinstance(array, np.ndarray) else ())
    if array.dtype.kind == "O":
        return from_nested(np.ndarray.tolist(array), wanted)
    return plain(np.asarray(array), wanted)


def from_nested(answer, wanted):
    """Lists are walked with a count, so that a list in itself or 2^60 entries do no harm."""
    seen = [0]

    def walk(part, depth):
        seen[0] += 1
        if seen[0] > MOST_LISTED or depth > DEEPEST:
            raise Verdict(
                NOT_YET, f"Your answer holds more than {MOST_LISTED:,} numbers, or has no end."
            )
        stop_if_unanswered(part)
        kind = type(part)
        if issubclass(kind, list | tuple):
            return [walk(inner, depth + 1) for inner in part]
        if issubclass(kind, np.ndarray) or hasattr(kind, "__array__"):
            return numbers(part, wanted).array
        if issubclass(kind, Fraction):
            return float(part)
        if issubclass(kind, complex):
            raise complex_numbers()
        if issubclass(kind, bool) or not issubclass(kind, int | float):
            raise not_numbers(part, wanted, depth)
        try:
            return float(part)
        except OverflowError:
            return float("inf")

    nested = walk(answer, 0)
    try:
        return plain(np.array(nested, dtype=float), wanted, smallest_precision(answer))
    except ValueError:
        raise Verdict(NOT_YET, no_array(nested)) from None


def no_array(nested):
    """What to say of lists that NumPy can't make one array of."""
    if all(isinstance(part, np.ndarray) and part.ndim for part in nested):
        shapes = ", ".join(str(part.shape) for part in nested[:10])
        return (
            f"Your answer is {len(nested)} arrays, of shapes {shapes}; one array is wanted. "
            "np.hstack puts arrays side by side, np.vstack on top of each other, and "
            "np.concatenate one after the other."
        )
    return (
        "The rows of your answer have different lengths, so it is no array. Give every row "
        "equally many numbers."
    )


def smallest_precision(answer):
    """The coarsest float type among the entries of lists, as its ε."""
    if issubclass(type(answer), list | tuple):
        return max(map(smallest_precision, answer), default=EPSILON[8])
    dtype = getattr(answer, "dtype", None)
    return plain(np.asarray(answer)).eps if dtype is not None else EPSILON[8]


def plain(array, wanted="an array", eps=0.0):
    """A copy in float64; whole numbers are numbers too, and float32 is remembered."""
    kind = array.dtype.kind
    if kind == "c":
        raise complex_numbers()
    if kind == "b":
        raise Verdict(NOT_YET, f"Your answer holds True and False; {wanted} of numbers is wanted.")
    if kind not in "fiu":
        raise Verdict(
            NOT_YET, f"Your answer holds {array.dtype} and not numbers; {wanted} is wanted."
        )
    if kind == "f" and array.dtype.itemsize < 4:
        raise Verdict(
            NOT_YET,
            "Your answer is in float16, which keeps three digits: too few to judge. "
            "Compute in float64.",
        )
    if kind == "f":
        eps = max(eps, EPSILON.get(array.dtype.itemsize, EPSILON[8]))
    return Numbers(np.array(array, dtype=float, order="C"), max(eps, EPSILON[8]))


def parts(answer, names):
    """The parts of a tuple or list; `names` are those that are wanted."""
    stop_if_unanswered(answer)
    wanted = f"({', '.join(names)})"
    if not issubclass(type(answer), list | tuple):
        raise Verdict(
            NOT_YET,
            f"{len(names)} results are wanted, {wanted}; your answer is {a_thing(answer)}. "
            "Separate them by commas.",
        )
    if len(answer) != len(names):
        raise Verdict(
            NOT_YET, f"{len(names)} results are wanted, {wanted}; your answer has {len(answer)}."
        )
    return tuple(answer)


def whole(answer, wanted="a whole number"):
    """A Python int."""
    stop_if_unanswered(answer)
    kind = type(answer)
    if issubclass(kind, np.ndarray) and np.ndarray.shape.__get__(answer) == ():
        answer = np.ndarray.item(answer)
        kind = type(answer)
    if not issubclass(kind, bool) and issubclass(kind, int | np.integer):
        return int(answer)
    if issubclass(kind, float | np.floating) and float(answer).is_integer():
        return int(answer)
    if issubclass(kind, Fraction) and answer.denominator == 1:
        return int(answer)
    raise Verdict(NOT_YET, f"{wanted[0].upper()}{wanted[1:]} is wanted; {a_thing(answer)} came.")


def line(answer, wanted="the number of a line"):
    """A Python int, from a number or a text like "8" or "line 8"."""
    answer = unpacked(answer)
    if issubclass(type(answer), str):
        text = word(answer, wanted).lower().removeprefix("line").rstrip(".:")
        answer = int(text) if re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else answer
    return whole(answer, wanted)


def shape(answer):
    """A tuple of ints."""
    stop_if_unanswered(answer)
    kind = type(answer)
    if issubclass(kind, np.ndarray) and answer.ndim == 1:
        stop_if_huge(answer.shape)
        answer = np.ndarray.tolist(answer)
    elif issubclass(kind, str):
        raise Verdict(NOT_YET, "Write the shape without quotes, as in (3, 4).")
    elif not issubclass(kind, list | tuple):
        raise Verdict(
            NOT_YET,
            f"A shape is a tuple: one number for each axis, as in (3, 4) or (3,). "
            f"{a_thing(answer).capitalize()} came.",
        )
    if len(answer) > DEEPEST:
        raise Verdict(NOT_YET, f"A shape with {len(answer)} axes came. Count the axes again.")
    sizes = tuple(whole(n, "a whole number for each axis") for n in answer)
    if any(abs(n) > LONGEST for n in sizes):
        raise Verdict(
            NOT_YET, f"An axis of more than {LONGEST:,} came: no array here is that large."
        )
    return sizes


def word(answer, wanted):
    """A str in lower case, without blanks around it."""
    stop_if_unanswered(answer)
    answer = unpacked(answer)
    if not issubclass(type(answer), str):
        raise Verdict(NOT_YET, f"{wanted} is wanted; {a_thing(answer)} came.")
    text = str.__str__(answer)
    return shortened(text.strip(), 60)


def words(answer, wanted):
    """A tuple of str, from a list, a tuple, an array, or one text with blanks, commas or arrows."""
    stop_if_unanswered(answer)
    answer = unpacked(answer)
    if issubclass(type(answer), str):
        answer = re.findall(r"[^][\s,;>→()'\"“”-]+", shortened(str.__str__(answer), 1000))
    if not issubclass(type(answer), list | tuple):
        raise Verdict(NOT_YET, f"{wanted} is wanted; {a_thing(answer)} came.")
    if len(answer) > 100:
        raise Verdict(NOT_YET, f"{wanted} is wanted; a list of {len(answer):,} came.")
    return tuple(word(part, wanted) for part in answer)


def unpacked(answer):
    """An array of NumPy's as the lists or the one text that it holds; all else as it is."""
    if not issubclass(type(answer), np.ndarray):
        return answer
    stop_if_huge(np.ndarray.shape.__get__(answer))
    return np.ndarray.tolist(answer)


def tree(answer, wanted, depth=0):
    """Pairs of pairs of names: nested tuples of str, each of two parts.

    A text in which the brackets stand, like "(P Q) R", is read as the pairs that it shows.
    """
    stop_if_unanswered(answer)
    answer = unpacked(answer)
    if issubclass(type(answer), str):
        answer = bracketed(shortened(str.__str__(answer), 1000), wanted)
        if isinstance(answer, str):
            return word(answer, wanted)
    if not issubclass(type(answer), list | tuple) or depth > DEEPEST:
        raise Verdict(NOT_YET, f"{wanted} is wanted; {a_thing(answer)} came.")
    if len(answer) != 2:
        raise Verdict(
            NOT_YET,
            f"Each pair of brackets multiplies two things; one of yours holds {len(answer)}. "
            f"{wanted} is wanted.",
        )
    return tuple(tree(part, wanted, depth + 1) for part in answer)


def bracketed(text, wanted):
    """The nested lists of a text like "(P Q) R"; brackets around one thing are left out."""
    open_lists = [[]]
    for part in re.findall(r"[][()]|[^][()\s,;·*×@'\"“”]+", text):
        if part in "([":
            open_lists.append([])
        elif part not in ")]":
            open_lists[-1].append(part)
        elif len(open_lists) > 1:
            inner = open_lists.pop()
            open_lists[-1].append(inner[0] if len(inner) == 1 else inner)
        else:
            raise Verdict(NOT_YET, f"A bracket is closed that was not opened. {wanted} is wanted.")
    if len(open_lists) > 1:
        raise Verdict(NOT_YET, f"A bracket is opened and not closed. {wanted} is wanted.")
    (found,) = open_lists
    return found[0] if len(found) == 1 else found


# ---- What came instead --------------------------------------------------------------------------


def stop_if_unanswered(answer):
    if answer is None or answer is ... or answer is NotImplemented:
        raise Verdict(NOT_ATTEMPTED, "")


def stop_if_huge(shape):
    size = 1
    for n in shape:
        size *= int(n)
    if size > MOST:
        raise Verdict(
            NOT_YET,
            f"Your answer has shape {tuple(map(int, shape))}: {size:,} numbers. "
            "That is far too many here; it was not looked at.",
        )


def complex_numbers():
    return Verdict(NOT_YET, "Your answer is complex; real numbers are wanted: take its .real.")


def not_numbers(answer, wanted, depth=0):
    came = "Inside your answer stands" if depth else "Your answer is"
    hint = ""
    if type(answer) is CoroutineType:
        answer.close()  # or Python complains that it was never awaited
        hint = " Write def in place of async def."
    elif issubclass(type(answer), str):
        hint = " Write it without quotes."
    elif type_name(type(answer)) in ("generator", "map", "zip", "range"):
        hint = " Turn it into a list, or use return where yield stands."
    elif issubclass(type(answer), type) or callable(answer):
        hint = " Did you mean to call it?"
    return Verdict(NOT_YET, f"{came} {a_thing(answer)}; {wanted} is wanted.{hint}")


COMMON = {
    "ndarray": "an array",
    "str": "a text",
    "list": "a list",
    "tuple": "a tuple",
    "dict": "a dict",
    "set": "a set",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "complex": "a complex number",
    "function": "a function",
    "type": "a class",
    "generator": "a generator",
    "coroutine": "a coroutine",
    "object": "a bare object",
}


def a_thing(answer):
    """What it is, in words, by its type alone: no method of the object is called."""
    kind = type(answer)
    name = type_name(kind)
    return COMMON.get(name) or f"an object of type {shortened(name, 60)}"


def type_name(kind):
    """The name of a class, whatever its metaclass does."""
    return type.__dict__["__name__"].__get__(kind)
