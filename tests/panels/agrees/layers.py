"""The panel layers against numbers made another way."""

import re
from dataclasses import dataclass

import numpy as np

from adlab.panels import layers
from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SHOWN, differences, labels, numbers

LINE = (
    r"tangent v = \((?P<v>.*)\): {0} v = \((?P<Jv>.*)\)\n"
    r"cotangent u = \((?P<u>.*)\): u {0} = \((?P<uJ>.*)\)"
)


@dataclass
class Expected:
    """A Jacobian by differences, where it may differ from zero, and how much has to be held."""

    dense: np.ndarray
    pattern: np.ndarray
    held: int


def softmax(a):
    e = np.exp(a)
    return e / e.sum(-1, keepdims=True)


def normal(a):
    centred = a - a.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def expected(layer, n, m, batch) -> list[Expected]:
    """The Jacobians of a setting in plain NumPy: [P, A], or [A] where there are no parameters."""
    whole, signed = layers.WHOLE[:batch, :n], layers.SIGNED[:batch, :n]
    W, b = layers.W[:m, :n], layers.BIAS[:m]
    each, examples = np.ones((n, n), bool), np.eye(batch, dtype=bool)
    if n == 1:
        each = np.zeros((1, 1), bool)  # one number, normalized or in a softmax, is a constant

    def of(value, x, pattern, held):
        flat = differences(lambda x: np.ravel(value(x)), np.ravel(x))
        return Expected(flat, np.broadcast_to(pattern, flat.shape), held)

    def of_a(value, pattern, held):
        return of(lambda a: value(a.reshape(batch, n)), signed, pattern, held)

    if layer == "Linear":
        repeated = np.vstack([np.kron(np.eye(m), np.ones((1, n)))] * batch)
        P_pattern = np.hstack([repeated, np.vstack([np.eye(m)] * batch)]) != 0
        A_pattern = np.kron(np.eye(batch), np.ones((m, n))) != 0
        both = np.concatenate([np.ravel(W), b])
        P = of(
            lambda x: whole @ x[: m * n].reshape(m, n).T + x[m * n :], both, P_pattern, batch * n
        )
        A = of(lambda a: a.reshape(batch, n) @ W.T + b, whole, A_pattern, m * n)
        return [P, A]
    if layer == "LayerNorm":
        gain, bias, z = layers.GAIN[:n], layers.BIAS[:n], normal(signed)
        ones = np.vstack([np.eye(n)] * batch) != 0
        P_pattern = np.hstack([ones & (n > 1), ones])
        P = of(lambda x: x[:n] * z + x[n:], np.concatenate([gain, bias]), P_pattern, batch * n)
        A = of_a(lambda a: gain * normal(a) + bias, np.kron(examples, each), 2 * batch * n)
        return [P, A]
    diagonal = np.eye(batch * n, dtype=bool)
    label = np.arange(batch) % n
    return {
        "Tanh": lambda: [of_a(np.tanh, diagonal, batch * n)],
        "ReLU": lambda: [of_a(lambda a: a * (a > 0), diagonal, batch * n)],
        "Softmax": lambda: [of_a(softmax, np.kron(examples, each), batch * n)],
        "HalfSquare": lambda: [
            of_a(
                lambda a: ((a - layers.TARGET[:batch, :n]) ** 2).sum() / 2 / batch, True, batch * n
            )
        ],
        "SoftmaxCrossEntropy": lambda: [
            of_a(lambda a: -np.log(softmax(a)[np.arange(batch), label]).mean(), n > 1, batch * n)
        ],
    }[layer]()


def layers_agrees(panel: Panel) -> None:
    values = panel.values
    wanted = expected(*(values[name] for name in ("layer", "n", "m", "batch")))
    names = ["P", "A"][-len(wanted) :]
    shown = [J for J in (panel.shown.P, panel.shown.A) if J is not None]
    texts = labels(panel)
    words = panel.words
    assert ("one Jacobian only" in words) == ("No parameters: this layer has no P." in texts)
    assert ("P" in names) == ("P v" in texts)
    pairings = numbers(words.splitlines()[-2])
    for k, (name, J, one) in enumerate(zip(names, wanted, shown, strict=True)):
        rows, columns = J.dense.shape
        np.testing.assert_array_equal(~J.pattern, one.zeros)
        assert not J.dense[~J.pattern].any() or np.abs(J.dense[~J.pattern]).max() < 1e-9
        assert f"{name} is {rows} × {columns}" in texts
        assert f"dense {rows * columns}, held {J.held}" in texts
        said = re.search(LINE.format(name), words)
        v, Jv, u, uJ = (numbers(said[part]) for part in ("v", "Jv", "u", "uJ"))
        near = {"atol": SHOWN, "strict": True}
        np.testing.assert_allclose(Jv, np.einsum("ij,j->i", J.dense, v), **near)
        np.testing.assert_allclose(uJ, np.einsum("i,ij->j", u, J.dense), **near)
        np.testing.assert_allclose(pairings[k], np.dot(u, J.dense @ v), atol=SHOWN)
        first = re.search(rf"{name} = ∂.*? is (\d+) × (\(.*?\)|\d+)", words)
        assert int(first[1]) == rows
        assert sum(numbers(first[2])) == columns
    counts = numbers(words.splitlines()[-1])
    assert counts == [*(J.dense.size for J in wanted), *(J.held for J in wanted)]
    agree_with_the_cells(texts, names, wanted)


def agree_with_the_cells(texts, names, wanted) -> None:
    """Where a map has numbers they are its entries, row by row, without the structural zeros."""
    for name, J in zip(names, wanted, strict=True):
        start = next(k for k, text in enumerate(texts) if text.startswith(f"{name} is "))
        after = texts[start + 2 :]
        cells = []
        while re.fullmatch(r"−?\d+(\.\d\d)?", after[0]):
            cells += numbers(after.pop(0))
        entries = J.dense[J.pattern]
        assert len(cells) in (0, len(entries)), f"{name}: {cells}"
        np.testing.assert_allclose(cells, entries[: len(cells)], atol=SHOWN)
