# make setup | demo | deploy-demo | presets | test | fuzz | drill | lint | format | web; each does the set-up it needs. `make PYTHON=python3.13 ...` chooses
# the interpreter; otherwise it is the first one here that tfface runs on.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$python && break; done)

VENV := .venv
STAMP := $(VENV)/.installed

# The page of web/ is tested where there is Node.js; elsewhere its tests say that they are skipped.
PACKAGES := web/node_modules/.package-lock.json
NODE_PACKAGES := $(if $(shell command -v npm),$(PACKAGES))

.PHONY: setup demo deploy-demo presets test fuzz drill lint format web

setup: $(STAMP)

# The stamp is written last: an installation that was cut short is taken up again by the next call.
$(STAMP): setup.py requirements.txt pyproject.toml
	@test -x $(VENV)/bin/pip || test -n "$(PYTHON)" || \
		{ echo "make: found no Python 3.11, 3.12 or 3.13 with its venv module. Install one" \
		"(on Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python setup" >&2; exit 1; }
	@echo "make: installing TensorFlow, JAX and the tools into $(VENV): 3 GB, and some minutes, the first time"
	test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	@quiet=; test -t 1 || quiet=--quiet; set -x; \
		$(VENV)/bin/pip install --disable-pip-version-check $$quiet --editable '.[train,jax,dev]'
	touch $@

demo: $(STAMP)
	$(VENV)/bin/python -m train.demo

# Every precision of the presets, and what each costs; how accurate they are only with $$TFFACE_DATA.
deploy-demo: $(STAMP)
	$(VENV)/bin/python -m measure.report fbi-1 fbi-half --output runs/deploy

# The TFLite files of the presets in every precision from their .keras files, and the checksums; int8 is calibrated on
# the training pictures of WIDER FACE in $$TFFACE_DATA.
presets: $(STAMP)
	$(VENV)/bin/python -m convert.presets

test: $(STAMP) $(NODE_PACKAGES)
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal

# What reads foreign bytes, fed with changed ones: so many seconds a reader. Needs the extra `fuzz`, on Python 3.11 to 3.13.
FUZZ_SECONDS ?= 120
fuzz: $(STAMP)
	@$(VENV)/bin/python -c 'import atheris' 2>/dev/null || $(VENV)/bin/pip install --quiet --editable '.[fuzz]'
	@for target in headers pictures records shards lists models; do echo "make: fuzzing $$target"; \
		$(VENV)/bin/python -m drills.fuzz $$target --seconds $(FUZZ_SECONDS) || exit 1; done

# Commands that are killed at random moments, and go on; an hour with 20 kills of each.
KILLS ?= 20
drill: $(STAMP)
	$(VENV)/bin/python -m drills.kill --kills $(KILLS)

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(STAMP)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

# web/dist, a page for any static file server.
web: $(STAMP) $(PACKAGES)
	PYTHON=$(CURDIR)/$(VENV)/bin/python npm --prefix web run build

$(PACKAGES): web/package.json web/package-lock.json
	npm --prefix web ci --ignore-scripts --no-audit --no-fund
	touch $@
