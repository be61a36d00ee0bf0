#!/usr/bin/env bash
# Runs the soak test on the release. The variables SEED (or SEEDS=FIRST..LAST), MINUTES, CASTS and JURORS set its size.
cd "$(dirname "$0")/.."
. tools/env.sh
prerequisites
tools/needs.sh
tools/build.sh release
exec cargo test --quiet --locked --release -p live-jury-tests --test soak -- --exact --nocapture \
    acknowledged_ballots_match_the_record
