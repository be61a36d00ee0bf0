#!/usr/bin/env bash
# Builds widget, its modules, console, trust desk, page of saved files and demo room into dist/, unless their sources
# are unchanged.
cd "$(dirname "$0")/.."
. tools/env.sh
. tools/wasm-target.sh

STAMP=target/front-end.stamp
SOURCES=(.cargo app check proof protocol style public Trunk.toml Cargo.toml Cargo.lock rust-toolchain.toml
    tools/finish.mjs tools/module.mjs tools/scripts.mjs
    tools/shrink.mjs tools/order.mjs tools/compress.mjs tools/env.sh tools/toolchain.sh tools/front-end.sh
    tools/wasm-target.sh tools/web/package-lock.json)

fingerprint() {
    find "${SOURCES[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

# page NAME PUBLIC_PATH: runs wasm-bindgen and the hook, which calls wasm-opt. The crates are built before.
page() {
    trunk build "app/$1.html" --dist "dist/$1" --public-url "$2" >"$LOGS/trunk-$1.log" 2>&1 || {
        cat "$LOGS/trunk-$1.log" >&2
        return 1
    }
    grep -E '^ {6}' "$LOGS/trunk-$1.log"
}

demo_room() {
    rm -rf dist/demo
    mkdir -p dist/demo
    cp -R public/demo/. dist/demo
    cp public/icon.svg dist/icon.svg
    node tools/compress.mjs dist/demo
}

now=$(fingerprint)
if [ -e "$STAMP" ] && [ "$(cat "$STAMP")" = "$now" ] && [ -e dist/icon.svg ]; then
    echo "      nothing changed"
    exit
fi
rm -f "$STAMP"
prerequisites
tools/install.sh trunk wasm-bindgen web-tools
wasm_target
small_library

export CARGO_TARGET_DIR=$WASM_TARGET_DIR LIVE_JURY_WEB_TOOLS=$WEB_TOOLS
export PATH=$TRUNK/bin:$WASM_BINDGEN/bin:$WEB_TOOLS/node_modules/.bin:$PATH
# Trunk 0.21 exits with an error at NO_COLOR=1.
unset NO_COLOR
export RUST_BACKTRACE=0

# The widget goes without the figures for moderators. Trunk then finds nothing to compile.
wasm_build() {
    cargo build --quiet --locked -p live-jury-app --target wasm32-unknown-unknown --profile wasm-release \
        --message-format json-render-diagnostics "$@"
}
# The hook reads from the report where the texts were written.
export LIVE_JURY_CARGO_REPORT=$PWD/$LOGS/cargo-app.json
wasm_build --bin widget --bin check --no-default-features >"$LIVE_JURY_CARGO_REPORT"
wasm_build --bin console --bin trust --bin verify --no-default-features --features details,files >/dev/null
# The widget's page names the modules.
page check /embed/v1/check/
node tools/scripts.mjs
page widget /embed/v1/ &
widget=$!
page console /console/
page trust /trust/
page verify /verify/
wait "$widget"
demo_room
echo "$now" >"$STAMP"
