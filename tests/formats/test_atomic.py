"""Files that are written whole or not at all, and folders in which none can be."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from purenn.formats.atomic import atomic_write, check_writable


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
        raise AssertionError("there is nothing to write to")


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


# A look at the folder before the work begins.


def test_a_folder_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"old")
    before = (tmp_path / "model").stat().st_mtime_ns
    check_writable(tmp_path / "model")
    check_writable(tmp_path / "new")
    assert os.listdir(tmp_path) == ["model"]
    assert ((tmp_path / "model").read_bytes(), (tmp_path / "model").stat().st_mtime_ns) == (b"old", before)


def test_a_missing_folder_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write here: .*model"):
        check_writable(tmp_path / "none" / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder, expected a file"):
        check_writable(tmp_path / "model")


def test_an_error_of_the_disk_keeps_its_kind_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", deny)
    with pytest.raises(PermissionError, match=r"cannot write here: Permission denied: .*model'") as caught:
        check_writable(tmp_path / "model")
    assert caught.value.filename == str(tmp_path / "model")
