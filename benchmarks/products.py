"""Products a Wᵀ alone, by NumPy and by XLA: `python -m benchmarks.products`.

Ten of them in a row with one thread, as in the layers of mlp-3x64 and mlp-4x512. NumPy writes into
arrays that exist; XLA adds them up, so that it needs no new memory for each either. Needs JAX.
"""

import os
from statistics import median

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}  # before they are imported

import jax

from benchmarks.networks import random
from benchmarks.speed import only_cores
from benchmarks.timing import interleaved

TIMES = 10


def runs(rows, width):
    """{library: a function that makes the products}"""
    a, Ws = random(rows, width), [random(width, width, seed=k) for k in range(TIMES)]
    ys = [a @ W.T for W in Ws]
    compiled = jax.jit(lambda a, Ws: sum(a @ W.T for W in Ws))
    there = jax.tree.map(jax.numpy.asarray, (a, Ws))

    def by_numpy():
        for W, y in zip(Ws, ys, strict=True):
            a.dot(W.T, y)

    found = {"NumPy": by_numpy, "XLA": lambda: jax.block_until_ready(compiled(*there))}
    for run in found.values():
        run()  # compiles
    return found


def main():
    only_cores(1)
    jax.config.update("jax_enable_x64", True)
    print("| rows x width | NumPy, µs | XLA, µs |\n|---|---|---|")
    for rows, width in ((32, 64), (128, 512)):
        times = interleaved(runs(rows, width), seconds=3)
        cells = " | ".join(f"{1e6 * median(t) / TIMES:.1f}" for t in times.values())
        print(f"| {rows} x {width} | {cells} |")


if __name__ == "__main__":
    main()
