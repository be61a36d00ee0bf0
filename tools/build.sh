#!/usr/bin/env bash
# build.sh PROFILE: builds `live-jury` in that cargo profile from a fresh clone, front end included. It only calls the
# other scripts in order.
cd "$(dirname "$0")/.."
. tools/env.sh

PROFILE=$1
# Cargo's folder for `dev` is `debug`.
PROGRAM=target/${PROFILE/#dev/debug}/live-jury
STEPS=3

prerequisites

# The server needs the front end, its dependencies do not: they build on the processors that other steps leave idle.
server_early() {
    nice -n 10 cargo build --quiet --locked --profile "$PROFILE" -p live-jury-server --lib >"$LOGS/server.log" 2>&1
}

# A failure of the early build shows here, where it is repeated with its output.
server() {
    wait "$early" || true
    cargo build --locked --profile "$PROFILE" -p live-jury-server
}

[ -x "$PROGRAM" ] || echo "The first build takes some minutes; the next one, seconds."
server_early &
early=$!
trap 'kill "$early" 2>/dev/null || true' EXIT
step "Build tools: trunk, wasm-bindgen, wasm-opt, esbuild" tools/install.sh trunk wasm-bindgen web-tools
step "Front end: widget, console, demo room" tools/front-end.sh
step "Server, with the front end in it" server
echo "Built $PROGRAM in $SECONDS s."
