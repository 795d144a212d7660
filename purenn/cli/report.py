"""`purenn report`: tell all about a saved network in one HTML file, which opens from disk in every browser."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path

from purenn.charts import Section, listing, page
from purenn.cli.arguments import DATA_HELP
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json, print_note
from purenn.cli.report_classes import ClassesReport
from purenn.cli.report_quantities import QuantitiesReport
from purenn.cli.report_subject import Subject, subject_of
from purenn.cli.report_training import (
    about_course,
    about_findings,
    about_network,
    about_repeating,
    about_weights,
    in_a_sentence,
)
from purenn.cli.saved import free_path, refuse_existing
from purenn.cli.terminal import wrapped
from purenn.formats import atomic_write, check_writable

__all__ = ["ReportArguments", "report"]


class ReportArguments(Arguments):
    """Arguments of `purenn report`."""

    model: Path
    dataset: str | None
    out: Path | None
    force: bool
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL", help="a file written by `purenn train`")
        dataset = "a data set, CSV file or folder of pictures to test on; default: what the network was trained on"
        parser.add_argument("dataset", nargs="?", metavar="DATA", help=dataset)
        out = "where the report goes; default: MODEL.html beside the network or, if that is there, MODEL-2.html"
        parser.add_argument("--out", type=Path, metavar="FILE", help=out)
        parser.add_argument("--force", action="store_true", help="write over a report that is there already")
        parser.add_argument("--data", type=Path, metavar="DIR", help=DATA_HELP)


def report(arguments: ReportArguments) -> int:
    """Write the report, and print where it is."""
    if arguments.out:
        _check(arguments.out, force=arguments.force)
    subject = subject_of(arguments.model, arguments.dataset, arguments.data)
    out = arguments.out or free_path(arguments.model.with_name(f"{arguments.model.stem}.html"), force=arguments.force)
    reason = f"the report has nothing about its answers: {subject.reason}" if subject.reason else ""
    print_note(reason or (subject.tested.note if subject.tested else ""), as_json=arguments.json)
    text = _page(subject).encode()
    with atomic_write(out) as file:
        file.write(text)
    if arguments.json:
        print_json("report", {"file": str(out), "bytes": len(text)})
    else:
        print(wrapped(f"{out}: {len(text) / 1000.0:,.0f} kB, for any browser", sys.stdout))
    return 0


def _check(out: Path, *, force: bool) -> None:
    """Raise an error now, and not after all has been computed, if the report cannot go to this file."""
    if out.suffix.casefold() not in (".html", ".htm"):
        raise ValueError(f"{out}: reports are written as HTML, which browsers show: call the file '{out.stem}.html'")
    if not force:
        refuse_existing("--out", out)
    check_writable(out)


def _page(subject: Subject) -> str:
    """Return the whole report as HTML."""
    name, answers = subject.saved.path.name, _answers(subject)
    sections = [
        *([answers.result()] if answers else []),
        about_network(subject),
        about_course(subject),
        *(answers.closely() if answers else []),
        about_weights(subject),
        about_findings(subject),
        about_repeating(subject),
        Section("limits", "What was measured, and what was not", [listing(_limits(subject, answers))]),
    ]
    return page(
        f"{name}: {answers.headline}" if answers else name,
        name,
        [section for section in sections if section],
        kicker="Report on a neural network",
        lede=in_a_sentence(subject),
        foot=f"SHA-256 of {name}: {sha256(subject.saved.path.read_bytes()).hexdigest()}",
    )


def _answers(subject: Subject) -> ClassesReport | QuantitiesReport | None:
    """Return the part of the report that suits the answers of the network; None if there are none."""
    if not subject.tested or not subject.found:
        return None
    kind = ClassesReport if subject.found.classes else QuantitiesReport
    return kind(subject, subject.tested, subject.found)


def _limits(subject: Subject, answers: ClassesReport | QuantitiesReport | None) -> list[str]:
    """Return which samples were measured, and what the figures do not say."""
    tested = subject.tested
    if not tested or not answers:
        return [f"The answers of the network were not measured, for want of samples: {subject.reason}."]
    told = [f"Measured was {tested.what}; the network was neither trained on them, nor chosen by them."]
    if tested.seen:
        told = [f"Measured was {tested.what}, on which the network was trained: how it answers others is not known."]
    elif subject.named is not None:
        told = [f"Measured was {tested.what}, named for this report: it is not known whether it was trained on some."]
    told += [f"{tested.note[:1].upper()}{tested.note[1:]}."] if tested.note else []
    told.append("Samples of another origin, made by other people or with other instruments, may be answered worse.")
    if subject.record.details.get("engine") == "lanes":
        told.append("The training computed with rounded numbers; the figures here are computed without rounding.")
    return [*told, *answers.limits()]


register(
    Command(
        "report",
        "tell all about a saved network in one HTML file",
        ReportArguments,
        report,
        examples=["report strokes.safetensors", "report moons.safetensors --out moons.html"],
    )
)
