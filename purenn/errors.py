"""Refusals of bad input: the errors that purenn raises on purpose, with the checks of arguments that raise them.

Each class is derived from the matching built-in error, so `except ValueError` catches a ShapeError too. An option out
of range raises a plain ValueError, which shows the bad value.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from math import inf
from numbers import Real
from pathlib import Path
from typing import TypeVar

__all__ = [
    "DownloadError",
    "FormatError",
    "NotFetchedError",
    "PurennError",
    "ShapeError",
    "TrainingError",
    "TrainingWarning",
    "check_choice",
    "check_finite",
    "check_fraction",
    "check_function",
    "check_kind",
    "check_not_negative",
    "check_optional",
    "check_positive",
    "check_probability",
    "check_text",
    "check_whole",
    "closest",
    "did_you_mean",
    "did_you_mean_file",
    "is_a",
    "listed",
    "read_all",
    "warn",
]

SHOWN = 12  # names in a list of them

Thing = TypeVar("Thing")
Found = TypeVar("Found")


class PurennError(Exception):
    """The base of all errors below, so that one `except` catches them all."""


class ShapeError(PurennError, ValueError):
    """Raised if two shapes do not fit. The message names both."""


class FormatError(PurennError, ValueError):
    """Raised for an invalid file. The message names the file, the place in it, what was found and what was expected."""


class DownloadError(PurennError, OSError):
    """Raised if no mirror delivered a complete file. The message lists the answer of each mirror."""


class NotFetchedError(PurennError, FileNotFoundError):
    """Raised if a published data set is not on this computer. `name` is the one to fetch it by."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class TrainingError(PurennError, ArithmeticError):
    """Raised if training cannot continue because a loss or a weight is not finite. The message says what to try."""


class TrainingWarning(UserWarning):
    """Issued by `fit` for samples or a result that look wrong, in words that say what to try.

    To stop at the first: `warnings.simplefilter("error", purenn.TrainingWarning)`.
    """


# Range checks. Each takes any number of arguments by name, as in check_positive(learning_rate=learning_rate), and
# raises ValueError for the first that is out of range. NaN is out of every range.


def check_finite(**values: float) -> None:
    """Require finite numbers."""
    for name, value in values.items():
        if not -inf < _number(name, value) < inf:
            raise ValueError(f"{name} must be a finite number, got {value}")


def check_positive(**values: float) -> None:
    """Require finite numbers above 0.

    >>> check_positive(learning_rate=0.1, epochs=0)
    Traceback (most recent call last):
    ValueError: epochs must be a finite number above 0, got 0
    """
    for name, value in values.items():
        if not 0.0 < _number(name, value) < inf:
            raise ValueError(f"{name} must be a finite number above 0, got {value}")


def check_not_negative(**values: float) -> None:
    """Require finite numbers of at least 0."""
    for name, value in values.items():
        if not 0.0 <= _number(name, value) < inf:
            raise ValueError(f"{name} must be a finite number of at least 0, got {value}")


def check_fraction(**values: float) -> None:
    """Require numbers from 0 up to but not including 1, as a momentum or a dropout probability is."""
    for name, value in values.items():
        if not 0.0 <= _number(name, value) < 1.0:
            raise ValueError(f"{name} must be in [0, 1), got {value}")


def check_probability(**values: float) -> None:
    """Require numbers from 0 to 1."""
    for name, value in values.items():
        if not 0.0 <= _number(name, value) <= 1.0:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def check_whole(least: int, **values: float) -> None:
    """Require whole numbers of at least `least`.

    >>> check_whole(1, epochs=1.5)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number, got 1.5
    """
    for name, value in values.items():
        if not _number(name, value) >= least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
        if value % 1 != 0 or isinstance(value, float):  # 3.0 would be shown, and kept in files, as a fraction
            hint = "" if value % 1 else f": write {value:.0f}"
            raise ValueError(f"{name} must be a whole number, got {value}{hint}")


def _number(name: str, value: object) -> float:
    """Return a number. Raises TypeError for anything else, a text with digits for example."""
    if not isinstance(value, Real):
        is_schedule = name == "learning_rate" and callable(value)
        hint = f"; a schedule goes to training: fit(…, schedule={value!r:.100})" if is_schedule else ""
        raise TypeError(f"{name} must be a number, got {value!r:.100}{hint}")
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits is out of every range
        return inf


def check_text(**values: str) -> None:
    """Require texts that UTF-8 can hold, as files do: the names of some files are bytes that are no text."""
    for name, value in values.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{name} {value!r} is no text in UTF-8: rename it, or set PYTHONUTF8=1") from None


def check_choice(choices: Iterable[str], **values: str) -> None:
    """Require one of these strings."""
    allowed = list(choices)
    for name, value in values.items():
        if value not in allowed:
            hint = did_you_mean(value, allowed) if is_a(value, str) else ""
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}{hint}")


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return the words to append to a refusal, naming the choice most like a misspelt word; empty if none is like it.

    >>> did_you_mean("minst", ["mnist", "moons", "xor"])
    '; did you mean mnist?'
    """
    meant = closest(word, choices)
    return f"; did you mean {meant}?" if meant else ""


def did_you_mean_file(path: str | Path) -> str:
    """Return the words to append where there is no file or folder at a path, naming the one beside it whose name is
    most like; empty if none is like it."""
    name = Path(path).name
    try:
        there = os.listdir(Path(path).parent)
    except OSError:
        return ""
    return did_you_mean(name, [other for other in there if other != name])  # which may be a link that leads nowhere


def closest(word: str, choices: Iterable[str]) -> str:
    """Return the choice most like a misspelt word, in upper or lower case; an empty string if none is like it."""
    from difflib import get_close_matches  # only for those who misspell: it takes time to load

    choices = list(choices)
    close = get_close_matches(word.casefold(), map(str.casefold, choices), n=1)
    alike = [choice for choice in choices if choice.casefold() in close]  # Neuron, a class, and neuron, a module
    return get_close_matches(word, alike, n=1, cutoff=0.0)[0] if alike else ""


def listed(names: Sequence[str]) -> str:
    """Return names for a message: the first twelve and, if there are more, how many; in quotes if one has a space.

    >>> listed(["red", "dark blue"]), listed([str(k) for k in range(47)])
    ("red, 'dark blue'", '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (47 in all)')
    """
    shown = [repr(name) if not name or any(c.isspace() or c == "," for c in name) else name for name in names[:SHOWN]]
    return ", ".join(shown) + f", … ({len(names)} in all)" * (len(names) > SHOWN)


def read_all(read: Callable[[Thing], Found], things: Iterable[Thing], name: Callable[[Thing], str]) -> list[Found]:
    """Return read(thing) for each of the things.

    Raises FormatError with the message of the first that cannot be read and the names of all others, so that whoever
    corrects a file sees at once how much there is to do.

    >>> def digit(text: str) -> int:
    ...     if not text.isdecimal():
    ...         raise FormatError(f"{text!r} is no digit")
    ...     return int(text)
    >>> read_all(digit, "1a2bc", repr)
    Traceback (most recent call last):
    purenn.errors.FormatError: 'a' is no digit; and 2 more that cannot be read: 'b'; 'c'
    """
    found: list[Found] = []
    refused: list[str] = []
    first: FormatError | None = None
    for thing in things:
        try:
            found.append(read(thing))
        except FormatError as error:
            first = first or error
            refused.append(name(thing))
    if first is None:
        return found
    others = refused[1:]
    more = "; ".join(others[:SHOWN]) + "; …" * (len(others) > SHOWN)
    raise FormatError(f"{first}; and {len(others)} more that cannot be read: {more}" if others else str(first))


def is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    """Return isinstance(value, kind). For arguments whose types are declared: type checkers take the answer for known,
    but a program that none has seen may pass anything."""
    return isinstance(value, kind)


def check_kind(ability: str, example: str, **values: object) -> None:
    """Require objects that have this method or attribute. Raises TypeError for a name, a number, or a class instead.

    >>> check_kind("gradient", "CrossEntropy()", loss="cross-entropy")
    Traceback (most recent call last):
    TypeError: loss is 'cross-entropy', expected an object such as CrossEntropy()
    """
    for name, value in values.items():
        if isinstance(value, type) or not hasattr(value, ability):
            raise TypeError(f"{name} is {value!r:.200}, expected an object such as {example}")


def check_function(arguments: int, example: str, **values: object) -> None:
    """Require functions that can be called with so many arguments. Raises TypeError for anything else.

    >>> check_function(1, "lambda epochs: 0.1", schedule=lambda epochs, rate: 0.9 * rate)
    Traceback (most recent call last):
    TypeError: schedule takes other arguments (missing a required argument: 'rate'), expected lambda epochs: 0.1
    """
    from inspect import signature  # only here: it takes time to load

    for name, value in values.items():
        if isinstance(value, type) or not callable(value):
            raise TypeError(f"{name} is {value!r:.200}, expected {example}")
        try:
            signature(value).bind(*[None] * arguments)
        except ValueError:  # some functions in C do not say what they take
            continue
        except TypeError as error:
            raise TypeError(f"{name} takes other arguments ({error}), expected {example}") from None


def check_optional(ability: str, example: str, **values: object) -> None:
    """Require objects as `check_kind` does, or None."""
    check_kind(ability, example, **{name: value for name, value in values.items() if value is not None})


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning at the line that has called purenn, however deep in purenn the reason was found."""
    from inspect import currentframe  # only here: it takes time to load

    package, frame, level = os.path.dirname(__file__) + os.sep, currentframe(), 1
    while frame and frame.f_code.co_filename.startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
