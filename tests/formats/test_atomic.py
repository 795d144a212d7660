from __future__ import annotations

import gzip
import io
import os
import random
import stat
import sys
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats.atomic import atomic_write
from purenn.formats.gunzip import Inflater, take


class Trickle:
    """A source that brings at most three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, 3))


def test_the_file_appears_whole_and_alone(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
        assert not (tmp_path / "model").exists()
    assert (tmp_path / "model").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["model"]


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    with atomic_write(str(tmp_path / "model")) as file:
        file.write(b"new")
    assert (tmp_path / "model").read_bytes() == b"new"


def test_a_bare_name_is_written_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with atomic_write("model") as file:
        file.write(b"new")
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path, error: type[BaseException]) -> None:
    def fail_halfway() -> None:
        with atomic_write(tmp_path / "model") as file:
            file.write(b"half of the n")
            raise error

    (tmp_path / "model").write_bytes(b"old")
    with pytest.raises(error):
        fail_halfway()
    assert (tmp_path / "model").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_a_failed_rename_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(OSError, match="model"), atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    assert os.listdir(tmp_path) == ["model"]


def test_bytes_are_on_the_disk_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append(f"fsync of {os.fstat(descriptor).st_size} bytes")
        fsync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        steps.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    assert steps == ["fsync of 3 bytes", "replace"]


def test_a_missing_folder_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="model"), atomic_write(tmp_path / "none" / "model"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with atomic_write(tmp_path / "model"):
        pass
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "model")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "model").read_bytes() == b"new"


def test_take_joins_what_a_pipe_brings_in_parts() -> None:
    assert take(Trickle(b"abcdefgh"), 7) == b"abcdefg"
    assert take(Trickle(b"abc"), 7) == b"abc"
    assert take(Trickle(b"abc"), 0) == b""


def test_an_inflater_never_inflates_more_than_it_is_asked_for() -> None:
    inflater = Inflater(io.BytesIO(gzip.compress(bytes(1_000_000))), b"", "bomb")
    assert inflater.read(1) == b"\0"
    assert 0 < len(inflater.read(1000)) <= 1000


def test_an_inflater_brings_everything_and_then_nothing() -> None:
    data = random.Random(1).getrandbits(8 * 300_000).to_bytes(300_000, "big")  # does not pack: many blocks of gzip
    inflater = Inflater(Trickle(gzip.compress(data[:200_000]) + gzip.compress(data[200_000:])), b"", "data")
    assert take(inflater, len(data) + 1) == data
    assert inflater.read(1) == b""
    assert inflater.read(1) == b""


@pytest.mark.parametrize("head", [0, 2, 11])
def test_an_inflater_goes_on_behind_what_was_read_of_the_file(head: int) -> None:
    packed = gzip.compress(b"data")
    assert take(Inflater(io.BytesIO(packed[head:]), packed[:head], "data"), 9) == b"data"


def test_an_inflater_names_what_is_wrong() -> None:
    packed = gzip.compress(b"data")
    with pytest.raises(FormatError, match=r"^a: gzip stream cut short: .* after 4 inflated bytes"):
        take(Inflater(io.BytesIO(packed[:-1]), b"", "a"), 9)
    with pytest.raises(FormatError, match=f"^a: garbage after the gzip stream, at offset {len(packed)}: 21 21"):
        take(Inflater(io.BytesIO(packed + b"!!"), b"", "a"), 9)
    with pytest.raises(FormatError, match=r"^a: corrupt gzip data between offsets 0 and"):
        take(Inflater(io.BytesIO(packed[:10] + b"\xff" + packed[11:]), b"", "a"), 9)
