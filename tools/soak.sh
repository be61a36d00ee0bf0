#!/usr/bin/env bash
# Runs the soak on the release: SEED (or SEEDS=FIRST..LAST), MINUTES, CASTS and JURORS of the environment say how.
cd "$(dirname "$0")/.."
. tools/env.sh
tools/needs.sh
tools/build.sh release
exec cargo test --quiet --locked --release -p live-jury-tests --test soak -- --exact --nocapture \
    acknowledged_ballots_match_the_record
