"""The matrix: purenn on every Python, under every type checker. `nox --list` shows the sessions, `nox` runs them all.

An interpreter that is missing is a failure, and no session is skipped: what this file names has been run.
"""

from __future__ import annotations

import json
from pathlib import Path

import nox

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "pypy3.9"]
OLDEST, NEWEST = "3.9", "3.13"
PYODIDE = ["node", "tests/pyodide/python.mjs"]  # Python 3.14, compiled for browsers
IN_BROWSERS = """
    pyodide lanes/test_recorded.py lanes/test_network.py lanes/test_engine.py formats/test_json.py formats/test_idx.py
    formats/test_random_state.py playground/test_session.py test_matrix.py test_network.py test_checkpoints.py
"""
OLDEST_SKLEARN = "scikit-learn==0.24.0 numpy==1.19.3 scipy==1.5.4 pandas==1.4.4"  # 0.24.0: the first for Python 3.9
MYPY_OF_3_9 = "mypy==1.19.1"  # the last one that checks what Python 3.9 knows

nox.needs_version = ">=2024.4.15"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, and the README's training."""
    session.install("pytest>=8")
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *session.posargs)
    model = Path(session.create_tmp(), "strokes.safetensors").absolute()
    said = session.run("python", "-m", "purenn", "train", "--out", str(model), "--force", "--json", silent=True)
    done = json.loads(str(said).splitlines()[-1])
    session.log(f"test accuracy {done['test_accuracy']:.2%}")
    if done["test_accuracy"] < 0.95:
        session.error("expected at least 95 %")


@nox.session
def pyodide(session: nox.Session) -> None:
    """The tests of what runs in a browser, in Python for browsers, run by Node."""
    packages = Path(session.create_tmp(), "packages").absolute()
    session.install("--upgrade", "--target", str(packages), "pytest>=8")
    session.run("make", "-s", "node_modules", external=True)
    chosen = session.posargs or [f"tests/{name}" for name in IN_BROWSERS.split()]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    session.run(*PYODIDE, *words, external=True, env={"PYTHONPATH": str(packages)})


@nox.session
@nox.parametrize("checker", [MYPY_OF_3_9, "mypy"], ids=["3.9", "newest"])
def mypy(session: nox.Session, checker: str) -> None:
    """mypy --strict, as of Python 3.9 and as of the oldest that the newest mypy knows."""
    session.install(checker, "pytest>=8")
    session.run("mypy", *(["--python-version", OLDEST, "purenn"] if checker == MYPY_OF_3_9 else []))
    session.run("python", "-m", "pytest", "-q", "tests/typing", "-k", "mypy")


@nox.session
def pyright(session: nox.Session) -> None:
    """pyright strict, as of Python 3.9."""
    session.install("pyright", "pytest>=8")
    session.run("pyright")
    session.run("python", "-m", "pytest", "-q", "tests/typing", "-k", "pyright")


@nox.session(python=OLDEST)
def oldest_sklearn(session: nox.Session) -> None:
    """scikit-learn's examination of the estimators, by its oldest version; `make interop` has the newest."""
    session.install("--only-binary", ":all:", "pytest>=8", *OLDEST_SKLEARN.split())
    words = ["-m", "interop", "tests/estimators/test_checks_interop.py"]
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *words)


@nox.session(python=[OLDEST, NEWEST])
def release(session: nox.Session) -> None:
    """Wheel and source distribution: the same bytes twice, their contents, and their use in an empty environment."""
    session.install("build", "hatchling>=1.24", "mypy", "pytest>=8")
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "release", "tests/test_release.py")
