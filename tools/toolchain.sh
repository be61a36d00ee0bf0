# Installs the compiler that rust-toolchain.toml names.
# Sourced by env.sh, since the fallback is an environment variable.
# rustup itself installs nothing where RUSTUP_AUTO_INSTALL=0, so the scripts ask for each part by name.
# shellcheck shell=bash

RUST_VERSION=$(awk -F '"' '/^channel/ { print $2 }' rust-toolchain.toml)

# Prints the first installed toolchain, of whatever name, whose compiler has the version.
same_compiler() {
    local name rest
    while read -r name rest; do
        [ "$(rustup run "$name" rustc --version 2>/dev/null | cut -d " " -f 2)" = "$RUST_VERSION" ] || continue
        echo "$name"
        return
    done < <(rustup toolchain list)
    return 1
}

rust_toolchain() {
    local known
    # Without rustup, the distribution's compiler builds it: cargo refuses one that is older than `rust-version`.
    command -v rustup >/dev/null || return 0
    [ -z "${RUSTUP_TOOLCHAIN:-}" ] || return 0
    ! rustup toolchain list | grep -q "^$RUST_VERSION" || return 0
    echo "      installing Rust $RUST_VERSION (once)"
    # All parts in one download: the lints, the format, and what the front end needs.
    rustup --quiet toolchain install "$RUST_VERSION" --no-self-update --profile minimal \
        --component clippy,rustfmt,rust-src --target wasm32-unknown-unknown && return
    known=$(same_compiler) || fail "\
Rust $RUST_VERSION is missing, and rustup could not install it. With a connection to rustup's server, this does:
    rustup toolchain install $RUST_VERSION"
    echo "      rustup could not install it: using the toolchain $known, which has the same version"
    export RUSTUP_TOOLCHAIN=$known
}

# Lints and format: an older installation of the same version may be without them.
rust_components() {
    cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 && return
    echo "      adding clippy and rustfmt"
    command -v rustup >/dev/null && rustup --quiet component add clippy rustfmt || fail "\
cargo clippy or cargo fmt is missing, and rustup could not add it. With a connection to rustup's server, this does:
    rustup component add clippy rustfmt"
}
