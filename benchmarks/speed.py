"""How fast adlab is beside others: `python -m benchmarks.speed`.

Every network of `benchmarks/networks.py` is given to adlab's readable sweep and plan, to plain
NumPy written by hand, to its matrix products alone, and to whichever of autograd, mygrad, JAX and
PyTorch are installed. First all must agree to 1e-8; then they run in turn, in one process, and
what is told is the ratio to the plain NumPy of the same round: median and quartiles.

    python -m benchmarks.speed --only chain-100       # one network, a minute
    python -m benchmarks.speed --write                # everything, and benchmarks/RESULTS.md

Each row has a process of its own: libraries read the number of threads when they are imported.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

NETWORKS = ("mlp-3x8", "mlp-3x64", "mlp-4x512", "mlp-4x2048")
NETWORKS += ("chain-100", "chain-1000", "chain-10000", "chain-100000")
NETWORKS += ("residual-50", "dense-20", "attention-32x64")
NETWORKS += ("ladder-30", "ladder-60", "scalars-1000")


TASKS = {
    "value_and_grad": NETWORKS,
    "jvp": NETWORKS,
    "hvp": NETWORKS,
    "jacobian": ("jacobian-64x64", "jacobian-8x512", "jacobian-512x8"),
}
TOLERANCE = 1e-8
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


# ---- In a process of its own ---------------------------------------------------------------------


def only_cores(n):
    """Keep to n cores, for libraries that make as many threads as they see."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-n:])


def measured(task, name, seconds):
    """{peer: [seconds, ratio, lower and upper quartile]} of one network."""
    from benchmarks.networks import case, random
    from benchmarks.peers import peers
    from benchmarks.timing import interleaved, ratios

    network = case(name)
    tangents = tuple(random(*a.shape, seed=55) for a in network.args)
    runs = {}
    for peer, library in peers().items():
        make = getattr(library, task)
        run = make(network, tangents) if task in ("jvp", "hvp") else make(network)
        if run:
            runs[peer] = run
    verify(runs, task)
    times = interleaved(runs, seconds)
    measure = "by hand" if "by hand" in times else next(iter(times))
    found = ratios(times, measure)
    return {peer: [median(times[peer]), *found[peer]] for peer in times}


def verify(runs, task):
    """All results are those of the first, to 1e-8 of the largest number."""
    first = None
    for name, run in runs.items():
        if name == "products":
            continue
        found = numbers(getattr(run, "unpack", lambda x: x)(run()), task)
        first = first or found
        largest = max(abs(a).max() for a in first)
        for a, b in zip(found, first, strict=True):
            error = abs(a - b).max() / largest
            assert a.shape == b.shape and error < TOLERANCE, f"{name}: {a.shape}, off by {error}"


def numbers(found, task):
    """The arrays of a result: of a Jacobian the matrix alone, without the value."""
    import numpy as np

    if task == "jacobian":
        found = found[1]
    if isinstance(found, tuple | list):
        return [a for part in found for a in numbers(part, None)]
    return [np.asarray(found)]


def wanted(options):
    """The (task, network) asked for."""
    return [
        (task, name)
        for task, names in TASKS.items()
        for name in names
        if options.only in (None, name) and options.task in (None, task)
    ]


# ---- The command ---------------------------------------------------------------------------------


def with_threads(threads, options):
    """{"task network": measurements}, each by a process of its own with so many threads.

    So no network finds the memory as another has left it: plain NumPy is a quarter faster where
    the C library has learnt to keep large blocks. OpenBLAS chooses its routines itself, whatever
    the environment says: that would slow NumPy and nobody else.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    env |= dict.fromkeys(THREADS, str(threads)) | {"JAX_PLATFORMS": "cpu"}
    found = kept(options.keep).get(str(threads), {})
    for task, name in wanted(options):
        if f"{task} {name}" in found:
            continue
        command = [sys.executable, "-m", "benchmarks.speed", "--child", "--task", task]
        command += ["--only", name, "--seconds", str(options.seconds), "--threads", str(threads)]
        ran = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)
        found[f"{task} {name}"] = row = json.loads(ran.stdout)
        told = ", ".join(f"{peer} {v[1]:.2f}" for peer, v in row.items())
        print(f"{threads} {task:15} {name:16} {told}", file=sys.stderr, flush=True)
        if options.keep:
            rows = kept(options.keep) | {str(threads): found}
            options.keep.write_text(json.dumps(rows), encoding="utf-8")
    return {f"{task} {name}": found[f"{task} {name}"] for task, name in wanted(options)}


def kept(file):
    """The rows that an earlier run has left in the file."""
    return json.loads(file.read_text(encoding="utf-8")) if file and file.exists() else {}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", metavar="NETWORK", help="one network, such as chain-100")
    parser.add_argument("--task", choices=TASKS, help="one task")
    parser.add_argument("--seconds", type=float, default=5, help="for each network (%(default)s)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="a file for the rows, so that a run can go on")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        only_cores(options.threads[0])
        ((task, name),) = wanted(options)
        json.dump(measured(task, name, options.seconds), sys.stdout)
        return
    from benchmarks import report

    found = {threads: with_threads(threads, options) for threads in options.threads}
    alone = options.only is None and options.task is None
    page = report.page(found, report.imports() if alone else {}, report.memory() if alone else {})
    print(page)
    if options.write:
        report.write(page, found)


if __name__ == "__main__":
    main()
