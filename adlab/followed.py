"""Arrays that are followed: NumPy computes with them, and each step is noticed.

NumPy asks an argument that is no array of its own what to do (`__array_ufunc__`,
`__array_function__`). So the functions to be differentiated are written with NumPy itself. What is
done with a step is the business of who follows: `tracing.py` writes an equation down, `duals.py`
pushes a tangent along.

When transforms are nested, a value may be followed by several at a time, each inside the next, and
the innermost takes the step first: what it computes with is followed by the others. Each has a
number, later ones are further in; so the derivatives of two transforms are never mixed up.

Source: NumPy's NEP 13 and NEP 18; the numbering: Pearlmutter & Siskind, *Lambda the ultimate
backpropagator* (2008), on perturbation confusion.
"""

from functools import cache
from inspect import Parameter, signature
from itertools import count

import numpy as np

from adlab.operations import Through, full_name, no_rule, refuse_unknown
from adlab.rules import COMPOSED, FLAT, RULES, UFUNC_METHODS, as_type, index, outer
from adlab.rules.moves import array, holds_followed

RANKS = count(1)
LISTS = (list, tuple, range)
UNSET = ("out", "dtype")  # settings that are as good as left out if they are None
OVER = (
    "a value of a function that has been differentiated is used after its end: return what you "
    "need from the function, or keep stop_gradient(x)"
)
ENTRY = (
    "adlab: a value that is being differentiated can't be written into a plain array, as in "
    "y[i] = x[i]: collect the values in a list, and make the array of them with np.stack"
)


def call(function, args, settings):
    """What NumPy's function gives where some arguments are followed."""
    if settings:
        settings = {key: x for key, x in settings.items() if x is not None or key not in UNSET}
    rules = RULES.get(function)
    if rules is None:
        return call_another(function, args, settings)
    if settings:
        refuse_followed(function, settings)
        check_names(function, *settings)
    if function is np.where and len(args) == 1:
        return call(np.nonzero, args, settings)
    inner = None
    for a in args:
        if isinstance(a, Followed):
            if inner is None or a.follower.rank > inner.rank:
                inner = a.follower
        elif isinstance(a, LISTS) and isinstance(function, np.ufunc):
            return call(function, as_arrays(args), settings)
    if not inner.open:
        raise ValueError(OVER)
    return inner.operate(function, rules, args, settings)


def call_another(function, args, settings):
    """A function that is flat, or written with others."""
    if function in FLAT:
        settings = {key: bare(x) for key, x in settings.items()}
        return function(*map(bare, args), **settings)
    if function in COMPOSED:
        composed = COMPOSED[function]
        if len(args) > 1:
            args, settings = by_name(function, composed, args, settings)
        refuse_unknown(function, composed, settings)
        return composed(*args, **settings)
    raise TypeError(no_rule(function))


def by_name(function, composed, args, settings):
    """(args, settings): as far as places agree with NumPy's, by place; from there on by name.

    np.var(x, 0, None, None, 1) has ddof in the fifth place, after dtype and out; those that are
    left as they are by default are left out.
    """
    code, theirs = composed.__code__, defaults(function)
    ours = code.co_varnames[: code.co_argcount]
    k = next((k for k, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), len(ours))
    moved = list(theirs.items())[k : len(args)]
    if any(default is Parameter.empty for _, default in moved):
        return args, settings  # it has no default, so it is no setting: all go by their places
    named = {key: x for (key, default), x in zip(moved, args[k:], strict=False) if x is not default}
    return args[:k] + args[k + len(moved) :], settings | named


@cache
def defaults(function):
    """{name: default} of a function's arguments, where it tells them."""
    try:
        return {key: p.default for key, p in signature(function).parameters.items()}
    except ValueError:
        return {}


def as_arrays(args):
    """Lists of numbers as arrays of the float type that they meet; numbers may be followed too."""
    dtype = np.result_type(*(a.dtype for a in args if isinstance(a, Followed)))

    def made(a):
        return array(a) if holds_followed(a) else np.asarray(a, dtype)

    return tuple(made(a) if isinstance(a, LISTS) else a for a in args)


def innermost(args):
    """Who follows an argument and started last."""
    return max((in_use(a).follower for a in args if isinstance(a, Followed)), key=lambda f: f.rank)


def bare(x):
    """x without its innermost follower, in lists and tuples too."""
    if isinstance(x, Followed):
        return x.value
    return type(x)(map(bare, x)) if type(x) in (list, tuple) else x


def in_use(x):
    """x, which must not be a value of a transform that is over."""
    if isinstance(x, Followed) and not x.follower.open:
        raise ValueError(OVER)
    return x


class Follower:
    """Who follows. `open` until its function has returned; of two, the one further in has the
    higher rank."""

    def __init__(self):
        self.rank = next(RANKS)
        self.open = True

    def step(self, layer, args):
        """layer(*args), where some of args are followed by this one."""
        raise NotImplementedError

    def operate(self, function, rules, args, settings):
        """function(*args, **settings), by its rules."""
        raise NotImplementedError

    def run(self, f, args):
        """f(*args), after which nobody follows any more."""
        try:
            return f(*args)
        except ValueError as error:
            note = self.advice(error)
            if note and note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            raise
        finally:
            self.close()

    def advice(self, error):
        """What to write in place of what raised this error of NumPy's, if that is known."""
        return ENTRY if "np.stack for a[i] = x" in str(error.__cause__) else None

    def close(self):
        self.open = False


class Followed:
    """A value and who follows it."""

    __slots__ = ("follower", "value")

    def __init__(self, value, follower):
        self.value = value
        self.follower = follower

    # ---- NumPy and layers ask here ----

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        if method == "__call__":
            return call(ufunc, inputs, settings)
        if (method, ufunc) in UFUNC_METHODS:
            settings = {"axis": 0} | settings
            return UFUNC_METHODS[method, ufunc](*inputs, **settings)
        if method == "outer" and not settings:
            return outer(ufunc, *inputs)
        settings = "".join(f", {key}=" for key in settings)
        raise TypeError(no_rule(f"np.{ufunc.__name__}.{method}{settings}"))

    def __array_function__(self, function, types, args, settings):
        return call(function, args, settings)

    def record(self, layer, args):
        """A layer is applied to values of which some are followed."""
        return innermost(args).step(layer, args)

    def through(self, J):
        return Through(J)(self)

    # ---- What an array knows ----

    @property
    def shape(self):
        return self.value.shape

    @property
    def ndim(self):
        return self.value.ndim

    @property
    def size(self):
        return self.value.size

    @property
    def dtype(self):
        return self.value.dtype

    @property
    def real(self):
        return self

    @property
    def imag(self):
        return np.zeros(self.shape, self.dtype)

    @property
    def T(self):
        return call(np.transpose, (self,), {})

    @property
    def mT(self):
        return np.swapaxes(self, -1, -2)

    @property
    def flat(self):
        return np.ravel(self)

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(len(self)))

    def __contains__(self, x):
        return bare(x) in self.value

    def __getitem__(self, key):
        return call(index, (self, key), {})

    def __bool__(self):
        return bool(self.value)

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"

    def __format__(self, spec):
        return format(self.value, spec)

    # ---- What would lose the derivative ----

    def __array__(self, *_, **__):
        in_use(self)
        raise TypeError(
            "an array that is being differentiated can't be put into a plain one: leave "
            "np.asarray(x) out, x is an array already; in place of np.array([x, y]) write "
            "np.stack([x, y]), and np.concatenate in place of a[i] = x; for np.mean([x, y]) write "
            "np.mean(np.stack([x, y])), and v @ x for v.dot(x); stop_gradient(x) is plain"
        )

    def lost(self, *_):
        in_use(self)
        raise TypeError(
            "float(), int(), .item() and a[i] = x would lose the derivative: leave the value as "
            "it is, use np.sin for math.sin and np.stack for a[i] = x; to compute with its number "
            "alone, use stop_gradient"
        )

    def __round__(self, digits=0):
        return np.round(self, digits)

    __float__ = __int__ = __index__ = __complex__ = item = tolist = lost
    __trunc__ = __floor__ = __ceil__ = lost

    def __reduce_ex__(self, _):
        raise TypeError("what is being differentiated can't be pickled: pickle stop_gradient(x)")

    def __setitem__(self, key, value):
        raise TypeError(
            "x[i] = ... changes an array that is being differentiated: make a new one, with "
            "np.where, np.concatenate or np.stack"
        )

    def no_place(self, *_, **__):
        raise TypeError("this method changes the array in place: use the function, such as np.sort")

    sort = fill = put = resize = partition = no_place

    def __getattr__(self, name):
        raise AttributeError(
            f"an array that is being differentiated has no .{name}: use a function of NumPy"
        )

    def __eq__(self, other):
        return self.value == bare(other)

    def __ne__(self, other):
        return self.value != bare(other)

    __hash__ = object.__hash__

    # ---- Methods that are functions ----

    def reshape(self, *shape, order="C"):
        if len(shape) == 1 and np.ndim(shape[0]):
            shape = tuple(shape[0])
        if shape == self.shape and order == "C":
            return self
        return call(np.reshape, (self, shape), in_order(order))

    def transpose(self, *axes):
        return call(np.transpose, (self, (axes[0] if len(axes) == 1 else axes) or None), {})

    def astype(self, dtype, copy=True):
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        return bare(self).astype(dtype) if dtype.kind in "iub" else as_type(self, dtype)

    def flatten(self, order="C"):
        return call(np.ravel, (self,), in_order(order))

    def ravel(self, order="C"):
        return call(np.ravel, (self,), in_order(order))

    def compress(self, condition, axis=None):
        return call(np.compress, (condition, self, axis), {})

    def conj(self, *_):
        return self

    conjugate = __copy__ = __deepcopy__ = conj  # no value is ever changed in place

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self


OPERATORS = {
    "add": (np.add, "+"),
    "sub": (np.subtract, "-"),
    "mul": (np.multiply, "*"),
    "truediv": (np.divide, "/"),
    "pow": (np.power, "**"),
    "matmul": (np.matmul, "@"),
    "mod": (np.remainder, "%"),
    "floordiv": (np.floor_divide, "//"),
}
COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
SIGNS = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
METHODS = (
    *("sum", "mean", "prod", "max", "min", "var", "std", "clip", "round", "ptp"),
    *("cumsum", "cumprod", "squeeze", "swapaxes", "repeat", "take", "diagonal", "trace", "dot"),
    *("copy", "argmax", "argmin", "argsort", "any", "all", "nonzero"),
)


def in_order(order):
    """The setting `order`, where it is not the usual one."""
    return {} if order == "C" else {"order": order}


def binary(ufunc):
    def operator(x, other):
        if getattr(other, "__array_ufunc__", True) is None:
            return NotImplemented  # a Jacobian, which knows what u @ J is
        return call(ufunc, (x, other), {})

    return operator


def mirrored(ufunc):
    return lambda x, other: call(ufunc, (other, x), {})


def in_place(ufunc, sign):
    """`x += 1` changes an array, for all who have it; a single number it only names anew."""

    def change(x, other):
        if x.ndim:
            raise TypeError(
                f"x {sign}= ... changes an array that is being differentiated: write "
                f"x = x {sign} ..., which makes a new one"
            )
        return call(ufunc, (x, other), {})

    return change


def unary(ufunc):
    return lambda x: call(ufunc, (x,), {})


def method(function):
    return lambda x, *args, **settings: call(function, (x, *args), settings)


for name, (ufunc, sign) in OPERATORS.items():
    setattr(Followed, f"__{name}__", binary(ufunc))
    setattr(Followed, f"__i{name}__", in_place(ufunc, sign))
    setattr(Followed, f"__r{name}__", mirrored(ufunc))
for name, ufunc in COMPARISONS.items():
    setattr(Followed, f"__{name}__", binary(ufunc))
for name, ufunc in SIGNS.items():
    setattr(Followed, f"__{name}__", unary(ufunc))
for name in METHODS:
    setattr(Followed, name, method(getattr(np, name)))


# ---- Errors -------------------------------------------------------------------------------------


@cache
def check_names(function, *names):
    """A TypeError for a setting that the rule of the function has no name for."""
    refuse_unknown(function, RULES[function][0], names)


def refuse_followed(function, settings):
    """A TypeError for an argument that is followed and named: rules know them by their places."""
    for key, x in settings.items():
        if isinstance(x, Followed):
            raise TypeError(
                f"{full_name(function)}: hand {key} over by its place, not by name; where it has "
                f"none, hand over stop_gradient({key})"
            )


def rule_of(function, rules, k):
    """The rule for the argument k; some functions have none for their last arguments."""
    try:
        return rules[k]
    except IndexError:
        raise TypeError(
            f"{full_name(function)} can't be differentiated by its argument {k + 1}: hand over "
            "stop_gradient(...) of it"
        ) from None
