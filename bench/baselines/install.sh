#!/usr/bin/env bash
# Installs and builds the baselines at pinned versions. It installs nothing outside this folder.
set -euo pipefail
cd "$(dirname "$0")"

need() { command -v "$1" >/dev/null || { echo "$1 is missing: $2" >&2; exit 1; }; }
need node "Node 20 or later"
need redis-server "apt-get install redis-server"
need nginx "apt-get install nginx-light libnginx-mod-nchan"
[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] ||
  { echo "nchan is missing: apt-get install nginx-light libnginx-mod-nchan" >&2; exit 1; }

# Only Bun's own install step runs: it copies the program to its documented path. The other packages contain their
# built files.
npm ci --ignore-scripts --no-audit --no-fund
node node_modules/bun/install.js
node_modules/bun/bin/bun.exe --version
cargo build --release --locked --manifest-path rust/Cargo.toml
