"""A release that a stranger can trust: the same bytes whoever builds it, only purenn in it, and nothing else needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import purenn
from tests.conftest import ROOT

pytestmark = pytest.mark.release

NAME = f"purenn-{purenn.__version__}"
# At the top of the source distribution. All but PKG-INFO is in the repository too.
SOURCES = """
    .gitignore CHANGELOG.md CONTRIBUTING.md LICENSE Makefile PKG-INFO README.md SECURITY.md benchmarks datasets docs
    noxfile.py package.json purenn pyproject.toml tests tsconfig.json tsconfig.workers.json
"""
INFO = ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"]


def run(*command: str | Path, folder: Path, status: int = 0) -> str:
    """Run a command in a folder, and return what it prints."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def tracked() -> list[str]:
    """The files of the repository."""
    return run("git", "ls-files", folder=ROOT).splitlines()


def built(folder: Path) -> Path:
    """Copy the repository into the folder, build it there, and return the folder with the result."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    run(sys.executable, "-m", "build", "--no-isolation", folder=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheel and source distribution."""
    return built(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def python(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment into which the wheel was installed, from no index."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "env", folder=folder)
    python = folder / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-index", dist / f"{NAME}-py3-none-any.whl", folder=folder)
    return python


def test_wheel_and_source_distribution_are_the_same_bytes_wherever_they_are_built(dist: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "in another folder")
    names = sorted(path.name for path in dist.iterdir())
    assert names == [f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz"]
    assert [(again / name).read_bytes() for name in names] == [(dist / name).read_bytes() for name in names]


def test_the_wheel_holds_the_package_and_what_says_so(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"{NAME}-py3-none-any.whl") as wheel:
        found = sorted(wheel.namelist())
        needs = [line for line in wheel.read(f"{NAME}.dist-info/METADATA").decode().splitlines() if "Requires" in line]
    package = [name for name in tracked() if name.startswith("purenn/")]
    assert found == sorted([*package, *(f"{NAME}.dist-info/{name}" for name in INFO)])
    assert "purenn/py.typed" in found
    assert [line for line in needs if "extra ==" not in line] == ["Requires-Python: >=3.9"]
    assert len(needs) == 3  # the extras dask and mpi


def test_the_source_distribution_holds_what_is_needed_to_test_and_build_it(dist: Path) -> None:
    with tarfile.open(dist / f"{NAME}.tar.gz") as archive:
        found = [name.partition("/")[2] for name in archive.getnames()]
    assert sorted({name.partition("/")[0] for name in found}) == sorted(SOURCES.split())
    assert set(found) - {"PKG-INFO"} <= set(tracked())
    assert [name for name in tracked() if name.startswith(("purenn/", "tests/")) and name not in found] == []


def test_the_readme_s_example_runs_where_nothing_else_is_installed(python: Path, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, expected = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", readme, re.DOTALL)[0]
    assert run(python, "-I", "-c", code, folder=tmp_path) == expected
    listed = run(python, "-m", "pip", "list", "--format=freeze", folder=tmp_path)
    assert {line.partition("==")[0] for line in listed.splitlines()} <= {"pip", "purenn", "setuptools"}
    purenn = python.with_name("purenn")
    assert "97.27 %" in run(purenn, "train", folder=tmp_path)


def test_a_consumer_s_mypy_sees_the_types_of_the_installed_package(python: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import purenn\nnetwork: int = purenn.load('m')\n", encoding="utf-8")
    words: list[str | Path] = ["-m", "mypy", "--strict", "--python-executable", python, "program.py"]
    said = run(sys.executable, *words, folder=tmp_path, status=1).splitlines()[0]
    assert said.startswith('program.py:2: error: Incompatible types in assignment (expression has type "Sequential"')
