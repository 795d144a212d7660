"""`purenn fetch`: download a published data set."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from purenn import datasets
from purenn.cli.command import Arguments, Command, register
from purenn.cli.invocation import command
from purenn.cli.output import print_json
from purenn.errors import did_you_mean
from purenn.progress import Bar

__all__ = ["FetchArguments", "fetch", "published"]


class FetchArguments(Arguments):
    """Arguments of `purenn fetch`."""

    dataset: str
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        names = ", ".join(datasets.published())
        parser.add_argument("dataset", type=published, metavar="NAME", help=f"one of {names}")
        data = "put it in the folder DIR/NAME; default: in the user's cache folder"
        parser.add_argument("--data", type=Path, metavar="DIR", help=data)


def published(name: str) -> str:
    """Return the name of a data set that is published. Raises ArgumentTypeError for another, which says what it is."""
    names = datasets.published()
    if name in datasets.DATASETS and name not in names:
        there = command("train", name)
        raise ArgumentTypeError(f"{name} comes with purenn, so there is nothing to download; to use it: {there}")
    if name not in names:
        raise ArgumentTypeError(f"{name!r} is none of {', '.join(names)}{did_you_mean(name, names)}")
    return name


def fetch(arguments: FetchArguments) -> int:
    """Download the files, or check those that are there already, and print their paths."""
    bar, begun = Bar(), set[str]()

    def progress(file: str, done: int, total: int) -> None:
        if file not in begun:  # the time left is that of this file
            begun.add(file)
            bar.start()
        bar.show(file, done, total)

    print(f"{arguments.dataset}: {datasets.published()[arguments.dataset].license}", file=sys.stderr)
    try:
        paths = datasets.fetch(arguments.dataset, arguments.data, progress=progress)
    finally:
        bar.clear()
    if not begun:
        print("nothing to download: all files are there already, and whole", file=sys.stderr)
    for path in paths:
        if arguments.json:
            print_json("file", {"path": str(path)})
        else:
            print(path)
    folder = ["--data", arguments.data] if arguments.data else []
    print(f"try   {command('train', arguments.dataset, *folder)}", file=sys.stderr)
    return 0


register(Command("fetch", "download a data set", FetchArguments, fetch, examples=["fetch mnist"]))
