"""Is this derivative right? Three tests that know nothing of the rule they judge.

    differences       (g(x + h e_j) - g(x - h e_j)) / 2h      for every function, to about 10 digits
    complex_step      Im g(x + i h e_j) / h                   to all digits, if g is analytic
    dot_product_test  <u, J v> = <u J, v>                     push and pull are transposes

`check(g, *args)` does all of it and says what is wrong, by argument and entry.

Sources: Nocedal & Wright, *Numerical Optimization*, section 8.1 (the best step); Squire & Trapp
(1998), "Using complex variables to estimate derivatives of real functions"; Claerbout, *Earth
Soundings Analysis* (the dot-product test).
"""

from dataclasses import dataclass

import numpy as np

from adlab.layers import argument_names
from adlab.networks import Network
from adlab.transforms import as_layer


def differences(f, *args, argnum=0, step=None):
    """The Jacobian in argument `argnum`, a matrix (m, n), by central differences.

    `step` h is absolute; without it each entry x_j takes ε^(1/3) max(1, |x_j|), which balances the
    truncation, of order h², against the rounding, of order ε / h. float32 arguments are computed
    with as float32: the loss of digits is there to be seen.
    """
    layer, args, argnum = prepared(f, args, argnum)
    if step is not None and not step > 0:
        raise ValueError(f"step={step} came, wanted a positive number")
    x = args[argnum]
    h = best_step(x) if step is None else np.full(x.shape, step, x.dtype)
    return by_columns(x, lambda e: central(at(layer, args, argnum), x, h * e))


def central(g, x, d):
    """(g(x + d) - g(x - d)) / 2h for a displacement d of length h along one axis."""
    ahead, behind = x + d, x - d
    return (g(ahead) - g(behind)) / np.sum(ahead - behind)  # the step that was really taken


def best_step(x):
    """ε^(1/3) max(1, |x|), where ε is the spacing of floats at 1."""
    return np.cbrt(np.finfo(x.dtype).eps) * np.maximum(1, np.abs(x))


def complex_step(f, *args, argnum=0):
    """The Jacobian in argument `argnum`, a matrix (m, n), by a step along the imaginary axis.

    Nothing is subtracted, so nothing cancels and h can be tiny. It holds where the function is
    analytic: no |a|, no comparison that the step could change.
    """
    layer, args, argnum = prepared(f, args, argnum)
    x = args[argnum]
    h = 1e-30
    g = at(layer, args, argnum)
    return by_columns(x, lambda e: g(x + 1j * h * e).imag / h)


def error_curve(f, x, v, steps):
    """Relative errors of the central difference along v, one for each step: of a U's shape.

    The error of (f(x + h v) - f(x - h v)) / 2h against J v. Large steps truncate the Taylor
    series (error of order h²), small ones cancel digits (ε / h).
    """
    layer = as_layer(f, 1)
    (x,) = layer.arguments((x,))
    y, J = layer.linearize(x)
    exact = J @ (v,)

    def error(h):
        h = x.dtype.type(h)
        estimate = (layer.value(x + h * v) - layer.value(x - h * v)) / (2 * h)
        return float(np.linalg.norm(estimate - exact) / np.linalg.norm(exact))

    return np.array([error(h) for h in steps])


def dot_product_test(J, seed=0):
    """The gap |<u, J v> - <u J, v>|, relative to the terms that are summed, for random u and v.

    About 1e-16 for a rule whose push and pull are transposes; about 1 for one whose are not.
    """
    rng = np.random.default_rng(seed)
    v = random_like(rng, J.shape_in)
    u = random_like(rng, J.shape_out)
    left = [a * b for a, b in zip(parts_of(u), parts_of(J @ v), strict=True)]
    right = [a * b for a, b in zip(parts_of(u @ J), parts_of(v), strict=True)]
    gap = abs(sum(map(np.sum, left)) - sum(map(np.sum, right)))
    scale = sum(np.sum(np.abs(t)) for t in (*left, *right))
    return float(gap / scale) if scale else float(gap)


# ---- One call that says everything ------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What `check` found: true if nothing is wrong; printed, a line for each argument."""

    name: str
    lines: tuple
    problems: tuple

    def __bool__(self):
        return not self.problems

    def __str__(self):
        verdict = "is right" if self else f"is WRONG, {len(self.problems)} problem(s)"
        body = [f"  {line}" for line in self.lines] + [f"  -> {p}" for p in self.problems]
        return "\n".join([f"{self.name} {verdict}", *body])

    __repr__ = __str__


def check(g, *args, seed=0):
    """Test the rule of a layer, a Network or a function of layers at this point: a Report.

    Each argument's Jacobian is compared with central differences in double precision, push with
    pull, one vector with many, the value with that of `linearize`; nothing may change its inputs.
    A ValueError where the value is not finite: nothing can be said there.
    """
    layer = as_layer(g, len(args))
    args = layer.arguments(args)
    names = layer.inputs if isinstance(layer, Network) else argument_names(type(layer), len(args))
    before = [a.copy() for a in args]
    with np.errstate(all="ignore"):
        y, J = layer.linearize(*args)
        require_finite(layer, y)
        lines, problems = [], []
        if not same(y, layer(*args)):
            problems.append("linearize gives another value than calling it does")
        for i, (name, a) in enumerate(zip(names, args, strict=True)):
            line, wrong = check_argument(layer, args, y, J, i, name, seed)
            lines.append(line)
            problems += [f"argument {name}: {problem}" for problem in wrong]
            if not same(a, before[i]):
                problems.append(f"argument {name} was changed in place")
    return Report(layer.name, tuple(lines), tuple(problems))


def check_argument(layer, args, y, J, i, name, seed):
    """(a line for the report, the problems) of the i-th block of J."""
    a, block = args[i], J[i]
    label = f"{name} {a.shape}"
    if block.shape_in != a.shape:
        swapped = ": transposed?" if block.shape_in == a.shape[::-1] else ""
        return label, [
            f"its block takes shape {block.shape_in}, the argument has {a.shape}{swapped}"
        ]
    if block.shape_out != J.shape_out or J.shape_out != shape_of(y):
        return label, [f"its block gives shape {block.shape_out}, the value has {shape_of(y)}"]
    wide = [x.astype(np.result_type(x, np.float64)) for x in args]
    D, spread = careful_differences(layer, wide, i)
    M = block.dense().astype(float)
    problems = compare(M, D, spread, a, y, slopes(layer, wide, i))
    ones = tuple(map(np.ones_like, y)) if isinstance(y, tuple) else np.ones_like(y)
    pulled, wanted = (ones @ block).dtype, np.result_type(a, *parts_of(y))
    if pulled != wanted:
        problems.append(f"a {wanted} cotangent is pulled to {pulled}: the block is of another type")
    mismatch = dot_product_test(block, seed)
    if not mismatch <= 1e3 * np.finfo(a.dtype).eps:
        problems.append(
            f"push and pull are not transposes: <u, J v> and <u J, v> differ by {mismatch:.1e}"
        )
    problems += check_batches(block, seed, np.finfo(a.dtype).eps)
    error = float(np.max(np.abs(M - D), initial=0.0))
    kind = repr(block)
    return f"{label:<20} {kind:<28} differences {error:.1e}, dot product {mismatch:.1e}", problems


def careful_differences(layer, args, i):
    """(D, spread): central differences, and for each entry how far they can be trusted.

    Doubling the step changes the truncation fourfold, so the change bounds it.
    """
    x = args[i]
    h = best_step(x)
    g = at(layer, args, i)
    once = by_columns(x, lambda e: central(g, x, h * e))
    twice = by_columns(x, lambda e: central(g, x, 2 * h * e))
    size = np.max(np.abs(g(x)), initial=0.0)
    rounding = 10 * np.finfo(x.dtype).eps * size / np.min(h, initial=1.0)
    return once, np.abs(once - twice) + rounding


def slopes(layer, args, i):
    """The slopes to the right and to the left by the best step, and the same by half of it."""
    x = args[i]
    g = at(layer, args, i)

    def one_sided(h):
        ahead = by_columns(x, lambda e: (g(x + h * e) - g(x)) / np.sum(h * e))
        behind = by_columns(x, lambda e: (g(x) - g(x - h * e)) / np.sum(h * e))
        return ahead, behind

    return one_sided(best_step(x)), one_sided(best_step(x) / 2)


def compare(M, D, spread, a, y, sides):
    """Problems of the matrix M against differences D: the worst entry, and what it looks like."""
    epsilon = np.finfo(a.dtype).eps
    tolerance = max(4e-8, 1e3 * epsilon)  # differences are good to 4e-8, float32 rules to 1e-4
    value = max(np.max(np.abs(part), initial=0.0) for part in parts_of(y))
    allowed = tolerance * np.max(np.abs(D), initial=0.0) + 10 * epsilon * value + 3 * spread
    (ahead, behind), halved = sides
    low, high = np.minimum(ahead, behind), np.maximum(ahead, behind)
    # Slopes to the right and to the left come closer by half as the step is halved, but at a kink.
    stays = np.abs(np.subtract(*halved)) > 0.75 * (high - low)
    at_kink = stays & (high - low > 4 * allowed) & (low - allowed <= M) & (M <= high + allowed)
    wrong = ~(np.abs(M - D) <= allowed) & ~at_kink
    if not wrong.any():
        return []
    excess = np.where(wrong, np.nan_to_num(np.abs(M - D), nan=np.inf), -1.0)
    row, column = np.unravel_index(np.argmax(excess), M.shape)
    problem = (
        f"{wrong.sum()} of {M.size} entries are wrong; the worst is output{entry(row, y)} by "
        f"input{entry(column, a)}: the rule says {M[row, column]:.6g}, differences say "
        f"{D[row, column]:.6g}{resemblance(M, D)}"
    )
    return [problem]


def entry(k, array):
    """Where the k-th number stands, as an index: [2, 1]."""
    shape = shape_of(array)
    if shape and isinstance(shape[0], tuple):
        return f" number {k}"
    return str([int(i) for i in np.unravel_index(k, shape)]) if shape else ""


def resemblance(M, D):
    """Which famous mistake gives M where D is right."""
    near_zero = 1e-6 * np.max(np.abs(D), initial=0.0)

    def close(A, B):
        return A.shape == B.shape and np.allclose(A, B, rtol=1e-3, atol=near_zero)

    if close(M, -D):
        return ": the sign is wrong"
    if close(M, np.zeros_like(D)):
        return ": the rule says zero everywhere"
    if close(M, D.T):
        return ": the matrix is transposed"
    c = float(np.vdot(D, M) / np.vdot(D, D)) if D.any() and np.isfinite(M).all() else 0.0
    if c and close(M, c * D):
        return f": all entries are {c:.4g} times too large"
    return ""


def check_batches(J, seed, epsilon):
    """Problems of pushing and pulling two vectors at once, against one by one."""
    rng = np.random.default_rng(seed + 1)
    v, w = random_like(rng, J.shape_in), random_like(rng, J.shape_in)
    t, u = random_like(rng, J.shape_out), random_like(rng, J.shape_out)
    tolerance = 1e3 * epsilon

    def differ(both, one, other, axis):
        parts = zip(parts_of(both), parts_of(one), parts_of(other), strict=True)
        pairs = [(x, np.stack(yz, axis)) for x, *yz in parts]
        return any(x.shape != y.shape or gap(x, y) > tolerance for x, y in pairs)

    def together(one, other, axis):
        joined = tuple(
            np.stack(yz, axis) for yz in zip(parts_of(one), parts_of(other), strict=True)
        )
        return joined if isinstance(one, tuple) else joined[0]

    problems = []
    if differ(J @ together(v, w, -1), J @ v, J @ w, -1):
        problems.append("two tangents pushed at once differ from the same pushed one by one")
    if differ(together(t, u, 0) @ J, t @ J, u @ J, 0):
        problems.append("two cotangents pulled at once differ from the same pulled one by one")
    return problems


def gap(x, y):
    """The largest difference, relative to the largest entry."""
    return np.max(np.abs(x - y), initial=0.0) / np.max(np.abs(y), initial=1.0)


# ---- What they share ----------------------------------------------------------------------------


def prepared(f, args, argnum):
    layer = as_layer(f, len(args))
    args = layer.arguments(args)
    if not -len(args) <= argnum < len(args):
        raise ValueError(f"argnum={argnum}, but {len(args)} arguments came")
    require_finite(layer, layer.value(*args))
    return layer, args, argnum % len(args)


def at(layer, args, i):
    """The function of the i-th argument alone; several results are joined to one vector."""

    def g(x):
        y = layer.value(*args[:i], x, *args[i + 1 :])
        return np.concatenate([np.ravel(part) for part in parts_of(y)])

    return g


def by_columns(x, column):
    """The matrix whose j-th column is column(e_j), for the basis arrays e_j of x's shape."""
    basis = np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
    return np.stack([column(e) for e in basis], axis=-1)


def require_finite(layer, y):
    if not all(np.isfinite(part).all() for part in parts_of(y)):
        raise ValueError(
            f"{layer.name} is not finite here (NaN or infinity), so no derivative can be checked: "
            "choose a point where it is"
        )


def shape_of(y):
    return tuple(np.shape(part) for part in y) if isinstance(y, tuple) else np.shape(y)


def random_like(rng, shape):
    if shape and isinstance(shape[0], tuple):
        return tuple(random_like(rng, s) for s in shape)
    return rng.standard_normal(shape)


def parts_of(y):
    """One array, or several, as a list."""
    return list(y) if isinstance(y, tuple | list) else [y]


def same(a, b):
    pairs = zip(parts_of(a), parts_of(b), strict=True)
    return all(np.array_equal(x, y, equal_nan=True) for x, y in pairs)
