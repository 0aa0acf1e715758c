"""Answers that no exercise asks for: none may pass, and none may bring the checker down."""

import itertools

import numpy as np


class Raises:
    """An object whose every method that could be asked for raises."""

    def fail(self, *args, **kwargs):
        raise RuntimeError("<i>not with me</i>")

    __array__ = __eq__ = __ne__ = __lt__ = __repr__ = __str__ = __bool__ = __len__ = fail
    __iter__ = __getitem__ = __float__ = __int__ = __index__ = __array_ufunc__ = fail
    __array_function__ = __format__ = __add__ = __mul__ = __abs__ = fail
    __hash__ = None


class RaisesWhenArray:
    def __array__(self, dtype=None, copy=None):
        raise ValueError("no array here")


class EndlessArray:
    def __array__(self, dtype=None, copy=None):
        while True:
            pass


class HugeArray:
    def __array__(self, dtype=None, copy=None):
        return np.broadcast_to(1.0, (100_000, 100_000))


class LiesAboutItsClass:
    @property
    def __class__(self):
        raise RuntimeError("no class")


class Nameless(type):
    @property
    def __name__(cls):
        raise RuntimeError("no name")


class OfANamelessClass(metaclass=Nameless):
    pass


class ListThatNeverEnds(list):
    def __iter__(self):
        return itertools.cycle([1.0])


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Subclass(np.ndarray):
    def __array_finalize__(self, other):
        if other is not None and getattr(self, "ready", False):
            raise RuntimeError("no copies")

    def __eq__(self, other):
        raise RuntimeError("no comparing")


def in_itself():
    a = []
    a.append(a)
    return a


def exponential():
    a = [1.0]
    for _ in range(60):
        a = [a, a]
    return a


VALUES = {
    "None": lambda: None,
    "Ellipsis": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "dots inside": lambda: [[..., ...], [..., ...]],
    "text": lambda: "I do not know",
    "empty text": lambda: "",
    "long text": lambda: "x" * 100_000,
    "markup": lambda: "<script>alert(1)</script>",
    "bytes": lambda: b"abc",
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "nan in an array": lambda: np.full((2, 3), np.nan),
    "huge int": lambda: 10**400,
    "True": lambda: True,
    "array of bools": lambda: np.ones((3, 2), bool),
    "complex": lambda: 1 + 2j,
    "complex array": lambda: np.ones((3, 2), complex),
    "object": object,
    "object array": lambda: np.array([[object(), None]], dtype=object),
    "ragged": lambda: [[1.0, 2.0], [3.0]],
    "empty list": list,
    "empty array": lambda: np.empty((0, 3)),
    "dict": lambda: {"a": 1},
    "set": lambda: {1, 2},
    "range": lambda: range(10**12),
    "generator": lambda: (x for x in [1.0, 2.0]),
    "class": lambda: Raises,
    "exception": lambda: ValueError("as a value"),
    "function": lambda: np.add,
    "huge array": lambda: np.broadcast_to(1.0, (100_000, 100_000)),
    "huge object with __array__": HugeArray,
    "list in itself": in_itself,
    "exponential list": exponential,
    "deep list": lambda: [[[[[[[[[[[[[[[[[[1.0]]]]]]]]]]]]]]]]]],
    "raises at everything": Raises,
    "list of raisers": lambda: [Raises(), Raises()],
    "raises in __array__": RaisesWhenArray,
    "lies about its class": LiesAboutItsClass,
    "nameless": OfANamelessClass,
    "ndarray subclass": lambda: np.ones((7, 7)).view(Subclass),
    "float16": lambda: np.ones(3, np.float16),
    "dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "record": lambda: np.zeros(3, dtype=[("a", float)]),
    "texts": lambda: ["1", "2"],
}

ENDLESS_VALUES = {"endless __array__": EndlessArray, "endless list": ListThatNeverEnds}


def returns(make):
    return lambda *args: make()


def endless(*args):
    while True:
        pass


def endless_and_stubborn(*args):
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722 - a learner's
            continue


def never_gives_up_and_returns(*args):
    try:
        while True:
            pass
    except BaseException:
        return np.zeros(2)


def prints_without_end(*args):
    while True:
        print("again and again")


def raises(error):
    def function(*args):
        raise error

    return function


def recursive(*args):
    return recursive(*args)


def exits(*args):
    raise SystemExit(3)


def yields(*args):
    yield 1.0


async def coroutine(*args):
    return 1.0


def two_arguments_too_many(a, b, c, d, e, f, g):
    return a


FUNCTIONS = {
    **{f"returns {name}": returns(make) for name, make in VALUES.items()},
    "prints": lambda *args: print("something", *args),
    "returns an endless list": returns(ListThatNeverEnds),
    "returns itself": lambda *args: returns,
    "raises an exception without words": raises(MuteError()),
    "raises markup": raises(ValueError("<script>alert(1)</script>")),
    "raises a group": raises(ExceptionGroup("many", [ValueError("one")])),
    "raises StopIteration": raises(StopIteration()),
    "raises NotImplementedError": raises(NotImplementedError("later")),
    "raises MemoryError": raises(MemoryError()),
    "raises KeyboardInterrupt": raises(KeyboardInterrupt()),
    "raises GeneratorExit": raises(GeneratorExit()),
    "exits": exits,
    "recursive": recursive,
    "yields": yields,
    "coroutine": coroutine,
    "too many arguments": two_arguments_too_many,
    "no arguments": lambda: 1.0,
    "a class to call": Raises,
    "a method of text": "abc".upper,
}

ENDLESS_FUNCTIONS = {
    "endless": endless,
    "endless and stubborn": endless_and_stubborn,
    "never gives up": never_gives_up_and_returns,
    "prints without end": prints_without_end,
    "returns endless __array__": returns(EndlessArray),
}
