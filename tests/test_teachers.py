"""The lessons in docs/teachers.md: every command and program in them runs with the one-file edition alone."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from purenn.cli.main import parse_arguments
from purenn.formats import JsonObject, parse_json
from purenn.playground.settings import Settings
from tests.book import DOCS, blocks
from tests.test_book import PLAYGROUND, assert_alike
from tests.test_school import school

TEXT = (DOCS / "teachers.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
LESSONS = SECTIONS[1:]
LINES = blocks(SECTIONS[0])[0].program  # with which each program begins

lessons = pytest.mark.parametrize("lesson", LESSONS, ids=range(1, len(LESSONS) + 1))


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that is handed out."""
    return school(tmp_path_factory.mktemp("edition"))


def commands(section: str) -> list[list[str]]:
    """The words of each command in a section, after `python`."""
    found = re.findall(r"^\$ python (.*)$", section, re.MULTILINE)
    assert len(found) == section.count("\n$ ")
    return [shlex.split(command) for command in found]


def shortened(words: list[str]) -> list[str]:
    """A small training on few of the built-in pictures, as it would take its time with all; all else as it is."""
    return [*words, "--limit", "300", "--hidden", "8"] if words == ["purenn.pyz", "train", "--epochs", "3"] else words


def run(words: list[str], folder: Path) -> str:
    """Run Python in a folder, with nothing installed, and return what it prints; errors are those of the test."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", *words], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("section", SECTIONS, ids=range(len(SECTIONS)))
def test_the_commands_and_programs_of_a_lesson_run_with_the_file_alone(
    section: str, edition: Path, tmp_path: Path
) -> None:
    shutil.copy(edition, tmp_path)
    for name, table in re.findall(r"`(\w+\.csv)`\.\n\n```csv\n(.*?)```", section, re.DOTALL):
        (tmp_path / name).write_text(table, encoding="utf-8")
    for words in commands(section):
        if words[:2] == ["purenn.pyz", "playground"]:  # a server, which its own tests start
            parse_arguments(words[1:])
        else:
            run(shortened(words), tmp_path)
    for block in blocks(section):
        (tmp_path / "program.py").write_text(f"{LINES}\n{block.program}", encoding="utf-8")
        assert_alike(run(["program.py"], tmp_path), block.shown)
    for name in re.findall(r"Open `(\S+)`|page, `(\S+)`", section):
        assert (tmp_path / "".join(name)).exists()


@lessons
def test_a_lesson_has_all_that_is_needed_and_takes_45_minutes(lesson: str) -> None:
    for part in ("**Goal**", "**Run**", "**Ask**", "**What goes wrong**", "**Homework**"):
        assert lesson.count(part) == 1, part
    assert sum(map(int, re.findall(r"^\| (\d+) \|", lesson, re.MULTILINE))) == 45
    assert blocks(lesson) or commands(lesson)


def test_there_are_eight_lessons() -> None:
    assert [lesson.partition(":")[0] for lesson in LESSONS] == [f"Lesson {number}" for number in range(1, 9)]


def test_links_to_the_playground_have_settings_that_it_understands() -> None:
    links = PLAYGROUND.findall(TEXT)
    assert len(links) == 5
    for link in links:
        fields = parse_json(unquote(link))
        assert isinstance(fields, JsonObject)
        assert Settings().changed(fields) != Settings()


def test_the_book_is_in_the_file_with_its_pictures(edition: Path, tmp_path: Path) -> None:
    run(["-m", "zipfile", "-e", str(edition), "book"], tmp_path)
    unpacked, kept = (
        {path.relative_to(folder) for path in folder.rglob("*.*") if path.suffix in (".md", ".svg", ".py")}
        for folder in (tmp_path / "book" / "docs", DOCS)
    )
    makers = {path for path in kept if path == Path("pictures", "take.py") or path.parts[0] == "site"}
    assert unpacked == kept - makers  # all but what the pictures and the site are made with
