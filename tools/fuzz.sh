#!/usr/bin/env bash
# fuzz.sh [CASES] [SEED]: runs the generated tests for longer than `make test`, from another seed.
cd "$(dirname "$0")/.."
. tools/env.sh

CASES=${1:-20000}
SEED=${2:-$RANDOM}
STEPS=5

fuzz() {
    FUZZ_CASES=$CASES FUZZ_SEED=$SEED cargo test --locked --workspace --test fuzz
}

# In a release, as each flip recounts a case of 100,000 ballots.
flips() {
    FUZZ_FLIPS=10000 cargo test --locked --release -p live-jury-verify --test recorded flipped_bits_of_a_large_bundle
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
step "Flipped bits of a bundle of 100,000 ballots" flips
