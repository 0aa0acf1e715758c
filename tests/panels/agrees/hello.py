"""The panel hello against numbers made another way."""

import numpy as np

from adlab.panels import hello
from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SHOWN, cells, differences, numbers


def hello_agrees(panel: Panel) -> None:
    n, m = panel.controls["n"].value, panel.controls["m"].value
    W, b, a = hello.WEIGHTS[:m, :n], hello.BIASES[:m], hello.INPUTS[:n]
    J = differences(lambda a: np.tanh(W @ a + b), a)
    count, *rows = panel.words.splitlines()
    assert numbers(count) == [m, n, m * n]
    assert len(rows) == m
    for i, row in enumerate(rows):
        index, y, again, *entries = numbers(row)
        assert (index, again) == (i + 1, i + 1)
        np.testing.assert_allclose(y, np.tanh(W @ a + b)[i], atol=SHOWN)
        np.testing.assert_allclose(entries, J[i], atol=SHOWN, strict=True)
    np.testing.assert_allclose(cells(panel), J.ravel(), atol=SHOWN, strict=True)
