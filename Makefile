# The two commands: `make report` and `make test`. Plain `make` prints what there is to do.
# What is given on the command line goes to Python by the environment, as it stands: make expands nothing in it, no shell reads it.
ifndef STUDY
STUDY := $(shell sed -n "s/^study: *[\"']*\([^\"' \#]*\).*/\1/p" config/config.yaml)
endif
override STUDY := $(value STUDY)
override ENGINE := $(value ENGINE)
override CORES := $(or $(value CORES),all)
override ID := $(value ID)
override PARTICIPANT := $(value PARTICIPANT)
override N := $(value N)
override SEED := $(value SEED)
export STUDY ENGINE CORES ID PARTICIPANT N SEED
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SITE := .site/env/.ready
RUN = --cores "$$CORES" --config "study=$$STUDY" $${ENGINE:+"engine=$$ENGINE"}

# Snakemake's Slurm plugin asks the controller at every start, for up to 10 s where Slurm is installed and none answers; a run
# by make is one on this machine.
export SLURM_CONF ?= /dev/null
export PYTHONUTF8 := 1
# what Python has compiled is kept: without it every start compiles pandas and the rest again
unexport PYTHONDONTWRITEBYTECODE
export LC_ALL := C.UTF-8

help:
	@echo 'make report                 build the publication of the default study'
	@echo 'make report STUDY=cd22-nci  the same for another study under config/'
	@echo 'make report CORES=1         with one core (default: all)'
	@echo 'make report ENGINE=quarto    by this engine (quarto, embedded), not by the one that is found'
	@echo 'make preview                the manuscript in the browser, rendered again whenever it is saved'
	@echo 'make test                   run the tests'
	@echo 'make mutants N=15 SEED=3    change one operator of the package at a time (15 of each file; default: all) and run the tests'
	@echo 'make plan-mutants N=300     change one thing of each plan at a time and look at what it does'
	@echo 'make seeded-changes N=30     change one thing of the study or the code at a time: is what moved attributed to it?'
	@echo 'make hostile                try all hostile inputs of tests/hostile and print what came of them (SEED=2: other ones)'
	@echo 'make fuzz N=60              look for inputs that crash, for 60 minutes (default: 5)'
	@echo 'make sweep N=2000           every method of a plan on degenerate data: none may raise'
	@echo 'make verify                 rerun from raw in a fresh folder and compare with the results of record'
	@echo 'make record                 accept results/ as the new results of record'
	@echo 'make explain ID=os.6_months PARTICIPANT=...  the record of a number, a participant followed to the raw cells'
	@echo 'make fetch STUDY=cd22-nci   download the raw records that are not in the repository'
	@echo 'make reconstruction         write the raw records of the default study again'
	@echo 'make docs                   write config/README.md and docs/ again, and the site of them'
	@echo 'make site                   the documents as one site, .site/html/index.html'
	@echo 'make workflow-report        a page on the run by Snakemake itself'
	@echo 'make lock                   compile envs/requirements.lock again'
	@echo 'make licences               the licences of all packages, and a software bill of materials'
	@echo 'make clean                  remove results and logs of the study'

report: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.ending "$$STUDY" $(RUN)

preview: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress preview "$$STUDY"

test: $(READY)
	$(BIN)/python -m pytest

mutants: $(READY)
	$(BIN)/python tests/mutants.py $${N:+--n "$$N"} $${SEED:+--seed "$$SEED"} --markdown docs/mutants-found.md

plan-mutants: $(READY)
	$(BIN)/python tests/plan_mutants.py $${N:+--n "$$N"} $${SEED:+--seed "$$SEED"} --markdown docs/plan-mutants.md

seeded-changes: $(READY)
	@PYTHONPATH=workflow:tests $(BIN)/python tests/seeded_changes.py $${N:+--n "$$N"} $${SEED:+--seed "$$SEED"} --study "$$STUDY" --markdown docs/compare.md

hostile: $(READY)
	@$(BIN)/python tests/hostile/everything.py $${SEED:+--seed "$$SEED"} --markdown docs/hostile.md

fuzz: $(READY)
	@$(BIN)/python tests/hostile/fuzz.py $${N:+--minutes "$$N"} $${SEED:+--seed "$$SEED"}

sweep: $(READY)
	@PYTHONPATH=workflow:tests $(BIN)/python -P benchmarks/statistics_sweep.py $${WHAT:-methods} $$N

verify: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.audit.record verify "$$STUDY"

record: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.audit.record accept "$$STUDY"

explain: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress explain "$$ID" --study "$$STUDY" $${PARTICIPANT:+--participant "$$PARTICIPANT"}

fetch: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.fetch "$$STUDY"

reconstruction: $(READY)
	$(BIN)/python data/low-dose-cd19/reconstruction/generate.py

docs: $(READY) report
	PYTHONPATH=workflow $(BIN)/python -m trialpress.document > config/README.md
	PYTHONPATH=workflow $(BIN)/python -m trialpress.manual > docs/manuscript.md
	PYTHONPATH=workflow:tests $(BIN)/python -m stats.concordance
	PYTHONPATH=workflow:tests $(BIN)/python -m report.construct_table
	PYTHONPATH=workflow $(BIN)/python -m trialpress.figures.gallery
	PYTHONPATH=workflow:tests $(BIN)/python -m audit.reviewer
	@$(MAKE) --no-print-directory site

# The pages lie as they do here, so that their links lead where they do here; a link that leads nowhere stops it.
site: $(SITE)
	@rm -rf .site/pages .site/html && mkdir -p .site/pages
	@git ls-files -z '*.md' LICENSE CITATION.cff docs ':!workflow' ':!tests' | tar -c --null -T - | tar -x -C .site/pages
	@cp docs/site.yml .site/site.yml
	@.site/env/bin/zensical build --strict --clean --config-file .site/site.yml
	@echo .site/html/index.html

workflow-report: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.exclusive $(RUN) --report "logs/$$STUDY/workflow.html"

licences: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m trialpress.licences

lock: $(READY)
	cd envs && for name in bootstrap requirements docs; do ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header $$name.in -o $$name.lock; done

clean:
	@PYTHONPATH=workflow $(PYTHON) -m trialpress.studies clean

# uv comes from pip by its own lock; everything else comes from uv. Both refuse what does not have its hash. What a set-up
# that was interrupted has left is cleared, unless .venv is a link to another checkout's; venv takes no link, but where it leads.
$(READY): envs/requirements.lock envs/bootstrap.lock
	@echo 'setting up .venv (once)'
	@$(PYTHON) -m venv $$([ -L .venv ] || echo --clear) "$$($(PYTHON) -c 'import os; print(os.path.realpath(".venv"))')"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/bootstrap.lock
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python envs/requirements.lock
	@[ -L .venv ] || $(BIN)/uv pip install --quiet --offline --no-deps --python $(BIN)/python --editable .
	@touch $@

$(SITE): envs/docs.lock | $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .site/env
	@$(BIN)/uv pip sync --quiet --require-hashes --python .site/env/bin/python envs/docs.lock
	@touch $@

.PHONY: help report preview test mutants plan-mutants seeded-changes hostile fuzz sweep verify record explain fetch reconstruction docs site workflow-report licences lock clean
