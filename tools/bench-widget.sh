#!/usr/bin/env bash
# bench-widget.sh PAIRS: measures the release's widget on a slow phone, in PAIRS visits of half a minute each, and then
# as many checks of a verdict.
cd "$(dirname "$0")/.."
. tools/env.sh
tools/needs.sh
# Node.js before 22 has WebSocket behind this flag.
export LIVE_JURY=${LIVE_JURY:-$PWD/target/release/live-jury}
node --experimental-websocket bench/widget/measure.mjs --pairs "${1:-5}"
node --experimental-websocket bench/widget/check.mjs --visits "${1:-5}"
