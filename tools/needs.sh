#!/usr/bin/env bash
# Installs the programs that the tests start: Redis, PostgreSQL, Chromium, Firefox. Without the right to install, it
# prints the missing packages and fails: no test is ever skipped.
cd "$(dirname "$0")/.."
. tools/env.sh

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
[ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || missing+=(firefox-esr)
# Debian's Python lacks the modules for virtual environments.
python3 -c "import ensurepip, venv" 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "The tests need these Debian packages: ${missing[*]}
    sudo apt-get install ${missing[*]}"
    fi
    echo "      installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$LOGS/needs.log" 2>&1 || {
        tail -n 20 "$LOGS/needs.log" >&2
        exit 1
    }
fi
(cd tests/browser && npm ci --loglevel=error >/dev/null)
# A test runs this example with its own packages.
(cd examples/platform && npm ci --ignore-scripts --loglevel=error >/dev/null)
