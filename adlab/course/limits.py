"""Runs a learner's code so that nothing it does can hurt: time, output, warnings, exceptions.

`attempt(call, seconds)` is the only place where code of a learner's runs. It gives an `Attempt`:
what came, or the words of the exception, and what was printed meanwhile. An endless loop in Python
ends when the time is up, in the main thread (`Alarm`) and in any other (`Watchdog`), on Windows as
well, and also if it holds a bare `except:`. One call of compiled code that takes long is not cut
short: the verdict is the same, it only comes late.
"""

import _thread
import ctypes
import io
import linecache
import operator
import signal
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

AGAIN = 0.05  # seconds between two requests to stop
PRINTED = 2000  # characters that are kept of what the code prints
SYSTEM_TIMER = hasattr(signal, "setitimer")
WORDS = 300  # characters that are kept of an exception's words


class OutOfTime(BaseException):
    """The time is up. No `Exception`, so that `except Exception` lets it pass."""


raise_out_of_time = partial(ctypes.pythonapi.PyErr_SetNone, ctypes.py_object(OutOfTime))


class Verdict(Exception):
    """Ends the judging: a status, never PASSED, and a message for the learner.

    `diagnosis` names the wrong answer that was recognised.
    """

    def __init__(self, status, message, diagnosis=""):
        super().__init__(message)
        self.status = status
        self.message = message
        self.diagnosis = diagnosis


@dataclass(frozen=True)
class Attempt:
    """What a call came to: a `value`; or an `error`, its type and words; or it was too `slow`."""

    value: Any = None
    error: str = ""
    kind: type | None = None
    where: str = ""
    slow: bool = False
    printed: str = ""

    @property
    def raised(self):
        return self.kind is not None


def attempt(call: Callable[[], Any], seconds: float, code=None) -> Attempt:
    """Runs `call()` and says what came of it. KeyboardInterrupt and Verdict pass through.

    `code` is the code object of the learner's function, if it has one: it tells which line of the
    learner's raised.
    """
    printed = Printed()

    def guarded():
        try:
            return Attempt(value=call())
        except (OutOfTime, KeyboardInterrupt, Verdict):
            raise
        except BaseException as error:
            where = place(error.__traceback__, code)
            return Attempt(error=words(error), kind=type(error), where=where)

    with quiet(printed):
        found, in_time = within(seconds, guarded)
    if not in_time:
        return Attempt(slow=True, printed=printed.text)
    return replace(found, printed=printed.text)


def words(error):
    """The words of an exception on one line; its own `__str__` may be broken."""
    try:
        text = str(error)
    except (OutOfTime, KeyboardInterrupt):
        raise
    except BaseException:
        return "(its message can't be read)"
    return shortened(" ".join(text.split()))


def place(traceback, code):
    """The innermost line of the learner's own in a traceback: "line 2, `return W @ v`"."""
    found = ""
    while code is not None and traceback is not None:
        frame = traceback.tb_frame.f_code
        if frame.co_filename == code.co_filename and traceback.tb_lineno >= code.co_firstlineno:
            line = linecache.getline(frame.co_filename, traceback.tb_lineno).strip()
            number = traceback.tb_lineno - code.co_firstlineno + 1
            found = f"line {number}" + (f", `{shortened(line, 80)}`" if line else "")
        traceback = traceback.tb_next
    return found


def shortened(text, length=WORDS):
    return text if len(text) <= length else text[: length - 1] + "…"


# ---- Output and settings ------------------------------------------------------------------------


class Printed(io.TextIOBase):
    """Takes the place of the output; keeps the beginning and forgets the rest."""

    def __init__(self):
        super().__init__()
        self.text = ""

    def writable(self):
        return True

    def write(self, text):
        text = str(text)
        self.text += text[: max(0, PRINTED - len(self.text))]
        return len(text)


@contextmanager
def quiet(printed):
    """Output goes to `printed`; warnings and NumPy's error settings are as before afterwards."""
    with (
        redirect_stdout(printed),
        redirect_stderr(printed),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


# ---- Time ---------------------------------------------------------------------------------------


def within(seconds, call):
    """(what `call()` returns, True), or (None, False) if it takes longer than this."""
    clock = clock_for_this_thread(seconds)
    value = None
    try:
        clock.start()
        value = call()
    except OutOfTime:
        value = None
    finally:
        # The exception can come between any two instructions, also here: so the clock is told
        # first that it is over, without a call, and stopping is tried again until it is done.
        while True:
            try:
                clock.armed = False
                clock.stop()
                break
            except OutOfTime:
                continue
    return (None, False) if clock.fired else (value, True)


def clock_for_this_thread(seconds):
    in_main = threading.current_thread() is threading.main_thread()
    return Alarm(seconds) if in_main else Watchdog(seconds)


class Alarm:
    """For the main thread: the handler of a signal raises.

    The signal comes from the system's timer, which also wakes a `time.sleep`; where there is none,
    from a thread that pretends that it came. The handler asks for the next signal before it
    raises, so that code that catches everything is stopped at its very next step.
    """

    def __init__(self, seconds, system_timer=SYSTEM_TIMER):
        self.seconds = max(seconds, 1e-3)
        self.system_timer = system_timer
        self.signal = signal.SIGALRM if system_timer else signal.SIGTERM
        self.ask = partial(_thread.interrupt_main, self.signal)
        self.armed = True
        self.fired = False
        self.started = False
        self.over = threading.Event()

    def start(self):
        self.began = time.monotonic()
        self.before = signal.getitimer(signal.ITIMER_REAL) if self.system_timer else (0.0, 0.0)
        self.handler = signal.signal(self.signal, self.ring)
        self.started = True  # the signal may come from here on
        if self.system_timer:
            signal.setitimer(signal.ITIMER_REAL, self.seconds, AGAIN)
        else:
            self.thread = threading.Thread(target=self.watch, daemon=True)
            self.thread.start()

    def ring(self, _signal, _frame):
        if self.armed:
            self.fired = True
            # One call does both: between two of them the interpreter would look for signals.
            any(map(operator.call, (self.ask, raise_out_of_time)))

    def watch(self):
        wait = self.seconds
        while not self.over.wait(wait) and self.armed:
            self.ask()
            wait = AGAIN

    def stop(self):
        if not self.started:
            return
        if self.system_timer:
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            self.over.set()
            self.thread.join()
        signal.signal(self.signal, self.handler)
        delay, interval = self.before
        if delay:  # somebody else's timer goes on
            left = max(delay - (time.monotonic() - self.began), 1e-6)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


class Watchdog:
    """For any other thread: one that asks the interpreter to raise `OutOfTime` there, again and
    again. Code that catches everything may go on for a while.
    """

    def __init__(self, seconds):
        self.seconds = seconds
        self.armed = True
        self.fired = False
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def start(self):
        self.target = threading.get_ident()
        self.thread.start()

    def watch(self):
        wait = self.seconds
        while not self.over.wait(wait) and self.armed:
            self.fired = True
            raise_in(self.target, OutOfTime)
            wait = AGAIN

    def stop(self):
        self.over.set()
        self.thread.join()
        raise_in(self.target, None)


def raise_in(thread, exception):
    """Ask the interpreter to raise in this thread; None takes back what is not yet raised."""
    wanted = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), wanted)
