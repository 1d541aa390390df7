# make play, make test and make test-long set everything up by themselves; they need python3 (3.11 to 3.13) and make.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Tests wait for half of the time, so three at once are quicker on two cores than two. Single tests are handed out,
# those that may take longest first (tests/conftest.py), so that no process is left with a long file at the end.
AT_ONCE := --numprocesses 3 --dist loadgroup --no-loadscope-reorder

.PHONY: help setup play demo bot test test-long test-fast check bench lock clean

help: ## Lists what make can do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Two stamps, so that playing does not wait for what only tests and the demo need.
.venv/.play: requirements.lock pyproject.toml
	@echo "Setting up .venv (once, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.play requirements-dev.lock
	@echo "Adding what tests and the demo need ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

setup: .venv/.dev ## Sets up .venv with everything

play: .venv/.play ## Plays a game in the terminal: no key, no Discord
	@$(BIN)/telephone play '#hard-002' --t2i stickers --i2t spotter-hazy

demo: .venv/.dev ## Shows the whole bot on a Discord in this machine's browser
	@$(BIN)/telephone demo

bot: .venv/.play ## Runs the bot on Discord (needs DISCORD_TOKEN in .env)
	@$(BIN)/python -m bot

test: .venv/.dev ## Runs every test but the long ones
	@$(BIN)/python -m pytest -m "not long" $(AT_ONCE)

test-long: .venv/.dev ## Runs the long tests, and the units on the other Pythons at hand
	@$(BIN)/python -m tests.other_pythons
	@$(BIN)/python -m pytest -m long $(AT_ONCE)

test-fast: .venv/.dev ## Runs the tests one runs while working
	@$(BIN)/python -m pytest -m "not slow and not long" -k "not postgres" tests/telephone tests/bot tests/cogs

check: .venv/.dev ## Format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.dev ## Measures what we claim
	@$(BIN)/python bench/load.py
	@$(BIN)/python bench/waiting.py
	@$(BIN)/python bench/chaos.py --short
	@$(BIN)/python bench/sketch.py
	@$(BIN)/python bench/turn.py
	@$(BIN)/python bench/safety.py
	@$(BIN)/python bench/scale.py
	@$(BIN)/python bench/board.py
	@$(BIN)/python bench/votes.py
	@$(BIN)/python bench/unknown_words.py
	@$(BIN)/python bench/crowd.py
	@$(BIN)/python bench/ranking.py
	@$(BIN)/python bench/worlds.py
	@$(BIN)/python bench/board_costs.py
	@$(BIN)/python bench/least.py
	@$(BIN)/python bench/insights.py
	@$(BIN)/python bench/windows.py

lock: ## Compiles both lock files anew (needs uv)
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-emit-package ai-telephone --no-header -q -o requirements-dev.lock

clean: ## Takes .venv and caches away
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
