"""Where the time of a plan goes: `python -m benchmarks.profile mlp-4x512 --task jvp`.

Runs the calls of the plan in their order, again and again, with a clock around each, and adds up
the best time of each by what it does. A clock costs some 50 ns a call, which is in the figures.
"""

import argparse
import inspect
import os
from collections import defaultdict
from functools import partial
from itertools import repeat
from time import perf_counter

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

from adlab.plan.binding import turned
from benchmarks.networks import MAKERS, case, random
from benchmarks.peers import network

PRODUCTS = {"dot", "matmul", "product"}
TASKS = ("value_and_grad", "jvp", "hvp", "jacobian")


def name(call):
    """What a bound call does, in NumPy's word for it."""
    function = call.func if isinstance(call, partial) else call
    if inspect.isfunction(function):  # its arrays are looked up when it is called
        function = inspect.getclosurevars(function).nonlocals.get("function", function)
    word = getattr(function, "__name__", type(function).__name__)
    return "matrix products" if word in PRODUCTS else word


def singly(calls):
    """The calls, those of a loop one by one in their turn."""
    for call in calls:
        if getattr(call, "func", None) is not turned:
            yield call
            continue
        (body,) = call.args
        columns = [zip(repeat(f), *(column() for column in columns)) for f, columns in body]
        for turn in zip(*columns, strict=True):
            yield from (partial(*step) for step in turn)


def profile(program, inputs, rounds):
    """[(what, how many calls, seconds)]: the best time of each call, added up by what it does."""
    (begin,), (calls,), (end,) = program.begin, program.calls, program.end
    best, names = {}, {}

    def timed(k, what, call):
        start = perf_counter()
        call()
        best[k] = min(best.get(k, float("inf")), perf_counter() - start)
        names[k] = what

    for _ in range(rounds):
        timed("begin", "copy in", lambda: begin(inputs))
        for k, call in enumerate(singly(calls)):
            timed(k, name(call), call)
        timed("end", "hand out", end)
    found = defaultdict(lambda: [0, 0.0])
    for k, seconds in best.items():
        found[names[k]][0] += 1
        found[names[k]][1] += seconds
    return sorted(((what, *row) for what, row in found.items()), key=lambda row: -row[-1])


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("network", choices=MAKERS, metavar="NETWORK", help=", ".join(MAKERS))
    parser.add_argument("--task", choices=TASKS, default="value_and_grad")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    from adlab import Plan

    made = case(options.network)
    argnums = 0 if options.task == "jacobian" else None
    plan, inputs = Plan(network(made), *made.args, argnums=argnums), [*made.args]
    if options.task in ("jvp", "hvp"):
        tangents = tuple(random(*a.shape, seed=55) for a in made.args)
        getattr(plan, options.task)(made.args, tangents)
        inputs += tangents
    else:
        getattr(plan, options.task)(*made.args)
    rows = profile(plan.programs[options.task], inputs, options.rounds)
    total = sum(seconds for *_, seconds in rows)
    for what, calls, seconds in rows:
        print(f"{what:16} {calls:7} calls {1e6 * seconds:12.1f} µs {seconds / total:6.1%}")
    print(f"{'together':16} {sum(calls for _, calls, _ in rows):7} calls {1e6 * total:12.1f} µs")


if __name__ == "__main__":
    main()
