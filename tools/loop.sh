#!/usr/bin/env bash
# Runs the story of the whole loop on SQLite, then on two nodes with PostgreSQL and Redis. Each step is printed in a
# line.
cd "$(dirname "$0")/.."
. tools/env.sh
prerequisites
tools/needs.sh
# The whole workspace, since the tests build it too: its features are the same, so nothing is compiled twice.
exec cargo test --quiet --locked --workspace --test stories -- --nocapture --test-threads 1 whole_loop::
