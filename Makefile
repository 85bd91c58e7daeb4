# `make run` and `make test` set everything up on first use; nothing but Python 3.11+, make and a C library is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: run test test-all check lint types layers wheel clean

run: $(VENV)/run
	$(BIN)/parity kernels warm
	$(BIN)/parity run

test: $(VENV)/test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

test-all: $(VENV)/test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: lint types layers

lint: $(VENV)/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/test
	$(BIN)/mypy

layers: $(VENV)/test
	$(BIN)/lint-imports

wheel: $(VENV)/test
	$(BIN)/python -m hatchling build -t wheel

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/test: $(VENV)/made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@ $(VENV)/run

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache
