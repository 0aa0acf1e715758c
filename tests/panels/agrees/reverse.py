"""The panel reverse against numbers made another way: plain NumPy, differences, counted cells."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np

from adlab.panels import sweep
from adlab.panels.panel import Panel
from adlab.pictures.drawing import COTANGENT, JACOBIAN, VALUE
from adlab.pictures.sweep import ALONE, GAP
from tests.panels.agrees.reading import SHOWN, SVG, differences, numbers

LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
ENTRIES = {"Tanh": np.tanh, "ReLU": lambda a: a * (a > 0)}


def softmax(a: np.ndarray) -> np.ndarray:
    return np.exp(a) / np.sum(np.exp(a))


@dataclass
class Line:
    """One equation in plain NumPy: `f(y, W, b)`; W and b are None where it has no parameters."""

    kind: str
    f: object
    W: np.ndarray | None = None
    b: np.ndarray | None = None


def lines(values: dict) -> list[Line]:
    """The chain that the panel is set to."""
    found, n = [], values["n0"]
    for i in range(values["blocks"]):
        m, kind = values[f"n{i + 1}"], values[f"kind{i + 1}"]
        W, b = sweep.WEIGHTS[i, :m, :n], sweep.BIASES[i, :m]
        found.append(Line("Linear", lambda y, W, b: W @ y + b, W, b))
        f = ENTRIES.get(kind, softmax)
        if kind != "nothing":
            found.append(Line(kind, lambda y, W, b, f=f: f(y)))
        n = m
    target = sweep.TARGET[:n]
    return [*found, Line("loss", lambda y, W, b: np.sum((y - target) ** 2, keepdims=True) / 2)]


def after(chain: list[Line], y: np.ndarray) -> np.ndarray:
    for line in chain:
        y = line.f(y, line.W, line.b)
    return y


def alive(chain: list[Line], sizes: list[int], step: int) -> tuple[int, int, int]:
    """How many numbers of values, of what Jacobians keep, and of cotangents there are in memory."""
    K = len(chain)
    last = step if step <= K else 2 * K + 1 - step  # the last equation whose Jacobian is there
    values, kept = set(), 0
    for i in range(1, last + 1):
        kind = chain[i - 1].kind
        kept += sizes[i - 1] if kind == "loss" else sizes[i] if kind in ENTRIES else 0
        values |= {i - 1} if kind == "Linear" else {i} if kind == "Softmax" else set()
    if 0 < step <= K:
        values |= {step - 1, step}
    vectors = 0
    if step > K:
        vectors = sizes[last] + (sizes[last - 1] if last > 1 else 0)
        vectors += sum(
            line.W.size + line.b.size for line in chain[last - 1 :] if line.W is not None
        )
    return sum(sizes[i] for i in values - {0}), kept, vectors


def filled(panel: Panel) -> tuple[int, ...]:
    """The cells of the picture that are black, grey and vermilion."""
    side = f"{ALONE.cell - GAP:g}"
    cells = [r.get("fill") for r in ET.fromstring(panel.svg).iter(f"{SVG}rect")
             if r.get("width") == r.get("height") == side]  # fmt: skip
    return tuple(cells.count(colour) for colour in (VALUE, JACOBIAN, COTANGENT))


def vectors_said(words: str) -> list[list[float]]:
    """The vectors in brackets, as lists of numbers."""
    return [numbers(found) for found in re.findall(r"\(([^()]*\d\.\d\d[^()]*)\)", words)]


def reverse_agrees(panel: Panel) -> None:
    chain = lines(panel.values)
    K = len(chain)
    ys = [sweep.INPUT[: panel.values["n0"]]]
    for line in chain:
        ys.append(after([line], ys[-1]))
    sizes = [y.size for y in ys]
    step = min(panel.values["step"], 2 * K)
    head, *body, bytes_alive, most = panel.words.translate(LOWERED).splitlines()
    assert numbers(head) == [step, 2 * K]

    counts = alive(chain, sizes, step)
    assert filled(panel) == counts
    assert numbers(bytes_alive) == [8 * count for count in counts]
    every = [8 * sum(alive(chain, sizes, k)) for k in range(2 * K + 1)]
    assert numbers(most) == [8 * sum(counts), max(every), every.index(max(every))]

    body = "\n".join(body)
    said = vectors_said(body.replace(f"ReLU(y{step - 1})", "").replace(f"softmax(y{step - 1})", ""))
    near = {"atol": SHOWN, "strict": True}
    if step == 0:
        np.testing.assert_allclose(said[0], ys[0], **near)
        assert ", ".join(line.kind for line in chain) in body
    elif step < K:
        assert body.startswith(f"Evaluate y{step} = ")
        np.testing.assert_allclose(said[0], ys[step], **near)
    elif step == K:
        np.testing.assert_allclose(numbers(body.splitlines()[0])[-1], ys[K][0], atol=SHOWN)
    else:
        pulled_agrees(chain, ys, 2 * K + 1 - step, body, said)


def pulled_agrees(chain, ys, k, body, said) -> None:
    """The cotangents that come in and go out, and that of W, against differences of the loss."""
    line, near = chain[k - 1], {"atol": SHOWN, "strict": True}
    assert f"through {line.kind}." in body
    rest = chain[k:]
    if rest:
        row = differences(lambda y: after(rest, y), ys[k])[0]
        np.testing.assert_allclose(said.pop(0), row, **near)
    else:
        assert "u = 1.00 comes in" in body
    if k > 1:
        row = differences(lambda y: after(chain[k - 1 :], y), ys[k - 1])[0]
        np.testing.assert_allclose(said.pop(0), row, **near)
    if line.W is not None:

        def loss(w):
            W = np.concatenate([[w], line.W[1:]])
            return after(rest, line.f(ys[k - 1], W, line.b))

        np.testing.assert_allclose(said.pop(0), differences(loss, line.W[0])[0], **near)
    assert not said
