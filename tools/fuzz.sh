#!/usr/bin/env bash
# fuzz.sh [CASES] [SEED]: runs the generated tests for longer than `make test`, from another seed.
cd "$(dirname "$0")/.."
. tools/env.sh

CASES=${1:-20000}
SEED=${2:-$RANDOM}
STEPS=4

fuzz() {
    FUZZ_CASES=$CASES FUZZ_SEED=$SEED cargo test --locked --workspace --test fuzz
}

api() {
    API_EXAMPLES=$((CASES / 100 + 1)) API_SEED=$SEED tools/api.sh
}

prerequisites
step "Redis, PostgreSQL, Chromium" tools/needs.sh
echo "$CASES cases of each kind, from seed $SEED"
# The whole workspace, since the tests build it too: its features are the same, so nothing is compiled twice.
step "Program" cargo build --locked --workspace
step "Frames, tokens and bodies" fuzz
step "The API against its description" api
