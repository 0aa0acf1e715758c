"""Appendix A1 is complete, in the order of the alphabet, and says of adlab only what it runs."""

import inspect
import re
from pathlib import Path

import nbformat
import pytest

import adlab

(PATH,) = (Path(__file__).resolve().parents[1] / "notebooks").glob("A1-*.ipynb")
CELLS = nbformat.read(PATH, 4).cells
PROVED = [c.source for c in CELLS if c.cell_type == "code" and "assert " in c.source]
TABLE = re.compile(r"^\|(.*)\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]*)`")

CALCULUS = [
    name
    for name in adlab.__all__
    if not (inspect.isclass(thing := getattr(adlab, name)) and issubclass(thing, adlab.Layer))
]
ASKED = [
    *("adjoint", "tape", "Wengert list", "tangent-linear", "pushforward", "pullback", "vec"),
    *("backpropagation", "backward(v)", "autograd.grad", "numerator layout", "denominator layout"),
    *("JVP", "VJP", "cotangent", "tangent", "primal", "gradient", "Jacobian", "linearize"),
    *("jacfwd", "jacrev", "grad", "seed", "leaf", "residuals", "checkpointing", "dual number"),
]


def rows(*ids):
    """The cells of the rows of the tables in these notebook cells, without the headings."""
    found = []
    for cell in CELLS:
        if cell.id in ids:
            lines = [line.split(" | ") for line in TABLE.findall(cell.source)]
            found += [[part.strip() for part in line] for line in lines]
    return [row for row in found if "---" not in row[0] and row[0] not in ("word", "product")]


WORDS = rows("words", "words-e", "words-m")
PRODUCTS = rows("products", "plan")


def test_the_words_stand_in_the_order_of_the_alphabet():
    words = [re.sub(r"[`,]", "", row[0]).casefold() for row in WORDS]
    assert len(words) >= 60
    assert words == sorted(words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row[0])
def test_every_word_is_explained_and_told_apart(row):
    assert len(row) == 3
    assert all(row)


@pytest.mark.parametrize("word", ASKED)
def test_the_words_of_the_field_are_there(word):
    assert any(word in row[0] for row in WORDS), word


def test_every_see_leads_to_a_word():
    for row in WORDS:
        for target in re.findall(r"See ([^.]*)\.", row[2]):
            assert any(target in other[0] for other in WORDS), target


@pytest.mark.parametrize("name", CALCULUS)
def test_a_cell_proves_what_each_name_of_adlab_computes(name):
    assert any(re.search(rf"\b{name}\b", source) for source in PROVED), name


@pytest.mark.parametrize("row", PRODUCTS, ids=lambda row: row[0])
def test_each_product_of_adlab_is_run(row):
    assert len(row) == 4
    assert row[1]
    for code in CODE.findall(row[1]):
        name = re.match(r"\w+", code)[0]
        shape = rf"\b{name}\(" if f"{name}(" in code else re.escape(code)
        assert any(re.search(shape, source) for source in PROVED), code


def test_the_frameworks_are_named_but_not_run():
    for cell in CELLS:
        if cell.cell_type == "code":
            assert not re.search(r"\b(jax|torch)\b", cell.source)
    assert sum("jax." in row[2] for row in PRODUCTS) >= 10
    assert sum("torch." in row[3] for row in PRODUCTS) >= 10
