"""What can't be differentiated says so: the operation by its name, and what to write instead."""

import math

import numpy as np
import pytest

import adlab
from adlab import Network, Tanh, grad, hessian, jacfwd, jvp, linearize, vjp
from tests.registry import numbers

x3 = np.array([0.5, 1.5, 2.5])
ones = np.ones(3)


def written_into(x):
    x[0] = 1.0
    return x


def put_into_a_plain_array(x):
    a = np.zeros(3)
    a[0] = x[0]
    return a


def put_in_rows(x):
    a = np.zeros((2, 3))
    a[0] = x
    return a


def added_in_place(x):
    x += 1.0
    return x


def added_to_a_plain_array(x):
    a = np.zeros(3)
    a += x
    return a


def deleted(x):
    del x[0]


LOST = "would lose the derivative: leave the value as it is, use np.sin for math.sin"
PLAIN = r"in place of np.array\(\[x, y\]\) write np.stack\(\[x, y\]\), and np.concatenate in place"
REFUSED = {
    "outer with settings": (
        lambda x: np.multiply.outer(x, ones, dtype=np.float32).sum(),
        TypeError,
        "np.multiply.outer, dtype= has no rule",
    ),
    "math.trunc": (lambda x: math.trunc(x[0]), TypeError, "would lose the derivative"),
    "np.add.at": (lambda x: np.add.at(x, [0], 1.0), TypeError, "np.add.at .* np.bincount"),
    "an empty tuple": (
        lambda x: (),
        TypeError,
        "returns no value: there is nothing to differentiate",
    ),
    "followed and named": (
        lambda x: np.pad(x, 1, constant_values=x[0]),
        TypeError,
        r"np.pad: hand constant_values over by its place, .* over stop_gradient\(constant_values\)",
    ),
    "float(x)": (lambda x: float(x[0]) * x, TypeError, LOST),
    "int(x)": (lambda x: int(x[0]) * x, TypeError, LOST),
    "math.sin": (lambda x: math.sin(x[0]) * x, TypeError, LOST),
    "math.floor": (lambda x: math.floor(x[0]) * x, TypeError, LOST),
    "range": (lambda x: x * len(range(x[1])), TypeError, LOST),
    "index of a list": (lambda x: [1.0, 2.0][x[0]] * x, TypeError, LOST),
    "item": (lambda x: x[0].item() * x, TypeError, "to compute with its number alone, use stop_g"),
    "tolist": (lambda x: sum(x.tolist()), TypeError, LOST),
    "np.array": (lambda x: np.array([x[0], x[1]]), TypeError, PLAIN),
    "np.asarray": (lambda x: np.asarray(x), TypeError, PLAIN),
    "np.full": (lambda x: np.full(3, x[0]), TypeError, PLAIN),
    "a row of a plain array": (put_in_rows, TypeError, PLAIN),
    "an entry of a plain array": (
        put_into_a_plain_array,
        ValueError,
        "setting an array element with a sequence",  # NumPy's words; ours stand above them
    ),
    "x[0] = 1": (
        written_into,
        TypeError,
        r"x\[i\] = \.\.\. changes an array that is being differentiated: .* np.where, np.conc",
    ),
    "x += 1": (
        added_in_place,
        TypeError,
        r"x \+= \.\.\. changes an array .*: write x = x \+ \.\.\., which makes a new one",
    ),
    "a += x": (
        added_to_a_plain_array,
        TypeError,
        r"np.add with out= \(or a \+= b, .*\) writes in place: .* as in a = a \+ b",
    ),
    "out=": (
        lambda x: np.sin(x, out=np.zeros(3)),
        TypeError,
        "np.sin with out= .* writes in place: use the value that it returns",
    ),
    "out= of a sum": (lambda x: np.sum(x, out=np.zeros(())), TypeError, "np.sum with out="),
    "x.sort()": (lambda x: x.sort(), TypeError, "in place: use the function, such as np.sort"),
    "x.fill": (lambda x: x.fill(0.0), TypeError, "in place"),
    "del x[0]": (deleted, AttributeError, "__delitem__"),
    "copyto": (lambda x: np.copyto(np.zeros(3), x), TypeError, "np.copyto has no rule"),
    "an unknown function": (
        lambda x: np.i0(x),
        TypeError,
        "np.i0 has no rule of differentiation here: write it with functions .* with custom_rule",
    ),
    "one of another module": (
        lambda x: np.linalg.eigvals(np.outer(x, x)),
        TypeError,
        "np.linalg.eigvals has no rule .* may be complex; a symmetric matrix has np.linalg.eigh",
    ),
    "fft": (
        lambda x: np.fft.fft(x).real,
        TypeError,
        r"np.fft.fft has no rule .* its result is complex, .* real part .* is np.cos\(w\) @ x",
    ),
    "unique": (lambda x: np.unique(x), TypeError, r"np.unique .* return_index=True\)\[1\]\]"),
    "histogram": (lambda x: np.histogram(x)[0], TypeError, "np.histogram .* stop_gradient"),
    "insert": (lambda x: np.insert(x, 1, 2.0), TypeError, r"np.insert .* np.concatenate\(\[x\[:i"),
    "put": (lambda x: np.put(x, [0], 1.0), TypeError, "np.put .* in place; np.where, np.stack and"),
    "full_like": (lambda x: np.full_like(ones, x[0]), TypeError, "np.copyto .* np.broadcast_to"),
    "polyfit": (
        lambda x: np.polyfit(ones, x, 1),
        TypeError,
        r"np.polyfit .* np.linalg.lstsq\(np.v",
    ),
    "the mean in a pad": (
        lambda x: np.pad(x, 1, mode="mean"),
        TypeError,
        "np.pad with mode='mean' has no rule .* together with np.concatenate",
    ),
    "a method of quantile": (
        lambda x: np.quantile(x, 0.3, method="hazen"),
        TypeError,
        "np.quantile with method='hazen' has no rule: linear, lower, .*, midpoint have",
    ),
    "a quantile out of range": (
        lambda x: np.quantile(x, [0.5, 1.5]),
        ValueError,
        "quantiles lie between 0 and 1 .percentiles between 0 and 100",
    ),
    "a choice out of range": (
        lambda x: np.choose([0, 1, 2], [x, x]),
        ValueError,
        "np.choose: .* is to pick among 2 choices, 0 the first",
    ),
    "a convolution of matrices": (
        lambda x: np.convolve(np.stack([x, x]), x),
        ValueError,
        r"np.convolve takes vectors .* shapes \(2, 3\) and \(3,\)",
    ),
    "half a power of a matrix": (
        lambda x: np.linalg.matrix_power(np.outer(x, x), 0.5),
        TypeError,
        "interpreted as an integer",
    ),
    "all of a basis": (
        lambda x: np.linalg.svd(np.stack([x, x])).U,
        TypeError,
        "np.linalg.svd: .* not determined, .* write full_matrices=False",
    ),
    "a wide qr": (lambda x: np.linalg.qr(np.stack([x, x])).R, TypeError, "np.linalg.qr .* as many"),
    "the places of bincount": (
        lambda x: np.bincount(x, [1.0, 2.0, 3.0]),
        TypeError,
        "np.bincount: nothing can be differentiated by the places",
    ),
    "a period": (
        lambda x: np.interp(x, [0.0, 1.0], [0.0, 1.0], period=2.0),
        TypeError,
        r"np.interp .* with period=: write np.interp\(np.mod",
    ),
    "an unknown ufunc": (lambda x: np.spacing(x), TypeError, "np.spacing has no rule"),
    "a method of a ufunc": (lambda x: np.hypot.reduce(x), TypeError, "np.hypot.reduce has no rule"),
    "ufunc.at": (lambda x: np.add.at(np.zeros(3), [0], x), TypeError, "np.add.at has no rule"),
    "where= of a product": (
        lambda x: np.prod(x, where=x > 1),
        TypeError,
        r"np.prod can't be differentiated with where=: write np.where\(condition, x, 0.0\)",
    ),
    "where= of a ufunc": (lambda x: np.sin(x, where=x > 1), TypeError, "np.sin .* with where="),
    "dtype=": (
        lambda x: np.var(x, dtype=np.float32),
        TypeError,
        r"np.var .* with dtype=: leave it out, and write x.astype\(",
    ),
    "initial=": (
        lambda x: np.prod(x, initial=2.0),
        TypeError,
        "np.prod .* with initial=: leave it",
    ),
    "order=": (
        lambda x: np.reshape(x, (3, 1), order="A"),
        TypeError,
        'order=\'A\' depends on how memory lies: write order="C" or "F"',
    ),
    "order= of a method": (lambda x: x.reshape(3, 1, order="A"), TypeError, "order='A' depends"),
    "the condition of where": (lambda x: np.where(x, 1.0, x), TypeError, "np.where"),
    "an array by its name": (lambda x: np.sum(a=x), TypeError, "hand a over by its place"),
    "a setting": (
        lambda x: np.clip(x, a_min=x[0], a_max=None),
        None,
        None,
    ),
    "norm": (lambda x: np.linalg.norm(np.outer(x, x), 3), ValueError, "of a matrix: ord=3 is none"),
    "norm of a vector": (lambda x: np.linalg.norm(x, "nuc"), ValueError, "vector with ord='nuc'"),
    "norm of more": (
        lambda x: np.linalg.norm(np.ones((3, 3, 3)) * x, 1),
        ValueError,
        "with ord=1 wants one axis or two, not 3",
    ),
    "cross": (lambda x: np.cross(x[:2], x[:2]), ValueError, "wants 3 entries; of 2, write a"),
    "gradient": (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "2 spacings for 1 axes"),
    "einsum": (lambda x: np.einsum("i,i->i", x), ValueError, "names 2 operands, not 1"),
    "split": (lambda x: np.split(x, 2)[0], ValueError, "3 entries .* do not make 2 equal parts"),
    "times 1j": (
        lambda x: (x * 1j).real,
        TypeError,
        "multiply gives numbers of type complex128; adlab differentiates real functions",
    ),
    "plus a complex array": (lambda x: x + 1j * ones, TypeError, "type complex128.*real and the"),
    "astype(complex)": (lambda x: x.astype(complex), None, None),
    "an attribute": (lambda x: x.nbytes * x, AttributeError, "has no .nbytes: use a function of"),
    "no result": (lambda x: None, TypeError, "returns None: does it lack a `return`?"),
    "text": (lambda x: "text", TypeError, "a result must be numbers, got str"),
    "a complex result": (lambda x: 1j * ones, TypeError, "a result is complex"),
    "iteration over a number": (lambda x: list(x[0]), TypeError, "iteration over a 0-d array"),
    "the truth of several": (lambda x: x if x > 1 else -x, ValueError, "truth value of an array"),
    "shapes": (lambda x: x + np.ones(2), ValueError, "could not be broadcast"),
    "an index": (lambda x: x[7], IndexError, "index 7 is out of bounds"),
}
ALLOWED = {name for name, (_, kind, _) in REFUSED.items() if kind is None}
WAYS = {
    "reverse": lambda f: vjp(f, x3),
    "forward": lambda f: jvp(f, (x3,), (ones,)),
    "linearize": lambda f: linearize(f, x3),
    "nested": lambda f: jacfwd(lambda x: vjp(f, x)[0])(x3),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name in REFUSED if name not in ALLOWED])
def test_what_is_refused(name, way):
    f, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        WAYS[way](f)


def test_numpy_says_why_an_entry_can_not_be_set():
    """The cause, which a traceback prints first, has our words."""
    with pytest.raises(ValueError, match="sequence") as caught:
        grad(put_into_a_plain_array)(x3)
    assert "np.stack for a[i] = x" in str(caught.value.__cause__)


ARGUMENTS = {
    "an integer": (3, "holds integers .* derivatives need floats: write 1.0 for 1, or use .astype"),
    "integers": (np.arange(3), "argument x of square holds integers"),
    "a bool": (True, "holds integers"),
    "complex": (1j * ones, "argument x of square is complex; adlab differentiates real functions"),
    "text": ("text", "must be numbers, got str"),
    "None": (None, "must be numbers, got NoneType"),
    "an object": (object(), "must be numbers, got object"),
    "masked": (np.ma.masked_array(ones, [0, 0, 1]), "is a masked array: fill in numbers first"),
    "ragged": ([[1.0], [1.0, 2.0]], "is no array: rows of different lengths"),
}


def square(x):
    return np.sum(x * x)


def by_jvp(f):
    return lambda x: jvp(f, (x,), (x,))


@pytest.mark.parametrize("came", ARGUMENTS)
@pytest.mark.parametrize(
    "transform", [grad, jacfwd, hessian, lambda f: lambda x: jvp(f, (x,), (x,))]
)
def test_arguments_that_are_no_floats(came, transform):
    x, message = ARGUMENTS[came]
    with pytest.raises(TypeError, match=message):
        transform(square)(x)


def test_in_a_tree_too():
    with pytest.raises(TypeError, match="holds integers"):
        grad(lambda p: np.sum(p["x"]))({"x": np.arange(3)})


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: grad(lambda x: x)(x3),
            ValueError,
            r"<lambda> gives shape \(3,\): use",
        ),
        (lambda: grad(lambda x: (x[0], x[1]))(x3), ValueError, "scalar value"),
        (lambda: grad(3.0)(x3), TypeError, "wanted a function or a layer, got float"),
        (lambda: grad(lambda: 1.0)(), ValueError, "argnums=0, but 0 arguments came"),
        (lambda: linearize(lambda: 1.0), TypeError, "takes no arguments: there is nothing to diff"),
        (lambda: grad(lambda x: x, 1)(x3), ValueError, "argnums=1, but 1 arguments came"),
        (lambda: grad(lambda x: (), 0)(x3), TypeError, "returns no value"),
        (lambda: jvp(lambda x: x, x3, x3), TypeError, r"wants tuples: jvp\(f, \(x,\), \(v,\)\)"),
        (lambda: jvp(lambda x: x, (x3,), (np.ones(2),)), ValueError, r"tangent has shape \(2,\)"),
        (lambda: vjp(lambda x: x, x3)[1](np.ones(2)), ValueError, r"cotangent has shape \(2,\)"),
        (lambda: grad(lambda x, y: np.sum(x))(x3), TypeError, "missing 1 required positional"),
    ],
)
def test_transforms_that_are_used_wrongly(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# ---- What has to work ----------------------------------------------------------------------------


def test_in_place_on_single_numbers_only_names_anew():
    """x[0] is a number: `total += x[0]` can't be seen by anybody else."""

    def f(x):
        total = x[0]
        total += x[1]
        total *= x[2]
        total -= 1.0
        total /= 2.0
        total **= 2
        return total

    a, b, c = x3
    t = ((a + b) * c - 1) / 2
    np.testing.assert_allclose(grad(f)(x3), [t * c, t * c, t * (a + b)], rtol=1e-14)


def test_complex_steps_still_need_no_tracing():
    assert adlab.complex_step(lambda x: np.sin(x), x3).shape == (3, 3)


def test_conversions_that_keep_numbers():
    def f(x):
        counts = x.astype(int)
        assert counts.dtype == int and type(counts) is np.ndarray
        return np.sum(x.astype(np.float32).astype(float) * counts)

    np.testing.assert_allclose(grad(f)(x3), [0, 1, 2])


def test_integers_stand_beside_what_is_differentiated():
    labels, table = np.array([2, 0]), np.arange(6).reshape(2, 3)

    def f(x):
        return np.sum(x[labels] * 3) + np.sum(table @ x) + np.sum(table * x) + True * x[0]

    np.testing.assert_allclose(grad(f)(x3), [3 + 3 + 3 + 1, 5 + 5, 3 + 7 + 7])


def test_a_network_that_is_recorded_says_what_it_can_not_do():
    with pytest.raises(TypeError, match="can't be recorded in a Network, where values are names"):
        Network(lambda x: np.linalg.eigvals(Tanh()(x)))
    with pytest.raises(TypeError, match="no number while a Network is recorded"):
        Network(lambda x: float(x))


def test_numbers_of_the_registry_are_floats():
    assert numbers(3).dtype == float


def fourier(x):
    n = len(x)
    w = 2 * np.pi / n * np.outer(np.arange(n), np.arange(n))
    return np.stack([np.cos(w) @ x, -np.sin(w) @ x])


def each_once(x):
    return x[np.unique(adlab.stop_gradient(x), return_index=True)[1]]


many = np.array([0.5, 1.25, -2.25, 0.5, 3.25])
ADVISED = {
    "np.fft.fft": (fourier, lambda x: np.stack([np.fft.fft(x).real, np.fft.fft(x).imag])),
    "np.insert": (
        lambda x: np.concatenate([x[:2], [7.0], x[2:]]),
        lambda x: np.insert(x, 2, 7.0),
    ),
    "np.unique": (each_once, np.unique),
    "np.polyfit": (
        lambda y: np.linalg.lstsq(np.vander(np.arange(5.0), 2 + 1), y)[0],
        lambda y: np.polyfit(np.arange(5.0), y, 2),
    ),
    "np.polymul": (
        lambda x: np.convolve(x, [1.0, 2.0]),
        lambda x: np.polymul(x, [1.0, 2.0]),
    ),
    "np.polyder": (lambda p: p[:-1] * np.arange(len(p) - 1, 0, -1), np.polyder),
    "where=": (
        lambda x: np.prod(np.where(x > 0, x, 1.0)),
        lambda x: np.prod(x, where=x > 0),
    ),
    "period=": (
        lambda x: np.interp(np.mod(x, 2.0), [0.0, 1.0, 2.0], [3.0, 4.0, 3.0]),
        lambda x: np.interp(x, [0.0, 1.0], [3.0, 4.0], period=2.0),
    ),
    "dtype=": (
        lambda x: np.var(x.astype(np.float32)).astype(float),
        lambda x: np.var(x, dtype=np.float32).astype(float),
    ),
}


@pytest.mark.parametrize("name", ADVISED)
def test_what_the_errors_advise_is_right(name):
    advised, plain = ADVISED[name]
    y, J = linearize(advised, many)
    np.testing.assert_allclose(y, plain(many), rtol=1e-6, atol=1e-12)
    if name == "np.unique":
        return  # of equal entries the first is taken, and differences would split them
    for x_dot in np.eye(5):
        h = 1e-3 if name == "dtype=" else 1e-6
        slope = (plain(many + h * x_dot) - plain(many - h * x_dot)) / (2 * h)
        np.testing.assert_allclose(J @ x_dot, slope, rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("f", [lambda x: np.allclose(x, x), np.argmax, lambda x: np.any(x > 0)])
def test_gradients_of_what_jumps(f):
    """As in JAX; a Python number is a constant, and other transforms give zeros."""
    with pytest.raises(TypeError, match="gives a whole number or a truth value: these jump"):
        grad(f)(ones)
    assert not jvp(f, (ones,), (ones,))[1].any() and not vjp(f, ones)[1](1.0)[0].any()
    assert not grad(lambda x: 3)(ones).any()
