# Every target sets up .venv by itself. Nothing is written outside this folder.
.DEFAULT_GOAL := help
.PHONY: help lock rehearse faults policy test test-fast lint bench golden schema docs site screenshots changes sweep scanners engine clean

STACK ?= lovia-fargate
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
# As pip does: a company's own authority is known to the machine, and to nobody else.
export UV_SYSTEM_CERTS := 1
export PYTHONWARNINGS := ignore:::pip
# Images of containers say that Python shall write nothing; each of many processes then compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# uv installs what the lock files say in a few seconds; where it cannot be had or does not reach an index, pip does.
install = $(BIN)/uv pip install --python $(BIN)/python $(1) || $(BIN)/python -m pip install $(1)
locked = $(call install,--require-hashes $(patsubst %,--requirement %,$(1)))

.venv/.run: pyproject.toml requirements.txt tools/build.txt tools/installer.txt
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement tools/installer.txt || echo "uv cannot be had here: pip is used."
	@$(call locked,requirements.txt tools/build.txt)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Setting up what tests and linters need ..."
	@$(call locked,requirements-dev.txt)
	@touch $@

rehearse: .venv/.run ## Plan a stack, and run its full lifecycle against stand-in clouds where there is an engine (STACK=name, JSON=file, ENGINE=0)
	@$(BIN)/rocketchat $(if $(filter 0,$(ENGINE)),plan,rehearse) $(STACK) $(if $(JSON),--file $(JSON))

faults: .venv/.run ## Let stacks go wrong at every call of a provider, and see that they can be gone on with (STACK=name, SEED=5, SAMPLE=4, MINUTES=20, EVERY=1, WRITE=1)
	@$(BIN)/python -m proving.fault_sweep $(if $(filter command,$(firstword $(origin STACK))),$(STACK)) $(if $(SEED),--seed $(SEED)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(EVERY),--every) $(if $(WRITE),--write)

policy: .venv/.run ## Judge the stacks by the policy pack (STACK=name for one; SARIF=file, JUNIT=file, JSON=file)
	@$(BIN)/rocketchat policy $(if $(filter command,$(firstword $(origin STACK))),$(STACK)) $(if $(JSON),--file $(JSON)) $(if $(SARIF),--sarif $(SARIF)) $(if $(JUNIT),--junit $(JUNIT))

test: .venv/.dev ## Run all tests
	@$(BIN)/python -m pytest -n auto --dist worksteal

test-fast: .venv/.dev ## Run the tests that start no engine and no server (a minute and a half)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not engine and not programs and not slow"

lint: .venv/.dev ## Check format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: .venv/.dev ## Time and memory of plans, previews, lives and fleets (about half an hour)
	@$(BIN)/python -m proving.benchmarks

golden: .venv/.run ## Regenerate the golden plans, after a wanted change
	@$(BIN)/python -m rehearsal golden

schema: .venv/.run ## Regenerate stacks/stack.schema.json
	@$(BIN)/python -m stacks.schema

docs: .venv/.dev schema ## Regenerate the generated pages and pictures
	@$(BIN)/python -m proving.policy_mutations
	@$(BIN)/python -m policy.docs
	@$(BIN)/python -m components.schema
	@$(BIN)/python -m proving.rooms
	@$(BIN)/python -m proving.stack_reference
	@$(BIN)/python -m proving.release_tables
	@$(BIN)/python -m proving.independent_estimates
	@$(BIN)/python -m proving.pictures
	@$(BIN)/python -m proving.recordings
	@ROCKETCHAT_RECORD=1 $(BIN)/python -m pytest -q -m recorded

site: .venv/.dev ## Make a site of the documentation, in .cache/site
	@$(BIN)/zensical build --strict && echo .cache/site/index.html

screenshots: site ## Take the screenshots of docs/; needs Chromium
	@$(BIN)/python -m proving.screenshots

changes: .venv/.run engine ## Try what each key of a stack file does when it is changed; writes docs/changes.md (a quarter of an hour)
	@$(BIN)/python -m proving.key_changes

sweep: .venv/.run engine ## Plan and judge all combinations and all changes of single keys (a quarter of an hour)
	@ROCKETCHAT_SWEEP=all $(BIN)/python -m pytest tests/test_combinations.py -q -n auto --dist worksteal

scanners: .venv/.dev ## Hold the plans against Checkov, parliament, cloudsplaining and kube-score, installed below this folder
	@ROCKETCHAT_SCANNERS=all $(BIN)/python -m pytest tests/test_scanners.py -q

engine: .venv/.run ## Find or provide the Pulumi CLI, below this folder
	@$(BIN)/rocketchat engine

lock = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet
lock: .venv/.run ## Write the lock files from pyproject.toml, the files tools/*.in
	@$(lock) pyproject.toml --output-file requirements.txt
	@$(lock) pyproject.toml --group dev --extra report --output-file requirements-dev.txt
	@$(lock) tools/build.in --constraint requirements-dev.txt --output-file tools/build.txt
	@$(lock) tools/installer.in --output-file tools/installer.txt
	@$(lock) tools/scanners-iam.in --output-file tools/scanners-iam.txt
	@$(lock) tools/scanners-checkov.in --output-file tools/scanners-checkov.txt

clean: ## Remove what the targets made
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build
