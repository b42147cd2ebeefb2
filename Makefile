# The two commands, figures and test, do all their set-up themselves: Python 3.11 and make are enough.
# On a machine whose torch must be another build, name its index once: make setup PIP_OPTIONS="--extra-index-url ..."

PYTHON ?= python3.11
CORES ?= $(shell nproc 2>/dev/null || echo 2)
PIP_OPTIONS ?=
OPTIONS ?=
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)

.DEFAULT_GOAL := help
.PHONY: help setup figures test environments lint report train publish benchmark clean

help: ## say what each target does
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: .venv/installed ## make the virtual environment .venv

.venv/installed: requirements.lock pyproject.toml
	@echo "Setting up .venv: some minutes, 2 GB."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) --requirement requirements.lock
	touch $@

figures: setup ## run the workflow on the embedded default and draw its figures
	$(SNAKEMAKE)
	@echo "The figures are in results/figures/, the tables in results/summary/."

test: setup ## run all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

environments: setup ## run jobs in every rule's environment, made by pip of its pins alone
	$(BIN)/python -m pytest -m network tests/test_environments.py

lint: setup ## check style, types and the workflow
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

report: figures ## write report.html
	$(SNAKEMAKE) --report report.html

train: setup ## train the default's networks
	$(SNAKEMAKE) train

publish: setup ## copy trained networks to resources/models, where the configuration looks for them
	$(SNAKEMAKE) publish

.venv-benchmarks/installed: benchmarks/requirements.lock
	@echo "Setting up .venv-benchmarks: some minutes, 2 GB, a C++ compiler."
	$(PYTHON) -m venv .venv-benchmarks
	.venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(PIP_OPTIONS) --requirement benchmarks/requirements.lock
	touch $@

benchmark: .venv-benchmarks/installed ## measure this engine beside other libraries, in docs/benchmarks.md
	PYTHONPATH=src .venv-benchmarks/bin/python -m benchmarks $(OPTIONS)

clean: ## remove results and logs; keep .venv
	rm -rf results logs report.html
