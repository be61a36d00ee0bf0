#!/usr/bin/env bash
# bench-widget.sh PAIRS: measures the release's widget against the same widget in Preact; a turn of both takes a minute.
cd "$(dirname "$0")/.."
. tools/env.sh
tools/needs.sh
(cd bench/preact-widget && npm ci --ignore-scripts --loglevel=error >/dev/null)
# Node.js before 22 has WebSocket behind this flag.
LIVE_JURY=${LIVE_JURY:-$PWD/target/release/live-jury} exec node --experimental-websocket bench/widget/measure.mjs --pairs "${1:-5}"
