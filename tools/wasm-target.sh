# Sees to it that rustc builds for WebAssembly: by rustup or, where that has no connection, by Debian's packages.
# Sourced, since the second way is a matter of the environment. It never installs a package.

WASM_TARGET_DIR=$PWD/target/wasm

# Debian's compiler lies beside rustup's, has its library as source only, and needs a folder of its own to build in.
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

# The library comes to be built with the program, for size and without what it says when it panics: nobody reads that in a
# room, and it would be a fifteenth of what each viewer is sent. Both are switches that stable compilers keep for themselves.
small_library() {
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
        echo "      adding the source of Rust's library"
        command -v rustup >/dev/null && rustup --quiet component add rust-src || debian_rust || fail "\
The front end is built together with Rust's library, whose source is missing, and rustup could not add it. Either of these helps:
    rustup component add rust-src                                 (needs a connection to rustup's server)
    apt-get install rustc-web cargo-web rust-web-src lld-22       (on Debian)"
    fi
    export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--cfg=erase_components -Zunstable-options -Cpanic=immediate-abort"
}
