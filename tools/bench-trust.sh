#!/usr/bin/env bash
# bench-trust.sh: tries the screening of applications and listings on data with known answers, with another program
# beside it, and measures a ledger of 210,000 banned parties. Every bar is beside its figure.
cd "$(dirname "$0")/.."
. tools/env.sh

RESULTS=bench/results/trust.jsonl
BENCH=target/release/live-jury-bench

febrl=$(tools/trust-data.sh febrl)
names=$(tools/trust-data.sh names)
photos=$(tools/trust-data.sh photos)
people=$(tools/trust-data.sh people)
splink=$(tools/trust-data.sh splink)

prerequisites
tools/build.sh release
cargo build --locked --release -p live-jury-bench
failed=()

# measure COMMAND…: runs a command. A failure is reported at the end, and the rest still runs.
measure() {
    printf '\n%s  %s\n' "$(date +%T)" "$*"
    "$@" || failed+=("$*")
}

measure "$BENCH" applications --febrl "$febrl" --json "$RESULTS"
measure "$splink" tools/trust-splink.py "$febrl"
measure "$BENCH" applications evasion --people "$people" --json "$RESULTS"
measure "$BENCH" applicants --json "$RESULTS"
measure "$BENCH" listings --names "$names" --photos "$photos" --json "$RESULTS"
for store in sqlite postgres; do
    measure "$BENCH" claims --store "$store" --json "$RESULTS"
    measure "$BENCH" claim-steps --store "$store" --json "$RESULTS"
done
[ "${#failed[@]}" -eq 0 ] || fail "These runs failed:" "$(printf '\n  %s' "${failed[@]}")"
