# The two commands, figures and test, do all their set-up themselves: Python 3.11 and make are enough.
# On a machine whose torch must be another build, name its index once: make setup PIP_OPTIONS="--extra-index-url ..."

PYTHON ?= python3.11
# nproc heeds what OMP_NUM_THREADS says of one process; here it is the machine that counts.
CORES ?= $(shell env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || echo 2)
PIP_OPTIONS ?=
# Further options: of Snakemake wherever it is called, of the estimate, of the benchmark.
OPTIONS ?=
ESTIMATE_OPTIONS ?=
BENCHMARK_OPTIONS ?=
CONFIG ?= config/config.yaml
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES) --configfile "$(CONFIG)" $(OPTIONS)
PROVENANCE := PYTHONPATH=src $(BIN)/python -m repshift provenance
REQUIRED := --requirement requirements.lock
ifneq ($(wildcard ARCHIVE.md),)
# An unpacked archive draws figures, which needs no torch: the same versions of fewer packages.
REQUIRED := --constraint requirements.lock matplotlib netCDF4 pandas pydantic pyyaml scipy seaborn snakemake tqdm xarray
endif

.DEFAULT_GOAL := help
.PHONY: help setup figures report costs estimate provenance archive test test-unit test-slow environments lint train train-galaxies train-lenses publish notebook site benchmark clean

ifneq ($(wildcard ARCHIVE.md),)
ifneq ($(filter-out help setup figures clean .venv/installed,$(MAKECMDGOALS)),)
$(error An unpacked archive draws figures only: make help, setup, figures or clean)
endif
OFFERED := help\|setup\|figures\|clean
else
OFFERED := [a-z-]*
endif

help: ## say what each target does
	@sed -n 's/^\($(OFFERED)\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: .venv/installed ## make the virtual environment .venv

.venv/installed: requirements.lock pyproject.toml
	@echo "Setting up .venv: some minutes, up to 2 GB."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) $(REQUIRED)
	touch $@

figures: setup ## run the workflow on the embedded default and draw its figures
ifeq ($(wildcard ARCHIVE.md),)
	@PYTHONPATH=src $(BIN)/python -m repshift check --quick "$(CONFIG)"
	$(SNAKEMAKE)
else
	$(PROVENANCE) redraw results/manifest.json --cores $(CORES) --options="$(OPTIONS)"
endif
	@echo "The figures are in results/figures/, the tables in results/summary/."

provenance: setup ## write results/manifest.json: the origin of every result
	$(PROVENANCE) record --configuration "$(CONFIG)" --manifest results/manifest.json --options="$(OPTIONS)"

archive: setup ## write repshift-archive.tar.gz, from which the same figures are drawn elsewhere
	$(PROVENANCE) archive --configuration "$(CONFIG)" --manifest results/manifest.json --output repshift-archive.tar.gz --options="$(OPTIONS)"

test: setup ## run all tests but the slow ones
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-unit: setup ## run the tests of single modules, in under a minute
	$(BIN)/python -m pytest --numprocesses 2 tests/unit

test-slow: setup ## run the tests of many random draws and of large files
	$(BIN)/python -m pytest --numprocesses 2 -m slow

environments: setup ## run jobs in every rule's environment, made by pip of its pins alone
	$(BIN)/python -m pytest -m network tests/workflow/test_environments.py

lint: setup ## check style, types and the workflow
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

report: figures ## write report.html
	$(SNAKEMAKE) --report report.html
	@echo "The report is report.html: open it in a browser."

# The jobs of a configuration, from a dry run, which fetches nothing.
PLAN = mkdir -p logs && rm -f logs/plan.json && { REPSHIFT_PLAN=logs/plan.json $(SNAKEMAKE) --dry-run \
	--quiet rules progress $(1) >logs/plan.log 2>&1 || { cat logs/plan.log; exit 1; }; }

costs: setup ## sum up what each stage of the run of CONFIG cost, in results/costs.csv
	@$(call PLAN,--forceall)
	@PYTHONPATH=src $(BIN)/python -m repshift costs sum --plan logs/plan.json --benchmarks results/benchmarks \
		--progress logs/progress.log --output results/costs.csv

estimate: setup ## estimate what a run of CONFIG will still cost: time, memory, disk, downloads
	@$(call PLAN,)
	@PYTHONPATH=src $(BIN)/python -m repshift costs estimate \
		--plan logs/plan.json --constants workflow/costs.json $(ESTIMATE_OPTIONS)

train: setup ## train the default's networks
	$(SNAKEMAKE) train

train-galaxies: setup ## train the networks of examples/galaxies
	PYTHONPATH=src:examples $(BIN)/python -m galaxies.train examples/galaxies/config.yaml --processes $(CORES)
	PYTHONPATH=src:examples $(BIN)/python -m galaxies.train examples/galaxies/pictures.yaml --epochs 40 --processes $(CORES)

train-lenses: setup ## train the network of examples/lenses
	PYTHONPATH=src:examples $(BIN)/python -m lenses.train

publish: setup ## copy trained networks to resources/models, where the configuration looks for them
	$(SNAKEMAKE) publish

notebook: setup ## run examples/notebook.ipynb and write docs/notebook_example.md
	PYTHONPATH=src $(BIN)/python examples/render.py

.venv-site/installed: docs/requirements.txt
	$(PYTHON) -m venv .venv-site
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement docs/requirements.txt
	touch $@

site: .venv-site/installed ## build docs/ as a site in site/; a dead link, or a page that no section has, fails
	.venv-site/bin/mkdocs build --strict
	@echo "The site is site/index.html: open it in a browser."

.venv-benchmarks/installed: benchmarks/requirements.lock
	@echo "Setting up .venv-benchmarks: some minutes, 2 GB, a C++ compiler."
	$(PYTHON) -m venv .venv-benchmarks
	.venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(PIP_OPTIONS) --requirement benchmarks/requirements.lock
	touch $@

benchmark: .venv-benchmarks/installed ## measure this engine beside other libraries, in docs/benchmarks.md
	PYTHONPATH=src .venv-benchmarks/bin/python -m benchmarks $(BENCHMARK_OPTIONS)

clean: ## remove results and logs; keep .venv
	rm -rf results logs report.html
