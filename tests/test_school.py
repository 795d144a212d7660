"""The school edition: purenn as one file, or as a folder on a stick, where nothing can be installed.

Also: what an older Python says, for which these files are no valid syntax.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT

SHORT = ["train", "--limit", "200", "--hidden", "8", "--epochs", "1"]


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `make school` builds."""
    return school(tmp_path_factory.mktemp("school"))


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder with a copy of the folder purenn, and nothing else, that cannot be written to."""
    stick = tmp_path / "stick"
    shutil.copytree(ROOT / "purenn", stick / "purenn", ignore=shutil.ignore_patterns("__pycache__"))
    for path in [stick, *stick.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return stick


def school(folder: Path) -> Path:
    """Build purenn.pyz in the folder, and return its path."""
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    command = ["make", "-s", "school", f"DIST={folder}", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return folder / "purenn.pyz"


def run(*words: str | Path, folder: Path, python: str | Path = sys.executable, **variables: str | Path) -> str:
    """Run a Python in a folder, with no other environment variables, and return what it prints."""
    environment = {name: str(value) for name, value in variables.items()}
    command = [str(word) for word in (python, *words)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return f"{done.stdout}status {done.returncode}"


# One file.


def test_the_file_trains_evaluates_and_predicts_with_nothing_installed(pyz: Path, tmp_path: Path) -> None:
    said = run("-I", "-S", pyz, *SHORT, folder=tmp_path)
    assert said.startswith("strokes: 180 samples to train on, 20 to validate, 1,500 to test\n")
    assert said.endswith("status 0")
    for words in (["evaluate"], ["predict", "--index", "3"]):
        assert run("-I", "-S", pyz, *words, "strokes.safetensors", folder=tmp_path).endswith("status 0")
    assert [path.name for path in tmp_path.iterdir()] == ["strokes.safetensors"]


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_workers_find_purenn_in_the_file(method: str, pyz: Path, tmp_path: Path) -> None:
    if method != "spawn" and os.name != "posix":
        pytest.skip("there is no fork")
    start = f"import multiprocessing; multiprocessing.set_start_method({method!r}, force=True)"
    (tmp_path / "sitecustomize.py").write_text(start, encoding="utf-8")
    said = run(pyz, *SHORT, "--workers", "2", folder=tmp_path, PYTHONPATH=tmp_path)
    assert "2 workers" in said
    assert said.endswith("status 0")


def test_the_file_is_a_library_too(pyz: Path, tmp_path: Path) -> None:
    code = "import purenn; print(purenn.__file__, len(purenn.datasets.load('strokes').train))"
    said = run("-c", code, folder=tmp_path, PYTHONPATH=pyz)
    assert said == f"{pyz / 'purenn' / '__init__.py'} 8000\nstatus 0"


@pytest.mark.parametrize("found_in", ["purenn.pyz", "copy"])
def test_what_is_loaded_later_is_found_after_a_change_of_folder(found_in: str, pyz: Path, tmp_path: Path) -> None:
    shutil.copy(pyz, tmp_path / "purenn.pyz")
    shutil.copytree(ROOT / "purenn", tmp_path / "copy" / "purenn", ignore=shutil.ignore_patterns("__pycache__"))
    begin = f"import os, sys; sys.path.insert(0, {found_in!r}); import purenn; os.chdir('/')"
    code = f"{begin}; print(purenn.__file__, purenn.feed_forward([2, 1]), len(purenn.datasets.load('iris').train))"
    said = run("-I", "-S", "-c", code, folder=tmp_path)
    assert said == f"{tmp_path / found_in / 'purenn' / '__init__.py'} Sequential(Linear(2, 1)) 105\nstatus 0"


def test_the_lines_for_a_program_beside_the_file_work_from_any_folder(pyz: Path, tmp_path: Path) -> None:
    (lines,) = re.findall(r"```python\n(import sys\n.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "stick").mkdir()
    shutil.copy(pyz, tmp_path / "stick" / "purenn.pyz")
    program = tmp_path / "stick" / "mine.py"
    program.write_text(f"{lines}\nimport purenn; print(purenn.__file__)", encoding="utf-8")
    said = run("-S", program, folder=tmp_path)
    assert said == f"{tmp_path / 'stick' / 'purenn.pyz' / 'purenn' / '__init__.py'}\nstatus 0"


def test_the_file_has_the_page_of_the_playground_in_it(pyz: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(pyz), "playground", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().rstrip()
        pages = [address, address.partition("?")[0] + "transport.js"]
        found = [urlopen(page).read() for page in pages]
        process.terminate()
    static = ROOT / "purenn" / "playground" / "static"
    assert found == [(static / name).read_bytes() for name in ("index.html", "transport.js")]


def test_a_failure_in_the_file_is_a_failure_of_the_process(pyz: Path, tmp_path: Path) -> None:
    said = run(pyz, "evaluate", "missing.safetensors", folder=tmp_path)
    assert said.count("\n") == 1
    assert said.endswith("status 1")


def test_the_file_has_nothing_in_it_that_is_for_the_site_or_was_made_for_another_package(pyz: Path) -> None:
    with zipfile.ZipFile(pyz) as file:
        folders = {name.split("/")[1] for name in file.namelist() if name.startswith("docs/")}
    assert "answers" in folders
    assert not folders & {"site", "purenn.1"}


def test_the_file_is_the_same_each_time(pyz: Path, tmp_path: Path) -> None:
    assert school(tmp_path).read_bytes() == pyz.read_bytes()


# A folder on a stick.


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_folder_runs_from_elsewhere_as_a_script(workers: str, stick: Path, tmp_path: Path) -> None:
    said = run("-I", "-S", stick / "purenn", *SHORT, "--workers", workers, folder=tmp_path)
    assert "test accuracy" in said
    assert said.endswith("status 0")


def test_the_folder_runs_as_a_module_from_a_stick_that_cannot_be_written_to(stick: Path, tmp_path: Path) -> None:
    said = run("-m", "purenn", *SHORT, "--out", tmp_path / "mine.safetensors", folder=stick)
    assert said.endswith("status 0")
    assert (tmp_path / "mine.safetensors").exists()


# Older Pythons.

READ_BY_ALL = [ROOT / "purenn" / "__init__.py", ROOT / "purenn" / "__main__.py"]


def older_pythons() -> list[str]:
    """Return the paths of the Pythons before 3.9 on this machine: on PATH, and where pyenv keeps them."""
    versions = ["2.7", *(f"3.{minor}" for minor in range(4, 9))]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = [str(path) for version in versions for path in root.glob(f"versions/{version}.*/bin/python")]
    return kept or [path for path in (shutil.which(f"python{version}") for version in versions) if path]


@pytest.mark.parametrize("python", older_pythons())
def test_an_older_python_is_told_in_one_line_which_one_is_needed(
    python: str, pyz: Path, stick: Path, tmp_path: Path
) -> None:
    version = run("-c", "import sys; print(sys.version.split()[0])", folder=tmp_path, python=python).splitlines()[0]
    sentence = f"purenn needs Python 3.9 or later; this is Python {version}\n"
    assert run(pyz, "train", folder=tmp_path, python=python) == f"{sentence}status 1"
    assert run(stick / "purenn", "train", folder=tmp_path, python=python) == f"{sentence}status 1"
    assert run("-m", "purenn", "train", folder=stick, python=python) == f"{sentence}status 1"
    assert run("-m", "purenn", folder=tmp_path, python=python, PYTHONPATH=pyz) == f"{sentence}status 1"
    for code in ("import purenn", "from purenn import fit", "import purenn.network"):
        said = run("-c", code, folder=stick, python=python)
        assert said.endswith(f"\nImportError: {sentence}status 1")


@pytest.mark.parametrize("path", READ_BY_ALL, ids=lambda path: path.stem)
def test_what_older_pythons_read_has_nothing_newer_than_they(path: Path) -> None:
    """As far as a newer Python can tell: one of 2.7 does it better, where there is one."""
    text = path.read_bytes().decode("ascii")
    newer = (ast.JoinedStr, ast.AnnAssign, ast.Starred, ast.NamedExpr, ast.AsyncFunctionDef, ast.Await, ast.YieldFrom)
    for node in ast.walk(ast.parse(text, feature_version=(3, 4))):
        assert not isinstance(node, newer), f"line {node.lineno}"
        assert not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        if isinstance(node, ast.FunctionDef):
            assert (node.returns, node.args.kwonlyargs, node.args.posonlyargs) == (None, [], [])
            assert [argument.annotation for argument in node.args.args if argument.annotation] == []
