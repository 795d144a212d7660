# make test       everything that has to pass: tests, doctests, types, style
# make slow       trainings of a minute each, which must reach their accuracy
# make pyright    the types once more, as pyright sees them (downloads it)
# make interop    the same results as PyTorch, scikit-learn and safetensors (downloads them)
# make build      wheel and sdist in dist/
# make school     purenn.pyz in dist/: one file that runs wherever Python is, with nothing installed
# make benchmarks the figures in benchmarks/README.md, on this machine
# make strokes    draw the built-in data set again

PYTHON ?= python3
BIN := .venv/bin

test: .venv
	$(BIN)/python -m pytest
	$(BIN)/mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check

# An environment with purenn itself, editable, and the development group of pyproject.toml.
.venv: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch .venv

pyright: .venv
	$(BIN)/python -m pip install --quiet --group pyright
	$(BIN)/pyright

slow: .venv
	$(BIN)/python -m pytest -m slow

interop: .venv
	$(BIN)/python -m pip install --quiet --group interop
	$(BIN)/python -m pytest -m interop

build: .venv
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build

# Copied first, so that only what belongs to purenn is in it, and with one date, so that it is the same file each time.
school:
	rm -rf dist/school
	mkdir -p dist/school/datasets
	cp -R purenn docs LICENSE README.md dist/school
	cp datasets/README.md dist/school/datasets
	cp purenn/__main__.py dist/school
	find dist/school -name __pycache__ -prune -exec rm -r {} +
	chmod -R u=rwX,go=rX dist/school
	find dist/school -exec touch -t 202001010000 {} +
	$(PYTHON) -m zipapp dist/school --compress --python "/usr/bin/env python3" --output dist/purenn.pyz
	rm -r dist/school

benchmarks: .venv
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python benchmarks/bench_lanes.py
	$(BIN)/python benchmarks/bench_float.py
	$(BIN)/python benchmarks/bench_idx.py

strokes: .venv
	$(BIN)/python -m purenn.datasets.strokes purenn/datasets/builtin/strokes

clean:
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache

.PHONY: test pyright slow interop build school benchmarks strokes clean
