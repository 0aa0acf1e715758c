"""What shapes a layer takes, in NumPy's notation of generalised ufuncs, and what does not fit.

"(m,n),(m),(...,n)" reads: a matrix, a vector as long as its columns, and rows as long as its
rows, one or a batch of them. Equal letters are equal sizes; `...` is any number of leading axes,
the same for all arguments.

Source of the notation: NumPy reference, *Generalized universal function API*.
"""

from functools import cache, lru_cache


@lru_cache(4096)  # what fitted once, fits again
def check_shapes(signature, who, names, shapes):
    """Raise a ValueError that names the argument, the axis and the sizes, where they do not fit."""
    wanted = parse(signature)
    sizes = {}  # letter -> (size, name of the argument that set it)
    for name, letters, shape in zip(names, wanted, shapes, strict=True):
        core = letters[1:] if letters[:1] == ("...",) else letters
        lead = shape[: len(shape) - len(core)]
        if len(shape) < len(core) or (lead and core == letters):
            raise ValueError(f"{expected(who, names, wanted)}; {name} has shape {shape}")
        if core != letters:
            set_size(sizes, "...", lead, name, shape, who, names, wanted)
        if 0 in shape[len(lead) :]:
            raise ValueError(f"{expected(who, names, wanted)}; {name} with shape {shape} is empty")
        for letter, n in zip(core, shape[len(lead) :], strict=True):
            set_size(sizes, letter, n, name, shape, who, names, wanted)


def set_size(sizes, letter, n, name, shape, who, names, wanted):
    known, setter = sizes.setdefault(letter, (n, name))
    if known != n:
        raise ValueError(
            f"{expected(who, names, wanted)}; {setter} makes {letter} = {known}, "
            f"but {name} with shape {shape} has {letter} = {n}"
        )


@cache
def parse(signature):
    """("m", "n"), ("m",), ("...", "n")  <-  "(m,n),(m),(...,n)"."""
    parts = signature.strip("()").split("),(")
    return [tuple(filter(None, part.split(","))) for part in parts]


def expected(who, names, wanted):
    arguments = ", ".join(
        f"{name} {letters_of(letters)}" for name, letters in zip(names, wanted, strict=True)
    )
    return f"{who} wants {arguments}"


def letters_of(letters):
    return f"({letters[0]},)" if len(letters) == 1 else f"({', '.join(letters)})"
