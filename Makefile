# Every verb of the project, each one line of help. `make run` and `make test` need nothing installed by hand.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test bench fuzz image lint audit format types migrate shell openapi lock

PYTHON = .venv/bin/python

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.runtime node_modules/.runtime ## Start the product with sample data; DEMO=0 starts without
	@DEMO=$${DEMO-1} exec $(PYTHON) -m taskmanager serve

test: .venv/.development node_modules/.development ## Check everything, on PostgreSQL with Redis and on SQLite, in a real browser too
	@$(PYTHON) -m tests.servers sh tests/run.sh

bench: .venv/.development node_modules/.runtime ## Measure how fast it answers, against the limit of the machine, at 1,000 and at 200,000 tasks
	@$(PYTHON) -m bench.speed

fuzz: .venv/.development ## Call the API with all that its document allows and forbids, 200 times per operation
	@FUZZ=200 $(PYTHON) -m tests.servers $(PYTHON) -m pytest tests/api/test_fuzz.py --numprocesses 0 -q -s

image: .venv/.development ## Build the container image, start its program with a read-only root, and probe it
	@$(PYTHON) -m deploy.image.build

lint: .venv/.development ## Check style, imports, templates, migrations, known vulnerabilities
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@PYTHONPATH=. .venv/bin/lint-imports --no-cache
	@git ls-files -z 'taskmanager/templates/*.html' | xargs -0 .venv/bin/djade --target-version 6.1 --check
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) downtime.py
	@.venv/bin/hadolint Dockerfile
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml compose.production.yaml
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(MAKE) audit

audit: .venv/.development ## Ask for known vulnerabilities of what is pinned
	@$(PYTHON) audit.py

format: .venv/.development ## Put code and templates into shape
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .
	@git ls-files -z 'taskmanager/templates/*.html' | xargs -0 .venv/bin/djade --target-version 6.1

types: .venv/.development ## Check types
	@.venv/bin/mypy

migrate: .venv/.runtime ## Bring the development database up to date
	@$(PYTHON) manage.py migrate

shell: .venv/.runtime ## Open a Python shell with the models loaded
	@$(PYTHON) manage.py shell

openapi: .venv/.runtime ## Write the API's document to docs/openapi.json
	@$(PYTHON) -m taskmanager.openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

lock: .venv/.development ## Pin anew what pyproject.toml and package.json ask for
	@.venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.12 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.txt
	@.venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.12 --group dev \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -c requirements.txt -o requirements-dev.txt
	@npm install --package-lock-only

.venv/bin/python:
	@sh make-venv.sh

.venv/.runtime: .venv/bin/python requirements.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.development: .venv/bin/python requirements-dev.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/.runtime

node_modules/.runtime: package-lock.json
	@command -v npm > /dev/null || { echo "Taskmanager needs npm, for the browser's libraries: apt install npm" >&2; exit 1; }
	@npm ci --omit=dev --ignore-scripts --loglevel=error > /dev/null
	@touch $@

node_modules/.development: package-lock.json
	@command -v npm > /dev/null || { echo "Taskmanager needs npm, for the browser's libraries: apt install npm" >&2; exit 1; }
	@npm ci --ignore-scripts --loglevel=error > /dev/null
	@touch $@ node_modules/.runtime
