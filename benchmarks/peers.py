"""How each library is asked for the same: value and gradient, JVP, HVP, a whole Jacobian.

A Peer makes functions without arguments that do the whole work and wait until it is done, on data
that already lie where the library wants them. `None` where it can't, or would take minutes.
"""

import importlib.util
import os
import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np

import adlab
from adlab.plan import Plan


def installed(module):
    return importlib.util.find_spec(module) is not None


def layers_of(name):
    """How many layers in a row: what is long to record, or too deep to recurse."""
    return int(name.split("-")[1]) if name.startswith("chain") else 0


class ByHand:
    """Plain NumPy, as one writes it who knows the chain rule: the measure of all others."""

    def value_and_grad(self, case):
        return partial(case.by_hand, *case.args)

    jacobian = value_and_grad

    def jvp(self, case, v):
        return case.jvp_by_hand and partial(case.jvp_by_hand, case.args, v)

    def hvp(self, case, v):
        return case.hvp_by_hand and partial(case.hvp_by_hand, case.args, v)


class Products:
    """The matrix products alone, into memory that exists: no program is faster."""

    def value_and_grad(self, case):
        return case.products and partial(case.products, *case.args)

    def nothing(self, case, v=None):
        return None

    jvp = hvp = jacobian = nothing


def network(case):
    return adlab.Network(case.layers, [f"x{i}" for i in range(len(case.args))])


class Sweep:
    """adlab's readable sweeps, which make each Jacobian anew."""

    def value_and_grad(self, case):
        net = network(case)

        def run():
            y, J = net.linearize(*case.args)
            return y, 1.0 @ J

        return run

    def jvp(self, case, v):
        return partial(adlab.jvp, network(case), case.args, v)

    def hvp(self, case, v):
        hvp = getattr(adlab, "hvp", None)
        return hvp and partial(hvp, network(case), case.args, v)

    def jacobian(self, case):
        net = network(case)
        return lambda: (None, adlab.jacobian(net)(*case.args))


class Compiled:
    """adlab's plan."""

    def plan(self, case, **settings):
        return Plan(network(case), *case.args, **settings)

    def value_and_grad(self, case):
        return partial(self.plan(case).value_and_grad, *case.args)

    def jvp(self, case, v):
        return partial(self.plan(case).jvp, case.args, v)

    def hvp(self, case, v):
        plan = self.plan(case)
        return hasattr(plan, "hvp") and partial(plan.hvp, case.args, v)

    def jacobian(self, case):
        plan = self.plan(case, argnums=0)
        return lambda: (None, plan.jacobian(*case.args))


class Traced:
    """adlab on the plain NumPy function: traced anew at each call, not compiled."""

    def of(self, case):
        return lambda *args: case.formula(np, *args)

    def value_and_grad(self, case):
        everything = tuple(range(len(case.args)))
        return partial(adlab.value_and_grad(self.of(case), everything), *case.args)

    def jvp(self, case, v):
        return partial(adlab.jvp, self.of(case), case.args, v)

    def hvp(self, case, v):
        return partial(adlab.hvp, self.of(case), case.args, v)

    def jacobian(self, case):
        return lambda: (None, adlab.jacobian(self.of(case))(*case.args))


class Autograd:
    def __init__(self):
        import autograd
        import autograd.numpy

        self.lib, self.np = autograd, autograd.numpy

    def of(self, case):
        return lambda args: case.formula(self.np, *args)

    def value_and_grad(self, case):
        if layers_of(case.name) > 1000:
            return None
        return partial(self.lib.value_and_grad(self.of(case)), case.args)

    def jvp(self, case, v):
        forward = self.lib.make_jvp(self.of(case))
        return lambda: forward(case.args)(v)

    def hvp(self, case, v):
        if layers_of(case.name) > 100:
            return None
        second = self.lib.make_hvp(self.of(case))
        return lambda: second(case.args)[0](v)

    def jacobian(self, case):
        f = self.lib.jacobian(partial(case.formula, self.np))
        return lambda: (None, f(*case.args))


class MyGrad:
    def __init__(self):
        import mygrad

        self.np = mygrad

    def value_and_grad(self, case):
        if layers_of(case.name) > 100 or case.name.startswith("scalars"):
            return None  # its graph is walked by recursion

        def run():
            args = [self.np.tensor(a) for a in case.args]
            l = case.formula(self.np, *args)
            l.backward()
            return l.item(), tuple(a.grad for a in args)

        return run

    jvp = hvp = Products.nothing
    jacobian = Products.nothing


class JAX:
    """`jitted`: compiled by XLA; else each operation is dispatched alone."""

    def __init__(self, jitted):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.jitted = jax, jitted
        names = {name: getattr(jax.numpy, name) for name in ("tanh", "sin", "sum", "concatenate")}
        self.np = SimpleNamespace(**names, asarray=jax.numpy.asarray, softmax=jax.nn.softmax)

    def too_long(self, case):
        """Unrolled, XLA takes minutes; op by op, seconds for each run."""
        return layers_of(case.name) > 100

    def ready(self, f, *args):
        f = self.jax.jit(f) if self.jitted else f
        args = self.jax.tree.map(self.jax.numpy.asarray, args)
        return lambda: self.jax.block_until_ready(f(*args))

    def of(self, case):
        return lambda args: case.formula(self.np, *args)

    def value_and_grad(self, case):
        if self.too_long(case):
            return None
        return self.ready(self.jax.value_and_grad(self.of(case)), case.args)

    def jvp(self, case, v):
        if self.too_long(case):
            return None
        return self.ready(lambda x, v: self.jax.jvp(self.of(case), (x,), (v,)), case.args, v)

    def hvp(self, case, v):
        if self.too_long(case):
            return None
        gradient = self.jax.grad(self.of(case))
        return self.ready(lambda x, v: self.jax.jvp(gradient, (x,), (v,))[1], case.args, v)

    def jacobian(self, case):
        m, n = (int(s) for s in case.name.split("-")[1].split("x"))
        mode = self.jax.jacfwd if n < m else self.jax.jacrev
        whole = self.ready(mode(partial(case.formula, self.np)), *case.args)
        return lambda: (None, whole())


class JAXScan:
    """jax.jit on chains alone, where equal layers are stacked and scanned over."""

    def __init__(self):
        self.jax = JAX(True)

    def value_and_grad(self, case):
        depth = layers_of(case.name)
        if not depth:
            return None
        W, b = np.stack(case.args[::2]), np.stack(case.args[1::2])
        jnp, jax = self.jax.jax.numpy, self.jax.jax
        x, t = case.data

        def loss(W, b):
            def step(a, layer):
                return jnp.tanh(layer[0] @ a + layer[1]), None

            return 0.5 * jnp.sum((jax.lax.scan(step, x, (W, b))[0] - t) ** 2)

        run = self.jax.ready(jax.value_and_grad(loss, (0, 1)), W, b)

        def unstacked():
            return run()

        unstacked.unpack = lambda found: (
            found[0],
            tuple(a for pair in zip(*map(np.asarray, found[1]), strict=True) for a in pair),
        )
        return unstacked

    jvp = hvp = jacobian = Products.nothing


class Torch:
    def __init__(self):
        import torch

        warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        self.torch = torch
        names = {name: getattr(torch, name) for name in ("tanh", "sin", "sum", "concatenate")}
        softmax = partial(torch.softmax, dim=-1)
        self.np = SimpleNamespace(**names, asarray=torch.from_numpy, softmax=softmax)

    def tensors(self, arrays):
        return tuple(self.torch.from_numpy(np.array(a)) for a in arrays)

    def value_and_grad(self, case):
        args = [a.requires_grad_() for a in self.tensors(case.args)]

        def run():
            l = case.formula(self.np, *args)
            return l.detach(), self.torch.autograd.grad(l, args)

        return run

    def jvp(self, case, v):
        ad, args, v = self.torch.autograd.forward_ad, self.tensors(case.args), self.tensors(v)

        def run():
            with ad.dual_level():
                pairs = [ad.make_dual(a, d) for a, d in zip(args, v, strict=True)]
                return tuple(ad.unpack_dual(case.formula(self.np, *pairs)))

        return run

    def hvp(self, case, v):
        if layers_of(case.name) > 10_000:
            return None
        args, v = self.tensors(case.args), self.tensors(v)
        f = partial(case.formula, self.np)
        return lambda: self.torch.autograd.functional.hvp(f, args, v)[1]

    def jacobian(self, case):
        m, n = (int(s) for s in case.name.split("-")[1].split("x"))
        mode = self.torch.func.jacfwd if n < m else self.torch.func.jacrev
        args, f = self.tensors(case.args), mode(partial(case.formula, self.np))
        return lambda: (None, f(*args))


PEERS = {  # name -> (the module it needs, how it is made)
    "by hand": ("numpy", ByHand),
    "products": ("numpy", Products),
    "adlab sweep": ("adlab", Sweep),
    "adlab plan": ("adlab", Compiled),
    "adlab traced": ("adlab", Traced),
    "autograd": ("autograd", Autograd),
    "mygrad": ("mygrad", MyGrad),
    "jax": ("jax", partial(JAX, jitted=False)),
    "jax.jit": ("jax", partial(JAX, jitted=True)),
    "jax.jit, scan": ("jax", JAXScan),
    "torch": ("torch", Torch),
}


def peers(*names):
    """All that are installed, or those of these names; the measure first."""
    wanted = {name: PEERS[name] for name in names or PEERS}
    return {name: make() for name, (module, make) in wanted.items() if installed(module)}
