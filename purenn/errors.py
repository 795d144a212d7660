"""The errors purenn raises on purpose.

Each also is the built-in error it stands for, so that `except ValueError` keeps working. An option of the wrong value
is a plain ValueError: it needs no name of its own.
"""

from __future__ import annotations

__all__ = ["DownloadError", "FormatError", "PurennError", "ShapeError", "TrainingError"]


class PurennError(Exception):
    """What every error below is, so that one `except` catches them all."""


class ShapeError(PurennError, ValueError):
    """Two shapes that do not fit; the message names both."""


class FormatError(PurennError, ValueError):
    """A file that is not what it should be; the message says which file, where in it, what was found and expected."""


class DownloadError(PurennError, OSError):
    """A file that no mirror could deliver whole; the message lists what each of them answered."""


class TrainingError(PurennError, ArithmeticError):
    """Training that cannot go on: a loss or a weight is no longer a finite number. The message says what to try."""
