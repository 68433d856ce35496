# Presumes Python 3.11 to 3.13 and make, nothing else. With Node.js 20 and Java 17, `make tools`
# adds the checks and formatters of others.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
# The tests start hundreds of processes: without it each would compile our sources anew.
unexport PYTHONDONTWRITEBYTECODE
INSTALLED := .venv/.installed
PRETTIER := node_modules/.bin/prettier
JEST := node_modules/.bin/sfdx-lwc-jest
# What prettier lays out besides the package.
SCRIPTS := rehearsal/org/check/node tests/bridge/salesforce_api/clients package.json sfdx-project.json .prettierrc

.PHONY: help demo test quick check lwc lint format tools bench soak proto manifest constraints clean

help:
	@echo "make demo    both clouds on this machine, and the story told step by step"
	@echo "make test    everything: lint, types, the package on the local org, all tests"
	@echo "make stories what the revenue team is told, in every kind of org and both API shapes"
	@echo "make quick   the tests that take under a minute"
	@echo "make check   the package's faults, without deploying it, and its Apex tests"
	@echo "make lwc     the Jest tests of the Lightning web component (after make tools)"
	@echo "make bench   the performance claims, measured, into docs/performance.md; ONLY=admit for a part"
	@echo "make soak    the long form of the fault harness: EVENTS, RATE, KILLS, MINUTES, STORE, BRIDGES, SEED"
	@echo "make lint    ruff and mypy"
	@echo "make format  lays out Python; with the tools, Apex and metadata too"
	@echo "make tools   apex-ls, prettier, PMD, Flow scanner, Jest, others' clients (Node.js 20, Java 17)"

$(INSTALLED): pyproject.toml rehearsal/pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt \
		-e ".[dev,postgres]" -e ./rehearsal
	@touch $@

demo: $(INSTALLED)
	$(BIN)/stripe-sf demo

test: lint check lwc
	$(BIN)/pytest -n 2 --dist loadgroup -rs

stories: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadgroup tests/stories

quick: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow and not e2e"

check: $(INSTALLED)
	$(BIN)/localorg check --project .
	$(BIN)/localorg test --project .

lwc:
	@if [ -x $(JEST) ]; then $(JEST) -- --ci; \
	else echo "Not run: Jest over the Lightning web component (make tools)."; fi

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if [ -x $(PRETTIER) ]; then $(PRETTIER) --log-level warn --check $(SCRIPTS); \
	else echo "Not run: prettier over the scripts of localorg check (make tools)."; fi

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@if [ -x $(PRETTIER) ]; then $(PRETTIER) --log-level warn --write salesforce $(SCRIPTS); \
	else echo "Not formatted: Apex and metadata (make tools)."; fi

tools:
	@command -v npm >/dev/null || { echo "Node.js 20 or later is needed and was not found."; exit 1; }
	npm ci --no-audit --no-fund

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks $(or $(ONLY),--write docs)

# Real processes, killed and cut off from each other; the report goes to soak.md and soak.json.
EVENTS ?= 100000
RATE ?= 500
KILLS ?= 20
MINUTES ?= 90
STORE ?= sqlite
BRIDGES ?= $(if $(filter postgres,$(STORE)),2,1)
soak: $(INSTALLED)
	$(BIN)/python -m tests.faults --events $(EVENTS) --rate $(RATE) --kills $(KILLS) \
		$(if $(OUTAGE),--outage $(OUTAGE)) --minutes $(MINUTES) --store $(STORE) --bridges $(BRIDGES) \
		$(if $(SEED),--seed $(SEED))

# The generated code is committed, so that an install needs no compiler.
WIRE := bridge/salesforce_api/wire rehearsal/org/server/wire
proto: $(INSTALLED)
	cp bridge/salesforce_api/wire/pubsub_api.proto rehearsal/org/server/wire/
	for d in $(WIRE); do \
		$(BIN)/python -m grpc_tools.protoc -I $$d --python_out=$$d --pyi_out=$$d \
			--grpc_python_out=$$d pubsub_api.proto && \
		sed -i 's/^import pubsub_api_pb2 as/from . import pubsub_api_pb2 as/' \
			$$d/pubsub_api_pb2_grpc.py; done

# What `stripe-sf setup --preflight` compares an org with; a test says when to run it.
manifest: $(INSTALLED)
	$(BIN)/python -m tests.package.metadata.manifest

# Pins what two machines install; run it after changing a dependency.
constraints: $(INSTALLED)
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis build dist node_modules
