# Everything works from a fresh clone: each target makes the virtual environment it needs, and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
.DEFAULT_GOAL := help

help:
	@echo "make demo       a photo upsampled by a kernel that is derived, proved, generated, compiled and checked"
	@echo "make test       the test suite (minutes)"
	@echo "make check      lint, types and the fast tests"
	@echo "make test-full  everything, however long"
	@echo "make clean      remove the virtual environment and what tools left behind"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || (rm -rf $(VENV); echo "needs the venv module: apt-get install python3-venv" >&2; exit 1)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all]'
	@touch $@

$(VENV)/.check: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[check]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/convt demo

test: $(VENV)/.check
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not full"

check: $(VENV)/.check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS) -m "not full and not slow"

test-full: $(VENV)/.check
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis convt-demo

.PHONY: help demo test check test-full clean
