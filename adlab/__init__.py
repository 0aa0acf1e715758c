"""adlab: automatic differentiation to be read. Layers, Jacobians, JVP and VJP, in NumPy."""

from importlib import import_module

__version__ = "0.1.0"

# Each public name and the module where it is written. A module is loaded when one of its names is
# asked for the first time (PEP 562, as SciPy does): `import adlab` costs little more than NumPy.
HOMES = {
    "Add": "layers",
    "Column": "jacobians",
    "Concatenate": "layers",
    "Conv1D": "layers",
    "Conv2D": "layers",
    "Copy": "jacobians",
    "Cos": "layers",
    "Covector": "jacobians",
    "Dense": "jacobians",
    "Diagonal": "jacobians",
    "Embedding": "layers",
    "Exp": "layers",
    "GELU": "layers",
    "Gather": "jacobians",
    "HalfSquare": "layers",
    "Identity": "jacobians",
    "Jacobian": "jacobians",
    "Kronecker": "jacobians",
    "Layer": "layers",
    "LayerNorm": "layers",
    "Linear": "layers",
    "Log": "layers",
    "LogSumExp": "layers",
    "MatMul": "layers",
    "MaxPool": "layers",
    "Mean": "layers",
    "Multiply": "layers",
    "Network": "networks",
    "Permute": "jacobians",
    "Plan": "plan",
    "Power": "layers",
    "ReLU": "layers",
    "Reshape": "layers",
    "Row": "jacobians",
    "Scale": "layers",
    "Schedule": "checkpoints",
    "Shift": "layers",
    "Sigmoid": "layers",
    "Sin": "layers",
    "Softmax": "layers",
    "SoftmaxCrossEntropy": "layers",
    "Softplus": "layers",
    "Sum": "layers",
    "Tanh": "layers",
    "Transpose": "layers",
    "Zero": "jacobians",
    "binomial": "checkpoints",
    "check": "checks",
    "checkpoint": "checkpoints",
    "checkpointed_chain": "checkpoints",
    "complex_step": "checks",
    "custom_rule": "custom",
    "differences": "checks",
    "dot_product_test": "checks",
    "error_curve": "checks",
    "fixed_point": "implicit",
    "grad": "transforms",
    "hessian": "transforms",
    "hvp": "transforms",
    "jacfwd": "transforms",
    "jacobian": "transforms",
    "jacrev": "transforms",
    "jvp": "transforms",
    "ledger": "cost",
    "linearize": "transforms",
    "root": "implicit",
    "sparse_jacobian": "colouring",
    "square_root": "checkpoints",
    "stop_gradient": "custom",
    "store_all": "checkpoints",
    "value_and_grad": "transforms",
    "vjp": "transforms",
}

__all__ = list(HOMES)


def __getattr__(name):
    if name in HOMES:
        thing = getattr(import_module(f"adlab.{HOMES[name]}"), name)
    elif name in HOMES.values():  # adlab.layers, without an import of its own
        thing = import_module(f"adlab.{name}")
    else:
        raise AttributeError(f"module 'adlab' has no attribute {name!r}")
    globals()[name] = thing  # next time it is found without asking
    return thing


def __dir__():
    return sorted({*globals(), *HOMES, *HOMES.values()})
