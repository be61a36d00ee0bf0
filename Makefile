# The commands of this repository. Their scripts are in tools/.
.DEFAULT_GOAL := help
.PHONY: help run build test loop size fuzz soak audit screenshots approve bench bench-full bench-trust \
	bench-widget clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build and start the demo room
	@tools/build.sh dev
	@exec target/debug/live-jury demo

build: ## build the release: target/release/live-jury, one file, front end included
	@tools/build.sh release

test: ## run all checks that a change must pass
	@tools/test.sh

loop: ## run reports, jury, points, webhook and appeal on real stores, and print each step
	@tools/loop.sh

size: ## check the bytes that browsers fetch against the budgets
	@tools/front-end.sh
	@node tools/size.mjs

fuzz: ## run the generated tests for longer: make fuzz CASES=20000 SEED=7
	@tools/fuzz.sh "$(CASES)" "$(SEED)"

soak: ## run jurors against failing nodes and stores: SEED=7 or SEEDS=1..100, MINUTES=1, CASTS=100000
	@tools/soak.sh

bench: ## measure the release beside its baselines (ten minutes)
	@tools/bench.sh small

bench-full: ## the same at full size: 450,000 jurors, a million visits
	@tools/bench.sh full

bench-trust: ## try the screening of applications and listings on known data, beside Splink (ten minutes)
	@tools/bench-trust.sh

audit: ## look up known vulnerabilities of dependencies (fetches the advisory database)
	@tools/install.sh cargo-deny
	@tools/audit.sh

bench-widget: ## measure the widget on a slow phone: make bench-widget PAIRS=5
	@tools/build.sh release
	@tools/bench-widget.sh "$(PAIRS)"

screenshots: ## write a picture of every surface to target/screenshots/
	@tools/build.sh dev
	@tools/screenshots.sh

approve: ## approve how the widget's states look now: tests/browser/approved/
	@tools/build.sh dev
	@cd tests/browser && npm ci --silent && npm run --silent approve

clean: ## remove everything built; tools stay in the cache
	@cargo clean
	@rm -rf dist tests/browser/node_modules examples/platform/node_modules
