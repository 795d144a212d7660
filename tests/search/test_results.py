"""The file of a search: what is in it survives, what was cut off is dropped, and nothing of others is mixed in."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats import Json
from purenn.search import ResultsFile, Trial

SETTINGS: dict[str, Json] = {"search": "grid", "seed": 0}
TRIALS = [Trial(n, {"rate": n / 10.0}, None, 0.5, 1.0, 1, 0.5) for n in (1, 2, 3)]


def written(path: Path, count: int) -> None:
    """Write a file with so many trials."""
    with ResultsFile(path, SETTINGS) as file:
        for trial in TRIALS[:count]:
            file.add(trial)


def trials_in(path: Path) -> list[Trial]:
    """The trials in a file."""
    with ResultsFile(path, SETTINGS) as file:
        return [*file.done.values()]


def test_a_trial_is_on_disk_as_soon_as_it_is_added(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with ResultsFile(path, SETTINGS) as file:
        file.add(TRIALS[0])
        assert path.read_text(encoding="utf-8").splitlines()[1] == TRIALS[0].to_json()


def test_a_search_goes_on_with_what_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    written(path, 2)
    with ResultsFile(path, SETTINGS) as file:
        assert [*file.done.values()] == TRIALS[:2]
        file.add(TRIALS[2])
    assert trials_in(path) == TRIALS


def test_wherever_a_file_was_cut_off_it_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    written(path, 2)
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = max(whole[:length].count(b"\n") - 1, 0)
        with ResultsFile(path, SETTINGS) as file:
            assert [*file.done.values()] == TRIALS[:kept]
            file.add(TRIALS[2])
        assert trials_in(path) == [*TRIALS[:kept], TRIALS[2]]


def test_the_results_of_another_search_are_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    written(path, 2)
    before = path.read_bytes()
    other = ResultsFile(path, {**SETTINGS, "seed": 1, "samples": "10"})
    with pytest.raises(ValueError, match=r"another sweep: seed 0, now 1; samples null, now \"10\": name another file"):
        other.__enter__()
    assert path.read_bytes() == before


OTHERS = [
    b"rate,loss\n1,2\n",
    b"\x00\x00\n",
    b"{}\n",
    b'{"event": "epoch"}\n',
    b"{\xff}\n",
    b'{"no": "end of line"}',
]


@pytest.mark.parametrize("content", OTHERS)
def test_a_file_of_something_else_is_refused_and_not_changed(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"r\.jsonl"):
        trials_in(path)
    assert path.read_bytes() == content


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    written(path, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", lines[2]]))
    with pytest.raises(FormatError, match=r"r\.jsonl: line 2 is not one of a sweep: expected a trial, got '\{\}'"):
        trials_in(path)


@pytest.mark.skipif(sys.platform == "emscripten", reason="in a browser, locks lock nothing")
def test_two_searches_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with ResultsFile(path, SETTINGS), pytest.raises(BlockingIOError):
        trials_in(path)


def test_a_search_without_a_file_keeps_its_trials(tmp_path: Path) -> None:
    with ResultsFile(None, SETTINGS) as file:
        file.add(TRIALS[0])
        assert [*file.done.values()] == TRIALS[:1]


def test_a_trial_with_other_options_than_those_chosen_is_refused(tmp_path: Path) -> None:
    with ResultsFile(tmp_path / "r.jsonl", SETTINGS) as file:
        file.add(TRIALS[0])
        file.check({TRIALS[0].number: TRIALS[0].options, 99: {}}, TRIALS[0].epochs)
        with pytest.raises(FormatError, match=r"trial 1 has the options .*, expected .*: the file has been changed"):
            file.check({TRIALS[0].number: {"other": 1}}, TRIALS[0].epochs)


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as caught, ResultsFile(tmp_path / "r.jsonl", SETTINGS):
        pass
    assert caught.value.filename == str(tmp_path / "r.jsonl")
