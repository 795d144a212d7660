"""`purenn check`: compare every derivative in the library with one measured by a small step to either side."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from purenn import gradcheck
from purenn.charts import table
from purenn.cli.arguments import integer
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json
from purenn.gradcheck import Check
from purenn.progress import Bar

__all__ = ["CheckArguments", "check"]


class CheckArguments(Arguments):
    """Arguments of `purenn check`."""

    seed: int

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        seed = "draws the random numbers to check at; default: 0"
        parser.add_argument("--seed", type=integer, default=0, metavar="N", help=seed)


def check(arguments: CheckArguments) -> int:
    """Print all comparisons, name those that failed on stderr, and return 1 if there are any."""
    checks = _checks(arguments.seed)
    failed = [c for c in checks if not c.passed]
    if arguments.json:
        for c in checks:
            _print_line(c)
    else:
        _print_table(checks)
        derivatives, worst = sum(c.compared for c in checks), max(c.worst.relative_error for c in checks)
        print(f"\n{derivatives} derivatives, worst relative error {worst:.1e}, {len(failed)} wrong")
    for c in failed:
        print(c, file=sys.stderr)
    return 1 if failed else 0


def _checks(seed: int) -> list[Check]:
    """Make all checks, and show the last in the terminal from the first second on."""
    bar, checks = Bar(after=1.0), list[Check]()
    try:
        for c in gradcheck.standard_checks(seed):
            checks.append(c)
            bar.note(f"checked {c.subject}")
    finally:
        bar.clear()
    return checks


def _print_line(check: Check) -> None:
    """Print a check as a JSON line."""
    worst = check.worst
    fields: dict[str, object] = {
        "subject": check.subject,
        "compared": check.compared,
        "worst_relative_error": worst.relative_error,
        "analytic": worst.analytic,
        "numeric": worst.numeric,
        "at": worst.place,
        "kinks": [slope.place for slope in check.kinks],
        "passed": check.passed,
    }
    print_json("check", fields)


def _print_table(checks: Sequence[Check]) -> None:
    """Print a row for each check, with its worst derivative."""
    rows = [["subject", "compared", "worst relative error", "at", "by the code", "measured", "", ""]]
    for c in checks:
        w, note = c.worst, f"({len(c.kinks)} near a kink, not judged)" if c.kinks else ""
        slopes = [w.place, f"{w.analytic:.6g}", f"{w.numeric:.6g}"]
        rows.append([c.subject, str(c.compared), f"{w.relative_error:.1e}", *slopes, c.verdict, note])
    print(table(rows))


register(
    Command(
        "check",
        "compare every derivative in the library with a measured one",
        CheckArguments,
        check,
        examples=["check", "check --seed 7"],
    )
)
