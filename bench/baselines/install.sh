#!/usr/bin/env bash
# Installs and builds the peers that Live Jury is measured beside, at pinned versions; it installs nothing outside this folder.
set -euo pipefail
cd "$(dirname "$0")"

need() { command -v "$1" >/dev/null || { echo "$1 is missing: $2" >&2; exit 1; }; }
need node "Node 20 or later"
need redis-server "apt-get install redis-server"
need nginx "apt-get install nginx-light libnginx-mod-nchan"
[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] ||
  { echo "nchan is missing: apt-get install nginx-light libnginx-mod-nchan" >&2; exit 1; }

# Only Bun's own install step is run: it puts the program where its package promises it. The others bring theirs built.
npm ci --ignore-scripts --no-audit --no-fund
node node_modules/bun/install.js
node_modules/bun/bin/bun.exe --version
cargo build --release --locked --manifest-path rust/Cargo.toml
