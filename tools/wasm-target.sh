# Makes the compiler build for WebAssembly: by rustup, or by Debian's packages where rustup has no connection.
# Sourced, since Debian's way consists of environment variables. It never installs a package.
# shellcheck shell=bash

WASM_TARGET_DIR=$PWD/target/wasm

# Debian's compiler ignores rust-toolchain.toml. It has its library as source only, and builds in a folder of its own.
# It was tried at 1.96: the two switches of small_library are the same there.
debian_rust() {
    [ -x /usr/bin/cargo ] && command -v wasm-ld-22 >/dev/null || return 1
    echo "      rustup cannot add it: using Debian's $(/usr/bin/rustc --version)"
    export PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
    WASM_TARGET_DIR=$PWD/target/wasm-debian
}

wasm_target() {
    [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] && return
    echo "      adding the target wasm32-unknown-unknown"
    command -v rustup >/dev/null && rustup --quiet target add wasm32-unknown-unknown && return
    debian_rust || fail "\
This machine's rustc cannot build for WebAssembly, and rustup could not add that target. Either of these helps:
    rustup target add wasm32-unknown-unknown                      (needs a connection to rustup's server)
    apt-get install rustc-web cargo-web rust-web-src lld-22       (on Debian)"
}

# Builds Rust's library together with the program: for size, and without the text of panics, which nobody reads in a
# room and which would be a fifteenth of the bytes for each viewer. Stable compilers keep both switches for themselves.
small_library() {
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
        echo "      adding the source of Rust's library"
        command -v rustup >/dev/null && rustup --quiet component add rust-src || debian_rust || fail "\
The source of Rust's library is missing, which the front end is built with, and rustup could not add it. Either helps:
    rustup component add rust-src                                 (needs a connection to rustup's server)
    apt-get install rustc-web cargo-web rust-web-src lld-22       (on Debian)"
    fi
    export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
    local flags="--cfg=erase_components -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags
}
