"""Times that can be compared: all candidates in turn in one process, again and again."""

from statistics import median, quantiles
from time import perf_counter

SAMPLE = 2e-3  # seconds that one sample takes at least


def once(run):
    start = perf_counter()
    run()
    return perf_counter() - start


def repeats(run):
    """How often to run for one sample. All have run before, when their results were compared."""
    seconds = once(run)
    if seconds < SAMPLE:
        seconds = min(once(run) for _ in range(3))
    return max(1, int(SAMPLE / max(seconds, 1e-7)))


def interleaved(runs, seconds, least=3):
    """{name: seconds of each round}: in each round every candidate has its turn.

    A neighbour on the machine who is busy for a while then slows all, and ratios stay.
    """
    often = {name: repeats(run) for name, run in runs.items()}
    found = {name: [] for name in runs}
    end = perf_counter() + seconds
    while perf_counter() < end or min(map(len, found.values())) < least:
        for name, run in runs.items():
            start = perf_counter()
            for _ in range(often[name]):
                run()
            found[name].append((perf_counter() - start) / often[name])
    return found


def ratios(times, measure):
    """{name: (median, lower and upper quartile)} of the time over that of `measure`, by rounds."""
    found = {}
    for name, seconds in times.items():
        each = [a / b for a, b in zip(seconds, times[measure], strict=True)]
        low, _, high = quantiles(each, n=4, method="inclusive")
        found[name] = (median(each), low, high)
    return found
