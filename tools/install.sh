#!/usr/bin/env bash
# Installs the named build tools into the cache folder, unless they are there. Names: trunk, wasm-bindgen, web-tools,
# cargo-deny, schemathesis. It never installs outside that folder.
cd "$(dirname "$0")/.."
. tools/env.sh

# install FOLDER PROOF COMMAND: skips the command if FOLDER has the file PROOF, which the command writes last.
install() {
    [ -e "$1/$2" ] && return
    echo "      installing $(basename "$1") into $CACHE (once)"
    "$3" "$1"
}

# The tools only start other programs, or read a megabyte. Without optimization they build in less than half the time.
cargo_install() {
    prerequisites
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off cargo install --quiet "$@"
}

# Trunk and wasm-bindgen share a build folder, since they have crates in common.
trunk() {
    CARGO_TARGET_DIR=target/tools cargo_install trunk --version "$TRUNK_VERSION" --locked \
        --no-default-features --features rustls --root "$1"
}

# Not `--locked`: its lock file may name crates that a mirror of the registry lacks.
wasm_bindgen() {
    CARGO_TARGET_DIR=target/tools cargo_install wasm-bindgen-cli --version "$WASM_BINDGEN_VERSION" --root "$1"
}

cargo_deny() {
    cargo_install cargo-deny --version "$DENY_VERSION" --locked --root "$1"
}

web_tools() {
    mkdir -p "$1"
    cp tools/web/package.json tools/web/package-lock.json tools/web/.npmrc "$1"
    (cd "$1" && npm ci --ignore-scripts --loglevel=error >/dev/null)
}

schemathesis() {
    python3 -m venv --clear "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement tools/api/requirements.txt
}

for tool; do
    case $tool in
        trunk) install "$TRUNK" bin/trunk trunk ;;
        wasm-bindgen) install "$WASM_BINDGEN" bin/wasm-bindgen wasm_bindgen ;;
        cargo-deny) install "$DENY" bin/cargo-deny cargo_deny ;;
        web-tools) install "$WEB_TOOLS" node_modules/.package-lock.json web_tools ;;
        schemathesis) install "$SCHEMATHESIS" bin/schemathesis schemathesis ;;
        *) fail "There is no tool $tool." ;;
    esac
done
