.PHONY: help repro test frozen lint review check_lock verify rerun compare backtest bench lock setup table

SUPPORTED := 'import sys; assert (3, 11) <= sys.version_info < (3, 14)'
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c $(SUPPORTED) 2>/dev/null \
	&& echo $$python && break; done)

# What verify found of a commit, for the review.
VERIFIED := .dvc/tmp/verified.json

# The stages run `python`: the one in .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## List the targets
	@sed -n 's/^\([a-z_]*\):.*## /  make \1\t/p' Makefile | expand -t 19

repro: setup table ## Set up, fetch the raw table, run what changed, show the metrics
	@.venv/bin/dvc repro && cat metrics/metrics.json

test: setup table ## Set up, run the tests
	@.venv/bin/python -m pytest --numprocesses 2 --dist worksteal

frozen: setup ## Make the metrics that the tests hold on to anew
	@.venv/bin/python -m tests.renew

lint: setup ## Check the format and the style of the code, and the workflows
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy stages regression tools
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/zizmor --offline --quiet --strict-collection .github/workflows

review: setup ## Report what changed since BASE, and whether it is real
	@.venv/bin/python -m tools.review --verified $(VERIFIED) '$(BASE)' '$(HEAD)'

check_lock: setup ## Check that dvc.lock is in step with the code, without running it
	@.venv/bin/python -m tools.check_lock

verify: setup ## Run all of the pipeline; check that it gives the committed metrics
	@.venv/bin/python -m tools.verify --finding $(VERIFIED) make --no-print-directory rerun

rerun: table
	@.venv/bin/dvc repro --force --no-run-cache

compare: setup table ## Train other algorithms on the same rows, and print how they score
	@.venv/bin/dvc repro --quiet split && .venv/bin/python -m tools.compare

backtest: setup table ## Forecast the last 173 months from what was known then, and print how it scores
	@.venv/bin/python -m tools.backtest

bench: setup table ## Time the pipeline against the usual way of writing one
	@.venv/bin/python -m benchmarks.bench

lock: setup ## Lock the newest versions that pyproject.toml allows
	@.venv/bin/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-annotate --no-header \
		--group dev pyproject.toml --output-file requirements.txt

# The copy of the lock in .venv tells what is installed there. Without one, others made .venv, as
# `uv sync` does: what they have in it stays.
setup:
	@cmp -s requirements.txt .venv/requirements.txt || { \
		test -n '$(PYTHON)' || { \
			echo 'Python 3.11, 3.12 or 3.13 is needed and none is on PATH:' \
				'install one, or name it: make PYTHON=/path/to/python3.13'; exit 1; }; \
		echo 'Installing requirements.txt into .venv: this takes minutes, once' && \
		{ test ! -f .venv/requirements.txt && .venv/bin/python -c $(SUPPORTED) 2>/dev/null \
			|| $(PYTHON) -m venv --clear .venv; } && \
		{ .venv/bin/python -m pip --version >/dev/null 2>&1 \
			|| .venv/bin/python -m ensurepip >/dev/null; } && \
		.venv/bin/python -m pip install --quiet --disable-pip-version-check \
			--require-hashes --requirement requirements.txt && \
		cp requirements.txt .venv/; }

table: setup
	@test -f .dvc/store/files/md5/$$(sed -n 's|^- md5: \(..\)|\1/|p' data/economics.csv.dvc) || { \
		echo 'data/economics.csv: .dvc/store lacks the table that data/economics.csv.dvc names:' \
			'dvc push data/economics.csv.dvc, then commit .dvc/store'; exit 1; }
	@.venv/bin/dvc pull --quiet --remote store data/economics.csv.dvc || { \
		echo 'data/economics.csv: changed since dvc add: dvc add data/economics.csv,' \
			'or dvc checkout --force data/economics.csv.dvc to undo the change'; exit 1; }
