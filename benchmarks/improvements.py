"""What each idea of a plan brings: `python -m benchmarks.improvements`, two minutes.

A plan is right without any of them, which the tests show. Here each is left out in turn, and what
is told is how many times as long the plan then takes, and how much memory it needs.
"""

import argparse
import os
from contextlib import ExitStack, contextmanager
from statistics import median
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

from adlab.plan import arenas, binding, exchange, loops, program, sweeps, tape
from benchmarks import report
from benchmarks.timing import interleaved

MEASURED = [  # some for which one of them matters
    ("mlp-3x8", "value_and_grad"),
    ("mlp-3x64", "jvp"),
    ("mlp-4x512", "jvp"),
    ("mlp-4x2048", "value_and_grad"),
    ("chain-100", "value_and_grad"),
    ("residual-50", "hvp"),
    ("dense-20-alone", "jvp"),
    ("ladder-60", "value_and_grad"),
    ("scalars-1000", "hvp"),
]


def one_by_one(calls):
    """The calls as Placed, in their order, none together with others."""
    placed = list(map(loops.Placed, calls))
    for i, p in enumerate(placed):
        p.loop = i
    return placed


class New:
    """Memory for results that is new each time."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, dtype

    def array(self):
        return np.empty(self.shape, self.dtype)


IMPROVEMENTS = {  # what is left out -> what stands in its place: (module, name, value)
    "loops: equal calls made at once": (program, "arranged", one_by_one),
    "loops: turns made in one go": (loops, "turns", lambda kinds: (0, 0)),
    "slopes made when they are read": (program, "postponed", lambda calls: calls),
    "results written over operands": (arenas, "OVERWRITING", ()),
    "parts made where they are joined": (arenas, "joins", lambda placed: {}),
    "chains of numbers in Python": (binding, "in_python", lambda *_: None),
    "memory of results lent again": (exchange, "Lent", New),
    "simpler calls of the same result": (tape, "SIMPLER", {}),
    "Linear pushes rows": (sweeps, "CHEAPER", {}),
}


@contextmanager
def without(improvement):
    """Plans compiled in here do without it."""
    with patch.object(*IMPROVEMENTS[improvement]):
        yield


def measured(name, task, seconds):
    """{improvement: time without it over the time of the whole plan}"""
    from benchmarks.networks import case, random
    from benchmarks.peers import Compiled

    network = case(name)
    tangents = tuple(random(*a.shape, seed=55) for a in network.args)
    given = (network, tangents) if task in ("jvp", "hvp") else (network,)
    runs = {}
    for improvement in (*IMPROVEMENTS, None):
        with ExitStack() as left_out:
            if improvement:
                left_out.enter_context(without(improvement))
            runs[improvement] = getattr(Compiled(), task)(*given)
            runs[improvement]()  # compiles
    times = interleaved(runs, seconds)
    whole = times.pop(None)
    return {
        improvement: median(a / b for a, b in zip(found, whole, strict=True))
        for improvement, found in times.items()
    }


LEFT_OUT = """
from benchmarks.improvements import without
left_out = without({improvement!r})
left_out.__enter__()
"""


def memory(improvement):
    """MiB that a plan needs without it, as in RESULTS.md: 200 layers on 512 x 256 numbers."""
    prepare = report.OF_PEER.format(name="adlab plan")
    prepare += LEFT_OUT.format(improvement=improvement) if improvement else ""
    return report.peak(prepare, "peer.value_and_grad(case)()")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.improvements", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=10, help="for each network (%(default)s)")
    options = parser.parse_args()
    peaks = {name: memory(name) for name in (None, *IMPROVEMENTS)}  # first: they count this process
    found = [measured(*pair, options.seconds) for pair in MEASURED]
    titles = [f"{task}, {name}" for name, task in MEASURED]
    print(f"| without | {' | '.join(titles)} | MiB |\n|---|{'---|' * len(titles)}---|")
    for improvement, peak in peaks.items():
        cells = [f"{times[improvement]:.2f}" if improvement else "1" for times in found]
        name = improvement or "(nothing left out)"
        print(f"| {name} | {' | '.join(cells)} | {peak:.0f} |")


if __name__ == "__main__":
    main()
