# What there is to do here; the work is in tools/.
.DEFAULT_GOAL := help
.PHONY: help run build test size fuzz soak audit screenshots approve bench bench-full bench-widget clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build what has changed and start the demo room
	@tools/build.sh dev
	@exec target/debug/live-jury demo

build: ## build the release: target/release/live-jury, one file with everything in it
	@tools/build.sh release

test: ## everything a change must pass
	@tools/test.sh

size: ## what browsers are sent, against the budgets
	@tools/front-end.sh
	@node tools/size.mjs

fuzz: ## make up frames, tokens, bodies and requests for longer: make fuzz CASES=20000 SEED=7
	@tools/fuzz.sh "$(CASES)" "$(SEED)"

soak: ## jurors against failing nodes and stores, judged: SEED=7 or SEEDS=1..100, MINUTES=1, CASTS=100000
	@tools/soak.sh

bench: ## measure the release beside its peers (ten minutes)
	@tools/bench.sh small

bench-full: ## the same at the real size: 450,000 jurors, a million visits
	@tools/bench.sh full

audit: ## look for known vulnerabilities in dependencies (fetches the advisory database)
	@tools/install.sh cargo-deny
	@tools/audit.sh

bench-widget: ## measure the widget on a slow phone: make bench-widget PAIRS=5
	@tools/build.sh release
	@tools/bench-widget.sh "$(PAIRS)"

screenshots: ## every surface, wide and narrow, light and dark, into target/screenshots/
	@tools/build.sh dev
	@tools/screenshots.sh

approve: ## take how the widget's states look now as how they are to look: tests/browser/approved/
	@tools/build.sh dev
	@cd tests/browser && npm ci --silent && npm run --silent approve

clean: ## remove what was built; tools stay in the cache
	@cargo clean
	@rm -rf dist tests/browser/node_modules
