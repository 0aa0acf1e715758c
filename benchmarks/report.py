"""The page of the measurements, benchmarks/RESULTS.md, and its plot."""

import os
import platform
import subprocess
import sys
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PEERS = ("adlab plan", "adlab traced", "adlab sweep", "products")
PEERS += ("jax.jit", "jax.jit, scan", "jax", "torch", "autograd", "mygrad")
TITLES = {
    "value_and_grad": "Value and gradient",
    "jvp": "JVP",
    "hvp": "HVP",
    "jacobian": "Whole Jacobians",
}
# The targets: the plan's ratio to plain NumPy, one thread.
TARGETS = {
    "value_and_grad mlp-3x8": 0.7,
    "value_and_grad mlp-3x64": 0.9,
    "value_and_grad mlp-4x512": 0.8,
    "value_and_grad mlp-4x2048": 0.95,
    "value_and_grad chain-100": 0.5,
    "value_and_grad chain-1000": 0.5,
    "value_and_grad chain-10000": 0.5,
    "value_and_grad chain-100000": 0.5,
    "value_and_grad residual-50": 1.0,
    "value_and_grad dense-20": 1.0,
    "value_and_grad attention-32x64": 1.1,
    "value_and_grad scalars-1000": 0.6,
}
TARGETS_OF_TASKS = {"jvp": 1.1, "hvp": 1.2, "jacobian": 1.2}
INTRODUCTION = """\
# How fast

`python -m benchmarks.speed --write` writes this page, with `--keep FILE` in as many pieces as you
like; `--only chain-100` measures one network. The peers come with `pip install -e ".[bench]"`; what
is not installed is left out.

Every number is a ratio of times, **below 1 is faster**: to plain NumPy written by hand
(`by_hand` in `networks.py`: one product per layer and gradient, new arrays), median over rounds in
which all have their turn in one process, with the quartiles where they are wide. All results agreed
to 1e-8 before. float64. *products* are the matrix products alone; the sweep is a
`Network` as the course teaches it, *traced* the same function written in plain NumPy and handed to
`value_and_grad`, `jvp`, `hvp` or `jacobian`, the plan is `adlab.Plan`. An empty cell: the library
can't, or would take minutes. Bold: the plan misses its target.
"""


def page(found, imported, memory):
    lines = [INTRODUCTION, machine(), ""]
    for threads, results in found.items():
        for task, title in TITLES.items():
            rows = {key.split()[1]: v for key, v in results.items() if key.startswith(f"{task} ")}
            if rows:
                lines += [f"## {title}, {threads} thread{'s' * (threads > 1)}", ""]
                lines += table(task, rows, threads)
    if memory:
        lines += ["## Memory", "", MEMORY, "", "| | MiB |", "|---|---|"]
        lines += [f"| {name} | {mib:.0f} |" for name, mib in memory.items()] + [""]
    if imported:
        lines += ["## Import", "", "| | ms | ratio to `import numpy` |", "|---|---|---|"]
        numpy = imported["numpy"]
        lines += [f"| {n} | {1e3 * t:.0f} | {t / numpy:.2f} |" for n, t in imported.items()] + [""]
    return "\n".join(lines)


def table(task, rows, threads):
    peers = [peer for peer in PEERS if any(peer in row for row in rows.values())]
    lines = ["| network | by hand | " + " | ".join(peers) + " | target |"]
    lines += ["|---|---|" + "---|" * (len(peers) + 1)]
    for name, row in rows.items():
        target = TARGETS.get(f"{task} {name}", TARGETS_OF_TASKS.get(task)) if threads == 1 else None
        hand = duration(row["by hand"][0]) if "by hand" in row else "–"
        cells = [ratio(row.get(peer)) for peer in peers]
        if target and "adlab plan" in row and row["adlab plan"][1] > target:
            cells[0] = f"**{cells[0]}**"
        lines.append(f"| {name} | {hand} | " + " | ".join(cells) + f" | {target or ''} |")
    return [*lines, ""]


def ratio(measured):
    if measured is None:
        return ""
    _, middle, low, high = measured
    digits = 2 if middle < 10 else 0
    spread = f" ({low:.{digits}f}–{high:.{digits}f})" if high - low > 0.1 * middle else ""
    return f"{middle:.{digits}f}{spread}"


def duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def machine():
    """What was measured, and on what."""
    names = ("numpy", "autograd", "mygrad", "jax", "torch")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Measured on {date.today():%d %B %Y}: {processor()}, {os.cpu_count()} cores, load {load}; "
        f"Python {platform.python_version()}, {', '.join(versions)}."
    )


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# ---- Import and memory: a process each -----------------------------------------------------------


USED = {  # what a program does that wants a gradient at once, and the same without one
    "numpy, and a function": "import numpy; numpy.tanh(numpy.ones(3)).sum()",
    "adlab, and its gradient": "import adlab, numpy; "
    "adlab.grad(lambda x: numpy.tanh(x).sum())(numpy.ones(3))",
}


def imports(rounds=15):
    """{what: seconds}, the median over rounds in which each is done by a new process."""
    done = {m: f"import {m}" for m in ("numpy", "adlab", "autograd", "jax", "torch") if has(m)}
    done |= USED
    code = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    times = {what: [] for what in done}
    for _ in range(rounds + 1):
        for what, line in done.items():
            command = [sys.executable, "-c", code.format(line)]
            ran = subprocess.run(command, capture_output=True, check=True, env=env)
            times[what].append(float(ran.stdout))
    return {what: median(seconds[1:]) for what, seconds in times.items()}  # the first compiles


def has(module):
    try:
        return bool(metadata.version(module))
    except metadata.PackageNotFoundError:
        return False


MEMORY = """\
Peak memory of the process above what it had with the arguments in place, each in a process of its
own, from recording and compiling on. First, value and gradient of 200 layers tanh(W a + b) on
512 x 256 numbers: the activations alone are 200 MiB, and the gradients that all hand out are 100.
Then 200 steps of tanh on 512 x 256 numbers by `checkpointed_chain`."""

PEAK = """
import resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
{prepare}
before = peak()
{run}
print(peak() - before)
"""
OF_PEER = """
from benchmarks import networks, peers
case = networks.chain("memory", 200, 256, 512)
peer = peers.peers({name!r})[{name!r}]
"""
OF_SCHEDULE = """
import adlab
import numpy as np
x, schedule = np.random.default_rng(0).normal(size=(512, 256)), adlab.{schedule}
gradient = adlab.grad(lambda x: np.sum(adlab.checkpointed_chain([np.tanh] * 200, x, schedule)))
"""
MEASURED = {  # peer -> the module it needs
    "by hand": "numpy",
    "adlab sweep": "adlab",
    "adlab plan": "adlab",
    "jax.jit": "jax",
    "torch": "torch",
    "autograd": "autograd",
    "mygrad": "mygrad",
}
SCHEDULES = ("store_all(200)", "square_root(200)", "binomial(200, 12)")


def memory():
    """{what: MiB}"""
    found = {}
    for name, module in MEASURED.items():
        if has(module):
            found[name] = peak(OF_PEER.format(name=name), "peer.value_and_grad(case)()")
    for schedule in SCHEDULES:
        found[schedule] = peak(OF_SCHEDULE.format(schedule=schedule), "gradient(x)")
    return found


def peak(prepare, run):
    """MiB that a new process needs to run this."""
    code = PEAK.format(prepare=prepare, run=run)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return float(ran.stdout)


# ---- The plot ------------------------------------------------------------------------------------


def write(text, found):
    """RESULTS.md, and the plot of the first number of threads beside it."""
    threads, results = next(iter(found.items()))
    plot(results).savefig(HERE / "results.svg", metadata={"Date": None})
    picture = f"![Ratios of times, {threads} thread: the tables below say the same](results.svg)\n"
    head, rest = text.split("\n## ", 1)
    (HERE / "RESULTS.md").write_text(f"{head}\n{picture}\n## {rest}", encoding="utf-8")


def plot(results):
    """One row for each network, one mark for each peer, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    shown = {"adlab plan": "o", "products": "|", "jax.jit": "s", "torch": "^", "autograd": "v"}
    rows = [key for key in results if key.startswith("value_and_grad")]
    figure, axes = pyplot.subplots(figsize=(8, 0.35 * len(rows) + 1.4), layout="constrained")
    for peer, mark in shown.items():
        points = [(results[key][peer][1], i) for i, key in enumerate(rows) if peer in results[key]]
        if points:
            filled = "#000000" if peer == "adlab plan" else "none"
            xs, ys = zip(*points, strict=True)
            axes.plot(
                xs, ys, mark, label=peer, color="#000000", markerfacecolor=filled, markersize=7
            )
    axes.axvline(1, color="#888888", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [key.split()[1] for key in rows])
    axes.invert_yaxis()
    axes.set_xlabel("time / time of plain NumPy by hand (left is faster)")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
