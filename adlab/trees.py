"""Arguments and results that are lists, tuples or dicts of arrays, nested as they may be.

    leaves({"W": W, "layers": [a, b]})  ->  [W, a, b]
    rebuilt(tree, numbers)              ->  a tree of the same form, with other leaves

A result in brackets is a tree. An argument in brackets is one if it holds arrays; a list of plain
numbers is an array to NumPy, and a leaf here. JAX calls such trees pytrees.
"""

TREES = (tuple, list, dict)


def is_tree(x):
    """Is this a list, tuple or dict?"""
    return isinstance(x, TREES)


def holds_arrays(x):
    """Is this a dict, or a list or tuple with arrays in it, however deep?"""
    if not isinstance(x, TREES):
        return False
    return isinstance(x, dict) or any(
        hasattr(part, "__array_function__") or holds_arrays(part) for part in x
    )


def leaves(tree, is_tree=is_tree):
    """The leaves of a tree from left to right; those of a dict in the order of its keys."""
    if not is_tree(tree):
        return [tree]
    parts = tree.values() if isinstance(tree, dict) else tree
    return [leaf for part in parts for leaf in leaves(part, is_tree)]


def rebuilt(tree, new, is_tree=is_tree):
    """The tree with its leaves replaced by those of `new`, from left to right."""
    return taking(tree, iter(new), is_tree)


def taking(tree, new, is_tree):
    """`rebuilt`, for an iterator. (Not a closure that calls itself: that would live on with `new`,
    arrays and all, until Python looks for cycles.)
    """
    if not is_tree(tree):
        return next(new)
    if isinstance(tree, dict):
        return {key: taking(part, new, is_tree) for key, part in tree.items()}
    parts = [taking(part, new, is_tree) for part in tree]
    if hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*parts)
    return tuple(parts) if isinstance(tree, tuple) else parts


def matched(tree, other, role, is_tree=is_tree):
    """The leaves of `other`, which must have the form of `tree`."""
    if not is_tree(tree):
        return [other]
    if isinstance(tree, dict):
        if not isinstance(other, dict) or set(other) != set(tree):
            raise ValueError(
                f"the {role}s want a dict with the keys {list(tree)}, got {brief(other)}"
            )
        pairs = [(part, other[key]) for key, part in tree.items()]
    else:
        if not isinstance(other, list | tuple) or len(other) != len(tree):
            raise ValueError(f"the {role}s want {len(tree)} parts, got {brief(other)}")
        pairs = zip(tree, other, strict=True)
    return [leaf for part, o in pairs for leaf in matched(part, o, role, is_tree)]


def brief(x):
    if isinstance(x, dict):
        return f"the keys {list(x)}"
    if isinstance(x, list | tuple):
        return f"{len(x)} parts"
    return f"an array of shape {x.shape}" if hasattr(x, "shape") else repr(x)
