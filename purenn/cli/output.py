"""Results on stdout, JSON lines for programs and lines of text for people; errors on stderr, for programs on both."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress

from purenn.cli.terminal import wrapped

__all__ = ["amount", "print_error", "print_json", "print_note", "print_result"]


def amount(value: float, digits: int = 4, unit: str = "") -> str:
    """Return a quantity with so many digits, in full where %g would write 1.893e+04, and its unit if it has one.

    There is no comma between thousands: where commas are decimal, 18,930 is less than 19.

    >>> amount(18930.4), amount(9.9583, unit="€"), amount(1337651.2, 6), amount(1.5e300)
    ('18930', '9.958 €', '1337651', '1.5e+300')
    """
    number = f"{value:.0f}" if 10**digits <= abs(value) < 1e15 else f"{value:.{digits}g}"
    return f"{number} {unit}" if unit else number


def print_json(event: str, fields: Mapping[str, object]) -> None:
    """Print a JSON object in one line; `event` says what kind of object it is.

    JSON has no infinity and no NaN: a number that is not finite becomes null, wherever it stands.
    """
    record = {"event": event, **fields}
    try:
        line = json.dumps(record, allow_nan=False)
    except ValueError:
        line = json.dumps(json.loads(json.dumps(record), parse_constant=_null))
    print(line, flush=True)


def _null(constant: str) -> None:
    """Replace the constant NaN, Infinity or -Infinity."""


def print_error(where: str, message: str, status: int, *, as_json: bool) -> None:
    """Print why a command failed in a line on stderr and, for programs, as a JSON line with the exit status too."""
    print(wrapped(f"{where}: {message}"), file=sys.stderr)
    if as_json:
        with suppress(OSError):  # the failure may be that of stdout
            print_json("error", {"message": message, "status": status})


def print_note(text: str, *, as_json: bool, event: str = "warning") -> None:
    """Print a sentence on stderr, if there is one, and for programs in a JSON line too."""
    if text:
        print(wrapped(text), file=sys.stderr)
        if as_json:
            print_json(event, {"message": text})


def print_result(
    event: str, fields: Mapping[str, object], units: Mapping[str, str] | None = None, *, as_json: bool
) -> None:
    """Print the fields as a JSON line or, for people, one in a line, with the units that some of them have."""
    if as_json:
        print_json(event, fields)
        return
    for name, value in fields.items():
        text = value if not isinstance(value, float) else amount(value) if abs(value) >= 1e4 else f"{value:.4f}"
        unit = (units or {}).get(name, "")
        print(wrapped(f"{name.replace('_', ' ')}: {text}{f' {unit}' if unit else ''}", sys.stdout))
