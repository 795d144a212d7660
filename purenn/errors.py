"""The errors purenn raises on purpose, and the checks of arguments that raise the most common one.

Each error also is the built-in error it stands for, so that `except ValueError` keeps working. An option out of its
range is a plain ValueError that shows the bad value.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

__all__ = [
    "DownloadError",
    "FormatError",
    "PurennError",
    "ShapeError",
    "TrainingError",
    "check_at_least",
    "check_choice",
    "check_finite",
    "check_fraction",
    "check_kind",
    "check_not_negative",
    "check_positive",
    "check_probability",
]


class PurennError(Exception):
    """The base of all errors below, so that one `except` catches them all."""


class ShapeError(PurennError, ValueError):
    """Two shapes do not fit; the message names both."""


class FormatError(PurennError, ValueError):
    """A file is not what it should be; the message says which file, where in it, what was found and expected."""


class DownloadError(PurennError, OSError):
    """No mirror delivered a file whole; the message lists what each of them answered."""


class TrainingError(PurennError, ArithmeticError):
    """Training cannot go on: a loss or a weight is no longer a finite number. The message says what to try."""


# Checks of arguments. Each takes any number of them by name, as in check_positive(learning_rate=learning_rate), and
# raises ValueError for the first that is out of range. NaN is out of every range.


def check_finite(**values: float) -> None:
    """Require finite numbers."""
    for name, value in values.items():
        if not -inf < value < inf:
            raise ValueError(f"{name} must be a finite number, got {value}")


def check_positive(**values: float) -> None:
    """Require finite numbers above 0.

    >>> check_positive(learning_rate=0.1, epochs=0)
    Traceback (most recent call last):
    ValueError: epochs must be a finite number above 0, got 0
    """
    for name, value in values.items():
        if not 0.0 < value < inf:
            raise ValueError(f"{name} must be a finite number above 0, got {value}")


def check_not_negative(**values: float) -> None:
    """Require finite numbers of at least 0."""
    for name, value in values.items():
        if not 0.0 <= value < inf:
            raise ValueError(f"{name} must be a finite number of at least 0, got {value}")


def check_fraction(**values: float) -> None:
    """Require numbers from 0 up to but not including 1, as a momentum or a dropout probability is."""
    for name, value in values.items():
        if not 0.0 <= value < 1.0:
            raise ValueError(f"{name} must be in [0, 1), got {value}")


def check_probability(**values: float) -> None:
    """Require numbers from 0 to 1."""
    for name, value in values.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def check_at_least(least: float, **values: float) -> None:
    """Require numbers of at least `least`."""
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def check_choice(choices: Iterable[str], **values: str) -> None:
    """Require one of these words."""
    allowed = list(choices)
    for name, value in values.items():
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def check_kind(ability: str, example: str, **values: object) -> None:
    """Require objects with this method, or None. Raises TypeError for a name, a number, or a class in its place.

    >>> check_kind("gradient", "CrossEntropy()", loss="cross-entropy")
    Traceback (most recent call last):
    TypeError: loss is 'cross-entropy', expected an object such as CrossEntropy()
    """
    for name, value in values.items():
        if value is not None and (isinstance(value, type) or not hasattr(value, ability)):
            raise TypeError(f"{name} is {value!r}, expected an object such as {example}")
