# Owns versions and folders of the build's tools, and how steps are printed; it never builds anything.
# Sourced by the other scripts, which start in the checkout.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

TRUNK_VERSION=0.21.14
DENY_VERSION=0.20.2
# wasm-bindgen refuses a program and a library of different versions.
WASM_BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)

# The tools lie outside the checkout, so that a second clone does not install them again.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/live-jury
TRUNK=$CACHE/trunk-$TRUNK_VERSION
WASM_BINDGEN=$CACHE/wasm-bindgen-$WASM_BINDGEN_VERSION
DENY=$CACHE/cargo-deny-$DENY_VERSION
SCHEMATHESIS=$CACHE/schemathesis-$(cksum <tools/api/requirements.txt | cut -d " " -f 1)
WEB_TOOLS=$CACHE/web-tools-$(cksum <tools/web/package-lock.json | cut -d " " -f 1)

LOGS=target/logs
mkdir -p "$CACHE" "$LOGS"

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

. tools/toolchain.sh

# Checks for the programs that no script installs, and installs the compiler.
prerequisites() {
    command -v cargo >/dev/null || fail "cargo is missing: install rustup (https://rustup.rs)."
    command -v npm >/dev/null || fail "npm is missing: install Node.js 18 or newer (Debian: apt-get install npm)."
    command -v cc >/dev/null || fail "A C compiler is missing (Debian: apt-get install build-essential)."
    rust_toolchain
}

# step "What" COMMAND…: runs the command as one of $STEPS, and prints how long it took.
step=0
step() {
    local what=$1 began=$SECONDS
    shift
    step=$((step + 1))
    printf '[%d/%d] %s\n' "$step" "$STEPS" "$what"
    "$@" || fail "[$step/$STEPS] failed: $what"
    printf '[%d/%d] done in %d s\n' "$step" "$STEPS" $((SECONDS - began))
}
