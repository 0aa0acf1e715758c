"""An instrumented run: flops counted while NumPy computes, bytes found by walking the objects.

`Counted` is an array that sees every operation of NumPy done with it. What adlab says of its costs
is compared with what is counted here. An operation that is in none of the tables stops the run, so
that nothing is done unseen.
"""

import gc
import types

import numpy as np

ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide, np.negative}
MOVES = {
    np.broadcast_to,
    np.concatenate,
    np.copy,
    np.copyto,
    np.cumsum,
    np.empty_like,
    np.flip,
    np.moveaxis,
    np.ndim,
    np.reshape,
    np.shape,
    np.size,
    np.split,
    np.stack,
    np.sum,
    np.swapaxes,
    np.transpose,
    np.where,
    np.zeros_like,
}  # np.sum and np.cumsum call np.add.reduce and .accumulate, which are seen


class Counted(np.ndarray):
    """An array whose additions and multiplications are counted, with those of its results."""

    flops = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        inputs = [*map(plain, inputs)]
        if "out" in settings:
            settings["out"] = tuple(np.asarray(x) for x in settings["out"])
        result = getattr(ufunc, method)(*inputs, **settings)
        Counted.flops += cost(ufunc, method, inputs, result)
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __array_function__(self, function, types, args, kwargs):
        if function is np.einsum:
            Counted.flops += einsum_cost(*args)
            return function(*map(plain, args), **kwargs).view(Counted)
        if function not in MOVES:
            raise AssertionError(f"np.{function.__name__} is done and nobody counts it")
        return again_counted(super().__array_function__(function, types, args, kwargs))

    def dot(self, *args, **kwargs):
        raise AssertionError(".dot is done and nobody counts it")


def plain(x):
    return np.asarray(x) if isinstance(x, np.ndarray) else x


def again_counted(result):
    """Some functions of NumPy return plain arrays: what is done with these is counted too."""
    if isinstance(result, list):
        return [again_counted(part) for part in result]
    return result.view(Counted) if isinstance(result, np.ndarray) else result


def cost(ufunc, method, inputs, result):
    """p x q times q x r: 2pqr. A sum of n numbers: n. Entry by entry: one each."""
    if ufunc is np.matmul and method == "__call__":
        return 2 * np.size(result) * np.shape(inputs[0])[-1]
    if ufunc in ARITHMETIC and method == "__call__":
        return np.size(result)
    if ufunc is np.add and method in ("reduce", "accumulate"):
        return np.size(inputs[0])
    if ufunc is np.add and method == "at":
        return np.size(inputs[2])
    raise AssertionError(f"{ufunc.__name__}.{method} is done and nobody counts it")


def einsum_cost(subscripts, *operands):
    """For each combination of all letters: the products of one term, and one addition if some
    letter is summed. NumPy may find a way that takes less."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    sizes = {
        c: n for t, x in zip(terms, operands, strict=True) for c, n in zip(t, x.shape, strict=True)
    }
    summed = any(c not in output for c in sizes)
    return (len(terms) - 1 + summed) * int(np.prod(list(sizes.values()), dtype=int))


def counted(x):
    """One vector, as push and pull see it: along a leading axis, and counted."""
    if isinstance(x, tuple):
        return tuple(map(counted, x))
    return x[None].view(Counted)


def flops_of(rule, x):
    """The flops of one run of push or pull with one vector."""
    Counted.flops = 0
    rule(counted(x))
    return Counted.flops


# ---- Bytes --------------------------------------------------------------------------------------


def arrays_held(x, stop=()):
    """Every array that can be reached from x through any reference, but not through `stop`."""
    todo, seen, found = [x], {id(s) for s in stop}, []
    skipped = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
    while todo:
        y = todo.pop()
        if id(y) in seen or isinstance(y, skipped):
            continue
        seen.add(id(y))
        if isinstance(y, np.ndarray):
            found.append(y)  # and not what it is a view of: its own numbers count
        else:
            todo.extend(gc.get_referents(y))
    return found


def addresses(a):
    """The address of every byte that an array looks at."""
    steps = sum(
        np.arange(n).reshape([-1 if i == k else 1 for i in range(a.ndim)]) * a.strides[k]
        for k, n in enumerate(a.shape)
    )
    start = a.__array_interface__["data"][0]
    return {start + int(s) + b for s in np.ravel(steps) for b in range(a.itemsize)}


def bytes_held(x, stop=()):
    """Each byte once, however many arrays look at it."""
    return len(set().union(*map(addresses, arrays_held(x, stop))))
