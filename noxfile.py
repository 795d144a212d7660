"""The matrix: purenn on every Python, under every type checker. `nox --list` shows the sessions, `nox` runs them all.

An interpreter that is missing is a failure, and no session is skipped: what this file names has been run.
"""

from __future__ import annotations

import json
from pathlib import Path

import nox

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "pypy3.9"]
OLDEST, NEWEST = "3.9", "3.14"
PYODIDE = ["node", "tests/pyodide/python.mjs"]  # Python 3.14, compiled for browsers
# Left out in browsers, unless they are asked for; what else needs a process, a thread or a socket is skipped there.
NOT_IN_BROWSERS = {
    "they start processes or servers only": """
        browser fuzz test_acceptance.py test_book.py test_faults.py test_modes.py test_release.py test_school.py
        test_strangers.py test_teachers.py typing cli/test_completion.py cli/test_faults.py lanes/test_processes.py
        playground/test_server.py playground/test_slow_clients.py playground/test_visits.py
    """,
    "they read the project, or draw, on any Python alike": "test_docs.py test_house.py test_readme.py charts",
    "the sum in lanes/test_recorded.py holds what they compute, for minutes there": """
        lanes/test_groups.py lanes/test_layers.py lanes/test_outer.py lanes/test_plain.py lanes/test_warps.py
        samples/test_warps.py
    """,
    "they train, for minutes there": """
        cli/test_evaluate.py cli/test_main.py cli/test_predict.py cli/test_record.py cli/test_report.py
        cli/test_saved.py cli/test_train.py cli/test_train_checkpoints.py cli/test_train_findings.py
        datasets/test_classics.py datasets/test_toys.py estimators test_training_resume.py
    """,
}
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
    """All tests that can run in a browser within minutes, in Python for browsers, run by Node."""
    packages = Path(session.create_tmp(), "packages").absolute()
    session.install("--upgrade", "--target", str(packages), "pytest>=8")
    session.run("make", "-s", "node_modules", external=True)
    left_out = [f"--ignore=tests/{name}" for names in NOT_IN_BROWSERS.values() for name in names.split()]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(session.posargs or ["tests", *left_out])]
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
