"""Answers to the exercises of chapter 09."""

import numpy as np


def by_back_substitution(reads, s):
    n = len(reads)
    C = np.zeros((n, n))
    for k, read in enumerate(reads):
        for source, slope in read:
            C[k, source] += slope
    return np.linalg.solve((np.eye(n) - C).T, s)


def by_receiving(reads, s):
    """Each value asks its readers, from the last value to the first."""
    bar = {}
    for j in range(len(reads) - 1, -1, -1):
        parts = [bar[k] * a for k in range(j + 1, len(reads)) for i, a in reads[k] if i == j]
        bar[j] = s[j] + sum(parts)
    return [bar[j] for j in range(len(reads))]


def by_paths(reads, s):
    bar = np.array(s)
    todo = list(enumerate(s))
    while todo:
        k, u = todo.pop()
        for source, slope in reads[k]:
            bar[source] += u * slope
            todo.append((source, u * slope))
    return bar


def shared_by_complex_step(w, s, a):
    found = []
    for j in range(len(w)):
        z, t = w.astype(complex), s.astype(complex)
        z[j] += 1e-30j
        for row in a:
            t = z * t + row
        found.append(np.sum(t * t).imag / 2e-30)
    return found


def shared_by_tangents(w, s, a):
    """Forward: one tangent for each number of w, and here they do not mix."""
    ds = 0 * w
    for row in a:
        ds, s = s + w * ds, w * s + row
    return s * ds


def shared_by_powers(w, s, a):
    n = len(a)
    states = [s]
    for row in a:
        states = [*states, states[-1] * w + row]
    return np.sum([states[n] * w ** (n - k) * states[k - 1] for k in range(1, n + 1)], axis=0)


RIGHT = {
    "09/by-two-ways": [[9, 1, 14], (9.0, 1.0, 14.0), np.array([9, 1, 14])],
    "09/paths-and-edges": [[59049, 60], (3**10, 60), np.array([59049.0, 60.0])],
    "09/sweep-a-list": [by_back_substitution, by_receiving, by_paths],
    "09/order-of-visits": [
        ["l", "y5", "y4", "y3", "y2", "y1"],
        ["l", "y5", "y4", "y2", "y3", "y1"],
        ("l", "y5", "y4", "y2", "y3", "y1"),
    ],
    "09/shared-parameter": [shared_by_complex_step, shared_by_tangents, shared_by_powers],
}

WRONG = {
    "09/by-two-ways": [[[9, 1, 14]], [9, 1], [14, 1, 9], 24],
    "09/paths-and-edges": [[59049], 59049, [59050, 60], [59049, 61]],
    "09/sweep-a-list": [lambda reads, s: s, lambda reads, s: s[::-1], lambda reads, s: reads],
    "09/order-of-visits": [
        ["y1", "y2", "y3", "y4", "y5", "l"],
        ["l", "y5", "y4"],
        ["l", "y5", "y4", "y3", "y2", "y1", "y1"],
        ["f", "y5", "y4", "y3", "y2", "y1"],
    ],
    "09/shared-parameter": [lambda w, s, a: w, lambda w, s, a: s * w],
}
