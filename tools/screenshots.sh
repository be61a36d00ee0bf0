#!/usr/bin/env bash
# Takes pictures of every surface of a running demo into target/screenshots/.
cd "$(dirname "$0")/.."
. tools/env.sh
tools/needs.sh
node tests/browser/screenshots.mjs
