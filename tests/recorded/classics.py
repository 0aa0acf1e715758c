"""Programs that everybody writes, in the language of `programs.py`: optimizers' test functions,
likelihoods, filters, physics, networks by hand, dynamic programming, and NumPy's less usual words.
"""

import numpy

from tests.recorded.programs import program

# ---- Test functions of optimizers ---------------------------------------------------------------


@program((3,))
def ackley(np, x):
    bowl = -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2)))
    return bowl - np.exp(np.mean(np.cos(2 * numpy.pi * x))) + np.e + 20


@program((4,))
def rastrigin_and_griewank(np, x):
    rastrigin = 10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * numpy.pi * x))
    product = np.prod(np.cos(x / np.sqrt(numpy.arange(1.0, x.size + 1))))
    return rastrigin + 1 + np.sum(x**2) / 4000 - product


@program((2,))
def himmelblau_and_beale(np, x):
    a, b = x
    beale = (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2
    return (a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2 + beale


@program((2,))
def eggholder(np, x):
    a, b = 40 * x
    c = b + 47
    return -c * np.sin(np.sqrt(abs(a / 2 + c))) - a * np.sin(np.sqrt(abs(a - c)))


# ---- Likelihoods and filters --------------------------------------------------------------------


def log_sum_exp(np, x, axis):
    largest = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(largest + np.log(np.sum(np.exp(x - largest), axis, keepdims=True)), axis)


@program((3,), (3, 2), (3, 2), (6, 2))
def gaussian_mixture(np, logits, means, log_scales, data):
    z = (data[:, None, :] - means) / np.exp(log_scales)
    each = np.sum(-0.5 * z**2 - log_scales - 0.5 * np.log(2 * np.pi), axis=-1)
    return np.sum(log_sum_exp(np, each + logits - log_sum_exp(np, logits, 0), 1))


@program((3, 3), (3, 4))
def hidden_markov(np, transitions, emissions):
    A = transitions - log_sum_exp(np, transitions, 1)[:, None]
    B = emissions - log_sum_exp(np, emissions, 1)[:, None]
    state = B[:, 0] - np.log(3.0)
    for seen in (2, 1, 3, 3):
        state = log_sum_exp(np, state[:, None] + A, 0) + B[:, seen]
    return np.logaddexp.reduce(state)


@program((3,), (5,))
def gaussian_process_by_slogdet(np, settings, y):
    x = numpy.linspace(-1.0, 1.0, 5)
    K = np.exp(settings[0] - 0.5 * (x[:, None] - x) ** 2 / np.exp(2 * settings[1]))
    sign, logdet = np.linalg.slogdet(K + np.exp(settings[2]) * np.eye(5))
    return 0.5 * sign * logdet + 0.5 * y @ np.linalg.solve(K + np.exp(settings[2]) * np.eye(5), y)


@program((2, 2), (2, 2), (4,))
def kalman_filter(np, F, noise, seen):
    x, P, H, total = np.zeros(2), np.eye(2), numpy.array([[1.0, 0.3]]), 0.0
    for k in range(4):
        x, P = F @ x, F @ P @ F.T + noise @ noise.T + 0.1 * np.eye(2)
        S, r = H @ P @ H.T + 0.5, seen[k : k + 1] - H @ x
        total = total + 0.5 * np.log(np.linalg.det(S)) + 0.5 * r @ np.linalg.inv(S) @ r
        gain = np.linalg.solve(S, H @ P).T
        x, P = x + gain @ r, (np.eye(2) - gain @ H) @ P
    return total


@program((6, 3))
def covariances(np, x):
    C, R = np.cov(x, rowvar=False), np.corrcoef(x.T)
    weights = numpy.array([1.0, 2.0, 0.5, 1.0, 1.5, 3.0])
    return np.sum(C * R) + np.sum(np.average(x, axis=0, weights=weights) * np.std(x, 0, ddof=1))


# ---- Physics ------------------------------------------------------------------------------------


@program((3, 2), (3, 2))
def three_bodies(np, q, v):
    masses = numpy.array([1.0, 2.0, 3.0])
    for _ in range(3):
        apart = q[:, None] - q[None]
        r = np.linalg.norm(apart + 0.1, axis=-1, keepdims=True)
        v = v - 0.05 * np.sum(masses[None, :, None] * apart / r**3, axis=1)
        q = q + 0.05 * v
    return 0.5 * np.sum(masses[:, None] * v**2) - np.sum(np.triu(1 / r[..., 0], 1))


@program((2,), (2,), ())
def springs(np, q, v, stiffness):
    energy = 0.0
    for _ in range(8):
        v = v - 0.1 * stiffness * q * (np.hypot(*q) - 1.0)
        q = q + 0.1 * v
        energy += np.vdot(v, v)
    return energy


@program((6,), ())
def heat_with_ends(np, u, rate):
    for _ in range(4):
        middle = u[1:-1] + 0.2 * np.tanh(rate) * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = np.concatenate([u[:1], middle, u[-1:]])
    return np.trapezoid(u**2, dx=0.5) + np.sum(np.gradient(u, 0.5) ** 2)


@program((3, 4))
def advected(np, velocity):
    """Values between grid points, where the places come from numbers that move."""
    rows, columns = numpy.meshgrid(numpy.arange(3), numpy.arange(4), indexing="ij")
    y, x = rows - velocity, columns + velocity
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, right = y - top, x - left
    f = velocity + np.roll(velocity, 1, axis=0)
    top, left = top % 3, left % 4
    bottom, beside = (top + 1) % 3, (left + 1) % 4
    above = (1 - right) * f[top, left] + right * f[top, beside]
    below = (1 - right) * f[bottom, left] + right * f[bottom, beside]
    return np.sum(((1 - down) * above + down * below) ** 2)


# ---- Networks by hand ---------------------------------------------------------------------------


@program((12, 2), (12, 3), (12,), (4, 2))
def lstm(np, W, U, b, xs):
    def sigmoid(z):
        return 0.5 * (np.tanh(z / 2) + 1)

    h, c = np.zeros(3), np.zeros(3)
    for x in xs:
        i, f, o, g = np.split(W @ x + U @ h + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return np.sum(h**2)


@program((4, 6), (6, 6), (6, 6), (6, 6))
def heads_with_a_mask(np, X, Wq, Wk, Wv):
    q, k, v = (np.swapaxes(np.reshape(X @ W, (4, 2, 3)), 0, 1) for W in (Wq, Wk, Wv))
    scores = np.where(numpy.tri(4, dtype=bool), q @ np.moveaxis(k, -1, -2) / 3**0.5, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = np.einsum("h...k,hkd->...hd", e / e.sum(-1, keepdims=True), v)
    return np.sum(mixed.reshape(4, 6) ** 2)


@program((2, 7), (4, 2, 3))
def convolution_by_windows(np, x, kernel):
    windows = x[:, numpy.arange(3)[:, None] + numpy.arange(5)]
    y = np.tensordot(kernel, windows, axes=([1, 2], [0, 1]))
    return np.sum(np.max(np.maximum(y[:, :4], 0).reshape(4, 2, 2), axis=-1) ** 2)


@program((4, 6))
def pooled_and_normalized(np, x):
    y = x.reshape(2, 2, 3, 2).max(axis=(1, 3))
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-3)
    return np.sum(y**3) + np.sum(0.5 * x * (1 + np.tanh(0.8 * (x + 0.0447 * x**3))))


# ---- Dynamic programming ------------------------------------------------------------------------


@program((3, 4))
def edit_distance(np, costs):
    d = [[0.0] * 5 for _ in range(4)]
    for i in range(1, 4):
        for j in range(1, 5):
            least = np.minimum(np.minimum(d[i - 1][j], d[i][j - 1]), d[i - 1][j - 1])
            d[i][j] = costs[i - 1, j - 1] ** 2 + least
    return d[3][4]


@program((3, 3))
def viterbi(np, steps):
    best = np.zeros(3)
    for k in range(4):
        best = np.max(best[:, None] + np.sin(steps * (k + 1)), axis=0)
    return np.max(best)


# ---- Curves -------------------------------------------------------------------------------------


@program((4,), (3,))
def polynomials(np, coefficients, x):
    rows = np.vander(x, 4, increasing=True)
    return np.sum(np.polyval(coefficients, x) * np.sum(rows * coefficients, axis=1)) + np.sum(
        np.sinc(x)
    )


@program((5,), (4,))
def interpolated(np, x, heights):
    y = np.interp(x, numpy.array([-1.0, -0.2, 0.5, 1.5]), heights)
    return np.sum(y**2) + np.convolve(y, heights, mode="same") @ numpy.arange(5.0)


@program((7,))
def order_statistics(np, x):
    quarters = np.quantile(x, numpy.array([0.25, 0.6]))
    spread = np.percentile(x, 90) - np.median(x)
    return np.prod(quarters) + spread**2 + np.ptp(x) * np.sum(np.cumprod(1 + x) / 7)


@program((2, 4))
def holes_in_the_data(np, x):
    y = np.where(numpy.array([[1, 0, 1, 1], [1, 1, 0, 1]], bool), x, np.nan)
    means = np.nanmean(y, axis=1)
    return (
        np.sum(means**2) + np.nanvar(y) * np.nansum(y) + np.nanmax(y) + np.nan_to_num(y)[0] @ x[1]
    )


@program((6,))
def by_pieces(np, x):
    y = np.select([x > 0.5, x < -0.5], [x**2, np.exp(x)], 3 * x)
    table = numpy.array([[0, 3], [3, 3]])
    return np.sum(y[::-2] * x[1::2]) + np.sum(np.diff(y[table], prepend=0.0) ** 2)


# ---- Matrices -----------------------------------------------------------------------------------


@program((4, 3))
def singular_values_and_vectors(np, A):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return np.sum((U * np.exp(-s)) @ Vt) + np.linalg.norm(A, "nuc") * np.linalg.norm(A, 2)


@program((5, 3), (5,))
def fits(np, A, b):
    x = np.linalg.lstsq(A, b)[0]
    Q, R = np.linalg.qr(A)
    return np.sum(x**2) + np.sum(np.linalg.pinv(A) ** 2) + np.sum(np.triu(R) * (Q.T @ A) ** 2)


@program((3, 3))
def exponential_of_a_matrix(np, A):
    term = total = np.eye(3)
    for k in range(1, 9):
        term = term @ A / k
        total = total + term
    power = np.linalg.matrix_power(A, 3)
    return np.trace(total) + np.linalg.multi_dot([A[0], power, A[1]]) + np.linalg.norm(A, 1)


@program((2, 3, 3))
def stacks_of_matrices(np, A):
    S = np.einsum("...ij,...kj->...ik", A, A) + np.eye(3)
    L = np.linalg.cholesky(S)
    w, V = np.linalg.eigh(S)
    root = (V * np.sqrt(w)[:, None, :]) @ np.swapaxes(V, -1, -2)
    return np.sum(np.cross(L[0], root[1])) + np.sum(np.diagonal(L, axis1=-2, axis2=-1) ** 3)


@program((2, 3), (3,))
def put_together(np, x, y):
    whole = np.block([[x, np.zeros((2, 1))], [y, np.ones(1)]])
    a, b = np.meshgrid(y, x[0], indexing="ij")
    parts = np.array_split(np.reshape(whole, (12,), order="F"), 5)
    product = np.inner(np.append(x, y), np.arange(9.0)) + np.sum(
        np.outer(y, x) * np.kron(x, y)[0, 0]
    )
    return sum(np.sum(p**2) * k for k, p in enumerate(parts)) + np.sum(a * b**2) + product
