# Two commands do everything from a fresh clone: `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install run test check lint bench defects fuzz evidence docs notebook weigh clean raw-faults build-kills readers old-client

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
LIGHT ?=
RUN_DIR ?= build/run
SOURCES := pyproject.toml constraints.txt

LIGHT_EXTRAS := dev,flows,signing,lightgbm
TEST_STAMP := $(VENV)/.installed-$(if $(LIGHT),light,test)
# For tools that need no FinBERT either set will do.
TOOLS_STAMP := $(or $(wildcard $(VENV)/.installed-test),$(VENV)/.installed-light)

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  LIGHT=1 leaves FinBERT (torch) out of test; PYTHON=... chooses the interpreter"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v=sys.version_info[:2]; sys.exit(0 if (3,11)<=v<=(3,13) else f"error: Python {v[0]}.{v[1]} found; expected 3.11, 3.12 or 3.13 (make PYTHON=...)")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-run: $(SOURCES) | $(BIN)/python
	@echo "installing the light set into $(VENV) (sizes: README, 'make weigh')"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-light: EXTRAS := $(LIGHT_EXTRAS)
$(VENV)/.installed-test: EXTRAS := $(LIGHT_EXTRAS),finbert
$(VENV)/.installed-light $(VENV)/.installed-test: $(SOURCES) | $(BIN)/python
	@$(BIN)/python tests/bench/weigh.py --announce "$(EXTRAS)"
	@$(PIP) --editable ".[$(EXTRAS)]"
	@touch $@ $(VENV)/.installed-run

install: $(VENV)/.installed-run ## Fill .venv with the light set

run: $(VENV)/.installed-run ## The whole job on the embedded market, to an HTML report
	@$(BIN)/solalpha run --source sample --data-dir $(RUN_DIR)

JOBS ?= 2
test: $(TEST_STAMP) ## Install all the tests need (LIGHT=1: without FinBERT), run them in JOBS=2 processes
	@if [ -n "$(LIGHT)" ]; then echo "LIGHT=1: left out the extra finbert; skipped: tests marked finbert"; fi
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(if $(LIGHT),-m "not finbert",) $(PYTEST_ARGS)

check: lint ## Lint, types, layers, SQL style
lint: $(TOOLS_STAMP)
	@$(BIN)/ruff check py flows tests docs
	@$(BIN)/ruff format --check py flows tests docs
	@$(BIN)/mypy
	@PYTHONPATH=py $(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests dbt_project/analyses --processes 2 --disable-progress-bar

bench: $(VENV)/.installed-run ## Benchmarks: ratios against a peer in the same run, to build/bench.json
	@$(BIN)/python tests/bench/bench.py $(BENCH_ARGS)

RUNS ?= 1000
KILLS ?= 200
SEED ?= 1
raw-faults: $(TOOLS_STAMP) ## A venue that misbehaves RUNS times; ingest and record killed KILLS times
	@$(BIN)/python tests/bench/raw_faults.py --runs $(RUNS) --kills $(KILLS) --seed $(SEED)

build-kills: KILLS = 100
build-kills: $(TOOLS_STAMP) ## Kill `solalpha build` KILLS times; the served version and the next build stay right
	@$(BIN)/python tests/bench/build_kills_campaign.py --kills $(KILLS) --seed $(SEED)

OLD_CLIENT ?= build/old_client
old-client: $(TOOLS_STAMP) ## Open the published file in the oldest supported DuckDB (asks the index once)
	@test -x $(OLD_CLIENT)/bin/python || $(BIN)/python -m venv $(OLD_CLIENT)
	@$(OLD_CLIENT)/bin/python -c 'import duckdb' 2>/dev/null || $(OLD_CLIENT)/bin/python -m pip install --quiet \
		--disable-pip-version-check "duckdb==$$(PYTHONPATH=py $(BIN)/python -c 'from solalpha.warehouse.publish import OLDEST_CLIENT as v; print(v)')"
	@SOLALPHA_OLD_CLIENT="$(CURDIR)/$(OLD_CLIENT)/bin/python" $(BIN)/python -m pytest tests/integration/test_old_client.py

READERS ?= 20
PUBLISHES ?= 100
readers: $(TOOLS_STAMP) ## READERS query without pause during PUBLISHES; none may meet a lock or a mixed version
	@$(BIN)/python tests/bench/readers_campaign.py --readers $(READERS) --publishes $(PUBLISHES)

SEEDS ?= 20
defects: $(TOOLS_STAMP) ## Plant every defect in samples; the data check must find each (SEEDS=20 clean ones)
	@PYTHONPATH=. $(BIN)/python -m tests.bench.defects --seeds $(SEEDS)

N ?= 1000000
fuzz: $(TOOLS_STAMP) ## N broken payloads through the parsers; only refusals may come out (SEED=1)
	@PYTHONPATH=. $(BIN)/python -m tests.bench.fuzz --payloads $(N) --seed $(SEED)

evidence: $(TOOLS_STAMP) ## Run every campaign and rewrite docs/evidence.md (hours; ONLY=name: one section)
	@$(BIN)/python tests/bench/evidence.py $(ONLY)

docs: WAREHOUSE = $${SOLALPHA_DATA_DIR:-data}/warehouse
docs: $(VENV)/.installed-run ## The dbt site with lineage and the published tables, in build/docs
	@mkdir -p build/docs "$(WAREHOUSE)"
	@if [ -e "$(WAREHOUSE)/current.duckdb" ]; then cp "$(WAREHOUSE)/current.duckdb" "$(WAREHOUSE)/solalpha_docs.duckdb"; \
		else echo "nothing is published yet (solalpha build): the site will show no types"; fi
	@trap 'rm -f "$(WAREHOUSE)"/solalpha_docs.duckdb*' EXIT; \
		$(BIN)/dbt --quiet docs generate --project-dir dbt_project --target docs --static \
		--target-path "$(CURDIR)/build/docs" --log-path "$(CURDIR)/build/docs/logs"
	@echo "open build/docs/static_index.html"

$(VENV)/.installed-notebook: $(SOURCES) | $(BIN)/python
	@$(PIP) --editable ".[notebook]"
	@touch $@ $(VENV)/.installed-run

notebook: $(VENV)/.installed-notebook ## Run docs/features.ipynb anew on the embedded market
	@$(BIN)/solalpha run --source sample --data-dir $(RUN_DIR)
	@SOLALPHA_DATA_DIR="$(RUN_DIR)" $(BIN)/python tests/bench/notebook.py

weigh: $(BIN)/python ## Megabytes that each set downloads, on Linux and macOS
	@$(BIN)/python tests/bench/weigh.py

clean: ## Remove what was built; data/ and .venv stay
	@rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	@rm -rf dbt_project/target dbt_project/logs logs
