# SPDX-License-Identifier: Apache-2.0
# Each target does its own set-up. Nothing here depends on an activated environment.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONWARNINGS
export PYTHONNOUSERSITE := 1
# ape-vyper takes the `vyper`, ape-foundry the `anvil` that stands first on PATH.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)

PYTHON_INSTALLED := .venv/.installed
NODE_INSTALLED := node_modules/.installed
DEBIAN_INSTALLED := .cache/.debian
HELPDESK_INSTALLED := .cache/helpdesk/.installed
PROOFS_INSTALLED := .cache/proofs/.installed
# The last of the files that one build writes.
ARTIFACTS := makegood/artifacts/DeskFactory.json
CONTRACTS := $(shell find contracts -name '*.vy' -o -name '*.vyi')
# Of the files that one run copies, one a page.
VENDORED := makegood/explorer/static/vendor/htmx.min.js makegood/bridge/static/vendor/secp256k1.js
DEPLOYABLES := $(wildcard contracts/*.vy)
# Bytes of memory. A verdict takes up to fifteen signatures of 1,024 bytes.
MAX_FRAME := 24000

# Ape's data of the targets that only try things out. An operator's accounts stay in their own folder.
OWN_APE := APE_DATA_FOLDER="$(CURDIR)/.cache/ape"

TX := 200000

PORT := 8545
WEB := 8000
NODE = http://127.0.0.1:$(PORT)
# Each port's node has a chain of its own.
STATE = .cache/node-$(PORT).json

# $(call FREE_PORT,TARGET,VARIABLE,REST): refuses a port that is none or is taken. REST of the command goes into the hint.
define FREE_PORT
case "$($2)" in *[!0-9]* | "" | ??????*) \
    echo "make $1: $2 is a number up to 65535; name one: make $1 $2=8600$3" >&2; exit 1; esac; \
if (: > /dev/tcp/127.0.0.1/$($2)) 2> /dev/null; then \
    echo "make $1: port $($2) is taken; name another: make $1 $2=$$(($($2) + 1))$3" >&2; exit 1; fi
endef

UV_VERSION := 0.13.9

.PHONY: help setup build demo test e2e faults day lint check bench explore fuzz mutants proofs differential node lock clean

help: ## what each target does
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(PYTHON_INSTALLED) build ## Python environment in .venv, from requirements.lock, and the contracts compiled (PYTHON=FILE: the interpreter)
	@echo 'Ready. To run commands by hand: export PATH="$(CURDIR)/.venv/bin:$$PATH"'

build: $(ARTIFACTS) $(VENDORED) ## compile the contracts into makegood/artifacts; what the explorer's pages take from npm
	@:

demo: $(ARTIFACTS) ## a dozen tickets through every status and breach, on an in-process chain
	@$(OWN_APE) ape run demo $(ARGS)

explore: build $(NODE_INSTALLED) ## a local node, the demo's desk, an index and the explorer in one (PORT=8545, WEB=8000)
	@$(call FREE_PORT,explore,PORT,$(if $(filter-out 8000,$(WEB)), WEB=$(WEB)))
	@$(call FREE_PORT,explore,WEB,$(if $(filter-out 8545,$(PORT)), PORT=$(PORT)))
	@mkdir -p .cache/explore
	@anvil --quiet --host 127.0.0.1 --port $(PORT) --chain-id 31337 --order fifo & node=$$!; \
	    trap 'kill $$node 2> /dev/null || true' EXIT; \
	    until cast chain-id --rpc-url $(NODE) > /dev/null 2>&1; do \
	        kill -0 $$node 2> /dev/null || { echo "make explore: the node has ended; what it said stands above" >&2; exit 1; }; \
	        sleep 0.2; done; \
	    $(OWN_APE) MAKEGOOD_DATA_FOLDER="$(CURDIR)/.cache/explore" ape run explore --network $(NODE) --port $(WEB)

# Three workers share two cores, since whatever starts a node mostly waits for it (tests/conftest.py).
# The whole suite must cover the contracts; a part of it cannot.
test: build $(NODE_INSTALLED) $(DEBIAN_INSTALLED) $(HELPDESK_INSTALLED) ## the whole test suite (ARGS='-k claim' for a part of it)
	@$(OWN_APE) python -m pytest -n 3 --dist loadgroup $(or $(ARGS),--ignore=tests/e2e -p checks.contract_coverage)

e2e: build $(NODE_INSTALLED) $(DEBIAN_INSTALLED) $(HELPDESK_INSTALLED) ## from a customer's page to the payment: django-helpdesk, anvil, Postgres, Chromium
	@python -m pytest -q -s tests/e2e $(ARGS)

faults: build $(NODE_INSTALLED) $(DEBIAN_INSTALLED) ## 25 faults, and how long each takes to mend (KILLS=200 also kills keeper and bridge so often)
	@$(OWN_APE) python -m pytest -q -s tests/faults $(ARGS)
	@if [ -n "$(KILLS)" ]; then $(OWN_APE) MAKEGOOD_KILLS=$(KILLS) python -m pytest -q -s tests/integration/test_keeper_process.py \
	    tests/integration/test_bridge_crashes.py -k "kills or postgres or killed"; fi

day: build $(NODE_INSTALLED) ## a busy desk's day through bridge, keeper and explorer, and its books (ARGS='--tickets 100')
	@python examples/day.py $(ARGS)

# Rules of natrix left out: 4 takes a function that logs or calls for a view, 11 wants arguments to start with an
# underscore, 12 wants visibility before mutability.
lint: $(PYTHON_INSTALLED) ## ruff, mypy, natrix, and Vyper's warnings as errors
	ruff check .
	ruff format --check .
	mypy
	natrix lint $(DEPLOYABLES) contracts/modules -d NTX4 NTX11 NTX12 -c MemoryExpansion.max_frame_size=$(MAX_FRAME)
	for contract in $(DEPLOYABLES); do vyper -W error -f bytecode_runtime "$$contract" > /dev/null; done

check: build ## the build: sizes, artifacts, licences, paths, the wheel
	python -m makegood.artifacts --check
	python -m checks.code_size
	python -m checks.sources
	python -m checks.wheel
	python -m checks.golden --check
	python -m makegood.vendored --check
	python -m checks.opcodes

# npm brings three peers for it: OpenZeppelin's tree, EAS and UMA. benchmarks/no_hardhat stands in for EAS's hardhat, so that
# the 300 packages behind that, of which nothing is used, stay away.
bench: build $(NODE_INSTALLED) ## gas of each operation, on anvil; a million tickets in a batch; index, explorer and bridge under load
	@$(OWN_APE) python -m benchmarks.gas $(ARGS)
	@python -m benchmarks.credentials
	@python -m benchmarks.batch --tickets 1000000
	@python -m benchmarks.indexer
	@python -m benchmarks.explorer
	@python -m benchmarks.bridge
	@python -m benchmarks.whole_path

fuzz: $(ARTIFACTS) ## random walks over the contracts beside a model (TX=1000000; ARGS='--planted all', ARGS=--coverage)
	@PYTHONPATH=tests python -m fuzz --transactions $(TX) $(ARGS)

mutants: $(ARTIFACTS) ## does any test notice a change of the contracts? hours; goes on where it was stopped
	@$(OWN_APE) python -m checks.mutants $(ARGS)

proofs: $(ARTIFACTS) $(PROOFS_INSTALLED) ## bounded proofs on the compiled contracts, with Halmos (ARGS='--only reserve', ARGS=--quick)
	@PATH="$(CURDIR)/.cache/proofs/project/node_modules/.bin:$$PATH" python tests/proofs/prove.py $(ARGS)

differential: $(ARTIFACTS) ## the same transactions on nine builds of the contracts (ARGS='--transactions 50000')
	@PYTHONPATH=tests python -m fuzz.differential $(ARGS)

node: $(PYTHON_INSTALLED) $(NODE_INSTALLED) ## a local chain that keeps its state, for trying the commands (PORT=8545)
	@$(call FREE_PORT,node,PORT)
	@mkdir -p .cache
	@echo "The chain 31337 answers at $(NODE). Its state is kept in $(STATE); Ctrl-C ends it."
	@echo "In another shell:  export PATH=\"$(CURDIR)/.venv/bin:\$$PATH\"$(if $(filter-out 8545,$(PORT)), APE_FOUNDRY_HOST=$(NODE))"
	@echo "then for example:  ape run deploy"
	@exec anvil --quiet --host 127.0.0.1 --port $(PORT) --chain-id 31337 --state $(STATE) --state-interval 10 \
	    $$(python -m checks.node_clock $(STATE))

lock: $(PYTHON_INSTALLED) ## solve the dependencies anew (ARGS=--upgrade for later versions)
	python -m venv --clear .cache/lock
	.cache/lock/bin/python -m pip install -qq uv==$(UV_VERSION)
	.cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	    --custom-compile-command 'make lock' --output-file requirements.lock $(ARGS) pyproject.toml
	.cache/lock/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --only-binary :all: --no-annotate \
	    --extra explorer --extra bridge --extra keeper --extra postgres --constraint requirements.lock \
	    --custom-compile-command 'make lock' --output-file deploy/requirements.lock pyproject.toml deploy/build-tools.in
	npm install --package-lock-only

clean: ## remove all that the other targets made
	rm -rf .venv .cache .build .hypothesis node_modules makegood/artifacts makegood/explorer/static/vendor makegood/bridge/static/vendor
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# A name on PATH may be a version manager's that does not run, or lack venv, so each candidate is tried.
define FIND_PYTHON
usable() { "$$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2> /dev/null; }
find_python() {
    if [ -n "$(PYTHON)" ]; then usable "$(PYTHON)" && echo "$(PYTHON)"; return; fi
    for name in python3.12 python3.11 python3 python; do
        while read -r path; do
            case "$$path" in "$(CURDIR)/"*) continue ;; esac
            if usable "$$path"; then echo "$$path"; return; fi
        done < <(type -aP "$$name")
    done
    return 1
}
endef
export FIND_PYTHON

# The tools that build source packages come first and from the lock, so that nothing is run that has no hash.
.venv/.locked: requirements.lock checks/mutants/requirements.lock
	@eval "$$FIND_PYTHON"; python="$$(find_python)" || { \
	    echo "make setup: no working Python 3.11 or 3.12 with venv is on PATH; install one, or name it: make setup PYTHON=FILE" >&2; \
	    exit 1; }; \
	echo "make setup: .venv with $$("$$python" --version), a minute or two" >&2; \
	"$$python" -m venv --clear .venv
	@awk '/^[a-z]/ {tool = /^(setuptools|wheel)==/} tool' requirements.lock > .venv/build-tools.lock
	@.venv/bin/python -m pip install -qq --require-hashes -r .venv/build-tools.lock
	@.venv/bin/python -m pip install -qq --require-hashes --no-build-isolation -r requirements.lock
	@.venv/bin/python -m pip install -qq --require-hashes --no-build-isolation --no-deps -r checks/mutants/requirements.lock
	@touch $@

$(PYTHON_INSTALLED): .venv/.locked pyproject.toml
	@.venv/bin/python -m pip install -qq --no-index --no-deps --no-build-isolation --editable .
	@touch $@

# npm brings the node, and `cast` that asks it, for Linux on x86-64; elsewhere those on PATH have to do.
$(NODE_INSTALLED): package.json package-lock.json .npmrc
	@if type -P npm > /dev/null; then npm ci --loglevel=error > /dev/null; fi
	@for tool in anvil cast; do "$$tool" --version > /dev/null 2>&1 || { \
	    echo "make: no $$tool; install Node.js 20 or later (Linux on x86-64), or put $$tool 1.7.1 on PATH" >&2; \
	    exit 1; }; done
	@mkdir -p node_modules && touch $@

# What the tests take from Debian: the browser, and the server whose index it is. Root installs them, others are asked to.
$(DEBIAN_INSTALLED):
	@missing=(); type -P chromium > /dev/null || missing+=(chromium fonts-noto-cjk); \
	compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || type -P initdb > /dev/null || missing+=(postgresql); \
	if [ $${#missing[@]} -gt 0 ]; then \
	    install="apt-get install --yes --no-install-recommends $${missing[*]}"; \
	    if [ "$$(id -u)" != 0 ] || ! type -P apt-get > /dev/null; then \
	        echo "make: the tests need Debian's packages; run: sudo $$install" >&2; exit 1; \
	    fi; \
	    echo "make: $$install" >&2; \
	    export DEBIAN_FRONTEND=noninteractive; { apt-get update -qq && $$install -qq; } > /dev/null; \
	fi
	@mkdir -p .cache && touch $@

# A real helpdesk for the bridge's tests, apart: Django and what it needs stay out of the project's environment.
$(HELPDESK_INSTALLED): tests/helpdesk/requirements.lock $(PYTHON_INSTALLED)
	@.venv/bin/python -m venv --clear .cache/helpdesk
	@.cache/helpdesk/bin/python -m pip install -qq --require-hashes -r tests/helpdesk/requirements.lock
	@touch $@

# Apart from the rest, whose versions Halmos does not take.
$(PROOFS_INSTALLED): tests/proofs/requirements.lock tests/proofs/package.json tests/proofs/package-lock.json $(PYTHON_INSTALLED)
	@mkdir -p .cache/proofs/project
	@.venv/bin/python -m venv --clear .cache/proofs/venv
	@.cache/proofs/venv/bin/python -m pip install -qq --require-hashes -r tests/proofs/requirements.lock
	@cp .npmrc tests/proofs/package.json tests/proofs/package-lock.json .cache/proofs/project
	@cd .cache/proofs/project && npm ci --loglevel=error > /dev/null
	@touch $@

$(VENDORED) &: makegood/vendored.py $(NODE_INSTALLED)
	@python -m makegood.vendored
	@touch $(VENDORED)

$(ARTIFACTS): $(CONTRACTS) makegood/artifacts.py $(PYTHON_INSTALLED)
	@python -m makegood.artifacts
	@touch $@
