"""What a learner has done, in one small JSON file that outlives crashes, full disks and two tabs.

The file holds a schema version and, for each exercise, the six values of an `Entry`; no answer, no
name. Three rules keep it whole:

- it is never changed, only replaced: a new file is written beside it, forced to the disk, and
  takes its place in one step (`os.replace`), and a copy follows as the backup;
- a writer holds a lock that the system takes back when its process dies, and reads the file
  again under the lock: writers add to each other;
- what can't be saved is kept in memory, said once, and saved with the next event that can be.
"""

import atexit
import json
import os
import re
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from errno import EEXIST
from functools import partial
from itertools import chain, count
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path

SCHEMA = 1
PASSED, NOT_ATTEMPTED = "PASSED", "NOT ATTEMPTED"
STATUSES = (
    PASSED,
    "NOT YET",
    NOT_ATTEMPTED,
    "YOUR CODE RAISED",
    "TOO SLOW",
    "INTERRUPTED",
    "CHECKER FAULT",
)
PATIENCE = 2.0  # seconds to wait for the lock
EXERCISE = re.compile(r"[0-9A-Za-z]{1,8}/[0-9A-Za-z-]{1,80}")


class Unusable(ValueError):
    """A file that is not progress as this adlab knows it; `kind` is "damaged" or "newer"."""

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True)
class Entry:
    """What is known about one exercise.

    `revision` is that of the exercise when `status` was reached, and `time` (UTC) is when: for a
    pass they stay, so that a pass of an earlier version can be told from one of today's.
    """

    status: str = NOT_ATTEMPTED
    attempts: int = 0
    hints: int = 0
    revealed: bool = False
    revision: int = 1
    time: str = ""

    def __post_init__(self):
        counts = (self.attempts, self.hints, self.revision)
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} came; it is one of {', '.join(STATUSES)}")
        if any(type(count) is not int or count < 0 for count in counts):
            raise ValueError(f"attempts, hints and revision are whole numbers; {counts} came")
        if type(self.revealed) is not bool or not isinstance(self.time, str):
            raise ValueError(
                f"revealed is true or false, time is text; {self.revealed!r}, {self.time!r} came"
            )

    @property
    def passed(self):
        return self.status == PASSED

    def after(self, event):
        """This entry once `event` has happened: attempts add up, and a pass stays."""
        both = replace(
            self,
            attempts=self.attempts + event.attempts,
            hints=max(self.hints, event.hints),
            revealed=self.revealed or event.revealed,
        )
        if event.passed:
            news = not self.passed or event.revision > self.revision
        else:
            news = event.status != NOT_ATTEMPTED and not self.passed
        if not news:
            return both
        return replace(both, status=event.status, revision=event.revision, time=event.time)

    def united(self, other):
        """What two files know together; in any order, and again and again, it is the same."""
        verdict = max(self, other, key=_standing)
        return replace(
            verdict,
            attempts=max(self.attempts, other.attempts),
            hints=max(self.hints, other.hints),
            revealed=self.revealed or other.revealed,
        )


class Progress:
    """The progress in the file at `path`. `messages` are sentences for the learner, each once.

    Every question reads the file again, so that two notebooks see each other's passes.
    """

    def __init__(self, path):
        self.path = Path(os.path.realpath(Path(path).expanduser()))
        self.backup = self.path.with_name(f"{self.path.stem}.backup{self.path.suffix}")
        self.messages = []
        self._said = set()
        self._unsaved = []  # changes (document -> document) that wait for the disk

    @classmethod
    def open(cls):
        """This user's progress; one object for all who ask, so that they share what is unsaved."""
        path = progress_path()
        if path not in _OPEN:
            _OPEN[path] = cls(path)
        return _OPEN[path]

    def record(self, exercise, *, status=None, attempts=0, hints=0, revealed=False, revision=1):
        """Adds one event to the exercise "01/vjp-by-hand" and returns its Entry."""
        if not EXERCISE.fullmatch(exercise):
            raise ValueError(f"{exercise!r} is not of the form chapter/name, as 01/vjp-by-hand")
        status = NOT_ATTEMPTED if status is None else str(status)
        event = Entry(status, attempts, hints, revealed, revision, _now())
        return _entry(self._change(partial(_with_event, exercise, event)), exercise)

    def entry(self, exercise):
        """The Entry of an exercise; one that was never touched is NOT ATTEMPTED."""
        return _entry(self._document(), exercise)

    def entries(self):
        """{exercise: Entry} of all that was ever touched."""
        document = self._document()
        return {exercise: _entry(document, exercise) for exercise in document["exercises"]}

    def export(self, path):
        """Writes all progress to a new file, for another computer. FileExistsError if it exists."""
        path = Path(path)
        if path.exists():
            raise FileExistsError(EEXIST, "exists already: choose another name", str(path))
        _put(path, _bytes(self._document()))

    def merge(self, path):
        """Adds what an exported file knows; ValueError if it can't be used. Nothing is lost."""
        try:
            other = parse(Path(path).read_bytes())
        except Unusable as error:
            raise ValueError(f"{path} can't be used: {error}; nothing was changed") from error
        self._change(partial(_with_file, other))

    def save(self):
        """Tries to write what is still unsaved; True if nothing is left."""
        if self._unsaved:
            self._change()
        return not self._unsaved

    def _change(self, *changes):
        """Makes the changes, on the disk if that is possible, and returns the document."""
        patience = 0.1 if self._unsaved else PATIENCE  # the learner has waited once already
        self._unsaved += changes
        try:
            with self._locked(patience):
                waiting = list(self._unsaved)
                document = _made(waiting, self._mended())
                self._write(document)
                del self._unsaved[: len(waiting)]
                return document
        except OSError as error:
            self._say_unsaved(error)
            return self._document()

    def _document(self):
        """The file's content and what is unsaved, without writing, if the file is whole."""
        try:
            document = self._found(self.path)
            if document is None:
                document = self._mend()
        except OSError as error:
            self._say_unsaved(error)
            document = _empty()
        return _made(self._unsaved, document)

    def _found(self, path):
        """The document in the file; empty if there is neither file nor backup; None if unusable."""
        try:
            return parse(path.read_bytes())
        except FileNotFoundError:
            return None if self.backup.exists() else _empty()
        except Unusable:
            return None

    def _mend(self):
        """The document of a file that is missing or damaged, which is put right if possible."""
        try:
            with self._locked(PATIENCE):
                return self._mended()
        except OSError as error:
            self._say_unsaved(error)
            return self._found(self.backup) or _empty()

    def _mended(self):
        """With the lock held: the document, after setting aside a file that can't be used."""
        document = self._found(self.path)
        if document is not None:
            return document
        aside = self._set_aside(self.path)
        document = self._found(self.backup)
        if document is None:
            self._set_aside(self.backup)
            document = _empty()
        if aside is None:
            self._say("missing", f"{self.path} was missing; your progress comes from its backup.")
        self._write(document)
        return document

    def _set_aside(self, path):
        """Copies an unusable file to a name that says so, tells the learner, returns the name."""
        try:
            content = path.read_bytes()
            parse(content)
        except FileNotFoundError:
            return None
        except Unusable as error:
            aside = _free_name(path, error.kind)
            _put(aside, content)
            cure = f"It was set aside as {aside.name}; your progress goes on from its backup."
            if error.kind == "newer":
                cure = (
                    f"It was set aside as {aside.name}. To get it back, update adlab and run  "
                    f'adlab progress --import "{aside}"'
                )
            self._say(error.kind, f"{path} can't be used: {error}. {cure}")
            return aside

    def _write(self, document):
        content = _bytes(document)
        _put(self.path, content)
        try:
            _put(self.backup, content)
        except OSError as error:
            self._say("backup", f"{self.backup} can't be written ({_reason(error)}).")

    @contextmanager
    def _locked(self, patience):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.with_name(self.path.name + ".lock"))
        with lock.acquire(timeout=patience, poll_interval=0.002):
            yield

    def _say_unsaved(self, error):
        self._say(
            "unsaved",
            f"Your progress can't be saved in {self.path} ({_reason(error)}): it is kept in "
            "memory, and adlab tries again at every check. Run  adlab doctor  for a cure.",
        )

    def _say(self, topic, sentence):
        if topic not in self._said:
            self._said.add(topic)
            self.messages.append(sentence)


def progress_path():
    """Where this user's progress stands: `$ADLAB_PROGRESS`, or the system's place for data."""
    given = os.environ.get("ADLAB_PROGRESS")
    return Path(given) if given else user_data_path("adlab", appauthor=False) / "progress.json"


def parse(content):
    """The document in the bytes of a progress file; Unusable if it is damaged or newer.

    Fields that are not known here stay in the document and are written back.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unusable("damaged", "it is not JSON") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is not int or schema < 1:
        raise Unusable("damaged", "it is no progress file of adlab")
    if schema > SCHEMA:
        raise Unusable("newer", f"it was written by a newer adlab (schema {schema}, not {SCHEMA})")
    exercises = document.get("exercises")
    if not isinstance(exercises, dict):
        raise Unusable("damaged", "it has no exercises")
    for exercise in exercises:
        try:
            _entry(document, exercise)
        except (AttributeError, ValueError) as error:
            raise Unusable("damaged", f"its entry {exercise[:90]!r} makes no sense") from error
    return document


def _entry(document, exercise):
    known = {field.name for field in fields(Entry)}
    stored = document["exercises"].get(exercise, {})
    return Entry(**{name: value for name, value in stored.items() if name in known})


def _with_entry(document, exercise, entry, more=()):
    """The document with this entry; fields of other adlabs in it, and those in `more`, stay."""
    stored = dict(more) | document["exercises"].get(exercise, {}) | asdict(entry)
    return document | {"exercises": document["exercises"] | {exercise: stored}}


def _with_event(exercise, event, document):
    return _with_entry(document, exercise, _entry(document, exercise).after(event))


def _with_file(other, document):
    for exercise, stored in other["exercises"].items():
        entry = _entry(document, exercise).united(_entry(other, exercise))
        document = _with_entry(document, exercise, entry, more=stored)
    return other | document


def _made(changes, document):
    for change in changes:
        document = change(document)
    return document


def _standing(entry):
    """What decides between two entries: a pass, of the newest revision; else the latest attempt."""
    revision = entry.revision if entry.passed else 0
    attempted = entry.status != NOT_ATTEMPTED
    return entry.passed, revision, attempted, entry.time, entry.status, entry.revision


def _empty():
    return {"schema": SCHEMA, "exercises": {}}


def _bytes(document):
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def _put(path, content):
    """Replaces the file in one step: whoever reads it sees the old content or the new."""
    scratch = path.with_name(path.name + ".new")
    try:
        with open(scratch, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _replace(scratch, path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


def _replace(scratch, path, tries=20):
    """`os.replace`; Windows refuses it for the moment in which somebody reads the file."""
    for _ in range(tries - 1):
        try:
            return os.replace(scratch, path)
        except PermissionError:
            time.sleep(0.01)
    return os.replace(scratch, path)


def _free_name(path, kind):
    """A name beside `path` that says what is wrong with it, and that no file has."""
    stem = f"{path.stem}.{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    names = (f"{stem}{more}{path.suffix}" for more in chain([""], (f"-{n}" for n in count(2))))
    return next(free for free in map(path.with_name, names) if not free.exists())


def _now():
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _reason(error):
    if isinstance(error, TimeoutError):
        return "another program holds it"
    return error.strerror or type(error).__name__


_OPEN = {}


@atexit.register
def _save_all():
    """A last try for what could not be saved while the session ran."""
    for progress in _OPEN.values():
        progress.save()
