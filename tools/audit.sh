#!/usr/bin/env bash
# Compares the dependencies with the advisory database.
cd "$(dirname "$0")/.."
. tools/env.sh
prerequisites
"$DENY/bin/cargo-deny" --locked check --hide-inclusion-graph advisories
