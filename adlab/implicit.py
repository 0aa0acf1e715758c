"""Functions that are given by an equation: fixed points and roots.

    z = fixed_point(f, z0, theta)        z = f(z, θ),  by iteration from z0
    z = root(g, z0, theta)               g(z, θ) = 0,  by Newton's method

How z was found is of no interest to its derivative. Let r(z, θ) = 0 be the equation, so that
r = f - z for a fixed point. Differentiated, with z as a function of θ, it is

    R_z dz + R_θ dθ = 0,        dz = -R_z⁻¹ R_θ dθ

one linear system, whatever the number of iterations, and none of them is kept. The system is
solved as a matrix, or for a fixed point by iterating too: dz = A dz + B dθ is itself the fixed
point of a contraction, with A = ∂f/∂z and B = ∂f/∂θ.

Sources: the implicit function theorem; Christianson, *Reverse accumulation and attractive fixed
points* (1994); Griewank & Walther, *Evaluating Derivatives*, chapter 15.
"""

import numpy as np

from adlab.custom import constant_result, stop_gradient
from adlab.followed import Followed
from adlab.jacobians import Jacobian, Row, Transposed
from adlab.layers import Layer
from adlab.networks import Argument, function_name
from adlab.tracing import trace
from adlab.transforms import Function, arranged, outline
from adlab.trees import holds_arrays, leaves
from adlab.vectors import basis, floats


def fixed_point(f, z0, theta, *, by="iteration", tolerance=None, most=1000):
    """The z with z = f(z, theta), an array of the shape of z0; differentiable by theta.

    z0 is where the iteration starts, a constant. theta is an array, or a list, tuple or dict of
    them; what f takes from outside must be constant. `by`: how the derivative's linear system is
    solved, "iteration" (which converges as f's does) or "solve" (as a matrix, for few numbers in
    z). The iteration ends when z changes by at most `tolerance` (1 + |z|), the largest entry
    counts; without it 500 times the spacing of floats. An ArithmeticError says that this was not
    so after `most` steps.
    """
    if by not in ("iteration", "solve"):
        raise ValueError(f'by={by!r} came, wanted "iteration" or "solve"')
    return FixedPoint(f, z0, theta, by, tolerance, most)(*leaves(theta, holds_arrays))


def root(g, z0, theta, *, tolerance=None, most=50):
    """The z with g(z, theta) = 0, an array of the shape of z0; differentiable by theta.

    Newton's method from z0, a constant; g gives as many numbers as z has. theta, `tolerance` and
    `most` as in fixed_point: the last step has to be small.
    """
    return Root(g, z0, theta, "solve", tolerance, most)(*leaves(theta, holds_arrays))


# ---- The layers -------------------------------------------------------------------------------


class Implicit(Layer):
    """z(θ), given by r(z, θ) = 0        J = -R_z⁻¹ R_θ"""

    def __init__(self, f, z0, theta, by, tolerance, most):
        self.f, self.form = f, (outline(theta),)
        self.z0 = floats(stop_gradient(z0), f"the start of {self.kind}", np.dtype(float))
        self.by, self.tolerance, self.most = by, tolerance, most

    def at(self, z, *arrays):
        """f(z, theta), which has the shape of z."""
        y = self.f(z, *arranged(arrays, self.form))
        if np.shape(y) != self.z0.shape:
            raise ValueError(
                f"{self.name} has a value of shape {np.shape(y)}, wanted that of z0: "
                f"{self.z0.shape}"
            )
        return y

    def residual(self, z, *arrays):
        """r(z, θ)"""
        raise NotImplementedError

    def search(self, z, arrays):
        """The z with r(z, θ) = 0, near this one."""
        raise NotImplementedError

    def value(self, *arrays):
        for a in arrays:  # of a transform further out, for which this is one step too
            if isinstance(a, Followed):
                return a.record(self, arrays)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # it says so itself
            return self.search(self.z0.astype(np.result_type(*arrays)), arrays)

    def rule(self, *arrays):
        z = self.value(*arrays)
        return z, ImplicitJacobian(self, z, arrays)

    def small(self, change, z):
        """Is the change within the tolerance? An ArithmeticError, if there is no number."""
        constant_result(z, (), self.name)
        if not np.all(np.isfinite(z)):
            raise ArithmeticError(f"{self.name} comes to infinity, or to no number: {self.advice}")
        tolerance = 500 * np.finfo(z.dtype).eps if self.tolerance is None else self.tolerance
        return np.max(np.abs(change), initial=0.0) <= tolerance * (1 + np.max(np.abs(z), initial=0))

    def lost(self, change):
        return ArithmeticError(
            f"{self.name} has not converged: its step {self.most} still changes z by "
            f"{np.max(np.abs(change)):.1e}: {self.advice}"
        )

    def names_of(self, given):
        return ["theta"] if given == 1 else [f"theta{i}" for i in range(1, given + 1)]

    @property
    def name(self):
        return f"{self.kind}({function_name(self.f)})"

    def written(self, names):
        return f"{self.name}({', '.join(names)})"

    def __repr__(self):
        return self.name


class FixedPoint(Implicit):
    """z = f(z, θ)        J = (I - A)⁻¹ B,  A = ∂f/∂z,  B = ∂f/∂θ"""

    kind = "fixed_point"
    advice = "does f bring points nearer together around z0? If not, root may find z"

    def residual(self, z, *arrays):
        return self.at(z, *arrays) - z

    def search(self, z, arrays):
        for _ in range(self.most):
            before, z = z, self.at(z, *arrays)
            if self.small(z - before, z):
                return z
        raise self.lost(z - before)


class Root(Implicit):
    """g(z, θ) = 0        J = -G_z⁻¹ G_θ"""

    kind = "root"
    advice = "start nearer to the root"

    def residual(self, z, *arrays):
        return self.at(z, *arrays)

    def search(self, z, arrays):
        one = Function(lambda z: self.at(z, *arrays), 1)
        for _ in range(self.most):
            y, J = trace(one.f, (z,), one)
            constant_result(y, arrays, self.name)
            step = inverse_times(J.dense(), y.ravel(), self.name)
            z = z - step.reshape(z.shape)
            if self.small(step, z):
                return z
        raise self.lost(step)


def inverse_times(M, b, name):
    """M⁻¹ b"""
    try:
        return np.linalg.solve(M, b)
    except np.linalg.LinAlgError:
        raise ArithmeticError(
            f"{name}: the matrix of derivatives by z is singular, so z is not a function of theta "
            "there"
        ) from None


# ---- Their Jacobian ---------------------------------------------------------------------------


class ImplicitJacobian(Row):
    """-R_z⁻¹ R_θ at a solution z: one linear system for each push or pull, for all blocks."""

    def __init__(self, layer, z, arrays):
        Jacobian.__init__(self, [a.shape for a in arrays], np.shape(z), np.result_type(z))
        self.layer, self.arrays, self.name = layer, arrays, layer.name
        self.point = (z, *arrays)

    def push(self, V):
        """w = R_θ v, then -R_z⁻¹ w"""
        w = self.at(self.point).push((None, *V))
        if self.layer.by == "solve":
            return self.solved(w, np.matrix_transpose(self.matrix()))
        return self.iterated(w, lambda R, y: R.push((y, *(None for _ in self.arrays))))

    def pull(self, U, wanted=None):
        """w = -u R_z⁻¹, then w R_θ"""
        w = self.solved(U, self.matrix()) if self.layer.by == "solve" else self.iterated(U, pull_z)
        wanted = wanted or (True,) * len(self)
        return self.at(self.point).pull(w, (False, *wanted))[1:]

    def at(self, point):
        """The Jacobian of r at (z, θ)."""
        r = Function(self.layer.residual, len(point))
        return trace(r.f, tuple(point), r)[1]

    def matrix(self):
        """R_z"""
        rows = pull_z(self.at(self.point), basis(self.shape_out, self.dtype))
        return np.reshape(rows, (len(rows), len(rows)))

    def solved(self, W, M):
        """The k vectors w with -w M = W."""
        columns = np.transpose(np.reshape(W, (len(W), -1)))
        w = inverse_times(np.transpose(M), -columns, self.name)
        return np.reshape(np.transpose(w), W.shape)

    def iterated(self, w, times):
        """The y with y = A y + w, where A = I + R_z and times(R, y) = R_z y: a fixed point again,
        to be differentiated by w, z and θ in its turn.
        """
        fixed = not any(isinstance(a, Followed) for a in self.point)
        here = self.at(self.point) if fixed else None

        def step(y, given):
            w, *point = given
            return y + times(here if fixed else self.at(point), y) + w

        limits = {"tolerance": self.layer.tolerance, "most": self.layer.most}
        return fixed_point(step, np.zeros(w.shape, w.dtype), (w, *self.point), **limits)

    def held(self):
        return self.point

    def push_flops(self, wanted):
        """Those of R_θ; the linear system counts as one product with a matrix."""
        return self.at(self.point).push_flops((False, *wanted)) + 2 * self.shape[0] ** 2

    def pull_flops(self, wanted, given=None):
        return self.at(self.point).pull_flops((False, *wanted)) + 2 * self.shape[0] ** 2

    def __getitem__(self, i):
        return tuple(Argument(self, k) for k in range(len(self)))[i]

    def __len__(self):
        return len(self.arrays)

    @property
    def T(self):
        return Transposed(self)

    def __repr__(self):
        m, n = self.shape
        return f"Jacobian of {self.name} {m}x{n}"


def pull_z(R, y):
    """y R_z, from the Jacobian of r in z and all of θ."""
    return R.pull(y, (True, *(False for _ in R.shape_in[1:])))[0]
