"""Errors and warnings that scikit-learn has under the same names.

Where a program has imported scikit-learn, ours are scikit-learn's too: what it does about those of scikit-learn, as in
`warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)`, it then does about ours.
"""

from __future__ import annotations

import sys
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
    def reduced(self: Exception) -> object:
        return ours, self.args  # pickled, it is ours: another process finds that in this module

    return type(ours.__name__, (ours, theirs), {"__reduce__": reduced})
