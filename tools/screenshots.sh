#!/usr/bin/env bash
# Writes a picture of every surface of a running demo to target/screenshots/. It compares nothing.
cd "$(dirname "$0")/.."
. tools/env.sh
tools/needs.sh
node tests/browser/screenshots.mjs
