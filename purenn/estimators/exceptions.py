"""Errors and warnings that scikit-learn has under the same names.

If scikit-learn is loaded when purenn raises or issues one, it is of a class that is derived from both, purenn's and
scikit-learn's: `except sklearn.exceptions.NotFittedError` catches it, and so does `except NotFittedError` with the name
from purenn, whichever of the two was imported first. purenn never imports scikit-learn: it looks into `sys.modules`.
One that was raised before scikit-learn was loaded stays purenn's alone; one of scikit-learn's own, from another step of
a pipeline for example, is scikit-learn's alone.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable
from functools import cache
from typing import TypeVar

__all__ = ["ConvergenceWarning", "DataConversionWarning", "NotFittedError", "official"]

Kind = TypeVar("Kind", bound=Exception)


class NotFittedError(ValueError, AttributeError):
    """An estimator is used before `fit`. It is both errors at once because scikit-learn's is."""


class ConvergenceWarning(UserWarning):
    """Training ended while it still made progress."""


class DataConversionWarning(UserWarning):
    """Targets are a table of one column, where a plain column is expected."""


def official(kind: type[Kind]) -> type[Kind]:
    """Return one of these classes or, if scikit-learn has been imported, a class that is scikit-learn's as well."""
    ours: type = kind
    theirs: object = getattr(sys.modules.get("sklearn.exceptions"), kind.__name__, None)
    both = _both(ours, theirs) if isinstance(theirs, type) else ours
    return both if issubclass(both, kind) else kind


@cache  # one class for each pair: Python shows a warning once for each place and class
def _both(ours: type, theirs: type) -> type:
    return type(ours.__name__, (ours, theirs), {"__doc__": ours.__doc__, "__reduce__": _pickled})


# Which class it is of depends on what a process has imported. So only ours is named in a pickle.


def _pickled(error: Exception) -> tuple[Callable[..., Exception], tuple[object, ...]]:
    ours = next(kind for kind in KINDS if isinstance(error, kind))
    return _unpickled, (ours, error.args)


def _unpickled(ours: type[Exception], arguments: tuple[object, ...]) -> Exception:
    return official(ours)(*arguments)


KINDS: tuple[type[Exception], ...] = (NotFittedError, ConvergenceWarning, DataConversionWarning)
for _kind in KINDS:
    copyreg.pickle(_kind, _pickled)
