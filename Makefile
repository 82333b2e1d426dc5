PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.PHONY: help run up down test fuzz bench lint format docs lock clean

help:
	@echo "make run     install, write the demo company, run everything, show the KAMs"
	@echo "make up      start the scheduler, workers and PostgreSQL in containers (needs Docker)"
	@echo "make down    stop them; data stays"
	@echo "make test    install and run all tests"
	@echo "make fuzz    bonuses of random plans against the reference, until stopped"
	@echo "make bench   time it against its floor (an hour; needs ../shared/bench)"
	@echo "make lint    ruff, mypy, sqlfluff, yamllint, compose schema, dbt parse"
	@echo "make format  let ruff rewrite what it can"
	@echo "make docs    write the pages of the KPIs and of the policy again"
	@echo "make lock    lock requirements*.in again (needs uv)"
	@echo "make clean   remove the virtual environment; KAM_HOME (var/) stays"

.venv/.runtime: requirements.lock pyproject.toml
	@echo "Installing the product into .venv (about two minutes) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock deploy/requirements.lock
	@echo "Installing what checks it …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --require-hashes -r deploy/requirements.lock
	@touch $@

run: .venv/.runtime
	@$(BIN)/kam demo init
	@$(BIN)/kam run

up:
	@docker info > /dev/null 2>&1 || { echo "No Docker engine answers here: start it, or use 'make run',\
	 which needs none."; exit 1; }
	@test -f .env || $(PYTHON) deploy/make_env.py
	@docker compose up --build --detach --wait
	@echo "Airflow: http://127.0.0.1:8080, login admin, password AIRFLOW_ADMIN_PASSWORD in .env"
	@echo "Files go to $$(sed -n 's/^KAM_HOME_DIR=//p' .env)/inbox/<source>"

down:
	@docker compose down

test: .venv/.dev
	@$(BIN)/pytest

fuzz: .venv/.dev
	@$(BIN)/python -m tests.bonus.fuzz $(SEED)

bench: .venv/.dev
	@$(BIN)/python -m tests.bench.bench $(LINES)

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/yamllint --strict .
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@KAM_BUILD_FILE=:memory: $(BIN)/dbt parse --quiet --no-partial-parse --project-dir dbt_project \
		--profiles-dir dbt_project --target-path ../.venv/dbt_target --log-path .venv/dbt_logs
	@KAM_BUILD_FILE=:memory: $(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: .venv/.runtime
	@$(BIN)/python -m kam_kpi.docs

lock:
	@$(LOCK) requirements.in -o requirements.lock
	@$(LOCK) requirements-dev.in -o requirements-dev.lock
	@$(LOCK) deploy/requirements.in -o deploy/requirements.lock

clean:
	@rm -rf .venv
