"""Sessions behind a server: one for each page that is open, with the commands that wait for it.

All work of a session is done in one thread, that of the line on which its frames go to the page. When the line is lost,
the session is kept for a while, in case that the page comes back, and computes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock
from time import monotonic
from typing import Protocol

from purenn.formats import JsonObject
from purenn.playground.display import Frame
from purenn.playground.session import Session

__all__ = ["Line", "Visit", "Visits", "Waiting"]

MOST_COMMANDS = 200  # that wait for a session
LARGEST = 3_000_000  # bytes of them together, as JSON
STATES = 30  # in a second, at most
OVERDUE = 0.1  # seconds that a tick waits for commands, at most: the training goes on while points are dragged
GLANCE = 1.0  # seconds, after which an idle session looks whether the page is still there
HEARTBEAT = 10.0  # seconds without a frame, after which a sign of life is sent
KEPT = 60.0  # seconds that a session outlives its line
LAST_COUNTS = {"move": "index", "draw": ""}  # commands of a hand that moves, with the field that says what it moves


class Line(Protocol):
    """The way to a page."""

    def send(self, frames: Sequence[Frame]) -> None:
        """Send frames or, if there are none, a sign of life. Raises OSError if the page does not take them."""

    def is_open(self) -> bool:
        """Return False if the page is known to be gone."""
        ...

    def close(self) -> None:
        """Close the line, while another thread may be sending."""


class Waiting:
    """Commands that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._commands: deque[tuple[JsonObject, int]] = deque()
        self._size = 0
        self._is_woken = False
        self._changed = Condition()

    def put(self, command: JsonObject, size: int) -> bool:
        """Append a command that came in so many bytes. Returns False if there is no room for it.

        A hand moves sixty times in a second, which can be faster than the session. So of moves of the same point, one
        after the other, only the last is kept.
        """
        with self._changed:
            if self._commands and _replaces(command, self._commands[-1][0]):
                self._size -= self._commands.pop()[1]
            has_room = len(self._commands) < MOST_COMMANDS and self._size + size <= LARGEST
            if has_room:
                self._commands.append((command, size))
                self._size += size
                self._changed.notify()
            return has_room

    def wait(self, seconds: float) -> None:
        """Wait until there is a command, for at most this time, or until `wake` is called."""
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self._is_woken, seconds)
            self._is_woken = False

    def take(self) -> JsonObject | None:
        """Return the first command, None if there is none."""
        with self._changed:
            if not self._commands:
                return None
            command, size = self._commands.popleft()
            self._size -= size
            return command

    def wake(self) -> None:
        """End the waiting of the thread that is in `wait`."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()


def _replaces(command: JsonObject, earlier: JsonObject) -> bool:
    name = command.get("do")
    if not isinstance(name, str) or name not in LAST_COUNTS or earlier.get("do") != name:
        return False
    field = LAST_COUNTS[name]
    return command.keys() == earlier.keys() and command.get(field) == earlier.get(field)


class Visit:
    """A session with its commands, and the line to its page if there is one.

    left: when the last line was lost; None while there is one.
    """

    def __init__(self, session: Session) -> None:
        self.waiting = Waiting()
        self.left: float | None = monotonic()
        self._session = session
        self._line: Line | None = None
        self._working = Lock()

    def attend(self, line: Line, greeting: Frame) -> None:
        """Send a greeting, do commands as they come and send their frames, until the line is lost or replaced.

        Raises OSError if the line is lost while something is sent.
        """
        old, self._line, self.left = self._line, line, None
        if old:
            old.close()
            self.waiting.wake()
        with self._working:  # the thread of the old line may be in the middle of a command
            try:
                line.send([greeting])
                self._work(line)
            finally:
                if self._line is line:
                    self._line, self.left = None, monotonic()

    def _work(self, line: Line) -> None:
        is_busy, next_tick, heard = True, monotonic(), monotonic()
        while True:
            self.waiting.wait(max(next_tick - monotonic(), 0.0) if is_busy else GLANCE)
            if self._line is not line or not line.is_open():
                return  # and what waits is left to the next line
            is_overdue = is_busy and monotonic() - next_tick > OVERDUE
            command = None if is_overdue else self.waiting.take()
            frames: list[Frame] = []
            if command is not None:
                frames = self._session.do(command)
                is_busy, next_tick = True, next_tick if is_busy else monotonic()
            elif is_busy:
                next_tick = monotonic() + 1.0 / STATES
                frames = self._session.do({"do": "tick"})
                is_busy = bool(frames)  # a tick that has nothing to do answers nothing
            if frames or monotonic() - heard >= HEARTBEAT:
                line.send(frames)
                heard = monotonic()


class Visits:
    """The sessions of all pages, by names that the pages have made."""

    def __init__(self, begin: Callable[[], Session], most: int) -> None:
        """begin: makes a session. most: how many there can be."""
        self._begin = begin
        self._most = most
        self._visits: dict[str, Visit] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._visits)

    def find(self, name: str) -> Visit | None:
        """Return the visit of this name, if there is one."""
        return self._visits.get(name)

    def enter(self, name: str) -> Visit | None:
        """Return the visit of this name, which begins if there is none yet. If there are too many, the one that was
        left first makes room; there is None if every session has its page."""
        with self._lock:
            if name not in self._visits and len(self._visits) >= self._most:
                left = [(visit.left, name) for name, visit in self._visits.items() if visit.left is not None]
                if not left:
                    return None
                del self._visits[min(left)[1]]
            visit = self._visits.get(name) or Visit(self._begin())
            if visit.left is not None:
                visit.left = monotonic()  # the others have been away for longer, until its line is there
            self._visits[name] = visit
            return visit

    def sweep(self) -> None:
        """Forget the sessions to which no page has come back."""
        with self._lock:
            now = monotonic()
            for name, visit in [*self._visits.items()]:
                if visit.left is not None and now - visit.left > KEPT:
                    del self._visits[name]
