"""The chapters of the book in docs/: run as a reader runs them, from the top, in an empty folder, nothing installed.

    python -m tests.book        draws the pictures of all chapters again, into docs/pictures/ (make drawings)
    python -m tests.book 02 05  those of some

A chapter is a Markdown file. Its programs are the blocks fenced as `python`; all share their names, as if they were
typed one after the other. What a program prints stands below it, in a block fenced as `text`. Pictures that programs
write are shown from docs/pictures/, in a folder with the number of the chapter.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CHAPTERS = sorted(DOCS.glob("[0-9][0-9]-*.md"))

# Reads programs as JSON, runs them one after the other, and prints what each has printed, as JSON.
RUNNER = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
names, outputs = {"__name__": "__main__"}, []
for number, program in enumerate(json.loads(sys.stdin.read()), start=1):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, f"program {number} of {sys.argv[2]}", "exec"), names)
    outputs.append(printed.getvalue())
print(json.dumps(outputs))
"""


class Block(NamedTuple):
    """A program and what is shown below it, empty if nothing is."""

    program: str
    shown: str


def blocks(text: str) -> list[Block]:
    """Return the programs of a chapter, with what they print."""
    found = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", text, re.DOTALL | re.MULTILINE)
    return [Block(program, shown) for program, shown in found]


def run(programs: list[str], name: str, folder: Path) -> list[str]:
    """Run programs in a folder, in a Python without installed packages, and return what each prints."""
    command = [sys.executable, "-I", "-S", "-c", RUNNER, str(ROOT), name]
    done = subprocess.run(command, input=json.dumps(programs), capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    outputs = json.loads(done.stdout)
    return [str(output) for output in outputs]


def pictures(text: str, number: str) -> list[str]:
    """Return the names of the pictures that a chapter shows from its own folder."""
    return re.findall(rf"!\[[^\]]+\]\(pictures/{number}/([^)]+)\)", text)


def draw(chapter: Path) -> None:
    """Run a chapter and keep the pictures that it shows."""
    text, number = chapter.read_text(encoding="utf-8"), chapter.name[:2]
    with tempfile.TemporaryDirectory() as folder:
        run([block.program for block in blocks(text)], chapter.name, Path(folder))
        target = DOCS / "pictures" / number
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in pictures(text, number):
            shutil.copy(Path(folder, name), target / name)


if __name__ == "__main__":
    for path in CHAPTERS:
        if path.name[:2] in (sys.argv[1:] or [path.name[:2]]):
            draw(path)
            print(path.name)
