"""Records what JAX says of programs.py and of classics.py: run it with JAX installed.

    python -m tests.recorded.record_programs

Stored for each: the arguments, a tangent for each of them, and from JAX, in float64, the value,
the gradient, H v and the Hessian in the first argument. Of the programs that chance puts together
their steps are stored too, so that nothing depends on a random generator.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from tests.recorded import classics
from tests.recorded.programs import BINARY, PROGRAMS, SHAPES, STEPS, UNARY, by_chance

jax.config.update("jax_enable_x64", True)
CHANCES = 24


def record(name, function, shapes, positive, rng):
    """All numbers of one program, under name/role/index."""

    def numbers(shape):
        a = 0.8 * rng.normal(size=shape)
        return 0.5 + np.abs(a) if positive else a

    def f(*args):
        return function(jnp, *args)

    args, v = ([numbers(shape) for shape in shapes] for _ in range(2))
    wide = tuple(map(jnp.asarray, args))
    gradient = jax.grad(f, tuple(range(len(args))))
    found = {
        "argument": args,
        "tangent": v,
        "value": [f(*wide)],
        "gradient": gradient(*wide),
        "hvp": jax.jvp(gradient, wide, tuple(map(jnp.asarray, v)))[1],
        "hessian": [jax.jacrev(jax.grad(f))(*wide)],
    }
    return {
        f"{name}/{role}/{i}": np.asarray(a)
        for role, several in found.items()
        for i, a in enumerate(several)
    }


def store(file, arrays):
    assert all(np.all(np.isfinite(a)) for a in arrays.values())
    arrays["made with"] = np.array(f"jax {jax.__version__}, numpy {np.__version__}, float64")
    np.savez_compressed(Path(__file__).parent / file, **arrays)
    print(f"{file}: {len(arrays)} arrays, {arrays['made with']}")


if __name__ == "__main__":
    arrays = {}, {}
    for name, program in PROGRAMS.items():
        of_classics = program[0].__module__ == classics.__name__
        arrays[of_classics].update(
            record(name, *program, np.random.default_rng(sum(map(ord, name))))
        )
    for k in range(CHANCES):
        rng = np.random.default_rng(k)
        which = rng.integers(len(UNARY) + len(BINARY), size=STEPS)
        steps = np.column_stack([which, rng.integers(6, size=(STEPS, 2))])
        arrays[0][f"chance{k}/steps"] = steps.astype(np.int8)
        arrays[0].update(record(f"chance{k}", by_chance(steps.tolist()), SHAPES, False, rng))
    store("programs.npz", arrays[0])
    store("classics.npz", arrays[1])
