"""A user whom the system does not know, who has no home, and who may read purenn but not write beside it: it works, and
nothing is left in the folder that it runs from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.test_school import school

pytestmark = pytest.mark.skipif(
    sys.platform in ("emscripten", "win32") or os.geteuid() != 0, reason="only root can become another user"
)

STRANGER = 54321  # no user has this number
COMMANDS = [
    "train strokes --limit 200 --hidden 8 --epochs 1 --workers 2",
    "train iris --epochs 2 --checkpoint iris.checkpoint",
    "evaluate strokes.safetensors",
    "predict strokes.safetensors --index 3",
    "inspect strokes.safetensors",
    "report iris.safetensors",
]
MADE = {"strokes.safetensors", "iris.safetensors", "iris.checkpoint", "iris.html"}
WAYS = {"folder": ["{stick}/purenn"], "file": ["{stick}/purenn.pyz"], "module": ["-m", "purenn"]}

every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def stick() -> Iterator[Path]:
    """A folder with a copy of the folder purenn and the file of the school edition, which all may read and none write.

    It is in no folder of pytest's, which are for one user only.
    """
    with tempfile.TemporaryDirectory() as name:
        stick = Path(name, "stick")
        shutil.copytree(ROOT / "purenn", stick / "purenn", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.move(school(Path(name)), stick)
        for path in [stick, *stick.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        Path(name).chmod(0o755)
        yield stick


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that others than root may start: this one or, where it is in root's home, that of the system."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/bin/pypy3"):
        try:
            subprocess.run([python, "-c", ""], cwd="/", check=True, user=STRANGER, group=STRANGER, extra_groups=[])
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    raise AssertionError("there is no Python here that others than root may start")


@pytest.fixture
def desk(stick: Path) -> Iterator[Path]:
    """An empty folder of the stranger's, to work in."""
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, STRANGER, STRANGER)
        yield Path(name)


def started(python: str, way: str, command: str, stick: Path, desk: Path, **variables: str) -> subprocess.Popen[str]:
    """Start a command of purenn as the stranger."""
    return subprocess.Popen(
        [python, *(word.format(stick=stick) for word in WAYS[way]), *command.split()],
        cwd=desk,
        env={**({"PYTHONPATH": str(stick)} if way == "module" else {}), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
    )


def everything(folder: Path) -> dict[Path, int]:
    """All files and folders, with the time of their last change."""
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize(("way", "has_home"), [("folder", False), ("file", False), ("module", False), ("folder", True)])
def test_all_commands_work_and_leave_nothing_where_purenn_is(
    way: str, has_home: bool, python: str, stick: Path, desk: Path
) -> None:
    before = everything(stick)
    for command in COMMANDS:
        process = started(python, way, command, stick, desk, **({"HOME": str(stick)} if has_home else {}))
        _, errors = process.communicate()
        assert (process.returncode, "Traceback" in errors, "Warning" in errors) == (0, False, False), errors
    assert {path.name for path in desk.iterdir()} == MADE
    assert everything(stick) == before


@every_way
def test_the_playground_starts(way: str, python: str, stick: Path, desk: Path) -> None:
    before = everything(stick)
    with started(python, way, "playground --no-browser --port 0", stick, desk) as process:
        assert process.stdout
        address = process.stdout.readline().rstrip()
        with urlopen(address) as page:
            assert b"<title>" in page.read()
        process.terminate()
    assert (list(desk.iterdir()), everything(stick)) == ([], before)


def test_data_that_are_not_there_are_told(python: str, stick: Path, desk: Path) -> None:
    process = started(python, "folder", "train mnist", stick, desk)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith("purenn train: no data set 'mnist' in ")
    assert "Traceback" not in errors
