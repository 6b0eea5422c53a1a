# `make demo` and `make test` do all the set-up there is: Python 3.10 or newer with its venv module, and make.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DASHBOARD := .venv/.dashboard
DEVELOPMENT := .venv/.development
export DLTHUB_TELEMETRY := false
# Tests start some hundred processes of ours: without bytecode on the disk each compiles the whole package anew.
unexport PYTHONDONTWRITEBYTECODE

# A .venv without a Python that works, or without pip, counts as none: one that was broken off, or whose Python is gone.
WORKS := $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 10) or sys.prefix == sys.base_prefix)' >/dev/null 2>&1
$(shell $(WORKS) || rm -f $(RUNTIME) $(DASHBOARD) $(DEVELOPMENT))

NEWEST := .newest
.PHONY: demo dashboard test test-long test-browser test-installed coverage lint bench wheel newest lock clean

demo: $(RUNTIME)
	@$(BIN)/python -m pipelines demo
	@echo "Or, which installs the extra: make dashboard"

# On the file of the demo, or on yours: make dashboard FILE=jobs_history.duckdb
FILE ?= demo.duckdb
dashboard: $(DASHBOARD)
	DESTINATION__DUCKDB__CREDENTIALS="$(FILE)" $(BIN)/python -m pipelines dashboard --open

test: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n auto --dist worksteal

test-long: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n auto --dist worksteal --long -rs tests benchmarks

# The dashboard and the report in a real browser: Debian's Chromium (`apt-get install chromium`).
test-browser: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n 2 --browser tests/browser

# The wheel in new environments with the newest packages, on every Python that this machine has.
test-installed: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n auto --dist worksteal --long tests/runs/test_empty_environments.py

coverage: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term-missing

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

$(RUNTIME): requirements.txt
	@$(WORKS) || command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Name another Python: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(WORKS) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 ...")'
	$(WORKS) || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	touch $@

$(DASHBOARD): requirements-dashboard.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dashboard.txt
	touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	touch $@

bench: $(DEVELOPMENT)
	$(BIN)/python -m pytest benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

wheel: $(DEVELOPMENT)
	$(BIN)/python -m hatchling build -t wheel

# The tests with the newest dlt, duckdb and pyarrow that there are, whatever pyproject.toml allows.
newest: $(DEVELOPMENT)
	test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager \
		"dlt[duckdb,postgres]" duckdb pyarrow
	@$(NEWEST)/bin/python -m pip list --disable-pip-version-check | grep -E "^(dlt|duckdb|pyarrow|sqlglot) "
	$(NEWEST)/bin/python -m pytest -n auto --dist worksteal

# Pins what pyproject.toml asks for, for every Python from 3.10 on, with hashes and without an index address.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(DEVELOPMENT)
	$(COMPILE) pyproject.toml --extra postgres --extra dashboard --group dev -o requirements-dev.txt
	$(COMPILE) pyproject.toml --extra dashboard -c requirements-dev.txt -o requirements-dashboard.txt
	$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt

clean:
	rm -rf .venv $(NEWEST) demo.duckdb .demo.duckdb.lock dist
