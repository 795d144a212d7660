"""The files of the page: a table of names, read once."""

from __future__ import annotations

from pathlib import Path

from purenn.playground.pages import TYPES, pages
from tests.conftest import ROOT


def test_files_are_known_by_their_names_and_types(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("let x;", encoding="utf-8")
    (tmp_path / "style.css").write_bytes(b"a {}")
    found = pages(tmp_path)
    assert {name: page.type for name, page in found.items()} == {
        "main.js": "text/javascript; charset=utf-8",
        "style.css": "text/css; charset=utf-8",
    }
    assert found["main.js"].content == b"let x;"


def test_folders_and_other_files_are_no_pages(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("secret.key", ".hidden", "notes", "page.html.bak"):
        (tmp_path / name).touch()
    assert pages(tmp_path) == {}


def test_what_is_changed_later_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("1", encoding="utf-8")
    found = pages(tmp_path)
    (tmp_path / "main.js").write_text("2", encoding="utf-8")
    assert found["main.js"].content == b"1"


def test_the_page_of_purenn_is_found_with_all_its_files() -> None:
    there = {path.name: path.read_bytes() for path in (ROOT / "purenn" / "playground" / "static").iterdir()}
    assert {name: page.content for name, page in pages().items()} == there
    assert {Path(name).suffix for name in there} <= {*TYPES}
