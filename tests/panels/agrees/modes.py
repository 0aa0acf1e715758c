"""The panel modes against numbers made another way."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from adlab.panels import sweep
from adlab.panels.panel import Panel
from tests.panels.agrees.reading import SHOWN, SVG, numbers

STEP = 1e-5
DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
NAMES = "y0", "Linear", "Tanh", "Linear", "Tanh", "loss"
LOSS = 5  # counted as the panel counts values, from y₀ on
COLOURS = {"#000000": "value", "#767676": "kept", "#0072B2": "tangent", "#D55E00": "cotangent"}


def modes_agrees(panel: Panel) -> None:
    set_to = panel.values
    n = [set_to[key] for key in ("n0", "n1", "n1", "n3", "n3")] + [1]
    parameters = {
        1: [sweep.WEIGHTS[0, : n[1], : n[0]], sweep.BIASES[0, : n[1]]],
        3: [sweep.WEIGHTS[1, : n[3], : n[2]], sweep.BIASES[1, : n[3]]],
    }
    target, step, moves = sweep.TARGET[: n[3]], set_to["step"], set_to["moves"]
    v = [np.full(a.shape, float(set_to["direction"] == "ones")) for a in parameters[moves]]
    v[0][0, 0] = 1

    def evaluate(h: float = 0, after: int = 0, y=sweep.INPUT[: n[0]]) -> list:
        """y_k, ..., l from y_k with k = `after`, the parameters of layer `moves` moved by h v."""
        found = [y]
        moved = [a + h * d for a, d in zip(parameters[moves], v, strict=True)]
        for k in range(after + 1, LOSS):
            W, b = moved if k == moves else parameters.get(k, (None, None))
            found.append(np.tanh(found[-1]) if W is None else W @ found[-1] + b)
        return [*found, np.sum((found[-1] - target) ** 2) / 2]

    values = evaluate()
    ahead, behind = evaluate(STEP), evaluate(-STEP)
    tangents = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]

    def cotangent(k: int):
        """The slopes of l in y_k, by differences of the layers after it."""
        steps = STEP * np.eye(n[k])
        return np.array(
            [
                (evaluate(0, k, values[k] + e)[-1] - evaluate(0, k, values[k] - e)[-1]) / (2 * STEP)
                for e in steps
            ]
        )

    words = panel.words.translate(DIGITS)
    forward_says(words, step, moves, tangents)
    reverse_says(words, step, moves, tangents, cotangent)
    W, b = parameters[moves]
    count_says(words, n, moves, W.size + b.size)
    bytes_say(
        panel, words, n, step, moves, {k: a.size + c.size for k, (a, c) in parameters.items()}
    )


def vector_in(line: str) -> list[float]:
    return numbers(line.split("=", 1)[1].split(",  ")[0])


def forward_says(words, step, moves, tangents):
    line = re.search(r"Forward: (.*)", words)[1]
    if step == 0:
        assert line == "nothing yet."
    elif step < moves:
        assert line == f"evaluates y{step}, no tangent yet."
    else:
        k = min(step, LOSS)
        assert line.startswith(f"pushes through {NAMES[k]}" if step <= LOSS else "done.")
        np.testing.assert_allclose(vector_in(line), np.ravel(tangents[k]), atol=SHOWN)


def reverse_says(words, step, moves, tangents, cotangent):
    said = re.search(r"Reverse: (.*(?:\n⟨.*)*)", words)[1].splitlines()
    if step <= LOSS:
        name = "l" if step == LOSS else f"y{step}"
        assert said == ([f"evaluates {NAMES[step]}, {name}."] if step else ["nothing yet."])
        return
    k = 2 * LOSS + 1 - step  # the equation that is pulled through
    assert said[0].startswith(f"pulls through {NAMES[k]}")
    if k == 1:
        assert "Done." in said[0]
    else:
        assert f"ū{k - 1} = " in said[0]
        np.testing.assert_allclose(vector_in(said[0]), cotangent(k - 1), atol=SHOWN)
    meet = (k - 1 >= moves) + (k == moves)
    assert len(said) == 1 + meet
    for line in said[1:]:
        assert line.startswith("⟨W̄, Ẇ⟩" if k == moves else f"⟨ū{k - 1}, ẏ{k - 1}⟩")
        assert abs(numbers(line)[-1] - tangents[LOSS]) <= SHOWN


def count_says(words, n, moves, passes):
    """Flops from the sizes: a matrix times a vector 2mn, m for a sum or a diagonal of size m."""
    push = 2 * n[moves] * n[moves - 1] + n[moves] + n[moves] + 2 * n[4]
    pull = n[4] + n[4] + 2 * n[3] * n[2]
    if moves == 1:
        push += 2 * n[3] * n[2] + n[4]
        pull += n[2] + 2 * n[1] * n[0]
    gradient, forward, reverse = words.splitlines()[-3:]
    assert numbers(gradient) == [{1: 1, 3: 2}[moves], passes]
    assert numbers(forward.replace(",", "")) == [passes, passes * push]
    assert numbers(reverse.replace(",", "")) == [1, pull]


def bytes_say(panel, words, n, step, moves, parameters):
    """Bytes from the sizes, and the filled cells of the picture, 8 bytes each."""
    own = {2: n[2], 4: n[4], 5: n[4]}  # slopes of Tanh, residuals of the loss

    def forward(k):
        if not k:
            return 0
        numbers_alive = n[k] + n[k - 1] * (k > 1) + own.get(k, 0) * (k >= moves)
        numbers_alive += n[k] * (k >= moves) + n[k - 1] * (k > moves)
        return 8 * (numbers_alive + parameters[moves] * (k <= moves))

    def reverse(tick):
        k, back = (2 * LOSS + 1 - tick, True) if tick > LOSS else (tick, False)
        alive = ({k - 1, k} if not back else set()) | ({2} if k >= 3 else set())
        total = sum(n[i] for i in alive if i > 0) + sum(own.get(i, 0) for i in range(1, k + 1))
        if back:
            total += n[k] + n[k - 1] * (k > 1) + sum(m for i, m in parameters.items() if i >= k)
        return 8 * total

    alive, most = (re.search(f"{head}: (.*)", words)[1] for head in ("Bytes alive", "At most"))
    now = [forward(min(step, LOSS)), reverse(step)]
    assert numbers(alive) == now
    assert numbers(most) == [
        max(map(forward, range(LOSS + 1))),
        max(map(reverse, range(2 * LOSS + 1))),
    ]
    drawn = [0, 0]
    for cell in ET.fromstring(panel.svg).iter(f"{SVG}rect"):
        if cell.get("width") == "6.5" and cell.get("fill") in COLOURS:
            drawn[float(cell.get("x")) > 290] += 8
            kind = COLOURS[cell.get("fill")]
            assert kind != ("cotangent" if float(cell.get("x")) < 290 else "tangent")
    assert drawn == now
