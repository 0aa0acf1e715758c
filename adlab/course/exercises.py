"""The kinds of exercises. Each is plain data and one method, `judge`, that ends in a `Verdict`
or returns the sentence of a pass.

    Function     write a function                    judged on many cases, and by properties
    Value        a number or an array by hand
    Shape        the shape of an array
    Choice       one of several statements           every wrong one has its reason
    WrongLine    which line of a program is wrong?   a Choice among its lines
    Ordering     an order that respects what must come before what
    Brackets     where to put the brackets in a product of matrices
    Prediction   what will the panel show?           confronted with the panel
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType

import numpy as np

from adlab import brackets
from adlab.course import reading
from adlab.course.grading import (
    TOLERANCE,
    Status,
    Wrong,
    close,
    exception,
    finite_problem,
    problem,
    shape_problem,
    shown,
)
from adlab.course.limits import Verdict, shortened
from adlab.course.reading import Numbers, a_thing

RANDOM_CASES = 20
PROPERTY_CASES = 5
RECOGNISED_ON = 6  # cases on which an answer must behave like a wrong one, besides square ones
NOT_YET, RAISED = Status.NOT_YET, Status.RAISED
RETURNS_NONE = (
    "Your function returns None. If it is written already, its last line needs a `return`; "
    "otherwise put your answer in the place of the dots."
)
NOTHING = "Your function returns nothing here, though it did in other cases."


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What every kind has.

    `task` is Markdown. `hints` are three: idea, formula, skeleton. `answer` is the name that the
    answer has in the notebook. `solution` is the text of a cell that defines it, `explanation` says
    why it is right; both stand here and not in the notebooks. A changed exercise gets a new
    `revision`, so that an old pass can be told from a new one.
    """

    name: str
    title: str
    task: str
    hints: tuple[str, str, str]
    explanation: str
    answer: str = "my_answer"
    solution: str = ""
    example: str = ""
    wrong: tuple[Wrong, ...] = ()
    revision: int = 1

    def judge(self, judge, answer) -> str:
        raise NotImplementedError

    def recognised(self, matches) -> Wrong | None:
        """The first known wrong answer for which `matches(wrong.gives)`."""
        return next((wrong for wrong in self.wrong if matches(wrong.gives)), None)

    # -- how it looks in a notebook

    @property
    def arguments(self):
        """What `.check` is called with."""
        return self.answer

    def checked(self, defining):
        """The cell that defines an answer and checks it."""
        gap = "\n\n\n" if defining.startswith("def ") else "\n"
        return f'{defining}{gap}lab["{self.name}"].check({self.arguments})'

    @property
    def stub(self):
        """The cell that a learner finds."""
        return self.checked(f"{self.answer} = ...")

    @property
    def solved(self):
        """The same cell with the solution in it."""
        return self.checked(self.solution)

    @property
    def full_task(self):
        return self.task

    @property
    def example_text(self):
        return self.example

    @property
    def secrets(self):
        """Texts that no notebook may contain."""
        return [self.explanation, self.solution]


# ---- Functions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Property:
    """A law that the right function obeys, whatever formula it uses.

    `gap(f, args, rng)` is by how much f breaks it at these arguments, relative to 1 or to the size
    of the numbers. `says` completes "Its values are right, but ..."; `name` completes "it ...".
    """

    name: str
    gap: Callable
    tolerance: float = 1e-6


@dataclass(frozen=True, kw_only=True)
class Function(Exercise):
    """Write a function that does what `reference` does.

    `fixed` are the arguments of the hand-made cases, the edges first; `random(rng)` makes one more,
    never square; `square(rng)` a square one, on which answers are recognised but not judged, for
    mistakes that raise on every other. `results` names the parts of a tuple, if it returns one.
    """

    reference: Callable
    fixed: tuple[tuple, ...]
    random: Callable
    square: Callable | None = None
    results: tuple[str, ...] = ()
    properties: tuple[Property, ...] = ()
    tolerance: float = TOLERANCE

    def __post_init__(self):
        source = textwrap.dedent(inspect.getsource(self.reference)).strip()
        object.__setattr__(self, "solution", source)
        object.__setattr__(self, "answer", self.reference.__name__)

    @property
    def parameters(self):
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def stub(self):
        wanted = ", ".join(["..."] * max(1, len(self.results)))
        return self.checked(
            f"def {self.answer}({', '.join(self.parameters)}):\n    return {wanted}"
        )

    @property
    def example_text(self):
        args = self.fixed[0]
        value = self.right(args)
        came = " and ".join(shown(part) for part in value)
        call = ", ".join(self.parameters)
        return f"With {described(self.parameters, args)}: {self.answer}({call}) is {came}."

    @property
    def secrets(self):
        body = self.solution.split("\n", 1)[1]
        return [self.explanation, textwrap.dedent(body)]

    def cases(self, seed):
        """[(label, arguments)]: the hand-made ones, then the random ones of this seed."""
        rng = np.random.default_rng(seed)
        fixed = [(f"hand-made case {i + 1}", args) for i, args in enumerate(self.fixed)]
        drawn = [
            (f"random case {i + 1}, seed {seed}: .check({self.answer}, seed={seed}) repeats it",
             self.random(rng))
            for i in range(RANDOM_CASES)
        ]  # fmt: skip
        return fixed + drawn

    def right(self, args):
        """What the reference says, as a tuple of arrays."""
        value = self.reference(*args)
        value = value if self.results else (value,)
        return tuple(np.array(part, dtype=float) for part in value)

    def judge(self, judge, answer):
        code = judge.read(lambda: self.code_of(answer))
        cases = self.cases(judge.seed)
        precision = reading.EPSILON[8]
        for i, (label, args) in enumerate(cases):
            try:
                tried = self.call(judge, answer, args, code)
            except Verdict as verdict:
                if i and verdict.status == Status.NOT_ATTEMPTED:
                    self.fail(judge, answer, (NOT_YET, NOTHING), label, args, cases[i:] + cases[:i])
                raise
            trouble = self.trouble(judge, answer, tried, args)
            if trouble and i == 0 and issubclass(tried.kind or int, NotImplementedError):
                raise Verdict(Status.NOT_ATTEMPTED, "")
            if trouble:
                self.fail(judge, answer, trouble, label, args, cases[i:] + cases[:i])
            precision = max(precision, *(part.eps for part in tried.value))
        for law in self.properties:
            self.obey(judge, answer, law, cases, precision)
        laws = "".join(f", {law.name}" for law in self.properties)
        return (
            f"Right in {len(self.fixed)} hand-made and {RANDOM_CASES} random cases "
            f"(seed {judge.seed}){laws}.\n{self.explanation}"
        )

    def code_of(self, answer):
        """The code object of a function that takes these arguments, or None if it has none."""
        reading.stop_if_unanswered(answer)
        wanted = f"({', '.join(self.parameters)})"
        if not callable(answer):
            raise Verdict(
                NOT_YET,
                f"A function is wanted; you passed {a_thing(answer)}. Pass the function itself, "
                "without calling it.",
            )
        try:
            signature = inspect.signature(answer)
        except (TypeError, ValueError):  # NumPy's own functions do not all tell
            return None
        try:
            signature.bind(*self.parameters)
        except TypeError:
            named = [
                f"`{n}`"
                for n, parameter in signature.parameters.items()
                if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
            ]
            if named:
                raise Verdict(
                    NOT_YET,
                    f"Your function takes {shortened(', '.join(named), 100)} by name only; it will "
                    f"be called with {len(self.parameters)} arguments by position, {wanted}, "
                    "in this order.",
                ) from None
            own = ", ".join(map(str.__str__, list(signature.parameters)[:10]))
            raise Verdict(
                NOT_YET,
                f"Your function takes ({shortened(own, 100)}); it will be called with "
                f"{len(self.parameters)} arguments, {wanted}, in this order.",
            ) from None
        code = getattr(answer, "__code__", None)
        return code if type(code) is CodeType else None

    def call(self, judge, answer, args, code=None):
        """An Attempt: a tuple of Numbers, from one call on copies that can't be written to."""
        given = copies(args)

        def called():
            value = answer(*given)
            if value is None:
                raise Verdict(Status.NOT_ATTEMPTED, RETURNS_NONE)
            if self.results:
                return tuple(map(reading.numbers, reading.parts(value, self.results)))
            return (reading.numbers(value),)

        tried = judge.run(called, code)
        touched = [n for n, a, b in zip(self.parameters, given, args, strict=True) if differ(a, b)]
        if touched:
            raise Verdict(NOT_YET, in_place(touched))
        return tried

    def trouble(self, judge, answer, tried, args):
        """(status, sentence) of what is wrong with this call; None if nothing is."""
        if tried.raised:
            if "read-only" in tried.error and issubclass(tried.kind, ValueError):
                raise Verdict(NOT_YET, in_place(self.changed(judge, answer, args)))
            return RAISED, exception(tried)
        for name, got, want in zip(
            self.results or ("",), tried.value, self.right(args), strict=True
        ):
            sentence = problem(got, want, tolerance=self.tolerance)
            if sentence:
                return NOT_YET, f"{name}: {sentence}" if name else sentence
        return None

    def changed(self, judge, answer, args):
        """The arguments that the function writes to, if it may."""
        given = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)
        judge.run(lambda: answer(*given))
        return [n for n, a, b in zip(self.parameters, given, args, strict=True) if differ(a, b)]

    def fail(self, judge, answer, trouble, label, args, cases):
        status, sentence = trouble
        wrong = self.behaves_like(judge, answer, cases)
        lines = [
            *([wrong.says] if wrong else []),
            sentence,
            f"The call: {described(self.parameters, args)} ({label}).",
        ]
        raise Verdict(status, "\n".join(lines), wrong.name if wrong else "")

    def behaves_like(self, judge, answer, cases):
        """The known wrong answer that does what this one does, on several cases and square ones."""
        rng = np.random.default_rng(judge.seed)
        chosen = [args for _, args in cases[:RECOGNISED_ON]]
        chosen += [self.square(rng) for _ in range(3)] if self.square else []
        seen = [self.outcome(judge, answer, args) for args in chosen]
        if not any(seen):
            return None

        def matches(gives):
            return all(
                agree(got, self.given_by(gives, args))
                for got, args in zip(seen, chosen, strict=True)
            )

        return self.recognised(matches)

    def outcome(self, judge, answer, args):
        """A tuple of Numbers, or None if there is none."""
        try:
            return self.call(judge, answer, args).value
        except Verdict as verdict:
            if verdict.status == Status.TOO_SLOW:
                raise
            return None

    def given_by(self, wrong, args):
        """What a known wrong answer of ours gives, as arrays; None if it raises."""
        try:
            with np.errstate(all="ignore"):
                value = wrong(*copies(args))
        except Exception:  # it is wrong: on these sizes it may well raise
            return None
        value = value if self.results else (value,)
        return tuple(np.array(part, dtype=float) for part in value)

    def obey(self, judge, answer, law, cases, precision):
        """Stops if the answer breaks the law. If the reference breaks it, the fault is ours."""
        tolerance = max(law.tolerance, 1000 * precision) if precision > 1e-15 else law.tolerance

        def asked(*args):
            try:
                tried = self.call(judge, answer, args)
            except Verdict as verdict:
                if verdict.status == Status.NOT_ATTEMPTED:
                    raise Verdict(NOT_YET, NOTHING) from None
                raise
            if tried.raised:
                raise Verdict(
                    RAISED,
                    f"{exception(tried)}\nThe call: {described(self.parameters, args)}.",
                )
            for got, want in zip(tried.value, self.right(args), strict=True):
                sentence = shape_problem(got.array.shape, want.shape) or finite_problem(got.array)
                if sentence:
                    raise Verdict(
                        NOT_YET, f"{sentence}\nThe call: {described(self.parameters, args)}."
                    )
            return one_or_all(tuple(part.array for part in tried.value))

        fixed = [args for label, args in cases if label.startswith("hand")]
        drawn = [args for label, args in cases if label.startswith("random")]
        for args in fixed + drawn[:PROPERTY_CASES]:
            state = np.random.default_rng(judge.seed)
            if law.gap(asked, args, state) <= tolerance:
                continue
            state = np.random.default_rng(judge.seed)
            if not law.gap(lambda *a: one_or_all(self.right(a)), args, state) <= tolerance:
                raise AssertionError(f"the reference of {self.name} is not {law.name}")
            raise Verdict(
                NOT_YET,
                f"Its values are right where it was tried, but it is not {law.name}.\n"
                f"The call: {described(self.parameters, args)} (seed {judge.seed}).",
            )


def closed(array):
    """A copy that can't be written to."""
    array = np.array(array)
    array.flags.writeable = False
    return array


def copies(args):
    """Arrays copied and closed for writing; everything else as it is."""
    return tuple(closed(a) if isinstance(a, np.ndarray) else a for a in args)


def differ(a, b):
    return isinstance(b, np.ndarray) and not np.array_equal(a, b)


def in_place(names):
    which = " and ".join(f"`{name}`" for name in names) or "an array that it was given"
    return (
        f"Your function changes {which} in place. The caller's arrays are not yours to change: "
        "others still need them, a reverse sweep above all. Make a new array: "
        "`b = a + c` in place of `a += c`."
    )


def agree(got, want):
    """Do both raise, or both give the same?"""
    if got is None or want is None:
        return got is None and want is None
    pairs = list(zip(got, want, strict=False))
    return len(got) == len(want) and all(close(a, b, 1e-7) for a, b in pairs)


def one_or_all(parts):
    return parts if len(parts) > 1 else parts[0]


def described(names, args):
    """The arguments of a call: small arrays with their numbers, large ones with their shape."""

    def one(a):
        if isinstance(a, np.ndarray):
            return f"= {shown(a)}" if a.size <= 12 else f"of shape {a.shape}"
        return f": {a}" if callable(a) else f"= {a}"

    return "; ".join(
        f"{name} {one(a)}".replace(" :", ":") for name, a in zip(names, args, strict=True)
    )


# ---- Laws ---------------------------------------------------------------------------------------


def linear_in(name, k):
    """f is linear in its k-th argument: f(2v - w) = 2 f(v) - f(w)."""

    def gap(f, args, rng):
        v = args[k]
        w = rng.standard_normal(np.shape(v))
        at = [f(*args[:k], x, *args[k + 1 :]) for x in (v, w, 2 * v - w)]
        return relative(at[2], 2 * at[0] - at[1])

    return Property(f"linear in {name}", gap)


def pushes(g, where, h=1e-6):
    """f gives J v: it agrees with (g(a + h v) - g(a - h v)) / 2h.

    `where(args)` is (a, v, more arguments of g).
    """

    def gap(f, args, _rng):
        a, v, *more = where(args)
        central = (g(a + h * v, *more) - g(a - h * v, *more)) / (2 * h)
        return relative(f(*args), central)

    return Property("in agreement with central differences", gap)


def pulls(g, where, h=1e-6):
    """f gives u J: the dot-product test <u J, v> = <u, J v>, with J v by central differences.

    `where(args)` is (a, u, more arguments of g).
    """

    def gap(f, args, rng):
        a, u, *more = where(args)
        v = rng.standard_normal(np.shape(a))
        central = (g(a + h * v, *more) - g(a - h * v, *more)) / (2 * h)
        return relative(np.sum(f(*args) * v), np.sum(u * central))

    return Property("in agreement with the dot-product test", gap)


def is_jacobian_of(g, where, h=1e-6):
    """f gives the matrix J, whose columns are central differences of g.

    `where(args)` is (a, more arguments of g).
    """

    def gap(f, args, _rng):
        a, *more = where(args)
        columns = [
            np.ravel(g(a + h * e, *more) - g(a - h * e, *more)) / (2 * h) for e in np.eye(a.size)
        ]
        return relative(f(*args), np.stack(columns, axis=1))

    return Property("in agreement with central differences", gap)


def relative(x, y):
    if np.shape(x) != np.shape(y):
        return np.inf
    gap = np.max(np.abs(x - y), initial=0.0) / max(1.0, np.max(np.abs(y), initial=0.0))
    return float(gap) if np.isfinite(gap) else np.inf


# ---- Answers that are data ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Value(Exercise):
    """A number or an array, worked out by hand."""

    want: object
    tolerance: float = TOLERANCE

    def judge(self, judge, answer):
        got = judge.read(lambda: reading.numbers(answer, self.wanted))
        want = np.array(self.want, dtype=float)
        sentence = problem(got, want, secret=True, tolerance=self.tolerance)
        if sentence:
            stop(self.recognised(lambda gives: close(got, np.array(gives, dtype=float))), sentence)
        said = "Every entry is right." if want.ndim else "That is the number."
        return f"{said} {self.explanation}"

    @property
    def wanted(self):
        return f"an array of shape {np.shape(self.want)}" if np.ndim(self.want) else "a number"


@dataclass(frozen=True, kw_only=True)
class Shape(Exercise):
    """The shape of an array, as a tuple."""

    want: tuple[int, ...]

    def judge(self, judge, answer):
        got = judge.read(lambda: reading.shape(answer))
        if got != self.want:
            sentence = f"{got} is not the shape yet."
            if len(got) != len(self.want):
                sentence += f" The array has {len(self.want)} axes."
            stop(self.recognised(lambda gives: got == gives), sentence)
        return f"{self.want} it is. {self.explanation}"


@dataclass(frozen=True)
class Option:
    """A statement to choose, and if it is wrong, why."""

    text: str
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """One of several statements, chosen by its letter. The right one has no `why_not`."""

    options: dict[str, Option]

    def __post_init__(self):
        wrong = [Wrong(key, key, o.why_not) for key, o in self.options.items() if o.why_not]
        object.__setattr__(self, "wrong", tuple(wrong))
        object.__setattr__(self, "solution", f"{self.answer} = {self.right!r}")

    @property
    def right(self):
        (key,) = [key for key, option in self.options.items() if not option.why_not]
        return key

    @property
    def letters(self):
        return "one of the letters " + ", ".join(self.options)

    def judge(self, judge, answer):
        got = judge.read(lambda: reading.word(answer, self.letters.capitalize()))
        got = got.strip("()[]. '\"`“”‘’").lower()
        if got not in self.options:
            raise Verdict(NOT_YET, f"“{got}” is not {self.letters}.")
        if got != self.right:
            stop(self.recognised(lambda gives: gives == got), "")
        return f"Yes, {got}. {self.explanation}"

    @property
    def full_task(self):
        lines = [f"- **{key}**  {option.text}" for key, option in self.options.items()]
        return "\n".join([self.task, "", *lines])


@dataclass(frozen=True, kw_only=True)
class WrongLine(Exercise):
    """Which line of the program is wrong? `mended` is the program with that line put right.

    Both are real functions; `reasons` says of each other line, by its number, why it is right.
    """

    program: Callable
    mended: Callable
    reasons: dict[int, str]
    answer: str = "wrong_line"

    def __post_init__(self):
        wrong = [Wrong(f"line {n}", n, why) for n, why in self.reasons.items()]
        object.__setattr__(self, "wrong", tuple(wrong))
        object.__setattr__(self, "solution", f"{self.answer} = {self.right}")

    @property
    def lines(self):
        return textwrap.dedent(inspect.getsource(self.program)).rstrip().splitlines()

    @property
    def right(self):
        """The number of the one line in which the two programs differ, counted from 1."""
        mended = textwrap.dedent(inspect.getsource(self.mended)).rstrip().splitlines()
        pairs = zip(self.lines, mended, strict=True)
        (n,) = [i for i, (a, b) in enumerate(pairs, 1) if i > 1 and a != b]
        return n

    @property
    def listing(self):
        return "\n".join(f"{i:2}  {line}" for i, line in enumerate(self.lines, 1))

    @property
    def full_task(self):
        return f"{self.task}\n\n```text\n{self.listing}\n```"

    @property
    def secrets(self):
        mended = inspect.getsource(self.mended).splitlines()[self.right - 1]
        return [*super().secrets, mended.strip()]

    def judge(self, judge, answer):
        got = judge.read(lambda: reading.line(answer))
        if not 1 <= got <= len(self.lines):
            raise Verdict(NOT_YET, f"The lines are numbered from 1 to {len(self.lines)}.")
        if got != self.right:
            stop(self.recognised(lambda gives: gives == got), "")
        return f"Yes, line {got}. {self.explanation}"


@dataclass(frozen=True, kw_only=True)
class Ordering(Exercise):
    """Put the items in an order; every order is right in which no item comes too early.

    `before` holds pairs (earlier, later), each with the reason.
    """

    items: tuple[str, ...]
    before: dict[tuple[str, str], str]
    answer: str = "my_order"

    def __post_init__(self):
        wrong = [Wrong(f"{b} before {a}", (a, b), why) for (a, b), why in self.before.items()]
        object.__setattr__(self, "wrong", tuple(wrong))

    def judge(self, judge, answer):
        wanted = f"A list of the items {', '.join(self.items)}"
        got = judge.read(lambda: reading.words(answer, wanted))
        strange = [item for item in got if item not in self.items]
        if strange:
            raise Verdict(NOT_YET, f"“{strange[0]}” is none of the items {', '.join(self.items)}.")
        missing = [item for item in self.items if item not in got]
        if missing:
            raise Verdict(NOT_YET, f"Not all items are there: {', '.join(missing)} is missing.")
        if len(got) != len(self.items):
            twice = next(item for item in got if got.count(item) > 1)
            raise Verdict(NOT_YET, f"Each item stands once; {twice} stands there more than once.")
        place = {item: i for i, item in enumerate(got)}
        stop_if(self.recognised(lambda pair: place[pair[0]] > place[pair[1]]))
        return f"This order works. {self.explanation}"


@dataclass(frozen=True, kw_only=True)
class Brackets(Exercise):
    """The cheapest bracketing of a product, as nested pairs: (("A", "B"), "C").

    `sizes` are d_0, ..., d_k: matrix i has d_{i-1} rows and d_i columns. Every bracketing that
    costs no more than the best is right. The `wrong` ones may each have a sentence of their own.
    """

    matrices: tuple[str, ...]
    sizes: tuple[int, ...]
    answer: str = "my_brackets"

    def judge(self, judge, answer):
        wanted = f"Nested pairs of {', '.join(self.matrices)}, as in {self.form}"
        got = judge.read(lambda: reading.tree(answer, wanted))
        found = list(leaves(got))
        if found != list(self.matrices):
            raise Verdict(
                NOT_YET,
                f"The matrices from left to right are {', '.join(self.matrices)}; your brackets "
                f"hold {', '.join(found)}. Brackets move, matrices do not.",
            )
        cost = brackets.cost(self.sizes, numbered(got, iter(range(len(found))))).flops
        least = brackets.best(self.sizes).flops
        if cost > least:
            wrong = self.recognised(lambda gives: gives == got)
            stop(wrong, f"That costs {cost:,} flops. There is a cheaper way.")
        return f"{cost:,} flops: no bracketing costs less. {self.explanation}"

    @property
    def form(self):
        """An example of how brackets are written, for other matrices."""
        return '(("P", "Q"), "R")'


def leaves(tree):
    if isinstance(tree, str):
        yield tree
    else:
        for part in tree:
            yield from leaves(part)


def numbered(tree, numbers):
    if isinstance(tree, str):
        return next(numbers)
    left = numbered(tree[0], numbers)
    return (left, numbered(tree[1], numbers))


@dataclass(frozen=True, kw_only=True)
class Prediction(Exercise):
    """Say what the panel will show at `settings`; then the panel is set there and answers.

    `panel` is the panel's name in `adlab.panels.PANELS`; `measure(shown)` reads the answer from
    what it shows. `what` names it in the middle of a sentence: "the number of slopes".
    """

    panel: str
    settings: dict
    measure: Callable
    what: str
    answer: str = "my_prediction"
    variable: str = "panel"
    tolerance: float = TOLERANCE

    @property
    def arguments(self):
        return f"{self.answer}, panel={self.variable}"

    @property
    def setting(self):
        return ", ".join(f"{name} = {value}" for name, value in self.settings.items())

    def judge(self, judge, answer):
        got = judge.read(lambda: reading.numbers(answer, "a prediction in numbers"))
        panel = self.confronted(judge.panel)
        there = all(panel.values[name] == value for name, value in self.settings.items())
        panel.set(**self.settings)
        want = np.array(self.measure(panel.shown), dtype=float)
        if want.shape == () and got.array.size == 1:
            got = Numbers(got.array.reshape(()), got.eps)
        seen = (
            f"The panel stood at {self.setting} already, so this was read, not predicted."
            if there
            else f"The panel now stands at {self.setting}."
        )
        misshapen = shape_problem(got.array.shape, want.shape)
        if misshapen or not close(got, want, self.tolerance):
            wrong = self.recognised(lambda gives: close(got, np.array(gives, dtype=float)))
            sentence = f"You predicted {shown(got.array)}; {self.what} is another. Look there."
            stop(wrong, misshapen or sentence, seen)
        return f"{seen} It agrees: {self.what} is {shown(want)}. {self.explanation}"

    def confronted(self, panel):
        """The learner's panel, or one of our own if none was passed."""
        from adlab.panels import PANELS  # ipywidgets: only where a panel is shown

        kind = PANELS[self.panel]
        if panel is None:
            return kind()
        if not issubclass(type(panel), kind):
            raise Verdict(
                NOT_YET,
                f"Pass the panel of this chapter, a {kind.__name__}: panel={self.variable}. "
                f"{a_thing(panel)[0].upper()}{a_thing(panel)[1:]} came.",
            )
        return panel


def stop(wrong, sentence, more=""):
    """NOT YET, with the sentence of the wrong answer that was recognised, or this one."""
    said = wrong.says if wrong else sentence
    lines = [line for line in (said, more) if line]
    raise Verdict(NOT_YET, "\n".join(lines), wrong.name if wrong else "")


def stop_if(wrong):
    if wrong:
        stop(wrong, "")
