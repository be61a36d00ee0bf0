#!/usr/bin/env bash
# Runs all checks that a change must pass, the quickest first. It only calls them in order.
cd "$(dirname "$0")/.."
. tools/env.sh

STEPS=11

prerequisites
rust_components

# Slow, and needed late: it runs on the processors that the steps before leave idle.
background() {
    tools/install.sh trunk wasm-bindgen web-tools && tools/front-end.sh && tools/install.sh cargo-deny
}

front_end() {
    wait "$background" || {
        cat "$LOGS/front-end.log" >&2
        return 1
    }
    cat "$LOGS/front-end.log"
    node tools/size.mjs
}

wasm_clippy() {
    . tools/wasm-target.sh
    wasm_target
    CARGO_TARGET_DIR=$WASM_TARGET_DIR cargo clippy --locked -p live-jury-app --lib --bins \
        --target wasm32-unknown-unknown --profile wasm-release -- -D warnings
}

docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps
}

browser() {
    cd tests/browser && npm test --silent
}

background >"$LOGS/front-end.log" 2>&1 &
background=$!
trap 'kill "$background" 2>/dev/null || true' EXIT

step "Redis, PostgreSQL, Chromium, Firefox" tools/needs.sh
step "Format" cargo fmt --all --check
step "Lints" cargo clippy --locked --workspace --all-targets -- -D warnings
step "Documentation" docs
step "Front end" front_end
step "Lints of the front end" wasm_clippy
step "Licences and sources of dependencies" \
    "$DENY/bin/cargo-deny" --locked check --hide-inclusion-graph bans licenses sources
# Cargo builds no program for another crate's tests. Built with the whole workspace it has the same features as in the
# tests, so nothing is compiled twice. It has the front end in it, for the browser.
step "Program that the tests start" cargo build --locked --workspace
step "Tests" cargo test --locked --workspace
step "The API against its description" tools/api.sh
step "Tests in the browser" browser
echo "All passed in $SECONDS s."
