"""Code of a learner's can't hurt: it is stopped, its output kept, its exceptions put in words."""

import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from adlab.course import limits
from adlab.course.limits import Alarm, OutOfTime, Verdict, Watchdog, attempt
from tests.course import junk


def layers_of_stubbornness():
    while True:
        try:
            while True:
                try:
                    while True:
                        pass
                except:  # noqa: E722 - a learner's
                    continue
        except:  # noqa: E722
            continue


def cleans_up_for_ever():
    try:
        while True:
            pass
    finally:
        while True:
            pass


CLOCKS = {
    "system timer": lambda seconds: Alarm(seconds, system_timer=True),
    "thread and signal": lambda seconds: Alarm(seconds, system_timer=False),
    "watchdog": Watchdog,
}
ENDLESS = [junk.endless, junk.never_gives_up_and_returns, junk.prints_without_end]
STUBBORN = [junk.endless_and_stubborn, layers_of_stubbornness, cleans_up_for_ever]


@pytest.fixture(params=CLOCKS)
def clock(request, monkeypatch):
    if request.param == "system timer" and not limits.SYSTEM_TIMER:
        pytest.skip("this system has no interval timer")
    monkeypatch.setattr(limits, "clock_for_this_thread", CLOCKS[request.param])
    return request.param


def undisturbed():
    """No timer runs, no handler stays, no thread is left, and no exception is on its way."""
    for _ in range(20_000):
        pass
    if limits.SYSTEM_TIMER:
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert not [t for t in threading.enumerate() if "watch" in t.name]


def test_what_never_ends_is_stopped(clock):
    stubborn = [] if clock == "watchdog" else STUBBORN
    for endless in ENDLESS + stubborn:
        began = time.monotonic()
        assert attempt(endless, 0.05).slow, endless
        assert time.monotonic() - began < 10, endless
    undisturbed()


def test_stopping_at_every_moment_leaves_nothing_behind(clock):
    """Calls that last about as long as they may: the time is up before, in and after their end."""
    rng = np.random.default_rng(0)
    slow = []
    for length in rng.uniform(0.0002, 0.0018, 300):
        end = time.perf_counter() + length
        tried = attempt(lambda end=end: wait_until(end), 0.001)
        slow.append(tried.slow)
        assert tried.slow or tried.value == "done"
    assert not all(slow)
    undisturbed()


def wait_until(end):
    while time.perf_counter() < end:
        pass
    return "done"


@pytest.mark.skipif(not limits.SYSTEM_TIMER, reason="only the system's timer wakes a sleeper")
def test_sleep_is_cut_short():
    began = time.monotonic()
    assert attempt(lambda: time.sleep(5), 0.05).slow
    assert time.monotonic() - began < 2


@pytest.mark.skipif(not limits.SYSTEM_TIMER, reason="there is no such timer here")
def test_a_timer_that_was_running_goes_on():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        began = time.monotonic()
        assert attempt(junk.endless, 0.05).slow
        while not rung and time.monotonic() - began < 5:
            time.sleep(0.01)
        assert rung
        assert rung[0] - began > 0.25
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_is_stopped_too():
    found = []
    thread = threading.Thread(target=lambda: found.append(attempt(junk.endless, 0.05)))
    thread.start()
    thread.join(10)
    assert found[0].slow


def test_value_error_and_output():
    def talks():
        print("one", file=sys.stderr)
        print("two")
        raise ValueError("three\n  lines <b>of</b> words")

    tried = attempt(talks, 1, talks.__code__)
    assert tried.raised
    assert tried.kind is ValueError
    assert tried.error == "three lines <b>of</b> words"
    assert tried.printed == "one\ntwo\n"
    assert tried.where.startswith("line 4, `raise ValueError(")
    assert attempt(lambda: 3, 1).value == 3


def test_output_does_not_grow_without_end(capsys):
    def floods():
        for _ in range(1000):
            print("x" * 1000)

    assert len(attempt(floods, 5).printed) <= limits.PRINTED
    assert capsys.readouterr().out == ""


def test_settings_are_put_back():
    state = np.geterr()

    def upsets():
        np.seterr(all="raise")
        warnings.simplefilter("error")
        warnings.warn("a warning", stacklevel=1)

    filters = list(warnings.filters)
    assert attempt(upsets, 1).raised
    assert np.geterr() == state
    assert warnings.filters == filters


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Verdict("NOT YET", "stop")])
def test_what_is_not_the_codes_own_passes_through(error):
    with pytest.raises(type(error)):
        attempt(junk.raises(error), 1)
    undisturbed()


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit(), RecursionError("deep")])
def test_everything_else_is_an_answer(error):
    assert attempt(junk.raises(error), 1).kind is type(error)


def test_the_words_of_an_exception_that_has_none():
    assert attempt(junk.raises(junk.MuteError()), 1).error == "(its message can't be read)"
    assert len(attempt(junk.raises(ValueError("x" * 9999)), 1).error) <= limits.WORDS


def test_out_of_time_is_no_exception_that_learners_catch():
    assert not issubclass(OutOfTime, Exception)
