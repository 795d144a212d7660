"""Files that are written whole or not at all, and folders in which none can be."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purenn.formats.atomic import atomic_write, check_writable
from tests.conftest import ROOT


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
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o444])
def test_the_file_keeps_the_permissions_that_it_had(tmp_path: Path, mode: int) -> None:
    (tmp_path / "model").write_bytes(b"old")
    (tmp_path / "model").chmod(mode)
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == mode
    assert (tmp_path / "model").read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_a_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"old")
    (tmp_path / "model").chmod(0o600)
    with atomic_write(tmp_path / "model") as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_file_keeps_the_owner_that_it_had(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"old")
    os.chown(tmp_path / "model", 1234, 5678)
    (tmp_path / "model").chmod(0o640)
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    now = (tmp_path / "model").stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (1234, 5678, 0o640)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_where_the_owner_cannot_be_kept_no_group_gets_more_rights_than_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(descriptor: int, owner: int, group: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "model").write_bytes(b"old")
    (tmp_path / "model").chmod(0o664)
    before, stat_of = (tmp_path / "model").stat(), os.stat
    other = os.stat_result((*before[:4], before.st_uid + 1, *before[5:10]))
    monkeypatch.setattr(os, "fchown", deny)
    monkeypatch.setattr(os, "stat", lambda path: other)
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    monkeypatch.setattr(os, "stat", stat_of)
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "model")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "model").read_bytes() == b"new"


# What is no file.

unlike_browsers = pytest.mark.skipif(sys.platform == "emscripten", reason="a browser has no pipes and no sockets")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def named_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices of POSIX")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(pipe, "is a pipe", marks=unlike_browsers),
        pytest.param(named_socket, "is a socket", marks=unlike_browsers),
        (device, "is a device"),
    ],
)
def test_what_is_no_file_is_refused_and_stays(tmp_path: Path, make: Callable[[Path], None], said: str) -> None:
    make(tmp_path / "model")
    before = os.stat(tmp_path / "model")
    with pytest.raises(OSError, match=f"{said}, expected a file: .*model'") as caught, atomic_write(tmp_path / "model"):
        raise AssertionError("there is nothing to write to")
    assert caught.value.filename == str(tmp_path / "model")
    with pytest.raises(OSError, match=f"{said}, expected a file"):
        check_writable(tmp_path / "model")
    assert os.path.samestat(os.stat(tmp_path / "model"), before)
    assert os.listdir(tmp_path) == ["model"]


# Writers that were killed, and full disks.

KILLED = """
import os, sys
from purenn.formats import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"half")
    os._exit(9)
"""


def test_temporary_files_of_killed_writers_are_deleted_by_the_next_and_no_other_files(tmp_path: Path) -> None:
    others = {"model.12345678.bak", "model.tmp", "model2.12345678.tmp"}
    for other in others:
        (tmp_path / other).write_bytes(b"")
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "model"], cwd=ROOT, check=False)
    assert killed.returncode == 9
    assert len(os.listdir(tmp_path)) == len(others) + 1
    with atomic_write(tmp_path / "model") as file:
        file.write(b"new")
    assert {*os.listdir(tmp_path)} == {"model", *others}


@pytest.mark.parametrize("locks", [True, False])
def test_temporary_files_of_writers_at_work_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, locks: bool
) -> None:
    if not locks:  # as in a browser, and on some network drives
        monkeypatch.setitem(sys.modules, "fcntl", None)
    with atomic_write(tmp_path / "model") as first:
        first.write(b"first")
        with atomic_write(tmp_path / "model") as second:
            second.write(b"second")
        assert (tmp_path / "model").read_bytes() == b"second"
    assert (tmp_path / "model").read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["model"]


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # otherwise it ends the process
    (tmp_path / "model").write_bytes(b"old")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
        said = r"cannot be written: File too large: .*model'"
        with pytest.raises(OSError, match=said) as caught, atomic_write(tmp_path / "model") as file:
            file.write(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.filename == str(tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


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
