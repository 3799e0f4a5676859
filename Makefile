.PHONY: help repro test frozen lint review check_lock verify rerun doctor mend compare \
	experiments sweep plots backtest bench own audit lock setup table

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null \
	&& echo $$python && break; done)
endif

# What verify found of a commit, for the review.
VERIFIED := .dvc/tmp/verified.json

# What a variable holds as one word of the shell, as it stands: a branch may be called anything.
quoted = '$(subst ','\'',$(value $(1)))'

# No command's environment has what was given to make, which make would expand for it once more,
# nor what a user's shell tells another Python and its libraries, or Git its hooks.
given = $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
unexport $(given) $(filter PANDERA% PROTOCOL% PYTHON% TQDM%,$(.VARIABLES)) GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE

# The stages run `python`: the one in .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## List the targets
	@sed -n 's/^\([a-z_]*\):.*## /  make \1\t/p' Makefile | expand -t 20

repro: setup table ## Set up, fetch the raw table, run what changed, show the metrics
	@.venv/bin/dvc repro && cat metrics/metrics.json
	@echo 'Look next at metrics/model_card.md and metrics/predictions.png; make plots draws the rest'

test: setup table ## Set up, run the tests
	@.venv/bin/python -m pytest --numprocesses 2 --dist worksteal

frozen: setup ## Remake the metrics that the tests rely on
	@.venv/bin/python -m tests.renew

lint: setup ## Check the format and the style of the code, and the workflows
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy stages regression tools
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/zizmor --offline --quiet --strict-collection .github/workflows

review: setup ## Report what changed since BASE, and whether it is real
	@.venv/bin/python -m tools.review --verified $(call quoted,VERIFIED) -- $(call quoted,BASE) $(call quoted,HEAD)

plots: setup ## Draw the plots as one page that needs no network, beside those of BASE
	@.venv/bin/python -m tools.plots --verified $(call quoted,VERIFIED) -- $(call quoted,BASE) $(call quoted,HEAD)

check_lock: setup ## Check that dvc.lock is in step with the code, without running it
	@.venv/bin/python -m tools.check_lock

verify: setup ## Run all of the pipeline; check that it gives the committed metrics
	@.venv/bin/python -m tools.verify --finding $(call quoted,VERIFIED) make --no-print-directory rerun

rerun: table ## Run all of the pipeline, whatever DVC remembers
	@test ! -d .dvc/cache || chmod -R u+w .dvc/cache # so that DVC has a look at what lies there
	@.venv/bin/dvc repro --force --no-run-cache

doctor: setup ## Read all that DVC keeps, and name what is damaged
	@.venv/bin/python -m tools.doctor

mend: setup ## Mend what the doctor finds
	@.venv/bin/python -m tools.doctor --mend

compare: setup table ## Train other algorithms on the same rows, and print how they score
	@.venv/bin/dvc repro --quiet split && .venv/bin/python -m tools.compare

experiments: setup ## Show the experiments, the best on held-out training rows first
	@.venv/bin/dvc exp show --only-changed --keep 'validation\.rmse' --sort-by validation.rmse --drop \
		'(data|metrics|models|regression|stages)/.*|requirements\.txt'\
	'|.*\.mae|train\.rmse|test\..*|(baseline|interval)\..*|skill|validation\.(linear|persistence)'

sweep: setup ## Try a grid: S='train.epochs=20,50' [SAMPLES=n] [JOBS=n] [CLUSTER=address]
	@.venv/bin/python -m tools.sweep --set-param=$(call quoted,S) --samples=$(call quoted,SAMPLES) \
		--jobs=$(call quoted,JOBS) --cluster=$(call quoted,CLUSTER)

backtest: setup table ## Forecast the last rows from the dates up to each origin: [S=prepare.transform=change]
	@.venv/bin/python -m tools.backtest --set-param=$(call quoted,S)

bench: setup table ## Time the pipeline against the usual way of writing one
	@.venv/bin/python -m benchmarks.bench

own: setup ## Make this clone a project of your table: TABLE=mine.csv TARGET=y [FEATURES=a,b]
	@.venv/bin/python -m tools.own -- $(call quoted,TABLE) $(call quoted,TARGET) $(call quoted,FEATURES)

audit: setup ## Check every locked package for known vulnerabilities (asks PyPI)
	@.venv/bin/python -m tools.audit

lock: setup ## Lock the newest versions that pyproject.toml allows
	@.venv/bin/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-annotate --no-header \
		--group dev pyproject.toml --output-file requirements.txt

# The copy of the lock in .venv tells what is installed there. Without one, others made .venv, as
# `uv sync` does: what they have in it stays.
setup:
	@cmp -s requirements.txt .venv/requirements.txt || { \
		test -n $(call quoted,PYTHON) || { \
			echo 'Python 3.11, 3.12 or 3.13 is needed and none is on PATH:' \
				'install one, or name it: make PYTHON=/path/to/python3.13'; exit 1; }; \
		echo 'Installing requirements.txt into .venv: this takes minutes, once' && \
		{ test ! -f .venv/requirements.txt && .venv/bin/python -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null \
			|| $(call quoted,PYTHON) -m venv --clear .venv; } && \
		{ .venv/bin/python -m pip --version >/dev/null 2>&1 \
			|| .venv/bin/python -m ensurepip >/dev/null; } && \
		.venv/bin/python -m pip install --quiet --disable-pip-version-check \
			--require-hashes --requirement requirements.txt && \
		cp requirements.txt .venv/; }

table: setup
	@.venv/bin/python -m tools.table
