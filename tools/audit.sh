#!/usr/bin/env bash
# Checks the dependencies against the advisory database. It fetches that database, and never changes a dependency.
cd "$(dirname "$0")/.."
. tools/env.sh
prerequisites
"$DENY/bin/cargo-deny" --locked check --hide-inclusion-graph advisories
