#!/usr/bin/env bash
# fuzz.sh [CASES] [SEED]: the tests that make up what they send, for longer and from another seed than `make test`.
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
step "What the tests drive" tools/needs.sh
echo "$CASES cases of each kind, from seed $SEED"
# The whole workspace, as the tests do: nothing is compiled twice for it.
step "Program" cargo build --locked --workspace
step "Frames, tokens and bodies" fuzz
step "The API against its description" api
