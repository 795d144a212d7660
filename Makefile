# make test       everything that has to pass: tests, doctests, types, style
# make slow       trainings of a minute each, which must reach their accuracy
# make pyright    the types once more, as pyright sees them (downloads it)
# make interop    the same results as PyTorch, scikit-learn and safetensors (downloads them)
# make fuzz       2,000 inputs that nobody meant to write for each reader (INPUTS=100000 for more; downloads hypothesis)
# make build      wheel and sdist in dist/
# make school     purenn.pyz in dist/: one file that runs wherever Python is, with nothing installed
# make site       the playground as a static site in site/: the page, purenn and Python for the browser (downloads Pyodide)
# make docs       the book and the reference in site/book/, beside the playground (downloads MkDocs and its plugins)
# make page       the types of the page's JavaScript, as TypeScript sees them (downloads it)
# make browser    clicks on the page, behind the server and as a static site (downloads Playwright; needs Chromium)
# make man        docs/purenn.1, a manual page made from the parser of the command line (downloads argparse-manpage)
# make pictures   the pictures of the playground in README.md, taken again (downloads Playwright, Pillow; needs Chromium)
# make drawings   the pictures of the chapters in docs/, drawn again by the programs of the chapters
# make benchmarks the figures in benchmarks/README.md, on this machine
# make strokes    draw the built-in data set again

PYTHON ?= python3
BIN := .venv/bin
DIST ?= dist
INPUTS ?= 2000
SITE ?= site
PYODIDE := pyodide.mjs pyodide.asm.mjs pyodide.asm.wasm pyodide-lock.json python_stdlib.zip package.json

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

fuzz: .venv
	$(BIN)/python -m pip install --quiet --group fuzz
	PURENN_FUZZ_INPUTS=$(INPUTS) $(BIN)/python -m pytest -q -m fuzz tests/fuzz

# One date for all that is built from a commit, so that everybody builds the same bytes.
build man: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1577836800)

build: .venv man
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build --outdir $(DIST)

man: .venv
	$(BIN)/python -m pip install --quiet --group man
	$(BIN)/argparse-manpage --module purenn.cli.main --function parser --project-name purenn --prog purenn \
		--description "neural networks in pure Python" --manual-title "User commands" --output docs/purenn.1

# Copied first, so that only what belongs to purenn is in it, and with one date, so that it is the same file each time.
school:
	rm -rf $(DIST)/school
	mkdir -p $(DIST)/school/datasets
	cp -R purenn docs LICENSE README.md purenn/__main__.py $(DIST)/school
	rm $(DIST)/school/docs/pictures/*.webp $(DIST)/school/docs/pictures/take.py
	rm -rf $(DIST)/school/docs/site $(DIST)/school/docs/purenn.1
	cp datasets/README.md $(DIST)/school/datasets
	find $(DIST)/school -name __pycache__ -prune -exec rm -r {} +
	chmod -R u=rwX,go=rX $(DIST)/school
	find $(DIST)/school -exec touch -t 202001010000 {} +
	$(PYTHON) -m zipapp $(DIST)/school --compress --python "/usr/bin/env python3" --output $(DIST)/purenn.pyz
	rm -r $(DIST)/school

# Works in any folder of any host. By listed.js, a list of all files with their hashes, offline.js tells what has changed.
site: .venv node_modules
	rm -rf $(SITE)
	mkdir -p $(SITE)/pyodide
	cp purenn/playground/static/* $(SITE)
	cp $(addprefix node_modules/pyodide/,$(PYODIDE)) $(SITE)/pyodide
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir $(SITE) .
	mv $(SITE)/purenn-*.whl $(SITE)/purenn.whl
	cd $(SITE) && printf 'self.FILES = `\n%s`;\n' "$$(sha256sum *.* pyodide/*)" >listed.js
	du -sh $(SITE)

docs: site
	$(BIN)/python -m pip install --quiet --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --site-dir $(SITE)/book
	du -sh $(SITE)/book

page: node_modules
	node_modules/.bin/tsc
	node_modules/.bin/tsc --project tsconfig.workers.json

browser: .venv node_modules
	$(BIN)/python -m pip install --quiet --group browser
	$(BIN)/python -m pytest -m browser tests/browser

pictures: .venv
	$(BIN)/python -m pip install --quiet --group pictures
	$(BIN)/python docs/pictures/take.py

drawings: .venv
	$(BIN)/python -m tests.book

# The versions are exact, so that no lock file is needed.
node_modules: package.json
	npm install --no-package-lock --no-audit --no-fund --silent
	touch node_modules

benchmarks: .venv
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python benchmarks/bench_lanes.py
	$(BIN)/python benchmarks/bench_float.py
	$(BIN)/python benchmarks/bench_idx.py
	$(BIN)/python -m benchmarks.bench_safetensors

strokes: .venv
	$(BIN)/python -m purenn.datasets.strokes purenn/datasets/builtin/strokes

clean:
	rm -rf .venv node_modules $(DIST) $(SITE) .mypy_cache .pytest_cache .ruff_cache

.PHONY: test pyright slow interop fuzz build man school site docs page browser pictures drawings benchmarks strokes clean
