"""Kills a writing process again and again: killed.py FILE KILLS. Prints what went wrong, as JSON.

A child passes one exercise after another and says each on a pipe once it is saved; after a random
moment it is killed with SIGKILL, and the file is read. Children are forked, so that one kill costs
milliseconds.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from adlab.course.progress import PASSED, Progress, parse


def write_until_killed(path, start, told):
    progress = Progress(path)
    for k in range(start, start + 10_000):
        progress.record(f"01/exercise-{k}", status=PASSED, attempts=1)
        if not progress.save():
            os._exit(1)
        os.write(told, b"%d\n" % k)


def kill_once(path, start, moment):
    """Starts a writer, kills it `moment` seconds after its first write; the numbers it saved."""
    read, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        write_until_killed(path, start, told)
    os.close(told)
    with os.fdopen(read, "rb") as pipe:
        saved = [pipe.readline()]
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        saved += pipe.readlines()
    assert os.WIFSIGNALED(status), "the writer ended by itself"
    return [int(line) for line in saved]


def seconds_per_write(path, writes=10):
    start = time.perf_counter()
    for _ in range(writes):
        Progress(path).record("01/warm-up", attempts=1)
    return (time.perf_counter() - start) / writes


def main(path, kills):
    chance = random.Random(7)
    path, unreadable, lost, blocked = Path(path), 0, set(), 0
    saved = []
    longest = 4 * seconds_per_write(path)
    for k in range(kills):
        before = time.monotonic()
        saved += kill_once(path, 20_000 * k, chance.uniform(0, longest))
        blocked += time.monotonic() - before > 1
        try:
            known = parse(path.read_bytes())["exercises"]
        except (OSError, ValueError):
            unreadable += 1
        else:
            lost |= {number for number in saved if f"01/exercise-{number}" not in known}
    beside = sorted(entry.name for entry in path.parent.iterdir())
    counts = {"unreadable": unreadable, "lost": len(lost), "blocked": blocked}
    print(json.dumps(counts | {"saved": len(saved), "beside": beside}))


main(sys.argv[1], int(sys.argv[2]))
