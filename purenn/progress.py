"""Progress: a line that shows how far a training is, how fast it goes, and when it will be done.

A terminal shows the line below everything else that is printed, and each drawing replaces the last. A notebook shows it
above, in an output of its own. Elsewhere, such as in a log file, it is not drawn at all. The command line and
`fit(progress=True)` share it.
"""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from math import inf, isfinite, nan

from purenn.charts import screen
from purenn.errors import check_function
from purenn.history import Epoch

__all__ = ["Bar", "Line", "NotebookLine", "Pace", "Report", "TrainingBar", "duration"]

INTERVAL = 0.1  # seconds between two drawings
LONG = 1.0  # seconds: the bar of an epoch that takes this long is also drawn at its very beginning and end
LATEST = 5  # epochs whose mean time is that of the remaining ones
BAR = "\0"  # the place of the bar in a line
SHORTEST, LONGEST = 5, 30  # characters of a bar
MARKS, PLAIN_MARKS = "━─", "#-"  # what is done, and what is left
GREEN = "\x1b[32m"


# Where it is drawn.


class Line:
    """A line on stderr that each drawing replaces, where stderr is a terminal; elsewhere nothing is drawn.

    It takes no escape sequence to go back and to erase, so old consoles of Windows have it too.
    """

    stays = False  # in the end

    def __init__(self) -> None:
        self.live = screen.can_redraw(sys.stderr)
        self.marks = MARKS if screen.can_show(MARKS, sys.stderr) else PLAIN_MARKS
        self.coloured = self.marks == MARKS and screen.has_colours(sys.stderr)
        self.drawn_at = -inf
        self.width = 0  # of what is drawn, in columns

    @property
    def room(self) -> int:
        """The columns that may be drawn in: a line that wraps could not be replaced, nor one that does with the ^C of
        the terminal behind it."""
        return max(screen.columns(sys.stderr) - 3, 1)

    @property
    def due(self) -> bool:
        """True if there is something to draw on, and the last drawing was a tenth of a second ago."""
        return self.live and time.monotonic() - self.drawn_at >= INTERVAL

    def show(self, text: str) -> None:
        """Draw a text; the end of one that is too wide is left out."""
        if not self.live:
            return
        while screen.width_of(text) > self.room:
            text = text[:-1]
        self.drawn_at, width = time.monotonic(), screen.width_of(text)
        self.width = min(max(self.width, width), self.room)
        # in one piece, and over the old text rather than after erasing it: so nothing flickers
        self._write(f"\r{self._painted(text)}{' ' * (self.width - width)}")

    def clear(self) -> None:
        """Erase what is drawn, to make room for a line of text."""
        if self.width:
            self._write(f"\r{' ' * (min(self.width, self.room) + 2)}\r")  # and the ^C behind it
            self.width = 0

    def _painted(self, text: str) -> str:
        return re.sub(f"{MARKS[0]}+", lambda done: f"{GREEN}{done[0]}\x1b[0m", text) if self.coloured else text

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class NotebookLine(Line):
    """A line in the output of a notebook's cell, in a place of its own, which is updated.

    It stays there in the end, as it was drawn last. display: the function of IPython.
    """

    stays = True

    def __init__(self, display: Callable[..., object]) -> None:
        super().__init__()
        self.live, self.marks, self.display = True, MARKS, display
        self.handle: object = None

    @classmethod
    def here(cls) -> NotebookLine | None:
        """Return a line if this code runs in a notebook, otherwise None. IPython in a terminal has a terminal."""
        ipython = sys.modules.get("IPython")
        if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):
            return None
        return cls(ipython.display.display)

    @property
    def room(self) -> int:
        """The columns that may be drawn in: a page does not say how wide it is."""
        return 90

    def show(self, text: str) -> None:
        self.drawn_at, self.width = time.monotonic(), len(text)
        update = getattr(self.handle, "update", None)
        if update:
            update({"text/plain": text}, raw=True)
        else:
            self.handle = self.display({"text/plain": text}, raw=True, display_id=True)

    def clear(self) -> None:
        """Leave it: it is in nobody's way."""


# What is drawn.


def _fitting(line: Line, part: float, layouts: Sequence[Sequence[str]]) -> str:
    """Return the first of the layouts that there is room for, with the bar filled up to `part` in its place.

    A layout is a row of cells; an empty cell is left out. The last layout is taken in any case.
    """
    text = ""
    for cells in layouts:
        text = "  ".join(filter(None, cells))
        free = line.room - screen.width_of(text)
        width = min(free + 1, LONGEST)  # the bar has one character of the text already
        if BAR in text and width >= SHORTEST:
            full = round(part * width)
            return text.replace(BAR, line.marks[0] * full + line.marks[1] * (width - full))
        if BAR not in text and free >= 0:
            return text
    return text


def _percent(part: float) -> str:
    """Return a part of 1, always as wide, and 100 % only for all of it."""
    return f"{int(100.0 * part):3} %"


def duration(seconds: float) -> str:
    """Return a time in two digits, which is as exact as an estimate can be.

    >>> [duration(seconds) for seconds in (0.3, 14.2, 99.4, 100.0, 5_000.0, 20_000.0)]
    ['0 s', '14 s', '99 s', '2 min', '83 min', '6 h']
    """
    for size, unit in ((1, "s"), (60, "min")):
        if round(seconds / size) < 100:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 3600)} h"


class Bar:
    """A bar for anything whose size is known, with the time left, drawn at most ten times a second.

    after: seconds to wait before the first drawing, so that what is done at once needs no bar.
    """

    def __init__(self, after: float = 0.0) -> None:
        self.line = Line()
        self.started = time.monotonic()
        self.hidden_until = self.started + after

    def start(self) -> None:
        """Restart the clock from which the time left is estimated."""
        self.started = time.monotonic()

    def show(self, label: str, done: int, total: int) -> None:
        """Draw the bar with `done` of `total` filled, if it is time to, and always at the end."""
        now = time.monotonic()
        if now < self.hidden_until or not (self.line.due or done >= total):
            return
        part = done / total if total else 1.0
        left = f"{duration((now - self.started) / done * (total - done))} left" if done else ""
        percent = _percent(part)
        self.line.show(
            _fitting(self.line, part, [[label, f"{BAR} {percent}", left], [label, percent, left], [label, percent]])
        )

    def note(self, text: str) -> None:
        """Show a text in place of a bar, where nobody knows how long it will take."""
        if time.monotonic() >= self.hidden_until:
            self.line.show(text)

    def clear(self) -> None:
        """Erase the bar, to make room for a line of text."""
        self.line.clear()


class Pace:
    """The times of a training, from which the time left is estimated."""

    def __init__(self) -> None:
        self.began = time.monotonic()  # the present epoch
        self.first: tuple[float, float] | None = None  # the first part of it that was done, and when that was
        self.part = 0.0  # what is done of its samples
        self.speed = nan  # parts in a second
        self.trained = nan  # when all of them were done
        self.whole = deque[float](maxlen=LATEST)  # seconds of the latest epochs
        self.after = deque[float](maxlen=LATEST)  # of them, those after the last sample: to evaluate, and to save

    def begin(self) -> None:
        """Begin an epoch, which ends the one before, if all its samples are done."""
        now = time.monotonic()
        if self.part >= 1.0:
            self.whole.append(now - self.began)
            self.after.append(now - self.trained)
        self.began, self.first, self.part = now, None, 0.0

    def reach(self, part: float) -> None:
        """Note that this part of the samples is done.

        From the second time on, the first part does not count for the speed: workers start in it, and read their
        samples.
        """
        now = self.trained = time.monotonic()
        self.part = part
        self.first = self.first or (part, now)
        begun, since = self.first if part > self.first[0] else (0.0, self.began)
        self.speed = (part - begun) / (now - since) if part > begun and now > since else nan

    @property
    def present(self) -> float:
        """The seconds left of the present epoch; NaN if nothing is known yet."""
        if not self.part:
            return _mean(self.whole)
        return (1.0 - self.part) / self.speed + (_mean(self.after) if self.after else 0.0)

    def left(self, further: int) -> float:
        """Return the seconds left of the present epoch and so many further ones.

        They will take as long as the latest did on average or, in the first epoch, as long as its samples do.
        """
        return self.present + further * (_mean(self.whole) if self.whole else 1.0 / self.speed)


def _mean(values: Collection[float]) -> float:
    """Return the mean, NaN of nothing."""
    return sum(values) / len(values) if values else nan


class TrainingBar:
    """The bar of a training: the present epoch, the samples in a second, the loss of the epoch so far, and the time
    left of the whole training and of the epoch. Where epochs are short, the bar is that of the whole training.

    Use it in a `with` block: however the training ends, the line is left clean.
    """

    def __init__(self, epochs: int, line: Line | None = None) -> None:
        self.epochs = epochs
        self.line = Line() if line is None else line
        self.pace = Pace()
        self.number = 1
        self.total = 0  # samples
        self.loss = nan
        self.short: bool | None = None  # True if the first epoch took less than a second; None while it lasts

    def begin(self, number: int) -> None:
        """Begin the epoch with this number, counted from 1, and draw its bar again if it has given way to a line."""
        if self.short is None and self.pace.part >= 1.0:
            self.short = time.monotonic() - self.pace.began < LONG
        self.pace.begin()
        self.number = number
        if self.line.live and not self.line.width and number <= self.epochs:
            self._draw()

    def progress(self, done: int, total: int, loss: float) -> None:
        """Draw the bar with `done` of `total` samples, if it is time to. `loss`: their mean so far, NaN if unknown."""
        if self.line.due or (done >= total and self.line.live):
            self.pace.reach(done / total)
            self.total, self.loss = total, loss
            if self.line.due or time.monotonic() - self.pace.began >= LONG:
                self._draw()

    def clear(self) -> None:
        """Erase the bar, to make room for a line of text."""
        self.line.clear()

    def _draw(self, *, ended: bool = False) -> None:
        """Draw the line: at the end of the training, without a time left.

        Its cells are as wide as they may become, so that nothing moves when a number gets longer.
        """
        pace, further, known = self.pace, self.epochs - self.number, isfinite(self.pace.speed)
        is_short = time.monotonic() - pace.began + pace.present < LONG if self.short is None else self.short
        part = (self.number - 1 + pace.part) / self.epochs if is_short else pace.part
        left = f"{duration(pace.left(further))} left" if known and not ended else ""
        both = f"{left} (epoch {duration(pace.present)})" if left and further else left
        left = left.ljust(len("99 min left"))
        both = left if is_short else both.ljust(len("99 min left (epoch 99 s)"))
        rate = _three_digits(pace.speed * self.total).rjust(6) if known else ""
        rates = [f"{rate}{unit}" if known else " " * (6 + len(unit)) for unit in (" samples/s", "/s")]
        loss = (f"loss {_four_decimals(self.loss)}" if isfinite(self.loss) else "").ljust(len("loss 0.1234"))
        count = f"{self.number}/{self.epochs}".ljust(len(f"{self.epochs}/{self.epochs}"))
        label, percent = f"epoch {count}", _percent(part)
        bar = f"{BAR} {percent}"
        layouts = [
            *([label, bar, rate, loss, both] for rate in rates),
            [label, bar, loss, both],
            [label, bar, loss, left],
            [label, bar, left],
            [label, percent, left],
            [label, percent],
            [count, percent],
        ]
        self.line.show(_fitting(self.line, part, layouts))

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.line.width and self.line.stays:
            if self.total and not self.pace.part:  # an epoch that has only begun
                self.number, self.pace.part = self.number - 1, 1.0
            self._draw(ended=True)
        self.line.clear()


def _three_digits(number: float) -> str:
    """Return a rate, whose further digits would only flicker.

    >>> [_three_digits(number) for number in (12_437.0, 98.76, 0.5)]
    ['12,400', '98.8', '0.5']
    """
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100.0 else f"{rounded:g}"


def _four_decimals(loss: float) -> str:
    """Return a loss with four decimals or, if that is no loss, with four digits."""
    return f"{loss:.4f}" if loss == 0.0 or 0.001 <= abs(loss) < 1e4 else f"{loss:.3e}"


# What `fit` shows.


class Report:
    """The progress that `fit` shows: for True, a line for each epoch, at most ten in a second, and a bar; for False,
    nothing; and a function is called with it.

    running_loss: returns the mean loss of the samples done in the present epoch.
    Use it in a `with` block. Raises TypeError for another `progress`.
    """

    def __init__(
        self, progress: Callable[[int, int], None] | bool, epochs: int, running_loss: Callable[[], float]
    ) -> None:
        if not isinstance(progress, bool):
            check_function(2, "True, or a function of the samples done and of all samples", progress=progress)
        self.given = progress
        self.epochs = epochs
        self.running_loss = running_loss
        self.bar = TrainingBar(epochs, NotebookLine.here())
        self.bar.line.live = self.bar.line.live and progress is True
        # in a notebook, what is printed to stderr has a red ground, as errors have
        self.stream = sys.stdout if self.bar.line.stays else sys.stderr
        self.printed_at = -inf
        self.left_out = False

    def told(self, epochs: Iterable[Epoch], first: int) -> Iterator[Epoch]:
        """Yield the epochs of a training, the first of which has this number, and tell when one begins and ends."""
        self.bar.begin(first)
        for epoch in epochs:
            self._end(epoch)
            yield epoch
            self.bar.begin(epoch.number + 1)

    def progress(self, done: int, total: int) -> None:
        """Take the samples done in an epoch, and all samples."""
        if self.given is True:
            self.bar.progress(done, total, self.running_loss())
        elif self.given:
            self.given(done, total)

    def _end(self, epoch: Epoch) -> None:
        """Print the line of an epoch, unless another one was printed less than a tenth of a second ago."""
        if self.given is not True:
            return
        if epoch.number in (1, self.epochs) or time.monotonic() - self.printed_at > INTERVAL:
            self.printed_at = time.monotonic()
            self._print(str(epoch))
        elif not self.left_out and not self.bar.line.live:
            self.left_out = True
            self._print("(fast epochs are left out: at most ten in a second are shown)")

    def _print(self, text: str) -> None:
        self.bar.clear()
        print(f"{text}\n", end="", file=self.stream, flush=True)  # in one piece

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *raised: object) -> None:
        self.bar.__exit__(*raised)
