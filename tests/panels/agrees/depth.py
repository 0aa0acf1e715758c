"""The panel depth against numbers made another way."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from adlab.panels import depth
from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SVG, differences, labels, numbers

SUNK = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
COUNTED = re.compile(r"(\d+) products one by one, (\d+) with the row")


def values(x: np.ndarray, i: int, sizes: list[int]) -> list[np.ndarray]:
    """y_0, ..., y_L of the panel's chain in plain NumPy, with x in the place of x_i."""
    ys = [depth.DATA[: sizes[0]]]
    for k, d in enumerate(sizes[1:]):
        own = x if k + 1 == i else depth.X[k, : depth.PARAMETERS[k]]
        W, C = depth.W[k, :d, : len(ys[-1])], depth.C[k, :d, : len(own)]
        ys.append(np.tanh(W @ ys[-1] / len(ys[-1]) ** 0.5 + C @ own + depth.B[k, :d]))
    return ys


def depth_agrees(panel: Panel) -> None:
    L, i = panel.values["L"], panel.values["i"]
    sizes = [panel.values[f"d{k}"] for k in range(L + 1)]
    n = depth.PARAMETERS[i - 1]
    x = depth.X[i - 1, :n]

    def loss(x):
        y = values(x, i, sizes)[-1]
        return np.array([np.sum((y - depth.TARGET[: len(y)]) ** 2) / 2])

    shapes, places, product, difference, verdict, counted, *rest = panel.words.splitlines()
    expected = differences(loss, x)[0]
    for line in (product, difference):
        np.testing.assert_allclose(numbers(line), expected, atol=5.1e-4, strict=True)
    assert verdict == "They agree within 10⁻⁸."
    # a chain of shapes: each begins where the one before it ends
    name, _, columns, *factors = numbers(shapes.translate(SUNK))
    assert (name, columns) == (i, n)
    walk = [1, *(sizes[k] for k in range(L, i - 1, -1)), n]
    assert factors == [d for pair in zip(walk, walk[1:], strict=False) for d in pair]
    taken = numbers(places.translate(SUNK))
    expected_places = [i, i, i - 1] + ([i + 1, i + 1, i] if i < L else [])
    assert taken == expected_places + ([L] if i + 1 < L else []) + [L]
    if L > 1:
        alone = [1 for j in range(1, L + 1) for _ in ["P", *range(j + 1, L + 1)]]
        shared = [1 for k in range(1, L + 1) for _ in (["P", "A"] if k > 1 else ["P"])]
        assert list(map(int, COUNTED.search(counted).groups())) == [len(alone), len(shared)]
    assert [panel.controls[f"d{k}"].disabled for k in range(9)] == [k > L for k in range(9)]
    assert [numbers(line.translate(SUNK)) for line in rest] == (
        [] if L == 8 else [[8]] if L == 7 else [[L + 1, 8]]
    )
    picture_agrees(panel, sizes, i, n)


def picture_agrees(panel: Panel, sizes: list[int], i: int, n: int) -> None:
    """The lit factors in the formula, the sizes between them, the recursion, the drawn matrices."""
    L, texts = len(sizes) - 1, labels(panel)
    assert texts[0] == f"D{i}l = Df " + "".join(f"A{k} " for k in range(L, i, -1)) + f"P{i}"
    assert texts[1] == f"1 × {n}"
    recursion = texts[texts.index(f"D{i}y{i - 1} = 0") :]
    ys = [differences(lambda x, k=k: values(x, i, sizes)[k], depth.X[i - 1, :n]) for k in
          range(L + 1)]  # fmt: skip
    for k, shape in zip(range(i - 1, L + 1), recursion[1::2], strict=False):
        assert shape == f"{ys[k].shape[0]} × {ys[k].shape[1]}"
        assert np.any(ys[k]) == (k >= i)
    assert recursion[0::2] == [
        f"D{i}y{i - 1} = 0",
        f"D{i}y{i} = P{i}",
        *(f"D{i}y{k} = A{k} D{i}y{k - 1}" for k in range(i + 1, L + 1)),
        f"D{i}l = Df D{i}y{L}",
    ]
    rects = list(ET.fromstring(panel.svg).iter(f"{SVG}rect"))
    lit = [box(r) for r in rects if r.get("stroke-width") == "2"]
    unit = min(width for width, _ in lit) / min(d for _, d in shapes_of(sizes, i, n))
    drawn = [(round(height / unit), round(width / unit)) for width, height in lit]
    assert sorted(drawn) == sorted(shapes_of(sizes, i, n))
    bold = [t.text for t in ET.fromstring(panel.svg).iter(f"{SVG}text") if t.get("font-weight")]
    sizes_lit = [int(text) for text in bold if re.fullmatch(r"\d+", text or "")]
    assert sizes_lit == [1, *(sizes[k] for k in range(L, i - 1, -1)), sizes[i], n]
    swept = [text for text in texts if text.startswith("ū")]
    assert swept == [f"ū{k}" for k in range(L, i - 1, -1)]
    dim = [r for r in rects if r.get("stroke-width") == "1" and r.get("fill") == "none"]
    assert len(lit) == L - i + 2
    assert len(lit) + len([r for r in dim if not r.get("rx")]) == 2 * L + 1


def shapes_of(sizes: list[int], i: int, n: int) -> list[tuple[int, int]]:
    inner = [1, *reversed(sizes[i:]), n]
    return list(zip(inner, inner[1:], strict=False))


def box(rect: ET.Element) -> tuple[float, float]:
    return float(rect.get("width")), float(rect.get("height"))
