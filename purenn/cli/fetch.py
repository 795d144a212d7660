"""`purenn fetch`: download a published data set."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from purenn import datasets
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json
from purenn.cli.terminal import Bar

__all__ = ["FetchArguments", "fetch"]


class FetchArguments(Arguments):
    """Arguments of `purenn fetch`."""

    dataset: str
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        names = list(datasets.published())
        parser.add_argument("dataset", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
        data = "put it in the folder DIR/NAME; default: in the user's cache folder"
        parser.add_argument("--data", type=Path, metavar="DIR", help=data)


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
    for path in paths:
        if arguments.json:
            print_json("file", {"path": str(path)})
        else:
            print(path)
    return 0


register(Command("fetch", "download a data set", FetchArguments, fetch, examples=["fetch mnist"]))
