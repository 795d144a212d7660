"""The book in docs/: every chapter runs from the top, prints what it shows, draws its pictures, and keeps its form."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from purenn.formats import JsonObject, parse_json
from purenn.playground.settings import Settings
from tests.book import CHAPTERS, DOCS, ROOT, blocks, pictures, run

NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
VARIES = "# measured on your machine"  # the mark of a program that prints times
PLAYGROUND = re.compile(r"\]\(\.\./index\.html#([^)]+)\)")

chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def assert_alike(printed: str, shown: str) -> None:
    """The words are the same, and numbers are as near as those of two Python versions can be expected to be.

    Of three digits or fewer, 2 % may be wrong; of four, 0.2 %; of more, 0.02 %: two in the fourth digit. A last digit
    may be wrong by 2.
    """
    assert re.sub(NUMBER, "0", printed).split() == re.sub(NUMBER, "0", shown).split(), printed
    for real, said in zip(re.findall(NUMBER, printed), re.findall(NUMBER, shown)):
        mantissa, _, exponent = said.lstrip("+-").partition("e")
        last = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))  # the last digit that is shown
        digits = len(mantissa.replace(",", "").replace(".", "").lstrip("0"))
        rel = 0.02 if digits < 4 else 0.002 if digits == 4 else 0.0002
        a, b = float(real.replace(",", "")), float(said.replace(",", ""))
        assert a == pytest.approx(b, rel=rel, abs=2.0 * last if last < 1.0 else 0.0), f"{real} for {said}:\n{printed}"


def words_in(svg: Path) -> list[str]:
    """The letters in a drawing, without its numbers."""
    texts = re.findall(r"<text.*?>(.*?)</text>", svg.read_text(encoding="utf-8"))
    return [text for text in texts if not re.fullmatch(rf"(?:{NUMBER}|[−\d.]+)", text)]


@chapters
def test_a_chapter_runs_and_prints_and_draws_what_it_shows(chapter: Path, tmp_path: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    found = blocks(text)
    outputs = run([block.program for block in found], chapter.name, tmp_path)
    for block, printed in zip(found, outputs):
        if VARIES in block.program:
            assert re.sub(NUMBER, "0", printed).split() == re.sub(NUMBER, "0", block.shown).split()
        else:
            assert_alike(printed, block.shown)
    number = chapter.name[:2]
    shown = pictures(text, number)
    assert shown
    for name in shown:
        assert words_in(tmp_path / name) == words_in(DOCS / "pictures" / number / name), (
            "to draw them again: make drawings"
        )


FIGURES = [  # shown, printed by another Python, printed by another program
    ("0.2349179", "0.2349300", "0.2349749"),
    ("0.0006107", "0.0006110", "0.0006079"),
    ("8,105,054", "8,106,000", "8,107,000"),
    ("0.24", "0.25", "0.27"),
    ("7.40e-05", "7.45e-05", "7.60e-05"),
]


@pytest.mark.parametrize(("shown", "near", "wrong"), FIGURES)
def test_a_figure_must_be_right_in_more_digits_if_it_shows_more(shown: str, near: str, wrong: str) -> None:
    assert_alike(near, shown)
    with pytest.raises(AssertionError):
        assert_alike(wrong, shown)


@chapters
def test_a_chapter_has_the_form_of_all(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert 120 <= len(lines) <= 300
    written = re.sub(r"^```text\n.*?^```\n", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    assert max(len(line) for line in written if not PLAYGROUND.search(line)) <= 120
    assert re.fullmatch(rf"# {int(chapter.name[:2])}\. .+", lines[0])
    assert lines[2].startswith("*After this chapter you can ")
    *_, exercises, _ = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert exercises.startswith("Exercises\n")
    assert re.findall(r"^(\d)\. ", exercises, re.MULTILINE) == ["1", "2", "3"]
    assert text.count("```text") == len([block for block in blocks(text) if block.shown]), "text without a program"


@chapters
def test_the_answers_to_the_exercises_run(chapter: Path, tmp_path: Path) -> None:
    for exercise in "123":
        answer = DOCS / "answers" / f"{chapter.name[:2]}-{exercise}.py"
        assert f"(answers/{answer.name})" in chapter.read_text(encoding="utf-8")
        (printed,) = run([answer.read_text(encoding="utf-8")], answer.name, tmp_path)
        assert printed, f"{answer.name} prints nothing"


@chapters
def test_the_playground_opens_with_settings_that_it_understands(chapter: Path) -> None:
    links = PLAYGROUND.findall(chapter.read_text(encoding="utf-8"))
    assert links
    for link in links:
        fields = parse_json(unquote(link))
        assert isinstance(fields, JsonObject)
        assert Settings().changed(fields) != Settings()


def test_no_file_is_left_over() -> None:
    numbers = {chapter.name[:2] for chapter in CHAPTERS}
    assert {path.name[:2] for path in (DOCS / "answers").iterdir()} == numbers
    for folder in (ROOT / "docs" / "pictures").glob("[0-9][0-9]"):
        (chapter,) = DOCS.glob(f"{folder.name}-*.md")
        assert {path.name for path in folder.iterdir()} == set(
            pictures(chapter.read_text(encoding="utf-8"), folder.name)
        )
